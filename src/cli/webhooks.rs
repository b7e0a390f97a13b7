//! `heymilo-sync webhooks`: shows and changes the registrations at HeyMilo.

use std::io::{self, Write as _};

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand};
use url::Url;

use super::command::{self, unless_stopped};
use crate::{
    app,
    config::Config,
    heymilo::wire::Webhook,
    sync::{self, Command, Plan, Registrations},
};

const NEEDED: &str = "set webhooks.public_url (HEYMILO_SYNC__WEBHOOKS__PUBLIC_URL) to where HeyMilo \
                      reaches this daemon, and HEYMILO_WEBHOOK_TOKEN";

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show all registrations, and mark this daemon's.
    List,
    /// Make missing registrations, and remove this daemon's unwanted ones.
    Ensure(Change),
    /// Remove all registrations of this daemon.
    Remove(Change),
}

#[derive(Debug, Args)]
struct Change {
    /// Only show what would be done.
    #[arg(long)]
    dry_run: bool,
}

/// Shows or changes the registrations of each workspace. Registrations of others are never touched.
pub async fn run(config: Config, arguments: Arguments) -> anyhow::Result<()> {
    let settings = config.clone();

    command::ask(config, async |command, shutdown| {
        let ours = ours(&settings, command);
        let registered = sync::registered(command.workspace());
        let registered = unless_stopped(shutdown, registered).await?;
        match &arguments.action {
            Action::List => list(&registered, ours.as_ref()),
            Action::Ensure(change) => {
                let ours = ours.context(NEEDED)?;
                let postings = Box::pin(unless_stopped(shutdown, command.live_postings())).await?;
                carry_out(&ours, command, &ours.plan(&postings, &registered), change).await
            }
            Action::Remove(change) => {
                let ours = ours.context(NEEDED)?;
                carry_out(&ours, command, &ours.removal(&registered), change).await
            }
        }
    })
    .await
}

fn ours(config: &Config, command: &Command) -> Option<Registrations> {
    let id = &command.workspace().id;
    let settings = config.workspaces.iter().find(|settings| settings.id() == *id)?;
    app::registrations(&config.webhooks, settings)
}

/// Addresses are cut after the host, because the rest may be a secret.
fn list(webhooks: &[Webhook], ours: Option<&Registrations>) -> anyhow::Result<()> {
    for webhook in webhooks {
        let address = webhook.delivers_to().and_then(|address| Url::parse(address).ok());
        let whose = if ours.is_some_and(|ours| ours.is_ours(webhook)) { "ours" } else { "other" };
        writeln!(
            io::stdout(),
            "{}  {whose:<5}  {}  {:<24}  {}",
            webhook.webhook_id.as_deref().unwrap_or("-"),
            webhook.posting_id.as_deref().unwrap_or("-"),
            webhook.event_type.as_deref().unwrap_or("-"),
            address.as_ref().and_then(Url::host_str).unwrap_or("-"),
        )?;
    }
    Ok(())
}

async fn carry_out(
    registrations: &Registrations,
    command: &Command,
    plan: &Plan<'_>,
    change: &Change,
) -> anyhow::Result<()> {
    let would = if change.dry_run { "would be " } else { "" };

    if !change.dry_run {
        let refused = registrations.carry_out(command.workspace(), plan).await;
        let refused = refused.map_err(command::explain)?;
        let refused = refused.missing + refused.stale;
        ensure!(refused == 0, "{refused} registrations were not changed; the warnings say why");
    }
    for (posting_id, event_type) in &plan.missing {
        writeln!(io::stdout(), "{would}registered  {posting_id}  {event_type}")?;
    }
    for webhook_id in &plan.stale {
        writeln!(io::stdout(), "{would}removed  {webhook_id}")?;
    }
    let (made, removed) = (plan.missing.len(), plan.stale.len());
    writeln!(io::stdout(), "{made} {would}registered, {removed} {would}removed")?;

    Ok(())
}
