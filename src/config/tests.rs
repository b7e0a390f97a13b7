//! Valid and invalid settings.

use super::*;

fn load<const N: usize>(environment: [(&str, &str); N]) -> anyhow::Result<Config> {
    Config::load(None, environment.map(|(name, value)| (name.to_owned(), value.to_owned())))
}

fn error<const N: usize>(environment: [(&str, &str); N]) -> String {
    format!("{:#}", load(environment).unwrap_err())
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, text).unwrap();
    file
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
    let settings = file("[poll]\ninterval = \"1m\"\nfull_interval = \"1h\"\n");
    let environment = [("HEYMILO_SYNC__POLL__INTERVAL".to_owned(), "7s".to_owned())];

    let config = Config::load(Some(settings.path()), environment).unwrap();

    assert_eq!(config.poll.interval, Duration::from_secs(7));
    assert_eq!(config.poll.full_interval, Duration::from_secs(3600));
}

#[test]
fn an_unknown_key_is_named() {
    assert!(error([("HEYMILO_SYNC__POLL__INTERVALL", "7s")]).contains("intervall"));

    let settings = file("[heymilo]\nkey = \"abc\"\n");
    let error = Config::load(Some(settings.path()), []).unwrap_err();
    assert!(format!("{error:#}").contains("`key`"), "{error:#}");
}

#[test]
fn a_wrong_value_shows_a_right_one() {
    let said = error([("HEYMILO_SYNC__POLL__INTERVAL", "soon")]);
    assert!(said.ends_with("a right value: poll.interval = \"5m\""), "{said}");
}

#[test]
fn a_file_that_is_no_toml_is_named_with_the_line_and_the_reason() {
    let settings = file("[poll]\ninterval = \"1m\"\nfull_interval 1h\n");

    let error = Config::load(Some(settings.path()), []).unwrap_err();

    let said = format!("{error:#}");
    let place = format!("{} is not TOML: line 3: ", settings.path().display());
    assert!(said.starts_with(&place) && said.len() > place.len(), "{said}");
}

#[test]
fn an_impossible_value_is_named() {
    for (name, value, key) in [
        ("HEYMILO_SYNC__HEYMILO__REQUESTS_PER_MINUTE", "0", "heymilo.requests_per_minute"),
        ("HEYMILO_SYNC__HEYMILO__BASE_URL", "ftp://example.com", "heymilo.base_url"),
        ("HEYMILO_SYNC__HEYMILO__BASE_URL", "http://example.com", "heymilo.allow_http"),
        ("HEYMILO_SYNC__HEYMILO__CA_FILE", "/nowhere/ca.pem", "heymilo.ca_file"),
        ("HEYMILO_API_KEY", "\"key\"", "HEYMILO_API_KEY begins or ends with a quote"),
        ("HEYMILO_API_KEY", "key ", "HEYMILO_API_KEY holds a blank"),
        ("HEYMILO_API_KEY", "\u{feff}key", "HEYMILO_API_KEY begins with a byte order mark"),
        ("DATABASE_URL", "mysql://db/heymilo", "DATABASE_URL is not the address"),
        ("HEYMILO_SYNC__POLL__INTERVAL", "0s", "poll.interval"),
        ("HEYMILO_SYNC__POLL__INTERVAL", "soon", "poll.interval"),
        ("HEYMILO_SYNC__RETENTION__GONE_GRACE", "0s", "retention.gone_grace"),
        ("HEYMILO_SYNC__HTTP__LISTEN", "nowhere", "http.listen"),
        ("HEYMILO_SYNC__HTTP__DELIVERIES_PER_SECOND", "0", "http.deliveries_per_second"),
        ("HEYMILO_OPERATIONS_TOKEN", "short", "operations.token"),
        ("HEYMILO_SYNC__DEMOGRAPHICS__SEX", "data", "demographics.sex"),
        ("HEYMILO_SYNC__DEMOGRAPHICS__SEX", "candidate_name.0", "demographics.sex"),
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
fn an_operators_address_that_others_can_reach_needs_a_token() {
    let listen = |address| ("HEYMILO_SYNC__OPERATIONS__LISTEN", address);

    for address in ["0.0.0.0:8081", "[::]:8081", "10.0.0.7:8081"] {
        assert!(error([listen(address)]).contains("HEYMILO_OPERATIONS_TOKEN"), "{address}");
        let token = ("HEYMILO_OPERATIONS_TOKEN", "token-of-operators");
        assert!(load([listen(address), token]).is_ok(), "{address}");
    }
    assert!(load([listen("127.0.0.1:9")]).is_ok());
    assert!(load([listen("[::1]:9")]).is_ok());
}

#[test]
fn each_of_many_workspaces_has_secrets_of_its_own() {
    let settings = file("[[workspaces]]\nname = \"emea\"\n[[workspaces]]\nname = \"north am\"\n");
    let load = |environment: &[(&str, &str)]| {
        let environment = environment.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Config::load(Some(settings.path()), environment.collect::<Vec<_>>())
    };

    let mut config = load(&[
        ("HEYMILO_API_KEY_EMEA", "key-1"),
        ("HEYMILO_WEBHOOK_TOKEN_NORTH_AM", "sixteen-and-more"),
    ])
    .unwrap();

    assert!(config.workspaces[0].api_key.is_some());
    assert!(config.workspaces[0].webhook_token.is_none());
    assert!(config.workspaces[1].webhook_token.is_some());
    let error = config.require_api_keys().unwrap_err().to_string();
    assert!(error.contains("HEYMILO_API_KEY_NORTH_AM"), "{error}");
    assert!(config.only_workspace().is_err());
    assert!(config.keep_only("apac").is_err());
    let mut config = load(&[]).unwrap();
    config.keep_only("emea").unwrap();
    assert_eq!(config.only_workspace().unwrap().name, "emea");
    let error = load(&[("HEYMILO_API_KEY", "key")]).unwrap_err().to_string();
    assert!(error.contains("HEYMILO_API_KEY_EMEA"), "{error}");
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
        ("HEYMILO_OPERATIONS_TOKEN", "the-operations-token"),
        ("DATABASE_URL", "postgres://heymilo:hunter2@localhost/heymilo"),
    ])
    .unwrap();

    let printed = config.to_toml().unwrap();

    let debugged = format!("{config:?}");
    for secret in ["the-api-key", "the-webhook-token", "the-operations-token", "hunter2"] {
        assert!(!printed.contains(secret), "{secret} is printed");
        assert!(!debugged.contains(secret), "{secret} is in Debug");
    }
}
