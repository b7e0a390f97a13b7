//! Rebuilds tables from snapshots, without the API.
#![doc = include_str!("replay/README.md")]

mod observations;
mod people;

use std::{
    collections::{HashMap, HashSet},
    ops::AddAssign,
    panic, slice,
    time::Duration,
};

use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use tokio::{
    task::{JoinError, JoinSet},
    time::Instant,
};
use tracing::warn;

use self::{
    observations::{Observations, answer},
    people::People,
};
use super::{
    Result,
    error::{blames_the_rows, without_values},
    postings,
};
use crate::{
    normalize,
    records::{PostingId, Standing, WorkspaceId},
    store::{
        self,
        snapshots::{Kind, Scope, Version},
        traces::{Action, Removed, Traces},
    },
};

/// Subjects in one transaction. Memory holds two answers of each at a time.
const BATCH: i64 = 50;
/// How many transactions run at the same time.
const TOGETHER: usize = 3;
/// How long a replay keeps the owner of the workspace waiting at a time.
const MAX_EXCLUSION: Duration = Duration::from_secs(2);
/// The kinds of answers that are about interviews.
const OF_INTERVIEWS: [Kind; 2] = [Kind::Interview, Kind::Candidate];

/// A replay of one workspace, or of a part of it.
#[derive(Debug)]
pub struct Replay {
    tables: Tables,
    scope: Scope,
    /// The last interview that was begun.
    after: String,
    /// The transaction that excludes the owner, and when it began.
    exclusion: Option<(Transaction<'static, Postgres>, Instant)>,
    /// The transactions under way. Dropping the set rolls them back.
    begun: JoinSet<Result<Replayed>>,
}

/// The tables of a workspace.
#[derive(Debug, Clone)]
struct Tables {
    db: PgPool,
    workspace_id: WorkspaceId,
}

/// The result of a part of a replay.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Replayed {
    /// Interviews or lists of postings and questions that were rebuilt.
    pub rebuilt: usize,
    /// Snapshots that were skipped because they cannot be read.
    pub unreadable: usize,
    /// Interviews or lists that were left unchanged, because the database refuses their rows.
    pub refused: usize,
}

impl AddAssign for Replayed {
    fn add_assign(&mut self, other: Self) {
        self.rebuilt += other.rebuilt;
        self.unreadable += other.unreadable;
        self.refused += other.refused;
    }
}

impl Replay {
    /// Makes a replay of the subjects in `scope`.
    pub fn new(db: PgPool, workspace_id: WorkspaceId, scope: Scope) -> Self {
        let tables = Tables { db, workspace_id };
        Self { tables, scope, after: String::new(), exclusion: None, begun: JoinSet::new() }
    }

    /// Counts the interviews to rebuild.
    pub async fn interviews(&self) -> Result<i64> {
        let Tables { db, workspace_id } = &self.tables;
        Ok(store::snapshots::count_subjects(db, workspace_id, &OF_INTERVIEWS, &self.scope).await?)
    }

    /// Rebuilds postings and their questions.
    pub async fn postings(&self) -> Result<Replayed> {
        let mut replayed = Replayed::default();
        for kind in [Kind::Posting, Kind::Questions] {
            let mut after = String::new();
            loop {
                let ids = self.subjects(&[kind], &after).await?;
                let Some(last) = ids.last() else { break };
                after.clone_from(last);
                for id in ids {
                    replayed += self.tables.rebuild_posting(kind, &PostingId::from(id)).await?;
                }
            }
        }
        Ok(replayed)
    }

    /// Rebuilds the next interviews, each in one transaction. `None` when there are no more.
    pub async fn step(&mut self) -> Result<Option<Replayed>> {
        while self.begun.len() < TOGETHER && self.may_begin().await? {
            let ids = self.subjects(&OF_INTERVIEWS, &self.after).await?;
            let Some(last) = ids.last() else { break };
            self.after.clone_from(last);
            let tables = self.tables.clone();
            self.begun.spawn(async move { tables.rebuild(&ids).await });
        }
        let ended = self.begun.join_next().await;
        if self.begun.is_empty() && ended.is_none() {
            self.exclusion = None;
        }
        ended.map(|ended| ended.unwrap_or_else(panicked)).transpose()
    }

    /// Whether another writing transaction may begin. One exclusion of the owner covers several of
    /// them. After [`MAX_EXCLUSION`] no more begin, and it ends with the last.
    async fn may_begin(&mut self) -> store::Result<bool> {
        let is_over = |since: &Instant| since.elapsed() >= MAX_EXCLUSION;
        match &self.exclusion {
            Some((_, since)) if !is_over(since) => return Ok(true),
            Some(_) if !self.begun.is_empty() => return Ok(false),
            _ => {}
        }
        if let Some((exclusion, _)) = self.exclusion.take() {
            exclusion.commit().await?;
        }
        let mut exclusion = self.tables.db.begin().await?;
        store::owners::exclude(&mut exclusion, &self.tables.workspace_id).await?;
        self.exclusion = Some((exclusion, Instant::now()));
        Ok(true)
    }

    async fn subjects(&self, kinds: &[Kind], after: &str) -> store::Result<Vec<String>> {
        let Tables { db, workspace_id: id } = &self.tables;
        // For its way of planning, in the order of the key. Nothing is committed.
        let mut tx = store::database::begin_repeatable(db).await?;
        store::snapshots::subjects(&mut *tx, id, kinds, &self.scope, after, BATCH).await
    }
}

fn panicked<T>(ended: JoinError) -> T {
    panic::resume_unwind(ended.into_panic())
}

impl Tables {
    async fn rebuild_posting(&self, kind: Kind, id: &PostingId) -> Result<Replayed> {
        let mut tx = store::database::begin_repeatable(&self.db).await?;
        store::owners::exclude(&mut tx, &self.workspace_id).await?;
        match write_list(&mut tx, &self.workspace_id, kind, id).await {
            Ok(replayed) => {
                tx.commit().await?;
                Ok(replayed)
            }
            Err(error) if blames_the_rows(&error) => Ok(left_as_it_was(id.as_str(), &error)),
            Err(error) => Err(error.into()),
        }
    }

    /// Rebuilds interviews together. When the rows of one are refused, it rebuilds them one by one,
    /// so that only the refused one is left out.
    async fn rebuild(&self, ids: &[String]) -> Result<Replayed> {
        match self.rebuild_together(ids).await {
            Err(error) if !blames_the_rows(&error) => Err(error.into()),
            Ok(replayed) => Ok(replayed),
            Err(error) => match ids {
                [alone] => Ok(left_as_it_was(alone, &error)),
                _ => {
                    let mut replayed = Replayed::default();
                    for alone in ids {
                        replayed += Box::pin(self.rebuild(slice::from_ref(alone))).await?;
                    }
                    Ok(replayed)
                }
            },
        }
    }

    async fn rebuild_together(&self, ids: &[String]) -> store::Result<Replayed> {
        let mut tx = store::database::begin_repeatable(&self.db).await?;
        let replayed = write_interviews(&mut tx, &self.workspace_id, ids).await?;
        tx.commit().await?;
        Ok(replayed)
    }
}

fn left_as_it_was(subject_id: &str, error: &sqlx::Error) -> Replayed {
    let error = without_values(error);
    warn!(snapshot.subject_id = subject_id, error, "not rebuilt, left as it was");
    Replayed { refused: 1, ..Replayed::default() }
}

/// The answers that the subjects' rows come from, in the order in which they were written.
async fn applied(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    kinds: &[Kind],
    subject_ids: &[String],
) -> store::Result<Vec<Version>> {
    let mut versions = store::snapshots::versions(db, workspace_id, kinds, subject_ids).await?;
    versions.retain(|version| version.is_applied);
    Ok(versions)
}

/// Writes interviews again from all their snapshots. The caller excludes the owner.
pub async fn write_interviews(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    ids: &[String],
) -> store::Result<Replayed> {
    let mut replayed = Replayed { rebuilt: ids.len(), ..Replayed::default() };
    let (mut people, mut written) = (People::default(), HashMap::new());
    let versions = applied(&mut *db, workspace_id, &OF_INTERVIEWS, ids).await?;
    let deletions = store::replay::clear_interviews(db, workspace_id, ids).await?;

    for round in rounds(&versions) {
        for kind in OF_INTERVIEWS {
            let of_kind: Vec<&Version> =
                round.iter().copied().filter(|version| version.kind == kind).collect();
            let kept = store::snapshots::read(&mut *db, workspace_id, kind, &of_kind).await?;
            let observations = Observations::of(kind, &kept, &mut replayed.unreadable);
            people.add(&observations);
            observations.write(db, workspace_id, &written).await?;
            observations.note(&mut written);
        }
    }

    store::replay::mark_interviews(db, workspace_id, &deletions).await?;
    let rebuilt: Vec<&str> = ids.iter().map(String::as_str).collect();
    store::outcomes::write(&mut *db, workspace_id, &rebuilt).await?;
    write_people(db, workspace_id, people, ids).await?;
    Ok(replayed)
}

/// Removes interviews with everything that is kept about them. A person with other interviews keeps
/// what these say.
pub async fn remove_interviews(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    ids: &[String],
) -> store::Result<Removed> {
    let named = store::traces::people(&mut *db, workspace_id, ids).await?;
    store::people::lock(&mut *db, workspace_id, &named).await?;
    let mut traces = Traces::new(&mut *db, workspace_id, Action::Remove);
    traces.interviews(ids).await?;
    let removed = traces.found;
    let mut people = People::default();
    let others = store::people::interviews(&mut *db, workspace_id, &named).await?;
    add_observations(db, workspace_id, &mut people, &others).await?;
    people.retain(&named);
    store::people::replace(db, workspace_id, &people.as_of_all_answers()).await?;
    Ok(removed)
}

/// Removes the rows of interviews that were written before an answer showed whose they are.
pub async fn forget(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    erased: &HashSet<String>,
    before: &HashMap<String, Standing>,
) -> store::Result<()> {
    if erased.is_empty() {
        return Ok(());
    }
    let known: Vec<String> = erased.iter().filter(|id| before.contains_key(*id)).cloned().collect();
    remove_interviews(&mut *db, workspace_id, &known).await?;
    // Deliveries may have named an interview that has no rows.
    let erased: Vec<String> = erased.iter().cloned().collect();
    store::inbox::forget(db, workspace_id, &erased).await
}

/// Writes the people whom the interviews in `ids` name, with what their other interviews say. The
/// last of a person's interviews to be rebuilt finds all the others.
async fn write_people(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    mut people: People,
    ids: &[String],
) -> store::Result<()> {
    let named: Vec<String> = people.ids().map(str::to_owned).collect();
    store::people::lock_all(db).await?;
    let mut others = store::people::interviews(db, workspace_id, &named).await?;
    others.retain(|other| !ids.contains(other));
    add_observations(db, workspace_id, &mut people, &others).await?;
    people.retain(&named);
    store::people::replace(db, workspace_id, &people.as_of_all_answers()).await
}

/// Adds the people whom interviews name. An unreadable answer counts with its own interview.
async fn add_observations(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    people: &mut People,
    ids: &[String],
) -> store::Result<()> {
    // With an empty list, Postgres might read the whole workspace.
    if ids.is_empty() {
        return Ok(());
    }
    let versions = applied(&mut *db, workspace_id, &OF_INTERVIEWS, ids).await?;
    for version in &versions {
        let kept = store::snapshots::read(&mut *db, workspace_id, version.kind, &[version]).await?;
        people.add(&Observations::of(version.kind, &kept, &mut 0));
    }
    Ok(())
}

/// Writes a posting or its questions again from snapshots. The caller excludes the owner.
pub async fn write_list(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    kind: Kind,
    id: &PostingId,
) -> store::Result<Replayed> {
    let subject = [id.as_str().to_owned()];
    let versions = applied(&mut *db, workspace_id, &[kind], &subject).await?;
    match kind {
        Kind::Questions => write_questions(db, workspace_id, id, &versions).await,
        _ => write_posting(db, workspace_id, id, &versions).await,
    }
}

/// Writes a posting once for each of its snapshots: the first one says since when it is known.
async fn write_posting(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    id: &PostingId,
    versions: &[Version],
) -> store::Result<Replayed> {
    let mut replayed = Replayed { rebuilt: 1, ..Replayed::default() };
    let deletion = store::replay::clear_posting(db, workspace_id, id).await?;
    for version in versions {
        for kept in store::snapshots::read(&mut *db, workspace_id, version.kind, &[version]).await?
        {
            let Some(answer) = answer(version.kind, &kept, &mut replayed.unreadable) else {
                continue;
            };
            let posting = normalize::posting(id, answer);
            postings::write_rows(db, workspace_id, &posting, kept.fetched_at).await?;
        }
    }
    if let Some(deletion) = deletion {
        store::replay::mark_posting(db, workspace_id, &deletion).await?;
    }
    Ok(replayed)
}

/// Writes a posting's questions. They carry no times, so the newest list is enough.
async fn write_questions(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    id: &PostingId,
    versions: &[Version],
) -> store::Result<Replayed> {
    let mut replayed = Replayed { rebuilt: 1, ..Replayed::default() };
    let newest: Vec<&Version> = versions.last().into_iter().collect();
    for kept in store::snapshots::read(&mut *db, workspace_id, Kind::Questions, &newest).await? {
        match observations::questions(&kept) {
            Some(answers) => {
                let at = kept.fetched_at;
                postings::write_question_rows(db, workspace_id, id, answers, at).await?;
            }
            None => replayed.unreadable += 1,
        }
    }
    Ok(replayed)
}

/// The snapshots in rounds, in which each interview occurs once, as a statement requires.
fn rounds(versions: &[Version]) -> Vec<Vec<&Version>> {
    let mut rounds: Vec<Vec<&Version>> = Vec::new();
    let mut turns: HashMap<&str, usize> = HashMap::new();
    for version in versions {
        let turn = turns.entry(&version.subject_id).or_default();
        if rounds.len() == *turn {
            rounds.push(Vec::new());
        }
        rounds[*turn].push(version);
        *turn += 1;
    }
    rounds
}
