//! The measurements, with their targets.

use std::fmt::Display;

/// The target of a figure.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    AtLeast(f64),
    AtMost(f64),
    /// No target.
    None,
}

/// One line of the table.
#[derive(Debug)]
pub struct Figure {
    what: String,
    ours: String,
    yardstick: String,
    judged: f64,
    target: Target,
}

impl Figure {
    /// A figure that is judged alone.
    pub fn alone(what: impl Into<String>, ours: f64, unit: &str, target: Target) -> Self {
        let what = what.into();
        let (ours, judged) = (with_unit(ours, unit), ours);
        Self { what, ours, yardstick: String::new(), judged, target }
    }

    /// A figure that is judged by its ratio to the yardstick.
    pub fn beside(
        what: impl Into<String>,
        ours: f64,
        (name, yardstick): (&str, f64),
        unit: &str,
        target: Target,
    ) -> Self {
        Self {
            what: what.into(),
            ours: with_unit(ours, unit),
            yardstick: format!("{name}: {}", with_unit(yardstick, unit)),
            judged: ours / yardstick,
            target,
        }
    }

    fn is_met(&self) -> bool {
        match self.target {
            Target::AtLeast(least) => self.judged >= least,
            Target::AtMost(most) => self.judged <= most,
            Target::None => true,
        }
    }

    fn line(&self) -> String {
        let Self { what, ours, yardstick, judged, target } = self;
        let ratio = if yardstick.is_empty() { String::new() } else { format!("{judged:.2}") };
        let (target, met) = match target {
            Target::AtLeast(least) => (format!("at least {least}"), yes_or_no(self.is_met())),
            Target::AtMost(most) => (format!("at most {most}"), yes_or_no(self.is_met())),
            Target::None => (String::new(), ""),
        };
        format!("| {what} | {ours} | {yardstick} | {ratio} | {target} | {met} |")
    }
}

/// Prints all figures as a table of Markdown.
pub fn print(figures: &[Figure]) {
    println!("\n| what | ours | yardstick | ratio | to reach | met |");
    println!("|---|---|---|---|---|---|");
    for figure in figures {
        println!("{}", figure.line());
    }
}

/// The middle one of several measurements.
pub fn median(measured: impl IntoIterator<Item = f64>) -> f64 {
    quantile(measured, 0.5)
}

/// The measurement below which this share of all is.
pub fn quantile(measured: impl IntoIterator<Item = f64>, share: f64) -> f64 {
    let mut measured: Vec<f64> = measured.into_iter().collect();
    measured.sort_unstable_by(f64::total_cmp);
    measured[((measured.len() - 1) as f64 * share).round() as usize]
}

/// Prints what is being measured.
pub fn note(what: impl Display) {
    println!("{what}");
}

fn yes_or_no(met: bool) -> &'static str {
    if met { "yes" } else { "**no**" }
}

fn with_unit(figure: f64, unit: &str) -> String {
    let digits = if figure == 0.0 || figure >= 100.0 { 0 } else { 2 };
    format!("{figure:.digits$} {unit}")
}
