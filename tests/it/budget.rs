//! One budget for all replicas: the limit is used, never broken, and whoever is urgent goes first.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    net::TcpListener,
    sync::Arc,
    time::Duration,
};

use axum::{Router, body::Body, http::Request, response::Response};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use heymilo_sync::{
    heymilo::{Ask, Budget, Client, Error, Grant, Heard, Purpose, Settings},
    metrics::Metrics,
    records::WorkspaceId,
    simulator::{Options, Simulator, Window},
    store::jobs::{self, Allowance, NEWS_WAIT, Turn},
    sync::SharedBudget,
};
use serde_json::json;
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::time::Instant;
use tower::ServiceExt as _;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::support::{
    database::database,
    simulated::Simulated,
    time_machine::{TimeMachine, up_to},
};

const LIMIT: u32 = 300;
const ALLOWANCE: Allowance = Allowance { requests_per_minute: LIMIT, unknown_percent: 5 };

fn budget(db: &PgPool) -> SharedBudget {
    let (workspace, lease) = (WorkspaceId::new("default").unwrap(), Duration::from_secs(30));
    SharedBudget::new(workspace, db.clone(), ALLOWANCE, lease)
}

fn ask(purpose: Purpose, most: usize) -> Ask {
    Ask { purpose, most, heard: None }
}

/// A client of one more replica.
fn client(base_url: &str, db: &PgPool) -> Client {
    Client::new(Settings {
        base_url: base_url.parse().unwrap(),
        api_key: "key".into(),
        budget: Arc::new(budget(db)),
        timeout: Duration::from_secs(5),
        outage_interval: Duration::from_secs(10),
        max_body_bytes: 10_000,
        counts: Metrics::default().of("default"),
    })
    .unwrap()
}

async fn answering(answer: ResponseTemplate) -> MockServer {
    let heymilo = MockServer::start().await;
    Mock::given(any()).respond_with(answer).mount(&heymilo).await;
    heymilo
}

async fn enqueue(db: &PgPool, reason: &str, priority: i16, ids: std::ops::Range<i32>) {
    sqlx::query(
        "insert into heymilo_sync.jobs (workspace_id, interview_id, reason, priority)
         select 'default', 'int_' || id, $1, $2 from generate_series($3, $4 - 1) id",
    )
    .bind(reason)
    .bind(priority)
    .bind(ids.start)
    .bind(ids.end)
    .execute(db)
    .await
    .unwrap();
}

/// Claims what there is. Returns how many jobs that was.
async fn claim(db: &PgPool, turn: Turn, news_wait: Duration) -> usize {
    let (workspace, lease) = (WorkspaceId::new("default").unwrap(), Duration::from_secs(30));
    jobs::claim(db, &workspace, 8, lease, turn, news_wait, ALLOWANCE).await.unwrap().len()
}

/// What happens next to one of the replicas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// It asks for permits.
    Asks(usize),
    /// A request that it sent then arrives.
    Arrives(usize, DateTime<Utc>),
}

/// Three replicas that always have work, in simulated time.
struct Replicas {
    clock: TimeMachine,
    heymilo: Simulator,
    router: Router,
    budgets: Vec<SharedBudget>,
    heard: HashMap<usize, (Heard, DateTime<Utc>)>,
    agenda: BinaryHeap<Reverse<(DateTime<Utc>, Event)>>,
    random: fastrand::Rng,
}

impl Replicas {
    async fn start(window: Window) -> Self {
        let clock = TimeMachine::start().await;
        let start = DateTime::from_timestamp(1_790_000_017, 0).unwrap();
        let heymilo = Simulator::new(Options {
            candidates: 1,
            speed: 0.0,
            start: Some(start),
            requests_per_minute: Some(LIMIT),
            window,
            ..Options::default()
        });
        let dbs = [(); 3].map(|()| clock.connect());
        enqueue(&dbs[0], "webhook", 0, 0..8).await;
        Self {
            clock,
            router: heymilo.router(),
            heymilo,
            budgets: dbs.iter().map(budget).collect(),
            heard: HashMap::new(),
            agenda: (0..3).map(|replica| Reverse((start, Event::Asks(replica)))).collect(),
            random: fastrand::Rng::with_seed(1),
        }
    }

    async fn run_for(&mut self, time: TimeDelta) {
        let end = self.heymilo.now() + time;
        while let Some(Reverse((at, event))) = self.agenda.pop().filter(|next| next.0.0 < end) {
            self.heymilo.advance((at - self.heymilo.now()).to_std().unwrap());
            match event {
                Event::Asks(replica) => self.ask(replica, at).await,
                Event::Arrives(replica, sent_at) => self.arrive(replica, sent_at).await,
            }
        }
    }

    /// One of the replicas reads lists, the others fetch interviews.
    async fn ask(&mut self, replica: usize, now: DateTime<Utc>) {
        let (purpose, most) =
            if replica == 0 { (Purpose::Lists, 1) } else { (Purpose::Interviews, 8) };
        let heard = self.heard.remove(&replica);
        let heard =
            heard.map(|(heard, sent_at)| Heard { age: (now - sent_at).to_std().unwrap(), ..heard });
        self.clock.set(now).await;
        let again = match self.budgets[replica].take(Ask { purpose, most, heard }).await {
            Grant::Permits(permits) => {
                for _ in 0..permits {
                    let arrives_at = now + up_to(&mut self.random, Duration::from_millis(150));
                    self.agenda.push(Reverse((arrives_at, Event::Arrives(replica, now))));
                }
                // Before it asks for more it has to wait for answers and write them.
                up_to(&mut self.random, Duration::from_millis(1_500))
            }
            Grant::Wait(wait) => wait,
            Grant::NotNeeded => panic!("there are jobs"),
        };
        self.agenda.push(Reverse((now + again, Event::Asks(replica))));
    }

    async fn arrive(&mut self, replica: usize, sent_at: DateTime<Utc>) {
        let request = Request::get("/api/v2/workspaces").header("x-api-key", "simulated");
        let request = request.body(Body::empty()).unwrap();
        let answer: Response = self.router.clone().oneshot(request).await.unwrap();
        let number = |name: &str| answer.headers()[name].to_str().unwrap().parse().unwrap();
        let heard = Heard {
            limit: Some(number("x-ratelimit-limit")),
            remaining: Some(number("x-ratelimit-remaining")),
            reset: Some(Duration::from_secs(number("x-ratelimit-reset").into())),
            age: Duration::ZERO,
        };
        self.heard.insert(replica, (heard, sent_at));
    }
}

async fn ten_minutes_of_three_replicas(window: Window) {
    let mut replicas = Replicas::start(window).await;

    replicas.run_for(TimeDelta::minutes(10)).await;

    let requests = replicas.heymilo.requests();
    assert!(requests.iter().all(|request| request.status == 200), "there was a 429");
    assert!(requests.len() >= 2_970, "only {} requests", requests.len());
}

#[tokio::test]
async fn three_replicas_use_99_percent_of_a_fixed_window_and_get_no_429() {
    ten_minutes_of_three_replicas(Window::Fixed).await;
}

#[tokio::test]
async fn three_replicas_use_99_percent_of_a_sliding_window_and_get_no_429() {
    ten_minutes_of_three_replicas(Window::Sliding).await;
}

#[tokio::test]
async fn replicas_that_ask_at_the_same_time_share_one_budget() {
    let db = database().await;
    let replicas = [budget(&db), budget(&db), budget(&db)];

    let asks = replicas.iter().cycle().take(30).map(|budget| budget.take(ask(Purpose::Lists, 7)));
    let grants = join_all(asks).await;

    let permits = grants.iter().map(|grant| match grant {
        Grant::Permits(permits) => *permits,
        _ => 0,
    });
    // A tenth of the limit, and at most what became due meanwhile.
    let permits: usize = permits.sum();
    assert!((30..40).contains(&permits), "{permits}");
}

#[tokio::test]
async fn a_429_pauses_the_other_replicas() {
    let db = database().await;
    let heymilo = answering(ResponseTemplate::new(429).insert_header("retry-after", "17")).await;

    let refused = client(&heymilo.uri(), &db).workspaces().await;
    let grant = budget(&db).take(ask(Purpose::Lists, 1)).await;

    assert!(matches!(refused, Err(Error::RateLimited { .. })));
    let Grant::Wait(wait) = grant else { panic!("{grant:?}") };
    assert!(wait > Duration::from_secs(10), "{wait:?}");
}

#[tokio::test]
async fn a_lower_limit_that_one_replica_is_told_counts_for_all() {
    let db = database().await;
    let answer = ResponseTemplate::new(200)
        .set_body_json(json!({ "data": [] }))
        .insert_header("x-ratelimit-limit", "10");
    let heymilo = answering(answer).await;
    let one = client(&heymilo.uri(), &db);

    one.workspaces().await.unwrap();
    one.workspaces().await.unwrap();
    let grant = budget(&db).take(ask(Purpose::Lists, 1)).await;

    // Six seconds apart are ten a minute.
    let Grant::Wait(wait) = grant else { panic!("{grant:?}") };
    assert!(wait > Duration::from_secs(3), "{wait:?}");
}

#[tokio::test]
async fn a_restart_does_not_forget_what_was_used() {
    let db = database().await;

    let before = budget(&db).take(ask(Purpose::Lists, 30)).await;
    let after = budget(&db).take(ask(Purpose::Lists, 30)).await;

    assert_eq!(before, Grant::Permits(30));
    assert!(!matches!(after, Grant::Permits(2..)), "{after:?}");
}

#[tokio::test]
async fn nothing_is_taken_when_no_interview_is_due() {
    let db = database().await;

    let grant = budget(&db).take(ask(Purpose::Interviews, 8)).await;

    assert_eq!(grant, Grant::NotNeeded);
}

#[tokio::test]
async fn a_worker_for_news_takes_nothing_for_a_backfill() {
    let db = database().await;
    enqueue(&db, "backfill", 2, 0..20).await;

    let for_news = budget(&db).take(ask(Purpose::News, 8)).await;
    let for_all = budget(&db).take(ask(Purpose::Interviews, 8)).await;

    assert_eq!((for_news, for_all), (Grant::NotNeeded, Grant::Permits(8)));
}

#[tokio::test]
async fn news_are_left_to_who_is_there_for_them_unless_these_are_late() {
    let db = database().await;
    enqueue(&db, "webhook", 0, 0..3).await;
    let besides = async || {
        let grant = budget(&db).take(ask(Purpose::BesidesNews, 8)).await;
        (grant, claim(&db, Turn::Backfill, NEWS_WAIT).await)
    };
    let fresh = "update heymilo_sync.jobs set enqueued_at = now()";
    let is_fresh = "select min(enqueued_at) > now() - interval '1 second' from heymilo_sync.jobs";

    let left = loop {
        sqlx::query(fresh).execute(&db).await.unwrap();
        let found = besides().await;
        // A machine that stood still meanwhile shows nothing.
        if sqlx::query_scalar(is_fresh).fetch_one(&db).await.unwrap() {
            break found;
        }
    };
    let late = "update heymilo_sync.jobs set enqueued_at = now() - interval '1 second'";
    sqlx::query(late).execute(&db).await.unwrap();

    assert_eq!(left, (Grant::NotNeeded, 0));
    assert_eq!(besides().await, (Grant::Permits(3), 3));
}

#[tokio::test]
async fn workers_that_look_at_the_same_time_take_one_permit_for_one_job() {
    let world = Simulated::start().await;
    let id = &world.heymilo.interview_ids()[0];
    world.deliver(json!({ "interview_id": id })).await;

    let worked = join_all((0..4).map(|_| world.work())).await;

    assert_eq!(worked.iter().sum::<usize>(), 1);
    let taken: i64 = world.value("select sum(requests) from heymilo_sync.permits").await;
    assert_eq!(taken, 1);
}

#[tokio::test]
async fn a_webhook_overtakes_a_backfill() {
    // A tenth of ten is one at a time.
    let world = Simulated::with([("HEYMILO_SYNC__HEYMILO__REQUESTS_PER_MINUTE", "10")]).await;
    let id = &world.heymilo.interview_ids()[0];
    enqueue(&world.db, "backfill", 2, 0..20).await;

    world.deliver(json!({ "interview_id": id })).await;
    let worked = world.work().await;

    assert_eq!(worked, 1);
    let written: String =
        world.value("select subject_id from heymilo_sync.snapshots where kind = 'interview'").await;
    assert_eq!(written, *id);
}

#[tokio::test]
async fn a_backfill_has_its_turn_among_webhooks() {
    let world = Simulated::with([("HEYMILO_SYNC__WORKER__CONCURRENCY", "1")]).await;
    enqueue(&world.db, "backfill", 2, 0..1).await;
    enqueue(&world.db, "webhook", 0, 1..40).await;

    for _ in 0..20 {
        world.work().await;
    }

    let attempt: i32 =
        world.value("select attempt from heymilo_sync.jobs where reason = 'backfill'").await;
    assert_eq!(attempt, 1);
}

#[tokio::test(start_paused = true)]
async fn a_database_that_hangs_holds_no_pause_up() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let db = PgPoolOptions::new().connect_lazy(&format!("postgres://{address}/none")).unwrap();
    let began = Instant::now();

    budget(&db).pause(Duration::from_secs(1)).await;

    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
}
