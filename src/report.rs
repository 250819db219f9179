//! The report of a call: plain figures, each with its evidence.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::evidence::Evidence;
use crate::fixed::Score;
use crate::transcript::{Meta, Role};

/// Why a figure is null.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// Not all turns have both their times.
    NoTimes,
    /// The session kept only what later events need.
    NotRetained,
    /// Nobody whose role is customer has spoken.
    NoCustomer,
}

/// Where a course goes: the last third of the call against the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Trend {
    /// Up.
    Rising,
    /// Down.
    Falling,
    /// Neither.
    Flat,
}

/// The report of a call.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CallReport {
    /// The call's id, if it has one.
    pub id: Option<String>,
    /// Language, version and hash of the lexicon.
    pub lexicon: Arc<str>,
    /// The turns, ordered by start, then arrival; none if they were not retained.
    pub turns: Option<Vec<TurnReport>>,
    /// The figures of the whole call.
    pub call: CallFigures,
    /// What the call is filed under, as it was given.
    pub meta: Option<Meta>,
}

/// One turn.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TurnReport {
    /// Place in the call, from 0.
    pub index: u32,
    /// Speaker id, if it is known.
    pub speaker: Option<Arc<str>>,
    /// The speaker's role, if it is known.
    pub role: Option<Role>,
    /// Start in milliseconds of the transcript.
    pub start_ms: Option<i64>,
    /// End in milliseconds of the transcript.
    pub end_ms: Option<i64>,
    /// Valence, −1 to 1; 0 when nothing is said about it.
    pub sentiment: Score,
    /// Scores of the signals with a contribution, by id.
    #[serde(serialize_with = "as_map")]
    pub scores: Vec<(Arc<str>, Score)>,
    /// The signals that fired, by id.
    pub signals: Vec<Arc<str>>,
    /// What the scores and the sentiment are the sums of, in the order of the text.
    pub evidence: Vec<Evidence>,
}

impl TurnReport {
    /// Whether a signal fired in this turn.
    pub fn fired(&self, signal: &str) -> bool {
        self.signals.iter().any(|s| **s == *signal)
    }

    /// The evidence of a signal.
    pub fn evidence_of<'a>(&'a self, signal: &'a str) -> impl Iterator<Item = &'a Evidence> {
        self.evidence.iter().filter(move |e| *e.signal == *signal)
    }
}

/// The figures of a call.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CallFigures {
    /// How many turns there were.
    pub turns: u32,
    /// Sentiment by speaker: role, else speaker id.
    pub sentiment: BTreeMap<Arc<str>, Sentiment>,
    /// The customer's anger as a course.
    pub anger: Anger,
    /// Who interrupted whom.
    pub interruptions: Interruptions,
    /// How much and how fast each spoke.
    pub talk: TalkFigures,
    /// What fired, by signal.
    pub signals: BTreeMap<Arc<str>, SignalFigure>,
    /// Why figures are null, by their path.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub not_measured: BTreeMap<&'static str, Reason>,
}

/// The sentiment of one speaker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Sentiment {
    /// Mean over the speaker's turns.
    pub overall: Score,
    /// Mean by quarter of the call; null for a quarter without a turn of the speaker.
    pub quarters: Option<[Option<Score>; 4]>,
    /// Last third against first.
    pub trend: Option<Trend>,
}

/// The customer's level of anger, 0 to 1, after each of the customer's turns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Anger {
    /// Mean level.
    pub mean: Option<Score>,
    /// Highest level.
    pub peak: Option<Score>,
    /// Turn of the highest level; null when no turn is angry.
    pub peak_turn: Option<u32>,
    /// Level after the customer's first turn.
    pub start: Option<Score>,
    /// Level after the customer's last turn.
    pub end: Option<Score>,
    /// Last third against first.
    pub trend: Option<Trend>,
    /// Turn and the level after it.
    pub levels: Option<Vec<(u32, Score)>>,
}

/// Interruptions: turns in which the signal `interruption` fired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Interruptions {
    /// By agents.
    pub by_agent: Option<u32>,
    /// By customers.
    pub by_customer: Option<u32>,
    /// The turns.
    pub turns: Option<Vec<u32>>,
}

/// How a call was talked.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TalkFigures {
    /// By speaker: role, else speaker id.
    pub speakers: BTreeMap<Arc<str>, SpeakerFigures>,
    /// Times in which nobody spoke, from the length that `call.toml` says.
    pub silence: Option<Silence>,
}

/// How one speaker talked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SpeakerFigures {
    /// Turns.
    pub turns: u32,
    /// Words, fillers included.
    pub words: u32,
    /// Share of all words, 0 to 1.
    pub word_share: Score,
    /// Fillers, stutters and words cut off, per 100 words.
    pub disfluencies_per_100_words: f64,
    /// Milliseconds of the speaker's turns together.
    pub talk_ms: Option<i64>,
    /// Share of the time of all turns, 0 to 1.
    pub talk_share: Option<Score>,
    /// Words a minute of own turns.
    pub words_per_minute: Option<f64>,
    /// The longest time without another's turn, in milliseconds.
    pub longest_monologue_ms: Option<i64>,
    /// Mean time from another's end to this speaker's start, overlaps left out, in milliseconds.
    pub response_latency_ms: Option<i64>,
}

/// Mutual silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Silence {
    /// How often.
    pub count: u32,
    /// Together, in milliseconds.
    pub total_ms: i64,
    /// The longest, in milliseconds.
    pub longest_ms: i64,
}

/// How often a signal fired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SignalFigure {
    /// Turns in which it fired.
    pub count: u32,
    /// Which.
    pub turns: Option<Vec<u32>>,
}

fn as_map<S: Serializer>(pairs: &[(Arc<str>, Score)], s: S) -> Result<S::Ok, S::Error> {
    let mut map = s.serialize_map(Some(pairs.len()))?;
    for (key, value) in pairs {
        map.serialize_entry(&**key, value)?;
    }
    map.end()
}
