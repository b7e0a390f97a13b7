//! Findings about the database and this machine's spool.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Found, Kind, Spool, State, lasting};
use crate::{
    spool,
    store::{
        database::PASSING,
        status::{Database, ReplicationSlot},
    },
};

/// A database that takes longer for its first answer is slow, in milliseconds.
pub(super) const SLOW_MS: u64 = 250;
/// A database that takes longer for all figures is slow too, in milliseconds.
pub(super) const SLOW_FIGURES_MS: u64 = 3000;
/// A delivery may wait on disk this long while the database answers.
pub(super) const SPOOL_STUCK: TimeDelta = TimeDelta::minutes(10);
/// Bytes in a mebibyte.
const MIB: i64 = 1 << 20;
/// Write-ahead log that a slot may keep while no subscriber reads it.
const MAX_KEPT_UNREAD: i64 = 1 << 30;
/// Write-ahead log that a slot may keep while its subscriber reads.
const MAX_KEPT: i64 = 4 << 30;
/// A slot is nearly lost when it may keep only this many bytes more.
const NEARLY_LOST: i64 = 256 << 20;

/// What blocks the database, or soon will.
pub(super) fn of_database(database: &Result<Database, Option<String>>) -> Vec<Found> {
    let database = match database {
        Ok(database) => database,
        Err(Some(code)) if !PASSING.contains(&&**code) => {
            let what = format!("The database does not tell the figures (SQLSTATE {code})");
            return vec![(State::Down, Kind::DatabaseRefuses, what)];
        }
        Err(_) => {
            let what = "The database does not answer".to_owned();
            return vec![(State::Down, Kind::DatabaseAway, what)];
        }
    };

    let mut found: Vec<Found> = slowness(database).into_iter().collect();
    found.extend(database.blockers.iter().map(|session| {
        let what = format!(
            "Session {} of the database ({} {:?}) holds a lock that has been waited for {:.0} s",
            session.pid, session.role, session.application, session.waited_s
        );
        (State::Degraded, Kind::Blocked, what)
    }));
    found.extend(database.long_transactions.iter().map(|session| {
        let age = lasting(TimeDelta::seconds(session.open_s as i64));
        let what = format!(
            "Session {} of the database ({} {:?}) has had a transaction open for {age}: dead rows stay",
            session.pid, session.role, session.application
        );
        (State::Degraded, Kind::LongTransaction, what)
    }));
    found.extend(database.slots.iter().filter_map(of_slot));
    found
}

/// What is wrong with a replication slot: its subscriber lost data, will lose it, or fills the disk.
fn of_slot(slot: &ReplicationSlot) -> Option<Found> {
    let ReplicationSlot { name, kept_bytes, left_bytes, .. } = slot;
    let kept = kept_bytes / MIB;
    let what = if slot.is_lost {
        format!("Replication slot {name:?} is lost: its subscriber needs a new copy of all tables")
    } else if left_bytes.is_some_and(|left| left < NEARLY_LOST && *kept_bytes > left) {
        format!("Replication slot {name:?} is nearly lost: it keeps {kept} MiB of write-ahead log")
    } else if !slot.is_active && *kept_bytes > MAX_KEPT_UNREAD {
        format!(
            "No subscriber reads replication slot {name:?}: it keeps {kept} MiB of write-ahead log"
        )
    } else if *kept_bytes > MAX_KEPT {
        format!("Replication slot {name:?} keeps {kept} MiB of write-ahead log")
    } else {
        return None;
    };
    Some((State::Degraded, Kind::ReplicationSlot, what))
}

fn slowness(database: &Database) -> Option<Found> {
    let what = match database.figures_in_ms {
        _ if database.answered_in_ms > SLOW_MS => {
            format!("The database took {} ms to answer", database.answered_in_ms)
        }
        None => "The database answers, but not with the figures in time".to_owned(),
        Some(took) if took > SLOW_FIGURES_MS => {
            format!("The database took {took} ms for the figures")
        }
        Some(_) => return None,
    };
    Some((State::Degraded, Kind::DatabaseSlow, what))
}

/// Findings about the deliveries on disk, and whether another one could be kept there.
pub(super) fn of_spool(spool: &Spool, now: DateTime<Utc>, is_database_there: bool) -> Vec<Found> {
    let mut found = Vec::new();
    if spool.state != spool::State::Writable.as_str() {
        let (state, what) = if is_database_there {
            (State::Degraded, "No delivery could wait on disk")
        } else {
            (State::Down, "Deliveries are refused")
        };
        found.push((state, Kind::SpoolBlocked, format!("{what}: the spool is {}", spool.state)));
    }

    let is_stuck = |oldest_at| is_database_there && oldest_at < now - SPOOL_STUCK;
    if spool.oldest_at.is_some_and(is_stuck) {
        let what = format!(
            "Deliveries waiting on disk although the database answers: {}, the oldest for more \
             than {}",
            spool.waiting,
            lasting(SPOOL_STUCK)
        );
        found.push((State::Degraded, Kind::SpoolStuck, what));
    } else if spool.waiting > 0 {
        let what = format!("Deliveries waiting on disk for the database: {}", spool.waiting);
        found.push((State::Degraded, Kind::SpoolInUse, what));
    }

    if spool.aside_bytes > 0 {
        let what = format!("Deliveries were set aside: {} bytes", spool.aside_bytes);
        found.push((State::Degraded, Kind::SpoolAside, what));
    }
    found
}
