//! The state of all workspaces for monitoring: a few numbers, read together and with a timeout.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use super::{
    Result,
    files::{self, FileCounts},
};
use crate::records::{Problem, Urgency, WorkspaceId};

/// The state of all workspaces at one moment.
#[derive(Debug)]
pub struct Gauges {
    /// One entry for each workspace that was asked for.
    pub workspaces: Vec<Workspace>,
    /// The jobs, by workspace and urgency.
    pub jobs: Vec<Jobs>,
    /// The requests of the last minute.
    pub requests: Vec<Requests>,
}

/// The state of one workspace.
#[derive(Debug)]
pub struct Workspace {
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// When its last delivery was received.
    pub delivered_at: Option<DateTime<Utc>>,
    /// When any of its lists was last read.
    pub polled_at: Option<DateTime<Utc>>,
    /// How long the most overdue list has been due, in seconds.
    pub list_overdue_s: f64,
    /// When the API last answered correctly.
    pub answered_at: Option<DateTime<Utc>>,
    /// Whether the API refuses the key, or the key is of another workspace.
    pub is_refused: bool,
    /// Whether the API does not answer at all.
    pub is_down: bool,
    /// Whether a process owns the workspace.
    pub is_owned: bool,
    /// How many interviews are being fetched or written.
    pub in_flight: i32,
    /// The number of webhooks registered at HeyMilo. `None` when the daemon does not keep them
    /// registered.
    pub webhooks_registered: Option<i32>,
    /// The most requests a minute that the owner makes.
    pub requests_per_minute: Option<i32>,
    /// How long the pause of requests still lasts, in seconds.
    pub paused_s: f64,
    /// Interviews and lists that the first copy still has to read. `None` once it is complete.
    pub first_copy_left: Option<i64>,
    /// The number of overdue requests to erase a person.
    pub overdue_erasures: i64,
}

/// The jobs of one urgency of a workspace.
#[derive(Debug)]
pub struct Jobs {
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// Their urgency. Jobs that only deliveries name are counted separately.
    pub urgency: String,
    /// Jobs that are due.
    pub due: i64,
    /// Jobs that wait for a later time.
    pub waiting: i64,
    /// Jobs that were set aside.
    pub failed: i64,
    /// How long the oldest job has been due, in seconds.
    pub oldest_due_s: f64,
}

/// The requests of the last minute of one urgency.
#[derive(Debug)]
pub struct Requests {
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// Their urgency, or `others` for requests of other users of the key.
    pub urgency: String,
    /// The number of requests.
    pub requests: i64,
}

/// The places in answers that differ from the contract.
#[derive(Debug)]
pub struct NoticeCounts {
    /// The workspace.
    pub workspace_id: WorkspaceId,
    /// The kind of difference.
    pub problem: String,
    /// The number of different places.
    pub places: i64,
}

/// Figures that are counted once a minute.
#[derive(Debug, Default)]
pub struct Counted {
    /// The places in answers that differ from the contract.
    pub notice_counts: Vec<NoticeCounts>,
    /// The recordings and resumes of each workspace.
    pub files: Vec<(WorkspaceId, FileCounts)>,
}

/// Reads the state of these workspaces. It fails when the database takes longer than a monitoring
/// system waits.
pub async fn read(db: &PgPool, workspaces: &[WorkspaceId]) -> Result<Gauges> {
    let ids = texts(workspaces);
    let mut tx = begin(db).await?;
    let workspaces = standing(&mut tx, &ids).await?;
    let jobs = jobs(&mut tx, &ids).await?;
    let requests = requests(&mut tx, &ids).await?;
    tx.commit().await?;
    Ok(Gauges { workspaces, jobs, requests })
}

/// Counts the differences and the files of these workspaces. It reads every notice and every file,
/// so it does not run for each request, and no request waits for it.
pub async fn counted(db: &PgPool, workspaces: &[WorkspaceId]) -> Result<Counted> {
    let ids = texts(workspaces);
    let mut tx = begin(db).await?;
    let notice_counts = places(&mut tx, &ids).await?;
    let files = files::counts(&mut *tx, &ids).await?;
    tx.commit().await?;
    Ok(Counted { notice_counts, files })
}

async fn begin(db: &PgPool) -> Result<Transaction<'static, Postgres>> {
    let mut tx = db.begin().await?;
    sqlx::query!("set local statement_timeout = '2s'").execute(&mut *tx).await?;
    Ok(tx)
}

fn texts(workspaces: &[WorkspaceId]) -> Vec<&str> {
    workspaces.iter().map(WorkspaceId::as_str).collect()
}

async fn standing(db: &mut PgConnection, ids: &[&str]) -> Result<Vec<Workspace>> {
    sqlx::query_as!(
        Workspace,
        r#"
        select asked.workspace_id as "workspace_id!: WorkspaceId",
               (select max(received_at) from heymilo_sync.inbox
                where inbox.workspace_id = asked.workspace_id) as delivered_at,
               lists.polled_at,
               coalesce(greatest(extract(epoch from now() - lists.due_at), 0), 0)::float8
                   as "list_overdue_s!",
               connections.succeeded_at as "answered_at?",
               coalesce(connections.refused_at, connections.other_workspace_at) is not null
                   as "is_refused!",
               connections.down_at is not null as "is_down!",
               coalesce(heartbeats.alive_until > now(), false) as "is_owned!",
               case when heartbeats.alive_until > now() then heartbeats.in_flight else 0 end as "in_flight!",
               registrations.registered as "webhooks_registered?",
               heartbeats.requests_per_minute as "requests_per_minute?",
               coalesce(greatest(extract(epoch from heartbeats.paused_until - now()), 0), 0)::float8
                   as "paused_s!",
               (
                   select interviews_left + lists_left
                   from heymilo_sync.copying
                   where copying.workspace_id = asked.workspace_id
               ) as first_copy_left,
               (select count(*) from heymilo_sync.erasure_requests as requests
                where requests.workspace_id = asked.workspace_id
                  and requests.done_at is null
                  and requests.due_at < now()) as "overdue_erasures!"
        from unnest($1::text[]) as asked (workspace_id)
        cross join lateral (
            select max(polled_at) as polled_at, min(due_at) as due_at
            from heymilo_sync.cursors
            where cursors.workspace_id = asked.workspace_id
        ) as lists
        left join heymilo_sync.connections using (workspace_id)
        left join heymilo_sync.registrations using (workspace_id)
        left join heymilo_sync.heartbeats using (workspace_id)
        "#,
        ids as _,
    )
    .fetch_all(db)
    .await
}

async fn jobs(db: &mut PgConnection, ids: &[&str]) -> Result<Vec<Jobs>> {
    sqlx::query_as!(
        Jobs,
        r#"
        with counted as (
            select workspace_id,
                   case when jobs.is_known then jobs.urgency::text else 'unknown' end as urgency,
                   count(*) filter (where heymilo_sync.is_due(jobs)) as due,
                   count(*) filter (where jobs.state = 'open' and not heymilo_sync.is_due(jobs)) as waiting,
                   count(*) filter (where jobs.state = 'failed') as failed,
                   min(greatest(jobs.due_at, jobs.enqueued_at)) filter (where heymilo_sync.is_due(jobs))
                       as due_at
            from heymilo_sync.jobs
            group by 1, 2
        )
        select asked.workspace_id as "workspace_id!: WorkspaceId",
               known.urgency as "urgency!",
               coalesce(due, 0) as "due!",
               coalesce(waiting, 0) as "waiting!",
               coalesce(failed, 0) as "failed!",
               coalesce(extract(epoch from now() - due_at), 0)::float8 as "oldest_due_s!"
        from unnest($1::text[]) as asked (workspace_id)
        cross join unnest($2::text[] || array['unknown']) as known (urgency)
        left join counted
          on counted.workspace_id = asked.workspace_id
         and counted.urgency = known.urgency
        "#,
        ids as _,
        &Urgency::ALL.map(Urgency::as_str) as _,
    )
    .fetch_all(db)
    .await
}

async fn requests(db: &mut PgConnection, ids: &[&str]) -> Result<Vec<Requests>> {
    sqlx::query_as!(
        Requests,
        r#"
        select asked.workspace_id as "workspace_id!: WorkspaceId",
               known.urgency as "urgency!",
               coalesce((heartbeats.used ->> known.urgency)::bigint, 0) as "requests!"
        from unnest($1::text[]) as asked (workspace_id)
        cross join unnest($2::text[] || array['others']) as known (urgency)
        left join heymilo_sync.heartbeats
          on heartbeats.workspace_id = asked.workspace_id
         and heartbeats.beat_at > now() - interval '1 minute'
        "#,
        ids as _,
        &Urgency::ALL.map(Urgency::as_str) as _,
    )
    .fetch_all(db)
    .await
}

async fn places(db: &mut PgConnection, ids: &[&str]) -> Result<Vec<NoticeCounts>> {
    sqlx::query_as!(
        NoticeCounts,
        r#"
        with noticed as (
            -- Grouped twice: to count distinct pairs would sort every notice.
            select workspace_id, problem, count(*) as places
            from (select distinct workspace_id, problem, kind, path from heymilo_sync.notices)
                 as places
            group by workspace_id, problem
        )
        select asked.workspace_id as "workspace_id!: WorkspaceId",
               known.problem as "problem!",
               coalesce(noticed.places, 0) as "places!"
        from unnest($1::text[]) as asked (workspace_id)
        cross join unnest($2::text[]) as known (problem)
        left join noticed
          on noticed.workspace_id = asked.workspace_id
         and noticed.problem = known.problem
        "#,
        ids as _,
        &Problem::ALL.map(Problem::as_str) as _,
    )
    .fetch_all(db)
    .await
}
