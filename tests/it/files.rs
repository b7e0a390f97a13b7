//! Recordings and resumes are kept before their links expire, and are removed with their
//! interviews.

#[cfg(feature = "cloud")]
mod buckets;
mod faults;
mod kills;
mod removal;
mod truth;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
    time::Duration,
};

use chrono::Utc;
use heymilo_sync::store::erasures::Named;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{
    app::TestApp,
    daemon::{Running, url},
    database::database,
    directory::files_below,
    links::{LARGE, Links},
    lists::Lists,
    program::exit_code,
    waiting::becomes_true,
};

const HOUR: i64 = 3600;

/// A workspace that keeps files, with a HeyMilo whose answers the test sets.
struct World {
    heymilo: Lists,
    links: Links,
    app: TestApp,
    directory: TempDir,
    settings: Vec<(String, String)>,
    answers: Mutex<BTreeMap<String, Value>>,
}

/// The settings with which a program keeps files in a directory, and further ones.
fn keeping_files(directory: &Path, further: &[(&str, &str)]) -> Vec<(String, String)> {
    let url = format!("file://{}", directory.display());
    let defaults = [
        ("HEYMILO_SYNC__FILES__URL", url.as_str()),
        ("HEYMILO_SYNC__FILES__ALLOW_PRIVATE_ADDRESSES", "true"),
    ];
    let all = defaults.iter().chain(further);
    all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn borrowed(settings: &[(String, String)]) -> Vec<(&str, &str)> {
    settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

impl World {
    async fn start() -> Self {
        Self::with(&[]).await
    }

    async fn with(settings: &[(&str, &str)]) -> Self {
        let (heymilo, links) = (Lists::start().await, Links::start().await);
        let directory = TempDir::new().unwrap();
        let settings = keeping_files(&directory.path().join("files"), settings);
        let app = TestApp::on(database().await, &heymilo.address(), &borrowed(&settings));
        Self { heymilo, links, app, directory, settings, answers: Mutex::default() }
    }

    /// A link that works for an hour.
    fn link(&self, what: &str, name: &str) -> String {
        self.links.link(what, name, Utc::now().timestamp() + HOUR)
    }

    /// HeyMilo has an interview with these links, and the daemon fetches it.
    async fn fetch(&self, id: &str, audio: &str, resume: &str) {
        self.set(id, audio, resume).await;
        self.app.deliver(json!({ "interview_id": id })).await;
        self.app.let_time_pass().await;
        self.app.drain().await;
    }

    /// HeyMilo has an interview with these links, and the earlier interviews.
    async fn set(&self, id: &str, audio: &str, resume: &str) {
        let link = |link: &str| if link.is_empty() { Value::Null } else { json!(link) };
        let data = json!({
            "interview_id": id, "posting_id": "pos_1", "candidate_id": format!("cand_{id}"),
            "name": "Ada Example", "email": format!("{id}@example.com"), "status": "completed",
            "web_interview": { "interview_id": id, "match_score": 70, "scorecard": [],
                               "audio_recording_url": link(audio) },
            "resume": { "interview_id": id, "overall_score": 70, "resume_url": link(resume) },
        });
        self.answers.lock().unwrap().insert(format!("interviews/{id}/data"), data);
        self.set_again().await;
    }

    /// HeyMilo does not have an interview any longer.
    async fn forget(&self, id: &str) {
        self.answers.lock().unwrap().remove(&format!("interviews/{id}/data"));
        self.set_again().await;
    }

    async fn set_again(&self) {
        let answers = self.answers.lock().unwrap().clone();
        let answers: Vec<_> =
            answers.iter().map(|(place, data)| (place.as_str(), data.clone())).collect();
        self.heymilo.set(&answers).await;
    }

    /// Runs a command with the settings of this workspace. Returns its exit code and its whole
    /// output.
    async fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let settings = borrowed(&self.settings);
        exit_code(&url(&self.app.db), &self.heymilo.address(), arguments, &settings).await
    }

    /// Starts a daemon process that keeps files at the same place.
    async fn daemon(&self, environment: &[(&str, &str)]) -> Running {
        self.app.disown().await;
        let environment = [&borrowed(&self.settings)[..], environment].concat();
        Running::start_with(&self.app.db, &self.heymilo.address(), &environment)
    }

    /// The path of the content of an interview's recording.
    async fn path_of(&self, id: &str) -> PathBuf {
        let query = format!("select sha256 from heymilo.files where interview_id = '{id}'");
        let sha256: String = self.app.value(&query).await;
        let paths = self.paths();
        paths.into_iter().find(|path| path.ends_with(&sha256)).expect("the content is there")
    }

    /// Downloads the files that are due now, and removes contents that belong to no file.
    async fn download(&self) -> usize {
        self.app.own().await;
        let settled = self.app.download().await;
        self.app.remove_files_of_none().await;
        settled
    }

    /// Removes a person's interview.
    async fn erase(&self, id: &str) {
        let named = Named { interview_id: Some(id.to_owned()), ..Named::default() };
        self.app.erase(named, false).await;
    }

    /// Waits until this number of files was requested.
    async fn until_served(&self, files: usize) {
        let is_so = async || self.links.served() >= files;
        assert!(becomes_true(Duration::from_secs(60), is_so).await);
    }

    /// Kind and state of each file.
    async fn files(&self) -> Value {
        self.app
            .value(
                "select jsonb_agg(jsonb_build_array(kind, state) order by interview_id, kind)
                 from heymilo.files",
            )
            .await
    }

    /// The kept objects, complete or not.
    fn paths(&self) -> Vec<PathBuf> {
        files_below(self.directory.path())
    }

    /// Their sizes.
    fn objects(&self) -> Vec<u64> {
        self.paths().iter().map(|path| fs::metadata(path).unwrap().len()).collect()
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

    // A fresh signature does not make another file.
    world.fetch("int_1", &world.link("file", "one"), &world.link("redirect", "two")).await;
    assert_eq!(world.download().await, 0);
    assert_eq!(world.app.count("heymilo.files").await, 2);
}

#[tokio::test]
async fn expired_link_makes_the_interview_due_once_for_a_fresh_one() {
    let world = World::start().await;
    let expired = world.links.link("file", "one", Utc::now().timestamp() - 1);
    world.fetch("int_1", &expired, "").await;

    world.download().await;
    assert_eq!(world.links.served(), 0, "the link says itself that it expired");
    assert_eq!(world.app.count("heymilo_sync.jobs where urgency = 'look'").await, 1);

    world.set("int_1", &world.link("file", "one"), "").await;
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
async fn slow_file_holds_up_no_other() {
    let world = World::start().await;
    world.fetch("int_1", &world.link("slow", "one"), "").await;
    for number in 2..8 {
        world.fetch(&format!("int_{number}"), &world.link("file", &number.to_string()), "").await;
    }

    tokio::join!(world.download(), async {
        world.app.until_true("select count(*) = 6 from heymilo.files where state = 'kept'").await;
        world.links.release();
    });

    assert_eq!(world.objects().len(), 7);
}

#[tokio::test]
async fn file_that_is_not_whole_in_time_is_tried_again() {
    let world = World::with(&[("HEYMILO_SYNC__FILES__TIMEOUT", "1s")]).await;
    world.fetch("int_1", &world.link("slow", "one"), "").await;

    world.download().await;

    let error: String = world.app.value("select last_error from heymilo_sync.downloads").await;
    assert_eq!(error, "the content was not whole after 1 s (files.timeout)");
    assert_eq!(world.files().await, json!([["audio", "waiting"]]));
    assert!(world.objects().is_empty());
}
