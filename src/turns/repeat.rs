//! Robotic repetition: (nearly) the same sentence of the agent again in one call.
//!
//! A sentence is remembered as a sketch: the pairs of its neighbouring words, a bit each. Two sentences are alike by the pairs
//! they share of all pairs of both (Jaccard's index over the sketches), so a word changed, left out or put in costs two pairs.

use std::ops::Range;

use super::detect::Scene;
use super::said::{Said, Word};
use crate::context::{Turns, Weighed};
use crate::lexicon::RepeatRules;
use crate::packed::{Packed, Parcel, Reader, unzipped, zipped};

/// So many of the agents' last sentences are remembered.
const SENTENCES: usize = 16;
/// Room for them is made in such steps.
const STEP: usize = 4;

/// A sentence: its pairs of words, and the turn it stood in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sketch {
    pairs: u64,
    /// The low bits: repetitions are looked for in far fewer turns.
    arrival: u16,
    words: u16,
}

impl Sketch {
    fn of(words: &[Word], arrival: u32) -> Self {
        let pair = |w: &[Word]| {
            let mixed = w[0].key.bits().rotate_left(7).wrapping_mul(0x9E37_79B1) ^ w[1].key.bits();
            1u64 << (mixed.wrapping_mul(0x85EB_CA6B) >> 26)
        };
        let pairs = words.windows(2).map(pair).fold(0, |all, bit| all | bit);
        Sketch {
            pairs,
            arrival: arrival as u16,
            words: words.len().min(usize::from(u16::MAX)) as u16,
        }
    }

    /// Whether they are alike by so much, in percent.
    fn is_alike(&self, other: &Sketch, least: u32) -> bool {
        let (short, long) = (self.words.min(other.words), self.words.max(other.words));
        // Sketches of long sentences fill up: their lengths must be near as well.
        let far = u32::from(long - short) * 4 > u32::from(long);
        if far || self.pairs & other.pairs == 0 {
            return least == 0;
        }
        let both = (self.pairs & other.pairs).count_ones();
        let reaches = |any: u32| both * 100 / any >= least;
        // Few sketches share so much with this one that the other matters.
        reaches(other.pairs.count_ones()) && reaches((self.pairs | other.pairs).count_ones())
    }
}

/// The last sentences of the agents, so that they are kept as they are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sentences {
    pairs: Vec<u64>,
    /// Words and turn of each, zipped.
    rest: Vec<u32>,
}

impl Packed for Sentences {
    fn pack(&self, out: &mut Parcel) {
        let Sentences { pairs, rest } = self;
        out.len(pairs.len());
        out.bytes(bytemuck::cast_slice(pairs));
        out.all_amounts(rest);
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        let Sentences { pairs, rest } = self;
        let len = from.len();
        let (rows, _) = from.bytes(len * size_of::<u64>()).as_chunks();
        pairs.clear();
        pairs.extend(rows.iter().map(|row| u64::from_ne_bytes(*row)));
        rest.clear();
        rest.extend_from_slice(from.all_amounts(len));
    }
}

impl Sentences {
    pub(crate) fn take(&mut self, rules: &RepeatRules, arrival: u32, said: &Said) {
        for sentence in sentences(rules, said) {
            if self.pairs.len() == SENTENCES {
                self.pairs.remove(0);
                self.rest.remove(0);
            }
            if self.pairs.len() == self.pairs.capacity() {
                self.pairs.reserve_exact(STEP);
                self.rest.reserve_exact(STEP);
            }
            let own = Sketch::of(&said.words[sentence], arrival);
            self.pairs.push(own.pairs);
            self.rest.push(zipped(own.words, own.arrival));
        }
    }

    fn iter(&self) -> impl DoubleEndedIterator<Item = Sketch> {
        self.pairs.iter().zip(&self.rest).map(|(pairs, rest)| {
            let (words, arrival) = unzipped(*rest);
            Sketch {
                pairs: *pairs,
                arrival,
                words,
            }
        })
    }

    /// Whether they are no more than are remembered.
    pub(crate) fn is_sound(&self) -> bool {
        self.pairs.len() <= SENTENCES && self.rest.len() == self.pairs.len()
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.pairs.capacity() * size_of::<u64>() + self.rest.capacity() * size_of::<u32>()
    }
}

fn sentences<'a>(rules: &RepeatRules, said: &'a Said) -> impl Iterator<Item = Range<usize>> + use<'a> {
    let least = rules.words;
    said.sentences().filter(move |s| s.len() >= least)
}

impl RepeatRules {
    pub(crate) fn evidence(&self, scene: &Scene<'_>, before: &Sentences, out: &mut Vec<Weighed>) {
        let Some(entry) = self.entries[0] else { return };
        for sentence in sentences(self, scene.said) {
            let own = Sketch::of(&scene.said.words[sentence.clone()], scene.turn.arrival);
            let mut same = before
                .iter()
                .rev()
                .filter(|s| s.is_alike(&own, self.alike))
                .peekable();
            if same.peek().is_none() {
                continue;
            }
            let except = |p: &Vec<String>| sentence.clone().any(|at| scene.said.starts(scene.text, at, p));
            if self.except.iter().any(except) {
                continue;
            }
            let mut turns: Turns = same
                .map(|s| {
                    scene
                        .turn
                        .arrival
                        .saturating_sub((scene.turn.arrival as u16).wrapping_sub(s.arrival).into())
                })
                .take(3)
                .collect();
            turns.dedup();
            let span = scene.said.span(sentence);
            out.push(Weighed::of_turns(scene.entries, entry, span, turns));
        }
    }
}
