//! Postings: their steps, their questions and their form in the API.

use serde_json::{Value, json};

use super::{
    clock::to_millis,
    question::{self, Question},
    role::{ROLES, Role},
    seed::{Purpose, Seed, pick},
};

const DAY: f64 = 86_400.0;

/// The agent of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agent {
    Form,
    Resume,
    Sms,
    WebInterview,
}

impl Agent {
    fn name(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::Resume => "resume",
            Self::Sms => "conversational_sms",
            Self::WebInterview => "web_interview",
        }
    }

    fn config(self) -> Value {
        match self {
            Self::Form => json!({ "knockout_enabled": true }),
            Self::Resume => json!({ "threshold": 60, "file_types": ["pdf", "docx"] }),
            Self::Sms => json!({ "reminders": 2, "quiet_hours": { "from": 21, "to": 8 } }),
            Self::WebInterview => json!({ "max_duration_minutes": 30, "video": true }),
        }
    }
}

/// Whether answers are checked for cheating.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detection {
    Unconfigured,
    Disabled,
    Enabled,
}

/// The properties in which postings differ.
struct Shape {
    role: usize,
    agents: &'static [Agent],
    status: &'static str,
    test: bool,
    detection: Detection,
    /// Its share of the candidates. Only active postings get new ones.
    weight: usize,
}

const SHAPES: &[Shape] = &[
    Shape {
        role: 0,
        agents: &[Agent::Form, Agent::Resume, Agent::Sms, Agent::WebInterview],
        status: "active",
        test: false,
        detection: Detection::Enabled,
        weight: 6,
    },
    Shape {
        role: 1,
        agents: &[Agent::WebInterview],
        status: "active",
        test: false,
        detection: Detection::Enabled,
        weight: 8,
    },
    Shape {
        role: 2,
        agents: &[Agent::Resume, Agent::Sms],
        status: "active",
        test: false,
        detection: Detection::Unconfigured,
        weight: 4,
    },
    Shape {
        role: 3,
        agents: &[Agent::Form, Agent::Sms, Agent::WebInterview],
        status: "active",
        test: false,
        detection: Detection::Disabled,
        weight: 6,
    },
    Shape {
        role: 4,
        agents: &[Agent::Resume, Agent::WebInterview],
        status: "expired",
        test: false,
        detection: Detection::Enabled,
        weight: 3,
    },
    Shape {
        role: 1,
        agents: &[Agent::WebInterview],
        status: "active",
        test: true,
        detection: Detection::Unconfigured,
        weight: 1,
    },
    Shape {
        role: 2,
        agents: &[Agent::Form],
        status: "draft",
        test: false,
        detection: Detection::Unconfigured,
        weight: 0,
    },
    Shape {
        role: 0,
        agents: &[Agent::Form, Agent::WebInterview],
        status: "archived",
        test: false,
        detection: Detection::Enabled,
        weight: 2,
    },
];

/// A step of a posting's workflow.
#[derive(Debug)]
pub struct Step {
    pub id: String,
    pub agent: Agent,
}

/// A posting. It does not change with time.
#[derive(Debug)]
pub struct Posting {
    pub id: String,
    pub role: &'static Role,
    pub steps: Vec<Step>,
    pub questions: Vec<Question>,
    pub detection: Detection,
    pub weight: usize,
    pub interviewer: &'static str,
    status: &'static str,
    test: bool,
    /// Distinguishes repeated shapes. `None` in the first round.
    place: Option<&'static str>,
    pub created_at: f64,
}

impl Posting {
    /// Invents the posting with this index in a simulation that starts at `start`.
    pub fn new(seed: Seed, index: usize, start: f64) -> Self {
        let mut rng = seed.choices(index as u64, Purpose::Posting);
        let shape = &SHAPES[index % SHAPES.len()];
        let round = index / SHAPES.len();
        let role = &ROLES[(shape.role + round) % ROLES.len()];
        let id = format!("{:08X}", rng.u32(..));
        let steps = shape
            .agents
            .iter()
            .enumerate()
            .map(|(order, &agent)| Step { id: format!("agent_{id}_{:02}", order + 1), agent });

        Self {
            steps: steps.collect(),
            questions: question::invent(&mut rng, role, shape.agents),
            role,
            detection: shape.detection,
            weight: shape.weight,
            interviewer: pick(&mut rng, &["Milo", "Sarah", "Alex"]),
            status: shape.status,
            test: shape.test,
            place: (round > 0)
                .then(|| pick(&mut rng, &["Lisbon", "Denver", "Leeds", "Osaka", "Accra"])),
            created_at: to_millis(start - DAY * (60.0 + 20.0 * rng.f64())),
            id,
        }
    }

    /// Whether candidates are still invited.
    pub fn is_active(&self) -> bool {
        self.status == "active"
    }

    /// The title, with the place when several postings are alike.
    pub fn title(&self) -> String {
        self.place.map_or_else(
            || self.role.title.to_owned(),
            |place| format!("{} ({place})", self.role.title),
        )
    }

    /// The name in addresses.
    pub fn name(&self) -> String {
        format!("{}-{}", self.role.slug, self.id.to_lowercase())
    }

    /// The questions of one kind, in their order.
    pub fn questions_for(&self, modality: &'static str) -> impl Iterator<Item = &Question> {
        self.questions.iter().filter(move |question| question.modality() == modality)
    }

    /// Writes the short form.
    pub fn summary(&self) -> Value {
        json!({
            "object": "posting_summary",
            "id": self.id,
            "title": self.title(),
            "name": self.name(),
        })
    }

    /// Writes the posting as the API answers it.
    pub fn value(&self) -> Value {
        let mut posting = json!({
            "object": "posting",
            "id": self.id,
            "company_id": "comp_example",
            "title": self.title(),
            "name": self.name(),
            "language": if self.test { "en-US" } else { "en" },
            "interviewer_name": self.interviewer,
            "status": self.status,
            "finalized": self.status != "draft",
            "archived": self.status == "archived",
            "test_posting": self.test,
            "workflow": self.workflow(),
            "urls": {
                "candidate_url": format!("https://candidates.example.com/{}", self.name()),
                "ingestion_url_key": format!("in{}", self.id.to_lowercase()),
                "review_url": format!("https://admin.example.com/postings/{}", self.id),
            },
            "deadline": (!self.is_active()).then_some(self.created_at + 60.0 * DAY),
            "ats_metadata": (self.weight > 4).then(|| json!({
                "ats_name": "workable",
                "ats_job_id": format!("WK-{}", &self.id[..5]),
                "source": "job_sync",
            })),
            "metadata": { "department": self.role.team, "cost_center": "4200" },
            "created_at": self.created_at,
            "updated_at": self.created_at + 2.0 * DAY,
        });

        let settings = self.settings();
        for (key, value) in settings.as_object().into_iter().flatten() {
            posting[key] = value.clone();
        }
        posting
    }

    fn workflow(&self) -> Vec<Value> {
        (1..)
            .zip(&self.steps)
            .map(|(order, step)| {
                json!({
                    "id": step.id,
                    "type": step.agent.name(),
                    "order": order,
                    "config": step.agent.config(),
                })
            })
            .collect()
    }

    /// The settings of a recruiter. A draft has none yet.
    fn settings(&self) -> Value {
        let description =
            format!("We are looking for a {} for our {}.", self.role.title, self.role.team);
        if self.status == "draft" {
            return json!({ "description": description });
        }

        json!({
            "description": description,
            "redirect_url": "https://www.example.com/thank-you",
            "scheduling_url": "https://calendar.example.com/interview",
            "max_retakes": 1,
            "retake_cooldown_days": 30.0,
            "allow_sms_comms": self.steps.iter().any(|step| step.agent == Agent::Sms),
            "instructions": "Be friendly, ask one question at a time.",
            "company_overview": "An invented company of two hundred people.",
            "job_overview": format!("You will join the {}.", self.role.team),
            "interview_process_overview": "One conversation, then a call with the team.",
            "company_overview_delivery_mode": "verbatim",
            "job_overview_delivery_mode": "summarized",
            "interview_process_overview_delivery_mode": "on_request",
            "phone_number_id": "phone_1",
            "sender_email_id": "sender_1",
            "email_template_group_id": "emails_1",
            "design_template_group_id": "design_1",
            "email_report_to_candidate": false,
        })
    }
}
