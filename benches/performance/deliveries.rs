//! Webhook deliveries over HTTP: as fast as they are acknowledged, or at a steady rate.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    task::JoinSet,
    time::{self, Instant},
};

use super::{heymilo::HeyMilo, program::Program};

/// Clients that deliver at the same time, each over its own connection.
pub struct Load {
    pub clients: usize,
    /// The deliveries per second of all clients together. `None`: each client delivers again when
    /// its last delivery is acknowledged.
    pub rate: Option<f64>,
    pub lasts: Duration,
    /// The number of interviews that the deliveries name in turn.
    pub interviews: usize,
    /// A HeyMilo that changes all interviews before each delivery.
    pub edits: Option<HeyMilo>,
}

/// The result of a load.
pub struct Delivered {
    pub per_second: f64,
    /// The latency of each delivery in milliseconds.
    pub latencies: Vec<f64>,
}

impl Load {
    /// Delivers to a program.
    pub async fn run(&self, program: &Program) -> Delivered {
        let began = Instant::now();
        let number = Arc::new(AtomicUsize::new(0));
        let mut clients = JoinSet::new();
        for client in 0..self.clients {
            let stream = TcpStream::connect(&program.public).await.unwrap();
            stream.set_nodelay(true).unwrap();
            let every = self.rate.map(|rate| Duration::from_secs_f64(self.clients as f64 / rate));
            let share = client as f64 / self.clients as f64;
            let mut due = every.map(|every| began + every.mul_f64(share));

            let (path, number) = (program.webhook.clone(), number.clone());
            let (edits, interviews, lasts) = (self.edits.clone(), self.interviews, self.lasts);
            clients.spawn(async move {
                let mut stream = BufReader::new(stream);
                let mut latencies = Vec::new();
                while began.elapsed() < lasts {
                    if let (Some(at), Some(every)) = (due, every) {
                        time::sleep_until(at).await;
                        due = Some(at + every);
                    }
                    if let Some(heymilo) = &edits {
                        heymilo.edit();
                    }
                    let number = number.fetch_add(7919, Ordering::Relaxed) % interviews;
                    let sent = Instant::now();
                    exchange(&mut stream, &path, number).await;
                    latencies.push(sent.elapsed().as_secs_f64() * 1000.0);
                }
                latencies
            });
        }
        let latencies: Vec<f64> = clients.join_all().await.into_iter().flatten().collect();
        Delivered { per_second: latencies.len() as f64 / began.elapsed().as_secs_f64(), latencies }
    }
}

/// Delivers once, and waits until it is acknowledged.
async fn exchange(stream: &mut BufReader<TcpStream>, path: &str, number: usize) {
    let id = HeyMilo::id(number);
    let body = format!(r#"{{"event_type":"interview_completed","interview_id":"{id}"}}"#);
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.get_mut().write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::with_capacity(512);
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await.unwrap());
    }
    assert!(answer.starts_with(b"HTTP/1.1 202"), "{}", String::from_utf8_lossy(&answer));
    let head = String::from_utf8(answer).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await.unwrap();
}
