//! An address at which no process listens during a test.

use std::{fmt, net::SocketAddr};

use tokio::net::TcpSocket;

/// Holds a port without listening. Connections to it are refused, and no other process gets it.
/// Displayed as its address.
pub struct ClosedPort {
    _socket: TcpSocket,
    address: SocketAddr,
}

impl ClosedPort {
    /// Takes a port.
    pub fn hold() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = socket.local_addr().unwrap();
        Self { _socket: socket, address }
    }
}

impl fmt::Display for ClosedPort {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(formatter)
    }
}
