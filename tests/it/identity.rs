//! No interview is fetched before the key is known to belong to the workspace.

use serde_json::{Value, json};
use tokio::task::yield_now;
use tokio_util::sync::CancellationToken;
use wiremock::ResponseTemplate;

use crate::support::{
    app::{Running, TestApp},
    lists::Lists,
    odd::OddHeyMilo,
    simulated::Simulated,
};

/// The daemon's key was found to be of another workspace.
const NOTED: &str = "heymilo_sync.connections where other_workspace_at is not null";

async fn with_one_posting(workspaces: Value) -> (Lists, TestApp) {
    let heymilo = Lists::start().await;
    let posting = json!({ "id": "pos_1", "title": "Clerk", "status": "active" });
    heymilo
        .set(&[
            ("workspaces", workspaces),
            ("postings", json!([posting])),
            ("postings/pos_1/candidates", json!([])),
            ("postings/pos_1/questions", json!([])),
        ])
        .await;
    let app = TestApp::start(&heymilo.address()).await;
    (heymilo, app)
}

#[tokio::test]
async fn with_the_key_of_another_workspace_no_interview_is_asked_for() {
    let Simulated { app, heymilo, address } = Simulated::start().await;
    app.poll().await;
    app.execute("delete from heymilo_sync.jobs").await;
    app.execute(
        "update heymilo.workspaces
         set heymilo_workspace_id = 'not ' || heymilo_workspace_id",
    )
    .await;
    app.execute("update heymilo.postings set posting_id = 'not ' || posting_id").await;
    let id = &heymilo.interview_ids()[0];
    app.deliver(json!({ "interview_id": id })).await;
    let watch = app.replica(&address);

    let daemon = Running::start(app).await;
    watch.until_true(&format!("select exists (select from {NOTED})")).await;
    daemon.stop().await;

    let asked = |path: &str| heymilo.requests().iter().any(|request| request.path.contains(path));
    assert!(!asked("/interviews/"));
    assert_eq!(watch.count("heymilo_sync.jobs where attempt = 0").await, 1);

    watch
        .execute(
            "update heymilo.workspaces
             set heymilo_workspace_id = substr(heymilo_workspace_id, 5)",
        )
        .await;
    let daemon = Running::start(watch.replica(&address)).await;
    watch
        .until_true("select not exists (select from heymilo_sync.jobs where urgency = 'delivery')")
        .await;
    daemon.stop().await;
    assert!(asked("/interviews/"));
    assert_eq!(watch.count(NOTED).await, 0);
}

#[tokio::test]
async fn a_key_without_a_known_workspace_goes_on_as_before() {
    let odd = json!({ "data": { "name": 7 } });
    for answer in [
        ResponseTemplate::new(403),
        ResponseTemplate::new(404),
        ResponseTemplate::new(500),
        ResponseTemplate::new(200).set_body_string("<html>"),
        ResponseTemplate::new(200).set_body_json(odd),
        ResponseTemplate::new(200).set_body_json(json!({ "data": [] })),
    ] {
        let (heymilo, app) = with_one_posting(json!([])).await;
        heymilo.answers("workspaces", answer).await;

        app.poll().await;

        assert_eq!(app.count("heymilo.postings").await, 1);
    }
}

#[tokio::test]
async fn without_an_answer_the_key_does_not_count_as_right() {
    let (heymilo, app) = with_one_posting(json!([])).await;
    for at in ["workspaces", "postings"] {
        heymilo.answers(at, ResponseTemplate::new(503)).await;
    }
    let asked_again = async {
        while heymilo.asked_for("workspaces").await < 2 {
            yield_now().await;
        }
    };

    let stop = CancellationToken::new();
    tokio::select! {
        () = app.engine().run(&stop) => panic!("the engine came to its end"),
        () = asked_again => {}
    }

    assert_eq!(app.count("heymilo_sync.cursors").await, 0);
}

#[tokio::test]
async fn routes_that_are_answered_and_not_there_stop_no_fetch() {
    let (heymilo, address) = OddHeyMilo::start(json!({ "interview_id": "int_1" })).await;
    let app = TestApp::start(&address).await;
    app.deliver(json!({ "interview_id": "int_1" })).await;

    let stop = CancellationToken::new();
    tokio::select! {
        () = app.engine().run(&stop) => panic!("the engine came to its end"),
        () = heymilo.asked() => {}
    }
}

/// Polls with one answer of `/workspaces`, and again with another. Returns the id in the tables.
async fn after(first: Value, then: ResponseTemplate) -> (TestApp, Lists, Option<String>) {
    let (heymilo, app) = with_one_posting(first).await;
    app.poll().await;
    assert_eq!(app.count("heymilo.postings").await, 1);

    heymilo.answers("workspaces", then).await;
    app.execute("update heymilo_sync.cursors set due_at = now(), hastened_at = now()").await;
    app.poll().await;

    let id = "select heymilo_workspace_id from heymilo.workspaces";
    let id = app.value::<Option<String>>(id).await;
    (app, heymilo, id)
}

#[tokio::test]
async fn no_order_and_no_new_name_of_the_same_id_is_another_workspace() {
    let answer = |items| ResponseTemplate::new(200).set_body_json(json!({ "data": items }));
    for (first, then, id) in [
        (
            json!([{ "id": "ws_1" }, { "id": "ws_2" }]),
            json!([{ "id": "ws_2" }, { "id": "ws_1" }]),
            "ws_1",
        ),
        (json!([{ "id": "ws_1" }]), json!([{ "id": "ws_0" }, { "id": "ws_1" }]), "ws_1"),
        (json!([{ "id": "ws_1" }]), json!([{ "id": "ws_1", "workspace_id": "new" }]), "ws_1"),
        (
            json!([{ "company_id": "co_1" }]),
            json!([{ "company_id": "co_1", "id": "ws_1" }]),
            "co_1",
        ),
        (json!([{ "id": 7 }]), json!([{ "key": "7", "id": "new" }]), "7"),
        // The key lists a known posting. So the workspace is the same, and only the settings can
        // confirm that its id changed.
        (json!([{ "id": "ws_1" }]), json!([{ "id": "ws_2" }]), "ws_1"),
    ] {
        let (app, _, found) = after(first, answer(then.clone())).await;

        assert_eq!(found.as_deref(), Some(id), "{then}");
        assert_eq!(app.count(NOTED).await, 0, "{then}");
    }
}

#[tokio::test]
async fn a_route_that_is_refused_alone_is_reported_once() {
    for status in [401, 429] {
        let refusal = ResponseTemplate::new(status).insert_header("retry-after", "3600");
        let (app, heymilo, id) = after(json!([{ "id": "ws_1" }]), refusal).await;
        let unidentified = "heymilo_sync.connections where unidentified_at is not null";
        let asked = heymilo.asked_for("workspaces").await;

        assert_eq!(id.as_deref(), Some("ws_1"));
        assert_eq!(app.count(unidentified).await, 1, "{status}");
        assert_eq!(app.count("heymilo_sync.connections where refused_at is not null").await, 0);
        app.execute("update heymilo_sync.cursors set due_at = now(), hastened_at = now()").await;
        app.poll().await;
        assert_eq!(heymilo.asked_for("workspaces").await, asked, "not asked again within an hour");
    }
}

#[tokio::test]
async fn another_id_is_taken_when_the_settings_confirm_it() {
    let (heymilo, app) = with_one_posting(json!([{ "id": "ws_1" }])).await;
    app.poll().await;
    app.execute("update heymilo.postings set posting_id = 'another'").await;
    app.execute("update heymilo_sync.cursors set due_at = now(), hastened_at = now()").await;
    let other = json!({ "data": [{ "id": "ws_2" }] });
    heymilo.answers("workspaces", ResponseTemplate::new(200).set_body_json(other)).await;

    let refused = app.try_poll().await.unwrap_err().to_string();
    assert!(
        refused.contains("ws_1") && refused.contains("workspace.heymilo_id = \"ws_2\""),
        "{refused}"
    );

    let settings = [("HEYMILO_SYNC__WORKSPACE__HEYMILO_ID", "ws_2")];
    let confirmed = TestApp::on(app.db.clone(), &heymilo.address(), &settings);
    confirmed.poll().await;
    let id: String = app.value("select heymilo_workspace_id from heymilo.workspaces").await;
    assert_eq!(id, "ws_2");
}
