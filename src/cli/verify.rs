//! `heymilo-sync verify`: compares the tables with HeyMilo.

use std::io::{self, Write as _};

use anyhow::bail;
use clap::Args;
use tokio_util::sync::CancellationToken;

use super::{
    command::{self, unless_stopped},
    progress::Progress,
};
use crate::{
    config::Config,
    store,
    sync::{Command, Difference, Drift, Subject, Verify},
};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Number of interviews to fetch and compare completely, chosen at random.
    #[arg(long, value_name = "N", default_value_t = 20)]
    deep: usize,
    /// Correct differences: rows at once, and the others by making them due.
    #[arg(long)]
    repair: bool,
}

/// Compares, prints a table of differences, and fails when there are any.
pub async fn run(config: Config, arguments: Arguments) -> anyhow::Result<()> {
    let Arguments { deep, repair } = arguments;
    command::ask(config, async |command: &Command, shutdown: &CancellationToken| {
        if let Some(entry) = store::privacy_log::first_change(&command.workspace().db).await? {
            bail!(
                "entry {entry} of heymilo_sync.privacy_log or its request was changed, or an entry before it is \
                 missing"
            );
        }
        let verify = command.verify(repair);
        let differences = Box::pin(compare(&verify, deep, shutdown)).await?;
        print(&differences, repair)
    })
    .await
}

async fn compare(
    verify: &Verify,
    deep: usize,
    shutdown: &CancellationToken,
) -> anyhow::Result<Vec<Difference>> {
    let mut progress = Progress::new("comparisons");
    let (fetched, as_of) = unless_stopped(shutdown, verify.fetched()).await?;
    let (postings, mut differences) = unless_stopped(shutdown, verify.postings()).await?;
    let interviews = unless_stopped(shutdown, verify.sample(deep)).await?;
    let total = postings.len() + interviews.len();

    let mut done = 0;
    for posting_id in &postings {
        progress.update(done, total - done);
        differences.extend(unless_stopped(shutdown, verify.questions(posting_id)).await?);
        differences.extend(unless_stopped(shutdown, verify.candidates(posting_id)).await?);
        done += 1;
    }

    for interview_id in &interviews {
        progress.update(done, total - done);
        differences.extend(unless_stopped(shutdown, verify.interview(interview_id)).await?);
        done += 1;
    }
    differences.extend(unless_stopped(shutdown, verify.results()).await?);

    drop(progress);
    let unfetched = usize::try_from(fetched).unwrap_or_default().saturating_sub(interviews.len());
    writeln!(
        io::stdout(),
        "compared as of {}: {} postings with their questions, {} rows of their candidate lists, and {} \
         interviews in full, chosen at random. Not compared: the results of {unfetched} other interviews",
        as_of.format("%Y-%m-%dT%H:%M:%SZ"),
        postings.len(),
        verify.list_rows(),
        interviews.len(),
    )?;

    if verify.not_yet() > 0 {
        writeln!(
            io::stdout(),
            "not compared yet: {} that changed since their list was read, or that wait to be fetched",
            verify.not_yet(),
        )?;
    }

    Ok(differences)
}

fn print(differences: &[Difference], repair: bool) -> anyhow::Result<()> {
    if differences.is_empty() {
        writeln!(io::stdout(), "no differences")?;
        return Ok(());
    }
    let longest = differences.iter().map(|difference| difference.subject_id.len()).max();
    let width = longest.unwrap_or_default();
    for Difference { subject, subject_id, drift } in differences {
        writeln!(io::stdout(), "{:<11} {subject_id:<width$}  {}", name(*subject), words(drift))?;
    }
    let next = if repair {
        "rows were put right, the rest is due: the daemon or `heymilo-sync sync` fetches it"
    } else {
        "`heymilo-sync verify --repair` puts rows right and makes the rest due"
    };
    bail!("{} differences; {next}", differences.len())
}

fn name(subject: Subject) -> &'static str {
    match subject {
        Subject::Posting => "posting",
        Subject::Questions => "questions",
        Subject::Candidate => "candidate",
        Subject::Interview => "interview",
    }
}

fn words(drift: &Drift) -> String {
    match drift {
        Drift::Missing => "HeyMilo has it, the tables do not".to_owned(),
        Drift::Stale => "HeyMilo has something newer".to_owned(),
        Drift::Gone => "the tables have it, HeyMilo does not".to_owned(),
        Drift::NoResults => "finished, and its results were never fetched".to_owned(),
        Drift::Refused => "the database refuses the rows of what was received".to_owned(),
        Drift::Rows(tables) => format!("rows are not as received: {}", tables.join(", ")),
    }
}
