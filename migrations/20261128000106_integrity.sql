-- What the detectors of cheating say.

create table heymilo.integrity_reports (
    workspace_id                             text not null,
    interview_id                             text not null,
    overall_ranking                          bigint,
    overall_confidence                       double precision,
    enabled                                  boolean,
    threshold                                bigint,
    types                                    text[],
    cheating_detected                        boolean,
    cheating_confidence                      double precision,
    llm_generated_detected                   boolean,
    llm_detection_confidence                 double precision,
    gptzero_completely_generated_probability double precision,
    gptzero_overall_ai_score                 double precision,
    gptzero_average_generated_probability    double precision,
    delay_detected                           boolean,
    delay_confidence                         double precision,
    delay_overall_score                      double precision,
    delay_confidence_level                   double precision,
    tab_switch_detection                     jsonb,
    integrity_analysis_v2                    jsonb,
    interview_integrity_job_id               text,
    interview_integrity_status               text,
    interview_integrity_filename             text,
    interview_integrity_file_type            text,
    interview_integrity_created_at           timestamptz,
    interview_integrity_updated_at           timestamptz,
    interview_integrity_result               jsonb,
    interview_integrity_error                text,
    interview_integrity_comprehensive        jsonb,
    resume_detection_version                 text,
    resume_detection_scan_id                 text,
    resume_detection_neat_version            text,
    resume_detection_editor_document_id      text,
    extra                                    jsonb,
    constraint integrity_reports_pkey primary key (interview_id, workspace_id)
);

comment on table heymilo.integrity_reports is
    'One row per interview with an integrity report. enabled says whether detection was on at all: use it as the denominator of every rate.';
comment on column heymilo.integrity_reports.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.integrity_reports.interview_id is
    'The interview the row belongs to.';
comment on column heymilo.integrity_reports.overall_ranking is
    'Overall judgement from 1 (no sign of cheating) to 5 (strong signs). NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.overall_confidence is
    'How sure the detectors are, 0.0 to 1.0. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.enabled is
    'Whether detection was switched on for the posting. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.threshold is
    'From which confidence on the posting reports a sign, 0 to 100. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.types is
    'The kinds of detection that were switched on. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.cheating_detected is
    'Whether the conversation shows signs of cheating (web_interview.cheat_detection_result in the API). NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.cheating_confidence is
    'How sure the AI is of it, 0.0 to 1.0. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.llm_generated_detected is
    'Whether answers seem to come from a language model (web_interview.llm_detection_result in the API). NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.llm_detection_confidence is
    'How sure the AI is of it, 0.0 to 1.0. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.gptzero_completely_generated_probability is
    'GPTZero''s probability that the whole was generated, 0.0 to 1.0. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.gptzero_overall_ai_score is
    'How much of the text GPTZero takes for generated, all together: 0.0 to 1.0. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.gptzero_average_generated_probability is
    'GPTZero''s mean probability over the sentences, 0.0 to 1.0. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.delay_detected is
    'Whether answers came unusually late (web_interview.unusual_delay_detection in the API). NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.delay_confidence is
    'How sure the AI is of it, 0.0 to 1.0. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.delay_overall_score is
    'How suspicious the pauses before answers are, all together: 0.0 to 1.0. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.delay_confidence_level is
    'How sure the detector of delays is, all together: 0.0 to 1.0. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.tab_switch_detection is
    'What was found about leaving the interview''s browser tab: open JSON. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.integrity_analysis_v2 is
    'The newer analysis of the recording: open JSON. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.interview_integrity_job_id is
    'Analysis of the recording: HeyMilo''s id of the analysis. This column and the next eight are web_interview.interview_integrity in the API. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.interview_integrity_status is
    'Analysis of the recording: how far it is. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.interview_integrity_filename is
    'Analysis of the recording: name of the analysed file. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.interview_integrity_file_type is
    'Analysis of the recording: type of the analysed file. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.interview_integrity_created_at is
    'Analysis of the recording: when it was asked for. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.interview_integrity_updated_at is
    'Analysis of the recording: when it last changed. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.interview_integrity_result is
    'Analysis of the recording: its result, open JSON. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.interview_integrity_error is
    'Analysis of the recording: what went wrong. NULL when nothing did.';
comment on column heymilo.integrity_reports.interview_integrity_comprehensive is
    'Analysis of the recording: its comprehensive result, open JSON. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.resume_detection_version is
    'Check of the resume for generated text: version of the detector. This column and the next three are resume.gpt_detection in the API. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.resume_detection_scan_id is
    'Check of the resume: id of the scan. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.resume_detection_neat_version is
    'Check of the resume: readable version of the detector. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.resume_detection_editor_document_id is
    'Check of the resume: id of the document at the detector. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_reports.extra is
    'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.integrity_findings (
    workspace_id     text not null,
    interview_id     text not null,
    position         integer not null,
    detector         text not null,
    kind             text,
    confidence       double precision,
    reasoning        text,
    segment_text     text,
    image            text,
    recording_offset double precision,
    details          jsonb,
    extra            jsonb,
    constraint integrity_findings_pkey primary key (interview_id, workspace_id, position)
);

comment on table heymilo.integrity_findings is
    'One row per instance that any detector reports, in the order of the answer.';
comment on column heymilo.integrity_findings.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.integrity_findings.interview_id is
    'The interview the row belongs to.';
comment on column heymilo.integrity_findings.position is
    'Place in HeyMilo''s answer, from 1.';
comment on column heymilo.integrity_findings.detector is
    'Which detector: cheating, llm_generated, unusual_delay, movement (from the recording) or resume_document (the resume''s check for generated text).';
comment on column heymilo.integrity_findings.kind is
    'Kind of movement, in HeyMilo''s word. NULL for other detectors.';
comment on column heymilo.integrity_findings.confidence is
    'How sure the detector is, 0.0 to 1.0, for llm_generated and movement. NULL for other detectors.';
comment on column heymilo.integrity_findings.reasoning is
    'The AI''s reasons. Free text about a person. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_findings.segment_text is
    'The passage that seems generated (llm_generated only). Personal data. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_findings.image is
    'For movement: link to the picture in which it was seen. NULL when there is none. Personal data.';
comment on column heymilo.integrity_findings.recording_offset is
    'For movement: how far into the interview it was seen, in seconds (timestamp in the API). NULL for other detectors.';
comment on column heymilo.integrity_findings.details is
    'The whole instance where HeyMilo leaves its shape open: unusual_delay and resume_document. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_findings.extra is
    'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';

create table heymilo.integrity_transcript_references (
    workspace_id     text not null,
    interview_id     text not null,
    finding_position integer not null,
    position         integer not null,
    text             text,
    offset_seconds   double precision,
    offset_label     text,
    extra            jsonb,
    constraint integrity_transcript_references_pkey primary key (interview_id, workspace_id, finding_position, position)
);

comment on table heymilo.integrity_transcript_references is
    'The turns of the conversation that a finding of the detector cheating points at, one row each.';
comment on column heymilo.integrity_transcript_references.workspace_id is
    'The workspace the row belongs to.';
comment on column heymilo.integrity_transcript_references.interview_id is
    'The interview the row belongs to.';
comment on column heymilo.integrity_transcript_references.finding_position is
    'The finding: refers to integrity_findings.position.';
comment on column heymilo.integrity_transcript_references.position is
    'Place of the reference in the finding, from 1.';
comment on column heymilo.integrity_transcript_references.text is
    'What was said. Personal data. NULL when HeyMilo gives none.';
comment on column heymilo.integrity_transcript_references.offset_seconds is
    'How far into the interview it was said, in seconds (actual_timestamp in the API). NULL when HeyMilo gives none.';
comment on column heymilo.integrity_transcript_references.offset_label is
    'The same in readable form (user_friendly_timestamp in the API). NULL when HeyMilo gives none.';
comment on column heymilo.integrity_transcript_references.extra is
    'Fields HeyMilo sends that have no column yet, or values of an unexpected type, as JSON. NULL when there are none.';
