//! Checks one workspace: its key, and whether HeyMilo delivers changes.

use std::{slice, time::Duration};

use chrono::{TimeDelta, Utc};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::Finding;
use crate::{
    app::{self, Daemon, WorkspaceRuntime},
    config::Config,
    heymilo,
    status::lasting,
    store::{self, gauges},
    sync::{self, Command, Error, Workspace},
};

/// How long to wait for HeyMilo, including the wait for a permit.
const CHECK_TIMEOUT: Duration = Duration::from_secs(60);
/// An older delivery says little about the next one.
const MAX_DELIVERY_AGE: TimeDelta = TimeDelta::days(1);
const WHERE_TO_LOOK: &str = "if interviews change and none arrives, look at the webhook URL above";

/// Checks one workspace.
pub async fn look(daemon: &Daemon, runtime: &WorkspaceRuntime, config: &Config) -> Vec<Finding> {
    let workspace = runtime.workspace();
    let asked = async {
        let never = CancellationToken::new();
        let command = Command::begin(daemon.engine(runtime)).await?;
        // Checks that the key belongs to the workspace in the tables, and that the API answers
        // correctly.
        let asked = command.with_requests(&never, async {
            workspace.heymilo.workspaces().await?;
            Ok(registrations(workspace, runtime, config).await)
        });
        let asked = Box::pin(asked).await?;
        Ok(asked.expect("it is never stopped"))
    };
    let what = format!("key of {}", workspace.id);

    let registrations = match timeout(CHECK_TIMEOUT, asked).await {
        Ok(Ok(registrations)) => registrations,
        Ok(Err(error)) => return vec![refused(what, &error)],
        Err(_) => return vec![silent(what)],
    };
    let mut found = vec![Finding::ok(what, "HeyMilo accepts it")];
    found.push(registrations);
    found.push(deliveries(workspace).await);

    found
}

/// Asks HeyMilo only, because the database cannot be used yet.
pub async fn ask(runtime: &WorkspaceRuntime) -> Finding {
    let workspace = runtime.workspace();
    let what = format!("key of {}", workspace.id);
    // No process of ours can own the workspace without a database.
    workspace.heymilo.limiter().allow_until(Instant::now() + CHECK_TIMEOUT);
    match timeout(CHECK_TIMEOUT, workspace.heymilo.workspaces()).await {
        Ok(Ok(_)) => Finding::ok(what, "HeyMilo accepts it"),
        Ok(Err(error)) => refused(what, &error.into()),
        Err(_) => silent(what),
    }
}

fn silent(what: String) -> Finding {
    Finding::bad(
        what,
        "no answer, or no request permitted, within a minute",
        "look whether HeyMilo's API is up, and who else uses the key",
    )
}

fn refused(what: String, error: &Error) -> Finding {
    let remedy = match error {
        Error::HeyMilo(heymilo::Error::Unauthorized { .. }) => {
            "set HEYMILO_API_KEY to a valid key of this workspace"
        }
        Error::OtherWorkspace { .. } => {
            "set HEYMILO_API_KEY to a key of the workspace that is in the tables, or choose another \
             workspace.name for this one"
        }
        Error::HeyMilo(heymilo::Error::RateLimited { .. }) => {
            "another program uses the key too: lower heymilo.requests_per_minute"
        }
        Error::HeyMilo(error) if error.is_untrusted() => {
            "a proxy may inspect TLS on the way to HeyMilo: set heymilo.ca_file to the certificate of its \
             authority, or SSL_CERT_FILE"
        }
        _ => "check heymilo.base_url, and the way from here to HeyMilo",
    };
    Finding::bad(what, error.in_full(), remedy)
}

/// Compares the registrations with the wanted ones.
async fn registrations(
    workspace: &Workspace,
    runtime: &WorkspaceRuntime,
    config: &Config,
) -> Finding {
    let what = "registrations";
    let Some(ours) = app::registrations(&config.webhooks, runtime.settings()) else {
        return Finding::ok(what, "none are kept: the daemon has no public URL or no token");
    };
    let compared = async {
        let postings = store::postings::live(&workspace.db, &workspace.id).await?;
        Ok::<_, Error>((postings, sync::registered(workspace).await?))
    };

    match timeout(CHECK_TIMEOUT, compared).await {
        Ok(Ok((postings, registered))) => {
            let plan = ours.plan(&postings, &registered);
            match (plan.missing.len(), plan.stale.len()) {
                (0, 0) => Finding::ok(what, format!("all of {} live postings", postings.len())),
                (missing, stale) => Finding::note(
                    what,
                    format!("{missing} are missing and {stale} are stale"),
                    "the daemon's next poll puts that right, or `heymilo-sync webhooks ensure`",
                ),
            }
        }
        Ok(Err(error)) => Finding::bad(what, error.in_full(), "run `heymilo-sync webhooks list`"),
        Err(_) => Finding::bad(what, "HeyMilo did not answer within a minute", "run it again"),
    }
}

/// The last delivery is the best evidence that webhooks arrive.
async fn deliveries(workspace: &Workspace) -> Finding {
    let what = "deliveries";
    let gauges = gauges::read(&workspace.db, slice::from_ref(&workspace.id)).await;
    let last = gauges.ok().and_then(|gauges| gauges.workspaces.first()?.delivered_at);
    match last {
        Some(last) => {
            let age = Utc::now().signed_duration_since(last);
            let found = format!("the last one arrived {} ago", lasting(age));
            match age > MAX_DELIVERY_AGE {
                true => Finding::note(what, found, WHERE_TO_LOOK),
                false => Finding::ok(what, found),
            }
        }
        None => Finding::note(what, "none is kept yet", WHERE_TO_LOOK),
    }
}
