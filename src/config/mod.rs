//! The settings: defaults, a file, the environment; all checked before anything starts.

mod check;
mod secrets;

use std::{collections::HashMap, net::SocketAddr, path::Path, path::PathBuf, time::Duration};

use anyhow::Context as _;
use config::{Environment, File, FileFormat};
use secrecy::SecretString;
use serde::{Deserialize, Serialize, Serializer};
use url::Url;

use crate::records::WorkspaceId;

const DEFAULTS: &str = include_str!("../../config/default.toml");
const PREFIX: &str = "HEYMILO_SYNC";

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
    /// What becomes of the rows of an interview that HeyMilo has no more.
    pub gone: Gone,
}

/// What becomes of the rows of an interview that is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Gone {
    /// They stay, and the interview is marked as deleted.
    Keep,
    /// They are removed, and what HeyMilo answered about it.
    Purge,
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
            secrets::refuse_in_file(path)?;
            builder = builder.add_source(File::from(path).format(FileFormat::Toml));
        }
        let secrets = secrets::take(&mut environment)?;
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
}

fn hidden<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    match secret {
        Some(_) => serializer.serialize_str("(hidden)"),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load<const N: usize>(environment: [(&str, &str); N]) -> anyhow::Result<Config> {
        Config::load(None, environment.map(|(name, value)| (name.to_owned(), value.to_owned())))
    }

    fn error<const N: usize>(environment: [(&str, &str); N]) -> String {
        format!("{:#}", load(environment).unwrap_err())
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, text).unwrap();
        file
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
        let settings = file("[poll]\ninterval = \"1m\"\nfull_interval = \"1h\"\n");
        let environment = [("HEYMILO_SYNC__POLL__INTERVAL".to_owned(), "7s".to_owned())];

        let config = Config::load(Some(settings.path()), environment).unwrap();

        assert_eq!(config.poll.interval, Duration::from_secs(7));
        assert_eq!(config.poll.full_interval, Duration::from_secs(3600));
        assert_eq!(config.poll.overlap, Duration::from_secs(3600));
    }

    #[test]
    fn an_unknown_key_is_named() {
        assert!(error([("HEYMILO_SYNC__POLL__INTERVALL", "7s")]).contains("intervall"));

        let settings = file("[heymilo]\nkey = \"abc\"\n");
        let error = Config::load(Some(settings.path()), []).unwrap_err();
        assert!(format!("{error:#}").contains("`key`"), "{error:#}");
    }

    #[test]
    fn an_impossible_value_is_named() {
        for (name, value, key) in [
            ("HEYMILO_SYNC__WORKER__LEASE", "1s", "worker.lease"),
            ("HEYMILO_SYNC__HEYMILO__REQUESTS_PER_MINUTE", "0", "heymilo.requests_per_minute"),
            ("HEYMILO_SYNC__HEYMILO__BASE_URL", "ftp://example.com", "heymilo.base_url"),
            ("HEYMILO_SYNC__POLL__INTERVAL", "0s", "poll.interval"),
            ("HEYMILO_SYNC__POLL__INTERVAL", "soon", "poll.interval"),
            ("HEYMILO_SYNC__POLL__GONE", "forget", "poll.gone"),
            ("HEYMILO_SYNC__HTTP__LISTEN", "nowhere", "http.listen"),
            ("HEYMILO_WEBHOOK_TOKEN", "short", "webhooks.token"),
            ("HEYMILO_SYNC__WEBHOOKS__PUBLIC_URL", "https://a.example", "webhooks.token"),
        ] {
            let error = error([(name, value)]);
            assert!(error.contains(key), "{name}={value}: {error}");
        }
    }

    #[test]
    fn a_secret_keeps_its_zeros_and_may_come_from_a_file() {
        use secrecy::ExposeSecret as _;

        let key = |config: Config| config.heymilo.api_key.unwrap().expose_secret().to_owned();
        let in_file = file("key-of-the-file\n");
        let path = in_file.path().to_str().unwrap();

        assert_eq!(key(load([("HEYMILO_API_KEY", "0012")]).unwrap()), "0012");
        assert_eq!(key(load([("HEYMILO_API_KEY_FILE", path)]).unwrap()), "key-of-the-file");
        assert!(error([("HEYMILO_API_KEY", "a"), ("HEYMILO_API_KEY_FILE", path)]).contains("both"));
        assert!(error([("DATABASE_URL_FILE", "/nowhere")]).contains("DATABASE_URL_FILE"));
    }

    #[test]
    fn a_secret_does_not_belong_in_a_file_of_settings() {
        let settings = file("[heymilo]\napi_key = \"abc\"\n");

        let error = Config::load(Some(settings.path()), []).unwrap_err().to_string();

        assert!(error.contains("HEYMILO_API_KEY"), "{error}");
    }

    #[test]
    fn an_empty_variable_is_as_good_as_none() {
        let config = load([
            ("HEYMILO_API_KEY", ""),
            ("HEYMILO_SYNC__WEBHOOKS__PUBLIC_URL", ""),
            ("HEYMILO_SYNC__POLL__INTERVAL", ""),
        ])
        .unwrap();

        assert!(config.heymilo.api_key.is_none());
        assert!(config.webhooks.public_url.is_none());
    }

    #[test]
    fn printed_settings_hide_their_secrets() {
        let config = load([
            ("HEYMILO_API_KEY", "the-api-key"),
            ("HEYMILO_WEBHOOK_TOKEN", "the-webhook-token"),
            ("DATABASE_URL", "postgres://heymilo:hunter2@localhost/heymilo"),
        ])
        .unwrap();

        let printed = config.to_toml().unwrap();

        let debugged = format!("{config:?}");
        for secret in ["the-api-key", "the-webhook-token", "hunter2"] {
            assert!(!printed.contains(secret), "{secret} is printed");
            assert!(!debugged.contains(secret), "{secret} is in Debug");
        }
    }
}
