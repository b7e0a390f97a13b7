//! The settings: defaults, a file, the environment; all checked before anything starts.

mod address;
mod check;
mod files;
mod kept_for;
mod load;
mod near_misses;
mod secrets;

use std::{
    collections::BTreeMap, fs, net::SocketAddr, num::NonZeroU32, path::PathBuf, time::Duration,
};

use anyhow::{Context as _, ensure};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use url::Url;

pub use files::Files;
pub use kept_for::KeptFor;

use crate::records::WorkspaceId;

/// Every setting of the daemon. A key that is not known stops the start.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The workspace that is copied, as long as there is only one.
    pub workspace: Name,
    /// All workspaces that are copied: those of the settings, or else the one above with the key
    /// and the token of the settings. Never empty.
    #[serde(default)]
    pub workspaces: Vec<Workspace>,
    /// HeyMilo's API.
    pub heymilo: HeyMilo,
    /// The Postgres database.
    pub database: Database,
    /// The listener for everybody.
    pub http: Http,
    /// The listener for operators.
    pub operations: Operations,
    /// Deliveries and their registrations.
    pub webhooks: Webhooks,
    /// Deliveries while the database is away.
    pub spool: Spool,
    /// Discovery on a schedule.
    pub poll: Poll,
    /// Fetching.
    pub worker: Worker,
    /// Looking again at what is not finished.
    pub recheck: Recheck,
    /// How dashboards count.
    pub reporting: Reporting,
    /// Where interviews or postings tell their department, location and requisition: a path for each.
    pub dimensions: BTreeMap<String, String>,
    /// Where interviews tell about their candidates what `heymilo_demographics` counts by: a path
    /// for each attribute.
    pub demographics: BTreeMap<String, String>,
    /// Searching transcripts.
    pub search: Search,
    /// Recordings and resumes.
    pub files: Files,
    /// How long what is kept.
    pub retention: Retention,
    /// Erased people.
    pub erasures: Erasures,
    /// Stopping.
    pub shutdown: Shutdown,
    /// Logging.
    pub log: Log,
    /// Spans.
    pub traces: Traces,
}

/// How dashboards count.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Reporting {
    /// The time zone in which weeks begin, by the name that Postgres knows it by.
    pub time_zone: String,
}

/// Settings of a single workspace.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    /// Its name in the tables.
    pub name: String,
    /// Its id at HeyMilo. Only needed when HeyMilo gave it another one: confirms the change.
    #[serde(default)]
    pub heymilo_id: Option<String>,
}

/// Settings of one of the workspaces. Its secrets are in the environment, under its name.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Workspace {
    /// Its name in the tables.
    pub name: String,
    /// Its id at HeyMilo. Only needed when HeyMilo gave it another one: confirms the change.
    #[serde(default)]
    pub heymilo_id: Option<String>,
    /// The key.
    #[serde(skip_deserializing, serialize_with = "hidden")]
    pub api_key: Option<SecretString>,
    /// The last part of its webhook's address; without one no deliveries are taken for it.
    #[serde(skip_deserializing, serialize_with = "hidden")]
    pub webhook_token: Option<SecretString>,
}

impl Workspace {
    /// Its name as a key of the tables.
    pub fn id(&self) -> WorkspaceId {
        WorkspaceId::new(self.name.as_str()).expect("checked when the settings were read")
    }
}

/// Settings of HeyMilo's API.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct HeyMilo {
    /// Where the API is.
    pub base_url: Url,
    /// Whether the API may be asked without TLS on another machine.
    pub allow_http: bool,
    /// A file with certificates of authorities that the API's certificate may come from, beside the system's.
    pub ca_file: Option<PathBuf>,
    /// The key; one key is one workspace.
    #[serde(serialize_with = "hidden")]
    pub api_key: Option<SecretString>,
    /// The limit of the key.
    pub requests_per_minute: u32,
    /// For a whole request.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// How often to ask while the API does not answer at all.
    #[serde(with = "humantime_serde")]
    pub outage_interval: Duration,
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
    /// The password, where the address has none.
    #[serde(serialize_with = "hidden")]
    pub password: Option<SecretString>,
    /// Where the embedded Postgres keeps its data.
    pub directory: Option<PathBuf>,
    /// Most connections at a time.
    pub max_connections: u32,
    /// Whether the daemon migrates, or another role.
    pub migrate: bool,
    /// How long to wait at the start.
    #[serde(with = "humantime_serde")]
    pub connect_timeout: Duration,
}

impl HeyMilo {
    /// The further authorities of [`HeyMilo::ca_file`], in PEM.
    pub fn authorities(&self) -> anyhow::Result<Vec<u8>> {
        let Some(path) = &self.ca_file else { return Ok(Vec::new()) };
        let pem = fs::read(path).with_context(|| {
            format!("heymilo.ca_file names {}, which cannot be read", path.display())
        })?;
        ensure!(
            String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----"),
            "heymilo.ca_file names {}, which holds no certificate in PEM",
            path.display()
        );
        Ok(pem)
    }
}

impl Database {
    /// A plain address for each host of the database, each with its password. `None` without a database.
    pub fn addresses(&self) -> anyhow::Result<Option<Vec<String>>> {
        let password = self.password.as_ref().map(secrecy::ExposeSecret::expose_secret);
        let plain = |url: &SecretString| address::plain(url.expose_secret(), password);
        self.url.as_ref().map(plain).transpose()
    }
}

/// Settings of the listener for everybody.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Address and port.
    pub listen: SocketAddr,
    /// Most connections at a time.
    pub max_connections: usize,
    /// Most deliveries that are worked on at a time.
    pub max_requests: usize,
    /// Most deliveries a second.
    pub deliveries_per_second: NonZeroU32,
    /// Most requests per minute of one address for paths that do not exist.
    pub strangers_per_minute: NonZeroU32,
    /// How long a connection stays open until the head of its next request has arrived.
    #[serde(with = "humantime_serde")]
    pub idle_timeout: Duration,
    /// How long a request's body may take to come.
    #[serde(with = "humantime_serde")]
    pub body_timeout: Duration,
}

/// Settings of the listener for operators.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Operations {
    /// Address and port.
    pub listen: SocketAddr,
    /// What an operator must show; needed when others than this machine can reach the address.
    #[serde(serialize_with = "hidden")]
    pub token: Option<SecretString>,
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
    /// The percentage of the rate limit that deliveries may use that change nothing.
    pub unchanged_percent: u32,
    /// How many interviews may wait that only deliveries name.
    pub unknown_waiting: u32,
    /// Where a delivery may name its interview, most telling first.
    pub interview_id_at: Vec<String>,
    /// Where a delivery may name its posting.
    pub posting_id_at: Vec<String>,
}

/// Settings of the spool.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spool {
    /// Where it is; without one it is beside the data of the embedded Postgres.
    pub directory: Option<PathBuf>,
    /// How large it may become.
    pub max_bytes: u64,
    /// How long the database may take to keep a delivery before that goes to the spool.
    #[serde(with = "humantime_serde")]
    pub after: Duration,
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
    /// No further fetch begins while answers in memory are larger together.
    pub max_in_flight_bytes: usize,
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

/// Settings of the search.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// Whether transcripts can be searched.
    pub enabled: bool,
}

/// Settings of how long what is kept.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Deliveries.
    pub inbox: KeptFor,
    /// Whether the content of a delivery goes once HeyMilo answered for all that it names.
    pub drop_answered: bool,
    /// How large the contents of a workspace's deliveries may be together.
    pub inbox_bytes: u64,
    /// What people said and wrote in interviews.
    pub transcripts: KeptFor,
    /// Interviews as a whole.
    pub interviews: KeptFor,
    /// Recordings and resumes.
    pub files: KeptFor,
    /// Answers that newer ones have replaced.
    pub versions: KeptFor,
    /// Interviews that HeyMilo has no more, since it was found not to have them.
    pub gone_grace: KeptFor,
}

/// Settings of how erased people are known.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Erasures {
    /// What the digests of their ids and addresses are made with; without one, a number in the database.
    #[serde(serialize_with = "hidden")]
    pub key: Option<SecretString>,
    /// The file of all receipts and digests; without one it is beside the spool.
    pub file: Option<PathBuf>,
    /// How long a request may wait that is not done at once.
    #[serde(with = "humantime_serde")]
    pub due_after: Duration,
}

/// How the daemon stops.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Shutdown {
    /// How long to finish what is in hand.
    #[serde(with = "humantime_serde")]
    pub grace: Duration,
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

/// Settings of spans.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Traces {
    /// The collector; without one there are no spans.
    pub endpoint: Option<Url>,
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

fn hidden<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    match secret {
        Some(_) => serializer.serialize_str("(hidden)"),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests;
