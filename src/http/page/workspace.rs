//! One workspace on the page.

use chrono::{DateTime, Utc};
use maud::{Markup, html};
use url::form_urlencoded;

use super::{Failure, chart};
use crate::{
    status::{Workspace, lasting},
    store::status::{Coverage, Notices, Slot},
};

/// All about it.
pub fn show(workspace: &Workspace, failures: &[Failure], now: DateTime<Utc>) -> Markup {
    html! {
        h2 { "Workspace " (workspace.workspace_id) }
        div .grid {
            (freshness(workspace, now))
            (work(workspace, now))
            (budget(workspace, now))
        }
        div .grid {
            (throughput(&workspace.figures.throughput.hour, "Last hour, by 2 minutes"))
            (throughput(&workspace.figures.throughput.day, "Last day, by 30 minutes"))
        }
        div .grid {
            @if !failures.is_empty() { (failed(workspace, failures, now)) }
            @if !workspace.census.notices.is_empty() {
                (notices(&workspace.census.notices, now))
            }
            @if !workspace.census.coverage.is_empty() { (coverage(&workspace.census.coverage)) }
        }
    }
}

fn freshness(
    Workspace { figures, census, is_searchable, .. }: &Workspace,
    now: DateTime<Utc>,
) -> Markup {
    let fresh = &figures.freshness;
    html! {
        section {
            h3 { "Freshness" }
            dl {
                dt { "tables as of" } dd { (ago(fresh.as_of, now)) }
                dt { "everything as of" } dd { (ago(fresh.complete_as_of, now)) }
                dt { "last delivery" } dd { (ago(fresh.last_delivery_at, now)) }
                dt { "last poll" } dd { (ago(fresh.last_poll_at, now)) }
                dt { "webhook to rows, p50" }
                dd { (figures.latency.as_ref().map_or("–".to_owned(), |took| brief(took.p50_ms))) }
                dt { "webhook to rows, p99" }
                dd { (figures.latency.as_ref().map_or("–".to_owned(), |took| brief(took.p99_ms))) }
                @if *is_searchable {
                    dt { "search behind" } dd { (format!("{:.0} s", census.search_lag_s)) }
                }
                @if let Some(there) = &figures.registrations {
                    dt { "webhooks registered" } dd { (there.registered) " of " (there.wanted) }
                }
            }
        }
    }
}

fn work(Workspace { figures, .. }: &Workspace, now: DateTime<Utc>) -> Markup {
    let work = &figures.work;
    html! {
        section {
            h3 { "Work" }
            dl {
                dt { "due" } dd { (work.due) }
                dt { "oldest due" }
                dd { (work.oldest_due_at.map_or("none".to_owned(), |at| lasting(now - at))) }
                dt { "due, no hurry" } dd { (work.unhurried) }
                dt { "running" } dd { (work.running) }
                dt { "waiting for later" } dd { (work.waiting) }
                dt { "in trouble" } dd .warn[work.troubled > 0] { (work.troubled) }
                dt { "given up" } dd .bad[work.failed > 0] { (work.failed) }
            }
        }
    }
}

fn budget(workspace: &Workspace, now: DateTime<Utc>) -> Markup {
    let (budget, limit) = (&workspace.figures.budget, workspace.requests_per_minute);
    let api = &workspace.figures.api;
    html! {
        section {
            h3 { "HeyMilo's API" }
            dl {
                dt { "key" }
                dd {
                    @match (api.key_refused_at, api.other_workspace_at) {
                        (Some(at), _) => span .bad { "refused " (ago(Some(at), now)) },
                        (None, Some(at)) => {
                            span .bad { "of another workspace, since " (ago(Some(at), now)) }
                        }
                        (None, None) => "accepted",
                    }
                }
                dt { "answers" }
                dd {
                    @match api.down_at {
                        Some(at) => span .bad { "not since " (ago(Some(at), now)) },
                        None => (ago(api.answered_at, now)),
                    }
                }
                dt { "requests, last minute" } dd { (budget.used) " of " (limit) }
                dt { "paused" }
                dd {
                    (budget.paused_until.map_or("no".to_owned(), |at| format!("for {}", lasting(at - now))))
                }
            }
            meter min="0" max=(limit) value=(budget.used) aria-label="API budget used" {}
        }
    }
}

fn throughput(slots: &[Slot], title: &str) -> Markup {
    let deliveries: i64 = slots.iter().map(|slot| slot.deliveries).sum();
    let interviews: i64 = slots.iter().map(|slot| slot.interviews).sum();
    let told = format!("{title}: {deliveries} deliveries, {interviews} interviews written");
    html! {
        section {
            h3 { (title) }
            p .legend {
                span { b .deliveries { (deliveries) } " deliveries (bars)" }
                span { b .good { (interviews) } " interviews written (line)" }
            }
            (chart::sparkline(slots, &told))
        }
    }
}

fn failed(workspace: &Workspace, failures: &[Failure], now: DateTime<Utc>) -> Markup {
    let id = &workspace.workspace_id;
    let work = &workspace.figures.work;
    let all = query(&[("workspace", id)]);
    html! {
        section .wide {
            div .beside {
                h3 { "Failed" }
                form method="post" action={ "/failed/retry?" (all) } { button { "Retry all" } }
            }
            ul {
                @for failure in &work.failures {
                    li {
                        b { (failure.interviews) } " × " (failure.reason)
                        @if !failure.is_final { " (tried on)" }
                    }
                }
            }
            div .scroll {
                table .stacked {
                    tr { th { "Interview" } th { "Reason" } th .number { "Attempts" } th { "When" } th {} }
                    @for failure in failures {
                        tr {
                            td { code { (failure.interview_id) } }
                            td { (failure.reason) }
                            td .number data-name="attempts" { (failure.attempts) }
                            td {
                                @match (failure.failed_at, failure.retry_at) {
                                    (Some(at), _) => { "given up " (ago(Some(at), now)) }
                                    (None, Some(at)) => { "again in " (lasting(at - now)) }
                                    (None, None) => {}
                                }
                            }
                            td { (sync_button(id, &failure.interview_id, "Retry")) }
                        }
                    }
                }
            }
            @if failures.len() as i64 >= super::FAILURES {
                p { "The newest are shown; " code { "heymilo-sync failed list" } " has them all." }
            }
        }
    }
}

fn notices(notices: &[Notices], now: DateTime<Utc>) -> Markup {
    html! {
        section .wide {
            h3 { "Where HeyMilo's answers differ from what was expected" }
            div .scroll {
                table .stacked {
                    tr {
                        th { "Answer" } th { "Where" } th { "What" } th .number { "Answers" }
                        th { "First" } th { "Last" }
                    }
                    @for notice in notices {
                        tr {
                            td { (notice.kind) }
                            td { code { (notice.path) } }
                            td {
                                (notice.problem.replace('_', " "))
                                @if notice.problem == "wrong_type" {
                                    ": " (notice.found) " for " (notice.expected)
                                }
                            }
                            td .number data-name="answers" { (notice.answers) }
                            td data-name="first" { (ago(Some(notice.first_at), now)) }
                            td data-name="last" { (ago(Some(notice.last_at), now)) }
                        }
                    }
                }
            }
        }
    }
}

fn coverage(postings: &[Coverage]) -> Markup {
    html! {
        section .wide {
            h3 { "Coverage: ours of HeyMilo's" }
            div .scroll {
                table {
                    tr { th { "Posting" } th .number { "Candidates" } th .number { "Completed" } }
                    @for posting in postings {
                        tr .warn[!posting.agrees()] {
                            td {
                                (posting.posting_title.as_deref().or(posting.posting_id.as_deref())
                                    .unwrap_or("not known"))
                            }
                            td .number {
                                (of(posting.our_candidates, posting.heymilo_candidates))
                            }
                            td .number { (of(posting.our_completed, posting.heymilo_completed)) }
                        }
                    }
                }
            }
        }
    }
}

/// A button that makes an interview due.
pub fn sync_button(workspace_id: &str, interview_id: &str, words: &str) -> Markup {
    let asked = query(&[("workspace", workspace_id), ("interview", interview_id)]);
    html! {
        form method="post" action={ "/interview/sync?" (asked) } { button { (words) } }
    }
}

fn query(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn ago(at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> String {
    at.map_or("never".to_owned(), |at| format!("{} ago", lasting(now - at)))
}

fn of(ours: i64, theirs: Option<i64>) -> String {
    theirs.map_or_else(|| format!("{ours} of ?"), |theirs| format!("{ours} of {theirs}"))
}

fn brief(milliseconds: f64) -> String {
    if milliseconds < 1000.0 {
        format!("{milliseconds:.0} ms")
    } else {
        format!("{:.1} s", milliseconds / 1e3)
    }
}
