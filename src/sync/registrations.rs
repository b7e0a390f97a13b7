//! Keeps the webhooks registered: one registration for each live posting and event type.

use std::collections::BTreeSet;

use secrecy::{ExposeSecret as _, SecretString};
use tracing::info;
use url::Url;

use super::{Result, Workspace};
use crate::{
    heymilo::wire::{NewWebhook, Webhook},
    records::PostingId,
    store,
};

/// What must be registered, and where deliveries shall go.
#[derive(Debug, Clone)]
pub struct Registrations {
    public_url: Url,
    token: SecretString,
    event_types: Vec<String>,
}

/// What to change at HeyMilo.
#[derive(Debug, PartialEq, Eq)]
pub struct Plan {
    /// Registrations to make.
    pub missing: Vec<NewWebhook>,
    /// Ids of registrations to remove: ours, but of another token or for something not wanted.
    pub stale: Vec<String>,
}

impl Registrations {
    /// Registers for `event_types`, to be delivered below `public_url`.
    pub fn new(public_url: Url, token: SecretString, event_types: Vec<String>) -> Self {
        Self { public_url, token, event_types }
    }

    /// Makes what is missing and removes what is ours and stale; others' are never touched.
    pub async fn keep(&self, workspace: &Workspace) -> Result<()> {
        let postings = store::postings::live(&workspace.db, &workspace.id).await?;
        let registered = workspace.heymilo.webhooks().await?;
        let plan = self.plan(&postings, &registered);
        for webhook in &plan.missing {
            workspace.heymilo.create_webhook(webhook).await?;
        }
        for webhook_id in &plan.stale {
            workspace.heymilo.delete_webhook(webhook_id).await?;
        }
        if !plan.missing.is_empty() || !plan.stale.is_empty() {
            let (made, removed) = (plan.missing.len(), plan.stale.len());
            info!(workspace.id = %workspace.id, made, removed, "webhook registrations kept");
        }
        Ok(())
    }

    /// Compares what is wanted with what is registered.
    pub fn plan(&self, postings: &[PostingId], registered: &[Webhook]) -> Plan {
        let prefix = self.address("");
        let address = self.address(self.token.expose_secret());
        let mut wanted: BTreeSet<(&str, &str)> = postings
            .iter()
            .flat_map(|posting| {
                self.event_types.iter().map(|event| (posting.as_str(), event.as_str()))
            })
            .collect();
        let mut stale = Vec::new();
        for webhook in registered.iter().filter(|webhook| webhook.webhook_url.starts_with(&prefix))
        {
            let place = (webhook.posting_id.as_str(), webhook.event_type.as_str());
            // A second registration for the same place would deliver everything twice.
            if webhook.webhook_url != address || !wanted.remove(&place) {
                stale.push(webhook.webhook_id.clone());
            }
        }
        let missing = wanted
            .into_iter()
            .map(|(posting_id, event_type)| NewWebhook {
                posting_id: posting_id.to_owned(),
                webhook_url: address.clone(),
                event_type: event_type.to_owned(),
            })
            .collect();
        Plan { missing, stale }
    }

    fn address(&self, token: &str) -> String {
        let base = self.public_url.as_str().trim_end_matches('/');
        format!("{base}/webhooks/heymilo/{token}")
    }
}
