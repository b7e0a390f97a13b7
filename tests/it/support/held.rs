//! A HeyMilo that answers its candidates list only when it is released.

use std::sync::Arc;

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::get,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Semaphore};

use super::waiting::requested;

/// One posting with one interview. Its list shows the interview before it was completed.
#[derive(Clone)]
pub struct HeldList {
    status: StatusCode,
    asked: Arc<Semaphore>,
    released: Arc<Semaphore>,
}

impl HeldList {
    /// Starts it. The list is answered with this status. Returns it with its address.
    pub async fn start(status: u16) -> (Self, String) {
        let status = StatusCode::from_u16(status).unwrap();
        let (asked, released) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let held = Self { status, asked, released };
        let answer = |data: Value| get(async move || list(&data));
        let posting = json!({ "id": "pos_1", "title": "Clerk", "status": "active" });
        let router = Router::new()
            .route("/api/v2/workspaces", answer(json!([])))
            .route("/api/v2/postings", answer(json!([posting])))
            .route("/api/v2/postings/pos_1/questions", answer(json!([])))
            .route("/api/v2/interviews/int_1/data", answer(interview("completed")))
            .route("/api/v2/postings/pos_1/candidates", get(candidates))
            .with_state(held.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (held, address)
    }

    /// Waits until the list was asked for.
    pub async fn asked(&self) {
        requested(&self.asked).await;
    }

    /// Lets one request be answered.
    pub fn release(&self) {
        self.released.add_permits(1);
    }
}

async fn candidates(State(held): State<HeldList>) -> Response {
    held.asked.add_permits(1);
    held.released.acquire().await.unwrap().forget();
    (held.status, list(&json!([interview("in_progress")]))).into_response()
}

fn interview(status: &str) -> Value {
    json!({ "interview_id": "int_1", "posting_id": "pos_1", "status": status,
            "name": "Ada Example", "email": "ada@example.com", "created_at": 1_770_000_000 })
}

fn list(data: &Value) -> String {
    json!({ "data": data, "pagination": { "has_more": false } }).to_string()
}
