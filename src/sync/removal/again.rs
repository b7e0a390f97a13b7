//! Removes again what a restored backup brought back. The file of receipts tells what that is.

use std::collections::{BTreeMap, HashSet};

use futures_util::TryStreamExt as _;
use sqlx::PgConnection;

use super::{Cause, Remover, Subjects};
use crate::{
    mentions::Digests,
    receipts::{self, Record},
    records::WorkspaceId,
    store::{self, erasures::Called, tombstones::Reason},
    sync::{Error, Result},
};

/// Removals that receipts name and the database does not know.
#[derive(Debug)]
pub struct Again {
    /// Why it was removed.
    pub(super) reason: Reason,
    /// The person who requests the removal now.
    pub(super) by: Option<String>,
    /// The hashes of the receipts.
    pub(super) of: Vec<String>,
    pub(super) digests: Digests,
    key_id: String,
    kept: Vec<Vec<u8>>,
}

impl Remover {
    /// Adds the receipts that the file lacks. Returns their number.
    pub async fn note_receipts(&self) -> Result<usize> {
        let known: Vec<String> =
            receipts::read(&self.file)?.into_iter().map(|record| record.hash).collect();
        let records = store::privacy_log::records(&self.db, &known).await?;
        if records.is_empty() {
            return Ok(0);
        }
        Ok(receipts::add(&self.file, &records)?)
    }

    /// The number of receipts in the file that the database does not know. It is above zero after a
    /// restore from an older backup.
    pub async fn forgotten_receipts(&self) -> Result<usize> {
        Ok(self.unknown(receipts::read(&self.file)?).await?.len())
    }

    /// The removals that the database does not know, by reason and key.
    pub async fn again(&self, records: Vec<Record>, by: Option<&str>) -> Result<Vec<Cause>> {
        let mut causes: BTreeMap<(String, String), Vec<Record>> = BTreeMap::new();
        for record in self.unknown(records).await? {
            let Some(key_id) = record.key.clone() else { continue };
            causes.entry((record.reason.clone(), key_id)).or_default().push(record);
        }

        let mut db = self.db.acquire().await?;
        let mut found = Vec::new();
        for ((reason, key_id), records) in causes {
            let Some(reason) = Reason::parse(&reason) else { continue };
            let kept: Vec<Vec<u8>> =
                records.iter().flat_map(|record| &record.digests).map(|hex| bytes(hex)).collect();
            let digests = self.tombstones.made_with(&mut db, &key_id, &kept).await?;
            let digests = digests.ok_or_else(|| Error::OtherErasureKey(key_id.clone()))?;
            let of = records.into_iter().map(|record| record.hash).collect();
            let by = by.map(str::to_owned);
            found.push(Cause::Again(Again { reason, by, of, digests, key_id, kept }));
        }
        Ok(found)
    }

    /// This workspace's receipts that the privacy log does not know.
    async fn unknown(&self, mut records: Vec<Record>) -> Result<Vec<Record>> {
        records.retain(|record| record.workspace == self.workspace_id.as_str());
        let hashes: Vec<String> = records.iter().map(|record| record.hash.clone()).collect();
        let unknown = store::privacy_log::unknown(&self.db, &hashes).await?;
        let unknown: HashSet<String> = unknown.into_iter().collect();
        records.retain(|record| unknown.contains(&record.hash));
        Ok(records)
    }
}

impl Again {
    /// Finds interviews and people whose ids or addresses have the receipts' digests.
    pub(super) async fn find(
        &self,
        db: &mut PgConnection,
        workspace_id: &WorkspaceId,
        cause: &Cause,
    ) -> store::Result<Subjects> {
        let erased = self.digests.of(workspace_id);
        let is_erased =
            |word: &Option<String>| word.as_ref().is_some_and(|word| erased.contains(word));
        let (mut interviews, mut people, mut addresses) =
            (Vec::new(), HashSet::new(), HashSet::new());
        {
            let mut called = std::pin::pin!(store::erasures::called(&mut *db, workspace_id));
            while let Some(Called { interview_id, candidate_id, email }) = called.try_next().await?
            {
                let is_person = is_erased(&candidate_id) || is_erased(&email);
                if is_person || is_erased(&interview_id) {
                    interviews.extend(interview_id);
                }
                if is_person {
                    people.extend(candidate_id);
                    addresses.extend(email.filter(|email| erased.contains(email)));
                }
            }
        }

        let mut subjects = Subjects::of_interviews(&mut *db, workspace_id, interviews).await?;
        subjects.candidate_ids.extend(people);
        subjects.addresses.extend(addresses);
        for words in [&mut subjects.candidate_ids, &mut subjects.addresses] {
            words.sort_unstable();
            words.dedup();
        }
        subjects.add_unwritten(db, workspace_id, cause).await?;
        Ok(subjects)
    }

    /// Makes the tombstones of the receipts again.
    pub(super) async fn add_tombstones(
        &self,
        db: &mut PgConnection,
        workspace_id: &WorkspaceId,
        entry_id: Option<i64>,
    ) -> store::Result<()> {
        let (key_id, digests) = (&self.key_id, &self.kept);
        store::tombstones::keep(db, workspace_id, key_id, digests, self.reason, entry_id).await
    }
}

/// The bytes of a hexadecimal text. A character that is no digit yields none.
fn bytes(hex: &str) -> Vec<u8> {
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    hex.as_bytes().chunks_exact(2).filter_map(byte).collect()
}
