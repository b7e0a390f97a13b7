//! Many workspaces in one database: errors of one do not affect the others.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use heymilo_sync::{app::Daemon, config::Config};
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor as _};
use tower::ServiceExt as _;

use crate::support::{app, database::database, facts::Facts, role::Role, simulated};

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
        ("HEYMILO_API_KEY_APAC", "a-key-that-is-refused"),
        ("HEYMILO_WEBHOOK_TOKEN_EMEA", "the-token-of-emea"),
        ("HEYMILO_WEBHOOK_TOKEN_APAC", "the-token-of-apac"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let config = Config::load(Some(settings.path()), environment).unwrap();
    let daemon = Daemon::new(config, db.clone()).unwrap();
    let [emea, apac] = daemon.workspaces() else { panic!("two workspaces are in the settings") };

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

#[tokio::test]
async fn reader_of_a_workspace_sees_that_workspace_alone() {
    let facts = Facts::none().await;
    for workspace in ["emea", "apac"] {
        let row = json!([{ "interview_id": "a", "workspace_id": workspace, "status": "completed",
                           "invited_at": "2026-03-02T09:00:00Z" }]);
        facts.has("heymilo.interviews", row).await;
    }
    facts.settle().await;
    let role = Role::create(&facts.db, "emea_reader").await;
    // A second call, as after an upgrade, changes nothing.
    for _ in 0..2 {
        let make = format!(
            "select heymilo_sync.make_workspace_views('emea', 'only_emea', '{}')",
            role.name
        );
        facts.execute(&make).await;
    }

    let reader = role.connect();
    for view in ["interview_facts", "completion_by_week"] {
        let shown = format!("select array_agg(workspace_id) from only_emea.{view}");
        let shown: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(shown)).fetch_one(&reader).await.unwrap();
        assert_eq!(shown, ["emea"], "{view}");
    }
    assert!(reader.execute("select * from heymilo_bi.interview_facts").await.is_err());
    assert!(reader.execute("select * from heymilo.interviews").await.is_err());
    let open = "select count(*) from pg_class
                where relnamespace = 'only_emea'::regnamespace
                  and not coalesce(reloptions @> '{security_barrier=true}', false)";
    let open: i64 = sqlx::query_scalar(open).fetch_one(&reader).await.unwrap();
    assert_eq!(open, 0);

    reader.close().await;
    facts.execute("drop schema only_emea cascade").await;
    role.remove(&facts.db).await;
}
