//! Formats an error for a reader: what failed and why, each cause once.

use std::io;

/// Postgres' errors end with the line of its own source code.
const SOURCE_LINE: &str = " at line ";

/// The error and its causes in one line.
pub fn in_one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let text = cause.to_string();
        let text = without_source_line(&text);
        if line.is_empty() {
            line = text.to_owned();
        } else if !line.ends_with(text) {
            line += &format!(": {text}");
        }
    }
    line
}

/// Whether standard output was closed by its reader.
pub fn is_of_a_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let error = cause.downcast_ref::<io::Error>();
        error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

fn without_source_line(text: &str) -> &str {
    match text.rsplit_once(SOURCE_LINE) {
        Some((message, line)) if line.bytes().all(|byte| byte.is_ascii_digit()) => message,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn a_cause_is_shown_once_without_postgres_own_lines() {
        let cause = anyhow!("role \"a\" does not exist at line 719");
        let error = cause
            .context("error returned from database: role \"a\" does not exist at line 719")
            .context("connecting");

        assert_eq!(
            in_one_line(&error),
            "connecting: error returned from database: role \"a\" does not exist"
        );
        assert_eq!(in_one_line(&anyhow!("meet at line up")), "meet at line up");
    }
}
