//! Reads a posting's candidates list. It writes what only the list shows, and enqueues the
//! interviews whose results may have changed.

mod row;

use std::{
    collections::{BTreeMap, HashMap},
    mem,
    pin::pin,
    slice,
};

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use sqlx::PgConnection;
use tracing::{error, warn};

use self::row::Row;
use super::{
    Result, Workspace,
    error::{blames_the_rows, without_values},
    replay,
    rows::write_listed,
    unusable,
};
use crate::{
    crash,
    heymilo::{self, Page},
    normalize::{self, Answer},
    records::{InterviewId, Notice, PostingId, Problem, Standing, Urgency},
    store::{
        self,
        cursors::{List, Run},
        jobs::FirstCopy,
        notices::Noticed,
        snapshots::{Kind, Newest, Snapshot},
        tombstones::Reason,
    },
};

/// The result of reading a list.
#[derive(Debug, Default)]
pub struct Read {
    /// Rows that were new or had changed.
    pub changed: usize,
    /// Interviews that were enqueued.
    pub enqueued: usize,
    /// Pages that were read.
    pub pages: i32,
    /// The interviews that the list showed.
    pub listed: Vec<InterviewId>,
    /// Whether HeyMilo announced more rows than it sent: an unlisted interview may still exist.
    pub is_cut_short: bool,
    /// Whether a page was left out, because it ended the process each time it was read.
    pub is_page_left_out: bool,
}

/// The rows of a page by interview, each with its bytes.
type Answers<'a> = BTreeMap<InterviewId, (&'a [u8], Answer)>;

/// Reads a posting's candidates page by page. If `run` has a `since`, it reads only those invited
/// since then. Each page advances `run` and the list's cursor, so that an interrupted reading can
/// be resumed.
pub async fn read(workspace: &Workspace, posting_id: &PostingId, run: &mut Run) -> Result<Read> {
    let Workspace { id, owner, wake, .. } = workspace;
    let heymilo = workspace.heymilo.at(run.urgency());
    let heymilo = &heymilo;
    let (since, begin_after) = (run.since, run.after.clone());
    let page = |after: Option<String>| {
        let after = after.or_else(|| begin_after.clone());
        async move { heymilo.candidates(posting_id.as_str(), since, after.as_deref()).await }
    };

    let mut pages = pin!(heymilo::pages(page));
    let mut read = Read::default();
    loop {
        let page = match pages.try_next().await {
            Ok(Some(page)) => page,
            Ok(None) => return Ok(read),
            Err(heymilo::Error::CutShort) => {
                warn!(posting.id = %posting_id, "HeyMilo promises more candidates than it gives");
                return Ok(Read { is_cut_short: true, ..read });
            }
            Err(error) => return Err(error.into()),
        };
        let of_page = if mem::take(&mut run.leaves_page_out) {
            leave_page_out(workspace, posting_id, &page).await?
        } else {
            read_page(workspace, posting_id, &page).await?
        };
        read.is_page_left_out |= of_page.is_page_left_out;
        read.changed += of_page.changed;
        read.enqueued += of_page.enqueued;
        read.pages += 1;
        if of_page.enqueued > 0 {
            // The interviews of this page need not wait for the rest of the list.
            wake.jobs();
        }
        read.listed.extend(of_page.listed);
        if let Some(after) = &page.next {
            let mut tx = owner.begin().await?;
            store::cursors::advance(&mut *tx, id, List::Candidates, posting_id, run, after).await?;
            tx.commit().await?;
            run.after = Some(after.clone());
        }
    }
}

/// Keeps a page that ended the process each time it was read. Its rows are set aside unparsed.
async fn leave_page_out(
    workspace: &Workspace,
    posting_id: &PostingId,
    page: &Page,
) -> Result<Read> {
    error!(
        posting.id = %posting_id,
        rows = page.items.len(),
        "the process died each time it read this page of candidates, its rows are set aside until the next full scan"
    );
    let rows: Vec<&[u8]> = page.items.iter().map(|row| &row[..]).collect();
    let notice =
        Notice::of_all(Problem::Poison, "a page that can be read", "one that ends the process");
    unusable::keep(workspace, Some(posting_id), &rows, notice).await?;
    Ok(Read { is_page_left_out: true, ..Read::default() })
}

/// Writes what is new on a page, in one transaction. A page without changes is only compared.
async fn read_page(workspace: &Workspace, posting_id: &PostingId, page: &Page) -> Result<Read> {
    let (mut answers, mut unusable) = parse(page);
    let listed = answers.keys().cloned().collect();
    let ids: Vec<&str> = answers.keys().map(InterviewId::as_str).collect();
    let Workspace { id, db, .. } = workspace;
    let mut newest = store::snapshots::fingerprints(db, id, Kind::Candidate, &ids).await?;
    // A listed interview exists: one that was marked as gone is written again, even if its row is
    // unchanged.
    for deleted in store::deletions::among(db, id, &ids).await? {
        newest.remove(deleted.as_str());
    }

    answers.retain(|id, (_, answer)| {
        let known = newest.get(id.as_str());
        known.is_none_or(|known| known.fingerprint != answer.fingerprint().as_bytes())
    });
    for id in empty_of_known(workspace, &answers).await? {
        unusable.extend(answers.remove(&id).map(|(body, _)| body));
    }

    unusable::keep(workspace, Some(posting_id), &unusable, unusable::NAMELESS).await?;
    let rows: Vec<Row<'_>> =
        answers.into_iter().map(|(id, (body, answer))| Row::new(&id, body, answer)).collect();
    if rows.is_empty() {
        return Ok(Read { listed, ..Read::default() });
    }

    // Anything received since the page was asked for may be newer than the page.
    let listed_at = page.asked_at;
    let change = Change { workspace, posting_id, newest: &newest, listed_at };
    let written = change.write(&rows).await?;
    Ok(Read { listed, ..written })
}

/// The known interviews whose row shows not even a status. Such a row replaces nothing.
async fn empty_of_known(
    workspace: &Workspace,
    answers: &Answers<'_>,
) -> store::Result<Vec<InterviewId>> {
    let empty = answers.iter().filter(|(_, (_, answer))| !answer.states("status"));
    let empty: Vec<&str> = empty.map(|(id, _)| id.as_str()).collect();
    if empty.is_empty() {
        return Ok(Vec::new());
    }
    store::interviews::among(&workspace.db, &workspace.id, &empty).await
}

/// The rows of a page by interview, sorted and each once, and the rows that name no interview. An
/// interview occurs twice when the list moved between two pages. The later row counts.
fn parse(page: &Page) -> (Answers<'_>, Vec<&[u8]>) {
    let (mut answers, mut nameless) = (BTreeMap::new(), Vec::new());
    for (item, answer) in page.items.iter().zip(Answer::items(&page.items)) {
        let id = answer.as_ref().and_then(normalize::id_of_listing);
        if let (Some(answer), Some(id)) = (answer, id) {
            answers.insert(id, (&item[..], answer));
        } else {
            nameless.push(&item[..]);
        }
    }
    (answers, nameless)
}

/// The changes of one page, while they are written.
struct Change<'a> {
    workspace: &'a Workspace,
    posting_id: &'a PostingId,
    newest: &'a HashMap<String, Newest>,
    listed_at: DateTime<Utc>,
}

impl Change<'_> {
    /// Writes rows together. When the database refuses any of them, it writes them one by one, so
    /// that only the refused row is left out.
    async fn write(&self, rows: &[Row<'_>]) -> store::Result<Read> {
        match self.write_together(rows).await {
            Err(error) if blames_the_rows(&error) => match rows {
                [refused] => {
                    warn!(
                        interview.id = refused.id(),
                        error = without_values(&error),
                        "candidate's row not written, its answer is kept"
                    );
                    self.keep_refused(refused).await
                }
                _ => {
                    let mut read = Read::default();
                    for alone in rows {
                        let written = Box::pin(self.write(slice::from_ref(alone))).await?;
                        read.changed += written.changed;
                        read.enqueued += written.enqueued;
                    }
                    Ok(read)
                }
            },
            written => written,
        }
    }

    async fn write_together(&self, rows: &[Row<'_>]) -> store::Result<Read> {
        let _writing = self.workspace.writes.write().await;
        let mut tx = self.workspace.owner.begin().await?;
        let before = self.standings(&mut tx, rows).await?;
        let redacted = self.redacted(&mut tx, rows).await?;
        let (rows, enqueued) = self.keep(&mut tx, in_place(&redacted, rows), &before).await?;
        let listings: Vec<_> = rows.iter().map(|row| (&row.listing, self.listed_at)).collect();

        if !rows.is_empty() {
            let id = &self.workspace.id;
            write_listed(&mut tx, id, &listings, &before).await?;
            let named =
                listings.iter().map(|(listing, at)| (&listing.records.interview.candidate, *at));
            store::people::upsert(&mut tx, id, named).await?;
            let written: Vec<&str> = rows.iter().map(|row| row.id()).collect();
            store::outcomes::write(&mut *tx, id, &written).await?;
        }
        crash::point("page-written");
        tx.commit().await?;
        crash::point("page-committed");

        Ok(Read { changed: rows.len(), enqueued, ..Read::default() })
    }

    /// Keeps an answer whose rows the database refuses. It counts as known, because the next poll
    /// would only be refused again. The interview is still fetched, because its results may fit.
    async fn keep_refused(&self, row: &Row<'_>) -> store::Result<Read> {
        let _writing = self.workspace.writes.write().await;
        let mut tx = self.workspace.owner.begin().await?;
        let rows = slice::from_ref(row);
        let before = self.standings(&mut tx, rows).await?;
        let redacted = self.redacted(&mut tx, rows).await?;
        let (rows, enqueued) = self.keep(&mut tx, in_place(&redacted, rows), &before).await?;
        if !rows.is_empty() {
            let notices =
                [Notice::of_all(Problem::Refused, "rows that fit", "a row that does not")];
            let noticed =
                Noticed { subject_id: row.id(), notices: &notices, noticed_at: self.listed_at };
            let id = &self.workspace.id;
            store::notices::replace(&mut tx, id, Kind::Candidate, &[noticed]).await?;
        }
        tx.commit().await?;
        Ok(Read { changed: rows.len(), enqueued, ..Read::default() })
    }

    /// Reads the stored state of the interviews. It locks interviews, then jobs, then people, in
    /// the same order as fetches do.
    async fn standings(
        &self,
        db: &mut PgConnection,
        rows: &[Row<'_>],
    ) -> store::Result<HashMap<String, Standing>> {
        let ids: Vec<&str> = rows.iter().map(Row::id).collect();
        store::standings::read(db, &self.workspace.id, &ids).await
    }

    /// Copies without conversations of the rows whose conversations retention has removed, by
    /// interview.
    async fn redacted(
        &self,
        db: &mut PgConnection,
        rows: &[Row<'_>],
    ) -> store::Result<HashMap<String, Row<'static>>> {
        let ids: Vec<&str> = rows.iter().map(Row::id).collect();
        let redacted = store::retention::redacted(db, &self.workspace.id, &ids).await?;
        let rows = rows.iter().filter(|row| redacted.contains(row.id()));
        Ok(rows.map(|row| (row.id().to_owned(), row.without_conversations())).collect())
    }

    /// Keeps the answers and enqueues the interviews that need a fetch. Returns the rows of people
    /// who were not erased, and the number of interviews enqueued.
    async fn keep<'r, 'a>(
        &self,
        db: &mut PgConnection,
        rows: Vec<&'r Row<'a>>,
        before: &HashMap<String, Standing>,
    ) -> store::Result<(Vec<&'r Row<'a>>, usize)> {
        let id = &self.workspace.id;
        let named = rows.iter().map(|row| (row.id(), Some(row.candidate())));
        let erased = self.workspace.tombstones.among(&mut *db, id, named).await?;
        // This interview arrived after its person was erased.
        self.workspace.tombstones.add(&mut *db, id, &erased, Reason::Asked, None).await?;
        replay::forget(db, id, &erased, before).await?;

        let rows: Vec<&Row<'_>> =
            rows.into_iter().filter(|row| !erased.contains(row.id())).collect();
        let due = rows
            .iter()
            .filter(|row| row.needs_results(before.get(row.id()), self.newest.get(row.id())))
            .copied();

        // An interview that is new to the tables is fetched after all known changes.
        let is_first_copy =
            |row: &&Row<'_>| !before.contains_key(row.id()) && !self.newest.contains_key(row.id());
        let (first_copies, changed): (Vec<_>, Vec<_>) = due.partition(is_first_copy);
        let changed: Vec<&str> = changed.iter().map(|row| row.id()).collect();
        store::jobs::enqueue(&mut *db, id, &changed, Urgency::Change).await?;

        let first_copies: Vec<FirstCopy<'_>> = first_copies
            .iter()
            .map(|row| FirstCopy { interview_id: row.id(), invited_at: row.invited_at() })
            .collect();
        store::jobs::enqueue_first_copies(&mut *db, id, &first_copies).await?;

        let snapshots: Vec<Snapshot<'_>> = rows
            .iter()
            .map(|row| Snapshot {
                subject_id: row.id(),
                posting_id: Some(self.posting_id.as_str()),
                fingerprint: row.fingerprint.as_bytes(),
                results_fingerprint: Some(row.results_fingerprint.as_bytes()),
                body: &row.body,
                fetched_at: self.listed_at,
                is_redacted: row.is_redacted,
                is_applied: true,
            })
            .collect();

        store::snapshots::insert(db, id, Kind::Candidate, &snapshots).await?;
        let enqueued = first_copies.len() + changed.len();
        Ok((rows, enqueued))
    }
}

/// The rows, with the redacted copies in place of the originals.
fn in_place<'r, 'a>(
    redacted: &'r HashMap<String, Row<'a>>,
    rows: &'r [Row<'a>],
) -> Vec<&'r Row<'a>> {
    rows.iter().map(|row| redacted.get(row.id()).unwrap_or(row)).collect()
}
