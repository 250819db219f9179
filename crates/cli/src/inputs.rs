//! Where transcripts come from: files, folders, patterns, standard input.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hackles_formats::{Entries, Problem, Reading, is_parquet};

use crate::failure::plainly;
use crate::refusal::{Place, Refusal};

/// Endings of files that are meant to be transcripts.
const ENDINGS: &[&str] = &[
    "jsonl", "ndjson", "json", "txt", "csv", "tsv", "vtt", "srt", "vcon", "parquet",
];
/// Endings behind those of compressed files.
const COMPRESSED: &[&str] = &["gz", "zst"];

/// A file or standard input.
#[derive(Clone, Debug)]
pub(crate) struct Input {
    /// As it is named in messages and in the ids of calls that have none.
    pub(crate) name: String,
    /// It was named itself, not found in a folder: so it is meant to be a transcript.
    pub(crate) named: bool,
    standard: bool,
}

/// Everything the paths name: files in the order given, folders and patterns with all they hold in the order of names.
/// What cannot be looked at is complained of.
pub(crate) fn find(paths: &[PathBuf], complain: &mut impl FnMut(Refusal)) -> Vec<Input> {
    let mut inputs = Vec::new();
    for path in paths {
        let text = path.to_string_lossy();
        if text == "-" {
            inputs.push(Input::standard());
        } else if text.contains(['*', '?', '[']) && !path.exists() {
            matching(&text, &mut inputs, complain);
        } else {
            walk(path, true, &mut inputs, complain);
        }
    }
    inputs
}

/// The inputs without these files: what is written may lie in a folder that is read.
pub(crate) fn without(inputs: Vec<Input>, files: &[PathBuf]) -> Vec<Input> {
    let files: Vec<PathBuf> = files.iter().filter_map(|path| path.canonicalize().ok()).collect();
    let is_there = |input: &Input| {
        let path = input.path().and_then(|p| p.canonicalize().ok());
        path.is_some_and(|p| files.contains(&p))
    };
    if files.is_empty() {
        return inputs;
    }
    inputs.into_iter().filter(|input| !is_there(input)).collect()
}

/// What a pattern stands for, where the shell has left it as it is.
fn matching(pattern: &str, inputs: &mut Vec<Input>, complain: &mut impl FnMut(Refusal)) {
    let before = inputs.len();
    match glob::glob(pattern) {
        Ok(paths) => {
            for path in paths {
                match path {
                    Ok(path) => walk(&path, true, inputs, complain),
                    Err(error) => {
                        complain(unread(
                            &error.path().display().to_string(),
                            plainly(error.error()),
                        ));
                    }
                }
            }
            if inputs.len() == before {
                complain(unread(pattern, "no such file"));
            }
        }
        Err(error) => complain(unread(pattern, error)),
    }
}

fn walk(path: &Path, named: bool, inputs: &mut Vec<Input>, complain: &mut impl FnMut(Refusal)) {
    let name = path.display().to_string();
    // Inside folders links to folders are not followed: they may lead in circles.
    let is_dir = if named {
        fs::metadata(path)
    } else {
        fs::symlink_metadata(path)
    }
    .map(|m| m.is_dir());
    match is_dir {
        Ok(false) if named || !(is_special(path) || is_hidden(path)) => inputs.push(Input {
            name,
            named,
            standard: false,
        }),
        Ok(false) => {}
        Ok(true) => match fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>) {
            Ok(entries) => {
                let mut entries: Vec<PathBuf> = entries.into_iter().map(|e| e.path()).collect();
                entries.sort();
                for entry in entries {
                    walk(&entry, false, inputs, complain);
                }
            }
            Err(error) => complain(unread(&name, plainly(&error))),
        },
        Err(error) => complain(unread(&name, plainly(&error))),
    }
}

/// What cannot be looked at.
fn unread(name: &str, why: impl ToString) -> Refusal {
    Refusal {
        place: Place::of(name),
        reason: why.to_string(),
    }
}

/// Whether a path leads to a folder, a pipe or a device: in a folder that is read nobody means those.
fn is_special(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|known| !known.is_file())
}

fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.') || name.eq_ignore_ascii_case("readme.md")
}

/// Whether a file's name says that it is a transcript.
fn is_transcript(path: &Path) -> bool {
    has_ending(path, ENDINGS)
}

/// Whether a name has one of these endings, perhaps before that of a compressed file.
pub(crate) fn has_ending(path: &Path, endings: &[&str]) -> bool {
    let ends = |path: &Path, endings: &[&str]| {
        let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
        endings.iter().any(|e| ending == *e)
    };
    ends(path, endings) || ends(path, COMPRESSED) && ends(&path.with_extension(""), endings)
}

impl Input {
    /// Standard input.
    pub(crate) fn standard() -> Self {
        Input {
            name: "stdin".into(),
            named: true,
            standard: true,
        }
    }

    /// A file that somebody named.
    pub(crate) fn file(path: &str) -> Self {
        Input {
            name: path.to_owned(),
            named: true,
            standard: false,
        }
    }

    /// The file; none is standard input.
    pub(crate) fn path(&self) -> Option<&Path> {
        (!self.standard).then(|| Path::new(&self.name))
    }

    /// Whether it can be read only once.
    pub(crate) fn is_stream(&self) -> bool {
        self.path().is_none_or(is_special)
    }

    /// What is known of it, if it is a file.
    pub(crate) fn metadata(&self) -> Option<fs::Metadata> {
        fs::metadata(self.path()?).ok().filter(fs::Metadata::is_file)
    }

    /// Its size, if it is a file.
    pub(crate) fn size(&self) -> Option<u64> {
        self.metadata().map(|known| known.len())
    }

    /// Opens it. Nothing if it is empty, or if it is no transcript and nobody said it was. `bytes` counts what is read of it.
    ///
    /// # Errors
    /// A file that cannot be read, or that should be a transcript and does not look like one.
    pub(crate) fn entries(
        &self,
        reading: &Reading,
        bytes: &Arc<AtomicU64>,
    ) -> Result<Option<Entries>, Problem> {
        let Some(path) = self.path() else {
            return reading.entries(io::stdin(), true);
        };
        let meant = self.named || is_transcript(path);
        let mut file = File::open(path).map_err(|e| Problem::of_reading(&e))?;
        // What is no plain file (a pipe, a device) can be read only once.
        if file.metadata().is_ok_and(|known| known.is_file()) && is_parquet(&mut file)? {
            bytes.fetch_add(self.size().unwrap_or(0), Ordering::Relaxed);
            return reading.parquet(file).map(Some);
        }
        let counted = Counted {
            file,
            bytes: Arc::clone(bytes),
        };
        reading.entries(counted, meant)
    }
}

/// A file that counts what is read of it.
struct Counted {
    file: File,
    bytes: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(out)?;
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_is_meant_to_be_a_transcript() {
        for (name, want) in [
            ("a.jsonl", true),
            ("a.JSON.gz", true),
            ("a.csv.zst", true),
            ("a.tar.gz", false),
            ("a.md", false),
            ("gz", false),
        ] {
            assert_eq!(is_transcript(Path::new(name)), want, "{name}");
        }
    }
}
