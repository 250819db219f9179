//! The lexicon of a run: the built-in set with the user's files laid over it.

use std::fs;
use std::path::{Path, PathBuf};

use hackles::{Analyzer, Lexicon};

use crate::args::{Layers, Reading};
use crate::failure::{Failure, plainly};

/// Loads the analyzer that was saved, or compiles the lexicon the arguments ask for; `text` says whether its reports and events tell what was said.
pub(crate) fn analyzer(reading: &Reading, text: bool) -> Result<Analyzer, Failure> {
    let analyzer = match &reading.analyzer {
        None => load(&reading.layers)?,
        Some(path) => {
            let failed = |why: String| Failure::Nothing(format!("{}: {why}", path.display()));
            let bytes = fs::read(path).map_err(|e| failed(plainly(&e)))?;
            Analyzer::load(&bytes).map_err(|e| failed(e.to_string()))?
        }
    };
    Ok(telling(analyzer, text))
}

/// The analyzer, whose reports and events tell what was said only if they may.
pub(crate) fn telling(analyzer: Analyzer, text: bool) -> Analyzer {
    if text { analyzer } else { analyzer.without_text() }
}

/// Loads and compiles the lexicon the arguments ask for.
pub(crate) fn load(layers: &Layers) -> Result<Analyzer, Failure> {
    Ok(Analyzer::new(lexicon(layers, &files(layers)?)?)?)
}

/// The files that are laid over the built-in set, with their texts.
pub(crate) fn files(layers: &Layers) -> Result<Vec<(PathBuf, String)>, Failure> {
    let mut files = Vec::new();
    for path in &layers.lexicon {
        let before = files.len();
        let unreadable = |(path, e): (PathBuf, std::io::Error)| {
            Failure::Nothing(format!("{}: {}", path.display(), plainly(&e)))
        };
        collect(path, true, &mut files).map_err(unreadable)?;
        if files.len() == before {
            return Err(Failure::Nothing(format!(
                "{}: no lexicon (*.toml) in this folder",
                path.display()
            )));
        }
    }
    let read = |path: PathBuf| match fs::read_to_string(&path) {
        Ok(text) => Ok((path, text)),
        Err(e) => Err(Failure::Nothing(format!("{}: {}", path.display(), plainly(&e)))),
    };
    files.into_iter().map(read).collect()
}

/// The lexicon of these files, with the built-in set unless the arguments leave it out.
pub(crate) fn lexicon(layers: &Layers, files: &[(PathBuf, String)]) -> Result<Lexicon, Failure> {
    let mut builder = Lexicon::builder();
    if !layers.no_builtin {
        builder = builder.builtin();
    }
    for (path, text) in files {
        builder = builder.file(&path.display().to_string(), text);
    }
    Ok(builder.build()?)
}

/// The lexicon files that a path names: the file itself, or all of a folder.
pub(crate) fn paths(path: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    // What cannot be looked at is not there.
    let _ = collect(path, true, &mut files);
    files
}

/// Files in the order of their names, so that the order of layers does not depend on the file system.
fn collect(path: &Path, named: bool, files: &mut Vec<PathBuf>) -> Result<(), (PathBuf, std::io::Error)> {
    let failed = |e| (path.to_owned(), e);
    if fs::metadata(path).map_err(failed)?.is_dir() {
        let entries = fs::read_dir(path)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(failed)?;
        let mut entries: Vec<PathBuf> = entries.into_iter().map(|e| e.path()).collect();
        entries.sort();
        for entry in entries {
            collect(&entry, false, files)?;
        }
    } else if named || path.extension().is_some_and(|e| e == "toml") {
        files.push(path.to_owned());
    }
    Ok(())
}
