//! Parroting and paraphrase: what the customer said given back, in the same words or in others.
//!
//! The words of an agent's sentence are held against the last [`HEARD_WORDS`] words of the customer, "I" and "you" taken as one. A sentence
//! is an echo when it is made of runs of copied words; words of its own make it a restatement. How many words two turns share does not
//! tell the two apart; how they stand does. A restatement shows by its form (it concludes, it is about the customer's matter) and by what
//! the customer answers, which the conditions of its file look at.

use std::ops::Range;

use super::detect::{Scene, shown};
use super::said::{Key, Lent, Said, Word, normal_form};
use crate::context::Weighed;
use crate::lexicon::{EchoRules, RestatementRules};
use crate::packed::{Bounds, Packed, Parcel, Reader};

/// So many of the customer's last words are remembered: a bit each.
const HEARD_WORDS: usize = u64::BITS as usize;
/// Room for words is made in such steps.
const STEP: usize = 16;

/// The last words of the customer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard {
    /// The low bits of their keys.
    words: Vec<[u8; 3]>,
    /// The words that begin a turn (or what is left of it).
    begins: u64,
    /// Their turns, by arrival.
    turns: Vec<u32>,
}

/// As they are.
impl Packed for Heard {
    fn pack(&self, out: &mut Parcel) {
        let Heard { words, begins, turns } = self;
        out.counts([words.len() as u32, turns.len() as u32]);
        out.all_counts(turns);
        out.bytes(words.as_flattened());
        out.bytes(&begins.to_le_bytes());
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        let Heard { words, begins, turns } = self;
        let [said, begun] = from.counts();
        turns.clear();
        turns.extend_from_slice(from.all_counts(begun as usize));
        let (keys, _) = from.bytes(from.most(said) * 3).as_chunks();
        words.clear();
        words.extend_from_slice(keys);
        *begins = u64::from_le_bytes(from.array());
    }
}

impl Heard {
    pub(crate) fn take(&mut self, arrival: u32, said: &Said) {
        if said.words.is_empty() {
            return;
        }
        let own = &said.words[said.words.len().saturating_sub(HEARD_WORDS)..];
        let excess = (self.words.len() + own.len()).saturating_sub(HEARD_WORDS);
        if excess > 0 {
            if excess == self.words.len() {
                self.turns.clear();
                self.begins = 0;
            } else {
                let behind = self.begins & !1 & (2u64 << excess).wrapping_sub(1);
                self.turns.drain(..behind.count_ones() as usize);
                self.begins = self.begins >> excess | 1;
            }
            self.words.drain(..excess);
        }
        let len = self.words.len() + own.len();
        if self.words.capacity() < len {
            self.words
                .reserve_exact(len.next_multiple_of(STEP) - self.words.len());
        }
        self.begins |= 1 << self.words.len();
        self.words.extend(own.iter().map(|w| w.key.short()));
        self.turns.push(arrival);
    }

    /// Whether each turn has come and begins with a word of its own, and none has words of no turn.
    pub(crate) fn is_sound(&self, bounds: &Bounds) -> bool {
        let Heard { words, begins, turns } = self;
        let places = match words.len() {
            0 => 0,
            n @ 1..=HEARD_WORDS => u64::MAX >> (HEARD_WORDS - n),
            _ => return false,
        };
        begins & !places == 0
            && begins & 1 == places & 1
            && begins.count_ones() as usize == turns.len()
            && turns.is_sorted()
            && turns.iter().all(|&turn| bounds.is_turn(turn))
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.words.capacity() * size_of::<[u8; 3]>() + self.turns.capacity() * size_of::<u32>()
    }

    /// Whether a word was said lately.
    pub(crate) fn has(&self, word: Key) -> bool {
        self.words.contains(&word.short())
    }

    fn last_turn(&self) -> &[u32] {
        &self.turns[self.turns.len().saturating_sub(1)..]
    }

    /// Where each of these words was said lately, a bit a place.
    pub(crate) fn places(&self, words: &[Word], out: &mut Vec<u64>) {
        const NONE: u8 = u8::MAX;
        out.clear();
        if self.words.is_empty() {
            out.resize(words.len(), 0);
            return;
        }
        let chain = |key: [u8; 3]| usize::from(key[0] >> 1);
        let mut last = [NONE; 128];
        let mut before = [NONE; HEARD_WORDS];
        for (place, key) in (0u8..).zip(&self.words) {
            before[usize::from(place)] = std::mem::replace(&mut last[chain(*key)], place);
        }
        let of = |word: &Word| {
            let mut places = 0;
            let key = word.key.short();
            let mut at = last[chain(key)];
            while at != NONE {
                places |= u64::from(self.words[usize::from(at)] == key) << at;
                at = before[usize::from(at)];
            }
            places
        };
        out.extend(words.iter().map(of));
    }

    /// The turn a place belongs to, by arrival, with its places.
    fn turn_at(&self, place: u32) -> (u32, u64) {
        let upto = u64::MAX >> (u64::BITS - 1 - place);
        let turn = (self.begins & upto).count_ones() as usize - 1;
        let from = u64::BITS - 1 - (self.begins & upto).leading_zeros();
        let behind = self.begins & !upto;
        let to = behind & behind.wrapping_neg();
        (self.turns[turn], to.wrapping_sub(1) & (u64::MAX << from))
    }

    /// The longest run of words that a text shares with one turn, the earliest turn if there are several, if it is of `least` words or more:
    /// where it begins in the text, its length, the turn and its places. `places` are those of the text's words.
    fn longest_run(&self, places: &[u64], least: usize) -> Option<Run> {
        let mut length = 0;
        let mut ends = 0;
        self.runs(places, |_, n, at| {
            if n > length {
                (length, ends) = (n, at);
            } else if n == length {
                ends |= at;
            }
        });
        if length == 0 || length < least {
            return None;
        }
        let (turn, own) = self.turn_at(ends.trailing_zeros());
        let mut first = None;
        self.runs(places, |start, n, at| {
            if n == length && at & own != 0 {
                first = first.or(Some(start));
            }
        });
        Some(Run {
            start: first?,
            length,
            turn,
            places: own,
        })
    }

    /// Calls `run` with the start and length of runs of shared words, and with where they end among the words heard.
    fn runs(&self, places: &[u64], mut run: impl FnMut(usize, usize, u64)) {
        for start in 0..places.len() {
            let mut at = places[start];
            let mut length = 1;
            while at != 0 {
                run(start, length, at);
                let next = places.get(start + length).copied().unwrap_or(0);
                at = at << 1 & !self.begins & next;
                length += 1;
            }
        }
    }
}

/// A run of copied words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    start: usize,
    length: usize,
    /// The turn they were said in, by arrival, and its places.
    turn: u32,
    places: u64,
}

/// A sentence that gives back what was said.
#[derive(Clone, Copy, Debug)]
struct Copied {
    features: [bool; EchoRules::FEATURES.len()],
    span: Option<(u32, u32)>,
    turn: u32,
}

/// How many words stand in runs of two words or more that the words heard at `own` have too.
fn covered(places: &[u64], own: u64) -> usize {
    let mut copied = 0;
    // Words counted already: those before this one.
    let mut counted = 0;
    for (i, pair) in places.windows(2).enumerate() {
        if (pair[0] & own) << 1 & pair[1] & own != 0 {
            copied += i + 2 - counted.max(i);
            counted = i + 2;
        }
    }
    copied
}

impl EchoRules {
    pub(crate) fn evidence(&self, scene: &Scene<'_>, heard: &Heard, out: &mut Vec<Weighed>) {
        let mut strongest: Option<(i64, Copied)> = None;
        for sentence in scene.said.sentences() {
            let Some(found) = self.sentence(scene, heard, sentence) else {
                continue;
            };
            let shown = self.entries.iter().zip(found.features);
            let weights = shown
                .filter_map(|(entry, shown)| entry.filter(|_| shown))
                .map(|entry| i64::from(scene.entries[entry as usize].weight.0));
            if let Some(sum) = weights.reduce(|a, b| a + b)
                && strongest.as_ref().is_none_or(|(most, _)| sum > *most)
            {
                strongest = Some((sum, found));
            }
        }
        if let Some((_, found)) = strongest {
            out.extend(shown(
                scene.entries,
                &self.entries,
                found.features,
                found.span,
                &[found.turn],
            ));
        }
    }

    fn sentence(&self, scene: &Scene<'_>, heard: &Heard, sentence: Range<usize>) -> Option<Copied> {
        let words = &scene.said.words[sentence.clone()];
        let skipped = words.iter().take_while(|w| self.openers.has(w.known)).count();
        let words = &words[skipped..];
        let from = sentence.start + skipped;
        let places = &scene.places[from..sentence.end];
        // The whole sentence against each of the last turns: the one of which most comes back.
        let run = heard.longest_run(places, self.run)?;
        let copied_words = covered(places, run.places);
        let in_run = &words[run.start..run.start + run.length];
        let content = in_run.iter().filter(|w| w.key.is_content()).count();
        let new = |(w, at): &(&Word, &u64)| w.key.is_content() && **at & run.places == 0;
        let fresh = words.iter().zip(places).filter(new).count();
        let is_data = |w: &&Word| {
            let name = || {
                let mut buffer = Lent::new();
                let word = normal_form(&scene.text[w.start as usize..w.end as usize], &mut buffer);
                scene.names.binary_search_by(|n| (**n).cmp(word)).is_ok()
            };
            w.number || self.data.has(w.known) || name()
        };
        let data = in_run.iter().filter(is_data).count();
        let copied = content >= 1 && copied_words * 100 >= self.share * words.len();
        let long = run.length >= self.long_run && content >= 2;
        if !copied && !long {
            return None;
        }
        let start = from + run.start;
        Some(Copied {
            features: [
                copied,
                long,
                fresh >= self.own,
                data * 100 >= self.data_share * run.length,
            ],
            span: scene.said.span(start..start + run.length),
            turn: run.turn,
        })
    }
}

impl RestatementRules {
    pub(crate) fn evidence(&self, scene: &Scene<'_>, heard: &Heard, out: &mut Vec<Weighed>) {
        if heard.words.is_empty() {
            return;
        }
        let best = scene
            .said
            .sentences()
            .filter(|s| s.len() >= self.words)
            .filter_map(|s| Some((self.sentence(scene, s.clone())?, s)))
            .max_by_key(|(features, s)| {
                (
                    features.iter().filter(|b| **b).count(),
                    std::cmp::Reverse(s.start),
                )
            });
        let Some((features, sentence)) = best else {
            return;
        };
        let span = scene.said.span(sentence);
        out.extend(shown(
            scene.entries,
            &self.entries,
            features,
            span,
            heard.last_turn(),
        ));
    }

    /// The features of a sentence, if it may be a restatement.
    fn sentence(
        &self,
        scene: &Scene<'_>,
        sentence: Range<usize>,
    ) -> Option<[bool; RestatementRules::FEATURES.len()]> {
        let places = &scene.places[sentence.clone()];
        let words = &scene.said.words[sentence];
        let mut at = words.iter().take_while(|w| self.openers.has(w.known)).count();
        let concludes = words[at..].iter().take_while(|w| self.conclusions.has(w.known));
        let concluding = concludes.count();
        at += concluding;
        let first = words.get(at)?.known;
        let about = self.subjects.has(first);
        let data = words.iter().filter(|w| w.number).count();
        if data >= self.data {
            return Some([false, false, false, false, false, true]);
        }
        if self.others.has(first) || !(about || concluding > 0) {
            return None;
        }
        let said_before = |(w, at): &(&Word, &u64)| w.key.is_content() && **at != 0;
        let shared = words.iter().zip(places).filter(said_before).count();
        if concluding == 0 && shared == 0 {
            return None;
        }
        let reports = words.iter().any(|w| self.reports.has(w.known));
        Some([
            concluding > 0,
            about,
            shared > 0,
            shared >= self.several,
            reports,
            false,
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexicon::Known;
    use proptest::prelude::*;

    fn said(words: &[u32]) -> Said {
        let word = |&n: &u32| Word {
            key: Key::for_test(n),
            known: Known::NOT,
            start: 0,
            end: 0,
            category: None,
            number: false,
            whose: None,
        };
        Said::of_words(words.iter().map(word).collect())
    }

    fn heard(turns: &[Vec<u32>]) -> Heard {
        let mut heard = Heard::default();
        for (arrival, words) in (0..).zip(turns) {
            heard.take(arrival, &said(words));
        }
        heard
    }

    fn places(heard: &Heard, words: &[u32]) -> Vec<u64> {
        let mut out = Vec::new();
        heard.places(&said(words).words, &mut out);
        out
    }

    #[test]
    fn the_longest_run_is_found_wherever_it_stands() {
        let heard = heard(&[vec![1, 2, 5, 1, 2, 3, 7]]);
        let run = |words: &[u32]| {
            heard
                .longest_run(&places(&heard, words), 1)
                .map(|r| (r.start, r.length))
        };
        assert_eq!(run(&[9, 1, 2, 3, 8]), Some((1, 3)));
        assert_eq!(run(&[]), None);
        assert_eq!(covered(&places(&heard, &[9, 1, 2, 3, 8]), u64::MAX), 3);
        assert_eq!(covered(&places(&heard, &[1, 2, 3, 9, 1, 2]), u64::MAX), 5);
        assert_eq!(covered(&[], u64::MAX), 0);
    }

    /// The words remembered, turn by turn, kept and compared one by one.
    fn plain(turns: &[Vec<u32>], own: &[u32]) -> Option<(usize, usize, u32, usize)> {
        let mut left = HEARD_WORDS;
        let mut kept: Vec<(u32, &[u32])> = Vec::new();
        for (arrival, words) in turns.iter().enumerate().rev() {
            let arrival = arrival as u32;
            let n = words.len().min(left);
            left -= n;
            if n > 0 {
                kept.push((arrival, &words[words.len() - n..]));
            }
        }
        let run = |words: &[u32]| {
            let mut best = (0, 0);
            for end in 1..=own.len() {
                for start in 0..end {
                    let here = &own[start..end];
                    if here.len() > best.1 && words.windows(here.len()).any(|w| w == here) {
                        best = (start, here.len());
                    }
                }
            }
            best
        };
        let (start, length, arrival, words) = kept
            .iter()
            .map(|(arrival, words)| (run(words).0, run(words).1, *arrival, *words))
            .max_by_key(|r| r.1)
            .filter(|r| r.1 > 0)?;
        let in_pair = |i: usize| {
            let pair = |w: &[u32]| words.windows(2).any(|v| v == w);
            i > 0 && pair(&own[i - 1..=i]) || i + 1 < own.len() && pair(&own[i..=i + 1])
        };
        Some((
            start,
            length,
            arrival,
            (0..own.len()).filter(|&i| in_pair(i)).count(),
        ))
    }

    proptest! {
        #[test]
        fn runs_are_those_of_the_plain_way(
            turns in prop::collection::vec(prop::collection::vec(0u32..9, 0..30), 0..9),
            own in prop::collection::vec(0u32..9, 0..20),
        ) {
            let heard = heard(&turns);
            let places = places(&heard, &own);
            let run = heard.longest_run(&places, 1);
            let found = run.map(|r| (r.start, r.length, r.turn, covered(&places, r.places)));
            prop_assert_eq!(found, plain(&turns, &own));
        }
    }
}
