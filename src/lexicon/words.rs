//! Lists of plain words. Once all that rules name are numbered (`turns::words`), a word is looked up once and a list is asked by number.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

/// A word that some rule names, by number; 0 is every other word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Known(pub(crate) u32);

impl Known {
    /// No rule names it.
    pub(crate) const NOT: Known = Known(0);
}

/// Words in normal form that mean the same to a rule.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct WordList {
    #[serde(skip)]
    words: HashSet<String>,
    /// A bit for each number.
    numbers: Vec<u64>,
}

impl WordList {
    pub(crate) fn new(words: HashSet<String>) -> Self {
        WordList {
            words,
            numbers: Vec::new(),
        }
    }

    pub(crate) fn contains(&self, word: &str) -> bool {
        self.words.contains(word)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    /// Learns the numbers of its words.
    pub(crate) fn number(&mut self, of: impl Fn(&str) -> Known) {
        for word in &self.words {
            let number = of(word).0 as usize;
            if self.numbers.len() <= number / 64 {
                self.numbers.resize(number / 64 + 1, 0);
            }
            self.numbers[number / 64] |= 1 << (number % 64);
        }
    }

    /// Whether a word with this number is in it.
    pub(crate) fn has(&self, word: Known) -> bool {
        let bits = self.numbers.get(word.0 as usize / 64);
        bits.is_some_and(|bits| bits >> (word.0 % 64) & 1 != 0)
    }
}
