//! Finds the person who is to be removed, with their interviews, ids and addresses.

use chrono::{DateTime, Utc};
use futures_util::{Stream, TryStreamExt as _};
use sqlx::PgConnection;

use super::{
    Result,
    snapshots::{Bodies, Kind},
};
use crate::records::WorkspaceId;

/// The id or address by which a person is named.
#[derive(Debug, Clone, Default)]
pub struct Named {
    /// HeyMilo's id of the person.
    pub candidate_id: Option<String>,
    /// An e-mail address, in any case.
    pub email: Option<String>,
    /// HeyMilo's id of one of their interviews. Only this interview is meant.
    pub interview_id: Option<String>,
}

/// The ids and addresses that the tables hold about a person.
#[derive(Debug, Default)]
pub struct Known {
    /// Their interviews.
    pub interview_ids: Vec<String>,
    /// The people, when all of their interviews are meant.
    pub candidate_ids: Vec<String>,
    /// Their addresses, when all of their interviews are meant.
    pub emails: Vec<String>,
}

/// Finds the person who is meant.
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
          and heymilo_sync.fold(email) = heymilo_sync.fold($3)
        union
        select $2::text
        where $2 is not null
        union
        select candidate_id
        from heymilo.interviews
        where workspace_id = $1
          and candidate_id <> ''
          and heymilo_sync.fold(candidate_email) = heymilo_sync.fold($3)
        union
        (
            -- A person whose only interview is meant.
            select candidate_id
            from heymilo.interviews
            where workspace_id = $1
              and candidate_id <> ''
              and candidate_id = (
                  select candidate_id
                  from heymilo.interviews
                  where interview_id = $4
                    and workspace_id = $1
              )
            group by candidate_id
            having count(*) = 1
        )
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
               or heymilo_sync.fold(candidate_email) = heymilo_sync.fold($3)
               or interview_id = $4
               or (candidate_id is null and heymilo_sync.fold(candidate_email) = any($5)))
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

/// The ids and the address of an interview's person.
#[derive(Debug)]
pub struct Called {
    /// The interview.
    pub interview_id: Option<String>,
    /// The person.
    pub candidate_id: Option<String>,
    /// The person's address.
    pub email: Option<String>,
}

/// The ids and addresses of all interviews and people of a workspace, as a stream.
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

/// The people whose interviews are all among these, with their addresses.
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

/// The addresses of people. An address that others have too is left out, because it names more than
/// one person.
async fn emails(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    candidate_ids: &[String],
) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        with addresses as (
            select candidate_id, heymilo_sync.fold(email) as email
            from heymilo.candidates
            where workspace_id = $1
            union
            select candidate_id, heymilo_sync.fold(candidate_email)
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

/// Answers of one kind that have no rows, as a stream of subject ids and bodies. They could not be
/// read or written, or do not say what they are about.
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
        left join heymilo.interviews
          on interviews.interview_id = snapshots.subject_id
         and interviews.workspace_id = $1
        where snapshots.workspace_id = $1
          and kind = any($2)
          and interviews.interview_id is null
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

/// An answer that is to be searched.
#[derive(Debug)]
pub struct Answer {
    /// The kind of answer.
    pub kind: Kind,
    /// The subject of the answer.
    pub subject_id: String,
    /// The body, byte for byte.
    pub body: Vec<u8>,
}

/// Every version of all answers about interviews and people, as a stream.
pub fn answers(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
) -> impl Stream<Item = Result<Answer>> {
    sqlx::query!(
        r#"
        select kind as "kind: Kind", subject_id, body, body_bytes
        from heymilo_sync.snapshots
        where workspace_id = $1
          and kind in ('interview', 'candidate', 'unusable')
        "#,
        workspace_id.as_str(),
    )
    .fetch(db)
    .map_err(sqlx::Error::from)
    .and_then(async |row| {
        let body = Bodies::new()?.decompress(&row.body, row.body_bytes)?;
        Ok(Answer { kind: row.kind, subject_id: row.subject_id, body })
    })
}

/// An interview that may be a person's.
#[derive(Debug)]
pub struct Possible {
    /// Its id.
    pub interview_id: String,
    /// The person.
    pub candidate_id: Option<String>,
    /// Their name.
    pub name: Option<String>,
    /// Their address.
    pub email: Option<String>,
    /// The title of the posting.
    pub posting_title: Option<String>,
    /// When the person was invited.
    pub invited_at: Option<DateTime<Utc>>,
}

/// The rows of interviews, the last invitation first. An interview without a row has only its id.
pub async fn possible(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[String],
) -> Result<Vec<Possible>> {
    sqlx::query_as!(
        Possible,
        r#"
        select asked.interview_id as "interview_id!",
               interviews.candidate_id as "candidate_id?",
               interviews.candidate_name as "name?",
               interviews.candidate_email as "email?",
               coalesce(postings.title, postings.name) as "posting_title?",
               interviews.invited_at as "invited_at?"
        from unnest($2::text[]) as asked (interview_id)
        left join heymilo.interviews
          on interviews.interview_id = asked.interview_id
         and interviews.workspace_id = $1
        left join heymilo.postings
          on postings.posting_id = interviews.posting_id
         and postings.workspace_id = $1
        order by interviews.invited_at desc nulls last, asked.interview_id collate "C"
        "#,
        workspace_id.as_str(),
        interview_ids,
    )
    .fetch_all(db)
    .await
}

impl Named {
    /// The same without blank ids and addresses, which would match nothing or everything.
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

    /// The name from a kind and a subject as the database holds them.
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

    /// The database's word for the kind of name.
    pub fn kind(&self) -> &'static str {
        match self {
            Self { candidate_id: Some(_), .. } => "candidate",
            Self { email: Some(_), .. } => "email",
            _ => "interview",
        }
    }
}
