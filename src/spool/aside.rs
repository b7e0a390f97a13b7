//! Spool files that were set aside for an operator to inspect. They may hold personal data.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Error, Result, directory, file::ASIDE};

/// The files whose content fulfils a condition, by name.
pub fn holding(directory: &Path, is_meant: impl Fn(&[u8]) -> bool) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in directory::list(directory, ASIDE)? {
        if is_meant(&fs::read(&path).map_err(Error::at(&path))?) {
            found.push(path);
        }
    }
    Ok(found)
}

/// The files that were set aside longer than `age` ago.
pub fn older_than(directory: &Path, age: Duration) -> Result<Vec<PathBuf>> {
    directory::list_older(directory, ASIDE, age)
}

/// Removes files. A missing file is not an error.
pub fn remove(files: &[PathBuf]) -> Result<()> {
    for path in files {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::at(path)(error));
            }
            _ => {}
        }
    }
    Ok(())
}
