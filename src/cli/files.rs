//! `heymilo-sync files`: lists, reads and verifies kept recordings and resumes.

use std::{
    fs::File,
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use futures_util::TryStreamExt as _;
use sqlx::PgPool;

use super::{person::actor, scope};
use crate::{
    app::{self, Database},
    config::Config,
    files::Files,
    records::{FileKind, InterviewId, Urgency},
    store::{self, privacy_log::Entry},
};

const AWAY: &str = "the database does not do as asked: check that it runs and is migrated, and that \
                    DATABASE_URL is right";

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List files: the kept ones, and why others are not kept.
    List {
        /// Only files of this interview.
        #[arg(value_name = "ID", value_parser = scope::interview_id)]
        interview: Option<InterviewId>,
    },
    /// Write a kept file to the disk or to standard output.
    Get {
        /// HeyMilo's id of the interview.
        #[arg(value_name = "ID", value_parser = scope::interview_id)]
        interview: InterviewId,
        /// audio, video or resume.
        #[arg(value_parser = kind)]
        kind: FileKind,
        /// Where to write it. Default: standard output.
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Read every file and compare it with its hash. Exit code 1 when a file is missing, changed or
    /// without an interview.
    Verify {
        /// Have missing and changed files downloaded again, and remove files without an interview.
        #[arg(long)]
        repair: bool,
    },
}

fn kind(word: &str) -> Result<FileKind, String> {
    FileKind::named(word).ok_or_else(|| "it is one of audio, video and resume".to_owned())
}

/// Lists, reads or verifies files.
pub async fn run(config: &Config, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let database = Database::attach(&config.database).await?;
    let done = act(&database.pool, config, arguments.action).await;
    database.close().await?;
    done
}

async fn act(db: &PgPool, config: &Config, action: Action) -> anyhow::Result<ExitCode> {
    match action {
        Action::List { interview } => list(db, config, interview.as_ref()).await?,
        Action::Get { interview, kind, output } => {
            get(db, config, &interview, kind, output).await?;
        }
        Action::Verify { repair } => return verify(db, config, repair).await,
    }
    Ok(ExitCode::SUCCESS)
}

fn opened(config: &Config) -> anyhow::Result<Files> {
    app::open_files(&config.files)?.context(
        "files.url is not set: no recordings and resumes are kept, so there are none to read",
    )
}

async fn list(db: &PgPool, config: &Config, interview: Option<&InterviewId>) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    for workspace in &config.workspaces {
        let (id, interview) = (workspace.id(), interview.map(InterviewId::as_str));
        for file in store::files::list(db, &id, interview).await.context(AWAY)? {
            let size = file.bytes.map(|bytes| bytes.to_string()).unwrap_or_default();
            let detail = file.reason.or(file.sha256).unwrap_or_default();
            let (id, kind, state) = (file.interview_id, file.kind.as_str(), file.state);
            writeln!(out, "{id}  {kind:<6}  {state:<9}  {size:>12}  {detail}")?;
        }
    }
    Ok(())
}

async fn get(
    db: &PgPool,
    config: &Config,
    interview: &InterviewId,
    kind: FileKind,
    output: Option<PathBuf>,
) -> anyhow::Result<()> {
    let (files, workspace) = (opened(config)?, config.only_workspace()?.id());
    let file =
        store::files::newest(db, &workspace, interview.as_str(), kind).await.context(AWAY)?;
    let sha256 = file.and_then(|file| file.sha256).with_context(|| {
        format!(
            "no {} of interview {interview} is kept: heymilo-sync files list {interview} says why",
            kind.as_str()
        )
    })?;
    let mut content = files.read(&sha256, None).await?.into_stream();

    let by = actor(None);
    let entry = Entry {
        by: by.as_deref(),
        action: "file",
        asked_for: Some("interview"),
        ..Entry::default()
    };
    store::privacy_log::add(db, &workspace, &entry).await.context("writing the privacy log")?;

    let mut out: Box<dyn io::Write> = match &output {
        Some(path) => {
            let made = File::create(path);
            Box::new(made.with_context(|| format!("making {}", path.display()))?)
        }
        None => Box::new(io::stdout()),
    };
    while let Some(chunk) = content.try_next().await.context("reading the file")? {
        out.write_all(&chunk).context("writing the file")?;
    }
    out.flush().context("writing the file")
}

/// Compares the kept contents with the files in the tables, in both directions.
async fn verify(db: &PgPool, config: &Config, repair: bool) -> anyhow::Result<ExitCode> {
    let files = opened(config)?;
    // The contents are listed first, so that a content that is kept meanwhile already has its row.
    let kept = files.names().await?;
    let wanted = store::files::contents(db).await.context(AWAY)?;

    let mut differences = 0;
    for sha256 in &wanted {
        differences += verify_content(db, &files, sha256, repair).await?;
    }
    for sha256 in store::files::orphans(db, &kept).await.context(AWAY)? {
        // An erasure may have removed it since then.
        if files.is_there(&sha256).await? {
            writeln!(io::stdout(), "of no interview  {sha256}")?;
            differences += 1;
        }
        if repair {
            files.remove(&sha256).await?;
        }
    }

    writeln!(io::stdout(), "{} files compared, {differences} differences", wanted.len())?;
    Ok(if differences == 0 || repair { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Compares a content with its hash. Returns the number of files for which it is missing or
/// changed.
async fn verify_content(
    db: &PgPool,
    files: &Files,
    sha256: &str,
    repair: bool,
) -> anyhow::Result<usize> {
    let problem = match files.is_intact(sha256).await? {
        Some(true) => return Ok(0),
        Some(false) => "changed",
        None => "missing",
    };

    // Empty when it was removed meanwhile.
    let affected = store::files::of_content(db, sha256).await.context(AWAY)?;
    for (workspace, interview, kind, digest) in &affected {
        writeln!(io::stdout(), "{problem}  {interview}  {}  {sha256}", kind.as_str())?;
        if repair {
            files.remove(sha256).await?;
            let mut tx = db.begin().await.context(AWAY)?;
            store::files::lose(&mut *tx, workspace, interview.as_str(), *kind, digest).await?;
            let due = [interview.as_str()];
            store::jobs::enqueue(&mut *tx, workspace, &due, Urgency::Command).await?;
            tx.commit().await.context(AWAY)?;
        }
    }

    Ok(affected.len())
}
