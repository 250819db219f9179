//! The states of the automaton in which a text may be.

use crate::matcher::Symbol;
use crate::matcher::automaton::{Automaton, State};

/// With fillers of several words taken and left out, so many states at most are live.
const TRACKS: usize = 8;

/// The live states of the automaton: one, and after a filler of several words one more for the text without it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tracks {
    pub(super) states: [State; TRACKS],
    pub(super) len: u8,
}

impl Tracks {
    pub(super) fn start() -> Self {
        Tracks {
            len: 1,
            ..Tracks::default()
        }
    }

    pub(super) fn as_slice(&self) -> &[State] {
        &self.states[..usize::from(self.len)]
    }

    pub(super) fn add(&mut self, state: State) {
        if usize::from(self.len) < TRACKS && !self.as_slice().contains(&state) {
            self.states[usize::from(self.len)] = state;
            self.len += 1;
        }
    }

    /// Takes over the states of others: almost always there is one.
    #[inline]
    pub(super) fn set(&mut self, from: &Tracks) {
        if from.len == 1 {
            self.states[0] = from.states[0];
            self.len = 1;
        } else {
            *self = *from;
        }
    }

    #[inline]
    pub(super) fn step(&mut self, automaton: &Automaton, symbol: Symbol) {
        if self.len == 1 {
            self.states[0] = automaton.next(self.states[0], symbol);
            return;
        }
        let mut out = Tracks::default();
        for &state in self.as_slice() {
            out.add(automaton.next(state, symbol));
        }
        *self = out;
    }
}
