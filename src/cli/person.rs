//! The arguments with which a command names a person.

use std::env;

use clap::{ArgGroup, Args};

use super::scope;
use crate::{records::InterviewId, store::erasures::Named};

#[derive(Debug, Args)]
#[group(multiple = false)]
pub struct Who {
    /// The person with this id, with all their interviews.
    #[arg(long, value_name = "ID", value_parser = scope::word)]
    candidate: Option<String>,
    /// Every person with this e-mail address, with all their interviews.
    #[arg(long, value_name = "ADDRESS", value_parser = scope::address)]
    email: Option<String>,
    /// Only this interview, and its person if they have no other.
    #[arg(long, value_name = "ID", value_parser = scope::interview_id)]
    interview: Option<InterviewId>,
}

impl Who {
    /// The same in the form that the store uses.
    pub fn named(&self) -> Named {
        Named {
            candidate_id: self.candidate.clone(),
            email: self.email.clone(),
            interview_id: self.interview.as_ref().map(ToString::to_string),
        }
    }
}

/// The argument group of a command that needs a person.
pub fn required() -> ArgGroup {
    ArgGroup::new("whom").required(true).args(["candidate", "email", "interview"])
}

/// The name for the log: the one given, or else the user of the command.
pub fn actor(by: Option<String>) -> Option<String> {
    by.or_else(|| env::var("USER").ok()).filter(|by| !by.is_empty())
}
