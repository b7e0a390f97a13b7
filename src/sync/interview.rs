//! Writes fetched interviews as rows: all rows of an interview in one transaction, which only the
//! owner of the workspace can commit.

mod unwritten;

use std::collections::HashMap;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use tracing::Span;

pub use unwritten::{keep_refused, keep_unreadable};

use super::{
    Workspace, replay,
    rows::{self, Received},
    schedule,
};
use crate::{
    crash,
    normalize::{self, Answer, Fingerprint},
    records::{Candidate, InterviewId, Results, Standing, Urgency, WorkspaceId},
    store::{
        self,
        jobs::{Job, Look},
        snapshots::{Kind, Newest, Snapshot},
        tombstones::Reason,
    },
};

/// An unchanged interview's time is noted again when the last note is this old.
const SEEN_AGAIN: TimeDelta = TimeDelta::hours(1);

/// A fetched interview, ready to be written.
#[derive(Debug)]
pub struct Prepared {
    /// The job that asked for it.
    pub job: Job,
    body: Bytes,
    fingerprint: Fingerprint,
    received: Received,
    is_redacted: bool,
    /// The span in which it is written.
    pub span: Span,
}

/// The outcome of a fetched interview.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Its rows were written.
    Written,
    /// The answer said what was known already: no row for analysts was touched.
    Unchanged,
    /// The answer holds none of the results that an earlier answer held. Nothing was written, and a
    /// second answer must confirm it.
    Doubtful,
    /// The person was erased: nothing was written.
    Erased,
}

impl Prepared {
    /// Normalizes an answer received at `fetched_at`.
    pub fn new(
        job: Job,
        body: Bytes,
        answer: Answer,
        fetched_at: DateTime<Utc>,
        span: Span,
    ) -> Self {
        let fingerprint = answer.fingerprint();
        let results = normalize::results(&job.interview_id, answer);
        let received = Received { results, fetched_at };
        Self { job, body, fingerprint, received, is_redacted: false, span }
    }

    /// The size of the answer in bytes.
    pub(super) fn size(&self) -> usize {
        self.body.len()
    }

    /// The same answer without its conversations, which are older than the settings allow. It keeps
    /// the fingerprint of HeyMilo's answer.
    fn without_conversations(&self) -> Self {
        let body = Bytes::from(normalize::without_conversations(self.id(), &self.body));
        let answer = Answer::about(self.id(), &body).expect("what was read once can be read again");
        let (job, span) = (self.job.clone(), self.span.clone());
        let redacted = Self::new(job, body, answer, self.received.fetched_at, span);
        Self { fingerprint: self.fingerprint, is_redacted: true, ..redacted }
    }

    fn id(&self) -> &str {
        self.job.interview_id.as_str()
    }

    fn candidate(&self) -> &Candidate {
        &self.received.interview().candidate
    }

    fn is_known(&self, newest: &HashMap<String, Newest>) -> bool {
        newest
            .get(self.id())
            .is_some_and(|newest| newest.fingerprint == self.fingerprint.as_bytes())
    }

    /// Whether the answer holds no results although an earlier one may have, and no second answer
    /// has confirmed that.
    fn may_be_doubtful(&self, before: &HashMap<String, Standing>) -> bool {
        let rows = self.received.results.records.rows();
        let is_empty = rows.iter().all(|(table, rows)| *table == "interviews" || *rows == 0);
        let was_fetched = before.get(self.id()).is_some_and(|old| old.results_ready.is_some());
        is_empty && was_fetched && self.received.results_ready() && !self.job.is_loss_confirmed
    }

    /// The next look at the interview: while it is not finished, and once after a delivery that
    /// changed nothing. A delivery or a changed list row starts the looks anew.
    fn next_look(&self, outcome: Outcome, before: Option<&Standing>) -> Option<Look> {
        let is_left_alone = match outcome {
            Outcome::Erased | Outcome::Doubtful => true,
            Outcome::Written | Outcome::Unchanged => self.received.is_invitation(before),
        };
        if is_left_alone {
            return None;
        }
        let number = if outcome == Outcome::Unchanged { self.job.looks + 1 } else { 0 };
        schedule::next_look(self.received.interview().status.as_deref(), number).or_else(|| {
            let is_first = self.is_repeat(outcome) && self.job.repeats == 0;
            is_first.then_some(schedule::LOOK_AFTER_DELIVERY)
        })
    }

    /// Whether a delivery led to an unchanged answer.
    fn is_repeat(&self, outcome: Outcome) -> bool {
        outcome == Outcome::Unchanged && self.job.urgency == Urgency::Delivery
    }
}

/// Writes fetched interviews in one transaction and completes their jobs. Outcomes are in the
/// order of `batch`.
pub async fn write(workspace: &Workspace, batch: &[&Prepared]) -> store::Result<Vec<Outcome>> {
    let ids: Vec<&str> = batch.iter().map(|prepared| prepared.id()).collect();
    let id = &workspace.id;
    let _writing = workspace.writes.read().await;
    let mut tx = workspace.owner.begin().await?;
    let mut newest = store::snapshots::fingerprints(&mut *tx, id, Kind::Interview, &ids).await?;
    // An answer shows that the interview exists: one that was marked as gone is written again, even
    // if it is unchanged.
    for deleted in store::deletions::among(&mut *tx, id, &ids).await? {
        newest.remove(deleted.as_str());
    }

    let changed: Vec<(&str, Option<&Candidate>)> = batch
        .iter()
        .filter(|prepared| !prepared.is_known(&newest))
        .map(|prepared| (prepared.id(), Some(prepared.candidate())))
        .collect();
    // Of an interview without results, only its stored state shows whether the candidate began it.
    let locked: Vec<&str> = batch
        .iter()
        .filter(|prepared| !prepared.is_known(&newest) || !prepared.received.results_ready())
        .map(|prepared| prepared.id())
        .collect();

    // The poll locks interviews, then jobs, then people too.
    let before = store::standings::read(&mut tx, id, &locked).await?;
    let erased = workspace.tombstones.among(&mut tx, id, changed.into_iter()).await?;
    workspace.tombstones.add(&mut tx, id, &erased, Reason::Asked, None).await?;
    replay::forget(&mut tx, id, &erased, &before).await?;
    let losing = batch.iter().filter(|prepared| prepared.may_be_doubtful(&before));
    let losing: Vec<&str> = losing.map(|prepared| prepared.id()).collect();
    let doubtful = store::results::among(&mut tx, id, &losing).await?;
    let outcomes: Vec<Outcome> = batch
        .iter()
        .map(|prepared| match prepared {
            known if known.is_known(&newest) => Outcome::Unchanged,
            other if erased.contains(other.id()) => Outcome::Erased,
            loss if doubtful.contains(loss.id()) => Outcome::Doubtful,
            _ => Outcome::Written,
        })
        .collect();
    let with = |outcome| {
        let of_outcome = batch.iter().zip(&outcomes).filter(move |(_, found)| **found == outcome);
        of_outcome.map(|(prepared, _)| *prepared).collect::<Vec<_>>()
    };

    let unchanged = with(Outcome::Unchanged);
    touch(&mut tx, id, &unchanged, &newest).await?;
    note_repeats(&mut tx, id, &unchanged).await?;
    // These answers hold no conversations to be redacted.
    keep_snapshots(&mut tx, id, &with(Outcome::Doubtful), false).await?;
    let written = write_changed(&mut tx, id, &with(Outcome::Written), &before).await?;
    note_files(&mut tx, workspace, &[unchanged, with(Outcome::Written)].concat()).await?;
    let mut done = Vec::with_capacity(batch.len());
    for (prepared, outcome) in batch.iter().zip(&outcomes) {
        match outcome {
            Outcome::Doubtful => {
                store::jobs::doubt(&mut *tx, id, &prepared.job).await?;
            }
            _ => {
                let look = prepared.next_look(*outcome, before.get(prepared.id()));
                done.push((&prepared.job, look));
            }
        }
    }
    store::jobs::complete(&mut tx, id, &done).await?;
    crash::point("interview-written");
    tx.commit().await?;
    crash::point("interview-committed");
    for (table, rows) in written {
        workspace.counts.wrote(table, rows);
    }
    Ok(outcomes)
}

/// Records the links to recordings and resumes. An unchanged answer brings fresh links.
async fn note_files(
    db: &mut PgConnection,
    workspace: &Workspace,
    answers: &[&Prepared],
) -> store::Result<()> {
    let Some(wanted) = &workspace.wanted_files else { return Ok(()) };
    let links: Vec<_> = answers
        .iter()
        .flat_map(|prepared| {
            let results = &prepared.received.results.records;
            let posting_id = results.interview.posting_id.as_deref();
            let links = wanted.of(posting_id, results.file_links());
            links.into_iter().map(|link| (prepared.id(), link))
        })
        .collect();
    store::files::note(db, &workspace.id, &links).await
}

/// Records that deliveries led to unchanged answers.
async fn note_repeats(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    unchanged: &[&Prepared],
) -> store::Result<()> {
    let repeats = unchanged.iter().filter(|prepared| prepared.is_repeat(Outcome::Unchanged));
    let answered_at = repeats.clone().map(|prepared| prepared.received.fetched_at).max();
    let Some(answered_at) = answered_at else { return Ok(()) };
    let jobs: Vec<&Job> = repeats.map(|prepared| &prepared.job).collect();
    store::jobs::note_repeats(db, workspace_id, &jobs, answered_at).await
}

/// Records when unchanged interviews were fetched: at most once an hour, to save writes, unless a
/// change was expected.
async fn touch(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    unchanged: &[&Prepared],
    newest: &HashMap<String, Newest>,
) -> store::Result<()> {
    let is_worth_it = |prepared: &Prepared| {
        let seen_at = newest.get(prepared.id()).map(|newest| newest.seen_at);
        prepared.job.urgency.is_fresh()
            || seen_at.is_none_or(|seen_at| seen_at + SEEN_AGAIN < prepared.received.fetched_at)
    };
    let seen: Vec<&&Prepared> = unchanged.iter().filter(|prepared| is_worth_it(prepared)).collect();
    let Some(seen_at) = seen.iter().map(|prepared| prepared.received.fetched_at).max() else {
        return Ok(());
    };
    let ids: Vec<&str> = seen.iter().map(|prepared| prepared.id()).collect();
    store::snapshots::touch(db, workspace_id, Kind::Interview, &ids, seen_at).await
}

/// Writes changed interviews. Returns the number of rows by table.
async fn write_changed(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    changed: &[&Prepared],
    before: &HashMap<String, Standing>,
) -> store::Result<Vec<(&'static str, usize)>> {
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<&str> = changed.iter().map(|prepared| prepared.id()).collect();
    let kept_redacted = store::retention::redacted(&mut *db, workspace_id, &ids).await?;
    let redacted: HashMap<&str, Prepared> = changed
        .iter()
        .filter(|prepared| kept_redacted.contains(prepared.id()))
        .map(|prepared| (prepared.id(), prepared.without_conversations()))
        .collect();

    let changed: Vec<&Prepared> =
        changed.iter().map(|whole| redacted.get(whole.id()).unwrap_or(whole)).collect();
    let written = written_before(db, workspace_id, &changed, before).await?;
    keep_snapshots(db, workspace_id, &changed, true).await?;
    let received: Vec<&Received> = changed.iter().map(|prepared| &prepared.received).collect();
    rows::write_fetched(db, workspace_id, &received, before, &written).await?;

    let named = received.iter().map(|answer| (&answer.interview().candidate, answer.fetched_at));
    store::people::upsert(&mut *db, workspace_id, named).await?;
    store::outcomes::write(db, workspace_id, &ids).await?;
    Ok(received.iter().flat_map(|answer| answer.results.records.rows()).collect())
}

/// The results whose rows the tables hold, of interviews that were fetched before. A table that
/// would get the same rows is not written.
async fn written_before(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    changed: &[&Prepared],
    before: &HashMap<String, Standing>,
) -> store::Result<HashMap<String, Results>> {
    let was_fetched = |id: &&str| before.get(*id).is_some_and(|old| old.results_ready.is_some());
    let ids: Vec<&str> = changed.iter().map(|prepared| prepared.id()).filter(was_fetched).collect();
    let answers = store::results::answers(db, workspace_id, &ids).await?;
    let written = answers.into_iter().filter_map(|kept| {
        let id = InterviewId::from(kept.subject_id);
        let answer = Answer::about(id.as_str(), &kept.body).ok()?;
        let results = normalize::results(&id, answer).records;
        (!rows::is_not_ready(&results)).then(|| (id.to_string(), results))
    });
    Ok(written.collect())
}

/// Keeps answers, whether or not their rows are written.
async fn keep_snapshots(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    answers: &[&Prepared],
    is_applied: bool,
) -> store::Result<()> {
    let snapshots: Vec<Snapshot<'_>> = answers
        .iter()
        .map(|prepared| Snapshot {
            subject_id: prepared.id(),
            posting_id: prepared.received.interview().posting_id.as_deref(),
            fingerprint: prepared.fingerprint.as_bytes(),
            results_fingerprint: None,
            body: &prepared.body,
            fetched_at: prepared.received.fetched_at,
            is_redacted: prepared.is_redacted,
            is_applied,
        })
        .collect();

    store::snapshots::insert(db, workspace_id, Kind::Interview, &snapshots).await
}
