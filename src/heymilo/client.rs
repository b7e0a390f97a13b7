//! The requests that are made, one function each.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::{
    Method, RequestBuilder, Response, StatusCode,
    header::{ACCEPT, HeaderMap, HeaderName, HeaderValue},
    redirect::Policy,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use url::Url;

use super::{
    Error, Page, Permit, Result, body, limits,
    pacing::Pacing,
    wire::{Envelope, ListEnvelope, NewWebhook, PostingStats, Webhook},
};

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const USER_AGENT: &str = concat!("heymilo-sync/", env!("CARGO_PKG_VERSION"));
/// The most that the contract allows.
const PAGE_SIZE: &str = "100";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long to wait after a 429 that does not say.
const DEFAULT_RETRY_AFTER: Duration = Duration::from_secs(10);
/// Longer than a minute's limit can last; more would be a mistake of the header.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(300);

/// How to reach HeyMilo.
#[derive(Debug)]
pub struct Settings {
    /// Where the API is; paths are appended to it.
    pub base_url: Url,
    /// The workspace's key.
    pub api_key: SecretString,
    /// The key's limit, which all clones of the client share.
    pub requests_per_minute: u32,
    /// For a whole request, from connecting to the last byte.
    pub timeout: Duration,
    /// Larger answers are refused.
    pub max_body_bytes: usize,
}

/// Speaks with HeyMilo in the name of one workspace. Clones share connections and permits.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base_url: Url,
    max_body_bytes: usize,
    pacing: Pacing,
}

impl Client {
    /// Sets the client up. No request is made.
    pub fn new(settings: Settings) -> Result<Self> {
        // Somebody else may have chosen a provider already; one is as good as another.
        rustls::crypto::ring::default_provider().install_default().ok();
        let mut key =
            HeaderValue::from_str(settings.api_key.expose_secret()).map_err(|_| Error::Key)?;
        key.set_sensitive(true);
        let json = HeaderValue::from_static("application/json");
        let http = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .default_headers(HeaderMap::from_iter([(API_KEY, key), (ACCEPT, json)]))
            // A redirect could carry the key to another host.
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIMEOUT.min(settings.timeout))
            .timeout(settings.timeout)
            .build()?;
        Ok(Self {
            http,
            base_url: settings.base_url,
            max_body_bytes: settings.max_body_bytes,
            pacing: Pacing::new(settings.requests_per_minute),
        })
    }

    /// Waits for the right to make a request, and takes up to `most` if there are.
    pub async fn permits(&self, most: usize) -> Vec<Permit> {
        self.pacing.take(most).await
    }

    /// Makes no request for a while.
    pub fn pause(&self, duration: Duration) {
        self.pacing.pause(duration);
    }

    /// The full results of an interview: the whole body as received, an object with `data`.
    pub async fn interview_data(&self, permit: Permit, interview_id: &str) -> Result<Bytes> {
        let request = self.request(Method::GET, &["interviews", interview_id, "data"]);
        enveloped(self.send(permit, request).await?)
    }

    /// An interview's metadata: the whole body as received, an object with `data`.
    pub async fn interview_metadata(&self, interview_id: &str) -> Result<Bytes> {
        enveloped(self.get(&["interviews", interview_id, "metadata"]).await?)
    }

    /// The workspaces of the key; always one, as long as keys are what the contract says.
    pub async fn workspaces(&self) -> Result<Vec<Box<RawValue>>> {
        Ok(parse::<ListEnvelope>(&self.get(&["workspaces"]).await?)?.data)
    }

    /// A page of the postings.
    pub async fn postings(&self, after: Option<&str>) -> Result<Page> {
        let request = self.request(Method::GET, &["postings"]);
        self.page(request, after, "id").await
    }

    /// A posting: the whole body as received, an object with `data`.
    pub async fn posting(&self, posting_id: &str) -> Result<Bytes> {
        enveloped(self.get(&["postings", posting_id]).await?)
    }

    /// Numbers about a posting.
    pub async fn posting_stats(&self, posting_id: &str) -> Result<PostingStats> {
        let body = self.get(&["postings", posting_id, "stats"]).await?;
        Ok(parse::<Envelope<PostingStats>>(&body)?.data)
    }

    /// A page of a posting's questions.
    pub async fn questions(&self, posting_id: &str, after: Option<&str>) -> Result<Page> {
        let request = self.request(Method::GET, &["postings", posting_id, "questions"]);
        self.page(request, after, "id").await
    }

    /// A page of a posting's candidates, one row per interview; with `created_after` only those
    /// invited at that time or later.
    pub async fn candidates(
        &self,
        posting_id: &str,
        created_after: Option<DateTime<Utc>>,
        after: Option<&str>,
    ) -> Result<Page> {
        let mut request = self.request(Method::GET, &["postings", posting_id, "candidates"]);
        if let Some(created_after) = created_after {
            // Whole seconds, rounded down: the bound is inclusive.
            request = request.query(&[("created_after", created_after.timestamp())]);
        }
        self.page(request, after, "interview_id").await
    }

    /// All active webhook registrations.
    pub async fn webhooks(&self) -> Result<Vec<Webhook>> {
        let mut webhooks = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let request = self.request(Method::GET, &["webhooks"]);
            let page = self.page(request, after.as_deref(), "webhook_id").await?;
            // One that cannot be read is not ours to touch.
            let items = page.items.iter();
            webhooks.extend(items.filter_map(|item| serde_json::from_str(item.get()).ok()));
            after = page.next;
            if after.is_none() {
                return Ok(webhooks);
            }
        }
    }

    /// Registers a webhook.
    pub async fn create_webhook(&self, webhook: &NewWebhook) -> Result<()> {
        let request = self.request(Method::POST, &["webhooks"]).json(webhook);
        self.send(self.permit().await, request).await.map(drop)
    }

    /// Removes a webhook registration. One that is gone already is as good as removed.
    pub async fn delete_webhook(&self, webhook_id: &str) -> Result<()> {
        let request = self.request(Method::DELETE, &["webhooks", webhook_id]);
        match self.send(self.permit().await, request).await {
            Ok(_) | Err(Error::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn page(
        &self,
        mut request: RequestBuilder,
        after: Option<&str>,
        id_field: &str,
    ) -> Result<Page> {
        request = request.query(&[("limit", PAGE_SIZE)]);
        if let Some(after) = after {
            request = request.query(&[("starting_after", after)]);
        }
        let body = self.send(self.permit().await, request).await?;
        let ListEnvelope { data: items, pagination } = parse(&body)?;
        let next = if pagination.has_more {
            let last = items.last().and_then(|item| id_of(item, id_field));
            // Without a new place to go on from, the same page would come for ever.
            Some(last.filter(|last| Some(last.as_str()) != after).ok_or(Error::EndlessList)?)
        } else {
            None
        };
        Ok(Page { items, total_count: pagination.total_count, next })
    }

    async fn get(&self, path: &[&str]) -> Result<Bytes> {
        self.send(self.permit().await, self.request(Method::GET, path)).await
    }

    async fn permit(&self) -> Permit {
        self.pacing.take(1).await.pop().expect("at least one permit is given")
    }

    /// Begins a request. Each part of the path becomes one segment, whatever characters it has.
    fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let mut url = self.base_url.clone();
        url.path_segments_mut()
            .expect("the settings allow http and https only")
            .pop_if_empty()
            .extend(["api", "v2"])
            .extend(path);
        self.http.request(method, url)
    }

    async fn send(&self, permit: Permit, request: RequestBuilder) -> Result<Bytes> {
        permit.spend();
        let response = request.send().await?;
        let status = response.status();
        if status.is_success() {
            if let Some(pause) = limits::exhausted_for(response.headers(), SystemTime::now()) {
                self.pause(pause.min(LONGEST_RETRY_AFTER));
            }
            return body::read(response, self.max_body_bytes).await;
        }
        Err(match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Error::Unauthorized,
            StatusCode::NOT_FOUND => Error::NotFound,
            StatusCode::TOO_MANY_REQUESTS => self.rate_limited(&response),
            _ => Error::Status { status, code: body::error_code(response).await },
        })
    }

    /// Pauses everybody who shares the key.
    fn rate_limited(&self, response: &Response) -> Error {
        let retry_after = limits::retry_after(response.headers(), SystemTime::now());
        self.pause(retry_after.unwrap_or(DEFAULT_RETRY_AFTER).min(LONGEST_RETRY_AFTER));
        Error::RateLimited { retry_after }
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T> {
    serde_json::from_slice(body).map_err(|_| Error::Shape)
}

/// Makes sure that a body is an object with `data`, and not a proxy's page or half a document.
/// What is inside is for the normaliser, broken text included.
fn enveloped(body: Bytes) -> Result<Bytes> {
    #[derive(Deserialize)]
    struct Any<'a> {
        #[serde(borrow)]
        #[expect(dead_code, reason = "it only must be there")]
        data: &'a RawValue,
    }
    let text = String::from_utf8_lossy(body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&body));
    match serde_json::from_str::<Any<'_>>(&text) {
        Ok(_) => Ok(body),
        Err(_) => Err(Error::Shape),
    }
}

fn id_of(item: &RawValue, field: &str) -> Option<String> {
    let item: serde_json::Value = serde_json::from_str(item.get()).ok()?;
    Some(item.get(field)?.as_str()?.to_owned())
}
