//! The columns of every table and view.

use super::{Classes, classes};

/// Each table and view of ours, the views of schema `heymilo_analyst` apart: these are made from here.
pub const COLUMNS: &[Classes] = classes! {
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
        Fact: workspace_id interview_id kind due_at attempt is_refreshed last_error;
        Identifier: link_digest link;
    }
    "heymilo_sync.removed_contents" {
        Fact: removed_at;
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
    "heymilo.transcripts" {
        Fact: workspace_id posting_id interview_id channel position speaker offset_seconds sent_at;
        Conversation: text;
    }
    "heymilo_bi.interview_summary" {
        Fact: workspace_id interview_id posting_id posting_title source status started completed
            knocked_out decision shortlisted dismissed invited_at interviewed_at last_activity_at
            decided_at score match_score speech_score resume_score resume_is_eligible
            sms_is_eligible form_status integrity_enabled integrity_ranking;
    }
    "heymilo_bi.interview_steps" {
        Fact: workspace_id interview_id posting_id posting_title position step_order step_id
            step_type status entered completed knocked_out invited_at last_updated_at;
    }
    "heymilo_bi.funnel" {
        Fact: workspace_id posting_id posting_title step_order step_id step_type interviews entered
            completed knocked_out unfinished conversion_rate passed_rate is_small;
    }
    "heymilo_bi.completion_by_week" {
        Fact: workspace_id posting_id posting_title week_invited invited started completed
            knocked_out never_started unfinished completion_rate drop_off_rate may_still_change
            is_small;
    }
    "heymilo_bi.step_durations" {
        Fact: workspace_id posting_id posting_title step_order step_id step_type finished
            timed_in_step p50_minutes_in_step p90_minutes_in_step timed_from_previous
            p50_hours_from_previous p90_hours_from_previous timed_from_invitation
            p50_hours_from_invitation p90_hours_from_invitation is_small;
    }
    "heymilo_bi.weekly_throughput" {
        Fact: workspace_id posting_id posting_title week invited interviewed shortlisted dismissed;
    }
    "heymilo_bi.decision_backlog" {
        Fact: workspace_id posting_id posting_title interview_id score invited_at waiting_since
            waiting_since_from waiting_days;
    }
    "heymilo_bi.criteria" {
        Fact: workspace_id posting_id posting_title interview_id kind position criteria_id
            criteria_text is_knockout passed score confidence;
    }
    "heymilo_bi.knockout_reasons" {
        Fact: workspace_id posting_id posting_title kind criteria_id criteria_text knocked_out
            only_reason share is_small;
    }
    "heymilo_bi.criterion_statistics" {
        Fact: workspace_id posting_id posting_title kind criteria_id criteria_text is_knockout
            applied decided passed pass_rate mean_score mean_confidence p10_confidence is_small;
    }
    "heymilo_bi.score_distribution" {
        Fact: workspace_id posting_id posting_title interview_id measure score scale_max tenth;
    }
    "heymilo_bi.question_statistics" {
        Fact: workspace_id posting_id posting_title question_id question_text answers mean_score
            standard_deviation median_score difficulty compared discrimination is_small;
    }
    "heymilo_bi.resume_against_interview" {
        Fact: workspace_id posting_id posting_title interviews mean_resume_score mean_match_score
            correlation slope intercept is_small;
    }
    "heymilo_bi.shortlist_by_decile" {
        Fact: workspace_id posting_id posting_title decile lowest_score highest_score interviews
            shortlisted dismissed undecided shortlist_rate is_small;
    }
    "heymilo_bi.integrity_signals" {
        Fact: workspace_id posting_id posting_title signal enabled judged detected detected_rate
            is_small;
    }
    "heymilo_bi.source_quality" {
        Fact: workspace_id posting_id posting_title source invited started completed knocked_out
            shortlisted dismissed completion_rate shortlist_rate scored mean_score median_score
            is_small;
    }
    "heymilo_bi.freshness" {
        Fact: workspace_id as_of minutes_behind complete_as_of first_copy_left last_poll_at
            last_delivery_at last_answer_at key_refused_at waiting_interviews oldest_waiting_at
            failed_interviews;
    }
    "heymilo_bi.reconciliation" {
        Fact: workspace_id posting_id posting_title counted_at heymilo_candidates our_candidates
            candidates_difference heymilo_completed our_completed completed_difference
            not_compared_yet differs_since removed_interviews;
    }
    "heymilo_bi.search_lag" {
        Fact: workspace_id interviews oldest_fetched_at lag_seconds;
    }
    "heymilo_demographics.interview_groups" {
        Fact: workspace_id posting_id posting_title interview_id dimension group_name is_provided
            assessed decision score;
    }
    "heymilo_demographics.selection_rates" {
        Fact: workspace_id posting_id posting_title dimension group_name assessed selected undecided
            selection_rate impact_ratio below_four_fifths is_small purpose;
    }
    "heymilo_demographics.scoring_rates" {
        Fact: workspace_id posting_id posting_title dimension group_name median_score scored
            above_median scoring_rate impact_ratio below_four_fifths is_small purpose;
    }
    "heymilo_sync.inbox" {
        Fact: delivery_id workspace_id received_at method content_type interview_ids posting_id
            receipt_id content_encoding content_bytes;
        Open: query body shape;
    }
    "heymilo_sync.jobs" {
        Fact: workspace_id interview_id urgency generation due_at enqueued_at event_types is_known
            is_unlisted repeats looks attempt deaths last_error failed_at missed_at missing_since
            loss_since traceparent state;
    }
    "heymilo_sync.repeats" {
        Fact: workspace_id interview_id repeats answered_at event_types;
    }
    "heymilo_sync.cursors" {
        Fact: workspace_id list posting_id due_at asked_at polled_at swept_at page_after run_since
            run_began_at pages stats confirmed_at stats_at stats_until differs_since hastened_at
            failed_at looks deaths;
    }
    "heymilo_sync.first_copies" {
        Fact: workspace_id completed_at;
    }
    "heymilo_sync.without_results" {
        Fact: workspace_id interview_id is_due;
    }
    "heymilo_sync.copying" {
        Fact: workspace_id lists_left interviews_left interviews;
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
        Fact: workspace_id epoch beat_at alive_until released_at sent used told_limit requests_per_minute paused_until
            in_hand held_since lent;
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
    "heymilo_sync.demographic_attributes" {
        Fact: workspace_id attribute path;
    }
    "heymilo_sync.search_documents" {
        Fact: workspace_id interview_id posting_id language is_cut fetched_at indexed_at;
        Conversation: document;
    }
    "heymilo_sync.salts" {
        Fact: only_row salt;
    }
    "heymilo_sync.privacy_log" {
        Fact: entry_id workspace_id logged_at action reason asked_for interviews people removed hash;
        Identifier: done_by;
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
