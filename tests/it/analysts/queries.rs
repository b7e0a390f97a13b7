//! The cookbook, `docs/queries.md`.

use std::time::Duration;

use sqlx::AssertSqlSafe;

use crate::support::{cookbook::questions, readers::log_in, simulated::Simulated};

const MAPPED: [(&str, &str); 2] = [
    ("HEYMILO_SYNC__DEMOGRAPHICS__SEX", "data.eeo_gender"),
    ("HEYMILO_SYNC__DEMOGRAPHICS__RACE", "data.eeo_race"),
];

#[tokio::test]
async fn every_query_of_the_cookbook_answers_its_role() {
    let world = Simulated::with(MAPPED).await;
    world.set_up_reporting().await;
    world.sync().await;
    // Some questions are about changes since the first observation.
    world.heymilo.advance(Duration::from_secs(2 * 24 * 3600));
    world.sync().await;

    let questions = questions();
    assert_eq!(questions.len(), 25);
    for question in questions {
        let mut reader = log_in(&world.db, &question.role).await;
        let rows = sqlx::query(AssertSqlSafe(question.sql)).fetch_all(&mut reader).await;
        let rows = rows.unwrap_or_else(|error| panic!("{}: {error}", question.title));
        assert!(question.may_be_empty || !rows.is_empty(), "{} has no answer", question.title);
    }
}
