//! The lists of `heymilo-sync erase` for an officer to review before anything is erased.

use std::io::{self, Write as _};

use anyhow::Context as _;

use crate::{
    app,
    config::{Config, Workspace},
    mentions::Contact,
    store::{self, erasures::Possible, privacy_log::Entry},
    sync::{Remover, Review},
};

/// Lists everything with a name or a phone number in every workspace of the settings, and logs the
/// search.
pub async fn run(config: &Config, contact: &Contact, by: Option<String>) -> anyhow::Result<()> {
    Box::pin(app::with_database(&config.database, async |database| {
        app::require_tables(database).await?;
        for workspace in &config.workspaces {
            let (db, id) = (&database.pool, workspace.id());
            let remover = app::remover(config, db.clone(), id.clone());
            let found = remover
                .review(contact)
                .await
                .with_context(|| format!("searching {}; nothing was changed", workspace.name))?;
            let entry = Entry {
                by: by.as_deref(),
                action: "searched",
                asked_for: Some(contact.kind()),
                interviews: Some(found.interviews.len()),
                ..Entry::default()
            };
            store::privacy_log::add(db, &id, &entry).await.context("writing the privacy log")?;
            print(workspace, &found)?;
        }
        Ok(())
    }))
    .await
}

fn print(workspace: &Workspace, found: &Review) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let Review { interviews, deliveries, answers, files } = found;
    list(&mut out, interviews)?;
    writeln!(
        out,
        "{} interviews in {} for review. Nothing was erased: name those that are meant with --interview, --candidate \
         or --email",
        interviews.len(),
        workspace.name
    )?;

    if !deliveries.is_empty() {
        let numbers: Vec<String> = deliveries.iter().map(ToString::to_string).collect();
        writeln!(out, "deliveries that name no interview: {}", numbers.join(", "))?;
    }
    for (count, what) in
        [(*answers, "answers that name no interview"), (*files, "files of the spool")]
    {
        if count > 0 {
            writeln!(out, "{what}: {count}")?;
        }
    }

    Ok(())
}

/// Lists the interviews of addresses that differ from an erased one only in what follows a plus
/// sign.
pub async fn similar(remover: &Remover, workspace: &Workspace, email: &str) -> anyhow::Result<()> {
    let similar = remover.similar(email).await.context("looking for similar addresses")?;
    if similar.is_empty() {
        return Ok(());
    }
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "for review in {}, not erased: the address differs only by what follows a plus sign",
        workspace.name
    )?;
    list(&mut out, &similar)
}

fn list(out: &mut impl io::Write, interviews: &[Possible]) -> anyhow::Result<()> {
    for Possible { interview_id, candidate_id, name, email, posting_title, invited_at } in
        interviews
    {
        let invited = invited_at.map(|at| format!("invited {}", at.format("%Y-%m-%d")));
        let parts = [candidate_id, name, email, posting_title, &invited];
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        writeln!(out, "  {interview_id}  {}", parts.join("  "))?;
    }
    Ok(())
}
