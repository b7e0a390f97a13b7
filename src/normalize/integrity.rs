//! The block `cheat_detection`: one report, and one finding per instance of any detector.

use super::fields::Fields;
use crate::records::{IntegrityFinding, IntegrityReport, IntegrityTranscriptReference};

/// The rows of the three tables.
#[derive(Debug, Default)]
pub struct Rows {
    pub report: Vec<IntegrityReport>,
    pub findings: Vec<IntegrityFinding>,
    pub references: Vec<IntegrityTranscriptReference>,
}

/// Reads the block. Returns no rows when there is no report.
pub fn read(fields: &mut Fields<'_>) -> Rows {
    fields.object("cheat_detection", block).unwrap_or_default()
}

fn block(fields: &mut Fields<'_>) -> Rows {
    let mut rows = Rows::default();
    fields.skip("object");
    let web = fields.inline("web_interview", |fields| web_interview(fields, &mut rows));
    let resume = fields.inline("resume", |fields| {
        fields.inline("gpt_detection", |fields| resume(fields, &mut rows))
    });
    rows.report.push(IntegrityReport {
        overall_ranking: fields.integer("overall_ranking"),
        overall_confidence: fields.number("overall_confidence"),
        enabled: fields.boolean("enabled"),
        threshold: fields.integer("threshold"),
        types: fields.texts("types"),
        resume_detection_version: resume.version,
        resume_detection_scan_id: resume.scan_id,
        resume_detection_neat_version: resume.neat_version,
        resume_detection_editor_document_id: resume.editor_document_id,
        extra: fields.extra(),
        ..web
    });

    rows
}

/// The detectors of the web interview. The report's other columns stay empty.
fn web_interview(fields: &mut Fields<'_>, rows: &mut Rows) -> IntegrityReport {
    let mut report = IntegrityReport::default();
    fields.inline("cheat_detection_result", |fields| cheating(fields, &mut report, rows));
    fields.inline("llm_detection_result", |fields| generated(fields, &mut report, rows));
    fields.inline("unusual_delay_detection", |fields| delays(fields, &mut report, rows));
    report.tab_switch_detection = fields.json("tab_switch_detection");
    fields.inline("interview_integrity", |fields| recording(fields, &mut report, rows));
    report.integrity_analysis_v2 = fields.json("integrity_analysis_v2");
    report
}

fn cheating(fields: &mut Fields<'_>, report: &mut IntegrityReport, rows: &mut Rows) {
    report.cheating_detected = fields.boolean("cheating_detected");
    report.cheating_confidence = fields.number("cheating_confidence");

    fields.list("cheating_instances", |_, fields| {
        fields.require(&["reasoning"]);
        let finding_position = rows.next_position();
        let references = fields.list("transcript_references", |position, fields| {
            fields.require(&["user_friendly_timestamp", "text", "actual_timestamp"]);
            IntegrityTranscriptReference {
                finding_position,
                position,
                text: fields.text("text"),
                offset_seconds: fields.number("actual_timestamp"),
                offset_label: fields.text("user_friendly_timestamp"),
                extra: fields.extra(),
            }
        });
        rows.references.extend(references);
        rows.findings.push(IntegrityFinding {
            reasoning: fields.text("reasoning"),
            extra: fields.extra(),
            ..finding(finding_position, "cheating")
        });
    });
}

fn generated(fields: &mut Fields<'_>, report: &mut IntegrityReport, rows: &mut Rows) {
    report.llm_generated_detected = fields.boolean("llm_generated_detected");
    report.llm_detection_confidence = fields.number("detection_confidence");
    fields.inline("gptzero_metrics", |fields| {
        report.gptzero_completely_generated_probability =
            fields.number("completely_generated_probability");
        report.gptzero_overall_ai_score = fields.number("overall_ai_score");
        report.gptzero_average_generated_probability =
            fields.number("average_generated_probability");
    });

    fields.list("llm_detected_segments", |_, fields| {
        fields.require(&["segment_text", "segment_confidence", "reasoning"]);
        rows.findings.push(IntegrityFinding {
            confidence: fields.number("segment_confidence"),
            reasoning: fields.text("reasoning"),
            segment_text: fields.text("segment_text"),
            extra: fields.extra(),
            ..finding(rows.next_position(), "llm_generated")
        });
    });
}

fn delays(fields: &mut Fields<'_>, report: &mut IntegrityReport, rows: &mut Rows) {
    report.delay_detected = fields.boolean("delay_detected");
    report.delay_confidence = fields.number("delay_confidence");
    report.delay_overall_score = fields.number("overall_score");
    report.delay_confidence_level = fields.number("confidence_level");
    fields.list("unusual_delay_instances", |_, fields| rows.open("unusual_delay", fields));
}

fn recording(fields: &mut Fields<'_>, report: &mut IntegrityReport, rows: &mut Rows) {
    report.interview_integrity_job_id = fields.text("job_id");
    report.interview_integrity_status = fields.text("status");
    report.interview_integrity_filename = fields.text("filename");
    report.interview_integrity_file_type = fields.text("file_type");
    report.interview_integrity_created_at = fields.iso_time("created_at");
    report.interview_integrity_updated_at = fields.iso_time("updated_at");
    report.interview_integrity_result = fields.json("result");
    report.interview_integrity_error = fields.text("error");
    report.interview_integrity_comprehensive = fields.json("comprehensive");

    fields.inline("aggregated", |fields| {
        fields.list("movements", |_, fields| {
            fields.require(&["type"]);
            rows.findings.push(IntegrityFinding {
                kind: fields.text("type"),
                confidence: fields.number("confidence"),
                image: fields.text("image"),
                recording_offset: fields.number("timestamp"),
                extra: fields.extra(),
                ..finding(rows.next_position(), "movement")
            });
        });
    });
}

/// The fields of the resume check itself.
struct ResumeDetection {
    version: Option<String>,
    scan_id: Option<String>,
    neat_version: Option<String>,
    editor_document_id: Option<String>,
}

fn resume(fields: &mut Fields<'_>, rows: &mut Rows) -> ResumeDetection {
    fields.list("documents", |_, fields| rows.open("resume_document", fields));
    ResumeDetection {
        version: fields.text("version"),
        scan_id: fields.text("scanId"),
        neat_version: fields.text("neatVersion"),
        editor_document_id: fields.text("editorDocumentId"),
    }
}

impl Rows {
    fn next_position(&self) -> i32 {
        i32::try_from(self.findings.len() + 1).unwrap_or(i32::MAX)
    }

    /// Adds a finding whose shape the contract leaves open. It is kept unchanged.
    fn open(&mut self, detector: &str, fields: &mut Fields<'_>) {
        self.findings.push(IntegrityFinding {
            details: Some(fields.rest()),
            ..finding(self.next_position(), detector)
        });
    }
}

fn finding(position: i32, detector: &str) -> IntegrityFinding {
    IntegrityFinding { position, detector: detector.to_owned(), ..IntegrityFinding::default() }
}
