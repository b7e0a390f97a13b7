//! The assessments of the agents.

use serde_json::{Value, json};

use crate::support::facts::Facts;

#[tokio::test]
async fn scores_stay_on_their_own_scales() {
    let facts = Facts::of_one_posting().await;
    facts
        .has(
            "heymilo.interviews",
            json!([{ "interview_id": "a", "score": 100 },
                                         { "interview_id": "b", "score": 0 },
                                         { "interview_id": "c" }]),
        )
        .await;
    facts
        .has(
            "heymilo.web_interviews",
            json!([{ "interview_id": "a", "match_score": 70, "speech_score": 3.6 }]),
        )
        .await;

    let scores = facts
        .rows(
            "select measure, scale_max, tenth, interview_count
             from heymilo_bi.score_distribution order by measure, tenth",
        )
        .await;

    assert_eq!(
        scores,
        json!([
            ["overall", 100, 1, 1],
            ["overall", 100, 10, 1],
            // 3.6 of 5 is 7.2 tenths, rounded up.
            ["speech", 5, 8, 1],
            ["web_interview", 100, 7, 1],
        ])
    );
}

#[tokio::test]
async fn a_question_is_compared_with_the_candidates_other_questions() {
    let facts = Facts::of_one_posting().await;
    let scores = [
        ("a", [Some(2), Some(3)]),
        ("b", [Some(4), Some(5)]),
        ("c", [Some(6), Some(10)]),
        ("d", [Some(8), None]),
    ];
    facts
        .has("heymilo.interviews", scores.map(|(id, _)| json!({ "interview_id": id })).into())
        .await;
    let mut rows = Vec::new();
    for (id, scores) in scores {
        for (position, score) in (1..).zip(scores) {
            rows.push(json!({ "interview_id": id, "position": position, "score": score,
                              "question_id": format!("q{position}"), "question_text": "Why?" }));
        }
        rows.push(json!({ "interview_id": id, "position": 3, "score": 10, "not_scored": true,
                          "question_id": "q3" }));
    }
    facts.has("heymilo.scorecard_questions", rows.into()).await;

    let statistics = facts
        .rows(
            "select question_id, answer_count, mean_answer_score,
                    round(standard_deviation::numeric, 4), round(difficulty::numeric, 4),
                    compared_count,
                    round(discrimination::numeric, 4), is_small
             from heymilo_bi.question_statistics order by question_id",
        )
        .await;

    assert_eq!(
        statistics,
        json!([
            // 2, 4, 6, 8: mean 5, variance (9 + 1 + 1 + 9) / 3 = 6.6667, (10 - 5) / 9.
            // Against q2 of a, b and c: deviations -2 0 2 and -3 -1 4, so
            // (6 + 0 + 8) / sqrt(8 * 26) = 0.9707.
            ["q1", 4, 5, 2.582, 0.5556, 3, 0.9707, true],
            // 3, 5, 10: mean 6, variance (9 + 1 + 16) / 2 = 13, (10 - 6) / 9.
            ["q2", 3, 6, 3.6056, 0.4444, 3, 0.9707, true],
        ])
    );
}

#[tokio::test]
async fn the_mean_of_the_others_leaves_the_question_itself_out() {
    let facts = Facts::of_one_posting().await;
    let scores = [("a", [1, 2, 6]), ("b", [5, 4, 4]), ("c", [9, 6, 8])];
    facts
        .has("heymilo.interviews", scores.map(|(id, _)| json!({ "interview_id": id })).into())
        .await;
    for (id, scores) in scores {
        let rows: Vec<Value> = (1..)
            .zip(scores)
            .map(|(position, score)| {
                json!({ "interview_id": id, "position": position, "score": score,
                        "question_text": format!("Question {position}") })
            })
            .collect();
        facts.has("heymilo.scorecard_questions", rows.into()).await;
    }

    let discrimination = facts
        .rows(
            "select question_id, question_text, round(discrimination::numeric, 4)
             from heymilo_bi.question_statistics order by question_text",
        )
        .await;

    assert_eq!(
        discrimination,
        json!([
            // 1 5 9 against (2+6)/2 (4+4)/2 (6+8)/2 = 4 4 7: deviations -4 0 4 and -1 -1 2:
            // (4 + 0 + 8) / sqrt(32 * 6) = 0.8660.
            [null, "Question 1", 0.866],
            // 2 4 6 against 3.5 4.5 8.5: -2 0 2 and -2 -1 3: (4 + 6) / sqrt(8 * 14) = 0.9449.
            [null, "Question 2", 0.9449],
            // 6 4 8 against 1.5 4.5 7.5: 0 -2 2 and -3 0 3: 6 / sqrt(8 * 18) = 0.5.
            [null, "Question 3", 0.5],
        ])
    );
}

#[tokio::test]
async fn resumes_are_held_against_interviews_where_there_are_both() {
    let facts = Facts::of_one_posting().await;
    let both = [("a", 40, 50), ("b", 60, 60), ("c", 80, 70)];
    let posting = |id: &str| if id == "single" { "other" } else { "pos" };
    let interview = |id| json!({ "interview_id": id, "posting_id": posting(id), "score": 1 });
    facts
        .has("heymilo.interviews", ["a", "b", "c", "no_web", "single"].map(interview).into())
        .await;
    let resume = |id, score| json!({ "interview_id": id, "overall_score": score });
    let web = |id, score| json!({ "interview_id": id, "match_score": score });
    facts
        .has("heymilo.resume_screenings", both.map(|(id, score, _)| resume(id, score)).into())
        .await;
    facts.has("heymilo.web_interviews", both.map(|(id, _, score)| web(id, score)).into()).await;
    facts.has("heymilo.resume_screenings", json!([resume("no_web", 1), resume("single", 1)])).await;
    facts.has("heymilo.web_interviews", json!([web("single", 2)])).await;

    let lines = facts
        .rows(
            "select posting_id, interview_count, mean_resume_score, mean_match_score, correlation, slope,
                    intercept, is_small
             from heymilo_bi.resume_against_interview order by posting_id desc",
        )
        .await;

    assert_eq!(
        lines,
        json!([
            // 10 points for 20 are a slope of 0.5, and 60 - 0.5 * 60 = 30.
            ["pos", 3, 60, 60, 1, 0.5, 30, true],
            // A single interview has no correlation. Its posting has no row yet, and it counts.
            ["other", 1, 1, 2, null, null, null, true],
        ])
    );
}

#[tokio::test]
async fn a_decile_holds_the_scores_at_the_time_of_the_decision() {
    let facts = Facts::of_one_posting().await;
    facts
        .has(
            "heymilo.interviews",
            json!([
                { "interview_id": "a", "status": "dismissed", "score": 50 },
                { "interview_id": "b", "status": "completed", "score": 50 },
                { "interview_id": "c", "status": "shortlisted", "score": 80 },
                { "interview_id": "d", "status": "shortlisted", "score": 20 },
                { "interview_id": "unscored", "status": "dismissed" },
            ]),
        )
        .await;
    let change = |field, value, day| {
        json!({ "interview_id": "d", "field": field, "new_value": value,
                "first_observation": false, "observed_at": format!("2026-03-{day}T12:00:00Z") })
    };
    facts
        .has(
            "heymilo.interview_changes",
            json!([
                change("score", "90", "01"),
                change("score", "95", "02"),
                change("status", "shortlisted", "03"),
                change("score", "20", "04"),
            ]),
        )
        .await;

    let deciles = facts
        .rows(
            "select decile, lowest_score, highest_score, interview_count, shortlisted_count,
                    dismissed_count, undecided_count, shortlist_rate, is_small
             from heymilo_bi.shortlist_by_decile order by decile",
        )
        .await;

    // 50, 50, 80, 95: the share that is not above is 2/4, 3/4 and 4/4, in tenths rounded up 5, 8
    // and 10. The score at the decision about d was 95.
    assert_eq!(
        deciles,
        json!([
            [5, 50, 50, 2, 0, 1, 1, 0, true],
            [8, 80, 80, 1, 1, 0, 0, 1, true],
            [10, 95, 95, 1, 1, 0, 0, 1, true],
        ])
    );
}

#[tokio::test]
async fn signals_are_counted_where_detection_is_on_and_has_judged() {
    let facts = Facts::of_one_posting().await;
    facts
        .has(
            "heymilo.interviews",
            ["a", "b", "c", "off"].map(|id| json!({ "interview_id": id })).into(),
        )
        .await;
    let report = |id, enabled, cheating: Value, ranking: Value, tabs: Value, recording: &str| {
        json!({ "interview_id": id, "enabled": enabled, "cheating_detected": cheating,
                "overall_ranking": ranking, "tab_switch_detection": { "total_count": tabs },
                "interview_integrity_status": recording })
    };
    facts
        .has(
            "heymilo.integrity_reports",
            json!([
                report("a", true, json!(true), json!(4), json!(3), "failed"),
                report("b", true, json!(false), json!(3), json!(0), "completed"),
                report("c", true, Value::Null, Value::Null, json!("many"), "failed"),
                report("off", false, json!(true), json!(5), json!(9), "completed"),
            ]),
        )
        .await;
    let movement =
        |position| json!({ "interview_id": "a", "position": position, "detector": "movement" });
    facts.has("heymilo.integrity_findings", json!([movement(1), movement(2)])).await;

    let signals = facts
        .rows(
            "select signal, enabled_count, judged_count, detected_count, detected_rate, is_small
             from heymilo_bi.integrity_signals order by signal",
        )
        .await;

    assert_eq!(
        signals,
        json!([
            ["cheating", 3, 2, 1, 0.5, true],
            ["llm_generated", 3, 0, 0, null, true],
            ["movement", 3, 2, 1, 0.5, true],
            ["overall", 3, 2, 1, 0.5, true],
            ["tab_switch", 3, 2, 1, 0.5, true],
            ["unusual_delay", 3, 0, 0, null, true],
        ])
    );
}

#[tokio::test]
async fn a_source_is_found_in_metadata_or_data_and_is_else_unknown() {
    let facts = Facts::of_one_posting().await;
    facts
        .has(
            "heymilo.interviews",
            json!([
                { "interview_id": "a", "metadata": { "source": "Fair" }, "status": "shortlisted",
                  "workflow_complete": true, "score": 60 },
                { "interview_id": "b", "data": { "source": " Fair " }, "status": "completed",
                  "score": 90 },
                { "interview_id": "c", "metadata": { "source": "Fair" }, "status": "pending" },
                { "interview_id": "d", "metadata": { "source": " " }, "status": "pending" },
            ]),
        )
        .await;

    let sources = facts
        .rows(
            "select source, invited_count, started_count, completed_count, shortlisted_count,
                    round(completion_rate::numeric, 4), round(shortlist_rate::numeric, 4),
                    scored_count, mean_score
             from heymilo_bi.source_quality order by source",
        )
        .await;

    assert_eq!(
        sources,
        json!([
            // 2 of 3 completed, 1 of 3 shortlisted, and (60 + 90) / 2.
            ["Fair", 3, 2, 2, 1, 0.6667, 0.3333, 2, 75],
            [null, 1, 0, 0, 0, 0, 0, 0, null],
        ])
    );
}

#[tokio::test]
async fn a_conversation_is_read_in_order_whatever_the_channel() {
    let facts = Facts::of_one_posting().await;
    facts.has("heymilo.interviews", json!([{ "interview_id": "a" }])).await;
    facts
        .has(
            "heymilo.transcript_entries",
            json!([
                { "interview_id": "a", "position": 10, "speaker": "Candidate", "text": "Soon.",
                  "offset_seconds": 4.5 },
                { "interview_id": "a", "position": 2, "speaker": "AI", "text": "When?" },
            ]),
        )
        .await;
    facts
        .has(
            "heymilo.sms_messages",
            json!([{ "interview_id": "a", "position": 1, "role": "agent", "text": "Hi",
                     "sent_at": "2026-03-02T10:00:00Z" }]),
        )
        .await;

    let turns = facts
        .rows(
            "select channel, speaker, text, offset_seconds, sent_at at time zone 'UTC'
             from heymilo.transcripts order by interview_id, channel, position",
        )
        .await;

    assert_eq!(
        turns,
        json!([
            ["sms", "agent", "Hi", null, "2026-03-02T10:00:00"],
            ["web_interview", "AI", "When?", null, null],
            ["web_interview", "Candidate", "Soon.", 4.5, null],
        ])
    );
}
