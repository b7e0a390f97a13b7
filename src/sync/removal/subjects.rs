//! The subjects of a removal, and the words that name them.

use std::{collections::BTreeSet, time::Duration};

use futures_util::TryStreamExt as _;
use sqlx::PgConnection;

use super::Again;
use crate::{
    mentions::{self, Erased, Words},
    records::WorkspaceId,
    store::{
        self, Result,
        erasures::{Known, Named},
        snapshots::Kind,
        tombstones::Reason,
    },
};

/// Interviews in one transaction of retention. No other process writes meanwhile.
const INTERVIEWS: i64 = 100;
/// The name under which the log records the daemon's own removals.
const DAEMON: &str = "heymilo-sync";

/// Why something is removed. The variant also says what.
#[derive(Debug)]
pub enum Cause {
    /// A person asked for it, or an officer on the person's behalf.
    Asked {
        /// How the person is named.
        named: Named,
        /// The person who carries it out. `None` means the database's user.
        by: Option<String>,
    },
    /// HeyMilo did not have the interviews for this long, and a second 404 confirmed it.
    Gone {
        /// `retention.gone_grace`.
        grace: Duration,
    },
    /// Nothing happened in the interviews for this long.
    Expired {
        /// `retention.interviews`.
        age: Duration,
    },
    /// It was removed before, and a restored backup brought it back.
    Again(Again),
}

impl Cause {
    pub(super) fn reason(&self) -> Reason {
        match self {
            Self::Asked { .. } => Reason::Asked,
            Self::Gone { .. } => Reason::Gone,
            Self::Expired { .. } => Reason::Retention,
            Self::Again(again) => again.reason,
        }
    }

    pub(super) fn by(&self) -> Option<&str> {
        match self {
            Self::Asked { by, .. } => by.as_deref(),
            Self::Again(again) => again.by.as_deref(),
            _ => Some(DAEMON),
        }
    }

    /// Whether the cause names a person, and does not only search for old interviews.
    pub(super) fn is_of_person(&self) -> bool {
        matches!(self, Self::Asked { .. } | Self::Again(_))
    }

    pub(super) fn again_of(&self) -> Option<&[String]> {
        match self {
            Self::Again(again) => Some(&again.of),
            _ => None,
        }
    }

    pub(super) fn asked_for(&self) -> Option<&'static str> {
        match self {
            Self::Asked { named, .. } => Some(named.kind()),
            _ => None,
        }
    }
}

/// What names the subjects in a text: known words, and digests of words that are not known any
/// longer.
pub struct Names<'a> {
    words: Words,
    erased: Option<Erased<'a>>,
}

impl Names<'_> {
    /// Whether a text names the subjects.
    pub fn are_in(&self, text: &[u8]) -> bool {
        self.words.are_in(text) || self.erased.as_ref().is_some_and(|all| all.are_named_in(text))
    }

    /// Whether an id is a subject's.
    pub fn has(&self, id: &str) -> bool {
        self.words.contains(id) || self.erased.as_ref().is_some_and(|all| all.contains(id))
    }
}

/// The interviews and people that are removed together.
#[derive(Debug, Default, PartialEq)]
pub struct Subjects {
    /// The number of interviews found.
    pub found: usize,
    /// The interviews found, and the one that was named.
    pub interviews: BTreeSet<String>,
    /// People who have no other interviews.
    pub candidate_ids: Vec<String>,
    /// Addresses that no other person has.
    pub addresses: Vec<String>,
    /// Items of lists that do not say what they are about.
    pub unusable: Vec<String>,
}

impl Subjects {
    /// Finds the subjects of a cause.
    pub async fn find(
        db: &mut PgConnection,
        workspace_id: &WorkspaceId,
        cause: &Cause,
    ) -> Result<Self> {
        match cause {
            Cause::Asked { named, .. } => Self::of_person(db, workspace_id, named, cause).await,
            Cause::Gone { grace } => {
                let gone =
                    store::deletions::confirmed(&mut *db, workspace_id, *grace, INTERVIEWS).await?;
                let mut subjects = Self::of_interviews(db, workspace_id, gone).await?;
                subjects.add_unwritten(db, workspace_id, cause).await?;
                Ok(subjects)
            }
            Cause::Again(again) => again.find(db, workspace_id, cause).await,
            Cause::Expired { age } => {
                let (age, most) = (*age, INTERVIEWS);
                let expired =
                    store::retention::interviews(&mut *db, workspace_id, age, most).await?;
                let mut subjects = Self::of_interviews(db, workspace_id, expired).await?;
                subjects.add_expired_answers(db, workspace_id, age).await?;
                Ok(subjects)
            }
        }
    }

    /// A person, with all ids and addresses that name them.
    async fn of_person(
        db: &mut PgConnection,
        workspace_id: &WorkspaceId,
        named: &Named,
        cause: &Cause,
    ) -> Result<Self> {
        let Known { interview_ids, candidate_ids, emails } =
            store::erasures::find(db, workspace_id, named).await?;
        let found = interview_ids.len();
        let interviews = interview_ids.into_iter().chain(named.interview_id.clone()).collect();
        let addresses = emails.into_iter().chain(named.email.clone());
        let addresses = addresses.map(|address| mentions::fold(&address)).collect();
        let mut subjects =
            Self { found, interviews, candidate_ids, addresses, unusable: Vec::new() };
        subjects.add_unwritten(db, workspace_id, cause).await?;
        Ok(subjects)
    }

    /// Interviews, and the people who have no others.
    pub(super) async fn of_interviews(
        db: &mut PgConnection,
        workspace_id: &WorkspaceId,
        interviews: Vec<String>,
    ) -> Result<Self> {
        let (candidate_ids, addresses) =
            store::erasures::people_of(db, workspace_id, &interviews).await?;
        let (found, interviews) = (interviews.len(), interviews.into_iter().collect());
        Ok(Self { found, interviews, candidate_ids, addresses, unusable: Vec::new() })
    }

    /// Adds answers without rows that are about the interviews or name the person.
    pub(super) async fn add_unwritten(
        &mut self,
        db: &mut PgConnection,
        workspace_id: &WorkspaceId,
        cause: &Cause,
    ) -> Result<()> {
        if self.is_empty() && !cause.is_of_person() {
            return Ok(());
        }
        let kinds = [Kind::Interview, Kind::Candidate];
        let unwritten: BTreeSet<String> =
            self.unwritten(&mut *db, workspace_id, cause, &kinds).await?.into_iter().collect();
        self.unusable = self.unwritten(db, workspace_id, cause, &[Kind::Unusable]).await?;
        // These answers have no rows, so none of them was counted before.
        self.found += unwritten.len();
        self.interviews.extend(unwritten);
        Ok(())
    }

    async fn unwritten(
        &self,
        db: &mut PgConnection,
        workspace_id: &WorkspaceId,
        cause: &Cause,
        kinds: &[Kind],
    ) -> Result<Vec<String>> {
        let names = self.named(workspace_id, cause);
        let answers = store::erasures::unwritten(db, workspace_id, kinds);
        let named = answers.try_filter_map(async |(subject_id, body)| {
            let is_meant = names.has(&subject_id) || names.are_in(&body);
            Ok(is_meant.then_some(subject_id))
        });
        named.try_collect().await
    }

    /// Adds answers of the same age that never became rows.
    async fn add_expired_answers(
        &mut self,
        db: &mut PgConnection,
        workspace_id: &WorkspaceId,
        age: Duration,
    ) -> Result<()> {
        let kinds = [Kind::Interview, Kind::Candidate];
        let unwritten =
            store::retention::unwritten(&mut *db, workspace_id, &kinds, age, INTERVIEWS).await?;
        self.unusable =
            store::retention::unwritten(db, workspace_id, &[Kind::Unusable], age, INTERVIEWS)
                .await?;
        self.found += unwritten.len() + self.unusable.len();
        self.interviews.extend(unwritten);
        Ok(())
    }

    /// Whether there is nothing to search for.
    pub fn is_empty(&self) -> bool {
        let Self { found: _, interviews, candidate_ids, addresses, unusable } = self;
        interviews.is_empty()
            && [candidate_ids, addresses, unusable].iter().all(|all| all.is_empty())
    }

    /// The interviews, sorted.
    pub fn interview_ids(&self) -> Vec<String> {
        self.interviews.iter().cloned().collect()
    }

    /// The words that name the subjects in a text.
    pub fn named<'a>(&self, workspace_id: &WorkspaceId, cause: &'a Cause) -> Names<'a> {
        let known = self.interviews.iter().chain(&self.candidate_ids).chain(&self.addresses);
        let erased = match cause {
            Cause::Again(again) => Some(again.digests.of(workspace_id)),
            _ => None,
        };
        Names { words: Words::new(known), erased }
    }

    /// The ids and addresses to keep away from now on.
    pub fn erased(&self, cause: &Cause) -> Vec<String> {
        let with_people = match cause {
            // When only one interview of a person was meant, others of the person may arrive.
            Cause::Asked { named, .. } => named.interview_id.is_none(),
            Cause::Gone { .. } => true,
            Cause::Expired { .. } | Cause::Again(_) => false,
        };
        let people = [&self.candidate_ids, &self.addresses].into_iter().flatten();
        let people = people.filter(|_| with_people);
        self.interviews.iter().chain(&self.unusable).chain(people).cloned().collect()
    }

    /// The deliveries after `after` and up to `last` that name the subjects.
    pub async fn deliveries(
        &self,
        db: &mut PgConnection,
        workspace_id: &WorkspaceId,
        cause: &Cause,
        after: i64,
        last: i64,
    ) -> Result<Vec<i64>> {
        if self.is_empty() && !cause.is_of_person() {
            return Ok(Vec::new());
        }
        let names = self.named(workspace_id, cause);
        let kept = store::removal::deliveries(db, workspace_id, after, last);
        let named = kept.try_filter_map(async |kept| {
            let texts = [kept.query.as_deref(), kept.shape.as_deref()];
            let is_named = kept.interview_ids.iter().any(|id| names.has(id))
                || names.are_in(&kept.body)
                || texts.into_iter().flatten().any(|text| names.are_in(text.as_bytes()));
            Ok(is_named.then_some(kept.delivery_id))
        });

        named.try_collect().await
    }
}
