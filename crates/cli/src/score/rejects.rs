//! What is left out of a run: on standard error, and in a file with the place, the reason and the record itself.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::part::{Part, beside};
use crate::failure::Failure;
use crate::read::Refusal;

/// The longest record that is kept, in bytes.
const RECORD_BYTES: usize = 1 << 20;

/// A line of the file.
#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    line: Option<u64>,
    reason: &'a str,
    /// The record, where it is text; what is no UTF-8 is marked.
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<std::borrow::Cow<'a, str>>,
    /// It stands here in part only.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cut: bool,
}

/// The file of what is left out. It comes into being with its first line.
pub(super) struct Rejects {
    path: Option<PathBuf>,
    part: Option<Part>,
    no_text: bool,
}

impl Rejects {
    /// A file, which may have been begun by an interrupted run, to so many bytes; without one nothing is kept.
    pub(super) fn open(path: Option<PathBuf>, bytes: u64, no_text: bool) -> Result<Self, Failure> {
        let part = match &path {
            Some(path) if bytes > 0 => {
                // The last step but one of a run gives the file its name.
                if path.exists() && !beside(path, ".part").exists() {
                    let renamed = std::fs::rename(path, beside(path, ".part"));
                    renamed.map_err(|e| Failure::of_writing(&path.display().to_string(), &e))?;
                }
                Some(Part::resume(path, bytes)?)
            }
            _ => None,
        };
        Ok(Rejects { path, part, no_text })
    }

    /// Where it is, once something stands in it.
    pub(super) fn written(&self) -> Option<&Path> {
        self.part.as_ref().and(self.path.as_deref())
    }

    /// How long it is.
    pub(super) fn bytes(&self) -> u64 {
        self.part.as_ref().map_or(0, Part::bytes)
    }

    /// Adds a line.
    pub(super) fn add(&mut self, refusal: &Refusal, raw: Option<&[u8]>) -> Result<(), Failure> {
        let Some(path) = &self.path else { return Ok(()) };
        let part = match &mut self.part {
            Some(part) => part,
            none => none.insert(Part::create(path)?),
        };
        let raw = raw.filter(|_| !self.no_text);
        let kept = raw.map(|raw| &raw[..raw.len().min(RECORD_BYTES)]);
        let line = Line {
            file: &refusal.file,
            line: refusal.line,
            reason: &refusal.reason,
            record: kept.map(String::from_utf8_lossy),
            cut: kept.map(<[u8]>::len) != raw.map(<[u8]>::len),
        };
        let mut line = serde_json::to_vec(&line).map_err(Failure::of_usage)?;
        line.push(b'\n');
        part.write(&line)
    }

    /// All that was added is on the disk.
    pub(super) fn sync(&mut self) -> Result<(), Failure> {
        self.part.as_mut().map_or(Ok(()), Part::sync)
    }

    /// The run is over: the file gets its name, or what an earlier run had left there goes.
    pub(super) fn finish(self) -> Result<(), Failure> {
        match (self.part, self.path) {
            (Some(part), _) => part.finish(),
            (None, Some(path)) => match std::fs::remove_file(&path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                    Err(Failure::of_writing(&path.display().to_string(), &e))
                }
                _ => Ok(()),
            },
            (None, None) => Ok(()),
        }
    }
}
