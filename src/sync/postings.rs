//! The workspace's postings, and each posting's questions.

use std::pin::pin;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt as _;
use sqlx::PgConnection;
use tracing::warn;

use super::{Result, Workspace};
use crate::{
    heymilo::{self, Page},
    normalize::{self, Answer, Fingerprint, Normalized},
    records::{Posting, PostingId, Question, WorkspaceId},
    store::{
        self,
        cursors::List,
        notices::Noticed,
        snapshots::{Kind, Snapshot},
    },
};

/// Reads all postings and writes those that are new or have changed; their lists of questions and
/// candidates become known to the poll. Returns how many were written, and all that are listed.
pub async fn read(workspace: &Workspace) -> Result<(usize, Vec<PostingId>)> {
    let heymilo = &workspace.heymilo;
    let page = |after: Option<String>| async move { heymilo.postings(after.as_deref()).await };
    let mut pages = pin!(heymilo::pages(page));
    let mut written = 0;
    let mut listed = Vec::new();
    while let Some(page) = pages.try_next().await? {
        written += read_page(workspace, &page, &mut listed).await?;
    }
    Ok((written, listed))
}

async fn read_page(
    workspace: &Workspace,
    page: &Page,
    listed: &mut Vec<PostingId>,
) -> Result<usize> {
    let mut postings: Vec<(PostingId, &str, Answer)> = Vec::new();
    for item in &page.items {
        let answer = Answer::item(item.get().as_bytes()).ok();
        let id = answer.as_ref().and_then(normalize::id_of_posting);
        match (id, answer) {
            (Some(id), Some(answer)) => postings.push((id, item.get(), answer)),
            _ => warn!(workspace.id = %workspace.id, "passed over a posting without an id"),
        }
    }
    let ids: Vec<&str> = postings.iter().map(|(id, ..)| id.as_str()).collect();
    let Workspace { id, db, .. } = workspace;
    let newest = store::snapshots::fingerprints(db, id, Kind::Posting, &ids).await?;
    let deleted = store::deletions::among_postings(db, id, &ids).await?;
    listed.extend(postings.iter().map(|(id, ..)| id.clone()));
    let mut written = 0;
    for (id, body, answer) in postings {
        let known = newest.get(id.as_str()).filter(|_| !deleted.contains(&id));
        if known.is_none_or(|known| known.fingerprint != answer.fingerprint().as_bytes()) {
            write(workspace, &id, body, answer).await?;
            written += 1;
        }
    }
    Ok(written)
}

async fn write(workspace: &Workspace, id: &PostingId, body: &str, answer: Answer) -> Result<()> {
    let fetched_at = Utc::now();
    let fingerprint = answer.fingerprint();
    let posting: Normalized<Posting> = normalize::posting(id, answer);
    let snapshot = Snapshot {
        subject_id: id.as_str(),
        posting_id: Some(id.as_str()),
        fingerprint: fingerprint.as_bytes(),
        results_fingerprint: None,
        body: body.as_bytes(),
        fetched_at,
    };

    let mut tx = workspace.db.begin().await?;
    write_rows(&mut tx, &workspace.id, &posting, fetched_at).await?;
    store::snapshots::insert(&mut tx, &workspace.id, Kind::Posting, &[snapshot]).await?;
    // Its questions may have changed with it, and one that was archived may be live again.
    for list in [List::Questions, List::Candidates] {
        store::cursors::make_due(&mut *tx, &workspace.id, list, Some(id)).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Writes the rows of a posting. First of all in its transaction, so that a replay waits for it or
/// makes it wait.
pub async fn write_rows(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    posting: &Normalized<Posting>,
    fetched_at: DateTime<Utc>,
) -> store::Result<()> {
    let Normalized { records, notices } = posting;
    let subject_id = records.posting_id.as_str();
    store::postings::replace(db, workspace_id, records, fetched_at).await?;
    let noticed = Noticed { subject_id, notices, noticed_at: fetched_at };
    store::notices::replace(db, workspace_id, Kind::Posting, &[noticed]).await
}

/// Reads all questions of a posting and writes them when any of them changed. Returns whether.
pub async fn read_questions(workspace: &Workspace, posting_id: &PostingId) -> Result<bool> {
    let Questions { body, fingerprint, answers } = ask_questions(workspace, posting_id).await?;
    let subject = [posting_id.as_str()];
    let Workspace { id, db, .. } = workspace;
    let newest = store::snapshots::fingerprints(db, id, Kind::Questions, &subject).await?;
    let known = newest.get(posting_id.as_str());
    if known.is_some_and(|known| known.fingerprint == fingerprint.as_bytes()) {
        return Ok(false);
    }
    write_questions(workspace, posting_id, &body, fingerprint, answers).await?;
    Ok(true)
}

/// A posting's list of questions, its pages joined.
pub struct Questions {
    body: String,
    /// What it says, to compare.
    pub fingerprint: Fingerprint,
    /// Those that cannot be read are `None`.
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
    let bodies: Vec<&str> = items.map(|item| item.get()).collect();
    let answers: Vec<Option<Answer>> =
        bodies.iter().map(|body| Answer::item(body.as_bytes()).ok()).collect();
    // The list is one answer: a question that is gone, or another order, is a change as well.
    let fingerprints: Vec<Fingerprint> = bodies
        .iter()
        .zip(&answers)
        .map(|(body, answer)| {
            let unreadable = || Fingerprint::of_bytes(body.as_bytes());
            answer.as_ref().map_or_else(unreadable, Answer::fingerprint)
        })
        .collect();
    let body = format!("[{}]", bodies.join(","));
    Ok(Questions { body, fingerprint: Fingerprint::of_list(&fingerprints), answers })
}

async fn write_questions(
    workspace: &Workspace,
    posting_id: &PostingId,
    body: &str,
    fingerprint: Fingerprint,
    answers: Vec<Option<Answer>>,
) -> Result<()> {
    let fetched_at = Utc::now();
    let subject_id = posting_id.as_str();
    let snapshot = Snapshot {
        subject_id,
        posting_id: Some(subject_id),
        fingerprint: fingerprint.as_bytes(),
        results_fingerprint: None,
        body: body.as_bytes(),
        fetched_at,
    };

    let mut tx = workspace.db.begin().await?;
    write_question_rows(&mut tx, &workspace.id, posting_id, answers, fetched_at).await?;
    store::snapshots::insert(&mut tx, &workspace.id, Kind::Questions, &[snapshot]).await?;
    tx.commit().await?;
    Ok(())
}

/// Writes all questions of a posting; those that could not be read are `None`. First of all in its
/// transaction, so that a replay waits for it or makes it wait.
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
    store::postings::replace_questions(db, workspace_id, posting_id, &records).await?;
    let notices = normalize::merge(questions.iter().map(|question| &question.notices[..]));
    let subject_id = posting_id.as_str();
    let noticed = Noticed { subject_id, notices: &notices, noticed_at: fetched_at };
    store::notices::replace(db, workspace_id, Kind::Questions, &[noticed]).await
}
