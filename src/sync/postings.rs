//! The workspace's postings, and each posting's questions.

use std::pin::pin;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use sqlx::{Connection as _, PgConnection};
use tracing::warn;

use super::{
    Result, Workspace,
    error::{blames_the_rows, without_values},
    unusable,
};
use crate::{
    crash,
    heymilo::{self, Page},
    normalize::{self, Answer, Fingerprint, Normalized},
    records::{Notice, Posting, PostingId, Problem, Question, WorkspaceId},
    store::{
        self,
        cursors::List,
        notices::Noticed,
        snapshots::{Kind, Newest, Snapshot},
    },
};

const REFUSED: Notice = Notice::of_all(Problem::Refused, "rows that fit", "a row that does not");

/// Reads all postings and writes the new and changed ones. The poll then knows their lists of
/// questions and candidates. Returns the number written, and the ids of all listed postings.
pub async fn read(workspace: &Workspace) -> Result<(usize, Vec<PostingId>)> {
    let heymilo = &workspace.heymilo;
    let page = |after: Option<String>| async move { heymilo.postings(after.as_deref()).await };
    let mut pages = pin!(heymilo::pages(page));
    let mut written = 0;
    let mut listed = Vec::new();
    while let Some(page) = pages.try_next().await? {
        let (of_page, written_of_page) = write_answers(workspace, &page.items).await?;
        listed.extend(of_page);
        written += written_of_page;
    }
    Ok((written, listed))
}

/// Asks for all postings and writes nothing. Returns the postings that still accept candidates.
pub async fn list_live(workspace: &Workspace) -> Result<Vec<PostingId>> {
    let heymilo = &workspace.heymilo;
    let page = |after: Option<String>| async move { heymilo.postings(after.as_deref()).await };
    let pages: Vec<Page> = heymilo::pages(page).try_collect().await?;
    let answers = pages.iter().flat_map(|page| Answer::items(&page.items));
    let postings = answers.flatten().filter_map(|answer| {
        let id = normalize::id_of_posting(&answer)?;
        Some(normalize::posting(&id, answer).records)
    });
    let live = postings.filter(|posting| {
        posting.row.archived != Some(true) && posting.row.status.as_deref() != Some("archived")
    });
    Ok(live.map(|posting| posting.posting_id).collect())
}

/// Writes the new and changed postings of an answer. Returns the ids of all of them, and the number
/// written.
pub async fn write_answers(
    workspace: &Workspace,
    answers: &[Bytes],
) -> Result<(Vec<PostingId>, usize)> {
    let mut postings: Vec<(PostingId, &[u8], Answer)> = Vec::new();
    let mut unusable = Vec::new();
    for (item, answer) in answers.iter().zip(Answer::items(answers)) {
        let id = answer.as_ref().and_then(normalize::id_of_posting);
        match (id, answer) {
            (Some(id), Some(answer)) => postings.push((id, item, answer)),
            _ => unusable.push(&item[..]),
        }
    }

    let listed = postings.iter().map(|(id, ..)| id.clone()).collect();
    let Workspace { id, db, .. } = workspace;
    let ids: Vec<&str> = postings.iter().map(|(id, ..)| id.as_str()).collect();
    let newest = store::snapshots::fingerprints(db, id, Kind::Posting, &ids).await?;

    // An item without title and status would only erase what is known of the posting.
    let states = |answer: &Answer| answer.states("title") || answer.states("status");
    postings.retain(|(id, body, answer)| {
        let known = newest.get(id.as_str());
        let is_changed = |known: &Newest| known.fingerprint != answer.fingerprint().as_bytes();
        let is_unusable = !states(answer) && known.is_some_and(is_changed);
        unusable.extend(is_unusable.then_some(*body));
        !is_unusable
    });

    unusable::keep(workspace, None, &unusable, unusable::NAMELESS).await?;
    let ids: Vec<&str> = postings.iter().map(|(id, ..)| id.as_str()).collect();
    let deleted = store::deletions::among_postings(db, id, &ids).await?;

    let mut written = 0;
    for (id, body, answer) in postings {
        let known = newest.get(id.as_str()).filter(|_| !deleted.contains(&id));
        let fingerprint = answer.fingerprint();
        if known.is_none_or(|known| known.fingerprint != fingerprint.as_bytes()) {
            write(workspace, &id, body, fingerprint, answer).await?;
            written += 1;
        }
    }

    Ok((listed, written))
}

async fn write(
    workspace: &Workspace,
    id: &PostingId,
    body: &[u8],
    fingerprint: Fingerprint,
    answer: Answer,
) -> Result<()> {
    let fetched_at = Utc::now();
    let posting: Normalized<Posting> = normalize::posting(id, answer);
    let snapshot = Snapshot {
        subject_id: id.as_str(),
        posting_id: Some(id.as_str()),
        fingerprint: fingerprint.as_bytes(),
        results_fingerprint: None,
        body,
        fetched_at,
        is_redacted: false,
        is_applied: true,
    };

    let mut tx = workspace.owner.begin().await?;
    match write_rows_within(&mut tx, &workspace.id, &posting, fetched_at).await {
        Err(error) if blames_the_rows(&error) => {
            // The refused answer counts as known, because the next poll would only be refused
            // again.
            let error = without_values(&error);
            warn!(posting.id = %id, error, "posting not written, its answer is kept");
            let noticed =
                Noticed { subject_id: id.as_str(), notices: &[REFUSED], noticed_at: fetched_at };
            store::notices::replace(&mut tx, &workspace.id, Kind::Posting, &[noticed]).await?;
        }
        written => written?,
    }
    store::snapshots::insert(&mut tx, &workspace.id, Kind::Posting, &[snapshot]).await?;
    // The questions may have changed with the posting, and an archived posting may be live again.
    for list in [List::Questions, List::Candidates] {
        store::cursors::make_due(&mut *tx, &workspace.id, list, Some(id)).await?;
    }
    crash::point("posting-written");
    tx.commit().await?;
    Ok(())
}

/// Writes the rows of a posting. When the database refuses them, it writes none and leaves the
/// transaction usable.
async fn write_rows_within(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    posting: &Normalized<Posting>,
    fetched_at: DateTime<Utc>,
) -> store::Result<()> {
    let mut savepoint = db.begin().await?;
    write_rows(&mut savepoint, workspace_id, posting, fetched_at).await?;
    savepoint.commit().await
}

/// Writes the rows of a posting.
pub async fn write_rows(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    posting: &Normalized<Posting>,
    fetched_at: DateTime<Utc>,
) -> store::Result<()> {
    let Normalized { records, notices } = posting;
    let subject_id = records.posting_id.as_str();
    store::postings::replace(db, workspace_id, records, fetched_at).await?;
    // A criterion explains a knockout only where the posting's step may knock out, so the figures
    // are computed again.
    store::figures::make_posting_due(&mut *db, workspace_id, &records.posting_id).await?;
    let noticed = Noticed { subject_id, notices, noticed_at: fetched_at };
    store::notices::replace(db, workspace_id, Kind::Posting, &[noticed]).await
}

/// Reads all questions of a posting, and writes them when any of them changed. Returns whether any
/// did.
pub async fn read_questions(workspace: &Workspace, posting_id: &PostingId) -> Result<bool> {
    let Questions { body, fingerprint, answers } = ask_questions(workspace, posting_id).await?;
    let subject = [posting_id.as_str()];
    let Workspace { id, db, .. } = workspace;
    let newest = store::snapshots::fingerprints(db, id, Kind::Questions, &subject).await?;
    let known = newest.get(posting_id.as_str());

    if known.is_some_and(|known| known.fingerprint == fingerprint.as_bytes()) {
        store::snapshots::end_doubt(db, id, Kind::Questions, posting_id.as_str()).await?;
        return Ok(false);
    }
    let is_applied = !takes_all_away(workspace, posting_id, fingerprint, &answers).await?;
    let snapshot = Snapshot {
        subject_id: posting_id.as_str(),
        posting_id: Some(posting_id.as_str()),
        fingerprint: fingerprint.as_bytes(),
        results_fingerprint: None,
        body: &body,
        fetched_at: Utc::now(),
        is_redacted: false,
        is_applied,
    };
    write_questions(workspace, posting_id, snapshot, answers).await?;

    Ok(is_applied)
}

/// A posting's list of questions, its pages joined.
pub struct Questions {
    body: Vec<u8>,
    /// The fingerprint of the whole list.
    pub fingerprint: Fingerprint,
    /// `None` for a question that cannot be read.
    answers: Vec<Option<Answer>>,
}

/// Asks HeyMilo for all questions of a posting.
pub async fn ask_questions(workspace: &Workspace, posting_id: &PostingId) -> Result<Questions> {
    let heymilo = &workspace.heymilo;
    let page = |after: Option<String>| async move {
        heymilo.questions(posting_id.as_str(), after.as_deref()).await
    };
    let pages: Vec<Page> = heymilo::pages(page).try_collect().await?;
    let items = pages.iter().flat_map(|page| &page.items);
    let bodies: Vec<&[u8]> = items.map(|item| &item[..]).collect();
    let answers = Answer::items(&bodies);
    // The list counts as one answer: a removed question and another order are changes too.
    let fingerprints: Vec<Fingerprint> = bodies
        .iter()
        .zip(&answers)
        .map(|(body, answer)| {
            let unreadable = || Fingerprint::of_bytes(body);
            answer.as_ref().map_or_else(unreadable, Answer::fingerprint)
        })
        .collect();
    let body = [b"[", &bodies.join(&b","[..])[..], b"]"].concat();

    Ok(Questions { body, fingerprint: Fingerprint::of_list(&fingerprints), answers })
}

/// Whether the list is empty although questions are known, and no earlier answer was empty too.
/// That may be an error of HeyMilo's.
async fn takes_all_away(
    workspace: &Workspace,
    posting_id: &PostingId,
    fingerprint: Fingerprint,
    answers: &[Option<Answer>],
) -> store::Result<bool> {
    let Workspace { id, db, .. } = workspace;
    let (kind, subject_id) = (Kind::Questions, posting_id.as_str());
    let is_empty = answers.iter().all(Option::is_none);
    Ok(is_empty
        && store::postings::has_questions(db, id, posting_id).await?
        && !store::snapshots::is_loss_confirmed(db, id, kind, subject_id, fingerprint.as_bytes())
            .await?)
}

async fn write_questions(
    workspace: &Workspace,
    posting_id: &PostingId,
    snapshot: Snapshot<'_>,
    answers: Vec<Option<Answer>>,
) -> Result<()> {
    let Workspace { id, owner, .. } = workspace;
    let mut tx = owner.begin().await?;
    if snapshot.is_applied {
        write_question_rows(&mut tx, id, posting_id, answers, snapshot.fetched_at).await?;
    }
    store::snapshots::insert(&mut tx, id, Kind::Questions, &[snapshot]).await?;
    tx.commit().await?;
    Ok(())
}

/// Writes all questions of a posting. An unreadable question is `None`.
pub async fn write_question_rows(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    posting_id: &PostingId,
    answers: Vec<Option<Answer>>,
    fetched_at: DateTime<Utc>,
) -> store::Result<()> {
    let questions: Vec<Normalized<Question>> = (1..)
        .zip(answers)
        .filter_map(|(position, answer)| Some(normalize::question(posting_id, position, answer?)))
        .collect();
    let records: Vec<&Question> = questions.iter().map(|question| &question.records).collect();
    let refused = replace_questions(db, workspace_id, posting_id, &records).await?;
    let of_questions = questions.iter().map(|question| &question.notices[..]);
    let notices = normalize::merge(of_questions.chain([&refused[..]]));
    let subject_id = posting_id.as_str();
    let noticed = Noticed { subject_id, notices: &notices, noticed_at: fetched_at };
    store::notices::replace(db, workspace_id, Kind::Questions, &[noticed]).await
}

/// Writes questions together. When the database refuses any of them, it writes them one by one, so
/// that only the refused one is left out. Returns a notice for each refused question.
async fn replace_questions(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    posting_id: &PostingId,
    questions: &[&Question],
) -> store::Result<Vec<Notice>> {
    let mut together = db.begin().await?;
    match store::postings::replace_questions(&mut together, workspace_id, posting_id, questions)
        .await
    {
        Err(error) if blames_the_rows(&error) => together.rollback().await?,
        replaced => {
            replaced?;
            together.commit().await?;
            return Ok(Vec::new());
        }
    }

    store::postings::replace_questions(&mut *db, workspace_id, posting_id, &[]).await?;
    let mut refused = Vec::new();
    for question in questions {
        let mut alone = db.begin().await?;
        match store::postings::add_question(&mut alone, workspace_id, posting_id, question).await {
            Err(error) if blames_the_rows(&error) => {
                let error = without_values(&error);
                let position = question.position;
                warn!(posting.id = %posting_id, position, error, "question not written");
                alone.rollback().await?;
                refused.push(REFUSED);
            }
            added => {
                added?;
                alone.commit().await?;
            }
        }
    }

    Ok(refused)
}
