//! Webhooks acknowledged, beside `pgbench` that inserts a delivery and its job in one statement.

use std::{
    fs,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
    process::Command,
    task::JoinSet,
    time::{self, Instant},
};

use super::{
    Bench,
    database::Database,
    heymilo::HeyMilo,
    program::Program,
    report::{Figure, Target, median, quantile, tell},
};

const CLIENTS: usize = 64;
/// Interviews that are known, and told of again and again.
const KNOWN: usize = 10_000;
/// How long each turn takes.
const TURN: Duration = Duration::from_secs(10);

/// What pgbench does.
const SCRIPT: &str = r#"
\set number random(0, 9999)
with arrived as (
    insert into heymilo_sync.inbox
        (receipt_id, workspace_id, received_at, method, content_type, body, interview_ids)
    values
        (gen_random_uuid(), 'default', now(), 'POST', 'application/json',
         convert_to('{"event_type":"interview_completed","interview_id":"interview'
                    || lpad(:number::text, 8, '0') || '"}', 'UTF8'),
         array['interview' || lpad(:number::text, 8, '0')])
)
insert into heymilo_sync.jobs (workspace_id, interview_id, reason, priority)
values ('default', 'interview' || lpad(:number::text, 8, '0'), 'webhook', 0)
on conflict (workspace_id, interview_id) do update
    set generation = jobs.generation + 1,
        reason = excluded.reason,
        priority = excluded.priority,
        enqueued_at = now(),
        due_at = least(jobs.due_at, now());
"#;

/// Measures how many a second, and how long one takes at half of that.
pub async fn measure(bench: &Bench) -> Vec<Figure> {
    let script = bench.postgres.directory().join("acknowledge.sql");
    fs::write(&script, SCRIPT).unwrap();
    let (mut ours, mut yardstick, mut tails) = (Vec::new(), Vec::new(), Vec::new());
    for round in 1..=bench.plan.rounds {
        let database = known(bench, "yardstick").await;
        yardstick.push(pgbench(&database, &script.to_string_lossy()).await);
        database.pool.close().await;

        let database = known(bench, "ours").await;
        // Nobody fetches meanwhile: that is measured elsewhere.
        let pace = [("HEYMILO_SYNC__HEYMILO__REQUESTS_PER_MINUTE", "1")];
        let program = Program::start(&bench.postgres, &database, &["run"], &pace);
        program.ready().await;
        let target = Door { address: program.public.clone(), path: program.webhook.clone() };
        let load = deliver(&target, None).await;
        ours.push(load.per_second);
        let half = deliver(&target, Some(load.per_second / 2.0)).await;
        tails.push(quantile(half.latencies.iter().copied(), 0.99));
        let kept = database.number("select count(*) from heymilo_sync.inbox").await;
        assert_eq!(kept as usize, load.latencies.len() + half.latencies.len());
        program.stop().await;
        database.pool.close().await;
        tell(format!(
            "round {round}: pgbench {:.0}, ours {:.0} a second, p99 at half of it {:.1} ms",
            yardstick[round - 1],
            ours[round - 1],
            tails[round - 1]
        ));
    }
    let yardstick = ("pgbench", median(yardstick));
    vec![
        Figure::beside(
            "webhooks acknowledged, 64 clients",
            median(ours),
            yardstick,
            "/s",
            Target::AtLeast(1.0),
        ),
        Figure::alone("p99 at half of that", median(tails), "ms", Target::AtMost(20.0)),
    ]
}

/// A database that knows its interviews.
async fn known(bench: &Bench, name: &str) -> Database {
    let database = bench.postgres.database(name).await;
    database
        .execute(&format!(
            "insert into heymilo.interviews
                 (workspace_id, interview_id, first_synced_at, synced_at)
             select 'default', 'interview' || lpad(number::text, 8, '0'), now(), now()
             from generate_series(0, {KNOWN} - 1) as number"
        ))
        .await;
    database.execute("vacuum analyze heymilo.interviews").await;
    database
}

/// Transactions a second.
async fn pgbench(database: &Database, script: &str) -> f64 {
    let socket = database.options.get_socket().unwrap().to_string_lossy().into_owned();
    let output = Command::new("pgbench")
        .args(["--no-vacuum", "--protocol=prepared", "--jobs=2", "--username=postgres"])
        .arg(format!("--client={CLIENTS}"))
        .arg(format!("--time={}", TURN.as_secs()))
        .args(["--host", &socket, "--file", script])
        .arg(database.options.get_database().unwrap())
        .stderr(Stdio::null())
        .output()
        .await
        .expect("pgbench, of PostgreSQL's client programs, is needed");
    let said = String::from_utf8(output.stdout).unwrap();
    let tps = said.lines().find_map(|line| line.strip_prefix("tps = "));
    tps.unwrap_or_else(|| panic!("pgbench said: {said}"))
        .split(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap()
}

/// Where to deliver.
struct Door {
    address: String,
    path: String,
}

/// What came of it.
struct Load {
    per_second: f64,
    /// In milliseconds.
    latencies: Vec<f64>,
}

/// Delivers from all clients, as fast as they are answered or so many a second together.
async fn deliver(target: &Door, rate: Option<f64>) -> Load {
    let began = Instant::now();
    let number = Arc::new(AtomicUsize::new(0));
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let stream = TcpStream::connect(&target.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let (path, number) = (target.path.clone(), number.clone());
        let every = rate.map(|rate| Duration::from_secs_f64(CLIENTS as f64 / rate));
        let first = every.map(|every| began + every.mul_f64(client as f64 / CLIENTS as f64));
        clients.spawn(async move {
            let mut stream = BufReader::new(stream);
            let mut latencies = Vec::new();
            let mut due = first;
            while began.elapsed() < TURN {
                if let (Some(at), Some(every)) = (due, every) {
                    time::sleep_until(at).await;
                    due = Some(at + every);
                }
                let number = number.fetch_add(7919, Ordering::Relaxed) % KNOWN;
                let sent = Instant::now();
                exchange(&mut stream, &path, number).await;
                latencies.push(sent.elapsed().as_secs_f64() * 1000.0);
            }
            latencies
        });
    }
    let latencies: Vec<f64> = clients.join_all().await.into_iter().flatten().collect();
    Load { per_second: latencies.len() as f64 / began.elapsed().as_secs_f64(), latencies }
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
