//! Findings during the first copy, findings without a daemon, and causes.

use super::{
    super::workspace::{FIRST_LIST_TIMEOUT, SYNC_INTERVAL},
    *,
};
use crate::store::first_copies::FirstCopy;

/// The state of a first copy.
fn first_copy(interviews_left: i64, lists_left: i64) -> Option<FirstCopy> {
    Some(FirstCopy { interviews: 1000, interviews_left, lists_left })
}

#[test]
fn a_first_copy_has_a_state_of_its_own_in_which_nothing_is_late() {
    let mut it = well();
    it.figures.first_copy = first_copy(900, 0);
    it.figures.freshness.last_poll_at = ago(TimeDelta::seconds(1));
    it.figures.freshness.owned_since = ago(TimeDelta::hours(1));
    it.figures.work.oldest_due_at = ago(TimeDelta::hours(1));
    it.figures.freshness.lists_due_since = ago(TimeDelta::hours(1));
    it.counts.unannounced = 50;
    it.counts.without_results.missing = 5;
    it.counts.coverage = vec![posting(1, TimeDelta::minutes(1))];

    let found = of(now(), &Ok(quick()), std::slice::from_ref(&it), None);
    let [only] = &found[..] else { panic!("{found:?}") };
    assert_eq!((only.state, only.kind), (State::Copying, Kind::FirstCopy));
    assert_eq!(only.what, "First copy: 100 of 1000 interviews, about 4 minutes left");

    it.figures.first_copy = first_copy(0, 2);
    let found = of(now(), &Ok(quick()), std::slice::from_ref(&it), None);
    assert_eq!(found[0].what, "First copy: 1000 of 1000 interviews, 2 lists still to be read");
}

#[test]
fn a_list_that_was_never_read_is_reported_after_5_minutes() {
    let began = |owned_for| {
        found(|it| {
            it.figures.first_copy = first_copy(0, 0);
            it.figures.freshness.owned_since = ago(owned_for);
        })
    };

    assert_eq!(began(FIRST_LIST_TIMEOUT), [(State::Copying, Kind::FirstCopy)]);
    let late = FIRST_LIST_TIMEOUT + TimeDelta::seconds(1);
    assert_eq!(began(late), [(State::Degraded, Kind::NeverRead)]);
}

#[test]
fn commands_that_keep_it_up_to_date_need_no_daemon() {
    let synced = |age| {
        found(|it| {
            it.figures.freshness.is_owned = false;
            it.figures.freshness.is_synced_by_command = true;
            it.figures.freshness.last_poll_at = ago(age);
            it.figures.freshness.lists_due_since = ago(age);
        })
    };

    assert_eq!(synced(SYNC_INTERVAL), [(State::Healthy, Kind::SyncedByCommand)]);
    let late = SYNC_INTERVAL + TimeDelta::seconds(1);
    assert_eq!(synced(late), [(State::Degraded, Kind::SyncOverdue)]);
    let unfinished = |it: &mut Workspace| {
        it.figures.freshness.is_owned = false;
        it.figures.freshness.is_synced_by_command = true;
        it.figures.freshness.last_poll_at = ago(TimeDelta::minutes(1));
        it.figures.first_copy = first_copy(9, 0);
    };
    assert_eq!(found(unfinished), [(State::Degraded, Kind::FirstCopyUnfinished)]);
}

#[test]
fn a_cause_says_what_heymilo_said_and_which_variable_holds_the_key() {
    let mut it = well();
    it.figures.api.key_refused_at = ago(TimeDelta::minutes(3));
    it.figures.api.refused_because = Some("revoked".to_owned());

    let refused = of(now(), &Ok(quick()), std::slice::from_ref(&it), None);
    assert_eq!(refused[0].what, "HeyMilo has refused the API key for 3 min (revoked)");
    assert!(refused[0].remedy.starts_with("Set HEYMILO_API_KEY_W to"), "{}", refused[0].remedy);

    it.figures.api = Api { down_at: ago(TimeDelta::minutes(3)), ..Api::default() };
    it.figures.api.down_because = Some("https://api.example: refused".to_owned());
    let down = of(now(), &Ok(quick()), &[it], None);
    assert!(down[0].what.ends_with("for 3 min (https://api.example: refused)"), "{}", down[0].what);
}
