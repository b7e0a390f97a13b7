//! The settings from the defaults, a file and the environment. All are checked before anything
//! starts.

mod address;
mod check;
mod files;
mod kept_for;
mod limits;
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
pub use limits::Limits;

use crate::records::WorkspaceId;

/// Every setting of the daemon. An unknown setting stops the start.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The workspace to copy, when there is only one.
    pub workspace: Name,
    /// All workspaces to copy: those of the settings, or else `workspace` with the key and the
    /// token of the settings. Never empty.
    #[serde(default)]
    pub workspaces: Vec<Workspace>,
    /// HeyMilo's API.
    pub heymilo: HeyMilo,
    /// The Postgres database.
    pub database: Database,
    /// The public listener.
    pub http: Http,
    /// The listener for operators.
    pub operations: Operations,
    /// Deliveries and their registrations.
    pub webhooks: Webhooks,
    /// The spool, which keeps deliveries while the database is away.
    pub spool: Spool,
    /// The poll.
    pub poll: Poll,
    /// Fetching.
    pub worker: Worker,
    /// How dashboards count.
    pub reporting: Reporting,
    /// Where interviews or postings hold their department, location and requisition: a path for
    /// each.
    pub dimensions: BTreeMap<String, String>,
    /// Where interviews hold the attributes of `heymilo_demographics`: a path for each.
    pub demographics: BTreeMap<String, String>,
    /// The search in transcripts.
    pub search: Search,
    /// Recordings and resumes.
    pub files: Files,
    /// How long each kind of data is kept.
    pub retention: Retention,
    /// How erased people are recognised.
    pub erasures: Erasures,
    /// How the daemon stops.
    pub shutdown: Shutdown,
    /// Logging.
    pub log: Log,
    /// Spans.
    pub traces: Traces,
    /// Limits that are no settings.
    #[serde(skip)]
    pub limits: Limits,
}

/// How dashboards count.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Reporting {
    /// The time zone in which weeks begin, by its name in Postgres.
    pub time_zone: String,
}

/// Settings of a single workspace.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Name {
    /// Its name in the tables.
    pub name: String,
    /// Its id at HeyMilo. Only needed to confirm that HeyMilo gave it another one.
    #[serde(default)]
    pub heymilo_id: Option<String>,
}

/// Settings of one of several workspaces. Its secrets are in the environment, under its name.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Workspace {
    /// Its name in the tables.
    pub name: String,
    /// Its id at HeyMilo. Only needed to confirm that HeyMilo gave it another one.
    #[serde(default)]
    pub heymilo_id: Option<String>,
    /// The key.
    #[serde(skip_deserializing, serialize_with = "hidden")]
    pub api_key: Option<SecretString>,
    /// The last part of its webhook's address. Without a token no deliveries are accepted for it.
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
    /// The address of the API.
    pub base_url: Url,
    /// Whether the API on another machine may be used without TLS.
    pub allow_http: bool,
    /// A file with certificates of additional authorities for the API's certificate, beside the
    /// system's.
    pub ca_file: Option<PathBuf>,
    /// The key. It decides the workspace.
    #[serde(serialize_with = "hidden")]
    pub api_key: Option<SecretString>,
    /// The rate limit of the key, in requests a minute.
    pub requests_per_minute: u32,
    /// The timeout of a whole request.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
}

/// Settings of the database.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// The address. Without one the embedded Postgres is used.
    #[serde(serialize_with = "hidden")]
    pub url: Option<SecretString>,
    /// The password, if the address has none.
    #[serde(serialize_with = "hidden")]
    pub password: Option<SecretString>,
    /// Where the embedded Postgres keeps its data.
    pub directory: Option<PathBuf>,
    /// The most connections at a time.
    pub max_connections: u32,
    /// Whether the daemon migrates, and not another role.
    pub migrate: bool,
    /// How long to wait for the database at the start.
    #[serde(with = "humantime_serde")]
    pub connect_timeout: Duration,
}

impl HeyMilo {
    /// The certificates of [`HeyMilo::ca_file`], in PEM.
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
    /// A plain address for each host of the database, with its password. `None` without a database.
    pub fn addresses(&self) -> anyhow::Result<Option<Vec<String>>> {
        let password = self.password.as_ref().map(secrecy::ExposeSecret::expose_secret);
        let plain = |url: &SecretString| address::plain(url.expose_secret(), password);
        self.url.as_ref().map(plain).transpose()
    }
}

/// Settings of the public listener.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// Address and port.
    pub listen: SocketAddr,
    /// The most deliveries a second.
    pub deliveries_per_second: NonZeroU32,
}

/// Settings of the listener for operators.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Operations {
    /// Address and port.
    pub listen: SocketAddr,
    /// The token of operators. Needed when other machines can reach the address.
    #[serde(serialize_with = "hidden")]
    pub token: Option<SecretString>,
}

/// Settings of webhooks.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    /// The last part of the webhook's address. Without a token no deliveries are accepted.
    #[serde(serialize_with = "hidden")]
    pub token: Option<SecretString>,
    /// The address at which HeyMilo reaches this daemon. Without one nothing is registered.
    pub public_url: Option<Url>,
    /// The event types to register for.
    pub event_types: Vec<String>,
    /// Where a delivery may name its interview, the most reliable place first.
    pub interview_id_at: Vec<String>,
    /// Where a delivery may name its posting.
    pub posting_id_at: Vec<String>,
}

/// Settings of the spool.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Spool {
    /// The directory. Without one it is beside the data of the embedded Postgres.
    pub directory: Option<PathBuf>,
    /// The most bytes of all its files together.
    pub max_bytes: u64,
}

/// Settings of the poll.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Poll {
    /// How often to look for new and unfinished interviews.
    #[serde(with = "humantime_serde")]
    pub interval: Duration,
    /// The time between two full scans.
    #[serde(with = "humantime_serde")]
    pub full_interval: Duration,
    /// How long the poll reads an unfinished invitation again.
    #[serde(with = "humantime_serde")]
    pub unfinished_for: Duration,
}

/// Settings of fetching.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Worker {
    /// How many interviews are fetched at the same time.
    pub concurrency: usize,
    /// While the answers in memory are larger than this together, no further fetch begins.
    pub max_in_flight_bytes: usize,
}

/// Settings of the search.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// Whether transcripts can be searched.
    pub enabled: bool,
}

/// Settings of how long each kind of data is kept.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Deliveries.
    pub inbox: KeptFor,
    /// Whether the content of a delivery is dropped once HeyMilo answered for all interviews in it.
    pub drop_answered: bool,
    /// The most bytes of the contents of a workspace's deliveries together.
    pub inbox_bytes: u64,
    /// The conversations of interviews.
    pub transcripts: KeptFor,
    /// Interviews as a whole.
    pub interviews: KeptFor,
    /// Recordings and resumes.
    pub files: KeptFor,
    /// Answers that newer ones replaced.
    pub versions: KeptFor,
    /// How long gone interviews are kept, from the time they were found to be gone.
    pub gone_grace: KeptFor,
}

/// How erased people are recognised.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Erasures {
    /// The key of the digests of their ids and addresses. Without one, a random number in the
    /// database.
    #[serde(serialize_with = "hidden")]
    pub key: Option<SecretString>,
    /// The file of all receipts and digests. Without one it is beside the spool.
    pub file: Option<PathBuf>,
    /// How long a request that is not carried out at once may wait.
    #[serde(with = "humantime_serde")]
    pub due_after: Duration,
}

/// How the daemon stops.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Shutdown {
    /// How long the daemon may take to finish the work in flight.
    #[serde(with = "humantime_serde")]
    pub grace: Duration,
}

/// Settings of logging.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// Text for people or JSON for machines.
    pub format: LogFormat,
    /// The filter, as in `RUST_LOG`.
    pub filter: String,
}

/// Settings of spans.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Traces {
    /// The collector's address. Without one no spans are sent.
    pub endpoint: Option<Url>,
}

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text for people.
    Text,
    /// JSON for machines.
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
