//! Phrases as programs over symbols, and the gates that say whether one is worth a walk.

use std::collections::BTreeMap;

use super::Symbol;
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
