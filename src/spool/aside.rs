//! Files that were set aside wait for a person to look at them, and may tell about people.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Error, Result, directory, segment::ASIDE};

/// Those whose content meets a condition, by name. None where there is no spool.
pub fn holding(directory: &Path, is_meant: impl Fn(&[u8]) -> bool) -> Result<Vec<PathBuf>> {
    let mut found = all(directory)?;
    let mut trouble = Ok(());
    found.retain(|path| match fs::read(path) {
        Ok(content) => is_meant(&content),
        Err(error) => {
            trouble = Err(Error::at(path)(error));
            false
        }
    });
    trouble.map(|()| found)
}

/// Those that were set aside longer than `age` ago.
pub fn older_than(directory: &Path, age: Duration) -> Result<Vec<PathBuf>> {
    let mut found = all(directory)?;
    found.retain(|path| {
        let modified = File::open(path).and_then(|file| file.metadata()?.modified());
        modified.is_ok_and(|modified| modified.elapsed().is_ok_and(|elapsed| elapsed > age))
    });
    Ok(found)
}

/// Removes them. One that is gone already is no error.
pub fn remove(files: &[PathBuf]) -> Result<()> {
    for path in files {
        match fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::at(path)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn all(directory: &Path) -> Result<Vec<PathBuf>> {
    if directory.is_dir() { directory::list(directory, ASIDE) } else { Ok(Vec::new()) }
}
