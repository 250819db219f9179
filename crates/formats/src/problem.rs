//! Why something cannot be read.

use std::{fmt, io};

use hackles::privacy::without_values;

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

    /// A source that cannot be read, without the number of the operating system's.
    pub fn of_reading(error: &io::Error) -> Self {
        let text = error.to_string();
        let plain = text.split(" (os error").next().unwrap_or_default();
        let mut chars = plain.chars();
        let plain: Option<String> = chars
            .next()
            .map(|first| first.to_lowercase().chain(chars).collect());
        Problem::new(plain.unwrap_or_default())
    }

    /// What is wrong or missing.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Line and column within the record, both from 1.
    pub fn place(&self) -> Option<(usize, usize)> {
        self.place
    }

    /// With what explains it.
    #[must_use]
    pub(crate) fn since(mut self, reason: impl fmt::Display) -> Self {
        self.what = format!("{}: {reason}", self.what);
        self
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
        let text = without_values(&error);
        // The place is told apart, so that it can be counted within the file.
        let what = text
            .rsplit_once(" at line ")
            .map_or(text.as_str(), |(what, _)| what);
        Problem {
            what: what.to_owned(),
            place: (error.line() > 0).then(|| (error.line(), error.column())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_not_quoted() {
        let error = serde_json::from_str::<Vec<u8>>(r#""my card, expected soon, is \" 4111""#);
        let problem = Problem::from(error.expect_err("a text is no list"));
        assert_eq!(problem.what(), "invalid type: text, expected a sequence");
    }
}
