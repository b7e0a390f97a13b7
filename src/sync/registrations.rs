//! Keeps the webhooks registered: one registration for each live posting and event type.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use futures_util::TryStreamExt as _;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;
use tracing::{info, warn};
use url::Url;

use super::{Error, Result, Workspace};
use crate::{
    heymilo::{
        self,
        wire::{NewWebhook, Webhook},
    },
    records::PostingId,
    store,
};

/// HeyMilo's status for a request with a value that it does not accept.
const UNPROCESSABLE: u16 = 422;

/// Which webhooks must be registered, and where deliveries must go.
#[derive(Debug, Clone)]
pub struct Registrations {
    /// The start of the address of all registrations of this daemon, before the token.
    prefix: String,
    address: SecretString,
    event_types: Vec<String>,
    /// Postings and event types that HeyMilo refused to register, and when.
    refusals: Arc<Mutex<HashMap<(String, String), Instant>>>,
}

/// The changes to make at HeyMilo.
#[derive(Debug, PartialEq, Eq)]
pub struct Plan<'a> {
    /// Postings and event types to register for.
    pub missing: Vec<(&'a str, &'a str)>,
    /// Ids of our registrations to remove: with another token, for something that is not wanted any
    /// longer, or registered twice.
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
    /// Makes the registrations of `event_types`, delivered below `public_url`.
    pub fn new(public_url: &Url, token: &SecretString, event_types: Vec<String>) -> Self {
        let base = public_url.as_str().trim_end_matches('/');
        let prefix = format!("{base}/webhooks/heymilo/");
        let address = SecretString::from(format!("{prefix}{}", token.expose_secret()));
        Self { prefix, address, event_types, refusals: Arc::default() }
    }

    /// Makes missing registrations and removes stale ones of ours. Registrations of others are
    /// never touched. What HeyMilo refused less than `remembered_for` ago is not requested again.
    /// Only a refused key and an outage are errors, because the poll finds every change without
    /// registrations too.
    pub async fn keep(&self, workspace: &Workspace, remembered_for: Duration) -> Result<()> {
        let postings = store::postings::live(&workspace.db, &workspace.id).await?;

        let registered = match registered(workspace).await {
            Err(Error::HeyMilo(error)) if !error.is_of_the_key() => {
                let error = error.to_string();
                warn!(workspace.id = %workspace.id, error, "webhook registrations not read");
                return Ok(());
            }
            registered => registered?,
        };
        self.refusals().retain(|_, refused_at| refused_at.elapsed() < remembered_for);
        let mut plan = self.plan(&postings, &registered);
        let missing = plan.missing.len();
        plan.missing.retain(|&(posting_id, event_type)| {
            !self.refusals().contains_key(&place(posting_id, event_type))
        });
        let made = plan.missing.len() - self.carry_out(workspace, &plan).await?.missing;
        let wanted = postings.len() * self.event_types.len();
        let registered = wanted - (missing - made);

        Ok(store::registrations::note(&workspace.db, &workspace.id, wanted, registered).await?)
    }

    /// Carries a plan out, until HeyMilo does not answer any longer. Returns the changes that were
    /// not made.
    pub async fn carry_out(&self, workspace: &Workspace, plan: &Plan<'_>) -> Result<Refused> {
        let (missing, stale) = (plan.missing.len(), plan.stale.len());
        let mut left = Refused { missing, stale };
        let changed = self.change(&workspace.heymilo, plan, &mut left).await;
        let (made, removed) = (missing - left.missing, stale - left.stale);
        if made + removed > 0 {
            info!(workspace.id = %workspace.id, made, removed, "webhook registrations kept");
        }
        match changed {
            Err(error) if error.is_outage() => {
                warn!(workspace.id = %workspace.id, %error, "webhook registrations not all kept");
            }
            changed => changed?,
        }
        Ok(left)
    }

    async fn change(
        &self,
        heymilo: &heymilo::Client,
        plan: &Plan<'_>,
        left: &mut Refused,
    ) -> heymilo::Result<()> {
        let mut unknown_events = HashSet::new();
        for &(posting_id, event_type) in &plan.missing {
            if unknown_events.contains(event_type) {
                continue;
            }
            let webhook_url = self.address.expose_secret();
            let webhook = NewWebhook { posting_id, webhook_url, event_type };
            let Some(error) = refusal(heymilo.create_webhook(&webhook).await, posting_id)? else {
                left.missing -= 1;
                continue;
            };
            self.refusals().insert(place(posting_id, event_type), Instant::now());
            if matches!(error, heymilo::Error::Status { status, .. } if status == UNPROCESSABLE) {
                // Most often HeyMilo does not know the event type, for any posting.
                unknown_events.insert(event_type);
            }
        }

        for webhook_id in &plan.stale {
            if refusal(heymilo.delete_webhook(webhook_id).await, webhook_id)?.is_none() {
                left.stale -= 1;
            }
        }

        Ok(())
    }

    fn refusals(&self) -> MutexGuard<'_, HashMap<(String, String), Instant>> {
        self.refusals.lock().expect("no code panics while it holds the refusals")
    }

    /// Compares the wanted registrations with those that HeyMilo has.
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
            // A second registration for the same posting and event type would deliver everything
            // twice.
            if !at_our_address || !place.is_some_and(|place| missing.remove(&place)) {
                // A registration without an id cannot be removed.
                stale.extend(webhook.webhook_id.as_deref());
            }
        }
        Plan { missing: missing.into_iter().collect(), stale }
    }

    /// A plan that removes all registrations of this daemon.
    pub fn removal<'a>(&self, registered: &'a [Webhook]) -> Plan<'a> {
        let ours = registered.iter().filter(|webhook| self.is_ours(webhook));
        let stale = ours.filter_map(|webhook| webhook.webhook_id.as_deref()).collect();
        Plan { missing: Vec::new(), stale }
    }

    /// Whether a registration delivers to this daemon, with any token.
    pub fn is_ours(&self, webhook: &Webhook) -> bool {
        webhook.delivers_to().is_some_and(|address| address.starts_with(&self.prefix))
            && webhook.is_active != Some(false)
    }
}

/// Asks HeyMilo for all registrations, including those of others.
pub async fn registered(workspace: &Workspace) -> Result<Vec<Webhook>> {
    let heymilo = &workspace.heymilo;
    let page = |after: Option<String>| async move { heymilo.webhooks(after.as_deref()).await };
    let pages: Vec<_> = heymilo::pages(page).try_collect().await?;
    Ok(pages.into_iter().flat_map(|page| page.items).collect())
}

fn place(posting_id: &str, event_type: &str) -> (String, String) {
    (posting_id.to_owned(), event_type.to_owned())
}

/// The refusal of one registration, which must hold up neither the others nor the poll. An error
/// that the next request would meet too is returned as an error.
fn refusal(answer: heymilo::Result<()>, about: &str) -> heymilo::Result<Option<heymilo::Error>> {
    let error = match answer {
        Ok(()) => return Ok(None),
        Err(error) if error.is_of_the_key() || error.is_outage() => return Err(error),
        Err(error) => error,
    };
    warn!(about, error = %error, "webhook registration not changed");
    Ok(Some(error))
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
