//! A person's dossier holds everything that is kept about the person, and nothing about others.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use heymilo_sync::{
    dossier::{self, Request},
    store::erasures::Named,
};
use serde_json::{Value, json};

use crate::support::{
    daemon::url,
    paper::is_readable_alone,
    program::{exit_code, program, program_with},
    role::Role,
    simulated::Simulated,
};

fn by_candidate(id: &str) -> Named {
    Named { candidate_id: Some(id.to_owned()), ..Named::default() }
}

async fn made(world: &Simulated, named: Named, as_of: Option<DateTime<Utc>>) -> Value {
    let workspace = world.engine().workspace();
    let request = Request { named, as_of, keeping: Vec::new(), files_kept_for: None };
    let mut db = world.db.acquire().await.unwrap();
    let made = dossier::gather(&mut db, &workspace.id, &workspace.tombstones, &request).await;
    serde_json::from_str(&made.unwrap().to_json().unwrap()).unwrap()
}

async fn candidates(world: &Simulated) -> Vec<(String, Vec<String>)> {
    sqlx::query_as(
        "select people.candidate_id, array_agg(interview_id)
         from heymilo.candidates as people
         join heymilo.interviews on interviews.candidate_id = people.candidate_id
           or (interviews.candidate_id is null and lower(candidate_email) in (
               select lower(others.candidate_email) from heymilo.interviews as others
               where others.candidate_id = people.candidate_id
           ) and not exists (
               select from heymilo.interviews as others
               where lower(others.candidate_email) = lower(interviews.candidate_email)
                 and others.candidate_id <> people.candidate_id
           ))
         group by 1 order by 1",
    )
    .fetch_all(&world.db)
    .await
    .unwrap()
}

/// Every value of an answer. Links have no signatures.
fn leaves(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| leaves(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| leaves(field, found)),
        Value::String(text) if text.starts_with("http") && text.contains('?') => {
            found.insert(text.split('?').next().unwrap().to_owned());
        }
        Value::String(text) => _ = found.insert(text.clone()),
        other => _ = found.insert(other.to_string()),
    }
}

/// The values of all answers about interviews, or only of those that the daemon fetches: an
/// invitation that was not begun is left to its list.
fn answers(world: &Simulated, interviews: &[String], all: bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for id in interviews {
        let results = world.heymilo.interview(id).unwrap();
        if all || results["status"] != "not_ready" {
            leaves(&results, &mut found);
        }
        leaves(&world.heymilo.candidate(id).unwrap(), &mut found);
    }
    found
}

#[tokio::test]
async fn a_dossier_holds_every_value_of_a_person_and_none_of_others() {
    let world = Simulated::start().await;
    world.sync().await;
    let people = candidates(&world).await;
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    for (_, interviews) in &people {
        for value in answers(&world, interviews, true) {
            *times.entry(value).or_default() += 1;
        }
    }

    let mut compared = 0;
    for (id, interviews) in &people {
        let dossier = made(&world, by_candidate(id), None).await;
        let mut stated = BTreeSet::new();
        leaves(&dossier, &mut stated);

        let (expected, theirs) =
            (answers(&world, interviews, false), answers(&world, interviews, true));
        let missing: Vec<&String> = expected.difference(&stated).collect();
        assert_eq!(missing, Vec::<&String>::new(), "{id}");
        let of_others = |value: &&String| {
            value.len() > 5 && times.get(*value) == Some(&1) && !theirs.contains(*value)
        };
        let of_others: Vec<&String> = stated.iter().filter(of_others).collect();
        assert_eq!(of_others, Vec::<&String>::new(), "{id} with {interviews:?}");
        compared += expected.len();
        let text = dossier.to_string();
        assert!(!text.contains("Signature") && !text.contains("token="), "{id}");
    }
    assert!(people.len() > 30 && compared > 3000, "{} people, {compared} values", people.len());
}

#[tokio::test]
async fn a_dossier_as_of_a_time_is_what_heymilo_said_then_or_not_known() {
    let world = Simulated::start().await;
    let mut random = fastrand::Rng::with_seed(24);
    let mut states: Vec<(DateTime<Utc>, BTreeMap<String, Value>)> = vec![(
        Utc::now(),
        world.heymilo.interview_ids().into_iter().map(|id| (id, Value::Null)).collect(),
    )];
    for round in 0..6 {
        for id in world.heymilo.interview_ids() {
            if random.u8(..3) == 0 {
                world.heymilo.edit_interview(&id, |data| data["score"] = json!(round * 10));
            }
        }
        world.sync().await;
        let all = "insert into heymilo_sync.jobs (workspace_id, interview_id, urgency)
                   select workspace_id, interview_id, 'backfill' from heymilo.interviews
                   on conflict do nothing";
        world.execute(all).await;
        world.drain().await;
        let ids = world.heymilo.interview_ids();
        let now = ids.into_iter().map(|id| (id.clone(), world.heymilo.interview(&id).unwrap()));
        states.push((Utc::now(), now.collect()));
        world.age("2 hours").await;
        for (at, _) in &mut states {
            *at -= TimeDelta::hours(2);
        }
    }

    let (mut known, mut unknown) = (0, 0);
    let ids = world.heymilo.interview_ids();
    for _ in 0..100 {
        let (at, state) = random.choice(&states).unwrap();
        let id = random.choice(&ids).unwrap();
        let named = Named { interview_id: Some(id.clone()), ..Named::default() };
        let dossier = made(&world, named, Some(*at)).await;

        let results = &dossier["interviews"][0]["results"];
        let (mut stated, mut said) = (BTreeSet::new(), BTreeSet::new());
        leaves(&results["content"], &mut stated);
        leaves(&state[id], &mut said);
        match results["state"].as_str().unwrap() {
            "known" => {
                let differing: Vec<_> = stated.symmetric_difference(&said).collect();
                assert_eq!(differing, Vec::<&String>::new(), "{id} at {at}");
                assert_eq!(results["content"]["score"], state[id]["score"], "{id} at {at}");
                known += 1;
            }
            "not_confirmed" | "not_known" => unknown += 1,
            other => panic!("{other}"),
        }
    }
    assert!(known > 30 && unknown > 5, "{known} known, {unknown} not");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_database_gives_the_same_bytes() {
    let world = Simulated::start().await;
    world.sync().await;
    let (id, _) = candidates(&world).await.remove(0);
    for format in ["json", "html"] {
        let command = ["dossier", "--candidate", &id, "--format", format];
        let (done, first) = program(&world.db, &world.address, &command).await;
        let (_, second) = program(&world.db, &world.address, &command).await;
        assert!(done && first == second && first.len() > 2000, "{format}: {first}");
    }
    let logged = "heymilo_sync.privacy_log where action = 'dossier' and asked_for = 'candidate'";
    assert_eq!(world.count(logged).await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_person_has_an_exit_code_of_its_own() {
    let world = Simulated::start().await;
    world.sync().await;
    let (id, _) = candidates(&world).await.remove(0);
    world.erase(by_candidate(&id), false).await;
    let url = url(&world.db);

    let command = ["dossier", "--candidate", &id];
    let (code, output) = exit_code(url.as_str(), &world.address, &command, &[]).await;
    assert_eq!(code, Some(3), "{output}");
    assert!(output.contains("removed: nothing is kept"), "{output}");
    let command = ["dossier", "--candidate", "cand_unknown"];
    let (code, output) = exit_code(url.as_str(), &world.address, &command, &[]).await;
    assert_eq!(code, Some(1), "{output}");
}

#[tokio::test]
async fn an_address_of_several_people_names_none_of_them() {
    let world = Simulated::start().await;
    for (posting, id) in world.heymilo.posting_ids().iter().zip(["int_ada", "int_bob"]) {
        let data = json!({ "interview_id": id, "posting_id": posting, "candidate_id": format!("cand_{id}"),
                           "name": id, "email": "shared@example.com", "status": "completed" });
        world.heymilo.put_interview(posting, data);
    }
    world.sync().await;
    let workspace = world.engine().workspace();
    let named = Named { email: Some("Shared@example.com".to_owned()), ..Named::default() };
    let request = Request { named, as_of: None, keeping: Vec::new(), files_kept_for: None };

    let mut db = world.db.acquire().await.unwrap();
    let made = dossier::gather(&mut db, &workspace.id, &workspace.tombstones, &request).await;

    let error = made.unwrap_err().to_string();
    assert!(error.contains("cand_int_ada, cand_int_bob"), "{error}");
}

#[tokio::test]
async fn a_dossier_tells_decisions_changes_and_sources() {
    let world = Simulated::start().await;
    let posting = world.heymilo.posting_ids()[0].clone();
    let data = json!({ "interview_id": "int_ada", "posting_id": posting, "candidate_id": "cand_ada",
                       "name": "Ada Example", "email": "ada@example.com", "status": "completed",
                       "score": 70 });
    world.heymilo.put_interview(&posting, data);
    world.sync().await;
    world.heymilo.edit_candidate("int_ada", |row| row["shortlisted"] = json!(true));
    world.heymilo.edit_interview("int_ada", |data| data["score"] = json!(80));
    world.sync().await;

    let dossier = made(&world, by_candidate("cand_ada"), None).await;

    let interview = &dossier["interviews"][0];
    let decision = &interview["decisions"][0];
    assert_eq!((&decision["what"], &decision["to"]), (&json!("shortlisted"), &json!("true")));
    assert!(decision["first_seen_at"].is_string());
    let scores: Vec<&Value> = interview["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["what"] == "score")
        .map(|event| &event["to"])
        .collect();
    assert_eq!(scores, [&json!("70"), &json!("80")]);
    let hash: String = sqlx::query_scalar("select encode(sha256($1), 'hex')")
        .bind(world.snapshot("int_ada").await)
        .fetch_one(&world.db)
        .await
        .unwrap();
    let sources = interview["sources"].as_array().unwrap();
    assert!(sources.iter().any(|source| source["sha256"] == json!(hash)), "{sources:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dossier_names_the_files_of_its_person_alone() {
    let world = Simulated::start().await;
    world.sync().await;
    let (id, interviews) = candidates(&world).await.remove(0);
    let theirs = &interviews[0];
    world
        .execute(
            "insert into heymilo.files
                 (workspace_id, interview_id, kind, link_digest, state, sha256, bytes, media_type, kept_at)
             select 'default', interview_id, 'audio', 'd', 'kept', md5(interview_id), 7, 'audio/mpeg', now()
             from heymilo.interviews
             on conflict do nothing"
        )
        .await;
    world
        .execute(&format!(
            "insert into heymilo.files (workspace_id, interview_id, kind, link_digest, state)
             values ('default', '{theirs}', 'resume', 'e', 'expired')"
        ))
        .await;
    let count = |of: &str| {
        format!("heymilo.files where interview_id {of} any('{{{}}}')", interviews.join(","))
    };
    let settings = [("HEYMILO_SYNC__RETENTION__FILES", "30d")];

    let command = ["dossier", "--candidate", &id];
    let (done, output) =
        program_with(url(&world.db).as_str(), &world.address, &command, &settings).await;
    assert!(done, "{output}");

    let dossier: Value = serde_json::from_str(&output).unwrap();
    let interviews = dossier["interviews"].as_array().unwrap();
    let files: Vec<&Value> =
        interviews.iter().flat_map(|interview| interview["files"].as_array().unwrap()).collect();
    assert_eq!(files.len() as i64, world.count(&count("=")).await);
    let kept = files.iter().find(|file| file["state"] == "kept").unwrap();
    let days = |field: &str| kept[field].as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    assert_eq!(days("kept_until") - days("kept_at"), TimeDelta::days(30));
    assert!(files.iter().any(|file| file["state"] == "expired" && file["kept_until"].is_null()));
    let hashes: Vec<String> =
        world.value("select array_agg(sha256) from heymilo.files where sha256 is not null").await;
    let named_of = hashes.iter().filter(|hash| output.contains(*hash)).count();
    assert_eq!(named_of, files.iter().filter(|file| file["sha256"].is_string()).count());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_analyst_cannot_make_a_dossier() {
    let world = Simulated::start().await;
    world.sync().await;
    let (id, _) = candidates(&world).await.remove(0);

    let analyst = Role::create(&world.db, "analyst").await;
    world.execute("select heymilo_sync.make_roles()").await;
    world.execute("select heymilo_sync.grant_access()").await;
    world.execute(&format!("grant heymilo_analyst to {}", analyst.name)).await;
    let command = ["dossier", "--candidate", &id];
    let (code, output) = exit_code(&analyst.url(), &world.address, &command, &[]).await;

    assert_eq!(code, Some(1), "{output}");
    assert!(!output.contains(&id) && !output.contains("sha256"), "{output}");
    analyst.remove(&world.db).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_opens_without_a_network_and_can_be_read_by_all() {
    let world = Simulated::start().await;
    world.sync().await;
    let id: String = world
        .value(
            "select candidate_id from heymilo.interviews
             join heymilo.web_interviews using (workspace_id, interview_id)
             where candidate_id is not null order by score desc nulls last limit 1",
        )
        .await;
    let command = ["dossier", "--candidate", &id, "--format", "html"];
    let (done, page) = program(&world.db, &world.address, &command).await;
    assert!(done, "{page}");
    is_readable_alone(&page, "dossier").await;
}
