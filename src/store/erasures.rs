//! Who a person is that is to be removed: their interviews, ids and addresses.

use futures_util::{Stream, TryStreamExt as _};
use sqlx::PgConnection;

use super::{
    Result,
    snapshots::{Bodies, Kind},
};
use crate::records::WorkspaceId;

/// How a person is named.
#[derive(Debug, Clone, Default)]
pub struct Named {
    /// By HeyMilo's id of the person.
    pub candidate_id: Option<String>,
    /// By an e-mail address, whatever the case of its letters.
    pub email: Option<String>,
    /// By HeyMilo's id of one of their interviews, which alone is meant.
    pub interview_id: Option<String>,
}

/// What the tables know a person by.
#[derive(Debug, Default)]
pub struct Known {
    /// Their interviews.
    pub interview_ids: Vec<String>,
    /// The people themselves, when all of their interviews are meant.
    pub candidate_ids: Vec<String>,
    /// Their addresses, when all of their interviews are meant.
    pub emails: Vec<String>,
}

/// Finds who is meant. Letters of ASCII have the same small letters in every database: the rule of a Turkish one
/// makes a dotless letter of I.
pub async fn find(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    named: &Named,
) -> Result<Known> {
    let candidate_ids = sqlx::query_scalar!(
        r#"
        select candidate_id as "candidate_id!"
        from heymilo.candidates
        where workspace_id = $1
          and candidate_id <> ''
          and (lower(email) = lower($3) or lower(email collate "C") = lower($3 collate "C"))
        union
        select $2::text
        where $2 is not null
        union
        select candidate_id
        from heymilo.interviews
        where workspace_id = $1
          and candidate_id <> ''
          and (lower(candidate_email) = lower($3)
               or lower(candidate_email collate "C") = lower($3 collate "C")
               or (interview_id = $4 and not exists (
                      select from heymilo.interviews as others
                      where others.workspace_id = $1
                        and others.candidate_id = interviews.candidate_id
                        and others.interview_id <> $4
                  )))
        "#,
        workspace_id.as_str(),
        named.candidate_id,
        named.email,
        named.interview_id,
    )
    .fetch_all(&mut *db)
    .await?;
    let emails = emails(db, workspace_id, &candidate_ids).await?;
    let interview_ids = sqlx::query_scalar!(
        r#"
        select interview_id
        from heymilo.interviews
        where workspace_id = $1
          and (candidate_id = any($2)
               or lower(candidate_email) = lower($3)
               or lower(candidate_email collate "C") = lower($3 collate "C")
               or interview_id = $4
               or (candidate_id is null and lower(candidate_email collate "C") = any($5)))
        "#,
        workspace_id.as_str(),
        &candidate_ids,
        named.email,
        named.interview_id,
        &emails,
    )
    .fetch_all(db)
    .await?;
    Ok(Known { interview_ids, candidate_ids, emails })
}

/// What the tables call an interview and a person.
#[derive(Debug)]
pub struct Called {
    /// The interview.
    pub interview_id: Option<String>,
    /// The person.
    pub candidate_id: Option<String>,
    /// Their address.
    pub email: Option<String>,
}

/// All that the tables of a workspace call interviews and people, one after the other.
pub fn called(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
) -> impl Stream<Item = Result<Called>> {
    sqlx::query_as!(
        Called,
        r#"
        select interview_id as "interview_id?", candidate_id, candidate_email as email
        from heymilo.interviews
        where workspace_id = $1
        union all
        select null, candidate_id, email
        from heymilo.candidates
        where workspace_id = $1
        union all
        select interview_id, null, null
        from heymilo_sync.jobs
        where workspace_id = $1
        "#,
        workspace_id.as_str(),
    )
    .fetch(db)
}

/// The people all of whose interviews are among these, and their addresses.
pub async fn people_of(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[String],
) -> Result<(Vec<String>, Vec<String>)> {
    let candidate_ids = sqlx::query_scalar!(
        r#"
        select candidate_id as "candidate_id!"
        from heymilo.interviews
        where workspace_id = $1
          and candidate_id in (
              select candidate_id
              from heymilo.interviews
              where interview_id = any($2)
                and workspace_id = $1
          )
        group by candidate_id
        having bool_and(interview_id = any($2))
        order by candidate_id
        "#,
        workspace_id.as_str(),
        interview_ids,
    )
    .fetch_all(&mut *db)
    .await?;
    let emails = emails(db, workspace_id, &candidate_ids).await?;
    Ok((candidate_ids, emails))
}

/// The addresses of people. One that others have, too, does not tell who is meant.
async fn emails(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    candidate_ids: &[String],
) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        with addresses as (
            select candidate_id, lower(btrim(email) collate "C") as email
            from heymilo.candidates
            where workspace_id = $1
            union
            select candidate_id, lower(btrim(candidate_email) collate "C")
            from heymilo.interviews
            where workspace_id = $1
        )
        select email as "email!"
        from addresses
        where email <> ''
        group by email
        having bool_or(candidate_id = any($2))
           and not bool_or(candidate_id <> all($2))
        order by email
        "#,
        workspace_id.as_str(),
        candidate_ids,
    )
    .fetch_all(db)
    .await
}

/// The answers of one kind about what has no row, because they could not be read or written, or do
/// not say what they are about: the subject's id and the answer, one after the other.
pub fn unwritten(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    kinds: &[Kind],
) -> impl Stream<Item = Result<(String, Vec<u8>)>> {
    let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    sqlx::query!(
        r#"
        select subject_id, body, body_bytes
        from heymilo_sync.snapshots
        where workspace_id = $1
          and kind = any($2)
          and not exists (
              select from heymilo.interviews
              where interviews.interview_id = snapshots.subject_id
                and interviews.workspace_id = $1
          )
        "#,
        workspace_id.as_str(),
        &kinds as _,
    )
    .fetch(db)
    .map_err(sqlx::Error::from)
    .and_then(async |row| {
        let body = Bodies::new()?.decompress(&row.body, row.body_bytes)?;
        Ok((row.subject_id, body))
    })
}

impl Named {
    /// The same without what names nobody, or would name everybody.
    pub fn without_blanks(self) -> Self {
        let named = |word: Option<String>| {
            word.map(|word| word.trim().to_owned()).filter(|word| !word.is_empty())
        };
        Self {
            candidate_id: named(self.candidate_id),
            email: named(self.email),
            interview_id: named(self.interview_id),
        }
    }

    /// Named as the database says it.
    pub fn of_kind(kind: &str, subject: &str) -> Self {
        let subject = Some(subject.to_owned());
        match kind {
            "candidate" => Self { candidate_id: subject, ..Self::default() },
            "email" => Self { email: subject, ..Self::default() },
            _ => Self { interview_id: subject, ..Self::default() },
        }
    }

    /// The id or address.
    pub fn subject(&self) -> &str {
        let words = [&self.candidate_id, &self.email, &self.interview_id];
        words.into_iter().flatten().next().map_or("", String::as_str)
    }

    /// The word for it in the database.
    pub fn kind(&self) -> &'static str {
        match self {
            Self { candidate_id: Some(_), .. } => "candidate",
            Self { email: Some(_), .. } => "email",
            _ => "interview",
        }
    }
}
