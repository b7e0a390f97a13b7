//! Downloads of recordings and resumes by their signed links. They are not requests to the API: the key is never
//! sent, and the rate limit does not count them.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use futures_util::Stream;
use reqwest::{
    Response, StatusCode,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{CONTENT_TYPE, LOCATION},
    redirect,
};
use tokio::net::lookup_host;
use url::{Host, Url};

/// How long a server may be silent.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const MAX_REDIRECTS: usize = 5;

/// Downloads files. Clones share connections.
#[derive(Debug, Clone)]
pub struct Downloads {
    http: reqwest::Client,
    allows_private: bool,
}

/// A file whose content is about to come.
pub struct Opened {
    /// What the server says that it is.
    pub media_type: Option<String>,
    /// How long it is, where the server says so.
    pub length: Option<u64>,
    response: Response,
}

/// Why a file was not downloaded. No message holds a link: its signature is a secret.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The signature is over, or the file is gone.
    #[error("the link does not work any more{}", .0.map(|status| format!(" ({status})")).unwrap_or_default())]
    Expired(Option<StatusCode>),

    /// Another refusal.
    #[error("the server answered {0}")]
    Status(StatusCode),

    /// The link leads to an address of this network.
    #[error("the link leads to a private address (files.allow_private_addresses)")]
    Private,

    /// The link cannot be followed.
    #[error("the link is no address of a file: {0}")]
    Link(&'static str),

    /// The connection failed, or the content broke off.
    #[error("the server could not be reached, or the content broke off")]
    Transport(#[source] reqwest::Error),
}

impl DownloadError {
    /// Whether the same download may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Transport(_) => true,
            Self::Status(status) => {
                status.is_server_error()
                    || matches!(
                        *status,
                        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT
                    )
            }
            Self::Expired(_) | Self::Private | Self::Link(_) => false,
        }
    }
}

impl Downloads {
    /// Makes it. Links to addresses of this machine and its networks are refused unless they are allowed.
    pub fn new(allows_private: bool) -> Result<Self, reqwest::Error> {
        // An error says that a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .user_agent(concat!("heymilo-sync/", env!("CARGO_PKG_VERSION")))
            // Each hop is checked.
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .dns_resolver(Arc::new(Resolver { allows_private }))
            .build()?;
        Ok(Self { http, allows_private })
    }

    /// Asks for a file, and follows redirects.
    pub async fn open(&self, link: &str) -> Result<Opened, DownloadError> {
        let mut url = Url::parse(link).map_err(|_| DownloadError::Link("it cannot be read"))?;
        for _ in 0..=MAX_REDIRECTS {
            self.check(&url)?;
            let response = self.http.get(url.clone()).send().await.map_err(failed)?;
            let status = response.status();
            if status.is_redirection() {
                let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
                let to = to.ok_or(DownloadError::Link("it redirects to nowhere"))?;
                url = url.join(to).map_err(|_| DownloadError::Link("it redirects to nowhere"))?;
                continue;
            }
            return match status {
                StatusCode::OK => Ok(Opened {
                    media_type: media_type(&response),
                    length: response.content_length(),
                    response,
                }),
                StatusCode::UNAUTHORIZED
                | StatusCode::FORBIDDEN
                | StatusCode::NOT_FOUND
                | StatusCode::GONE => Err(DownloadError::Expired(Some(status))),
                _ => Err(DownloadError::Status(status)),
            };
        }
        Err(DownloadError::Link("it redirects too often"))
    }

    /// A host that is written as a number is not looked up, so it is checked here.
    fn check(&self, url: &Url) -> Result<(), DownloadError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(DownloadError::Link("it is neither https:// nor http://"));
        }
        let is_private = match url.host() {
            None => return Err(DownloadError::Link("it names no host")),
            Some(Host::Domain(_)) => false,
            Some(Host::Ipv4(ip)) => is_private(ip.into()),
            Some(Host::Ipv6(ip)) => is_private(ip.into()),
        };
        if is_private && !self.allows_private {
            return Err(DownloadError::Private);
        }
        Ok(())
    }
}

impl Opened {
    /// The content, in pieces.
    pub fn content(self) -> impl Stream<Item = Result<Bytes, DownloadError>> {
        use futures_util::TryStreamExt as _;

        futures_util::stream::try_unfold(self.response, |mut response| async move {
            let chunk = response.chunk().await?;
            Ok(chunk.map(|chunk| (chunk, response)))
        })
        .map_err(failed)
    }
}

/// The resolver said so, or the transport failed.
fn failed(error: reqwest::Error) -> DownloadError {
    let mut cause: Option<&dyn std::error::Error> = Some(&error);
    while let Some(error) = cause {
        if error.is::<IsPrivate>() {
            return DownloadError::Private;
        }
        cause = error.source();
    }
    DownloadError::Transport(error.without_url())
}

/// The media type, if it is one: it becomes a header of ours.
fn media_type(response: &Response) -> Option<String> {
    let said = response.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = said.split(';').next()?.trim().to_ascii_lowercase();
    let is_token = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b))
    };
    let (kind, subtype) = essence.split_once('/')?;
    (is_token(kind) && is_token(subtype) && essence.len() <= 127).then_some(essence)
}

/// When a signed link ends, where it tells that: AWS and Google (date and seconds), `CloudFront` and the older
/// forms of both (Unix seconds), Azure (a time).
pub fn expires_at(link: &str) -> Option<DateTime<Utc>> {
    let url = Url::parse(link).ok()?;
    let value = |wanted: &str| {
        let mut pairs = url.query_pairs();
        pairs.find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
    };
    for prefix in ["X-Amz-", "X-Goog-"] {
        let signed = value(&format!("{prefix}Date"))
            .and_then(|date| NaiveDateTime::parse_from_str(&date, "%Y%m%dT%H%M%SZ").ok());
        let lasts = value(&format!("{prefix}Expires")).and_then(|lasts| lasts.parse().ok());
        if let (Some(signed), Some(lasts)) = (signed, lasts.and_then(TimeDelta::try_seconds)) {
            return signed.and_utc().checked_add_signed(lasts);
        }
    }
    let unix = value("Expires").and_then(|at| DateTime::from_timestamp(at.parse().ok()?, 0));
    unix.or_else(|| Some(DateTime::parse_from_rfc3339(&value("se")?).ok()?.to_utc()))
}

/// Looks names up, and leaves out addresses that are not for everybody. The connection goes to what was looked
/// up here, so a name cannot lead elsewhere in between.
#[derive(Debug)]
struct Resolver {
    allows_private: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("the name leads to a private address")]
struct IsPrivate;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let allows_private = self.allows_private;
        Box::pin(async move {
            let found: Vec<SocketAddr> = lookup_host((name.as_str(), 0)).await?.collect();
            let may_go = |address: &SocketAddr| allows_private || !is_private(address.ip());
            let addresses: Vec<SocketAddr> = found.iter().copied().filter(may_go).collect();
            if addresses.is_empty() && !found.is_empty() {
                return Err(IsPrivate.into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is of this machine, its networks or the cloud's metadata.
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_private_v4(ip),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped().or_else(|| nat64(ip)) {
            Some(ip) => is_private_v4(ip),
            None => {
                ip.is_loopback()
                    || ip.is_unspecified()
                    || ip.is_unique_local()
                    || ip.is_unicast_link_local()
                    || ip.is_multicast()
            }
        },
    }
}

fn is_private_v4(ip: Ipv4Addr) -> bool {
    let [first, second, ..] = ip.octets();
    let is_shared = first == 100 && (64..128).contains(&second);
    ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || ip.is_unspecified()
        || ip.is_broadcast()
        || ip.is_multicast()
        || first == 0
        || is_shared
}

/// The IPv4 address within one of `64:ff9b::/96`.
fn nat64(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    match ip.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            Some(Ipv4Addr::from_bits((u32::from(high) << 16) | u32::from(low)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_told_apart() {
        for near in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "::1",
            "fd00::1",
            "fe80::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
        ] {
            assert!(is_private(near.parse().unwrap()), "{near}");
        }
        for far in ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822", "100.128.0.1"] {
            assert!(!is_private(far.parse().unwrap()), "{far}");
        }
    }

    #[tokio::test]
    async fn links_to_private_addresses_are_refused() {
        let downloads = Downloads::new(false).unwrap();
        for link in [
            "http://127.0.0.1:1/a",
            "http://localhost:1/a",
            "http://[::1]:1/",
            "http://2130706433:1/",
        ] {
            let opened = downloads.open(link).await;
            assert!(matches!(opened, Err(DownloadError::Private)), "{link}");
        }
        for link in ["file:///etc/passwd", "no link", "ftp://example.com/a"] {
            let opened = downloads.open(link).await;
            assert!(matches!(opened, Err(DownloadError::Link(_))), "{link}");
        }
    }

    #[test]
    fn end_of_a_link_is_read_from_it() {
        let at = DateTime::from_timestamp(1_780_000_000, 0);
        for (query, expected) in [
            ("Expires=1780000000&Signature=a", at),
            ("X-Amz-Date=20260528T202640Z&X-Amz-Expires=0&X-Amz-Signature=a", at),
            ("X-Goog-Date=20260528T202630Z&X-Goog-Expires=10", at),
            ("se=2026-05-28T20%3A26%3A40Z&sig=a", at),
            ("Signature=a", None),
            ("Expires=soon", None),
        ] {
            let link = format!("https://files.example/a?{query}");
            assert_eq!(expires_at(&link), expected, "{query}");
        }
    }
}
