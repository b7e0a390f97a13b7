//! Webhooks acknowledged, compared with `pgbench` that inserts a delivery and its job in one
//! statement. A single delivery is compared with one write to the disk.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt as _,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use tokio::process::Command;

use super::{
    Bench,
    database::Database,
    deliveries::{Delivered, Load},
    program::Program,
    report::{Figure, Target, median, note, quantile},
};

/// The numbers of clients, with the share of `pgbench` to reach with each.
const CLIENTS: [(usize, f64); 2] = [(64, 0.9), (8, 0.5)];
/// Interviews that are known and named repeatedly.
const KNOWN: usize = 10_000;
/// How long each measurement takes.
const TURN: Duration = Duration::from_secs(10);
/// Single deliveries per second. Each is acknowledged long before the next one.
const LONE_RATE: f64 = 20.0;
/// The bytes that Postgres writes to its log for one small transaction.
const PAGE: usize = 8 << 10;
const SYNCS: usize = 200;

/// pgbench's script: it writes the rows that a delivery leads to.
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
insert into heymilo_sync.jobs (workspace_id, interview_id, urgency, event_types)
values ('default', 'interview' || lpad(:number::text, 8, '0'), 'delivery', array['interview_completed'])
on conflict (workspace_id, interview_id) do update
    set urgency     = least(jobs.urgency, excluded.urgency),
        generation  = jobs.generation + 1,
        due_at      = least(jobs.due_at, excluded.due_at),
        enqueued_at = now(),
        event_types = array(select unnest(jobs.event_types) union select unnest(excluded.event_types)),
        looks       = 0,
        attempt     = 0,
        failed_at   = null;
"#;

/// Removes triggers, and all indexes but the keys, from the two tables.
const BARE: &str = "
do $$
declare
    one record;
begin
    for one in
        select format('drop trigger %I on %s', tgname, tgrelid::regclass) as statement
        from pg_trigger
        where not tgisinternal
          and tgrelid in ('heymilo_sync.inbox'::regclass, 'heymilo_sync.jobs'::regclass)
        union all
        select format('drop index %s', indexrelid::regclass)
        from pg_index
        where indrelid in ('heymilo_sync.inbox'::regclass, 'heymilo_sync.jobs'::regclass)
          and not exists (select from pg_constraint where conindid = indexrelid)
    loop
        execute one.statement;
    end loop;
end $$";

/// The measurements with one number of clients, a value for each round.
#[derive(Default)]
struct Rounds {
    ours: Vec<f64>,
    yardstick: Vec<f64>,
    tails: Vec<f64>,
}

/// Measures the rate, the latency at half of the rate, and the latency of a single delivery.
pub async fn measure(bench: &Bench) -> Vec<Figure> {
    let script = bench.postgres.directory().join("acknowledge.sql");
    fs::write(&script, SCRIPT).unwrap();
    let mut rounds = CLIENTS.map(|_| Rounds::default());
    let (mut lone, mut syncs) = (Vec::new(), Vec::new());
    for round in 1..=bench.plan.rounds {
        for ((clients, _), rounds) in CLIENTS.into_iter().zip(&mut rounds) {
            let database = known(bench, "yardstick").await;
            database.execute(BARE).await;
            rounds.yardstick.push(pgbench(&database, &script.to_string_lossy(), clients).await);
            database.pool.close().await;

            let [full, half] = full_and_half(bench, clients).await;
            rounds.ours.push(full.per_second);
            rounds.tails.push(quantile(half.latencies, 0.99));
            note(format!(
                "round {round}, {clients} clients: pgbench {:.0}, ours {:.0} a second, p99 at half of it {:.1} ms",
                rounds.yardstick[round - 1],
                rounds.ours[round - 1],
                rounds.tails[round - 1]
            ));
        }
        syncs.push(sync(bench.postgres.directory()));
        lone.push(one_by_one(bench).await);
        note(format!(
            "round {round}: lone {:.2} ms, sync {:.2} ms",
            lone[round - 1],
            syncs[round - 1]
        ));
    }

    let mut figures = Vec::new();
    for ((clients, share), rounds) in CLIENTS.into_iter().zip(rounds) {
        figures.push(Figure::beside(
            format!("webhooks acknowledged, {clients} clients"),
            median(rounds.ours),
            ("pgbench", median(rounds.yardstick)),
            "/s",
            Target::AtLeast(share),
        ));
        let what = format!("p99 at half of that, {clients} clients");
        figures.push(Figure::alone(what, median(rounds.tails), "ms", Target::AtMost(20.0)));
    }
    figures.push(Figure::beside(
        "a lone delivery acknowledged, p50",
        median(lone),
        ("fdatasync of 8 KiB", median(syncs)),
        "ms",
        Target::AtMost(2.0),
    ));
    figures
}

/// A database that knows its interviews.
async fn known(bench: &Bench, name: &str) -> Database {
    let database = bench.postgres.database(name).await;
    database.know(KNOWN).await;
    database.execute("vacuum analyze heymilo.interviews").await;
    database
}

/// A program that acknowledges and fetches nothing, because no HeyMilo answers at its address.
async fn program(bench: &Bench, database: &Database) -> Program {
    let closed_port = [("HEYMILO_SYNC__HEYMILO__BASE_URL", "http://127.0.0.1:9")];
    let program = Program::start(&bench.postgres, database, &["run"], &closed_port);
    program.ready().await;
    program
}

/// Delivers as fast as the program acknowledges, and then at half that rate.
async fn full_and_half(bench: &Bench, clients: usize) -> [Delivered; 2] {
    let database = known(bench, "ours").await;
    let program = program(bench, &database).await;
    let load = |rate| Load { clients, rate, lasts: TURN, interviews: KNOWN, edits: None };
    let full = load(None).run(&program).await;
    let half = load(Some(full.per_second / 2.0)).run(&program).await;
    let kept = database.number("select count(*) from heymilo_sync.inbox").await;
    assert_eq!(kept as usize, full.latencies.len() + half.latencies.len());
    program.stop().await;
    database.pool.close().await;
    [full, half]
}

/// The milliseconds until a single delivery is acknowledged, without others at the same time.
async fn one_by_one(bench: &Bench) -> f64 {
    let database = known(bench, "ours").await;
    let program = program(bench, &database).await;
    let rate = Some(LONE_RATE);
    let load = Load { clients: 1, rate, lasts: TURN, interviews: KNOWN, edits: None };
    let delivered = load.run(&program).await;
    program.stop().await;
    database.pool.close().await;
    median(delivered.latencies)
}

/// The milliseconds of a write of one page to a file with its final size.
fn sync(directory: &Path) -> f64 {
    let path = directory.join("synced");
    let file = File::create(&path).unwrap();
    file.write_all_at(&vec![0; PAGE * SYNCS], 0).unwrap();
    file.sync_all().unwrap();
    let times: Vec<f64> = (0..SYNCS)
        .map(|page| {
            let began = Instant::now();
            file.write_all_at(&[1; PAGE], (page * PAGE) as u64).unwrap();
            file.sync_data().unwrap();
            began.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    fs::remove_file(path).unwrap();
    median(times)
}

/// Transactions a second.
async fn pgbench(database: &Database, script: &str, clients: usize) -> f64 {
    let socket = database.options.get_socket().unwrap().to_string_lossy().into_owned();
    let output = Command::new("pgbench")
        .args(["--no-vacuum", "--protocol=prepared", "--jobs=2", "--username=postgres"])
        .arg(format!("--client={clients}"))
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
