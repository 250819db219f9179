//! What an input holds, piece by piece: finished calls, and what cannot be read.

use std::fmt;

use hackles::Transcript;
use hackles::privacy::Unsaid;

use crate::call::{Call, Figures};
use crate::format::Format;
use crate::problem::Problem;
use crate::record::{self, Record};

/// A piece of an input: one call, or what should have been one. JSON is read only when it is asked for, by many threads at once.
#[derive(Debug)]
pub struct Entry {
    /// The line it begins on, or its row, from 1; none where the whole input is meant.
    pub line: Option<u64>,
    body: Body,
}

enum Body {
    /// A JSON record, and the format that records of this input had so far.
    Json(Vec<u8>, Option<Format>),
    Call(Box<Call>, Format),
    Bad(Problem, Option<Vec<u8>>),
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Body::Json(bytes, format) => f.debug_tuple("Json").field(&Unsaid(bytes)).field(format).finish(),
            Body::Call(call, format) => f.debug_tuple("Call").field(call).field(format).finish(),
            Body::Bad(problem, raw) => f
                .debug_tuple("Bad")
                .field(problem)
                .field(&raw.as_ref().map(Unsaid))
                .finish(),
        }
    }
}

/// A call, and what it was read as.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The call.
    pub call: Call,
    /// How it was written.
    pub format: Format,
}

/// A call as far as scoring needs it, and what it was read as.
#[derive(Clone, Debug, PartialEq)]
pub struct Scorable {
    /// The call.
    pub transcript: Transcript,
    /// How it was written.
    pub format: Format,
    /// The figures of the source's own analysis.
    pub vendor: Option<Figures>,
    /// What the source holds that is not in the turns.
    pub notes: Vec<String>,
}

impl Entry {
    pub(crate) fn json(line: u64, bytes: Vec<u8>, format: Option<Format>) -> Self {
        Entry {
            line: Some(line),
            body: Body::Json(bytes, format),
        }
    }

    pub(crate) fn call(line: u64, call: Call, format: Format) -> Self {
        Entry {
            line: Some(line),
            body: Body::Call(Box::new(call), format),
        }
    }

    pub(crate) fn bad(line: Option<u64>, problem: Problem, raw: Option<Vec<u8>>) -> Self {
        Entry {
            line,
            body: Body::Bad(problem, raw),
        }
    }

    /// The JSON of a record that is not of a vendor's format: a call of ours, or any other row.
    pub fn row(&self) -> Option<&[u8]> {
        match &self.body {
            Body::Json(bytes, None | Some(Format::Jsonl)) => Some(bytes),
            _ => None,
        }
    }

    /// The bytes of the record, where it is JSON or cannot be read.
    pub fn raw(&self) -> Option<&[u8]> {
        match &self.body {
            Body::Json(bytes, _) => Some(bytes),
            Body::Bad(_, raw) => raw.as_deref(),
            Body::Call(..) => None,
        }
    }

    /// About how many bytes it takes.
    pub fn size(&self) -> usize {
        match &self.body {
            Body::Json(bytes, _) => bytes.len(),
            Body::Call(call, _) => call
                .turns
                .iter()
                .map(|t| t.text.len() + 64 * (1 + t.words.len()))
                .sum(),
            Body::Bad(_, raw) => raw.as_ref().map_or(0, Vec::len),
        }
    }

    /// Reads all that is said of the call. A JSON record of a format that was not told is of the format its keys say.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn read(self, told: Option<Format>) -> Result<Found, Problem> {
        match self.body {
            Body::Call(call, format) => Ok(Found { call: *call, format }),
            Body::Bad(problem, _) => Err(problem),
            Body::Json(bytes, seen) => {
                let text = utf8(&bytes)?;
                let read = |format| record::read(format, text).map(|call| Found { call, format });
                let likely = match told.or(seen).map(read) {
                    Some(Ok(found)) => return Ok(found),
                    Some(Err(problem)) if told.is_some() => return Err(problem),
                    Some(Err(problem)) => Some(problem),
                    None => None,
                };
                serde_json::from_str::<serde::de::IgnoredAny>(text)?;
                match (Record::of(&bytes), likely) {
                    (Ok(record), _) if record.is_message => Err(Problem::new(format!(
                        "a message of a live call ({}) among finished calls",
                        record.format.title()
                    ))),
                    (Ok(record), Some(problem)) if Some(record.format) == seen => Err(problem),
                    (Ok(record), _) => read(record.format),
                    (Err(unknown), _) => Err(unknown),
                }
            }
        }
    }

    /// Reads what scoring needs: for our own JSON faster than [`read`](Entry::read).
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn scorable(self, told: Option<Format>) -> Result<Scorable, Problem> {
        if let Body::Json(bytes, seen) = &self.body
            && told.or(*seen).unwrap_or(Format::Jsonl) == Format::Jsonl
            // Figures that an earlier conversion carried along are kept.
            && memchr::memmem::find(bytes, b"\"vendor\"").is_none()
            && let Ok(transcript) = serde_json::from_slice::<Transcript>(bytes)
        {
            return Ok(Scorable {
                transcript,
                format: Format::Jsonl,
                vendor: None,
                notes: Vec::new(),
            });
        }
        let found = self.read(told)?;
        let mut call = found.call;
        Ok(Scorable {
            vendor: call.vendor.take(),
            notes: std::mem::take(&mut call.notes),
            transcript: call.into(),
            format: found.format,
        })
    }
}

pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, Problem> {
    std::str::from_utf8(bytes).map_err(|_| Problem::new("not valid UTF-8"))
}
