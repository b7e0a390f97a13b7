//! The rows below an interview, replaced as a whole.

use sqlx::PgConnection;

use super::{Result, rows};
use crate::records::{Record, Results, WorkflowStep, WorkspaceId};

/// Writes the rows of every table of results. Only the interviews in `known` can have rows
/// already; a new one is not searched for rows to delete.
pub async fn replace(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    results: &[&Results],
    known: &[&str],
) -> Result<()> {
    let tables = Tables { workspace_id, results, known };
    tables.replace(db, |results| &results.web_interviews).await?;
    tables.replace(db, |results| &results.scorecard_questions).await?;
    tables.replace(db, |results| &results.scorecard_transcript_entries).await?;
    tables.replace(db, |results| &results.transcript_entries).await?;
    tables.replace(db, |results| &results.resume_screenings).await?;
    tables.replace(db, |results| &results.resume_score_criteria).await?;
    tables.replace(db, |results| &results.resume_eligibility_criteria).await?;
    tables.replace(db, |results| &results.sms_screenings).await?;
    tables.replace(db, |results| &results.sms_criteria).await?;
    tables.replace(db, |results| &results.sms_messages).await?;
    tables.replace(db, |results| &results.form_screenings).await?;
    tables.replace(db, |results| &results.form_answers).await?;
    tables.replace(db, |results| &results.integrity_reports).await?;
    tables.replace(db, |results| &results.integrity_findings).await?;
    tables.replace(db, |results| &results.integrity_transcript_references).await
}

/// Writes the steps of interviews whose workflow an answer tells.
pub async fn replace_steps(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    workflows: &[(&str, &[WorkflowStep])],
) -> Result<()> {
    let owners: Vec<&str> = workflows.iter().map(|(interview_id, _)| *interview_id).collect();
    let steps: Vec<_> = workflows
        .iter()
        .flat_map(|(interview_id, steps)| steps.iter().map(|step| (*interview_id, step)))
        .collect();
    rows::delete::<WorkflowStep>(db, workspace_id, &owners).await?;
    rows::insert(db, workspace_id, &steps).await
}

struct Tables<'a> {
    workspace_id: &'a WorkspaceId,
    results: &'a [&'a Results],
    known: &'a [&'a str],
}

impl<'a> Tables<'a> {
    async fn replace<R: Record + 'a>(
        &self,
        db: &mut PgConnection,
        records: impl Fn(&'a Results) -> &'a [R],
    ) -> Result<()> {
        let rows: Vec<(&str, &R)> = self
            .results
            .iter()
            .flat_map(|results| {
                let interview_id = results.interview.interview_id.as_str();
                records(results).iter().map(move |record| (interview_id, record))
            })
            .collect();
        rows::delete::<R>(db, self.workspace_id, self.known).await?;
        rows::insert(db, self.workspace_id, &rows).await
    }
}
