//! Keeps the webhooks registered: one registration for each live posting and event type.

use std::collections::BTreeSet;

use futures_util::TryStreamExt as _;
use secrecy::{ExposeSecret as _, SecretString};
use tracing::{info, warn};
use url::Url;

use super::{Result, Workspace};
use crate::{
    heymilo::{
        self,
        wire::{NewWebhook, Webhook},
    },
    records::PostingId,
    store,
};

/// What must be registered, and where deliveries shall go.
#[derive(Debug, Clone)]
pub struct Registrations {
    /// Where all registrations of this daemon deliver to, whatever their token.
    prefix: String,
    address: SecretString,
    event_types: Vec<String>,
}

/// What to change at HeyMilo.
#[derive(Debug, PartialEq, Eq)]
pub struct Plan<'a> {
    /// Postings and event types to register for.
    pub missing: Vec<(&'a str, &'a str)>,
    /// Ids of registrations to remove: ours, but with another token, for something that is not
    /// wanted any more, or for what is registered twice.
    pub stale: Vec<&'a str>,
}

/// How much of a plan HeyMilo refused.
#[derive(Debug, Clone, Copy)]
pub struct Refused {
    /// Registrations that were not made.
    pub missing: usize,
    /// Registrations that were not removed.
    pub stale: usize,
}

impl Registrations {
    /// Registers for `event_types`, to be delivered below `public_url`.
    pub fn new(public_url: &Url, token: &SecretString, event_types: Vec<String>) -> Self {
        let base = public_url.as_str().trim_end_matches('/');
        let prefix = format!("{base}/webhooks/heymilo/");
        let address = SecretString::from(format!("{prefix}{}", token.expose_secret()));
        Self { prefix, address, event_types }
    }

    /// Makes what is missing and removes what is ours and stale; others' are never touched.
    pub async fn keep(&self, workspace: &Workspace) -> Result<()> {
        let postings = store::postings::live(&workspace.db, &workspace.id).await?;
        let registered = registered(workspace).await?;
        let refused = self.carry_out(workspace, &self.plan(&postings, &registered)).await?;
        let wanted = postings.len() * self.event_types.len();
        let registered = wanted - refused.missing;
        Ok(store::registrations::note(&workspace.db, &workspace.id, wanted, registered).await?)
    }

    /// Makes and removes what a plan says. Returns what HeyMilo did not change.
    pub async fn carry_out(&self, workspace: &Workspace, plan: &Plan<'_>) -> Result<Refused> {
        let Workspace { id, heymilo, .. } = workspace;
        let Plan { missing, stale } = plan;
        let (mut made, mut removed) = (0, 0);
        for (posting_id, event_type) in missing {
            let webhook_url = self.address.expose_secret();
            let webhook = NewWebhook { posting_id, webhook_url, event_type };
            made +=
                usize::from(done(heymilo.create_webhook(&webhook).await.map(drop), posting_id)?);
        }
        for webhook_id in stale {
            removed += usize::from(done(heymilo.delete_webhook(webhook_id).await, webhook_id)?);
        }
        if made + removed > 0 {
            info!(workspace.id = %id, made, removed, "webhook registrations kept");
        }
        Ok(Refused { missing: missing.len() - made, stale: stale.len() - removed })
    }

    /// Compares what is wanted with what is registered.
    pub fn plan<'a>(&'a self, postings: &'a [PostingId], registered: &'a [Webhook]) -> Plan<'a> {
        let mut missing: BTreeSet<(&str, &str)> = postings
            .iter()
            .flat_map(|posting| {
                self.event_types.iter().map(|event| (posting.as_str(), event.as_str()))
            })
            .collect();
        let mut stale = Vec::new();
        for webhook in registered.iter().filter(|webhook| self.is_ours(webhook)) {
            let at_our_address = webhook.delivers_to() == Some(self.address.expose_secret());
            let place = webhook.posting_id.as_deref().zip(webhook.event_type.as_deref());
            // A second registration for the same place would deliver everything twice.
            if !at_our_address || !place.is_some_and(|place| missing.remove(&place)) {
                stale.push(webhook.webhook_id.as_str());
            }
        }
        Plan { missing: missing.into_iter().collect(), stale }
    }

    /// Plans to remove all that is ours.
    pub fn removal<'a>(&self, registered: &'a [Webhook]) -> Plan<'a> {
        let ours = registered.iter().filter(|webhook| self.is_ours(webhook));
        Plan { missing: Vec::new(), stale: ours.map(|webhook| &*webhook.webhook_id).collect() }
    }

    /// Whether a registration delivers to this daemon, with whatever token.
    pub fn is_ours(&self, webhook: &Webhook) -> bool {
        webhook.delivers_to().is_some_and(|address| address.starts_with(&self.prefix))
            && webhook.is_active != Some(false)
    }
}

/// Asks HeyMilo for all registrations, whoever made them.
pub async fn registered(workspace: &Workspace) -> Result<Vec<Webhook>> {
    let heymilo = &workspace.heymilo;
    let page = |after: Option<String>| async move { heymilo.webhooks(after.as_deref()).await };
    let pages: Vec<_> = heymilo::pages(page).try_collect().await?;
    Ok(pages.into_iter().flat_map(|page| page.items).collect())
}

/// Whether a registration was made or removed. One that HeyMilo does not take must not hold up the
/// others, nor the poll.
fn done(result: heymilo::Result<()>, about: &str) -> Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(error @ (heymilo::Error::Unauthorized | heymilo::Error::RateLimited { .. })) => {
            Err(error.into())
        }
        Err(error) => {
            warn!(about, error = %error, "webhook registration not changed");
            Ok(false)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn registrations() -> Registrations {
        let events = ["interview_completed", "report_available"].map(str::to_owned);
        let url = "https://hooks.example.com/".parse().unwrap();
        Registrations::new(&url, &SecretString::from("our-token"), events.to_vec())
    }

    fn webhook(id: &str, posting: &str, event: &str, url: &str) -> Webhook {
        serde_json::from_value(json!({
            "webhook_id": id, "posting_id": posting, "event_type": event, "webhook_url": url,
        }))
        .unwrap()
    }

    const OURS: &str = "https://hooks.example.com/webhooks/heymilo/our-token";

    #[test]
    fn what_is_missing_is_made_and_what_is_there_is_kept() {
        let postings = [PostingId::new("pos_1").unwrap()];
        let there = [webhook("wh_1", "pos_1", "report_available", OURS)];

        let registrations = registrations();
        let plan = registrations.plan(&postings, &there);

        assert_eq!(plan.missing, [("pos_1", "interview_completed")]);
        assert!(plan.stale.is_empty());
    }

    #[test]
    fn our_own_leftovers_are_removed_and_others_never_touched() {
        let postings = [PostingId::new("pos_1").unwrap()];
        let old_token = "https://hooks.example.com/webhooks/heymilo/old-token";
        let others = "https://elsewhere.example.com/webhooks/heymilo/our-token";
        let there = [
            webhook("wh_1", "pos_1", "report_available", OURS),
            webhook("wh_2", "pos_1", "report_available", OURS),
            webhook("wh_3", "pos_1", "interview_completed", OURS),
            webhook("wh_4", "pos_1", "interview_completed", old_token),
            webhook("wh_5", "pos_gone", "interview_completed", OURS),
            webhook("wh_6", "pos_1", "interview_completed", others),
        ];

        let registrations = registrations();
        let plan = registrations.plan(&postings, &there);

        assert!(plan.missing.is_empty());
        assert_eq!(plan.stale, ["wh_2", "wh_4", "wh_5"]);
    }
}
