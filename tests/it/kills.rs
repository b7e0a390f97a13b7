//! The daemon dies at any instant, and its successor continues. No acknowledged delivery is lost,
//! no job is stuck, and the tables equal HeyMilo's in the end.

use std::{
    collections::BTreeSet,
    mem,
    os::unix::process::ExitStatusExt as _,
    time::{Duration, Instant},
};

use heymilo_sync::{records::WorkspaceId, simulator::Simulator, store::failures};
use serde_json::json;
use sqlx::{Executor as _, PgPool};
use tempfile::TempDir;

use crate::support::{
    app::{TestApp, until_true},
    daemon::Running,
    database::database,
    faithful::{at_heymilo, in_the_tables},
    faulty::{Fault, Faulty},
    program::program,
    simulated,
    waiting::becomes_true,
};

/// Deliveries keep their bodies, because these hold their numbers.
const KEPT: (&str, &str) = ("HEYMILO_SYNC__RETENTION__DROP_ANSWERED", "false");
/// Above HeyMilo's limit, so that nothing waits for it.
const UNLIMITED: (&str, &str) = ("HEYMILO_SYNC__HEYMILO__REQUESTS_PER_MINUTE", "1000000");
const SIGKILL: i32 = 9;
const SIGABRT: i32 = 6;
const UNAVAILABLE: &[u8] = b"HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n";
/// Longer than the successor needs.
const WAIT_LIMIT: Duration = Duration::from_secs(180);

/// A workspace, its copy, and the deliveries that were acknowledged.
struct Scene {
    heymilo: Simulator,
    address: String,
    db: PgPool,
    /// The spool, which a successor finds as the dead daemon left it.
    spool: TempDir,
    acknowledged: BTreeSet<usize>,
    sent: usize,
}

impl Scene {
    async fn start() -> Self {
        let (heymilo, address) = simulated::heymilo().await;
        let (db, spool) = (database().await, TempDir::new().unwrap());
        Self { heymilo, address, db, spool, acknowledged: BTreeSet::new(), sent: 0 }
    }

    fn daemon(&self, environment: &[(&str, &str)]) -> Running {
        let spool = ("HEYMILO_SYNC__SPOOL__DIRECTORY", self.spool.path().to_str().unwrap());
        let environment = [&[UNLIMITED, KEPT, spool], environment].concat();
        let mut daemon = Running::start_with(&self.db, &self.address, &environment);
        daemon.says("heymilo-sync is running");
        daemon
    }

    /// Delivers one interview after the other until the daemon is dead or `until` is reached.
    fn deliver_to(&mut self, daemon: &Running, until: Instant) {
        while Instant::now() < until && self.deliver_one_to(daemon) {}
    }

    /// Delivers the next interview. Returns whether the daemon answered.
    fn deliver_one_to(&mut self, daemon: &Running) -> bool {
        let ids = self.heymilo.interview_ids();
        self.deliver_id_to(daemon, &ids[self.sent % ids.len()])
    }

    fn deliver_id_to(&mut self, daemon: &Running, id: &str) -> bool {
        let body = json!({ "interview_id": id, "delivery": self.sent }).to_string();
        match daemon.deliver(&body) {
            Some(202) => _ = self.acknowledged.insert(self.sent),
            Some(status) => panic!("answered {status}"),
            None => return false,
        }
        self.sent += 1;
        true
    }

    /// Ends the dead daemon's heartbeat, so that its successor need not wait for it.
    async fn heartbeat_lapses(&self) {
        self.db.execute("update heymilo_sync.heartbeats set alive_until = now()").await.unwrap();
    }

    /// Lets a successor finish, and checks the result.
    async fn is_finished_by_a_successor(&self) {
        self.heartbeat_lapses().await;
        let app = TestApp::on(self.db.clone(), &self.address, &[]);
        // Otherwise a list that HeyMilo refused would wait for the next poll.
        app.execute("update heymilo_sync.cursors set due_at = now()").await;
        let successor = self.daemon(&[]);
        let expected = at_heymilo(&self.heymilo);

        // The lists may be read later than the interviews that deliveries name.
        let nothing_due =
            "select not exists (select from heymilo_sync.jobs where due_at <= now() + '2 s')
                and not exists (select from heymilo_sync.cursors where polled_at is null)";
        let is_done = async || {
            in_the_tables(&app.db).await == expected && app.value::<bool>(nothing_due).await
        };
        if !becomes_true(WAIT_LIMIT, is_done).await {
            assert_eq!(in_the_tables(&app.db).await, expected);
            let left = "select jsonb_build_array(
                 (select jsonb_agg(to_jsonb(j)) from heymilo_sync.jobs j where due_at <= now() + '2 s'),
                 (select jsonb_agg(to_jsonb(c)) from heymilo_sync.cursors c where polled_at is null))";
            panic!("left to do: {}", app.value::<serde_json::Value>(left).await);
        }

        assert!(successor.terminate());
        assert_eq!(in_the_tables(&app.db).await, expected);
        let (is_clean, said) = program(&self.db, &self.address, &["verify"]).await;
        assert!(is_clean, "{said}");
        let kept: Vec<i32> = sqlx::query_scalar(
            "select (convert_from(body, 'UTF8')::jsonb ->> 'delivery')::integer
             from heymilo_sync.inbox",
        )
        .fetch_all(&self.db)
        .await
        .unwrap();
        let rows = kept.len();
        let kept: BTreeSet<usize> = kept.into_iter().map(|n| n.try_into().unwrap()).collect();
        assert_eq!(kept.len(), rows, "a delivery was kept twice");
        let lost: Vec<_> = self.acknowledged.difference(&kept).collect();
        assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    }
}

/// The daemon dies when it reaches a stage for the `nth` time.
async fn dies_at(stage: &str, nth: usize) {
    let mut scene = Scene::start().await;
    let point = format!("{stage}={}*off->return", nth - 1);
    let mut daemon = scene.daemon(&[("FAILPOINTS", &point)]);

    scene.deliver_to(&daemon, Instant::now() + WAIT_LIMIT);

    assert_eq!(daemon.ends().signal(), Some(SIGABRT), "{}", daemon.said);
    scene.is_finished_by_a_successor().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_dies_with_jobs_in_flight_loses_nothing() {
    dies_at("job-taken", 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_dies_with_fetched_answers_loses_nothing() {
    dies_at("job-fetched", 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_dies_before_it_commits_interviews_loses_nothing() {
    dies_at("interview-written", 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_dies_after_it_committed_interviews_loses_nothing() {
    dies_at("interview-committed", 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn takeover_in_the_middle_of_a_first_copy_loses_nothing() {
    let scene = Scene::start().await;
    let point = ("FAILPOINTS", "interview-committed=2*off->return");
    let mut daemon = scene.daemon(&[point]);

    assert_eq!(daemon.ends().signal(), Some(SIGABRT), "{}", daemon.said);
    let app = TestApp::on(scene.db.clone(), &scene.address, &[]);
    assert!(app.count("heymilo_sync.jobs where urgency = 'first_copy'").await > 0);

    scene.is_finished_by_a_successor().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_that_dies_before_it_commits_a_page_loses_nothing() {
    dies_at("page-written", 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_that_dies_after_it_committed_a_page_loses_nothing() {
    dies_at("page-committed", 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_that_dies_before_it_commits_a_posting_loses_nothing() {
    dies_at("posting-written", 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_dies_before_it_commits_deliveries_loses_nothing() {
    dies_at("delivery-searched", 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_dies_after_it_committed_deliveries_loses_nothing() {
    dies_at("delivery-committed", 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_dies_after_it_postponed_a_job_loses_nothing() {
    let mut scene = Scene::start().await;
    let faulty = Faulty::before(&scene.address).await;
    let upstream = mem::replace(&mut scene.address, faulty.address.clone());
    let mut daemon = scene.daemon(&[("FAILPOINTS", "job-postponed=return")]);
    let app = TestApp::on(scene.db.clone(), &upstream, &[]);
    app.until_true("select exists (select from heymilo.interviews where fetched_at is not null)")
        .await;

    faulty.breaks(Fault::Answer(UNAVAILABLE.to_vec()));
    scene.deliver_to(&daemon, Instant::now() + WAIT_LIMIT);

    assert_eq!(daemon.ends().signal(), Some(SIGABRT), "{}", daemon.said);
    let postponed = "select attempt > 0 and failed_at is null
        from heymilo_sync.jobs where last_error is not null limit 1";
    assert!(app.value::<bool>(postponed).await);
    scene.address = upstream;
    scene.is_finished_by_a_successor().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_dies_after_it_set_a_job_aside_loses_nothing() {
    let scene = Scene::start().await;
    let app = TestApp::on(scene.db.clone(), &scene.address, &[]);
    app.execute("alter table heymilo.transcript_entries add constraint refused check (false)")
        .await;

    // The poll alone finds the interview. A delivery about it would have it retried.
    let mut daemon = scene.daemon(&[("FAILPOINTS", "job-failed=return")]);
    assert_eq!(daemon.ends().signal(), Some(SIGABRT), "{}", daemon.said);
    app.execute("alter table heymilo.transcript_entries drop constraint refused").await;
    let workspace = WorkspaceId::new("default").unwrap();
    let mut tx = scene.db.begin().await.unwrap();
    assert!(failures::retry_all(&mut tx, &workspace, None).await.unwrap() > 0);
    tx.commit().await.unwrap();
    scene.is_finished_by_a_successor().await;
}

/// The daemon dies at this stage of finding that an interview is gone.
async fn dies_over_what_is_gone(stage: &str) {
    let mut scene = Scene::start().await;
    let app = TestApp::on(scene.db.clone(), &scene.address, &[]);
    app.poll().await;
    app.drain().await;
    let id = app
        .value::<String>("select min(interview_id) from heymilo.interviews where results_ready")
        .await;
    scene.heymilo.remove_interview(&id);
    // HeyMilo answered 404 an hour ago too.
    app.execute(&format!(
        "insert into heymilo_sync.jobs
             (workspace_id, interview_id, urgency, missing_since, due_at)
         values ('default', '{id}', 'delivery', now() - interval '1 hour', now() + interval '1 hour')"
    ))
    .await;
    let mut daemon = scene.daemon(&[("FAILPOINTS", &format!("{stage}=return"))]);

    scene.deliver_id_to(&daemon, &id);

    assert_eq!(daemon.ends().signal(), Some(SIGABRT), "{}", daemon.said);
    scene.is_finished_by_a_successor().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_dies_before_it_commits_that_an_interview_is_gone_loses_nothing() {
    dies_over_what_is_gone("gone-written").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_dies_after_it_committed_that_an_interview_is_gone_loses_nothing() {
    dies_over_what_is_gone("gone-committed").await;
}

/// Makes the database refuse deliveries, like one whose disk is full.
const REFUSE: &str = "
    create function refuse() returns trigger language plpgsql as $$
    begin raise exception 'refused' using errcode = '53100'; end $$;
    create trigger refuse before insert on heymilo_sync.inbox
    for each statement execute function refuse();";
const ACCEPT: &str = "drop trigger refuse on heymilo_sync.inbox";

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_dies_with_deliveries_in_the_spool_loses_nothing() {
    let mut scene = Scene::start().await;
    scene.db.execute(REFUSE).await.unwrap();
    let mut daemon = scene.daemon(&[("FAILPOINTS", "delivery-spooled=4*off->return")]);

    scene.deliver_to(&daemon, Instant::now() + WAIT_LIMIT);

    assert_eq!(daemon.ends().signal(), Some(SIGABRT), "{}", daemon.said);
    assert!(!scene.acknowledged.is_empty());
    scene.db.execute(ACCEPT).await.unwrap();
    scene.is_finished_by_a_successor().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_that_dies_while_it_replays_the_spool_loses_and_doubles_nothing() {
    let mut scene = Scene::start().await;
    scene.db.execute(REFUSE).await.unwrap();
    let mut daemon = scene.daemon(&[]);
    for _ in 0..5 {
        assert!(scene.deliver_one_to(&daemon));
    }
    daemon.signal("KILL");
    daemon.ends();
    scene.db.execute(ACCEPT).await.unwrap();

    let mut daemon = scene.daemon(&[("FAILPOINTS", "spool-replayed=return")]);

    assert_eq!(daemon.ends().signal(), Some(SIGABRT), "{}", daemon.said);
    scene.is_finished_by_a_successor().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_killed_at_random_under_load_loses_nothing() {
    let mut scene = Scene::start().await;

    for _ in 0..6 {
        let mut daemon = scene.daemon(&[]);
        let life = Duration::from_millis(fastrand::u64(50..800));
        let end = Instant::now() + life;
        scene.deliver_to(&daemon, end);
        // A job or a list that three deaths meet counts as poison, and is set aside.
        let none_in_danger = "select not exists (select from heymilo_sync.jobs where marks > 1)
            and not exists (select from heymilo_sync.cursors where marks > 1)";
        until_true(&scene.db, none_in_danger).await;
        daemon.signal("KILL");
        assert_eq!(daemon.ends().signal(), Some(SIGKILL));
        scene.heartbeat_lapses().await;
    }

    assert!(scene.acknowledged.len() > 10);
    scene.is_finished_by_a_successor().await;
}
