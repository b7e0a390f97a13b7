//! The report as a page and as rows.

use chrono::{DateTime, SecondsFormat, Utc};
use maud::{Markup, html};

use super::{PURPOSE, Report, Row, Scope, Table};
use crate::{
    paper::{self, or_none, time, titles},
    reports::{
        csv,
        figures::{LeftOut, Rated},
    },
    store::adverse_impact::Group,
};

const TITLE: &str = "Adverse impact";
/// The group of the candidates who gave no answer.
const UNKNOWN: &str = "Not provided";
const COLUMNS: [&str; 19] = [
    "workspace",
    "scope",
    "posting_id",
    "posting",
    "dimension",
    "group",
    "figure",
    "candidates",
    "decided",
    "counted",
    "share",
    "rate",
    "impact_ratio",
    "is_below_four_fifths",
    "is_small",
    "left_out",
    "invited_from",
    "invited_before",
    "purpose",
];

/// One of the two kinds of figures.
struct Kind {
    name: &'static str,
    caption: &'static str,
    titles: [&'static str; 6],
    candidates: fn(&Group) -> i64,
    counted: fn(&Group) -> i64,
    rated: fn(&Row) -> &Rated,
}

const KINDS: [Kind; 2] = [
    Kind {
        name: "selection",
        caption: "Selection by",
        titles: ["Group", "Assessed", "Share", "Shortlisted", "Selection rate", "Impact ratio"],
        candidates: |group| group.assessed,
        counted: |group| group.selected,
        rated: |row| &row.selection,
    },
    Kind {
        name: "scoring",
        caption: "Scoring by",
        titles: ["Group", "Scored", "Share", "Above the median", "Scoring rate", "Impact ratio"],
        candidates: |group| group.scored,
        counted: |group| group.above_median,
        rated: |row| &row.scoring,
    },
];

impl Scope {
    fn title(&self) -> &str {
        match &self.posting_label {
            _ if self.is_pooled => "All postings",
            Some(label) => label,
            None => "Interviews without a known posting",
        }
    }
}

/// The page.
pub fn page(report: &Report) -> String {
    let content = html! {
        p { strong { "This is a " (PURPOSE) "." } }
        (about(report))
        @for scope in &report.scopes {
            section {
                h2 { (scope.title()) }
                @if let Some(id) = &scope.posting_id { p { "Posting " (id) } }
                @for table in &scope.tables {
                    h3 { (table.dimension) }
                    @for kind in &KINDS { (figures(table, kind)) }
                }
            }
        }
        @if report.scopes.is_empty() { p { "No interview of these dates is kept." } }
        (method())
    };
    paper::page(TITLE, &content)
}

fn about(report: &Report) -> Markup {
    let Report { workspace, sample, made_at, attributes, extent, .. } = report;

    html! {
        dl {
            dt { "Workspace" } dd { (workspace) }
            @if let Some(posting) = &sample.posting_id { dt { "Posting" } dd { (posting) } }
            dt { "Invited" } dd { "from " (time(sample.from)) " until before " (time(sample.to)) }
            dt { "Report made" } dd { (time(*made_at)) }
            dt { "Interviews" } dd { (extent.interviews) }
            dt { "First invitation" } dd { (or_none(extent.first_invited_at.map(time))) }
            dt { "Last invitation" } dd { (or_none(extent.last_invited_at.map(time))) }
            dt { "Without a date of invitation, not counted" } dd { (extent.undated) }
            dt { "Erased or expired, not counted" } dd { (extent.removed) " (invited at any time)" }
            dt { "Source of the groups" }
            dd {
                "The candidates' own answers in HeyMilo's interviews: "
                @for (number, one) in attributes.iter().enumerate() {
                    @if number > 0 { ", " }
                    (one.attribute) " from " code { (one.path) }
                }
            }
            dt { "Source of scores and decisions" }
            dd { "HeyMilo's API, as heymilo-sync copied it. Test postings and gone interviews are left out." }
        }
    }
}

fn figures(table: &Table, kind: &Kind) -> Markup {
    html! {
        table {
            caption { (kind.caption) " " (table.dimension) }
            (titles(&[&kind.titles[..], &["Note"]].concat()))
            tbody {
                @for row in &table.groups {
                    @let rated = (kind.rated)(row);
                    tr {
                        td { (row.group.group_name.as_deref().unwrap_or(UNKNOWN)) }
                        td.number { ((kind.candidates)(&row.group)) }
                        td.number { (or_none(rated.share.map(percent))) }
                        td.number { ((kind.counted)(&row.group)) }
                        td.number { (or_none(rated.rate.map(figure))) }
                        td.number { (or_none(rated.impact_ratio.map(figure))) }
                        td { (notes(rated).join("; ")) }
                    }
                }
                @if let Some(unknown) = &table.unknown {
                    tr {
                        td { (UNKNOWN) }
                        td.number { ((kind.candidates)(unknown)) }
                        td { (or_none(None)) }
                        td.number { ((kind.counted)(unknown)) }
                        td { (or_none(None)) }
                        td { (or_none(None)) }
                        td { "no answer: in no comparison" }
                    }
                }
            }
        }
    }
}

fn notes(rated: &Rated) -> Vec<&'static str> {
    let notes = [
        rated.left_out.map(LeftOut::reason),
        rated.is_below_four_fifths().then_some("below four fifths"),
        rated.is_small.then_some("fewer than 30 candidates: may be chance"),
    ];
    notes.into_iter().flatten().collect()
}

fn method() -> Markup {
    html! {
        section {
            h2 { "How it is counted" }
            dl {
                dt { "Assessed" }
                dd { "Candidates whose interview was completed, knocked out or decided on." }
                dt { "Selection rate" }
                dd { "Shortlisted candidates of the assessed ones. Undecided candidates count as not shortlisted." }
                dt { "Scoring rate" }
                dd { "Candidates above the median score, of those with a score. The median is that of all scores of the posting, and for all postings together that of all scores." }
                dt { "Impact ratio" }
                dd { "The rate of a group, divided by the highest rate of the groups in the same table." }
                dt { "Left out" }
                dd { "A group below 2 % of the candidates who gave an answer has no impact ratio, and its rate is not the highest. Candidates without an answer are counted, and compared with none." }
                dt { "Below four fifths" }
                dd { "The impact ratio is below 0.8." }
            }
            p { "These figures are a " (PURPOSE) ". An audit under New York's Local Law 144 is made by an independent auditor." }
        }
    }
}

/// The rows, for a spreadsheet.
pub fn rows(report: &Report) -> String {
    let mut text = csv::row(COLUMNS);
    for scope in &report.scopes {
        for table in &scope.tables {
            for kind in &KINDS {
                for row in &table.groups {
                    let rated = Some((kind.rated)(row));
                    text += &csv::row(values(report, scope, kind, &row.group, rated));
                }
                if let Some(unknown) = &table.unknown {
                    text += &csv::row(values(report, scope, kind, unknown, None));
                }
            }
        }
    }
    text
}

fn values(
    report: &Report,
    scope: &Scope,
    kind: &Kind,
    group: &Group,
    rated: Option<&Rated>,
) -> [String; COLUMNS.len()] {
    let number =
        |number: Option<f64>| number.map(|number| format!("{number:.6}")).unwrap_or_default();
    let left_out = match rated {
        Some(rated) => rated.left_out.map(LeftOut::reason).unwrap_or_default(),
        None => "no answer",
    };

    [
        report.workspace.clone(),
        if scope.is_pooled { "workspace" } else { "posting" }.to_owned(),
        scope.posting_id.clone().unwrap_or_default(),
        scope.posting_label.clone().unwrap_or_default(),
        group.dimension.clone(),
        group.group_name.clone().unwrap_or_else(|| UNKNOWN.to_owned()),
        kind.name.to_owned(),
        (kind.candidates)(group).to_string(),
        group.decided.to_string(),
        (kind.counted)(group).to_string(),
        number(rated.and_then(|rated| rated.share)),
        number(rated.and_then(|rated| rated.rate)),
        number(rated.and_then(|rated| rated.impact_ratio)),
        rated.map(|rated| rated.is_below_four_fifths().to_string()).unwrap_or_default(),
        rated.map(|rated| rated.is_small.to_string()).unwrap_or_default(),
        left_out.to_owned(),
        moment(report.sample.from),
        moment(report.sample.to),
        PURPOSE.to_owned(),
    ]
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn percent(part: f64) -> Markup {
    html! { (format!("{:.1} %", part * 100.0)) }
}

fn figure(number: f64) -> Markup {
    html! { (format!("{number:.3}")) }
}
