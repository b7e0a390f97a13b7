//! Collects everything that is kept about a person.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::TryStreamExt as _;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;

use super::{
    Delivery, Dossier, Event, FORMAT, File, Interview, KeptUntil, LastAnswer, Person, Source,
    State, content,
};
use crate::{
    mentions::Words,
    records::WorkspaceId,
    store::{
        self, dossier as kept,
        erasures::{Known, Named},
        snapshots::Kind,
        tombstones::Tombstones,
        traces::{Action, Traces},
    },
};

/// The person, and the time of interest.
#[derive(Debug)]
pub struct Request {
    /// How the person is named.
    pub named: Named,
    /// A time in the past. `None` for now.
    pub as_of: Option<DateTime<Utc>>,
    /// How long each kind of data is kept.
    pub keeping: Vec<Keeping>,
    /// How long recordings and resumes are kept. `None` for no limit.
    pub files_kept_for: Option<Duration>,
}

/// How long something is kept after the last activity of an interview.
#[derive(Debug)]
pub struct Keeping {
    /// The kind of data.
    pub what: &'static str,
    /// Its setting.
    pub setting: &'static str,
    /// `None` for no limit.
    pub kept_for: Option<Duration>,
}

/// Why there is no dossier.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The person was removed, and nothing else is kept.
    #[error(
        "removed: nothing is kept about this person or interview but a digest that keeps it away"
    )]
    Removed,

    /// The tables do not hold the person.
    #[error("nothing is kept about this person or interview")]
    Unknown,

    /// Several people have the address. The dossier of one must not hold data of the others.
    #[error("several people have this address, name one of them with --candidate: {}", .0.join(", "))]
    Several(Vec<String>),

    /// The database failed. The message does not include the database's own, because it could quote
    /// a value.
    #[error("the database did not do as asked")]
    Database(#[from] sqlx::Error),
}

/// Collects the dossier of one person.
pub async fn gather(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    tombstones: &Tombstones,
    request: &Request,
) -> Result<Dossier, Error> {
    let Request { named, as_of, keeping, files_kept_for } = request;
    let Known { mut interview_ids, mut candidate_ids, emails } =
        store::erasures::find(db, workspace_id, named).await?;
    candidate_ids.sort_unstable();
    if named.email.is_some() && candidate_ids.len() > 1 {
        return Err(Error::Several(candidate_ids));
    }
    if interview_ids.is_empty() {
        let words = [&named.candidate_id, &named.email, &named.interview_id];
        let is_removed = tombstones.any_of(db, workspace_id, words.into_iter().flatten()).await?;
        return Err(if is_removed { Error::Removed } else { Error::Unknown });
    }
    interview_ids.sort_unstable();

    let mut answers = answers(db, workspace_id, &interview_ids, *as_of).await?;
    let mut changes = changes(db, workspace_id, &interview_ids, *as_of).await?;
    let mut files = files(db, workspace_id, &interview_ids, *as_of, *files_kept_for).await?;
    let known = kept::interviews(db, workspace_id, &interview_ids).await?;
    let interviews: Vec<Interview> = known
        .into_iter()
        .map(|interview| {
            let answers = answers.remove(&interview.interview_id).unwrap_or_default();
            let timeline = changes.remove(&interview.interview_id).unwrap_or_default();
            let files = files.remove(&interview.interview_id).unwrap_or_default();
            Interview::new(interview, answers, timeline, files, *as_of, keeping)
        })
        .collect();

    let words = Words::new(interview_ids.iter().chain(&candidate_ids).chain(&emails));
    let mut rows = Traces::new(&mut *db, workspace_id, Action::Count);
    rows.interviews(&interview_ids).await?;
    rows.jobs(&interview_ids).await?;
    let rows = rows.found;
    Ok(Dossier {
        format: FORMAT,
        workspace: workspace_id.to_string(),
        as_of: *as_of,
        person: Person::new(candidate_ids, &interviews),
        interviews,
        unread_answers: unread(db, workspace_id, &words).await?,
        deliveries: deliveries(db, workspace_id, &interview_ids).await?,
        rows,
    })
}

/// HeyMilo's answers about one interview: a description of each, and the content of the newest of
/// each kind.
#[derive(Default)]
struct Answers {
    sources: Vec<Source>,
    results: Option<LastAnswer>,
    list_row: Option<LastAnswer>,
}

async fn answers(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[String],
    as_of: Option<DateTime<Utc>>,
) -> Result<BTreeMap<String, Answers>, Error> {
    let mut answers: BTreeMap<String, Answers> = BTreeMap::new();
    let mut kept = std::pin::pin!(kept::sources(db, workspace_id, interview_ids, as_of));

    while let Some(answer) = kept.try_next().await? {
        let of_interview = answers.entry(answer.subject_id.clone()).or_default();
        let source = Source::new(&answer);
        if answer.is_applied {
            let last = LastAnswer::new(&answer, &source, as_of);
            match answer.kind {
                Kind::Interview => of_interview.results = Some(last),
                _ => of_interview.list_row = Some(last),
            }
        }
        of_interview.sources.push(source);
    }

    Ok(answers)
}

async fn changes(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[String],
    as_of: Option<DateTime<Utc>>,
) -> Result<BTreeMap<String, Vec<Event>>, Error> {
    let mut events: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    for change in kept::changes(db, workspace_id, interview_ids, as_of).await? {
        let event = Event {
            what: change.what,
            from: change.old_value,
            to: change.new_value,
            first_seen_at: change.observed_at,
            happened_at: change.changed_at,
            may_be_older: change.first_observation,
        };
        events.entry(change.interview_id).or_default().push(event);
    }
    Ok(events)
}

async fn files(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[String],
    as_of: Option<DateTime<Utc>>,
    kept_for: Option<Duration>,
) -> Result<BTreeMap<String, Vec<File>>, Error> {
    let mut files: BTreeMap<String, Vec<File>> = BTreeMap::new();

    for file in kept::files(db, workspace_id, interview_ids, as_of).await? {
        let of_interview = files.entry(file.interview_id).or_default();
        of_interview.push(File {
            kept_until: file.kept_at.zip(kept_for).and_then(|(at, kept_for)| after(at, kept_for)),
            kind: file.kind,
            state: file.state,
            sha256: file.sha256,
            bytes: file.bytes,
            media_type: file.media_type,
            first_seen_at: file.first_seen_at,
            kept_at: file.kept_at,
        });
    }

    Ok(files)
}

fn after(at: DateTime<Utc>, kept_for: Duration) -> Option<DateTime<Utc>> {
    at.checked_add_signed(TimeDelta::from_std(kept_for).ok()?)
}

/// Answers without rows that name the person.
async fn unread(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    words: &Words,
) -> Result<Vec<Value>, Error> {
    let kinds = [Kind::Interview, Kind::Candidate, Kind::Unusable];
    let answers = store::erasures::unwritten(db, workspace_id, &kinds);
    let named = answers.try_filter_map(async |(subject_id, body)| {
        let is_theirs = words.contains(&subject_id) || words.are_in(&body);
        Ok(is_theirs.then(|| content::read(&body)))
    });
    let mut named: Vec<Value> = named.try_collect().await?;
    named.sort_by_cached_key(Value::to_string);
    Ok(named)
}

async fn deliveries(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[String],
) -> Result<Vec<Delivery>, Error> {
    let kept = kept::deliveries(db, workspace_id, interview_ids).await?;
    let deliveries = kept.into_iter().map(|delivery| {
        let body = match &delivery.query {
            Some(query) if delivery.body.is_empty() => query.as_bytes(),
            _ => &delivery.body,
        };
        let content = if body.is_empty() { Value::Null } else { content::read(body) };
        Delivery { received_at: delivery.received_at, content }
    });
    Ok(deliveries.collect())
}

impl Interview {
    fn new(
        known: kept::Interview,
        answers: Answers,
        timeline: Vec<Event>,
        files: Vec<File>,
        as_of: Option<DateTime<Utc>>,
        keeping: &[Keeping],
    ) -> Self {
        let until = |kept_for: Duration| after(known.last_activity_at, kept_for);

        Self {
            decisions: timeline.iter().filter(|event| event.is_decision()).cloned().collect(),
            results: answers.results.unwrap_or_else(LastAnswer::nothing),
            list_row: answers.list_row.unwrap_or_else(LastAnswer::nothing),
            timeline,
            sources: answers.sources,
            files,
            kept_until: keeping
                .iter()
                .map(|Keeping { what, setting, kept_for }| KeptUntil {
                    what,
                    setting,
                    until: kept_for.and_then(until),
                })
                .collect(),
            interview_id: known.interview_id,
            posting_id: known.posting_id,
            posting_title: known.posting_title,
            first_seen_at: known.first_synced_at,
            gone_since: known.deleted_at.filter(|gone| as_of.is_none_or(|as_of| *gone <= as_of)),
        }
    }
}

impl Event {
    /// Whether a person made or revoked a decision.
    fn is_decision(&self) -> bool {
        let values = [&self.from, &self.to].into_iter().flatten();
        let words: &[&str] = match &*self.what {
            "shortlisted" | "dismissed" => &["true"],
            "status" => &["shortlisted", "dismissed"],
            _ => &[],
        };
        values.map(String::as_str).any(|value| words.contains(&value))
    }
}

impl Source {
    fn new(answer: &kept::Source) -> Self {
        let sha256 = Sha256::digest(&answer.body);
        Self {
            kind: if answer.kind == Kind::Interview { "results" } else { "list_row" },
            version: answer.version,
            received_at: answer.fetched_at,
            last_seen_at: answer.seen_at,
            sha256: sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
            redacted_at: answer.redacted_at,
            is_applied: answer.is_applied,
        }
    }
}

impl LastAnswer {
    /// HeyMilo's answer at a time: the last one before it, which is certain when the same answer
    /// was received again later. Without a time, it is the last answer.
    fn new(answer: &kept::Source, source: &Source, as_of: Option<DateTime<Utc>>) -> Self {
        let is_known = as_of.is_none_or(|as_of| as_of <= answer.seen_at);
        Self {
            state: if is_known { State::Known } else { State::NotConfirmed },
            received_at: Some(answer.fetched_at),
            last_seen_at: Some(answer.seen_at),
            sha256: Some(source.sha256.clone()),
            content: content::answer(&answer.body),
        }
    }

    fn nothing() -> Self {
        Self {
            state: State::NotKnown,
            received_at: None,
            last_seen_at: None,
            sha256: None,
            content: Value::Null,
        }
    }
}

impl Person {
    fn new(candidate_ids: Vec<String>, interviews: &[Interview]) -> Self {
        let values_of = |field: &str| {
            let contents = interviews
                .iter()
                .flat_map(|interview| [&interview.results.content, &interview.list_row.content]);
            let values = contents.filter_map(|content| content[field].as_str());
            let mut values: Vec<String> = values.map(str::to_owned).collect();
            values.sort_unstable();
            values.dedup();
            values
        };
        let (names, email_addresses) = (values_of("name"), values_of("email"));
        Self { candidate_ids, names, email_addresses }
    }
}
