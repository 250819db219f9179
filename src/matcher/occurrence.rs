//! What an occurrence of a pattern is: its words in their order, backwards from a last token.
//!
//! Between two words may stand transparent tokens: fillers, soft adverbs, marks, stutters, the earlier saying of a word that is
//! repeated, fillers of several words taken whole. A word that the pattern names is never skipped in its place. A sentence end
//! between two tokens ends the walk. A gap takes so many tokens that are not transparent, and any that are.

use super::automaton::{Automaton, Pattern, ROOT};
use super::program::Program;
use super::{MAX_SPAN, Symbol, Token};
use crate::text::Flags;

/// The first token of the occurrence of `pattern` that ends with token `end`, if there is one; of several the longest.
pub(crate) fn find(automaton: &Automaton, pattern: &Pattern, tokens: &[Token], end: usize) -> Option<usize> {
    match automaton.program(pattern) {
        None => by_path(automaton, pattern, tokens, end),
        Some(program) => {
            let walk = Walk { tokens, end };
            let set = walk.back(program, BEHIND);
            (set != 0 && set != BEHIND).then(|| end + 1 - (63 - set.leading_zeros() as usize))
        }
    }
}

/// Whether nothing but transparent tokens stands before this one.
fn opens(tokens: &[Token], start: usize) -> bool {
    let mut at = start;
    let floor = start.saturating_sub(MAX_SPAN);
    while at > floor {
        match skip(tokens, at - 1) {
            Some(next) => at = next,
            None => return false,
        }
    }
    at == 0
}

/// Whether nothing but transparent tokens stands behind this one.
pub(crate) fn closes(tokens: &[Token], end: usize) -> bool {
    let last = tokens.len().min(end + 1 + MAX_SPAN);
    let mut at = end + 1;
    while at < last {
        if tokens[at].is(Flags::TRANSPARENT) {
            at += 1;
        } else if tokens[at].is(Flags::SEQUENCE_START) {
            match tokens[at..last].iter().position(|t| t.is(Flags::SEQUENCE_END)) {
                Some(n) => at += n + 1,
                None => return false,
            }
        } else {
            return false;
        }
    }
    at == tokens.len()
}

/// If token `at` may be skipped backwards: the number of tokens before what is skipped with it.
fn skip(tokens: &[Token], at: usize) -> Option<usize> {
    if tokens[at].is(Flags::TRANSPARENT) {
        return Some(at);
    }
    if tokens[at].is(Flags::SEQUENCE_END) {
        let from = at.saturating_sub(3);
        return (from..at).rev().find(|&i| tokens[i].is(Flags::SEQUENCE_START));
    }
    None
}

/// The greedy walk: a word in its place is taken, everything else must be transparent. Taking the nearest leaves
/// the most room, so greed loses nothing where there are no gaps.
fn walk_back(tokens: &[Token], end: usize, mut want: impl FnMut() -> Option<u32>) -> Option<usize> {
    let floor = end.saturating_sub(MAX_SPAN - 1);
    let first = want()?;
    if tokens[end].symbol != first {
        return None;
    }
    let mut start = end;
    let mut at = end;
    while let Some(symbol) = want() {
        loop {
            if at <= floor || tokens[at - 1].is(Flags::SENTENCE_END) {
                return None;
            }
            if tokens[at - 1].symbol == symbol {
                at -= 1;
                break;
            }
            at = skip(tokens, at - 1)?;
            if at < floor {
                return None;
            }
        }
        start = at;
    }
    Some(start)
}

fn by_path(automaton: &Automaton, pattern: &Pattern, tokens: &[Token], end: usize) -> Option<usize> {
    let mut node = pattern.node;
    walk_back(tokens, end, || {
        (node != ROOT).then(|| {
            let (symbol, before) = automaton.into(node);
            node = before;
            symbol
        })
    })
}

/// All ways at once. Bit k of a set says that what has been walked begins k - 1 tokens before `end`; bit 0, that nothing has been
/// walked yet.
struct Walk<'a> {
    tokens: &'a [Token],
    end: usize,
}

/// The set before anything is walked.
const BEHIND: u64 = 1;

impl Walk<'_> {
    fn back(&self, program: &Program, set: u64) -> u64 {
        match program {
            Program::Symbols(symbols) => self.word(set, symbols),
            Program::Gap(most) => self.gap(set, *most),
            Program::Start => bits(set)
                .filter(|&k| k > 0 && opens(self.tokens, self.end + 1 - k))
                .fold(0, |s, k| s | 1 << k),
            // That nothing follows is seen when the utterance is judged.
            Program::End => set,
            Program::Sequence(all) => {
                let mut set = set;
                for part in all.iter().rev() {
                    if set == 0 {
                        return 0;
                    }
                    set = self.back(part, set);
                }
                set
            }
            Program::Alternatives(all) => all.iter().fold(0, |out, part| out | self.back(part, set)),
            Program::ByLast(all) => self.by_last(set, all),
        }
    }

    /// The token before token `at`, unless a sentence ends between them or the span is full.
    fn previous(&self, at: usize) -> Option<usize> {
        (at > 0 && self.end + 1 - (at - 1) < MAX_SPAN && !self.tokens[at - 1].is(Flags::SENTENCE_END))
            .then(|| at - 1)
    }

    fn word(&self, set: u64, symbols: &[Symbol]) -> u64 {
        let mut out = 0;
        self.each_before(set, |at, bit| {
            if symbols.binary_search(&self.tokens[at].symbol).is_ok() {
                out |= bit;
            }
        });
        out
    }

    fn by_last(&self, set: u64, all: &[(Symbol, Program)]) -> u64 {
        let mut out = 0;
        self.each_before(set, |at, bit| {
            if let Ok(i) = all.binary_search_by_key(&self.tokens[at].symbol, |x| x.0) {
                out |= self.back(&all[i].1, bit);
            }
        });
        out
    }

    /// Calls `each` with every token that may be the next word back, and its place in a set.
    fn each_before(&self, set: u64, mut each: impl FnMut(usize, u64)) {
        for k in bits(set) {
            if k == 0 {
                each(self.end, 1 << 1);
                continue;
            }
            let mut at = self.end + 1 - k;
            while let Some(before) = self.previous(at) {
                each(before, 1 << (self.end + 1 - before));
                match skip(self.tokens, before) {
                    Some(next) if self.end + 1 - next < MAX_SPAN => at = next,
                    _ => break,
                }
            }
        }
    }

    fn gap(&self, set: u64, most: u8) -> u64 {
        let mut out = set;
        for k in bits(set).filter(|&k| k > 0) {
            let mut at = self.end + 1 - k;
            let mut left = most;
            while let Some(before) = self.previous(at) {
                if !self.tokens[before].flags.intersects(Flags::TRANSPARENT) {
                    if left == 0 {
                        break;
                    }
                    left -= 1;
                }
                at = before;
                out |= 1 << (self.end + 1 - at);
            }
        }
        out
    }
}

fn bits(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        (set != 0).then(|| {
            let k = set.trailing_zeros() as usize;
            set &= set - 1;
            k
        })
    })
}
