//! Aho-Corasick over symbols, in flat tables.

use std::collections::HashMap;

use bytemuck::{Pod, Zeroable};
use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};

use super::program::{Code, Pattern};
use super::{Owner, Symbol, UNKNOWN};
use crate::saved::{are_below, are_places};

/// A state: the number of a node of the trie.
pub(crate) type State = u32;

/// The state in which nothing has been read.
pub(crate) const ROOT: State = 0;

/// What the automaton says where a factor ends: a pattern, and whether it ends here too or is only to be watched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Pod, Zeroable)]
#[repr(transparent)]
pub(crate) struct Proposal(u32);

impl Proposal {
    pub(super) fn new(pattern: u32, ends: bool) -> Self {
        Proposal(pattern << 1 | u32::from(ends))
    }

    pub(crate) fn pattern(self) -> u32 {
        self.0 >> 1
    }

    /// The pattern's occurrence would end with the factor; else it may end with any token from here on.
    pub(crate) fn ends(self) -> bool {
        self.0 & 1 == 1
    }
}

#[derive(Clone, Copy, Debug, Default, Pod, Zeroable)]
#[repr(C)]
struct Node {
    fail: State,
    /// The nearest node on the chain of failures that proposes something; the root if none does.
    next_out: State,
    /// What it proposes itself: a range of [`Automaton::out`].
    from: u32,
    to: u32,
    /// Which symbols lead on, as far as 32 bits tell.
    onward: u32,
}

/// The bit of a symbol in [`Node::onward`].
#[inline]
fn onward(symbol: Symbol) -> u32 {
    1 << (symbol.wrapping_mul(0x9E37_79B1) >> 27)
}

/// All factors in one automaton, and the patterns they propose. Build once, share.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Automaton {
    /// Transitions out of the root, by symbol.
    #[serde(with = "crate::saved::pod")]
    root: Vec<State>,
    #[serde(with = "crate::saved::pod")]
    nodes: Vec<Node>,
    edges: Edges,
    #[serde(with = "crate::saved::pod")]
    out: Vec<Proposal>,
    pub(crate) patterns: Vec<Pattern>,
    pub(crate) code: Code,
    /// Where `hidden` begins for each symbol; one more at the end.
    #[serde(with = "crate::saved::pod")]
    hidden_from: Vec<u32>,
    /// What transparent words propose, by symbol.
    #[serde(with = "crate::saved::pod")]
    hidden: Vec<Proposal>,
}

/// Transitions between other nodes: an open table, a fifth of it empty at least.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Edges {
    #[serde(with = "crate::saved::pod")]
    keys: Vec<[u32; 2]>,
    #[serde(with = "crate::saved::pod")]
    to: Vec<State>,
}

impl Edges {
    fn new(edges: &HashMap<(State, Symbol), State, FixedState>) -> Self {
        let size = (edges.len() * 5 / 4 + 1).next_power_of_two().max(2);
        let mut this = Edges {
            keys: vec![[ROOT, UNKNOWN]; size],
            to: vec![ROOT; size],
        };
        let mut sorted: Vec<_> = edges.iter().collect();
        sorted.sort_unstable();
        for (&key, &to) in sorted {
            let mut slot = this.slot(key);
            while this.to[slot] != ROOT {
                slot = (slot + 1) & (size - 1);
            }
            this.keys[slot] = key.into();
            this.to[slot] = to;
        }
        this
    }

    #[inline]
    fn slot(&self, (state, symbol): (State, Symbol)) -> usize {
        let key = u64::from(state) << 32 | u64::from(symbol);
        let hash = key.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (hash >> 32) as usize & (self.to.len() - 1)
    }

    #[inline]
    fn get(&self, state: State, symbol: Symbol) -> Option<State> {
        let mut slot = self.slot((state, symbol));
        loop {
            let to = self.to[slot];
            if to == ROOT {
                return None;
            }
            if self.keys[slot] == [state, symbol] {
                return Some(to);
            }
            slot = (slot + 1) & (self.to.len() - 1);
        }
    }
}

/// Collects factors and patterns.
pub(crate) struct Builder {
    root: Vec<State>,
    edges: HashMap<(State, Symbol), State, FixedState>,
    /// Symbol that leads into each node, and the node it comes from.
    into: Vec<(Symbol, State)>,
    proposed: Vec<(State, Proposal)>,
    hidden: Vec<(Symbol, Proposal)>,
    pub(super) patterns: Vec<Pattern>,
    pub(super) code: Code,
}

impl Builder {
    pub(crate) fn new(symbols: usize) -> Self {
        Builder {
            root: vec![ROOT; symbols],
            edges: HashMap::default(),
            into: vec![(UNKNOWN, ROOT)],
            proposed: Vec::new(),
            hidden: Vec::new(),
            patterns: Vec::new(),
            code: Code::default(),
        }
    }

    /// How much has been collected.
    pub(crate) fn proposals(&self) -> usize {
        self.proposed.len() + self.hidden.len()
    }

    /// Proposes a pattern where `factor` ends.
    pub(crate) fn add(&mut self, factor: &[Symbol], proposal: Proposal) {
        let mut node = ROOT;
        for &symbol in factor {
            let next = if node == ROOT {
                &mut self.root[symbol as usize]
            } else {
                self.edges.entry((node, symbol)).or_insert(ROOT)
            };
            if *next == ROOT {
                *next = self.into.len() as State;
                self.into.push((symbol, node));
            }
            node = *next;
        }
        self.proposed.push((node, proposal));
    }

    /// Proposes a pattern at each token with a transparent symbol.
    pub(crate) fn add_hidden(&mut self, symbol: Symbol, proposal: Proposal) {
        self.hidden.push((symbol, proposal));
    }

    /// Links the failures; what is proposed at one node comes to lie side by side.
    pub(crate) fn build(mut self) -> Automaton {
        let symbols = self.root.len();
        let mut a = Automaton {
            nodes: vec![Node::default(); self.into.len()],
            edges: Edges::new(&self.edges),
            root: self.root,
            patterns: self.patterns,
            code: self.code,
            ..Automaton::default()
        };
        for &(node, symbol) in self.edges.keys() {
            a.nodes[node as usize].onward |= onward(symbol);
        }
        self.proposed.sort_unstable();
        self.proposed.dedup();
        for (i, &(node, proposal)) in (0..).zip(&self.proposed) {
            let node = &mut a.nodes[node as usize];
            if node.to == 0 {
                node.from = i;
            }
            node.to = i + 1;
            a.out.push(proposal);
        }
        // By depth: nodes are made parent first, so a stable order by depth is a walk in breadth.
        let mut depth = vec![0u32; self.into.len()];
        for (node, &(_, parent)) in self.into.iter().enumerate().skip(1) {
            depth[node] = depth[parent as usize] + 1;
        }
        let mut order: Vec<State> = (1..self.into.len() as State).collect();
        order.sort_by_key(|&n| depth[n as usize]);
        for &node in &order {
            let (symbol, parent) = self.into[node as usize];
            let fail = if parent == ROOT {
                ROOT
            } else {
                a.next(a.nodes[parent as usize].fail, symbol)
            };
            let next_out = a.out_behind(fail);
            let node = &mut a.nodes[node as usize];
            node.fail = fail;
            node.next_out = next_out;
        }
        self.hidden.sort_unstable();
        self.hidden.dedup();
        a.hidden_from = vec![0; symbols + 1];
        for &(symbol, proposal) in &self.hidden {
            a.hidden_from[symbol as usize + 1] += 1;
            a.hidden.push(proposal);
        }
        for i in 0..symbols {
            a.hidden_from[i + 1] += a.hidden_from[i];
        }
        a
    }
}

impl Automaton {
    /// The state after one more symbol.
    #[inline]
    pub(crate) fn next(&self, mut state: State, symbol: Symbol) -> State {
        if symbol == UNKNOWN {
            return ROOT;
        }
        let bit = onward(symbol);
        while state != ROOT {
            let node = &self.nodes[state as usize];
            if node.onward & bit != 0
                && let Some(next) = self.edges.get(state, symbol)
            {
                return next;
            }
            state = node.fail;
        }
        self.root[symbol as usize]
    }

    /// The nearest node that proposes something, from this one on; the root if none does.
    fn out_behind(&self, state: State) -> State {
        let node = &self.nodes[state as usize];
        if node.to > node.from { state } else { node.next_out }
    }

    /// Calls `each` with what is proposed in this state.
    #[inline]
    pub(crate) fn ending(&self, state: State, mut each: impl FnMut(Proposal)) {
        let mut at = state;
        while at != ROOT {
            let node = &self.nodes[at as usize];
            self.out[node.from as usize..node.to as usize]
                .iter()
                .copied()
                .for_each(&mut each);
            at = node.next_out;
        }
    }

    /// What a token with this transparent symbol proposes.
    #[inline]
    pub(crate) fn hidden(&self, symbol: Symbol) -> &[Proposal] {
        let symbol = symbol as usize;
        &self.hidden[self.hidden_from[symbol] as usize..self.hidden_from[symbol + 1] as usize]
    }

    /// Nodes of the trie.
    pub(crate) fn nodes(&self) -> usize {
        self.nodes.len()
    }

    /// What all nodes propose, by pattern.
    pub(crate) fn proposals(&self) -> impl Iterator<Item = u32> + '_ {
        self.out.iter().chain(&self.hidden).map(|p| p.pattern())
    }

    /// Bytes of all tables.
    pub(crate) fn bytes(&self) -> usize {
        (self.root.len() + self.out.len() + self.hidden_from.len() + self.hidden.len()) * size_of::<u32>()
            + self.edges.to.len() * (size_of::<(State, Symbol)>() + size_of::<State>())
            + self.nodes.len() * size_of::<Node>()
            + self.patterns.len() * size_of::<Pattern>()
            + self.code.bytes()
    }
}

impl Automaton {
    /// Whether tables that were saved name nothing that is not there, and every way out of a node comes to an end.
    pub(crate) fn is_sound(&self, symbols: usize, owned: impl Fn(Owner) -> bool) -> bool {
        let states = self.root.iter().chain(&self.edges.to).copied();
        let links = self.nodes.iter().map(|n| n.fail.max(n.next_out));
        let proposed = self.out.iter().chain(&self.hidden).map(|p| p.pattern());
        let ranges = self.nodes.iter().map(|n| n.from.max(n.to)).chain([0]);
        self.root.len() == symbols
            && are_below(states.chain(links), self.nodes.len())
            && are_below(proposed, self.patterns.len())
            && are_below(ranges, self.out.len() + 1)
            && self.nodes.iter().all(|n| n.from <= n.to)
            && self.edges.is_sound()
            && come_to_an_end(self.nodes.len(), |n| self.nodes[n].fail)
            && self.nodes.first().is_some_and(|root| root.next_out == ROOT)
            && self
                .nodes
                .iter()
                .skip(1)
                .all(|n| n.next_out == self.out_behind(n.fail))
            && self.hidden_from.len() == symbols + 1
            && are_places(&self.hidden_from, self.hidden.len())
            && self.code.is_sound()
            && self.patterns.iter().all(|p| owned(p.owner) && self.code.holds(p))
    }
}

impl Edges {
    fn is_sound(&self) -> bool {
        self.to.len().is_power_of_two() && self.keys.len() == self.to.len() && self.to.contains(&ROOT)
    }
}

/// Whether following the links from any node comes to the root.
fn come_to_an_end(nodes: usize, link: impl Fn(usize) -> State) -> bool {
    let mut known = vec![false; nodes];
    let mut way = Vec::new();
    for from in 1..nodes {
        let mut at = from;
        while at != ROOT as usize && !known[at] && way.len() < nodes {
            way.push(at);
            at = link(at) as usize;
        }
        if way.len() == nodes {
            return false;
        }
        way.drain(..).for_each(|n| known[n] = true);
    }
    nodes > 0
}
