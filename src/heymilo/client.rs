//! The calls to HeyMilo. Each method sends one request when the limiter permits it.

use std::{sync::Arc, time::Duration};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use reqwest::{
    RequestBuilder, Response, StatusCode,
    header::{ACCEPT, HeaderMap, HeaderName, HeaderValue},
    redirect,
};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::{Instant, sleep};
use tracing::debug;
use url::Url;

use super::{
    body::{self, Refusal},
    endpoint,
    error::{Error, Result},
    limiter::{Limiter, Permit},
    limits::Limits,
    page::{self, Page},
    wire::{self, NewWebhook, PostingStats, Single, Webhook},
};
use crate::{
    json,
    metrics::{Answer, Counts},
    progress,
    records::Urgency,
};

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const USER_AGENT: &str = concat!("heymilo-sync/", env!("CARGO_PKG_VERSION"));
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The largest page that HeyMilo gives.
const PAGE_SIZE: (&str, &str) = ("limit", "100");

/// The wait before a page is asked for again.
const FIRST_RETRY: Duration = Duration::from_millis(250);

/// The settings of a client.
pub struct Settings {
    /// The address of the API, without `/api/v2`.
    pub base_url: Url,
    /// The key, which also decides the workspace.
    pub api_key: SecretString,
    /// The variable that holds the key, for errors.
    pub key_variable: String,
    /// Certificates of additional authorities, in PEM.
    pub authorities: Vec<u8>,
    /// The rate limit of the key, in requests a minute.
    pub requests_per_minute: u32,
    /// The timeout of one request, its body included.
    pub timeout: Duration,
    /// The interval between requests to an API that does not answer.
    pub outage_interval: Duration,
    /// The largest body after decompression.
    pub max_body_bytes: usize,
    /// The client's counters.
    pub counts: Counts,
}

/// A connection to one workspace. Clones share connections and rate limit.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base_url: Url,
    key_variable: Arc<str>,
    limiter: Limiter,
    /// How urgent the requests of this clone are.
    urgency: Urgency,
    max_body_bytes: usize,
    counts: Counts,
    /// Whether a refusal (401, 429) concerns the key, and so stops all other requests.
    stops_others: bool,
}

impl Client {
    /// Builds a client without sending anything.
    pub fn new(settings: Settings) -> Result<Self> {
        endpoint::check(&settings.base_url)?;
        let mut api_key = HeaderValue::from_str(settings.api_key.expose_secret())
            .map_err(|_| Error::Settings("the API key holds characters that no key can hold"))?;
        api_key.set_sensitive(true);
        let headers = [(API_KEY, api_key), (ACCEPT, HeaderValue::from_static("application/json"))];

        // An error says that a provider is installed already, which is enough.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let authorities =
            reqwest::Certificate::from_pem_bundle(&settings.authorities).map_err(|_| {
                Error::Settings("heymilo.ca_file holds a certificate that cannot be read")
            })?;
        let http = reqwest::Client::builder()
            .tls_certs_merge(authorities)
            .user_agent(USER_AGENT)
            .default_headers(HeaderMap::from_iter(headers))
            // A redirect would send the key to another address.
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(settings.timeout)
            .build()
            .map_err(|error| Error::Build(error.without_url()))?;
        Ok(Self {
            http,
            base_url: settings.base_url,
            key_variable: settings.key_variable.into(),
            limiter: Limiter::new(settings.requests_per_minute, settings.outage_interval),
            urgency: Urgency::List,
            max_body_bytes: settings.max_body_bytes,
            counts: settings.counts,
            stops_others: true,
        })
    }

    /// The error that the key is refused.
    pub fn refused(&self) -> Error {
        Error::Unauthorized { variable: self.key_variable.to_string(), said: None }
    }

    /// The limiter of this key's requests.
    pub fn limiter(&self) -> &Limiter {
        &self.limiter
    }

    /// A clone whose requests have this urgency. Without it, requests have the urgency of lists.
    pub fn at(&self, urgency: Urgency) -> Self {
        Self { urgency, ..self.clone() }
    }

    /// Lists the workspaces of the key, as received. An API key has one workspace. HeyMilo may
    /// refuse a key for this route alone.
    pub async fn workspaces(&self) -> Result<Vec<Bytes>> {
        let alone = Self { stops_others: false, ..self.clone() };
        page::items(&alone.get(&["workspaces"]).await?)
    }

    /// Lists postings.
    pub async fn postings(&self, after: Option<&str>) -> Result<Page> {
        self.page(&["postings"], "id", after, None).await
    }

    /// Fetches one posting. The answer looks like its item in the list.
    pub async fn posting(&self, posting_id: &str) -> Result<Bytes> {
        let body = self.get(&["postings", posting_id]).await?;
        Ok(body.slice_ref(wire::data(&body)?))
    }

    /// Fetches the counts of one posting.
    pub async fn posting_stats(&self, posting_id: &str) -> Result<PostingStats> {
        let body = self.get(&["postings", posting_id, "stats"]).await?;
        let Single { data } = wire::parse(&body)?;
        Ok(data)
    }

    /// Lists the questions of one posting.
    pub async fn questions(&self, posting_id: &str, after: Option<&str>) -> Result<Page> {
        self.page(&["postings", posting_id, "questions"], "id", after, None).await
    }

    /// Lists the interviews of one posting, only those invited since `created_after` if given.
    pub async fn candidates(
        &self,
        posting_id: &str,
        created_after: Option<DateTime<Utc>>,
        after: Option<&str>,
    ) -> Result<Page> {
        // Whole seconds, rounded down. The bound is inclusive, so no candidate is left out.
        let created_after = created_after.map(|time| time.timestamp().to_string());
        let filter = created_after.as_deref().map(|time| ("created_after", time));
        self.page(&["postings", posting_id, "candidates"], "interview_id", after, filter).await
    }

    /// Fetches everything about one interview, as received, with a permit acquired before.
    ///
    /// The body is known to be an object with `data`, and nothing more.
    pub async fn interview_data(&self, permit: Permit, interview_id: &str) -> Result<Bytes> {
        let url = endpoint::url(&self.base_url, &["interviews", interview_id, "data"])?;
        single(self.fetch(permit, self.http.get(url)).await?)
    }

    /// Lists the webhook registrations that HeyMilo delivers to.
    pub async fn webhooks(&self, after: Option<&str>) -> Result<Page<Webhook>> {
        Ok(self.page(&["webhooks"], "webhook_id", after, None).await?.typed())
    }

    /// Registers a webhook.
    pub async fn create_webhook(&self, webhook: &NewWebhook<'_>) -> Result<()> {
        let url = endpoint::url(&self.base_url, &["webhooks"])?;
        self.change(self.http.post(url).json(webhook)).await
    }

    /// Ends a webhook registration.
    pub async fn delete_webhook(&self, webhook_id: &str) -> Result<()> {
        let url = endpoint::url(&self.base_url, &["webhooks", webhook_id])?;
        self.change(self.http.delete(url)).await
    }

    /// Reads a page. A transient error is retried at once, because a list of many pages would
    /// otherwise hardly ever be read to its end.
    async fn page(
        &self,
        path: &[&str],
        id_member: &str,
        after: Option<&str>,
        filter: Option<(&str, &str)>,
    ) -> Result<Page> {
        let cursor = after.map(|id| ("starting_after", id));
        let mut url = endpoint::url(&self.base_url, path)?;
        url.query_pairs_mut().extend_pairs([Some(PAGE_SIZE), cursor, filter].iter().flatten());
        let mut delays = retries();
        let _waiting = progress::wait();

        loop {
            let permit = self.acquire().await;
            let asked_at = Utc::now();
            let body = self.fetch(permit, self.http.get(url.clone())).await;
            let page = body.and_then(|body| Page::parse(&body, id_member, after, asked_at));
            match page {
                Err(error) if error.is_worth_a_retry() && !self.limiter.is_down() => {
                    let Some(delay) = delays.next() else { return Err(error) };
                    sleep(delay).await;
                }
                page => return page,
            }
        }
    }

    async fn get(&self, path: &[&str]) -> Result<Bytes> {
        let url = endpoint::url(&self.base_url, path)?;
        let _waiting = progress::wait();
        let permit = self.acquire().await;
        self.fetch(permit, self.http.get(url)).await
    }

    /// Sends a change. Its answer may be empty, because lists show the result.
    async fn change(&self, request: RequestBuilder) -> Result<()> {
        let _waiting = progress::wait();
        let permit = self.acquire().await;
        self.exchange(permit, request, |_| true).await?;
        Ok(())
    }

    async fn acquire(&self) -> Permit {
        self.limiter.acquire(self.urgency, Instant::now()).await
    }

    /// Sends the one request of a permit, and reads its answer.
    async fn fetch(&self, permit: Permit, request: RequestBuilder) -> Result<Bytes> {
        self.exchange(permit, request, body::looks_like_json).await
    }

    async fn exchange(
        &self,
        _: Permit,
        request: RequestBuilder,
        is_of_the_api: fn(&[u8]) -> bool,
    ) -> Result<Bytes> {
        let answer = self.send(request).await;
        self.counts.requested(answer.as_ref().map_or_else(Error::outcome, |_| Answer::Ok));
        if self.stops_others {
            self.limiter.note_refused(matches!(answer, Err(Error::Unauthorized { .. })));
        }
        let failure = match &answer {
            Ok(body) if is_of_the_api(body) => None,
            Ok(body) => Some(body::not_json(body).to_owned()),
            Err(error) => error.is_outage().then(|| error.cause()),
        };
        self.limiter.note_answer(failure.map(|cause| format!("{}: {cause}", self.address())));
        answer
    }

    /// The address of the API, without the path of a request.
    fn address(&self) -> String {
        self.base_url.origin().ascii_serialization()
    }

    async fn send(&self, request: RequestBuilder) -> Result<Bytes> {
        let started_at = Instant::now();
        let response = request.send().await?;
        let status = response.status();
        let duration_ms = started_at.elapsed().as_millis();
        debug!(http.status = status.as_u16(), duration_ms, "answer received");

        let limits = Limits::read(response.headers());
        if status == StatusCode::TOO_MANY_REQUESTS {
            let wait = limits.wait();
            let retry_after = if self.stops_others {
                self.limiter.refused(wait)
            } else {
                wait.unwrap_or_default()
            };
            return Err(Error::RateLimited { retry_after });
        }
        self.limiter.accepted(&limits, started_at);
        if !status.is_success() {
            return Err(self.refusal(response, limits.retry_after).await);
        }
        body::read(response, self.max_body_bytes).await
    }

    /// Classifies a refusal by what to do about it.
    async fn refusal(&self, response: Response, retry_after: Option<Duration>) -> Error {
        let status = response.status();
        let refusal = Refusal::read(response).await;
        if status == StatusCode::NOT_FOUND && refusal.is_some() {
            return Error::NotFound;
        }
        let said = refusal.and_then(|refusal| refusal.summary(status));
        match status {
            StatusCode::UNAUTHORIZED => {
                Error::Unauthorized { variable: self.key_variable.to_string(), said }
            }
            _ => Error::Status { status, said, retry_after },
        }
    }
}

/// The waits before each retry of a page.
fn retries() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::new().with_min_delay(FIRST_RETRY).with_max_times(2).with_jitter().build()
}

/// Accepts what may be HeyMilo's answer about one interview: with its envelope, without it, or an
/// error. Anything else comes from a proxy.
fn single(body: Bytes) -> Result<Bytes> {
    let has = |member| json::member(&body, member).is_some();
    if has("data") || has("interview_id") || has("error") {
        return Ok(body);
    }
    Err(Error::Shape("it is not JSON, or has no data"))
}
