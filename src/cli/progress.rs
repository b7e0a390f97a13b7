//! The progress of a command: a bar on a terminal, and a line every 10 s elsewhere.

use std::{
    io::{self, Write as _},
    time::{Duration, Instant},
};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a line is written without a terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(10);
const BAR: &str = "{wide_bar} {pos}/{len} {msg}, {per_sec}, {eta} left";

/// The progress of one command, on standard error.
pub struct Progress {
    bar: ProgressBar,
    what: &'static str,
    written_at: Instant,
}

impl Progress {
    /// Starts the display. `what` names what is counted.
    pub fn new(what: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template(BAR).expect("the template is well-formed");
        bar.set_style(style);
        bar.set_message(what);
        Self { bar, what, written_at: Instant::now() }
    }

    /// Shows how much is done and how much is left.
    pub fn update(&mut self, done: usize, left: usize) {
        self.bar.set_length((done + left) as u64);
        self.bar.set_position(done as u64);
        if self.bar.is_hidden() && self.written_at.elapsed() >= LINE_INTERVAL {
            self.written_at = Instant::now();
            let line = format!(
                "{done} of {} {}, {:.1}/s, {} left",
                done + left,
                self.what,
                self.bar.per_sec(),
                HumanDuration(self.bar.eta())
            );
            // Standard error may be closed, and then the line is lost.
            writeln!(io::stderr(), "{line}").ok();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
