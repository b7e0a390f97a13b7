//! Many workspaces in one database: the trouble of one is no other's.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use heymilo_sync::{app::Daemon, config::Config};
use serde_json::json;
use tower::ServiceExt as _;

use crate::support::{app, database::database, simulated};

const SETTINGS: &str = r#"
[[workspaces]]
name = "emea"

[[workspaces]]
name = "apac"
"#;

#[tokio::test]
async fn a_refused_key_touches_no_other_workspace() {
    let db = database().await;
    let (heymilo, base_url) = simulated::heymilo().await;
    let settings = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&settings, SETTINGS).unwrap();
    let environment = [
        ("HEYMILO_SYNC__HEYMILO__BASE_URL", base_url.as_str()),
        ("HEYMILO_API_KEY_EMEA", "simulated"),
        ("HEYMILO_API_KEY_APAC", "a key that is refused"),
        ("HEYMILO_WEBHOOK_TOKEN_EMEA", "the-token-of-emea"),
        ("HEYMILO_WEBHOOK_TOKEN_APAC", "the-token-of-apac"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = Config::load(Some(settings.path()), environment).unwrap();
    let daemon = Daemon::new(config, db.clone()).unwrap();
    let [emea, apac] = daemon.mirrors() else { panic!("two workspaces are in the settings") };

    assert!(daemon.engine(apac).poll().await.is_err());
    daemon.engine(emea).poll().await.unwrap();
    let id = &heymilo.interview_ids()[0];
    for token in ["the-token-of-emea", "the-token-of-apac"] {
        let body = Body::from(json!({ "interview_id": id }).to_string());
        let path = format!("/webhooks/heymilo/{token}");
        let request = Request::builder().method(Method::POST).uri(path).body(body).unwrap();
        let router = app::with_an_address(daemon.router());
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::ACCEPTED);
    }
    daemon.engine(emea).fetch().await.unwrap();

    let refused: Vec<String> = sqlx::query_scalar(
        "select workspace_id from heymilo_sync.connections where refused_at is not null",
    )
    .fetch_all(&db)
    .await
    .unwrap();
    assert_eq!(refused, ["apac"]);
    let workspaces: Vec<String> =
        sqlx::query_scalar("select distinct workspace_id from heymilo.interviews")
            .fetch_all(&db)
            .await
            .unwrap();
    assert_eq!(workspaces, ["emea"]);
    let due: Vec<String> = sqlx::query_scalar(
        "select workspace_id from heymilo_sync.jobs where interview_id = $1 and due_at <= now()",
    )
    .bind(id)
    .fetch_all(&db)
    .await
    .unwrap();
    assert_eq!(due, ["apac"]);
}
