//! Where results go: standard output, or a file that appears when it is complete.

use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use crate::failure::{Failure, plainly};

/// Whether a name is that of a file, which may have to be made yet: not of a stream, a device or a pipe.
pub(crate) fn is_file(path: &Path) -> bool {
    path.as_os_str() != "-" && fs::metadata(path).map_or(true, |known| known.is_file())
}

/// A place for results. Dropped before [`Output::finish`], it leaves no file behind.
pub(crate) struct Output {
    writer: Option<Box<dyn Write>>,
    name: String,
    pending: Option<Pending>,
}

/// A file under a name of its own, until it is complete. Dropped before it is finished, it is gone.
pub(crate) struct Pending {
    temporary: PathBuf,
    target: PathBuf,
}

impl Pending {
    /// Makes the file.
    pub(crate) fn create(path: &Path) -> Result<(File, Self), Failure> {
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let mut beside = std::ffi::OsString::from(".");
        beside.push(target.file_name().unwrap_or_default());
        beside.push(format!(".{}.tmp", std::process::id()));
        let temporary = target.with_file_name(beside);
        match File::create(&temporary) {
            Ok(file) => Ok((file, Pending { temporary, target })),
            Err(e) => Err(Failure::Nothing(format!("{}: {}", path.display(), plainly(&e)))),
        }
    }

    /// The name it will have.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Gives it its name.
    pub(crate) fn finish(self) -> Result<(), Failure> {
        let renamed = fs::rename(&self.temporary, &self.target);
        renamed.map_err(|e| Failure::Nothing(format!("{}: {}", self.target.display(), plainly(&e))))
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        // Already renamed, unless the run failed: then nobody wants half a result.
        let _ = fs::remove_file(&self.temporary);
    }
}

impl Output {
    /// Standard output, or a file. `styled` results lose their colours where nobody sees them; all others are written as
    /// they are.
    pub(crate) fn open(path: Option<&Path>, styled: bool) -> Result<Self, Failure> {
        let Some(path) = path.filter(|p| p.as_os_str() != "-") else {
            let writer: Box<dyn Write> = if styled {
                Box::new(BufWriter::new(anstream::stdout().lock()))
            } else {
                Box::new(BufWriter::with_capacity(1 << 16, io::stdout().lock()))
            };
            return Ok(Output {
                writer: Some(writer),
                name: "standard output".into(),
                pending: None,
            });
        };
        let name = path.display().to_string();
        let failed = |e: io::Error| Failure::Nothing(format!("{name}: {}", plainly(&e)));
        let (file, pending) = match fs::canonicalize(path) {
            // A device or a pipe is written to, never replaced.
            Ok(known) if !known.is_file() => (File::create(&known).map_err(failed)?, None),
            _ => {
                let (file, pending) = Pending::create(path)?;
                (file, Some(pending))
            }
        };
        let file: Box<dyn Write> = Box::new(BufWriter::with_capacity(1 << 16, file));
        let writer = if styled {
            Box::new(anstream::StripStream::new(file))
        } else {
            file
        };
        Ok(Output {
            writer: Some(writer),
            name,
            pending,
        })
    }

    /// Whether results are seen on a terminal.
    pub(crate) fn on_terminal(&self) -> bool {
        self.pending.is_none() && io::stdout().is_terminal()
    }

    /// Writes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let Some(writer) = &mut self.writer else {
            return Ok(());
        };
        writer
            .write_all(bytes)
            .map_err(|e| Failure::of_writing(&self.name, &e))
    }

    /// Hands on what was written so far.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        let Some(writer) = &mut self.writer else {
            return Ok(());
        };
        writer.flush().map_err(|e| Failure::of_writing(&self.name, &e))
    }

    /// Everything is written: a file gets its name.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        self.flush()?;
        drop(self.writer.take());
        match self.pending.take() {
            Some(pending) => pending.finish(),
            None => Ok(()),
        }
    }
}
