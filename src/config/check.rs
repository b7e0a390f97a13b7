//! Invalid values stop the start, with the name of their setting.

use std::collections::HashSet;

use anyhow::ensure;
use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url};

use super::{Config, Operations, secrets};
use crate::records::{FileKind, WorkspaceId};

/// The form of a token: hard to guess, and the same in an address, a header and a shell.
const SOUND: &str = "must be at least 16 characters out of a-z, A-Z, 0-9, - _ . and ~";

/// The dimensions of dashboards beside the posting.
const DIMENSIONS: [&str; 3] = ["department", "location", "requisition"];
/// The roots of a dimension's path.
const DIMENSION_ROOTS: [&str; 4] =
    ["data.", "metadata.", "posting.metadata.", "posting.ats_metadata."];

impl Config {
    /// Checks everything that can be checked without a connection.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        self.check_workspaces()?;
        ensure!(
            matches!(self.heymilo.base_url.scheme(), "http" | "https"),
            "heymilo.base_url must begin with https:// or http://"
        );
        ensure!(
            self.heymilo.base_url.scheme() == "https"
                || self.heymilo.allow_http
                || is_this_machine(&self.heymilo.base_url),
            "heymilo.base_url is on another machine and not encrypted, and every request carries the API key: \
             begin it with https://, or set heymilo.allow_http = true"
        );

        self.heymilo.authorities()?;
        ensure!(
            self.heymilo.requests_per_minute > 0,
            "heymilo.requests_per_minute must be above 0"
        );

        self.database.addresses()?;
        ensure!(self.database.max_connections >= 2, "database.max_connections must be at least 2");

        ensure!(
            (1..=1000).contains(&self.worker.concurrency),
            "worker.concurrency must be between 1 and 1000"
        );
        ensure!(self.worker.max_in_flight_bytes > 0, "worker.max_in_flight_bytes must be above 0");
        ensure!(self.spool.max_bytes > 0, "spool.max_bytes must be above 0");

        ensure!(self.files.max_bytes > 0, "files.max_bytes must be above 0");
        for kind in &self.files.kinds {
            ensure!(
                FileKind::named(kind).is_some(),
                "files.kinds must be out of audio, video and resume, and {kind:?} is none of them"
            );
        }

        self.check_durations()?;
        self.check_listeners()?;
        self.check_dimensions()?;
        self.check_demographics()?;
        self.check_traces()?;

        self.check_webhooks()
    }

    fn check_workspaces(&self) -> anyhow::Result<()> {
        let mut names = HashSet::new();
        let mut secrets = HashSet::new();

        for workspace in &self.workspaces {
            ensure!(
                WorkspaceId::new(workspace.name.as_str()).is_some(),
                "the name of a workspace must be 1 to 255 characters long and printable"
            );
            ensure!(
                names.insert(secrets::variable("", &workspace.name)),
                "two of the [[workspaces]] have the same name, as the environment sees it: {:?}",
                workspace.name
            );
            for secret in workspace.api_key.iter().chain(&workspace.webhook_token) {
                ensure!(
                    secrets.insert(secret.expose_secret()),
                    "workspace {:?} has a key or a token that another one has too",
                    workspace.name
                );
            }
        }

        Ok(())
    }

    fn check_traces(&self) -> anyhow::Result<()> {
        let endpoint = self.traces.endpoint.as_ref();
        ensure!(
            endpoint.is_none_or(|url| matches!(url.scheme(), "http" | "https")),
            "traces.endpoint must begin with https:// or http://"
        );
        Ok(())
    }

    fn check_durations(&self) -> anyhow::Result<()> {
        for (key, duration) in [
            ("heymilo.timeout", self.heymilo.timeout),
            ("files.timeout", self.files.timeout),
            ("poll.interval", self.poll.interval),
            ("poll.full_interval", self.poll.full_interval),
        ] {
            ensure!(!duration.is_zero(), "{key} must be longer than 0s");
        }
        Ok(())
    }

    fn check_listeners(&self) -> anyhow::Result<()> {
        let Operations { listen, token } = &self.operations;
        ensure!(
            listen.ip().is_loopback() || token.is_some(),
            "operations.listen is {listen}, which others than this machine may reach: set \
             operations.token (HEYMILO_OPERATIONS_TOKEN) for operators to show, or listen on \
             127.0.0.1"
        );
        if let Some(token) = token {
            ensure!(is_sound(token), "operations.token {SOUND}");
        }
        Ok(())
    }

    fn check_dimensions(&self) -> anyhow::Result<()> {
        for (dimension, path) in &self.dimensions {
            ensure!(
                DIMENSIONS.contains(&dimension.as_str()),
                "dimensions.{dimension} is unknown: there are {}",
                DIMENSIONS.join(", ")
            );
            let keys = DIMENSION_ROOTS.iter().find_map(|root| path.strip_prefix(root));
            ensure!(
                keys.is_some_and(is_path),
                "dimensions.{dimension} must be a path such as data.department or \
                 posting.ats_metadata.department"
            );
        }
        Ok(())
    }

    fn check_demographics(&self) -> anyhow::Result<()> {
        for (attribute, path) in &self.demographics {
            let keys = path.strip_prefix("data.").or_else(|| path.strip_prefix("metadata."));
            ensure!(
                keys.is_some_and(is_path),
                "demographics.{attribute} must be a path such as data.eeo_gender or metadata.sex"
            );
        }
        Ok(())
    }

    fn check_webhooks(&self) -> anyhow::Result<()> {
        for token in self.workspaces.iter().filter_map(|workspace| workspace.webhook_token.as_ref())
        {
            ensure!(is_sound(token), "webhooks.token {SOUND}");
        }
        if let Some(public_url) = &self.webhooks.public_url {
            ensure!(
                matches!(public_url.scheme(), "http" | "https"),
                "webhooks.public_url must begin with https:// or http://"
            );
            ensure!(
                self.workspaces.iter().all(|workspace| workspace.webhook_token.is_some()),
                "webhooks.public_url is set, so webhooks.token must be set too \
                 (HEYMILO_WEBHOOK_TOKEN, or one for each of the [[workspaces]])"
            );
        }
        Ok(())
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn is_sound(token: &SecretString) -> bool {
    let token = token.expose_secret();
    token.len() >= 16 && token.chars().all(|c| c.is_ascii_alphanumeric() || "-_.~".contains(c))
}

fn is_path(keys: &str) -> bool {
    keys.split('.').all(|key| !key.is_empty())
}
