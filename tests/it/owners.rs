//! Several processes on one database: each workspace has exactly one owner, and soon another one
//! when the owner dies.

use std::{
    collections::HashMap,
    fs,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use futures_util::future::join_all;
use heymilo_sync::{
    store::{
        database::{is_not_owned, pool},
        notifications::Listener,
    },
    sync::Error,
};
use serde_json::json;
use sqlx::PgPool;
use tempfile::TempDir;
use tokio::{
    join,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::support::{
    app::{TestApp, until_true},
    daemon::{Running, url},
    database::database,
    held::HeldList,
    program::{program, program_with},
    relay::Relay,
    simulated::{self, Simulated},
};

/// Within this time a workspace has an owner again.
const TAKEOVER_LIMIT: Duration = Duration::from_secs(15);

/// Whether all lists were read, and this number of interviews copied.
fn copied(interviews: usize) -> String {
    format!(
        "select count(*) = {interviews} from heymilo.interviews
         where not exists (select from heymilo_sync.jobs where due_at <= now())
           and not exists (select from heymilo_sync.cursors where polled_at is null)"
    )
}

/// Ends the owner's heartbeat, as when the owner died.
async fn owner_dies(world: &Simulated) {
    world.execute("update heymilo_sync.heartbeats set alive_until = now()").await;
}

#[tokio::test]
async fn one_process_owns_a_workspace_until_its_heartbeat_lapses() {
    let world = Simulated::start().await;
    let replica = world.replica(&world.address);
    world.own().await;
    world.poll().await;
    let asked = world.heymilo.requests().len();

    world.forget_cursors().await;
    assert!(matches!(replica.try_poll().await, Err(Error::OwnedElsewhere)));
    assert_eq!(world.heymilo.requests().len(), asked);

    owner_dies(&world).await;
    replica.poll().await;
    assert!(world.heymilo.requests().len() > asked);
}

#[tokio::test]
async fn a_released_workspace_is_free_at_once() {
    let world = Simulated::start().await;
    let replica = world.replica(&world.address);
    world.own().await;

    world.disown().await;

    assert!(replica.try_poll().await.is_ok());
}

#[tokio::test]
async fn a_process_that_wakes_up_too_late_writes_nothing() {
    let world = Simulated::start().await;
    let replica = world.replica(&world.address);
    world.own().await;
    owner_dies(&world).await;
    replica.own().await;

    let late = world.engine().workspace().owner.begin().await;

    assert!(late.is_err_and(|error| is_not_owned(&error)));
    assert!(replica.engine().workspace().owner.begin().await.is_ok());
}

#[tokio::test]
async fn process_that_wakes_up_too_late_moves_no_cursor() {
    for status in [200, 500] {
        let (heymilo, address) = HeldList::start(status).await;
        let late = TestApp::start(&address).await;
        let successor = late.replica(&address);
        late.own().await;
        let takeover = async {
            heymilo.asked().await;
            late.execute("update heymilo_sync.heartbeats set alive_until = now()").await;
            successor.own().await;
            heymilo.release();
        };

        let (polled, ()) = join!(late.try_poll(), takeover);

        assert!(polled.is_err(), "{status}");
        let moved = "heymilo_sync.cursors
                     where list = 'candidates' and (polled_at is not null or failed_at is not null)";
        assert_eq!(late.count(moved).await, 0, "{status}");
    }
}

#[tokio::test]
async fn a_takeover_waits_for_transactions_of_the_last_owner() {
    let world = Simulated::start().await;
    let replica = world.replica(&world.address);
    world.own().await;
    let writing = world.engine().workspace().owner.begin().await.unwrap();
    owner_dies(&world).await;

    let owner = replica.engine().workspace().owner.clone();
    let mut taking = Box::pin(owner.take());
    assert!(timeout(Duration::from_millis(300), &mut taking).await.is_err());
    writing.commit().await.unwrap();

    assert!(taking.await.unwrap());
}

#[tokio::test]
async fn a_silent_transaction_of_a_dead_owner_ends_by_itself() {
    let world = Simulated::start().await;
    let replica = world.replica(&world.address);
    world.own().await;
    let _silent = world.engine().workspace().owner.begin().await.unwrap();
    owner_dies(&world).await;

    let owner = replica.engine().workspace().owner.clone();
    let taken = timeout(TAKEOVER_LIMIT, owner.take()).await;

    assert!(taken.is_ok_and(|taken| taken.unwrap()));
}

#[tokio::test]
async fn no_interview_is_fetched_by_two_processes_at_once() {
    let world = Simulated::start().await;
    let replicas = [(); 3].map(|()| world.replica(&world.address));
    let ids = world.heymilo.interview_ids();
    let due: Vec<_> = ids.iter().map(|id| json!({ "interview_id": id })).collect();
    world.deliver(json!(due)).await;

    let [first, second, third] = replicas.each_ref().map(TestApp::try_work);
    let done = join!(first, second, third);

    let done: usize = [done.0, done.1, done.2].into_iter().map(Result::unwrap_or_default).sum();
    assert_eq!(done, ids.len());
    let mut fetches: HashMap<String, usize> = HashMap::new();
    for request in world.heymilo.requests() {
        *fetches.entry(request.path).or_default() += 1;
    }
    assert!(fetches.values().all(|times| *times == 1), "{fetches:?}");
    assert_eq!(fetches.len(), ids.len());
}

#[tokio::test]
async fn a_successor_counts_the_requests_of_the_last_owner() {
    let limit = ("HEYMILO_SYNC__HEYMILO__REQUESTS_PER_MINUTE", "300");
    let world = Simulated::with([limit]).await;
    let id = world.heymilo.interview_ids()[0].clone();
    world.own().await;
    world.deliver(json!({ "interview_id": id })).await;
    world.work().await;
    let used = world.engine().workspace().heymilo.limiter().usage();
    world.disown().await;
    let sent: i32 = used.by_second.iter().sum();
    assert!(sent > 0);

    let replica = world.replica_with(&world.address, &[limit]);
    replica.own().await;

    let counted = replica.engine().workspace().heymilo.limiter().usage();
    assert_eq!(counted.by_second.iter().sum::<i32>(), sent);
}

#[tokio::test]
async fn a_command_borrows_requests_from_a_live_owner() {
    let world = Simulated::start().await;
    world.sync().await;
    let daemon = world.replica(&world.address);
    daemon.own().await;
    let owner = daemon.engine().workspace().owner.clone();

    let command = world.command().await;
    let stop = CancellationToken::new();
    let asked = command.with_requests(&stop, async {
        world.engine().workspace().heymilo.workspaces().await?;
        Ok(())
    });
    let asked = tokio::select! {
        asked = timeout(TAKEOVER_LIMIT, asked) => asked.unwrap(),
        lost = owner.keep() => panic!("{lost:?}"),
    };

    assert!(asked.is_ok());
    assert_eq!(world.count("heymilo_sync.loans where until > now()").await, 0);
}

#[tokio::test]
async fn a_delivery_notifies_the_owner() {
    let world = Simulated::start().await;
    let mut listener = Listener::listen(&world.db).await.unwrap().unwrap();

    world.deliver(json!({ "interview_id": "int_1" })).await;

    assert_eq!(listener.recv().await.unwrap().workspace_id.as_str(), "default");
}

const WORKSPACES: [&str; 3] = ["emea", "apac", "latam"];

/// The three workspaces for any process: its arguments and its environment.
fn three_workspaces(directory: &TempDir) -> ([String; 2], Vec<(String, &'static str)>) {
    let settings = directory.path().join("three.toml");
    let named = WORKSPACES.map(|name| format!("[[workspaces]]\nname = \"{name}\"\n"));
    fs::write(&settings, named.concat()).unwrap();
    let mut environment: Vec<(String, &str)> = WORKSPACES
        .map(|name| (format!("HEYMILO_API_KEY_{}", name.to_uppercase()), name))
        .into_iter()
        .collect();
    for (name, value) in [
        ("HEYMILO_API_KEY", ""),
        ("HEYMILO_WEBHOOK_TOKEN", ""),
        ("HEYMILO_SYNC__WEBHOOKS__PUBLIC_URL", ""),
        ("HEYMILO_SYNC__HEYMILO__REQUESTS_PER_MINUTE", "1000000"),
    ] {
        environment.push((name.to_owned(), value));
    }
    (["--config".to_owned(), settings.to_str().unwrap().to_owned()], environment)
}

/// A daemon process for three workspaces.
fn daemon_of_three(db: &PgPool, address: &str, directory: &TempDir) -> Running {
    let (arguments, environment) = three_workspaces(directory);
    let arguments = arguments.each_ref().map(String::as_str);
    let environment: Vec<_> =
        environment.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let mut daemon = Running::start_as(&arguments, db, address, &environment);
    daemon.says("heymilo-sync is running");
    daemon
}

/// Whether this number of processes owns the three workspaces.
fn owned_by(processes: usize) -> String {
    format!(
        "select count(*) = 3 and count(distinct owner) = {processes}
         from heymilo_sync.owners join heymilo_sync.heartbeats using (workspace_id)
         where alive_until > now()"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn two_daemons_share_three_workspaces_and_one_takes_over_when_the_other_is_killed() {
    let (db, directory) = (database().await, TempDir::new().unwrap());
    let (heymilo, address) = simulated::heymilo_for_any_key().await;
    let mut first = daemon_of_three(&db, &address, &directory);
    until_true(&db, &owned_by(1)).await;
    let second = daemon_of_three(&db, &address, &directory);
    until_true(&db, &owned_by(2)).await;

    first.signal("KILL");
    first.ends();
    let killed = Instant::now();
    until_true(&db, &owned_by(1)).await;

    assert!(killed.elapsed() < TAKEOVER_LIMIT, "{:?}", killed.elapsed());
    let all = 3 * heymilo.interview_ids().len();
    until_true(&db, &copied(all)).await;
    assert!(second.terminate());
    let (arguments, environment) = three_workspaces(&directory);
    let arguments = [&arguments.each_ref().map(String::as_str)[..], &["verify"]].concat();
    let environment: Vec<_> =
        environment.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let url = url(&db);
    let (is_clean, said) = program_with(&url, &address, &arguments, &environment).await;
    assert!(is_clean, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn owner_whose_connections_hang_works_on_within_15_s() {
    let db = database().await;
    let (heymilo, address) = simulated::heymilo_of(200).await;
    let relay = Relay::before(&db).await;
    // Slow enough that it hangs in the middle of the first copy.
    let limit = ("HEYMILO_SYNC__HEYMILO__REQUESTS_PER_MINUTE", "600");
    let mut daemon = Running::start_with(&relay.db, &address, &[limit]);
    daemon.says("this process owns the workspace");
    until_true(&db, "select count(fetched_at) > 0 from heymilo.interviews").await;

    relay.hang();
    let hung = Instant::now();
    let hung_at: DateTime<Utc> = sqlx::query_scalar("select now()").fetch_one(&db).await.unwrap();
    let works = format!(
        "select alive_until > now() + interval '4 s'
            and (select max(fetched_at) from heymilo.interviews) > '{hung_at}'::timestamptz + interval '1 s'
         from heymilo_sync.heartbeats"
    );
    until_true(&db, &works).await;

    assert!(hung.elapsed() < TAKEOVER_LIMIT, "{:?}", hung.elapsed());
    let all = heymilo.interview_ids().len();
    until_true(&db, &copied(all)).await;
    assert!(daemon.terminate());
    let (is_clean, said) = program(&db, &address, &["verify"]).await;
    assert!(is_clean, "{said}");
}

#[tokio::test]
async fn connections_that_hang_together_are_replaced_together() {
    let db = database().await;
    let relay = Relay::before(&db).await;
    let pool = pool((*relay.db.connect_options()).clone(), 8);
    let opened: Vec<_> = join_all((0..8).map(|_| pool.acquire())).await;
    assert!(opened.iter().all(Result::is_ok));
    drop(opened);
    // A connection that was used within the last second is trusted.
    sleep(Duration::from_millis(1500)).await;

    relay.hang();

    // One after the other, they would outlast what a request waits for a connection.
    let answer = sqlx::query_scalar::<_, i32>("select 1").fetch_one(&pool).await;
    assert_eq!(answer.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_beside_a_daemon_makes_the_work_due_and_watches() {
    let db = database().await;
    let (heymilo, address) = simulated::heymilo().await;
    let mut daemon = Running::start(&db, &address);
    daemon.says("this process owns the workspace");
    until_true(&db, "select count(*) > 0 from heymilo.interviews").await;
    let epoch = "select epoch from heymilo_sync.owners";
    let before: i64 = sqlx::query_scalar(epoch).fetch_one(&db).await.unwrap();

    let (success, said) = program(&db, &address, &["sync"]).await;

    assert!(success, "{said}");
    let after: i64 = sqlx::query_scalar(epoch).fetch_one(&db).await.unwrap();
    assert_eq!(after, before, "the daemon did the work");
    let interviews: i64 =
        sqlx::query_scalar("select count(*) from heymilo.interviews").fetch_one(&db).await.unwrap();
    assert_eq!(interviews as usize, heymilo.interview_ids().len());
}

#[tokio::test]
async fn a_command_hands_the_workspace_over_to_a_daemon_that_waits() {
    let world = Simulated::start().await;
    world.own().await;
    world.execute("update heymilo_sync.owners set is_daemon = false").await;
    world
        .execute(
            "insert into heymilo_sync.waiting
             values ('default', 'a daemon', true, 0, false, now() + interval '1 minute')",
        )
        .await;

    let lost = timeout(TAKEOVER_LIMIT, world.engine().workspace().owner.keep()).await.unwrap();

    assert_eq!(format!("{lost:?}"), "HandOver");
}

#[tokio::test]
async fn jobs_that_another_process_made_due_are_found_without_a_notification() {
    let world = Simulated::start().await;
    let id = world.heymilo.interview_ids()[0].clone();
    let stop = CancellationToken::new();
    let found = async {
        world.until_true("select exists (select from heymilo_sync.heartbeats)").await;
        world
            .execute(&format!(
                "insert into heymilo_sync.jobs (workspace_id, interview_id, urgency)
                 values ('default', '{id}', 'delivery')"
            ))
            .await;
        let fetched = format!(
            "select exists (select from heymilo.interviews
             where interview_id = '{id}' and fetched_at is not null)"
        );
        world.until_true(&fetched).await;
    };

    tokio::select! {
        () = world.engine().run(&stop) => panic!("the engine came to its end"),
        () = found => {}
    }
}
