//! The webhooks at HeyMilo: ours follow the postings, and those of others are never touched.

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
use wiremock::ResponseTemplate;

use crate::support::{
    app::{TOKEN, TestApp},
    database::database,
    lists::Lists,
    program::{PUBLIC_URL, program},
    simulated,
};

const OTHERS: &str = "https://elsewhere.example.com/hook";
/// How many event types config/default.toml registers for each posting.
const EVENT_TYPES: usize = 4;

/// A simulated HeyMilo that hides its newest live posting until a test shows it.
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

    /// Registers a webhook of another receiver.
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

/// A HeyMilo with two live postings, and a daemon that keeps its webhooks registered.
async fn two_postings() -> (Lists, TestApp) {
    let heymilo = Lists::start().await;
    let posting = |id: &str| json!({ "id": id, "title": id, "status": "active" });
    heymilo
        .set(&[
            ("postings", json!([posting("pos_1"), posting("pos_2")])),
            ("postings/pos_1/candidates", json!([])),
            ("postings/pos_1/questions", json!([])),
            ("postings/pos_2/candidates", json!([])),
            ("postings/pos_2/questions", json!([])),
        ])
        .await;
    let settings = [("HEYMILO_SYNC__WEBHOOKS__PUBLIC_URL", PUBLIC_URL)];
    let app = TestApp::start_with(&heymilo.address(), settings).await;
    (heymilo, app)
}

fn webhooks(items: &[Value]) -> ResponseTemplate {
    let list = json!({ "data": items, "pagination": { "has_more": false } });
    ResponseTemplate::new(200).set_body_json(list)
}

async fn posted(heymilo: &Lists) -> usize {
    heymilo.requests().await.iter().filter(|request| *request == "POST webhooks").count()
}

#[tokio::test]
async fn registrations_that_are_not_known_put_no_list_off() {
    for status in [400, 404, 405, 422, 503] {
        let (heymilo, app) = two_postings().await;
        heymilo.answers("webhooks", ResponseTemplate::new(status)).await;

        let report = app.poll().await;

        assert_eq!((report.lists, report.postponed), (5, 0), "{status}");
        assert_eq!(posted(&heymilo).await, 0);
    }
}

#[tokio::test]
async fn lists_that_cannot_be_read_keep_no_webhook_from_being_registered() {
    let heymilo = Lists::start().await;
    let posting = |number| json!({ "id": format!("pos_{number}"), "status": "active" });
    let postings: Vec<Value> = (0..4).map(posting).collect();
    heymilo.set(&[("postings", postings.into())]).await;
    for number in 0..4 {
        let candidates = format!("postings/pos_{number}/candidates");
        heymilo.answers(&candidates, ResponseTemplate::new(403)).await;
    }
    heymilo.answer_webhooks(webhooks(&[]), ResponseTemplate::new(201)).await;
    let settings = [("HEYMILO_SYNC__WEBHOOKS__PUBLIC_URL", PUBLIC_URL)];
    let app = TestApp::start_with(&heymilo.address(), settings).await;

    assert!(app.try_poll().await.is_err());

    assert_eq!(posted(&heymilo).await, 4 * EVENT_TYPES);
}

#[tokio::test]
async fn webhooks_are_registered_while_the_lists_are_read() {
    let (heymilo, app) = two_postings().await;
    heymilo.answer_webhooks(webhooks(&[]), ResponseTemplate::new(201)).await;

    app.poll().await;

    let requests = heymilo.requests().await;
    let place = |wanted: &str| requests.iter().position(|request| request.contains(wanted));
    assert!(place("GET postings?") < place("GET webhooks"));
    assert!(place("POST webhooks").is_some() && place("pos_2/questions").is_some());
}

#[tokio::test]
async fn a_registration_without_an_id_hides_no_other_and_is_not_made_again() {
    let (heymilo, app) = two_postings().await;
    let ours = format!("{PUBLIC_URL}/webhooks/heymilo/{TOKEN}");
    let there = |posting: &str, event: &str| json!({ "webhook_url": ours, "posting_id": posting, "event_type": event });
    let odd =
        [json!("odd"), there("pos_1", "report_available"), there("pos_2", "interview_completed")];
    heymilo.answer_webhooks(webhooks(&odd), ResponseTemplate::new(201)).await;

    app.poll().await;

    assert_eq!(posted(&heymilo).await, 2 * EVENT_TYPES - 2);
}

#[tokio::test]
async fn a_round_of_registrations_ends_when_heymilo_does_not_answer() {
    let (heymilo, app) = two_postings().await;
    heymilo.answer_webhooks(webhooks(&[]), ResponseTemplate::new(503)).await;

    let report = app.poll().await;

    assert_eq!((report.lists, posted(&heymilo).await), (5, 1));
    let noted: Value = app
        .value("select jsonb_build_array(registered, wanted) from heymilo_sync.registrations")
        .await;
    assert_eq!(noted, json!([0, 2 * EVENT_TYPES]));
}

#[tokio::test]
async fn a_refused_event_type_is_not_asked_for_again_and_again() {
    let (heymilo, app) = two_postings().await;
    heymilo.answer_webhooks(webhooks(&[]), ResponseTemplate::new(422)).await;

    app.poll().await;
    assert_eq!(posted(&heymilo).await, 4, "for one posting, not for the other");
    for _ in 0..2 {
        app.execute("update heymilo_sync.cursors set due_at = now() where list = 'postings'").await;
        app.poll().await;
    }

    assert_eq!(posted(&heymilo).await, 2 * EVENT_TYPES, "each is refused once");
}
