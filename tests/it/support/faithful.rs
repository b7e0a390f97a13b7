//! The expected content of the tables, from HeyMilo itself.

use std::collections::BTreeMap;

use heymilo_sync::simulator::Simulator;
use serde_json::{Value, json};
use sqlx::PgPool;

/// The values of every interview that an analyst sees.
pub async fn in_the_tables(db: &PgPool) -> BTreeMap<String, Value> {
    let interviews: Value = sqlx::query_scalar(
        "select coalesce(jsonb_object_agg(interview_id, jsonb_build_array(
                 interviews.status, score, shortlisted, dismissed, match_score, overall_score,
                 (select jsonb_agg(steps.status order by position)
                  from heymilo.workflow_steps as steps
                  where steps.interview_id = interviews.interview_id),
                 (select count(*) from heymilo.transcript_entries as entries
                  where entries.interview_id = interviews.interview_id))), '{}')
             from heymilo.interviews
             left join heymilo.web_interviews using (workspace_id, interview_id)
             left join heymilo.resume_screenings using (workspace_id, interview_id)
             where deleted_at is null",
    )
    .fetch_one(db)
    .await
    .unwrap();
    let interviews = interviews.as_object().unwrap().clone();
    interviews.into_iter().map(|(id, interview)| (id, with_floats(interview))).collect()
}

/// The same values of every interview at HeyMilo.
pub fn at_heymilo(heymilo: &Simulator) -> BTreeMap<String, Value> {
    let interview = |id: &String| {
        let (data, row) = (heymilo.interview(id)?, heymilo.candidate(id)?);
        let source = if data["status"] == "not_ready" { &row } else { &data };
        let statuses =
            |steps: &Vec<Value>| steps.iter().map(|step| step["status"].clone()).collect();
        let steps: Option<Vec<Value>> = source["workflow"]["steps"].as_array().map(statuses);
        let web = &data["web_interview"];
        let transcript = web["transcript"].as_array().map_or(0, Vec::len);
        let interview = json!([
            source["status"],
            source["score"],
            row["shortlisted"],
            row["dismissed"],
            web["match_score"],
            data["resume"]["overall_score"],
            steps,
            transcript,
        ]);
        Some((id.clone(), with_floats(interview)))
    };
    heymilo.interview_ids().iter().filter_map(interview).collect()
}

/// Writes every number in the same way.
fn with_floats(mut interview: Value) -> Value {
    for value in interview.as_array_mut().unwrap() {
        if let Some(number) = value.as_f64() {
            *value = json!(number);
        }
    }
    interview
}
