//! A HeyMilo with one odd answer, which can be held in the middle of a request.

use std::sync::Arc;

use axum::{Router, extract::State, routing::get};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Semaphore};

use super::waiting::requested;

/// Answers every interview with the same data, once it is released.
#[derive(Clone)]
pub struct OddHeyMilo {
    data: Value,
    asked: Arc<Semaphore>,
    released: Arc<Semaphore>,
}

impl OddHeyMilo {
    /// Starts it. Returns it with its address.
    pub async fn start(mut data: Value) -> (Self, String) {
        // Every interview has these fields.
        for (name, value) in [("status", "completed"), ("posting_id", "pos_1")] {
            if data.is_object() && data.get(name).is_none() {
                data[name] = json!(value);
            }
        }
        let asked = Arc::new(Semaphore::new(0));
        let released = Arc::new(Semaphore::new(0));
        let odd = Self { data, asked, released };
        let router = Router::new()
            .route("/api/v2/interviews/{id}/data", get(answer))
            .with_state(odd.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (odd, address)
    }

    /// Waits until a request has come in.
    pub async fn asked(&self) {
        requested(&self.asked).await;
    }

    /// Lets one request be answered.
    pub fn release(&self) {
        self.released.add_permits(1);
    }
}

async fn answer(State(odd): State<OddHeyMilo>) -> String {
    odd.asked.add_permits(1);
    odd.released.acquire().await.unwrap().forget();
    json!({ "data": odd.data, "meta": {} }).to_string()
}
