//! A daemon beside a simulated HeyMilo whose time stands still until it is moved.

use std::ops::Deref;

use axum::{
    Router,
    extract::Request,
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

    /// Starts both, with one posting whose list of candidates has five pages.
    pub async fn with_a_long_list<const N: usize>(settings: [(&str, &str); N]) -> Self {
        let (heymilo, address) = serve(long_list()).await;
        let app = TestApp::start_with(&address, settings).await;
        Self { app, heymilo, address }
    }

    /// Polls and works until both find nothing more to do.
    pub async fn sync(&self) {
        self.app.forget_cursors().await;
        self.app.poll().await;
        self.app.drain().await;
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

/// Starts a simulated workspace of so many candidates. Returns it with its address.
pub async fn heymilo_of(candidates: usize) -> (Simulator, String) {
    serve(Options { candidates, ..small() }).await
}

/// Starts a simulated workspace with one posting whose list of candidates has five pages, of which
/// only the first is shown before an interview is asked for. Returns it with its address.
pub async fn heymilo_with_reluctant_pages() -> (Simulator, String) {
    let heymilo = Simulator::new(long_list());
    let asked = CancellationToken::new();
    let router =
        heymilo.router().layer(middleware::from_fn(move |request: Request, next: Next| {
            let asked = asked.clone();
            async move {
                let uri = request.uri();
                if uri.path().ends_with("/data") {
                    asked.cancel();
                }
                if uri.query().is_some_and(|query| query.contains("starting_after")) {
                    asked.cancelled().await;
                }
                next.run(request).await
            }
        }));
    let address = serve_router(router).await;
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

async fn serve(options: Options) -> (Simulator, String) {
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
