//! Why something cannot be read.

use std::fmt;

/// Why a record or a message cannot be read: what is wrong or missing and, where it is known, the place within the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    what: String,
    place: Option<(usize, usize)>,
}

impl Problem {
    /// A problem in these words. They must not quote what was said in a call.
    pub fn new(what: impl Into<String>) -> Self {
        Problem {
            what: what.into(),
            place: None,
        }
    }

    /// Something that the format must have is missing: its path, as in `results.items[]`.
    pub fn missing(path: impl fmt::Display) -> Self {
        Problem::new(format!("no `{path}`"))
    }

    /// What is wrong or missing.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Line and column within the record, both from 1.
    pub fn place(&self) -> Option<(usize, usize)> {
        self.place
    }

    /// At this line of the record.
    #[must_use]
    pub fn at_line(mut self, line: usize) -> Self {
        self.place = Some((line, 1));
        self
    }

    /// So many lines further down, for a part of a record.
    #[must_use]
    pub(crate) fn lines_down(mut self, lines: usize) -> Self {
        self.place = self.place.map(|(line, column)| (line + lines, column));
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Problem {}

impl From<serde_json::Error> for Problem {
    fn from(error: serde_json::Error) -> Self {
        let text = error.to_string();
        // The place is told apart, so that it can be counted within the file.
        let what = text
            .rsplit_once(" at line ")
            .map_or(text.as_str(), |(what, _)| what);
        Problem {
            what: what.replace('\n', " "),
            place: (error.line() > 0).then(|| (error.line(), error.column())),
        }
    }
}
