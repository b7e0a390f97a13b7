"""What the dashboard shows: metrics of each dataset, and charts on four tabs. `generate` makes the bundle of it."""

TITLE = 'HeyMilo'
SLUG = 'heymilo'

# One colour per meaning, in every chart.
COLOURS = {
    'Invited': '#8a9bb0',
    'Started': '#5f8fc4',
    'Interviewed': '#3b6ea8',
    'Completed': '#2f8f6b',
    'Completion rate': '#2f8f6b',
    'Shortlisted': '#1a6650',
    'Shortlist rate': '#1a6650',
    'Dismissed': '#9c6b8e',
    'Knocked out': '#c4553b',
    'Unfinished': '#e3b04b',
    'In the step': '#e3b04b',
    'Never started': '#c9ced6',
    'Interviews': '#3b6ea8',
    'Detected': '#c4553b',
    'Cheating': '#c4553b',
    'LLM generated': '#9c6b8e',
    'Movement': '#8a9bb0',
    'Overall': '#3b6ea8',
    'Tab switch': '#e3b04b',
    'Unusual delay': '#2f8f6b',
}

RATE, COUNT, ONE, TWO = '.1%', ',d', ',.1f', '.2f'


def rate(part, whole):
    return f'heymilo_bi.rate(SUM({part}), SUM({whole}))'


def median(column, condition='TRUE'):
    return f'PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY {column}) FILTER (WHERE {condition})'


def group_rates(part, whole):
    """Rate, impact ratio and p of a group against the best group of its dimension that is not small."""
    value = rate(part, whole)
    best = (f'OVER (PARTITION BY dimension ORDER BY BOOL_AND(NOT is_provided), SUM({whole}) < 30, '
            f'{value} DESC NULLS LAST)')
    first = f'FIRST_VALUE(SUM({part})) {best}, FIRST_VALUE(SUM({whole})) {best}'
    provided = 'BOOL_AND(is_provided)'
    return (
        f'CASE WHEN {provided} THEN {value} END',
        f'CASE WHEN {provided} THEN {value} / NULLIF(FIRST_VALUE({value}) {best}, 0) END',
        f'CASE WHEN {provided} THEN heymilo_bi.two_proportion_p(SUM({part}), SUM({whole}), {first}) END',
    )


# Single attributes before those that are combined, and groups without an answer last.
GROUP_ORDER = (
    "MIN(CASE WHEN dimension LIKE '% x %' THEN 2 ELSE 1 END || dimension "
    "|| CASE WHEN is_provided THEN 1 ELSE 2 END || group_name)"
)
ASSESSED = group_rates('selected_count', 'assessed_count')
DECIDED = group_rates('selected_count', 'decided_count')
SCORED = group_rates('above_median_count', 'scored_count')


def words(column):
    """A word of HeyMilo's as people write it: llm_generated becomes LLM generated."""
    return (
        f"CASE SPLIT_PART({column}, '_', 1) WHEN 'llm' THEN 'LLM' WHEN 'sms' THEN 'SMS' "
        f"ELSE INITCAP(SPLIT_PART({column}, '_', 1)) END "
        f"|| COALESCE(REPLACE(SUBSTRING({column} FROM '_.*'), '_', ' '), '')"
    )


def small(count):
    return f"CASE WHEN SUM({count}) < 30 THEN 'fewer than 30' ELSE '' END"


# Dataset: its time column, and its metrics with label, expression and format.
DATASETS = {
    'interview_facts': ('invited_at', {
        'interviews': ('Interviews', 'COUNT(*)', COUNT),
        'people': ('People', 'COUNT(DISTINCT person_key)', COUNT),
        'completion_rate': ('Completion rate', 'heymilo_bi.rate(COUNT(*) FILTER (WHERE is_completed), COUNT(*))', RATE),
        'median_days_to_interview': ('Median days to interview', median('hours_to_interview / 24'), ONE),
        'median_days_to_decision': ('Median days to decision', median('hours_to_decision / 24'), ONE),
        'shortlist_rate': (
            'Shortlist rate',
            "heymilo_bi.rate(COUNT(*) FILTER (WHERE decision = 'shortlisted'), COUNT(decision))", RATE),
        'mean_score': ('Mean score', 'AVG(score)', ONE),
        'both_scores': ('Interviews with both scores', 'COUNT(*) FILTER (WHERE resume_score + match_score IS NOT NULL)', COUNT),
        'resume_correlation': ('Correlation', 'CORR(match_score, resume_score)', TWO),
        'resume_slope': ('Points of interview per point of resume', 'REGR_SLOPE(match_score, resume_score)', TWO),
        'median_minutes': ('Median minutes of interview', median('interview_minutes'), ONE),
    }),
    'step_facts': ('invited_at', {
        'finished': ('Finished', 'COUNT(*) FILTER (WHERE is_completed OR is_knocked_out)', COUNT),
        'p50_minutes': ('Minutes in the step, median', median('minutes_in_step'), ONE),
        'p50_hours': ('Hours since the step before, median', median('hours_since_previous'), ONE),
        'p90_hours': (
            'Hours since the step before, 90th percentile',
            'PERCENTILE_CONT(0.9) WITHIN GROUP (ORDER BY hours_since_previous)', ONE),
    }),
    # One row per posting and step: nothing is summed up.
    'step_durations': (None, {
        'finished': ('Finished', 'MAX(finished_count)', COUNT),
        'p50_minutes': ('Minutes in the step, median', 'MAX(p50_minutes_in_step)', ONE),
        'p50_hours': ('Hours since the step before, median', 'MAX(p50_hours_since_previous)', ONE),
        'p90_hours': ('90 % within hours', 'MAX(p90_hours_since_previous)', ONE),
        'size': ('Small group', small('timed_since_previous_count'), None),
    }),
    'criterion_facts': ('invited_at', {'verdicts': ('Verdicts', 'COUNT(*)', COUNT)}),
    'question_answer_facts': ('invited_at', {'answers': ('Answers', 'COUNT(*)', COUNT)}),
    'integrity_signal_facts': ('invited_at', {'signals': ('Signals', 'COUNT(*)', COUNT)}),
    'tag_facts': ('invited_at', {'tagged': ('Interviews', 'COUNT(*)', COUNT)}),
    'decision_facts': ('invited_at', {
        'decisions': ('Decisions', 'COUNT(*)', COUNT),
        'unknown_time': ('Decided before the first sync', 'COUNT(*) FILTER (WHERE was_decided_before_sync)', COUNT),
    }),
    'posting_dimension': ('created_at', {'postings': ('Postings', 'COUNT(*)', COUNT)}),
    'workspace_funnel': ('invited_week', {'interviews': ('Interviews', 'SUM(interview_count)', COUNT)}),
    'completion_by_week': ('invited_week', {
        'invited': ('Invited', 'SUM(invited_count)', COUNT),
        'completed': ('Completed', 'SUM(completed_count)', COUNT),
        'knocked_out': ('Knocked out', 'SUM(knocked_out_count)', COUNT),
        'unfinished': ('Unfinished', 'SUM(unfinished_count)', COUNT),
        'never_started': ('Never started', 'SUM(never_started_count)', COUNT),
        'completion_rate': ('Completion rate', rate('completed_count', 'invited_count'), RATE),
        'drop_off_rate': (
            'Drop-off rate', rate('dropped_count', 'started_count - decided_under_way_count'), RATE),
    }),
    'weekly_throughput': ('week', {
        'invited': ('Invited', 'SUM(invited_count)', COUNT),
        'interviewed': ('Interviewed', 'SUM(interviewed_count)', COUNT),
        'shortlisted': ('Shortlisted', 'SUM(shortlisted_count)', COUNT),
        'dismissed': ('Dismissed', 'SUM(dismissed_count)', COUNT),
    }),
    'funnel': ('invited_week', {
        'entered': ('Started', 'SUM(entered_count)', COUNT),
        'completed': ('Completed', 'SUM(completed_count)', COUNT),
        'knocked_out': ('Knocked out', 'SUM(knocked_out_count)', COUNT),
        'unfinished': ('In the step', 'SUM(unfinished_count)', COUNT),
        'conversion_rate': ('Conversion', rate('completed_count', 'entered_count'), RATE),
    }),
    'weekly_question_scores': ('invited_week', {
        'answers': ('Answers', 'SUM(answer_count)', COUNT),
        'mean_score': ('Mean score (1 to 10)', 'SUM(answer_score_sum) / NULLIF(SUM(answer_count), 0)', ONE),
        'spread': (
            'Spread',
            'heymilo_bi.standard_deviation(SUM(answer_count), SUM(answer_score_sum), SUM(answer_score_square_sum))', ONE),
        'difficulty': (
            'Difficulty', '(10 - SUM(answer_score_sum) / NULLIF(SUM(answer_count), 0)) / 9', '.0%'),
        'discrimination': (
            'Discrimination',
            'heymilo_bi.correlation(SUM(compared_count), SUM(compared_score_sum), SUM(compared_score_square_sum), '
            'SUM(others_score_sum), SUM(others_score_square_sum), SUM(score_product_sum))', TWO),
    }),
    'criterion_statistics': ('invited_week', {
        'applied': ('Applied', 'SUM(applied_count)', COUNT),
        'pass_rate': ('Pass rate', rate('passed_count', 'decided_count'), RATE),
        'mean_score': ('Mean score (0 to 10)', 'SUM(criterion_score_sum) / NULLIF(SUM(scored_count), 0)', ONE),
        'mean_confidence': ('Confidence', 'SUM(confidence_sum) / NULLIF(SUM(confident_count), 0)', '.0%'),
        'unsure_rate': ('AI unsure (below 70 %)', rate('unsure_count', 'confident_count'), RATE),
    }),
    'knockout_reasons': ('invited_week', {
        'knocked_out': ('Knocked out', 'SUM(knocked_out_count)', COUNT),
        'by_this_alone': ('By this alone', 'SUM(knocked_out_by_this_alone_count)', COUNT),
    }),
    'score_distribution': ('invited_week', {'interviews': ('Interviews', 'SUM(interview_count)', COUNT)}),
    'shortlist_by_decile': ('invited_week', {
        'shortlist_rate': (
            'Shortlist rate', rate('shortlisted_count', 'shortlisted_count + dismissed_count'), RATE),
        'decided': ('Decided', 'SUM(shortlisted_count + dismissed_count)', COUNT),
    }),
    'integrity_signals': ('invited_week', {
        'detected_rate': ('Detected', rate('detected_count', 'judged_count'), RATE),
        'judged': ('Judged', 'SUM(judged_count)', COUNT),
        'detected': ('Interviews with the signal', 'SUM(detected_count)', COUNT),
        'size': ('Small group', small('judged_count'), None),
    }),
    'selection_by_group': ('invited_week', {
        'assessed': ('Assessed', 'SUM(assessed_count)', COUNT),
        'decided': ('Decided', 'SUM(decided_count)', COUNT),
        'selected': ('Selected', 'SUM(selected_count)', COUNT),
        'assessed_rate': ('Selected of assessed', ASSESSED[0], RATE),
        'assessed_ratio': ('Impact ratio', ASSESSED[1], TWO),
        'assessed_p': ('p', ASSESSED[2], '.3f'),
        'decided_rate': ('Selected of decided', DECIDED[0], RATE),
        'decided_ratio': ('Impact ratio of decided', DECIDED[1], TWO),
        'decided_p': ('p of decided', DECIDED[2], '.3f'),
        'scored': ('Scored', 'SUM(scored_count)', COUNT),
        'scoring_rate': ('Above the median', SCORED[0], RATE),
        'scoring_ratio': ('Impact ratio of scoring', SCORED[1], TWO),
        'scoring_p': ('p of scoring', SCORED[2], '.3f'),
        'order': ('Order of the groups', GROUP_ORDER, None),
        'assessed_size': ('Small group', small('assessed_count'), None),
        'scored_size': ('Few scores', small('scored_count'), None),
    }),
    'source_quality': ('invited_week', {
        'invited': ('Invited', 'SUM(invited_count)', COUNT),
        'completion_rate': ('Completion rate', rate('completed_count', 'invited_count'), RATE),
        'shortlist_rate': ('Shortlisted of invited', rate('shortlisted_count', 'invited_count'), RATE),
        'mean_score': ('Mean score', 'SUM(score_sum) / NULLIF(SUM(scored_count), 0)', ONE),
        'size': ('Small group', small('invited_count'), None),
    }),
    'decision_backlog': ('invited_at', {
        'waiting': ('Waiting', 'COUNT(*)', COUNT),
        'median_days': ('Median days of waiting', median('waiting_days'), ONE),
        'oldest_days': ('Longest wait in days', 'MAX(waiting_days)', COUNT),
    }),
    'stuck_candidates': ('invited_at', {
        'stuck': ('Stuck', 'COUNT(*) FILTER (WHERE idle_days > 7)', COUNT),
    }),
    'freshness': (None, {
        'minutes_behind': ('Minutes behind', 'MAX(GREATEST(minutes_behind, figures_minutes_behind))', COUNT),
        'waiting': ('Interviews to be fetched', 'SUM(waiting_interviews)', COUNT),
    }),
    'reconciliation': (None, {
        'difference': ('Candidates that differ', 'SUM(ABS(candidates_difference))', COUNT),
        'heymilo': ('HeyMilo counts', 'SUM(heymilo_candidates)', COUNT),
        'ours': ('We count', 'SUM(our_candidates)', COUNT),
    }),
}

# Columns that a chart needs and a view does not have.
CALCULATED = {
    'workspace_funnel': {'place': ('Stage', "stage_order || '. ' || stage")},
    'decision_backlog': {
        'review': ('Review', "'<a href=\"' || review_url || '\" target=\"_blank\">Review</a>'"),
        'days': ('Days waiting', 'FLOOR(waiting_days)'),
    },
    'stuck_candidates': {
        'review': ('Review', "'<a href=\"' || review_url || '\" target=\"_blank\">Open</a>'"),
        'days': ('Days without activity', 'FLOOR(idle_days)'),
        'step': ('Step', f"step_order || '. ' || {words('step_type')}"),
    },
    'funnel': {'step': ('Step', words("COALESCE(step_type, 'unknown')"))},
    'step_facts': {'step': ('Step', words("COALESCE(step_type, 'unknown')"))},
    'step_durations': {'step': ('Step', "step_order || '. ' || " + words("COALESCE(step_type, 'unknown')"))},
    'integrity_signals': {'signal_name': ('Signal', words('signal'))},
    'score_distribution': {
        'range': (
            'Score',
            # The blank sorts 0–10 before 10–20.
            "LPAD(((tenth - 1) * scale_max / 10)::text, 2, ' ') || '–' || (tenth * scale_max / 10)::text"),
    },
    'criterion_statistics': {'kind_name': ('Kind', words('kind'))},
    'knockout_reasons': {
        'reason': (
            'Reason', "COALESCE(criteria_text, 'No criterion explains it')"),
        'kind_name': ('Kind', words('kind')),
    },
}

LABELS = {
    'posting_label': 'Posting', 'posting_title': 'Posting', 'invited_week': 'Week of invitation', 'question_text': 'Question',
    'criteria_text': 'Criterion', 'group_name': 'Group', 'dimension': 'Attribute', 'interview_id': 'Interview',
    'decile': 'Tenth of the score', 'source': 'Source', 'score': 'Score', 'stage': 'Stage', 'tag': 'Tag',
}


def number(metric, subtitle=''):
    return 'big_number_total', {
        'metric': metric, 'subtitle': subtitle, 'header_font_size': 0.5, 'subtitle_font_size': 0.2,
        'y_axis_format': 'SMART_NUMBER', 'time_format': 'smart_date',
    }


def bars(x, metrics, **more):
    return 'echarts_timeseries_bar', {
        'x_axis': x, 'metrics': metrics, 'groupby': [], 'orientation': 'vertical', 'rich_tooltip': True,
        'legendOrientation': 'top', 'legendType': 'plain', 'show_legend': len(metrics) > 1, 'row_limit': 10000,
        'order_desc': True, 'truncate_metric': True, 'x_axis_sort_asc': True, 'xAxisForceCategorical': True,
        'y_axis_format': ',d', 'x_axis_title_margin': 30, 'y_axis_title_margin': 40, **more,
    }


def weeks(kind, x, metrics, **more):
    return kind, {
        'x_axis': x, 'time_grain_sqla': 'P1W', 'metrics': metrics, 'groupby': [], 'rich_tooltip': True,
        'legendOrientation': 'top', 'legendType': 'plain', 'show_legend': len(metrics) > 1, 'row_limit': 10000,
        'truncate_metric': True, 'x_axis_time_format': '%d %b %y', 'y_axis_format': ',d', 'seriesType': 'line',
        'markerEnabled': False, 'opacity': 0.2, **more,
    }


def table(groupby, metrics, sort, descending=True, rows=200, page=10, **more):
    return 'table', {
        'query_mode': 'aggregate', 'groupby': groupby, 'metrics': metrics, 'timeseries_limit_metric': sort,
        'order_desc': descending, 'row_limit': rows, 'server_pagination': False, 'page_length': page,
        'show_cell_bars': False, 'color_pn': False, 'include_search': False, 'table_timestamp_format': '%d %b %Y',
        'all_columns': [], 'percent_metrics': [], 'allow_rearrange_columns': False, **more,
    }


def listing(columns, sort, rows=5000):
    return 'table', {
        'query_mode': 'raw', 'all_columns': columns, 'order_by_cols': [f'["{sort}", false]'], 'row_limit': rows,
        'server_pagination': False, 'page_length': 10, 'show_cell_bars': False, 'color_pn': False,
        'include_search': False, 'table_timestamp_format': '%d %b %Y', 'groupby': [], 'metrics': [],
        'allow_render_html': True,
    }


LINE, BAR = 'echarts_timeseries_line', 'echarts_timeseries_bar'

# Rows of charts: key, title, dataset, chart, width of 12; and the height of the row.
TABS = [
    ('How are we doing', [
        (19, [
            ('behind', 'Freshness', 'freshness', number('minutes_behind', 'minutes behind, all postings'), 2),
            ('interviews', 'Interviews', 'interview_facts', number('interviews', 'invited candidates'), 2),
            ('completion', 'Completion', 'interview_facts', number('completion_rate', 'of invitations'), 2),
            ('to_interview', 'To interview', 'interview_facts', number('median_days_to_interview', 'median days'), 2),
            ('to_decision', 'To decision', 'interview_facts', number('median_days_to_decision', 'median days'), 2),
            ('waiting', 'Undecided', 'decision_backlog', number('waiting', 'completed and scored'), 2),
        ]),
        (50, [
            ('stages', 'From invitation to shortlist', 'workspace_funnel', bars(
                'place', ['interviews'], groupby=['stage'], stack='Stack', show_value=True, show_legend=False,
                xAxisLabelInterval='0', xAxisLabelRotation=45), 5),
            ('throughput', 'What happens each week (the last is not over)', 'weekly_throughput', weeks(
                LINE, 'week', ['invited', 'interviewed', 'shortlisted', 'dismissed']), 7),
        ]),
        (50, [
            ('completion_rate', 'Completion rate by week of invitation (the last four weeks still rise)', 'completion_by_week', weeks(
                LINE, 'invited_week', ['completion_rate'], y_axis_format='.0%', area=True), 6),
            ('outcomes', 'What became of each week’s invitations', 'completion_by_week', weeks(
                BAR, 'invited_week', ['completed', 'unfinished', 'knocked_out', 'never_started'], stack='Stack'), 6),
        ]),
        (50, [
            ('steps', 'How candidates leave each step', 'funnel', bars(
                'step', ['completed', 'unfinished', 'knocked_out'], stack='Stack', orientation='horizontal',
                x_axis_sort='completed', x_axis_sort_asc=True), 6),
            # Percentiles of all steps at once take a second and more: each posting has its own ready.
            ('durations', 'How long each step takes (over all time), slowest first', 'step_durations', table(
                ['posting_label', 'step'], ['finished', 'p50_hours', 'p90_hours'], 'p90_hours', rows=1000, page=6), 6),
        ]),
    ]),
    ('Questions and criteria', [
        (60, [
            ('questions', 'Questions: how hard, how varied, how telling (discrimination below 0.20 tells little)', 'weekly_question_scores', table(
                ['question_text', 'posting_label'], ['answers', 'mean_score', 'difficulty', 'spread', 'discrimination'], 'answers'), 12),
        ]),
        (60, [
            ('criteria', 'Criteria: pass rate, lowest first, and the AI’s confidence', 'criterion_statistics', table(
                ['criteria_text', 'kind_name'],
                ['applied', 'pass_rate', 'mean_score', 'mean_confidence', 'unsure_rate'], 'pass_rate', descending=False), 12),
        ]),
        (60, [
            ('reasons', 'Why candidates are knocked out', 'knockout_reasons', table(
                ['reason', 'kind_name'], ['knocked_out', 'by_this_alone'], 'knocked_out'), 7),
            ('deciles', 'Shortlist rate by tenth of the score (1 is the lowest)', 'shortlist_by_decile', bars(
                'decile', ['shortlist_rate'], y_axis_format='.0%'), 5),
        ]),
        (46, [
            ('overall_scores', 'Overall scores (0 to 100)', 'score_distribution', bars(
                'range', ['interviews'], xAxisLabelInterval='0', xAxisLabelRotation=45, filters="measure = 'overall'"), 6),
            ('resume_scores', 'Resume scores (0 to 100)', 'score_distribution', bars(
                'range', ['interviews'], xAxisLabelInterval='0', xAxisLabelRotation=45, filters="measure = 'resume'"), 6),
        ]),
        (60, [
            ('resumes', 'Does the resume foretell the interview?', 'interview_facts', table(
                ['posting_label'], ['both_scores', 'resume_correlation', 'resume_slope', 'median_minutes'], 'both_scores'), 12),
        ]),
    ]),
    ('Fairness and integrity', [
        (14, [('note', 'note', None, (
            'MARKDOWN',
            '**A monitoring aid, not a bias audit.** Groups come from the answers that the settings map; candidates '
            'without an answer are shown and not compared. The impact ratio compares a group with the best group of '
            'at least 30; below 0.80 look closer. p is the chance of such a difference by luck alone. The tables are '
            'empty for the role `heymilo_bi_reader`: connect as `heymilo_bi_fairness` to see groups.'), 12)]),
        (84, [
            ('selection', 'Selection by group, of all assessed and of decided alone', 'selection_by_group', table(
                ['dimension', 'group_name'],
                ['assessed', 'decided', 'selected', 'assessed_rate', 'assessed_ratio', 'assessed_p', 'decided_rate', 'decided_ratio', 'decided_p', 'assessed_size'], 'order', descending=False, page=0), 12),
        ]),
        (64, [
            ('scoring', 'Scoring by group: above the median score of the posting', 'selection_by_group', table(
                ['dimension', 'group_name'],
                ['scored', 'scoring_rate', 'scoring_ratio', 'scoring_p', 'scored_size'], 'order', descending=False, page=0), 12),
        ]),
        (50, [
            ('signals', 'Signals of cheating: share of judged interviews', 'integrity_signals', bars(
                'signal_name', ['detected_rate'], y_axis_format='.0%', xAxisLabelInterval='0', xAxisLabelRotation=45), 5),
            ('signals_weekly', 'The same by week of invitation', 'integrity_signals', weeks(
                LINE, 'invited_week', ['detected_rate'], groupby=['signal_name'], y_axis_format='.0%', show_legend=True), 7),
        ]),
        (60, [
            ('signals_posting', 'Signals by posting (a reason to look, not a proof)', 'integrity_signals', table(
                ['posting_label', 'signal_name'], ['judged', 'detected', 'detected_rate', 'size'], 'detected_rate'), 12),
        ]),
    ]),
    ('Recruiters’ desk', [
        (19, [
            ('backlog_waiting', 'Waiting for a decision', 'decision_backlog', number('waiting', 'completed and scored'), 3),
            ('backlog_median', 'Median wait', 'decision_backlog', number('median_days', 'days'), 3),
            ('backlog_oldest', 'Longest wait', 'decision_backlog', number('oldest_days', 'days'), 3),
            ('stuck_count', 'Stuck for a week', 'stuck_candidates', number('stuck', 'begun, no activity'), 3),
        ]),
        (60, [
            ('backlog', 'Who waits for a decision', 'decision_backlog', listing(
                ['posting_label', 'interview_id', 'score', 'days', 'review'], 'waiting_days'), 6),
            ('stuck', 'Who is stuck', 'stuck_candidates', listing(
                ['posting_label', 'interview_id', 'step', 'days', 'review'], 'idle_days'), 6),
        ]),
        (60, [
            ('sources', 'Where good candidates come from', 'source_quality', table(
                ['source'], ['invited', 'completion_rate', 'shortlist_rate', 'mean_score', 'size'], 'invited', page=0), 7),
            ('tags', 'Tags of the interviews', 'tag_facts', table(['tag'], ['tagged'], 'tagged'), 5),
        ]),
        (60, [
            ('reconciliation', 'Does HeyMilo count the same? (all postings, when it counted last)', 'reconciliation', table(
                ['posting_title'], ['heymilo', 'ours', 'difference'], 'difference'), 12),
        ]),
    ]),
]

# Filter: its label, and the column it acts on.
FILTERS = [
    ('posting', 'Posting', 'posting_label'),
    ('workspace', 'Workspace', 'workspace_id'),
    ('department', 'Department', 'department'),
    ('location', 'Location', 'location'),
    ('requisition', 'Requisition', 'requisition'),
]
