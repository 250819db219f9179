//! What a text must show before a phrase is walked: its last words, place by place, and words of the sentence so far.

use bytemuck::{Pod, Zeroable};

use super::bits::{Bits, SPARE_BIT};
use super::factors::{Factor, Frequencies};
use super::program::Program;
use super::{Token, occurrence};
use crate::text::Flags;

/// So many places before the last word.
const PLACES: usize = 3;
/// The place of the last word, and those before it, a bit each.
const ALL: u8 = (1 << (PLACES + 1)) - 1;
/// In a phrase: any word may stand here, or nothing. In a text: always.
pub(super) const ANYTHING: u64 = 1 << SPARE_BIT;
/// Words of the sentence that a phrase asks for beside its last ones.
const NEEDS: usize = 2;
/// Words of a sentence, as far as it is guessed how likely it has one.
const SENTENCE: i32 = 10;

/// What a phrase asks for, in sets of [`Bits`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Outline {
    /// The words it may end with.
    pub(super) last: u64,
    /// Of each of these sets the sentence must have a word.
    needs: [u64; NEEDS],
    /// Which words may stand before the last, the nearest first.
    before: [u64; PLACES],
}

/// A text up to one of its tokens, in sets of [`Bits`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Read {
    /// Its last word.
    last: u64,
    /// All of its sentence.
    said: u64,
    /// Which words stand before it. Those that may be skipped count, and do not.
    before: [u64; PLACES],
    pub(super) behind: occurrence::Behind,
    /// Its tokens that are not transparent, as they were counted when the last was read.
    pub(super) solid: u32,
}

/// How likely a word is to be in a set of 64 bits.
pub(super) struct Shares([f64; 64]);

impl Shares {
    pub(super) fn of(frequencies: &Frequencies, bits: &Bits) -> Self {
        let mut shares = [0.0; 64];
        for (&bit, frequency) in bits.0.iter().zip(&frequencies.0) {
            shares[usize::from(bit)] += frequency;
        }
        Shares(shares)
    }

    /// How likely a sentence has a word of the set.
    fn of_sentence(&self, set: u64) -> f64 {
        let share: f64 = (0..64).filter(|i| set >> i & 1 != 0).map(|i| self.0[i]).sum();
        1.0 - (1.0 - share.min(1.0)).powi(SENTENCE)
    }
}

impl Outline {
    /// Of all forms of a program that is proposed by these factors.
    pub(super) fn of(program: &Program, factors: &[Factor], bits: &Bits, shares: &Shares) -> Self {
        let mut out = Outline::default();
        let behind = out.add(program, 1, bits);
        out.allow(from_lowest(behind));
        let mut needs = Vec::new();
        let parts = match program {
            Program::Sequence(all) => all.as_slice(),
            other => std::slice::from_ref(other),
        };
        // The places say more of the last words where they are one a place.
        let seen = parts.iter().rev().take(PLACES + 1);
        let seen = seen.take_while(|p| matches!(p, Program::Symbols(_))).count();
        for part in &parts[..parts.len() - seen] {
            needed(part, bits, shares, &mut needs);
        }
        // What has a factor has its words.
        needs.retain(|&(set, _)| !factors.iter().all(|f| bits.of_all(&f.words) & set != 0));
        needs.sort_by(|a, b| a.1.total_cmp(&b.1));
        needs.resize(NEEDS, (u64::MAX, 1.0));
        out.needs = std::array::from_fn(|i| needs[i].0);
        out
    }

    /// The words that a part may end with; all if it may have none, or end with any.
    pub(super) fn last_of(part: &Program, bits: &Bits) -> u64 {
        // As if a word stood behind it: behind the last one a gap is nothing.
        const PLACE: u8 = 1 << 1;
        let mut out = Outline::default();
        let behind = out.add(part, PLACE, bits);
        let [last, ..] = out.before;
        if (behind & PLACE) == 0 && last & ANYTHING == 0 {
            last
        } else {
            u64::MAX
        }
    }

    /// Lets anything stand in these places.
    fn allow(&mut self, places: u8) {
        for (place, set) in (1..).zip(&mut self.before) {
            if places >> place & 1 != 0 {
                *set |= ANYTHING;
            }
        }
    }

    /// Adds a part the last word of which may stand in any of `places`; gives the places of what stands before the part.
    fn add(&mut self, part: &Program, places: u8, bits: &Bits) -> u8 {
        match part {
            Program::Symbols(symbols) => {
                let words = bits.of_all(symbols);
                if places & 1 != 0 {
                    self.last |= words;
                }
                for (place, set) in (1..).zip(&mut self.before) {
                    if places >> place & 1 != 0 {
                        *set |= words;
                    }
                }
                places << 1 & ALL
            }
            Program::Gap(most) => {
                // Behind the last word it is nothing.
                let mut reached = places & !1;
                for _ in 0..*most {
                    self.allow(reached);
                    reached |= reached << 1 & ALL;
                }
                places | reached
            }
            Program::Start | Program::End => places,
            Program::Sequence(all) => {
                let add = |at, part| self.add(part, at, bits);
                all.iter().rev().fold(places, add)
            }
            Program::Alternatives(all) => all
                .iter()
                .fold(0, |reached, part| reached | self.add(part, places, bits)),
            Program::ByLast(all) => all.iter().fold(0, |reached, (symbol, before)| {
                let at = self.add(&Program::Symbols(vec![*symbol]), places, bits);
                reached | self.add(before, at, bits)
            }),
        }
    }

    /// Whether the phrase may end with the last token of a text.
    #[inline]
    pub(super) fn meets(&self, text: &Read) -> bool {
        // Without a way out on the way: which of them fails cannot be guessed.
        let needed = self.needs.iter().fold(true, |all, n| all & (n & text.said != 0));
        let places = self.before.iter().zip(text.before);
        let placed = places.fold(true, |all, (a, b)| all & (a & b != 0));
        (self.last & text.last != 0) & needed & placed
    }
}

/// Adds sets of words of each of which every form of a program has one, and how likely a sentence has.
fn needed(program: &Program, bits: &Bits, shares: &Shares, out: &mut Vec<(u64, f64)>) {
    let mut add = |set: u64| out.push((set, shares.of_sentence(set)));
    match program {
        Program::Symbols(symbols) => add(bits.of_all(symbols)),
        Program::Gap(_) | Program::Start | Program::End | Program::ByLast(_) => {}
        Program::Sequence(all) => all.iter().for_each(|p| needed(p, bits, shares, out)),
        Program::Alternatives(all) => {
            let rarest = |part: &Program| {
                let mut sets = Vec::new();
                needed(part, bits, shares, &mut sets);
                sets.into_iter().min_by(|a, b| a.1.total_cmp(&b.1)).map(|s| s.0)
            };
            if let Some(set) = all.iter().try_fold(0, |set, part| Some(set | rarest(part)?)) {
                add(set);
            }
        }
    }
}

/// The lowest place, and all before it.
fn from_lowest(places: u8) -> u8 {
    (places & places.wrapping_neg()).wrapping_neg() & ALL
}

impl Read {
    const NOTHING: Read = Read {
        last: 0,
        said: 0,
        before: [ANYTHING; PLACES],
        behind: occurrence::Behind::NOTHING,
        solid: 0,
    };

    /// The bit of its last word.
    #[inline]
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    /// Of a text that goes on with a word of this bit, where the word before neither ends a sentence nor may be skipped.
    #[inline]
    pub(super) fn behind(text: &Read, bit: u64, solid: u32) -> Self {
        Read {
            last: bit,
            said: text.said | bit,
            before: [text.last | ANYTHING, text.before[0], text.before[1]],
            behind: text.behind.and(Flags::NONE),
            solid,
        }
    }

    /// Of the text that ends with a word of this bit behind some tokens, given those up to each of them.
    #[inline]
    pub(super) fn next(bit: u64, tokens: &[Token], texts: &[Read]) -> Self {
        let mut out = Read {
            last: bit,
            said: bit,
            ..Read::NOTHING
        };
        let (Some(last), Some(text)) = (tokens.last(), texts.last()) else {
            return out;
        };
        if last.is(Flags::SENTENCE_END) {
            return out;
        }
        out.said |= text.said;
        out.behind = text.behind.and(last.flags);
        out.before = [text.last | ANYTHING, text.before[0], text.before[1]];
        if last.flags.intersects(Flags::TRANSPARENT | Flags::SEQUENCE_END)
            && let Some(skipped) = occurrence::skip(tokens, tokens.len() - 1)
        {
            for (set, also) in out.before.iter_mut().zip(texts[skipped].before) {
                *set |= also;
            }
        }
        out
    }
}
