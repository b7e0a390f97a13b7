//! The operators' page: each state is told apart from it alone, and it works in a real browser.

use std::time::Duration;

use heymilo_sync::simulator::Simulator;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgPool};

use crate::support::{
    app::{TestApp, until_true},
    browser::{Browser, pictures},
    daemon::Running,
    database::database,
    faulty::{Fault, Faulty},
    lists::Lists,
    private::PrivatePostgres,
    simulated::{self, Simulated},
};

/// No HeyMilo is asked.
const NOBODY: &str = "http://127.0.0.1:9";

/// What the page says first: the verdict, and all that was found.
async fn verdict(app: &TestApp) -> (String, Vec<String>) {
    let (status, page) = app.operate("/", None).await;
    assert_eq!(status, 200);
    let (_, verdict) = page.split_once(r#"class="verdict "#).expect("there is a verdict");
    let (state, rest) = verdict.split_once('"').unwrap();
    let (verdict, _) = rest.split_once("</div>").unwrap();
    let found = verdict.split("<strong>").skip(1).map(|found| found.split_once('<').unwrap().0);
    (state.to_owned(), found.map(|found| found.replace("&#39;", "'")).collect())
}

/// Asserts that the page says this and nothing else.
async fn page_says(app: &TestApp, state: &str, words: &str) {
    let (found_state, found) = verdict(app).await;
    assert_eq!(found_state, state, "{found:?}");
    let [only] = &found[..] else { panic!("one finding, not {found:?}") };
    assert!(only.starts_with(words), "{only:?} does not begin with {words:?}");
}

/// A workspace of which all was copied, with a daemon at work and a delivery a moment ago.
async fn all_is_well() -> Simulated {
    let world = Simulated::start().await;
    world.sync().await;
    world.own().await;
    world.poll().await;
    let id = world.heymilo.interview_ids()[0].clone();
    world.deliver(json!({ "interview_id": id })).await;
    world.drain().await;
    while world.index().await > 0 {}
    world
}

#[tokio::test]
async fn all_well() {
    let world = all_is_well().await;

    assert_eq!(verdict(&world).await, ("healthy".to_owned(), vec![]));
    assert!(world.operate("/", None).await.1.contains("All is well."));
}

#[tokio::test]
async fn an_api_that_is_down() {
    let (heymilo, address) = simulated::heymilo().await;
    let faulty = Faulty::before(&address).await;
    let app = TestApp::start(&faulty.address).await;
    app.own().await;
    app.poll().await;
    app.drain().await;
    let named: Vec<Value> =
        heymilo.interview_ids().iter().map(|id| json!({ "interview_id": id })).collect();
    app.deliver(json!(named)).await;

    faulty.breaks(Fault::Answer(b"HTTP/1.1 503 Away\r\nContent-Length: 0\r\n\r\n".to_vec()));
    while app.count("heymilo_sync.connections where down_at is not null").await == 0 {
        assert!(app.work().await > 0, "it is noticed before nothing is due any more");
    }

    page_says(&app, "down", "HeyMilo's API has not answered for").await;
}

#[tokio::test]
async fn a_key_that_is_refused() {
    let world = all_is_well().await;
    world.deliver(json!({ "interview_id": world.heymilo.interview_ids()[1] })).await;

    world.heymilo.refuse_keys(true);
    world.work().await;

    page_says(&world, "down", "HeyMilo has refused the API key for").await;
}

#[tokio::test]
async fn a_key_of_another_workspace() {
    let world = all_is_well().await;

    world.execute("update heymilo_sync.connections set other_workspace_at = now()").await;

    page_says(&world, "down", "The API key has been of another workspace for").await;
    let page = world.operate("/", None).await.1;
    assert!(page.contains("of another workspace, since") && !page.contains("accepted"), "{page}");
    let (_, ready) = world.operate("/readyz", None).await;
    assert!(ready.contains(r#""api_key":"of another workspace""#), "{ready}");
}

#[tokio::test]
async fn a_slow_database() {
    let postgres = PrivatePostgres::start().await;
    let (db, slow) = postgres.slow_pool().await;
    let app = TestApp::start_on(db, NOBODY, []);
    app.own().await;
    app.execute("insert into heymilo_sync.first_copies values ('default', now())").await;
    assert_eq!(verdict(&app).await, ("healthy".to_owned(), vec![]));

    slow.takes(Duration::from_millis(260));

    page_says(&app, "degraded", "The database took ").await;
    slow.takes(Duration::ZERO);
    for table in ["jobs", "notices"] {
        let mut tx = app.db.begin().await.unwrap();
        let lock = AssertSqlSafe(format!("lock table heymilo_sync.{table}"));
        sqlx::query(lock).execute(&mut *tx).await.unwrap();
        page_says(&app, "degraded", "The database answers, but not with the figures").await;
    }
}

#[tokio::test]
async fn a_database_that_does_not_answer() {
    let mut postgres = PrivatePostgres::start().await;
    let app = TestApp::start_on(postgres.pool(), NOBODY, []);

    postgres.stop().await;

    page_says(&app, "down", "The database does not answer").await;
    app.deliver(json!({ "interview_id": "int_1" })).await;
    let (state, found) = verdict(&app).await;
    assert_eq!(state, "down");
    assert_eq!(found[1..], ["Deliveries waiting on disk for the database: 1"]);
}

#[tokio::test]
async fn a_database_that_is_not_as_it_should() {
    let world = all_is_well().await;

    world.execute("drop view heymilo_bi.freshness").await;

    page_says(&world, "down", "The database does not tell the figures (SQLSTATE 42P01)").await;
}

#[tokio::test]
async fn a_backlog() {
    let world = all_is_well().await;
    let ids = world.heymilo.interview_ids();
    let named: Vec<Value> = ids.iter().map(|id| json!({ "interview_id": id })).collect();
    world.deliver(json!(named)).await;

    assert_eq!(verdict(&world).await.0, "healthy", "they wait for a moment only");
    world.execute("update heymilo_sync.jobs
             set due_at = now() - interval '17 minutes', enqueued_at = now() - interval '17 minutes'").await;

    let words = format!("Interviews waiting to be fetched: {}, the oldest for 17 min", ids.len());
    page_says(&world, "degraded", &words).await;
}

#[tokio::test]
async fn a_poisoned_interview() {
    let world = all_is_well().await;
    let id = &world.heymilo.interview_ids()[0];
    world.deliver(json!({ "interview_id": id })).await;

    // Each process that had marked it died.
    world
        .execute(
            "update heymilo_sync.jobs
             set deaths = 3, due_at = now() - interval '1 hour'
             where urgency = 'delivery'",
        )
        .await;
    world.work().await;

    page_says(&world, "degraded", "Interviews given up: 1").await;
    let page = world.operate("/", None).await.1;
    assert!(page.contains("the process died each time it worked on this interview"), "{page}");
    assert!(page.contains(id));
}

#[tokio::test]
async fn answers_that_are_not_as_expected() {
    let heymilo = Lists::start().await;
    let app = TestApp::start(&heymilo.address()).await;
    let odd = json!({
        "interview_id": "int_1", "posting_id": "pos_1", "status": "completed",
        "score": { "of": 100 },
    });
    heymilo.tell(&[("interviews/int_1/data", odd), ("postings", json!([]))]).await;
    app.own().await;
    app.poll().await;
    app.deliver(json!({ "interview_id": "int_1" })).await;
    app.drain().await;
    while app.index().await > 0 {}

    page_says(&app, "degraded", "Places where HeyMilo's answers are not as expected: ").await;
    let page = app.operate("/", None).await.1;
    assert!(page.contains("<code>score</code>"), "{page}");
}

#[tokio::test]
async fn webhooks_that_do_not_arrive() {
    let world = all_is_well().await;
    for before in [
        "heymilo_sync.inbox set received_at = now() - interval '5 hours'",
        "heymilo.workspaces set first_synced_at = now() - interval '9 days'",
        "heymilo.interviews set last_activity_at = now() - interval '9 hours'",
    ] {
        world.execute(&format!("update {before}")).await;
    }
    assert_eq!(verdict(&world).await.0, "healthy", "nothing happened since");

    world
        .execute(
            "update heymilo.interviews set last_activity_at = now() - interval '1 hour'
             where interview_id in (select interview_id from heymilo.interviews limit 4)",
        )
        .await;

    page_says(&world, "degraded", "No webhook has arrived for 5 h, but 4 interviews changed since")
        .await;
}

#[tokio::test]
async fn no_daemon_at_work() {
    let world = all_is_well().await;

    world.disown().await;

    page_says(&world, "down", "No daemon is at work").await;
}

/// What the page says beside these words.
async fn beside(app: &TestApp, words: &str) -> String {
    let (_, page) = app.operate("/", None).await;
    let (_, rest) = page.split_once(&format!(">{words}</dt><dd>")).expect("it says so");
    rest.split_once("</dd>").unwrap().0.to_owned()
}

#[tokio::test]
async fn how_long_news_takes_and_whether_requests_pause() {
    let world = Simulated::start().await;
    let ids = world.heymilo.interview_ids();
    world
        .deliver(json!(ids.iter().map(|id| json!({ "interview_id": id })).collect::<Vec<_>>()))
        .await;
    world.drain().await;
    assert_eq!(beside(&world, "paused").await, "no");
    // Of two the rows took four seconds, of all others a tenth.
    for then in [
        "heymilo_sync.inbox set received_at = now() - interval '1 minute'".to_owned(),
        format!(
            "heymilo_sync.snapshots set written_at = received_at
                 + case when subject_id in ('{}', '{}') then interval '4 s' else interval '100 ms' end
             from heymilo_sync.inbox where kind = 'interview'",
            ids[0], ids[1]
        ),
        "heymilo_sync.heartbeats set paused_until = now() + interval '3 minutes 30 s'".to_owned(),
    ] {
        world.execute(&format!("update {then}")).await;
    }

    assert_eq!(beside(&world, "webhook to rows, p50").await, "100 ms");
    assert_eq!(beside(&world, "webhook to rows, p99").await, "4.0 s");
    assert_eq!(beside(&world, "paused").await, "for 3 min");
}

#[tokio::test]
async fn the_page_names_nobody() {
    let world = all_is_well().await;
    let id = &world.heymilo.interview_ids()[0];
    world.execute("update heymilo_sync.jobs set failed_at = now(), last_error = 'x'").await;
    let names: Vec<String> = sqlx::query_scalar(
        "select candidate_name from heymilo.interviews where candidate_name is not null
         union select email from heymilo.candidates where email is not null",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    assert!(names.len() > 60, "only {}", names.len());

    let about = format!("/interview?workspace=default&interview={id}");
    let posting = world.heymilo.posting_ids()[0].clone();
    let posting = format!("/posting?workspace=default&posting={posting}");
    let failed = "/failed?workspace=default&reason=x";
    for path in ["/", &about, &posting, failed, "/api/v1/status"] {
        let (status, said) = world.operate(path, None).await;
        assert_eq!(status, 200);
        let named: Vec<_> = names.iter().filter(|name| said.contains(*name)).collect();
        assert!(named.is_empty(), "{path}: {named:?}");
    }
}

/// How wide the page is, less what there is to see of it.
const TOO_WIDE: &str =
    "document.documentElement.scrollWidth - document.documentElement.clientWidth";

/// How many interviews the page says were written in the last hour.
const WRITTEN: &str = "Number(document.querySelector('.legend .good').innerText)";

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_shows_what_happens_and_retries_what_failed() {
    let db = database().await;
    let (heymilo, address) = simulated::heymilo().await;
    let token = "token-of-operators";
    let quick = ("HEYMILO_SYNC__HEYMILO__REQUESTS_PER_MINUTE", "1000000");
    let settings = [quick, ("HEYMILO_OPERATIONS_TOKEN", token)];
    let mut daemon = Running::start_with(&db, &address, &settings);
    let mut browser = Browser::start().await;
    daemon.says("polled");

    browser.open(&format!("http://me:{token}@{}/", daemon.operations)).await;
    browser.until("document.querySelector('main').innerText.includes('given up')").await;
    browser.until(&format!("{WRITTEN} > 0 && document.querySelector('.verdict.healthy')")).await;
    takes_pictures(&mut browser, "healthy").await;
    let news = shows_an_interview_that_arrives(&mut browser, &daemon, &heymilo).await;
    shows_what_failed(&mut browser, &db, &heymilo).await;
    replaces_nothing_under_ones_hands(&mut browser).await;
    retries_what_failed(&mut browser, &db).await;
    reads_lists_and_shows_a_posting(&mut browser, &db).await;
    looks_up_and_fetches(&mut browser, &news).await;
    assert_eq!(browser.complaints, Vec::<String>::new());

    assert!(daemon.terminate());
    browser.until("!document.querySelector('#stale').hidden").await;
    assert_eq!(browser.value("document.title").await, "? No answer · heymilo-sync");
    browser.picture("stopped-375-dark.png").await;
    assert!(pictures().join("degraded-1280-light.png").is_file());
}

async fn shows_an_interview_that_arrives(
    browser: &mut Browser,
    daemon: &Running,
    heymilo: &Simulator,
) -> String {
    browser.value("window.isTheSamePage = true").await;
    let before = browser.value(WRITTEN).await.as_u64().unwrap();
    let known = heymilo.interview_ids();
    heymilo.advance(Duration::from_secs(2 * 24 * 3600));
    let news = heymilo.interview_ids().into_iter().rfind(|id| !known.contains(id)).unwrap();
    assert_eq!(daemon.deliver(&json!({ "interview_id": news }).to_string()), Some(202));
    browser.until(&format!("{WRITTEN} > {before} && window.isTheSamePage")).await;
    news
}

/// Has two interviews fail, and takes pictures.
async fn shows_what_failed(browser: &mut Browser, db: &PgPool, heymilo: &Simulator) {
    let fail = "insert into heymilo_sync.jobs
                    (workspace_id, interview_id, urgency, attempt, failed_at, last_error)
                values ('default', $1, 'change', 3, now(), 'HeyMilo has no such interview')";
    for id in &heymilo.interview_ids()[..2] {
        sqlx::query(fail).bind(id).execute(db).await.unwrap();
    }
    browser.until("document.querySelectorAll('main form button').length === 5").await;
    takes_pictures(browser, "degraded").await;
}

/// Takes pictures in both widths and both schemes. Nothing is wider than the page.
async fn takes_pictures(browser: &mut Browser, name: &str) {
    for (width, scheme) in [(375, "light"), (375, "dark"), (1280, "light"), (1280, "dark")] {
        browser.is_wide(width).await;
        browser.prefers(scheme).await;
        assert_eq!(browser.value(TOO_WIDE).await, json!(0), "{name} at {width}");
        browser.picture(&format!("{name}-{width}-{scheme}.png")).await;
    }
}

/// A button in focus and selected words stay where they are, and so does the place on the page.
async fn replaces_nothing_under_ones_hands(browser: &mut Browser) {
    let held = "document.title.includes('Held')";
    for (hold, let_go) in [
        ("document.querySelector('main td form button').focus()", "document.activeElement.blur()"),
        (
            "getSelection().selectAllChildren(document.querySelector('main td code'))",
            "getSelection().removeAllRanges()",
        ),
    ] {
        browser.value("(window.ours = document.querySelector('main h1'), true)").await;
        browser.value(&format!("({hold}, true)")).await;
        browser.until(held).await;
        assert_eq!(browser.value("window.ours.isConnected").await, json!(true), "{hold}");
        browser.value("(scrollTo(0, 300), true)").await;
        browser.value(&format!("({let_go}, true)")).await;
        browser.until(&format!("!window.ours.isConnected && !{held}")).await;
        assert_eq!(browser.value("scrollY").await, json!(300));
    }
}

async fn retries_what_failed(browser: &mut Browser, db: &PgPool) {
    browser.value("document.querySelector('main td form button').click()").await;
    browser.until("document.querySelectorAll('main form button').length === 4").await;
    browser.until("document.body.innerText.includes('Retry these 1')").await;
    browser.value("document.querySelector('.reasons button').click()").await;
    browser.until("document.querySelector('.verdict.healthy')").await;
    let failed = "select count(*) from heymilo_sync.jobs where failed_at is not null";
    assert_eq!(sqlx::query_scalar::<_, i64>(failed).fetch_one(db).await.unwrap(), 0);
}

async fn reads_lists_and_shows_a_posting(browser: &mut Browser, db: &PgPool) {
    let read = "select extract(epoch from max(asked_at))::float8 from heymilo_sync.cursors";
    let before: f64 = sqlx::query_scalar(read).fetch_one(db).await.unwrap();
    browser.value("document.querySelector('form[action^=\"/lists/read\"] button').click()").await;
    until_true(db, &format!("select ({read}) > {before}")).await;
    browser.until("document.querySelector('main a[href^=\"/posting\"]')").await;
    browser.value("document.querySelector('main a[href^=\"/posting\"]').click()").await;
    browser.until("document.querySelector('#posting a[href^=\"/interview\"]')").await;
    takes_pictures(browser, "posting").await;
}

async fn looks_up_and_fetches(browser: &mut Browser, id: &str) {
    let look_up = format!(
        "(document.querySelector('input[name=interview]').value = '{id}',
          document.querySelector('header button').click())"
    );
    browser.value(&look_up).await;
    browser.until("document.querySelector('#interview')").await;
    browser.is_wide(375).await;
    assert_eq!(browser.value(TOO_WIDE).await, json!(0));
    browser.picture("interview-375-dark.png").await;
    browser.value("document.querySelector('#interview button').click()").await;
    browser
        .until("!document.querySelector('#interview') && document.querySelector('.verdict')")
        .await;
}
