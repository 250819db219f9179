//! Aho-Corasick over symbols.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::program::{Gate, Program};
use super::{Owner, Symbol, UNKNOWN};

/// A state: the number of a node of the trie.
pub(crate) type State = u32;

/// The state in which nothing has been read.
pub(crate) const ROOT: State = 0;

/// A pattern: the last words of some forms of a phrase, and what it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    pub(crate) owner: Owner,
    /// The form ends with the utterance.
    pub(crate) at_end: bool,
    /// The program that walks the whole phrase; none where the path to the node is the whole form.
    program: u32,
    /// Where it ends.
    pub(crate) node: State,
}

/// No program.
const NONE: u32 = u32::MAX;

/// All patterns in one automaton. Build once, share.
#[derive(Clone, Debug, Default)]
pub(crate) struct Automaton {
    /// Transitions out of the root, by symbol.
    root: Vec<State>,
    edges: HashMap<(State, Symbol), State, FixedState>,
    fail: Vec<State>,
    /// Symbol that leads into each node, and the node it comes from.
    into: Vec<(Symbol, State)>,
    /// The nearest node on the chain of failures that ends a pattern; the root if none does.
    next_out: Vec<State>,
    /// Patterns by the node they end at.
    out: Vec<(u32, u32)>,
    pub(crate) patterns: Vec<Pattern>,
    /// What must hold before a pattern is tried; by pattern.
    gates: Vec<Gate>,
    programs: Vec<Program>,
    /// Patterns that end in a transparent or repeated word, by that word.
    triggers: HashMap<Symbol, Vec<u32>, FixedState>,
}

/// Collects patterns.
pub(crate) struct Builder {
    automaton: Automaton,
    triggered: Vec<(Symbol, u32)>,
}

impl Builder {
    pub(crate) fn new(symbols: usize) -> Self {
        let automaton = Automaton {
            root: vec![ROOT; symbols],
            fail: vec![ROOT],
            into: vec![(UNKNOWN, ROOT)],
            ..Automaton::default()
        };
        Builder {
            automaton,
            triggered: Vec::new(),
        }
    }

    pub(crate) fn patterns(&self) -> usize {
        self.automaton.patterns.len()
    }

    /// Keeps a program.
    pub(crate) fn program(&mut self, program: Program) -> u32 {
        self.automaton.programs.push(program);
        self.automaton.programs.len() as u32 - 1
    }

    /// Adds a pattern that the automaton proposes where `path` ends; with a program, that confirms it.
    pub(crate) fn add(
        &mut self,
        owner: Owner,
        path: &[Symbol],
        program: Option<u32>,
        at_end: bool,
        gate: Gate,
    ) {
        let a = &mut self.automaton;
        a.gates.push(gate);
        let mut node = ROOT;
        for &symbol in path {
            let next = if node == ROOT {
                a.root[symbol as usize]
            } else {
                a.edges.get(&(node, symbol)).copied().unwrap_or(ROOT)
            };
            node = if next != ROOT {
                next
            } else {
                let new = a.fail.len() as State;
                a.fail.push(ROOT);
                a.into.push((symbol, node));
                if node == ROOT {
                    a.root[symbol as usize] = new;
                } else {
                    a.edges.insert((node, symbol), new);
                }
                new
            };
        }
        a.patterns.push(Pattern {
            owner,
            at_end,
            program: program.unwrap_or(NONE),
            node,
        });
    }

    /// Adds a pattern that is tried at each token with the symbol `last`.
    pub(crate) fn add_triggered(
        &mut self,
        owner: Owner,
        last: Symbol,
        program: u32,
        at_end: bool,
        gate: Gate,
    ) {
        self.automaton.gates.push(gate);
        self.triggered.push((last, self.automaton.patterns.len() as u32));
        self.automaton.patterns.push(Pattern {
            owner,
            at_end,
            program,
            node: ROOT,
        });
    }

    /// Links the failures; patterns that end at one node come to lie side by side.
    pub(crate) fn build(self) -> Automaton {
        let mut a = self.automaton;
        let nodes = a.fail.len();
        // By depth: nodes are made parent first, so a stable order by depth is a walk in breadth.
        let mut depth = vec![0u32; nodes];
        for node in 1..nodes {
            depth[node] = depth[a.into[node].1 as usize] + 1;
        }
        let mut order: Vec<State> = (1..nodes as State).collect();
        order.sort_by_key(|&n| depth[n as usize]);
        for &node in &order {
            let (symbol, parent) = a.into[node as usize];
            a.fail[node as usize] = if parent == ROOT {
                ROOT
            } else {
                a.next(a.fail[parent as usize], symbol)
            };
        }
        let mut moved: Vec<u32> = (0..a.patterns.len() as u32).collect();
        moved.sort_by_key(|&p| a.patterns[p as usize].node);
        let mut new_number = vec![0u32; moved.len()];
        for (new, &old) in moved.iter().enumerate() {
            new_number[old as usize] = new as u32;
        }
        a.patterns = moved.iter().map(|&p| a.patterns[p as usize]).collect();
        a.gates = moved.iter().map(|&p| a.gates[p as usize]).collect();
        a.out = vec![(0, 0); nodes];
        for (i, pattern) in a.patterns.iter().enumerate() {
            let out = &mut a.out[pattern.node as usize];
            if out.1 == 0 {
                out.0 = i as u32;
            }
            out.1 = i as u32 + 1;
        }
        // Triggered patterns belong to no node.
        a.out[ROOT as usize] = (0, 0);
        a.next_out = vec![ROOT; nodes];
        for &node in &order {
            let fail = a.fail[node as usize] as usize;
            a.next_out[node as usize] = if a.out[fail].1 > 0 {
                fail as State
            } else {
                a.next_out[fail]
            };
        }
        for (symbol, pattern) in self.triggered {
            a.triggers
                .entry(symbol)
                .or_default()
                .push(new_number[pattern as usize]);
        }
        a
    }
}

impl Automaton {
    /// The state after one more symbol.
    pub(crate) fn next(&self, mut state: State, symbol: Symbol) -> State {
        if symbol == UNKNOWN {
            return ROOT;
        }
        while state != ROOT {
            if let Some(&next) = self.edges.get(&(state, symbol)) {
                return next;
            }
            state = self.fail[state as usize];
        }
        self.root[symbol as usize]
    }

    /// Whether a pattern is worth a walk.
    pub(crate) fn gate(&self, pattern: u32) -> &Gate {
        &self.gates[pattern as usize]
    }

    /// Calls `each` with the patterns that may end in this state.
    pub(crate) fn ending(&self, state: State, mut each: impl FnMut(u32)) {
        let mut node = state;
        while node != ROOT {
            let (from, to) = self.out[node as usize];
            (from..to).for_each(&mut each);
            node = self.next_out[node as usize];
        }
    }

    /// Patterns to try at a token with this symbol.
    pub(crate) fn triggered(&self, symbol: Symbol) -> &[u32] {
        self.triggers.get(&symbol).map_or(&[], Vec::as_slice)
    }

    /// The program of a pattern, if it needs one.
    pub(crate) fn program(&self, pattern: &Pattern) -> Option<&Program> {
        self.programs.get(pattern.program as usize)
    }

    /// The symbol that leads into a node and the node before it.
    pub(crate) fn into(&self, node: State) -> (Symbol, State) {
        self.into[node as usize]
    }

    /// Nodes of the trie.
    pub(crate) fn nodes(&self) -> usize {
        self.fail.len()
    }

    /// Bytes of all tables, as far as they can be counted.
    pub(crate) fn bytes(&self) -> usize {
        use std::mem::size_of;
        self.root.len() * size_of::<State>()
            + self.edges.capacity() * (size_of::<((State, Symbol), State)>() + 1)
            + self.nodes() * (size_of::<State>() * 2 + size_of::<(Symbol, State)>() + size_of::<(u32, u32)>())
            + self.patterns.len() * (size_of::<Pattern>() + size_of::<Gate>())
            + self.programs.iter().map(Program::bytes).sum::<usize>()
    }
}
