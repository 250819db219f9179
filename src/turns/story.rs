//! The customer's opening story, and whether it was heard out.
//!
//! The story is what the customer says from their first turn until an agent says more than a sign of listening; a bare
//! greeting or a word or two before it are not yet the story. It was heard out unless that agent's turn takes the floor from the customer.

use super::history::{Past, Shows};
use super::overlap::Overlap;
use crate::packed::{Bounds, Packed, Parcel, Reader, bits};
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

impl Packed for Story {
    fn pack(&self, out: &mut Parcel) {
        let Story { told, ended } = self;
        let Told {
            first,
            last,
            words,
            cut_by,
        } = told.unwrap_or_default();
        let facts = bits([cut_by.is_some(), told.is_some(), *ended]);
        out.counts([facts, first, last, cut_by.unwrap_or(0)]);
        out.amounts([words]);
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        let ([facts, first, last, cut_by], [words]) = (from.counts(), from.amounts());
        let told = Told {
            first,
            last,
            words,
            cut_by: (facts & 4 != 0).then_some(cut_by),
        };
        *self = Story {
            told: (facts & 2 != 0).then_some(told),
            ended: facts & 1 != 0,
        };
    }
}

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
