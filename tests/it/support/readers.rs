//! The readers' roles, logged in.

use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Executor as _, PgConnection, PgPool,
    postgres::PgConnectOptions,
};

/// The password that this test gives the roles; other runs on the server give them the same.
pub const PASSWORD: &str = "password-of-the-tests";

/// Connects as one of the readers' roles.
pub async fn log_in(db: &PgPool, role: &str) -> PgConnection {
    // Settings of a role in a database are not copied with the database.
    db.execute("select heymilo_sync.make_roles()").await.unwrap();
    let password = format!("alter role {role} password '{PASSWORD}'");
    // Another test may be at it: it is the same password.
    let _ = db.execute(AssertSqlSafe(password)).await;
    let options = PgConnectOptions::clone(&db.connect_options());
    options.username(role).password(PASSWORD).connect().await.unwrap()
}
