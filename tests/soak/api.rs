//! A simulated HeyMilo that fails a tenth of its requests, each time in another way.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use heymilo_sync::simulator::{Options, Simulator};
use serde_json::json;
use tokio::net::TcpListener;

/// One request in ten fails.
const ONE_IN: usize = 10;

/// The API, and the proxy in front of it.
pub struct Api {
    pub heymilo: Simulator,
    pub address: String,
    faults: Arc<Faults>,
}

#[derive(Default)]
struct Faults {
    are_over: AtomicBool,
    fetches: AtomicUsize,
    count: AtomicUsize,
}

impl Api {
    /// Starts it with this number of candidates.
    pub async fn start(candidates: usize) -> Self {
        let heymilo = Simulator::new(Options {
            candidates,
            speed: 0.0,
            requests_per_minute: None,
            ..Options::default()
        });
        let faults = Arc::<Faults>::default();
        let router = heymilo.router().layer(middleware::from_fn_with_state(faults.clone(), fail));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { heymilo, address, faults }
    }

    /// Moves the simulated time, and edits an interview that may have been finished long ago.
    pub fn grow_older(&self, by: Duration) {
        self.heymilo.advance(by);
        let ids = self.heymilo.interview_ids();
        let id = &ids[fastrand::usize(..ids.len())];
        if self.heymilo.interview(id).is_some_and(|interview| interview["status"] == "completed") {
            let score = fastrand::u8(..=100);
            self.heymilo.edit_interview(id, |interview| interview["score"] = json!(score));
        }
    }

    /// Fails no request any longer.
    pub fn recover(&self) {
        self.faults.are_over.store(true, Ordering::Relaxed);
    }

    /// The number of fetches of results.
    pub fn fetches(&self) -> usize {
        self.faults.fetches.load(Ordering::Relaxed)
    }

    /// The number of failed requests.
    pub fn faults(&self) -> usize {
        self.faults.count.load(Ordering::Relaxed)
    }
}

async fn fail(State(faults): State<Arc<Faults>>, request: Request, next: Next) -> Response {
    if request.uri().path().contains("/interviews/") {
        faults.fetches.fetch_add(1, Ordering::Relaxed);
    }
    if faults.are_over.load(Ordering::Relaxed) || fastrand::usize(..ONE_IN) > 0 {
        return next.run(request).await;
    }
    faults.count.fetch_add(1, Ordering::Relaxed);
    match fastrand::u8(..6) {
        0 => (StatusCode::BAD_GATEWAY, "<html>bad gateway</html>").into_response(),
        1 => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        2 => (StatusCode::OK, "<html>login</html>").into_response(),
        3 => (StatusCode::OK, r#"{"data": {"interview_id": "#).into_response(),
        4 => StatusCode::OK.into_response(),
        _ => {
            // The client gives up.
            pending().await
        }
    }
}
