//! The figures about the completeness of the data.

use heymilo_sync::store::erasures::Named;
use serde_json::{Value, json};

use crate::support::{facts::Facts, simulated::Simulated};

const FRESHNESS: &str = "select workspace_id, round(minutes_behind::numeric), waiting_interviews,
                                round(extract(epoch from now() - oldest_waiting_at) / 60),
                                failed_interviews
                         from heymilo_bi.freshness order by workspace_id";

/// Lists that were read, of a workspace whose first copy is complete.
async fn lists(facts: &Facts) {
    facts.execute("insert into heymilo_sync.first_copies values ('w', now())").await;
    facts
        .execute(
            "insert into heymilo.postings
                 (workspace_id, posting_id, archived, first_synced_at, synced_at)
             values ('w', 'live', false, now(), now()), ('w', 'old', true, now(), now());
             ",
        )
        .await;
    facts
        .execute(
            "insert into heymilo_sync.cursors (workspace_id, list, posting_id, polled_at)
             values ('w', 'postings', '', now() - interval '2 minutes'),
                    ('w', 'candidates', 'live', now() - interval '4 minutes'),
                    ('w', 'candidates', 'old', now() - interval '20 hours'),
                    ('w', 'questions', 'live', now() - interval '20 hours')",
        )
        .await;
}

#[tokio::test]
async fn the_tables_are_as_old_as_the_oldest_look_at_a_live_posting() {
    let facts = Facts::none().await;
    lists(&facts).await;

    assert_eq!(facts.rows(FRESHNESS).await, json!([["w", 4, 0, null, 0]]));
}

#[tokio::test]
async fn an_interview_that_waits_to_be_fetched_makes_them_older() {
    let facts = Facts::none().await;
    lists(&facts).await;
    facts
        .execute(
            "insert into heymilo_sync.jobs
                 (workspace_id, interview_id, urgency, enqueued_at, due_at, attempt, failed_at)
             values
                 -- Tried in vain since 30 minutes, and to be tried again later.
                 ('w', 'a', 'delivery', now() - interval '30 minutes', now() + interval '5 minutes', 3, null),
                 -- Given up.
                 ('w', 'b', 'change', now() - interval '9 hours', now() - interval '8 hours', 9, now()),
                 -- Only looked at again.
                 ('w', 'c', 'backfill', now() - interval '9 hours', now() - interval '9 hours', 0, null),
                 ('w', 'd', 'look', now() - interval '9 hours', now() + interval '1 minute', 0, null)",
        )
        .await;

    assert_eq!(facts.rows(FRESHNESS).await, json!([["w", 30, 1, 30, 1]]));
}

#[tokio::test]
async fn the_age_is_unknown_until_anything_was_read() {
    let facts = Facts::none().await;
    assert_eq!(facts.rows(FRESHNESS).await, json!([]));

    facts.has("heymilo_sync.connections", json!([{ "refused_at": "2026-03-01T00:00:00Z" }])).await;

    assert_eq!(facts.rows(FRESHNESS).await, json!([["w", null, 0, null, 0]]));
}

/// Deletes an interview that is not completed, as an error of ours would.
async fn lose_an_interview(world: &Simulated) {
    let id = "select min(interview_id) from heymilo_bi.interview_facts where not is_completed";
    let id: String = world.value(id).await;
    world.execute(&format!("delete from heymilo.interviews where interview_id = '{id}'")).await;
    world.execute(&format!("select heymilo_sync.write_outcomes('default', array['{id}'])")).await;
}

#[tokio::test]
async fn our_counts_equal_heymilos_after_a_full_look_and_a_missing_interview_shows() {
    let world = Simulated::start().await;
    world.sync().await;
    let differences =
        "select coalesce(sum(abs(candidates_difference) + abs(completed_difference)), -1)::bigint
                       from heymilo_bi.reconciliation";
    let counted: i64 =
        world.value("select sum(heymilo_candidates)::bigint from heymilo_bi.reconciliation").await;
    let ours: i64 = world.value("select count(*) from heymilo_bi.interview_facts").await;
    assert_eq!(counted, ours);
    assert_eq!(world.value::<i64>(differences).await, 0);

    lose_an_interview(&world).await;

    assert_eq!(world.value::<i64>(differences).await, 1);
}

#[tokio::test]
async fn what_came_after_heymilo_counted_is_no_difference() {
    let facts = Facts::of_one_posting().await;
    facts.has("heymilo.postings", json!([{ "posting_id": "quiet", "title": "Cook" }])).await;
    facts
        .has(
            "heymilo_sync.cursors",
            json!([
                { "list": "candidates", "due_at": "2026-03-03T00:00:00Z",
                  "stats_at": "2026-03-02T12:00:00Z",
                  "stats": { "total_candidates": 2, "completed_interviews": 1 } },
                { "list": "candidates", "posting_id": "quiet", "due_at": "2026-03-03T00:00:00Z" },
            ]),
        )
        .await;
    let interview = |id, status, invited, interviewed: Value| {
        json!({ "interview_id": id, "status": status, "invited_at": invited,
                "interviewed_at": interviewed, "listed_at": invited })
    };
    facts
        .has(
            "heymilo.interviews",
            json!([
                interview("a", "completed", "2026-03-01T00:00:00Z", json!("2026-03-02T00:00:00Z")),
                interview(
                    "late",
                    "completed",
                    "2026-03-01T00:00:00Z",
                    json!("2026-03-02T13:00:00Z")
                ),
                interview("new", "pending", "2026-03-02T13:00:00Z", Value::Null),
                // Only a webhook has named it.
                { "interview_id": "unlisted", "status": "pending",
                  "invited_at": "2026-03-01T00:00:00Z" },
                // HeyMilo may have counted it.
                { "interview_id": "gone", "status": "completed", "listed_at": "2026-03-01T00:00:00Z",
                  "deleted_at": "2026-03-02T14:00:00Z" },
            ]),
        )
        .await;

    let reconciliation = facts
        .rows(
            "select posting_title, heymilo_candidates, our_candidates, candidates_difference,
                    heymilo_completed, our_completed, completed_difference, not_compared_yet
             from heymilo_bi.reconciliation order by posting_title",
        )
        .await;

    assert_eq!(
        reconciliation,
        json!([
            ["Clerk", 2, 2, 0, 1, 1, 0, 4],
            // HeyMilo has not counted, and there are no candidates.
            ["Cook", null, 0, null, null, 0, null, 0],
        ])
    );
}

#[tokio::test]
async fn whom_we_erased_is_no_difference_whether_heymilo_still_counts_them_or_not() {
    let world = Simulated::start().await;
    world.sync().await;
    let id: String = world
        .value("select min(interview_id) from heymilo_bi.interview_facts where is_completed")
        .await;
    let differences = "select sum(abs(candidates_difference) + abs(completed_difference))::bigint
                       from heymilo_bi.reconciliation";

    let named = Named { interview_id: Some(id.clone()), ..Named::default() };
    world.erase(named, false).await;
    assert_eq!(world.value::<i64>(differences).await, 0);
    let removed = "select sum(removed_interviews)::bigint from heymilo_bi.reconciliation";
    assert_eq!(world.value::<i64>(removed).await, 1);

    world.heymilo.remove_interview(&id);
    world.full_scan_is_due().await;
    world.sync().await;
    assert_eq!(world.value::<i64>(differences).await, 0);

    // An interview that is missing for another reason shows.
    lose_an_interview(&world).await;
    assert_eq!(world.value::<i64>(differences).await, 1);
}
