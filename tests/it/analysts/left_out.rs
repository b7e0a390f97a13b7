//! Interviews that no view counts.

use serde_json::json;

use crate::support::facts::Facts;

/// Every view that counts interviews.
const VIEWS: &[&str] = &[
    "heymilo.transcripts",
    "heymilo_bi.completion_by_week",
    "heymilo_bi.criterion_facts",
    "heymilo_bi.criterion_statistics",
    "heymilo_bi.decision_backlog",
    "heymilo_bi.decision_facts",
    "heymilo_bi.funnel",
    "heymilo_bi.integrity_signal_facts",
    "heymilo_bi.integrity_signals",
    "heymilo_bi.interview_facts",
    "heymilo_bi.knockout_reasons",
    "heymilo_bi.person_dimension",
    "heymilo_bi.question_answer_facts",
    "heymilo_bi.question_statistics",
    "heymilo_bi.reconciliation",
    "heymilo_bi.resume_against_interview",
    "heymilo_bi.score_distribution",
    "heymilo_bi.selection_by_group",
    "heymilo_bi.shortlist_by_decile",
    "heymilo_bi.source_quality",
    "heymilo_bi.step_durations",
    "heymilo_bi.step_facts",
    "heymilo_bi.stuck_candidates",
    "heymilo_bi.tag_facts",
    "heymilo_bi.weekly_question_scores",
    "heymilo_bi.weekly_throughput",
    "heymilo_bi.workspace_funnel",
    "heymilo_demographics.scoring_rates",
    "heymilo_demographics.selection_rates",
    "heymilo_demographics.weekly_groups",
];

/// Interviews of one posting that would appear in each view.
async fn facts() -> Facts {
    let facts = Facts::of_one_posting().await;
    facts
        .has(
            "heymilo.interviews",
            json!([
                { "interview_id": "a", "status": "completed", "score": 50, "data": { "sex": "f" },
                  "candidate_id": "can", "invited_at": "2026-03-02T09:00:00Z" },
                { "interview_id": "b", "status": "knocked_out" },
                { "interview_id": "c", "status": "in_progress" },
                { "interview_id": "d", "status": "shortlisted" },
            ]),
        )
        .await;

    let of_a = |table, extra: serde_json::Value| {
        let mut row = json!({ "interview_id": "a", "position": 1 });
        row.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        (table, json!([row]))
    };

    for (table, rows) in [
        of_a("heymilo.workflow_steps", json!({ "status": "completed" })),
        of_a("heymilo.web_interviews", json!({ "match_score": 1, "tags": ["calm"] })),
        of_a("heymilo.resume_screenings", json!({ "overall_score": 1 })),
        of_a("heymilo.scorecard_questions", json!({ "score": 1 })),
        of_a("heymilo.form_answers", json!({ "passed": true })),
        of_a("heymilo.transcript_entries", json!({ "text": "Hi" })),
        of_a("heymilo.integrity_reports", json!({ "enabled": true })),
        of_a(
            "heymilo_sync.demographic_attributes",
            json!({ "attribute": "sex", "path": "data.sex" }),
        ),
    ] {
        facts.has(table, rows).await;
    }

    facts
}

async fn assert_counted(facts: &Facts, counted: bool) {
    for view in VIEWS {
        assert_eq!(facts.count(view).await > 0, counted, "{view}");
    }
}

#[tokio::test]
async fn test_postings_are_in_no_view() {
    let facts = facts().await;
    assert_counted(&facts, true).await;

    facts.execute("update heymilo.postings set test_posting = true").await;

    assert_counted(&facts, false).await;
}

#[tokio::test]
async fn deleted_interviews_are_in_no_view() {
    let facts = facts().await;

    facts.execute("update heymilo.interviews set deleted_at = now()").await;
    facts.execute("delete from heymilo.postings").await;

    assert_counted(&facts, false).await;
}

#[tokio::test]
async fn interviews_of_deleted_postings_are_in_no_view() {
    let facts = facts().await;

    facts.execute("update heymilo.postings set deleted_at = now()").await;

    assert_counted(&facts, false).await;
}

#[tokio::test]
async fn interviews_whose_posting_was_not_read_yet_are_counted() {
    let facts = facts().await;

    facts.execute("delete from heymilo.postings").await;

    assert_counted(&facts, true).await;
}

#[tokio::test]
async fn every_view_is_known_here() {
    let facts = Facts::none().await;

    let views = facts
        .rows(
            "select table_schema || '.' || table_name
             from information_schema.views
             where table_schema in ('heymilo', 'heymilo_bi', 'heymilo_demographics')
               and table_name not in (
                   'freshness', 'search_lag', 'posting_dimension', 'week_dimension'
               )
             order by 1",
        )
        .await;

    assert_eq!(views, VIEWS.iter().map(|view| json!([view])).collect::<serde_json::Value>());
}
