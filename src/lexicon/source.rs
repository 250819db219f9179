//! Entries as they stand in their files.

use std::sync::Arc;

use serde::Serialize;

use super::model::Lexicon;
use crate::error::{Error, Place};
use crate::fixed::Milli;

/// An entry as its author wrote it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct EntrySource {
    /// Its id.
    pub id: String,
    /// Its weight in log-odds.
    pub weight: Milli,
    /// Whether it is a term that was learned from data.
    pub is_term: bool,
    /// The file it stands in.
    pub file: Arc<str>,
    /// The line it begins on, from 1.
    pub line: usize,
    /// How many plain phrases it stands for.
    pub phrases: usize,
    /// Its lines in the file.
    pub text: String,
}

impl EntrySource {
    /// Whether a name means this entry: its id, or a beginning of it with `*`.
    pub fn is_named(&self, name: &str) -> bool {
        is_named(name, &self.id)
    }
}

/// Whether a name, or a beginning with `*`, means an entry.
pub(crate) fn is_named(name: &str, entry: &str) -> bool {
    name.strip_suffix('*')
        .map_or(name == entry, |beginning| entry.starts_with(beginning))
}

impl Lexicon {
    /// The entries and features of a signal, as they stand in their files: by file, then line.
    ///
    /// # Errors
    /// An unknown signal.
    pub fn sources(&self, signal: &str) -> Result<Vec<EntrySource>, Error> {
        self.signal(signal)?;
        let whole = self.whole();
        let own = whole
            .entries
            .iter()
            .filter(|e| whole.signals[usize::from(e.signal)].id == signal);
        let mut sources: Vec<(u16, EntrySource)> = own
            .filter_map(|entry| {
                let (file, source) = whole.files.get(usize::from(entry.file))?;
                let at = entry.at as usize;
                let (start, end) = if entry.fitted {
                    line(source, at)
                } else {
                    table(source, at)
                };
                let source = EntrySource {
                    id: entry.id.clone(),
                    weight: entry.weight,
                    is_term: entry.fitted,
                    file: Arc::clone(file),
                    line: Place::at(file, source, start).line,
                    phrases: entry.phrases.iter().fold(0, |n, p| n.saturating_add(p.count())),
                    text: source[start..end].trim_end().to_owned(),
                };
                Some((entry.file, source))
            })
            .collect();
        sources.sort_by_key(|(file, s)| (*file, s.line));
        Ok(sources.into_iter().map(|s| s.1).collect())
    }
}

/// The line around an offset.
fn line(source: &str, at: usize) -> (usize, usize) {
    let start = source[..at].rfind('\n').map_or(0, |i| i + 1);
    let end = source[at..].find('\n').map_or(source.len(), |i| at + i);
    (start, end)
}

/// The table around an offset: from its header to the next, or to the comment in front of that.
fn table(source: &str, at: usize) -> (usize, usize) {
    let start = source[..at].rfind("\n[").map_or(0, |i| i + 1);
    let mut end = start;
    let mut solid = start;
    for (number, line) in source[start..].split_inclusive('\n').enumerate() {
        if number > 0 && line.starts_with('[') {
            break;
        }
        end += line.len();
        if !(line.trim().is_empty() || line.starts_with('#')) {
            solid = end;
        }
    }
    (start, solid)
}

#[cfg(test)]
mod tests {
    use crate::lexicon::Lexicon;

    #[test]
    fn entries_are_shown_as_they_stand() {
        let file = "schema = 1\n[signal]\nid = \"x\"\nspeaker = \"agent\"\nseverity = \"bad\"\ntitle = \"t\"\nsummary = \"s\"\n\n# First\n[[entry]]\nid = \"b\"\nphrases = [\n  \"one [two]\",\n]\nweight = 2.0\n\n# Second\n[[entry]]\nid = \"a\"\nphrases = [\"three\"]\nweight = 1.0\n\n[fitted.terms]\n\"so far\" = 0.5\n";
        let lexicon = Lexicon::builder()
            .builtin()
            .file("x.toml", file)
            .build()
            .expect("loads");
        let sources = lexicon.sources("x").expect("known");
        let shown: Vec<(&str, usize, usize, &str)> = sources
            .iter()
            .map(|s| (s.id.as_str(), s.line, s.phrases, s.text.as_str()))
            .collect();
        assert_eq!(
            shown,
            [
                (
                    "b",
                    10,
                    2,
                    "[[entry]]\nid = \"b\"\nphrases = [\n  \"one [two]\",\n]\nweight = 2.0"
                ),
                (
                    "a",
                    18,
                    1,
                    "[[entry]]\nid = \"a\"\nphrases = [\"three\"]\nweight = 1.0"
                ),
                ("term:so far", 24, 1, "\"so far\" = 0.5"),
            ]
        );
        assert!(lexicon.sources("y").is_err());
    }
}
