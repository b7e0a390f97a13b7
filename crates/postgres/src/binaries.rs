//! Finds the PostgreSQL server binaries of the machine.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{Error, Result};

/// The directories in which packages put one directory per version, with the start of its name.
const PLACES: &[(&str, &str)] = &[
    ("/usr/lib/postgresql", ""),                          // Debian, Ubuntu
    ("/usr", "pgsql-"),                                   // postgresql.org's packages for Red Hat
    ("/usr/lib", "postgresql"),                           // openSUSE
    ("/opt/homebrew/opt", "postgresql@"),                 // Homebrew on Apple silicon
    ("/usr/local/opt", "postgresql@"),                    // Homebrew on Intel
    ("/Applications/Postgres.app/Contents/Versions", ""), // Postgres.app
    ("/Library/PostgreSQL", ""),                          // the installer for macOS
];

/// A directory with PostgreSQL's server binaries, and their major version.
#[derive(Debug)]
pub(super) struct Binaries {
    directory: PathBuf,
    major: u32,
}

impl Binaries {
    /// Finds the newest binaries. When data exists, finds those of the version that wrote it.
    pub(super) fn find(chosen: Option<&Path>, data: &Path) -> Result<Self> {
        let directories = chosen.map_or_else(installed, |directory| vec![directory.to_path_buf()]);
        let mut found: Vec<_> = directories.into_iter().filter_map(Self::inspect).collect();
        found.sort_by_key(|binaries| binaries.major);

        let written_by = fs::read_to_string(data.join("PG_VERSION")).ok();
        let written_by = written_by.as_deref().map(str::trim);
        let fits =
            |found: &Self| written_by.is_none_or(|version| version == found.major.to_string());
        if let Some(newest) = found.iter().rposition(fits) {
            return Ok(found.swap_remove(newest));
        }

        found.dedup_by_key(|binaries| binaries.major);
        let versions: Vec<_> = found.iter().map(|binaries| binaries.major.to_string()).collect();
        Err(match written_by {
            Some(needed) if !versions.is_empty() => Error::Version {
                data: data.to_path_buf(),
                needed: needed.to_owned(),
                found: versions.join(", "),
            },
            _ => Error::NoBinaries {
                searched: chosen
                    .map_or("the usual places".into(), |directory| directory.display().to_string()),
            },
        })
    }

    /// Gives the path of one of the programs.
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn inspect(directory: PathBuf) -> Option<Self> {
        if !["initdb", "pg_ctl"].iter().all(|program| directory.join(program).is_file()) {
            return None;
        }
        let output = Command::new(directory.join("postgres")).arg("--version").output().ok()?;
        let major = major_version(str::from_utf8(&output.stdout).ok()?)?;
        Some(Self { directory, major })
    }
}

/// Lists the directories that may hold binaries.
fn installed() -> Vec<PathBuf> {
    let versioned = PLACES.iter().flat_map(|&(parent, prefix)| {
        let entries = fs::read_dir(parent).into_iter().flatten().flatten();
        entries
            .filter(move |entry| entry.file_name().to_string_lossy().starts_with(prefix))
            .map(|entry| entry.path().join("bin"))
    });
    let path: OsString = env::var_os("PATH").unwrap_or_default();
    versioned.chain(env::split_paths(&path)).collect()
}

/// Reads 17 from "postgres (PostgreSQL) 17.2 (Debian 17.2-1)".
fn major_version(answer: &str) -> Option<u32> {
    let (_, version) = answer.split_once("(PostgreSQL) ")?;
    version.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_releases_and_betas() {
        assert_eq!(
            major_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"),
            Some(15)
        );
        assert_eq!(major_version("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major_version("postgres: something else\n"), None);
    }
}
