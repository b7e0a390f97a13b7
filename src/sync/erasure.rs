//! Erasing a person: everything that is kept of them, in one transaction, and for good.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use futures_util::TryStreamExt as _;
use sqlx::{PgConnection, PgPool};

use super::{Result, replay};
use crate::{
    mentions::{self, Words},
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

    /// Erases the person. What the owner has in hand meanwhile is written before, and goes too, or finds the
    /// tombstones. A file is removed as a whole: the other people in it are known from HeyMilo.
    pub async fn run(&self) -> Result<Erased> {
        let survey = self.survey().await?;
        let mut tx = self.db.begin().await?;
        let erased = self.erase(&mut tx, survey).await?;
        // Before the receipt says that they are gone.
        aside::remove(&erased.files)?;
        tx.commit().await?;
        Ok(erased)
    }

    /// Tells what would be erased, by doing it and taking it back.
    pub async fn rehearse(&self) -> Result<Erased> {
        let survey = self.survey().await?;
        let mut tx = self.db.begin().await?;
        let erased = self.erase(&mut tx, survey).await?;
        tx.rollback().await?;
        Ok(Erased { receipt: None, ..erased })
    }

    /// Searches the inbox while deliveries come in.
    async fn survey(&self) -> Result<Survey> {
        let mut tx = self.db.begin().await?;
        let newest = store::tombstones::lock(&mut tx).await?;
        tx.commit().await?;
        let mut db = self.db.acquire().await?;
        let person = self.find(&mut db).await?;
        let deliveries = person.deliveries(&mut db, &self.workspace_id, 0, newest).await?;
        Ok(Survey { person, newest, deliveries })
    }

    async fn erase(&self, db: &mut PgConnection, survey: Survey) -> Result<Erased> {
        let id = &self.workspace_id;
        store::owners::exclude(db, id).await?;
        let person = self.find(db).await?;
        // What is known of the person may have changed: then the whole inbox is searched once more.
        let (searched, mut deliveries) = match survey {
            Survey { person: same, newest, deliveries } if same == person => (newest, deliveries),
            _ => (0, Vec::new()),
        };
        let newest = store::tombstones::lock(db).await?;
        deliveries.extend(person.deliveries(db, id, searched, newest).await?);
        let words = person.words();
        let files = aside::holding(&self.spool, |content| words.are_in(content))?;

        let Person { found, interviews, candidate_ids, addresses, strays } = person;
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
        let mut erased = Erased { receipt: None, interviews: found, people, removed, files };
        let buried = [interviews, strays].concat();
        erased.receipt =
            self.bury(db, &buried, &[candidate_ids, addresses].concat(), &erased).await?;
        Ok(erased)
    }

    /// Finds who is meant.
    async fn find(&self, db: &mut PgConnection) -> Result<Person> {
        let id = &self.workspace_id;
        let Known { interview_ids, candidate_ids, emails } =
            store::erasures::find(db, id, &self.named).await?;
        let mut found: BTreeSet<String> = interview_ids.into_iter().collect();
        let named = self.named.interview_id.iter().cloned();
        let interviews: BTreeSet<String> = found.iter().cloned().chain(named).collect();
        let addresses = emails.into_iter().chain(self.named.email.iter().cloned());
        let addresses: Vec<String> = addresses.map(|address| mentions::fold(&address)).collect();
        let mut person =
            Person { found: 0, interviews, candidate_ids, addresses, strays: Vec::new() };

        // Answers that could not be written give nobody a row to be found by.
        let kinds = [Kind::Interview, Kind::Candidate];
        found.extend(person.unwritten(db, id, &kinds).await?);
        person.strays = person.unwritten(db, id, &[Kind::Stray]).await?;
        person.found = found.len();
        person.interviews.extend(found);
        Ok(person)
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

/// All that is known of whom to erase.
#[derive(PartialEq)]
struct Person {
    /// How many interviews were found.
    found: usize,
    /// Those, and the one that was named.
    interviews: BTreeSet<String>,
    candidate_ids: Vec<String>,
    addresses: Vec<String>,
    /// Items of lists that do not say what they are about.
    strays: Vec<String>,
}

/// What was found in the inbox while deliveries came in.
struct Survey {
    person: Person,
    /// The newest delivery that was searched. All up to there were written by then.
    newest: i64,
    deliveries: Vec<i64>,
}

impl Person {
    fn words(&self) -> Words {
        Words::new(self.interviews.iter().chain(&self.candidate_ids).chain(&self.addresses))
    }

    /// Those under which answers without rows are kept that are meant, or name the person.
    async fn unwritten(
        &self,
        db: &mut PgConnection,
        workspace_id: &WorkspaceId,
        kinds: &[Kind],
    ) -> store::Result<Vec<String>> {
        let words = self.words();
        let answers = store::erasures::unwritten(db, workspace_id, kinds);
        let named = answers.try_filter_map(async |(subject_id, body)| {
            let is_meant = self.interviews.contains(&subject_id) || words.are_in(&body);
            Ok(is_meant.then_some(subject_id))
        });
        named.try_collect().await
    }

    /// The deliveries after one and up to another that name the person.
    async fn deliveries(
        &self,
        db: &mut PgConnection,
        workspace_id: &WorkspaceId,
        after: i64,
        last: i64,
    ) -> store::Result<Vec<i64>> {
        let words = self.words();
        let kept = store::erasures::deliveries(db, workspace_id, after, last);
        let named = kept.try_filter_map(async |kept| {
            let texts = [kept.query.as_deref(), kept.shape.as_deref()];
            let is_named = kept.interview_ids.iter().any(|id| self.interviews.contains(id))
                || words.are_in(&kept.body)
                || texts.into_iter().flatten().any(|text| words.are_in(text.as_bytes()));
            Ok(is_named.then_some(kept.delivery_id))
        });
        named.try_collect().await
    }
}
