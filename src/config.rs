//! The settings: defaults, a file, the environment; all checked before anything starts.

use std::{collections::HashMap, fs, net::SocketAddr, path::Path, path::PathBuf, time::Duration};

use anyhow::{Context as _, bail, ensure};
use config::{Environment, File, FileFormat};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use url::Url;

use crate::records::WorkspaceId;

const DEFAULTS: &str = include_str!("../config/default.toml");
const PREFIX: &str = "HEYMILO_SYNC";

/// Secrets: their key in the settings, and the names they have in the environment.
const SECRETS: [(&str, [&str; 2]); 3] = [
    ("heymilo.api_key", ["HEYMILO_SYNC__HEYMILO__API_KEY", "HEYMILO_API_KEY"]),
    ("webhooks.token", ["HEYMILO_SYNC__WEBHOOKS__TOKEN", "HEYMILO_WEBHOOK_TOKEN"]),
    ("database.url", ["HEYMILO_SYNC__DATABASE__URL", "DATABASE_URL"]),
];

/// Every setting of the daemon. A key that is not known stops the start.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The workspace that is copied.
    pub workspace: Workspace,
    /// HeyMilo's API.
    pub heymilo: HeyMilo,
    /// The Postgres database.
    pub database: Database,
    /// The listener.
    pub http: Http,
    /// Deliveries and their registrations.
    pub webhooks: Webhooks,
    /// Discovery on a schedule.
    pub poll: Poll,
    /// Fetching.
    pub worker: Worker,
    /// Looking again at what is not finished.
    pub recheck: Recheck,
    /// Logging.
    pub log: Log,
}

/// Settings of the workspace.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Workspace {
    /// Its name in the tables.
    pub name: String,
}

/// Settings of HeyMilo's API.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HeyMilo {
    /// Where the API is.
    pub base_url: Url,
    /// The key; one key is one workspace.
    #[serde(serialize_with = "hidden")]
    pub api_key: Option<SecretString>,
    /// The limit of the key.
    pub requests_per_minute: u32,
    /// For a whole request.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// Larger answers are refused.
    pub max_body_bytes: usize,
}

/// Settings of the database.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// Where it is; without one the embedded Postgres is used.
    #[serde(serialize_with = "hidden")]
    pub url: Option<SecretString>,
    /// Where the embedded Postgres keeps its data.
    pub directory: Option<PathBuf>,
    /// Most connections at a time.
    pub max_connections: u32,
    /// How long to wait at the start.
    #[serde(with = "humantime_serde")]
    pub connect_timeout: Duration,
}

/// Settings of the listener.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Address and port.
    pub listen: SocketAddr,
}

/// Settings of webhooks.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    /// The last part of the webhook's address; without one no deliveries are taken.
    #[serde(serialize_with = "hidden")]
    pub token: Option<SecretString>,
    /// Where HeyMilo reaches this daemon; without one nothing is registered.
    pub public_url: Option<Url>,
    /// The event types to register for.
    pub event_types: Vec<String>,
    /// Larger deliveries are refused.
    pub max_body_bytes: usize,
    /// Where a delivery may name its interview, most telling first.
    pub interview_id_at: Vec<String>,
    /// Where a delivery may name its posting.
    pub posting_id_at: Vec<String>,
}

/// Settings of the poll.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Poll {
    /// How often to look for what is new or unfinished.
    #[serde(with = "humantime_serde")]
    pub interval: Duration,
    /// How often to look at everything.
    #[serde(with = "humantime_serde")]
    pub full_interval: Duration,
    /// How long an unfinished interview is watched by the short look.
    #[serde(with = "humantime_serde")]
    pub unfinished_for: Duration,
    /// How far to look back before the oldest unfinished invitation.
    #[serde(with = "humantime_serde")]
    pub overlap: Duration,
}

/// Settings of fetching.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Worker {
    /// How many interviews are fetched at the same time.
    pub concurrency: usize,
    /// How long a claimed job stays ours.
    #[serde(with = "humantime_serde")]
    pub lease: Duration,
    /// After so many failed attempts an interview is set aside.
    pub max_attempts: i32,
    /// The delay after the first failed attempt.
    #[serde(with = "humantime_serde")]
    pub first_retry: Duration,
    /// The longest delay between attempts.
    #[serde(with = "humantime_serde")]
    pub longest_retry: Duration,
}

/// Settings of looking again at unfinished interviews.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Recheck {
    /// The first delay while results are being computed.
    #[serde(with = "humantime_serde")]
    pub evaluating: Duration,
    /// The first delay while an interview is under way or not ready.
    #[serde(with = "humantime_serde")]
    pub unfinished: Duration,
    /// The longest delay.
    #[serde(with = "humantime_serde")]
    pub longest: Duration,
}

/// Settings of logging.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// Text for people or JSON for machines.
    pub format: LogFormat,
    /// As in `RUST_LOG`.
    pub filter: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

impl Config {
    /// Loads the settings from the defaults, `file` and `environment`, later ones first, and checks
    /// them. Errors name the offending key.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> anyhow::Result<Self> {
        let mut environment: HashMap<String, String> = environment.into_iter().collect();
        let mut builder =
            config::Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        if let Some(path) = file {
            refuse_secrets(path)?;
            builder = builder.add_source(File::from(path).format(FileFormat::Toml));
        }
        let secrets = SECRETS
            .iter()
            .map(|(key, names)| Ok((*key, take_secret(&mut environment, names)?)))
            .collect::<anyhow::Result<Vec<_>>>()?;
        builder = builder.add_source(
            Environment::with_prefix(PREFIX)
                .separator("__")
                .list_separator(",")
                .with_list_parse_key("webhooks.event_types")
                .with_list_parse_key("webhooks.interview_id_at")
                .with_list_parse_key("webhooks.posting_id_at")
                .ignore_empty(true)
                .try_parsing(true)
                .source(Some(environment)),
        );
        for (key, secret) in secrets {
            builder = builder.set_override_option(key, secret)?;
        }
        let config: Self = builder
            .build()
            .context("reading the settings")?
            .try_deserialize()
            .context("reading the settings")?;
        config.check()?;
        Ok(config)
    }

    /// Writes the settings in force as TOML, secrets hidden.
    pub fn to_toml(&self) -> anyhow::Result<String> {
        toml::to_string_pretty(self).context("writing the settings")
    }

    /// The name of the workspace in the tables.
    pub fn workspace_id(&self) -> WorkspaceId {
        WorkspaceId::new(self.workspace.name.as_str()).expect("checked when the settings were read")
    }

    /// The API key, or an error that says what to set.
    pub fn require_api_key(&self) -> anyhow::Result<&SecretString> {
        self.heymilo.api_key.as_ref().context(
            "no API key: set HEYMILO_API_KEY to the workspace's key, or HEYMILO_API_KEY_FILE to a \
             file that holds it (`heymilo-sync demo` needs none)",
        )
    }

    fn check(&self) -> anyhow::Result<()> {
        ensure!(
            WorkspaceId::new(self.workspace.name.as_str()).is_some(),
            "workspace.name must be 1 to 255 characters long and printable"
        );
        ensure!(
            matches!(self.heymilo.base_url.scheme(), "http" | "https"),
            "heymilo.base_url must begin with https:// or http://"
        );
        ensure!(
            self.heymilo.requests_per_minute > 0,
            "heymilo.requests_per_minute must be above 0"
        );
        ensure!(self.heymilo.max_body_bytes > 0, "heymilo.max_body_bytes must be above 0");
        ensure!(self.database.max_connections >= 2, "database.max_connections must be at least 2");
        ensure!(self.webhooks.max_body_bytes > 0, "webhooks.max_body_bytes must be above 0");
        ensure!(
            self.worker.lease > self.heymilo.timeout,
            "worker.lease must be longer than heymilo.timeout, or a slow fetch runs twice"
        );
        ensure!(
            (1..=1000).contains(&self.worker.concurrency),
            "worker.concurrency must be between 1 and 1000"
        );
        ensure!(self.worker.max_attempts >= 1, "worker.max_attempts must be at least 1");
        self.check_durations()?;
        self.check_webhooks()
    }

    fn check_durations(&self) -> anyhow::Result<()> {
        for (key, duration) in [
            ("heymilo.timeout", self.heymilo.timeout),
            ("poll.interval", self.poll.interval),
            ("poll.full_interval", self.poll.full_interval),
            ("worker.first_retry", self.worker.first_retry),
            ("recheck.evaluating", self.recheck.evaluating),
            ("recheck.unfinished", self.recheck.unfinished),
        ] {
            ensure!(!duration.is_zero(), "{key} must be longer than 0s");
        }
        ensure!(
            self.worker.first_retry <= self.worker.longest_retry,
            "worker.first_retry must not be longer than worker.longest_retry"
        );
        Ok(())
    }

    fn check_webhooks(&self) -> anyhow::Result<()> {
        if let Some(token) = &self.webhooks.token {
            let token = token.expose_secret();
            let sound = token.len() >= 16
                && token.chars().all(|c| c.is_ascii_alphanumeric() || "-_.~".contains(c));
            ensure!(
                sound,
                "webhooks.token must be at least 16 characters out of a-z, A-Z, 0-9, - _ . and ~"
            );
        }
        if let Some(public_url) = &self.webhooks.public_url {
            ensure!(
                matches!(public_url.scheme(), "http" | "https"),
                "webhooks.public_url must begin with https:// or http://"
            );
            ensure!(
                self.webhooks.token.is_some(),
                "webhooks.public_url is set, so webhooks.token must be set too \
                 (HEYMILO_WEBHOOK_TOKEN)"
            );
        }
        Ok(())
    }
}

/// Takes a secret out of the environment, from the variable itself or from the file it names.
fn take_secret(
    environment: &mut HashMap<String, String>,
    names: &[&str],
) -> anyhow::Result<Option<String>> {
    let mut secret = None;
    for name in names {
        let value = environment.remove(*name).filter(|value| !value.is_empty());
        let in_file = format!("{name}_FILE");
        let path = environment.remove(&in_file).filter(|path| !path.is_empty());
        let found = match (value, path) {
            (Some(_), Some(_)) => bail!("{name} and {in_file} are both set: unset one of them"),
            (Some(value), None) => Some(value),
            (None, Some(path)) => Some(
                fs::read_to_string(&path)
                    .with_context(|| format!("reading the file that {in_file} names"))?
                    .trim()
                    .to_owned(),
            ),
            (None, None) => None,
        };
        secret = secret.or(found);
    }
    Ok(secret)
}

/// Files of settings are shared and committed; secrets do not belong there.
fn refuse_secrets(path: &Path) -> anyhow::Result<()> {
    let text = fs::read_to_string(path)
        .with_context(|| format!("reading the settings from {}", path.display()))?;
    let table: toml::Table = text
        .parse()
        .map_err(|_| anyhow::anyhow!("{} is not a file of settings in TOML", path.display()))?;
    for (key, names) in SECRETS {
        let (section, name) = key.split_once('.').expect("a secret's key has two parts");
        let inside = table.get(section).and_then(|section| section.get(name));
        ensure!(inside.is_none(), "{key} is a secret: set {} in the environment instead", names[1]);
    }
    Ok(())
}

fn hidden<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    match secret {
        Some(_) => serializer.serialize_str("(hidden)"),
        None => serializer.serialize_none(),
    }
}
