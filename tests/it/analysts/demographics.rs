//! Selection and scoring by group.

use serde_json::json;

use crate::support::{app::TestApp, facts::Facts};

/// Adds interviews that end with a decision and a score.
async fn assessed(facts: &Facts, count: usize, data: &str, decision: &str, score: f64) {
    facts
        .execute(&format!(
            "insert into heymilo.interviews
                 (workspace_id, interview_id, posting_id, status, workflow_complete, score, data,
                  first_synced_at, synced_at)
             select 'w', gen_random_uuid(), 'pos', '{decision}', true, {score}, '{data}', now(), now()
             from generate_series(1, {count})"
        ))
        .await;
}

async fn mapped(attributes: &[&str]) -> Facts {
    let facts = Facts::of_one_posting().await;
    for attribute in attributes {
        let row = json!([{ "attribute": attribute, "path": format!("data.eeo.{attribute}") }]);
        facts.has("heymilo_sync.demographic_attributes", row).await;
    }
    facts
}

#[tokio::test]
async fn selection_is_compared_with_the_best_group_that_is_not_small() {
    let facts = mapped(&["sex"]).await;
    let (she, he, it) = (
        r#"{"eeo": {"sex": "Female"}}"#,
        r#"{"eeo": {"sex": " Male "}}"#,
        r#"{"eeo": {"sex": "Other"}}"#,
    );
    let she_again = r#"{"eeo": {"sex": " FEMALE"}}"#;
    // Case and blanks make no group of their own.
    assessed(&facts, 20, she, "shortlisted", 50.0).await;
    assessed(&facts, 20, she_again, "dismissed", 50.0).await;
    assessed(&facts, 15, he, "shortlisted", 50.0).await;
    assessed(&facts, 25, he, "dismissed", 50.0).await;
    assessed(&facts, 10, he, "completed", 50.0).await;
    assessed(&facts, 4, it, "shortlisted", 50.0).await;
    assessed(&facts, 1, it, "dismissed", 50.0).await;
    assessed(&facts, 2, r#"{"eeo": {"sex": "Prefer not to say"}}"#, "shortlisted", 50.0).await;
    assessed(&facts, 1, r#"{"eeo": {"sex": {"odd": true}}}"#, "shortlisted", 50.0).await;
    assessed(&facts, 1, r#"{"eeo": null}"#, "dismissed", 50.0).await;
    // This interview is unfinished, so it is not assessed.
    facts
        .has(
            "heymilo.interviews",
            json!([{ "interview_id": "a", "status": "in_progress",
                                           "data": { "eeo": { "sex": "Female" } } }]),
        )
        .await;

    let rates = facts
        .rows(
            "select group_name, assessed_count, decided_count, selected_count, selection_rate,
                    round(impact_ratio::numeric, 4), is_below_four_fifths, round(p_value::numeric, 4),
                    round(decided_selection_rate::numeric, 4), round(decided_impact_ratio::numeric, 4),
                    is_decided_below_four_fifths, round(decided_p_value::numeric, 4), is_small, purpose
             from heymilo_demographics.selection_rates
             where scope = 'posting' order by group_name",
        )
        .await;

    let label = "monitoring aid, not a bias audit";
    assert_eq!(
        rates,
        json!([
            // 20 of 40: the highest rate of a group of at least 30.
            ["Female", 40, 40, 20, 0.5, 1, false, 1, 0.5, 1, false, 1, false, label],
            // 15 of 50, and 0.3 / 0.5. Together 35 of 90 = 0.3889: 0.2 / sqrt(0.3889 * 0.6111 *
            // (1/40 + 1/50)) = 1.9340, of which p is 0.0531. Of the 40 decided on 15: 0.375 / 0.5.
            // Together 35 of 80: 0.125 / sqrt(0.4375 * 0.5625 / 20) = 1.1269, and p 0.2598.
            ["Male", 50, 40, 15, 0.3, 0.6, true, 0.0531, 0.375, 0.75, true, 0.2598, false, label],
            // Candidates who gave no answer are not compared.
            ["Not provided", 4, 4, 3, null, null, null, null, null, null, null, null, true, label],
            // 4 of 5, and 0.8 / 0.5 of a small group. Together 24 of 45: 0.3 / sqrt(0.5333 * 0.4667
            // * (1/5 + 1/40)) = 1.2677, and p 0.2049.
            ["Other", 5, 5, 4, 0.8, 1.6, false, 0.2049, 0.8, 1.6, false, 0.2049, true, label],
        ])
    );
}

#[tokio::test]
async fn scoring_is_held_against_the_median_of_all_intersections_included() {
    let facts = mapped(&["sex", "race"]).await;
    let person =
        |sex: &str, race: &str| format!(r#"{{"eeo": {{"sex": "{sex}", "race": "{race}"}}}}"#);
    assessed(&facts, 1, &person("Female", "Asian"), "completed", 90.0).await;
    assessed(&facts, 1, &person("Female", "Black"), "completed", 80.0).await;
    assessed(&facts, 1, &person("Male", "Asian"), "completed", 70.0).await;
    assessed(&facts, 1, &person("Male", "Black"), "completed", 40.0).await;
    assessed(&facts, 1, &person("Male", "Declined"), "completed", 95.0).await;

    let rates = facts
        .rows(
            "select dimension, group_name, scored_count, above_median_count,
                    round(scoring_rate::numeric, 4), round(impact_ratio::numeric, 4),
                    is_below_four_fifths, is_small
             from heymilo_demographics.scoring_rates
             where scope = 'posting' order by dimension, group_name",
        )
        .await;

    // 40, 70, 80, 90, 95: the median is 80, and 80 itself is not above.
    assert_eq!(
        rates,
        json!([
            ["race", "Asian", 2, 1, 0.5, 1, false, true],
            ["race", "Black", 2, 0, 0, 0, true, true],
            ["race", "Not provided", 1, 1, null, null, null, true],
            ["race x sex", "Asian x Female", 1, 1, 1, 1, false, true],
            ["race x sex", "Asian x Male", 1, 0, 0, 0, true, true],
            ["race x sex", "Black x Female", 1, 0, 0, 0, true, true],
            ["race x sex", "Black x Male", 1, 0, 0, 0, true, true],
            ["race x sex", "Not provided", 1, 1, null, null, null, true],
            // 1 of 2, and 1 of 3: 0.3333 / 0.5.
            ["sex", "Female", 2, 1, 0.5, 1, false, true],
            ["sex", "Male", 3, 1, 0.3333, 0.6667, true, true],
        ])
    );
}

#[tokio::test]
async fn where_no_candidate_is_selected_no_group_is_compared() {
    let facts = mapped(&["sex"]).await;
    assessed(&facts, 30, r#"{"eeo": {"sex": "Female"}}"#, "dismissed", 50.0).await;

    let rates = "select selection_rate, impact_ratio, is_below_four_fifths, is_small
                 from heymilo_demographics.selection_rates where scope = 'workspace'";
    assert_eq!(facts.rows(rates).await, json!([[0, null, null, false]]));
}

#[tokio::test]
async fn the_views_are_empty_until_the_settings_map_an_attribute() {
    let facts = mapped(&[]).await;
    assessed(&facts, 1, r#"{"eeo": {"sex": "Female"}}"#, "shortlisted", 50.0).await;

    assert_eq!(facts.count("heymilo_demographics.selection_rates").await, 0);
    assert_eq!(facts.count("heymilo_demographics.scoring_rates").await, 0);
}

#[tokio::test]
async fn each_start_writes_the_mapping_of_the_settings() {
    let mapping = "select workspace_id || ' ' || attribute || ' ' || path
                   from heymilo_sync.demographic_attributes";
    let app = TestApp::start_with(
        "http://127.0.1:9",
        [("HEYMILO_SYNC__DEMOGRAPHICS__SEX", "data.eeo_gender")],
    )
    .await;
    app.execute(
        "insert into heymilo_sync.demographic_attributes
         values ('default', 'sex', 'data.old'), ('default', 'age', 'data.age'), ('other', 'age', 'data.age')",
    )
    .await;

    app.set_up_reporting().await;

    let sex: String = app.value(&format!("{mapping} where workspace_id = 'default'")).await;
    assert_eq!(sex, "default sex data.eeo_gender");
    assert_eq!(app.count("heymilo_sync.demographic_attributes").await, 2);
}

#[tokio::test]
async fn a_candidate_who_declines_is_in_no_group() {
    let facts = mapped(&["sex"]).await;
    for answer in [
        "Decline to Self-Identify",
        "I DECLINE TO ANSWER",
        "Prefer not to answer",
        "I do not want to answer",
        "I don\u{2019}t wish to answer",
        "Don't want to say",
        "Choose not to disclose",
        "I chose not to say",
        "Not disclosed",
        "prefer-not-to-say",
        "Undisclosed",
        "N/A",
        "n.a.",
        "Unknown",
        "I\u{a0}do\u{2011}not wish to answer",
    ] {
        let data = json!({ "eeo": { "sex": answer } }).to_string().replace('\'', "''");
        assessed(&facts, 1, &data, "dismissed", 50.0).await;
    }
    for answer in ["Prefer to self-describe", "Not listed", "NA-born", "Female"] {
        let data = json!({ "eeo": { "sex": answer } }).to_string();
        assessed(&facts, 1, &data, "dismissed", 50.0).await;
    }

    let groups = "select group_name, sum(assessed_count) from heymilo_demographics.weekly_groups
                  group by group_name order by group_name collate \"C\"";

    assert_eq!(
        facts.rows(groups).await,
        json!([
            ["Female", 1],
            ["Na-born", 1],
            ["Not listed", 1],
            ["Not provided", 15],
            ["Prefer to self-describe", 1],
        ])
    );
}
