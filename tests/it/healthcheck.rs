//! The container's health check: the program asks the daemon beside it.

use crate::support::{
    daemon::{Running, free_addresses, program, run, url},
    database::database,
    simulated,
};

const OPERATIONS_TOKEN: (&str, &str) = ("HEYMILO_OPERATIONS_TOKEN", "token-of-operators");

/// Runs the check with the settings of a daemon at this address.
fn check(listen: &str) -> (bool, String) {
    run(program("healthcheck", [("HEYMILO_SYNC__OPERATIONS__LISTEN", listen), OPERATIONS_TOKEN]))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_is_ready_is_healthy_wherever_it_listens() {
    let db = database().await;
    let (_, base_url) = simulated::heymilo().await;
    let [_, operations] = free_addresses();
    let everywhere = operations.replace("127.0.0.1", "0.0.0.0");
    let listen = ("HEYMILO_SYNC__OPERATIONS__LISTEN", &*everywhere);
    let mut daemon = Running::start_with(&db, &base_url, &[listen, OPERATIONS_TOKEN]);
    daemon.says("heymilo-sync is running");

    assert_eq!(check(&everywhere), (true, "ready\n".to_owned()));

    assert!(daemon.terminate());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_cannot_keep_deliveries_is_not_healthy_and_says_why() {
    let db = database().await;
    let (_, base_url) = simulated::heymilo().await;
    let mut daemon = Running::start_with(&db, &base_url, &[OPERATIONS_TOKEN]);
    daemon.says("heymilo-sync is running");
    let daemons = daemon.operations.clone();
    assert!(check(&daemons).0);

    sqlx::query("delete from heymilo_sync.migrations").execute(&db).await.unwrap();

    let (healthy, said) = check(&daemons);
    assert!(!healthy);
    assert!(said.contains("503") && said.contains("migrations"), "{said}");
    assert!(!said.contains(&url(&db)) && !said.contains(OPERATIONS_TOKEN.1), "{said}");
}

#[test]
fn where_no_daemon_answers_it_is_not_healthy() {
    let [unused, _] = free_addresses();

    let (healthy, said) = check(&unused);

    assert!(!healthy);
    assert!(said.contains(&unused) && said.contains("operations.listen"), "{said}");
}
