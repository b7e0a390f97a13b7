//! The outcomes of interviews, and the figures that are kept of them.

use serde_json::{Value, json};

use crate::support::{facts::Facts, simulated::Simulated};

#[tokio::test]
async fn outcomes_add_up_to_invitations_and_drop_off_leaves_out_decided() {
    let facts = Facts::of_one_posting().await;
    let interview = |id, status, dismissed: bool| {
        json!({ "interview_id": id, "status": status, "dismissed": dismissed,
                "invited_at": "2026-03-02T09:00:00Z" })
    };
    facts
        .has(
            "heymilo.interviews",
            json!([
                interview("completed", "completed", false),
                interview("knocked_out", "knocked_out", false),
                interview("never_started", "pending", false),
                interview("dropped", "in_progress", false),
                interview("decided_under_way", "in_progress", true),
                // The workflow ended, and a step ended the application: that counts once.
                { "interview_id": "both", "status": "knocked_out", "workflow_complete": true,
                  "invited_at": "2026-03-02T09:00:00Z" },
            ]),
        )
        .await;

    let counts = facts
        .rows(
            "select invited_count, completed_count, knocked_out_count, unfinished_count,
                    never_started_count, decided_under_way_count, dropped_count,
                    round(drop_off_rate::numeric, 4)
             from heymilo_bi.completion_by_week",
        )
        .await;

    // 1 + 2 + 2 + 1 = 6. Five started. One of them was decided on while unfinished, and one of the
    // other four dropped off.
    assert_eq!(counts, json!([[6, 1, 2, 2, 1, 1, 1, 0.25]]));
    let outcomes =
        facts.rows("select interview_id, outcome from heymilo_bi.interview_facts order by 1").await;
    assert_eq!(
        outcomes,
        json!([
            ["both", "knocked_out"],
            ["completed", "completed"],
            ["decided_under_way", "unfinished"],
            ["dropped", "unfinished"],
            ["knocked_out", "knocked_out"],
            ["never_started", "never_started"],
        ])
    );
    let funnel = facts
        .rows("select stage, interview_count from heymilo_bi.workspace_funnel order by stage_order")
        .await;
    assert_eq!(
        funnel,
        json!([["Invited", 6], ["Started", 5], ["Completed", 1], ["Shortlisted", 0]])
    );
}

#[tokio::test]
async fn decision_made_before_the_first_sync_has_no_time_and_says_so() {
    let facts = Facts::of_one_posting().await;
    facts
        .has(
            "heymilo.interviews",
            json!([
                { "interview_id": "before", "status": "shortlisted", "score": 70,
                  "interviewed_at": "2026-03-01T00:00:00Z" },
                { "interview_id": "seen", "status": "shortlisted", "score": 60,
                  "interviewed_at": "2026-03-02T12:00:00Z" },
            ]),
        )
        .await;
    let change = |id, field, value, observed, first| {
        json!({ "interview_id": id, "field": field, "new_value": value, "first_observation": first,
                "observed_at": observed })
    };
    facts
        .has(
            "heymilo.interview_changes",
            json!([
                change("before", "status", "shortlisted", "2026-03-05T00:00:00Z", true),
                change("seen", "score", "90", "2026-03-03T00:00:00Z", false),
                change("seen", "status", "shortlisted", "2026-03-04T00:00:00Z", false),
                change("seen", "score", "60", "2026-03-05T00:00:00Z", false),
            ]),
        )
        .await;

    let decisions = facts
        .rows(
            "select interview_id, was_decided_before_sync, decided_at at time zone 'UTC',
                    hours_to_decision, score_at_decision
             from heymilo_bi.decision_facts order by 1",
        )
        .await;

    assert_eq!(
        decisions,
        json!([
            ["before", true, null, null, 70],
            // From noon of the 2nd to midnight before the 4th, at the score of the 3rd.
            ["seen", false, "2026-03-04T00:00:00", 36, 90],
        ])
    );
}

#[tokio::test]
async fn step_that_moved_to_another_place_is_one_step() {
    let facts = Facts::of_one_posting().await;
    facts
        .has(
            "heymilo.interviews",
            json!([{ "interview_id": "old", "invited_at": "2026-03-02T09:00:00Z" },
                   { "interview_id": "new", "invited_at": "2026-03-02T09:00:00Z" }]),
        )
        .await;
    facts
        .has(
            "heymilo.posting_steps",
            json!([{ "position": 1, "step_id": "b", "step_type": "resume" },
                   { "position": 2, "step_id": "a", "step_type": "form" }]),
        )
        .await;
    let step = |id, position, step: &str| {
        json!({ "interview_id": id, "position": position, "step_order": position, "step_id": step,
                "status": "completed" })
    };
    facts
        .has(
            "heymilo.workflow_steps",
            json!([
                step("old", 1, "a"),
                step("old", 2, "b"),
                step("new", 1, "b"),
                step("new", 2, "a")
            ]),
        )
        .await;
    // The change of a was observed at its earlier place.
    facts
        .has(
            "heymilo.workflow_step_changes",
            json!([{ "interview_id": "new", "position": 1, "step_id": "a", "new_status": "completed",
                     "changed_at": "2026-03-02T11:00:00Z", "observed_at": "2026-03-02T12:00:00Z",
                     "first_observation": false }]),
        )
        .await;

    let funnel = "select step_order, step_type, completed_count from heymilo_bi.funnel order by 1";
    assert_eq!(facts.rows(funnel).await, json!([[1, "resume", 2], [2, "form", 2]]));
    let times = "select interview_id, step_id, hours_since_invitation from heymilo_bi.step_facts
                 where finished_at is not null";
    assert_eq!(facts.rows(times).await, json!([["new", "a", 2]]));
}

#[tokio::test]
async fn weeks_begin_in_the_reporting_time_zone() {
    let facts = Facts::of_one_posting().await;
    facts
        .has(
            "heymilo.interviews",
            json!([{ "interview_id": "sunday", "invited_at": "2026-03-09T05:00:00Z" }]),
        )
        .await;
    let weeks =
        "select invited_week::text, (select invited_week::text from heymilo_bi.interview_facts)
                 from heymilo_bi.completion_by_week";
    assert_eq!(facts.rows(weeks).await, json!([["2026-03-09", "2026-03-09"]]));

    facts.execute("update heymilo_sync.reporting set time_zone = 'America/Los_Angeles'").await;

    // It is 21:00 of Sunday there.
    assert_eq!(facts.rows(weeks).await, json!([["2026-03-02", "2026-03-02"]]));
}

#[tokio::test]
async fn sums_of_weeks_give_the_correlation_of_all_answers() {
    let facts = Facts::of_one_posting().await;
    for (number, scores) in [[2, 3], [4, 5], [6, 10], [8, 1], [9, 9]].into_iter().enumerate() {
        let id = format!("int_{number}");
        let invited = format!("2026-03-{:02}T09:00:00Z", 2 + 7 * (number % 3));
        facts
            .has("heymilo.interviews", json!([{ "interview_id": id, "invited_at": invited }]))
            .await;
        let answer = |position: usize| {
            json!({ "interview_id": id, "position": position, "score": scores[position - 1],
                    "question_id": format!("q{position}") })
        };
        facts.has("heymilo.scorecard_questions", json!([answer(1), answer(2)])).await;
    }

    let kept = facts
        .rows("select question_id, round(discrimination::numeric, 6) from heymilo_bi.question_statistics order by 1")
        .await;
    let fresh = facts
        .rows(
            "select question_id, round(corr(answer_score, mean_score_of_others)::numeric, 6)
             from heymilo_bi.question_answer_facts group by 1 order by 1",
        )
        .await;

    assert_eq!(kept, fresh);
    assert_eq!(facts.count("heymilo_bi.weekly_question_scores").await, 6);
    // Deviations of q1 from 5.8: -3.8 -1.8 0.2 2.2 3.2, of q2 from 5.6: -2.6 -0.6 4.4 -4.6 3.4.
    // Products 9.88 + 1.08 + 0.88 - 10.12 + 10.88 = 12.6. Squares 32.8 and 59.2: 12.6 /
    // sqrt(1941.76) = 0.285939.
    assert_eq!(kept, json!([["q1", 0.285939], ["q2", 0.285939]]));
}

#[tokio::test]
async fn figures_follow_each_change_and_freshness_shows_what_they_lack() {
    let world = Simulated::start().await;
    world.sync().await;
    let lag = "select figures_minutes_behind from heymilo_bi.freshness";
    let invited = "select sum(invited_count)::bigint from heymilo_bi.completion_by_week";
    let before = world.value::<i64>(invited).await;
    assert_eq!(before, world.count("heymilo_bi.interview_facts").await);
    assert_eq!(world.value::<f64>(lag).await, 0.0);

    let id: String = world.value("select min(interview_id) from heymilo_bi.interview_facts").await;
    world.heymilo.remove_interview(&id);
    world.full_scan_is_due().await;
    world.poll().await;
    world.drain().await;

    assert_eq!(world.count("heymilo_bi.interview_facts").await, before - 1);
    assert_eq!(world.value::<i64>(invited).await, before);
    assert!(world.value::<f64>(lag).await > 0.0);
    world.figure().await;
    assert_eq!(world.value::<i64>(invited).await, before - 1);
    assert_eq!(world.value::<f64>(lag).await, 0.0);
}

#[tokio::test]
async fn length_of_an_interview_outlives_its_transcript() {
    let world = Simulated::with([("HEYMILO_SYNC__RETENTION__TRANSCRIPTS", "1h")]).await;
    world.sync().await;
    let minutes = "select round(sum(interview_minutes::numeric), 3)::double precision
                   from heymilo_bi.interview_facts";
    let before = world.value::<f64>(minutes).await;
    assert!(before > 0.0);

    world.age("400 days").await;
    world.expire().await;
    assert_eq!(world.count("heymilo.transcript_entries").await, 0);
    world
        .execute(
            "select heymilo_sync.write_outcomes(workspace_id, array_agg(interview_id))
             from heymilo.interviews group by workspace_id",
        )
        .await;

    assert_eq!(world.value::<f64>(minutes).await, before);
}

#[tokio::test]
async fn dimensions_come_from_interviews_or_their_postings() {
    let facts = Facts::none().await;
    facts
        .has(
            "heymilo.postings",
            json!([{ "posting_id": "pos", "title": "Clerk", "metadata": { "team": "Sales" } },
                   { "posting_id": "other", "title": "Clerk" }]),
        )
        .await;
    facts
        .has(
            "heymilo_sync.dimensions",
            json!([{ "dimension": "department", "path": "posting.metadata.team" },
                   { "dimension": "location", "path": "data.city" }]),
        )
        .await;
    facts
        .has(
            "heymilo.interviews",
            json!([{ "interview_id": "a", "candidate_id": "can", "data": { "city": "Leeds" } },
                   { "interview_id": "b", "candidate_id": "can", "data": { "city": "a@b.example" },
                     "posting_id": "other" }]),
        )
        .await;

    let shown = "select posting_label, department, location from heymilo_bi.completion_by_week
                 order by 1";

    // Repeated titles carry their ids.
    let expected = json!([["Clerk (other)", null, null], ["Clerk (pos)", "Sales", "Leeds"]]);
    assert_eq!(facts.rows(shown).await, expected);
    let shown = shown.replace("completion_by_week", "interview_facts");
    assert_eq!(facts.rows(&shown).await, expected);
    let people = "select interview_count, posting_count from heymilo_bi.person_dimension";
    assert_eq!(facts.rows(people).await, json!([[2, 2]]));
    let keys =
        "select count(*) from heymilo_bi.interview_facts where person_key::text like '%can%'";
    assert_eq!(facts.rows(keys).await, json!([[0]]));
}

#[tokio::test]
async fn settings_of_dashboards_apply_to_interviews_that_are_there() {
    let world = Simulated::start().await;
    world.sync().await;
    let app = world.replica_with(
        &world.address,
        &[
            ("HEYMILO_SYNC__DIMENSIONS__LOCATION", "data.city"),
            ("HEYMILO_SYNC__REPORTING__TIME_ZONE", "America/Los_Angeles"),
        ],
    );

    app.set_up_reporting().await;
    app.figure().await;

    let without = "select count(*) from heymilo_bi.completion_by_week where location is not null";
    assert!(app.value::<i64>(without).await > 0);
    let differing = "select count(*)
                     from (select invited_week, location, count(*) as invited_count
                           from heymilo_bi.interview_facts group by 1, 2) as facts
                     full join (select invited_week, location, sum(invited_count) as invited_count
                                from heymilo_bi.completion_by_week group by 1, 2) as kept
                       using (invited_week, location, invited_count)
                     where (facts is null) <> (kept is null) and location is not null";
    assert_eq!(app.value::<i64>(differing).await, 0);
}

#[tokio::test]
async fn events_of_a_quiet_week_are_none() {
    let facts = Facts::of_one_posting().await;
    let invited = |id, day: &str| json!({ "interview_id": id, "invited_at": format!("2026-03-{day}T09:00:00Z") });
    facts
        .has(
            "heymilo.interviews",
            [invited("a", "02"), invited("b", "16")].into_iter().collect::<Value>(),
        )
        .await;

    let weeks = "select week, invited_count from heymilo_bi.weekly_throughput order by week";

    assert_eq!(
        facts.rows(weeks).await,
        json!([["2026-03-02", 1], ["2026-03-09", 0], ["2026-03-16", 1]])
    );
    let weeks = "select min(week)::text, count(*) > 3 from heymilo_bi.week_dimension";
    assert_eq!(facts.rows(weeks).await, json!([["2026-03-02", true]]));
}
