//! One workspace that is being copied.

use std::sync::Arc;

use anyhow::Context as _;
use sqlx::PgPool;

use crate::{
    config::{self, Config},
    heymilo,
    http::Receiver,
    metrics::Metrics,
    sync::{Contender, FirstCopyWatch, Identity, Owner, Registrations, Share, Workspace},
    wake::Wake,
};

/// One workspace that is being copied. Its errors do not affect other workspaces, which have keys,
/// rate limits and engines of their own.
pub struct WorkspaceRuntime {
    pub(super) settings: config::Workspace,
    pub(super) workspace: Workspace,
}

impl WorkspaceRuntime {
    pub(super) fn new(
        settings: &config::Workspace,
        config: &Config,
        db: PgPool,
        metrics: &Metrics,
        contender: &Contender,
    ) -> anyhow::Result<Self> {
        let heymilo = &config.heymilo;
        let api_key = settings.api_key.clone().context("a workspace without a key")?;
        let counts = metrics.of(&settings.name);
        counts.allow_inbox(config.retention.inbox_bytes);

        let heymilo = heymilo::Client::new(heymilo::Settings {
            base_url: heymilo.base_url.clone(),
            api_key,
            key_variable: config.key_variable(settings),
            authorities: heymilo.authorities()?,
            requests_per_minute: heymilo.requests_per_minute,
            timeout: heymilo.timeout,
            outage_interval: config.limits.outage_interval,
            max_body_bytes: config.limits.answer_bytes,
            counts: counts.clone(),
        })
        .context("setting up the connection to HeyMilo")?;

        let limiter = heymilo.limiter().clone();
        let owner = Owner::new(settings.id(), db.clone(), limiter, contender.clone());
        Ok(Self {
            settings: settings.clone(),
            workspace: Workspace {
                id: settings.id(),
                db,
                heymilo,
                owner,
                share: Share::new(config.limits.unchanged_percent),
                counts,
                identity: Identity::new(settings.heymilo_id.clone()),
                tombstones: super::tombstones(config),
                first_copy: FirstCopyWatch::default(),
                wanted_files: super::files::wanted(&config.files).map(Arc::new),
                wake: Wake::default(),
                writes: Arc::default(),
            },
        })
    }

    /// Its settings.
    pub fn settings(&self) -> &config::Workspace {
        &self.settings
    }

    /// Its source and its target.
    pub fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    pub(super) fn receiver(&self) -> Option<Receiver> {
        Some(Receiver {
            workspace_id: self.workspace.id.clone(),
            token: self.settings.webhook_token.clone()?,
            wake: self.workspace.wake.clone(),
            counts: self.workspace.counts.clone(),
        })
    }
}

/// The registrations to keep. `None` when HeyMilo cannot reach the daemon.
pub fn registrations(
    settings: &config::Webhooks,
    workspace: &config::Workspace,
) -> Option<Registrations> {
    let (public_url, token) = (settings.public_url.as_ref()?, workspace.webhook_token.as_ref()?);
    Some(Registrations::new(public_url, token, settings.event_types.clone()))
}
