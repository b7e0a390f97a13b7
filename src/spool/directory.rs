//! The directory of the spool, which only its owner may read.

use std::{
    fs::{self, DirBuilder, File},
    io::{self, Write as _},
    os::unix::fs::DirBuilderExt as _,
    path::{self, Path, PathBuf},
    time::Duration,
};

use super::{Error, Result, file::TEMPORARY};

/// The bytes that a probe writes: more than most deliveries have (64 KiB).
static PROBE: [u8; 64 << 10] = [b'.'; 64 << 10];
/// A file that is not complete after an hour belongs to a process that died.
const MAX_WRITING: Duration = Duration::from_secs(3600);

/// Makes the directory if it is missing. Only our own directory is private. Its parents may be
/// shared.
pub fn create(directory: &Path) -> Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    let parents = directory.parent().map_or(Ok(()), fs::create_dir_all);
    let made = parents.and_then(|()| DirBuilder::new().mode(0o700).create(directory));
    made.map_err(Error::at(directory))?;
    directory.parent().filter(|parent| parent.is_dir()).map_or(Ok(()), sync)
}

/// Checks that the disk keeps what is written to the directory, or to its parent before it exists.
/// The file has no name and leaves nothing behind.
pub fn probe(directory: &Path) -> Result<()> {
    let write = || {
        let directory = path::absolute(directory)?;
        let place = directory.ancestors().find(|place| place.exists()).unwrap_or(&directory);
        let mut file = tempfile::tempfile_in(place)?;
        file.write_all(&PROBE)?;
        file.sync_all()
    };
    write().map_err(Error::at(directory))
}

/// The files with this extension, by name. Empty when there is no directory.
pub fn list(directory: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(Error::at(directory))?,
    };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|found| found == extension)).collect();
    paths.sort();
    Ok(paths)
}

/// The files with this extension that were last written longer than `age` ago.
pub fn list_older(directory: &Path, extension: &str, age: Duration) -> Result<Vec<PathBuf>> {
    let mut found = list(directory, extension)?;
    found.retain(|path| {
        let modified = path.metadata().and_then(|metadata| metadata.modified());
        modified.is_ok_and(|modified| modified.elapsed().is_ok_and(|elapsed| elapsed > age))
    });
    Ok(found)
}

/// Removes incomplete files of processes that died while writing.
pub fn remove_stale(directory: &Path) -> Result<()> {
    super::aside::remove(&list_older(directory, TEMPORARY, MAX_WRITING)?)
}

/// Makes the disk keep the directory's list of files.
pub fn sync(directory: &Path) -> Result<()> {
    File::open(directory).and_then(|file| file.sync_all()).map_err(Error::at(directory))
}
