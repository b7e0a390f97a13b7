//! The rows below an interview. They are replaced as a whole.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use sqlx::{AssertSqlSafe, PgConnection};

use super::{
    Result, rows,
    snapshots::{Bodies, Kept},
};
use crate::records::{Earlier, Record, Results, WorkflowStep, WorkspaceId, result_tables};

/// What the tables hold of an interview's results before they are written.
#[derive(Debug, Clone, Copy)]
pub enum Before<'a> {
    /// The tables hold no rows, so none are deleted.
    Nothing,
    /// The tables hold unknown rows.
    Something,
    /// The tables hold the rows of these results.
    Known(&'a Results),
}

/// Results that are about to be written.
#[derive(Debug, Clone, Copy)]
pub struct NewResults<'a> {
    /// The results.
    pub results: &'a Results,
    /// What the tables hold before.
    pub before: Before<'a>,
    /// Whether HeyMilo says that the results are not ready. A missing part may still come, and the
    /// earlier rows stay.
    pub is_partial: bool,
}

/// Writes the rows of every result table, unless the table holds these rows already.
pub async fn replace(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    results: &[NewResults<'_>],
) -> Result<()> {
    Tables { workspace_id, results, cleared: &[] }.write(db).await
}

/// The given interviews that have a row in any result table.
pub async fn among(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[&str],
) -> Result<HashSet<String>> {
    if interview_ids.is_empty() {
        return Ok(HashSet::new());
    }
    let of_table = |table: &&str| {
        format!(
            "select interview_id from heymilo.{table} \
             where interview_id = any($2) and workspace_id = $1"
        )
    };
    let statement = TABLES.iter().map(of_table).collect::<Vec<_>>().join(" union ");
    let found: Vec<String> = sqlx::query_scalar(AssertSqlSafe(statement))
        .bind(workspace_id.as_str())
        .bind(interview_ids)
        .fetch_all(db)
        .await?;

    Ok(found.into_iter().collect())
}

/// Deletes the rows of interviews from every result table.
pub async fn delete(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[&str],
) -> Result<()> {
    Tables { workspace_id, results: &[], cleared: interview_ids }.write(db).await
}

/// Writes the steps of interviews whose answer holds a workflow. An unchanged step is not written.
pub async fn replace_steps(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    workflows: &[(&str, Cow<'_, [WorkflowStep]>)],
) -> Result<()> {
    let steps: Vec<_> = workflows
        .iter()
        .flat_map(|(interview_id, steps)| steps.iter().map(|step| (*interview_id, step)))
        .collect();

    sqlx::query!(
        r#"
        delete from heymilo.workflow_steps
        using unnest($2::text[], $3::integer[]) as answer (interview_id, steps)
        where workflow_steps.interview_id = any($2)
          and workflow_steps.interview_id = answer.interview_id
          and workflow_steps.workspace_id = $1
          and workflow_steps.position > answer.steps
        "#,
        workspace_id.as_str(),
        &workflows.iter().map(|(interview_id, _)| *interview_id).collect::<Vec<_>>() as _,
        &workflows.iter().map(|(_, steps)| last_position(steps)).collect::<Vec<_>>(),
    )
    .execute(&mut *db)
    .await?;

    rows::insert_or_change(db, workspace_id, &steps, "position").await
}

/// The values of fields with a default in the tables, by interview.
pub async fn earlier(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[&str],
) -> Result<HashMap<String, Earlier>> {
    let values = sqlx::query!(
        r#"
        select interview_id as "interview_id!", question_id, criteria_id,
               score_weight, not_scored, is_dealbreaker
        from (
            select interview_id, position, question_id, null as criteria_id,
                   score_weight, not_scored, null::boolean as is_dealbreaker
            from heymilo.scorecard_questions
            where interview_id = any($2)
              and workspace_id = $1
            union all
            select interview_id, position, null, criteria_id, null, null, is_dealbreaker
            from heymilo.sms_criteria
            where interview_id = any($2)
              and workspace_id = $1
        ) as held
        -- Where an id occurs twice, its first row tells.
        order by position desc
        "#,
        workspace_id.as_str(),
        interview_ids as _,
    )
    .fetch_all(db)
    .await?;

    let mut earlier: HashMap<String, Earlier> = HashMap::new();
    for row in values {
        let of_interview = earlier.entry(row.interview_id).or_default();
        if let Some(id) = row.question_id {
            of_interview.score_weight.insert(id.clone(), row.score_weight);
            of_interview.not_scored.insert(id, row.not_scored);
        }
        if let Some(id) = row.criteria_id {
            of_interview.is_dealbreaker.insert(id, row.is_dealbreaker);
        }
    }
    Ok(earlier)
}

/// The answers from which the rows in the tables were written. An interview whose newest answer
/// became no rows is left out.
pub async fn answers(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    interview_ids: &[&str],
) -> Result<Vec<Kept>> {
    let answers = sqlx::query!(
        r#"
        select interviews.interview_id, newest.body, newest.body_bytes, newest.fetched_at
        from (
            select distinct on (subject_id) subject_id, body, body_bytes, fetched_at
            from heymilo_sync.snapshots
            where subject_id = any($2)
              and kind = 'interview'
              and workspace_id = $1
              and is_applied
            order by subject_id, version desc
        ) as newest
        join heymilo.interviews
          on interviews.interview_id = newest.subject_id
         and interviews.fetched_at = newest.fetched_at
        where interviews.interview_id = any($2)
          and interviews.workspace_id = $1
        "#,
        workspace_id.as_str(),
        interview_ids as _,
    )
    .fetch_all(db)
    .await?;

    let mut bodies = Bodies::new()?;
    answers
        .into_iter()
        .map(|row| {
            let body = bodies.decompress(&row.body, row.body_bytes)?;
            Ok(Kept { subject_id: row.interview_id, body, fetched_at: row.fetched_at })
        })
        .collect()
}

fn last_position(steps: &[WorkflowStep]) -> i32 {
    steps.iter().map(|step| step.position).max().unwrap_or_default()
}

struct Tables<'a> {
    workspace_id: &'a WorkspaceId,
    results: &'a [NewResults<'a>],
    /// Interviews whose rows are only deleted.
    cleared: &'a [&'a str],
}

impl<'a> Tables<'a> {
    async fn replace<R: Record + PartialEq + 'a>(
        &self,
        db: &mut PgConnection,
        records: impl Fn(&'a Results) -> &'a [R],
    ) -> Result<()> {
        let (mut stale, mut rows) = (self.cleared.to_vec(), Vec::new());

        for NewResults { results, before, is_partial } in self.results {
            let interview_id = results.interview.interview_id.as_str();
            if *is_partial && records(results).is_empty() {
                continue;
            }
            match before {
                Before::Known(old) if records(old) == records(results) => continue,
                Before::Nothing => {}
                Before::Known(old) if records(old).is_empty() => {}
                Before::Something | Before::Known(_) => stale.push(interview_id),
            }
            rows.extend(records(results).iter().map(|record| (interview_id, record)));
        }
        rows::delete::<R>(db, self.workspace_id, &stale).await?;

        rows::insert(db, self.workspace_id, &rows).await
    }
}

/// Writes every result table, and lists them.
macro_rules! write_tables {
    ($($table:ident: $record:ty,)+) => {
        const TABLES: &[&str] = &[$(<$record>::TABLE,)+];

        impl Tables<'_> {
            async fn write(&self, db: &mut PgConnection) -> Result<()> {
                $(self.replace(db, |results| &results.$table).await?;)+
                Ok(())
            }
        }
    };
}
result_tables!(write_tables);
