//! Makes interviews due that no list and no delivery asks for, so that a change that only the interview's
//! own answer shows arrives all the same.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Result, Workspace};
use crate::store::{self, jobs::Reason, refresh::Run};

/// The shortest time between two runs.
const INTERVAL: Duration = Duration::from_secs(60);
/// An interview is looked at again this long after it was seen to become final.
const LOOKS: [TimeDelta; 2] = [TimeDelta::minutes(15), TimeDelta::days(1)];
/// The share of the rate limit that the refresh of all interviews uses, in percent: 100,000 interviews
/// take 4.6 days of a limit of 300 requests a minute.
const SHARE: i64 = 5;
/// The longest time whose share one run uses: after a long stop the rest is not made up for.
const LONGEST: TimeDelta = TimeDelta::minutes(10);

/// Makes due what is to be looked at again, at most once a minute.
pub async fn step(workspace: &Workspace) -> Result<()> {
    let Workspace { id, db, .. } = workspace;
    let Some(run) = store::refresh::begin(db, id, INTERVAL).await? else { return Ok(()) };
    let Some(previous) = run.previous else { return Ok(()) };

    for age in LOOKS {
        let due = store::refresh::became_final(db, id, previous - age, run.now - age).await?;
        let due: Vec<&str> = due.iter().map(String::as_str).collect();
        store::jobs::enqueue(db, id, &due, Reason::Look).await?;
    }
    // A key that is busy with something else has no time for more.
    if store::refresh::is_done(db, id).await? {
        refresh(workspace, &run, previous).await?;
    }
    Ok(())
}

/// Makes the next interviews due, and begins anew behind the last one.
async fn refresh(workspace: &Workspace, run: &Run, previous: DateTime<Utc>) -> Result<()> {
    let Workspace { id, db, allowance, .. } = workspace;
    let most = share(allowance.requests_per_minute, run.now - previous);
    let due = store::refresh::next(db, id, &run.last_interview_id, most).await?;
    let ids: Vec<&str> = due.iter().map(String::as_str).collect();
    store::jobs::enqueue(db, id, &ids, Reason::Refresh).await?;

    let is_round_over = i64::try_from(due.len()).unwrap_or(i64::MAX) < most;
    let last = due.last().filter(|_| !is_round_over).map_or("", String::as_str);
    if last != run.last_interview_id {
        store::refresh::advance(db, id, last).await?;
    }
    Ok(())
}

/// The number of requests that the refresh may use of a time.
fn share(requests_per_minute: u32, elapsed: TimeDelta) -> i64 {
    let milliseconds = elapsed.clamp(TimeDelta::zero(), LONGEST).num_milliseconds();
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
