//! The daemon's two addresses: a public one, and one for operators.

use std::{io, net::SocketAddr};

use anyhow::Context as _;
use tokio::net::{TcpListener, TcpSocket};

use crate::{config::Config, http};

/// Connections that wait to be accepted.
const BACKLOG: u32 = 1024;
/// The memory that the system uses for a connection until the daemon reads it (64 KiB). It counts
/// as memory of a container, and grows to 6 MiB by default.
const RECEIVE_BUFFER_BYTES: u32 = 64 << 10;

/// The two listeners, bound.
#[derive(Debug)]
pub struct Listeners {
    /// For deliveries. Any peer that reaches it may send.
    pub public: TcpListener,
    /// For operators and their tools.
    pub operations: TcpListener,
}

impl Listeners {
    /// Binds the addresses of the settings.
    pub fn bind(config: &Config) -> anyhow::Result<Self> {
        let bind = |address, key| {
            listen(address).with_context(|| format!("listening on {address} ({key})"))
        };
        Ok(Self {
            public: bind(config.http.listen, "http.listen")?,
            operations: bind(config.operations.listen, "operations.listen")?,
        })
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER_BYTES)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// The limits of the public listener.
pub fn limits(config: &Config) -> http::Limits {
    let limits = &config.limits;
    http::Limits {
        connections: limits.connections,
        requests: limits.requests,
        deliveries_per_second: config.http.deliveries_per_second,
        unknown_paths_per_minute: limits.unknown_paths_per_minute,
        idle_timeout: limits.idle_timeout,
        body_timeout: limits.body_timeout,
    }
}
