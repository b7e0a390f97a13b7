//! Erasing a person: everything that is kept of them, in one transaction, and for good.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use futures_util::{Stream, TryStreamExt as _};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};

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
    /// The number of the receipt. `None` when nothing was erased.
    pub receipt: Option<i64>,
    /// How many interviews.
    pub interviews: usize,
    /// How many people.
    pub people: usize,
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
        Self { db, workspace_id, spool: spool.to_owned(), named, by }
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
        store::erasures::lock(db).await?;
        let Known { interview_ids, candidate_ids, emails } =
            store::erasures::find(db, id, &self.named).await?;
        let mut interviews: BTreeSet<String> = interview_ids.into_iter().collect();
        interviews.extend(self.named.interview_id.clone());
        let addresses =
            emails.into_iter().chain(self.named.email.iter().map(|it| it.to_lowercase()));
        let addresses: Vec<String> = addresses.collect();
        let words: Vec<String> =
            interviews.iter().chain(&candidate_ids).chain(&addresses).cloned().collect();
        let traces = Words::new(&words);

        // Answers that could not be written give nobody a row to be found by.
        let kinds = [Kind::Interview, Kind::Candidate];
        interviews.extend(traces.search(store::erasures::unwritten(db, id, &kinds)).await?);
        let strays = traces.search(store::erasures::unwritten(db, id, &[Kind::Stray])).await?;
        let deliveries = traces.deliveries(db, id, &interviews).await?;
        let files = aside::holding(&self.spool, |content| traces.are_in(content))?;

        let interviews: Vec<String> = interviews.into_iter().collect();
        let mut removed = replay::remove_interviews(db, id, &interviews).await?;
        store::traces::remove_strays(db, id, &strays, &mut removed).await?;
        removed.insert(FILES.to_owned(), files.len() as u64);
        store::traces::remove_people(db, id, &candidate_ids, &mut removed).await?;
        store::erasures::remove_machinery(db, id, &deliveries, &interviews, &mut removed).await?;
        let buried = [interviews.as_slice(), &strays].concat();
        removed.retain(|_, rows| *rows > 0);
        let (interviews, people) = (interviews.len(), candidate_ids.len());
        let mut erased = Erased { receipt: None, interviews, people, removed, files };
        let is_anybody = !buried.is_empty() || people > 0 || !erased.removed.is_empty();
        if is_anybody {
            let people = [candidate_ids, addresses].concat();
            erased.receipt = Some(self.bury(db, &buried, &people, &erased).await?);
        }
        Ok(erased)
    }

    /// Keeps a receipt, and all that was erased away for good: interviews and strays, people by
    /// their ids and addresses. Returns the number of the receipt.
    async fn bury(
        &self,
        db: &mut PgConnection,
        interviews_and_strays: &[String],
        people: &[String],
        erased: &Erased,
    ) -> Result<i64> {
        let id = &self.workspace_id;
        let receipt = Receipt {
            by: self.by.as_deref(),
            named: &self.named,
            interviews: erased.interviews,
            people: erased.people,
            removed: &erased.removed,
        };
        let number = store::erasures::keep_receipt(db, id, &receipt).await?;
        store::tombstones::bury(&mut *db, id, interviews_and_strays, Some(number)).await?;
        // Of whom only one interview was meant, others may come.
        if self.named.interview_id.is_none() {
            store::tombstones::bury(db, id, people, Some(number)).await?;
        }
        Ok(number)
    }
}

/// What a person is known by, in small letters.
struct Words(Vec<String>);

impl Words {
    fn new(words: &[String]) -> Self {
        Self(words.iter().map(|word| word.to_lowercase()).collect())
    }

    /// The interviews whose answers name the person.
    async fn search(
        &self,
        answers: impl Stream<Item = store::Result<(String, Vec<u8>)>>,
    ) -> store::Result<Vec<String>> {
        let named = answers.try_filter_map(async |(interview_id, body)| {
            Ok(self.are_in(&body).then_some(interview_id))
        });
        named.try_collect().await
    }

    /// The deliveries that name the person.
    async fn deliveries(
        &self,
        db: &mut PgConnection,
        workspace_id: &WorkspaceId,
        interviews: &BTreeSet<String>,
    ) -> store::Result<Vec<i64>> {
        let named = store::erasures::deliveries(db, workspace_id).try_filter_map(async |kept| {
            let query = kept.query.as_deref().unwrap_or_default();
            let is_named = kept.interview_ids.iter().any(|id| interviews.contains(id))
                || self.are_in(&kept.body)
                || self.are_in(query.as_bytes());
            Ok(is_named.then_some(kept.delivery_id))
        });
        named.try_collect().await
    }

    /// Whether any of the words is in the text, be it written plainly or with JSON's escapes.
    fn are_in(&self, body: &[u8]) -> bool {
        let plain = String::from_utf8_lossy(body).to_lowercase();
        let has_word = |text: &str| self.0.iter().any(|word| contains(text, word));
        has_word(&plain)
            || (plain.contains('\\')
                && serde_json::from_slice::<Value>(body)
                    .is_ok_and(|value| any_text(&value, &|text| has_word(&text.to_lowercase()))))
    }
}

/// Whether a text contains a word that is not a part of another: `ann@example.com` is not in
/// `joann@example.com`.
fn contains(text: &str, word: &str) -> bool {
    let belongs = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '+');
    text.match_indices(word).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + word.len()..]);
        let mut before = before.chars().rev();
        let begins = match (before.next(), before.next()) {
            // What an escape such as \n ends with belongs to nothing.
            (Some(_), Some('\\')) => true,
            (Some(c), _) => !belongs(c) && c != '.',
            (None, _) => true,
        };
        let mut after = after.chars();
        let ends = match (after.next(), after.next()) {
            (Some('.'), Some(c)) => !belongs(c),
            (Some(c), _) => !belongs(c),
            (None, _) => true,
        };
        begins && ends
    })
}

/// Whether any text of a value meets a condition, names of fields included.
fn any_text(value: &Value, is_meant: &impl Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => is_meant(text),
        Value::Array(items) => items.iter().any(|item| any_text(item, is_meant)),
        Value::Object(fields) => {
            fields.iter().any(|(name, value)| is_meant(name) || any_text(value, is_meant))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_case_and_behind_escapes() {
        let words = Words::new(&["Ada+Jobs@example.com".to_owned()]);

        assert!(words.are_in(br#"{"email": "ADA+jobs@example.com"}"#));
        assert!(words.are_in(br#"{"email": "ada\u002bjobs\u0040example.com"}"#));
        assert!(words.are_in(br#"{"text": "Write to\nada+jobs@example.com."}"#));
        assert!(!words.are_in(br#"{"email": "bob@example.com"}"#));
        assert!(!words.are_in(br#"{"email": "xada+jobs@example.com"}"#));
        assert!(!words.are_in(br#"{"email": "ada+jobs@example.com.au"}"#));
        assert!(!words.are_in(b"\xff\\"));
    }
}
