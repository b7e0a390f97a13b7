//! The simulator follows the vendor's contract and its own guarantees.

mod api;
mod faults;
mod webhooks;

use std::{
    collections::{BTreeSet, HashSet},
    time::Duration,
};

use axum::http::StatusCode;
use chrono::DateTime;
use heymilo_sync::simulator::{Options, Simulator, Window};
use serde_json::{Value, json};

use api::{
    Api, CANDIDATES, DATA, DAY, METADATA, POSTING, POSTINGS, QUESTIONS, STATS, WEBHOOK, options,
    texts,
};

#[tokio::test]
async fn every_answer_keeps_to_the_contract_and_every_property_is_used() {
    let api = Api::new(options());
    let (mut questions, mut rows, mut interviews) = (Vec::new(), Vec::new(), Vec::new());

    api.get("/health", "", "").await;
    api.get("/api/v2/workspaces", "", "").await;
    api.get("/api/v2/postings/list", "", "").await;
    let postings = api.all(POSTINGS, "", "id", 100).await;
    for id in api.simulator.posting_ids() {
        api.get(POSTING, &id, "").await;
        api.get(STATS, &id, "").await;
        questions.extend(api.all(QUESTIONS, &id, "id", 100).await);
        rows.extend(api.all(CANDIDATES, &id, "interview_id", 100).await);
    }
    for id in api.simulator.interview_ids() {
        api.get(METADATA, &id, "").await;
        interviews.push(api.get(DATA, &id, "").await.1["data"].clone());
    }

    for (schema, values) in [
        ("PostingResponse", &postings),
        ("QuestionResponse", &questions),
        ("CandidateResponse", &rows),
        ("InterviewDataResponse", &interviews),
    ] {
        let properties = api.contract.properties(schema);
        let unused = &properties - &api.contract.used(schema, values);
        assert!(properties.len() > 30, "{schema} has only {properties:?}");
        assert_eq!(unused, BTreeSet::new(), "{schema}");
    }
}

#[tokio::test]
async fn every_status_occurs() {
    let simulator = Simulator::new(options());
    let mut statuses = BTreeSet::new();

    for _minute in 0..60 {
        simulator.advance(Duration::from_secs(60));
        let ids = simulator.interview_ids();
        let rows: Vec<_> = ids.iter().filter_map(|id| simulator.candidate(id)).collect();
        statuses.extend(texts(&rows, "status"));
    }

    assert_eq!(
        Vec::from_iter(&statuses),
        [
            "completed",
            "dismissed",
            "evaluating",
            "in_progress",
            "knocked_out",
            "pending",
            "shortlisted"
        ]
    );
}

#[tokio::test]
async fn paging_walks_everything_exactly_once() {
    let api = Api::new(options());

    let mut seen = Vec::new();
    for id in api.simulator.posting_ids() {
        for row in api.all(CANDIDATES, &id, "interview_id", 7).await {
            seen.push(row["interview_id"].as_str().unwrap().to_owned());
        }
    }

    assert_eq!(seen.len(), 600);
    assert_eq!(seen.iter().collect::<HashSet<_>>().len(), 600);
    assert_eq!(api.all(POSTINGS, "", "id", 3).await.len(), 8);
}

#[tokio::test]
async fn the_bounds_of_the_invitation_are_inclusive() {
    let api = Api::new(options());
    let posting = &api.simulator.posting_ids()[0];
    let rows = api.all(CANDIDATES, posting, "interview_id", 100).await;
    let at = rows[5]["created_at"].as_f64().unwrap();
    let iso = DateTime::from_timestamp_micros((at * 1e6).round() as i64).unwrap().to_rfc3339();

    let count = async |query: String| {
        api.get(CANDIDATES, posting, &query).await.1["pagination"]["total_count"].clone()
    };

    assert_eq!(count(format!("?created_after={at}")).await, 6);
    assert_eq!(count(format!("?created_after={}", iso.replace('+', "%2B"))).await, 6);
    assert_eq!(count(format!("?created_before={at}")).await, rows.len() - 5);
    assert_eq!(count(format!("?created_after={at}&created_before={at}")).await, 1);
}

#[tokio::test]
async fn what_cannot_be_answered_has_its_envelope() {
    let api = Api::new(options());
    let posting = &api.simulator.posting_ids()[0];

    for (template, id, query, expected) in [
        (POSTING, "nothing", "", 404),
        (STATS, "nothing", "", 404),
        (CANDIDATES, "nothing", "", 404),
        (DATA, "nothing", "", 404),
        (WEBHOOK, "nothing", "", 404),
        (POSTINGS, "", "?limit=0", 422),
        (POSTINGS, "", "?limit=101", 422),
        (CANDIDATES, posting, "?limit=many", 422),
        (QUESTIONS, posting, "?modality=smoke", 422),
        (CANDIDATES, posting, "?created_after=yesterday", 400),
    ] {
        assert_eq!(api.get(template, id, query).await.0, expected, "{template}{query}");
    }
    api.simulator.refuse_keys(true);
    assert_eq!(api.get(POSTINGS, "", "").await.0, 401);
}

#[tokio::test]
async fn the_limiter_refuses_and_recovers_when_time_passes() {
    for window in [Window::Fixed, Window::Sliding] {
        let api = Api::new(Options { requests_per_minute: Some(2), window, ..options() });

        api.get(POSTINGS, "", "").await;
        let (_, headers, _) = api.ask("GET", POSTINGS, Value::Null).await;
        assert_eq!(headers["x-ratelimit-limit"], "2");
        assert_eq!(headers["x-ratelimit-remaining"], "0");

        assert_eq!(api.get(POSTINGS, "", "").await.0, StatusCode::TOO_MANY_REQUESTS);
        let (_, headers, _) = api.ask("GET", POSTINGS, Value::Null).await;
        let wait = headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert_eq!(headers["x-ratelimit-reset"], headers["retry-after"]);

        api.simulator.advance(Duration::from_secs(wait));
        assert_eq!(api.get(POSTINGS, "", "").await.0, StatusCode::OK);
    }
}

#[tokio::test]
async fn the_same_seed_makes_the_same_world() {
    let [one, same, other] = [1, 1, 2].map(|seed| Simulator::new(Options { seed, ..options() }));
    let world = |simulator: &Simulator| -> Vec<Option<Value>> {
        let ids = simulator.interview_ids();
        ids.iter().flat_map(|id| [simulator.interview(id), simulator.candidate(id)]).collect()
    };

    assert_eq!(world(&one), world(&same));
    assert_ne!(world(&one), world(&other));
}

#[tokio::test]
async fn only_the_signatures_differ_from_fetch_to_fetch() {
    let api = Api::new(options());
    let ids = api.simulator.interview_ids();
    let recorded = |id: &&String| {
        api.simulator.interview(id).unwrap()["web_interview"]["video_recording_url"].is_string()
    };
    let id = ids.iter().find(recorded).unwrap();

    let (_, mut one) = api.get(DATA, id, "").await;
    let (_, mut other) = api.get(DATA, id, "").await;

    assert_ne!(one, other);
    for body in [&mut one, &mut other] {
        for (block, field) in [
            ("web_interview", "audio_recording_url"),
            ("web_interview", "video_recording_url"),
            ("resume", "resume_url"),
        ] {
            if let Some(Value::String(url)) = body["data"][block].get_mut(field) {
                url.truncate(url.find("?Expires=").unwrap());
            }
        }
    }
    assert_eq!(one, other);
}

#[tokio::test]
async fn the_list_agrees_with_the_data() {
    let api = Api::new(options());

    for id in api.simulator.interview_ids() {
        let data = api.simulator.interview(&id).unwrap();
        let row = api.simulator.candidate(&id).unwrap();

        for field in ["name", "email", "candidate_id", "score", "workflow", "metadata", "data"] {
            assert_eq!(row[field], data[field], "{field} of {id}");
        }
        let (web, resume) =
            (&row["agent_summary"]["web_interview"], &row["agent_summary"]["resume"]);
        assert_eq!(web["score"], data["web_interview"]["match_score"]);
        assert_eq!(resume["resume_score"], data["resume"]["overall_score"]);
        if data["status"] == "not_ready" {
            assert!(["pending", "in_progress"].contains(&row["status"].as_str().unwrap()));
        } else {
            assert_eq!(row["status"], data["status"]);
        }
    }
}

#[tokio::test]
async fn scores_stay_in_their_ranges() {
    let api = Api::new(options());
    let within = |value: &Value, low: f64, high: f64| {
        assert!(value.is_null() || (low..=high).contains(&value.as_f64().unwrap()), "{value}");
    };

    for id in api.simulator.interview_ids() {
        let data = api.simulator.interview(&id).unwrap();
        within(&data["score"], 0.0, 100.0);
        within(&data["web_interview"]["match_score"], 0.0, 100.0);
        within(&data["web_interview"]["speech_score"], 0.0, 5.0);
        for question in data["web_interview"]["scorecard"].as_array().into_iter().flatten() {
            within(&question["score"], 1.0, 10.0);
            within(&question["score_weight"], 1.0, 10.0);
        }
        for criterion in data["resume"]["score_criteria"].as_array().into_iter().flatten() {
            within(&criterion["score"], 0.0, 10.0);
        }
        within(&data["cheat_detection"]["overall_ranking"], 1.0, 5.0);
        within(&data["cheat_detection"]["overall_confidence"], 0.0, 1.0);
    }
}

#[tokio::test]
async fn unfinished_interviews_finish_as_time_passes() {
    let api = Api::new(options());
    let before = api.simulator.interview_ids();
    let finished = |ids: &[String]| {
        let score = |id: &String| api.simulator.interview(id).unwrap()["score"].is_number();
        ids.iter().filter(|id| score(id)).count()
    };

    let at_first = finished(&before);
    api.simulator.advance(DAY);

    assert!(finished(&before) > at_first);
    assert!(api.simulator.interview_ids().len() > before.len() + 500);
}

#[tokio::test]
async fn edits_show_in_the_data_and_the_list() {
    let api = Api::new(options());
    let ids = api.simulator.interview_ids();

    api.simulator.edit_interview(&ids[0], |data| data["score"] = json!(1.5));
    api.simulator.edit_candidate(&ids[0], |row| row["shortlisted"] = json!(true));
    api.simulator.remove_interview(&ids[1]);

    assert_eq!(api.get(DATA, &ids[0], "").await.1["data"]["score"], 1.5);
    let row = api.simulator.candidate(&ids[0]).unwrap();
    assert_eq!((&row["score"], &row["shortlisted"]), (&json!(1.5), &json!(true)));
    assert_eq!(api.get(DATA, &ids[1], "").await.0, StatusCode::NOT_FOUND);
    assert_eq!(api.simulator.interview_ids().len(), ids.len() - 1);
}

#[tokio::test]
async fn an_interview_made_by_hand_is_listed_and_counted() {
    let api = Api::new(options());
    let posting = &api.simulator.posting_ids()[0];
    let count = async || api.get(STATS, posting, "").await.1["data"]["total_candidates"].clone();
    let before = count().await.as_u64().unwrap();

    let data = json!({
        "object": "interview_data",
        "interview_id": "by-hand",
        "posting_id": posting,
        "name": "Ada Example",
        "email": "ada@example.com",
        "status": "completed",
        "score": 88.0,
    });
    api.simulator.put_interview(posting, data.clone());

    assert_eq!(api.get(DATA, "by-hand", "").await.1["data"], data);
    let (_, page) = api.get(CANDIDATES, posting, "?limit=1").await;
    assert_eq!(page["data"][0]["interview_id"], "by-hand");
    assert_eq!(count().await, before + 1);
}

#[tokio::test]
async fn requests_are_remembered() {
    let api = Api::new(options());

    api.get(POSTINGS, "", "?limit=5").await;
    api.get(DATA, "nothing", "").await;

    let asked: Vec<_> =
        api.simulator.requests().into_iter().map(|asked| (asked.path, asked.status)).collect();
    assert_eq!(
        asked,
        [
            ("/api/v2/postings?limit=5".to_owned(), 200),
            ("/api/v2/interviews/nothing/data".to_owned(), 404)
        ]
    );
}
