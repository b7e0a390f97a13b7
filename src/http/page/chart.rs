//! A small chart of deliveries and written interviews, with a scale, times and a sentence for each
//! slot.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use crate::store::status::Slot;

/// Units of the picture, which is stretched to the available width.
const HEIGHT: f64 = 100.0;
const WIDTH: f64 = 10.0;

/// Bars for deliveries and a line for interviews, on the same scale.
pub fn chart(slots: &[Slot], title: &str) -> Markup {
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
        div .chart {
            span .most title="The highest number of a bar or of the line" { (highest) }
            svg viewBox=(format!("0 0 {} {HEIGHT}", place(slots.len()))) preserveAspectRatio="none"
                role="img" aria-label=(title)
            {
                @for (number, slot) in slots.iter().enumerate() {
                    @let height = slot.deliveries as f64 * scale;
                    g .slot {
                        rect .target x=(place(number)) width=(WIDTH) y="0" height=(HEIGHT) {}
                        rect .deliveries x=(place(number) + 1.0) width=(WIDTH - 2.0)
                            y=(format!("{:.1}", HEIGHT - height)) height=(format!("{height:.1}")) {}
                        title { (sentence(slot)) }
                    }
                }
                polyline .interviews points=(line.join(" ")) {}
            }
            (times(slots))
        }
    }
}

fn sentence(slot: &Slot) -> String {
    let Slot { from, deliveries, interviews } = slot;
    format!("from {}: {deliveries} deliveries, {interviews} interviews written", clock(*from))
}

/// The times below the chart: of the first slot, of the middle and now.
fn times(slots: &[Slot]) -> Markup {
    let middle = slots.get(slots.len() / 2).map(|slot| clock(slot.from));
    html! {
        p .times {
            span { (slots.first().map(|slot| clock(slot.from)).unwrap_or_default()) }
            span { (middle.unwrap_or_default()) }
            span { "now" }
        }
    }
}

fn clock(at: DateTime<Utc>) -> String {
    at.format("%H:%M").to_string()
}
