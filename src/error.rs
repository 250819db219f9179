//! What goes wrong while lexicons and what was saved are loaded, and transcripts are read.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::limits::LINE_BYTES;

/// Where a problem stands: a file with a line and a column, both counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The file's name as it was given.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The line itself, without its end; of a long one what stands around the place.
    pub text: String,
}

impl Place {
    /// The place of a byte offset in a file's text.
    pub(crate) fn at(file: &Arc<str>, source: &str, offset: usize) -> Self {
        let offset = (0..=offset.min(source.len()))
            .rev()
            .find(|&i| source.is_char_boundary(i))
            .unwrap_or(0);
        let before = &source[..offset];
        let line_start = before.rfind('\n').map_or(0, |i| i + 1);
        let line_end = source[offset..].find('\n').map_or(source.len(), |i| offset + i);
        Place {
            file: Arc::clone(file),
            line: before.bytes().filter(|&b| b == b'\n').count() + 1,
            column: source[line_start..offset].chars().count() + 1,
            text: source[shown(source, line_start..line_end, offset)]
                .trim_end()
                .to_owned(),
        }
    }
}

/// As much of a line around a place as is shown.
fn shown(source: &str, line: Range<usize>, place: usize) -> Range<usize> {
    if line.len() <= LINE_BYTES {
        return line;
    }
    let within = |at: usize| (line.start..=at).rev().find(|&at| source.is_char_boundary(at));
    let from = within(
        place
            .saturating_sub(LINE_BYTES / 2)
            .clamp(line.start, line.end - LINE_BYTES),
    );
    let from = from.unwrap_or(line.start);
    from..within(from + LINE_BYTES).unwrap_or(from)
}

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A lexicon file cannot be read as TOML or does not follow the schema.
    Schema,
    /// A phrase or a regular expression is not well-formed, or too large.
    Phrase,
    /// A name (of a list, signal, modifier, entry) that nothing declares.
    UnknownName,
    /// Two things have the same name.
    Duplicate,
    /// Signals depend on each other in a circle.
    Cycle,
    /// A number is outside its range, or a bound is exceeded.
    Range,
    /// A saved analyzer is damaged, is none, or was saved by another version.
    Saved,
    /// A snapshot of a session is damaged, is none, or was saved by another version.
    Snapshot,
    /// A snapshot is of a session that was begun with another lexicon.
    OtherLexicon,
}

/// One problem: what, where, and what was perhaps meant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// What kind of problem it is.
    pub kind: ErrorKind,
    /// Where it stands, if it has a place in a file.
    pub place: Option<Place>,
    /// What is wrong, and what was expected.
    pub message: String,
}

impl fmt::Display for Problem {
    /// One line: `file:line:column: message | the line`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(p) => {
                write!(
                    f,
                    "{}:{}:{}: {} | {}",
                    p.file,
                    p.line,
                    p.column,
                    self.message,
                    p.text.trim()
                )
            }
            None => f.write_str(&self.message),
        }
    }
}

/// Why lexicons, or what was saved, could not be loaded: one or more [`Problem`]s, in the order of files and lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    problems: Vec<Problem>,
}

impl Error {
    pub(crate) fn new(problems: Vec<Problem>) -> Self {
        debug_assert!(!problems.is_empty());
        Error { problems }
    }

    /// All problems that were found, at least one.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The kind of the first problem.
    pub fn kind(&self) -> ErrorKind {
        self.problems[0].kind
    }
}

impl fmt::Display for Error {
    /// One line a problem.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// The name among `names` that is nearest to `wrong`, if one is near enough to be meant: so few letters apart (Damerau and Levenshtein's distance) as a
/// third of the longer name, two at least.
pub fn nearest<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Names are shorter; what is longer was not meant to be one.
    const LONGEST: usize = 80;
    if wrong.len() > LONGEST {
        return None;
    }
    names
        .into_iter()
        .filter(|name| name.len() <= LONGEST)
        .map(|name| (strsim::damerau_levenshtein(wrong, name), name))
        .min()
        .filter(|&(distance, name)| distance <= (name.len().max(wrong.len()) / 3).max(2))
        .map(|(_, name)| name)
}

/// ` (did you mean "x"?)` with the [nearest] name, or nothing.
pub fn did_you_mean<'a>(wrong: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    nearest(wrong, names).map_or_else(String::new, |name| format!(" (did you mean \"{name}\"?)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_from_one() {
        let file = Arc::from("f.toml");
        let place = Place::at(&file, "a = 1\nß = x\n", "a = 1\nß = ".len());
        assert_eq!((place.line, place.column, place.text.as_str()), (2, 5, "ß = x"));
        let end = Place::at(&file, "a", 99);
        assert_eq!((end.line, end.column), (1, 2));
    }

    #[test]
    fn nearest_name_must_be_near() {
        assert_eq!(nearest("wieght", ["weight", "phrases"]), Some("weight"));
        assert_eq!(nearest("zebra", ["weight", "phrases"]), None);
    }
}
