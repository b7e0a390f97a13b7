//! The results of the integrity detectors for an interview.

use chrono::{DateTime, SecondsFormat};
use fastrand::Rng;
use serde_json::{Value, json};

use crate::{
    posting::{Agent, Detection},
    seed::{Purpose, between, chance, confidence, pick, rounded},
    world::Candidate,
};

use super::conversation::{Conversation, Turn, minutes};

/// From this suspicion on (0.0 to 1.0), detectors report findings.
const THRESHOLD: f64 = 0.7;

/// Writes the report. Null when the posting has no detection.
pub fn report(candidate: &Candidate<'_>, conversation: &Conversation) -> Value {
    let mut rng = candidate.choices(Purpose::Integrity);
    // Most people are honest: few reach the threshold.
    let suspicion = rng.f64().powi(3);

    let enabled = match candidate.posting.detection {
        Detection::Unconfigured => return Value::Null,
        Detection::Disabled => false,
        Detection::Enabled => true,
    };
    json!({
        "object": "cheat_detection",
        "overall_confidence": enabled.then(|| rounded(suspicion, 2)),
        "overall_ranking": enabled.then(|| 1 + (4.0 * suspicion).round() as u8),
        "enabled": enabled,
        "threshold": (100.0 * THRESHOLD) as u8,
        "types": ["tab_switching", "ai_scripted_answer", "unusual_delays", "facial_behaviour"],
        "web_interview": enabled.then(|| web(&mut rng, candidate, conversation, suspicion)),
        "resume": (enabled && candidate.has_result(Agent::Resume, f64::INFINITY))
            .then(|| resume(&mut rng, candidate, suspicion)),
    })
}

fn web(
    rng: &mut Rng,
    candidate: &Candidate<'_>,
    conversation: &Conversation,
    suspicion: f64,
) -> Value {
    let answers: Vec<&Turn> = conversation
        .dialogues
        .iter()
        .flatten()
        .filter(|turn| turn.speaker == "Candidate")
        .collect();

    json!({
        "cheat_detection_result": scripted(rng, &answers, suspicion),
        "llm_detection_result": generated(rng, &answers, suspicion),
        "unusual_delay_detection": delays(rng, &answers, suspicion),
        "tab_switch_detection": tab_switches(rng, &answers, suspicion),
        "interview_integrity": video(rng, candidate, &answers, suspicion),
        "integrity_analysis_v2": analysis(rng, suspicion),
    })
}

/// Chooses the answers that a detector reports. None below the threshold.
fn flagged<'a>(rng: &mut Rng, answers: &[&'a Turn], suspicion: f64) -> Vec<&'a Turn> {
    if suspicion < THRESHOLD {
        return Vec::new();
    }
    let count = rng.usize(1..=3);
    let mut flagged = rng.choose_multiple(answers.iter().copied(), count);
    flagged.sort_by(|one, other| one.at.total_cmp(&other.at));
    flagged
}

fn scripted(rng: &mut Rng, answers: &[&Turn], suspicion: f64) -> Value {
    let flagged = flagged(rng, answers, suspicion);
    let instance = |turn: &&Turn| {
        json!({
            "reasoning": "Reads like a prepared text.",
            "transcript_references": [{
                "user_friendly_timestamp": minutes(turn.at),
                "text": turn.text,
                "actual_timestamp": turn.at,
            }],
        })
    };
    json!({
        "cheating_detected": !flagged.is_empty(),
        "cheating_confidence": rounded(suspicion, 2),
        "cheating_instances": flagged.iter().map(instance).collect::<Vec<_>>(),
    })
}

fn generated(rng: &mut Rng, answers: &[&Turn], suspicion: f64) -> Value {
    let flagged = flagged(rng, answers, suspicion);
    let share = |rng: &mut Rng| rounded((suspicion + between(rng, -0.1, 0.1)).clamp(0.0, 1.0), 3);
    let metrics = json!({
        "completely_generated_probability": share(rng),
        "overall_ai_score": share(rng),
        "average_generated_probability": share(rng),
    });
    let segment = |turn: &&Turn| {
        json!({
            "segment_text": turn.text,
            "segment_confidence": confidence(rng),
            "reasoning": "Even sentences, no hesitation.",
        })
    };

    json!({
        "llm_generated_detected": !flagged.is_empty(),
        "detection_confidence": rounded(suspicion, 2),
        "llm_detected_segments": flagged.iter().map(segment).collect::<Vec<_>>(),
        "gptzero_metrics": metrics,
    })
}

fn delays(rng: &mut Rng, answers: &[&Turn], suspicion: f64) -> Value {
    let flagged = flagged(rng, answers, suspicion);
    let instance = |turn: &&Turn| {
        json!({
            "response_text": turn.text,
            "timestamp": turn.at,
            "delay_seconds": rounded(between(rng, 6.0, 30.0), 1),
        })
    };
    json!({
        "delay_detected": !flagged.is_empty(),
        "delay_confidence": rounded(suspicion, 2),
        "unusual_delay_instances": flagged.iter().map(instance).collect::<Vec<_>>(),
        "overall_score": rounded(suspicion, 2),
        "confidence_level": confidence(rng),
    })
}

fn tab_switches(rng: &mut Rng, answers: &[&Turn], suspicion: f64) -> Value {
    let times: Vec<f64> = flagged(rng, answers, suspicion).iter().map(|turn| turn.at).collect();
    let event = |at: &f64| json!({ "timestamp": at, "away_seconds": rng.u8(2..40) });
    json!({
        "total_count": times.len(),
        "first_switch_timestamp": times.first(),
        "last_switch_timestamp": times.last(),
        "events": times.iter().map(event).collect::<Vec<_>>(),
    })
}

fn video(rng: &mut Rng, candidate: &Candidate<'_>, answers: &[&Turn], suspicion: f64) -> Value {
    let (_, ended_at) = candidate.time_with(Agent::WebInterview);
    let failed = chance(rng, 0.05);
    let mut job = json!({
        "job_id": format!("job_{}", candidate.interview_id.to_lowercase()),
        "status": if failed { "failed" } else { "completed" },
        "filename": format!("{}.mp4", candidate.interview_id),
        "file_type": "video/mp4",
        "created_at": iso(ended_at),
        "updated_at": iso(ended_at + 20.0),
        "error": failed.then_some("the video could not be decoded"),
    });

    if !failed {
        let found = suspicion >= THRESHOLD;
        job["result"] = json!({
            "multiple_people": { "detected": found && rng.bool(), "confidence": confidence(rng) },
            "phone": { "detected": found && rng.bool(), "confidence": confidence(rng) },
        });
        job["comprehensive"] = json!({
            "cheating_timeline": flagged(rng, answers, suspicion)
                .iter()
                .map(|turn| json!({ "second": turn.at, "label": "looks aside" }))
                .collect::<Vec<_>>(),
        });
        job["aggregated"] = json!({ "movements": movements(rng, candidate, answers) });
    }

    job
}

/// Honest people move too.
fn movements(rng: &mut Rng, candidate: &Candidate<'_>, answers: &[&Turn]) -> Vec<Value> {
    let moved = answers.iter().filter(|_| rng.u8(..6) == 0).collect::<Vec<_>>();
    moved
        .into_iter()
        .map(|turn| {
            let frame = format!(
                "https://cdn.example.com/frames/{}/{}.jpg",
                candidate.interview_id, turn.at as u32
            );
            json!({
                "type": pick(rng, &["Eye Movement", "Head Movement", "Mouth Movement"]),
                "confidence": confidence(rng),
                "image": chance(rng, 0.5).then_some(frame),
                "timestamp": turn.at,
            })
        })
        .collect()
}

fn analysis(rng: &mut Rng, suspicion: f64) -> Value {
    let breaches: &[&str] = if suspicion >= THRESHOLD { &["second_voice"] } else { &[] };
    json!({
        "version": 2,
        "scores": { "audio": confidence(rng), "video": confidence(rng) },
        "categories": ["audio", "video", "browser"],
        "breaches": breaches,
        "alerts": breaches.len(),
    })
}

fn resume(rng: &mut Rng, candidate: &Candidate<'_>, suspicion: f64) -> Value {
    json!({
        "gpt_detection": {
            "version": "2026-05-01",
            "scanId": format!("scan_{}", candidate.interview_id.to_lowercase()),
            "documents": [{
                "completely_generated_prob": rounded(suspicion, 3),
                "average_generated_prob": rounded(suspicion * rng.f64(), 3),
                "class_probabilities": { "human": rounded(1.0 - suspicion, 3) },
            }],
            "neatVersion": chance(rng, 0.5).then_some("2026-05-01-base"),
            "editorDocumentId": chance(rng, 0.2).then(|| format!("doc_{}", candidate.index)),
        }
    })
}

fn iso(unix: f64) -> String {
    DateTime::from_timestamp_millis((unix * 1_000.0) as i64)
        .expect("a simulation lasts less than an age")
        .to_rfc3339_opts(SecondsFormat::Millis, true)
}
