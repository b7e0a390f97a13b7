//! One workspace on the page.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::{
    Failure, chart, failures,
    figure::{Value, ago, figure, interview_link, query},
};
use crate::{
    status::{Workspace, lasting},
    store::{
        files::FileCounts,
        status::{Coverage, Event, Notices, Slot},
    },
};

/// The section of a workspace.
pub fn show(workspace: &Workspace, failed: &[Failure], now: DateTime<Utc>) -> Markup {
    let id = &workspace.workspace_id;
    let figures = &workspace.figures;
    html! {
        div .beside {
            h2 { "Workspace " (id) }
            form method="post" action={ "/lists/read?" (query(&[("workspace", id)])) } {
                button title="Reads every list from where it was read last, within seconds" { "Read lists now" }
            }
        }

        div .grid {
            (freshness(workspace, now))
            (work(workspace, now))
            (budget(workspace, now))
        }
        div .grid {
            (throughput(&figures.throughput.hour, "Last hour, by 2 minutes"))
            (throughput(&figures.throughput.day, "Last day, by 30 minutes"))
        }

        div .grid {
            @if let Some(counted) = &workspace.counts.files { (files(counted, now)) }
            @if !failed.is_empty() { (failures::show(workspace, failed, now)) }
            @if !figures.timeline.is_empty() { (timeline(id, &figures.timeline, now)) }
            @if !workspace.counts.notices.is_empty() {
                (notices(&workspace.counts.notices, now))
            }
            @if !workspace.counts.coverage.is_empty() { (coverage(id, &workspace.counts.coverage)) }
        }
    }
}

fn files(counted: &FileCounts, now: DateTime<Utc>) -> Markup {
    let oldest = counted.oldest_waiting_at.map_or("–".to_owned(), |at| lasting(now - at));
    html! {
        section {
            h3 { "Recordings and resumes" }
            dl {
                (figure("kept", "Files that are kept.", counted.kept))
                (figure("size", "Size of the kept files.", format!("{} MiB", counted.bytes >> 20)))
                (figure("waiting", "Files that wait to be downloaded, or for a fresh link.", counted.waiting))
                (figure("oldest waits for", "How long the oldest of them waits.", oldest))
                (figure("failed", "Files that could not be downloaded.", Value::none_is_best(counted.failed, "warn")))
                (figure("expired", "Files whose link no longer worked, nor did a fresh one.", Value::none_is_best(counted.expired, "warn")))
                (figure("too large", "Files that are larger than files.max_bytes.", counted.too_large))
                (figure("removed", "Files that were removed after retention.files.", counted.removed))
            }
        }
    }
}

fn freshness(
    Workspace { figures, counts, is_searchable, .. }: &Workspace,
    now: DateTime<Utc>,
) -> Markup {
    let fresh = &figures.freshness;
    let as_of = |at| match figures.first_copy {
        Some(_) => "not complete yet".to_owned(),
        None => ago(at, now),
    };
    let took = |milliseconds: Option<f64>| milliseconds.map_or("–".to_owned(), brief);

    html! {
        section {
            h3 { "Freshness" }
            dl {
                (figure("tables as of", "New and unfinished interviews are as HeyMilo showed them then, or later.", as_of(fresh.as_of)))
                (figure("everything as of", "The same for all interviews: the last full look at all lists.", as_of(fresh.complete_as_of)))
                (figure("last delivery", "When the last webhook arrived.", ago(fresh.last_delivery_at, now)))
                (figure("last poll", "When a list was last read.", ago(fresh.last_poll_at, now)))
                (figure("webhook to rows, p50", "Half of the last hour's deliveries took less until the rows were there.", took(figures.latency.as_ref().map(|took| took.p50_ms))))
                (figure("webhook to rows, p99", "One of a hundred took longer.", took(figures.latency.as_ref().map(|took| took.p99_ms))))
                @if *is_searchable {
                    (figure("search behind", "How old the search is, compared with the tables.", format!("{:.0} s", counts.search_lag_s)))
                }
                @if let Some(there) = &figures.registrations {
                    (figure("webhooks registered", "Registrations at HeyMilo, of one for each live posting and event type.", format!("{} of {}", there.registered, there.wanted)))
                }
            }
        }
    }
}

fn work(Workspace { figures, .. }: &Workspace, now: DateTime<Utc>) -> Markup {
    let work = &figures.work;
    let oldest = work.oldest_due_at.map_or("none".to_owned(), |at| lasting(now - at));
    html! {
        section {
            h3 { "Work" }
            dl {
                (figure("due", "Interviews that changed and wait to be fetched.", work.due))
                (figure("oldest due", "How long the first of them has waited.", oldest))
                (figure("due, no hurry", "First copies and backfills: they come after all others.", work.unhurried))
                (figure("running", "Being fetched or written now.", work.running))
                (figure("waiting for later", "Unfinished interviews that are looked at again later.", work.waiting))
                (figure("in trouble", "Failed many times, and will be retried.", Value::none_is_best(work.troubled, "warn")))
                (figure("given up", "Failed, and not retried by itself.", Value::none_is_best(work.failed, "bad")))
            }
        }
    }
}

fn budget(workspace: &Workspace, now: DateTime<Utc>) -> Markup {
    let (budget, limit) = (&workspace.figures.budget, workspace.requests_per_minute);
    let api = &workspace.figures.api;
    let key = match (api.key_refused_at, api.other_workspace_at) {
        (Some(at), _) => Value::of_class(format!("refused {}", ago(Some(at), now)), "bad"),
        (None, Some(at)) => {
            Value::of_class(format!("of another workspace, since {}", ago(Some(at), now)), "bad")
        }
        (None, None) => "accepted".into(),
    };

    let answers = match api.down_at {
        Some(at) => Value::of_class(format!("not since {}", ago(Some(at), now)), "bad"),
        None => ago(api.answered_at, now).into(),
    };
    let paused =
        budget.paused_until.map_or("no".to_owned(), |at| format!("for {}", lasting(at - now)));

    html! {
        section {
            h3 { "HeyMilo's API" }
            dl {
                (figure("key", "Whether HeyMilo accepts the API key of this workspace.", key))
                (figure("answers", "When the API last answered as it should.", answers))
                (figure("requests, last minute", "Requests with this key, of those that may be made.", format!("{} of {limit}", budget.used)))
                (figure("paused", "For how long HeyMilo allows no request.", paused))
            }
            meter min="0" max=(limit) value=(budget.used) aria-label="API budget used" {}
        }
    }
}

fn throughput(slots: &[Slot], title: &str) -> Markup {
    let deliveries: i64 = slots.iter().map(|slot| slot.deliveries).sum();
    let interviews: i64 = slots.iter().map(|slot| slot.interviews).sum();
    let caption = format!("{title}: {deliveries} deliveries, {interviews} interviews written");
    html! {
        section {
            h3 { (title) }
            p .legend {
                span { b .deliveries { (deliveries) } " deliveries (bars)" }
                span { b .good { (interviews) } " interviews written (line)" }
            }
            (chart::chart(slots, &caption))
        }
    }
}

fn timeline(workspace_id: &str, events: &[Event], now: DateTime<Utc>) -> Markup {
    html! {
        section .wide {
            h3 { "Latest: lists read, deliveries, interviews written" }
            div .scroll {
                table .timeline {
                    @for event in events {
                        tr {
                            td .when { (ago(Some(event.at), now)) }
                            td { span .kind.(event.kind) { (event.kind) } }
                            td {
                                (event.detail)
                                @if let Some(id) = &event.interview_id { " " (interview_link(workspace_id, id)) }
                            }
                        }
                    }
                }
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

fn coverage(workspace_id: &str, postings: &[Coverage]) -> Markup {
    html! {
        section .wide {
            h3 { "Postings: ours of HeyMilo's" }
            div .scroll {
                table .stacked {
                    tr {
                        th { "Posting" } th .number { "Candidates" } th .number { "Completed" }
                        th .number title="Came or changed since HeyMilo counted" { "Not compared yet" }
                    }

                    @for posting in postings {
                        tr .warn[posting.is_confirmed()] {
                            td { (posting_link(workspace_id, posting)) }
                            td .number data-name="candidates" {
                                (of(posting.our_candidates, posting.heymilo_candidates))
                            }
                            td .number data-name="completed" {
                                (of(posting.our_completed, posting.heymilo_completed))
                            }
                            td .number data-name="not compared yet" { (posting.not_compared_yet) }
                        }
                    }
                }
            }
        }
    }
}

fn posting_link(workspace_id: &str, posting: &Coverage) -> Markup {
    let Some(id) = &posting.posting_id else { return html! { "not known" } };
    let asked = query(&[("workspace", workspace_id), ("posting", id)]);
    html! { a href={ "/posting?" (asked) } { (posting.posting_title.as_deref().unwrap_or(id)) } }
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
