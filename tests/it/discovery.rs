//! The poll alone finds everything, continues where it was, and sends no needless requests.

use std::{pin::pin, time::Duration};

use serde_json::{Value, json};
use tokio::{select, task::yield_now};

use crate::support::{
    app::TestApp,
    faithful::{at_heymilo, in_the_tables},
    lists::Lists,
    simulated::Simulated,
};

const HOUR: Duration = Duration::from_secs(3600);

/// The number of requests for lists of candidates, and for first pages among them.
fn pages_asked_for(world: &Simulated) -> (usize, usize) {
    let requests = world.heymilo.requests();
    let pages: Vec<_> =
        requests.iter().filter(|request| request.path.contains("/candidates")).collect();
    let first = pages.iter().filter(|page| !page.path.contains("starting_after")).count();
    (pages.len(), first)
}

/// Polls, and ends the poll like a crash after HeyMilo was asked for `pages` pages.
async fn poll_until_page(world: &Simulated, pages: usize) {
    let asked = async {
        while pages_asked_for(world).0 < pages {
            yield_now().await;
        }
    };
    select! {
        report = world.try_poll() => panic!("the poll came to its end: {report:?}"),
        () = asked => {}
    }
}

#[tokio::test]
async fn with_every_webhook_lost_all_arrives() {
    let world = Simulated::start().await;
    let invited_at_first = world.heymilo.interview_ids().len();

    for _ in 0..12 {
        world.heymilo.advance(6 * HOUR);
        world.lists_are_due().await;
        world.poll().await;
        world.let_time_pass().await;
        world.drain().await;
    }

    let expected = at_heymilo(&world.heymilo);
    assert!(expected.len() > invited_at_first);
    assert_eq!(in_the_tables(&world.db).await, expected);
    assert_eq!(world.count("heymilo_sync.inbox").await, 0);
}

#[tokio::test]
async fn a_late_edit_is_found_by_the_full_scan() {
    let world = Simulated::start().await;
    world.sync().await;
    let id: String = world
        .value(
            "select interview_id from heymilo.interviews
             where score > 12 and not dismissed and invited_at < now() - interval '35 days'
             order by interview_id limit 1",
        )
        .await;

    world.heymilo.edit_interview(&id, |data| data["score"] = json!(12));
    world.heymilo.edit_candidate(&id, |row| row["dismissed"] = json!(true));
    world.lists_are_due().await;
    assert_eq!(world.poll().await.candidates, 0);
    world.full_scan_is_due().await;
    let report = world.poll().await;
    world.drain().await;

    assert_eq!((report.candidates, report.enqueued), (1, 1));
    let late: Value = world
        .value(&format!(
            "select jsonb_build_array(score, dismissed) from heymilo.interviews
             where interview_id = '{id}'"
        ))
        .await;
    assert_eq!(late, json!([12, true]));
}

#[tokio::test]
async fn a_poll_that_is_killed_in_the_middle_goes_on_where_it_was() {
    let world = Simulated::with_a_long_list([]).await;

    poll_until_page(&world, 3).await;
    world.poll().await;

    // The third page was in flight, so only this page is requested twice.
    assert_eq!(pages_asked_for(&world), (6, 1));
    assert_eq!(world.count("heymilo.interviews").await, world.heymilo.interview_ids().len() as i64);
    assert_eq!(world.count("heymilo_sync.cursors where page_after is not null").await, 0);
}

#[tokio::test]
async fn a_place_that_heymilo_does_not_know_any_more_starts_the_list_anew() {
    let world = Simulated::with_a_long_list([]).await;
    poll_until_page(&world, 3).await;
    let place: String = world
        .value("select page_after from heymilo_sync.cursors where page_after is not null")
        .await;

    world.heymilo.remove_interview(&place);
    world.poll().await;

    assert_eq!(pages_asked_for(&world), (3 + 1 + 5, 2));
    let ids = world.heymilo.interview_ids().len() as i64;
    assert_eq!(world.count("heymilo.interviews").await, ids + 1);
}

#[tokio::test]
async fn a_changed_posting_has_its_list_read_again_afterwards() {
    let world = Simulated::with_a_long_list([]).await;
    poll_until_page(&world, 3).await;

    world.deliver(json!({ "posting_id": world.heymilo.posting_ids()[0] })).await;
    world.poll().await;
    assert_eq!(pages_asked_for(&world), (6, 1));
    world.poll().await;

    assert_eq!(pages_asked_for(&world).1, 2);
}

#[tokio::test]
async fn a_posting_that_changed_leaves_what_was_read_of_its_list() {
    let world = Simulated::with_a_long_list([]).await;
    poll_until_page(&world, 3).await;

    world.execute("delete from heymilo_sync.snapshots where kind = 'posting'").await;
    world.lists_are_due().await;
    assert_eq!(world.poll().await.postings, 1);

    assert_eq!(pages_asked_for(&world), (6, 1));
}

#[tokio::test]
async fn an_interrupted_full_scan_takes_no_interview_for_gone() {
    let world = Simulated::with_a_long_list([]).await;
    world.poll().await;
    world.execute("delete from heymilo_sync.jobs").await;
    world.full_scan_is_due().await;

    poll_until_page(&world, 5 + 3).await;
    let resumed = world.poll().await;

    assert_eq!((resumed.lists, resumed.enqueued), (1, 0));
}

#[tokio::test]
async fn a_full_look_at_which_nothing_changed_costs_the_counts_and_one_request_per_page() {
    let world = Simulated::with_a_long_list([]).await;
    world.poll().await;
    let before = world.heymilo.requests().len();

    world.full_scan_is_due().await;
    let report = world.poll().await;

    assert_eq!((report.lists, report.candidates, report.enqueued), (1, 0, 0));
    assert_eq!(world.heymilo.requests().len(), before + 1 + 5);
}

/// Settings with which no candidate counts as unfinished, and a look reads the whole list.
const NONE_UNDER_WAY: [(&str, &str); 2] =
    [("HEYMILO_SYNC__POLL__UNFINISHED_FOR", "1s"), ("limits.overlap", "1000d")];

#[tokio::test]
async fn what_a_page_made_due_is_worked_on_while_the_next_pages_are_read() {
    let (world, shown) = Simulated::with_reluctant_pages().await;

    let mut polling = pin!(world.poll());
    tokio::select! {
        report = &mut polling => panic!("no job was due before the end: {report:?}"),
        () = world.engine().workspace().wake.jobs_due() => shown.cancel(),
    }
    let report = polling.await;

    assert_eq!((report.candidates, report.postponed), (450, 0));
}

#[tokio::test]
async fn a_long_list_whose_counts_stay_the_same_is_not_read() {
    let world = Simulated::with_a_long_list(NONE_UNDER_WAY).await;
    let posting = &world.heymilo.posting_ids()[0];
    let look = async || {
        world
            .execute("update heymilo_sync.cursors set due_at = now() where list = 'candidates'")
            .await;
        let before = world.heymilo.requests().len();
        world.poll().await;
        world.heymilo.requests().len() - before
    };
    world.poll().await;

    assert_eq!(look().await, 1, "the counts are those of the first, full look");
    let finished = json!({ "interview_id": "int_1", "posting_id": posting, "status": "completed" });
    world.heymilo.put_interview(posting, finished);
    assert_eq!(look().await, 1 + 5, "a candidate was invited");
    assert_eq!(look().await, 1, "the counts are the same again");

    assert_eq!(world.count("heymilo.interviews where interview_id = 'int_1'").await, 1);
}

#[tokio::test]
async fn a_long_list_is_read_while_an_interview_is_under_way() {
    let world = Simulated::with_a_long_list([NONE_UNDER_WAY[1]]).await;
    world.poll().await;

    for _ in 0..2 {
        world.lists_are_due().await;
        world.poll().await;
    }

    assert_eq!(pages_asked_for(&world), (15, 3));
}

#[tokio::test]
async fn new_postings_changed_questions_and_archived_postings_reach_their_tables() {
    let heymilo = Lists::start().await;
    let clerk = json!({ "id": "pos_1", "title": "Clerk", "status": "active", "archived": false });
    let question = |text: &str| json!([{ "id": "que_1", "modality": "voice", "text": text }]);
    heymilo
        .set(&[
            ("postings", json!([clerk])),
            ("postings/pos_1/questions", question("Why?")),
            ("postings/pos_1/candidates", json!([])),
        ])
        .await;
    let app = TestApp::start(&heymilo.address()).await;
    app.poll().await;

    let archived =
        json!({ "id": "pos_1", "title": "Clerk", "status": "archived", "archived": true });
    let row = json!({ "interview_id": "int_1", "posting_id": "pos_2", "name": "Ada Example",
                      "email": "ada@example.com", "status": "pending" });
    heymilo
        .set(&[
            ("postings", json!([archived, { "id": "pos_2", "title": "Cook", "status": "active" }])),
            ("postings/pos_1/questions", question("Why here?")),
            ("postings/pos_1/candidates", json!([])),
            ("postings/pos_2/questions", question("What with?")),
            ("postings/pos_2/candidates", json!([row])),
        ])
        .await;
    app.lists_are_due().await;
    app.poll().await;

    let postings: Value = app
        .value(
            "select jsonb_agg(jsonb_build_array(posting_id, postings.status, question_text)
                              order by posting_id)
             from heymilo.postings join heymilo.questions using (workspace_id, posting_id)",
        )
        .await;
    assert_eq!(
        postings,
        json!([["pos_1", "archived", "Why here?"], ["pos_2", "active", "What with?"]])
    );
    let invited: String = app.value("select posting_id from heymilo.interviews").await;
    assert_eq!(invited, "pos_2");
}
