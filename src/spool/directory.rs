//! The directory of the spool, which is nobody else's to read.

use std::{
    fs::{self, DirBuilder, File},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use super::{Error, Result};

/// Makes it if it is missing. What it is in may be there for others too.
pub fn create(directory: &Path) -> Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    let parents = directory.parent().map_or(Ok(()), fs::create_dir_all);
    let made = parents.and_then(|()| DirBuilder::new().mode(0o700).create(directory));
    made.map_err(Error::at(directory))?;
    directory.parent().filter(|parent| parent.is_dir()).map_or(Ok(()), sync)
}

/// Its files with this extension, by name.
pub fn list(directory: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory).map_err(Error::at(directory))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|found| found == extension)).collect();
    paths.sort();
    Ok(paths)
}

/// How large its files with this extension are together.
pub fn bytes(directory: &Path, extension: &str) -> Result<u64> {
    let files = list(directory, extension)?;
    Ok(files.iter().filter_map(|path| path.metadata().ok()).map(|metadata| metadata.len()).sum())
}

/// Has the disk know which files of it there are.
pub fn sync(directory: &Path) -> Result<()> {
    File::open(directory).and_then(|file| file.sync_all()).map_err(Error::at(directory))
}
