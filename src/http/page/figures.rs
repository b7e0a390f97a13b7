//! What the page tells: the verdict first, then where it comes from.

use maud::{Markup, html};

use super::{Failure, Interview, workspace};
use crate::status::{Report, Spool, State};

/// Everything.
pub fn all(report: &Report, failures: &[Vec<Failure>]) -> Markup {
    html! {
        (verdict(report))
        @for (workspace, failures) in report.workspaces.iter().zip(failures) {
            (workspace::show(workspace, failures, report.read_at))
        }
        h2 { "This daemon" }
        div .grid {
            @if let Some(spool) = &report.spool { (show_spool(spool)) }
            section {
                h3 { "Versions" }
                dl {
                    dt { "heymilo-sync" } dd { (report.version) }
                    @if let Some(database) = &report.database {
                        dt { "PostgreSQL" } dd { (database.version) }
                        dt { "migration" } dd { (database.migration.unwrap_or_default()) }
                        dt { "database answers in" } dd { (database.answered_in_ms) " ms" }
                    }
                    dt { "read at" } dd { (report.read_at.format("%H:%M:%S")) }
                }
            }
        }
    }
}

fn verdict(report: &Report) -> Markup {
    let many = report.workspaces.len() > 1;
    let (sign, word) = match report.state {
        State::Healthy => ("✓", "Healthy"),
        State::Copying => ("…", "Copying"),
        State::Degraded => ("!", "Degraded"),
        State::Down => ("✕", "Down"),
    };
    html! {
        div .verdict .(report.state) data-title=(format!("{sign} {word} · heymilo-sync")) {
            h1 { (word) }
            p { (report.state.meaning()) }
            @if !report.findings.is_empty() {
                ul {
                    @for finding in &report.findings {
                        li {
                            strong {
                                @if many && let Some(id) = &finding.workspace_id { (id) ": " }
                                (finding.what)
                            }
                            span { (prose(&finding.remedy)) }
                        }
                    }
                }
            }
        }
    }
}

/// A sentence in which what stands between backticks is to be typed.
fn prose(text: &str) -> Markup {
    html! {
        @for (number, part) in text.split('`').enumerate() {
            @if number % 2 == 0 { (part) } @else { code { (part) } }
        }
    }
}

fn show_spool(spool: &Spool) -> Markup {
    html! {
        section {
            h3 { "Spool" }
            dl {
                dt { "takes deliveries" } dd { (spool.state) }
                dt { "waiting" } dd { (spool.waiting) }
                dt { "size" } dd { (spool.bytes / 1024) " KiB" }
                dt { "set aside" } dd { (spool.aside_bytes / 1024) " KiB" }
            }
        }
    }
}

/// What is known about an interview.
pub fn interview(workspace_id: &str, found: &Interview) -> Markup {
    let stands = match (found.failed_at, found.is_due) {
        (Some(_), _) => "given up",
        (None, true) => "due to be fetched",
        (None, false) => "up to date, as far as is known",
    };
    let time = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%d %H:%M:%S").to_string();
    html! {
        section #interview {
            h3 { "Interview " code { (found.interview_id) } }
            dl {
                dt { "here" } dd { (stands) }
                @if let Some(error) = &found.last_error { dt { "last error" } dd { (error) } }
                dt { "status at HeyMilo" } dd { (found.status.as_deref().unwrap_or("not told")) }
                dt { "posting" }
                dd { (found.posting_title.as_deref().or(found.posting_id.as_deref()).unwrap_or("unknown")) }
                dt { "results last new" } dd { (found.fetched_at.map_or("never".to_owned(), time)) }
                @if let Some(at) = found.deleted_at { dt { "gone from HeyMilo" } dd { (time(at)) } }
            }
            (workspace::sync_button(workspace_id, &found.interview_id, "Fetch it again"))
        }
    }
}

/// There is no such interview.
pub fn no_interview(id: &str) -> Markup {
    html! {
        section #interview {
            "Neither a list nor a delivery has told of interview " code { (id) } "."
        }
    }
}

/// The database does not answer.
pub fn no_answer() -> Markup {
    html! { section #interview { "The database does not answer." } }
}
