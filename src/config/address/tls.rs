//! The TLS parameters of an address, as libpq understands them.

use std::{fmt, fs};

use anyhow::{Context as _, bail, ensure};

use super::{Parameters, decoded};

/// The parameters for the driver.
pub(super) struct Tls {
    mode: String,
    roots: Option<String>,
}

impl Tls {
    /// Reads the parameters, and the files that they name.
    pub(super) fn read(parameters: &Parameters<'_>) -> anyhow::Result<Self> {
        let file = |name| parameters.get(name).map(|path| decoded(path)).transpose();
        check_key(file("sslcert")?, file("sslkey")?)?;

        let mode = parameters.get("sslmode").copied();
        mode.map_or(Ok(()), check_mode)?;
        let (roots, mode) = match (file("sslrootcert")?.as_deref(), mode) {
            (Some("system"), None | Some("verify-full")) => (None, "verify-full"),
            (Some("system"), Some(_)) => bail!(
                "sslrootcert=system in DATABASE_URL needs sslmode=verify-full: a certificate of the \
                 system's authorities is worth something for one host only"
            ),
            (Some(path), mode) => {
                check_roots(path)?;
                let written = parameters.get("sslrootcert").copied();
                // With root certificates, libpq verifies in this mode too.
                (
                    written,
                    if mode == Some("require") { "verify-ca" } else { mode.unwrap_or_default() },
                )
            }
            // The driver knows only the order of prefer.
            (None, Some("allow")) => (None, "prefer"),
            (None, mode) => (None, mode.unwrap_or_default()),
        };
        Ok(Self { mode: mode.to_owned(), roots: roots.map(|path| path.replace('+', "%2B")) })
    }
}

impl fmt::Display for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.mode.is_empty() {
            write!(f, "sslmode={}", self.mode)?;
        }
        self.roots.as_ref().map_or(Ok(()), |roots| write!(f, "&sslrootcert={roots}"))
    }
}

fn check_mode(mode: &str) -> anyhow::Result<()> {
    const MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
    ensure!(
        mode != "no-verify",
        "sslmode=no-verify in DATABASE_URL is not a mode of PostgreSQL: write sslmode=require, which \
         encrypts and does not verify"
    );
    ensure!(MODES.contains(&mode), "sslmode in DATABASE_URL must be one of {}", MODES.join(", "));
    Ok(())
}

fn check_roots(path: &str) -> anyhow::Result<()> {
    let text = fs::read(path).with_context(|| {
        format!("sslrootcert in DATABASE_URL names {path}, which cannot be read")
    })?;
    ensure!(
        contains(&text, "-----BEGIN CERTIFICATE-----"),
        "sslrootcert in DATABASE_URL names {path}, which holds no certificate in PEM"
    );
    Ok(())
}

/// A client certificate needs its key.
fn check_key(certificate: Option<String>, key: Option<String>) -> anyhow::Result<()> {
    let (certificate, key) = match (certificate, key) {
        (None, None) => return Ok(()),
        (Some(certificate), Some(key)) => (certificate, key),
        _ => bail!("DATABASE_URL must name sslcert and sslkey together"),
    };
    for (name, path) in [("sslcert", &certificate), ("sslkey", &key)] {
        let text = fs::read(path).with_context(|| {
            format!("{name} in DATABASE_URL names {path}, which cannot be read")
        })?;
        ensure!(
            !contains(&text, "ENCRYPTED"),
            "{name} in DATABASE_URL names {path}, which has a password: name a key without one"
        );
    }
    Ok(())
}

fn contains(text: &[u8], words: &str) -> bool {
    text.windows(words.len()).any(|window| window == words.as_bytes())
}
