//! What can go wrong between an answer and its rows.

use sqlx::error::DatabaseError;

use crate::{heymilo, normalize::Unreadable};

/// A step of the engine either works or fails with an [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Sorted by whose trouble it is.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database's: nothing that is due is lost, it stays due.
    ///
    /// Its own message is not told on, because it could quote a value.
    #[error("the database did not do as asked{}", sqlstate(.0))]
    Database(#[from] sqlx::Error),

    /// The API's.
    #[error("HeyMilo did not answer as expected")]
    HeyMilo(#[from] heymilo::Error),

    /// The answer's: it is kept, but there is nothing to write.
    #[error("the answer could not be read")]
    Unreadable(#[from] Unreadable),

    /// The key was changed for one of another workspace.
    #[error(
        "the API key belongs to HeyMilo's workspace {found}, but the tables of this workspace hold \
         {known}: set the right key, or another workspace.name"
    )]
    OtherWorkspace {
        /// The workspace whose interviews are in the tables.
        known: String,
        /// The workspace the key belongs to.
        found: String,
    },
}

impl Error {
    /// The error with its causes in one line, for a column that a person reads.
    pub fn in_full(&self) -> String {
        let told = |error: &&Self| !matches!(error, Self::Database(sqlx::Error::Database(_)));
        let cause = Some(self).filter(told).and_then(std::error::Error::source);
        let causes = std::iter::successors(cause, |error| error.source());
        causes.fold(self.to_string(), |text, cause| format!("{text}: {cause}"))
    }

    /// Whether the same step may succeed later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Database(_) => true,
            Self::HeyMilo(error) => error.is_transient(),
            Self::Unreadable(_) | Self::OtherWorkspace { .. } => false,
        }
    }
}

/// Whether the rows are to blame and not the database's condition: then the same rows would fail
/// again, and the others should not wait for them.
pub fn blames_the_rows(error: &sqlx::Error) -> bool {
    // Data exceptions, violated constraints, and limits a row can exceed.
    const CLASSES: [&str; 3] = ["22", "23", "54"];
    match error {
        sqlx::Error::Encode(_) => true,
        sqlx::Error::Database(error) => {
            error.code().is_some_and(|code| CLASSES.iter().any(|class| code.starts_with(class)))
        }
        _ => false,
    }
}

fn sqlstate(error: &sqlx::Error) -> String {
    let code = error.as_database_error().and_then(DatabaseError::code);
    code.map(|code| format!(" (SQLSTATE {code})")).unwrap_or_default()
}

/// Names a database error without its message, which could quote a value.
pub fn without_values(error: &sqlx::Error) -> String {
    match error.as_database_error().and_then(DatabaseError::code) {
        Some(code) => format!("the database refused the rows (SQLSTATE {code})"),
        None => "the rows could not be sent to the database".to_owned(),
    }
}
