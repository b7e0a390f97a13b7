//! The changes that operators make on the page or through the API. Each is recorded in the privacy
//! log, in the same transaction.

use std::net::IpAddr;

use super::AppState;
use crate::{
    records::{InterviewId, WorkspaceId},
    store::{self, Result, privacy_log::Entry},
};

/// The operator's name in the log.
#[derive(Debug, Clone)]
pub struct Operator(String);

impl Operator {
    /// `name` is the user name beside the password. It may be any.
    pub fn new(name: Option<&str>, from: Option<IpAddr>, has_token: bool) -> Self {
        let name = name.filter(|name| !name.is_empty());
        let name = name.map(|name| format!("{name}, ")).unwrap_or_default();
        let role = if has_token { "with the operations token" } else { "without a token" };
        let from = from.map_or_else(|| "an unknown address".to_owned(), |from| from.to_string());
        Self(format!("{name}{role}, from {from}"))
    }

    fn did(&self, action: &'static str) -> Entry<'_> {
        Entry { by: Some(&self.0), action, ..Entry::default() }
    }
}

/// Makes every list of a workspace due.
pub async fn read_lists(app: &AppState, id: &WorkspaceId, operator: &Operator) -> Result<()> {
    let mut tx = app.db.begin().await?;
    store::cursors::make_all_due(&mut *tx, id).await?;
    store::privacy_log::add(&mut *tx, id, &operator.did("lists_due")).await?;
    tx.commit().await
}

/// Makes an interview due. Returns whether the interview is known.
pub async fn sync(
    app: &AppState,
    id: &WorkspaceId,
    operator: &Operator,
    interview: &InterviewId,
) -> Result<bool> {
    let mut tx = app.db.begin().await?;
    let is_known = store::failures::retry(&mut tx, id, interview).await?;
    if is_known {
        let asked_for = Some("interview");
        let entry = Entry { asked_for, interviews: Some(1), ..operator.did("interview_due") };
        store::privacy_log::add(&mut *tx, id, &entry).await?;
    }
    tx.commit().await?;
    Ok(is_known)
}

/// Makes all failed interviews due, or those with one reason. Returns their number.
pub async fn retry_all(
    app: &AppState,
    id: &WorkspaceId,
    operator: &Operator,
    reason: Option<&str>,
) -> Result<usize> {
    let mut tx = app.db.begin().await?;
    let interviews = store::failures::retry_all(&mut tx, id, reason).await?;
    let entry = Entry { interviews: Some(interviews), ..operator.did("failed_due") };
    store::privacy_log::add(&mut *tx, id, &entry).await?;
    tx.commit().await?;
    Ok(interviews)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_is_known_by_name_token_and_address() {
        let from = Some(IpAddr::from([10, 0, 0, 5]));
        let said = |name, from, has_token| Operator::new(name, from, has_token).0;

        assert_eq!(said(Some("ada"), from, true), "ada, with the operations token, from 10.0.0.5");
        assert_eq!(said(Some(""), from, false), "without a token, from 10.0.0.5");
        assert_eq!(said(None, None, true), "with the operations token, from an unknown address");
    }
}
