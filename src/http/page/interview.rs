//! An interview's page and a posting's: ids and states, never personal data.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::{
    Interview,
    figure::{ago, figure, interview_link, query, sync_button, time},
};
use crate::store::{
    interview_events::InterviewEvents,
    posting_interviews::{Count, Listed},
};

/// The state of an interview, and its history.
pub fn interview(workspace_id: &str, found: &Interview, history: &InterviewEvents) -> Markup {
    let stands = match (found.failed_at, found.is_due) {
        (Some(_), _) => "given up",
        (None, true) => "due to be fetched",
        (None, false) => "up to date, as far as is known",
    };

    html! {
        section #interview {
            div .beside {
                h3 { "Interview " code { (found.interview_id) } }
                (sync_button(workspace_id, &found.interview_id, if found.failed_at.is_some() { "Retry" } else { "Fetch it now" }))
            }
            dl {
                (figure("here", "Whether it waits to be fetched.", stands))
                @if let Some(error) = &found.last_error {
                    (figure("last error", "Why the last attempt failed.", error))
                }
                (figure("status at HeyMilo", "The last status from HeyMilo.",
                    found.status.as_deref().unwrap_or("no status")))
                dt { "posting" }
                dd {
                    @match (&found.posting_id, &found.posting_title) {
                        (Some(id), title) => {
                            a href={ "/posting?" (query(&[("workspace", workspace_id), ("posting", id)])) } {
                                (title.as_deref().unwrap_or(id))
                            }
                        }
                        (None, _) => "unknown",
                    }
                }
                (figure("results last new", "When an answer last differed from the one before.",
                    found.fetched_at.map_or("never".to_owned(), time)))
                @if let Some(at) = found.deleted_at {
                    (figure("gone from HeyMilo", "Since when HeyMilo does not have it.", time(at)))
                }
            }
            (events(history))
            (notices(history))
        }
    }
}

fn events(history: &InterviewEvents) -> Markup {
    html! {
        @if !history.events.is_empty() {
            h3 .apart { "What happened, the newest first" }
            div .scroll {
                table .stacked {
                    tr { th { "When" } th { "What" } th { "More" } }
                    @for event in &history.events {
                        tr { td { (time(event.at)) } td { (event.kind) } td { (event.detail) } }
                    }
                }
            }
        }
    }
}

fn notices(history: &InterviewEvents) -> Markup {
    html! {
        @if !history.notices.is_empty() {
            h3 .apart { "Where its answers differ from what was expected" }
            ul {
                @for notice in &history.notices {
                    li { code { (notice.path) } ": " (notice.problem.replace('_', " ")) ", " (time(notice.noticed_at)) }
                }
            }
        }
    }
}

/// The interviews of a posting, by status.
pub fn posting(
    workspace_id: &str,
    posting_id: &str,
    chosen: Option<&str>,
    counts: &[Count],
    interviews: &[Listed],
    now: DateTime<Utc>,
) -> Markup {
    let of = |status: Option<&str>| {
        let mut pairs = vec![("workspace", workspace_id), ("posting", posting_id)];
        pairs.extend(status.map(|status| ("status", status)));
        format!("/posting?{}", query(&pairs))
    };
    let all: i64 = counts.iter().map(|count| count.interviews).sum();

    html! {
        section #posting {
            h3 { "Interviews of posting " code { (posting_id) } }
            p .filters {
                a .chosen[chosen.is_none()] href=(of(None)) { "all " (all) }
                @for count in counts {
                    a .chosen[chosen == Some(&count.status)] href=(of(Some(&count.status))) {
                        (count.status) " " (count.interviews)
                    }
                }
            }
            div .scroll {
                table .stacked {
                    tr { th { "Interview" } th { "Status" } th { "Results" } th { "Job" } }
                    @for interview in interviews {
                        tr {
                            td { (interview_link(workspace_id, &interview.interview_id)) }
                            td { (interview.status) }
                            td data-name="results" { (ago(interview.fetched_at, now)) }
                            td data-name="job" { (interview.job.as_deref().unwrap_or("none")) }
                        }
                    }
                }
            }
            @if (interviews.len() as i64) < all && chosen.is_none() {
                p { "The newest invitations are shown." }
            }
        }
    }
}
