use super::{
    machine::{SLOW_FIGURES_MS, SLOW_MS, SPOOL_STUCK},
    workspace::{MAX_BACKLOG_AGE, MAX_HELD, MAX_OVERDUE, UNANNOUNCED},
    *,
};
use crate::store::{
    status::{
        self, Api, Budget, Coverage, Freshness, LongTransaction, Notices, Registrations,
        ReplicationSlot, Throughput, Work, WorkspaceCounts,
    },
    verify::WithoutResults,
};

mod progress;

fn now() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn ago(time: TimeDelta) -> Option<DateTime<Utc>> {
    Some(now() - time)
}

/// A workspace without findings.
fn well() -> Workspace {
    let figures = status::Workspace {
        freshness: Freshness { is_owned: true, ..Freshness::default() },
        api: Api::default(),
        work: Work::default(),
        budget: Budget::default(),
        throughput: Throughput::default(),
        timeline: Vec::new(),
        latency: None,
        registrations: None,
        first_copy: None,
        overdue_erasures: 0,
    };
    Workspace {
        workspace_id: "w".to_owned(),
        takes_deliveries: true,
        requests_per_minute: 300,
        is_searchable: true,
        inbox_limit: 1000,
        key_variable: "HEYMILO_API_KEY_W".to_owned(),
        figures,
        counts: WorkspaceCounts::default(),
    }
}

fn quick() -> Database {
    Database {
        version: "17.1".to_owned(),
        migration: None,
        answered_in_ms: 1,
        figures_in_ms: Some(9),
        blockers: Vec::new(),
        long_transactions: Vec::new(),
        slots: Vec::new(),
        now: now(),
    }
}

/// The findings of a workspace after a change.
fn found(change: impl FnOnce(&mut Workspace)) -> Vec<(State, Kind)> {
    let mut workspace = well();
    change(&mut workspace);
    let found = of(now(), &Ok(quick()), &[workspace], None);
    found.iter().map(|finding| (finding.state, finding.kind)).collect()
}

fn notices(problem: &str) -> Notices {
    Notices {
        kind: "interview".to_owned(),
        path: "score".to_owned(),
        problem: problem.to_owned(),
        expected: "number".to_owned(),
        found: "object".to_owned(),
        answers: 1,
        first_at: now(),
        last_at: now(),
    }
}

/// A posting of which HeyMilo counts `difference` more, and counted again `again_after` later.
fn posting(difference: i64, again_after: TimeDelta) -> Coverage {
    Coverage {
        posting_id: None,
        posting_title: None,
        counted_at: ago(TimeDelta::minutes(1)),
        heymilo_candidates: Some(7 + difference),
        our_candidates: 7,
        heymilo_completed: Some(3),
        our_completed: 3,
        candidates_difference: Some(-difference),
        completed_difference: Some(0),
        not_compared_yet: 2,
        differs_since: ago(TimeDelta::minutes(1) + again_after),
    }
}

#[test]
fn of_what_goes_well_there_is_nothing_to_say() {
    assert_eq!(found(|_| ()), []);
    assert_eq!(found(|it| it.figures.work.oldest_due_at = ago(MAX_BACKLOG_AGE)), []);
    assert_eq!(found(|it| it.figures.work.unhurried = 9000), []);
    assert_eq!(found(|it| it.figures.work.waiting = 9000), []);
    assert_eq!(found(|it| it.figures.freshness.lists_due_since = ago(MAX_OVERDUE)), []);
    assert_eq!(found(|it| it.counts.unannounced = UNANNOUNCED - 1), []);
    let agreeing = posting(0, TimeDelta::minutes(1));
    assert_eq!(found(|it| it.counts.coverage = vec![agreeing]), []);
    assert_eq!(found(|it| it.counts.without_results.not_yet = 9), []);
    assert_eq!(found(|it| it.figures.freshness.held_since = ago(MAX_HELD)), []);
    assert_eq!(found(|it| it.counts.inbox_bytes = 899), []);
}

#[test]
fn consequences_of_a_cause_are_not_reported_beside_it() {
    let late = |it: &mut Workspace| {
        it.figures.work.oldest_due_at = ago(TimeDelta::hours(1));
        it.figures.freshness.lists_due_since = ago(TimeDelta::hours(1));
        it.counts.unannounced = 50;
        it.counts.search_lag_s = 7200.0;
    };

    let delays = [Kind::Backlog, Kind::ListsOverdue, Kind::WebhooksMissing, Kind::SearchBehind];
    assert_eq!(found(late), delays.map(|kind| (State::Degraded, kind)));
    for (cause, kind) in [
        (
            (|it| it.figures.api.key_refused_at = Some(now())) as fn(&mut Workspace),
            Kind::KeyRefused,
        ),
        (|it| it.figures.api.other_workspace_at = Some(now()), Kind::OtherWorkspace),
        (|it| it.figures.api.down_at = Some(now()), Kind::ApiDown),
        (|it| it.figures.freshness.is_owned = false, Kind::NoDaemon),
        (no_daemon_and_an_old_outage, Kind::NoDaemon),
    ] {
        let both = |it: &mut Workspace| {
            late(it);
            cause(it);
        };
        assert_eq!(found(both), [(State::Down, kind)]);
    }
}

/// The last daemon's notes about the API remain when it dies.
fn no_daemon_and_an_old_outage(it: &mut Workspace) {
    it.figures.freshness.is_owned = false;
    it.figures.api.down_at = ago(TimeDelta::days(2));
    it.figures.api.key_refused_at = ago(TimeDelta::days(2));
}

#[test]
fn where_no_deliveries_are_taken_and_nothing_is_searched_none_is_missed() {
    let without = |it: &mut Workspace| {
        it.takes_deliveries = false;
        it.is_searchable = false;
        it.counts.unannounced = 50;
        it.counts.search_lag_s = 7200.0;
    };

    assert_eq!(found(without), []);
}

#[test]
fn a_value_that_is_lost_is_worse_than_one_that_is_new() {
    let drift = |it: &mut Workspace| {
        it.counts.notices = vec![notices("unknown_field"), notices("wrong_type")];
    };

    assert_eq!(
        found(drift),
        [(State::Degraded, Kind::SchemaDrift), (State::Healthy, Kind::NewFields)]
    );
    assert_eq!(found(|it| it.counts.notices = vec![notices("milliseconds")]), []);
}

#[test]
fn counts_that_differ_are_reported_after_a_second_count() {
    let differ = |again_after| {
        found(|it| it.counts.coverage = vec![posting(1, TimeDelta::seconds(again_after))])
    };

    assert_eq!(differ(1), [(State::Degraded, Kind::CountsDiffer)]);
    assert_eq!(differ(0), []);
    assert_eq!(differ(-1), []);
    let unnoted = Coverage { differs_since: None, ..posting(1, TimeDelta::zero()) };
    assert_eq!(found(|it| it.counts.coverage = vec![unnoted]), []);
}

#[test]
fn waiting_and_repeating_interviews_are_reported() {
    let held = |it: &mut Workspace| {
        it.figures.freshness.held_since = ago(MAX_HELD + TimeDelta::seconds(1));
    };
    assert_eq!(found(held), [(State::Degraded, Kind::Stalled)]);
    let paused = |it: &mut Workspace| {
        held(it);
        it.figures.budget.paused_until = Some(now() + TimeDelta::minutes(1));
    };
    assert_eq!(found(paused), []);

    for (kind, change) in [
        (Kind::InboxFull, (|it| it.counts.inbox_bytes = 900) as fn(&mut Workspace)),
        (Kind::ListsUnread, |it| it.figures.freshness.lists_unread = 1),
        (Kind::ResultsMissing, |it| {
            it.counts.without_results = WithoutResults { not_yet: 0, missing: 1 };
        }),
    ] {
        assert_eq!(found(change), [(State::Degraded, kind)]);
    }
    let repeating = |it: &mut Workspace| it.counts.repeating = 1;
    assert_eq!(found(repeating), [(State::Healthy, Kind::FetchedUnchanged)]);
}

#[test]
fn a_transaction_that_keeps_dead_rows_is_reported() {
    let session = LongTransaction {
        pid: 7,
        role: "analyst".to_owned(),
        application: "notebook".to_owned(),
        open_s: 700.0,
    };
    let database = Database { long_transactions: vec![session], ..quick() };

    let found = of(now(), &Ok(database), &[], None);

    let texts: Vec<&str> = found.iter().map(|finding| &*finding.what).collect();
    assert_eq!(
        texts,
        [
            "Session 7 of the database (analyst \"notebook\") has had a transaction open for 11 min: dead \
             rows stay",
        ]
    );
}

#[test]
fn a_replication_slot_is_reported_when_full_or_lost() {
    let quiet = ReplicationSlot {
        name: "wh".to_owned(),
        is_active: true,
        behind_bytes: 0,
        kept_bytes: 2 << 30,
        left_bytes: None,
        is_lost: false,
    };
    let found_when = |change: fn(&mut ReplicationSlot)| {
        let mut slot = quiet.clone();
        change(&mut slot);
        let found = of(now(), &Ok(Database { slots: vec![slot], ..quick() }), &[], None);
        found.into_iter().map(|finding| finding.what).collect::<Vec<_>>()
    };

    assert_eq!(found_when(|_| ()), [""; 0]);
    assert_eq!(
        found_when(|slot| slot.is_active = false),
        ["No subscriber reads replication slot \"wh\": it keeps 2048 MiB of write-ahead log"]
    );
    assert_eq!(
        found_when(|slot| slot.kept_bytes = 5 << 30),
        ["Replication slot \"wh\" keeps 5120 MiB of write-ahead log"]
    );
    assert_eq!(
        found_when(|slot| slot.left_bytes = Some(100 << 20)),
        ["Replication slot \"wh\" is nearly lost: it keeps 2048 MiB of write-ahead log"]
    );
    assert_eq!(
        found_when(|slot| slot.is_lost = true),
        ["Replication slot \"wh\" is lost: its subscriber needs a new copy of all tables"]
    );
}

#[test]
fn deliveries_are_safe_only_while_the_spool_takes_them() {
    let remedy = |state: spool::State| {
        let spool =
            Spool { state: state.as_str(), waiting: 0, bytes: 0, aside_bytes: 0, oldest_at: None };
        let found = of(now(), &Err(None), &[], Some(&spool));
        let states: Vec<(State, Kind)> =
            found.iter().map(|finding| (finding.state, finding.kind)).collect();
        (found[0].remedy.clone(), states)
    };

    let (safe, states) = remedy(spool::State::Writable);
    assert!(safe.contains("No delivery is lost"), "{safe}");
    assert_eq!(states, [(State::Down, Kind::DatabaseAway)]);
    for state in [spool::State::Full, spool::State::Unwritable] {
        let (unsafe_, states) = remedy(state);
        assert!(unsafe_.contains("Deliveries are refused"), "{unsafe_}");
        assert_eq!(states, [(State::Down, Kind::DatabaseAway), (State::Down, Kind::SpoolBlocked)]);
    }
}

#[test]
fn refusals_and_failures_are_reported() {
    let failed = |it: &mut Workspace| {
        it.figures.work.failed = 1;
        it.figures.work.troubled = 2;
        it.figures.registrations = Some(Registrations { wanted: 4, registered: 3 });
    };

    let kinds = [Kind::InterviewsFailed, Kind::InterviewsTroubled, Kind::RegistrationsMissing];
    assert_eq!(found(failed), kinds.map(|kind| (State::Degraded, kind)));
}

#[test]
fn a_key_of_which_heymilo_does_not_tell_the_workspace_is_shown() {
    let unidentified = |it: &mut Workspace| it.figures.api.unidentified_at = Some(now());

    assert_eq!(found(unidentified), [(State::Healthy, Kind::WorkspaceUnidentified)]);
}

#[test]
fn the_worst_comes_first_and_says_where() {
    let mut refused = well();
    refused.figures.api.key_refused_at = ago(TimeDelta::minutes(3));
    refused.workspace_id = "other".to_owned();
    let mut failed = well();
    failed.figures.work.failed = 1;
    let spool = Spool {
        state: spool::State::Full.as_str(),
        waiting: 2,
        bytes: 9,
        aside_bytes: 1,
        oldest_at: None,
    };

    let found = of(now(), &Ok(quick()), &[failed, refused], Some(&spool));

    let kinds: Vec<Kind> = found.iter().map(|finding| finding.kind).collect();
    assert_eq!(
        kinds,
        [
            Kind::KeyRefused,
            Kind::SpoolBlocked,
            Kind::SpoolInUse,
            Kind::SpoolAside,
            Kind::InterviewsFailed
        ]
    );
    assert_eq!(found[0].workspace_id.as_deref(), Some("other"));
    assert_eq!(found[0].what, "HeyMilo has refused the API key for 3 min");
}

#[test]
fn a_spool_is_stuck_only_while_the_database_answers() {
    let spool = |oldest_at| Spool {
        state: spool::State::Writable.as_str(),
        waiting: 3,
        bytes: 9,
        aside_bytes: 0,
        oldest_at,
    };
    let kinds = |database, oldest_at| -> Vec<Kind> {
        let found = of(now(), &database, &[], Some(&spool(oldest_at)));
        found.iter().map(|finding| finding.kind).collect()
    };

    let long_ago = ago(SPOOL_STUCK + TimeDelta::seconds(1));
    assert_eq!(kinds(Ok(quick()), long_ago), [Kind::SpoolStuck]);
    assert_eq!(kinds(Ok(quick()), ago(SPOOL_STUCK)), [Kind::SpoolInUse]);
    assert_eq!(kinds(Err(None), long_ago), [Kind::DatabaseAway, Kind::SpoolInUse]);
}

#[test]
fn a_database_is_away_refuses_is_slow_or_well() {
    let of_database = |database| {
        of(now(), &database, &[], None).first().map(|finding| (finding.state, finding.kind))
    };

    assert_eq!(of_database(Ok(quick())), None);
    let slow = Database { answered_in_ms: SLOW_MS + 1, ..quick() };
    assert_eq!(of_database(Ok(slow)), Some((State::Degraded, Kind::DatabaseSlow)));
    let late = Database { figures_in_ms: None, ..quick() };
    assert_eq!(of_database(Ok(late)), Some((State::Degraded, Kind::DatabaseSlow)));
    let long = Database { figures_in_ms: Some(SLOW_FIGURES_MS + 1), ..quick() };
    assert_eq!(of_database(Ok(long)), Some((State::Degraded, Kind::DatabaseSlow)));
    assert_eq!(of_database(Err(None)), Some((State::Down, Kind::DatabaseAway)));
    let found = |code: &str| of_database(Err(Some(code.to_owned())));
    assert_eq!(found("57P03"), Some((State::Down, Kind::DatabaseAway)), "it is starting");
    assert_eq!(found("42501"), Some((State::Down, Kind::DatabaseRefuses)), "no privilege");
}

#[test]
fn times_are_written_as_people_do() {
    let words = [90, 600, 10_000, 300_000].map(|seconds| lasting(TimeDelta::seconds(seconds)));

    assert_eq!(words, ["90 s", "10 min", "2 h", "3 days"]);
    assert_eq!(lasting(TimeDelta::seconds(-5)), "0 s");
}
