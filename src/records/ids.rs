//! Ids as HeyMilo gives them, and the operator's name of a workspace.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest id in bytes. HeyMilo's ids are far shorter, and an index entry must stay small.
const MAX_ID_BYTES: usize = 255;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[derive(Serialize, Deserialize, sqlx::Type)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(String);

        impl $name {
            /// Accepts 1 to 255 bytes that can be one segment of a URL's path and a key in
            /// Postgres: no control characters, neither `.` nor `..`.
            pub fn new(id: impl Into<String>) -> Option<Self> {
                let id = id.into();
                let sound = (1..=MAX_ID_BYTES).contains(&id.len())
                    && id != "."
                    && id != ".."
                    && !id.chars().any(char::is_control);
                sound.then_some(Self(id))
            }

            /// Borrows the id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        // Unchecked, because values from the database or the spool were checked before they were
        // written.
        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self(id)
            }
        }
    };
}

id! {
    /// The operator's name of a workspace. It stays the same when the key changes, and is known
    /// without the API.
    WorkspaceId
}
id! {
    /// HeyMilo's id of a posting.
    PostingId
}
id! {
    /// HeyMilo's id of an interview: one candidate in one posting.
    InterviewId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_would_change_a_path_or_break_a_key_are_refused() {
        for id in ["", ".", "..", "a\0b", "a\nb", &"x".repeat(256)] {
            assert_eq!(InterviewId::new(id), None, "{id:?}");
        }
    }

    #[test]
    fn odd_but_harmless_ids_are_taken() {
        for id in ["int_1", "a/b", "100%", "o'brien", "ид", "..."] {
            assert!(InterviewId::new(id).is_some(), "{id:?}");
        }
    }
}
