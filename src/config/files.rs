//! Settings of recordings and resumes.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

/// Settings of recordings and resumes.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// Where they are kept. None are kept without it.
    pub url: Option<Url>,
    /// Which are kept: audio, video, resume.
    pub kinds: Vec<String>,
    /// Only files of these postings are kept. Empty means all postings.
    pub postings: Vec<String>,
    /// A larger file is not kept.
    pub max_bytes: u64,
    /// How long a download may take.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// Whether links may lead to addresses of this machine and its networks.
    pub allow_private_addresses: bool,
}
