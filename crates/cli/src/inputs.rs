//! Where transcripts come from, and how each is written.

use std::fs::{self, File};
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use crate::args::From;
use crate::failure::plainly;
use crate::read;
use crate::source::Source;

/// The most that is looked at to see how a file is written.
const HEAD_BYTES: usize = 64 * 1024;

/// A file or standard input.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    /// As it is named in messages and in the ids of calls that have none.
    pub(crate) name: String,
    /// The file; none is standard input.
    path: Option<PathBuf>,
    /// It was named itself, not found in a folder: so it is meant to be a transcript.
    named: bool,
}

/// Everything the paths name: files in the order given, folders with all they hold in the order of names.
/// What cannot be looked at is complained of.
pub(crate) fn find(paths: &[PathBuf], complain: &mut impl FnMut(String)) -> Vec<Input> {
    let mut inputs = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            inputs.push(Input::standard());
        } else {
            walk(path, true, &mut inputs, complain);
        }
    }
    inputs
}

fn walk(path: &Path, named: bool, inputs: &mut Vec<Input>, complain: &mut impl FnMut(String)) {
    let name = path.display().to_string();
    // Inside folders links to folders are not followed: they may lead in circles.
    let is_dir = if named {
        fs::metadata(path)
    } else {
        fs::symlink_metadata(path)
    }
    .map(|m| m.is_dir());
    match is_dir {
        Ok(false) if named || !(path.is_dir() || is_hidden(path)) => {
            inputs.push(Input {
                name,
                path: Some(path.to_owned()),
                named,
            });
        }
        Ok(false) => {}
        Ok(true) => match fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
            Ok(entries) => {
                let mut entries: Vec<PathBuf> = entries.into_iter().map(|e| e.path()).collect();
                entries.sort();
                for entry in entries {
                    walk(&entry, false, inputs, complain);
                }
            }
            Err(error) => complain(format!("{name}: {}", plainly(&error))),
        },
        Err(error) => complain(format!("{name}: {}", plainly(&error))),
    }
}

fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.') || name.eq_ignore_ascii_case("readme.md")
}

impl Input {
    /// Standard input.
    pub(crate) fn standard() -> Self {
        Input {
            name: "stdin".into(),
            path: None,
            named: true,
        }
    }

    /// A file that somebody named.
    pub(crate) fn file(path: &str) -> Self {
        Input {
            name: path.to_owned(),
            path: Some(path.into()),
            named: true,
        }
    }

    /// Opens it and says how it is written: as `from` says, else as it looks. Nothing if it is no transcript and nobody
    /// said it was.
    ///
    /// # Errors
    /// A file that cannot be read, or that should be a transcript and does not look like one.
    pub(crate) fn open(&self, from: Option<From>) -> Result<Option<(From, Source)>, String> {
        let (head, source) = self
            .peek()
            .map_err(|e| format!("{}: {}", self.name, plainly(&e)))?;
        let ending = self
            .path
            .as_deref()
            .and_then(Path::extension)
            .unwrap_or_default()
            .to_ascii_lowercase();
        let meant = self.named || ["jsonl", "json", "txt", "csv"].iter().any(|e| ending == *e);
        let seen = detect(&head, meant);
        match from
            .filter(|from| meant || seen == Some(*from))
            .or(seen.filter(|_| from.is_none()))
        {
            Some(from) => Ok(Some((from, source))),
            // An empty file holds no calls: that is no mistake of its format.
            None if head.iter().all(u8::is_ascii_whitespace) || !meant => Ok(None),
            None => Err(format!(
                "{}: not a transcript: neither JSON lines, nor CSV with a text column, nor \"Agent: …\" lines",
                self.name
            )),
        }
    }

    /// Reads as far as the first line with something on it.
    fn peek(&self) -> io::Result<(Vec<u8>, Source)> {
        let mut source: Box<dyn Read + Send> = match &self.path {
            Some(path) => Box::new(File::open(path)?),
            None => Box::new(io::stdin()),
        };
        let mut head = Vec::new();
        let mut piece = [0; 8192];
        while head.len() < HEAD_BYTES && !first_line(&head).1 {
            match source.read(&mut piece) {
                Ok(0) => break,
                Ok(n) => head.extend_from_slice(&piece[..n]),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        let whole: Box<dyn Read + Send> = Box::new(Cursor::new(head.clone()).chain(source));
        Ok((head, BufReader::with_capacity(1 << 16, whole)))
    }
}

/// The first line that is not blank, and whether its end is seen.
fn first_line(head: &[u8]) -> (&[u8], bool) {
    let head = head.strip_prefix(read::BOM).unwrap_or(head).trim_ascii_start();
    match head.iter().position(|&b| b == b'\n') {
        Some(end) => (head[..end].trim_ascii_end(), true),
        None => (head, false),
    }
}

/// How a file looks. Where it is not known to be a transcript, plain text must name one of the roles to count as one:
/// all sorts of files have lines with a colon.
fn detect(head: &[u8], meant: bool) -> Option<From> {
    let line = String::from_utf8_lossy(first_line(head).0);
    if line.starts_with('{') {
        return Some(From::Jsonl);
    }
    if let Some(after) = line.strip_prefix('[').map(str::trim_start)
        && (after.is_empty() || after.starts_with(['{', ']']))
    {
        return Some(From::Jsonl);
    }
    if read::csv::is_header(&line) {
        return Some(From::Csv);
    }
    let (_, speaker, _) = read::plain::turn(&line, &[])?;
    (meant || hackles::Role::of_id(&speaker).is_some()).then_some(From::Text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_seen_from_the_first_line() {
        for (head, want) in [
            ("\n {\"turns\":[]}", Some(From::Jsonl)),
            ("\u{feff}{", Some(From::Jsonl)),
            ("[\n{\"turns\":[]}]", Some(From::Jsonl)),
            ("[00:12] Agent: hello", Some(From::Text)),
            ("Agent: hello, and welcome\n", Some(From::Text)),
            ("text,speaker\nhi,agent", Some(From::Csv)),
            ("speaker;text\n", Some(From::Csv)),
            ("# Title\n", None),
            ("name: x\n", None),
            ("", None),
        ] {
            assert_eq!(detect(head.as_bytes(), false), want, "{head:?}");
        }
        assert_eq!(detect(b"Amara: x\n", true), Some(From::Text));
    }
}
