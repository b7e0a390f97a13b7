//! The page's content: the status first, and then the figures behind it.

use maud::{Markup, html};

use super::{Failure, figure::ago, workspace};
use crate::status::{Report, Spool, State};

/// The whole content.
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
            @if report.state <= State::Copying { (contents(report)) }
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

/// The figures of the tables, when there is no finding.
fn contents(report: &Report) -> Markup {
    html! {
        @for workspace in &report.workspaces {
            @let (counts, fresh) = (&workspace.counts, &workspace.figures.freshness);
            p .contents {
                @if report.workspaces.len() > 1 { (workspace.workspace_id) ": " }
                b { (counts.interviews) } " interviews in " b { (counts.coverage.len()) } " postings"
                @if counts.newest_at.is_some() {
                    ", the newest results " (ago(counts.newest_at, report.read_at))
                }
                @if fresh.as_of.is_some() { ", tables as of " (ago(fresh.as_of, report.read_at)) }
                "."
            }
        }
    }
}

/// A sentence with code between backticks.
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

/// The message that there is no such interview.
pub fn no_interview(id: &str) -> Markup {
    html! {
        section #interview {
            "Neither a list nor a delivery has named interview " code { (id) } "."
        }
    }
}

/// The message that the database does not answer.
pub fn no_answer() -> Markup {
    html! { section #interview { "The database does not answer." } }
}
