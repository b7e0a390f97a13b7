//! The account that runs the server. PostgreSQL refuses to run as root, so root runs it as another
//! account.

use std::{
    fs, io,
    os::unix::{
        fs::{MetadataExt as _, chown},
        process::CommandExt as _,
    },
    path::Path,
    process::Command,
};

use super::{Error, Result};

const CANDIDATES: [&str; 2] = ["postgres", "nobody"];

/// The account that owns the server's files and processes. `None` means the account of this
/// process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Account(Option<Ids>);

#[derive(Debug, Clone, Copy)]
struct Ids {
    user: u32,
    group: u32,
}

impl Account {
    /// Chooses the account for the server whose data is, or will be, in `data`.
    pub(super) fn choose(data: &Path) -> Result<Self> {
        if !is_root() {
            return Ok(Self(None));
        }
        // Existing data stays with its owner, because the server reads no other account's files.
        owner(data)
            .or_else(|| CANDIDATES.into_iter().find_map(named))
            .map(|ids| Self(Some(ids)))
            .ok_or(Error::NoAccount)
    }

    /// Makes the account the owner of a file or directory.
    pub(super) fn own(self, path: &Path) -> io::Result<()> {
        self.0.map_or(Ok(()), |ids| chown(path, Some(ids.user), Some(ids.group)))
    }

    /// Makes a command run as the account.
    pub(super) fn lend_to(self, command: &mut Command) {
        if let Some(ids) = self.0 {
            command.uid(ids.user).gid(ids.group);
        }
    }
}

/// Whether this process runs as root.
pub(super) fn is_root() -> bool {
    id(&["-u"]) == Some(0)
}

fn owner(path: &Path) -> Option<Ids> {
    let metadata = fs::metadata(path).ok()?;
    (metadata.uid() != 0).then(|| Ids { user: metadata.uid(), group: metadata.gid() })
}

fn named(name: &str) -> Option<Ids> {
    Some(Ids { user: id(&["-u", name])?, group: id(&["-g", name])? })
}

/// Asks `id`, which knows every source of accounts on every system. Reading `/etc/passwd` does not.
fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().ok()?;
    str::from_utf8(&output.stdout).ok()?.trim().parse().ok()
}
