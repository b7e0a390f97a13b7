//! The database's address, checked and rewritten as one plain address for each host in it.
//!
//! Operators write it as libpq reads it. No error repeats a part that could belong to a password.

mod tls;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use anyhow::{Context as _, bail, ensure};

/// The form of an address.
const SHAPE: &str = "it looks like postgres://user:password@host:5432/database";
const UNENCODED: &str = "DATABASE_URL cannot be divided into its parts: in the user and the password, write \
                         each # as %23, ? as %3F, / as %2F, @ as %40, : as %3A and % as %25";
/// Parameters that the driver understands without changes.
const PASSED_ON: [&str; 6] = ["user", "password", "dbname", "options", "sslcert", "sslkey"];
/// Parameters of libpq and of the driver that heymilo-sync sets itself.
const OURS: [&str; 9] = [
    "application_name",
    "fallback_application_name",
    "connect_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "sslcompression",
    "statement-cache-capacity",
];

/// Parameters by name, percent-encoded as written.
type Parameters<'a> = BTreeMap<&'a str, &'a str>;

/// Returns a plain address for each host of `address` in its order, or an error. Adds `password`
/// when the address has none.
pub fn plain(address: &str, password: Option<&str>) -> anyhow::Result<Vec<String>> {
    let address = without_quotes(address.trim());
    let (authority, database, query) = parts(after_scheme(address)?)?;
    let parameters = parameters(query)?;
    check_session(&parameters)?;

    let (user, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
    let user = match password {
        Some(password) => with_password(user, password)?,
        None => user.to_owned(),
    };
    let user = if user.is_empty() { user } else { user + "@" };
    let tls = tls::Tls::read(&parameters)?;
    let passed_on: String = PASSED_ON
        .iter()
        .filter_map(|name| Some(format!("&{name}={}", parameters.get(name)?.replace('+', "%2B"))))
        .collect();

    hosts_of(hosts, &parameters)?
        .into_iter()
        .map(|Host { name, port }| {
            let path = decoded(&name)?;
            Ok(match path.starts_with('/') {
                // libpq does not use TLS on a socket.
                true => format!(
                    "postgres://{user}localhost:{port}/{database}?sslmode=disable&host={}{passed_on}",
                    name.replace('+', "%2B")
                ),
                false => format!("postgres://{user}{name}:{port}/{database}?{tls}{passed_on}"),
            })
        })
        .collect()
}

fn with_password(user: &str, password: &str) -> anyhow::Result<String> {
    ensure!(
        !user.is_empty() && !user.contains(':'),
        "DATABASE_PASSWORD is set, so DATABASE_URL must name a user and no password, as in \
         postgres://user@host:5432/database"
    );
    let encoded: String = password
        .bytes()
        .map(|byte| match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect();
    Ok(format!("{user}:{encoded}"))
}

/// Docker keeps a shell's quotes when it reads an env file.
fn without_quotes(address: &str) -> &str {
    ['"', '\'']
        .iter()
        .find_map(|&quote| address.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(address)
}

fn after_scheme(address: &str) -> anyhow::Result<&str> {
    ensure!(
        !address.starts_with('\u{feff}'),
        "DATABASE_URL begins with a byte order mark: remove it"
    );
    let (scheme, rest) = address
        .split_once("://")
        .with_context(|| format!("DATABASE_URL is not the address of a database: {SHAPE}"))?;

    match scheme {
        "postgres" | "postgresql" => Ok(rest),
        _ if scheme.starts_with("postgres") || scheme.starts_with("jdbc:postgres") => {
            bail!("DATABASE_URL names a driver: begin it with postgresql:// alone")
        }
        _ => bail!("DATABASE_URL is not the address of a PostgreSQL database: {SHAPE}"),
    }
}

/// Splits an address into authority, database and query.
fn parts(rest: &str) -> anyhow::Result<(&str, &str, &str)> {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, after) = rest.split_at(end);
    let (database, query) = after.split_once('?').unwrap_or((after, ""));
    let database = database.strip_prefix('/').unwrap_or(database);

    let is_divided = authority.matches('@').count() <= 1
        && !after.contains(['#', '@'])
        && !database.contains('/')
        && is_encoded(rest);
    ensure!(is_divided, UNENCODED);
    Ok((authority, database, query))
}

/// Whether each percent sign begins an encoded byte.
fn is_encoded(text: &str) -> bool {
    text.split('%')
        .skip(1)
        .all(|rest| rest.len() >= 2 && rest.as_bytes()[..2].iter().all(u8::is_ascii_hexdigit))
}

fn parameters(query: &str) -> anyhow::Result<Parameters<'_>> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').context(UNENCODED)?;
            check_name(name)?;
            Ok((name, value))
        })
        .collect()
}

/// An unknown name is refused, because a typing error must not leave a connection unencrypted.
fn check_name(name: &str) -> anyhow::Result<()> {
    const READ_HERE: [&str; 7] = [
        "host",
        "port",
        "sslmode",
        "sslrootcert",
        "target_session_attrs",
        "channel_binding",
        "gssencmode",
    ];

    let remedy = match name {
        _ if PASSED_ON.contains(&name) || OURS.contains(&name) || READ_HERE.contains(&name) => {
            return Ok(());
        }
        "sslpassword" => "name a key without a password in sslkey",
        "ssl" => "write sslmode=require, or sslmode=verify-full to verify the server",
        "pgbouncer" | "connection_limit" | "pool_timeout" => {
            "take it out; heymilo-sync recognises a pooler itself, and database.max_connections limits \
             its connections"
        }
        "schema" | "currentSchema" | "search_path" => {
            "take it out; heymilo-sync has schemas of its own"
        }
        _ if name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)) => {
            let known: Vec<_> = READ_HERE.iter().chain(&PASSED_ON).copied().collect();
            bail!("DATABASE_URL has the unknown parameter {name}: known are {}", known.join(", "))
        }
        _ => bail!(UNENCODED),
    };

    bail!("DATABASE_URL has the parameter {name}, which heymilo-sync does not know: {remedy}")
}

/// Refuses session parameters that could not be kept.
fn check_session(parameters: &Parameters<'_>) -> anyhow::Result<()> {
    let value = |name| parameters.get(name).copied().unwrap_or_default();
    ensure!(
        matches!(value("target_session_attrs"), "" | "any" | "read-write" | "primary"),
        "target_session_attrs in DATABASE_URL must be read-write, because heymilo-sync writes"
    );
    ensure!(
        value("channel_binding") != "require",
        "channel_binding=require in DATABASE_URL cannot be kept: take it out, and set \
         sslmode=verify-full to verify the server"
    );
    ensure!(
        value("gssencmode") != "require",
        "gssencmode=require in DATABASE_URL cannot be kept: take it out, and set sslmode=verify-full"
    );
    Ok(())
}

/// One of the hosts, percent-encoded.
struct Host {
    name: String,
    port: u16,
}

/// The hosts of the parameters, or else of the authority.
fn hosts_of(authority: &str, parameters: &Parameters<'_>) -> anyhow::Result<Vec<Host>> {
    const DEFAULT: u16 = 5432;
    let named = parameters.get("host").copied();
    let ports: Vec<&str> =
        parameters.get("port").map_or(Vec::new(), |ports| ports.split(',').collect());

    let hosts = named.unwrap_or(authority).split(',').enumerate().map(|(number, host)| {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if named.is_none() && !port.contains(']') => (name, Some(port)),
            _ => (host, None),
        };
        ensure!(
            !name.is_empty(),
            "DATABASE_URL names no host: {SHAPE}, or for a socket postgres://user@/database?host=/directory"
        );
        let port = port.or(ports.get(number).copied()).or(ports.last().copied());
        let port = port.map_or(Ok(DEFAULT), str::parse).ok().filter(|port| *port > 0);
        let port = port.context("a port in DATABASE_URL is not a number from 1 to 65535")?;
        Ok(Host { name: name.to_owned(), port })
    });
    hosts.collect()
}

/// Text without its percent-encoding.
fn decoded(text: &str) -> anyhow::Result<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut pieces = text.split('%');
    bytes.extend(pieces.next().unwrap_or_default().bytes());
    for piece in pieces {
        let byte = piece.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.context(UNENCODED)?);
        bytes.extend(piece[2..].bytes());
    }
    String::from_utf8(bytes).ok().context(UNENCODED)
}
