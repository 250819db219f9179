//! What a live session tells as it happens.

use std::sync::Arc;

use serde::Serialize;

use crate::fixed::Score;
use crate::report::PracticeState;

/// Whether an event may still be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It may still change: the utterance is open, or a later turn may cancel it.
    Provisional,
    /// It holds and stands in the report.
    Confirmed,
    /// A provisional event that does not hold.
    Retracted,
}

/// Something that happened in a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[non_exhaustive]
pub enum Event {
    /// A signal fires, or no longer does.
    Signal(SignalEvent),
    /// The customer's level of anger has come into another band.
    Anger(AngerEvent),
    /// A practice was met or missed in a turn.
    Practice(PracticeEvent),
    /// Nobody speaks.
    Silence(SilenceEvent),
    /// A supervisor should look: a confirmed signal whose policy allows an alert.
    Alert(AlertEvent),
    /// Something odd in the input. Nothing is lost but what it names.
    Notice(NoticeEvent),
}

impl Event {
    /// Leaves out what was said: the quote. See [`privacy`](crate::privacy).
    pub fn leave_out_text(&mut self) {
        if let Event::Signal(signal) = self {
            signal.quote = None;
        }
    }
}

crate::debug_unsaid! {
    SignalEvent { signal, state, utterance, at_ms, score, hint } without { quote }
}

/// A signal that fires in an utterance.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SignalEvent {
    /// The signal.
    pub signal: Arc<str>,
    /// Whether it may still change.
    pub state: State,
    /// The utterance it fires in.
    pub utterance: Arc<str>,
    /// End of the utterance as far as it is known, or the deadline that has passed.
    pub at_ms: Option<i64>,
    /// Its score; the prior where a retracted signal has no evidence left.
    pub score: Score,
    /// The words of the strongest evidence, if it is of words.
    pub quote: Option<String>,
    /// What to do.
    pub hint: Arc<str>,
}

/// A change of the customer's level of anger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AngerEvent {
    /// The band, as `call.toml` names it.
    pub band: Arc<str>,
    /// The level, 0 to 1.
    pub level: Score,
    /// The turn after which it holds.
    pub utterance: Arc<str>,
    /// End of that turn.
    pub at_ms: Option<i64>,
}

/// A mark for or against a practice, as the report counts it (unless the practice forgives it).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PracticeEvent {
    /// The practice.
    pub practice: Arc<str>,
    /// Met or missed in this turn.
    pub state: PracticeState,
    /// Turn it is about, by arrival: 0 is the first utterance of the call.
    pub turn: u32,
    /// End of the turn that settled it.
    pub at_ms: Option<i64>,
    /// What to do; where it was missed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<Arc<str>>,
}

/// A time in which nobody speaks, from the length that `call.toml` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SilenceEvent {
    /// Provisional while it lasts; confirmed when somebody speaks; retracted if somebody was speaking after all.
    pub state: State,
    /// Since when.
    pub from_ms: i64,
    /// How long, as far as it is known.
    pub ms: i64,
    /// An agent had announced it.
    pub hold: bool,
}

/// An alert on a signal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AlertEvent {
    /// The signal.
    pub signal: Arc<str>,
    /// The utterance it fired in.
    pub utterance: Arc<str>,
    /// When it fired.
    pub at_ms: Option<i64>,
    /// Its score.
    pub score: Score,
    /// The signal's title.
    pub title: Arc<str>,
    /// What to do.
    pub hint: Arc<str>,
}

/// What is odd about the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NoticeKind {
    /// A chunk for an utterance that was closed; it was ignored.
    ClosedUtterance,
    /// An utterance ended without any text.
    EmptyText,
    /// Text beyond the longest utterance; the rest of it is left out.
    OverlongText,
    /// An utterance ends before it starts; its end is taken as unknown.
    EndBeforeStart,
    /// The speaker's role is not known: only signals of anybody are scored.
    UnknownRole,
    /// Too many utterances are open: the oldest was closed as it stood.
    TooManyOpen,
    /// More speakers than can be told apart.
    TooManySpeakers,
    /// The id of an utterance or a speaker is cut off.
    OverlongId,
    /// More turns than are retained: the report will lack what needs them all.
    RetainedLimit,
}

/// Something odd in the input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NoticeEvent {
    /// What it is.
    pub notice: NoticeKind,
    /// The utterance.
    pub utterance: Arc<str>,
    /// The speaker, where it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker: Option<Arc<str>>,
}
