//! A pooler in transaction mode that supports prepared statements, as PgBouncer does from 1.21 on.
//! It is the worst case: each transaction runs in another session than the one before.

use std::{collections::HashMap, path::PathBuf};

use sqlx::postgres::PgConnectOptions;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UnixStream},
    task::JoinHandle,
};

/// The first message of a client of an encrypted server.
const SSL_REQUEST: u32 = 80_877_103;

/// The pooler, until it is dropped.
pub struct Hopping {
    port: u16,
    accepting: JoinHandle<()>,
}

impl Hopping {
    /// Starts it in front of a server that listens at a socket.
    pub async fn before(server: &PgConnectOptions) -> Self {
        let socket = server.get_socket().unwrap().join(format!(".s.PGSQL.{}", server.get_port()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let accepting = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                // A client that closes its connection ends its task.
                tokio::spawn(serve(client, socket.clone()));
            }
        });
        Self { port, accepting }
    }

    /// The database's address behind it.
    pub fn url(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}@127.0.0.1:{}/{database}", self.port)
    }
}

impl Drop for Hopping {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// A message of the protocol.
struct Message {
    kind: u8,
    body: Vec<u8>,
}

impl Message {
    async fn read(from: &mut (impl AsyncRead + Unpin)) -> Option<Self> {
        let kind = from.read_u8().await.ok()?;
        let mut body = vec![0; from.read_u32().await.ok()? as usize - 4];
        from.read_exact(&mut body).await.ok()?;
        Some(Self { kind, body })
    }

    fn write(&self, to: &mut Vec<u8>) {
        to.push(self.kind);
        to.extend((self.body.len() as u32 + 4).to_be_bytes());
        to.extend(&self.body);
    }

    /// The name of the prepared statement in the message, and where it begins.
    fn statement(&self) -> Option<(usize, &[u8])> {
        let end =
            |from: usize| self.body[from..].iter().position(|byte| *byte == 0).unwrap() + from;
        let start = match self.kind {
            b'P' => 0,
            b'B' => end(0) + 1,
            b'D' | b'C' if self.body[0] == b'S' => 1,
            _ => return None,
        };
        Some((start, &self.body[start..end(start)])).filter(|(_, name)| !name.is_empty())
    }
}

/// A session of the server, and the statements that it has prepared.
struct Session {
    stream: UnixStream,
    known: Vec<Vec<u8>>,
}

/// Serves one client in two sessions alternately.
async fn serve(mut client: TcpStream, socket: PathBuf) -> Option<()> {
    let startup = startup(&mut client).await?;
    let mut sessions = Vec::new();
    for number in 0..2 {
        let mut stream = UnixStream::connect(&socket).await.ok()?;
        stream.write_all(&startup).await.ok()?;
        let mut greeting = Vec::new();
        pass_on(&mut stream, &mut greeting, 0).await?;
        if number == 0 {
            client.write_all(&greeting).await.ok()?;
        }
        sessions.push(Session { stream, known: Vec::new() });
    }

    let mut statements: HashMap<Vec<u8>, Message> = HashMap::new();
    let mut turn = 0;
    loop {
        let session = &mut sessions[turn % 2];
        let mut request = Vec::new();
        let mut prepared_again = 0;
        loop {
            let mut message = Message::read(&mut client).await?;
            if message.kind == b'X' {
                return None;
            }
            prepared_again += prepare(&mut message, session, &mut statements, &mut request);
            message.write(&mut request);
            if matches!(message.kind, b'S' | b'Q') {
                break;
            }
        }

        session.stream.write_all(&request).await.ok()?;
        let mut answer = Vec::new();
        let status = pass_on(&mut session.stream, &mut answer, prepared_again).await?;
        client.write_all(&answer).await.ok()?;
        turn += usize::from(status == b'I');
    }
}

/// Gives a statement a name of the pooler's own, and prepares it in a session that does not know
/// it. Returns the number of statements prepared for that.
fn prepare(
    message: &mut Message,
    session: &mut Session,
    statements: &mut HashMap<Vec<u8>, Message>,
    request: &mut Vec<u8>,
) -> usize {
    let Some((start, name)) = message.statement() else { return 0 };
    let (name, end) = (name.to_vec(), start + name.len());
    message.body.splice(start..end, [b"POOLER_", &name[..]].concat());
    if message.kind == b'P' {
        statements.insert(name.clone(), Message { kind: b'P', body: message.body.clone() });
        session.known.push(name);
        return 0;
    }
    if session.known.contains(&name) {
        return 0;
    }
    let Some(statement) = statements.get(&name) else { return 0 };
    statement.write(request);
    session.known.push(name);
    1
}

/// Reads the first message of a client. The answer to a request for TLS is no.
async fn startup(client: &mut TcpStream) -> Option<Vec<u8>> {
    loop {
        let length = client.read_u32().await.ok()?;
        let mut body = vec![0; length as usize - 4];
        client.read_exact(&mut body).await.ok()?;
        if body.starts_with(&SSL_REQUEST.to_be_bytes()) {
            client.write_all(b"N").await.ok()?;
            continue;
        }
        return Some([&length.to_be_bytes()[..], &body].concat());
    }
}

/// Collects an answer up to its end, without the first `hidden` messages about prepared statements.
/// Returns the state of the transaction.
async fn pass_on(session: &mut UnixStream, to: &mut Vec<u8>, mut hidden: usize) -> Option<u8> {
    loop {
        let message = Message::read(session).await?;
        if message.kind == b'1' && hidden > 0 {
            hidden -= 1;
            continue;
        }
        message.write(to);
        if message.kind == b'Z' {
            return Some(message.body[0]);
        }
    }
}
