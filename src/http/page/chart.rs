//! Small pictures of what came in and what was written.

use maud::{Markup, html};

use crate::store::status::Slot;

/// Units of the picture's own, stretched to whatever room there is.
const HEIGHT: f64 = 100.0;
const WIDTH: f64 = 10.0;

/// Bars for deliveries and a line for interviews, both on the same scale.
pub fn sparkline(slots: &[Slot], title: &str) -> Markup {
    let highest = slots.iter().map(|slot| slot.deliveries.max(slot.interviews)).max().unwrap_or(0);
    let scale = HEIGHT * 0.94 / highest.max(1) as f64;
    let place = |number: usize| number as f64 * WIDTH;
    let line: Vec<String> = slots
        .iter()
        .enumerate()
        .map(|(number, slot)| {
            let (x, y) = (place(number) + WIDTH / 2.0, HEIGHT - slot.interviews as f64 * scale);
            format!("{x:.0},{:.1}", y - 1.0)
        })
        .collect();
    html! {
        svg viewBox=(format!("0 0 {} {HEIGHT}", place(slots.len()))) preserveAspectRatio="none"
            role="img" aria-label=(title)
        {
            title { (title) }
            @for (number, slot) in slots.iter().enumerate() {
                @let height = slot.deliveries as f64 * scale;
                rect .deliveries x=(place(number) + 1.0) width=(WIDTH - 2.0)
                    y=(format!("{:.1}", HEIGHT - height)) height=(format!("{height:.1}")) {}
            }
            polyline .interviews points=(line.join(" ")) {}
        }
    }
}
