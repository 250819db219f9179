//! Phrases as programs over symbols: as trees while they are compiled, then as flat code.

use std::collections::{BTreeMap, HashMap};

use bytemuck::{Pod, Zeroable};
use foldhash::fast::FixedState;

use super::bits::Bits;
use super::outline::Outline;
use super::{Found, Owner, Owners, Symbol};
use crate::saved::tables::{self, Reader};
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

    /// Collects all its words.
    pub(super) fn symbols(&self, out: &mut Vec<Symbol>) {
        match self {
            Program::Symbols(symbols) => out.extend_from_slice(symbols),
            Program::Gap(_) | Program::Start | Program::End => {}
            Program::Sequence(all) | Program::Alternatives(all) => all.iter().for_each(|p| p.symbols(out)),
            Program::ByLast(all) => all.iter().for_each(|(symbol, before)| {
                out.push(*symbol);
                before.symbols(out);
            }),
        }
    }

    /// Calls `each` with every set of words that may stand in one place.
    pub(super) fn sets<'a>(&'a self, each: &mut impl FnMut(&'a [Symbol])) {
        match self {
            Program::Symbols(symbols) => each(symbols),
            Program::Gap(_) | Program::Start | Program::End => {}
            Program::Sequence(all) | Program::Alternatives(all) => all.iter().for_each(|p| p.sets(each)),
            Program::ByLast(all) => all.iter().for_each(|(_, before)| before.sets(each)),
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

/// What a text must show before a phrase is walked, how it is walked, and what it is for: all in one line of a cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(C, align(64))]
pub(crate) struct Pattern {
    pub(super) outline: Outline,
    /// Whom it is for, as [`Owner::number`] has it.
    owner: u32,
    /// Where its code begins.
    from: u32,
    /// How long it is.
    length: u32,
    /// So many words of the utterance at most may have come: for phrases that begin with it.
    pub(super) within: u16,
    /// So many words it is where it is proposed and none may be skipped; 0: it is to be walked.
    pub(super) words: u8,
    /// The occurrence must end with the utterance.
    at_end: u8,
}

impl Pattern {
    /// In place of [`Pattern::within`]: it may stand anywhere.
    pub(super) const ANYWHERE: u16 = u16::MAX;
    /// A longer pattern is walked.
    pub(super) const MOST_WORDS: usize = 32;

    #[inline]
    pub(crate) fn owner(&self) -> Owner {
        Owner::of(self.owner)
    }

    /// The same as a number.
    #[inline]
    pub(crate) fn whose(&self) -> u32 {
        self.owner
    }

    /// Its owner as a bit of 64: others may have the same.
    #[inline]
    pub(super) fn owner_bit(&self) -> u64 {
        1 << (self.owner >> Owner::KIND_BITS & (u64::BITS - 1))
    }

    /// It is for hits of an entry.
    #[inline]
    pub(super) fn is_of_entry(&self) -> bool {
        Owner::is_entry(self.owner)
    }

    /// Whether it may stand behind so many words of the utterance.
    #[inline]
    pub(super) fn is_within(&self, solid: u32) -> bool {
        solid.min(Self::ANYWHERE.into()) <= self.within.into()
    }

    /// Adds whom it is for.
    #[inline]
    pub(super) fn name(&self, owners: &mut Owners) {
        owners.add(self.owner);
    }

    /// Where its program begins: equal programs are one.
    #[inline]
    pub(super) fn program(&self) -> u32 {
        self.from
    }

    /// The occurrence must end with the utterance.
    #[inline]
    pub(crate) fn at_end(&self) -> bool {
        self.at_end != 0
    }

    /// Its occurrence from one token to another.
    #[inline]
    pub(crate) fn found(&self, start: u32, end: u32) -> Found {
        Found {
            whose: self.owner,
            start,
            end,
            at_end: self.at_end(),
        }
    }

    /// It is one word that may stand anywhere, and nobody asks for it: it occurs wherever the word stands.
    pub(super) fn is_single(&self) -> bool {
        self.is_word() && self.within == Self::ANYWHERE && !self.at_end() && !self.owner().is_asked_for()
    }

    /// It is one word: where it is proposed, it occurs.
    #[inline]
    pub(crate) fn is_word(&self) -> bool {
        self.words == 1
    }
}

/// The programs of all patterns, in one array: each a run of operations from the last word to the first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Code {
    ops: Vec<u32>,
    /// Large sets of symbols: each its length, then the symbols in ascending order.
    sets: Vec<Symbol>,
}

/// The words of the program that [`Words::bits`] take.
const BITS: usize = 2;
/// Smaller sets stand in the program itself.
const LARGE_SET: usize = 16;

/// One step of a program, what it is in its lowest bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op<'a> {
    Word(Symbol),
    Set(Words<'a>),
    LargeSet(Words<'a>),
    Gap(u8),
    Start,
    /// Any of these, [`Alternatives`].
    Any(&'a [u32]),
    /// Any of these by the last word.
    ByLast(ByLast<'a>),
}

/// A set of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Words<'a> {
    /// As a set of [`Bits`]: what it rules out is not looked for.
    bits: u64,
    /// In ascending order.
    symbols: &'a [Symbol],
}

impl<'a> Words<'a> {
    /// Of the two numbers that are its bits, and its symbols.
    fn new(bits: &[u32], symbols: &'a [Symbol]) -> Self {
        let bits = bits.iter().rev().fold(0, |all, &b| all << 32 | u64::from(b));
        Words { bits, symbols }
    }

    /// Whether a word with these bits may be one of them.
    #[inline]
    pub(super) fn may_be(&self, bits: u64) -> bool {
        self.bits & bits != 0
    }

    /// Whether a symbol is one of few.
    #[inline]
    pub(super) fn has(&self, symbol: Symbol) -> bool {
        self.symbols.contains(&symbol)
    }

    /// Which one of many a symbol is.
    #[inline]
    pub(super) fn find(&self, symbol: Symbol) -> Option<usize> {
        self.symbols.binary_search(&symbol).ok()
    }
}

/// Alternatives one after the other: of each the length, the words it may end with as a set of [`Bits`], and its operations.
pub(super) struct Alternatives<'a>(pub(super) &'a [u32]);

impl<'a> Iterator for Alternatives<'a> {
    type Item = (u64, &'a [u32]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (&length, rest) = self.0.split_first()?;
        let (part, behind) = rest.split_at(rest.len().min(length as usize));
        self.0 = behind;
        let (bits, ops) = part.split_at_checked(BITS)?;
        Some((Words::new(bits, &[]).bits, ops))
    }
}

/// Alternatives by their last word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ByLast<'a> {
    pub(super) words: Words<'a>,
    /// Where the operations of each begin, and where the last end.
    places: &'a [u32],
    bodies: &'a [u32],
}

impl<'a> ByLast<'a> {
    /// What stands before this word.
    #[inline]
    pub(super) fn before(&self, symbol: Symbol) -> Option<&'a [u32]> {
        let at = self.words.find(symbol)?;
        self.bodies
            .get(self.places[at] as usize..self.places[at + 1] as usize)
    }
}

const WORD: u32 = 0;
const SET: u32 = 1;
const GAP: u32 = 2;
const START: u32 = 3;
const ANY: u32 = 4;
const BY_LAST: u32 = 5;
const LARGE: u32 = 6;
const KIND_BITS: u32 = 3;

/// Writes programs, each once, and shares the sets they have in common.
#[derive(Default)]
pub(super) struct Writer {
    known: HashMap<Vec<Symbol>, u32, FixedState>,
    written: HashMap<Vec<u32>, u32, FixedState>,
}

impl Writer {
    /// Writes the pattern of a program that is indexed.
    pub(super) fn pattern(
        &mut self,
        code: &mut Code,
        bits: &Bits,
        program: &Program,
        owner: Owner,
        at_end: bool,
    ) -> Pattern {
        let program = match program {
            Program::Sequence(all) if all.len() == 1 => &all[0],
            other => other,
        };
        let mut ops = Vec::new();
        self.write(code, bits, program, &mut ops);
        let length = ops.len() as u32;
        let from = *self.written.entry(ops).or_insert_with_key(|ops| {
            code.ops.extend_from_slice(ops);
            (code.ops.len() - ops.len()) as u32
        });
        Pattern {
            owner: owner.number(),
            from,
            length,
            within: Pattern::ANYWHERE,
            at_end: u8::from(at_end),
            ..Pattern::default()
        }
    }

    fn write(&mut self, code: &mut Code, bits: &Bits, program: &Program, out: &mut Vec<u32>) {
        let halves = |bits: u64| [bits as u32, (bits >> 32) as u32];
        match program {
            Program::Symbols(symbols) => {
                if let [one] = symbols[..] {
                    out.push(one << KIND_BITS | WORD);
                } else if symbols.len() < LARGE_SET {
                    out.push((symbols.len() as u32) << KIND_BITS | SET);
                    out.extend(halves(bits.of_all(symbols)));
                    out.extend_from_slice(symbols);
                } else {
                    let set = *self.known.entry(symbols.clone()).or_insert_with(|| {
                        let at = code.sets.len() as u32;
                        code.sets.push(symbols.len() as u32);
                        code.sets.extend_from_slice(symbols);
                        at
                    });
                    out.push(set << KIND_BITS | LARGE);
                    out.extend(halves(bits.of_all(symbols)));
                }
            }
            Program::Gap(most) => out.push(u32::from(*most) << KIND_BITS | GAP),
            Program::Start => out.push(START),
            // That nothing follows is seen when the utterance is judged.
            Program::End => {}
            Program::Sequence(all) => all.iter().rev().for_each(|p| self.write(code, bits, p, out)),
            Program::Alternatives(all) => {
                let mut body = Vec::new();
                for part in all {
                    let at = body.len();
                    body.push(0);
                    body.extend(halves(Outline::last_of(part, bits)));
                    self.write(code, bits, part, &mut body);
                    body[at] = (body.len() - at - 1) as u32;
                }
                out.push((body.len() as u32) << KIND_BITS | ANY);
                out.extend(body);
            }
            Program::ByLast(all) => {
                let mut bodies = Vec::new();
                let mut table = vec![all.len() as u32];
                let symbols: Vec<Symbol> = all.iter().map(|(symbol, _)| *symbol).collect();
                table.extend(halves(bits.of_all(&symbols)));
                table.extend(symbols);
                for (_, before) in all {
                    table.push(bodies.len() as u32);
                    self.write(code, bits, before, &mut bodies);
                }
                table.push(bodies.len() as u32);
                out.push(((table.len() + bodies.len()) as u32) << KIND_BITS | BY_LAST);
                out.extend(table);
                out.extend(bodies);
            }
        }
    }
}

impl Code {
    /// The operations of a pattern.
    #[inline]
    pub(super) fn of(&self, pattern: &Pattern) -> &[u32] {
        &self.ops[pattern.from as usize..][..pattern.length as usize]
    }

    /// The first operation, and those behind it; nothing also where it is none.
    #[inline]
    pub(super) fn read<'a>(&'a self, ops: &'a [u32]) -> Option<(Op<'a>, &'a [u32])> {
        let (&op, rest) = ops.split_first()?;
        let value = (op >> KIND_BITS) as usize;
        Some(match op & ((1 << KIND_BITS) - 1) {
            WORD => (Op::Word(value as Symbol), rest),
            SET => {
                let (bits, rest) = rest.split_at_checked(BITS)?;
                let (symbols, rest) = rest.split_at_checked(value)?;
                (Op::Set(Words::new(bits, symbols)), rest)
            }
            LARGE => {
                let (bits, rest) = rest.split_at_checked(BITS)?;
                let (&length, sets) = self.sets.get(value..)?.split_first()?;
                (Op::LargeSet(Words::new(bits, sets.get(..length as usize)?)), rest)
            }
            GAP => (Op::Gap(value as u8), rest),
            START => (Op::Start, rest),
            ANY => {
                let (body, rest) = rest.split_at_checked(value)?;
                (Op::Any(body), rest)
            }
            _ => {
                let (body, rest) = rest.split_at_checked(value)?;
                let (&count, body) = body.split_first()?;
                let (bits, body) = body.split_at_checked(BITS)?;
                let (symbols, body) = body.split_at_checked(count as usize)?;
                let (places, bodies) = body.split_at_checked(count as usize + 1)?;
                (
                    Op::ByLast(ByLast {
                        words: Words::new(bits, symbols),
                        places,
                        bodies,
                    }),
                    rest,
                )
            }
        })
    }

    pub(super) fn bytes(&self) -> usize {
        (self.ops.len() + self.sets.len()) * size_of::<u32>()
    }
}

/// Whose turns: a set of roles, that of an unknown role included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(transparent)]
pub(crate) struct Roles(u32);

impl Roles {
    /// Everybody's.
    pub(crate) const ALL: Roles = Roles(7);
    /// As they stand in tables: the turns of agents, of customers, of somebody else, of all.
    pub(super) const EACH: [Roles; 4] = [Roles(1), Roles(2), Roles(4), Roles::ALL];
    pub(super) const COUNT: u32 = Roles::EACH.len() as u32;

    /// Its place in [`Roles::EACH`].
    #[inline]
    pub(super) fn number(self) -> u32 {
        self.0 >> 1
    }

    #[inline]
    pub(super) fn bits(self) -> u32 {
        self.0
    }

    /// The turns of one role.
    pub(crate) fn only(role: Option<Role>) -> Self {
        Roles(match role {
            Some(Role::Agent) => 1,
            Some(Role::Customer) => 2,
            None => 4,
        })
    }
}

/// A part with more last words than this stays as it is: its beginning would be kept once for each of them.
const FEW: usize = 16;

impl Code {
    /// Adds the tables to saved bytes.
    pub(super) fn save(&self, to: &mut Vec<u8>) {
        tables::write(&self.ops, to);
        tables::write(&self.sets, to);
    }

    pub(super) fn load(from: &mut Reader<'_>) -> Option<Code> {
        Some(Code {
            ops: from.rows(|_| ())?,
            sets: from.rows(|_| ())?,
        })
    }

    /// Whether a pattern that was saved has a program. What the program says is checked where it is read.
    pub(super) fn holds(&self, pattern: &Pattern) -> bool {
        let end = u64::from(pattern.from) + u64::from(pattern.length);
        (usize::from(pattern.words) <= Pattern::MOST_WORDS) & (end <= self.ops.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Token, occurrence};
    use super::*;
    use crate::text::Flags;

    proptest! {
        /// Whatever stands in a saved table, it is read to an end.
        #[test]
        fn what_is_no_program_is_walked_without_harm(
            ops in prop::collection::vec((0u32..40, 0u32..8), 0..40),
            sets in prop::collection::vec(0u32..8, 0..8),
            words in prop::collection::vec((0u32..8, any::<bool>()), 1..12),
        ) {
            let ops: Vec<u32> = ops.into_iter().map(|(value, kind)| value << KIND_BITS | kind).collect();
            let tokens: Vec<Token> = words
                .into_iter()
                .map(|(symbol, skipped)| Token {
                    start: 0,
                    end: 0,
                    symbol,
                    flags: if skipped { Flags::TRANSPARENT } else { Flags::NONE },
                })
                .collect();
            let length = ops.len() as u32;
            let pattern = Pattern { length, ..Pattern::default() };
            let code = Code { ops, sets };
            prop_assert!(code.holds(&pattern));
            occurrence::find(&code, &pattern, &tokens, &[], tokens.len() - 1);
        }
    }

    #[test]
    fn owners_are_numbers() {
        for owner in [
            Owner::Entry(7),
            Owner::NotIn(0),
            Owner::Near(70_000),
            Owner::Need(1),
            Owner::Cue(63),
            Owner::Except(0),
            Owner::Stop(255),
        ] {
            assert_eq!(Owner::of(owner.number()), owner);
        }
    }
}
