//! Questions and criteria of a posting, in all modalities.

use fastrand::Rng;
use serde_json::{Value, json};

use super::{
    posting::{Agent, Posting},
    role::{COMMON_VOICE, Role, Voice},
};

/// A question or criterion of one posting.
#[derive(Debug)]
pub struct Question {
    pub id: String,
    pub rank: usize,
    pub kind: Kind,
}

/// The question and its modality.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Voice { voice: &'static Voice, weight: u8, scored: bool },
    Sms(&'static Sms),
    Form(&'static Form),
    Eligibility(&'static str),
    Scoring { text: &'static str, weight: u8 },
    Tag(&'static Tag),
}

/// A question of the text-message screening.
#[derive(Debug)]
pub struct Sms {
    pub text: &'static str,
    pub dealbreaker: bool,
    pub good: &'static str,
    pub bad: &'static str,
    expected: Expected,
}

#[derive(Debug)]
enum Expected {
    Yes,
    AtLeast(i64),
}

/// A question of the form.
#[derive(Debug)]
pub struct Form {
    pub text: &'static str,
    pub format: &'static str,
    pub knockout: bool,
    pub expected: Option<&'static str>,
    pub good: &'static [&'static str],
    pub bad: &'static [&'static str],
    /// The fields that only this format has.
    detail: fn() -> Value,
}

/// A value to be extracted from the web interview.
#[derive(Debug)]
pub struct Tag {
    text: &'static str,
    format: &'static str,
    pub options: &'static [&'static str],
}

const SMS: &[Sms] = &[
    Sms {
        text: "Can you start within two weeks?",
        dealbreaker: true,
        good: "Yes, I can 👍",
        bad: "No, I have three months' notice",
        expected: Expected::Yes,
    },
    Sms {
        text: "How many years have you done similar work?",
        dealbreaker: true,
        good: "4 years",
        bad: "None so far, sorry",
        expected: Expected::AtLeast(1),
    },
    Sms {
        text: "Could you work at weekends from time to time?",
        dealbreaker: false,
        good: "Sure",
        bad: "I'd rather not",
        expected: Expected::Yes,
    },
    Sms {
        text: "Do you have a way to get to us before seven in the morning?",
        dealbreaker: false,
        good: "Yes, by bike",
        bad: "Not really, the first bus is at 7:10",
        expected: Expected::Yes,
    },
];

const FORM: &[Form] = &[
    Form {
        text: "Are you authorized to work in this country?",
        format: "multiple-choice",
        knockout: true,
        expected: Some("Yes"),
        good: &["Yes"],
        bad: &["No"],
        detail: || json!({ "mcq_type": "single", "operator": "eq" }),
    },
    Form {
        text: "How many years of experience do you have?",
        format: "number",
        knockout: true,
        expected: Some("1"),
        good: &["1", "2", "3", "5", "8", "12"],
        bad: &["0"],
        detail: || json!({ "operator": "gte" }),
    },
    Form {
        text: "Which shift do you prefer?",
        format: "dropdown",
        knockout: false,
        expected: None,
        good: &["Early", "Late", "Night"],
        bad: &[],
        detail: || {
            let choice = |shift: &str| json!({ "label": shift, "value": shift.to_lowercase() });
            json!({ "dropdown_values": [choice("Early"), choice("Late"), choice("Night")] })
        },
    },
    Form {
        text: "Please upload your certificates.",
        format: "file-upload",
        knockout: false,
        expected: None,
        good: &["certificates.pdf", "scan.png"],
        bad: &[],
        detail: || json!({ "file_types": ["pdf", "png"], "allow_multiple_files": true }),
    },
    Form {
        text: "How far would you travel to work, in kilometers?",
        format: "slider",
        knockout: false,
        expected: None,
        good: &["5", "10", "25", "40"],
        bad: &[],
        detail: || json!({ "slider_min": 0.0, "slider_max": 50.0, "slider_step": 5.0, "operator": "minimum" }),
    },
    Form {
        text: "When could you start?",
        format: "date",
        knockout: false,
        expected: None,
        good: &["2027-01-04", "2027-02-01"],
        bad: &[],
        detail: || json!({}),
    },
    Form {
        text: "Is there anything else we should know?",
        format: "textarea",
        knockout: false,
        expected: None,
        good: &["I am looking forward to it.", "No, thank you.\nSee you soon!", ""],
        bad: &[],
        detail: || json!({}),
    },
];

const TAGS: &[Tag] = &[
    Tag {
        text: "Open to relocation",
        format: "text",
        options: &["open to relocation", "stays local"],
    },
    Tag { text: "Languages spoken", format: "freeform", options: &["Spanish", "French", "Urdu"] },
    Tag { text: "Earliest start", format: "date", options: &["January", "February", "at once"] },
    Tag {
        text: "Years of experience",
        format: "number",
        options: &["1 year", "3 years", "8 years"],
    },
];

/// The kinds of questions, as the API names them.
pub const MODALITIES: &[&str] =
    &["voice", "sms", "form", "resume_eligibility", "resume_scoring", "voice_tags"];

/// The fields that only some modalities use. In the others they are null.
const OPTIONAL_FIELDS: &[&str] = &[
    "evaluation_criteria",
    "score_of_1",
    "score_of_5",
    "score_weight",
    "not_scored",
    "question_type",
    "min_follow_ups",
    "max_follow_ups",
    "additional_instructions",
    "post_processing_evaluation_criteria",
    "expected_answer",
    "expected_value",
    "is_dealbreaker",
    "answer",
    "is_knockout",
    "dropdown_values",
    "is_answer_mandated",
    "mcq_type",
    "operator",
    "file_types",
    "allow_multiple_files",
    "slider_min",
    "slider_max",
    "slider_step",
    "response_format",
    "instructions",
    "options",
    "structured_config",
];

/// Invents the questions that a posting's agents ask.
pub fn invent(rng: &mut Rng, role: &'static Role, agents: &[Agent]) -> Vec<Question> {
    let mut questions: Vec<Question> = Vec::new();
    for kind in agents.iter().flat_map(|agent| kinds(rng, role, *agent)).collect::<Vec<_>>() {
        let same = questions.iter().filter(|question| question.modality() == kind.modality());
        let rank = same.count() + 1;
        questions.push(Question { id: format!("{:08X}", rng.u32(..)), rank, kind });
    }
    questions
}

fn kinds(rng: &mut Rng, role: &'static Role, agent: Agent) -> Vec<Kind> {
    match agent {
        Agent::Form => FORM.iter().map(Kind::Form).collect(),
        Agent::Sms => SMS.iter().map(Kind::Sms).collect(),
        Agent::Resume => {
            let eligibility = role.eligibility.iter().map(|text| Kind::Eligibility(text));
            let scoring =
                role.scoring.iter().map(|text| Kind::Scoring { text, weight: rng.u8(3..=9) });
            eligibility.chain(scoring).collect()
        }
        Agent::WebInterview => {
            let asked = COMMON_VOICE.iter().chain(role.voice);
            // The first question is for the arrival and is not scored.
            let voice = asked.enumerate().map(|(position, voice)| Kind::Voice {
                voice,
                weight: rng.u8(3..=9),
                scored: position > 0,
            });
            voice.chain(TAGS.iter().map(Kind::Tag)).collect()
        }
    }
}

impl Kind {
    fn modality(self) -> &'static str {
        match self {
            Self::Voice { .. } => "voice",
            Self::Sms(_) => "sms",
            Self::Form(_) => "form",
            Self::Eligibility(_) => "resume_eligibility",
            Self::Scoring { .. } => "resume_scoring",
            Self::Tag(_) => "voice_tags",
        }
    }

    /// The fields that only this kind has.
    fn detail(self) -> Value {
        match self {
            Self::Voice { voice, weight, scored } => json!({
                "evaluation_criteria": evaluation_criteria(voice),
                "score_of_1": voice.low,
                "score_of_5": voice.middle,
                "score_weight": weight,
                "not_scored": !scored,
                "question_type": if scored { "scored" } else { "open-ended" },
                "min_follow_ups": 1,
                "max_follow_ups": 4,
                "additional_instructions": "Ask for an example when there is none.",
                "post_processing_evaluation_criteria": "Ignore accents and small talk.",
                "structured_config": { "silence_seconds": 4, "hints": [voice.topic] },
            }),
            Self::Sms(sms) => match sms.expected {
                Expected::Yes => json!({
                    "question_type": "YES_NO",
                    "expected_answer": "yes",
                    "is_dealbreaker": sms.dealbreaker,
                }),
                Expected::AtLeast(years) => json!({
                    "question_type": "NUMERIC",
                    "expected_value": years,
                    "is_dealbreaker": sms.dealbreaker,
                }),
            },
            Self::Form(form) => form.fields(),
            Self::Eligibility(_) => json!({}),
            Self::Scoring { weight, .. } => json!({ "score_weight": weight }),
            Self::Tag(tag) => json!({
                "response_format": tag.format,
                "instructions": "Take the candidate's own words.",
                "options": tag.options,
            }),
        }
    }
}

impl Form {
    fn fields(&self) -> Value {
        let mut fields = (self.detail)();
        fields["question_type"] = json!(self.format);
        fields["is_knockout"] = json!(self.knockout);
        fields["is_answer_mandated"] = json!(self.format != "textarea");
        fields["answer"] = json!(self.expected);
        fields
    }
}

impl Question {
    /// The modality's name in the API.
    pub fn modality(&self) -> &'static str {
        self.kind.modality()
    }

    /// The text of the question or the criterion.
    pub fn text(&self) -> &'static str {
        match self.kind {
            Kind::Voice { voice, .. } => voice.text,
            Kind::Sms(sms) => sms.text,
            Kind::Form(form) => form.text,
            Kind::Eligibility(text) | Kind::Scoring { text, .. } => text,
            Kind::Tag(tag) => tag.text,
        }
    }

    /// Writes the question as the API answers it.
    pub fn value(&self, posting: &Posting) -> Value {
        let mut question = json!({
            "object": "question",
            "id": self.id,
            "posting_id": posting.id,
            "modality": self.modality(),
            "text": self.text(),
            "rank": self.rank,
            "created_at": posting.created_at,
            "updated_at": posting.created_at,
        });
        let detail = self.kind.detail();
        for field in OPTIONAL_FIELDS {
            question[field] = detail.get(field).cloned().unwrap_or_default();
        }
        question
    }
}

/// The criteria by which a voice question is scored.
pub fn evaluation_criteria(voice: &Voice) -> String {
    format!("Judge {}: concrete examples, own part, results.", voice.topic)
}
