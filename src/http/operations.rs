//! Operators must send a token, if one is set. Probes need none and only get yes or no.
//!
//! A browser sends the token as a password with the requests of any page. So changes must come from
//! our own page.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, uri::Authority},
    middleware::Next,
    response::{AppendHeaders, IntoResponse as _, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use secrecy::SecretString;
use tokio::{sync::Mutex, time::sleep};
use tracing::info;

use super::{admission::is_same, buttons::Operator};

/// The paths that an orchestrator requests.
const PROBES: [&str; 2] = ["/healthz", "/readyz"];
/// How the token may be sent: by tools, and by browsers, which then ask for it.
const CHALLENGES: [(HeaderName, &str); 2] = [
    (header::WWW_AUTHENTICATE, "Bearer"),
    (header::WWW_AUTHENTICATE, r#"Basic realm="heymilo-sync: any name, the token as password""#),
];

/// The longest part of an operator's name that is logged.
const MAX_NAME: usize = 60;
/// How long each wrong token is delayed, one after the other.
const WRONG_TOKEN_DELAY: Duration = Duration::from_millis(500);

/// A refusal with its remedy.
type Refusal = (StatusCode, &'static str);
/// The token is missing or wrong.
pub const UNAUTHORIZED: Refusal = (
    StatusCode::UNAUTHORIZED,
    "Show HEYMILO_OPERATIONS_TOKEN: as a bearer token, or as the password of any name.\n",
);
/// Without a token, the name in the request's address may belong to another site.
pub const MISDIRECTED: Refusal = (
    StatusCode::MISDIRECTED_REQUEST,
    "Without HEYMILO_OPERATIONS_TOKEN this page is only for addresses of this machine: ask for \
     http://127.0.0.1:8081 (operations.listen), or set the token to ask by a name.\n",
);
/// A change that comes from another page.
pub const FORBIDDEN: Refusal = (
    StatusCode::FORBIDDEN,
    "Nothing was changed: the request did not come from this page. Behind a proxy, have it pass the \
     Host header on unchanged, and open the page anew.\n",
);

/// The check of requests.
#[derive(Debug)]
pub struct Guard {
    token: Option<SecretString>,
    /// Held while a wrong token is delayed, so that guesses come one after the other.
    guesses: Mutex<()>,
}

impl Guard {
    /// Admits requests with the token, or without a token only those to this machine's own address.
    pub fn new(token: Option<SecretString>) -> Self {
        Self { token, guesses: Mutex::default() }
    }
}

/// Admits requests with the token. When no token is set, admits those to this machine's own
/// address.
pub async fn guard(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let mut answer = pass(&guard, request, next).await;
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

async fn pass(guard: &Guard, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let shown = shown(headers);
    let may_pass = match &guard.token {
        Some(token) => shown.as_ref().is_some_and(|shown| is_same(&shown.token, token)),
        None => means_this_machine(headers),
    };

    if !may_pass && PROBES.contains(&request.uri().path()) {
        return next.run(request).await.status().into_response();
    }

    if !may_pass {
        if guard.token.is_none() {
            return MISDIRECTED.into_response();
        }
        if shown.is_some() {
            let _guess = guard.guesses.lock().await;
            sleep(WRONG_TOKEN_DELAY).await;
        }
        return (AppendHeaders(CHALLENGES), UNAUTHORIZED).into_response();
    }

    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    if !is_from_our_page(headers) {
        return FORBIDDEN.into_response();
    }

    let operator = shown.and_then(|shown| shown.name);
    changed(operator, guard.token.is_some(), request, next).await
}

/// Logs the operator who asked for a change, and its result.
async fn changed(
    operator: Option<String>,
    has_token: bool,
    mut request: Request,
    next: Next,
) -> Response {
    let from = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|from| from.0.ip());
    request.extensions_mut().insert(Operator::new(operator.as_deref(), from, has_token));
    let asked = request.uri().path_and_query().map(ToString::to_string);
    let answer = next.run(request).await;
    info!(
        operator,
        from = from.map(|ip| ip.to_string()),
        asked,
        http.status = answer.status().as_u16(),
        "an operator asked for a change"
    );
    answer
}

/// The credentials of a request.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    /// The user name beside the password.
    name: Option<String>,
    token: String,
}

/// The token of a request, as a bearer token or as a password.
fn shown(headers: &HeaderMap) -> Option<Shown> {
    let shown = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, shown) = shown.split_once(' ')?;
    let shown = shown.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Shown { name: None, token: shown.to_owned() });
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(shown).ok()?).ok()?;
    let (name, password) = decoded.split_once(':')?;
    let name = name.chars().filter(|sign| !sign.is_control()).take(MAX_NAME).collect();
    Some(Shown { name: Some(name), token: password.to_owned() })
}

/// Whether the browser requests this machine by its own address. Another site whose name resolves
/// to this machine uses that name.
fn means_this_machine(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST) else { return true };
    let Some(host) = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok()) else {
        return false;
    };
    let host = host.host().trim_matches(['[', ']']);
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok()
}

/// Whether a request comes from our own page, or from no browser. A browser always names the page.
fn is_from_our_page(headers: &HeaderMap) -> bool {
    let said = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    if said("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return false;
    }
    match (said("origin"), said("host")) {
        (None, _) => true,
        (Some(origin), Some(host)) => {
            origin.split_once("://").is_some_and(|(_, from)| from.eq_ignore_ascii_case(host))
        }
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware::from_fn_with_state, routing::get};
    use tokio::time::Instant;
    use tower::ServiceExt as _;

    use super::*;

    fn headers(said: &[(&'static str, &'static str)]) -> HeaderMap {
        said.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_token_is_shown_as_such_or_as_a_password() {
        let shown = |value| Some(shown(&headers(&[("authorization", value)]))?.token);

        assert_eq!(shown("Bearer t:1").as_deref(), Some("t:1"));
        assert_eq!(shown("bearer  t").as_deref(), Some("t"));
        assert_eq!(shown("Basic bWU6dDox").as_deref(), Some("t:1"), "me:t:1");
        for odd in ["t", "Basic", "Basic bWU=", "Basic ?", "Basic /////w==", "Digest t"] {
            assert_eq!(shown(odd), None, "{odd}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn wrong_tokens_wait_one_after_the_other() {
        let guard = Arc::new(Guard::new(Some("right".into())));
        let router = Router::new()
            .route("/", get(async || "in"))
            .layer(from_fn_with_state(guard, super::guard));
        let ask = |token: Option<&str>| {
            let request = Request::builder().uri("/");
            let request = match token {
                Some(token) => request.header("authorization", format!("Bearer {token}")),
                None => request,
            };
            router.clone().oneshot(request.body(Body::empty()).unwrap())
        };
        let began = Instant::now();

        assert_eq!(ask(Some("right")).await.unwrap().status(), StatusCode::OK);
        assert_eq!(ask(None).await.unwrap().status(), StatusCode::UNAUTHORIZED);
        assert_eq!(began.elapsed(), Duration::ZERO, "a browser is asked for the password at once");
        let (one, other) = tokio::join!(ask(Some("wrong")), ask(Some("bad")));
        assert_eq!(
            (one.unwrap().status(), other.unwrap().status()),
            (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED)
        );
        assert!(began.elapsed() >= WRONG_TOKEN_DELAY * 2);
    }

    #[test]
    fn a_name_that_leads_here_is_not_this_machine() {
        for host in ["localhost", "LOCALHOST:8081", "127.0.0.1:8081", "[::1]:8081", "10.0.0.1"] {
            assert!(means_this_machine(&headers(&[("host", host)])), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example:8081", "", "127.0.0.1.evil.example"] {
            assert!(!means_this_machine(&headers(&[("host", host)])), "{host}");
        }
        assert!(means_this_machine(&headers(&[])));
    }

    #[test]
    fn only_our_own_page_and_tools_change_anything() {
        let host = ("host", "127.0.0.1:8081");
        let ours = ("origin", "http://127.0.0.1:8081");

        assert!(is_from_our_page(&headers(&[host])));
        assert!(is_from_our_page(&headers(&[host, ours, ("sec-fetch-site", "same-origin")])));
        for origin in ["null", "", "http://127.0.0.1:9", "http://evil.example", "http://"] {
            assert!(!is_from_our_page(&headers(&[host, ("origin", origin)])), "{origin}");
        }
        for site in ["cross-site", "same-site", ""] {
            assert!(!is_from_our_page(&headers(&[host, ours, ("sec-fetch-site", site)])), "{site}");
        }
    }
}
