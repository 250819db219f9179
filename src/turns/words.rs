//! The words that rules of the turns name, numbered, with all that a turn's words are asked: one look-up a word in place of one a list.

use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};

use super::said::Key;
use crate::lexicon::{CallRules, Detector, Known, MAX_CATEGORIES};

/// What the rules say of a word.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// For comparisons, if it is written in letters.
    pub(crate) key: Key,
    /// The category of a function word.
    pub(crate) category: Option<u8>,
    /// A number word or a single letter.
    pub(crate) number: bool,
    /// It means the speaker with the other (true) or alone (false).
    pub(crate) whose: Option<bool>,
    /// The word that stands for it in comparisons.
    stands_for: Known,
    /// The words that it may be read as in phrases of [`Phrases`], a bit each by their low bits: itself, and without "'s".
    pub(crate) bits: u64,
}

/// A numbered word: half a line of a cache, so that one look finds it.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[repr(align(32))]
struct Slot {
    print: Print,
    known: Known,
}

/// Phrases as numbers of words, in the order of the first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Phrases {
    all: Vec<Box<[Known]>>,
    /// The first words, a bit each by their low bits.
    first: u64,
    /// The words of each, a bit each by their low bits.
    words: Vec<u64>,
}

impl Phrases {
    /// Whether one of them may stand in a turn with these words, as [`Facts::bits`] has them.
    pub(crate) fn may_stand(&self, said: u64) -> bool {
        self.first & said != 0 && self.words.iter().any(|own| own & !said == 0)
    }

    /// The length of the longest that `words` begins with.
    #[inline]
    pub(crate) fn longest(&self, words: impl Iterator<Item = Known> + Clone, first: Known) -> Option<usize> {
        let may = self.first & bit(first) != 0;
        may.then(|| self.longest_of(words, first)).flatten()
    }

    #[inline(never)]
    fn longest_of(&self, mut words: impl Iterator<Item = Known> + Clone, first: Known) -> Option<usize> {
        let from = self.all.partition_point(|p| p[0].0 < first.0);
        let behind = self.all[from..].iter().map(|p| &**p);
        let own = behind.take_while(|p| p[0] == first);
        words.next();
        let begins = |p: &&[Known]| {
            let mut here = words.clone();
            p[1..].iter().all(|k| here.next() == Some(*k))
        };
        own.filter(begins).map(<[Known]>::len).max()
    }
}

/// All words that rules of the turns name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CallWords {
    /// Open addressing by hash; a power of two.
    slots: Box<[Slot]>,
    words: Vec<Box<str>>,
    facts: Vec<Facts>,
    pub(crate) introductions: Phrases,
    pub(crate) openings: Phrases,
    pub(crate) asking: Phrases,
    /// The number of "is", which "'s" may stand for.
    pub(crate) is: Known,
}

/// A word as numbers: its length and, if it has no more than 16 bytes, these; of a longer one its hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Print {
    length: u32,
    first: u64,
    last: u64,
}

impl Print {
    const BYTES: usize = 16;

    /// The bits of so many bytes.
    const OF_LENGTH: [[u64; 2]; Self::BYTES + 1] = {
        let mut out = [[0; 2]; Self::BYTES + 1];
        let mut length = 1;
        while length <= Self::BYTES {
            let bits = u128::MAX >> (8 * (Self::BYTES - length));
            out[length] = [bits as u64, (bits >> 64) as u64];
            length += 1;
        }
        out
    };

    /// Of the bytes of a text from one place to another.
    #[inline]
    fn of(text: &[u8], start: usize, end: usize) -> Print {
        let length = end - start;
        if length == 0 || length > Self::BYTES {
            return Self::of_other(&text[start..end]);
        }
        let bytes = match text[start..].first_chunk() {
            Some(bytes) => *bytes,
            None => {
                let mut bytes = [0; Self::BYTES];
                bytes[..length].copy_from_slice(&text[start..end]);
                bytes
            }
        };
        let own = u128::from_le_bytes(bytes);
        let [first, last] = Self::OF_LENGTH[length];
        Print {
            length: length as u32,
            first: own as u64 & first,
            last: (own >> 64) as u64 & last,
        }
    }

    #[cold]
    #[inline(never)]
    fn of_other(word: &[u8]) -> Print {
        Print {
            length: word.len() as u32,
            first: if word.is_empty() {
                0
            } else {
                FixedState::with_seed(0).hash_one(word)
            },
            last: 0,
        }
    }

    /// Whether it is the same.
    #[inline]
    fn is(&self, other: Print) -> bool {
        let differs = (self.first ^ other.first) | (self.last ^ other.last);
        (differs | u64::from(self.length ^ other.length)) == 0
    }

    /// Whether it is of no other word.
    fn is_whole(self) -> bool {
        self.length as usize <= Self::BYTES
    }

    /// Whether it is that of a word in normal form: no capitals, nothing beyond ASCII. It does not tell of words it is not the whole of.
    #[inline]
    fn is_normal(self) -> bool {
        const HIGH: u64 = 0x80 * (u64::MAX / 0xff);
        const FROM_A: u64 = (0x80 - b'A' as u64) * (u64::MAX / 0xff);
        const BEHIND_Z: u64 = (0x80 - b'Z' as u64 - 1) * (u64::MAX / 0xff);
        let other = |bytes: u64| bytes | bytes.wrapping_add(FROM_A) & !bytes.wrapping_add(BEHIND_Z);
        self.is_whole() && (other(self.first) | other(self.last)) & HIGH == 0
    }

    #[inline]
    fn hash(self) -> u64 {
        let mixed = u128::from(self.first ^ 0x9E37_79B9_7F4A_7C15 ^ u64::from(self.length))
            * u128::from(self.last ^ 0xC2B2_AE3D_27D4_EB4F);
        mixed as u64 ^ (mixed >> 64) as u64
    }
}

impl CallWords {
    /// Numbers the words of the rules.
    pub(crate) fn number(rules: &mut CallRules, detectors: &mut [(u16, Detector)]) -> Self {
        let mut all: Vec<String> = Vec::new();
        let lists = detectors.iter_mut().flat_map(|(_, d)| d.lists());
        for list in lists.chain(rules.lists()) {
            all.extend(list.iter().map(str::to_owned));
        }
        let words = &rules.words;
        all.extend(words.function.keys().chain(words.same.keys()).cloned());
        all.extend(words.same.values().cloned());
        all.extend(words.we.iter().chain(&words.me).cloned());
        all.push("is".to_owned());
        for word in rules.names.phrases().flatten() {
            all.extend([word.clone(), format!("{word}'s")]);
        }
        let bases: Vec<String> = all
            .iter()
            .filter_map(|w| Some(w.strip_suffix("'s")?.to_owned()))
            .collect();
        all.extend(bases);
        all.sort_unstable();
        all.dedup();
        let size = (all.len() * 2).next_power_of_two();
        let mut numbered = CallWords {
            slots: vec![Slot::default(); size].into(),
            words: Vec::new(),
            facts: Vec::new(),
            introductions: Phrases::default(),
            openings: Phrases::default(),
            asking: Phrases::default(),
            is: Known::NOT,
        };
        // Number 0 is no word.
        numbered.words.push(Box::default());
        for (number, word) in (1..).zip(all) {
            let print = Print::of(word.as_bytes(), 0, word.len());
            let mut at = print.hash() as usize & (size - 1);
            while numbered.slots[at].known != Known::NOT {
                at = (at + 1) & (size - 1);
            }
            numbered.slots[at] = Slot {
                print,
                known: Known(number),
            };
            numbered.words.push(word.into());
        }
        numbered.facts = (0..numbered.words.len())
            .map(|n| numbered.read(n, rules))
            .collect();
        numbered.is = numbered.look_up("is");
        numbered.introductions = numbered.phrases(&rules.names.introductions);
        numbered.openings = numbered.phrases(&rules.names.openings);
        numbered.asking = numbered.phrases(&rules.names.asking);
        let lists = detectors.iter_mut().flat_map(|(_, d)| d.lists());
        for list in lists.chain(rules.lists()) {
            list.number(|word| numbered.look_up(word));
        }
        numbered
    }

    /// Whether tables that were saved name nothing that is not there.
    pub(crate) fn is_sound(&self) -> bool {
        let is_word = |k: Known| (k.0 as usize) < self.words.len();
        let fact =
            |f: &Facts| is_word(f.stands_for) && f.category.is_none_or(|c| usize::from(c) < MAX_CATEGORIES);
        let lists = [&self.introductions, &self.openings, &self.asking];
        self.slots.len().is_power_of_two()
            && self.slots.iter().any(|s| s.known == Known::NOT)
            && self.slots.iter().all(|s| is_word(s.known))
            && self.facts.len() == self.words.len()
            && self.facts.iter().all(fact)
            && lists
                .iter()
                .all(|l| l.all.iter().all(|p| !p.is_empty()) && l.all.is_sorted_by_key(|p| p[0].0))
    }

    fn phrases(&self, phrases: &[Vec<String>]) -> Phrases {
        let numbers = |p: &Vec<String>| p.iter().map(|w| self.look_up(w)).collect::<Box<[Known]>>();
        let all = phrases.iter().filter(|p| !p.is_empty());
        let mut all: Vec<Box<[Known]>> = all.map(numbers).collect();
        all.sort_by_key(|p| p[0].0);
        let words: Vec<u64> = all
            .iter()
            .map(|p| p.iter().fold(0, |set, k| set | bit(*k)))
            .collect();
        let first = all.iter().fold(0, |set, p| set | bit(p[0]));
        Phrases { all, first, words }
    }

    fn read(&self, number: usize, rules: &CallRules) -> Facts {
        let word = &*self.words[number];
        let unknown = number == 0;
        let category = rules.words.category(word);
        let is_number = category.is_none() && (is_single(word) || rules.numbers.contains(word));
        let own = if unknown { 0 } else { bit(Known(number as u32)) };
        // A word that is not numbered may be another with "'s".
        let base = word.strip_suffix("'s").or(unknown.then_some(""));
        let parts = base.map_or(0, |base| {
            bit(self.look_up("is"))
                | if base.is_empty() {
                    0
                } else {
                    bit(self.look_up(base))
                }
        });
        Facts {
            key: Key::of(rules.words.canonical(word), category.is_none() && !is_number),
            category,
            number: is_number,
            whose: rules.words.whose(word),
            stands_for: self.look_up(rules.words.canonical(word)),
            bits: own | parts,
        }
    }

    /// The number of a word in normal form.
    pub(crate) fn look_up(&self, word: &str) -> Known {
        let word = word.as_bytes();
        self.find(Print::of(word, 0, word.len()), word)
    }

    /// The number of the word from one byte of a text to another, if it stands there in normal form; nothing if it may not.
    #[inline]
    pub(crate) fn look_up_in(&self, text: &[u8], start: usize, end: usize) -> Option<Known> {
        let print = Print::of(text, start, end);
        print.is_normal().then(|| self.find(print, &text[start..end]))
    }

    #[inline]
    fn find(&self, print: Print, word: &[u8]) -> Known {
        let is_it = |known: Known| print.is_whole() || self.words[known.0 as usize].as_bytes() == word;
        let mut at = print.hash() as usize & (self.slots.len() - 1);
        loop {
            let Slot { print: own, known } = &self.slots[at];
            if *known == Known::NOT || own.is(print) && is_it(*known) {
                return *known;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    /// The word that stands for this one in comparisons.
    pub(crate) fn canonical(&self, known: Known) -> &str {
        &self.words[self.facts(known).stands_for.0 as usize]
    }

    /// What the rules say of a word.
    #[inline]
    pub(crate) fn facts(&self, known: Known) -> &Facts {
        &self.facts[known.0 as usize]
    }
}

/// Whether it is of one character at most.
pub(crate) fn is_single(word: &str) -> bool {
    word.chars().nth(1).is_none()
}

/// The bit of a word in sets of words that share bits.
fn bit(word: Known) -> u64 {
    1 << (word.0 & 63)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Analyzer;
    use crate::matcher::Scan;
    use crate::text::{Flags, normal};
    use crate::turns::said::Said;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static ANALYZER: LazyLock<Analyzer> = LazyLock::new(Analyzer::builtin);

    #[test]
    fn lists_are_the_same_by_number() {
        let compiled = &ANALYZER.0;
        let words = &compiled.words;
        let mut rules = compiled.lexicon.call.clone();
        let mut detectors = compiled.detectors.clone();
        let detectors = detectors.iter_mut().flat_map(|(_, d)| d.lists());
        for list in detectors.chain(rules.lists()) {
            for (number, word) in (0..).zip(&words.words) {
                assert_eq!(list.has(Known(number)), list.contains(word), "{word}");
            }
            assert!(list.iter().all(|w| words.look_up(w) != Known::NOT));
            assert!(!list.has(Known::NOT) && !list.has(Known(u32::MAX)));
        }
        assert_eq!(words.look_up("xylophone"), Known::NOT);
    }

    #[test]
    fn phrases_may_stand_where_they_do() {
        let words = &ANALYZER.0.words;
        let names = &ANALYZER.0.lexicon.call.names;
        let told = |phrase: &Vec<String>, own: &Phrases| {
            let text = phrase.join(" ");
            for text in [text.clone(), text.replace(" is", "'s"), format!("{text}'s")] {
                let all = text.split(' ').map(|w| words.facts(words.look_up(w)).bits);
                assert!(own.may_stand(all.fold(0, |set, bits| set | bits)), "{text}");
            }
        };
        for phrase in &names.asking {
            told(phrase, &words.asking);
        }
        for phrase in &names.introductions {
            told(phrase, &words.introductions);
        }
        for phrase in &names.openings {
            told(phrase, &words.openings);
        }
        let none = words.facts(words.look_up("xylophone's")).bits;
        assert_eq!(none, bit(words.is));
        assert!(!words.asking.may_stand(none) && !words.introductions.may_stand(none));
    }

    proptest! {
        #[test]
        fn words_are_found_where_they_stand(text in "[a-cA-Z'é]{0,3}(i|is|my|they|everything|understandably)[ sS]{0,2}[a-zÉ]{0,12}") {
            let words = &ANALYZER.0.words;
            let borders = || (0..=text.len()).filter(|&at| text.is_char_boundary(at));
            for start in borders() {
                for end in borders().filter(|&end| end >= start) {
                    let word = &text[start..end];
                    match words.look_up_in(text.as_bytes(), start, end) {
                        Some(known) => {
                            prop_assert_eq!(known, words.look_up(word));
                            prop_assert_eq!(normal(word), word);
                        }
                        None => prop_assert!(word.len() > 16 || word.bytes().any(|b| b.is_ascii_uppercase() || !b.is_ascii())),
                    }
                }
            }
        }

        #[test]
        fn words_are_what_the_rules_say(
            text in "(( |, |\\. )(I|we|you|it|your|they|one|ten|42|5pm|a|b|NO|Kim|charged|bills|don|that|who|naïve|’s)('s|'re|’ll|n't|'d|-|)){0,12}",
        ) {
            let rules = &ANALYZER.0.lexicon.call;
            let mut scan = Scan::new();
            scan.read_again(ANALYZER.0.tables(&[], None), &text);
            let mut said = Said::default();
            said.read(&ANALYZER.0.words, &scan, &text);
            let skipped = Flags::FILLER | Flags::STUTTER | Flags::CUT_OFF | Flags::MARK | Flags::CONTINUED;
            let tokens: Vec<_> = scan.tokens.iter().filter(|t| !t.flags.intersects(skipped)).collect();
            prop_assert_eq!(said.words.len(), tokens.len());
            for (own, token) in said.words.iter().zip(tokens) {
                let word = normal(&text[token.start as usize..token.end as usize]);
                let category = rules.words.category(&word);
                let number = token.flags.intersects(Flags::NUMBER)
                    || category.is_none() && (is_single(&word) || rules.numbers.contains(&word));
                prop_assert_eq!(own.category, category, "{}", &word);
                prop_assert_eq!(own.number, number, "{}", &word);
                prop_assert_eq!(own.whose, rules.words.whose(&word), "{}", &word);
                let key = Key::of(rules.words.canonical(&word), category.is_none() && !number);
                prop_assert_eq!(own.key, key, "{}", &word);
            }
        }
    }
}
