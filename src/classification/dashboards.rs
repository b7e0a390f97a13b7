//! The columns of the views for dashboards, which hold only facts.

use super::{Classes, classes};

/// Each view of `heymilo_bi` and `heymilo_demographics`.
pub const DASHBOARDS: &[Classes] = classes! {
    "heymilo_bi.interview_facts" {
        Fact: workspace_id interview_id interview_key posting_id posting_title posting_label
            person_key source department location requisition status outcome is_started
            is_completed is_knocked_out decision was_decided_before_sync invited_at invited_week
            interviewed_at completed_at completed_at_source decided_at last_activity_at
            hours_to_interview hours_to_decision interview_minutes score score_at_decision
            match_score speech_score resume_score is_resume_eligible is_sms_eligible form_status
            is_integrity_enabled integrity_ranking current_step_key current_step_order;
    }
    "heymilo_bi.step_facts" {
        Fact: workspace_id interview_id interview_key step_fact_key posting_id posting_title
            posting_label department location requisition step_key step_id step_order step_type
            is_entered is_completed is_knocked_out invited_at invited_week started_at finished_at
            minutes_in_step hours_since_previous hours_since_invitation;
    }
    "heymilo_bi.criterion_facts" {
        Fact: workspace_id interview_id interview_key criterion_fact_key posting_id posting_title
            posting_label department location requisition invited_at invited_week kind position
            criteria_id criteria_text is_knockout is_passed criterion_score confidence
            is_knockout_reason;
    }
    "heymilo_bi.question_answer_facts" {
        Fact: workspace_id interview_id interview_key answer_fact_key posting_id posting_title
            posting_label department location requisition invited_at invited_week interviewed_at
            position question_id question_key question_text is_scored answer_score score_weight
            mean_score_of_others;
    }
    "heymilo_bi.integrity_signal_facts" {
        Fact: workspace_id interview_id interview_key signal_fact_key posting_id posting_title
            posting_label department location requisition invited_at invited_week interviewed_at
            signal is_detected;
    }
    "heymilo_bi.tag_facts" {
        Fact: workspace_id interview_id interview_key tag_fact_key posting_id posting_title
            posting_label department location requisition invited_at invited_week interviewed_at
            tag;
    }
    "heymilo_bi.decision_facts" {
        Fact: workspace_id interview_id interview_key posting_id posting_title posting_label source
            department location requisition outcome decision was_decided_before_sync invited_at
            invited_week completed_at decided_at decided_week hours_to_decision score_at_decision;
    }
    "heymilo_bi.posting_dimension" {
        Fact: workspace_id posting_id posting_key posting_title posting_label department location
            requisition posting_status is_archived language created_at deadline_at review_url;
    }
    "heymilo_bi.person_dimension" {
        Fact: workspace_id person_key interview_count posting_count first_invited_at
            last_invited_at;
    }
    "heymilo_demographics.weekly_groups" {
        Fact: workspace_id posting_id posting_title posting_label department location requisition
            invited_week dimension group_name is_provided assessed_count decided_count
            selected_count scored_count above_median_count purpose;
    }
    "heymilo_demographics.selection_rates" {
        Fact: scope workspace_id posting_id posting_title posting_label dimension group_name
            assessed_count decided_count selected_count undecided_count selection_rate impact_ratio
            is_below_four_fifths p_value decided_selection_rate decided_impact_ratio
            is_decided_below_four_fifths decided_p_value is_small is_below_two_percent purpose;
    }
    "heymilo_demographics.scoring_rates" {
        Fact: scope workspace_id posting_id posting_title posting_label dimension group_name
            scored_count above_median_count scoring_rate impact_ratio is_below_four_fifths p_value
            is_small is_below_two_percent purpose;
    }
    "heymilo_bi.completion_by_week" {
        Fact: workspace_id posting_id posting_title posting_label department location requisition
            invited_week invited_count started_count completed_count knocked_out_count
            never_started_count unfinished_count decided_under_way_count dropped_count
            shortlisted_count dismissed_count completion_rate drop_off_rate may_still_change
            is_small;
    }
    "heymilo_bi.workspace_funnel" {
        Fact: workspace_id posting_id posting_title posting_label department location requisition
            invited_week stage stage_order interview_count;
    }
    "heymilo_bi.funnel" {
        Fact: workspace_id posting_id posting_title posting_label department location requisition
            invited_week step_key step_id step_order step_type interview_count entered_count
            completed_count knocked_out_count unfinished_count conversion_rate passed_rate is_small;
    }
    "heymilo_bi.step_durations" {
        Fact: workspace_id posting_id posting_title posting_label step_key step_id step_order
            step_type finished_count timed_in_step_count p50_minutes_in_step p90_minutes_in_step
            timed_since_previous_count p50_hours_since_previous p90_hours_since_previous
            timed_since_invitation_count p50_hours_since_invitation p90_hours_since_invitation
            is_small;
    }
    "heymilo_bi.weekly_throughput" {
        Fact: workspace_id posting_id posting_title posting_label department location requisition
            week invited_count interviewed_count shortlisted_count dismissed_count;
    }
    "heymilo_bi.decision_backlog" {
        Fact: workspace_id interview_id interview_key posting_id posting_title posting_label source
            department location requisition score invited_at invited_week waiting_since
            waiting_since_source waiting_days review_url;
    }
    "heymilo_bi.stuck_candidates" {
        Fact: workspace_id interview_id interview_key posting_id posting_title posting_label source
            department location requisition invited_at invited_week last_activity_at idle_days
            step_order step_type review_url;
    }
    "heymilo_bi.knockout_reasons" {
        Fact: workspace_id posting_id posting_title posting_label department location requisition
            invited_week kind criteria_id criteria_text knocked_out_count
            knocked_out_by_this_alone_count all_knocked_out_count;
    }
    "heymilo_bi.criterion_statistics" {
        Fact: workspace_id posting_id posting_title posting_label department location requisition
            invited_week kind criterion_key criteria_id criteria_text is_knockout applied_count
            decided_count passed_count pass_rate scored_count criterion_score_sum
            mean_criterion_score confident_count confidence_sum mean_confidence unsure_count
            is_small;
    }
    "heymilo_bi.score_distribution" {
        Fact: workspace_id posting_id posting_title posting_label department location requisition
            invited_week measure scale_max tenth interview_count;
    }
    "heymilo_bi.weekly_question_scores" {
        Fact: workspace_id posting_id posting_title posting_label department location requisition
            invited_week question_key question_id question_text answer_count answer_score_sum
            answer_score_square_sum compared_count compared_score_sum compared_score_square_sum
            others_score_sum others_score_square_sum score_product_sum;
    }
    "heymilo_bi.question_statistics" {
        Fact: workspace_id posting_id posting_title posting_label question_key question_id
            question_text answer_count mean_answer_score standard_deviation difficulty
            compared_count discrimination is_small;
    }
    "heymilo_bi.resume_against_interview" {
        Fact: workspace_id posting_id posting_title posting_label interview_count mean_resume_score
            mean_match_score correlation slope intercept is_small;
    }
    "heymilo_bi.shortlist_by_decile" {
        Fact: workspace_id posting_id posting_title posting_label department location requisition
            invited_week decile lowest_score highest_score interview_count shortlisted_count
            dismissed_count undecided_count shortlist_rate is_small;
    }
    "heymilo_bi.integrity_signals" {
        Fact: workspace_id posting_id posting_title posting_label department location requisition
            invited_week signal enabled_count judged_count detected_count detected_rate is_small;
    }
    "heymilo_bi.source_quality" {
        Fact: workspace_id posting_id posting_title posting_label department location requisition
            invited_week source invited_count started_count completed_count knocked_out_count
            shortlisted_count dismissed_count scored_count score_sum completion_rate shortlist_rate
            mean_score is_small;
    }
    "heymilo_bi.week_dimension" {
        Fact: workspace_id week;
    }
    "heymilo_bi.selection_by_group" {
        Fact: workspace_id posting_id posting_title posting_label department location requisition
            invited_week dimension group_name is_provided assessed_count decided_count
            selected_count scored_count above_median_count purpose;
    }
    "heymilo_bi.freshness" {
        Fact: workspace_id as_of minutes_behind complete_as_of first_copy_left last_poll_at
            last_delivery_at last_answer_at key_refused_at waiting_interviews oldest_waiting_at
            failed_interviews figures_due_since figures_minutes_behind;
    }
    "heymilo_bi.reconciliation" {
        Fact: workspace_id posting_id posting_title counted_at heymilo_candidates our_candidates
            candidates_difference heymilo_completed our_completed completed_difference
            not_compared_yet differs_since removed_interviews;
    }
    "heymilo_bi.search_lag" {
        Fact: workspace_id interviews oldest_fetched_at lag_seconds;
    }
};
