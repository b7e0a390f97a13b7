//! Enqueues interviews that neither a list nor a delivery asks for. So a change that only the
//! interview's own answer shows arrives too.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;

use super::{Result, Workspace};
use crate::{
    records::Urgency,
    store::{self, refresh::Run},
};

/// The shortest time between two runs.
pub const INTERVAL: Duration = Duration::from_secs(60);
/// An interview is fetched again this long after it became final.
const LOOKS: [TimeDelta; 2] = [TimeDelta::minutes(15), TimeDelta::days(1)];
/// The share of the rate limit for the refresh of all interviews, in percent. With 300 requests a
/// minute, 100,000 interviews take 4.6 days.
const SHARE: i64 = 5;
/// One run uses the share of at most this time. After a longer stop, the rest is not made up for.
const MAX_ELAPSED: TimeDelta = TimeDelta::minutes(10);

/// Enqueues the interviews that are due for another look, at most once a minute.
pub async fn step(workspace: &Workspace) -> Result<()> {
    let Workspace { id, owner, .. } = workspace;
    // The run is recorded in the same transaction. Otherwise a failure would skip its looks.
    let mut tx = owner.begin().await?;
    let Some(run) = store::refresh::begin(&mut *tx, id, INTERVAL).await? else { return Ok(()) };
    if let Some(previous) = run.previous {
        for age in LOOKS {
            let (after, until) = (previous - age, run.now - age);
            let due = store::refresh::became_final(&mut *tx, id, after, until).await?;
            enqueue(&mut tx, workspace, due, Urgency::Look).await?;
        }
        // The refresh pauses while earlier refresh jobs wait.
        if run.may_refresh && store::refresh::is_done(&mut *tx, id).await? {
            refresh(&mut tx, workspace, &run, previous).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

/// Enqueues the next interviews. After the last interview, the next round begins at the first.
async fn refresh(
    db: &mut PgConnection,
    workspace: &Workspace,
    run: &Run,
    previous: DateTime<Utc>,
) -> Result<()> {
    let Workspace { id, heymilo, .. } = workspace;
    let most = share(heymilo.limiter().limit(), run.now - previous);
    let due = store::refresh::next(&mut *db, id, &run.last_interview_id, most).await?;
    let is_round_over = i64::try_from(due.len()).unwrap_or(i64::MAX) < most;
    let last = due.last().filter(|_| !is_round_over).cloned().unwrap_or_default();

    enqueue(db, workspace, due, Urgency::Refresh).await?;
    store::refresh::advance(db, id, &last).await?;
    Ok(())
}

/// Enqueues in the order in which all other code does, so that no two transactions wait for each
/// other.
async fn enqueue(
    db: &mut PgConnection,
    workspace: &Workspace,
    mut interview_ids: Vec<String>,
    urgency: Urgency,
) -> Result<()> {
    interview_ids.sort_unstable();
    let ids: Vec<&str> = interview_ids.iter().map(String::as_str).collect();
    Ok(store::jobs::enqueue(db, &workspace.id, &ids, urgency).await?)
}

/// The number of requests that the refresh may send in a time.
fn share(requests_per_minute: u32, elapsed: TimeDelta) -> i64 {
    let milliseconds = elapsed.clamp(TimeDelta::zero(), MAX_ELAPSED).num_milliseconds();
    (i64::from(requests_per_minute) * SHARE * milliseconds / 100 / 60_000).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refresh_uses_its_share_and_makes_up_for_no_long_stop() {
        for (limit, minutes, requests) in [(300, 1, 15), (300, 2, 30), (300, 600, 150), (10, 1, 1)]
        {
            assert_eq!(share(limit, TimeDelta::minutes(minutes)), requests);
        }
    }
}
