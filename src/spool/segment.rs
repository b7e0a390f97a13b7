//! A file of the spool: locked by the process that appends to it or replays it.

use std::{
    fs::{self, File, TryLockError},
    io::Write as _,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};
use tracing::warn;
use uuid::Uuid;

use super::{
    Batch, Error, Result, directory,
    record::{self, Marker, Piece, Pieces},
};
use crate::records::Delivery;

/// What the names of the files end with. They begin with a time-ordered id, which is the marker.
pub const EXTENSION: &str = "spool";
/// What they end with once they are set aside. Renamed back, such a file is replayed once more.
pub const ASIDE: &str = "aside";

/// A file that is ours.
#[derive(Debug)]
pub struct Segment {
    path: PathBuf,
    file: File,
    marker: Marker,
    /// Whether records may be appended.
    growing: bool,
    /// Up to where it is known to be on the disk.
    end: u64,
    /// Up to where it was replayed.
    replayed: u64,
    /// Whether something in it was refused or cannot be read.
    is_blemished: bool,
    waiting: usize,
    /// When the deliveries were received that wait, or some before them.
    oldest: Option<DateTime<Utc>>,
}

impl Segment {
    /// Makes a new file.
    pub fn create(directory: &Path) -> Result<Self> {
        let id = Uuid::now_v7();
        let path = directory.join(id.to_string()).with_extension(EXTENSION);
        let file = File::options().create_new(true).read(true).append(true).mode(0o600).open(&path);
        let file = file.map_err(Error::at(&path))?;
        file.try_lock().map_err(|error| Error::at(&path)(error.into()))?;
        directory::sync(directory)?;
        Ok(Self::new(path, file, id.into_bytes(), 0))
    }

    fn new(path: PathBuf, file: File, marker: Marker, end: u64) -> Self {
        let (growing, replayed, is_blemished, waiting, oldest) = (true, 0, false, 0, None);
        Self { path, file, marker, growing, end, replayed, is_blemished, waiting, oldest }
    }

    /// Takes over a file whose process is gone. `None` when it lives, or the file is not one of ours.
    pub fn adopt(path: PathBuf) -> Result<Option<Self>> {
        let Some(marker) = marker(&path) else { return Ok(None) };
        let file = File::options().read(true).append(true).open(&path).map_err(Error::at(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(Error::at(&path)(error)),
        }
        let metadata = file.metadata().map_err(Error::at(&path))?;
        // Removed while it was opened.
        if metadata.nlink() == 0 {
            return Ok(None);
        }
        let mut segment = Self::new(path, file, marker, metadata.len());
        segment.close();
        segment.examine()?;
        Ok(Some(segment))
    }

    /// Counts what an adopted file holds, and cuts off what was not written to its end, and so was
    /// never acknowledged.
    fn examine(&mut self) -> Result<()> {
        let (mut damaged, mut end) = (0, self.end);
        for piece in Pieces::new(&self.file, self.marker, 0, self.end) {
            match piece.map_err(Error::at(&self.path))? {
                Piece::Delivery(delivery, _) => {
                    self.waiting += 1;
                    self.oldest.get_or_insert(delivery.received_at);
                }
                Piece::Damaged(from, to) => damaged += to - from,
                Piece::Torn(from) => end = from,
            }
        }
        if damaged > 0 || end < self.end {
            let torn = self.end - end;
            warn!(
                file = %self.path.display(),
                deliveries = self.waiting,
                damaged_bytes = damaged,
                torn_bytes = torn,
                "a file of the spool was not whole; the deliveries that can be read are replayed"
            );
        }
        self.cut(end)
    }

    fn cut(&mut self, end: u64) -> Result<()> {
        if end < self.end {
            let cut = self.file.set_len(end).and_then(|()| self.file.sync_all());
            cut.map_err(Error::at(&self.path))?;
            self.end = end;
        }
        Ok(())
    }

    /// Writes deliveries as this file's records.
    pub fn encode(&self, deliveries: &[Delivery]) -> Result<Vec<u8>> {
        let mut records = Vec::new();
        for delivery in deliveries {
            record::encode(&self.marker, delivery, &mut records)?;
        }
        Ok(records)
    }

    /// Appends the records of deliveries and has the disk keep them.
    pub fn append(&mut self, records: &[u8], deliveries: &[Delivery]) -> Result<()> {
        let written = self.file.write_all(records).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            // After a failed sync nobody knows what the disk has: this file is not appended to any
            // more, and what of it can be read is replayed.
            self.growing = false;
            self.file.set_len(self.end).ok();
            return Err(Error::at(&self.path)(error));
        }
        self.end += records.len() as u64;
        self.waiting += deliveries.len();
        self.oldest = self.oldest.or_else(|| deliveries.first().map(|first| first.received_at));
        Ok(())
    }

    /// Reads the oldest deliveries that were not replayed.
    pub fn read(&self, most: usize, most_bytes: usize) -> Result<Batch> {
        let segment = self.path.clone();
        let (deliveries, end) = (Vec::new(), self.replayed);
        let mut batch = Batch { deliveries, segment, end, is_damaged: false };
        let mut bytes = 0;
        for piece in Pieces::new(&self.file, self.marker, self.replayed, self.end) {
            match piece.map_err(Error::at(&self.path))? {
                Piece::Delivery(delivery, end) => {
                    bytes += delivery.body.len();
                    batch.deliveries.push(*delivery);
                    batch.end = end;
                }
                Piece::Damaged(_, end) => {
                    batch.is_damaged = true;
                    batch.end = end;
                }
                Piece::Torn(_) => batch.end = self.end,
            }
            if batch.deliveries.len() >= most || bytes >= most_bytes {
                break;
            }
        }
        Ok(batch)
    }

    /// Marks a batch as replayed, of which so many were refused.
    pub fn advance(&mut self, batch: &Batch, refused: usize) {
        self.is_blemished |= batch.is_damaged || refused > 0;
        self.replayed = self.replayed.max(batch.end);
        self.waiting = self.waiting.saturating_sub(batch.deliveries.len());
        self.oldest = batch.deliveries.last().map(|last| last.received_at).or(self.oldest);
    }

    /// Removes the file, or sets it aside. Returns how much was set aside.
    pub fn put_away(self) -> Result<u64> {
        let aside = self.path.with_extension(ASIDE);
        let (put, left) = match self.is_blemished {
            true => (fs::rename(&self.path, aside), self.end),
            false => (fs::remove_file(&self.path), 0),
        };
        put.map_err(Error::at(&self.path))?;
        self.path.parent().map_or(Ok(()), directory::sync)?;
        Ok(left)
    }

    /// Appends no more.
    pub fn close(&mut self) {
        self.growing = false;
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether records may be appended.
    pub fn is_growing(&self) -> bool {
        self.growing
    }

    /// Whether it can be put away.
    pub fn is_done(&self) -> bool {
        self.is_replayed() && (self.end > 0 || !self.growing)
    }

    /// Whether nothing in it waits.
    pub fn is_replayed(&self) -> bool {
        self.replayed >= self.end
    }

    /// How large it is.
    pub fn bytes(&self) -> u64 {
        self.end
    }

    /// How many deliveries wait in it.
    pub fn waiting(&self) -> usize {
        self.waiting
    }

    /// When the oldest of them was received.
    pub fn oldest(&self) -> Option<DateTime<Utc>> {
        self.oldest.filter(|_| self.waiting > 0)
    }
}

/// How many deliveries a file holds, and when the first of them was received. None when it is not one
/// of ours.
pub fn contents(path: &Path, file: &File) -> Result<(usize, Option<DateTime<Utc>>)> {
    let (mut waiting, mut oldest) = (0, None);
    if let Some(marker) = marker(path) {
        let end = file.metadata().map_err(Error::at(path))?.len();
        for piece in Pieces::new(file, marker, 0, end) {
            if let Piece::Delivery(delivery, _) = piece.map_err(Error::at(path))? {
                waiting += 1;
                oldest.get_or_insert(delivery.received_at);
            }
        }
    }
    Ok((waiting, oldest))
}

/// The marker is the file's name.
fn marker(path: &Path) -> Option<Marker> {
    let name = path.file_stem()?.to_str()?;
    Uuid::try_parse(name).ok().map(Uuid::into_bytes)
}
