//! The daemon dies in the middle of a download, and its successor continues. No incomplete object
//! has a final name.

use std::{
    fs,
    os::unix::process::ExitStatusExt as _,
    time::{Duration, SystemTime},
};

use serde_json::json;

use super::World;
use crate::support::waiting::becomes_true;

const SIGKILL: i32 = 9;
const SIGABRT: i32 = 6;
const WAIT_LIMIT: Duration = Duration::from_secs(60);
/// Longer than a content may be incomplete.
const LONG: Duration = Duration::from_secs(2 * 60 * 60);

impl World {
    /// Whether every content with a final name is intact.
    async fn are_whole(&self) -> bool {
        let files = self.app.files();
        for sha256 in files.names().await.unwrap() {
            if files.is_intact(&sha256).await.unwrap() != Some(true) {
                return false;
            }
        }
        true
    }

    /// Whether every file is kept, and there is nothing beside their contents.
    async fn is_all_kept(&self, contents: usize) -> bool {
        self.app.count("heymilo.files where state <> 'kept'").await == 0
            && self.app.count("heymilo_sync.unclaimed_contents").await == 0
            && self.objects().len() == contents
    }

    /// Lets a successor begin long after the daemon died, and checks the result.
    async fn is_finished_by_a_successor(&self) {
        assert!(self.are_whole().await);
        for path in self.paths() {
            let file = fs::File::options().write(true).open(path).unwrap();
            file.set_modified(SystemTime::now() - LONG).unwrap();
        }
        self.app.execute("update heymilo_sync.unclaimed_contents set due_at = now()").await;
        self.app.execute("update heymilo_sync.heartbeats set alive_until = now()").await;

        let mut successor = self.daemon(&[]).await;
        successor.says("heymilo-sync is running");

        let is_done = async || self.is_all_kept(1).await;
        assert!(
            becomes_true(WAIT_LIMIT, is_done).await,
            "{} {:?}",
            self.files().await,
            self.paths()
        );
        assert!(successor.terminate());
        assert!(self.are_whole().await);
    }
}

/// The daemon dies at this stage of a download.
async fn dies_at(stage: &str, state: &str) -> World {
    let world = World::start().await;
    world.fetch("int_1", &world.link("file", "one"), "").await;
    let mut daemon = world.daemon(&[("FAILPOINTS", &format!("{stage}=return"))]).await;

    assert_eq!(daemon.ends().signal(), Some(SIGABRT), "{}", daemon.said);
    assert_eq!(world.files().await, json!([["audio", state]]));
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn daemon_that_dies_before_it_places_a_content_leaves_nothing_half() {
    let world = dies_at("file-incoming", "waiting").await;
    assert!(world.app.files().names().await.unwrap().is_empty());
    world.is_finished_by_a_successor().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn daemon_that_dies_before_it_writes_the_row_leaves_nothing_half() {
    dies_at("file-stored", "waiting").await.is_finished_by_a_successor().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn daemon_that_dies_after_it_wrote_the_row_leaves_nothing_half() {
    dies_at("file-kept", "kept").await.is_finished_by_a_successor().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn daemon_killed_in_the_middle_of_a_content_leaves_nothing_half() {
    let world = World::start().await;
    world.fetch("int_1", &world.link("slow", "one"), "").await;
    let mut daemon = world.daemon(&[]).await;
    assert!(becomes_true(WAIT_LIMIT, async || !world.paths().is_empty()).await, "{}", daemon.said);

    daemon.signal("KILL");

    assert_eq!(daemon.ends().signal(), Some(SIGKILL));
    assert_eq!(world.paths().len(), 1, "it lies there unfinished");
    assert!(world.app.files().names().await.unwrap().is_empty());
    world.links.release();
    world.is_finished_by_a_successor().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn content_without_a_row_goes_although_its_interview_was_erased() {
    let world = dies_at("file-stored", "waiting").await;
    assert_eq!(world.objects().len(), 1);
    world.app.execute("update heymilo_sync.heartbeats set alive_until = now()").await;

    world.erase("int_1").await;
    world.download().await;
    assert_eq!(world.objects().len(), 1, "a download may still write its row");
    world.app.execute("update heymilo_sync.unclaimed_contents set due_at = now()").await;
    world.download().await;

    assert!(world.objects().is_empty());
}
