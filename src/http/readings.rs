//! Gauges that are read for each scrape, with their names, meanings and sources.

use sqlx::PgPool;

use crate::{
    metrics::{Labels, Reading},
    records::WorkspaceId,
    spool::{State, Status},
    store::{
        files::FileCounts,
        gauges::{Gauges, Jobs, NoticeCounts, Workspace},
    },
};

/// The connections to the database.
pub fn of_the_pool(db: &PgPool) -> Vec<Reading> {
    let (open, idle) = (f64::from(db.size()), db.num_idle() as f64);
    let state = |word: &str| vec![("state", word.to_owned())];
    vec![
        Reading {
            name: "database_connections",
            help: "Open connections to the database",
            values: vec![(state("idle"), idle), (state("used"), (open - idle).max(0.0))],
        },
        Reading::one(
            "database_connections_limit",
            "Most connections to the database (database.max_connections)",
            f64::from(db.options().get_max_connections()),
        ),
    ]
}

/// The deliveries on this machine's disk.
pub fn of_the_spool(spool: &Status) -> Vec<Reading> {
    let age = spool.oldest.map_or(0.0, |oldest| {
        chrono::Utc::now().signed_duration_since(oldest).as_seconds_f64().max(0.0)
    });
    let states = [(State::Writable, "writable"), (State::Full, "full")];
    let states = states.into_iter().chain([(State::Unwritable, "unwritable")]);

    vec![
        Reading {
            name: "spool_state",
            help: "1 for the state the spool is in: whether it takes deliveries",
            values: states
                .map(|(state, word)| (vec![("state", word.to_owned())], is(spool.state == state)))
                .collect(),
        },
        Reading::one(
            "spool_deliveries",
            "Deliveries on this machine's disk that wait for the database",
            spool.waiting as f64,
        ),
        Reading::one(
            "spool_bytes",
            "How large the spool is, with what was set aside",
            spool.bytes as f64,
        ),
        Reading::one(
            "spool_aside_bytes",
            "How much of the spool was set aside for a person to look at",
            spool.aside_bytes as f64,
        ),
        Reading::one(
            "spool_oldest_age_seconds",
            "How long the oldest delivery in the spool has been waiting",
            age,
        ),
    ]
}

/// The state from the database. Without an answer, only that there is none.
pub fn of_the_database(gauges: Option<&Gauges>) -> Vec<Reading> {
    let up = Reading::one("database_up", "Whether the database answers", is(gauges.is_some()));
    let mut readings = vec![up];
    if let Some(gauges) = gauges {
        readings.extend(of_the_workspaces(&gauges.workspaces));
        readings.extend(of_the_budget(gauges));
        readings.extend(of_the_jobs(&gauges.jobs));
    }
    readings
}

/// The differences in answers, as last counted.
pub fn of_the_notices(notice_counts: &[NoticeCounts]) -> Reading {
    Reading {
        name: "notice_places",
        help: "Places in HeyMilo's newest answers that differ from what was expected",
        values: notice_counts
            .iter()
            .map(|found| {
                let labels = labels(&found.workspace_id, "problem", &found.problem);
                (labels, found.places as f64)
            })
            .collect(),
    }
}

/// The recordings and resumes, as last counted.
pub fn of_the_files(counted: &[(WorkspaceId, FileCounts)]) -> Vec<Reading> {
    let states = |(id, files): &(WorkspaceId, FileCounts)| {
        let states = [
            ("kept", files.kept),
            ("waiting", files.waiting),
            ("failed", files.failed),
            ("expired", files.expired),
            ("too_large", files.too_large),
            ("removed", files.removed),
        ];
        states.map(|(state, number)| (labels(id, "state", state), number as f64))
    };

    let age = |(id, files): &(WorkspaceId, FileCounts)| {
        let age = files.oldest_waiting_at.map(|oldest| chrono::Utc::now() - oldest);
        (workspace(id), age.map_or(0.0, |age| age.as_seconds_f64().max(0.0)))
    };

    vec![
        Reading {
            name: "files",
            help: "Recordings and resumes, by whether and why not they are kept",
            values: counted.iter().flat_map(states).collect(),
        },
        Reading {
            name: "files_bytes",
            help: "How large the recordings and resumes are that are kept",
            values: counted.iter().map(|(id, files)| (workspace(id), files.bytes as f64)).collect(),
        },
        Reading {
            name: "files_oldest_waiting_age_seconds",
            help: "How long the oldest recording or resume has been waiting to be downloaded",
            values: counted.iter().map(age).collect(),
        },
    ]
}

fn of_the_workspaces(workspaces: &[Workspace]) -> Vec<Reading> {
    let gauge = |name, help, value: fn(&Workspace) -> Option<f64>| Reading {
        name,
        help,
        values: workspaces
            .iter()
            .filter_map(|standing| Some((workspace(&standing.workspace_id), value(standing)?)))
            .collect(),
    };

    vec![
        gauge(
            "last_delivery_timestamp_seconds",
            "When the last delivery that is kept was received",
            |standing| standing.delivered_at.map(seconds),
        ),
        gauge("last_poll_timestamp_seconds", "When a list was last read", |standing| {
            standing.polled_at.map(seconds)
        }),
        gauge(
            "last_answer_timestamp_seconds",
            "When HeyMilo's API last answered as it should, to the minute",
            |standing| standing.answered_at.map(seconds),
        ),
        gauge(
            "list_overdue_seconds",
            "How long the list that is most overdue has been due to be read",
            |standing| Some(standing.list_overdue_s),
        ),
        gauge(
            "api_key_refused",
            "Whether HeyMilo refuses the API key, or it is of another workspace",
            |standing| Some(is(standing.is_refused)),
        ),
        gauge(
            "webhooks_registered",
            "Webhooks that the daemon keeps registered at HeyMilo",
            |standing| standing.webhooks_registered.map(f64::from),
        ),
        gauge("api_down", "Whether HeyMilo's API does not answer at all", |standing| {
            Some(is(standing.is_down))
        }),
        gauge(
            "workspace_owned",
            "Whether a process owns the workspace and works for it",
            |standing| Some(is(standing.is_owned)),
        ),
        gauge(
            "first_copy_under_way",
            "Whether the first copy of the workspace is not complete yet",
            |standing| Some(is(standing.first_copy_left.is_some())),
        ),
        gauge(
            "first_copy_left",
            "Interviews and lists that the first copy has still to fetch and to read",
            |standing| Some(standing.first_copy_left.unwrap_or_default() as f64),
        ),
        gauge(
            "erasure_requests_overdue",
            "Requests to erase a person that should be done by now",
            |standing| Some(standing.overdue_erasures as f64),
        ),
        gauge("jobs_in_flight", "Interviews that are being fetched or written", |standing| {
            Some(f64::from(standing.in_flight))
        }),
    ]
}

fn of_the_budget(gauges: &Gauges) -> Vec<Reading> {
    let workspaces = &gauges.workspaces;
    let limit = |standing: &Workspace| {
        Some((workspace(&standing.workspace_id), f64::from(standing.requests_per_minute?)))
    };

    vec![
        Reading {
            name: "budget_limit",
            help: "Requests to HeyMilo's API that the key may make in a minute",
            values: workspaces.iter().filter_map(limit).collect(),
        },
        Reading {
            name: "budget_used",
            help: "Requests to HeyMilo's API in the last minute, by urgency",
            values: gauges
                .requests
                .iter()
                .map(|used| {
                    let labels = labels(&used.workspace_id, "urgency", &used.urgency);
                    (labels, used.requests as f64)
                })
                .collect(),
        },
        Reading {
            name: "budget_paused_seconds",
            help: "For how long no request may be made yet, because HeyMilo said so",
            values: workspaces
                .iter()
                .map(|standing| (workspace(&standing.workspace_id), standing.paused_s))
                .collect(),
        },
    ]
}

fn of_the_jobs(jobs: &[Jobs]) -> Vec<Reading> {
    let mut states = Vec::new();
    let mut ages = Vec::new();

    for of_urgency in jobs {
        let urgency = labels(&of_urgency.workspace_id, "urgency", &of_urgency.urgency);
        for (state, number) in [
            ("due", of_urgency.due),
            ("waiting", of_urgency.waiting),
            ("failed", of_urgency.failed),
        ] {
            let mut labels = urgency.clone();
            labels.push(("state", state.to_owned()));
            states.push((labels, number as f64));
        }
        ages.push((urgency, of_urgency.oldest_due_s));
    }
    vec![
        Reading { name: "jobs", help: "Interviews to fetch, by urgency and state", values: states },
        Reading {
            name: "jobs_oldest_due_age_seconds",
            help: "How long the oldest job that is due has been due",
            values: ages,
        },
    ]
}

fn workspace(id: &WorkspaceId) -> Labels {
    vec![("workspace", id.to_string())]
}

fn labels(id: &WorkspaceId, name: &'static str, word: &str) -> Labels {
    vec![("workspace", id.to_string()), (name, word.to_owned())]
}

fn is(so: bool) -> f64 {
    f64::from(u8::from(so))
}

fn seconds(time: chrono::DateTime<chrono::Utc>) -> f64 {
    time.timestamp_micros() as f64 / 1e6
}
