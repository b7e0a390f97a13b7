//! Selection and scoring by group, with the figures that New York's Local Law 144 names. A
//! monitoring aid, not a bias audit.

mod tables;
mod written;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::figures::{Counted, Rated, rated};
use crate::{
    records::WorkspaceId,
    store::adverse_impact::{self as counted, Attribute, Extent, Group, Sample},
};

pub use written::{page, rows};

/// The purpose of the report, shown everywhere with it.
pub const PURPOSE: &str = "monitoring aid, not a bias audit";

/// The report.
#[derive(Debug)]
pub struct Report {
    workspace: String,
    sample: Sample,
    made_at: DateTime<Utc>,
    attributes: Vec<Attribute>,
    extent: Extent,
    scopes: Vec<Scope>,
}

/// All postings together, or one of them.
#[derive(Debug)]
struct Scope {
    is_pooled: bool,
    posting_id: Option<String>,
    posting_label: Option<String>,
    tables: Vec<Table>,
}

/// The groups of one dimension.
#[derive(Debug)]
struct Table {
    dimension: String,
    groups: Vec<Row>,
    /// Candidates who gave no answer. They are not compared.
    unknown: Option<Group>,
}

#[derive(Debug)]
struct Row {
    group: Group,
    selection: Rated,
    scoring: Rated,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The settings map no attribute of candidates.
    #[error(
        "no attribute is mapped: name the paths in [demographics] of the settings, such as sex = \"data.eeo_gender\", \
         and start the daemon, which writes them to the database"
    )]
    NoAttributes,

    /// The database failed. Its own message could quote a value.
    #[error("the database did not do as asked")]
    Database(#[from] sqlx::Error),
}

/// Counts a sample.
pub async fn gather(
    db: &mut PgConnection,
    workspace_id: &WorkspaceId,
    sample: Sample,
    made_at: DateTime<Utc>,
) -> Result<Report, Error> {
    let attributes = counted::attributes(db, workspace_id).await?;
    if attributes.is_empty() {
        return Err(Error::NoAttributes);
    }
    let extent = counted::extent(db, workspace_id, &sample).await?;
    let groups = counted::groups(db, workspace_id, &sample).await?;
    // For one posting, the pooled groups are the same candidates.
    let wanted = groups.into_iter().filter(|group| sample.posting_id.is_none() || !group.is_pooled);

    Ok(Report {
        workspace: workspace_id.to_string(),
        scopes: tables::scopes(wanted),
        sample,
        made_at,
        attributes,
        extent,
    })
}

impl Row {
    fn new(group: Group, selection: Rated, scoring: Rated) -> Self {
        Self { group, selection, scoring }
    }
}

impl Table {
    fn new(dimension: String, groups: Vec<Group>) -> Self {
        let (unknown, groups): (Vec<_>, Vec<_>) =
            groups.into_iter().partition(|group| group.group_name.is_none());
        let selection =
            |group: &Group| Counted { candidates: group.assessed, counted: group.selected };
        let scoring =
            |group: &Group| Counted { candidates: group.scored, counted: group.above_median };
        let selections = rated(&groups.iter().map(selection).collect::<Vec<_>>());
        let scorings = rated(&groups.iter().map(scoring).collect::<Vec<_>>());

        let figures = selections.into_iter().zip(scorings);
        Self {
            dimension,
            groups: groups
                .into_iter()
                .zip(figures)
                .map(|(group, (selection, scoring))| Row::new(group, selection, scoring))
                .collect(),
            unknown: unknown.into_iter().next(),
        }
    }
}
