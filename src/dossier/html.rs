//! The dossier as a page that opens without a network and prints well.

use chrono::{DateTime, Utc};
use maud::{Markup, html};
use serde_json::Value;

use super::{Dossier, Event, File, Interview, KeptUntil, LastAnswer, Person, Source, State};
use crate::paper::{self, or_none, time, titles};

/// The page.
pub fn page(dossier: &Dossier) -> String {
    let Dossier { workspace, as_of, person, interviews, unread_answers, deliveries, rows, .. } =
        dossier;
    let content = html! {
        (about(workspace, *as_of, person))
        @for (number, one) in (1..).zip(interviews) { (interview(number, one)) }
        (others(unread_answers, deliveries))
        section {
            h2 { "Where it is kept" }
            p { "Number of rows about this person in each table of the database." }
            dl {
                @for (table, rows) in rows { dt { (table) } dd { (rows) } }
            }
        }
    };
    paper::page("Personal data of a candidate", &content)
}

fn about(workspace: &str, as_of: Option<DateTime<Utc>>, person: &Person) -> Markup {
    let Person { candidate_ids, names, email_addresses } = person;
    html! {
        p {
            "This file holds all data about one person that heymilo-sync keeps. HeyMilo's AI makes scores, "
            "evaluations, reasons and confidences. People make decisions (shortlisted, dismissed). "
            "Signatures and tokens of links are left out."
        }
        dl {
            dt { "Names" } dd { (list(names)) }
            dt { "E-mail addresses" } dd { (list(email_addresses)) }
            dt { "Ids of the person" } dd { (list(candidate_ids)) }
            dt { "Workspace" } dd { (workspace) }
            dt { "As of" }
            dd { @match as_of { Some(as_of) => { (time(as_of)) } None => { "the newest data" } } }
        }
    }
}

fn interview(number: usize, interview: &Interview) -> Markup {
    let Interview { interview_id, posting_id, posting_title, first_seen_at, gone_since, .. } =
        interview;
    let title = posting_title.as_deref().unwrap_or("a posting without a title");
    html! {
        section {
            h2 { "Interview " (number) ": " (title) }
            dl {
                dt { "Interview" } dd { (interview_id) }
                dt { "Posting" } dd { (posting_id.as_deref().unwrap_or("not known")) }
                dt { "First seen" } dd { (time(*first_seen_at)) }
                @if let Some(gone) = gone_since {
                    dt { "Gone from HeyMilo" } dd { (time(*gone)) }
                }
            }

            h3 { "Decisions of people" }
            @if interview.decisions.is_empty() { p { "None was seen." } }
            @else { (events("Decisions, as they were first seen", &interview.decisions)) }
            (last_answer("Results of the AI and of the interview", &interview.results))
            (last_answer("Row in the list of candidates", &interview.list_row))

            h3 { "What changed" }
            (events("Changes, as they were first seen", &interview.timeline))

            h3 { "Source answers" }
            (sources(&interview.sources))
            @if !interview.files.is_empty() {
                h3 { "Recordings and resumes" }
                (files(&interview.files))
            }

            h3 { "How long it is kept" }
            (kept_until(&interview.kept_until))
        }
    }
}

fn last_answer(title: &str, answer: &LastAnswer) -> Markup {
    let says = match answer.state {
        State::Known => "HeyMilo said so at that time.",
        State::NotConfirmed => {
            "HeyMilo said so before that time. No later answer confirms that it still did."
        }
        State::NotKnown => "Not known: no answer from before that time is kept.",
    };
    html! {
        h3 { (title) }
        p { (says) }
        @if let (Some(received), Some(seen)) = (answer.received_at, answer.last_seen_at) {
            p { "Received " (time(received)) ", last received " (time(seen)) "." }
            (value(&answer.content))
        }
    }
}

fn events(caption: &str, events: &[Event]) -> Markup {
    html! {
        table {
            caption { (caption) }
            (titles(&["First seen", "Happened", "What", "Before", "After"]))
            tbody {
                @for event in events {
                    tr {
                        td { (time(event.first_seen_at)) @if event.may_be_older { " or earlier" } }
                        td { (or_none(event.happened_at.map(time))) }
                        td { (event.what) }
                        td { (or_none(event.from.as_deref().map(text))) }
                        td { (or_none(event.to.as_deref().map(text))) }
                    }
                }
            }
        }
    }
}

fn sources(sources: &[Source]) -> Markup {
    html! {
        table {
            caption { "Answers of HeyMilo that this file is made from" }
            (titles(&["Answer", "Received", "Last received", "SHA-256"]))
            tbody {
                @for source in sources {
                    tr {
                        td {
                            (source.kind.replace('_', " ")) " " (source.version)
                            @if !source.is_applied { ", not followed" }
                            @if source.redacted_at.is_some() { ", without conversations" }
                        }
                        td { (time(source.received_at)) }
                        td { (time(source.last_seen_at)) }
                        td { code { (source.sha256) } }
                    }
                }
            }
        }
    }
}

fn files(files: &[File]) -> Markup {
    html! {
        table {
            caption { "Files, which this file names and does not hold" }
            (titles(&["File", "State", "Kept since", "Kept until", "Bytes", "SHA-256"]))
            tbody {
                @for file in files {
                    tr {
                        td { (file.kind) @if let Some(media_type) = &file.media_type { ", " (media_type) } }
                        td { (file.state.replace('_', " ")) }
                        td { (or_none(file.kept_at.map(time))) }
                        td { (or_none(file.kept_until.map(time))) }
                        td { (or_none(file.bytes.map(|bytes| html! { (bytes) }))) }
                        td { (or_none(file.sha256.as_ref().map(|hash| html! { code { (hash) } }))) }
                    }
                }
            }
        }
    }
}

fn kept_until(all: &[KeptUntil]) -> Markup {
    html! {
        dl {
            @for KeptUntil { what, setting, until } in all {
                dt { (what) }
                dd {
                    @match until { Some(until) => { "until " (time(*until)) } None => { "without end" } }
                    " (" (setting) ")"
                }
            }
        }
    }
}

fn others(unread: &[Value], deliveries: &[super::Delivery]) -> Markup {
    html! {
        @if !unread.is_empty() {
            section {
                h2 { "Answers that could not be read" }
                @for answer in unread { (value(answer)) }
            }
        }
        @if !deliveries.is_empty() {
            section {
                h2 { "Notifications from HeyMilo" }
                dl {
                    @for delivery in deliveries {
                        dt { (time(delivery.received_at)) }
                        dd {
                            @if delivery.content.is_null() { "content no longer kept" }
                            @else { (value(&delivery.content)) }
                        }
                    }
                }
            }
        }
    }
}

/// Any JSON: objects as pairs, and lists with numbers.
fn value(value: &Value) -> Markup {
    html! {
        @match value {
            Value::Null => { span.none { "none" } }
            Value::Bool(is_so) => { @if *is_so { "yes" } @else { "no" } }
            Value::Number(number) => { (number) }
            Value::String(string) => { (string) }
            Value::Array(items) if items.is_empty() => { span.none { "none" } }
            Value::Array(items) => { ol { @for item in items { li { (self::value(item)) } } } }
            Value::Object(fields) if fields.is_empty() => { span.none { "none" } }
            Value::Object(fields) => {
                dl { @for (name, field) in fields { dt { (label(name)) } dd { (self::value(field)) } } }
            }
        }
    }
}

/// A field's name as words.
fn label(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

fn list(items: &[String]) -> Markup {
    html! {
        @if items.is_empty() { span.none { "none" } }
        @else { (items.join(", ")) }
    }
}

fn text(text: &str) -> Markup {
    html! { (text) }
}
