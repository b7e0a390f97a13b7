//! The errors that can occur between an answer and its rows.

use std::time::Duration;

pub use crate::store::database::blames_the_rows;
use crate::{files, heymilo, normalize::Unreadable, receipts, spool, store::database::sqlstate};

/// The result of a step of the engine.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The variants are named after the part that failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed. Work that is due stays due.
    ///
    /// The message does not include the database's own, because it could quote a value.
    #[error("the database did not do as asked{}", sqlstate_in_brackets(.0))]
    Database(#[from] sqlx::Error),

    /// HeyMilo's API failed.
    #[error("HeyMilo did not answer as expected")]
    HeyMilo(#[from] heymilo::Error),

    /// The answer cannot be read. It is kept, but no rows are written.
    #[error("the answer could not be read")]
    Unreadable(#[from] Unreadable),

    /// The disk of the spool failed.
    #[error("a file of the spool could not be read or removed")]
    Spool(#[from] spool::Error),

    /// The disk of the file of receipts failed.
    #[error("the file of receipts (erasures.file) could not be read or written")]
    Receipts(#[from] receipts::Error),

    /// Receipts were made with another key.
    #[error(
        "receipts were made with another key (id {0}): set HEYMILO_ERASURE_KEY to it. Where it was the number \
         in the database, only that database and its backups can use the receipts"
    )]
    OtherErasureKey(String),

    /// A legal hold keeps some of the rows that are to be removed.
    #[error("a legal hold keeps {0} of the interviews: see `heymilo-sync hold list`")]
    Held(usize),

    /// The file store for recordings and resumes failed.
    #[error("a file could not be kept or removed")]
    Files(#[from] files::Error),

    /// Another process owns the workspace.
    #[error("another process works for this workspace")]
    OwnedElsewhere,

    /// Work in the database did not end in time.
    #[error("it hung in the database for {} s", .0.as_secs())]
    Hung(Duration),

    /// The new key belongs to another workspace.
    #[error(
        "the API key belongs to HeyMilo's workspace {found}, but the tables of this workspace hold \
         {known}, and none of the postings that the key lists is known: set the right key, or another \
         workspace.name; when HeyMilo gave the workspace another id, confirm it with \
         workspace.heymilo_id = \"{found}\""
    )]
    OtherWorkspace {
        /// The workspace whose interviews are in the tables.
        known: String,
        /// The workspace of the key.
        found: String,
    },
}

impl Error {
    /// The error with its causes in one line, for an operator.
    pub fn in_full(&self) -> String {
        let is_not_quoted =
            |error: &&Self| !matches!(error, Self::Database(sqlx::Error::Database(_)));
        let cause = Some(self).filter(is_not_quoted).and_then(std::error::Error::source);
        let causes = std::iter::successors(cause, |error| error.source());
        causes.fold(self.to_string(), |text, cause| format!("{text}: {cause}"))
    }

    /// How long HeyMilo asks to wait before the next try, if it says so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::HeyMilo(error) => error.retry_after(),
            _ => None,
        }
    }

    /// Whether a later try of the same step may succeed.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Database(_)
            | Self::Spool(_)
            | Self::Files(_)
            | Self::OwnedElsewhere
            | Self::Hung(_) => true,
            Self::HeyMilo(error) => error.is_transient(),
            Self::Unreadable(_)
            | Self::OtherWorkspace { .. }
            | Self::Receipts(_)
            | Self::OtherErasureKey(_)
            | Self::Held(_) => false,
        }
    }
}

fn sqlstate_in_brackets(error: &sqlx::Error) -> String {
    let code = sqlstate(error).map(|code| format!(" (SQLSTATE {code})"));
    code.unwrap_or_default()
}

/// A database error without its message, which could quote a value.
pub fn without_values(error: &sqlx::Error) -> String {
    match sqlstate(error) {
        Some(code) => format!("the database refused the rows (SQLSTATE {code})"),
        None => "the rows could not be sent to the database".to_owned(),
    }
}
