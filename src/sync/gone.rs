//! Interviews and postings that HeyMilo does not have any longer. One that a list does not show is
//! asked for by id. Only HeyMilo's own 404 for that id confirms that it is gone.

use std::time::Duration;

use chrono::{DateTime, Utc};
use tracing::{info, warn};

use super::{Result, Workspace, postings};
use crate::{
    crash, heymilo, normalize,
    records::{InterviewId, PostingId, Standing, Urgency},
    store::{self, jobs::Job},
};

/// Enqueues the interviews that a full scan of a posting, begun at `began_at`, did not show.
/// Returns their number.
pub async fn ask_for_unlisted(
    workspace: &Workspace,
    posting_id: &PostingId,
    listed: &[InterviewId],
    began_at: DateTime<Utc>,
) -> Result<usize> {
    let Workspace { id, db, .. } = workspace;
    let listed: Vec<&str> = listed.iter().map(InterviewId::as_str).collect();
    let unlisted = store::deletions::unlisted(db, id, posting_id, &listed, began_at).await?;
    let due: Vec<&str> = unlisted.iter().map(InterviewId::as_str).collect();
    if !due.is_empty() {
        store::jobs::enqueue_unlisted(db, id, &due).await?;
    }
    Ok(due.len())
}

/// The meaning of a 404 for an interview.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The interview is gone. It was marked, and its job is completed.
    Gone,
    /// Its results were received before, and this 404 is the only sign that it is gone. HeyMilo may
    /// be in an outage, so a second 404 an hour later must confirm it.
    Doubtful,
    /// The interview was never received. It may not be visible by its id yet.
    Unknown,
}

/// Marks an interview as gone and completes its job. When it was marked before, records the second
/// 404, and retention removes the interview after `retention.gone_grace`.
pub async fn interview(
    workspace: &Workspace,
    job: &Job,
    found_at: DateTime<Utc>,
) -> store::Result<Fate> {
    let Workspace { id, owner, writes, .. } = workspace;
    let interview_id = &job.interview_id;
    let _writing = writes.read().await;
    let mut tx = owner.begin().await?;
    let standings = store::standings::read(&mut tx, id, &[interview_id.as_str()]).await?;
    let Some(before) = standings.get(interview_id.as_str()) else { return Ok(Fate::Unknown) };
    let fate = fate(before, job);
    match fate {
        Fate::Gone => {}
        Fate::Doubtful => {
            store::jobs::note_missing(&mut *tx, id, job).await?;
            tx.commit().await?;
            return Ok(fate);
        }
        Fate::Unknown => return Ok(fate),
    }

    if before.deleted {
        store::deletions::confirm(&mut *tx, id, interview_id, found_at).await?;
    } else {
        let after = Standing { deleted: true, ..before.clone() };
        let changes = normalize::history::interview_changes(Some(before), &after, found_at);
        let changes: Vec<_> =
            changes.iter().map(|change| (interview_id.as_str(), change)).collect();
        store::deletions::mark(&mut *tx, id, interview_id, found_at).await?;
        store::history::insert(&mut tx, id, &changes, &[]).await?;
        store::outcomes::write(&mut *tx, id, &[interview_id.as_str()]).await?;
    }

    store::jobs::complete(&mut tx, id, &[(job, None)]).await?;
    crash::point("gone-written");
    tx.commit().await?;
    crash::point("gone-committed");
    info!(interview.id = %interview_id, job.urgency = job.urgency.as_str(), "interview gone");

    Ok(Fate::Gone)
}

/// A single 404 may come from a server that lags behind or from an outage. It counts when the list
/// does not show the interview either, or when an earlier 404 is an hour old. When a list has just
/// shown the interview, the interview exists, and the next full scan decides.
fn fate(known: &Standing, job: &Job) -> Fate {
    if known.deleted || job.is_unlisted {
        return Fate::Gone;
    }
    let is_listed = matches!(job.urgency, Urgency::Change | Urgency::FirstCopy);
    if known.results_ready.is_none() || is_listed {
        return Fate::Unknown;
    }
    if job.is_long_missing { Fate::Gone } else { Fate::Doubtful }
}

/// Asks by id for the postings that the list does not show, unless HeyMilo confirmed them less than
/// `confirmed_for` ago. An answer is written like a listed posting.
pub async fn postings(
    workspace: &Workspace,
    listed: &[PostingId],
    confirmed_for: Duration,
) -> Result<()> {
    let Workspace { id, db, heymilo, owner, .. } = workspace;
    let listed: Vec<&str> = listed.iter().map(PostingId::as_str).collect();
    for posting_id in store::deletions::unlisted_postings(db, id, &listed, confirmed_for).await? {
        match heymilo.posting(posting_id.as_str()).await {
            Ok(answer) => {
                postings::write_answers(workspace, &[answer]).await?;
                let mut tx = owner.begin().await?;
                store::cursors::confirm(&mut *tx, id, &posting_id).await?;
                tx.commit().await?;
            }
            Err(heymilo::Error::NotFound) => posting(workspace, &posting_id).await?,
            Err(error) if error.is_of_the_key() => return Err(error.into()),
            Err(error) => {
                warn!(posting.id = %posting_id, %error, "posting is not listed, and HeyMilo did not answer for it");
                if heymilo.limiter().is_down() {
                    return Ok(());
                }
            }
        }
    }

    Ok(())
}

/// Marks a posting as gone. Its interviews may be gone too, so each is asked for.
async fn posting(workspace: &Workspace, posting_id: &PostingId) -> Result<()> {
    let id = &workspace.id;
    let found_at = Utc::now();
    let mut tx = workspace.owner.begin().await?;
    let unlisted = store::deletions::unlisted(&mut *tx, id, posting_id, &[], found_at).await?;
    let due: Vec<&str> = unlisted.iter().map(InterviewId::as_str).collect();
    // All other code locks postings before jobs too.
    store::deletions::mark_posting(&mut tx, id, posting_id, found_at).await?;
    store::jobs::enqueue_unlisted(&mut *tx, id, &due).await?;
    tx.commit().await?;
    info!(posting.id = %posting_id, interviews = due.len(), "posting gone");
    Ok(())
}
