//! Removes interviews and people.
#![doc = include_str!("removal/README.md")]

mod again;
mod review;
mod subjects;

use std::path::PathBuf;

use sqlx::{PgConnection, PgPool};

use self::subjects::Subjects;
pub use self::{again::Again, review::Review, subjects::Cause};
use super::{Error, Result, replay};
use crate::{
    crash,
    records::WorkspaceId,
    spool::aside,
    store::{
        self,
        privacy_log::Entry,
        tombstones::{Reason, Tombstones},
        traces::{Action, Removed, Traces},
    },
};

/// The name under which a receipt counts files of the spool.
const FILES: &str = "files of the spool";
/// The names under which it counts deliveries and people.
const INBOX: &str = "heymilo_sync.inbox";
const PEOPLE: &str = "heymilo.candidates";

/// Removes interviews and people from one workspace.
#[derive(Debug, Clone)]
pub struct Remover {
    db: PgPool,
    workspace_id: WorkspaceId,
    spool: PathBuf,
    /// This machine's file of receipts.
    file: PathBuf,
    tombstones: Tombstones,
}

/// The result of a removal.
#[derive(Debug, Default)]
pub struct Removal {
    /// The number of the receipt. `None` for a preview, and when retention found nothing.
    pub receipt: Option<i64>,
    /// How many interviews there were.
    pub interviews: usize,
    /// How many people there were.
    pub people: u64,
    /// The number of rows removed from each table, and of files.
    pub removed: Removed,
    /// Files that this machine's spool has set aside and that name the person.
    files: Vec<PathBuf>,
}

/// The result of a search that ran while deliveries came in.
struct Survey {
    subjects: Subjects,
    /// The newest delivery that was searched. All earlier deliveries were committed by then.
    newest: i64,
    deliveries: Vec<i64>,
}

impl Remover {
    /// `spool` is this machine's spool directory, and `file` its file of receipts.
    pub fn new(
        db: PgPool,
        workspace_id: WorkspaceId,
        spool: PathBuf,
        file: PathBuf,
        tombstones: Tombstones,
    ) -> Self {
        Self { db, workspace_id, spool, file, tombstones }
    }

    /// Removes the subjects of a cause. An answer that the owner has in flight is either written
    /// before and removed too, or refused because of the tombstones. A spool file is removed as a
    /// whole: HeyMilo still has the other people's interviews.
    pub async fn remove(&self, cause: &Cause) -> Result<Removal> {
        let mut tx = self.db.begin().await?;
        let newest = store::tombstones::lock(&mut tx).await?;
        tx.commit().await?;

        let mut db = self.db.acquire().await?;
        let survey = self.survey(&mut db, cause, newest).await?;
        drop(db);
        if survey.subjects.is_empty() && !cause.is_of_person() {
            return Ok(Removal::default());
        }

        let mut tx = self.db.begin().await?;
        let removal = self.remove_in(&mut tx, cause, survey).await?;
        // The files go before the receipt says that they are gone.
        aside::remove(&removal.files)?;
        crash::point("removal-written");
        tx.commit().await?;
        crash::point("removal-committed");
        Ok(removal)
    }

    /// Counts what would be removed. Takes no lock and changes nothing.
    pub async fn preview(&self, cause: &Cause) -> Result<Removal> {
        let mut db = self.db.acquire().await?;
        let newest = store::removal::newest_delivery(&mut *db).await?;
        let Survey { subjects, deliveries, .. } = self.survey(&mut db, cause, newest).await?;
        let mut traces = Traces::new(&mut db, &self.workspace_id, Action::Count);
        traces.interviews(&subjects.interview_ids()).await?;
        traces.jobs(&subjects.interview_ids()).await?;
        traces.unusable(&subjects.unusable).await?;
        let counted = traces.found.remove(PEOPLE);
        traces.people(&subjects.candidate_ids, &subjects.interview_ids()).await?;
        let mut found = traces.found;
        // The people of the interviews and the named people are mostly the same, so the larger
        // count is used.
        found.extend(
            counted.max(found.get(PEOPLE).copied()).map(|people| (PEOPLE.to_owned(), people)),
        );
        self.result(subjects, cause, deliveries.len() as u64, found)
    }

    /// Finds the subjects, and the deliveries up to `newest` that name them.
    async fn survey(&self, db: &mut PgConnection, cause: &Cause, newest: i64) -> Result<Survey> {
        let subjects = Subjects::find(db, &self.workspace_id, cause).await?;
        let deliveries = subjects.deliveries(db, &self.workspace_id, cause, 0, newest).await?;
        Ok(Survey { subjects, newest, deliveries })
    }

    async fn remove_in(
        &self,
        db: &mut PgConnection,
        cause: &Cause,
        survey: Survey,
    ) -> Result<Removal> {
        let id = &self.workspace_id;
        store::owners::exclude(db, id).await?;
        let Survey { subjects, newest, mut deliveries } =
            self.survey_again(db, cause, survey).await?;

        // From here on deliveries wait, so only those since the survey are searched.
        let searched = newest;
        let newest = store::tombstones::lock(db).await?;
        deliveries.extend(subjects.deliveries(db, id, cause, searched, newest).await?);

        let interviews = subjects.interview_ids();
        let held = store::holds::among(&mut *db, id, &interviews).await?;
        if !held.is_empty() {
            return Err(Error::Held(held.len()));
        }
        if cause.reason() != Reason::Gone {
            store::removal::count_removed(db, id, &interviews).await?;
        }
        let removed_deliveries = store::removal::remove_deliveries(db, &deliveries).await?;
        store::removal::forget_places(db, id, &interviews).await?;
        let found = self.remove_rows(db, &subjects, &interviews).await?;
        let erased = subjects.erased(cause);
        let (requests, holds) = self.requests_and_holds(db, &subjects, cause).await?;
        let mut removal = self.result(subjects, cause, removed_deliveries, found)?;

        let receipt = Entry {
            by: cause.by(),
            action: "removed",
            reason: Some(cause.reason().as_str()),
            asked_for: cause.asked_for(),
            interviews: Some(removal.interviews),
            people: Some(removal.people),
            removed: Some(&removal.removed),
            again_of: cause.again_of(),
        };
        let receipt = store::privacy_log::add(&mut *db, id, &receipt).await?;
        removal.receipt = Some(receipt);
        store::requests::close(&mut *db, &requests, receipt).await?;
        store::holds::forget(&mut *db, &holds).await?;
        self.tombstones.add(db, id, &erased, cause.reason(), removal.receipt).await?;
        if let Cause::Again(again) = cause {
            again.add_tombstones(db, id, removal.receipt).await?;
        }
        Ok(removal)
    }

    /// The survey, repeated when the subjects are no longer the same. The owner waits meanwhile,
    /// and deliveries do not.
    async fn survey_again(
        &self,
        db: &mut PgConnection,
        cause: &Cause,
        survey: Survey,
    ) -> Result<Survey> {
        let subjects = Subjects::find(db, &self.workspace_id, cause).await?;
        if subjects == survey.subjects {
            return Ok(survey);
        }
        let deliveries =
            subjects.deliveries(db, &self.workspace_id, cause, 0, survey.newest).await?;
        Ok(Survey { subjects, newest: survey.newest, deliveries })
    }

    async fn remove_rows(
        &self,
        db: &mut PgConnection,
        subjects: &Subjects,
        interviews: &[String],
    ) -> store::Result<Removed> {
        let id = &self.workspace_id;
        // Fetches lock jobs before answers too.
        let mut jobs = Traces::new(&mut *db, id, Action::Remove);
        jobs.jobs(interviews).await?;
        let mut found = jobs.found;

        add(&mut found, replay::remove_interviews(&mut *db, id, interviews).await?);

        let mut others = Traces::new(db, id, Action::Remove);
        others.unusable(&subjects.unusable).await?;
        others.people(&subjects.candidate_ids, &[]).await?;
        add(&mut found, others.found);
        Ok(found)
    }

    /// The open requests and the released holds that name the subjects.
    async fn requests_and_holds(
        &self,
        db: &mut PgConnection,
        subjects: &Subjects,
        cause: &Cause,
    ) -> store::Result<(Vec<i64>, Vec<i64>)> {
        let id = &self.workspace_id;
        let names = subjects.named(id, cause);
        let requests = store::requests::open(&mut *db, id).await?;
        let requests = requests.iter().filter(|request| names.has(&request.subject));
        let requests = requests.map(|request| request.request_id).collect();
        let holds = store::holds::released(db, id).await?;
        let holds = holds.into_iter().filter(|(_, subject)| names.has(subject));
        Ok((requests, holds.map(|(hold_id, _)| hold_id).collect()))
    }

    fn result(
        &self,
        subjects: Subjects,
        cause: &Cause,
        deliveries: u64,
        found: Removed,
    ) -> Result<Removal> {
        let named = subjects.named(&self.workspace_id, cause);
        let files = aside::holding(&self.spool, |content| named.are_in(content))?;
        let people = found.get(PEOPLE).copied().unwrap_or_default();
        let mut removed = found;
        removed.insert(INBOX.to_owned(), deliveries);
        removed.insert(FILES.to_owned(), files.len() as u64);
        removed.retain(|_, rows| *rows > 0);
        Ok(Removal { receipt: None, interviews: subjects.found, people, removed, files })
    }
}

fn add(found: &mut Removed, more: Removed) {
    for (table, rows) in more {
        *found.entry(table).or_default() += rows;
    }
}
