//! A daemon beside a simulated HeyMilo whose time moves only when a test moves it.

use std::ops::Deref;

use axum::{
    Router,
    extract::Request,
    http::HeaderValue,
    middleware::{self, Next},
};
use heymilo_sync::simulator::{Options, Simulator};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::app::TestApp;

/// A small workspace, and a daemon that copies it.
pub struct Simulated {
    pub app: TestApp,
    pub heymilo: Simulator,
    pub address: String,
}

impl Simulated {
    /// Starts both.
    pub async fn start() -> Self {
        Self::with([]).await
    }

    /// Starts both, the daemon with further settings.
    pub async fn with<const N: usize>(settings: [(&str, &str); N]) -> Self {
        let (heymilo, address) = heymilo().await;
        Self { app: TestApp::start_with(&address, settings).await, heymilo, address }
    }

    /// Starts both, with one posting whose candidates list has five pages.
    pub async fn with_a_long_list<const N: usize>(settings: [(&str, &str); N]) -> Self {
        let (heymilo, address) = serve(long_list()).await;
        let app = TestApp::start_with(&address, settings).await;
        Self { app, heymilo, address }
    }

    /// Starts both with such a list. All pages but the first wait until the token is cancelled.
    pub async fn with_reluctant_pages() -> (Self, CancellationToken) {
        let (heymilo, shown) = (Simulator::new(long_list()), CancellationToken::new());
        let pages = shown.clone();
        let wait = middleware::from_fn(move |request: Request, next: Next| {
            let shown = pages.clone();
            async move {
                if request.uri().query().is_some_and(|query| query.contains("starting_after")) {
                    shown.cancelled().await;
                }
                next.run(request).await
            }
        });
        let address = serve_router(heymilo.router().layer(wait)).await;
        let app = TestApp::start_with(&address, []).await;
        (Self { app, heymilo, address }, shown)
    }

    /// Polls and works until nothing is left to do, and computes the figures.
    pub async fn sync(&self) {
        self.app.forget_cursors().await;
        self.app.poll().await;
        self.app.drain().await;
        self.app.figure().await;
    }
}

impl Deref for Simulated {
    type Target = TestApp;

    fn deref(&self) -> &TestApp {
        &self.app
    }
}

/// Starts a small simulated workspace. Returns it with its address.
pub async fn heymilo() -> (Simulator, String) {
    heymilo_of(60).await
}

/// Starts a simulated workspace of `candidates` candidates. Returns it with its address.
pub async fn heymilo_of(candidates: usize) -> (Simulator, String) {
    serve(Options { candidates, ..small() }).await
}

/// Starts a small simulated workspace that accepts any API key. Returns it with its address.
pub async fn heymilo_for_any_key() -> (Simulator, String) {
    let heymilo = Simulator::new(small());
    let key = HeaderValue::from_str(&small().api_key).unwrap();
    let replace_key = middleware::from_fn(move |mut request: Request, next: Next| {
        request.headers_mut().insert("x-api-key", key.clone());
        next.run(request)
    });
    let address = serve_router(heymilo.router().layer(replace_key)).await;
    (heymilo, address)
}

fn long_list() -> Options {
    Options { postings: 1, candidates: 450, ..small() }
}

fn small() -> Options {
    Options {
        postings: 3,
        candidates: 60,
        arrivals_per_day: 10.0,
        speed: 0.0,
        requests_per_minute: None,
        ..Options::default()
    }
}

/// Starts a simulated workspace. Returns it with its address.
pub async fn serve(options: Options) -> (Simulator, String) {
    let heymilo = Simulator::new(options);
    let address = serve_router(heymilo.router()).await;
    (heymilo, address)
}

async fn serve_router(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}
