//! Faulty links and files of the simulator: each file is kept, or its row says why it is not.

use std::{fs, time::Duration};

use heymilo_sync::simulator::{FileFault, Options, Simulator};
use serde_json::Value;
use tempfile::TempDir;

use super::{borrowed, keeping_files};
use crate::support::{
    app::TestApp,
    daemon::Running,
    database::database,
    directory::files_below,
    memory::{MIB, peak},
    simulated::serve,
    waiting::becomes_true,
};

const WAIT_LIMIT: Duration = Duration::from_secs(120);

/// A simulator that serves files, and a daemon that keeps them.
struct Served {
    heymilo: Simulator,
    address: String,
    app: TestApp,
    directory: TempDir,
    settings: Vec<(String, String)>,
}

impl Served {
    /// Starts both, with this number of candidates and this lifetime of links.
    async fn start(candidates: usize, link_lifetime: Duration, settings: &[(&str, &str)]) -> Self {
        let (heymilo, address) = serve(Options {
            postings: 1,
            candidates,
            arrivals_per_day: 0.0,
            speed: 0.0,
            requests_per_minute: None,
            link_lifetime: Some(link_lifetime),
            ..Options::default()
        })
        .await;
        heymilo.advance(Duration::from_secs(30 * 24 * 3600));
        let directory = TempDir::new().unwrap();
        let settings = keeping_files(directory.path(), settings);
        let app = TestApp::on(database().await, &address, &borrowed(&settings));
        Self { heymilo, address, app, directory, settings }
    }

    /// Copies the workspace, and downloads the due files.
    async fn sync(&self) {
        self.app.forget_cursors().await;
        self.app.poll().await;
        self.app.drain().await;
        self.app.own().await;
        self.app.download().await;
    }

    /// Each state with the number of its files.
    async fn states(&self) -> Value {
        let query = "select coalesce(jsonb_object_agg(state, files), '{}')
                     from (select state, count(*) as files from heymilo.files group by state) as states";
        self.app.value(query).await
    }

    /// The state of all files, with the reasons in their rows.
    async fn outcome(&self) -> (String, Vec<String>) {
        let states: Vec<String> =
            self.app.value("select array_agg(distinct state) from heymilo.files").await;
        assert_eq!(states.len(), 1, "{states:?}");
        let reasons = "select array_agg(distinct coalesce(reason, last_error, ''))
                       from heymilo.files
                       left join heymilo_sync.downloads using (workspace_id, interview_id, kind, link_digest)";
        (states[0].clone(), self.app.value(reasons).await)
    }
}

#[tokio::test]
async fn files_are_kept_whose_links_live_a_minute() {
    let served = Served::start(12, Duration::from_secs(60), &[]).await;

    served.sync().await;

    let (state, _) = served.outcome().await;
    assert_eq!(state, "kept");
    let files = served.app.count("heymilo.files").await;
    assert!(files > 10, "{files}");
    assert_eq!(files_below(served.directory.path()).len() as i64, files);
}

#[tokio::test]
async fn links_that_are_over_before_their_turn_are_fetched_again_once() {
    let served = Served::start(12, Duration::ZERO, &[]).await;
    served.sync().await;
    let (state, reasons) = served.outcome().await;
    assert_eq!(
        (state.as_str(), reasons),
        ("waiting", vec!["the link does not work any more".into()])
    );
    assert!(served.app.count("heymilo_sync.jobs where urgency = 'look'").await > 5);

    served.sync().await;

    let (state, reasons) = served.outcome().await;
    assert_eq!(
        (state.as_str(), reasons),
        ("expired", vec!["the link does not work any more".into()])
    );
    assert_eq!(served.app.count("heymilo_sync.downloads").await, 0);
}

#[tokio::test]
async fn every_fault_ends_in_a_file_or_in_a_reason() {
    let broken = "the content broke off";
    let served =
        Served::start(12, Duration::from_secs(3600), &[("HEYMILO_SYNC__FILES__TIMEOUT", "1s")])
            .await;
    for (fault, state, reason) in [
        (FileFault::Truncated, "waiting", broken),
        (FileFault::WrongLength, "waiting", broken),
        (FileFault::Slow, "waiting", "the content was not whole after 1 s (files.timeout)"),
        (FileFault::Refused, "waiting", "the link does not work any more (403 Forbidden)"),
        (FileFault::Redirected, "kept", ""),
    ] {
        served.heymilo.set_file_fault(Some(fault));
        served.app.execute("update heymilo_sync.downloads set due_at = now()").await;

        served.sync().await;

        let (found, reasons) = served.outcome().await;
        assert_eq!((found.as_str(), reasons), (state, vec![reason.to_owned()]), "{fault:?}");
        let objects = files_below(served.directory.path()).len();
        assert_eq!(objects > 0, state == "kept", "{fault:?}: {objects} objects");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn file_of_500_mb_is_kept_in_little_memory() {
    let resumes = [("HEYMILO_SYNC__FILES__KINDS", "resume")];
    let served = Served::start(4, Duration::from_secs(3600), &resumes).await;
    served.app.forget_cursors().await;
    served.app.poll().await;
    served.app.drain().await;
    served.app.disown().await;
    served.heymilo.set_file_fault(Some(FileFault::Large));

    let settings = borrowed(&served.settings);
    let daemon = Running::start_with(&served.app.db, &served.address, &settings);
    let mut idle = 0;
    let is_begun = async || {
        let begun = !files_below(served.directory.path()).is_empty();
        idle = if begun { idle } else { peak(daemon.id()) };
        begun
    };
    assert!(becomes_true(WAIT_LIMIT, is_begun).await, "{}", daemon.said);
    let is_kept = async || served.app.count("heymilo.files where state <> 'kept'").await == 0;
    assert!(becomes_true(WAIT_LIMIT, is_kept).await, "{}", served.states().await);

    let path = files_below(served.directory.path()).remove(0);
    assert!(fs::metadata(path).unwrap().len() > 500 << 20);
    let taken = peak(daemon.id()) - idle;
    assert!(taken < 64 * MIB, "{taken} bytes more than when idle {idle}");
    assert!(daemon.terminate());
}
