//! Nobody asks for interviews before it is known whose the key is.

use serde_json::json;
use tokio::task::yield_now;
use tokio_util::sync::CancellationToken;
use wiremock::ResponseTemplate;

use crate::support::{
    app::{Running, TestApp},
    lists::Lists,
    simulated::Simulated,
};

/// The key of the daemon is said to be of another workspace.
const NOTED: &str = "heymilo_sync.connections where other_workspace_at is not null";

async fn with_one_posting() -> (Lists, TestApp) {
    let heymilo = Lists::start().await;
    let posting = json!({ "id": "pos_1", "title": "Clerk", "status": "active" });
    heymilo
        .tell(&[
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
async fn who_is_not_told_whose_the_key_is_goes_on_as_before() {
    let odd = json!({ "data": { "name": 7 } });
    for answer in [
        ResponseTemplate::new(403),
        ResponseTemplate::new(404),
        ResponseTemplate::new(500),
        ResponseTemplate::new(200).set_body_string("<html>"),
        ResponseTemplate::new(200).set_body_json(odd),
        ResponseTemplate::new(200).set_body_json(json!({ "data": [] })),
    ] {
        let (heymilo, app) = with_one_posting().await;
        heymilo.answers("workspaces", answer).await;

        app.poll().await;

        assert_eq!(app.count("heymilo.postings").await, 1);
    }
}

#[tokio::test]
async fn while_nothing_is_answered_nobody_takes_the_key_for_the_right_one() {
    let (heymilo, app) = with_one_posting().await;
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
