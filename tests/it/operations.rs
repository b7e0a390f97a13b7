//! The operations API: its answers, its actions, and who may use it.

use std::{collections::BTreeSet, fs};

use axum::http::{Method, StatusCode};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use crate::support::{app::TestApp, scrape::Scrape, simulated::Simulated};

const CLOSED_PORT: &str = "http://127.0.0.1:9";
const TOKEN: &str = "token-of-operators";
const RETRY_ALL: &str = "/api/v1/workspaces/default/failed/retry";

async fn json_at(app: &TestApp, path: &str) -> Value {
    let (status, said) = app.operate(path, None).await;
    assert_eq!(status, StatusCode::OK, "{said}");
    serde_json::from_str(&said).unwrap()
}

/// A workspace whose first two interviews were set aside. Returns it with their ids.
async fn two_given_up() -> (Simulated, [String; 2]) {
    let world = Simulated::start().await;
    world.sync().await;
    let mut ids = [0, 1].map(|number| world.heymilo.interview_ids()[number].clone());
    ids.sort();
    for id in &ids {
        world.deliver(json!({ "interview_id": id })).await;
    }
    world
        .execute(
            "update heymilo_sync.jobs set failed_at = now(), last_error = 'odd'
             where urgency = 'delivery'",
        )
        .await;
    (world, ids)
}

#[tokio::test]
async fn the_status_tells_what_was_found_and_what_to_do() {
    let (world, _) = two_given_up().await;

    let status = json_at(&world, "/api/v1/status").await;

    assert_eq!(status["state"], "down");
    let kinds: Vec<&Value> =
        status["findings"].as_array().unwrap().iter().map(|finding| &finding["kind"]).collect();
    assert_eq!(kinds, ["no_daemon", "interviews_failed"]);
    assert!(status["findings"][0]["remedy"].as_str().unwrap().contains("heymilo-sync run"));
    let workspace = &status["workspaces"][0];
    assert_eq!(workspace["work"]["failed"], 2);
    assert_eq!(workspace["throughput"]["hour"].as_array().unwrap().len(), 30);
    let written: i64 = workspace["throughput"]["day"]
        .as_array()
        .unwrap()
        .iter()
        .map(|slot| slot["interviews"].as_i64().unwrap())
        .sum();
    let snapshots = world.count("heymilo_sync.snapshots where kind = 'interview'").await;
    assert_eq!(written, snapshots);
}

#[tokio::test]
async fn what_failed_is_listed_looked_up_and_retried() {
    let (world, [first, second]) = two_given_up().await;
    let listed = "/api/v1/workspaces/default/failed";

    let failed = json_at(&world, listed).await;
    assert_eq!(failed[0]["interview_id"], json!(first));
    assert_eq!(failed[0]["reason"], "odd");
    assert_eq!(json_at(&world, &format!("{listed}?limit=1")).await.as_array().unwrap().len(), 1);

    let one = format!("/api/v1/workspaces/default/interviews/{first}");
    let found = json_at(&world, &one).await;
    assert_eq!((&found["is_due"], &found["last_error"]), (&json!(false), &json!("odd")));
    let sync = world.operate_as(Method::POST, &format!("{one}/sync"), &[]).await;
    assert_eq!(sync, (StatusCode::ACCEPTED, r#"{"interviews":1}"#.to_owned()));
    assert_eq!(json_at(&world, listed).await[0]["interview_id"], json!(second));

    let all = world.operate_as(Method::POST, RETRY_ALL, &[]).await;
    assert_eq!(all, (StatusCode::ACCEPTED, r#"{"interviews":1}"#.to_owned()));
    assert_eq!(json_at(&world, listed).await, json!([]));
    world.drain().await;
    assert_eq!(world.count("heymilo_sync.jobs where last_error is not null").await, 0);
}

#[tokio::test]
async fn what_was_given_up_is_counted_alike_everywhere() {
    let app = TestApp::start(CLOSED_PORT).await;
    app.execute(
        "insert into heymilo_sync.jobs
             (workspace_id, interview_id, urgency, is_known, attempt, missed_at, failed_at, last_error)
         values
             -- HeyMilo does not know it: no failure, also when a list showed it since.
             ('default', 'a', 'delivery', false, 1, now(), now(), 'no such interview'),
             ('default', 'b', 'delivery', true, 1, now(), now(), 'no such interview'),
             -- It did not know it once, and now something else is wrong.
             ('default', 'c', 'delivery', false, 1, now() - interval '1 hour', now(), 'odd')",
    )
    .await;

    let work = &json_at(&app, "/api/v1/status").await["workspaces"][0]["work"];
    assert_eq!(work["failed"], 1);
    assert_eq!(work["failures"], json!([{ "reason": "odd", "is_final": true, "interviews": 1 }]));
    let listed = json_at(&app, "/api/v1/workspaces/default/failed").await;
    assert_eq!(listed.as_array().unwrap().len(), 1);
    let scrape = Scrape::of(&app).await;
    let failed = |urgency: &str| {
        scrape.value(&format!(r#"jobs{{workspace="default",urgency="{urgency}",state="failed"}}"#))
    };
    assert_eq!((failed("delivery"), failed("unknown")), (0.0, 1.0));
    let (_, said) = app.operate_as(Method::POST, RETRY_ALL, &[]).await;
    assert_eq!(said, r#"{"interviews":1}"#);
}

#[tokio::test]
async fn what_there_is_not_is_not_found_and_costs_heymilo_nothing() {
    let app = TestApp::start(CLOSED_PORT).await;

    for path in [
        "/api/v1/workspaces/default/interviews/made-up/sync",
        "/api/v1/workspaces/other/interviews/made-up/sync",
        "/api/v1/workspaces/other/failed/retry",
        "/interview/sync?workspace=default&interview=made-up",
        "/failed/retry?workspace=other",
    ] {
        let (status, said) = app.operate_as(Method::POST, path, &[]).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert!(said.len() > 20, "{path}: {said:?}");
    }
    assert_eq!(app.count("heymilo_sync.jobs").await, 0);
}

#[tokio::test]
async fn only_who_shows_the_token_changes_anything_and_only_from_our_own_page() {
    let app = TestApp::start_with(CLOSED_PORT, [("HEYMILO_OPERATIONS_TOKEN", TOKEN)]).await;
    let post =
        async |headers: &[(&str, &str)]| app.operate_as(Method::POST, RETRY_ALL, headers).await.0;
    let shown = ("authorization", "Bearer token-of-operators");
    // The user "me" with the token.
    let password = ("authorization", "Basic bWU6dG9rZW4tb2Ytb3BlcmF0b3Jz");
    let host = ("host", "status.example.com");

    assert_eq!(post(&[]).await, StatusCode::UNAUTHORIZED);
    assert_eq!(post(&[("authorization", "Basic bWU6d3Jvbmc=")]).await, StatusCode::UNAUTHORIZED);
    assert_eq!(post(&[shown]).await, StatusCode::ACCEPTED);
    assert_eq!(post(&[password, host]).await, StatusCode::ACCEPTED);
    let ours = ("origin", "https://status.example.com");
    assert_eq!(post(&[password, host, ours]).await, StatusCode::ACCEPTED);
    let elsewhere = ("origin", "https://elsewhere.example.com");
    assert_eq!(post(&[password, host, elsewhere]).await, StatusCode::FORBIDDEN);
    let (_, said) = app.operate_as(Method::POST, RETRY_ALL, &[shown, host, elsewhere]).await;
    assert!(said.contains("pass the Host header on"), "it says what to do: {said}");
    let (_, said) = app.operate("/", None).await;
    assert!(said.contains("HEYMILO_OPERATIONS_TOKEN"), "it says what to do: {said}");
    let cross = ("sec-fetch-site", "cross-site");
    assert_eq!(post(&[password, host, ours, cross]).await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn without_a_token_no_page_elsewhere_looks_in_under_its_own_name() {
    let app = TestApp::start(CLOSED_PORT).await;
    let get = async |path, host| app.operate_as(Method::GET, path, &[("host", host)]).await.0;

    assert_eq!(get("/", "127.0.0.1:8081").await, StatusCode::OK);
    assert_eq!(get("/", "elsewhere.example.com").await, StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(get("/healthz", "elsewhere.example.com").await, StatusCode::OK);
    let elsewhere = [("host", "elsewhere.example.com")];
    let (_, said) = app.operate_as(Method::GET, "/", &elsewhere).await;
    assert!(said.contains("http://127.0.0.1:8081"), "it says what to do: {said}");
}

/// The paths of the interface, without that of the document itself.
fn routes() -> BTreeSet<(String, String)> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/http/mod.rs");
    let source = fs::read_to_string(file).unwrap();
    let (_, interface) = source.split_once("\nfn api()").expect("there is an interface");
    let (interface, _) = interface.split_once("\n}").unwrap();
    let routes = interface.split(".route(").skip(1).map(|route| {
        let parts: Vec<&str> = route.split(['"', ' ', '(']).collect();
        (format!("/api/v1{}", parts[1]), parts[3].to_owned())
    });
    routes.filter(|(path, _)| !path.ends_with("/openapi.json")).collect()
}

#[tokio::test]
async fn the_document_describes_every_address_of_the_interface() {
    let app = TestApp::start(CLOSED_PORT).await;

    let document = json_at(&app, "/api/v1/openapi.json").await;

    let described: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(|method| (path.clone(), method.clone()))
        })
        .collect();
    assert_eq!(described, routes());
    for (path, method) in &described {
        let answers = document["paths"][path][method]["responses"].as_object().unwrap();
        for status in ["401", "421"] {
            assert!(answers.contains_key(status), "{method} {path} can be answered {status}");
        }
        assert_eq!(answers.contains_key("403"), method == "post", "{method} {path}");
    }
    let status = json_at(&app, "/api/v1/status").await;
    let mut schema = document["components"].clone();
    schema = json!({ "$ref": "#/components/schemas/Report", "components": schema });
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&status).map(|error| error.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new());
}

#[tokio::test]
async fn a_button_is_logged_with_who_pressed_it() {
    let world = Simulated::with([("HEYMILO_OPERATIONS_TOKEN", TOKEN)]).await;
    world.sync().await;
    let id = world.heymilo.interview_ids()[0].clone();
    let password = BASE64_STANDARD.encode(format!("ada:{TOKEN}"));
    let (basic, bearer) = (format!("Basic {password}"), format!("Bearer {TOKEN}"));
    let asked = format!("workspace=default&interview={id}");

    for (path, shown) in [
        (format!("/interview/sync?{asked}"), &basic),
        ("/failed/retry?workspace=default".to_owned(), &basic),
        ("/lists/read?workspace=default".to_owned(), &bearer),
        (format!("/api/v1/workspaces/default/interviews/{id}/sync"), &bearer),
        (RETRY_ALL.to_owned(), &bearer),
    ] {
        let (status, said) =
            world.operate_as(Method::POST, &path, &[("authorization", shown)]).await;
        assert!(status.is_success() || status.is_redirection(), "{path}: {status} {said}");
    }
    // A request for a missing interview does nothing, and is not logged.
    let nothing = "/interview/sync?workspace=default&interview=int_nothing";
    let (status, _) = world.operate_as(Method::POST, nothing, &[("authorization", &bearer)]).await;
    assert_eq!(status, StatusCode::NOT_FOUND);

    let (ada, other) =
        ("ada, with the operations token", "with the operations token, from an unknown address");
    let logged: Vec<(String, String, Option<String>, Option<i64>)> = sqlx::query_as(
        "select action, done_by, asked_for, interviews from heymilo_sync.privacy_log order by entry_id",
    )
    .fetch_all(&world.db)
    .await
    .unwrap();
    let actions: Vec<&str> = logged.iter().map(|(action, ..)| action.as_str()).collect();
    let due = ["interview_due", "failed_due", "lists_due", "interview_due", "failed_due"];
    assert_eq!(actions, due);
    assert!(logged[0].1.starts_with(ada) && logged[1].1.starts_with(ada), "{logged:?}");
    assert!(logged[2..].iter().all(|(_, by, ..)| by == other), "{logged:?}");
    assert_eq!((logged[0].2.as_deref(), logged[0].3), (Some("interview"), Some(1)));
    assert_eq!((logged[1].2.as_deref(), logged[1].3), (None, Some(0)));
    let named = format!("heymilo_sync.privacy_log as log where log::text like '%{id}%'");
    assert_eq!(world.count(&named).await, 0);
}
