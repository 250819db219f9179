//! What a saved lexicon leaves out: phrases, examples, notes. They are read again from its files when somebody asks for them.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::{BUILTIN, Lexicon};

/// The files of a saved lexicon, and the lexicon once it has been read again.
#[derive(Debug)]
pub(crate) struct Rest {
    pub(crate) files: Vec<SavedFile>,
    pub(crate) read: OnceLock<Option<Lexicon>>,
}

/// A file of a saved lexicon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SavedFile {
    /// One of the built-in files.
    Builtin(u32),
    /// Name and text.
    Own(String, String),
}

impl Lexicon {
    /// The lexicon with its phrases, examples and files.
    pub(crate) fn whole(&self) -> &Lexicon {
        let Some(rest) = &self.rest else {
            return self;
        };
        let read = rest.read.get_or_init(|| self.read_again(&rest.files));
        read.as_ref().unwrap_or(self)
    }

    /// The lexicon itself, with its phrases, examples and files.
    pub(crate) fn into_whole(self) -> Lexicon {
        if self.rest.is_some() {
            self.whole().clone()
        } else {
            self
        }
    }

    /// Its files, as they are saved.
    pub(crate) fn saved_files(&self) -> Vec<SavedFile> {
        if let Some(rest) = &self.rest {
            return rest.files.clone();
        }
        let saved = |name: &str, text: &str| match BUILTIN.iter().position(|b| *b == (name, text)) {
            Some(number) => SavedFile::Builtin(number as u32),
            None => SavedFile::Own(name.to_owned(), text.to_owned()),
        };
        self.files.iter().map(|(name, text)| saved(name, text)).collect()
    }

    /// Nothing if the files are not those that this lexicon was made of.
    fn read_again(&self, files: &[SavedFile]) -> Option<Lexicon> {
        let mut builder = Lexicon::builder();
        for file in files {
            builder = match file {
                SavedFile::Builtin(number) => {
                    let (name, text) = BUILTIN.get(*number as usize)?;
                    builder.file(name, text)
                }
                SavedFile::Own(name, text) => builder.file(name, text),
            };
        }
        let whole = builder.build().ok()?;
        let is_same = whole.name == self.name && whole.entries.len() == self.entries.len();
        is_same.then_some(whole)
    }
}
