//! A relay to the database that delays every answer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy},
    net::{TcpListener, UnixStream},
    time::sleep,
};

/// Passes connections on to a socket, and delays its answers.
#[derive(Clone, Default)]
pub struct Slow(Arc<AtomicU64>);

impl Slow {
    /// Starts it in front of a socket. Returns it with its port.
    pub async fn before(socket: String) -> (Self, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let slow = Self::default();
        let accepting = slow.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (slow, upstream) = (accepting.clone(), UnixStream::connect(&socket).await);
                let (mut asked, mut asking) = stream.into_split();
                let (mut answers, mut requests) = upstream.unwrap().into_split();
                tokio::spawn(async move { copy(&mut asked, &mut requests).await.ok() });
                tokio::spawn(async move {
                    let mut bytes = vec![0; 64 << 10];
                    while let Ok(read @ 1..) = answers.read(&mut bytes).await {
                        sleep(Duration::from_millis(slow.0.load(Ordering::Relaxed))).await;
                        if asking.write_all(&bytes[..read]).await.is_err() {
                            break;
                        }
                    }
                });
            }
        });
        (slow, port)
    }

    /// Delays every answer by `time` from now on.
    pub fn takes(&self, time: Duration) {
        self.0.store(time.as_millis() as u64, Ordering::Relaxed);
    }
}
