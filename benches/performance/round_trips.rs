//! Round trips between the program and Postgres from the arrival of a single delivery to its
//! committed rows.

use std::time::{Duration, Instant};

use tokio::time;

use super::{
    Bench,
    freshness::Sender,
    program::Program,
    proxy::Proxy,
    report::{Figure, Target, median, note},
    writing::run,
};

const KNOWN: usize = 1_000;
/// After these deliveries, every connection has made every statement once.
const WARM_UP: usize = 200;
/// Deliveries whose connections were used a moment ago, and how long before.
const SOON: usize = 50;
const SOON_PAUSE: Duration = Duration::from_millis(200);
/// Deliveries whose connections were not used for this time. The program first checks whether such
/// a connection still works.
const LATE: usize = 15;
const LATE_PAUSE: Duration = Duration::from_secs(3);

/// Counts round trips.
pub async fn measure(bench: &Bench) -> Vec<Figure> {
    let database = bench.postgres.database("ours").await;
    bench.heymilo.have(KNOWN);
    run(bench, &database, &["sync"]).await;
    database.read_no_lists().await;

    let proxy = Proxy::start(&database).await;
    let settings =
        [("HEYMILO_SYNC__HEYMILO__BASE_URL", bench.address.as_str()), ("DATABASE_URL", &proxy.url)];
    let program = Program::start(&bench.postgres, &database, &["run"], &settings);
    program.ready().await;
    let mut sender = Sender::new(&database, &program).await;
    for number in 0..WARM_UP {
        sender.deliver(bench, number).await;
    }

    time::sleep(LATE_PAUSE).await;
    let idle = idle_rate(&proxy).await;
    let mut soon = Vec::new();
    for number in 0..SOON {
        soon.push(round_trips(bench, &proxy, &mut sender, number, idle).await);
        time::sleep(SOON_PAUSE).await;
    }
    let (mut late, mut idles) = (Vec::new(), vec![idle]);
    for number in SOON..SOON + LATE {
        time::sleep(SOON_PAUSE).await;
        let idle = idle_rate(&proxy).await;
        idles.push(idle);
        late.push(round_trips(bench, &proxy, &mut sender, number, idle).await);
    }
    program.stop().await;
    database.pool.close().await;
    note(format!("round trips: {soon:.1?}, after {LATE_PAUSE:?}: {late:.1?}"));
    vec![
        Figure::alone(
            "round trips to Postgres per lone delivery",
            median(soon),
            "round trips",
            Target::AtMost(12.0),
        ),
        Figure::alone(
            "the same after 3 s without a delivery",
            median(late),
            "round trips",
            Target::AtMost(12.0),
        ),
        Figure::alone("the same with no delivery", median(idles), "/s", Target::None),
    ]
}

/// The round trips per second without deliveries.
async fn idle_rate(proxy: &Proxy) -> f64 {
    let (before, began) = (proxy.round_trips(), Instant::now());
    time::sleep(LATE_PAUSE).await;
    (proxy.round_trips() - before) / began.elapsed().as_secs_f64()
}

/// The round trips of a delivery, without those that occur anyway.
async fn round_trips(
    bench: &Bench,
    proxy: &Proxy,
    sender: &mut Sender,
    number: usize,
    idle: f64,
) -> f64 {
    let before = proxy.round_trips();
    let took = sender.deliver(bench, number).await;
    proxy.round_trips() - before - idle * took.as_secs_f64()
}
