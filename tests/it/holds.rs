//! The effect of legal holds, and the ledger of requests.

use heymilo_sync::store::erasures::Named;
use serde_json::json;

use crate::support::{daemon::url, leftovers::leftovers, program::exit_code, simulated::Simulated};

const EMAIL: &str = "Adaline.Q@example.com";
const WORDS: [&str; 4] = ["Adaline Quibberon", EMAIL, "cand_quibberon", "int_quibberon_1"];

const OLD: [(&str, &str); 3] = [
    ("HEYMILO_SYNC__RETENTION__INTERVIEWS", "30d"),
    ("HEYMILO_SYNC__RETENTION__TRANSCRIPTS", "10d"),
    ("HEYMILO_SYNC__RETENTION__GONE_GRACE", "2s"),
];

async fn world<const N: usize>(settings: [(&str, &str); N]) -> Simulated {
    let world = Simulated::with(settings).await;
    let posting = world.heymilo.posting_ids()[0].clone();
    let turn = json!({ "speaker": "Candidate", "text": "I repaired a lighthouse", "timestamp": 1 });
    let data = json!({
        "interview_id": WORDS[3], "posting_id": posting, "candidate_id": WORDS[2],
        "name": WORDS[0], "email": EMAIL, "status": "completed", "score": 80.5,
        "web_interview": { "interview_id": WORDS[3], "transcript": [turn], "scorecard": [] },
    });
    world.heymilo.put_interview(&posting, data);
    world.sync().await;
    world
}

async fn run(world: &Simulated, arguments: &[&str]) -> (Option<i32>, String) {
    let url = url(&world.db);
    exit_code(url.as_str(), &world.address, arguments, &[]).await
}

async fn actions(world: &Simulated) -> Vec<String> {
    sqlx::query_scalar("select action from heymilo_sync.privacy_log order by entry_id")
        .fetch_all(&world.db)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_person_is_not_erased_until_the_hold_is_released() {
    let world = world([]).await;
    let before = leftovers(&world.db, &WORDS[..1]).await;
    let shouted = EMAIL.to_uppercase();
    let (code, output) =
        run(&world, &["hold", "add", "--email", &shouted, "--reason", "case 12", "--by", "Lee"])
            .await;
    assert_eq!(code, Some(0), "{output}");

    for named in [["--email", EMAIL], ["--candidate", WORDS[2]], ["--interview", WORDS[3]]] {
        let (code, output) = run(&world, &["erase", "--yes", named[0], named[1]]).await;
        assert_eq!(code, Some(4), "{output}");
    }
    let (_, output) = run(&world, &["hold", "list"]).await;
    assert!(output.contains("by Lee: case 12"), "{output}");
    assert_eq!(leftovers(&world.db, &WORDS[..1]).await, before);
    assert_eq!(world.count("heymilo.interviews where interview_id = 'int_quibberon_1'").await, 1);

    let release = ["hold", "release", "--email", EMAIL, "--reason", "settled"];
    assert_eq!(run(&world, &release).await.0, Some(0));
    assert_eq!(run(&world, &release).await.0, Some(1));
    let (code, output) = run(&world, &["erase", "--yes", "--email", EMAIL]).await;
    assert_eq!(code, Some(0), "{output}");
    assert_eq!(leftovers(&world.db, &WORDS).await, [""; 0]);
    assert_eq!(actions(&world).await, ["held", "released", "removed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn retention_keeps_what_is_held() {
    let world = world(OLD).await;
    let hold = ["hold", "add", "--candidate", WORDS[2], "--reason", "case 12"];
    assert_eq!(run(&world, &hold).await.0, Some(0));
    world.age("400 days").await;
    let said = "heymilo.transcript_entries where text = 'I repaired a lighthouse'";

    let expired = world.expire().await;

    assert!(expired.interviews > 10, "{expired:?}");
    assert_eq!(world.count("heymilo.interviews").await, 1);
    assert_eq!(world.count(said).await, 1);

    let release = ["hold", "release", "--candidate", WORDS[2], "--reason", "settled"];
    assert_eq!(run(&world, &release).await.0, Some(0));
    assert_eq!(world.expire().await.interviews, 1);
    assert_eq!(leftovers(&world.db, &WORDS).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_and_held_stays() {
    let world = world([OLD[2]]).await;
    let hold = ["hold", "add", "--interview", WORDS[3], "--reason", "case 12"];
    assert_eq!(run(&world, &hold).await.0, Some(0));
    world.heymilo.remove_interview(WORDS[3]);
    world.full_scan_is_due().await;
    world.poll().await;
    world.drain().await;
    world.age("1 minute").await;

    for _ in 0..2 {
        assert_eq!(world.expire().await.gone, 0);
        world.drain().await;
    }

    let marked = "heymilo.interviews where deleted_at is not null";
    assert_eq!(world.count(marked).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_noted_reported_when_overdue_and_done() {
    let world = world([]).await;
    let later = ["erase", "--email", EMAIL, "--later", "--by", "Lee"];
    let (code, output) = run(&world, &later).await;
    assert!(code == Some(0) && output.contains("request 1 noted"), "{output}");
    let days: f64 = world
        .value(
            "select extract(epoch from due_at - requested_at)::float8 / 86400
             from heymilo_sync.erasure_requests",
        )
        .await;
    assert!((days - 30.0).abs() < 0.01, "{days}");
    let (_, status) = world.operate("/api/v1/status", None).await;
    assert!(!status.contains("erasure_overdue"), "{status}");

    let past = ["erase", "--candidate", WORDS[2], "--later", "--due", "2026-01-01"];
    assert_eq!(run(&world, &past).await.0, Some(0));
    let (_, due) = run(&world, &["erasures", "due"]).await;
    assert!(due.contains("due 2026-01-01: overdue") && due.contains("by Lee"), "{due}");
    let (_, status) = world.operate("/api/v1/status", None).await;
    assert!(status.contains("erasure_overdue"), "{status}");
    let (_, metrics) = world.operate("/metrics", None).await;
    let overdue = metrics.lines().find(|line| line.contains("erasure_requests_overdue{")).unwrap();
    assert!(overdue.ends_with(" 1.0"), "{overdue}");

    assert_eq!(run(&world, &["erase", "--yes", "--request", "7"]).await.0, Some(1));
    let (code, output) = run(&world, &["erase", "--yes", "--request", "2"]).await;
    assert_eq!(code, Some(0), "{output}");
    // The other request named the same person.
    let done = "heymilo_sync.erasure_requests where done_at is not null and subject is null";
    assert_eq!(world.count(done).await, 2);
    assert_eq!(leftovers(&world.db, &WORDS).await, [""; 0]);
    assert_eq!(actions(&world).await, ["requested", "requested", "removed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_request_is_named_by_verify() {
    let world = world([]).await;
    world
        .erase(Named { email: Some("bob@example.com".to_owned()), ..Named::default() }, false)
        .await;
    assert_eq!(run(&world, &["erase", "--email", EMAIL, "--later"]).await.0, Some(0));
    let verify = ["verify", "--deep", "0"];
    assert_eq!(run(&world, &verify).await.0, Some(0));

    world
        .execute("update heymilo_sync.erasure_requests set due_at = due_at + interval '1 day'")
        .await;

    let (code, output) = run(&world, &verify).await;
    assert!(code == Some(1) && output.contains("entry 2 "), "{output}");
}
