//! The counts of an adverse impact report: candidates by group, for each posting and for all
//! together.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::Result;
use crate::records::WorkspaceId;

/// The interviews that count: those invited from `from` until before `to`.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The start of the period.
    pub from: DateTime<Utc>,
    /// The end of the period, not included.
    pub to: DateTime<Utc>,
    /// Only this posting. `None` for all postings.
    pub posting_id: Option<String>,
}

/// An attribute of candidates, and where HeyMilo's answer holds it.
#[derive(Debug)]
pub struct Attribute {
    /// The attribute, such as sex.
    pub attribute: String,
    /// The path in HeyMilo's answer.
    pub path: String,
}

/// The attributes that the settings map.
pub async fn attributes(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
) -> Result<Vec<Attribute>> {
    sqlx::query_as!(
        Attribute,
        r#"
        select attribute, path
        from heymilo_sync.demographic_attributes
        where workspace_id = $1
        order by attribute collate "C"
        "#,
        workspace_id.as_str(),
    )
    .fetch_all(db)
    .await
}

/// The size of the sample.
#[derive(Debug)]
pub struct Extent {
    /// Number of interviews in the sample.
    pub interviews: i64,
    /// Its first invitation.
    pub first_invited_at: Option<DateTime<Utc>>,
    /// Its last invitation.
    pub last_invited_at: Option<DateTime<Utc>>,
    /// Interviews of the same postings without an invitation date. They are in no sample.
    pub undated: i64,
    /// Interviews of the same postings that were erased or removed for their age, at any time.
    pub removed: i64,
}

/// Measures the sample.
pub async fn extent(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    sample: &Sample,
) -> Result<Extent> {
    sqlx::query_as!(
        Extent,
        r#"
        select count(*) filter (where invited_at >= $2 and invited_at < $3) as "interviews!",
               min(invited_at) filter (where invited_at >= $2 and invited_at < $3) as first_invited_at,
               max(invited_at) filter (where invited_at >= $2 and invited_at < $3) as last_invited_at,
               count(interview_id) filter (where invited_at is null) as "undated!",
               min(removed.interviews) as "removed!"
        from (
            select coalesce(sum(interviews), 0)::bigint as interviews
            from heymilo_sync.removed_interviews
            where workspace_id = $1
              and ($4::text is null or posting_id = $4)
        ) as removed
        left join heymilo_bi.interview_facts
          on workspace_id = $1
         and ($4::text is null or posting_id = $4)
        "#,
        workspace_id.as_str(),
        sample.from,
        sample.to,
        sample.posting_id,
    )
    .fetch_one(db)
    .await
}

/// The candidates of a group.
#[derive(Debug)]
pub struct Group {
    /// Whether all postings of the sample are counted together.
    pub is_pooled: bool,
    /// The posting. `None` when the posting is not known, and for all postings together.
    pub posting_id: Option<String>,
    /// The posting's title.
    pub posting_label: Option<String>,
    /// An attribute, or two attributes combined.
    pub dimension: String,
    /// The group. `None` for candidates who gave no answer.
    pub group_name: Option<String>,
    /// Interviews that have ended.
    pub assessed: i64,
    /// Of these, the number that a person decided on.
    pub decided: i64,
    /// Of these, the number shortlisted.
    pub selected: i64,
    /// Interviews with a score.
    pub scored: i64,
    /// Of these, the number above the median of all scores that are counted together.
    pub above_median: i64,
}

/// Counts the groups of a sample. All postings together come first. In each dimension, candidates
/// without an answer come last.
pub async fn groups(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    sample: &Sample,
) -> Result<Vec<Group>> {
    sqlx::query_as!(
        Group,
        r#"
        with facts as (
            select interview_id,
                   posting_id,
                   posting_label,
                   is_completed or is_knocked_out or decision is not null as is_assessed,
                   decision,
                   score
            from heymilo_bi.interview_facts
            where workspace_id = $1
              and invited_at >= $2
              and invited_at < $3
              and ($4::text is null or posting_id = $4)
        ),
        medians as (
            select grouping(posting_id) = 1 as is_pooled,
                   coalesce(posting_id, '') as posting_key,
                   percentile_cont(0.5) within group (order by score) as median_score
            from facts
            group by grouping sets ((), (posting_id))
        ),
        grouped as materialized (
            select facts.*, groups.*
            from (
                select array_agg(attribute) as attributes, array_agg(path) as paths
                from heymilo_sync.demographic_attributes
                where workspace_id = $1
            ) as mapped
            cross join facts
            join heymilo.interviews
              on interviews.interview_id = facts.interview_id
             and interviews.workspace_id = $1
            cross join lateral heymilo_sync.groups_of_interview(
                mapped.attributes, mapped.paths, data, metadata
            ) as groups
        ),
        -- Each candidate counts for the posting, and for all together.
        counted as (
            select scopes.*, dimension, group_name, is_provided, is_assessed, decision, score
            from grouped
            cross join lateral (
                values (true, null, null, ''), (false, posting_id, posting_label, coalesce(posting_id, ''))
            ) as scopes (is_pooled, posting_id, posting_label, posting_key)
        )
        select is_pooled as "is_pooled!",
               posting_id,
               posting_label,
               dimension as "dimension!",
               case when is_provided then group_name end as group_name,
               count(*) filter (where is_assessed) as "assessed!",
               count(decision) as "decided!",
               count(*) filter (where decision = 'shortlisted') as "selected!",
               count(score) as "scored!",
               count(*) filter (where score > median_score) as "above_median!"
        from counted
        join medians using (is_pooled, posting_key)
        group by is_pooled, posting_id, posting_label, dimension, is_provided, group_name
        order by is_pooled desc, posting_label collate "C", posting_id collate "C", dimension collate "C",
                 is_provided desc, group_name collate "C"
        "#,
        workspace_id.as_str(),
        sample.from,
        sample.to,
        sample.posting_id,
    )
    .fetch_all(db)
    .await
}
