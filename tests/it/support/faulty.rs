//! A proxy between the daemon and HeyMilo that breaks connections.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional},
    net::{TcpListener, TcpStream},
    sync::watch,
    time,
};

/// The fault of a request.
#[derive(Debug, Clone)]
pub enum Fault {
    /// The answer is these bytes, and the connection ends.
    Answer(Vec<u8>),
    /// The answer is these bytes, and then nothing more.
    Hang(Vec<u8>),
    /// The answer is these bytes, and the connection is reset.
    Reset(Vec<u8>),
    /// The answer is these bytes, and then spaces without end.
    Endless(Vec<u8>),
}

/// Passes connections on to an address, or breaks them.
#[derive(Clone)]
pub struct Faulty {
    fault: Arc<watch::Sender<Option<Fault>>>,
    broken: Arc<AtomicUsize>,
    pub address: String,
}

impl Faulty {
    /// Starts it in front of an address such as `http://127.0.0.1:80`.
    pub async fn before(upstream: &str) -> Self {
        Self::listen("127.0.0.1:0", upstream).await
    }

    /// Starts it at an address.
    pub async fn listen(at: &str, upstream: &str) -> Self {
        let listener = TcpListener::bind(at).await.unwrap();
        let faulty = Self {
            fault: Arc::new(watch::Sender::new(None)),
            broken: Arc::default(),
            address: format!("http://{}", listener.local_addr().unwrap()),
        };
        let (accepting, upstream) = (faulty.clone(), upstream.replace("http://", ""));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(accepting.clone().serve(stream, upstream.clone()));
            }
        });
        faulty
    }

    /// Breaks every connection like this from now on, open ones too.
    pub fn breaks(&self, fault: Fault) {
        self.fault.send_replace(Some(fault));
    }

    /// Breaks no connection any longer.
    pub fn heals(&self) {
        self.fault.send_replace(None);
    }

    /// The number of broken requests.
    pub fn broken(&self) -> usize {
        self.broken.load(Ordering::Relaxed)
    }

    async fn serve(self, mut stream: TcpStream, upstream: String) {
        let mut changes = self.fault.subscribe();
        let fault = changes.borrow_and_update().clone();
        match fault {
            Some(fault) => {
                self.broken.fetch_add(1, Ordering::Relaxed);
                // A client may close the connection, which the fault is meant to cause.
                play(fault, &mut stream).await.ok();
            }
            None => {
                let mut upstream = TcpStream::connect(upstream).await.unwrap();
                tokio::select! {
                    _ = copy_bidirectional(&mut stream, &mut upstream) => {}
                    _ = changes.changed() => {}
                }
            }
        }
    }
}

async fn play(fault: Fault, stream: &mut TcpStream) -> std::io::Result<()> {
    let mut request = [0; 4096];
    let _read = stream.read(&mut request).await?;
    match fault {
        Fault::Answer(bytes) => stream.write_all(&bytes).await,
        Fault::Hang(bytes) => {
            stream.write_all(&bytes).await?;
            time::sleep(Duration::from_secs(60)).await;
            Ok(())
        }
        Fault::Reset(bytes) => {
            stream.write_all(&bytes).await?;
            stream.set_zero_linger()
        }
        Fault::Endless(bytes) => {
            stream.write_all(&bytes).await?;
            loop {
                stream.write_all(&[b' '; 4096]).await?;
            }
        }
    }
}
