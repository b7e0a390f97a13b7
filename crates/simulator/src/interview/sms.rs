//! The result of the screening by text message.

use serde_json::{Value, json};

use crate::{
    clock::to_millis,
    posting::Agent,
    question::{Kind, Question, Sms},
    seed::{Purpose, chance, confidence, pick},
    world::Candidate,
};

/// A question with its result.
struct Verdict<'a> {
    question: &'a Question,
    sms: &'static Sms,
    passed: bool,
    confidence: f64,
}

/// Writes the result as the API answers it.
pub fn result(candidate: &Candidate<'_>) -> Value {
    let verdicts = verdicts(candidate);
    json!({
        "object": "sms_result",
        "interview_id": candidate.interview_id,
        "is_eligible": !candidate.is_knocked_out_by(Agent::Sms),
        "confidence": verdicts.iter().map(|verdict| verdict.confidence).fold(1.0, f64::min),
        "criteria": verdicts.iter().map(Verdict::value).collect::<Vec<_>>(),
        "transcript": transcript(candidate, &verdicts),
        "messages_sent": verdicts.len() + 2,
        "messages_received": verdicts.len(),
    })
}

/// Writes its summary for the candidates list.
pub fn summary(candidate: &Candidate<'_>) -> Value {
    let verdicts = verdicts(candidate);
    let with = |passed: bool| -> Vec<&str> {
        let same = verdicts.iter().filter(|verdict| verdict.passed == passed);
        same.map(|verdict| verdict.question.text()).collect()
    };
    json!({
        "is_eligible": !candidate.is_knocked_out_by(Agent::Sms),
        "criteria_passed": with(true),
        "criteria_failed": with(false),
        "messages_sent": verdicts.len() + 2,
    })
}

/// Only a candidate who is knocked out fails a dealbreaker, and fails exactly one.
fn verdicts<'a>(candidate: &'a Candidate<'_>) -> Vec<Verdict<'a>> {
    let mut rng = candidate.choices(Purpose::Sms);
    let asked: Vec<(&Question, &'static Sms)> = candidate
        .posting
        .questions_for("sms")
        .filter_map(|question| match question.kind {
            Kind::Sms(sms) => Some((question, sms)),
            _ => None,
        })
        .collect();
    let dealbreakers: Vec<usize> =
        (0..asked.len()).filter(|&position| asked[position].1.dealbreaker).collect();
    let failed = candidate.is_knocked_out_by(Agent::Sms).then(|| pick(&mut rng, &dealbreakers));

    (0..)
        .zip(asked)
        .map(|(position, (question, sms))| {
            let passed = if sms.dealbreaker {
                failed != Some(position)
            } else {
                chance(&mut rng, 0.5 + candidate.ability / 2.0)
            };
            Verdict { question, sms, passed, confidence: confidence(&mut rng) }
        })
        .collect()
}

impl Verdict<'_> {
    fn answer(&self) -> &'static str {
        if self.passed { self.sms.good } else { self.sms.bad }
    }

    fn value(&self) -> Value {
        json!({
            "criteria_id": self.question.id,
            "criteria_text": self.question.text(),
            "passed": self.passed,
            "confidence": self.confidence,
            "is_dealbreaker": self.sms.dealbreaker,
            "reasons": [format!("The candidate wrote: {}", self.answer())],
        })
    }
}

fn transcript(candidate: &Candidate<'_>, verdicts: &[Verdict<'_>]) -> Vec<Value> {
    let greeting = format!("Hi {}, a few quick questions.", candidate.person.name);
    let asked = verdicts
        .iter()
        .flat_map(|verdict| [("agent", verdict.question.text()), ("candidate", verdict.answer())]);
    let messages: Vec<(&str, &str)> = [("agent", greeting.as_str())]
        .into_iter()
        .chain(asked)
        .chain([("agent", "Thank you, that was all.")])
        .collect();
    let (from, until) = candidate.time_with(Agent::Sms);
    let pause = (until - from) / messages.len() as f64;
    // Some carriers do not say when a message was sent.
    let timed = chance(&mut candidate.choices(Purpose::Sms), 0.8);

    (0..)
        .zip(messages)
        .map(|(position, (role, text))| {
            let at = to_millis(from + pause * f64::from(position));
            json!({ "role": role, "text": text, "timestamp": timed.then_some(at) })
        })
        .collect()
}
