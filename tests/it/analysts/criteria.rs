//! Criteria: their results, and why candidates are knocked out.

use serde_json::{Value, json};

use crate::support::facts::Facts;

#[tokio::test]
async fn knockout_is_explained_by_the_step_that_ended_it_alone() {
    let facts = Facts::of_one_posting().await;
    let step = |position, step_type, config: Value| json!({ "position": position, "step_id": step_type, "step_type": step_type, "config": config });
    facts
        .has(
            "heymilo.posting_steps",
            json!([
                step(1, "form", json!({ "knockout_enabled": true })),
                step(2, "conversational_sms", Value::Null),
                step(3, "resume", json!({ "knockout_enabled": false })),
            ]),
        )
        .await;
    let ends = [
        ("one", "form"),
        ("two", "form"),
        ("late", "conversational_sms"),
        ("harmless", "resume"),
        ("riddle", "form"),
    ];
    facts
        .has(
            "heymilo.interviews",
            ends.map(|(id, _)| json!({ "interview_id": id, "status": "knocked_out" })).into(),
        )
        .await;
    facts
        .has("heymilo.interviews", json!([{ "interview_id": "spared", "status": "completed" }]))
        .await;
    facts
        .has(
            "heymilo.workflow_steps",
            ends.map(|(id, step)| {
                json!({ "interview_id": id, "position": 1, "step_id": step, "knocked_out": true })
            })
            .into(),
        )
        .await;
    let licence = |id, passed: Value| {
        json!({ "interview_id": id, "position": 1, "question_id": "q1",
                "question_text": "A licence?", "is_knockout": true, "passed": passed })
    };
    facts
        .has(
            "heymilo.form_answers",
            json!([
                licence("one", json!(false)),
                licence("two", json!(false)),
                licence("late", json!(false)),
                licence("spared", json!(false)),
                licence("riddle", Value::Null),
            ]),
        )
        .await;
    let criterion = |id, position, text, dealbreaker| {
        json!({ "interview_id": id, "position": position, "criteria_text": text,
                "is_dealbreaker": dealbreaker, "passed": false })
    };
    facts
        .has(
            "heymilo.sms_criteria",
            json!([
                criterion("late", 1, "Nights?", true),
                criterion("late", 2, "Nights?", true),
                criterion("late", 3, "A car?", false),
                criterion("one", 1, "Nights?", true),
            ]),
        )
        .await;
    facts
        .has(
            "heymilo.resume_eligibility_criteria",
            json!([{ "interview_id": "harmless", "position": 1, "criteria_text": "A degree",
                     "passed": false }]),
        )
        .await;

    let reasons = facts
        .rows(
            "select kind, criteria_id, criteria_text, knocked_out_count,
                    knocked_out_by_this_alone_count,
                    round(heymilo_bi.rate(knocked_out_count, all_knocked_out_count)::numeric, 4)
             from heymilo_bi.knockout_reasons order by kind",
        )
        .await;
    let by_interview = facts
        .rows(
            "select interview_id, kind from heymilo_bi.criterion_facts
             where is_knockout_reason order by 1, position",
        )
        .await;
    assert_eq!(
        by_interview,
        json!([["late", "sms"], ["late", "sms"], ["one", "form"], ["two", "form"]])
    );

    // Five are knocked out. The form ends it for "one" and "two", who lack the licence. "one" also
    // refuses nights, which is no reason. Nights end it for "late", and the licence does not. The
    // car is no dealbreaker. The resume of "harmless" may not knock out, and nothing failed for
    // "riddle".
    assert_eq!(
        reasons,
        json!([
            ["form", "q1", "A licence?", 2, 2, 0.4],
            ["sms", null, "Nights?", 1, 1, 0.2],
            ["unknown", null, null, 2, 0, 0.4],
        ])
    );
}

#[tokio::test]
async fn criteria_of_every_agent_have_one_shape_and_keep_their_scales() {
    let facts = Facts::of_one_posting().await;
    facts
        .has("heymilo.interviews", json!([{ "interview_id": "a" }, { "interview_id": "b" }]))
        .await;
    facts
        .has(
            "heymilo.questions",
            json!([{ "position": 1, "question_id": "c1", "question_text": "Three years of work" },
                   { "position": 2, "question_id": "c1", "question_text": "Told twice" }]),
        )
        .await;
    let verdict = |id, criterion, passed: Value, confidence| {
        json!({ "interview_id": id, "position": 1, "criteria_id": criterion,
                "criteria_text": "As it was", "passed": passed, "confidence": confidence })
    };
    facts
        .has(
            "heymilo.resume_eligibility_criteria",
            json!([verdict("a", "c1", json!(true), 0.9), verdict("b", "c1", Value::Null, 0.5),]),
        )
        .await;
    facts.has("heymilo.sms_criteria", json!([verdict("a", "c2", json!(false), 0.8)])).await;
    let scored = |id, score| {
        json!({ "interview_id": id, "position": 1, "criteria_id": "c3", "criteria_text": "Depth",
                "score": score, "confidence": 0.5 })
    };
    facts.has("heymilo.resume_score_criteria", json!([scored("a", 4.0), scored("b", 9.0)])).await;
    facts
        .has(
            "heymilo.form_answers",
            json!([{ "interview_id": "a", "position": 1, "question_id": "c4",
                     "question_text": "When?", "candidate_answer": "Soon" }]),
        )
        .await;

    let statistics = facts
        .rows(
            "select kind, criteria_id, criteria_text, is_knockout, applied_count, decided_count,
                    passed_count, pass_rate, mean_criterion_score, mean_confidence, unsure_count
             from heymilo_bi.criterion_statistics order by kind",
        )
        .await;

    assert_eq!(
        statistics,
        json!([
            // Without a decision there is no rate.
            ["form", "c4", "When?", null, 1, 0, 0, null, null, null, 0],
            // One of the one that was decided, and (0.9 + 0.5) / 2.
            ["resume_eligibility", "c1", "Three years of work", true, 2, 1, 1, 1, null, 0.7, 1],
            // (4 + 9) / 2.
            ["resume_scoring", "c3", "Depth", false, 2, 0, 0, null, 6.5, 0.5, 2],
            ["sms", "c2", "As it was", null, 1, 1, 0, 0, null, 0.8, 0],
        ])
    );
    assert_eq!(facts.count("heymilo_bi.criterion_facts").await, 6);
}
