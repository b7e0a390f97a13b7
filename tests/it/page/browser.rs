//! The page in a real browser.

use std::time::Duration;

use heymilo_sync::simulator::Simulator;
use serde_json::json;
use sqlx::PgPool;

use crate::support::{
    app::until_true,
    browser::{Browser, pictures},
    daemon::Running,
    database::database,
    simulated,
};

/// How much wider the page is than its visible part.
const TOO_WIDE: &str =
    "document.documentElement.scrollWidth - document.documentElement.clientWidth";

/// The number of interviews written in the last hour, from the page.
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
    let arrived = shows_an_interview_that_arrives(&mut browser, &daemon, &heymilo).await;
    shows_what_failed(&mut browser, &db, &heymilo).await;
    replaces_nothing_under_ones_hands(&mut browser).await;
    retries_what_failed(&mut browser, &db).await;
    reads_lists_and_shows_a_posting(&mut browser, &db).await;
    looks_up_and_fetches(&mut browser, &arrived).await;
    assert_eq!(browser.complaints, Vec::<String>::new());

    assert!(daemon.terminate());
    browser.until("!document.querySelector('#stale').hidden").await;
    assert_eq!(browser.value("document.title").await, "? No answer · heymilo-sync");
    browser.picture("stopped-375-dark.png").await;
    assert!(pictures().join("degraded-1280-light.png").is_file());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_shows_a_first_copy_and_a_key_that_is_refused() {
    let db = database().await;
    let (heymilo, address) = simulated::heymilo().await;
    // A few interviews at once, and the others one after the other.
    let slow = ("HEYMILO_SYNC__HEYMILO__REQUESTS_PER_MINUTE", "60");
    let interval = ("HEYMILO_SYNC__POLL__INTERVAL", "1s");
    let mut daemon = Running::start_with(&db, &address, &[slow, interval]);
    let mut browser = Browser::start().await;
    daemon.says("interview synced");

    browser.open(&format!("http://{}/", daemon.operations)).await;
    browser.until("document.querySelector('.verdict.copying')").await;
    takes_pictures(&mut browser, "copying").await;

    heymilo.refuse_keys(true);
    browser.until("document.querySelector('.verdict.down')").await;
    takes_pictures(&mut browser, "down").await;

    assert_eq!(browser.complaints, Vec::<String>::new());
    assert!(daemon.terminate());
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
    let arrived = heymilo.interview_ids().into_iter().rfind(|id| !known.contains(id)).unwrap();
    assert_eq!(daemon.deliver(&json!({ "interview_id": arrived }).to_string()), Some(202));
    browser.until(&format!("{WRITTEN} > {before} && window.isTheSamePage")).await;
    arrived
}

/// Makes two interviews fail, and takes pictures.
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

/// A focused button, selected words and the scroll position stay as they are.
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
