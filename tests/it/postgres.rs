//! The embedded server, and the databases that the tests get.

use crate::support::database::database;

#[tokio::test]
async fn each_test_has_a_database_of_its_own() {
    let (first, second) = tokio::join!(database(), database());

    sqlx::query("create table mine ()").execute(&first).await.unwrap();
    sqlx::query("create table mine ()").execute(&second).await.unwrap();
}
