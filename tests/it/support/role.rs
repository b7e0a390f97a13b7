//! A role of the database that is not a superuser and owns nothing.

use heymilo_sync::store::{access::let_work, database::pool};
use sqlx::{AssertSqlSafe, Executor as _, PgPool, postgres::PgConnectOptions};

use super::daemon::address;

/// The role's password. A server that trusts all connections does not ask for it.
pub const PASSWORD: &str = "password-of-the-database";

/// A plain role.
pub struct Role {
    pub name: String,
    options: PgConnectOptions,
}

impl Role {
    /// Creates it, without any rights.
    pub async fn create(db: &PgPool, name: &str) -> Self {
        let options = PgConnectOptions::clone(&db.connect_options());
        // Roles belong to the whole server, so the name contains the test's database.
        let name = format!("{}_{name}", options.get_database().unwrap());
        let create = format!("create role {name} login password '{PASSWORD}'");
        db.execute(AssertSqlSafe(create)).await.unwrap();
        let options = options.username(&name).password(PASSWORD);
        Self { name, options }
    }

    /// Grants it the rights that the documentation says a daemon needs.
    pub async fn grant_the_daemons_rights(&self, owner: &PgPool) {
        let_work(owner, &self.name).await.unwrap();
    }

    /// Connects as this role.
    pub fn connect(&self) -> PgPool {
        pool(self.options.clone(), 5)
    }

    /// The database's address, with the role's password.
    pub fn url(&self) -> String {
        address(&self.options)
    }

    /// Removes it from the server.
    pub async fn remove(self, db: &PgPool) {
        let remove = format!("drop owned by {0}; drop role {0}", self.name);
        db.execute(AssertSqlSafe(remove)).await.unwrap();
    }
}
