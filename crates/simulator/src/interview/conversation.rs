//! The conversation of a web interview, question by question.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::{
    question::Question,
    seed::{Purpose, between, rounded},
    words::{FOLLOW_UPS, answer},
    world::Candidate,
};

use super::web;

/// The speed of speech.
const CHARACTERS_PER_SECOND: f64 = 14.0;

/// A turn of the conversation.
#[derive(Debug)]
pub struct Turn {
    pub speaker: &'static str,
    pub text: String,
    /// Seconds from the start of the interview.
    pub at: f64,
}

/// A whole conversation.
#[derive(Debug)]
pub struct Conversation {
    opening: Vec<Turn>,
    /// The dialogue of each voice question, in the order of asking.
    pub dialogues: Vec<Vec<Turn>>,
    closing: Vec<Turn>,
}

impl Conversation {
    /// All turns in the order of time.
    pub fn turns(&self) -> impl Iterator<Item = &Turn> {
        self.opening.iter().chain(self.dialogues.iter().flatten()).chain(&self.closing)
    }
}

impl Turn {
    /// Writes the entry as the API answers it.
    pub fn value(&self) -> Value {
        json!({
            "speaker": self.speaker,
            "text": self.text,
            "timestamp": self.at,
            "timestamp_str": minutes(self.at),
        })
    }
}

/// Writes seconds as `MM:SS`.
pub fn minutes(seconds: f64) -> String {
    let seconds = seconds as u64;
    format!("{:02}:{:02}", seconds / 60, seconds % 60)
}

/// Invents a conversation that agrees with the scores.
pub fn hold(candidate: &Candidate<'_>) -> Conversation {
    let mut talk = Talk { candidate, rng: candidate.choices(Purpose::Conversation), at: 0.0 };
    // Some people say little about any question.
    let talkative = between(&mut talk.rng, 0.3, 1.0);
    let opening = talk.opening();
    let scores = web::assess(candidate).scores;
    let dialogues = candidate
        .posting
        .questions_for("voice")
        .zip(&scores)
        .map(|(question, &score)| talk.dialogue(question, score, talkative))
        .collect();
    Conversation { opening, dialogues, closing: talk.closing() }
}

/// A conversation while it is invented.
struct Talk<'a> {
    candidate: &'a Candidate<'a>,
    rng: Rng,
    at: f64,
}

impl Talk<'_> {
    fn opening(&mut self) -> Vec<Turn> {
        let posting = self.candidate.posting;
        let welcome = format!(
            "Hello {}, I am {} and I will ask you some questions about the position of {}. Are you ready?",
            self.candidate.person.name,
            posting.interviewer,
            posting.title(),
        );
        vec![
            self.says("System", "The candidate has joined the interview.".to_owned()),
            self.says("Interviewer", welcome),
            self.says("Candidate", "Yes, I am ready.".to_owned()),
        ]
    }

    fn dialogue(&mut self, question: &Question, score: u8, talkative: f64) -> Vec<Turn> {
        let follow_ups = 1 + (4.0 * talkative * self.rng.f64()).round() as usize;
        let sentences = 1 + (3.0 * talkative).round() as usize;
        let mut turns = vec![
            self.says("Interviewer", question.text().to_owned()),
            self.answers(score, sentences + 1),
        ];
        let first = self.rng.usize(..FOLLOW_UPS.len());
        for follow_up in FOLLOW_UPS.iter().cycle().skip(first).take(follow_ups) {
            turns.push(self.says("Interviewer", (*follow_up).to_owned()));
            turns.push(self.answers(score, sentences));
        }
        turns
    }

    fn closing(&mut self) -> Vec<Turn> {
        vec![
            self.says("Interviewer", "Those were all my questions. Thank you!".to_owned()),
            self.says("Candidate", "Thank you, goodbye.".to_owned()),
        ]
    }

    fn answers(&mut self, score: u8, sentences: usize) -> Turn {
        let text = answer(&mut self.rng, self.candidate.posting.role, score, sentences);
        self.says("Candidate", text)
    }

    fn says(&mut self, speaker: &'static str, text: String) -> Turn {
        let at = rounded(self.at, 2);
        let length = text.chars().count() as f64 / CHARACTERS_PER_SECOND;
        self.at += length + between(&mut self.rng, 0.4, 3.0);
        Turn { speaker, text, at }
    }
}
