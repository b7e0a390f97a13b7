//! `heymilo-sync demo`: a simulated HeyMilo, a private Postgres and the daemon in one process.

use std::{
    collections::HashSet,
    env, fs,
    future::ready,
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use tokio::{net::TcpListener, time};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{
    logging,
    simulated::{self, SPEED, TOKEN},
};
use crate::{
    app::{self, Daemon, Listeners},
    config::Config,
    postgres,
    simulator::{Options, Simulator},
    store,
};

/// The variable that names where the private Postgres is.
const DIRECTORY: &str = "HEYMILO_SYNC__DATABASE__DIRECTORY";
/// How often to look for interviews that arrived.
const TICK: Duration = Duration::from_millis(250);

/// Runs the demonstration until it is asked to stop. Its data stays, and the next one goes on.
pub async fn run(mut config: Config) -> anyhow::Result<()> {
    if config.log.filter == "info" {
        // Interviews are told in lines of the demonstration's own.
        config.log.filter = "warn".to_owned();
    }
    logging::start(&config.log)?;
    let shutdown = CancellationToken::new();
    app::stop_on_signal(shutdown.clone(), config.shutdown.grace)?;

    // Never the database of the settings, which may be a real one.
    let directory = config.database.directory.take();
    let directory = directory.unwrap_or_else(postgres::Options::default_base_dir).join("demo");
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
    .await?;
    say("Stopped. The data is kept; the next demo goes on from here.")
}

/// Makes the simulated workspace; on a later start the same one, at the time it had reached.
async fn simulate(directory: &Path, db: &PgPool) -> anyhow::Result<Simulator> {
    let path = directory.join("world-began-at");
    let began_at = match fs::read_to_string(&path) {
        Ok(text) => text.trim().parse().context("reading when the simulated world began")?,
        Err(_) => {
            let now = Utc::now();
            fs::write(&path, now.to_rfc3339()).context("keeping when the simulated world began")?;
            now
        }
    };
    let simulator = Simulator::new(Options {
        candidates: 300,
        speed: f64::from(SPEED),
        start: Some(began_at),
        // The world's minute is not the daemon's: what it tells of a limit would mislead.
        requests_per_minute: None,
        ..Options::default()
    });
    let reached = store::arrivals::latest_activity(db).await?.unwrap_or(began_at);
    simulator.advance((reached - began_at).to_std().unwrap_or_default());
    Ok(simulator)
}

/// How to look at what is going on, from another terminal.
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
    let address = listeners.public.local_addr()?;
    let base_url = format!("http://{}", api.local_addr()?);
    let public_url = format!("http://{address}");
    let page = format!("http://{}", listeners.operations.local_addr()?);
    simulated::copy(&mut config, Url::parse(&base_url)?, Url::parse(&public_url)?);

    introduce(inside, &page, &format!("{public_url}/webhooks/heymilo/{TOKEN}"), &base_url)?;
    let daemon = Daemon::new(config, db.clone())?;
    let (simulated, served, told) = tokio::join!(
        simulator.serve(api, shutdown.clone()),
        Box::pin(daemon.run(listeners, ready(Ok(())), shutdown.clone())),
        tell_arrivals(db, shutdown),
    );
    simulated.context("serving the simulated HeyMilo")?;
    served.and(told)
}

/// The ports of the settings, on this machine only; any other when one is taken.
async fn listen(config: &Config) -> anyhow::Result<Listeners> {
    let bind = async |port| match TcpListener::bind(("127.0.0.1", port)).await {
        Ok(listener) => Ok(listener),
        Err(error) => {
            say(&format!("Port {port} cannot be had ({error}): taking another one."))?;
            TcpListener::bind("127.0.0.1:0").await.context("opening a port")
        }
    };
    Ok(Listeners {
        public: bind(config.http.listen.port()).await?,
        operations: bind(config.operations.listen.port()).await?,
    })
}

fn introduce(inside: &Inside, page: &str, webhook: &str, api: &str) -> anyhow::Result<()> {
    let program = env::current_exe().context("looking where this program is")?;
    say(&format!(
        "\
A live system, all of it on this machine; a simulated day passes in {minutes} minutes.

  Status         {page}
  The same here  {DIRECTORY}={directory} {program} status
  Look inside    {psql}
  Webhooks       {webhook}
  HeyMilo's API  {api}  (simulated; X-API-KEY: {key})

Worth trying in psql:

  -- What is there, and what does it mean?
  \\d+ heymilo.interviews

  -- How far do candidates get?
  select posting_title, status, count(*), round(avg(score)::numeric, 1) as mean_score
  from heymilo_bi.interview_facts group by 1, 2 order by 1, 3 desc;

  -- Which questions are hard?
  select question_text, count(*), round(avg(score)::numeric, 1) as mean_score
  from heymilo.scorecard_questions group by 1 order by 3 limit 10;

  -- Who talked about it?
  select i.candidate_name, t.offset_label, t.text
  from heymilo.transcript_entries t join heymilo.interviews i using (workspace_id, interview_id)
  where t.text ilike '%team%' limit 10;

Interviews as they arrive; Ctrl-C ends it:
",
        psql = inside.psql,
        directory = inside.directory.display(),
        program = program.display(),
        minutes = 24 * 60 / SPEED,
        key = Options::default().api_key,
    ))
}

/// Prints a line for each interview whose results were written, until `shutdown`.
async fn tell_arrivals(db: &PgPool, shutdown: &CancellationToken) -> anyhow::Result<()> {
    let mut told: HashSet<(String, DateTime<Utc>)> = HashSet::new();
    let mut since = Utc::now();
    while !shutdown.is_cancelled() {
        tokio::select! {
            () = shutdown.cancelled() => break,
            () = time::sleep(TICK) => {}
        }
        // Looking back a little finds those that were received first and written last.
        let arrivals = store::arrivals::fetched_since(db, since - Duration::from_secs(10)).await?;
        told.retain(|(_, at)| *at > since - Duration::from_secs(20));
        for arrival in arrivals {
            since = since.max(arrival.fetched_at);
            let key = (arrival.interview_id.clone(), arrival.fetched_at);
            if told.insert(key) {
                let score = arrival.score.map_or_else(String::new, |score| format!("{score:.1}"));
                say(&format!(
                    "{}  {:<14} {:>5}  {:<36} {}",
                    arrival.fetched_at.format("%H:%M:%S"),
                    arrival.status.unwrap_or_default(),
                    score,
                    arrival.posting_title.unwrap_or_default(),
                    arrival.interview_id,
                ))?;
            }
        }
    }
    Ok(())
}

fn say(text: &str) -> anyhow::Result<()> {
    writeln!(io::stdout(), "{text}").context("writing to standard output")
}
