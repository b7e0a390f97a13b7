//! Connections of the reader roles.

use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Executor as _, PgConnection, PgPool,
    postgres::PgConnectOptions,
};

/// The password that tests give the roles. Other runs on the server give them the same one.
pub const PASSWORD: &str = "password-of-the-tests";

/// Connects as one of the reader roles.
pub async fn log_in(db: &PgPool, role: &str) -> PgConnection {
    // Settings of a role in a database are not copied with the database.
    db.execute("select heymilo_sync.make_roles()").await.unwrap();
    let password = format!("alter role {role} password '{PASSWORD}'");
    // Another test may set it at the same time, to the same password.
    let _ = db.execute(AssertSqlSafe(password)).await;
    let options = PgConnectOptions::clone(&db.connect_options());
    options.username(role).password(PASSWORD).connect().await.unwrap()
}
