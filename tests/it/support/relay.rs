//! A relay in front of Postgres whose connections can be made to hang, as when a firewall drops
//! them.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use sqlx::{
    ConnectOptions as _, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, split},
    net::{TcpListener, TcpStream, UnixStream},
};

/// A relay to the server of a database.
pub struct Relay {
    /// The database, reached through the relay.
    pub db: PgPool,
    /// Connections with a number below this one hang.
    hanging_below: Arc<AtomicUsize>,
    accepted: Arc<AtomicUsize>,
}

impl Relay {
    /// Starts a relay to this database.
    pub async fn before(db: &PgPool) -> Self {
        let server = db.connect_options();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut url = server.to_url_lossy();
        url.set_query(None);
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(port)).unwrap();
        let options: PgConnectOptions = url.as_str().parse().unwrap();
        let relayed = PgPoolOptions::new().connect_lazy_with(options);
        let (hanging_below, accepted) =
            (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let relay =
            Self { db: relayed, hanging_below: hanging_below.clone(), accepted: accepted.clone() };
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                let number = accepted.fetch_add(1, Ordering::SeqCst);
                let hangs = Hangs { number, below: hanging_below.clone() };
                tokio::spawn(carry(client, server.clone(), hangs));
            }
        });
        relay
    }

    /// Makes every existing connection hang. New ones work.
    pub fn hang(&self) {
        self.hanging_below.store(self.accepted.load(Ordering::SeqCst), Ordering::SeqCst);
    }
}

/// Whether a connection hangs.
#[derive(Clone)]
struct Hangs {
    number: usize,
    below: Arc<AtomicUsize>,
}

async fn carry(client: TcpStream, server: Arc<PgConnectOptions>, hangs: Hangs) {
    match server.get_socket() {
        Some(directory) => {
            let path = directory.join(format!(".s.PGSQL.{}", server.get_port()));
            both_ways(client, UnixStream::connect(path).await.unwrap(), hangs).await;
        }
        None => {
            let address = (server.get_host(), server.get_port());
            both_ways(client, TcpStream::connect(address).await.unwrap(), hangs).await;
        }
    }
}

async fn both_ways(
    client: TcpStream,
    server: impl AsyncRead + AsyncWrite + Send + 'static,
    hangs: Hangs,
) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = split(server);
    tokio::join!(
        one_way(from_client, to_server, hangs.clone()),
        one_way(from_server, to_client, hangs)
    );
}

/// Carries bytes until one side closes. On a connection that hangs it carries nothing more, not
/// even the end.
async fn one_way(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, hangs: Hangs) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        if hangs.number < hangs.below.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        if to.write_all(&bytes[..read]).await.is_err() {
            break;
        }
    }
    to.shutdown().await.ok();
}
