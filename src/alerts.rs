//! Alerts: which confirmed signals a supervisor is told of. They see events and change nothing.

use std::sync::Arc;

use crate::compiled::Compiled;
use crate::event::AlertEvent;
use crate::fixed::Score;
use crate::packed::{Bounds, Packed, Parcel, Reader, bits, halves, of_halves, packed};
use crate::turns::verdicts::{ClosedTurn, Verdict};
use crate::utterance::Id;

/// What is remembered of the signals that have an alert policy and fired.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alerts {
    states: Vec<AlertState>,
    deferred: Vec<Deferred>,
}

#[derive(Clone, Copy, Debug, Default)]
struct AlertState {
    /// When the last one was given, if that is known.
    last_ms: Option<i64>,
    given: u32,
    signal: u16,
    armed: bool,
}

/// An alert that waits.
#[derive(Clone, Debug, Default)]
struct Deferred {
    signal: u16,
    due_ms: i64,
    utterance: Id,
    at_ms: Option<i64>,
    score: Score,
}

impl Deferred {
    fn alert(&self, compiled: &Compiled) -> AlertEvent {
        let signal = usize::from(self.signal);
        AlertEvent {
            signal: Arc::clone(&compiled.signal_names[signal]),
            utterance: self.utterance.share(),
            at_ms: self.at_ms,
            score: self.score,
            title: Arc::clone(&compiled.titles[signal]),
            hint: Arc::clone(&compiled.hints[signal]),
        }
    }
}

impl Packed for Alerts {
    fn pack(&self, out: &mut Parcel) {
        let Alerts { states, deferred } = self;
        out.counts([states.len() as u32, deferred.len() as u32]);
        for own in states {
            let AlertState {
                last_ms,
                given,
                signal,
                armed,
            } = *own;
            let [low, high] = halves(last_ms.unwrap_or(0));
            let facts = given << 2 | bits([last_ms.is_some(), armed]);
            // No call that counts from its beginning is so long that there is an upper half.
            out.counts([signal.into(), facts, high]);
            out.times([low]);
        }
        deferred.iter().for_each(|own| own.pack(out));
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        let Alerts { states, deferred } = self;
        let [len, waiting] = from.counts();
        states.clear();
        for [signal, facts, high] in from.all_of(len) {
            let [low] = from.times();
            states.push(AlertState {
                last_ms: (facts & 2 != 0).then(|| of_halves([low, *high])),
                given: facts >> 2,
                signal: *signal as u16,
                armed: facts & 1 != 0,
            });
        }
        deferred.clear();
        for _ in 0..from.most(waiting) {
            let mut own = Deferred::default();
            own.unpack(from);
            deferred.push(own);
        }
    }
}

packed!(Deferred {
    signal,
    due_ms,
    utterance,
    at_ms,
    score,
});

impl Alerts {
    /// Whether no signal that has a policy has fired yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    /// Whether they name no signal that is not there.
    pub(crate) fn is_sound(&self, bounds: &Bounds) -> bool {
        let deferred = self.deferred.iter().map(|d| d.signal);
        let mut signals = self.states.iter().map(|s| s.signal).chain(deferred);
        signals.all(|signal| bounds.is_signal(signal))
    }

    /// Takes a turn that is decided, its verdicts in the order of signals.
    pub(crate) fn turn(
        &mut self,
        compiled: &Compiled,
        turn: &ClosedTurn,
        verdicts: &[Verdict],
        at_ms: Option<i64>,
        mut give: impl FnMut(AlertEvent),
    ) {
        self.release(compiled, at_ms, &mut give);
        let name = |v: &Verdict| &compiled.lexicon.signals[usize::from(v.signal)].id;
        let fired = |signal: &String| verdicts.iter().any(|v| v.outcome.fired && name(v) == signal);
        self.deferred.retain(|d| {
            let policy = compiled.lexicon.signals[usize::from(d.signal)].alert.as_ref();
            !policy.is_some_and(|p| p.cancelled_by.iter().any(fired))
        });
        for state in self.states.iter_mut().filter(|state| !state.armed) {
            let header = &compiled.lexicon.signals[usize::from(state.signal)];
            let Some(below) = header.alert.as_ref().and_then(|p| p.rearm_below) else {
                continue;
            };
            if header.speaker.is_some() && header.speaker != turn.past.role {
                continue;
            }
            let verdict = verdicts.iter().find(|v| v.signal == state.signal);
            let logit = verdict.map_or(header.bias.0, |v| v.outcome.logit);
            state.armed = Score::logistic(logit.into()) < below;
        }
        for verdict in verdicts.iter().filter(|v| v.outcome.fired) {
            let header = &compiled.lexicon.signals[usize::from(verdict.signal)];
            let Some(policy) = &header.alert else { continue };
            let index = self
                .states
                .iter()
                .position(|s| s.signal == verdict.signal)
                .unwrap_or_else(|| {
                    self.states.reserve_exact(1);
                    self.states.push(AlertState {
                        signal: verdict.signal,
                        given: 0,
                        last_ms: None,
                        armed: true,
                    });
                    self.states.len() - 1
                });
            let state = &mut self.states[index];
            let cooling = state
                .last_ms
                .zip(at_ms)
                .is_some_and(|(last, at)| at < last.saturating_add(policy.cooldown_ms));
            if !state.armed || cooling || policy.most_per_call.is_some_and(|most| state.given >= most) {
                continue;
            }
            state.given = state.given.saturating_add(1);
            state.last_ms = at_ms;
            state.armed = policy.rearm_below.is_none();
            let alert = Deferred {
                signal: verdict.signal,
                due_ms: at_ms.unwrap_or_default().saturating_add(policy.defer_ms),
                utterance: turn.utterance.clone(),
                at_ms,
                score: verdict.outcome.score(),
            };
            if policy.defer_ms > 0 && at_ms.is_some() {
                self.deferred.push(alert);
            } else {
                give(alert.alert(compiled));
            }
        }
    }

    /// Gives the alerts that have waited long enough.
    pub(crate) fn release(
        &mut self,
        compiled: &Compiled,
        now_ms: Option<i64>,
        mut give: impl FnMut(AlertEvent),
    ) {
        let Some(now) = now_ms else { return };
        self.deferred.sort_by_key(|d| d.due_ms);
        while self.deferred.first().is_some_and(|d| d.due_ms < now) {
            give(self.deferred.remove(0).alert(compiled));
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.states.capacity() * size_of::<AlertState>() + self.deferred.capacity() * size_of::<Deferred>()
    }
}
