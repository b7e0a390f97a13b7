//! `heymilo-sync webhooks`: the registrations at HeyMilo.

use std::io::{self, Write as _};

use anyhow::Context as _;
use clap::{Args, Subcommand};
use url::Url;

use super::errand::{self, unless_stopped};
use crate::{
    app,
    config::Config,
    heymilo::wire::Webhook,
    sync::{self, Errand, Plan, Registrations},
};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show all registrations, and which are this daemon's.
    List,
    /// Register what is missing and remove what is this daemon's and not wanted any more.
    Ensure(Change),
    /// Remove all that are this daemon's.
    Remove(Change),
}

#[derive(Debug, Args)]
struct Change {
    /// Only show what would be done.
    #[arg(long)]
    dry_run: bool,
}

/// Shows or changes the registrations. Others' are never touched.
pub async fn run(config: Config, arguments: Arguments) -> anyhow::Result<()> {
    let ours = app::registrations(&config.webhooks);
    let needed = "set webhooks.public_url (HEYMILO_SYNC__WEBHOOKS__PUBLIC_URL) to where HeyMilo \
                  reaches this daemon, and HEYMILO_WEBHOOK_TOKEN";
    match arguments.action {
        Action::List => {
            errand::run(config, async |errand, shutdown| {
                let webhooks = sync::registered(errand.workspace());
                list(&unless_stopped(shutdown, webhooks).await?, ours.as_ref())
            })
            .await
        }
        Action::Ensure(change) => {
            let ours = ours.context(needed)?;
            errand::run(config, async |errand, shutdown| {
                let postings = unless_stopped(shutdown, errand.live_postings()).await?;
                let webhooks = sync::registered(errand.workspace());
                let webhooks = unless_stopped(shutdown, webhooks).await?;
                carry_out(&ours, errand, &ours.plan(&postings, &webhooks), &change).await
            })
            .await
        }
        Action::Remove(change) => {
            let ours = ours.context(needed)?;
            errand::run(config, async |errand, shutdown| {
                let webhooks = sync::registered(errand.workspace());
                let webhooks = unless_stopped(shutdown, webhooks).await?;
                carry_out(&ours, errand, &ours.removal(&webhooks), &change).await
            })
            .await
        }
    }
}

/// Addresses are cut short: what follows the host may be a secret.
fn list(webhooks: &[Webhook], ours: Option<&Registrations>) -> anyhow::Result<()> {
    for webhook in webhooks {
        let address = webhook.delivers_to().and_then(|address| Url::parse(address).ok());
        let whose = if ours.is_some_and(|ours| ours.is_ours(webhook)) { "ours" } else { "other" };
        writeln!(
            io::stdout(),
            "{}  {whose:<5}  {}  {:<24}  {}",
            webhook.webhook_id,
            webhook.posting_id.as_deref().unwrap_or("-"),
            webhook.event_type.as_deref().unwrap_or("-"),
            address.as_ref().and_then(Url::host_str).unwrap_or("-"),
        )?;
    }
    Ok(())
}

async fn carry_out(
    registrations: &Registrations,
    errand: &Errand,
    plan: &Plan<'_>,
    change: &Change,
) -> anyhow::Result<()> {
    let would = if change.dry_run { "would be " } else { "" };
    if !change.dry_run {
        let changed = registrations.carry_out(errand.workspace(), plan).await;
        changed.map_err(errand::explain)?;
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
