//! A closed utterance as words to compare: its content, its function words, its sentences.

use std::hash::BuildHasher as _;
use std::ops::Range;

use foldhash::fast::FixedState;

use crate::lexicon::CallRules;
use crate::matcher::Scan;
use crate::text::{Flags, normal_into};

/// A word in the form in which words of different turns are compared: stems, with "I" and "you" (and the like) as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key(u32);

impl Key {
    const CONTENT: u32 = 1;

    /// A word that carries meaning: no function word, number or single letter.
    pub(crate) fn is_content(self) -> bool {
        self.0 & Key::CONTENT != 0
    }

    #[cfg(test)]
    pub(crate) fn for_test(n: u32) -> Key {
        Key(n)
    }

    /// A pseudo-random number that is the same for the same word.
    pub(crate) fn bits(self) -> u32 {
        self.0
    }
}

/// A word of an utterance; fillers, stutters, cut-off words and marks are none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word {
    pub(crate) key: Key,
    /// Bytes in the utterance.
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// The category of a function word.
    pub(crate) category: Option<u8>,
    /// A number, in digits or words, or a single letter.
    pub(crate) number: bool,
    /// It means the speaker with the other (true) or alone (false).
    pub(crate) whose: Option<bool>,
}

/// The words of an utterance.
#[derive(Clone, Debug, Default)]
pub(crate) struct Said {
    pub(crate) words: Vec<Word>,
    sentence_ends: Vec<u32>,
}

impl Said {
    pub(crate) fn of(rules: &CallRules, scan: &Scan, text: &str) -> Self {
        let (rules, numbers) = (&rules.words, &rules.numbers);
        const NO_WORD: Flags =
            Flags(Flags::FILLER.0 | Flags::STUTTER.0 | Flags::CUT_OFF.0 | Flags::MARK.0 | Flags::CONTINUED.0);
        let mut said = Said::default();
        let mut word = String::new();
        for token in &scan.tokens {
            if !token.flags.intersects(NO_WORD) {
                normal_into(&text[token.start as usize..token.end as usize], &mut word);
                let category = rules.category(&word);
                let number = token.flags.intersects(Flags::NUMBER)
                    || category.is_none() && (word.chars().nth(1).is_none() || numbers.contains(&word));
                let content = category.is_none() && !number;
                said.words.push(Word {
                    key: key(rules.canonical(&word), content),
                    start: token.start,
                    end: token.end,
                    category,
                    number,
                    whose: rules.whose(&word),
                });
            }
            if token.flags.intersects(Flags::SENTENCE_END) {
                said.sentence_ends.push(said.words.len() as u32);
            }
        }
        said
    }

    /// The sentences as ranges of words.
    pub(crate) fn sentences(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let mut from = 0;
        let ends = self.sentence_ends.iter().map(|&e| e as usize);
        ends.chain([self.words.len()])
            .map(move |to| std::mem::replace(&mut from, to)..to)
            .filter(|r| !r.is_empty())
    }

    /// Whether one of these phrases of plain words stands in it.
    pub(crate) fn has_any(&self, text: &str, phrases: &[Vec<String>]) -> bool {
        !phrases.is_empty()
            && (0..self.words.len()).any(|at| phrases.iter().any(|p| self.starts(text, at, p)))
    }

    /// Whether a phrase of plain words stands here.
    pub(crate) fn starts(&self, text: &str, at: usize, phrase: &[String]) -> bool {
        let here = self.words.get(at..at + phrase.len());
        here.is_some_and(|here| {
            here.iter()
                .zip(phrase)
                .all(|(w, p)| text[w.start as usize..w.end as usize].eq_ignore_ascii_case(p))
        })
    }

    /// The bytes of a range of words.
    pub(crate) fn span(&self, words: Range<usize>) -> Option<(u32, u32)> {
        let own = self.words.get(words)?;
        Some((own.first()?.start, own.last()?.end))
    }
}

fn key(word: &str, content: bool) -> Key {
    let stem = if content { stem(word) } else { word };
    let hash = FixedState::with_seed(0).hash_one(stem) as u32;
    Key(hash & !Key::CONTENT | u32::from(content))
}

/// The word without the commonest endings of English, so that "charged" and "charge" compare equal. No more is needed: both sides are
/// cut alike.
pub(crate) fn stem(word: &str) -> &str {
    let cut = ["ing", "ed", "es", "s", "e"]
        .iter()
        .find_map(|ending| word.strip_suffix(ending).filter(|rest| rest.len() >= 3));
    cut.unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inflected_forms_compare_equal() {
        for (a, b) in [
            ("charged", "charge"),
            ("routers", "router"),
            ("calling", "called"),
            ("bills", "bill"),
        ] {
            assert_eq!(key(a, true), key(b, true), "{a} {b}");
        }
        assert_ne!(key("this", false), key("thi", false));
    }
}
