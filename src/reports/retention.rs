//! How long each kind of data is kept, when retention last ran, and the oldest data that is left.

use chrono::{DateTime, SecondsFormat, Utc};
use maud::{Markup, html};
use sqlx::PgConnection;

use super::csv;
use crate::{
    paper::{self, or_none, time, titles},
    records::WorkspaceId,
    store::{
        self,
        retention_runs::{
            ANSWERED, FILES, GONE, INBOX, INBOX_BYTES, INTERVIEWS, Oldest, Runs, TRANSCRIPTS,
            VERSIONS,
        },
    },
};

/// What each setting removes, and the time from which it counts.
const CLASSES: [Class; 8] = [
    Class {
        setting: INBOX,
        what: "Deliveries of webhooks",
        since: "arrival",
        oldest: |all| all.delivery,
    },
    Class {
        setting: ANSWERED,
        what: "Content of deliveries, once HeyMilo answered",
        since: "arrival",
        oldest: |all| all.content,
    },
    Class {
        setting: INBOX_BYTES,
        what: "Content of the oldest deliveries, beyond this size in bytes",
        since: "arrival",
        oldest: |all| all.content,
    },
    Class {
        setting: TRANSCRIPTS,
        what: "What was said and written in interviews",
        since: "last activity",
        oldest: |all| all.conversation,
    },
    Class {
        setting: INTERVIEWS,
        what: "Interviews with everything, and their people",
        since: "last activity",
        oldest: |all| all.interview,
    },
    Class {
        setting: FILES,
        what: "Recordings and resumes",
        since: "when they were kept",
        oldest: |all| all.file,
    },
    Class {
        setting: VERSIONS,
        what: "Answers that newer ones have replaced",
        since: "when they were last seen",
        oldest: |all| all.version,
    },
    Class {
        setting: GONE,
        what: "Interviews that HeyMilo has no more",
        since: "when HeyMilo first did not have them",
        oldest: |all| all.gone,
    },
];

struct Class {
    setting: &'static str,
    what: &'static str,
    since: &'static str,
    oldest: fn(&Oldest) -> Option<DateTime<Utc>>,
}

/// A setting, and its value in words.
#[derive(Debug)]
pub struct Setting {
    /// Its name, such as retention.inbox.
    pub name: &'static str,
    /// Its value, as written in the settings.
    pub value: String,
}

/// The report.
#[derive(Debug)]
pub struct Report {
    workspace: String,
    made_at: DateTime<Utc>,
    settings: Vec<Setting>,
    runs: Vec<Runs>,
    oldest: Oldest,
}

/// Collects the report. `settings` are those in force.
pub async fn gather(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    settings: Vec<Setting>,
    made_at: DateTime<Utc>,
) -> store::Result<Report> {
    Ok(Report {
        workspace: workspace_id.to_string(),
        made_at,
        settings,
        runs: store::retention_runs::all(&mut *db, workspace_id).await?,
        oldest: store::retention_runs::oldest(db, workspace_id).await?,
    })
}

impl Report {
    fn value(&self, class: &Class) -> &str {
        let setting = self.settings.iter().find(|setting| setting.name == class.setting);
        setting.map_or("", |setting| &setting.value)
    }

    fn runs(&self, class: &Class) -> Option<&Runs> {
        self.runs.iter().find(|runs| runs.setting == class.setting)
    }
}

/// The page.
pub fn page(report: &Report) -> String {
    let content = html! {
        dl {
            dt { "Workspace" } dd { (report.workspace) }
            dt { "Report made" } dd { (time(report.made_at)) }
            dt { "Interviews under a legal hold" }
            dd { (report.oldest.held) " (retention keeps them at any age)" }
        }
        table {
            caption { "What is kept for how long" }
            (titles(&["What", "Setting", "Kept for", "Counted from", "Oldest"]))
            tbody { @for class in &CLASSES { (schedule(report, class)) } }
        }
        table {
            caption { "What retention removed" }
            (titles(&["Setting", "Last run", "Removed then", "Removed in all", "Since"]))
            tbody { @for class in &CLASSES { (removed(class, report.runs(class))) } }
        }
        p {
            "A setting that keeps something forever has no runs. The content of deliveries is looked at every minute; "
            "only looks that removed something, and one a day, are noted as runs."
        }
    };

    paper::page("Retention", &content)
}

fn schedule(report: &Report, class: &Class) -> Markup {
    html! {
        tr {
            td { (class.what) }
            td { code { (class.setting) } }
            td { (report.value(class)) }
            td { (class.since) }
            td { (or_none((class.oldest)(&report.oldest).map(time))) }
        }
    }
}

fn removed(class: &Class, runs: Option<&Runs>) -> Markup {
    let count = |count: fn(&Runs) -> i64| or_none(runs.map(|runs| html! { (count(runs)) }));
    html! {
        tr {
            td { code { (class.setting) } }
            td { (or_none(runs.map(|runs| time(runs.last_run_at)))) }
            td { (count(|runs| runs.last_removed)) }
            td { (count(|runs| runs.total_removed)) }
            td { (or_none(runs.map(|runs| time(runs.first_run_at)))) }
        }
    }
}

/// The rows, for a spreadsheet.
pub fn rows(report: &Report) -> String {
    let mut text = csv::row([
        "workspace",
        "setting",
        "what",
        "kept_for",
        "counted_from",
        "oldest_at",
        "last_run_at",
        "last_removed",
        "total_removed",
        "first_run_at",
        "made_at",
    ]);

    for class in &CLASSES {
        let runs = report.runs(class);
        let count =
            |count: fn(&Runs) -> i64| runs.map(|runs| count(runs).to_string()).unwrap_or_default();
        text += &csv::row([
            report.workspace.clone(),
            class.setting.to_owned(),
            class.what.to_owned(),
            report.value(class).to_owned(),
            class.since.to_owned(),
            moment((class.oldest)(&report.oldest)),
            moment(runs.map(|runs| runs.last_run_at)),
            count(|runs| runs.last_removed),
            count(|runs| runs.total_removed),
            moment(runs.map(|runs| runs.first_run_at)),
            moment(Some(report.made_at)),
        ]);
    }

    text
}

fn moment(at: Option<DateTime<Utc>>) -> String {
    at.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true)).unwrap_or_default()
}
