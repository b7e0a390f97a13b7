//! A proxy in front of Postgres that counts round trips. Each ends with a message `ReadyForQuery`.

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader, BufWriter, copy},
    net::{TcpListener, TcpStream, UnixStream, tcp::OwnedWriteHalf, unix::OwnedReadHalf},
};

use super::database::Database;

/// The type of a `ReadyForQuery` message.
const READY_FOR_QUERY: u8 = b'Z';

/// The proxy. Only the measured program connects to it.
pub struct Proxy {
    /// The database's address through the proxy.
    pub url: String,
    count: Arc<AtomicUsize>,
}

impl Proxy {
    /// Starts a proxy in front of a database.
    pub async fn start(database: &Database) -> Self {
        let options = &database.options;
        let socket = format!(".s.PGSQL.{}", options.get_port());
        let socket: PathBuf = options.get_socket().unwrap().join(socket);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, name) = (listener.local_addr().unwrap(), options.get_database().unwrap());
        let url = format!("postgres://postgres@{address}/{name}?sslmode=disable");
        let count = Arc::<AtomicUsize>::default();
        let counted = count.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = UnixStream::connect(&socket).await.unwrap();
                // An error says that one side closed its connection.
                tokio::spawn(pass(client, server, counted.clone()));
            }
        });
        Self { url, count }
    }

    /// The number of round trips so far.
    pub fn round_trips(&self) -> f64 {
        self.count.load(Ordering::Relaxed) as f64
    }
}

async fn pass(client: TcpStream, server: UnixStream, count: Arc<AtomicUsize>) -> io::Result<()> {
    client.set_nodelay(true)?;
    let ((mut questions, client), (server, mut asked)) = (client.into_split(), server.into_split());
    tokio::select! {
        asked = copy(&mut questions, &mut asked) => asked.map(|_| ()),
        answered = answer(server, client, &count) => answered,
    }
}

/// Passes answers on, frame by frame: one byte of type, and four of length that count themselves.
async fn answer(from: OwnedReadHalf, to: OwnedWriteHalf, count: &AtomicUsize) -> io::Result<()> {
    let (mut from, mut to) = (BufReader::new(from), BufWriter::new(to));
    let mut content = Vec::new();
    loop {
        let (kind, length) = (from.read_u8().await?, from.read_u32().await?);
        content.resize(length as usize - 4, 0);
        from.read_exact(&mut content).await?;
        count.fetch_add(usize::from(kind == READY_FOR_QUERY), Ordering::Relaxed);
        to.write_u8(kind).await?;
        to.write_u32(length).await?;
        to.write_all(&content).await?;
        if from.buffer().is_empty() {
            to.flush().await?;
        }
    }
}
