//! What a call tells as it happens.

use std::sync::Arc;

use crate::compiled::Compiled;
use crate::event::{Event, NoticeEvent, NoticeKind, PracticeEvent, SignalEvent, SilenceEvent, State};
use crate::fixed::Score;
use crate::practices::Mark;
use crate::report::PracticeState;
use crate::turns::talk::Gap;
use crate::turns::verdicts::{Decided, Verdict};
use crate::utterance::Id;

/// Where events go, if anybody listens.
pub(crate) struct Out<'a>(pub(crate) Option<&'a mut Vec<Event>>);

impl Out<'_> {
    pub(super) fn send(&mut self, event: impl FnOnce() -> Event) {
        if let Some(events) = &mut self.0 {
            events.push(event());
        }
    }

    pub(crate) fn notice(&mut self, notice: NoticeKind, utterance: &Id, speaker: Option<&Id>) {
        self.send(|| {
            Event::Notice(NoticeEvent {
                notice,
                utterance: utterance.share(),
                speaker: speaker.map(Id::share),
            })
        });
    }
}

/// A time of the call's own count as one of its transcript.
pub(super) fn absolute(at: Option<i64>, origin: Option<i64>) -> Option<i64> {
    at.map(|at| at.saturating_add(origin.unwrap_or(0)))
}

/// A time in which nobody speaks.
pub(super) fn silence_event(state: State, gap: Gap, hold: bool, origin: Option<i64>) -> Event {
    Event::Silence(SilenceEvent {
        state,
        from_ms: gap.from.saturating_add(origin.unwrap_or(0)),
        ms: gap.ms,
        hold,
    })
}

/// A mark for or against a practice.
pub(super) fn practice_event(compiled: &Compiled, mark: Mark, at_ms: Option<i64>) -> Event {
    let number = usize::from(mark.practice);
    Event::Practice(PracticeEvent {
        practice: Arc::clone(&compiled.practice_names[number]),
        state: if mark.good {
            PracticeState::Met
        } else {
            PracticeState::Missed
        },
        turn: mark.arrival,
        at_ms,
        hint: (!mark.good).then(|| Arc::clone(&compiled.practice_hints[number])),
    })
}

/// Tells what has come of a signal in a turn, if anything was told or is to be.
pub(super) fn tell(compiled: &Compiled, origin: Option<i64>, decided: Decided<'_>, out: &mut Out<'_>) {
    let fired = decided.verdict.is_some_and(|v| v.outcome.fired);
    let state = match (fired, decided.turn.announced.contains(&decided.signal)) {
        (true, _) => State::Confirmed,
        (false, true) => State::Retracted,
        (false, false) => return,
    };
    let turn = decided.turn;
    out.send(|| {
        signal_event(
            compiled,
            decided.signal,
            state,
            &turn.utterance,
            absolute(decided.at_ms, origin),
            decided.verdict,
            |span| turn.quote(span),
        )
    });
}

/// What a signal shows; its quote is cut out of a text by `quote`.
pub(super) fn signal_event<'a>(
    compiled: &Compiled,
    signal: u16,
    state: State,
    utterance: &Id,
    at_ms: Option<i64>,
    verdict: Option<&Verdict>,
    quote: impl Fn((u32, u32)) -> Option<&'a str>,
) -> Event {
    let header = &compiled.lexicon.signals[usize::from(signal)];
    let strongest = verdict.and_then(|v| v.strongest);
    let own_hint = strongest.and_then(|e| compiled.lexicon.entries[e.entry as usize].hint.as_ref());
    let quote = strongest.and_then(|e| quote(e.span));
    Event::Signal(SignalEvent {
        signal: Arc::clone(&compiled.signal_names[usize::from(signal)]),
        state,
        utterance: utterance.share(),
        at_ms,
        score: verdict.map_or(Score::logistic(header.bias.0.into()), |v| v.outcome.score()),
        quote: quote.map(str::to_owned),
        hint: Arc::clone(own_hint.unwrap_or(&compiled.hints[usize::from(signal)])),
    })
}
