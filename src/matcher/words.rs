//! The table of words: flat arrays, one look-up a word.
//!
//! Words of up to [`KEY_BYTES`] bytes stand in a perfect hash (hash and displace): the key's hash names a bucket, the
//! bucket's displacement and the hash a slot, and the slot says whether it is this word. The few longer ones
//! are sorted.

use bytemuck::{Pod, Zeroable};
use serde::{Deserialize, Serialize};

use super::{Symbol, UNKNOWN};
use crate::saved::are_places;
use crate::text::{KEY_BYTES, Key};

/// The most symbols of a word in a slot; words with more stand with the long ones.
const INLINE: usize = 3;
/// Words a bucket, in the mean.
const BUCKET: usize = 4;
/// Letters of the alphabet, and room for what is none, as the lowest bits of a byte.
const LETTERS: usize = 32;

/// A word of up to [`KEY_BYTES`] bytes, or nothing.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C, align(32))]
struct Slot {
    key: [u8; KEY_BYTES],
    symbols: [Symbol; INLINE],
    /// 0: the word stands with the long ones.
    len: u8,
    facts: u8,
    room: [u8; 2],
}

/// A word of more bytes or more symbols.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Long {
    text: Span,
    symbols: Span,
    facts: u8,
}

/// A range of a flat array.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Span {
    from: u32,
    len: u32,
}

impl Span {
    fn of<T>(self, all: &[T]) -> &[T] {
        &all[self.from as usize..(self.from + self.len) as usize]
    }

    fn add<T: Copy>(to: &mut Vec<T>, part: &[T]) -> Span {
        let from = to.len() as u32;
        to.extend_from_slice(part);
        Span {
            from,
            len: part.len() as u32,
        }
    }
}

/// How words may begin.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Beginning {
    key: Key,
    /// In bytes.
    len: u32,
    symbol: Symbol,
    text: Span,
}

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub(super) symbols: &'a [Symbol],
    /// What holds for all of its symbols.
    pub(super) facts: u8,
}

/// A word to be put into the table.
pub(super) struct NewWord<'a> {
    pub(super) text: &'a str,
    pub(super) symbols: &'a [Symbol],
    pub(super) facts: u8,
}

/// Words and beginnings of words, with their symbols.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct WordTable {
    seed: u64,
    #[serde(with = "crate::saved::pod")]
    displacements: Vec<u16>,
    #[serde(with = "crate::saved::pod")]
    slots: Vec<Slot>,
    /// In the order of their texts.
    long: Vec<Long>,
    /// Beginnings by their first two bytes, the longest first.
    beginnings: Vec<Beginning>,
    /// Where the beginnings with these two bytes start; one more at the end.
    #[serde(with = "crate::saved::pod")]
    by_two: Vec<u32>,
    #[serde(with = "crate::saved::pod")]
    bytes: Vec<u8>,
    #[serde(with = "crate::saved::pod")]
    symbols: Vec<Symbol>,
}

impl WordTable {
    /// Builds the table of different words and of different beginnings of at least two bytes.
    pub(super) fn build(words: &[NewWord<'_>], beginnings: &[(&str, Symbol)]) -> WordTable {
        let mut this = WordTable::default();
        let mut short: Vec<Slot> = Vec::with_capacity(words.len());
        let mut long: Vec<&NewWord<'_>> = Vec::new();
        for word in words {
            let key = Key::of(word.text);
            let mut slot = Slot::default();
            if let Some(symbols) = slot.symbols.get_mut(..word.symbols.len()) {
                symbols.copy_from_slice(word.symbols);
                slot.len = word.symbols.len() as u8;
                slot.facts = word.facts;
            }
            if key.is_none() || slot.len == 0 {
                long.push(word);
            }
            if let Some(key) = key {
                short.push(Slot {
                    key: key.bytes(),
                    ..slot
                });
            }
        }
        this.place(&short);
        long.sort_unstable_by_key(|w| w.text);
        for word in long {
            let long = Long {
                text: Span::add(&mut this.bytes, word.text.as_bytes()),
                symbols: Span::add(&mut this.symbols, word.symbols),
                facts: word.facts,
            };
            this.long.push(long);
        }
        this.add_beginnings(beginnings);
        this
    }

    /// Finds a seed, and displacements for the buckets that give each word a slot of its own.
    fn place(&mut self, words: &[Slot]) {
        let mut room = words.len() + words.len() / 8 + 1;
        let buckets = (words.len() / BUCKET).next_power_of_two();
        loop {
            self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            self.displacements = vec![0; buckets];
            self.slots = vec![Slot::default(); room];
            if self.try_to_place(words) {
                return;
            }
            room += room / 16;
        }
    }

    fn try_to_place(&mut self, words: &[Slot]) -> bool {
        let mut by_bucket: Vec<(usize, u64, &Slot)> = words
            .iter()
            .map(|w| {
                let hash = self.hash(Key::beginning(&w.key));
                (self.bucket(hash), hash, w)
            })
            .collect();
        by_bucket.sort_unstable_by_key(|w| (w.0, w.1));
        let mut buckets: Vec<&[(usize, u64, &Slot)]> = by_bucket.chunk_by(|a, b| a.0 == b.0).collect();
        buckets.sort_by_key(|b| std::cmp::Reverse(b.len()));
        let mut taken = vec![false; self.slots.len()];
        let mut places: Vec<usize> = Vec::new();
        for bucket in buckets {
            let fits = (0..=u16::MAX).find(|&displacement| {
                places.clear();
                bucket.iter().all(|&(_, hash, _)| {
                    let place = self.place_of(hash, displacement);
                    let free = !taken[place] && !places.contains(&place);
                    places.push(place);
                    free
                })
            });
            let Some(displacement) = fits else {
                return false;
            };
            self.displacements[bucket[0].0] = displacement;
            for (&place, &(_, _, word)) in places.iter().zip(bucket) {
                taken[place] = true;
                self.slots[place] = *word;
            }
        }
        true
    }

    fn add_beginnings(&mut self, beginnings: &[(&str, Symbol)]) {
        let mut sorted = beginnings.to_vec();
        let two = |text: &str| two(Key::beginning(text.as_bytes()));
        sorted.sort_by_key(|(text, _)| (two(text), std::cmp::Reverse(text.len())));
        self.by_two = vec![0; LETTERS * LETTERS + 1];
        for (text, symbol) in sorted {
            self.by_two[two(text) + 1] += 1;
            self.beginnings.push(Beginning {
                key: Key::beginning(text.as_bytes()),
                len: text.len() as u32,
                symbol,
                text: Span::add(&mut self.bytes, text.as_bytes()),
            });
        }
        let mut before = 0;
        for count in &mut self.by_two {
            before += *count;
            *count = before;
        }
    }

    /// The hash of a short word: also what tells it from the word before.
    #[inline]
    pub(super) fn hash(&self, key: Key) -> u64 {
        let (low, high) = (key.0 as u64, (key.0 >> 64) as u64);
        let product = u128::from(low ^ self.seed) * u128::from(high ^ 0xc2b2_ae3d_27d4_eb4f);
        product as u64 ^ (product >> 64) as u64
    }

    #[inline]
    fn bucket(&self, hash: u64) -> usize {
        (hash >> 40) as usize & (self.displacements.len() - 1)
    }

    #[inline]
    fn place_of(&self, hash: u64, displacement: u16) -> usize {
        let mixed = (hash as u32 ^ u32::from(displacement)).wrapping_mul(0x9e37_79b1);
        ((u64::from(mixed) * self.slots.len() as u64) >> 32) as usize
    }

    /// The symbol and the facts of the word with this key and this hash, if it has one symbol.
    #[inline]
    pub(super) fn one(&self, key: Key, hash: u64) -> Option<(Symbol, u8)> {
        let slot = self.slot(hash);
        ((slot.key == key.bytes()) & (slot.len == 1)).then_some((slot.symbols[0], slot.facts))
    }

    #[inline]
    fn slot(&self, hash: u64) -> &Slot {
        let displacement = self.displacements[self.bucket(hash)];
        &self.slots[self.place_of(hash, displacement)]
    }

    /// The word with this key and this hash.
    #[inline]
    pub(super) fn short(&self, key: Key, hash: u64) -> Option<Entry<'_>> {
        let slot = self.slot(hash);
        if slot.key != key.bytes() {
            return None;
        }
        match slot.symbols.get(..usize::from(slot.len)) {
            Some(symbols) if !symbols.is_empty() => Some(Entry {
                symbols,
                facts: slot.facts,
            }),
            _ => self.long(trimmed(&key.bytes())),
        }
    }

    #[cold]
    fn long(&self, word: &[u8]) -> Option<Entry<'_>> {
        let found = self.long.binary_search_by(|l| l.text.of(&self.bytes).cmp(word));
        let long = &self.long[found.ok()?];
        Some(Entry {
            symbols: long.symbols.of(&self.symbols),
            facts: long.facts,
        })
    }

    /// A word in normal form.
    pub(super) fn get(&self, word: &str) -> Option<Entry<'_>> {
        match Key::of(word) {
            Some(key) => self.short(key, self.hash(key)),
            None => self.long(word.as_bytes()),
        }
    }

    /// The symbol of the longest beginning that a word has, given its first bytes; of a longer word also all of it.
    #[inline]
    pub(super) fn beginning(&self, key: Key, long: Option<&str>) -> &Symbol {
        let two = two(key);
        let these = self.by_two[two] as usize..self.by_two[two + 1] as usize;
        self.beginnings[these]
            .iter()
            .find(|b| match b.len as usize {
                len @ 1..=KEY_BYTES => key.first(len) == b.key,
                _ => long.is_some_and(|w| w.as_bytes().starts_with(b.text.of(&self.bytes))),
            })
            .map_or(&UNKNOWN, |b| &b.symbol)
    }

    pub(super) fn len(&self) -> usize {
        self.iter().count()
    }

    /// All words with their symbols, in no order that means anything.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &[Symbol])> {
        let text = |bytes| std::str::from_utf8(bytes).unwrap_or_default();
        let short = self.slots.iter().filter(|s| s.len > 0);
        let short = short.map(move |s| (text(trimmed(&s.key)), &s.symbols[..usize::from(s.len)]));
        let long = self.long.iter();
        short.chain(long.map(move |l| (text(l.text.of(&self.bytes)), l.symbols.of(&self.symbols))))
    }
}

/// Where beginnings with the first two bytes of this key are to be found.
#[inline]
fn two(key: Key) -> usize {
    let [first, second] = (key.0 as u16).to_le_bytes().map(|b| usize::from(b) % LETTERS);
    first * LETTERS + second
}

fn trimmed(bytes: &[u8]) -> &[u8] {
    let len = bytes.iter().rposition(|&b| b != 0).map_or(0, |i| i + 1);
    &bytes[..len]
}

impl WordTable {
    /// Whether a table that was saved names nothing that is not there.
    pub(super) fn is_sound(&self, symbols: usize) -> bool {
        let known = |all: &[Symbol]| all.iter().all(|&s| (s as usize) < symbols);
        let within = |span: Span, length: usize| {
            let end = span.from.checked_add(span.len);
            end.is_some_and(|end| end as usize <= length)
        };
        let long = |l: &Long| {
            within(l.text, self.bytes.len()) && l.symbols.len > 0 && within(l.symbols, self.symbols.len())
        };
        self.displacements.len().is_power_of_two()
            && !self.slots.is_empty()
            && self
                .slots
                .iter()
                .all(|s| usize::from(s.len) <= INLINE && known(&s.symbols))
            && known(&self.symbols)
            && self.long.iter().all(long)
            && self
                .beginnings
                .iter()
                .all(|b| known(&[b.symbol]) && within(b.text, self.bytes.len()))
            && self.by_two.len() == LETTERS * LETTERS + 1
            && are_places(&self.by_two, self.beginnings.len())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn table(words: &BTreeMap<String, Vec<Symbol>>, beginnings: &[(&str, Symbol)]) -> WordTable {
        let new: Vec<NewWord<'_>> = words
            .iter()
            .map(|(text, symbols)| NewWord {
                text,
                symbols,
                facts: symbols.len() as u8,
            })
            .collect();
        WordTable::build(&new, beginnings)
    }

    #[test]
    fn the_longest_beginning_counts() {
        let long = "unnecessarilylongword";
        let table = table(
            &BTreeMap::new(),
            &[("un", 1), ("unne", 2), (&long[..18], 3), ("vn", 4), ("é", 5)],
        );
        for (word, want) in [
            ("u", 0),
            ("un", 1),
            ("unn", 1),
            ("unneeded", 2),
            (long, 3),
            (&long[..17], 2),
            (&long[..18], 3),
            ("Vn", 0),
            ("vnz", 4),
            ("été", 5),
            ("u\u{16}", 0),
        ] {
            let key = Key::beginning(word.as_bytes());
            let whole = (word.len() > KEY_BYTES).then_some(word);
            assert_eq!(*table.beginning(key, whole), want, "{word}");
        }
    }

    proptest! {
        #[test]
        fn finds_its_words_and_no_others(
            words in prop::collection::btree_map("[a-e]{1,3}|[a-z']{1,18}|é{1,10}", prop::collection::vec(1u32..9, 1..6), 0..300),
            others in prop::collection::vec("[a-e]{1,3}|[a-z]{1,18}|é{1,10}", 50),
        ) {
            let table = table(&words, &[]);
            for (word, symbols) in &words {
                prop_assert_eq!(table.get(word), Some(Entry { symbols, facts: symbols.len() as u8 }));
            }
            for other in others.iter().filter(|w| !words.contains_key(*w)) {
                prop_assert_eq!(table.get(other), None);
            }
            let all: BTreeMap<String, Vec<Symbol>> =
                table.iter().map(|(w, s)| (w.to_owned(), s.to_vec())).collect();
            prop_assert_eq!(table.len(), words.len());
            prop_assert_eq!(all, words);
        }
    }
}
