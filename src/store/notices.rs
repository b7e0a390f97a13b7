//! Where the newest answers differ from the contract.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{Result, snapshots::Kind};
use crate::records::{Notice, Problem, WorkspaceId};

/// The notices of one answer.
#[derive(Debug)]
pub struct Noticed<'a> {
    /// The interview or posting it is about.
    pub subject_id: &'a str,
    /// The differences.
    pub notices: &'a [Notice],
    /// When the answer was received.
    pub noticed_at: DateTime<Utc>,
}

/// Replaces the notices of subjects. Notices of an older answer do not apply any longer.
pub async fn replace(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    kind: Kind,
    noticed: &[Noticed<'_>],
) -> Result<()> {
    sqlx::query!(
        r#"
        delete from heymilo_sync.notices
        where subject_id = any($3)
          and kind = $2
          and workspace_id = $1
        "#,
        workspace_id.as_str(),
        kind.as_str(),
        &noticed.iter().map(|answer| answer.subject_id).collect::<Vec<_>>() as _,
    )
    .execute(&mut *db)
    .await?;

    let rows: Vec<(&Noticed<'_>, &Notice)> = noticed
        .iter()
        .flat_map(|answer| answer.notices.iter().map(move |notice| (answer, notice)))
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        r#"
        insert into heymilo_sync.notices
            (workspace_id, kind, subject_id, path, problem, expected, found, occurrences,
             noticed_at)
        select $1, $2, new.*
        from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::integer[],
                    $9::timestamptz[]) as new
        on conflict do nothing
        "#,
        workspace_id.as_str(),
        kind.as_str(),
        &rows.iter().map(|(answer, _)| answer.subject_id).collect::<Vec<_>>() as _,
        &rows.iter().map(|(_, notice)| notice.path.as_str()).collect::<Vec<_>>() as _,
        &rows.iter().map(|(_, notice)| notice.problem.as_str()).collect::<Vec<_>>() as _,
        &rows.iter().map(|(_, notice)| notice.expected).collect::<Vec<_>>() as _,
        &rows.iter().map(|(_, notice)| notice.found).collect::<Vec<_>>() as _,
        &rows.iter().map(|(_, notice)| notice.occurrences).collect::<Vec<_>>(),
        &rows.iter().map(|(answer, _)| answer.noticed_at).collect::<Vec<_>>(),
    )
    .execute(db)
    .await?;

    Ok(())
}

/// Counts deliveries that could not be decoded: one row for each reason.
pub async fn count_undecoded(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    found: &str,
    count: i32,
    noticed_at: DateTime<Utc>,
) -> Result<()> {
    sqlx::query!(
        r#"
        insert into heymilo_sync.notices as noticed
            (workspace_id, kind, subject_id, path, problem, expected, found, occurrences,
             noticed_at)
        values ($1, 'delivery', 'inbox', '', $2, 'a body that can be decoded', $3, $4, $5)
        on conflict on constraint notices_pkey do update
            set occurrences = least(noticed.occurrences, 2000000000) + excluded.occurrences,
                noticed_at  = greatest(noticed.noticed_at, excluded.noticed_at)
        "#,
        workspace_id.as_str(),
        Problem::Undecoded.as_str(),
        found,
        count,
        noticed_at,
    )
    .execute(db)
    .await?;

    Ok(())
}
