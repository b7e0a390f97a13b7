//! The file of receipts outside the database. After a restore from a backup, it names the people
//! who were removed since.
//!
//! A line is a hash and a receipt in JSON. The hash covers the hash before it and the receipt, so a
//! changed or missing line is found. The file holds keyed digests, and never an id or an address.

mod error;

use std::{
    collections::HashSet,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub use error::{Error, Result};

/// A receipt, with the digests of what was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its number in the log of the database.
    pub receipt: i64,
    /// The hash that the log gave it.
    pub hash: String,
    /// The workspace's name in the tables.
    pub workspace: String,
    /// When it was made.
    pub removed_at: DateTime<Utc>,
    /// The reason: asked, gone or retention.
    pub reason: String,
    /// The id of the digests' key. `None` when there are no digests.
    pub key: Option<String>,
    /// As hexadecimal digits.
    pub digests: Vec<String>,
}

/// All receipts of a file. Empty when there is no file yet.
pub fn read(path: &Path) -> Result<Vec<Record>> {
    match fs::read(path) {
        Ok(content) => Ok(parse(path, &content)?.records),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(Error::at(path)(error)),
    }
}

/// Adds the receipts that the file lacks, and waits for the disk. Returns their number.
pub fn add(path: &Path, records: &[Record]) -> Result<usize> {
    if let Some(directory) = path.parent().filter(|directory| !directory.exists()) {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
        made.map_err(Error::at(directory))?;
    }
    let mut file = options().create(true).open(path).map_err(Error::at(path))?;
    // Another process may add receipts at the same time.
    file.lock().map_err(Error::at(path))?;
    let mut content = Vec::new();
    file.read_to_end(&mut content).map_err(Error::at(path))?;
    let known = parse(path, &content)?;

    let hashes: HashSet<&str> = known.records.iter().map(|record| record.hash.as_str()).collect();
    let new: Vec<&Record> =
        records.iter().filter(|record| !hashes.contains(record.hash.as_str())).collect();
    // An incomplete line of a process that died is overwritten.
    file.set_len(known.length as u64).map_err(Error::at(path))?;
    file.seek(SeekFrom::End(0)).map_err(Error::at(path))?;
    write(&mut file, &known.last, &new).map_err(Error::at(path))?;
    Ok(new.len())
}

/// Writes a new file with these receipts. An existing file is not replaced.
pub fn create(path: &Path, records: &[Record]) -> Result<()> {
    let mut file = options().create_new(true).open(path).map_err(Error::at(path))?;
    let records: Vec<&Record> = records.iter().collect();
    write(&mut file, "", &records).map_err(Error::at(path))
}

fn options() -> OpenOptions {
    let mut options = File::options();
    options.read(true).write(true).mode(0o600);
    options
}

fn write(file: &mut File, before: &str, records: &[&Record]) -> io::Result<()> {
    let (mut lines, mut last) = (String::new(), before.to_owned());
    for record in records {
        let receipt = serde_json::to_string(record)?;
        last = hash(&last, &receipt);
        lines.extend([&last, " ", &receipt, "\n"].map(String::from));
    }
    file.write_all(lines.as_bytes())?;
    file.sync_all()
}

struct Parsed {
    records: Vec<Record>,
    /// The hash of the last complete line.
    last: String,
    /// The length of the complete lines.
    length: usize,
}

fn parse(path: &Path, content: &[u8]) -> Result<Parsed> {
    let length = content.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let damaged = |line| Error::Damaged { path: path.display().to_string(), line };
    let text = str::from_utf8(&content[..length]).map_err(|_| damaged(1))?;
    let (mut records, mut last) = (Vec::new(), String::new());
    for (number, line) in (1..).zip(text.lines()) {
        let (found, receipt) = line.split_once(' ').ok_or_else(|| damaged(number))?;
        if hash(&last, receipt) != found {
            return Err(damaged(number));
        }
        found.clone_into(&mut last);
        records.push(serde_json::from_str(receipt).map_err(|_| damaged(number))?);
    }
    Ok(Parsed { records, last, length })
}

fn hash(before: &str, receipt: &str) -> String {
    let digest = Sha256::new().chain_update(before).chain_update(receipt).finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
