//! The columns of every table, and of the views that are not for dashboards.

use super::{Classes, classes};

/// Each table and view of `heymilo` and `heymilo_sync`. The views of `heymilo_analyst` are made
/// from this list.
pub const TABLES: &[Classes] = classes! {
    "heymilo.workspaces" {
        Fact: workspace_id heymilo_workspace_id title first_synced_at synced_at;
        Open: extra;
    }
    "heymilo.postings" {
        Fact: workspace_id posting_id company_id title name description language interviewer_name
            status finalized archived test_posting candidate_url review_url deadline_at redirect_url
            scheduling_url max_retakes retake_cooldown_days allow_sms_comms
            email_report_to_candidate instructions company_overview company_overview_delivery_mode
            job_overview job_overview_delivery_mode interview_process_overview
            interview_process_overview_delivery_mode phone_number_id sender_email_id
            email_template_group_id design_template_group_id ats_metadata metadata created_at
            updated_at first_synced_at synced_at deleted_at;
        Identifier: ingestion_url_key;
        Open: extra;
    }
    "heymilo.posting_steps" {
        Fact: workspace_id posting_id position step_id step_type step_order config;
        Open: extra;
    }
    "heymilo.questions" {
        Fact: workspace_id posting_id position question_id modality question_text question_type rank
            evaluation_criteria score_1_description score_5_description score_weight not_scored
            min_follow_ups max_follow_ups instructions additional_instructions
            post_processing_evaluation_criteria expected_answer expected_value answer operator
            is_knockout is_dealbreaker is_answer_mandated response_format mcq_type options
            dropdown_values file_types allow_multiple_files slider_min slider_max slider_step
            structured_config created_at updated_at;
        Open: extra;
    }
    "heymilo.candidates" {
        Fact: workspace_id candidate_id observed_at first_synced_at synced_at;
        Identifier: name email;
    }
    "heymilo.interviews" {
        Fact: workspace_id interview_id posting_id candidate_id status score workflow_complete
            last_activity_at shortlisted dismissed invited_at interviewed_at results_ready listed_at
            fetched_at first_synced_at synced_at deleted_at;
        Identifier: candidate_name candidate_email interview_url metadata data;
        Open: extra list_extra;
    }
    "heymilo.agent_summaries" {
        Fact: workspace_id interview_id resume_score resume_is_eligible web_interview_score
            sms_is_eligible sms_criteria_passed sms_criteria_failed sms_messages_sent
            form_is_complete form_is_eligible form_questions_answered form_total_questions;
        Identifier: resume_url audio_recording_url video_recording_url;
        FreeText: web_interview_highlights;
        Open: extra;
    }
    "heymilo.files" {
        Identifier: workspace_id interview_id kind link_digest state reason sha256 bytes media_type
            first_seen_at last_seen_at kept_at;
    }
    "heymilo_sync.downloads" {
        Fact: workspace_id interview_id kind due_at attempt is_refreshed last_error waiting_since;
        Identifier: link_digest link;
    }
    "heymilo_sync.unclaimed_contents" {
        Fact: due_at;
        Identifier: sha256;
    }
    "heymilo.workflow_steps" {
        Fact: workspace_id interview_id position step_id step_order status started completed
            knocked_out last_updated_at;
        Open: extra;
    }
    "heymilo.interview_changes" {
        Fact: workspace_id interview_id field observed_at old_value new_value changed_at
            first_observation;
    }
    "heymilo.workflow_step_changes" {
        Fact: workspace_id interview_id position observed_at step_id old_status new_status
            changed_at first_observation;
    }
    "heymilo.web_interviews" {
        Fact: workspace_id interview_id agent_interview_id match_score speech_score;
        Identifier: audio_recording_url video_recording_url;
        FreeText: highlights lowlights tags;
        Open: extra;
    }
    "heymilo.scorecard_questions" {
        Fact: workspace_id interview_id position question_id question_text score score_weight
            not_scored rank evaluation_criteria score_1_description score_5_description;
        FreeText: evaluation_summary;
        Open: extra;
    }
    "heymilo.scorecard_transcript_entries" {
        Fact: workspace_id interview_id question_position position speaker offset_seconds
            offset_label;
        Conversation: text;
        Open: extra;
    }
    "heymilo.transcript_entries" {
        Fact: workspace_id interview_id position speaker offset_seconds offset_label;
        Conversation: text;
        Open: extra;
    }
    "heymilo.resume_screenings" {
        Fact: workspace_id interview_id agent_interview_id overall_score is_eligible;
        Identifier: resume_url;
        Open: extra;
    }
    "heymilo.resume_score_criteria" {
        Fact: workspace_id interview_id position criteria_id criteria_text score confidence;
        FreeText: reasons;
        Open: extra;
    }
    "heymilo.resume_eligibility_criteria" {
        Fact: workspace_id interview_id position criteria_id criteria_text passed confidence;
        FreeText: reasons;
        Open: extra;
    }
    "heymilo.sms_screenings" {
        Fact: workspace_id interview_id agent_interview_id is_eligible confidence messages_sent
            messages_received;
        Open: extra;
    }
    "heymilo.sms_criteria" {
        Fact: workspace_id interview_id position criteria_id criteria_text passed confidence
            is_dealbreaker;
        FreeText: reasons;
        Open: extra;
    }
    "heymilo.sms_messages" {
        Fact: workspace_id interview_id position role sent_at;
        Conversation: text;
        Open: extra;
    }
    "heymilo.form_screenings" {
        Fact: workspace_id interview_id agent_interview_id overall_status;
        Open: extra;
    }
    "heymilo.form_answers" {
        Fact: workspace_id interview_id position question_id question_text question_type is_knockout
            passed expected_answer;
        Identifier: candidate_answer;
        Open: extra;
    }
    "heymilo.integrity_reports" {
        Fact: workspace_id interview_id overall_ranking overall_confidence enabled threshold types
            cheating_detected cheating_confidence llm_generated_detected llm_detection_confidence
            gptzero_completely_generated_probability gptzero_overall_ai_score
            gptzero_average_generated_probability delay_detected delay_confidence
            delay_overall_score delay_confidence_level interview_integrity_job_id
            interview_integrity_status interview_integrity_file_type interview_integrity_created_at
            interview_integrity_updated_at resume_detection_version resume_detection_scan_id
            resume_detection_neat_version resume_detection_editor_document_id;
        Identifier: interview_integrity_filename;
        FreeText: interview_integrity_error;
        Open: tab_switch_detection integrity_analysis_v2 interview_integrity_result
            interview_integrity_comprehensive extra;
    }
    "heymilo.integrity_findings" {
        Fact: workspace_id interview_id position detector kind confidence recording_offset;
        Identifier: image;
        FreeText: reasoning;
        Conversation: segment_text;
        Open: details extra;
    }
    "heymilo.integrity_transcript_references" {
        Fact: workspace_id interview_id finding_position position offset_seconds offset_label;
        Conversation: text;
        Open: extra;
    }
    "heymilo.interview_outcomes" {
        Fact: workspace_id interview_id posting_id person_key source department location
            requisition status is_started is_completed is_knocked_out decision
            was_decided_before_sync invited_at interviewed_at completed_at completed_at_source
            decided_at last_activity_at interview_minutes score score_at_decision match_score
            speech_score resume_score is_resume_eligible is_sms_eligible form_status
            is_integrity_enabled integrity_ranking current_step_key current_step_order;
    }
    "heymilo.step_outcomes" {
        Fact: workspace_id interview_id step_key posting_id invited_at step_id step_order
            is_entered is_completed is_knocked_out started_at finished_at minutes_in_step
            hours_since_previous hours_since_invitation;
    }
    "heymilo.transcripts" {
        Fact: workspace_id posting_id interview_id channel position speaker offset_seconds sent_at;
        Conversation: text;
    }
    "heymilo_sync.inbox" {
        Fact: delivery_id workspace_id received_at method content_type interview_ids posting_id
            receipt_id content_encoding content_bytes;
        Open: query body shape;
    }
    "heymilo_sync.jobs" {
        Fact: workspace_id interview_id urgency generation due_at enqueued_at event_types is_known
            is_unlisted repeats looks attempt marks last_error failed_at missed_at missing_since
            loss_since traceparent state;
    }
    "heymilo_sync.repeats" {
        Fact: workspace_id interview_id repeats answered_at event_types;
    }
    "heymilo_sync.cursors" {
        Fact: workspace_id list posting_id due_at asked_at polled_at scanned_at page_after run_since
            run_began_at pages stats confirmed_at stats_at stats_until differs_since hastened_at
            failed_at looks marks;
    }
    "heymilo_sync.first_copies" {
        Fact: workspace_id completed_at;
    }
    "heymilo_sync.held_interviews" {
        Fact: workspace_id interview_id;
    }
    "heymilo_sync.without_results" {
        Fact: workspace_id interview_id is_due;
    }
    "heymilo_sync.copying" {
        Fact: workspace_id lists_left interviews_left;
    }
    "heymilo_sync.snapshots" {
        Fact: workspace_id kind subject_id version posting_id fingerprint results_fingerprint
            body_bytes fetched_at seen_at number redacted_at is_applied written_at;
        Open: body;
    }
    "heymilo_sync.notices" {
        Fact: workspace_id kind subject_id path problem expected found occurrences noticed_at;
    }
    "heymilo_sync.connections" {
        Fact: workspace_id succeeded_at refused_at refused_because down_at down_because
            other_workspace_at unidentified_at;
    }
    "heymilo_sync.backfills" {
        Fact: workspace_id posting_id since until last_interview_id;
    }
    "heymilo_sync.owners" {
        Fact: workspace_id epoch owner host program is_daemon daemon_at taken_at;
    }
    "heymilo_sync.heartbeats" {
        Fact: workspace_id epoch beat_at alive_until released_at sent used stated_limit requests_per_minute paused_until
            in_flight held_since lent;
    }
    "heymilo_sync.waiting" {
        Fact: workspace_id process is_daemon owned is_refused until;
    }
    "heymilo_sync.loans" {
        Fact: workspace_id borrower requests_per_minute until granted_until;
    }
    "heymilo_sync.refreshes" {
        Fact: workspace_id began_at last_interview_id round_began_at;
    }
    "heymilo_sync.reporting" {
        Fact: only_row time_zone;
    }
    "heymilo_sync.dimensions" {
        Fact: workspace_id dimension path;
    }
    "heymilo_sync.figures_due" {
        Fact: due_id workspace_id posting_id due_since;
    }
    "heymilo_sync.known_postings" {
        Fact: workspace_id posting_id posting_title posting_label is_hidden department location
            requisition;
    }
    "heymilo_sync.known_steps" {
        Fact: workspace_id posting_id step_key step_type step_order is_knockout_enabled;
    }
    "heymilo_sync.known_questions" {
        Fact: workspace_id posting_id question_id question_text;
    }
    "heymilo_sync.signals" {
        Fact: workspace_id interview_id signal is_detected;
    }
    "heymilo_sync.verdicts" {
        Fact: workspace_id interview_id kind step_type position criteria_id criteria_text
            is_knockout is_passed criterion_score confidence;
    }
    "heymilo_sync.cohorts" {
        Fact: cohort_id workspace_id posting_id invited_week department location requisition
            cohort_key invited_count started_count completed_count knocked_out_count
            never_started_count unfinished_count decided_under_way_count dropped_count
            shortlisted_count dismissed_count figured_at;
    }
    "heymilo_sync.step_figures" {
        Fact: cohort_id step_key step_id step_order interview_count entered_count completed_count
            knocked_out_count;
    }
    "heymilo_sync.criterion_figures" {
        Fact: cohort_id kind criterion_key criteria_id criteria_text is_knockout applied_count
            decided_count passed_count scored_count criterion_score_sum confident_count
            confidence_sum unsure_count knocked_out_count knocked_out_by_this_alone_count;
    }
    "heymilo_sync.question_figures" {
        Fact: cohort_id question_key question_id question_text answer_count answer_score_sum
            answer_score_square_sum compared_count compared_score_sum compared_score_square_sum
            others_score_sum others_score_square_sum score_product_sum;
    }
    "heymilo_sync.signal_figures" {
        Fact: cohort_id signal enabled_count judged_count detected_count;
    }
    "heymilo_sync.score_figures" {
        Fact: cohort_id measure tenth interview_count;
    }
    "heymilo_sync.decile_figures" {
        Fact: cohort_id decile lowest_score highest_score interview_count shortlisted_count
            dismissed_count;
    }
    "heymilo_sync.group_figures" {
        Fact: cohort_id dimension group_name is_provided assessed_count decided_count
            selected_count scored_count above_median_count;
    }
    "heymilo_sync.duration_figures" {
        Fact: duration_id workspace_id posting_id step_key step_id step_order finished_count
            timed_in_step_count p50_minutes_in_step p90_minutes_in_step timed_since_previous_count
            p50_hours_since_previous p90_hours_since_previous timed_since_invitation_count
            p50_hours_since_invitation p90_hours_since_invitation;
    }
    "heymilo_sync.demographic_attributes" {
        Fact: workspace_id attribute path;
    }
    "heymilo_sync.source_figures" {
        Fact: cohort_id source_key source invited_count started_count completed_count
            knocked_out_count shortlisted_count dismissed_count scored_count score_sum;
    }
    "heymilo_sync.weekly_figures" {
        Fact: weekly_id workspace_id posting_id department location requisition week invited_count
            interviewed_count shortlisted_count dismissed_count;
    }
    "heymilo_sync.search_documents" {
        Fact: workspace_id interview_id posting_id language is_cut fetched_at indexed_at;
        Conversation: document;
    }
    "heymilo_sync.salts" {
        Fact: only_row salt;
    }
    "heymilo_sync.privacy_log" {
        Fact: entry_id workspace_id logged_at action reason asked_for interviews people removed again_of
            request_id due_at hold_id hash;
        Identifier: done_by;
    }
    "heymilo_sync.erasure_requests" {
        Fact: request_id workspace_id requested_at due_at asked_for done_at entry_id;
        Identifier: requested_by subject;
    }
    "heymilo_sync.holds" {
        Fact: hold_id workspace_id asked_for held_at released_at;
        Identifier: subject held_by released_by;
        FreeText: reason release_reason;
    }
    "heymilo_sync.retention_runs" {
        Fact: workspace_id setting first_run_at last_run_at last_removed total_removed;
    }
    "heymilo_sync.gone_confirmations" {
        Fact: workspace_id interview_id confirmed_at;
    }
    "heymilo_sync.tombstones" {
        Fact: key_id workspace_id reason entry_id buried_at;
        Identifier: digest;
    }
    "heymilo_sync.tombstone_versions" {
        Fact: only_row tombstone_version;
    }
    "heymilo_sync.registrations" {
        Fact: workspace_id wanted registered noted_at;
    }
    "heymilo_sync.removed_interviews" {
        Fact: workspace_id posting_id interviews completed;
    }
    "heymilo_sync.turns" {
        Fact: workspace_id interview_id conversation position speaker;
        Conversation: text;
    }
    "heymilo_sync.search_due" {
        Fact: workspace_id interview_id fetched_at;
    }
    "heymilo_sync.column_classes" {
        Fact: relation column_name class;
    }
    "heymilo_sync.migrations" {
        Fact: version description installed_on success checksum execution_time;
    }
};
