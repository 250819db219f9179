//! Reads the calls of inputs, and says where one cannot be read.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use hackles_formats::{Entry, Format, Problem, Reading, Scorable};

use crate::inputs::Input;

/// One call as it was found.
pub(crate) struct Record {
    /// The input.
    pub(crate) file: Arc<str>,
    /// What it holds.
    pub(crate) entry: Entry,
}

/// Why a record is left out, and where it stands.
pub(crate) struct Refusal {
    pub(crate) file: Arc<str>,
    pub(crate) line: Option<u64>,
    pub(crate) reason: String,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.reason),
            None => write!(f, "{}: {}", self.file, self.reason),
        }
    }
}

impl Record {
    /// Where it stands: `FILE:LINE`.
    pub(crate) fn place(&self) -> String {
        match self.entry.line {
            Some(line) => format!("{}:{line}", self.file),
            None => self.file.to_string(),
        }
    }

    /// The call; one without an id is named after its place.
    pub(crate) fn scorable(self, from: Option<Format>) -> Result<Scorable, Refusal> {
        let place = self.place();
        let (file, line) = (self.file, self.entry.line);
        let mut found = self
            .entry
            .scorable(from)
            .map_err(|problem| refusal(file, line, &problem))?;
        found.transcript.id.get_or_insert(place);
        Ok(found)
    }
}

/// Why an entry that begins on a line is refused. Its own lines are counted on.
pub(crate) fn refusal(file: Arc<str>, line: Option<u64>, problem: &Problem) -> Refusal {
    let (more, column) = match problem.place() {
        Some((line, column)) => (line as u64 - 1, format!(" (column {column})")),
        None => (0, String::new()),
    };
    Refusal {
        file,
        line: line.map(|line| line + more),
        reason: format!("{problem}{column}"),
    }
}

/// The records of an input, read as they are asked for; `bytes` counts how far the file was read.
pub(crate) fn records(
    input: &Input,
    reading: &Reading,
    bytes: &Arc<AtomicU64>,
) -> Result<Box<dyn Iterator<Item = Record> + Send>, Refusal> {
    let file: Arc<str> = input.name.as_str().into();
    match input.entries(reading, bytes) {
        Ok(None) => Ok(Box::new(std::iter::empty())),
        Ok(Some(entries)) => Ok(Box::new(entries.map(move |entry| Record {
            file: Arc::clone(&file),
            entry,
        }))),
        Err(problem) => Err(refusal(file, None, &problem)),
    }
}
