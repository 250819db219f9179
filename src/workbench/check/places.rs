//! Where things stand: the files of a lexicon, read again for their places.

use std::collections::HashMap;
use std::sync::Arc;

use toml::Spanned;

use crate::error::Place;
use crate::lexicon::Lexicon;
use crate::lexicon::schema::{EntryTable, File};

/// The files of a lexicon with what stands where.
pub(super) struct Places {
    /// In the order in which they are laid over each other.
    pub(super) files: Vec<File>,
    sources: Vec<(Arc<str>, Arc<str>)>,
    /// Entries by file and offset of their id: their place in the file.
    entries: HashMap<(usize, usize), usize>,
}

impl Places {
    pub(super) fn of(lexicon: &Lexicon) -> Self {
        let mut files = Vec::new();
        let mut sources = Vec::new();
        let mut entries = HashMap::new();
        for (number, (name, text)) in lexicon.files.iter().enumerate() {
            // They have been loaded, so they can be read; were one not, its number must stay.
            let file: File = match toml::from_str(text).or_else(|_| toml::from_str("schema = 1")) {
                Ok(file) => file,
                Err(_) => continue,
            };
            for (i, entry) in file.entry.iter().enumerate() {
                entries.insert((number, entry.id.span().start), i);
            }
            files.push(file);
            sources.push((Arc::clone(name), Arc::clone(text)));
        }
        Places {
            files,
            sources,
            entries,
        }
    }

    /// The place of an offset in a file.
    pub(super) fn at(&self, file: usize, offset: usize) -> Place {
        match self.sources.get(file) {
            Some((name, text)) => Place::at(name, text, offset),
            None => Place::at(&Arc::from(""), "", 0),
        }
    }

    /// An entry as it is written; nothing for features of detectors and terms that were learned.
    pub(super) fn entry(&self, file: u16, at: u32) -> Option<&EntryTable> {
        let file = usize::from(file);
        let number = self.entries.get(&(file, at as usize))?;
        self.files.get(file)?.entry.get(*number)
    }
}

/// All phrases of a file, in their order: of entries, of what stands around them, of modifiers.
pub(super) fn phrases(file: &File) -> impl Iterator<Item = &Spanned<String>> {
    let of_entries = file.entry.iter().flat_map(|e| {
        let near = e.near.iter().flat_map(|n| &n.phrases);
        e.phrases.iter().chain(&e.needs).chain(&e.not_in).chain(near)
    });
    let of_modifiers = file
        .modifier
        .iter()
        .flat_map(|m| m.cues.iter().chain(&m.except).chain(&m.stops));
    let learned = file.fitted.iter().flat_map(|f| f.terms.keys());
    of_entries.chain(of_modifiers).chain(learned)
}
