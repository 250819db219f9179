//! Where a record stands, and why it is left out.

use std::fmt;
use std::sync::Arc;

use hackles_formats::Problem;

/// Where a record stands: `FILE:LINE`.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The input, as it is named in messages.
    pub(crate) file: Arc<str>,
    /// The line it begins on, if its format has lines.
    pub(crate) line: Option<u64>,
}

impl Place {
    /// An input as a whole.
    pub(crate) fn of(file: &str) -> Self {
        Place {
            file: file.into(),
            line: None,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.file),
            None => f.write_str(&self.file),
        }
    }
}

/// Why a record, or an input, is left out.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    /// Where it stands.
    pub(crate) place: Place,
    /// Why.
    pub(crate) reason: String,
}

impl Refusal {
    /// A record that begins at a place has this problem, whose own lines are counted on from there.
    pub(crate) fn new(mut place: Place, problem: &Problem) -> Self {
        let mut reason = problem.to_string();
        if let Some((line, column)) = problem.place() {
            place.line = place.line.map(|first| first + line as u64 - 1);
            reason += &format!(" (column {column})");
        }
        Refusal { place, reason }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}
