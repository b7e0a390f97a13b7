//! `heymilo-sync erase`: removes a person for good.

use std::{
    io::{self, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, ensure};
use chrono::{DateTime, Utc};
use clap::{ArgGroup, Args};
use sqlx::PgPool;

use super::{
    person::{Who, actor},
    review, scope,
};
use crate::{
    app,
    config::{Config, Workspace},
    mentions::Contact,
    receipts,
    store::{self, erasures::Named},
    sync::{self, Cause, Error, Removal, Remover},
};

/// The exit code when a legal hold keeps the person.
const HELD: u8 = 4;

#[derive(Debug, Args)]
#[command(group(
    ArgGroup::new("whom").required(true).args([
        "candidate", "email", "interview", "name", "phone", "again", "request",
    ])
))]
pub struct Arguments {
    #[command(flatten)]
    who: Option<Who>,
    /// Only list the interviews whose answers or deliveries hold this name, for review.
    #[arg(long, value_name = "NAME", value_parser = scope::word)]
    name: Option<String>,
    /// Only list the interviews whose answers or deliveries hold this phone number, for review.
    #[arg(long, value_name = "NUMBER", value_parser = scope::word)]
    phone: Option<String>,
    /// After a restore from a backup: erase everything that this file of receipts names.
    #[arg(long, value_name = "FILE")]
    again: Option<PathBuf>,
    /// The person of this request (`heymilo-sync erasures due`).
    #[arg(long, value_name = "N")]
    request: Option<i64>,
    /// Only record the request, to be carried out until it is due.
    #[arg(long, conflicts_with_all = ["again", "request", "dry_run", "name", "phone"])]
    later: bool,
    /// With --later: the due time, if not after `erasures.due_after`.
    #[arg(long, value_name = "TIME", value_parser = scope::time, requires = "later")]
    due: Option<DateTime<Utc>>,
    /// Name of the person who asks for it, for the receipt. Default: the user of this command.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Only show what would be removed. Takes no lock.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask before removing.
    #[arg(long)]
    yes: bool,
}

/// Erases a person from every workspace of the settings, and prints the receipts.
pub async fn run(config: &Config, arguments: Arguments) -> anyhow::Result<ExitCode> {
    if let Some(contact) = contact(&arguments)? {
        review::run(config, &contact, actor(arguments.by)).await?;
        return Ok(ExitCode::SUCCESS);
    }

    // A script that erases needs no question.
    let asks = io::stdin().is_terminal() && !arguments.yes;
    if asks && !arguments.dry_run && !arguments.later {
        confirm()?;
    }

    let mut erase = Erase { config, by: actor(arguments.by.clone()), is_held: false };
    Box::pin(app::with_database(&config.database, async |database| {
        app::prepare(database, &config.database).await?;
        app::check_erasure_key(config, &database.pool).await?;
        for workspace in &config.workspaces {
            erase.in_workspace(&database.pool, workspace, &arguments).await?;
        }
        if arguments.dry_run || arguments.later {
            return Ok(());
        }
        remove_files(config, &database.pool).await
    }))
    .await?;

    if config.erasures.key.is_none() && !arguments.dry_run && !arguments.later {
        writeln!(
            io::stderr(),
            "note: HEYMILO_ERASURE_KEY is not set, so a reader of the database can guess whose the digests \
             are, and the file of receipts is of use to this database alone"
        )?;
    }

    Ok(if erase.is_held { ExitCode::from(HELD) } else { ExitCode::SUCCESS })
}

/// The name or phone number of a review.
fn contact(arguments: &Arguments) -> anyhow::Result<Option<Contact>> {
    match (&arguments.name, &arguments.phone) {
        (Some(name), _) => Contact::name(name).context("a name has letters").map(Some),
        (_, Some(number)) => {
            Contact::phone(number).context("a phone number has seven digits or more").map(Some)
        }
        _ => Ok(None),
    }
}

struct Erase<'a> {
    config: &'a Config,
    by: Option<String>,
    /// Whether a legal hold kept anything.
    is_held: bool,
}

impl Erase<'_> {
    async fn in_workspace(
        &mut self,
        db: &PgPool,
        workspace: &Workspace,
        arguments: &Arguments,
    ) -> anyhow::Result<()> {
        let named = arguments.who.as_ref().map(Who::named);
        if let Some(named) = named.as_ref().filter(|_| arguments.later) {
            return self.note(db, workspace, named, arguments.due).await;
        }
        let remover = app::remover(self.config, db.clone(), workspace.id());

        let asked = |named| vec![Cause::Asked { named, by: self.by.clone() }];
        let causes = match (named, &arguments.again, arguments.request) {
            (Some(named), ..) => asked(named),
            (_, Some(file), _) => again(&remover, workspace, file, self.by.as_deref()).await?,
            (_, _, number) => {
                let open = store::requests::open(db, &workspace.id()).await?;
                let request = open.iter().find(|request| Some(request.request_id) == number);
                request.map(|request| asked(request.named())).unwrap_or_default()
            }
        };

        ensure!(
            arguments.request.is_none() || !causes.is_empty() || self.config.workspaces.len() > 1,
            "no open request has this number: see `heymilo-sync erasures due`"
        );
        for cause in &causes {
            self.remove(&remover, workspace, cause, arguments.dry_run).await?;
        }

        if let Some(email) = arguments.who.as_ref().and_then(|who| who.named().email) {
            review::similar(&remover, workspace, &email).await?;
        }
        if arguments.dry_run {
            return Ok(());
        }

        remover.note_receipts().await.map(|_| ()).context(
            "it is erased, and the file of receipts could not be written: mend that (erasures.file), then run \
             `heymilo-sync erasures export FILE`",
        )
    }

    async fn remove(
        &mut self,
        remover: &Remover,
        workspace: &Workspace,
        cause: &Cause,
        dry_run: bool,
    ) -> anyhow::Result<()> {
        let erased =
            if dry_run { remover.preview(cause).await } else { remover.remove(cause).await };

        match erased {
            Ok(erased) => print(&workspace.name, &erased, dry_run),
            Err(error @ Error::Held(_)) => {
                self.is_held = true;
                writeln!(
                    io::stderr(),
                    "heymilo-sync: nothing is erased from {}: {error}. `heymilo-sync erase --later` notes \
                     the request until the hold is released",
                    workspace.name
                )?;
                Ok(())
            }
            Err(error) => Err(error).with_context(|| {
                format!("erasing from {}; nothing is gone from its tables", workspace.name)
            }),
        }
    }

    /// Records a request that cannot be carried out at once.
    async fn note(
        &self,
        db: &PgPool,
        workspace: &Workspace,
        named: &Named,
        due: Option<DateTime<Utc>>,
    ) -> anyhow::Result<()> {
        let (mut db, by) = (db.acquire().await?, self.by.as_deref());
        let after = self.config.erasures.due_after;
        let noted = store::requests::add(&mut db, &workspace.id(), named, by, due, after).await?;
        let (number, due_at) = noted;
        writeln!(
            io::stdout(),
            "request {number} noted in {}, due {}: heymilo-sync erase --request {number}",
            workspace.name,
            due_at.format("%Y-%m-%d")
        )?;
        Ok(())
    }
}

/// Removes the recordings and resumes of the erased people. If this process ends early, a daemon
/// removes them.
async fn remove_files(config: &Config, db: &PgPool) -> anyhow::Result<()> {
    let removed = async {
        let Some(files) = app::open_files(&config.files)? else { return Ok(()) };
        while sync::remove_unclaimed(db, &files).await? > 0 {}
        anyhow::Ok(())
    };
    removed.await.context(
        "it is erased from the tables, and recordings and resumes of it could not be removed: a running daemon \
         tries again every 2 s",
    )
}

/// Erases what a file of receipts names and the restored database does not know to be removed.
async fn again(
    remover: &Remover,
    workspace: &Workspace,
    file: &Path,
    by: Option<&str>,
) -> anyhow::Result<Vec<Cause>> {
    ensure!(file.exists(), "there is no file {}", file.display());
    let causes = remover.again(receipts::read(file)?, by).await?;
    if causes.is_empty() {
        writeln!(
            io::stdout(),
            "{} knows every receipt of {}: nothing to erase again",
            workspace.name,
            file.display()
        )?;
    }
    Ok(causes)
}

/// Asks for confirmation at a terminal.
fn confirm() -> anyhow::Result<()> {
    write!(
        io::stderr(),
        "This removes the person for good, from every table and file. Type yes: "
    )?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    ensure!(answer.trim() == "yes", "nothing was removed");
    Ok(())
}

fn print(workspace: &str, erased: &Removal, dry_run: bool) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let Removal { receipt, interviews, people, removed, .. } = erased;
    let would = if dry_run { "would be " } else { "" };
    for (table, rows) in removed {
        writeln!(out, "{rows:>7} {would}removed  {table}")?;
    }
    if removed.is_empty() {
        let is = if dry_run { "would be" } else { "is" };
        writeln!(out, "nothing found in {workspace}; the person {is} kept away from now on")?;
    } else {
        writeln!(
            out,
            "{interviews} interviews and {people} people {would}erased from {workspace}"
        )?;
    }
    if let Some(receipt) = receipt {
        writeln!(out, "receipt {receipt} in heymilo_sync.privacy_log")?;
    }

    Ok(())
}
