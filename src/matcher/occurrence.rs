//! What an occurrence of a pattern is: its words in their order, backwards from a last token.
//!
//! Between two words may stand transparent tokens: fillers, soft adverbs, marks, stutters, the earlier saying of a word that is
//! repeated, fillers of several words taken whole. A word that the pattern names is never skipped in its place. A sentence end
//! between two tokens ends the walk. A gap takes so many tokens that are not transparent, and any that are.

use std::collections::BTreeMap;

use super::automaton::{Automaton, Pattern, ROOT};
use super::{MAX_SPAN, Symbol, Token};
use crate::text::Flags;
use crate::transcript::Role;

/// A phrase over symbols, to be walked backwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// Any of these, in ascending order.
    Symbols(Vec<Symbol>),
    Gap(u8),
    Start,
    End,
    Sequence(Vec<Program>),
    Alternatives(Vec<Program>),
    /// Alternatives by their last word, in ascending order, each with what stands before it: only those that fit are walked.
    ByLast(Vec<(Symbol, Program)>),
}

impl Program {
    pub(super) fn bytes(&self) -> usize {
        size_of::<Program>()
            + match self {
                Program::Symbols(symbols) => symbols.len() * size_of::<Symbol>(),
                Program::Sequence(all) | Program::Alternatives(all) => all.iter().map(Program::bytes).sum(),
                Program::ByLast(all) => all.iter().map(|(_, p)| size_of::<Symbol>() + p.bytes()).sum(),
                _ => 0,
            }
    }

    /// Words of its longest form, gaps at their widest.
    pub(super) fn longest(&self) -> u32 {
        match self {
            Program::Symbols(_) => 1,
            Program::Gap(n) => u32::from(*n),
            Program::Start | Program::End => 0,
            Program::Sequence(all) => all.iter().map(Program::longest).sum(),
            Program::Alternatives(all) => all.iter().map(Program::longest).max().unwrap_or(0),
            Program::ByLast(all) => 1 + all.iter().map(|(_, p)| p.longest()).max().unwrap_or(0),
        }
    }

    /// The same, with alternatives sorted by their last words wherever they are many.
    pub(super) fn indexed(self) -> Program {
        match self {
            Program::Sequence(all) => {
                let mut parts: Vec<Program> = Vec::with_capacity(all.len());
                for part in all.into_iter().map(Program::indexed) {
                    match part {
                        Program::Sequence(mut inner) => parts.append(&mut inner),
                        other => parts.push(other),
                    }
                }
                Program::Sequence(parts)
            }
            Program::Alternatives(all) => {
                let mut by_last: BTreeMap<Symbol, Vec<Program>> = BTreeMap::new();
                let mut others = Vec::new();
                for part in all.into_iter().map(Program::indexed) {
                    let (last, before) = match part {
                        Program::Symbols(set) => (set, Vec::new()),
                        Program::Sequence(mut parts) => match parts.pop() {
                            Some(Program::Symbols(set)) if set.len() <= FEW => (set, parts),
                            last => {
                                parts.extend(last);
                                others.push(Program::Sequence(parts));
                                continue;
                            }
                        },
                        other => {
                            others.push(other);
                            continue;
                        }
                    };
                    for symbol in last {
                        by_last
                            .entry(symbol)
                            .or_default()
                            .push(Program::Sequence(before.clone()));
                    }
                }
                let join = |mut rest: Vec<Program>| {
                    rest.dedup();
                    if rest.len() == 1 {
                        rest.swap_remove(0)
                    } else {
                        Program::Alternatives(rest).indexed()
                    }
                };
                if !by_last.is_empty() {
                    others.push(Program::ByLast(
                        by_last.into_iter().map(|(s, rest)| (s, join(rest))).collect(),
                    ));
                }
                if others.len() == 1 {
                    others.swap_remove(0)
                } else {
                    Program::Alternatives(others)
                }
            }
            other => other,
        }
    }
}

/// Which symbols a sentence has, as far as 128 bits tell: a symbol that is not in the sketch is not in the sentence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sketch([u64; 2]);

impl Sketch {
    /// All symbols.
    const ALL: Sketch = Sketch([u64::MAX; 2]);

    fn of(symbols: &[Symbol]) -> Self {
        let mut sketch = Sketch::default();
        symbols.iter().for_each(|&s| sketch.add(s));
        sketch
    }

    pub(crate) fn add(&mut self, symbol: Symbol) {
        let bit = (symbol.wrapping_mul(0x9E37_79B1) >> 25) as usize;
        self.0[bit / 64] |= 1 << (bit % 64);
    }

    fn meets(self, other: Sketch) -> bool {
        self.0[0] & other.0[0] != 0 || self.0[1] & other.0[1] != 0
    }
}

/// What must hold before a pattern is worth a walk: whose turn it is, and of two sets of symbols one each in the sentence so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gate {
    needs: [Sketch; 2],
    roles: u32,
    /// So many words of the utterance at most may have come: for phrases that begin with it.
    within: u32,
}

impl Gate {
    /// The gate of a pattern that the automaton proposes at `tail`: of the sets of symbols that each occurrence has one of, the
    /// first two that the tail does not meet anyway.
    pub(super) fn new(required: &[Vec<Symbol>], tail: &[Symbol], roles: Roles, within: u32) -> Self {
        let mut telling = required
            .iter()
            .filter(|set| !set.iter().any(|s| tail.contains(s)));
        let mut need = || telling.next().map_or(Sketch::ALL, |set| Sketch::of(set));
        Gate {
            needs: [need(), need()],
            roles: roles.0,
            within,
        }
    }

    #[inline]
    pub(crate) fn opens(&self, sentence: Sketch, words: u32, role: Roles) -> bool {
        self.roles & role.0 != 0
            && words <= self.within
            && self.needs[0].meets(sentence)
            && self.needs[1].meets(sentence)
    }
}

/// Whose turns: a set of roles, that of an unknown role included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Roles(u32);

impl Roles {
    /// Everybody's.
    pub(crate) const ALL: Roles = Roles(7);

    /// The turns of one role.
    pub(crate) fn only(role: Option<Role>) -> Self {
        Roles(match role {
            Some(Role::Agent) => 1,
            Some(Role::Customer) => 2,
            None => 4,
        })
    }
}

/// Sets of symbols of each of which every occurrence has one.
pub(super) fn required(program: &Program) -> Vec<Vec<Symbol>> {
    match program {
        Program::Symbols(symbols) => vec![symbols.clone()],
        Program::Gap(_) | Program::Start | Program::End => Vec::new(),
        Program::Sequence(all) => all.iter().flat_map(required).collect(),
        Program::Alternatives(all) => {
            let smallest = |p: &Program| required(p).into_iter().min_by_key(Vec::len);
            let each: Option<Vec<Vec<Symbol>>> = all.iter().map(smallest).collect();
            each.map(|sets| vec![sets.concat()]).unwrap_or_default()
        }
        // Programs are indexed only when their requirements are known.
        Program::ByLast(_) => Vec::new(),
    }
}

/// A part with more last words than this stays as it is: its beginning would be kept once for each of them.
const FEW: usize = 16;

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
