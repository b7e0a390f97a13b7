//! Contents are removed with their interviews: erased, gone or expired, and not while a hold keeps
//! them.

use heymilo_sync::sync::remove_unclaimed;
use serde_json::json;

use super::World;
use crate::support::leftovers::leftovers;

#[tokio::test]
async fn same_content_of_two_interviews_is_kept_until_the_last_goes() {
    let world = World::start().await;
    for id in ["int_1", "int_2"] {
        world.fetch(id, &world.link("same", id), "").await;
        world.download().await;
    }
    assert_eq!(world.objects().len(), 1);

    for (id, left) in [("int_1", 1), ("int_2", 0)] {
        world.erase(id).await;
        world.download().await;
        assert_eq!(world.objects().len(), left, "{id}");
    }
    assert_eq!(world.app.count("heymilo_sync.unclaimed_contents").await, 0);
}

#[tokio::test]
async fn retention_removes_the_content_and_the_row_says_so() {
    let world = World::with(&[("HEYMILO_SYNC__RETENTION__FILES", "30d")]).await;
    world.fetch("int_1", &world.link("file", "one"), "").await;
    world.download().await;

    world.app.execute("update heymilo.files set kept_at = now() - interval '31 days'").await;
    world.app.expire().await;
    world.download().await;

    assert_eq!(world.files().await, json!([["audio", "removed"]]));
    assert!(world.objects().is_empty());
}

#[tokio::test]
async fn content_that_found_a_file_again_is_not_removed() {
    let world = World::start().await;
    world.fetch("int_1", &world.link("file", "one"), "").await;
    world.download().await;
    world
        .app
        .execute(
            "insert into heymilo_sync.unclaimed_contents (sha256) select sha256 from heymilo.files",
        )
        .await;

    let files = world.app.files();
    assert_eq!(remove_unclaimed(&world.app.db, &files).await.unwrap(), 1);

    assert_eq!(world.objects().len(), 1);
    assert_eq!(world.app.count("heymilo_sync.unclaimed_contents").await, 0);
}

#[tokio::test]
async fn interview_removed_during_its_download_leaves_no_content() {
    let world = World::start().await;
    world.fetch("int_1", &world.link("slow", "one"), "").await;

    tokio::join!(world.download(), async {
        world.until_served(1).await;
        world.erase("int_1").await;
        world.links.release();
    });

    assert_eq!(world.app.count("heymilo.files").await, 0);
    assert!(world.objects().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn command_that_erases_removes_the_content_at_once() {
    let world = World::start().await;
    world.fetch("int_1", &world.link("file", "one"), &world.link("file", "two")).await;
    world.download().await;
    world.app.disown().await;

    let (code, output) = world.run(&["erase", "--yes", "--interview", "int_1"]).await;

    assert_eq!(code, Some(0), "{output}");
    assert!(output.contains("2 removed  heymilo.files"), "{output}");
    assert!(world.objects().is_empty());
    assert_eq!(leftovers(&world.app.db, &["int_1"]).await, [""; 0]);
}

#[tokio::test]
async fn interview_that_is_gone_takes_its_content_after_the_grace() {
    let world = World::with(&[("HEYMILO_SYNC__RETENTION__GONE_GRACE", "1d")]).await;
    world.fetch("int_1", &world.link("file", "one"), "").await;
    world.download().await;
    world.app.disown().await;
    world.forget("int_1").await;
    for _ in 0..2 {
        world.app.age("2 hours").await;
        world.app.deliver(json!({ "interview_id": "int_1" })).await;
        world.app.let_time_pass().await;
        world.app.drain().await;
    }
    assert_eq!(world.app.count("heymilo.interviews where deleted_at is not null").await, 1);
    assert_eq!(world.objects().len(), 1, "the grace is not over");
    let at = "/files/default/int_1/audio";
    assert_eq!(world.app.operate(at, None).await.0, 404, "it is hidden at once");

    for _ in 0..2 {
        world.app.age("2 days").await;
        world.app.expire().await;
        world.app.let_time_pass().await;
        world.app.drain().await;
    }
    world.download().await;

    assert_eq!(world.app.count("heymilo.interviews").await, 0);
    assert!(world.objects().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn hold_keeps_the_content_beyond_its_retention() {
    let world = World::with(&[("HEYMILO_SYNC__RETENTION__FILES", "30d")]).await;
    for id in ["int_1", "int_2"] {
        world.fetch(id, &world.link("file", id), "").await;
    }
    world.download().await;
    let hold = ["hold", "add", "--interview", "int_1", "--reason", "case 12"];
    assert_eq!(world.run(&hold).await.0, Some(0));
    world.app.execute("update heymilo.files set kept_at = now() - interval '31 days'").await;

    world.app.expire().await;
    world.download().await;

    assert_eq!(world.files().await, json!([["audio", "kept"], ["audio", "removed"]]));
    assert_eq!(world.objects().len(), 1);
    let erase = ["erase", "--yes", "--interview", "int_1"];
    assert_eq!(world.run(&erase).await.0, Some(4));
    assert_eq!(world.objects().len(), 1);

    let release = ["hold", "release", "--interview", "int_1", "--reason", "settled"];
    assert_eq!(world.run(&release).await.0, Some(0));
    world.app.expire().await;
    world.download().await;
    assert!(world.objects().is_empty());
}
