//! Verification finds every kind of difference, and can correct it.

use heymilo_sync::{
    records::PostingId,
    sync::{Difference, Drift, Subject},
};
use serde_json::json;

use crate::support::simulated::Simulated;

/// A workspace whose copy is complete.
async fn synced() -> Simulated {
    let world = Simulated::start().await;
    world.sync().await;
    world
}

/// Compares everything, each interview completely.
async fn verify(world: &Simulated, repair: bool) -> Vec<Difference> {
    world.own().await;
    let verify = world.command().await.verify(repair);
    let (postings, mut found) = verify.postings().await.unwrap();
    for posting_id in &postings {
        found.extend(verify.questions(posting_id).await.unwrap());
        found.extend(verify.candidates(posting_id).await.unwrap());
    }
    for interview_id in verify.sample(usize::MAX).await.unwrap() {
        found.extend(verify.interview(&interview_id).await.unwrap());
    }
    found
}

async fn fetched(world: &Simulated) -> String {
    world.value("select min(interview_id) from heymilo.web_interviews").await
}

#[tokio::test]
async fn a_complete_copy_has_no_differences_and_stays_as_it_is() {
    let world = synced().await;
    let before = world.tables().await;

    assert_eq!(verify(&world, false).await, []);
    assert_eq!(world.tables().await, before);
}

#[tokio::test]
async fn verify_finds_a_row_that_was_changed_by_hand_and_repairs_it() {
    let world = synced().await;
    let before = world.tables().await;
    let id = fetched(&world).await;
    let of_it = format!("where interview_id = '{id}'");
    world.execute(&format!("update heymilo.interviews set score = 1 {of_it}")).await;
    world.execute(&format!("delete from heymilo.transcript_entries {of_it}")).await;
    let tables = ["interviews", "transcript_entries"].map(str::to_owned).to_vec();
    let expected = Difference {
        subject: Subject::Interview,
        subject_id: id.clone(),
        drift: Drift::Rows(tables),
    };

    assert_eq!(verify(&world, false).await, std::slice::from_ref(&expected));
    assert_eq!(verify(&world, true).await, [expected]);
    assert_eq!(verify(&world, false).await, []);
    assert_eq!(world.tables().await, before);
}

#[tokio::test]
async fn verify_finds_a_posting_that_was_changed_by_hand_and_repairs_it() {
    let world = synced().await;
    let before = world.tables().await;
    world.execute("update heymilo.postings set title = 'Odd'").await;
    world.execute("delete from heymilo.questions where position = 1").await;

    let found = verify(&world, true).await;

    let of = |subject| found.iter().filter(move |difference| difference.subject == subject);
    assert_eq!((of(Subject::Posting).count(), of(Subject::Questions).count()), (3, 3));
    assert_eq!(world.tables().await, before);
}

#[tokio::test]
async fn verify_finds_what_changed_at_heymilo_and_makes_it_due() {
    let world = synced().await;
    let id = fetched(&world).await;
    world.heymilo.edit_interview(&id, |data| data["score"] = json!(12.5));

    let found = verify(&world, true).await;

    let stale = |subject| Difference { subject, subject_id: id.clone(), drift: Drift::Stale };
    assert_eq!(found, [stale(Subject::Candidate), stale(Subject::Interview)]);
    world.poll().await;
    world.drain().await;
    assert_eq!(verify(&world, false).await, []);
    let of_it = format!("select score from heymilo.interviews where interview_id = '{id}'");
    assert_eq!(world.value::<Option<f64>>(&of_it).await, Some(12.5));
}

#[tokio::test]
async fn verify_finds_what_is_missing_and_what_is_gone() {
    let world = synced().await;
    let posting = world.heymilo.posting_ids()[0].clone();
    world.heymilo.put_interview(&posting, json!({ "interview_id": "int_new" }));
    let id = fetched(&world).await;
    world.heymilo.remove_interview(&id);
    let of_it = format!("select posting_id from heymilo.interviews where interview_id = '{id}'");
    let its_posting: String = world.value(&of_it).await;

    world.own().await;
    let verify = world.command().await.verify(false);
    let of_posting = |id: &str| PostingId::new(id).unwrap();
    let missing = verify.candidates(&of_posting(&posting)).await.unwrap();
    let gone = verify.candidates(&of_posting(&its_posting)).await.unwrap();
    let gone_too = verify.interview(&id).await.unwrap();

    let found = |id: &str, drift| Difference {
        subject: Subject::Candidate,
        subject_id: id.to_owned(),
        drift,
    };
    assert!(missing.contains(&found("int_new", Drift::Missing)), "{missing:?}");
    assert!(gone.contains(&found(&id, Drift::Gone)), "{gone:?}");
    assert_eq!(gone_too[0].drift, Drift::Gone);
}
