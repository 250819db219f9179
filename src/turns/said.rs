//! A closed utterance as words to compare: its content, its function words, its sentences.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut, Range};

use serde::{Deserialize, Serialize};
use twox_hash::XxHash3_64;

use super::words::{CallWords, is_single};
use crate::lexicon::Known;
use crate::matcher::Scan;
use crate::privacy::wipe;
use crate::text::{Flags, normal_into};

/// A word in the form in which words of different turns are compared: stems, with "I" and "you" (and the like) as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Key(u32);

impl Key {
    const CONTENT: u32 = 1;

    /// The key of a word, or of what stands for it.
    pub(crate) fn of(word: &str, content: bool) -> Key {
        let stem = if content { stem(word) } else { word };
        let hash = XxHash3_64::oneshot(stem.as_bytes()) as u32;
        Key(hash & !Key::CONTENT | u32::from(content))
    }

    /// A word that carries meaning: no function word, number or single letter.
    pub(crate) fn is_content(self) -> bool {
        self.0 & Key::CONTENT != 0
    }

    /// As it is remembered: its low bits.
    pub(crate) fn short(self) -> [u8; 3] {
        let [a, b, c, _] = self.0.to_le_bytes();
        [a, b, c]
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
    pub(crate) known: Known,
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
    /// The numbers of all tokens, marks and fillers as well.
    pub(crate) known: Vec<Known>,
    buffer: String,
}

impl Said {
    /// Reads an utterance in place of what was read before.
    pub(crate) fn read(&mut self, rules: &CallWords, scan: &Scan, text: &str) {
        const NO_WORD: Flags =
            Flags(Flags::FILLER.0 | Flags::STUTTER.0 | Flags::CUT_OFF.0 | Flags::MARK.0 | Flags::CONTINUED.0);
        self.words.clear();
        self.sentence_ends.clear();
        self.known.clear();
        for token in &scan.tokens {
            let (start, end) = (token.start as usize, token.end as usize);
            let known = rules
                .look_up_in(text.as_bytes(), start, end)
                .unwrap_or_else(|| rules.look_up(normal_form(&text[start..end], &mut self.buffer)));
            self.known.push(known);
            if !token.flags.intersects(NO_WORD) {
                let digits = token.flags.intersects(Flags::NUMBER);
                let (key, category, number, whose) = if known != Known::NOT {
                    let facts = rules.facts(known);
                    let plain = !(digits && facts.key.is_content());
                    let key = if plain {
                        facts.key
                    } else {
                        Key::of(rules.canonical(known), false)
                    };
                    (key, facts.category, digits || facts.number, facts.whose)
                } else {
                    let word = normal_form(&text[start..end], &mut self.buffer);
                    // A contraction is what its first part is.
                    let first = word.bytes().position(|b| b == b'\'');
                    let first = first.map(|at| rules.facts(rules.look_up(&word[..at])));
                    let category = first.and_then(|f| f.category);
                    let number = digits || category.is_none() && is_single(word);
                    let key = Key::of(word, category.is_none() && !number);
                    (key, category, number, first.and_then(|f| f.whose))
                };
                self.words.push(Word {
                    key,
                    known,
                    start: token.start,
                    end: token.end,
                    category,
                    number,
                    whose,
                });
            }
            if token.flags.intersects(Flags::SENTENCE_END) {
                self.sentence_ends.push(self.words.len() as u32);
            }
        }
    }

    /// Overwrites the one word that was looked up last.
    pub(crate) fn forget_words(&mut self) {
        wipe(&mut self.buffer);
    }

    #[cfg(test)]
    pub(crate) fn of_words(words: Vec<Word>) -> Said {
        Said {
            words,
            ..Said::default()
        }
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
    #[inline]
    pub(crate) fn starts(&self, text: &str, at: usize, phrase: &[String]) -> bool {
        let is = |word: &Word, plain: &String| {
            (word.end - word.start) as usize == plain.len()
                && text.as_bytes()[word.start as usize..word.end as usize]
                    .eq_ignore_ascii_case(plain.as_bytes())
        };
        let here = self.words.get(at..at + phrase.len());
        here.is_some_and(|here| here.iter().zip(phrase).all(|(word, plain)| is(word, plain)))
    }

    /// The bytes of a range of words.
    pub(crate) fn span(&self, words: Range<usize>) -> Option<(u32, u32)> {
        let own = self.words.get(words)?;
        Some((own.first()?.start, own.last()?.end))
    }
}

/// A string for normal forms, whose memory goes from use to use.
#[derive(Debug)]
pub(crate) struct Lent(String);

/// So many are kept in a thread, unless they are longer.
const LENT: usize = 4;
const LENT_BYTES: usize = 1024;

thread_local! {
    static LENDING: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

impl Lent {
    pub(crate) fn new() -> Lent {
        let own = LENDING.try_with(|all| all.borrow_mut().pop()).ok().flatten();
        Lent(own.unwrap_or_default())
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut own = std::mem::take(&mut self.0);
        if (1..=LENT_BYTES).contains(&own.capacity()) {
            wipe(&mut own);
            // Where the thread ends there is no store any more.
            let _ = LENDING.try_with(|all| {
                let mut all = all.borrow_mut();
                if all.len() < LENT {
                    all.push(own);
                }
            });
        }
    }
}

impl Deref for Lent {
    type Target = String;
    fn deref(&self) -> &String {
        &self.0
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut String {
        &mut self.0
    }
}

/// The normal form of a word, made in `buffer` if it is not in it already.
pub(crate) fn normal_form<'a>(word: &'a str, buffer: &'a mut String) -> &'a str {
    if word.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
        return word;
    }
    normal_into(word, buffer);
    buffer
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
            assert_eq!(Key::of(a, true), Key::of(b, true), "{a} {b}");
        }
        assert_ne!(Key::of("this", false), Key::of("thi", false));
    }
}
