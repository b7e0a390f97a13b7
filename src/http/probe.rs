//! Requests one of the daemon's pages, as an operator on the same machine would.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::{net::TcpStream, time::timeout};

/// How long the daemon may take. The caller has a timeout of its own.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// A longer answer is not a daemon's.
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// Requests `path` from the operators' listener at `listen`. Returns the status and the answer.
pub async fn ask(
    listen: SocketAddr,
    path: &str,
    token: Option<&SecretString>,
) -> io::Result<(StatusCode, String)> {
    let mut request = Request::get(path).header(header::HOST, "localhost");
    if let Some(token) = token {
        request =
            request.header(header::AUTHORIZATION, format!("Bearer {}", token.expose_secret()));
    }
    let request = request.body(Body::empty()).map_err(io::Error::other)?;
    timeout(ANSWER_TIMEOUT, converse(reachable(listen), request)).await?
}

async fn converse(address: SocketAddr, request: Request<Body>) -> io::Result<(StatusCode, String)> {
    let stream = TokioIo::new(TcpStream::connect(address).await?);
    let (mut requests, connection) = http1::handshake(stream).await.map_err(io::Error::other)?;
    // The connection ends with the answer, which also reports its errors.
    tokio::spawn(connection);
    let answer = requests.send_request(request).await.map_err(io::Error::other)?;
    let status = answer.status();
    let said = to_bytes(Body::new(answer.into_body()), MAX_ANSWER_BYTES)
        .await
        .map_err(io::Error::other)?;
    Ok((status, String::from_utf8_lossy(&said).into_owned()))
}

/// A listener at every address is reached at the loopback address.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
