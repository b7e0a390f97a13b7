//! Tombstones of removed interviews and people: keyed digests of their ids and addresses.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};

use sqlx::{PgConnection, PgExecutor};

use super::{Result, removal};
use crate::{
    mentions::{Digests, Key, beginning, fold},
    records::{Candidate, WorkspaceId},
};

/// Why something was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The person requested it, or an officer on the person's behalf.
    Asked,
    /// HeyMilo does not have it. When HeyMilo has it again, it comes back.
    Gone,
    /// It reached the end of its retention.
    Retention,
}

impl Reason {
    /// The reason for a database word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Asked, Self::Gone, Self::Retention]
            .into_iter()
            .find(|reason| reason.as_str() == word)
    }

    /// The database's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Gone => "gone",
            Self::Retention => "retention",
        }
    }
}

/// Makes and finds tombstones. Clones share the key.
#[derive(Debug, Clone, Default)]
pub struct Tombstones(Option<Arc<Key>>);

impl Tombstones {
    /// Uses a key from the settings, or else the database's random number.
    pub fn new(key: Option<Key>) -> Self {
        Self(key.map(Arc::new))
    }

    /// Whether the digests' key is unknown to readers of the database.
    pub fn is_keyed(&self) -> bool {
        self.0.is_some()
    }

    /// The keys that may have made tombstones. The key for new tombstones comes first.
    async fn keys(&self, db: impl PgExecutor<'_>) -> Result<Vec<Key>> {
        let salt =
            sqlx::query_scalar!(r#"select salt from heymilo_sync.salts"#).fetch_one(db).await?;
        let own = self.0.iter().map(|key| Key::clone(key));
        Ok(own.chain([Key::new(&salt)]).collect())
    }

    /// The id of a key that made tombstones and is neither the settings' nor the database's.
    pub async fn unknown_key(&self, db: &mut PgConnection) -> Result<Option<String>> {
        let keys = self.keys(&mut *db).await?;
        let known: Vec<String> = keys.iter().map(|key| key.id().to_owned()).collect();
        sqlx::query_scalar!(
            r#"select key_id from heymilo_sync.tombstones where key_id <> all($1) limit 1"#,
            &known,
        )
        .fetch_optional(db)
        .await
    }

    /// Makes tombstones for interviews, people or addresses with this reason. A lasting reason
    /// replaces [`Reason::Gone`].
    pub async fn add(
        &self,
        db: &mut PgConnection,
        workspace_id: &WorkspaceId,
        ids: impl IntoIterator<Item = &String>,
        reason: Reason,
        entry_id: Option<i64>,
    ) -> Result<()> {
        let ids: BTreeSet<String> =
            ids.into_iter().map(|id| fold(id)).filter(|id| !id.is_empty()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let keys = self.keys(&mut *db).await?;
        let hasher = keys[0].of(workspace_id);
        let digests: Vec<Vec<u8>> = ids.iter().map(|id| hasher.digest(id)).collect();
        keep(db, workspace_id, keys[0].id(), &digests, reason, entry_id).await
    }

    /// The interviews that must stay away, because they or their person, by id or address, have a
    /// tombstone. Tombstones of gone interviews and people are lifted for the others, because
    /// HeyMilo has them again.
    ///
    /// The caller excludes other writers of the interviews, so that an erasure is either seen here
    /// or waits.
    pub async fn among(
        &self,
        db: &mut PgConnection,
        workspace_id: &WorkspaceId,
        interviews: impl Iterator<Item = (&str, Option<&Candidate>)>,
    ) -> Result<HashSet<String>> {
        let interviews: Vec<_> = interviews.collect();
        if interviews.is_empty() || !any(&mut *db).await? {
            return Ok(HashSet::new());
        }
        let (mut ids, mut digests) = (Vec::new(), Vec::new());
        for key in self.keys(&mut *db).await? {
            let hasher = key.of(workspace_id);
            for (interview_id, person) in &interviews {
                let person = person.map(|person| [&person.candidate_id, &person.email]);
                let words = person.into_iter().flatten().filter_map(Option::as_deref);
                for word in words.chain([*interview_id]) {
                    ids.push((*interview_id).to_owned());
                    digests.push(hasher.digest(word));
                }
            }
        }
        let erased = sqlx::query_scalar!(
            r#"
            with found as (
                select asked.interview_id, tombstones.digest, tombstones.reason
                from unnest($1::text[], $2::bytea[]) as asked (interview_id, digest)
                join heymilo_sync.tombstones using (digest)
            ),
            lasting as (
                select distinct interview_id from found where reason <> 'gone'
            ),
            back as (
                delete from heymilo_sync.tombstones
                where reason = 'gone'
                  and digest in (
                      select digest
                      from found
                      where interview_id not in (select interview_id from lasting)
                  )
            )
            select interview_id as "interview_id!" from lasting
            "#,
            &ids,
            &digests,
        )
        .fetch_all(db)
        .await?;

        Ok(erased.into_iter().collect())
    }

    /// The indexes of the texts that name an erased subject.
    pub async fn named_in(
        &self,
        db: &mut PgConnection,
        workspace_id: &WorkspaceId,
        texts: &[&[u8]],
    ) -> Result<HashSet<usize>> {
        if texts.is_empty() {
            return Ok(HashSet::new());
        }
        let digests = self.digests(db, &[Reason::Asked, Reason::Retention]).await?;
        let erased = digests.of(workspace_id);
        let places = texts.iter().enumerate();
        Ok(places.filter(|(_, text)| erased.are_named_in(text)).map(|(place, _)| place).collect())
    }

    /// The digests of everything that was removed for these reasons.
    pub async fn digests(&self, db: &mut PgConnection, reasons: &[Reason]) -> Result<Digests> {
        // The version is read first. A tombstone that is added meanwhile only causes a needless
        // search.
        let version =
            sqlx::query_scalar!(r#"select tombstone_version from heymilo_sync.tombstone_versions"#)
                .fetch_one(&mut *db)
                .await?;
        let keys = self.keys(&mut *db).await?;
        let reasons: Vec<&str> = reasons.iter().map(|reason| reason.as_str()).collect();
        let found = sqlx::query!(
            r#"
            select key_id, substr(digest, 1, 8) as "beginning!"
            from heymilo_sync.tombstones
            where reason = any($1)
            "#,
            &reasons as _,
        )
        .fetch_all(db)
        .await?;

        let used: HashSet<&str> = found.iter().map(|one| one.key_id.as_str()).collect();
        let keys = keys.into_iter().filter(|key| used.contains(key.id())).collect();
        let beginnings = found.iter().map(|one| beginning(&one.beginning)).collect();
        Ok(Digests::new(version, keys, beginnings))
    }

    /// Digests that an earlier run made with a key. `None` when the key is not known.
    pub async fn made_with(
        &self,
        db: &mut PgConnection,
        key_id: &str,
        digests: &[Vec<u8>],
    ) -> Result<Option<Digests>> {
        let keys = self.keys(db).await?;
        let key = keys.into_iter().find(|key| key.id() == key_id);
        let beginnings = digests.iter().map(|digest| beginning(digest)).collect();
        Ok(key.map(|key| Digests::new(0, vec![key], beginnings)))
    }

    /// Whether any of the ids and addresses was removed.
    pub async fn any_of(
        &self,
        db: &mut PgConnection,
        workspace_id: &WorkspaceId,
        words: impl Iterator<Item = &String>,
    ) -> Result<bool> {
        let (words, keys): (Vec<_>, _) = (words.collect(), self.keys(&mut *db).await?);
        let hashers = keys.iter().map(|key| key.of(workspace_id));
        let digests: Vec<Vec<u8>> = hashers
            .flat_map(|hasher| words.iter().map(|word| hasher.digest(word)).collect::<Vec<_>>())
            .collect();

        sqlx::query_scalar!(
            r#"
            select exists (
                select from heymilo_sync.tombstones where digest = any($1)
            ) as "is_any!"
            "#,
            &digests,
        )
        .fetch_one(db)
        .await
    }

    /// Lifts the tombstone of an id or an address. Returns whether there was one.
    pub async fn lift(
        &self,
        db: &mut PgConnection,
        workspace_id: &WorkspaceId,
        word: &str,
    ) -> Result<bool> {
        let keys = self.keys(&mut *db).await?;
        let digests: Vec<_> = keys.iter().map(|key| key.of(workspace_id).digest(word)).collect();
        let lifted = sqlx::query!(
            r#"delete from heymilo_sync.tombstones where digest = any($1)"#,
            &digests,
        )
        .execute(db)
        .await?;

        Ok(lifted.rows_affected() > 0)
    }
}

/// Keeps each digest once. A lasting reason replaces [`Reason::Gone`].
pub async fn keep(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    key_id: &str,
    digests: &[Vec<u8>],
    reason: Reason,
    entry_id: Option<i64>,
) -> Result<()> {
    sqlx::query!(
        r#"
        insert into heymilo_sync.tombstones as known
            (digest, key_id, workspace_id, reason, entry_id)
        select digest, $2, $3, $4, $5
        from unnest($1::bytea[]) as buried (digest)
        on conflict (digest) do update
            set reason   = excluded.reason,
                entry_id = excluded.entry_id
            where known.reason = 'gone'
              and excluded.reason <> 'gone'
        "#,
        digests,
        key_id,
        workspace_id.as_str(),
        reason.as_str(),
        entry_id,
    )
    .execute(db)
    .await?;

    Ok(())
}

async fn any(db: impl PgExecutor<'_>) -> Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from heymilo_sync.tombstones) as "any!""#)
        .fetch_one(db)
        .await
}

/// Waits for the transactions that write deliveries, and blocks others until this one ends. Returns
/// the number of the newest delivery.
pub async fn lock(db: &mut PgConnection) -> Result<i64> {
    sqlx::query!(r#"select tombstone_version from heymilo_sync.tombstone_versions for update"#)
        .fetch_one(&mut *db)
        .await?;

    // A separate statement sees what was committed while the first one waited.
    removal::newest_delivery(db).await
}
