//! What a text must show before a phrase is walked: its last words, place by place, and words of the sentence so far.

use bytemuck::{Pod, Zeroable};

use super::factors::{Factor, Frequencies};
use super::program::Program;
use super::{Symbol, Token, occurrence};
use crate::text::Flags;

/// So many places before the last word.
const PLACES: usize = 3;
/// The place of the last word, and those before it, a bit each.
const ALL: u8 = (1 << (PLACES + 1)) - 1;
/// In a phrase: any word may stand here, or nothing. In a text: always.
const ANYTHING: u32 = 1 << 31;
/// Words of the sentence that a phrase asks for beside its last ones.
const NEEDS: usize = 2;
/// Words of a sentence, as far as it is guessed how likely it has one.
const SENTENCE: i32 = 10;

/// What a phrase asks for. Sets of words are sets of bits by hash: what they rule out is not there, what they do not may be in vain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct Outline {
    /// The words it may end with.
    pub(super) last: u64,
    /// Of each of these sets the sentence must have a word.
    needs: [u64; NEEDS],
    /// Which words may stand before the last, the nearest first.
    before: [u32; PLACES],
    /// So many words of the utterance at most may have come: for phrases that begin with it.
    pub(super) within: u32,
}

/// A text up to one of its tokens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Read {
    /// Its symbol.
    last: u64,
    /// All of its sentence.
    said: u64,
    /// Which words stand before it. Those that may be skipped count, and do not.
    before: [u32; PLACES],
    pub(super) behind: occurrence::Behind,
}

/// The bit of a symbol in sets of 64.
#[inline]
pub(super) fn bit(symbol: Symbol) -> u64 {
    1 << (symbol.wrapping_mul(0x9E37_79B1) >> 26)
}

/// The bit of a symbol in a place before the last.
#[inline]
fn bit_before(symbol: Symbol) -> u32 {
    1 << ((u64::from(symbol.wrapping_mul(0x9E37_79B1)) * 31) >> 32)
}

fn bits(symbols: &[Symbol]) -> u64 {
    symbols.iter().fold(0, |bits, &s| bits | bit(s))
}

/// How likely a word is to be in a set of 64 bits.
pub(super) struct Shares([f64; 64]);

impl Shares {
    pub(super) fn of(frequencies: &Frequencies) -> Self {
        let mut shares = [0.0; 64];
        for (symbol, frequency) in (0..).zip(&frequencies.0) {
            shares[bit(symbol).trailing_zeros() as usize] += frequency;
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
    pub(super) fn of(program: &Program, within: u32, factors: &[Factor], shares: &Shares) -> Self {
        let mut out = Outline {
            within,
            ..Outline::default()
        };
        let behind = out.add(program, 1);
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
            needed(part, shares, &mut needs);
        }
        // What has a factor has its words.
        needs.retain(|&(set, _)| !factors.iter().all(|f| bits(&f.words) & set != 0));
        needs.sort_by(|a, b| a.1.total_cmp(&b.1));
        needs.resize(NEEDS, (u64::MAX, 1.0));
        out.needs = std::array::from_fn(|i| needs[i].0);
        out
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
    fn add(&mut self, part: &Program, places: u8) -> u8 {
        match part {
            Program::Symbols(symbols) => {
                if places & 1 != 0 {
                    self.last |= bits(symbols);
                }
                let bits = symbols.iter().fold(0, |bits, &s| bits | bit_before(s));
                for (place, set) in (1..).zip(&mut self.before) {
                    if places >> place & 1 != 0 {
                        *set |= bits;
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
            Program::Sequence(all) => all.iter().rev().fold(places, |at, part| self.add(part, at)),
            Program::Alternatives(all) => all
                .iter()
                .fold(0, |reached, part| reached | self.add(part, places)),
            Program::ByLast(all) => all.iter().fold(0, |reached, (symbol, before)| {
                let at = self.add(&Program::Symbols(vec![*symbol]), places);
                reached | self.add(before, at)
            }),
        }
    }

    /// Whether the phrase may end with the last token of a text.
    #[inline]
    pub(super) fn meets(&self, text: &Read) -> bool {
        self.last & text.last != 0
            && self.needs.iter().all(|n| n & text.said != 0)
            && self.before.iter().zip(text.before).all(|(a, b)| a & b != 0)
    }
}

/// Adds sets of words of each of which every form of a program has one, and how likely a sentence has.
fn needed(program: &Program, shares: &Shares, out: &mut Vec<(u64, f64)>) {
    let mut add = |set: u64| out.push((set, shares.of_sentence(set)));
    match program {
        Program::Symbols(symbols) => add(bits(symbols)),
        Program::Gap(_) | Program::Start | Program::End | Program::ByLast(_) => {}
        Program::Sequence(all) => all.iter().for_each(|p| needed(p, shares, out)),
        Program::Alternatives(all) => {
            let rarest = |part: &Program| {
                let mut sets = Vec::new();
                needed(part, shares, &mut sets);
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
    pub(super) const NOTHING: Read = Read {
        last: 0,
        said: 0,
        before: [ANYTHING; PLACES],
        behind: occurrence::Behind::NOTHING,
    };

    /// Of the text that ends with token `at`, given those of the tokens before it.
    pub(super) fn at(tokens: &[Token], texts: &[Read], at: usize) -> Self {
        let symbol = tokens[at].symbol;
        let mut out = Read {
            last: bit(symbol),
            said: bit(symbol),
            ..Read::NOTHING
        };
        let Some(last) = at.checked_sub(1).filter(|&i| !tokens[i].is(Flags::SENTENCE_END)) else {
            return out;
        };
        let text = &texts[last];
        out.said |= text.said;
        out.behind = text.behind.and(tokens[last].flags);
        out.before[0] |= bit_before(tokens[last].symbol);
        out.before[1..].copy_from_slice(&text.before[..PLACES - 1]);
        if let Some(skipped) = occurrence::skip(tokens, last) {
            for (set, also) in out.before.iter_mut().zip(texts[skipped].before) {
                *set |= also;
            }
        }
        out
    }
}
