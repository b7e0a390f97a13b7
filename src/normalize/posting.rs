//! A posting with the steps of its workflow.

use serde_json::Value;

use super::{Answer, Normalized, fields::Fields, notices::Notices};
use crate::records::{Posting, PostingId, PostingRow, PostingStep};

/// The posting of a list item. `None` when the item has no usable id.
pub fn id_of_posting(answer: &Answer) -> Option<PostingId> {
    PostingId::new(answer.id("id")?)
}

/// Turns a posting into records.
pub fn posting(asked: &PostingId, answer: Answer) -> Normalized<Posting> {
    let mut notices = Notices::default();
    let mut fields = answer.fields(&mut notices);
    let mut unstated = Vec::new();

    for (name, default) in [
        ("language", Value::from("en")),
        ("allow_sms_comms", Value::from(false)),
        ("email_report_to_candidate", Value::from(false)),
    ] {
        if fields.fill(name, default) {
            unstated.push(name);
        }
    }
    let records = Posting {
        posting_id: asked.clone(),
        unstated,
        steps: fields.list("workflow", step),
        row: row(asked, &mut fields),
    };

    Normalized { records, notices: notices.into_vec() }
}

fn row(asked: &PostingId, fields: &mut Fields<'_>) -> PostingRow {
    fields.skip("object");
    fields.require(&["id", "company_id", "title", "description", "status"]);
    fields.require(&["finalized", "archived", "test_posting"]);
    fields.check_id("id", asked.as_str());
    let (candidate_url, ingestion_url_key, review_url) = fields.inline("urls", |urls| {
        (urls.text("candidate_url"), urls.text("ingestion_url_key"), urls.text("review_url"))
    });

    PostingRow {
        company_id: fields.text("company_id"),
        title: fields.text("title"),
        name: fields.text("name"),
        description: fields.text("description"),
        language: fields.text("language"),
        interviewer_name: fields.text("interviewer_name"),
        status: fields.text("status"),
        finalized: fields.boolean("finalized"),
        archived: fields.boolean("archived"),
        test_posting: fields.boolean("test_posting"),
        candidate_url,
        ingestion_url_key,
        review_url,
        deadline_at: fields.time("deadline"),
        redirect_url: fields.text("redirect_url"),
        scheduling_url: fields.text("scheduling_url"),
        max_retakes: fields.integer("max_retakes"),
        retake_cooldown_days: fields.number("retake_cooldown_days"),
        allow_sms_comms: fields.boolean("allow_sms_comms"),
        email_report_to_candidate: fields.boolean("email_report_to_candidate"),
        instructions: fields.text("instructions"),
        company_overview: fields.text("company_overview"),
        company_overview_delivery_mode: fields.text("company_overview_delivery_mode"),
        job_overview: fields.text("job_overview"),
        job_overview_delivery_mode: fields.text("job_overview_delivery_mode"),
        interview_process_overview: fields.text("interview_process_overview"),
        interview_process_overview_delivery_mode: fields
            .text("interview_process_overview_delivery_mode"),
        phone_number_id: fields.text("phone_number_id"),
        sender_email_id: fields.text("sender_email_id"),
        email_template_group_id: fields.text("email_template_group_id"),
        design_template_group_id: fields.text("design_template_group_id"),
        ats_metadata: fields.json("ats_metadata"),
        metadata: fields.json("metadata"),
        created_at: fields.time("created_at"),
        updated_at: fields.time("updated_at"),
        extra: fields.extra(),
    }
}

fn step(position: i32, fields: &mut Fields<'_>) -> PostingStep {
    fields.require(&["type", "order"]);
    PostingStep {
        position,
        step_id: fields.text("id"),
        step_type: fields.text("type"),
        step_order: fields.integer("order"),
        config: fields.json("config"),
        extra: fields.extra(),
    }
}
