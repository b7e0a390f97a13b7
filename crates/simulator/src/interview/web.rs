//! The result of a web interview: scores, scorecard, transcript, recordings.

use serde_json::{Value, json};

use crate::{
    files::ELSEWHERE,
    question::{Kind, Question, evaluation_criteria},
    seed::{Purpose, chance, pick, rounded},
    words::quality,
    world::Candidate,
};

use super::conversation::{Conversation, Turn};

/// The scores only, which are cheap enough for a list.
#[derive(Debug)]
pub struct Assessment {
    /// One from 1 to 10 for each voice question, those not scored included.
    pub scores: Vec<u8>,
    pub match_score: u8,
    speech_score: f64,
}

/// Invents the scores.
pub fn assess(candidate: &Candidate<'_>) -> Assessment {
    let mut rng = candidate.choices(Purpose::WebScores);
    let (mut total, mut weights, mut scores) = (0.0, 0.0, Vec::new());
    for question in candidate.posting.questions_for("voice") {
        let score = 1 + (9.0 * candidate.performance(&mut rng)).round() as u8;
        if let Kind::Voice { weight, scored: true, .. } = question.kind {
            total += f64::from(score) * f64::from(weight);
            weights += f64::from(weight);
        }
        scores.push(score);
    }
    Assessment {
        match_score: (10.0 * total / weights).round() as u8,
        speech_score: rounded(5.0 * candidate.performance(&mut rng), 1),
        scores,
    }
}

/// Writes the result as the API answers it.
pub fn result(candidate: &Candidate<'_>, conversation: &Conversation) -> Value {
    let assessment = assess(candidate);
    let mut rng = candidate.choices(Purpose::WebResult);
    let scorecard = candidate
        .posting
        .questions_for("voice")
        .zip(&assessment.scores)
        .zip(&conversation.dialogues)
        .map(|((question, &score), dialogue)| entry(question, score, dialogue));

    let tags = candidate.posting.questions_for("voice_tags").filter_map(|question| {
        let Kind::Tag(tag) = question.kind else { return None };
        chance(&mut rng, 0.5).then(|| pick(&mut rng, tag.options))
    });

    json!({
        "object": "web_interview_result",
        "interview_id": candidate.interview_id,
        "match_score": assessment.match_score,
        "speech_score": assessment.speech_score,
        "highlights": highlights(candidate, &assessment),
        "lowlights": lowlights(candidate, &assessment),
        "scorecard": scorecard.collect::<Vec<_>>(),
        "transcript": conversation.turns().map(Turn::value).collect::<Vec<_>>(),
        "audio_recording_url": audio(candidate),
        "video_recording_url": video(candidate),
        "tags": tags.collect::<Vec<_>>(),
    })
}

/// Writes its summary for the candidates list.
pub fn summary(candidate: &Candidate<'_>) -> Value {
    let assessment = assess(candidate);
    json!({
        "score": assessment.match_score,
        "highlights": highlights(candidate, &assessment),
        "audio_recording_link": audio(candidate),
        "video_recording_link": video(candidate),
    })
}

fn entry(question: &Question, score: u8, dialogue: &[Turn]) -> Value {
    let Kind::Voice { voice, weight, scored } = question.kind else {
        unreachable!("the scorecard has voice questions only")
    };
    let summary = format!("{} answer on {}.", quality(f64::from(score) / 10.0), voice.topic);
    json!({
        "question_id": question.id,
        "question_text": question.text(),
        "score": score,
        "score_weight": weight,
        "evaluation_summary": summary,
        "evaluation_criteria": evaluation_criteria(voice),
        "score_1_description": voice.low,
        "score_5_description": voice.middle,
        "not_scored": !scored,
        "rank": question.rank,
        "transcript": dialogue.iter().map(Turn::value).collect::<Vec<_>>(),
    })
}

fn highlights(candidate: &Candidate<'_>, assessment: &Assessment) -> Vec<String> {
    remarks(candidate, assessment, |score| score >= 8, "Convincing on")
}

fn lowlights(candidate: &Candidate<'_>, assessment: &Assessment) -> Vec<String> {
    remarks(candidate, assessment, |score| score <= 4, "Little to say on")
}

fn remarks(
    candidate: &Candidate<'_>,
    assessment: &Assessment,
    remarkable: impl Fn(u8) -> bool,
    remark: &str,
) -> Vec<String> {
    let questions = candidate.posting.questions_for("voice").zip(&assessment.scores);
    questions
        .filter_map(|(question, &score)| match question.kind {
            Kind::Voice { voice, scored: true, .. } if remarkable(score) => {
                Some(format!("{remark} {}", voice.topic))
            }
            _ => None,
        })
        .collect()
}

fn audio(candidate: &Candidate<'_>) -> String {
    format!("{ELSEWHERE}/recordings/{}.wav", candidate.interview_id)
}

/// Some candidates turn the camera off.
fn video(candidate: &Candidate<'_>) -> Option<String> {
    let mut rng = candidate.choices(Purpose::WebResult);
    chance(&mut rng, 0.7).then(|| format!("{ELSEWHERE}/recordings/{}.mp4", candidate.interview_id))
}
