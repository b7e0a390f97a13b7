//! Recordings and resumes are kept before their links expire, and go with their interviews.

use std::{fs, path::Path};

use axum::http::{Method, StatusCode};
use chrono::Utc;
use heymilo_sync::{store::erasures::Named, sync::remove_contents};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{
    app::TestApp,
    links::{LARGE, Links},
    lists::Lists,
};

const HOUR: i64 = 3600;

/// A workspace that keeps files, whose HeyMilo tells what it is told.
struct World {
    heymilo: Lists,
    links: Links,
    app: TestApp,
    directory: TempDir,
}

impl World {
    async fn start() -> Self {
        Self::with(&[]).await
    }

    async fn with(settings: &[(&str, &str)]) -> Self {
        let (heymilo, links) = (Lists::start().await, Links::start().await);
        let directory = TempDir::new().unwrap();
        let url = format!("file://{}/files", directory.path().display());
        let defaults = [
            ("HEYMILO_SYNC__FILES__URL", url.as_str()),
            ("HEYMILO_SYNC__FILES__ALLOW_PRIVATE_ADDRESSES", "true"),
        ];
        let settings = [&defaults[..], settings].concat();
        let db = crate::support::database::database().await;
        let app = TestApp::on(db, &heymilo.address(), &settings);
        Self { heymilo, links, app, directory }
    }

    /// A link that works for an hour.
    fn link(&self, what: &str, name: &str) -> String {
        self.links.link(what, name, Utc::now().timestamp() + HOUR)
    }

    /// HeyMilo tells of an interview with these links, and it is fetched.
    async fn fetch(&self, id: &str, audio: &str, resume: &str) {
        self.tell(id, audio, resume).await;
        self.app.deliver(json!({ "interview_id": id })).await;
        self.app.let_time_pass().await;
        self.app.drain().await;
    }

    async fn tell(&self, id: &str, audio: &str, resume: &str) {
        let place = format!("interviews/{id}/data");
        let link = |link: &str| if link.is_empty() { Value::Null } else { json!(link) };
        self.heymilo
            .tell(&[(
                &place,
                json!({
                    "interview_id": id, "posting_id": "pos_1", "candidate_id": format!("cand_{id}"),
                    "name": "Ada Example", "email": format!("{id}@example.com"), "status": "completed",
                    "web_interview": { "interview_id": id, "match_score": 70, "scorecard": [],
                                       "audio_recording_url": link(audio) },
                    "resume": { "interview_id": id, "overall_score": 70, "resume_url": link(resume) },
                }),
            )])
            .await;
    }

    /// Downloads what is due now.
    async fn download(&self) -> usize {
        self.app.own().await;
        self.app.download().await
    }

    /// Kind, state and reason of each file.
    async fn files(&self) -> Value {
        self.app
            .value(
                "select jsonb_agg(jsonb_build_array(kind, state) order by interview_id, kind)
                 from heymilo.files",
            )
            .await
    }

    /// The sizes of the objects that are kept, whole or not.
    fn objects(&self) -> Vec<u64> {
        fn walk(directory: &Path, sizes: &mut Vec<u64>) {
            for entry in fs::read_dir(directory).into_iter().flatten() {
                let entry = entry.unwrap();
                match entry.file_type().unwrap().is_dir() {
                    true => walk(&entry.path(), sizes),
                    false => sizes.push(entry.metadata().unwrap().len()),
                }
            }
        }
        let mut sizes = Vec::new();
        walk(self.directory.path(), &mut sizes);
        sizes
    }
}

#[tokio::test]
async fn recording_and_resume_are_kept_once_with_their_rows() {
    let world = World::start().await;
    world.fetch("int_1", &world.link("file", "one"), &world.link("redirect", "two")).await;

    assert_eq!(world.download().await, 2);
    assert_eq!(world.download().await, 0);

    assert_eq!(world.files().await, json!([["audio", "kept"], ["resume", "kept"]]));
    assert_eq!(world.objects().len(), 2);
    assert!(!world.links.has_seen_a_key());

    // A fresh signature is no other file.
    world.fetch("int_1", &world.link("file", "one"), &world.link("redirect", "two")).await;
    assert_eq!(world.download().await, 0);
    assert_eq!(world.app.count("heymilo.files").await, 2);
}

#[tokio::test]
async fn same_content_of_two_interviews_is_kept_until_the_last_goes() {
    let world = World::start().await;
    for id in ["int_1", "int_2"] {
        world.fetch(id, &world.link("same", id), "").await;
        world.download().await;
    }
    assert_eq!(world.objects().len(), 1);

    for (id, left) in [("int_1", 1), ("int_2", 0)] {
        let named = Named { interview_id: Some(id.to_owned()), ..Named::default() };
        world.app.erase(named, false).await;
        world.download().await;
        assert_eq!(world.objects().len(), left, "{id}");
    }
    assert_eq!(world.app.count("heymilo_sync.removed_contents").await, 0);
}

#[tokio::test]
async fn expired_link_makes_the_interview_due_once_for_a_fresh_one() {
    let world = World::start().await;
    let expired = world.links.link("file", "one", Utc::now().timestamp() - 1);
    world.fetch("int_1", &expired, "").await;

    world.download().await;
    assert_eq!(world.links.served(), 0, "the link says itself that it expired");
    assert_eq!(world.app.count("heymilo_sync.jobs where urgency = 'look'").await, 1);

    world.tell("int_1", &world.link("file", "one"), "").await;
    world.app.drain().await;
    world.download().await;
    assert_eq!(world.files().await, json!([["audio", "kept"]]));
}

#[tokio::test]
async fn link_that_is_refused_twice_counts_as_expired() {
    let world = World::start().await;
    world.links.refuse(true);
    for _ in 0..2 {
        world.fetch("int_1", &world.link("file", "one"), "").await;
        world.download().await;
    }

    assert_eq!(world.files().await, json!([["audio", "expired"]]));
    let reason: String = world.app.value("select reason from heymilo.files").await;
    assert_eq!(reason, "the link does not work any more (403 Forbidden)");
    assert_eq!(world.app.count("heymilo_sync.downloads").await, 0);
}

#[tokio::test]
async fn what_breaks_off_is_tried_again_and_leaves_nothing_half() {
    for what in ["truncated", "broken"] {
        let world = World::start().await;
        world.fetch("int_1", &world.link(what, "one"), "").await;
        for attempt in 1..=8 {
            world.download().await;
            assert_eq!(world.objects().len(), 0, "{what}");
            let state = if attempt < 8 { "waiting" } else { "failed" };
            assert_eq!(world.files().await, json!([["audio", state]]), "{what} {attempt}");
            world.app.execute("update heymilo_sync.downloads set due_at = now()").await;
        }
    }
}

#[tokio::test]
async fn large_file_is_streamed_and_a_larger_one_than_allowed_is_not_kept() {
    let world = World::start().await;
    world.fetch("int_1", &world.link("large", "one"), "").await;
    world.download().await;
    assert_eq!(world.objects(), [LARGE as u64]);

    let strict = World::with(&[("HEYMILO_SYNC__FILES__MAX_BYTES", "1000000")]).await;
    strict.fetch("int_1", &strict.link("large", "one"), "").await;
    strict.download().await;
    assert_eq!(strict.files().await, json!([["audio", "too_large"]]));
    assert!(strict.objects().is_empty());
}

#[tokio::test]
async fn links_into_this_network_are_refused() {
    let guarded = World::with(&[("HEYMILO_SYNC__FILES__ALLOW_PRIVATE_ADDRESSES", "false")]).await;
    guarded.fetch("int_1", &guarded.link("file", "one"), "").await;
    guarded.download().await;
    assert_eq!(guarded.files().await, json!([["audio", "failed"]]));
    assert_eq!(guarded.links.served(), 0);
}

#[tokio::test]
async fn only_wanted_kinds_and_postings_are_kept() {
    let kinds = World::with(&[("HEYMILO_SYNC__FILES__KINDS", "resume")]).await;
    kinds.fetch("int_1", &kinds.link("file", "one"), &kinds.link("file", "two")).await;
    kinds.download().await;
    assert_eq!(kinds.files().await, json!([["resume", "kept"]]));

    let postings = World::with(&[("HEYMILO_SYNC__FILES__POSTINGS", "pos_2")]).await;
    postings.fetch("int_1", &postings.link("file", "one"), "").await;
    assert_eq!(postings.app.count("heymilo.files").await, 0);
}

#[tokio::test]
async fn links_from_before_files_were_kept_are_noted() {
    let world = World::start().await;
    world.fetch("int_1", &world.link("file", "one"), "").await;
    world.app.execute("delete from heymilo.files").await;
    world.app.execute("delete from heymilo_sync.downloads").await;

    world.app.own().await;
    world.app.note_earlier_files().await;
    world.download().await;

    assert_eq!(world.files().await, json!([["audio", "kept"]]));
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
async fn operators_read_a_file_and_parts_of_it() {
    let world = World::start().await;
    world.fetch("int_1", &world.link("file", "one"), "").await;
    world.download().await;
    let at = "/files/default/int_1/audio";

    assert_eq!(world.app.operate(at, None).await, (StatusCode::OK, "What one said.".to_owned()));
    let part = world.app.operate_as(Method::GET, at, &[("range", "bytes=5-7")]).await;
    assert_eq!(part, (StatusCode::PARTIAL_CONTENT, "one".to_owned()));
    for nothing in
        ["/files/default/int_1/video", "/files/default/int_2/audio", "/files/no/int_1/audio"]
    {
        assert_eq!(world.app.operate(nothing, None).await.0, StatusCode::NOT_FOUND, "{nothing}");
    }
}

#[tokio::test]
async fn content_that_found_a_file_again_is_not_removed() {
    let world = World::start().await;
    world.fetch("int_1", &world.link("file", "one"), "").await;
    world.download().await;
    world
        .app
        .execute(
            "insert into heymilo_sync.removed_contents (sha256) select sha256 from heymilo.files",
        )
        .await;

    let files = world.app.files();
    assert_eq!(remove_contents(&world.app.db, &files).await.unwrap(), 1);

    assert_eq!(world.objects().len(), 1);
    assert_eq!(world.app.count("heymilo_sync.removed_contents").await, 0);
}
