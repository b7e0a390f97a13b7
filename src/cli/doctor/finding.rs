//! The result of one check, as a line.

use std::io;

use clap::builder::styling::{AnsiColor, Style};

/// The result of one check.
#[derive(Debug)]
pub struct Finding {
    mark: Mark,
    what: String,
    found: String,
    /// The remedy.
    remedy: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Ok,
    /// It works, but could be better.
    Note,
    Bad,
}

impl Mark {
    fn styled(self) -> (&'static str, Style) {
        match self {
            Self::Ok => ("ok", AnsiColor::Green.on_default()),
            Self::Note => ("note", AnsiColor::Yellow.on_default()),
            Self::Bad => ("bad", AnsiColor::Red.on_default().bold()),
        }
    }
}

impl Finding {
    /// The check found nothing wrong.
    pub fn ok(what: impl Into<String>, found: impl Into<String>) -> Self {
        Self { mark: Mark::Ok, what: what.into(), found: found.into(), remedy: None }
    }

    /// It works, but could be better.
    pub fn note(
        what: impl Into<String>,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { mark: Mark::Note, remedy: Some(remedy.into()), ..Self::ok(what, found) }
    }

    /// It does not work.
    pub fn bad(
        what: impl Into<String>,
        found: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { mark: Mark::Bad, remedy: Some(remedy.into()), ..Self::ok(what, found) }
    }

    /// Whether it does not work.
    pub fn is_bad(&self) -> bool {
        self.mark == Mark::Bad
    }

    /// Writes it as a line, with the remedy below.
    pub fn print(&self, out: &mut impl io::Write) -> io::Result<()> {
        let (word, style) = self.mark.styled();
        writeln!(out, "{style}{word:<4}{style:#}  {:<13}  {}", self.what, self.found)?;
        if let Some(remedy) = &self.remedy {
            writeln!(out, "{:21}-> {remedy}", "")?;
        }
        Ok(())
    }
}
