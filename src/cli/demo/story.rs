//! What the demo prints: that everything is copied, what to do next, and what arrives.

use std::{
    collections::HashSet,
    env,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use sqlx::PgPool;
use tokio::time;
use tokio_util::sync::CancellationToken;

use super::say;
use crate::{cli::simulated::SPEED, records::WorkspaceId, store};

/// How often to look for new results.
const TICK: Duration = Duration::from_millis(250);

/// Queries to try in SQL: a posting that loses candidates, a hard question, and spoken words.
const QUERIES: &str = "\
Try in SQL:

  -- Which posting loses the most people, and at which step?
  select posting_title, step_order, step_type, entered, unfinished, conversion_rate
  from heymilo_bi.funnel where entered >= 10 order by conversion_rate limit 5;

  -- Which questions are hard, and do they tell good candidates from others?
  select question_text, answers, mean_score, difficulty, discrimination
  from heymilo_bi.question_statistics where answers >= 10 order by mean_score limit 5;

  -- Who talked about it, and in which words?
  select posting_title, interview_id, turns
  from heymilo.search_transcripts('\"my team\"') limit 5;
";

/// Prints the demo's lines until `shutdown`.
pub async fn print(
    db: &PgPool,
    id: &WorkspaceId,
    page: &str,
    psql: &str,
    shutdown: &CancellationToken,
) -> anyhow::Result<()> {
    let story = async {
        first_copy(db, id).await?;
        introduce(page, psql)?;
        arrivals(db).await
    };
    tokio::select! {
        () = shutdown.cancelled() => Ok(()),
        ended = story => ended,
    }
}

/// Waits until everything is copied, and prints one line about it.
async fn first_copy(db: &PgPool, id: &WorkspaceId) -> anyhow::Result<()> {
    let (began, mut interviews) = (Instant::now(), None);
    while let Some(progress) = store::first_copies::progress(db, id).await? {
        interviews = Some(progress.interviews);
        time::sleep(TICK / 5).await;
    }
    match interviews {
        Some(_) => {
            let copied = store::first_copies::interviews(db, id).await?;
            let took = began.elapsed().as_secs_f64();
            say(&format!("{copied} interviews copied in {took:.1} s."))
        }
        None => say("Going on where the last demo ended."),
    }
}

fn introduce(page: &str, psql: &str) -> anyhow::Result<()> {
    let program = env::current_exe().context("looking where this program is")?;
    say(&format!(
        "\
All of it is on this machine. A simulated day passes in {minutes} minutes.

  Status page    {page}
  In a terminal  {program} --demo status    (or doctor, verify, files list, ...)
  SQL            {psql}

{QUERIES}
Interviews as they arrive. Ctrl-C ends the demo:
",
        program = program.display(),
        minutes = 24 * 60 / SPEED,
    ))
}

/// Prints a line for each interview whose results were written.
async fn arrivals(db: &PgPool) -> anyhow::Result<()> {
    let mut printed: HashSet<(String, DateTime<Utc>)> = HashSet::new();
    let began_at = Utc::now();

    let mut since = began_at;
    loop {
        time::sleep(TICK).await;
        // The overlap finds interviews that were received earlier and written later.
        let from = (since - Duration::from_secs(10)).max(began_at);
        let arrivals = store::arrivals::fetched_since(db, from).await?;
        printed.retain(|(_, at)| *at > since - Duration::from_secs(20));
        for arrival in arrivals {
            since = since.max(arrival.fetched_at);
            let key = (arrival.interview_id.clone(), arrival.fetched_at);
            if printed.insert(key) {
                let score = arrival.score.map_or_else(String::new, |score| format!("{score:.1}"));
                say(&format!(
                    "{}  {:<14} {:>5}  {:<36} {}",
                    arrival.fetched_at.format("%H:%M:%S"),
                    arrival.status.unwrap_or_default(),
                    score,
                    arrival.interview_id,
                    arrival.posting_title.unwrap_or_default(),
                ))?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_fit_a_hundred_columns() {
        for line in QUERIES.lines() {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }
}
