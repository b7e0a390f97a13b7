//! Replication: whether a subscriber that stays away can fill the disk.

use sqlx::PgPool;

use super::Finding;
use crate::store::{
    self,
    status::{LogKeeping, ReplicationSlot, log_keeping, slots},
};

const WHAT: &str = "replication";

/// Looks at the replication slots, and at how much write-ahead log they may keep.
pub async fn look(db: &PgPool) -> store::Result<Vec<Finding>> {
    let keeping = log_keeping(db).await?;
    let slots = slots(db).await?;

    let limit = limit(&keeping, &slots);
    Ok(limit.into_iter().chain(slots.iter().map(subscriber)).collect())
}

/// Whether the kept log is limited. `None` where no subscriber follows the tables or could.
fn limit(keeping: &LogKeeping, slots: &[ReplicationSlot]) -> Option<Finding> {
    if slots.is_empty() && !keeping.is_logical {
        return None;
    }
    Some(match keeping.limit_mib {
        Some(mib) => Finding::ok(WHAT, format!("a slot keeps at most {mib} MiB of log")),
        None => Finding::note(
            WHAT,
            "a subscriber that stays away fills the disk: max_slot_wal_keep_size has no limit",
            "as an administrator, alter system set max_slot_wal_keep_size = '10GB', then \
             select pg_reload_conf()",
        ),
    })
}

fn subscriber(slot: &ReplicationSlot) -> Finding {
    let ReplicationSlot { name, behind_bytes, kept_bytes, .. } = slot;
    let (behind, kept) = (behind_bytes >> 20, kept_bytes >> 20);
    if slot.is_lost {
        return Finding::note(
            WHAT,
            format!("slot {name:?} is lost: the log that its subscriber needs is removed"),
            "drop the slot, and let the subscriber copy all tables anew (docs/warehouse.md)",
        );
    }
    if !slot.is_active {
        return Finding::note(
            WHAT,
            format!("no subscriber reads slot {name:?}, for which {kept} MiB of log are kept"),
            "start its subscriber, or drop the slot: select pg_drop_replication_slot(name)",
        );
    }
    Finding::ok(WHAT, format!("slot {name:?} is read, {behind} MiB behind, {kept} MiB kept"))
}
