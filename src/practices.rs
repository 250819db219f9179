//! Practices as they come about: marks for and against, turn by turn, by the rules of `practices.toml`.
//!
//! Decided turns come in the order of their arrival; what is kept is a few numbers for each practice, so live and finished calls agree and memory is
//! bounded. Score = good / (good + bad + missing), where `missing` is what was needed and did not come; 1 where there was an opportunity and
//! nothing went wrong.

use crate::compiled::Compiled;
use crate::fixed::Score;
use crate::lexicon::{Clause, Figure, FigureAtLeast, Practice, Step};
use crate::report::PracticeState;
use crate::transcript::Role;
use crate::turns::verdicts::Verdict;

/// A mark that a turn gives a practice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Its place among the practices of the lexicon.
    pub(crate) practice: u8,
    pub(crate) good: bool,
    /// The turn it is about, by arrival.
    pub(crate) arrival: u32,
}

/// All practices of a call as far as it has gone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Practices {
    states: Vec<Standing>,
}

/// One practice so far.
#[derive(Clone, Copy, Debug, Default)]
struct Standing {
    good: u16,
    bad: u16,
    /// Turns that count towards an opportunity.
    seen: u8,
    /// There is an opportunity that nothing has closed.
    open: bool,
    /// What waits for an answer, by arrival, if `waits`; and the other side's turns since.
    asked: u32,
    passed: u8,
    waits: bool,
}

impl Standing {
    fn mark(&mut self, good: bool) {
        let count = if good { &mut self.good } else { &mut self.bad };
        *count = count.saturating_add(1);
    }
}

/// How a practice came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) state: PracticeState,
    /// None without an opportunity.
    pub(crate) score: Option<Score>,
    pub(crate) good: u32,
    pub(crate) bad: u32,
    pub(crate) missing: u32,
}

/// What the figures of the call are, as far as they can be told.
pub(crate) type Figures<'a> = &'a dyn Fn(Figure) -> Option<f64>;

impl Practices {
    /// Takes a decided turn; `marked` is told of each mark as it is given.
    pub(crate) fn turn(
        &mut self,
        compiled: &Compiled,
        arrival: u32,
        role: Option<Role>,
        verdicts: &[Verdict],
        mut marked: impl FnMut(Mark),
    ) {
        let practices = &compiled.lexicon.practices;
        if self.states.len() < practices.len() {
            self.states = vec![Standing::default(); practices.len()];
        }
        let fired = |step: &Step| {
            (step.by.is_none() || step.by == role)
                && verdicts
                    .iter()
                    .any(|v| v.outcome.fired && step.any.iter().any(|s| s == v.signal))
        };
        for ((number, practice), state) in (0u8..).zip(practices).zip(&mut self.states) {
            let mut mark = |state: &mut Standing, good: bool, arrival: u32| {
                state.mark(good);
                marked(Mark {
                    practice: number,
                    good,
                    arrival,
                });
            };
            if practice.closed_by.as_ref().is_some_and(fired) {
                state.open = false;
            }
            for clause in &practice.opportunity {
                if let Clause::Turns { what, at_least } = clause
                    && fired(what)
                {
                    state.seen = state.seen.saturating_add(1);
                    state.open |= u32::from(state.seen) >= *at_least;
                }
            }
            if practice.bad.as_ref().is_some_and(fired) {
                mark(state, false, arrival);
            }
            let good = practice.good.as_ref().is_some_and(fired);
            if good {
                mark(state, true, arrival);
            }
            let Some(answer) = &practice.answer else { continue };
            if state.waits {
                if fired(&answer.with) {
                    state.waits = false;
                    if !good {
                        mark(state, true, arrival);
                    }
                } else if answer.with.by.is_none() || role == answer.with.by {
                    state.passed += 1;
                    state.waits = state.passed < answer.within_turns;
                    if !state.waits {
                        let asked = state.asked;
                        mark(state, false, asked);
                    }
                }
            }
            // What is answered in the same breath waits for nothing.
            if !state.waits && fired(&answer.to) && !fired(&answer.with) {
                (state.waits, state.asked, state.passed) = (true, arrival, 0);
            }
        }
    }

    /// The call is over: what still waits for an answer and had the chance of one did not get it.
    pub(crate) fn finish(&mut self, mut marked: impl FnMut(Mark)) {
        for (practice, state) in (0u8..).zip(&mut self.states) {
            if std::mem::take(&mut state.waits) && state.passed > 0 {
                state.mark(false);
                marked(Mark {
                    practice,
                    good: false,
                    arrival: state.asked,
                });
            }
        }
    }

    /// How a practice came out.
    pub(crate) fn outcome(&self, number: usize, practice: &Practice, figures: Figures<'_>) -> Outcome {
        let state = self.states.get(number).copied().unwrap_or_default();
        let reached = |f: &FigureAtLeast| figures(f.figure).map(|value| value >= f.at_least);
        let by_figures = practice
            .opportunity
            .iter()
            .any(|c| matches!(c, Clause::Figure(f) if reached(f) == Some(true)));
        let open = practice.opportunity.is_empty() || state.open || by_figures;
        let (mut good, mut bad) = (u32::from(state.good), u32::from(state.bad));
        if open {
            for figure in &practice.figures {
                match reached(figure) {
                    Some(true) => good += 1,
                    Some(false) => bad += 1,
                    None => {}
                }
            }
        }
        let bad = bad.saturating_sub(practice.allows);
        let measured = practice.figures.is_empty() || good + bad > 0;
        if !(open && measured) && good + bad == 0 {
            return Outcome {
                state: PracticeState::NoOpportunity,
                score: None,
                good,
                bad,
                missing: 0,
            };
        }
        let missing = if open {
            practice.needs.saturating_sub(good)
        } else {
            0
        };
        let all = good + bad + missing;
        let score = if all == 0 {
            Score::ONE
        } else {
            Score::nearest(f64::from(good) / f64::from(all))
        };
        let state = if score >= practice.met_from {
            PracticeState::Met
        } else {
            PracticeState::Missed
        };
        Outcome {
            state,
            score: Some(score),
            good,
            bad,
            missing,
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.states.capacity() * size_of::<Standing>()
    }
}
