//! A freshly migrated database for each test.

use std::{cell::RefCell, sync::OnceLock, thread};

use heymilo_sync::store::{database::pool, migrations::migrate};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Executor as _, PgConnection, PgPool,
    postgres::PgConnectOptions,
};
use tokio::sync::{mpsc, oneshot};

use super::server;

/// The start of the names of databases that belong to the tests and may be dropped.
const PREFIX: &str = "heymilo_test_";

/// What the maker of databases is asked for.
enum Request {
    Create(oneshot::Sender<PgConnectOptions>),
    Drop(String),
}

/// A database of a test. It is dropped when the thread of the test ends.
struct Made {
    name: String,
    maker: mpsc::UnboundedSender<Request>,
}

impl Drop for Made {
    fn drop(&mut self) {
        // At the end of the process no maker is left, and the whole server goes.
        let _ = self.maker.send(Request::Drop(std::mem::take(&mut self.name)));
    }
}

thread_local! {
    static MADE: RefCell<Vec<Made>> = const { RefCell::new(Vec::new()) };
}

/// Creates a database for the calling test, and connects to it.
pub async fn database() -> PgPool {
    static MAKER: OnceLock<mpsc::UnboundedSender<Request>> = OnceLock::new();
    let maker = MAKER.get_or_init(|| {
        let (sender, receiver) = mpsc::unbounded_channel();
        thread::spawn(move || make_databases(receiver));
        sender
    });

    let (reply, options) = oneshot::channel();
    // When the creation has failed, the first test that asked reports why.
    maker.send(Request::Create(reply)).expect("the maker of databases goes on");
    let options = options.await.expect("the maker of databases goes on");
    let name = options.get_database().expect("it has a name").to_owned();
    MADE.with_borrow_mut(|made| made.push(Made { name, maker: maker.clone() }));
    pool(options, 5)
}

/// Answers requests until the process ends. It has its own runtime, because a test's runtime ends
/// with the test.
#[tokio::main(flavor = "current_thread")]
async fn make_databases(mut requests: mpsc::UnboundedReceiver<Request>) {
    let server = server::start().await;
    let run = format!("{PREFIX}{:08x}", fastrand::u32(..));
    // The name shows other runs on the same server that this one is alive.
    let mut admin = server.clone().application_name(&run).connect().await.unwrap();
    drop_leftovers(&mut admin).await;
    let template = format!("{run}_template");
    create_template(&mut admin, &server, &template).await;

    let mut number = 0;
    while let Some(request) = requests.recv().await {
        match request {
            Request::Create(reply) => {
                number += 1;
                let name = format!("{run}_{number}");
                let create = format!("create database {name} template {template}");
                admin.execute(AssertSqlSafe(create)).await.unwrap();
                // A test that was given up meanwhile needs no answer.
                let _ = reply.send(server.clone().database(&name));
            }
            Request::Drop(name) => {
                let drop = format!("drop database {name} with (force)");
                admin.execute(AssertSqlSafe(drop)).await.unwrap();
            }
        }
    }
}

/// Drops the databases of ended runs on a server that outlives them.
async fn drop_leftovers(admin: &mut PgConnection) {
    let leftovers: Vec<String> = sqlx::query_scalar(
        r#"
        select datname
        from pg_database
        where starts_with(datname, $1)
          and not exists (
              select from pg_stat_activity where starts_with(datname, application_name || '_')
          )
        "#,
    )
    .bind(PREFIX)
    .fetch_all(&mut *admin)
    .await
    .unwrap();

    for name in leftovers {
        let drop = format!("drop database if exists {name} with (force)");
        admin.execute(AssertSqlSafe(drop)).await.unwrap();
    }
}

/// Migrates once. Copying the result is much faster than migrating for each test.
async fn create_template(admin: &mut PgConnection, server: &PgConnectOptions, name: &str) {
    admin.execute(AssertSqlSafe(format!("create database {name}"))).await.unwrap();
    let template = pool(server.clone().database(name), 1);
    migrate(&template).await.unwrap();
    // A template can only be copied while it has no connections.
    template.close().await;
}
