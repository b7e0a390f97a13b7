//! Interviews. Each is written from two answers: its row in the candidates list and its results.
//!
//! Both answers hold the status, the score and more. The list counts as of when it was asked for,
//! results as of when they were received, and the later one counts. Results that are not ready hold
//! neither status nor score. A field that a list row leaves out comes from the results.

mod decisions;

use std::{collections::HashMap, time::Duration};

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor, types::Json};

use super::{Result, database::interval, rows, standings::StandingRow};
use crate::records::{
    AgentSummary, Interview, InterviewId, Listing, PostingId, Standing, WorkspaceId,
};

/// An interview as its results show it.
#[derive(Debug)]
pub struct Fetched<'a> {
    /// The interview in the results.
    pub interview: &'a Interview,
    /// Whether HeyMilo gave results, and did not say that they are not ready.
    pub results_ready: bool,
    /// When the answer was received.
    pub fetched_at: DateTime<Utc>,
}

/// An interview as the candidates list shows it.
#[derive(Debug)]
pub struct Listed<'a> {
    /// The list row.
    pub listing: &'a Listing,
    /// When the list was asked for.
    pub listed_at: DateTime<Utc>,
}

/// Writes interviews from their results. Returns their new states, without steps.
pub async fn upsert_fetched(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    fetched: &[Fetched<'_>],
) -> Result<HashMap<String, Standing>> {
    let of = Columns::of(fetched.iter().map(|answer| answer.interview));
    let written = sqlx::query_as!(
        StandingRow,
        r#"
        insert into heymilo.interviews as known
            (workspace_id, interview_id, posting_id, candidate_id, candidate_name,
             candidate_email, status, score, workflow_complete, last_activity_at, metadata, data,
             extra, results_ready, fetched_at, first_synced_at, synced_at)
        select $1, new.*, new.fetched_at, new.fetched_at
        from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                    $8::float8[], $9::boolean[], $10::timestamptz[], $11::jsonb[], $12::jsonb[],
                    $13::jsonb[], $14::boolean[], $15::timestamptz[])
            as new (interview_id, posting_id, candidate_id, candidate_name, candidate_email,
                    status, score, workflow_complete, last_activity_at, metadata, data, extra,
                    results_ready, fetched_at)
        on conflict (interview_id, workspace_id) do update
            set posting_id        = coalesce(excluded.posting_id, known.posting_id),
                candidate_id      = coalesce(excluded.candidate_id, known.candidate_id),
                candidate_name    = case when excluded.results_ready
                                         then excluded.candidate_name
                                         else coalesce(excluded.candidate_name,
                                                       known.candidate_name) end,
                candidate_email   = case when excluded.results_ready
                                         then excluded.candidate_email
                                         else coalesce(excluded.candidate_email,
                                                       known.candidate_email) end,
                status            = case when known.listed_at > excluded.fetched_at
                                              or not excluded.results_ready
                                             and (known.listed_at is not null
                                                  or known.status <> 'not_ready')
                                         then known.status else excluded.status end,
                score             = case when known.listed_at > excluded.fetched_at
                                              or not excluded.results_ready
                                             and (known.listed_at is not null
                                                  or known.status <> 'not_ready')
                                         then known.score else excluded.score end,
                workflow_complete = coalesce(excluded.workflow_complete, known.workflow_complete),
                last_activity_at  = coalesce(excluded.last_activity_at, known.last_activity_at),
                metadata          = case when excluded.results_ready
                                         then excluded.metadata
                                         else coalesce(excluded.metadata, known.metadata) end,
                data              = case when excluded.results_ready
                                         then excluded.data
                                         else coalesce(excluded.data, known.data) end,
                extra             = excluded.extra,
                results_ready     = excluded.results_ready,
                fetched_at        = excluded.fetched_at,
                first_synced_at   = least(known.first_synced_at, excluded.first_synced_at),
                synced_at         = greatest(known.synced_at, excluded.synced_at),
                deleted_at        = null
        returning interview_id, status, score, shortlisted, dismissed, last_activity_at,
                  results_ready, deleted_at is not null as "deleted!",
                  greatest(fetched_at, listed_at) as observed_at
        "#,
        workspace_id.as_str(),
        &of.interview_ids as _,
        &of.posting_ids as _,
        &of.candidate_ids as _,
        &of.names as _,
        &of.emails as _,
        &of.statuses as _,
        &of.scores as _,
        &of.workflows_complete as _,
        &of.last_activities_at as _,
        &of.metadata as _,
        &of.data as _,
        &of.extra as _,
        &fetched.iter().map(|answer| answer.results_ready).collect::<Vec<_>>(),
        &fetched.iter().map(|answer| answer.fetched_at).collect::<Vec<_>>(),
    )
    .fetch_all(db)
    .await?;

    Ok(StandingRow::by_interview(written))
}

/// Writes interviews from list rows. Returns their new states, without steps.
pub async fn upsert_listed(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    listed: &[Listed<'_>],
) -> Result<HashMap<String, Standing>> {
    let of = Columns::of(listed.iter().map(|row| &row.listing.interview));
    let listings: Vec<&Listing> = listed.iter().map(|row| row.listing).collect();
    let decisions = decisions::of(db, workspace_id, &listings).await?;
    let written = sqlx::query_as!(
        StandingRow,
        r#"
        insert into heymilo.interviews as known
            (workspace_id, interview_id, posting_id, candidate_id, candidate_name,
             candidate_email, status, score, workflow_complete, last_activity_at, metadata, data,
             list_extra, shortlisted, dismissed, interview_url, invited_at, interviewed_at,
             listed_at, first_synced_at, synced_at)
        select $1::text, new.*, new.listed_at, new.listed_at
        from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                    $8::float8[], $9::boolean[], $10::timestamptz[], $11::jsonb[], $12::jsonb[],
                    $13::jsonb[], $14::boolean[], $15::boolean[], $16::text[],
                    $17::timestamptz[], $18::timestamptz[], $19::timestamptz[])
            as new (interview_id, posting_id, candidate_id, candidate_name, candidate_email,
                    status, score, workflow_complete, last_activity_at, metadata, data,
                    list_extra, shortlisted, dismissed, interview_url, invited_at,
                    interviewed_at, listed_at)
        on conflict (interview_id, workspace_id) do update
            set posting_id        = coalesce(known.posting_id, excluded.posting_id),
                candidate_id      = coalesce(known.candidate_id, excluded.candidate_id),
                candidate_name    = case when known.fetched_at > excluded.listed_at
                                         then known.candidate_name
                                         else excluded.candidate_name end,
                candidate_email   = case when known.fetched_at > excluded.listed_at
                                         then known.candidate_email
                                         else excluded.candidate_email end,
                status            = case when known.fetched_at > excluded.listed_at
                                              and known.results_ready
                                         then known.status else excluded.status end,
                score             = case when known.fetched_at > excluded.listed_at
                                              and known.results_ready
                                         then known.score else excluded.score end,
                workflow_complete = case when known.fetched_at > excluded.listed_at
                                         then known.workflow_complete
                                         else coalesce(excluded.workflow_complete,
                                                       known.workflow_complete) end,
                last_activity_at  = case when known.fetched_at > excluded.listed_at
                                         then known.last_activity_at
                                         else coalesce(excluded.last_activity_at,
                                                       known.last_activity_at) end,
                metadata          = case when known.fetched_at > excluded.listed_at
                                         then known.metadata
                                         when known.results_ready
                                         then coalesce(nullif(excluded.metadata, '{}'), known.metadata)
                                         else excluded.metadata end,
                data              = case when known.fetched_at > excluded.listed_at
                                         then known.data
                                         when known.results_ready
                                         then coalesce(nullif(excluded.data, '{}'), known.data)
                                         else excluded.data end,
                list_extra        = excluded.list_extra,
                shortlisted       = excluded.shortlisted,
                dismissed         = excluded.dismissed,
                interview_url     = excluded.interview_url,
                invited_at        = excluded.invited_at,
                interviewed_at    = excluded.interviewed_at,
                listed_at         = excluded.listed_at,
                first_synced_at   = least(known.first_synced_at, excluded.first_synced_at),
                synced_at         = greatest(known.synced_at, excluded.synced_at),
                deleted_at        = null
        returning interview_id, status, score, shortlisted, dismissed, last_activity_at,
                  results_ready, deleted_at is not null as "deleted!",
                  greatest(fetched_at, listed_at) as observed_at
        "#,
        workspace_id.as_str(),
        &of.interview_ids as _,
        &of.posting_ids as _,
        &of.candidate_ids as _,
        &of.names as _,
        &of.emails as _,
        &of.statuses as _,
        &of.scores as _,
        &of.workflows_complete as _,
        &of.last_activities_at as _,
        &of.metadata as _,
        &of.data as _,
        &of.extra as _,
        &decisions.iter().map(|decision| decision.shortlisted).collect::<Vec<_>>() as _,
        &decisions.iter().map(|decision| decision.dismissed).collect::<Vec<_>>() as _,
        &listings.iter().map(|row| row.interview_url.as_deref()).collect::<Vec<_>>() as _,
        &listings.iter().map(|row| row.invited_at).collect::<Vec<_>>() as _,
        &listings.iter().map(|row| row.interviewed_at).collect::<Vec<_>>() as _,
        &listed.iter().map(|row| row.listed_at).collect::<Vec<_>>(),
    )
    .fetch_all(&mut *db)
    .await?;
    replace_summaries(db, workspace_id, &listings).await?;

    Ok(StandingRow::by_interview(written))
}

async fn replace_summaries(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    listings: &[&Listing],
) -> Result<()> {
    let owners: Vec<&str> =
        listings.iter().map(|listing| listing.interview.interview_id.as_str()).collect();
    let summaries: Vec<(&str, &AgentSummary)> = owners
        .iter()
        .zip(listings)
        .filter_map(|(owner, listing)| Some((*owner, listing.agent_summary.as_ref()?)))
        .collect();
    rows::delete::<AgentSummary>(db, workspace_id, &owners).await?;
    rows::insert(db, workspace_id, &summaries).await
}

/// The invitations of a posting.
#[derive(Debug)]
pub struct Invitations {
    /// The oldest invitation whose list row will change: the interview is unfinished, or it changed
    /// after the list was last read.
    pub oldest_open: Option<DateTime<Utc>>,
    /// The newest invitation. The present time when none is known, or when it is in the future.
    pub newest: DateTime<Utc>,
}

/// The given interviews that the tables hold.
pub async fn among(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    ids: &[&str],
) -> Result<Vec<InterviewId>> {
    sqlx::query_scalar!(
        r#"
        select interview_id as "interview_id: InterviewId"
        from heymilo.interviews
        where interview_id = any($2)
          and workspace_id = $1
        "#,
        workspace_id.as_str(),
        ids as _,
    )
    .fetch_all(db)
    .await
}

/// The invitations of a posting. An unfinished one older than `depth` does not count as open.
///
/// A webhook may finish an interview before its list row is read again. Fields that only the list
/// holds, such as `interviewed_at`, would then be missing until the next full scan. So the
/// invitation stays open until the list was read after the change, and up to an hour longer while
/// the list lags behind.
pub async fn invitations(
    db: impl PgExecutor<'_>,
    workspace_id: &WorkspaceId,
    posting_id: &PostingId,
    depth: Duration,
    unfinished_for: Duration,
) -> Result<Invitations> {
    let depth = interval(depth)?;
    let unfinished_for = interval(unfinished_for)?;

    sqlx::query_as!(
        Invitations,
        r#"
        with list as (
            -- A list of a few pages costs little to read whole.
            select coalesce(max(pages), 0) <= 3 as is_short
            from heymilo_sync.cursors
            where workspace_id = $1
              and posting_id = $2
              and list = 'candidates'
        ),
        changed as (
            select interview_changes.interview_id
            from heymilo_sync.cursors
            join heymilo.interview_changes
              on interview_changes.workspace_id = cursors.workspace_id
             and interview_changes.observed_at > cursors.polled_at - interval '1 minute'
            where cursors.workspace_id = $1
              and cursors.posting_id = $2
              and cursors.list = 'candidates'
              and interview_changes.field in ('status', 'score')
              and not interview_changes.first_observation
        )
        select min(invited_at) filter (
                   where (
                             coalesce(status, '') not in
                                 ('completed', 'shortlisted', 'dismissed', 'knocked_out')
                             and invited_at > now() - $4::interval
                         )
                      or (
                             interview_id in (select interview_id from changed)
                             and (is_short or invited_at > now() - $3::interval)
                         )
                      or (
                             status = 'completed'
                             and interviewed_at is null
                             and fetched_at > now() - interval '1 hour'
                             and is_short
                         )
               ) as oldest_open,
               least(max(invited_at), now()) as "newest!"
        from heymilo.interviews
        cross join list
        where workspace_id = $1
          and posting_id = $2
          and deleted_at is null
        "#,
        workspace_id.as_str(),
        posting_id.as_str(),
        unfinished_for,
        depth,
    )
    .fetch_one(db)
    .await
}

/// The columns that list and results share.
struct Columns<'a> {
    interview_ids: Vec<&'a str>,
    posting_ids: Vec<Option<&'a str>>,
    candidate_ids: Vec<Option<&'a str>>,
    names: Vec<Option<&'a str>>,
    emails: Vec<Option<&'a str>>,
    statuses: Vec<Option<&'a str>>,
    scores: Vec<Option<f64>>,
    workflows_complete: Vec<Option<bool>>,
    last_activities_at: Vec<Option<DateTime<Utc>>>,
    metadata: Vec<Option<Json<&'a serde_json::Value>>>,
    data: Vec<Option<Json<&'a serde_json::Value>>>,
    extra: Vec<Option<Json<&'a serde_json::Value>>>,
}

impl<'a> Columns<'a> {
    fn of(interviews: impl Iterator<Item = &'a Interview> + Clone) -> Self {
        fn column<'a, T>(
            interviews: &(impl Iterator<Item = &'a Interview> + Clone),
            value: impl Fn(&'a Interview) -> T,
        ) -> Vec<T> {
            interviews.clone().map(value).collect()
        }
        let all = &interviews;

        Self {
            interview_ids: column(all, |interview| interview.interview_id.as_str()),
            posting_ids: column(all, |interview| interview.posting_id.as_deref()),
            candidate_ids: column(all, |interview| interview.candidate.candidate_id.as_deref()),
            names: column(all, |interview| interview.candidate.name.as_deref()),
            emails: column(all, |interview| interview.candidate.email.as_deref()),
            statuses: column(all, |interview| interview.status.as_deref()),
            scores: column(all, |interview| interview.score),
            workflows_complete: column(all, |interview| interview.workflow.as_ref()?.all_complete),
            last_activities_at: column(all, |interview| {
                interview.workflow.as_ref()?.last_activity_at
            }),
            metadata: column(all, |interview| interview.metadata.as_ref().map(Json)),
            data: column(all, |interview| interview.data.as_ref().map(Json)),
            extra: column(all, |interview| interview.extra.as_ref().map(Json)),
        }
    }
}
