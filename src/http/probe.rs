//! Asks a daemon for one of its pages, as an operator on the same machine would.

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

/// How long the daemon may take: whoever asks is asked for an answer as well.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longer answers are not a daemon's.
const LONGEST: usize = 1 << 20;

/// Asks the operators' listener at `listen` for `path`. Returns the status and what is said.
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
    timeout(PATIENCE, converse(reachable(listen), request)).await?
}

async fn converse(address: SocketAddr, request: Request<Body>) -> io::Result<(StatusCode, String)> {
    let stream = TokioIo::new(TcpStream::connect(address).await?);
    let (mut requests, connection) = http1::handshake(stream).await.map_err(io::Error::other)?;
    // It ends with the answer, which tells of its troubles too.
    tokio::spawn(connection);
    let answer = requests.send_request(request).await.map_err(io::Error::other)?;
    let status = answer.status();
    let said = to_bytes(Body::new(answer.into_body()), LONGEST).await.map_err(io::Error::other)?;
    Ok((status, String::from_utf8_lossy(&said).into_owned()))
}

/// Who listens at every address is reached at the machine's own.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
