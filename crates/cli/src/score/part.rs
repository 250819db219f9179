//! A file that grows under a name of its own until it is complete, and can be gone on with.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::failure::{Failure, plainly};

/// A file on its way. Dropped before it is finished it stays, for the next run to go on with.
pub(super) struct Part {
    file: BufWriter<File>,
    target: PathBuf,
    path: PathBuf,
    bytes: u64,
}

/// A name with something behind it: `r.jsonl` + `.part`.
pub(super) fn beside(target: &Path, more: &str) -> PathBuf {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(more);
    target.with_file_name(name)
}

impl Part {
    /// Takes the file for this run, as an earlier one has left it or new.
    ///
    /// # Errors
    /// A file that cannot be opened, or that another run is writing.
    pub(super) fn open(target: &Path) -> Result<Self, Failure> {
        let path = beside(target, ".part");
        let failed = |e: &io::Error| Failure::Nothing(format!("{}: {}", path.display(), plainly(e)));
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|e| failed(&e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let why = "another run is writing it";
                return Err(Failure::Nothing(format!("{}: {why}", path.display())));
            }
            // Some file systems know no locks: then nobody can be kept out.
            Err(TryLockError::Error(_)) => {}
        }
        Ok(Part {
            file: BufWriter::with_capacity(1 << 16, file),
            target: target.to_owned(),
            path,
            bytes: 0,
        })
    }

    /// Goes on behind the first so many bytes; what stands behind them goes.
    ///
    /// # Errors
    /// A file that is shorter.
    pub(super) fn go_on(&mut self, bytes: u64) -> Result<(), Failure> {
        let file = self.file.get_mut();
        let length = file.metadata().map(|known| known.len());
        let cut = length.and_then(|length| {
            if length < bytes {
                return Ok(Some(length));
            }
            file.set_len(bytes)?;
            file.seek(SeekFrom::Start(bytes)).map(|_| None)
        });
        if let Some(length) = cut.map_err(|e| self.failed(&e))? {
            let why =
                format!("{length} bytes, where the checkpoint counts {bytes}: start anew without --resume");
            return Err(Failure::Nothing(format!("{}: {why}", self.path.display())));
        }
        self.bytes = bytes;
        Ok(())
    }

    /// How many bytes were written.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Writes.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes).map_err(|e| self.failed(&e))
    }

    /// All that was written is on the disk.
    pub(super) fn sync(&mut self) -> Result<(), Failure> {
        let done = self.file.flush().and_then(|()| self.file.get_ref().sync_data());
        done.map_err(|e| self.failed(&e))
    }

    /// The file gets its name.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        self.sync()?;
        fs::rename(&self.path, &self.target).map_err(|e| self.failed(&e))
    }

    fn failed(&self, error: &io::Error) -> Failure {
        Failure::of_writing(&self.path.display().to_string(), error)
    }
}
