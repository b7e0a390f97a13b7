//! Erasing a person: who that is, what is kept of them beside their interviews, and the receipt.

use futures_util::{Stream, TryStreamExt as _};
use sqlx::{PgConnection, types::Json};

use super::{
    Result,
    snapshots::{Bodies, Kind},
    traces::Removed,
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

/// Finds who is meant.
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
          and lower(email) = lower($3)
        union
        select $2::text
        where $2 is not null
        union
        select candidate_id
        from heymilo.interviews
        where workspace_id = $1
          and candidate_id <> ''
          and (lower(candidate_email) = lower($3)
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
               or interview_id = $4
               or (candidate_id is null and lower(candidate_email) = any($5)))
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

/// The addresses of people. One that others have, too, does not tell who is meant.
async fn emails(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    candidate_ids: &[String],
) -> Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        with addresses as (
            select candidate_id, lower(btrim(email)) as email
            from heymilo.candidates
            where workspace_id = $1
            union
            select candidate_id, lower(btrim(candidate_email))
            from heymilo.interviews
            where workspace_id = $1
        )
        select email as "email!"
        from addresses
        where email <> ''
        group by email
        having bool_or(candidate_id = any($2))
           and not bool_or(candidate_id <> all($2))
        "#,
        workspace_id.as_str(),
        candidate_ids,
    )
    .fetch_all(db)
    .await
}

/// A delivery, to be searched.
#[derive(Debug)]
pub struct Kept {
    /// Its number.
    pub delivery_id: i64,
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// The query string.
    pub query: Option<String>,
    /// What a dropped body looked like.
    pub shape: Option<String>,
    /// The interviews that were recognised in it.
    pub interview_ids: Vec<String>,
}

/// Every delivery of a workspace after one and up to another, one after the other.
pub fn deliveries(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    after: i64,
    last: i64,
) -> impl Stream<Item = Result<Kept>> {
    sqlx::query_as!(
        Kept,
        r#"
        select delivery_id, body, query, shape::text as shape, interview_ids
        from heymilo_sync.inbox
        where workspace_id = $1
          and delivery_id > $2
          and delivery_id <= $3
        "#,
        workspace_id.as_str(),
        after,
        last,
    )
    .fetch(db)
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

/// Counts interviews that are going to be removed, by their postings: HeyMilo may go on counting
/// them.
pub async fn count_removed(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[String],
) -> Result<()> {
    sqlx::query!(
        r#"
        insert into heymilo_sync.removed_interviews as removed
            (workspace_id, posting_id, interviews, completed)
        select workspace_id, posting_id, count(*), count(*) filter (where completed)
        from heymilo_bi.interview_summary
        where workspace_id = $1
          and interview_id = any($2)
          and posting_id is not null
        group by workspace_id, posting_id
        order by posting_id
        on conflict (workspace_id, posting_id) do update
            set interviews = removed.interviews + excluded.interviews,
                completed  = removed.completed + excluded.completed
        "#,
        workspace_id.as_str(),
        interview_ids,
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Removes what machinery knows of the interviews: deliveries, jobs, and a poll's place in a list.
pub async fn remove_machinery(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    delivery_ids: &[i64],
    interview_ids: &[String],
    removed: &mut Removed,
) -> Result<()> {
    let deliveries = sqlx::query!(
        r#"delete from heymilo_sync.inbox where delivery_id = any($1)"#,
        delivery_ids,
    )
    .execute(&mut *db)
    .await?;
    let jobs = remove_jobs(db, workspace_id, interview_ids).await?;
    // The list is read anew instead of from there on.
    sqlx::query!(
        r#"
        update heymilo_sync.cursors
        set page_after   = null,
            run_since    = null,
            run_began_at = null
        where workspace_id = $1
          and page_after = any($2)
        "#,
        workspace_id.as_str(),
        interview_ids,
    )
    .execute(db)
    .await?;

    for (table, rows) in [("inbox", deliveries.rows_affected()), ("jobs", jobs)] {
        if rows > 0 {
            removed.insert(format!("heymilo_sync.{table}"), rows);
        }
    }
    Ok(())
}

/// Removes the jobs of interviews: a worker that holds one of them has lost it. Returns how many.
pub async fn remove_jobs(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[String],
) -> Result<u64> {
    let jobs = sqlx::query!(
        r#"delete from heymilo_sync.jobs where workspace_id = $1 and interview_id = any($2)"#,
        workspace_id.as_str(),
        interview_ids,
    )
    .execute(db)
    .await?;

    Ok(jobs.rows_affected())
}

/// What was erased.
#[derive(Debug)]
pub struct Receipt<'a> {
    /// Who did it; the database's user when nobody says.
    pub by: Option<&'a str>,
    /// How the person was named.
    pub named: &'a Named,
    /// How many interviews.
    pub interviews: usize,
    /// How many people.
    pub people: u64,
    /// How many rows of each table.
    pub removed: &'a Removed,
}

/// Keeps a receipt. Returns its number.
pub async fn keep_receipt(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    receipt: &Receipt<'_>,
) -> Result<i64> {
    sqlx::query_scalar!(
        r#"
        insert into heymilo_sync.erasures
            (workspace_id, erased_by, asked_for, interviews, people, removed)
        values ($1, coalesce($2, session_user::text), $3, $4, $5, $6)
        returning erasure_id
        "#,
        workspace_id.as_str(),
        receipt.by,
        receipt.named.kind(),
        i64::try_from(receipt.interviews).unwrap_or(i64::MAX),
        i64::try_from(receipt.people).unwrap_or(i64::MAX),
        Json(receipt.removed) as _,
    )
    .fetch_one(db)
    .await
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

    /// The word for it in the database.
    fn kind(&self) -> &'static str {
        match self {
            Self { candidate_id: Some(_), .. } => "candidate",
            Self { email: Some(_), .. } => "email",
            _ => "interview",
        }
    }
}
