//! Serves a limited number of connections.

use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use axum::{
    Router,
    body::HttpBody as _,
    extract::{ConnectInfo, Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    time,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{debug, error};

use super::{
    Limits,
    connections::{Connection, Connections},
};

/// The largest head of a request: its line and headers.
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// How long a connection may take to finish its request when the daemon stops.
const FINISH_TIMEOUT: Duration = Duration::from_secs(30);
/// The wait after a connection could not be accepted, mostly because no file handles are left.
const ACCEPT_RETRY: Duration = Duration::from_secs(1);

/// Serves until `shutdown` is cancelled, and then finishes the requests that have arrived.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: &Limits,
    shutdown: CancellationToken,
) {
    let connections = Connections::new(limits.connections);
    let tasks = TaskTracker::new();
    let next = async || -> io::Result<_> {
        let (stream, peer) = listener.accept().await?;
        Ok((stream, peer, connections.add(peer.ip()).await))
    };

    while let Some(accepted) = shutdown.run_until_cancelled(next()).await {
        match accepted {
            Ok((_, _, None)) => {
                debug!(
                    "connection closed, because its network has too many that are being answered"
                );
            }
            Ok((stream, peer, Some(connection))) => {
                let connection = Arc::new(connection);
                let state = (peer, connection.clone());
                let router = router.clone().layer(from_fn_with_state(state, follow));
                let (timeout, shutdown) = (limits.idle_timeout, shutdown.clone());
                tasks.spawn(converse(stream, router, timeout, connection, shutdown));
            }
            Err(error) => {
                error!(
                    error = &error as &dyn std::error::Error,
                    "no connection can be accepted, retrying in 1 s"
                );
                shutdown.run_until_cancelled(time::sleep(ACCEPT_RETRY)).await;
            }
        }
    }

    tasks.close();
    tasks.wait().await;
}

/// Answers the requests of one connection.
async fn converse(
    stream: TcpStream,
    router: Router,
    idle_timeout: Duration,
    connection: Arc<Connection>,
    shutdown: CancellationToken,
) {
    // A failure only delays the last packet of an answer.
    stream.set_nodelay(true).ok();
    let mut served = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(idle_timeout)
            .max_buf_size(MAX_HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
    );

    tokio::select! {
        ended = served.as_mut() => {
            if ended.is_err() {
                debug!("connection broken off");
            }
            return;
        }
        () = connection.close.cancelled() => {
            debug!("connection closed, because it waited longest and another one came");
            return;
        }
        () = shutdown.cancelled() => {}
    }

    served.as_mut().graceful_shutdown();
    if !matches!(time::timeout(FINISH_TIMEOUT, served).await, Ok(Ok(()))) {
        debug!("connection broken off");
    }
}

/// Gives handlers the sender's address, and records whether this connection waits for the rest of
/// its request.
async fn follow(
    State((peer, connection)): State<(SocketAddr, Arc<Connection>)>,
    mut request: Request,
    next: Next,
) -> Response {
    request.extensions_mut().insert(ConnectInfo(peer));
    if request.body().is_end_stream() {
        connection.begin_answer();
    } else {
        // The handler begins to answer once the body has arrived.
        connection.begin_wait();
        request.extensions_mut().insert(connection.clone());
    }
    let answer = next.run(request).await;
    connection.begin_wait();
    answer
}
