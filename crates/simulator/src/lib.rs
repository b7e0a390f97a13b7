//! A simulated HeyMilo for tests and the demo. It follows the contract, and its data depends only
//! on a seed.

mod api;
mod candidate;
mod clock;
mod content;
mod deliveries;
mod errors;
mod fault;
mod files;
mod interview;
mod limiter;
mod options;
mod paging;
mod person;
mod posting;
mod question;
mod role;
mod seed;
mod signing;
mod timeline;
mod webhooks;
mod words;
mod workspace;
mod world;

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::Router;
use chrono::{DateTime, Utc};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use clock::Clock;
use deliveries::Deliveries;
use limiter::Limiter;
use webhooks::Registration;
use workspace::Workspace;
use world::World;

pub use fault::Fault;
pub use files::{ELSEWHERE, FileFault};
pub use options::{Options, Window};

/// The most requests that are recorded, so that a long demo does not fill the memory.
const REMEMBERED_REQUESTS: usize = 50_000;

/// A simulated workspace and its API. Clones share it.
#[derive(Debug, Clone)]
pub struct Simulator(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    api_key: String,
    clock: Clock,
    workspace: RwLock<Workspace>,
    limiter: Option<Mutex<Limiter>>,
    webhooks: Mutex<Vec<Registration>>,
    deliveries: Mutex<Deliveries>,
    /// Built on first use, because an API without webhooks needs no client.
    client: OnceLock<reqwest::Client>,
    requests: Mutex<VecDeque<Request>>,
    refuses_keys: AtomicBool,
    fault: Mutex<Option<Fault>>,
    file_fault: Mutex<Option<FileFault>>,
    link_lifetime: Option<Duration>,
    signatures: AtomicU64,
}

/// A request to the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The method in capitals.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
}

impl Simulator {
    /// Makes a world.
    pub fn new(options: Options) -> Self {
        let clock = Clock::new(options.start, options.speed);
        let start = clock.unix();

        Self(Arc::new(Inner {
            workspace: RwLock::new(Workspace::new(World::new(&options, start))),
            limiter: options
                .requests_per_minute
                .map(|limit| Mutex::new(Limiter::new(limit, options.window))),
            webhooks: Mutex::default(),
            deliveries: Mutex::new(Deliveries::new(start)),
            client: OnceLock::new(),
            requests: Mutex::default(),
            refuses_keys: AtomicBool::new(false),
            fault: Mutex::new(options.fault),
            file_fault: Mutex::new(options.file_fault),
            link_lifetime: options.link_lifetime,
            signatures: AtomicU64::new(0),
            api_key: options.api_key,
            clock,
        }))
    }

    /// The router of the API.
    pub fn router(&self) -> Router {
        api::router(self.clone())
    }

    /// Serves the API and delivers webhooks until `shutdown` is cancelled.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: CancellationToken,
    ) -> std::io::Result<()> {
        let server = axum::serve(listener, self.router())
            .with_graceful_shutdown(shutdown.clone().cancelled_owned());
        let (served, ()) =
            tokio::join!(async { server.await }, deliveries::deliver_until(&self, &shutdown));
        served
    }

    /// Delivers every due webhook. Returns the number that were answered 2xx.
    pub async fn deliver_due(&self) -> usize {
        deliveries::deliver_due(self).await
    }

    /// The simulated time.
    pub fn now(&self) -> DateTime<Utc> {
        self.0.clock.now()
    }

    /// Moves the simulated time forward.
    pub fn advance(&self, by: Duration) {
        self.0.clock.advance(by);
    }

    /// The ids of all postings.
    pub fn posting_ids(&self) -> Vec<String> {
        self.workspace().world.postings.iter().map(|posting| posting.id.clone()).collect()
    }

    /// The ids of all interviews that exist now.
    pub fn interview_ids(&self) -> Vec<String> {
        let (workspace, now) = (self.workspace(), self.unix());
        let listed = |posting| workspace.candidates(posting, [None, None], now);
        let entries = workspace.world.postings.iter().flat_map(listed);
        entries.map(|entry| workspace.interview_id(&entry)).collect()
    }

    /// The `data` that the API would answer now, with unsigned links.
    pub fn interview(&self, id: &str) -> Option<Value> {
        self.workspace().interview(id, self.unix())
    }

    /// The row that the candidates list would hold now, with unsigned links.
    pub fn candidate(&self, id: &str) -> Option<Value> {
        self.workspace().row(id, self.unix())
    }

    /// Edits an interview. From now on the API answers the edited one, and the list row follows in
    /// the shared fields. An unknown id changes nothing.
    pub fn edit_interview(&self, id: &str, edit: impl FnOnce(&mut Value)) {
        if let Some(mut data) = self.interview(id) {
            edit(&mut data);
            self.workspace_mut().edit_interview(id, data, self.unix());
        }
    }

    /// Edits a row of the candidates list. An unknown id changes nothing.
    pub fn edit_candidate(&self, id: &str, edit: impl FnOnce(&mut Value)) {
        if let Some(mut row) = self.candidate(id) {
            edit(&mut row);
            self.workspace_mut().edit_row(id, row);
        }
    }

    /// Adds an interview that a test made under its `interview_id`, or replaces the existing one.
    pub fn put_interview(&self, posting_id: &str, data: Value) {
        let id = data["interview_id"].as_str().expect("an interview has an id").to_owned();
        self.workspace_mut().put(posting_id, &id, data, self.unix());
    }

    /// Removes an interview: the list does not show it, and its id answers 404.
    pub fn remove_interview(&self, id: &str) {
        self.workspace_mut().remove(id);
    }

    /// Answers 401 to every key, or stops doing so.
    pub fn refuse_keys(&self, refused: bool) {
        self.0.refuses_keys.store(refused, Ordering::Relaxed);
    }

    /// Sets the fault of answers. `None` gives right answers.
    pub fn set_fault(&self, fault: Option<Fault>) {
        *held(&self.0.fault) = fault;
    }

    /// Sets the fault of files. `None` serves right files.
    pub fn set_file_fault(&self, fault: Option<FileFault>) {
        *held(&self.0.file_fault) = fault;
    }

    /// The requests to the API, the oldest first.
    pub fn requests(&self) -> Vec<Request> {
        held(&self.0.requests).iter().cloned().collect()
    }

    fn remember(&self, request: Request) {
        let mut requests = held(&self.0.requests);
        if requests.len() == REMEMBERED_REQUESTS {
            requests.pop_front();
        }
        requests.push_back(request);
    }

    fn unix(&self) -> f64 {
        self.0.clock.unix()
    }

    fn workspace(&self) -> RwLockReadGuard<'_, Workspace> {
        self.0.workspace.read().expect("no panic while the lock is held")
    }

    fn workspace_mut(&self) -> RwLockWriteGuard<'_, Workspace> {
        self.0.workspace.write().expect("no panic while the lock is held")
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no panic while the lock is held")
}
