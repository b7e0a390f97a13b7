//! The work of the daemon and of `erase` in the database, done in transactions that are rolled
//! back.

use std::time::Duration;

use tokio::time::timeout;

use super::Finding;
use crate::{
    app::{self, Daemon},
    config::Config,
    store::{self, erasures::Named},
    sync::{self, Cause},
};

/// How long each check may take. The search for a person may take longer on a large copy.
const TIMEOUT: Duration = Duration::from_secs(10);
/// No person has this address, because its domain cannot exist.
const UNKNOWN_EMAIL: &str = "doctor@heymilo-sync.invalid";

/// Tries the work of the daemon and of `erase`.
pub async fn look(daemon: &Daemon, config: &Config) -> Vec<Finding> {
    let delivery = daemon.intake().try_another();
    vec![
        finding("delivery", timeout(TIMEOUT, delivery).await.ok()),
        finding("erasure", timeout(TIMEOUT, erase(daemon, config)).await.ok()),
    ]
}

async fn erase(daemon: &Daemon, config: &Config) -> store::Result<()> {
    let named = Named { email: Some(UNKNOWN_EMAIL.to_owned()), ..Named::default() };
    let cause = Cause::Asked { named, by: None };
    for runtime in daemon.workspaces() {
        let workspace = runtime.workspace();
        let (db, id) = (workspace.db.clone(), workspace.id.clone());
        let remover = app::remover(config, db, id);
        // Another check reports on the spool.
        if let Err(sync::Error::Database(error)) = remover.preview(&cause).await {
            return Err(error);
        }
    }
    Ok(())
}

fn finding(what: &str, tried: Option<store::Result<()>>) -> Finding {
    match tried {
        Some(Ok(())) => Finding::ok(what, "tried and rolled back"),
        None => Finding::note(
            what,
            format!("not done within {} s when it was tried", TIMEOUT.as_secs()),
            "look at what the database is doing (pg_stat_activity)",
        ),
        Some(Err(error)) => Finding::bad(
            what,
            format!("tried: {}", app::explain_database(&error)),
            "run `heymilo-sync migrate` as the owner of the tables, with --daemon-role where the daemon has a \
             role of its own",
        ),
    }
}
