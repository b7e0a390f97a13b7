//! Where the daemon listens: one address for everybody, one for operators.

use anyhow::Context as _;
use tokio::net::TcpListener;

use crate::{
    config::{self, Config},
    http,
};

/// The two listeners, bound.
#[derive(Debug)]
pub struct Listeners {
    /// For deliveries: whoever reaches it may knock.
    pub public: TcpListener,
    /// For operators and their tools.
    pub operations: TcpListener,
}

impl Listeners {
    /// Binds the addresses of the settings.
    pub async fn bind(config: &Config) -> anyhow::Result<Self> {
        let bind = async |address, key| {
            let bound = TcpListener::bind(address).await;
            bound.with_context(|| format!("listening on {address} ({key})"))
        };
        Ok(Self {
            public: bind(config.http.listen, "http.listen").await?,
            operations: bind(config.operations.listen, "operations.listen").await?,
        })
    }
}

/// What the settings let come in.
pub fn limits(settings: &config::Http) -> http::Limits {
    http::Limits {
        connections: settings.max_connections,
        requests: settings.max_requests,
        deliveries_per_second: settings.deliveries_per_second,
        strangers_per_minute: settings.strangers_per_minute,
        header_timeout: settings.header_timeout,
        body_timeout: settings.body_timeout,
    }
}
