//! The progress of candidates.

use serde_json::{Value, json};
use sqlx::postgres::PgPoolOptions;

use crate::support::facts::Facts;

#[tokio::test]
async fn the_funnel_counts_who_enters_and_who_comes_through() {
    let facts = Facts::of_one_posting().await;
    facts
        .has(
            "heymilo.posting_steps",
            json!([{ "position": 1, "step_id": "a", "step_type": "form" }]),
        )
        .await;
    // Ann completes the form, Bob is knocked out, Cem is filling it in, Dan has not begun.
    let names = ["ann", "bob", "cem", "dan"];
    facts.has("heymilo.interviews", names.map(|id| json!({ "interview_id": id })).into()).await;
    let form = [
        ["ann", "completed"],
        ["bob", "knocked_out"],
        ["cem", "in_progress"],
        ["dan", "not_started"],
    ];
    let step = |number: i64, step_id: &str, [id, status]: [&str; 2]| {
        json!({ "interview_id": id, "position": number, "step_order": number,
                "step_id": step_id, "status": status })
    };
    facts.has("heymilo.workflow_steps", form.map(|way| step(1, "a", way)).into()).await;
    let second = names.map(|id| step(2, "b", [id, "not_started"]));
    facts.has("heymilo.workflow_steps", second.into()).await;

    let funnel = facts
        .rows(
            "select step_order, step_type, interview_count, entered_count, completed_count,
                    knocked_out_count, unfinished_count,
                    round(conversion_rate::numeric, 4), passed_rate, is_small
             from heymilo_bi.funnel order by step_order",
        )
        .await;

    assert_eq!(
        funnel,
        json!([
            // 1 of the 3 who entered, 1 of all 4.
            [1, "form", 4, 3, 1, 1, 1, 0.3333, 0.25, true],
            // No candidate entered, and no step of the posting is b: unknown, not zero.
            [2, null, 4, 0, 0, 0, 0, null, 0, true],
        ])
    );
}

#[tokio::test]
async fn a_repeated_step_counts_once_and_finished_means_entered() {
    let facts = Facts::of_one_posting().await;
    let invited = "2026-03-02T09:00:00Z";
    let names = ["ann", "bob", "cem"];
    let interview =
        |id| json!({ "interview_id": id, "status": "dismissed", "invited_at": invited });
    facts.has("heymilo.interviews", names.map(interview).into()).await;
    let step = |id: &str, position: i64, flag: &str| {
        json!({ "interview_id": id, "position": position, "step_order": 1, "step_id": "a",
                flag: true })
    };
    // Ann's answer lists the step twice, and no interview has a status.
    let steps = [
        step("ann", 1, "completed"),
        step("ann", 2, "started"),
        step("bob", 1, "knocked_out"),
        step("cem", 1, "started"),
    ];
    facts.has("heymilo.workflow_steps", steps.into_iter().collect::<Value>()).await;
    let change = |position, time: &str| {
        json!({ "interview_id": "ann", "position": position, "step_id": "a",
                "new_status": "completed", "observed_at": format!("2026-03-02T{time}:00Z"),
                "first_observation": false })
    };
    let changes = json!([change(1, "10:00"), change(2, "12:00")]);
    facts.has("heymilo.workflow_step_changes", changes).await;

    let funnel = "select interview_count, entered_count, completed_count, knocked_out_count,
                         unfinished_count,
                         round(conversion_rate::numeric, 4)
                  from heymilo_bi.funnel";
    assert_eq!(facts.rows(funnel).await, json!([[3, 3, 1, 1, 1, 0.3333]]));
    // Ann from 9:00 to 10:00. Bob has no time.
    let durations =
        "select finished_count, timed_since_invitation_count, p50_hours_since_invitation,
                            timed_since_previous_count, p50_hours_since_previous
                     from heymilo_bi.step_durations";
    assert_eq!(facts.rows(durations).await, json!([[2, 1, 1, 1, 1]]));
    let started = "select interview_id, is_started from heymilo_bi.interview_facts order by 1";
    assert_eq!(facts.rows(started).await, json!([["ann", true], ["bob", true], ["cem", true]]));
}

#[tokio::test]
async fn a_decided_interview_without_its_workflow_had_come_to_its_end() {
    let facts = Facts::of_one_posting().await;
    facts
        .has(
            "heymilo.interviews",
            json!([
                { "interview_id": "a", "status": "shortlisted",
                  "interviewed_at": "2026-03-02T10:00:00Z" },
                { "interview_id": "b", "status": "dismissed" },
                { "interview_id": "c", "status": "dismissed" },
                { "interview_id": "d", "status": "dismissed", "workflow_complete": false,
                  "interviewed_at": "2026-03-02T10:00:00Z" },
                { "interview_id": "e", "status": "pending",
                  "interviewed_at": "2026-03-02T10:00:00Z" },
                { "interview_id": "f" },
            ]),
        )
        .await;
    let change = json!([{ "interview_id": "b", "field": "status", "old_value": "completed",
                          "new_value": "dismissed", "observed_at": "2026-03-03T10:00:00Z",
                          "first_observation": false }]);
    facts.has("heymilo.interview_changes", change).await;

    let ends = "select interview_id, is_started, is_completed
                from heymilo_bi.interview_facts order by 1";

    assert_eq!(
        facts.rows(ends).await,
        json!([
            ["a", true, true],
            ["b", true, true],
            // No field decides, its workflow says no, and no recruiter has decided.
            ["c", false, false],
            ["d", false, false],
            ["e", false, false],
            ["f", false, false],
        ])
    );
}

#[tokio::test]
async fn weeks_begin_on_monday_in_utc_whatever_the_session_says() {
    let facts = Facts::of_one_posting().await;
    facts
        .has(
            "heymilo.interviews",
            json!([
                { "interview_id": "a", "status": "completed", "invited_at": "2026-03-02T00:00:00Z" },
                { "interview_id": "b", "status": "in_progress", "invited_at": "2026-03-08T23:59:59Z" },
                { "interview_id": "c", "status": "knocked_out", "invited_at": "2026-03-05T12:00:00Z" },
                { "interview_id": "d", "status": "pending", "invited_at": "2026-03-05T12:00:00Z" },
                { "interview_id": "e", "status": "pending", "invited_at": "2026-03-09T00:00:00Z" },
                { "interview_id": "f", "status": "completed", "invited_at": null },
            ]),
        )
        .await;

    let weeks = "select invited_week, invited_count, started_count, completed_count, knocked_out_count,
                        never_started_count, unfinished_count, completion_rate, round(drop_off_rate::numeric, 4),
                        may_still_change
                 from heymilo_bi.completion_by_week order by invited_week";
    for zone in ["UTC", "America/New_York", "Pacific/Kiritimati"] {
        let facts = in_zone(&facts, zone).await;
        assert_eq!(
            facts.rows(weeks).await,
            json!([
                // 1 of 4 completed. Of the 3 who started, 1 is neither completed nor knocked out.
                ["2026-03-02", 4, 3, 1, 1, 1, 1, 0.25, 0.3333, false],
                // No candidate started, so none dropped off.
                ["2026-03-09", 1, 0, 0, 0, 1, 0, 0, null, false],
                // The invitation was not read yet.
                [null, 1, 1, 1, 0, 0, 0, 1, 0, null],
            ]),
            "{zone}"
        );
    }
}

/// The same database, seen by a session in another time zone.
async fn in_zone(facts: &Facts, zone: &str) -> Facts {
    let options = (*facts.db.connect_options()).clone();
    let db = PgPoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    let facts = Facts { db };
    facts.execute(&format!("set timezone to '{zone}'")).await;
    facts
}

#[tokio::test]
async fn durations_are_of_observed_changes_with_heymilos_time_where_it_gives_one() {
    let facts = Facts::of_one_posting().await;
    let invited = |id| json!({ "interview_id": id, "invited_at": "2026-03-02T09:00:00Z" });
    facts.has("heymilo.interviews", ["a", "b", "c", "d"].map(invited).into()).await;
    for position in [1, 2] {
        let step = |id| json!({ "interview_id": id, "position": position, "status": "completed" });
        facts.has("heymilo.workflow_steps", ["a", "b", "c", "d"].map(step).into()).await;
    }
    let change = |id, position, status, changed: Option<&str>, observed: &str, first: bool| {
        json!({
            "interview_id": id,
            "position": position,
            "new_status": status,
            "changed_at": changed.map(|time| format!("2026-03-02T{time}:00Z")),
            "observed_at": format!("2026-03-02T{observed}:00Z"),
            "first_observation": first,
        })
    };
    let changes = [
        // a: 10 minutes in the first step. HeyMilo gives no time for the second, which was observed
        // at 12:10.
        change("a", 1, "in_progress", Some("10:00"), "10:01", false),
        change("a", 1, "completed", Some("10:10"), "10:11", false),
        change("a", 2, "completed", None, "12:10", false),
        // b: 30 minutes.
        change("b", 1, "in_progress", Some("10:00"), "10:01", true),
        change("b", 1, "completed", Some("10:30"), "10:31", false),
        // c: finished before the first observation, at a time that HeyMilo gives.
        change("c", 1, "completed", Some("12:00"), "18:00", true),
        // d: the same without a time, and a second step that ends before the invitation.
        change("d", 1, "completed", None, "18:00", true),
        change("d", 2, "completed", Some("08:00"), "18:00", true),
    ];
    facts.has("heymilo.workflow_step_changes", changes.into_iter().collect::<Value>()).await;

    let durations = facts
        .rows(
            "select step_order, finished_count,
                    timed_in_step_count, p50_minutes_in_step, p90_minutes_in_step,
                    timed_since_previous_count, p50_hours_since_previous,
                    timed_since_invitation_count, p50_hours_since_invitation,
                    round(p90_hours_since_invitation::numeric, 4)
             from heymilo_bi.step_durations order by step_order",
        )
        .await;

    assert_eq!(
        durations,
        json!([
            // In the step 10 and 30 minutes: median 20, 10 + 0.9 * 20 = 28.
            // From the invitation (as from the step before) 70 min, 90 min, 3 h: median 1.5 h,
            // 1.5 + 0.8 * 1.5 = 2.7 h.
            [1, 4, 2, 20, 28, 3, 1.5, 3, 1.5, 2.7],
            // Only a: 10:10 to 12:10, and 9:00 to 12:10.
            [2, 4, 0, null, null, 1, 2, 1, 19.0 / 6.0, 3.1667],
        ])
    );
}

#[tokio::test]
async fn throughput_counts_each_decision_in_the_week_in_which_it_was_first_seen() {
    let facts = Facts::of_one_posting().await;
    facts
        .has(
            "heymilo.interviews",
            json!([
                { "interview_id": "a", "status": "shortlisted", "shortlisted": true,
                  "invited_at": "2026-03-02T10:00:00Z", "interviewed_at": "2026-03-10T10:00:00Z" },
                { "interview_id": "b", "status": "completed", "dismissed": true,
                  "invited_at": "2026-03-03T10:00:00Z", "interviewed_at": "2026-03-04T10:00:00Z" },
                // Dismissed before the first observation.
                { "interview_id": "c", "status": "dismissed", "dismissed": true,
                  "invited_at": "2026-03-03T10:00:00Z" },
                // Shortlisted once, and not any longer.
                { "interview_id": "d", "status": "completed", "shortlisted": false,
                  "invited_at": "2026-03-03T10:00:00Z" },
            ]),
        )
        .await;
    let change = |id, field, value, day, first| {
        json!({ "interview_id": id, "field": field, "new_value": value, "first_observation": first,
                "observed_at": format!("2026-03-{day}T12:00:00Z") })
    };
    let changes = [
        change("a", "status", "completed", "10", false),
        // The status came by webhook, the flag a week later with the list.
        change("a", "status", "shortlisted", "11", false),
        change("a", "shortlisted", "true", "18", false),
        change("b", "dismissed", "false", "04", true),
        change("b", "dismissed", "true", "17", false),
        change("c", "dismissed", "true", "09", true),
        change("c", "status", "dismissed", "09", true),
        change("d", "shortlisted", "true", "11", false),
        change("d", "shortlisted", "false", "12", false),
    ];
    facts.has("heymilo.interview_changes", changes.into_iter().collect::<Value>()).await;

    let weeks = facts
        .rows(
            "select week, invited_count, interviewed_count, shortlisted_count, dismissed_count
             from heymilo_bi.weekly_throughput order by week",
        )
        .await;

    assert_eq!(
        weeks,
        json!(
            [["2026-03-02", 4, 1, 0, 0], ["2026-03-09", 0, 1, 1, 0], ["2026-03-16", 0, 0, 0, 1],]
        )
    );
}

#[tokio::test]
async fn the_backlog_waits_since_the_completion_was_seen() {
    let facts = Facts::of_one_posting().await;
    let interviewed = "2026-03-02T10:00:00Z";
    facts
        .has(
            "heymilo.interviews",
            json!([
                { "interview_id": "seen", "status": "completed", "interviewed_at": interviewed, "score": 50 },
                { "interview_id": "told", "status": "completed", "interviewed_at": interviewed, "score": 50 },
                { "interview_id": "active", "status": "completed", "score": 50,
                  "last_activity_at": "2026-03-01T10:00:00Z" },
                { "interview_id": "timeless", "status": "completed", "score": 50 },
                { "interview_id": "unscored", "status": "completed", "interviewed_at": interviewed },
                { "interview_id": "computing", "status": "evaluating", "workflow_complete": true,
                  "score": 50 },
                { "interview_id": "decided", "status": "completed", "dismissed": true,
                  "score": 50 },
                { "interview_id": "out", "status": "knocked_out", "workflow_complete": true, "score": 50 },
                { "interview_id": "under_way", "status": "in_progress" },
            ]),
        )
        .await;
    let change = |id, changed: Value, observed, first| {
        json!({ "interview_id": id, "field": "status", "new_value": "completed",
                "changed_at": changed, "observed_at": observed, "first_observation": first })
    };
    facts
        .has(
            "heymilo.interview_changes",
            json!([
                change("seen", json!("2026-03-02T10:20:00Z"), "2026-03-02T10:30:00Z", false),
                change("told", Value::Null, "2026-03-09T10:00:00Z", true),
            ]),
        )
        .await;

    let backlog = facts
        .rows(
            "select interview_id, waiting_since at time zone 'UTC', waiting_since_source,
                    waiting_days > 200
             from heymilo_bi.decision_backlog order by waiting_since nulls last",
        )
        .await;

    assert_eq!(
        backlog,
        json!([
            ["active", "2026-03-01T10:00:00", "last_activity_at", true],
            ["told", "2026-03-02T10:00:00", "interviewed_at", true],
            ["seen", "2026-03-02T10:20:00", "observed", true],
            ["timeless", null, null, null],
        ])
    );
}
