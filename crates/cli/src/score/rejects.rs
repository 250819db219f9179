//! What is left out of a run: on standard error, and in a file with the place, the reason and the record itself.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::part::{Part, beside};
use crate::failure::Failure;
use crate::output::{Output, is_file};
use crate::refusal::Refusal;

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

/// Where lines go: a file that grows beside its name, or a stream or device.
enum Place {
    Part(Part),
    Output(Output),
}

/// The file of what is left out. It comes into being with its first line.
pub(super) struct Rejects {
    path: Option<PathBuf>,
    place: Option<Place>,
    no_text: bool,
}

impl Rejects {
    /// A file, which may have been begun by an interrupted run, to so many bytes; without one nothing is kept.
    pub(super) fn open(path: Option<PathBuf>, bytes: u64, no_text: bool) -> Result<Self, Failure> {
        let place = match &path {
            Some(path) if !is_file(path) => Some(Place::Output(Output::open(Some(path), false)?)),
            Some(path) if bytes > 0 => {
                // The last step but one of a run gives the file its name.
                if path.exists() && !beside(path, ".part").exists() {
                    let renamed = std::fs::rename(path, beside(path, ".part"));
                    renamed.map_err(|e| Failure::of_writing(&path.display().to_string(), &e))?;
                }
                let mut part = Part::open(path)?;
                part.go_on(bytes)?;
                Some(Place::Part(part))
            }
            _ => None,
        };
        Ok(Rejects { path, place, no_text })
    }

    /// Where it is, once something stands in it.
    pub(super) fn written(&self) -> Option<&Path> {
        self.place.as_ref().and(self.path.as_deref())
    }

    /// How long it is.
    pub(super) fn bytes(&self) -> u64 {
        match &self.place {
            Some(Place::Part(part)) => part.bytes(),
            _ => 0,
        }
    }

    /// Adds a line.
    pub(super) fn add(&mut self, refusal: &Refusal, raw: Option<&[u8]>) -> Result<(), Failure> {
        let Some(path) = &self.path else { return Ok(()) };
        let place = match &mut self.place {
            Some(place) => place,
            none => {
                let mut part = Part::open(path)?;
                part.go_on(0)?;
                none.insert(Place::Part(part))
            }
        };
        let raw = raw.filter(|_| !self.no_text);
        let kept = raw.map(|raw| &raw[..raw.len().min(RECORD_BYTES)]);
        let line = Line {
            file: &refusal.place.file,
            line: refusal.place.line,
            reason: &refusal.reason,
            record: kept.map(String::from_utf8_lossy),
            cut: kept.map(<[u8]>::len) != raw.map(<[u8]>::len),
        };
        let mut line = serde_json::to_vec(&line).map_err(Failure::of_usage)?;
        line.push(b'\n');
        match place {
            Place::Part(part) => part.write(&line),
            Place::Output(output) => output.write(&line),
        }
    }

    /// All that was added is on the disk.
    pub(super) fn sync(&mut self) -> Result<(), Failure> {
        match &mut self.place {
            Some(Place::Part(part)) => part.sync(),
            Some(Place::Output(output)) => output.flush(),
            None => Ok(()),
        }
    }

    /// The run is over: the file gets its name, or what an earlier run had left there goes.
    pub(super) fn finish(self) -> Result<(), Failure> {
        match (self.place, self.path) {
            (Some(Place::Part(part)), _) => part.finish(),
            (Some(Place::Output(output)), _) => output.finish(),
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
