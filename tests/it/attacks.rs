//! The daemon with the memory of its container, while senders misuse the webhook's address. It
//! stays alive, and acknowledges a real delivery within a second.

use std::{
    io::{self, Write as _},
    net::Ipv4Addr,
    sync::Arc,
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};
use futures_util::future::join_all;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use crate::support::{
    app::TOKEN,
    daemon::Running,
    database::database,
    memory::{Limited, MIB, peak},
    program::program,
    simulated,
};

/// The container's memory (`mem_limit` of docker-compose.yml).
const MEMORY: u64 = 256 * MIB;
/// Freed memory is returned at once, as in the container (Dockerfile).
const PURGED: (&str, &str) = ("MIMALLOC_PURGE_DELAY", "0");
/// The largest delivery.
const LARGEST: usize = 1 << 20;
/// The number of real deliveries during an attack, 100 ms apart.
const DELIVERIES: u32 = 20;
/// One second, and one more for a machine on which tests compete.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(2);

/// The kinds of attacks.
#[derive(Clone, Copy)]
enum Attack {
    /// Connections that send nothing.
    Idle { connections: u16, addresses: u8 },
    /// Deliveries whose second half never arrives.
    HalfSent { connections: u16, addresses: u8 },
    /// Deliveries one after the other on each connection, with further headers.
    Pouring { connections: u16, headers: &'static str, body: fn() -> Vec<u8> },
}

/// The attacks, each with a name for a failure.
const ATTACKS: &[(&str, Attack)] = &[
    ("700 idle connections of one address", Attack::Idle { connections: 700, addresses: 1 }),
    ("700 idle connections of four addresses", Attack::Idle { connections: 175, addresses: 4 }),
    ("128 half-sent bodies of one address", Attack::HalfSent { connections: 128, addresses: 1 }),
    ("600 half-sent bodies of four addresses", Attack::HalfSent { connections: 150, addresses: 4 }),
    ("ordinary deliveries without pause", Attack::pouring(16, "", ordinary)),
    ("deliveries of nested lists", Attack::pouring(100, "", nested)),
    ("deliveries that are long to search for erased people", Attack::pouring(16, "", escaped)),
    (
        "packed deliveries that are large when they are unpacked",
        Attack::pouring(32, "content-encoding: gzip\r\n", bomb),
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn real_deliveries_are_acknowledged_during_attacks() {
    let db = database().await;
    let (_, base_url) = simulated::heymilo().await;
    // From now on, the daemon searches deliveries for a person.
    let (erased, output) =
        program(&db, &base_url, &["erase", "--yes", "--email", "ada@example.com"]).await;
    assert!(erased, "{output}");
    let mut daemon = Running::start_with(&db, &base_url, &[PURGED]);
    // Without control groups, the peak below is still checked.
    let _limited = Limited::to(MEMORY, daemon.id());
    daemon.says("interview synced");

    for (name, attack) in ATTACKS {
        let attackers = attack.begin(&daemon.public).await;

        let mut slowest = Duration::ZERO;
        for _ in 0..DELIVERIES {
            let began = Instant::now();
            assert_eq!(deliver(&daemon.public, b"{}").await, 202, "{name}");
            slowest = slowest.max(began.elapsed());
            sleep(Duration::from_millis(100)).await;
        }

        assert!(slowest < ACKNOWLEDGED_WITHIN, "{name}: {slowest:?}");
        let peak = peak(daemon.id());
        assert!(peak < MEMORY, "{name}: {} MiB", peak / MIB);
        drop(attackers);
    }
    assert!(daemon.terminate());
}

impl Attack {
    const fn pouring(connections: u16, headers: &'static str, body: fn() -> Vec<u8>) -> Self {
        Self::Pouring { connections, headers, body }
    }

    /// Begins the attack. It ends when the returned value is dropped.
    async fn begin(self, public: &str) -> JoinSet<()> {
        let (connections, addresses) = match self {
            Self::Idle { connections, addresses } => (connections, addresses),
            Self::HalfSent { connections, addresses } => (connections, addresses),
            Self::Pouring { connections, .. } => (connections, 1),
        };
        let sent = self.sent();
        let mut attackers = JoinSet::new();
        for address in 1..=addresses {
            let opened = (0..connections).map(|_| connect(public, address));
            for stream in join_all(opened).await {
                attackers.spawn(go_on(stream, public.to_owned(), address, sent.clone()));
            }
        }
        attackers
    }

    /// The bytes that are sent on a connection, and again after each answer.
    fn sent(self) -> Arc<[u8]> {
        match self {
            Self::Idle { .. } => Arc::default(),
            Self::HalfSent { .. } => {
                [head(LARGEST, "").into_bytes(), vec![b' '; LARGEST / 2]].concat().into()
            }
            Self::Pouring { headers, body, .. } => {
                let body = body();
                [head(body.len(), headers).into_bytes(), body].concat().into()
            }
        }
    }
}

/// Attacks on a connection. A second after the daemon closed it, attacks on the next one.
async fn go_on(mut stream: TcpStream, public: String, address: u8, sent: Arc<[u8]>) {
    loop {
        attack(&mut stream, &sent).await.ok();
        sleep(Duration::from_secs(1)).await;
        stream = connect(&public, address).await;
    }
}

async fn attack(stream: &mut TcpStream, sent: &[u8]) -> io::Result<()> {
    loop {
        stream.write_all(sent).await?;
        if stream.read(&mut [0; 1024]).await? == 0 {
            return Ok(());
        }
    }
}

fn ordinary() -> Vec<u8> {
    let event = r#"{"event": "report_available", "interview_id": "int_0123456789", "notes": ""#;
    format!("{event}{}\"}}", "word ".repeat(10_000)).into_bytes()
}

/// Nested lists, as many as fit into a body.
fn nested() -> Vec<u8> {
    "[".repeat(LARGEST).into_bytes()
}

/// Addresses behind layers of escapes, repeated.
fn escaped() -> Vec<u8> {
    "a%2525++++@".repeat(LARGEST / 11).into_bytes()
}

/// Blanks, a thousand times as many as are sent.
fn bomb() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![b' '; 256 * LARGEST]).unwrap();
    encoder.finish().unwrap()
}

/// Connects from an address of this machine.
async fn connect(public: &str, address: u8) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::new(127, 0, 0, address), 0).into()).unwrap();
    socket.connect(public.parse().unwrap()).await.unwrap()
}

fn head(length: usize, headers: &str) -> String {
    format!(
        "POST /webhooks/heymilo/{TOKEN} HTTP/1.1\r\nhost: test\r\n{headers}\
         content-length: {length}\r\n\r\n"
    )
}

/// Delivers on a connection of its own. Returns the status.
async fn deliver(public: &str, body: &[u8]) -> u16 {
    let request = [head(body.len(), "").as_bytes(), body].concat();
    let answered = timeout(Duration::from_secs(20), async {
        let mut stream = connect(public, 1).await;
        stream.write_all(&request).await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        String::from_utf8_lossy(&answer[9..]).parse().unwrap()
    });
    answered.await.expect("the delivery is answered")
}
