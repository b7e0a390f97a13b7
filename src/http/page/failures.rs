//! Interviews that could not be fetched, by reason, with the remedy.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::{
    Failure,
    figure::{ago, interview_link, query, sync_button},
};
use crate::status::{Workspace, lasting};

/// The reasons with their numbers, and the newest failed interviews.
pub fn show(workspace: &Workspace, failures: &[Failure], now: DateTime<Utc>) -> Markup {
    let id = &workspace.workspace_id;
    html! {
        section .wide {
            (reasons(workspace))
            (table(id, failures, now))
            @if failures.len() as i64 >= super::FAILURES {
                p { "The newest are shown; " code { "heymilo-sync failed list" } " has them all." }
            }
        }
    }
}

fn reasons(workspace: &Workspace) -> Markup {
    let (id, work) = (&workspace.workspace_id, &workspace.figures.work);

    html! {
        div .beside {
            h3 { "Failed" }
            form method="post" action={ "/failed/retry?" (query(&[("workspace", id)])) } {
                button { "Retry all " (work.failed + work.troubled) }
            }
        }
        ul .reasons {
            @for failure in &work.failures {
                @let asked = query(&[("workspace", id), ("reason", &failure.reason)]);
                li {
                    span {
                        a href={ "/failed?" (asked) } { b { (failure.interviews) } " × " (failure.reason) }
                        @if !failure.is_final { " (tried on)" }
                    }
                    form method="post" action={ "/failed/retry?" (asked) } {
                        button { "Retry these " (failure.interviews) }
                    }
                }
            }
        }
    }
}

/// Failed interviews, each with its reason.
pub fn table(workspace_id: &str, failures: &[Failure], now: DateTime<Utc>) -> Markup {
    html! {
        div .scroll {
            table .stacked {
                tr { th { "Interview" } th { "Reason" } th .number { "Attempts" } th { "When" } th {} }
                @for failure in failures {
                    tr {
                        td { (interview_link(workspace_id, &failure.interview_id)) }
                        td { (failure.reason) }
                        td .number data-name="attempts" { (failure.attempts) }
                        td {
                            @match (failure.failed_at, failure.retry_at) {
                                (Some(at), _) => { "given up " (ago(Some(at), now)) }
                                (None, Some(at)) => { "again in " (lasting(at - now)) }
                                (None, None) => {}
                            }
                        }
                        td { (sync_button(workspace_id, &failure.interview_id, "Retry")) }
                    }
                }
            }
        }
    }
}

/// The interviews that failed for one reason, with a button that retries them all.
pub fn of_one_reason(
    workspace_id: &str,
    reason: &str,
    failures: &[Failure],
    now: DateTime<Utc>,
) -> Markup {
    let asked = query(&[("workspace", workspace_id), ("reason", reason)]);
    html! {
        section #failed {
            div .beside {
                h3 { (failures.len()) " failed: " (reason) }
                form method="post" action={ "/failed/retry?" (asked) } {
                    button { "Retry all that match" }
                }
            }
            (table(workspace_id, failures, now))
        }
    }
}
