//! Erasing a person: everything that is kept of them, in one transaction, and for good.

mod words;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use futures_util::TryStreamExt as _;
use sqlx::{PgConnection, PgPool};

use self::words::Words;
use super::{Result, replay};
use crate::{
    records::WorkspaceId,
    spool::aside,
    store::{
        self,
        erasures::{Known, Named, Receipt},
        snapshots::Kind,
        traces::Removed,
    },
};

/// Under this name a receipt counts the files that the spool set aside.
const FILES: &str = "files of the spool";
/// Under this name it counts the people.
const PEOPLE: &str = "heymilo.candidates";

/// A person to be erased from one workspace.
#[derive(Debug)]
pub struct Erasure {
    db: PgPool,
    workspace_id: WorkspaceId,
    spool: PathBuf,
    named: Named,
    by: Option<String>,
}

/// What an erasure came to.
#[derive(Debug)]
pub struct Erased {
    /// The number of the receipt. `None` when nothing was found.
    pub receipt: Option<i64>,
    /// How many interviews there were.
    pub interviews: usize,
    /// How many people there were.
    pub people: u64,
    /// How many rows of each table, and files.
    pub removed: Removed,
    /// The files that this machine's spool has set aside and that name the person.
    files: Vec<PathBuf>,
}

impl Erasure {
    /// Names whom to erase, and who does it: the database's user when nobody says. `spool` is where
    /// this machine's spool is.
    pub fn new(
        db: PgPool,
        workspace_id: WorkspaceId,
        spool: &Path,
        named: Named,
        by: Option<String>,
    ) -> Self {
        Self { db, workspace_id, spool: spool.to_owned(), named: named.without_blanks(), by }
    }

    /// Erases the person. Whatever is in hand meanwhile is written before, and goes too, or finds
    /// the tombstones. A file is removed as a whole: whoever else is in it is known from HeyMilo.
    pub async fn run(&self) -> Result<Erased> {
        let mut tx = self.db.begin().await?;
        let erased = self.erase(&mut tx).await?;
        // Before the receipt says that they are gone.
        aside::remove(&erased.files)?;
        tx.commit().await?;
        Ok(erased)
    }

    /// Tells what would be erased, by doing it and taking it back.
    pub async fn rehearse(&self) -> Result<Erased> {
        let mut tx = self.db.begin().await?;
        let erased = self.erase(&mut tx).await?;
        tx.rollback().await?;
        Ok(Erased { receipt: None, ..erased })
    }

    async fn erase(&self, db: &mut PgConnection) -> Result<Erased> {
        let id = &self.workspace_id;
        store::erasures::lock(db, id).await?;
        let Known { interview_ids, candidate_ids, emails } =
            store::erasures::find(db, id, &self.named).await?;
        let mut found: BTreeSet<String> = interview_ids.into_iter().collect();
        let named = self.named.interview_id.iter().cloned();
        let mut interviews: BTreeSet<String> = found.iter().cloned().chain(named).collect();
        let addresses =
            emails.into_iter().chain(self.named.email.iter().map(|it| it.to_lowercase()));
        let addresses: Vec<String> = addresses.collect();
        let words = Words::new(interviews.iter().chain(&candidate_ids).chain(&addresses));

        // Answers that could not be written give nobody a row to be found by.
        let kinds = [Kind::Interview, Kind::Candidate];
        found.extend(unwritten(db, id, &kinds, &words, &interviews).await?);
        let strays = unwritten(db, id, &[Kind::Stray], &words, &interviews).await?;
        interviews.extend(found.iter().cloned());
        let deliveries = deliveries(db, id, &words, &interviews).await?;
        let files = aside::holding(&self.spool, |content| words.are_in(content))?;

        let interviews: Vec<String> = interviews.into_iter().collect();
        store::erasures::count_removed(db, id, &interviews).await?;
        let mut removed = Removed::new();
        // Jobs before answers: the order in which fetches lock them too.
        store::erasures::remove_machinery(db, id, &deliveries, &interviews, &mut removed).await?;
        removed.extend(replay::remove_interviews(db, id, &interviews).await?);
        store::traces::remove_strays(db, id, &strays, &mut removed).await?;
        removed.insert(FILES.to_owned(), files.len() as u64);
        store::traces::remove_people(db, id, &candidate_ids, &mut removed).await?;
        removed.retain(|_, rows| *rows > 0);
        let people = removed.get(PEOPLE).copied().unwrap_or_default();
        let mut erased = Erased { receipt: None, interviews: found.len(), people, removed, files };
        let buried = [interviews, strays].concat();
        erased.receipt =
            self.bury(db, &buried, &[candidate_ids, addresses].concat(), &erased).await?;
        Ok(erased)
    }

    /// Keeps all away for good: interviews and strays, people by their ids and addresses; also
    /// when nothing was found of them yet. What was found gets a receipt. Returns its number.
    async fn bury(
        &self,
        db: &mut PgConnection,
        interviews_and_strays: &[String],
        people: &[String],
        erased: &Erased,
    ) -> Result<Option<i64>> {
        let id = &self.workspace_id;
        let mut number = None;
        if !erased.removed.is_empty() {
            let receipt = Receipt {
                by: self.by.as_deref(),
                named: &self.named,
                interviews: erased.interviews,
                people: erased.people,
                removed: &erased.removed,
            };
            number = Some(store::erasures::keep_receipt(db, id, &receipt).await?);
        }
        store::tombstones::bury(&mut *db, id, interviews_and_strays, number).await?;
        // Of whom only one interview was meant, others may come.
        if self.named.interview_id.is_none() {
            store::tombstones::bury(db, id, people, number).await?;
        }
        Ok(number)
    }
}

/// Those under which answers without rows are kept that are meant, or name the person.
async fn unwritten(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    kinds: &[Kind],
    words: &Words,
    interviews: &BTreeSet<String>,
) -> store::Result<Vec<String>> {
    let answers = store::erasures::unwritten(db, workspace_id, kinds);
    let named = answers.try_filter_map(async |(subject_id, body)| {
        let is_meant = interviews.contains(&subject_id) || words.are_in(&body);
        Ok(is_meant.then_some(subject_id))
    });
    named.try_collect().await
}

/// The deliveries that name the person.
async fn deliveries(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    words: &Words,
    interviews: &BTreeSet<String>,
) -> store::Result<Vec<i64>> {
    let named = store::erasures::deliveries(db, workspace_id).try_filter_map(async |kept| {
        let query = kept.query.as_deref().unwrap_or_default();
        let is_named = kept.interview_ids.iter().any(|id| interviews.contains(id))
            || words.are_in(&kept.body)
            || words.are_in(query.as_bytes());
        Ok(is_named.then_some(kept.delivery_id))
    });
    named.try_collect().await
}
