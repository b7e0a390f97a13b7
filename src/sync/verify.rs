//! Compares the tables with HeyMilo.
#![doc = include_str!("verify/README.md")]

mod lateness;

use std::{
    collections::BTreeSet,
    pin::pin,
    sync::atomic::{AtomicUsize, Ordering},
};

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use tokio::time::Instant;

use self::lateness::Changes;
use super::{Error, Result, Workspace, error::blames_the_rows, postings, replay};
use crate::{
    heymilo::{self, Page},
    normalize::{self, Answer, Fingerprint},
    records::{PostingId, Urgency},
    store::{
        self,
        cursors::List,
        snapshots::Kind,
        verify::{Digests, Owner},
    },
};

/// What can differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A posting with its steps.
    Posting,
    /// A posting's questions.
    Questions,
    /// An interview's row in the candidates list.
    Candidate,
    /// An interview's results.
    Interview,
}

/// How the tables differ from HeyMilo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Drift {
    /// HeyMilo has it, and nothing about it was received.
    Missing,
    /// HeyMilo's answer has changed since.
    Stale,
    /// The tables have it, and HeyMilo does not.
    Gone,
    /// The rows of these tables differ from the received answers.
    Rows(Vec<String>),
    /// The database refuses the rows of the received answer.
    Refused,
    /// The interview is finished, and its results were never received.
    NoResults,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The part that differs.
    pub subject: Subject,
    /// HeyMilo's id of the subject.
    pub subject_id: String,
    /// How it differs.
    pub drift: Drift,
}

/// A comparison of one workspace.
pub struct Verify {
    workspace: Workspace,
    /// Whether differences are corrected.
    repair: bool,
    /// Rows of candidate lists that were compared.
    list_rows: AtomicUsize,
    /// Differences that are too recent for the poll to have seen.
    not_yet: AtomicUsize,
}

impl Verify {
    /// Makes a comparison. With `repair` it corrects rows, and enqueues interviews that HeyMilo
    /// must be asked for.
    pub fn new(workspace: Workspace, repair: bool) -> Self {
        Self {
            workspace,
            repair,
            list_rows: AtomicUsize::default(),
            not_yet: AtomicUsize::default(),
        }
    }

    /// Compares the list of postings, and the rows of each posting. Returns the postings that
    /// HeyMilo has.
    pub async fn postings(&self) -> Result<(Vec<PostingId>, Vec<Difference>)> {
        let heymilo = &self.workspace.heymilo;
        let page = |after: Option<String>| async move { heymilo.postings(after.as_deref()).await };
        let mut pages = pin!(heymilo::pages(page));
        let (mut seen, mut found) = (BTreeSet::new(), Vec::new());

        while let Some(page) = pages.try_next().await? {
            let answered =
                fingerprints(&page, |answer| Some(normalize::id_of_posting(answer)?.to_string()));
            found.extend(self.compare(Subject::Posting, &answered).await?);
            seen.extend(answered.into_iter().map(|(id, _)| id));
        }
        let known = store::verify::postings(&self.workspace.db, &self.workspace.id).await?;
        found.extend(gone(Subject::Posting, known, &seen));
        if self.repair && !found.is_empty() {
            self.make_due(List::Postings, None).await?;
        }
        let seen: Vec<PostingId> = seen.into_iter().map(PostingId::from).collect();
        for id in &seen {
            found.extend(self.rows_of_posting(Subject::Posting, id).await?);
        }

        Ok((seen, found))
    }

    /// Compares a posting's questions.
    pub async fn questions(&self, posting_id: &PostingId) -> Result<Vec<Difference>> {
        let answered = postings::ask_questions(&self.workspace, posting_id).await?;
        let answered = [(posting_id.to_string(), answered.fingerprint)];
        let mut found = self.compare(Subject::Questions, &answered).await?;
        if self.repair && !found.is_empty() {
            self.make_due(List::Questions, Some(posting_id)).await?;
        }
        found.extend(self.rows_of_posting(Subject::Questions, posting_id).await?);
        Ok(found)
    }

    /// Compares a posting's candidates list, and the number of candidates.
    pub async fn candidates(&self, posting_id: &PostingId) -> Result<Vec<Difference>> {
        let Workspace { id, db, heymilo, .. } = &self.workspace;
        let began_with = store::verify::listed(db, id, posting_id).await?;
        let page = |after: Option<String>| async move {
            heymilo.candidates(posting_id.as_str(), None, after.as_deref()).await
        };
        let mut pages = pin!(heymilo::pages(page));

        let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
        while let Some(page) = pages.try_next().await? {
            let answered =
                fingerprints(&page, |answer| Some(normalize::id_of_listing(answer)?.to_string()));
            self.list_rows.fetch_add(answered.len(), Ordering::Relaxed);
            let differing = self.compare(Subject::Candidate, &answered).await?;
            let differing = self.due_by_now(posting_id, differing, &changes(&page)).await?;
            found.extend(self.outlasting(posting_id, differing, &answered).await?);
            seen.extend(answered.into_iter().map(|(id, _)| id));
        }

        // These were read before the list, so an interview that was created meanwhile is not among
        // them.
        let gone = gone(Subject::Candidate, began_with, &seen);
        if self.repair && !found.is_empty() {
            store::cursors::restart(db, id, List::Candidates, posting_id).await?;
        }

        if self.repair {
            self.enqueue(gone.iter().map(|difference| difference.subject_id.as_str())).await?;
        }
        found.extend(gone);
        Ok(found)
    }

    /// The number of differences that are too recent for the poll to have seen.
    pub fn not_yet(&self) -> usize {
        self.not_yet.load(Ordering::Relaxed)
    }

    /// Finds finished interviews whose results were never received, and that no job fetches.
    pub async fn results(&self) -> Result<Vec<Difference>> {
        let Workspace { id, db, .. } = &self.workspace;
        let missing = store::verify::missing_results(db, id).await?;
        if self.repair {
            self.enqueue(missing.iter().map(String::as_str)).await?;
        }
        let not_yet = store::verify::without_results(db, id).await?.not_yet;
        self.not_yet.fetch_add(usize::try_from(not_yet).unwrap_or_default(), Ordering::Relaxed);
        let subject = Subject::Interview;
        let difference = |subject_id| Difference { subject, subject_id, drift: Drift::NoResults };
        Ok(missing.into_iter().map(difference).collect())
    }

    /// How many rows of candidate lists were compared.
    pub fn list_rows(&self) -> usize {
        self.list_rows.load(Ordering::Relaxed)
    }

    /// Counts the interviews whose results are in the tables, and reads the database's time.
    pub async fn fetched(&self) -> Result<(i64, DateTime<Utc>)> {
        Ok(store::verify::fetched(&self.workspace.db, &self.workspace.id).await?)
    }

    /// Chooses interviews to compare completely.
    pub async fn sample(&self, most: usize) -> Result<Vec<String>> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        Ok(store::verify::sample(&self.workspace.db, &self.workspace.id, most).await?)
    }

    /// Compares an interview completely: HeyMilo's answer, and all its rows.
    pub async fn interview(&self, interview_id: &str) -> Result<Vec<Difference>> {
        let mut found = self.answer(interview_id).await?;
        if self.repair && !found.is_empty() {
            self.enqueue([interview_id].into_iter()).await?;
        }
        found.extend(self.rows_of_interview(interview_id).await?);
        Ok(found)
    }

    /// Compares HeyMilo's answer about an interview. The owning daemon may be about to see a
    /// change. It is then asked to read the list, and the answer is compared again.
    async fn answer(&self, interview_id: &str) -> Result<Vec<Difference>> {
        let mut found = self.answer_now(interview_id).await?;
        if found.is_empty() {
            return Ok(found);
        }
        let Workspace { id, db, .. } = &self.workspace;
        let Some(posting_id) = store::verify::posting_of(db, id, interview_id).await? else {
            return Ok(found);
        };
        let subjects = [(interview_id.to_owned(), None)].into();
        found = self.due_by_now(&posting_id, found, &subjects).await?;
        if !found.is_empty() && self.is_read_again(&posting_id, true).await? {
            found = self.answer_now(interview_id).await?;
            found = self.due_by_now(&posting_id, found, &subjects).await?;
        }
        Ok(found)
    }

    async fn answer_now(&self, interview_id: &str) -> Result<Vec<Difference>> {
        let heymilo = &self.workspace.heymilo;
        let permit = heymilo.limiter().acquire(Urgency::List, Instant::now()).await;
        let subject_id = interview_id.to_owned();
        match heymilo.interview_data(permit, interview_id).await {
            Ok(body) => {
                let unreadable = |_| Fingerprint::of_bytes(&body);
                let fingerprint = Answer::about(interview_id, &body)
                    .map_or_else(unreadable, |answer| answer.fingerprint());
                self.compare(Subject::Interview, &[(subject_id, fingerprint)]).await
            }
            Err(heymilo::Error::NotFound) => {
                let subject = Subject::Interview;
                Ok(vec![Difference { subject, subject_id, drift: Drift::Gone }])
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Compares HeyMilo's answers with the newest received ones.
    async fn compare(
        &self,
        subject: Subject,
        answered: &[(String, Fingerprint)],
    ) -> Result<Vec<Difference>> {
        let Workspace { id, db, tombstones, .. } = &self.workspace;
        let ids: Vec<&str> = answered.iter().map(|(id, _)| id.as_str()).collect();
        let newest = store::snapshots::fingerprints(db, id, subject.kind(), &ids).await?;
        let unknown = ids.iter().filter(|id| !newest.contains_key(**id)).map(|id| (*id, None));
        let erased = tombstones.among(&mut *db.acquire().await?, id, unknown).await?;
        let differences = answered.iter().filter_map(|(id, fingerprint)| {
            let drift = match newest.get(id) {
                None if erased.contains(id) => return None,
                None => Drift::Missing,
                Some(known) if known.fingerprint != fingerprint.as_bytes() => Drift::Stale,
                Some(_) => return None,
            };
            Some(Difference { subject, subject_id: id.clone(), drift })
        });

        Ok(differences.collect())
    }

    async fn rows_of_interview(&self, interview_id: &str) -> Result<Option<Difference>> {
        let id = &self.workspace.id;
        let ids = [interview_id.to_owned()];
        let mut tx = self.workspace.db.begin().await?;
        store::owners::exclude(&mut tx, id).await?;
        let before = store::verify::digests(&mut tx, id, Owner::Interview, &ids).await?;
        if let Err(error) = replay::write_interviews(&mut tx, id, &ids).await {
            return refused(Subject::Interview, interview_id, error).map(Some);
        }
        let after = store::verify::digests(&mut tx, id, Owner::Interview, &ids).await?;
        self.settle(tx).await?;
        Ok(rows(Subject::Interview, interview_id, &before, &after))
    }

    async fn rows_of_posting(
        &self,
        subject: Subject,
        posting_id: &PostingId,
    ) -> Result<Option<Difference>> {
        let id = &self.workspace.id;
        let ids = [posting_id.to_string()];
        let mut tx = self.workspace.db.begin().await?;
        store::owners::exclude(&mut tx, id).await?;
        let before = store::verify::digests(&mut tx, id, Owner::Posting, &ids).await?;
        if let Err(error) = replay::write_list(&mut tx, id, subject.kind(), posting_id).await {
            return refused(subject, posting_id.as_str(), error).map(Some);
        }
        let after = store::verify::digests(&mut tx, id, Owner::Posting, &ids).await?;
        self.settle(tx).await?;
        Ok(rows(subject, posting_id.as_str(), &before, &after))
    }

    /// Keeps the rows that the replay wrote when differences are corrected. Otherwise rolls them
    /// back.
    async fn settle(&self, tx: sqlx::Transaction<'_, sqlx::Postgres>) -> Result<()> {
        let settled = if self.repair { tx.commit().await } else { tx.rollback().await };
        settled.map_err(Error::from)
    }

    async fn make_due(&self, list: List, posting_id: Option<&PostingId>) -> Result<()> {
        let Workspace { id, db, .. } = &self.workspace;
        Ok(store::cursors::make_due(db, id, list, posting_id).await?)
    }

    async fn enqueue(&self, ids: impl Iterator<Item = &str>) -> Result<()> {
        let Workspace { id, db, .. } = &self.workspace;
        let ids: Vec<&str> = ids.collect::<BTreeSet<_>>().into_iter().collect();
        Ok(store::jobs::enqueue(db, id, &ids, Urgency::Command).await?)
    }
}

impl Subject {
    fn kind(self) -> Kind {
        match self {
            Self::Posting => Kind::Posting,
            Self::Questions => Kind::Questions,
            Self::Candidate => Kind::Candidate,
            Self::Interview => Kind::Interview,
        }
    }
}

/// The fingerprints of a page's items by subject. Items without an id are skipped, as in the poll.
fn fingerprints(page: &Page, id: impl Fn(&Answer) -> Option<String>) -> Vec<(String, Fingerprint)> {
    let answers = Answer::items(&page.items).into_iter().flatten();
    answers.filter_map(|answer| Some((id(&answer)?, answer.fingerprint()))).collect()
}

/// When the interviews of a page last changed, as far as HeyMilo says.
fn changes(page: &Page) -> Changes {
    let answers = Answer::items(&page.items).into_iter().flatten();
    let change = |answer: Answer| {
        let id = normalize::id_of_listing(&answer)?.to_string();
        Some((id, normalize::changed_at(&answer)))
    };
    answers.filter_map(change).collect()
}

fn gone(subject: Subject, known: Vec<String>, seen: &BTreeSet<String>) -> Vec<Difference> {
    let unseen = known.into_iter().filter(|id| !seen.contains(id));
    unseen.map(|subject_id| Difference { subject, subject_id, drift: Drift::Gone }).collect()
}

/// The difference for refused rows. Any other error is returned.
fn refused(subject: Subject, subject_id: &str, error: sqlx::Error) -> Result<Difference> {
    if !blames_the_rows(&error) {
        return Err(error.into());
    }
    Ok(Difference { subject, subject_id: subject_id.to_owned(), drift: Drift::Refused })
}

fn rows(
    subject: Subject,
    subject_id: &str,
    before: &Digests,
    after: &Digests,
) -> Option<Difference> {
    let tables: BTreeSet<&String> = before
        .keys()
        .chain(after.keys())
        .filter(|key| before.get(*key) != after.get(*key))
        .map(|(_, table)| table)
        .collect();
    let drift = Drift::Rows(tables.into_iter().cloned().collect());
    let subject_id = subject_id.to_owned();
    (drift != Drift::Rows(Vec::new())).then_some(Difference { subject, subject_id, drift })
}
