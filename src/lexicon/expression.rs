//! Regular expressions of entries.

use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use crate::limits::COMPILED_EXPRESSION_BYTES;

/// A regular expression; a saved one is read when it is first asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Expression {
    text: String,
    #[serde(skip)]
    read: OnceLock<Option<Regex>>,
}

impl Expression {
    pub(crate) fn new(text: &str) -> Result<Self, regex::Error> {
        let read = read(text)?;
        Ok(Expression {
            text: text.to_owned(),
            read: OnceLock::from(Some(read)),
        })
    }

    /// The expression as it is written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The expression; nothing if it was saved and is none.
    pub(crate) fn get(&self) -> Option<&Regex> {
        self.read.get_or_init(|| read(&self.text).ok()).as_ref()
    }
}

fn read(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text)
        .size_limit(COMPILED_EXPRESSION_BYTES)
        .build()
}
