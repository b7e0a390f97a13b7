//! Webhook deliveries. Each event is sent to its registrations, and sent again when the receiver
//! did not accept it.

use std::{collections::BTreeSet, time::Duration};

use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::{Simulator, held, webhooks::Registration, workspace::Workspace, world::World};

/// How often [`deliver_until`] looks for something due, in real time.
const TICK: Duration = Duration::from_millis(100);
/// How long a receiver may take to answer, in real time.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Simulated seconds before each further attempt. After the last one, the delivery is given up.
const DELAYS: &[f64] = &[5.0, 30.0, 120.0, 600.0];
/// How many deliveries of one round are under way at once.
const CONCURRENCY: usize = 64;

/// Future events, and deliveries that were not accepted yet.
#[derive(Debug)]
pub struct Deliveries {
    /// Only later events are sent.
    since: f64,
    /// How many candidates are already in `upcoming`.
    planned: u64,
    upcoming: BTreeSet<Event>,
    again: Vec<Delivery>,
}

/// An event of a candidate, ordered by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    at_millis: u64,
    index: u64,
    kind: EventKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum EventKind {
    Ingested,
    Started,
    Completed,
    Reported,
}

/// One event for one registration.
#[derive(Debug, Clone)]
struct Delivery {
    url: String,
    body: Value,
    attempt: usize,
    due_at: f64,
}

impl EventKind {
    fn name(self) -> &'static str {
        match self {
            Self::Ingested => "candidate_ingested",
            Self::Started => "interview_started",
            Self::Completed => "interview_completed",
            Self::Reported => "report_available",
        }
    }
}

impl Event {
    fn at(self) -> f64 {
        self.at_millis as f64 / 1_000.0
    }

    /// Writes the body. `None` for an interview that was removed.
    fn body(self, workspace: &Workspace) -> Option<Value> {
        let id = workspace.world.seed.interview_id(self.index);
        workspace.index(&id, self.at())?;
        let row = workspace.row(&id, self.at())?;

        Some(json!({
            "event_type": self.kind.name(),
            "event_id": format!("evt_{}_{id}", self.kind as u8),
            "created_at": self.at(),
            "data": {
                "interview_id": id,
                "posting_id": row["posting_id"],
                "candidate": {
                    "candidate_id": row["candidate_id"],
                    "name": row["name"],
                    "email": row["email"],
                },
                "status": row["status"],
                "score": row["score"],
            },
        }))
    }
}

impl Deliveries {
    /// Begins with the events after `since`.
    pub fn new(since: f64) -> Self {
        Self { since, planned: 0, upcoming: BTreeSet::new(), again: Vec::new() }
    }

    /// Takes out everything due by `now`.
    fn take(
        &mut self,
        workspace: &Workspace,
        registrations: &[Registration],
        now: f64,
    ) -> Vec<Delivery> {
        self.plan(&workspace.world, now);
        let mut due: Vec<Delivery> =
            self.again.extract_if(.., |delivery| delivery.due_at <= now).collect();
        while let Some(event) = self.upcoming.first().copied().filter(|event| event.at() <= now) {
            self.upcoming.pop_first();
            let Some(body) = event.body(workspace) else { continue };
            let wanted = registrations.iter().filter(|registration| {
                registration.is_active
                    && registration.event_type == event.kind.name()
                    && body["data"]["posting_id"] == registration.posting_id
                    && registration.created_at <= event.at()
            });
            due.extend(wanted.map(|registration| Delivery {
                url: registration.url.clone(),
                body: body.clone(),
                attempt: 0,
                due_at: event.at(),
            }));
        }

        due
    }

    /// Adds the events of candidates who were invited since the last call.
    fn plan(&mut self, world: &World, now: f64) {
        let invited = world.invited(now);
        for index in self.planned..invited {
            let candidate = world.candidate(index);
            let happens = [
                (EventKind::Ingested, Some(candidate.invited_at)),
                (EventKind::Started, candidate.timeline.started_at()),
                (EventKind::Completed, candidate.timeline.completed_at()),
                (EventKind::Reported, candidate.timeline.reported_at),
            ];
            for (kind, at) in happens {
                if let Some(at) = at.filter(|&at| at > self.since) {
                    let at_millis = (at * 1_000.0).round() as u64;
                    self.upcoming.insert(Event { at_millis, index, kind });
                }
            }
        }
        self.planned = invited;
    }

    fn retry(&mut self, delivery: Delivery, now: f64) {
        if let Some(delay) = DELAYS.get(delivery.attempt) {
            let attempt = delivery.attempt + 1;
            self.again.push(Delivery { attempt, due_at: now + delay, ..delivery });
        }
    }
}

/// Delivers what is due now. Returns the number of deliveries that were answered 2xx.
pub async fn deliver_due(simulator: &Simulator) -> usize {
    let due = {
        let workspace = simulator.workspace();
        let registrations = held(&simulator.0.webhooks);
        held(&simulator.0.deliveries).take(&workspace, &registrations, simulator.unix())
    };
    let sent = stream::iter(due).map(|delivery| send(simulator, delivery));
    sent.buffer_unordered(CONCURRENCY).filter(|taken| std::future::ready(*taken)).count().await
}

/// Delivers in rounds. A round does not wait for the one before, so a receiver that hangs delays no
/// other.
pub async fn deliver_until(simulator: &Simulator, shutdown: &CancellationToken) {
    let mut rounds = JoinSet::new();
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while shutdown.run_until_cancelled(ticks.tick()).await.is_some() {
        let simulator = simulator.clone();
        rounds.spawn(async move { deliver_due(&simulator).await });
        while rounds.try_join_next().is_some() {}
    }
}

/// Sends one delivery, and keeps it for later when it is not accepted.
async fn send(simulator: &Simulator, delivery: Delivery) -> bool {
    let client = simulator.0.client.get_or_init(|| {
        // An error says that a provider is installed already, which is enough.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder().timeout(TIMEOUT).no_proxy();
        builder.build().expect("a client with a TLS provider can be built")
    });
    let answer = client.post(&delivery.url).json(&delivery.body).send().await;
    let taken = answer.as_ref().is_ok_and(|answer| answer.status().is_success());
    if !taken {
        debug!(attempt = delivery.attempt, event = %delivery.body["event_id"], "webhook not taken");
        held(&simulator.0.deliveries).retry(delivery, simulator.unix());
    }
    taken
}
