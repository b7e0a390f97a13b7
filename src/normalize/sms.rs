//! The block `sms`: criteria and messages.

use super::fields::Fields;
use crate::records::{SmsCriterion, SmsMessage, SmsScreening};

/// The rows of the three tables.
#[derive(Debug, Default)]
pub struct Rows {
    pub screening: Vec<SmsScreening>,
    pub criteria: Vec<SmsCriterion>,
    pub messages: Vec<SmsMessage>,
}

/// Reads the block. Returns no rows when the posting has no SMS conversation.
pub fn read(fields: &mut Fields<'_>) -> Rows {
    fields.object("sms", block).unwrap_or_default()
}

fn block(fields: &mut Fields<'_>) -> Rows {
    fields.skip("object");
    fields.require(&["interview_id", "is_eligible", "confidence"]);
    let criteria = fields.list("criteria", criterion);
    let messages = fields.list("transcript", message);
    let screening = SmsScreening {
        agent_interview_id: fields.text("interview_id"),
        is_eligible: fields.boolean("is_eligible"),
        confidence: fields.number("confidence"),
        messages_sent: fields.integer("messages_sent"),
        messages_received: fields.integer("messages_received"),
        extra: fields.extra(),
    };
    Rows { screening: vec![screening], criteria, messages }
}

fn criterion(position: i32, fields: &mut Fields<'_>) -> SmsCriterion {
    fields.require(&["criteria_id", "criteria_text", "passed", "confidence"]);
    SmsCriterion {
        position,
        criteria_id: fields.text("criteria_id"),
        criteria_text: fields.text("criteria_text"),
        passed: fields.boolean("passed"),
        confidence: fields.number("confidence"),
        is_dealbreaker: fields.boolean_or("is_dealbreaker", false),
        reasons: fields.texts("reasons"),
        extra: fields.extra(),
    }
}

fn message(position: i32, fields: &mut Fields<'_>) -> SmsMessage {
    fields.require(&["role", "text"]);
    SmsMessage {
        position,
        role: fields.text("role"),
        text: fields.text("text"),
        sent_at: fields.time("timestamp"),
        extra: fields.extra(),
    }
}
