//! The customer's opening story, and whether it was heard out.
//!
//! The story is what the customer says from their first turn until an agent says more than a sign of listening; a bare
//! greeting or a word or two before it are not yet the story. It was heard out unless that agent's turn takes the floor from the customer.

use super::history::{Past, Shows};
use super::overlap::Overlap;
use crate::packed::{Bounds, packed};
use crate::transcript::Role;

/// Fewer words than this are no story yet.
const LEAST_WORDS: u32 = 8;

/// The opening story as it goes on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Story {
    told: Option<Told>,
    ended: bool,
}

/// A story: its turns by arrival, its words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) words: u32,
    /// The turn that cut it off.
    pub(crate) cut_by: Option<u32>,
}

packed!(Story { told, ended });
packed!(Told {
    counts: first, last;
    amounts: words;
} with {
    cut_by
});

impl Story {
    pub(crate) fn take(&mut self, turn: &Past, overlap: Option<&Overlap>) {
        if self.ended || turn.words == 0 {
            return;
        }
        let words = u32::from(turn.words);
        match (turn.role, &mut self.told) {
            (Some(Role::Customer), None) => {
                self.told = Some(Told {
                    first: turn.arrival,
                    last: turn.arrival,
                    words,
                    cut_by: None,
                });
            }
            (Some(Role::Customer), Some(told)) => {
                told.last = turn.arrival;
                told.words = told.words.saturating_add(words);
            }
            (Some(Role::Agent), Some(told)) if !turn.shows.has(Shows::BACKCHANNEL) => {
                let cuts = overlap.is_some_and(|o| o.kind.interrupts() && o.with == told.last);
                if told.cut_by.is_none() && cuts {
                    told.cut_by = Some(turn.arrival);
                }
                // A story that was cut off after a few words goes on when they begin again.
                if told.words >= LEAST_WORDS {
                    self.ended = true;
                } else if told.cut_by.is_none() {
                    self.told = None;
                }
            }
            _ => {}
        }
    }

    /// Whether it names no turn that has not come.
    pub(crate) fn is_sound(&self, bounds: &Bounds) -> bool {
        let told = self.told.iter();
        let turns = |t: &Told| [t.first, t.last, t.cut_by.unwrap_or(t.first)];
        told.flat_map(turns).all(|turn| bounds.is_turn(turn))
    }

    /// The story, if there is one.
    pub(crate) fn told(&self) -> Option<Told> {
        self.told.filter(|t| t.words >= LEAST_WORDS)
    }
}
