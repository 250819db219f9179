//! Practices as they come about: marks for and against, turn by turn, by the rules of `practices.toml`.
//!
//! Decided turns come in the order of their arrival; what is kept is a few numbers for each practice, so live and finished calls agree and memory is
//! bounded. Score = good / (good + bad + missing), where `missing` is what was needed and did not come; 1 where there was an opportunity and
//! nothing went wrong.

use smallvec::SmallVec;

use crate::compiled::Compiled;
use crate::fixed::Score;
use crate::lexicon::{Clause, Figure, FigureAtLeast, Practice, Step};
use crate::packed::{Bounds, Packed, Parcel, Reader, packed};
use crate::report::PracticeState;
use crate::transcript::Role;
use crate::turns::detect::signal_bit;
use crate::turns::verdicts::Verdict;

/// A mark that a turn gives a practice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    /// Those that something has happened to, in their order.
    states: Vec<Standing>,
    /// What waits for an answer, in the order of practices.
    waiting: Vec<Waiting>,
}

/// One practice so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Standing {
    good: u16,
    bad: u16,
    practice: u8,
    /// Turns that count towards an opportunity, as far as one asks for so many.
    seen: u8,
    /// There is an opportunity that nothing has closed.
    open: bool,
}

/// A turn that a practice wants answered.
#[derive(Clone, Copy, Debug, Default)]
struct Waiting {
    /// By arrival.
    asked: u32,
    practice: u8,
    /// The other side's turns since.
    passed: u8,
}

packed!(Mark {
    counts: practice,
    good,
    arrival
});

impl Packed for Practices {
    fn pack(&self, out: &mut Parcel) {
        let Practices { states, waiting } = self;
        let few = states.iter().all(Standing::is_few);
        out.counts([states.len() as u32, few.into(), waiting.len() as u32]);
        out.each_amount(states.iter().map(Standing::in_short));
        if !few {
            states.iter().for_each(|own| own.pack_counts(out));
        }
        let waits = |w: &Waiting| out.counts([w.asked, w.practice.into(), w.passed.into()]);
        waiting.iter().for_each(waits);
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        let Practices { states, waiting } = self;
        let [len, few, waits] = from.counts();
        states.clear();
        states.extend(
            from.all_amounts(len as usize)
                .iter()
                .map(|own| Standing::of_short(*own)),
        );
        if few == 0 {
            states.iter_mut().for_each(|own| own.unpack_counts(from));
        }
        waiting.clear();
        waiting.extend(
            from.all_of::<3>(waits)
                .iter()
                .map(|[asked, practice, passed]| Waiting {
                    asked: *asked,
                    practice: *practice as u8,
                    passed: *passed as u8,
                }),
        );
    }
}

/// Mostly two bytes: which practice, and its counts while they are small; two more for what is above that.
impl Standing {
    fn is_few(&self) -> bool {
        (self.good | self.bad) < 1 << 11 && self.seen < 8
    }

    fn in_short(&self) -> u32 {
        let [good, bad, seen] = [self.good, self.bad, self.seen.into()].map(u32::from);
        let low = (good & 7) << 13 | (bad & 7) << 10 | (seen & 7) << 7;
        let high = (good >> 3 & 0xff) << 24 | (bad >> 3 & 0xff) << 16;
        high | low | u32::from(self.open) << 6 | u32::from(self.practice)
    }

    fn of_short(own: u32) -> Self {
        let part = |from: u32, bits: u32| own >> from & ((1 << bits) - 1);
        Standing {
            good: (part(24, 8) << 3 | part(13, 3)) as u16,
            bad: (part(16, 8) << 3 | part(10, 3)) as u16,
            practice: part(0, 6) as u8,
            seen: part(7, 3) as u8,
            open: part(6, 1) != 0,
        }
    }

    #[cold]
    fn pack_counts(&self, out: &mut Parcel) {
        out.counts([self.good, self.bad, self.seen.into()].map(u32::from));
    }

    #[cold]
    fn unpack_counts(&mut self, from: &mut Reader<'_>) {
        let [good, bad, seen] = from.counts();
        (self.good, self.bad, self.seen) = (good as u16, bad as u16, seen as u8);
    }
}

/// For each signal the practices whose rules name it, a bit each.
pub(crate) fn by_signal(practices: &[Practice], signals: usize) -> Vec<u64> {
    let mut out = vec![0; signals];
    for (number, practice) in practices.iter().enumerate() {
        let counted = practice.opportunity.iter().filter_map(|c| match c {
            Clause::Turns { what, .. } => Some(what),
            Clause::Figure(_) => None,
        });
        let marks = practice
            .closed_by
            .iter()
            .chain(&practice.good)
            .chain(&practice.bad);
        let answers = practice.answer.iter().flat_map(|a| [&a.to, &a.with]);
        for signal in counted
            .chain(marks)
            .chain(answers)
            .flat_map(|step| step.any.iter())
        {
            out[usize::from(signal)] |= 1 << number;
        }
    }
    out
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
        // All others stay as they are.
        let mut concerned = self.waiting.iter().fold(0, |all, w| all | 1 << w.practice);
        let mut signals: SmallVec<[u16; 16]> = SmallVec::new();
        let mut shown = 0;
        for verdict in verdicts.iter().filter(|v| v.outcome.fired) {
            concerned |= compiled.practices_of[usize::from(verdict.signal)];
            shown |= signal_bit(verdict.signal);
            signals.push(verdict.signal);
        }
        let is_fired = |signal: u16| shown & signal_bit(signal) != 0 && signals.contains(&signal);
        let fired = |step: &Step| (step.by.is_none() || step.by == role) && step.any.iter().any(is_fired);
        while concerned != 0 {
            let number = concerned.trailing_zeros() as u8;
            concerned &= concerned - 1;
            let practice = &practices[usize::from(number)];
            let mut state = self.standing(number);
            let before = state;
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
            let mut most = 0;
            for clause in &practice.opportunity {
                let Clause::Turns { what, at_least } = clause else {
                    continue;
                };
                most = most.max(*at_least);
                if fired(what) {
                    state.seen = state.seen.saturating_add(1);
                    state.open |= u32::from(state.seen) >= *at_least;
                }
            }
            state.seen = state.seen.min(u8::try_from(most).unwrap_or(u8::MAX));
            if practice.bad.as_ref().is_some_and(fired) {
                mark(&mut state, false, arrival);
            }
            let good = practice.good.as_ref().is_some_and(fired);
            if good {
                mark(&mut state, true, arrival);
            }
            let Some(answer) = &practice.answer else {
                self.set(before, state);
                continue;
            };
            let place = self.waiting.binary_search_by_key(&number, |w| w.practice);
            let mut waits = place.is_ok();
            if let Ok(place) = place {
                let waiting = &mut self.waiting[place];
                if fired(&answer.with) {
                    waits = false;
                    if !good {
                        mark(&mut state, true, arrival);
                    }
                } else if answer.with.by.is_none() || role == answer.with.by {
                    waiting.passed = waiting.passed.saturating_add(1);
                    waits = waiting.passed < answer.within_turns;
                    if !waits {
                        mark(&mut state, false, waiting.asked);
                    }
                }
                if !waits {
                    self.waiting.remove(place);
                }
            }
            self.set(before, state);
            // What is answered in the same breath waits for nothing.
            if !waits && fired(&answer.to) && !fired(&answer.with) {
                let place = self.waiting.partition_point(|w| w.practice < number);
                if self.waiting.len() == self.waiting.capacity() {
                    self.waiting.reserve_exact(1);
                }
                self.waiting.insert(
                    place,
                    Waiting {
                        asked: arrival,
                        practice: number,
                        passed: 0,
                    },
                );
            }
        }
    }

    /// Whether they name no practice that is not there.
    pub(crate) fn is_sound(&self, bounds: &Bounds) -> bool {
        let waiting = self.waiting.iter().map(|w| w.practice);
        let mut all = self.states.iter().map(|s| s.practice).chain(waiting);
        all.all(|practice| bounds.is_practice(practice))
    }

    fn standing(&self, practice: u8) -> Standing {
        let own = self.states.iter().find(|s| s.practice == practice);
        own.copied().unwrap_or(Standing {
            practice,
            ..Standing::default()
        })
    }

    fn set(&mut self, before: Standing, state: Standing) {
        if state == before {
            return;
        }
        match self.states.binary_search_by_key(&state.practice, |s| s.practice) {
            Ok(place) => self.states[place] = state,
            Err(place) => {
                if self.states.len() == self.states.capacity() {
                    self.states.reserve_exact(4);
                }
                self.states.insert(place, state);
            }
        }
    }

    /// The call is over: what still waits for an answer and had the chance of one did not get it.
    pub(crate) fn finish(&mut self, mut marked: impl FnMut(Mark)) {
        for waiting in std::mem::take(&mut self.waiting) {
            if waiting.passed > 0 {
                let before = self.standing(waiting.practice);
                let mut state = before;
                state.mark(false);
                self.set(before, state);
                marked(Mark {
                    practice: waiting.practice,
                    good: false,
                    arrival: waiting.asked,
                });
            }
        }
    }

    /// How a practice came out.
    pub(crate) fn outcome(&self, number: usize, practice: &Practice, figures: Figures<'_>) -> Outcome {
        let state = self.standing(number as u8);
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
        self.states.capacity() * size_of::<Standing>() + self.waiting.capacity() * size_of::<Waiting>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packed::again;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_come_back_whether_few_or_many(
            own in prop::collection::vec((0u16..9, 0u16..9, 0u8..64, 0u8..9, any::<bool>()), 0..20), many: bool, most: u16,
        ) {
            let mut own = own.into_iter().map(|(good, bad, practice, seen, open)| Standing { good, bad, practice, seen, open });
            let mut states: Vec<Standing> = own.by_ref().collect();
            if let Some(last) = states.last_mut().filter(|_| many) {
                (last.good, last.bad, last.seen) = (most, most / 2, most as u8);
            }
            let waiting = vec![Waiting { asked: most.into(), practice: 3, passed: 2 }];
            let own = Practices { states, waiting };
            let again = again(&own, Practices { states: vec![Standing::default()], ..Practices::default() });
            prop_assert_eq!(format!("{own:?}"), format!("{again:?}"));
        }
    }
}
