//! `heymilo-sync demo`: a simulated HeyMilo, a private Postgres and the daemon in one process.

pub mod beside;
mod story;

use std::{
    fs,
    future::ready,
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use chrono::Utc;
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{
    logging,
    simulated::{self, BEGINS_BEFORE, SPEED},
};
use crate::{
    app::{self, Daemon, Listeners},
    config::{self, Config},
    simulator::{Options, Simulator},
    store,
};

/// How long links to recordings and resumes work.
const LINK_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// Runs the demo until it is asked to stop. Its data stays, and the next demo continues with it.
pub async fn run(mut config: Config) -> anyhow::Result<()> {
    if config.log.filter == "info" {
        // The demo prints lines of its own about interviews.
        config.log.filter = "warn".to_owned();
    }
    logging::start(&config.log)?;
    let shutdown = CancellationToken::new();
    app::stop_on_signal(shutdown.clone(), config.shutdown.grace)?;

    // The demo never uses the database of the settings, which may be a real one.
    let directory = beside::directory(config.database.directory.take());
    config.database.url = None;
    config.database.directory = Some(directory.clone());
    say("Starting a private Postgres ...")?;
    app::with_daemons_database(&config.database.clone(), async |database| {
        app::migrate(&database.pool, &config.database).await?;
        let psql = database.psql_command().expect("the demonstration's Postgres is embedded");
        let simulator = simulate(&directory, &database.pool).await?;
        let inside = Inside { psql, directory };
        serve(config, simulator, &database.pool, &inside, &shutdown).await
    })
    .await
}

/// Creates the simulated workspace. A later start continues with the same one, at the time that it
/// had reached.
async fn simulate(directory: &Path, db: &PgPool) -> anyhow::Result<Simulator> {
    let path = directory.join("world-began-at");

    let began_at = match fs::read_to_string(&path) {
        Ok(text) => text.trim().parse().context("reading when the simulated world began")?,
        Err(_) => {
            let began_at = Utc::now() - BEGINS_BEFORE;
            fs::write(&path, began_at.to_rfc3339())
                .context("keeping when the simulated world began")?;
            began_at
        }
    };
    let simulator = Simulator::new(Options {
        candidates: 300,
        speed: f64::from(SPEED),
        start: Some(began_at),
        // A minute of the simulation is not a minute of the daemon, so a stated limit would
        // mislead.
        requests_per_minute: None,
        link_lifetime: Some(LINK_LIFETIME),
        ..Options::default()
    });
    let reached = store::arrivals::latest_activity(db).await?.unwrap_or(began_at);
    simulator.advance((reached - began_at).to_std().unwrap_or_default());

    Ok(simulator)
}

/// How to look at the demo from another terminal.
struct Inside {
    psql: String,
    directory: PathBuf,
}

async fn serve(
    mut config: Config,
    simulator: Simulator,
    db: &PgPool,
    inside: &Inside,
    shutdown: &CancellationToken,
) -> anyhow::Result<()> {
    let api = TcpListener::bind("127.0.0.1:0").await.context("opening a port for the simulator")?;
    let listeners = listen(&config).await?;
    config.http.listen = listeners.public.local_addr()?;
    config.operations.listen = listeners.operations.local_addr()?;
    let base_url = format!("http://{}", api.local_addr()?);
    let public_url = format!("http://{}", config.http.listen);
    let page = format!("http://{}", config.operations.listen);
    simulated::copy(&mut config, Url::parse(&base_url)?, Url::parse(&public_url)?);
    keep_a_few_files(&mut config.files, &inside.directory, &simulator)?;
    beside::keep(&config, &inside.directory)?;

    let daemon = Daemon::new(config, db.clone())?;
    let id = daemon.workspaces()[0].workspace().id.clone();
    let (simulated, served, printed) = tokio::join!(
        simulator.serve(api, shutdown.clone()),
        Box::pin(daemon.run(listeners, ready(Ok(())), shutdown.clone())),
        story::print(db, &id, &page, &inside.psql, shutdown),
    );
    simulated.context("serving the simulated HeyMilo")?;
    served.and(printed)?;
    say(&format!(
        "Stopped. The data is kept: the next demo goes on from here, with the page at {page}.\n\
         To begin anew: rm -r {}",
        inside.directory.display()
    ))
}

/// Keeps a few recordings and resumes: those of one posting.
fn keep_a_few_files(
    files: &mut config::Files,
    directory: &Path,
    simulator: &Simulator,
) -> anyhow::Result<()> {
    let directory = fs::canonicalize(directory).context("finding the demo's directory")?;
    files.url = Url::from_file_path(directory.join("files")).ok();
    files.kinds = ["audio", "resume"].map(str::to_owned).to_vec();
    files.postings = simulator.posting_ids().into_iter().take(1).collect();
    files.allow_private_addresses = true;
    Ok(())
}

/// Binds the ports of the settings on this machine only, or any other port when one is taken.
async fn listen(config: &Config) -> anyhow::Result<Listeners> {
    let bind = async |port| match TcpListener::bind(("127.0.0.1", port)).await {
        Ok(listener) => Ok(listener),
        Err(error) => {
            say(&format!("Port {port} is taken ({error}): using another one."))?;
            TcpListener::bind("127.0.0.1:0").await.context("opening a port")
        }
    };
    Ok(Listeners {
        public: bind(config.http.listen.port()).await?,
        operations: bind(config.operations.listen.port()).await?,
    })
}

fn say(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(io::stdout(), "{text}")?)
}
