//! Aho-Corasick over symbols, in flat tables.

use std::collections::HashMap;

use bytemuck::{Pod, Zeroable};
use foldhash::fast::FixedState;

use super::bits::Bits;
use super::program::{Code, Pattern, Roles};
use super::singles::{Single, Singles};
use super::{Owner, Owners, Symbol, UNKNOWN};
use crate::saved::are_below;
use crate::saved::tables::{self, Reader};

/// A state: the number of a node of the trie.
pub(crate) type State = u32;

/// The state in which nothing has been read.
pub(crate) const ROOT: State = 0;

/// What the automaton says where a factor ends: a pattern, and what is to be asked before anything is read of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Pod, Zeroable)]
#[repr(transparent)]
pub(crate) struct Proposal(u32);

impl Proposal {
    const PATTERN_BITS: u32 = 24;
    const ROLES_FROM: u32 = Self::PATTERN_BITS;
    // The highest, so that what is kept comes behind the others.
    const LATER: u32 = 1 << 27;
    const ENDS: u32 = 1 << 28;
    /// There are at most so many patterns.
    pub(super) const MOST: usize = 1 << Self::PATTERN_BITS;

    /// Of a pattern; whether it ends with the factor.
    pub(super) fn new(number: u32, pattern: &Pattern, roles: Roles, ends: bool) -> Self {
        let later = pattern.owner().is_asked_for();
        let flag = |set: bool, flag: u32| if set { flag } else { 0 };
        Proposal(
            number | flag(ends, Self::ENDS) | flag(later, Self::LATER) | roles.bits() << Self::ROLES_FROM,
        )
    }

    #[inline]
    pub(crate) fn pattern(self) -> u32 {
        self.0 & (Self::MOST as u32 - 1)
    }

    /// The pattern's occurrence would end with the factor; else it may end with any token from here on.
    #[inline]
    pub(crate) fn ends(self) -> bool {
        self.0 & Self::ENDS != 0
    }

    /// It is confirmed when a hit asks for it.
    #[inline]
    pub(crate) fn later(self) -> bool {
        self.0 & Self::LATER != 0
    }

    /// Nothing is asked of the text before a hit asks for it.
    #[inline]
    pub(crate) fn is_kept(self) -> bool {
        self.ends() && self.later()
    }

    /// Whether it is of use in turns of this role.
    #[inline]
    pub(crate) fn is_for(self, role: Roles) -> bool {
        self.0 >> Self::ROLES_FROM & role.bits() != 0
    }

    /// The roles in whose turns it is of use, as [`Roles::bits`] has them.
    fn roles(self) -> u32 {
        self.0 >> Self::ROLES_FROM & Roles::ALL.bits()
    }
}

/// A proposal that is kept until a hit asks for it: in place of what is known of all of them, it says which entry it is of, by the low
/// bits of its number. Most of those nobody asks for are told so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Pod, Zeroable)]
#[repr(transparent)]
pub(crate) struct Kept(u32);

impl Kept {
    const ENTRY_FROM: u32 = Proposal::PATTERN_BITS;
    const ENTRY_BITS: u32 = 5;
    const ROLES_FROM: u32 = Self::ENTRY_FROM + Self::ENTRY_BITS;

    pub(super) fn of(proposal: Proposal, patterns: &[Pattern]) -> Self {
        let number = proposal.pattern();
        let entry = Owner::names(patterns[number as usize].whose()) & ((1 << Self::ENTRY_BITS) - 1);
        Kept(number | entry << Self::ENTRY_FROM | proposal.roles() << Self::ROLES_FROM)
    }

    /// What it was made of.
    fn proposal(self) -> Proposal {
        let roles = self.0 >> Self::ROLES_FROM << Proposal::ROLES_FROM;
        Proposal(self.pattern() | Proposal::LATER | Proposal::ENDS | roles)
    }

    #[inline]
    pub(crate) fn pattern(self) -> u32 {
        self.0 & (Proposal::MOST as u32 - 1)
    }

    #[inline]
    pub(super) fn is_for(self, role: Roles) -> bool {
        self.0 >> Self::ROLES_FROM & role.bits() != 0
    }

    /// Whether it may be of an entry whose low bits `asked` has a bit for.
    #[inline]
    pub(super) fn may_be_of(self, asked: u64) -> bool {
        let asked = asked as u32 | (asked >> 32) as u32;
        asked >> (self.0 >> Self::ENTRY_FROM & (u32::BITS - 1)) & 1 != 0
    }
}

/// A node of the trie: half a line of a cache.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C, align(32))]
struct Node {
    /// Which symbols lead on, in a set of [`Bits`] of which two are one.
    onward: u32,
    fail: State,
    /// The nearest node on the chain of failures that proposes something; the root if none does.
    next_out: State,
    /// Its children.
    children: Range,
    /// What it proposes: first what is looked at, then what is kept until a hit asks for it, as [`Kept`].
    out: Range,
    /// Where the latter begins.
    kept: u32,
}

/// A bit in [`Node::onward`].
#[inline]
fn onward(bit: u8) -> u32 {
    1 << (bit % 32)
}

/// A part of a table.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
pub(super) struct Range {
    pub(super) from: u32,
    pub(super) to: u32,
}

impl Range {
    #[inline]
    fn of<T>(self, table: &[T]) -> &[T] {
        &table[self.from as usize..self.to as usize]
    }

    #[inline]
    pub(super) fn is_empty(self) -> bool {
        self.from == self.to
    }

    #[inline]
    pub(super) fn len(self) -> usize {
        (self.to - self.from) as usize
    }
}

/// What reading asks of a symbol.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
pub(super) struct SymbolRow {
    /// The transition out of the root.
    root: State,
    /// The number of its bit.
    bit: u8,
    /// Whether it proposes something as a transparent word.
    hides: u8,
    /// Whether it is part of a filler.
    fills: u8,
    /// Whether modifiers listen to it by itself.
    marks: u8,
}

impl SymbolRow {
    /// Its bit in sets of [`Bits`].
    #[inline]
    pub(super) fn bit(self) -> u64 {
        1 << (self.bit & 63)
    }

    /// Whether modifiers listen to it by itself.
    #[inline]
    pub(super) fn is_mark(&self) -> bool {
        self.marks != 0
    }

    /// Nothing is to be done with it but to follow it.
    #[inline]
    pub(super) fn is_quiet(self) -> bool {
        self.hides | self.fills == 0
    }
}

/// A word that proposes something as a transparent one.
#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
struct Hidden {
    symbol: Symbol,
    node: State,
}

/// All factors in one automaton, and the patterns they propose. Build once, share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Automaton {
    symbols: Vec<SymbolRow>,
    /// In the order of breadth: the children of a node lie side by side, in the order of their symbols; those of the root in
    /// that of their frequency.
    nodes: Vec<Node>,
    /// The symbol that leads into each node; [`FEW`] more, which lead nowhere.
    into: Vec<Symbol>,
    /// Which pairs of a node with many children and a symbol may lead on: a set of bits by hash, a power of two of them.
    pairs: Vec<u64>,
    out: Vec<Proposal>,
    pub(crate) patterns: Vec<Pattern>,
    pub(crate) code: Code,
    /// Words that propose something as transparent ones, in ascending order, and the node that says what: it is none of the trie.
    hidden: Vec<Hidden>,
    /// What occurs with a single word.
    pub(super) singles: Singles,
}

/// Collects factors and patterns.
pub(crate) struct Builder {
    symbols: usize,
    edges: HashMap<(State, Symbol), State, FixedState>,
    /// The node each comes from, and the symbol that leads into it, in the order in which they were made.
    made: Vec<(State, Symbol)>,
    proposed: Vec<(State, Proposal)>,
    hidden: Vec<(Symbol, Proposal)>,
    singles: Vec<Single>,
    pub(super) patterns: Vec<Pattern>,
    pub(super) code: Code,
}

impl Builder {
    pub(crate) fn new(symbols: usize) -> Self {
        Builder {
            symbols,
            edges: HashMap::default(),
            made: vec![(ROOT, UNKNOWN)],
            proposed: Vec::new(),
            hidden: Vec::new(),
            singles: Vec::new(),
            patterns: Vec::new(),
            code: Code::default(),
        }
    }

    /// How much has been collected.
    pub(crate) fn proposals(&self) -> usize {
        self.proposed.len() + self.hidden.len() + self.singles.len()
    }

    /// Proposes a pattern where `factor` ends.
    pub(crate) fn add(&mut self, factor: &[Symbol], proposal: Proposal) {
        let mut node = ROOT;
        for &symbol in factor {
            let made = &mut self.made;
            node = *self.edges.entry((node, symbol)).or_insert_with(|| {
                made.push((node, symbol));
                made.len() as State - 1
            });
        }
        self.proposed.push((node, proposal));
    }

    /// Adds a pattern that occurs with each token with this symbol that is not read as transparent.
    pub(super) fn add_single(&mut self, single: Single) {
        self.singles.push(single);
    }

    /// Proposes a pattern at each token with a transparent symbol.
    pub(crate) fn add_hidden(&mut self, symbol: Symbol, proposal: Proposal) {
        self.hidden.push((symbol, proposal));
    }

    /// Numbers the nodes by breadth and links the failures; what is proposed at one node comes to lie side by side, and what is
    /// frequent lies together.
    pub(super) fn build(
        mut self,
        frequencies: &[f64],
        bits: &Bits,
        fills: impl Fn(Symbol) -> bool,
    ) -> Automaton {
        let count = self.made.len();
        let mut by_parent: Vec<State> = (1..count as State).collect();
        by_parent.sort_unstable_by_key(|&n| self.made[n as usize]);
        let mut first = vec![0u32; count + 1];
        for &(parent, _) in &self.made[1..] {
            first[parent as usize + 1] += 1;
        }
        for i in 0..count {
            first[i + 1] += first[i];
        }
        let frequency = |n: State| frequencies[self.made[n as usize].1 as usize];
        by_parent[..first[1] as usize].sort_by(|&a, &b| frequency(b).total_cmp(&frequency(a)));
        let mut order: Vec<State> = vec![ROOT];
        let mut number = vec![ROOT; count];
        let mut a = Automaton {
            symbols: vec![SymbolRow::default(); self.symbols],
            nodes: Vec::with_capacity(count),
            patterns: self.patterns,
            code: self.code,
            ..Automaton::default()
        };
        for new in 0..count {
            let old = order[new] as usize;
            number[old] = new as State;
            a.into.push(self.made[old].1);
            let children = &by_parent[first[old] as usize..first[old + 1] as usize];
            let from = order.len() as State;
            order.extend_from_slice(children);
            let symbols = children.iter().map(|&c| self.made[c as usize].1);
            a.nodes.push(Node {
                onward: symbols.fold(0, |set, s| set | onward(bits.0[s as usize])),
                children: Range {
                    from,
                    to: order.len() as State,
                },
                ..Node::default()
            });
        }
        for (node, _) in &mut self.proposed {
            *node = number[*node as usize];
        }
        self.hidden.sort_unstable();
        for (symbol, proposal) in self.hidden {
            if a.hidden.last().is_none_or(|last| last.symbol != symbol) {
                let node = a.nodes.len() as State;
                a.hidden.push(Hidden { symbol, node });
                let none = order.len() as State;
                a.nodes.push(Node {
                    children: Range { from: none, to: none },
                    ..Node::default()
                });
                a.into.push(UNKNOWN);
                a.symbols[symbol as usize].hides = 1;
            }
            self.proposed.push((a.nodes.len() as State - 1, proposal));
        }
        self.proposed.sort_unstable();
        self.proposed.dedup();
        let crowded: Vec<State> = (1..count as State)
            .filter(|&n| a.children(n).len() > FEW)
            .collect();
        let many: usize = crowded.iter().map(|&n| a.children(n).len()).sum();
        a.pairs = vec![0; (many * PAIR_BITS).div_ceil(64).next_power_of_two()];
        for parent in crowded {
            for child in a.children(parent) {
                let (at, bit) = a.pair(parent, a.into[child as usize]);
                a.pairs[at] |= bit;
            }
        }
        a.into.resize(a.nodes.len() + FEW, UNKNOWN);
        for (symbol, (row, &bit)) in (0..).zip(a.symbols.iter_mut().zip(&bits.0)) {
            row.bit = bit;
            row.fills = u8::from(fills(symbol));
        }
        for child in a.children(ROOT) {
            a.symbols[a.into[child as usize] as usize].root = child;
        }
        for parent in 0..count {
            for node in a.children(parent as State) {
                let fail = if parent == 0 {
                    ROOT
                } else {
                    a.next(a.nodes[parent].fail, a.into[node as usize])
                };
                a.nodes[node as usize].fail = fail;
            }
        }
        a.propose(&self.proposed);
        a.singles = Singles::new(self.symbols, self.singles);
        for (symbol, row) in (0..).zip(&mut a.symbols) {
            row.marks = u8::from(!a.singles.marks(symbol).is_empty());
        }
        a
    }
}

/// Up to so many children are looked through one by one.
const FEW: usize = 8;
/// Bits of [`Automaton::pairs`] for each pair: one in eight of the others passes, at most.
const PAIR_BITS: usize = 8;

impl Automaton {
    fn children(&self, node: State) -> std::ops::Range<State> {
        let Range { from, to } = self.nodes[node as usize].children;
        from..to
    }

    /// Writes down what each node proposes. What is `proposed` is sorted.
    fn propose(&mut self, proposed: &[(State, Proposal)]) {
        let mut proposed = proposed.iter().peekable();
        for number in 0..self.nodes.len() as State {
            let fail = self.nodes[number as usize].fail;
            let next_out = if self.proposes(fail) {
                fail
            } else {
                self.nodes[fail as usize].next_out
            };
            let from = self.out.len() as u32;
            let mut kept = from;
            while let Some((_, proposal)) = proposed.next_if(|(n, _)| *n == number) {
                if !proposal.is_kept() {
                    kept += 1;
                    self.out.push(*proposal);
                } else if !self.keeps(next_out, *proposal) {
                    self.out.push(Proposal(Kept::of(*proposal, &self.patterns).0));
                }
            }
            let to = self.out.len() as u32;
            let node = &mut self.nodes[number as usize];
            (node.next_out, node.out, node.kept) = (next_out, Range { from, to }, kept);
        }
    }

    /// Whether a node proposes something itself.
    fn proposes(&self, node: State) -> bool {
        !self.nodes[node as usize].out.is_empty()
    }

    /// Whether this is kept in a state.
    fn keeps(&self, mut state: State, proposal: Proposal) -> bool {
        while state != ROOT {
            let node = &self.nodes[state as usize];
            let kept = self.kept(Range {
                from: node.kept,
                to: node.out.to,
            });
            if kept.binary_search_by_key(&proposal, |k| k.proposal()).is_ok() {
                return true;
            }
            state = node.next_out;
        }
        false
    }

    /// The bit of a symbol in sets of [`Bits`].
    #[inline]
    pub(super) fn bit(&self, symbol: Symbol) -> u64 {
        1 << (self.symbols[symbol as usize].bit & 63)
    }

    /// What is known of a symbol.
    #[inline]
    pub(super) fn row(&self, symbol: Symbol) -> SymbolRow {
        self.symbols[symbol as usize]
    }

    /// The state after one more symbol.
    #[inline]
    pub(crate) fn next(&self, state: State, symbol: Symbol) -> State {
        self.next_by(state, symbol, self.row(symbol))
    }

    /// The same, given what is known of the symbol.
    #[inline]
    pub(super) fn next_by(&self, mut state: State, symbol: Symbol, row: SymbolRow) -> State {
        if symbol == UNKNOWN {
            return ROOT;
        }
        while state != ROOT {
            let node = &self.nodes[state as usize];
            if node.onward & onward(row.bit) != 0
                && let Some(child) = self.child(state, node, symbol)
            {
                return child;
            }
            state = node.fail;
        }
        row.root
    }

    #[inline]
    fn child(&self, state: State, node: &Node, symbol: Symbol) -> Option<State> {
        let Range { from, to } = node.children;
        let (first, count) = (from as usize, (to - from) as usize);
        let at = if count <= FEW {
            // All at once: which of them it is cannot be guessed.
            let few: &[Symbol; FEW] = self.into[first..].first_chunk()?;
            let same = (0..FEW).fold(0u32, |set, i| set | u32::from(few[i] == symbol) << i);
            let own = same & ((1 << count) - 1);
            (own != 0).then(|| own.trailing_zeros())
        } else {
            let (at, bit) = self.pair(state, symbol);
            if self.pairs[at] & bit == 0 {
                return None;
            }
            let found = self.into[first..to as usize].binary_search(&symbol);
            found.ok().map(|at| at as u32)
        };
        at.map(|at| from + at)
    }

    /// The word and the bit of a pair in [`Automaton::pairs`].
    #[inline]
    fn pair(&self, state: State, symbol: Symbol) -> (usize, u64) {
        let key = u64::from(state) << 32 | u64::from(symbol);
        let hash = key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        ((hash >> 6) as usize & (self.pairs.len() - 1), 1 << (hash & 63))
    }

    /// Calls `each` with what is proposed in this state, from the longest factor to the shortest: what is to be looked at, and where in
    /// [`Automaton::out`] the rest stands, which is kept until a hit asks for it.
    #[inline]
    pub(super) fn ending(&self, mut state: State, mut each: impl FnMut(Range, Range)) {
        while state != ROOT {
            let node = &self.nodes[state as usize];
            let Range { from, to } = node.out;
            let kept = node.kept;
            each(Range { from, to: kept }, Range { from: kept, to });
            state = node.next_out;
        }
    }

    /// What all states propose.
    #[inline]
    pub(super) fn proposed(&self) -> &[Proposal] {
        &self.out
    }

    /// A part of what all states propose that is kept until a hit asks for it.
    #[inline]
    pub(super) fn kept(&self, range: Range) -> &[Kept] {
        bytemuck::cast_slice(range.of(&self.out))
    }

    /// The state that says what a token with this symbol proposes as a transparent word, if it does. The automaton goes on from none of these.
    #[inline]
    pub(super) fn hidden(&self, symbol: Symbol) -> Option<State> {
        if self.symbols[symbol as usize].hides == 0 {
            return None;
        }
        let at = self.hidden.binary_search_by_key(&symbol, |h| h.symbol).ok()?;
        Some(self.hidden[at].node)
    }

    /// Nodes of the trie.
    pub(crate) fn nodes(&self) -> usize {
        self.nodes.len()
    }

    /// Whom each run of words is for that all phrases are looked for by.
    #[cfg(feature = "workbench")]
    pub(crate) fn owners(&self) -> impl Iterator<Item = Owner> + '_ {
        let proposed = self.out.iter();
        let proposed = proposed.map(|p| self.patterns[p.pattern() as usize].owner());
        proposed.chain(self.singles.owners())
    }

    /// Bytes of all tables.
    pub(crate) fn bytes(&self) -> usize {
        (self.into.len() + self.out.len()) * size_of::<u32>()
            + size_of_val(&*self.hidden)
            + self.singles.bytes()
            + self.symbols.len() * size_of::<SymbolRow>()
            + self.pairs.len() * size_of::<u64>()
            + self.nodes.len() * size_of::<Node>()
            + self.patterns.len() * size_of::<Pattern>()
            + self.code.bytes()
    }
}

/// A node as it is saved: its parts of the tables begin where those of the node before end.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct SavedNode {
    onward: u32,
    fail: State,
    next_out: State,
    /// [`SavedNode::MANY`]: its numbers stand in a table of their own.
    children: u16,
    looked_at: u8,
    kept: u8,
}

impl SavedNode {
    const MANY: u16 = u16::MAX;
}

/// How many there are of what a node has.
#[derive(Clone, Copy, Default, Pod, Zeroable)]
#[repr(C)]
struct Numbers {
    children: u32,
    looked_at: u32,
    kept: u32,
}

/// Nodes as they are read, each in its turn.
struct Nodes<'a> {
    many: std::slice::Iter<'a, Numbers>,
    /// Nodes so far.
    number: u32,
    /// Where the next one's children and proposals begin. Beyond any table they are so in the end.
    children: u64,
    out: u64,
    /// Whether every way out of them comes to an end.
    end: bool,
}

impl Nodes<'_> {
    /// Makes the next nodes.
    fn make(&mut self, saved: &[SavedNode], made: &mut [Node]) {
        // In variables of their own, these stay where the processor has them.
        let (mut number, mut children, mut out, mut end) = (self.number, self.children, self.out, self.end);
        for (saved, node) in saved.iter().zip(made) {
            let numbers = if saved.children == SavedNode::MANY {
                self.many.next().copied().unwrap_or_default()
            } else {
                Numbers {
                    children: saved.children.into(),
                    looked_at: saved.looked_at.into(),
                    kept: saved.kept.into(),
                }
            };
            // A failure leads to what is less deep, which has the smaller number: every chain comes to an end.
            let most = number.max(1);
            end &= (saved.fail < most) & (saved.next_out < most);
            number += 1;
            let kept = out + u64::from(numbers.looked_at);
            let (children_to, out_to) = (
                children + u64::from(numbers.children),
                kept + u64::from(numbers.kept),
            );
            *node = Node {
                onward: saved.onward,
                fail: saved.fail,
                next_out: saved.next_out,
                children: Range {
                    from: children as u32,
                    to: children_to as u32,
                },
                out: Range {
                    from: out as u32,
                    to: out_to as u32,
                },
                kept: kept as u32,
            };
            (children, out) = (children_to, out_to);
        }
        (self.number, self.children, self.out, self.end) = (number, children, out, end);
    }
}

impl Automaton {
    /// Adds the tables to saved bytes.
    pub(crate) fn save(&self, to: &mut Vec<u8>) {
        let mut many = Vec::new();
        let saved = self.nodes.iter().map(|node| {
            let numbers = Numbers {
                children: node.children.to - node.children.from,
                looked_at: node.kept - node.out.from,
                kept: node.out.to - node.kept,
            };
            let few = u16::try_from(numbers.children)
                .ok()
                .filter(|&c| c != SavedNode::MANY);
            let few = few.zip(u8::try_from(numbers.looked_at).ok());
            let few = few.zip(u8::try_from(numbers.kept).ok());
            let ((children, looked_at), kept) = few.unwrap_or_else(|| {
                many.push(numbers);
                ((SavedNode::MANY, 0), 0)
            });
            SavedNode {
                onward: node.onward,
                fail: node.fail,
                next_out: node.next_out,
                children,
                looked_at,
                kept,
            }
        });
        let nodes: Vec<SavedNode> = saved.collect();
        self.code.save(to);
        tables::write(&self.patterns, to);
        tables::write(&self.out, to);
        tables::write(&self.hidden, to);
        tables::write(&self.symbols, to);
        self.singles.save(to);
        tables::write(&self.into, to);
        tables::write(&many, to);
        tables::write(&nodes, to);
        tables::write(&self.pairs, to);
    }

    /// The tables that were saved, and whom they are for; nothing if they do not fit each other, or if a way out of a node comes to no
    /// end.
    pub(crate) fn load(from: &mut Reader<'_>) -> Option<(Automaton, Owners)> {
        // Without a way out on the way, all is looked at faster than it comes from memory.
        let (mut sound, mut owners) = (true, Owners::default());
        let code = Code::load(from)?;
        let patterns = from.rows(|new: &[Pattern]| {
            for pattern in new {
                sound &= code.holds(pattern);
                pattern.name(&mut owners);
            }
        })?;
        let out = from
            .rows(|new: &[Proposal]| sound &= are_below(new.iter().map(|p| p.pattern()), patterns.len()))?;
        let hidden: Vec<Hidden> = from.rows(|_| ())?;
        let mut root = 0;
        let symbols =
            from.rows(|new: &[SymbolRow]| root = new.iter().fold(root, |most, s| most.max(s.root)))?;
        let singles = Singles::load(from, symbols.len(), &mut owners)?;
        let into = from.rows(|new: &[Symbol]| sound &= are_below(new.iter().copied(), symbols.len()))?;
        let many = from.rows(|_| ())?;
        let mut nodes = Nodes {
            many: many.iter(),
            number: 0,
            children: 1,
            out: 0,
            end: true,
        };
        let made = from.made(|saved, made| nodes.make(saved, made))?;
        let pairs = from.rows(|_| ())?;
        let fit = sound
            && nodes.end
            && made.len() + FEW == into.len()
            && nodes.children + hidden.len() as u64 == made.len() as u64
            && are_below(hidden.iter().map(|h| h.node), made.len())
            && nodes.out == out.len() as u64
            && (root as usize) < made.len()
            && pairs.len().is_power_of_two();
        let automaton = Automaton {
            symbols,
            nodes: made,
            into,
            pairs,
            out,
            patterns,
            code,
            hidden,
            singles,
        };
        fit.then_some((automaton, owners))
    }

    /// The symbols it is made of.
    pub(crate) fn symbols(&self) -> usize {
        self.symbols.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of words with many proposals and with few.
    fn automaton() -> Automaton {
        let mut builder = Builder::new(5);
        for number in 0..900 {
            builder.patterns.push(Pattern::default());
            let kept = if number % 3 == 0 {
                Proposal::LATER | Proposal::ENDS
            } else {
                0
            };
            let factor: &[Symbol] = if number % 7 == 0 { &[1, 2, 3] } else { &[2] };
            builder.add(factor, Proposal(number | kept));
        }
        builder.add(&[2, 3], Proposal(1));
        builder.add_hidden(4, Proposal(2));
        let whose = Pattern::default().whose();
        builder.add_single(Single {
            symbol: 3,
            roles: Roles::ALL,
            whose,
        });
        builder.build(&[0.2; 5], &Bits(vec![0, 1, 2, 3, 4]), |_| false)
    }

    fn saved(automaton: &Automaton) -> Vec<u8> {
        let mut bytes = Vec::new();
        automaton.save(&mut bytes);
        bytes
    }

    #[test]
    fn what_is_saved_is_loaded() {
        let automaton = automaton();
        let bytes = saved(&automaton);
        let (loaded, owners) = Automaton::load(&mut Reader::new(&bytes)).expect("saved just now");
        let rows = |a: &Automaton| bytemuck::cast_slice::<Node, u32>(&a.nodes).to_vec();
        assert_eq!(rows(&loaded), rows(&automaton));
        assert!(automaton.nodes.iter().any(|n| n.out.to - n.out.from > 255));
        assert_eq!(saved(&loaded), bytes);
        assert_eq!((owners.entries, owners.modifiers), (1, 0));
    }

    #[test]
    fn what_does_not_fit_is_not_loaded() {
        let changes: [fn(&mut Automaton); 8] = [
            |a| a.nodes[2].fail = 2,
            |a| a.nodes[1].next_out = 1,
            |a| a.nodes[3].out.to += 1,
            |a| a.nodes[0].children.to += 1,
            |a| a.into[1] = 5,
            |a| a.out[4] = Proposal(900),
            |a| a.symbols[1].root = 9,
            |a| a.hidden[0].node = 9,
        ];
        for (number, change) in changes.iter().enumerate() {
            let mut automaton = automaton();
            change(&mut automaton);
            let loaded = Automaton::load(&mut Reader::new(&saved(&automaton)));
            assert!(loaded.is_none(), "{number}");
        }
    }
}
