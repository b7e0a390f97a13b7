//! Downloads of recordings and resumes by their signed links. They are not requests to the API: the
//! key is never sent, and the rate limit does not count them.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use futures_util::Stream;
use reqwest::{
    Response, StatusCode,
    header::{CONTENT_TYPE, LOCATION},
    redirect,
};
use url::{Host, Url};

use super::addresses::{IsPrivate, IsRefused, Resolver, is_private};

/// How long a server may send nothing.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const MAX_REDIRECTS: usize = 5;

/// Downloads files. Clones share connections.
#[derive(Debug, Clone)]
pub struct Downloads {
    http: reqwest::Client,
    is_refused: IsRefused,
}

/// A file whose content is about to be read.
pub struct Opened {
    /// The media type that the server gave.
    pub media_type: Option<String>,
    /// The length, if the server gave it.
    pub length: Option<u64>,
    response: Response,
}

/// Why a file was not downloaded. No message holds a link, because its signature is a secret.
#[derive(Debug, thiserror::Error)]
pub enum DownloadError {
    /// The signature has expired, or the file is gone.
    #[error("the link does not work any more{}", .0.map(|status| format!(" ({status})")).unwrap_or_default())]
    Expired(Option<StatusCode>),

    /// The server refused for another reason.
    #[error("the server answered {0}")]
    Status(StatusCode),

    /// The link leads to a private address.
    #[error("the link leads to a private address (files.allow_private_addresses)")]
    Private,

    /// The link cannot be followed.
    #[error("the link is no address of a file: {0}")]
    Link(&'static str),

    /// The connection failed.
    #[error("the server could not be reached, or the connection broke off")]
    Transport(#[source] reqwest::Error),
}

impl DownloadError {
    /// Whether a later download may succeed.
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
    /// Makes a client. Links to addresses of this machine and its networks are refused unless
    /// `allows_private`.
    pub fn new(allows_private: bool) -> Result<Self, reqwest::Error> {
        Self::refusing(if allows_private { |_| false } else { is_private })
    }

    fn refusing(is_refused: IsRefused) -> Result<Self, reqwest::Error> {
        // An error says that a provider is installed already, which is enough.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            .user_agent(concat!("heymilo-sync/", env!("CARGO_PKG_VERSION")))
            // Each redirect is checked.
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .dns_resolver(Arc::new(Resolver { is_refused }))
            // A proxy would resolve names itself, and its own address is mostly private.
            .no_proxy()
            .build()?;
        Ok(Self { http, is_refused })
    }

    /// Requests a file and follows redirects.
    pub async fn open(&self, link: &str) -> Result<Opened, DownloadError> {
        let mut url = Url::parse(link).map_err(|_| DownloadError::Link("it cannot be read"))?;
        for _ in 0..=MAX_REDIRECTS {
            self.check(&url)?;
            let response = self.http.get(url.clone()).send().await.map_err(failed)?;
            let status = response.status();
            if status.is_redirection() {
                let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
                url = redirected(&url, to)?;
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

    /// A host in the form of a number is not resolved, so it is checked here.
    fn check(&self, url: &Url) -> Result<(), DownloadError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(DownloadError::Link("it is neither https:// nor http://"));
        }
        let is_refused = match url.host() {
            None => return Err(DownloadError::Link("it names no host")),
            Some(Host::Domain(_)) => false,
            Some(Host::Ipv4(ip)) => (self.is_refused)(ip.into()),
            Some(Host::Ipv6(ip)) => (self.is_refused)(ip.into()),
        };
        if is_refused { Err(DownloadError::Private) } else { Ok(()) }
    }
}

impl Opened {
    /// The content as a stream of pieces.
    pub fn content(self) -> impl Stream<Item = Result<Bytes, DownloadError>> {
        use futures_util::TryStreamExt as _;

        futures_util::stream::try_unfold(self.response, |mut response| async move {
            let chunk = response.chunk().await?;
            Ok(chunk.map(|chunk| (chunk, response)))
        })
        .map_err(failed)
    }
}

/// The target of a redirect.
fn redirected(from: &Url, to: Option<&str>) -> Result<Url, DownloadError> {
    let to = to.and_then(|to| from.join(to).ok());
    let to = to.ok_or(DownloadError::Link("it redirects to nowhere"))?;
    if from.scheme() == "https" && to.scheme() == "http" {
        return Err(DownloadError::Link("it redirects from https:// to http://"));
    }
    Ok(to)
}

/// The error is the resolver's refusal or a failure of the transport.
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

/// The media type, if it is valid, because our answers carry it in a header.
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

/// The expiry of a signed link, if the link states it: AWS and Google (date and seconds),
/// `CloudFront` and older forms of both (Unix seconds), Azure (a time).
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

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, SocketAddr};

    use super::*;

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

    /// Answers once with a redirect.
    async fn redirecting(to: &str) -> SocketAddr {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

        let listener = tokio::net::TcpListener::bind("127.0.0.2:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answer = format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
        });
        address
    }

    #[tokio::test]
    async fn redirects_to_private_addresses_are_refused() {
        // As if the first server had a public address.
        let far = |ip: IpAddr| ip != IpAddr::from([127, 0, 0, 2]);
        let downloads = Downloads::refusing(far).unwrap();
        for to in ["http://127.0.0.1:1/a", "http://localhost:1/a", "http://169.254.169.254/latest"]
        {
            let address = redirecting(to).await;
            let opened = downloads.open(&format!("http://{address}/a")).await;
            assert!(matches!(opened, Err(DownloadError::Private)), "{to}");
        }
    }

    #[test]
    fn redirect_may_not_leave_encryption() {
        let from = Url::parse("https://files.example/a?sig=b").unwrap();
        assert_eq!(redirected(&from, Some("/c")).unwrap().as_str(), "https://files.example/c");
        for to in [None, Some("http://files.example/c"), Some("http://")] {
            assert!(matches!(redirected(&from, to), Err(DownloadError::Link(_))), "{to:?}");
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
