//! How the daemon looks from outside, as far as this machine can check.

use std::{net::IpAddr, time::Duration};

use url::{Host, Url};

/// How long a request to the public address may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// The answer at the public address.
#[derive(Debug, PartialEq, Eq)]
pub enum Outside {
    /// A daemon: its `/healthz` answers as ours does.
    Daemon,
    /// Another server answers, with this status.
    Other(u16),
    /// Nothing answers here, for this reason.
    Nothing(String),
}

/// Asks the public address whether a daemon answers there.
pub async fn look(public_url: &Url) -> Outside {
    // An error says that a provider is installed already, which is enough.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let asked = async {
        let client = reqwest::Client::builder().timeout(REQUEST_TIMEOUT).build()?;
        let base = public_url.as_str().trim_end_matches('/');
        let answer = client.get(format!("{base}/healthz")).send().await?;
        let status = answer.status().as_u16();
        Ok::<_, reqwest::Error>((status, answer.bytes().await?))
    };

    match asked.await {
        Ok((200, said)) if &said[..] == b"ok\n" => Outside::Daemon,
        Ok((status, _)) => Outside::Other(status),
        Err(error) => {
            let mut reason = error.without_url().to_string();
            if reason.is_empty() {
                reason.push_str("no answer");
            }
            Outside::Nothing(reason)
        }
    }
}

/// Whether an address looks private, so that only nearby machines reach it.
pub fn is_private(public_url: &Url) -> bool {
    match public_url.host() {
        Some(Host::Domain(name)) => {
            name == "localhost" || name.ends_with(".local") || !name.contains('.')
        }
        Some(Host::Ipv4(ip)) => is_near(ip.into()),
        Some(Host::Ipv6(ip)) => is_near(ip.into()),
        None => true,
    }
}

fn is_near(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_heymilo_cannot_reach_are_distinguished() {
        for near in ["http://localhost:8080", "https://10.1.2.3", "https://[::1]", "https://daemon"]
        {
            assert!(is_private(&near.parse().unwrap()), "{near}");
        }
        for far in ["https://hooks.example.com", "https://203.0.113.7", "https://[2001:db8::1]"] {
            assert!(!is_private(&far.parse().unwrap()), "{far}");
        }
    }
}
