//! Serves connections: so many at a time, and none of them for ever, whoever is at the other end.

use std::{pin::pin, sync::Arc, time::Duration};

use axum::{Extension, Router, extract::ConnectInfo};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{debug, error};

use super::Limits;

/// A request's line and headers may be so long together.
const HEAD_BYTES: usize = 16 * 1024;
/// After so long a connection is closed between two requests, however lively it is.
const LONGEST_CONNECTION: Duration = Duration::from_secs(5 * 60);
/// How long a connection that is being closed may take to finish its request.
const PARTING: Duration = Duration::from_secs(30);
/// How long to wait when no connection can be taken: mostly there are no file handles left.
const NO_CONNECTION: Duration = Duration::from_secs(1);

/// Serves until `shutdown` is cancelled, and then finishes the requests that have come in.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: &Limits,
    shutdown: CancellationToken,
) {
    let places = Arc::new(Semaphore::new(limits.connections));
    let connections = TaskTracker::new();
    let next = async || {
        let place = places.clone().acquire_owned().await.expect("places are never closed");
        (place, listener.accept().await)
    };
    while let Some((place, accepted)) = shutdown.run_until_cancelled(next()).await {
        match accepted {
            Ok((stream, peer)) => {
                let router = router.clone().layer(Extension(ConnectInfo(peer)));
                let connection = converse(stream, router, *limits, shutdown.clone());
                connections.spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Err(error) => {
                error!(error = &error as &dyn std::error::Error, "no connection can be taken");
                shutdown.run_until_cancelled(time::sleep(NO_CONNECTION)).await;
            }
        }
    }
    connections.close();
    connections.wait().await;
}

/// Answers the requests of one connection.
async fn converse(stream: TcpStream, router: Router, limits: Limits, shutdown: CancellationToken) {
    // Only delays the last packet of an answer when it fails.
    stream.set_nodelay(true).ok();
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.header_timeout)
            .max_buf_size(HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
    );
    let ended = tokio::select! {
        ended = connection.as_mut() => Some(ended),
        () = shutdown.cancelled() => None,
        () = time::sleep(LONGEST_CONNECTION) => None,
    };
    let ended = match ended {
        Some(ended) => Ok(ended),
        None => {
            connection.as_mut().graceful_shutdown();
            time::timeout(PARTING, connection).await
        }
    };
    if !matches!(ended, Ok(Ok(()))) {
        debug!("connection broken off");
    }
}
