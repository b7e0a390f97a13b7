//! The webhooks at HeyMilo: ours follow the postings, others' are never touched.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::Method,
    response::{IntoResponse as _, Response},
    routing::get,
};
use heymilo_sync::simulator::Simulator;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower::ServiceExt as _;

use crate::support::{
    app::{TOKEN, TestApp},
    database::database,
    program::{PUBLIC_URL, program},
    simulated,
};

const OTHERS: &str = "https://elsewhere.example.com/hook";

/// A simulated HeyMilo that keeps its newest live posting back for a while.
#[derive(Clone)]
struct HeyMilo {
    simulator: Simulator,
    keeps_back: Arc<AtomicBool>,
}

impl HeyMilo {
    async fn start() -> (Self, String) {
        let (simulator, _) = simulated::heymilo().await;
        let heymilo = Self { simulator, keeps_back: Arc::new(AtomicBool::new(true)) };
        let router = Router::new()
            .route("/api/v2/postings", get(postings))
            .with_state(heymilo.clone())
            .fallback_service(heymilo.simulator.router());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (heymilo, address)
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> Value {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-api-key", "simulated")
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        read(self.simulator.router().oneshot(request).await.unwrap()).await
    }

    /// Registers somebody else's webhook.
    async fn register_others(&self) {
        let posting_id = &self.simulator.posting_ids()[0];
        let webhook = json!({
            "posting_id": posting_id, "webhook_url": OTHERS, "event_type": "interview_completed",
        });
        self.ask(Method::POST, "/api/v2/webhooks", &webhook).await;
    }

    /// The addresses of all registrations.
    async fn registered(&self) -> Vec<String> {
        let answer = self.ask(Method::GET, "/api/v2/webhooks?limit=100", &Value::Null).await;
        let webhooks = answer["data"].as_array().unwrap();
        webhooks.iter().map(|webhook| webhook["webhook_url"].as_str().unwrap().into()).collect()
    }

    async fn ours(&self) -> usize {
        let ours = format!("{PUBLIC_URL}/webhooks/heymilo/{TOKEN}");
        self.registered().await.iter().filter(|address| **address == ours).count()
    }
}

async fn postings(State(heymilo): State<HeyMilo>, request: Request) -> Response {
    let answer = heymilo.simulator.router().oneshot(request).await.unwrap();
    if !heymilo.keeps_back.load(Ordering::Relaxed) {
        return answer;
    }
    let mut answer = read(answer).await;
    let postings = answer["data"].as_array_mut().unwrap();
    let live = postings.iter().position(|posting| posting["status"] == "active").unwrap();
    postings.remove(live);
    Json(answer).into_response()
}

async fn read(answer: Response) -> Value {
    let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    serde_json::from_slice(&body).unwrap()
}

#[tokio::test]
async fn registrations_follow_a_new_posting_and_leave_others_alone() {
    let (heymilo, address) = HeyMilo::start().await;
    heymilo.register_others().await;
    let settings = [("HEYMILO_SYNC__WEBHOOKS__PUBLIC_URL", PUBLIC_URL)];
    let app = TestApp::start_with(&address, settings).await;
    app.poll().await;
    let before = heymilo.ours().await;

    heymilo.keeps_back.store(false, Ordering::Relaxed);
    app.execute("update heymilo_sync.cursors set due_at = now() where list = 'postings'").await;
    app.poll().await;

    let live = app.count("heymilo.postings where status <> 'archived' and not archived").await;
    let after = heymilo.ours().await;
    let events = after / usize::try_from(live).unwrap();
    assert_eq!((after % events, after - before), (0, events));
    assert!(heymilo.registered().await.contains(&OTHERS.to_owned()));
    let (_, page) = app.operate("/", None).await;
    assert!(page.contains(&format!("<dd>{after} of {after}</dd>")), "the page counts them: {page}");
}

#[tokio::test]
async fn webhooks_are_made_and_removed_by_hand_and_nothing_in_a_dry_run() {
    let (heymilo, address) = HeyMilo::start().await;
    heymilo.register_others().await;
    let db = database().await;
    let webhooks = async |arguments: &[&str]| {
        let (success, said) = program(&db, &address, &[&["webhooks"], arguments].concat()).await;
        assert!(success, "{said}");
        assert!(!said.contains(TOKEN), "{said}");
        said
    };

    let planned = webhooks(&["ensure", "--dry-run"]).await;
    assert_eq!(heymilo.registered().await, [OTHERS]);
    let made = webhooks(&["ensure"]).await;
    assert!(heymilo.ours().await > 0);
    assert_eq!(planned.replace("would be ", ""), made);
    assert!(webhooks(&["ensure"]).await.contains("0 registered, 0 removed"));

    let listed = webhooks(&["list"]).await;
    assert_eq!(listed.matches(" ours ").count(), heymilo.ours().await);
    assert_eq!(listed.matches(" other ").count(), 1);

    webhooks(&["remove", "--dry-run"]).await;
    assert!(heymilo.ours().await > 0);
    webhooks(&["remove"]).await;
    assert_eq!(heymilo.registered().await, [OTHERS]);
}
