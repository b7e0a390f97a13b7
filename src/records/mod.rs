//! Ids, deliveries, and one struct per analyst table: what the normaliser makes and the store writes.

mod delivery;
mod ids;
mod integrity;
mod interviews;
mod notices;
mod postings;
mod screenings;
mod table;
mod web_interviews;

pub use delivery::Delivery;
pub use ids::{InterviewId, PostingId, WorkspaceId};
pub use integrity::{IntegrityFinding, IntegrityReport, IntegrityTranscriptReference};
pub(crate) use interviews::result_tables;
pub use interviews::{
    AgentSummary, Candidate, Interview, InterviewChange, Listing, Results, Standing, StepStanding,
    Workflow, WorkflowStep, WorkflowStepChange,
};
pub use notices::{Notice, Problem};
pub use postings::{Posting, PostingRow, PostingStep, Question, Workspace};
pub use screenings::{
    FormAnswer, FormScreening, ResumeEligibilityCriterion, ResumeScoreCriterion, ResumeScreening,
    SmsCriterion, SmsMessage, SmsScreening,
};
pub use table::{Cell, Column, Record};
pub use web_interviews::{
    ScorecardQuestion, ScorecardTranscriptEntry, TranscriptEntry, WebInterview,
};
