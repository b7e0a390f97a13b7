//! Several daemons on one database.

use std::collections::HashMap;

use heymilo_sync::store::bell::Bell;
use serde_json::json;
use tokio::join;

use crate::support::simulated::Simulated;

#[tokio::test]
async fn only_one_replica_polls_and_a_dead_one_is_replaced() {
    let world = Simulated::start().await;
    let replica = world.replica(&world.address);
    world.poll_if_ours().await;
    let asked = world.heymilo.requests().len();

    world.forget_cursors().await;
    replica.poll_if_ours().await;
    assert_eq!(world.heymilo.requests().len(), asked);

    // The first one dies: nobody renews its lease.
    world.execute("update heymilo_sync.pollers set leased_until = now()").await;
    replica.poll_if_ours().await;
    assert!(world.heymilo.requests().len() > asked);

    let asked = world.heymilo.requests().len();
    world.forget_cursors().await;
    world.poll_if_ours().await;
    assert_eq!(world.heymilo.requests().len(), asked);
}

#[tokio::test]
async fn no_interview_is_fetched_by_two_replicas_at_once() {
    let world = Simulated::start().await;
    let replicas = [(); 3].map(|()| world.replica(&world.address));
    let ids = world.heymilo.interview_ids();
    let due: Vec<_> = ids.iter().map(|id| json!({ "interview_id": id })).collect();
    world.deliver(json!(due)).await;

    let [first, second, third] = &replicas;
    let done = join!(first.drain(), second.drain(), third.drain());

    assert_eq!(done.0 + done.1 + done.2, ids.len());
    let mut fetches: HashMap<String, usize> = HashMap::new();
    for request in world.heymilo.requests() {
        *fetches.entry(request.path).or_default() += 1;
    }
    assert!(fetches.values().all(|times| *times == 1), "{fetches:?}");
    assert_eq!(fetches.len(), ids.len());
}

#[tokio::test]
async fn a_delivery_wakes_the_workers_of_every_replica() {
    let world = Simulated::start().await;
    let mut bell = Bell::listen(&world.db).await.unwrap();

    world.deliver(json!({ "interview_id": "int_1" })).await;

    assert_eq!(bell.heard().await.unwrap().as_str(), "default");
}
