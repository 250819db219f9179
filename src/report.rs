//! The report of a call: plain figures, each with its evidence.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::analyzer::Analyzer;
use crate::compiled::Compiled;
use crate::evidence::Evidence;
use crate::fixed::{Milli, Score};
use crate::ledger::TurnView;
use crate::lexicon::TERM;
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
    /// The call was too long for its turns to be retained.
    RetainedLimit,
    /// Nobody whose role is customer has spoken.
    NoCustomer,
    /// Agent or customer has said too little.
    TooFewWords,
}

/// How a practice came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PracticeState {
    /// Done.
    Met,
    /// Not done, though there was an opportunity.
    Missed,
    /// Nothing called for it.
    NoOpportunity,
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

impl Trend {
    /// As it stands in reports: `rising`, `falling` or `flat`.
    pub fn as_str(self) -> &'static str {
        match self {
            Trend::Rising => "rising",
            Trend::Falling => "falling",
            Trend::Flat => "flat",
        }
    }
}

/// The report of a call.
#[derive(Clone, PartialEq, Serialize)]
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

impl CallReport {
    /// Leaves out what was said: quotes, what was promised and by when, and the words by which learned entries are named, which become their numbers
    /// in the lexicon of `analyzer`, which must be the one the report was made with. See [`privacy`](crate::privacy).
    pub fn leave_out_text(&mut self, analyzer: &Analyzer) {
        let pieces = self.turns.iter_mut().flatten().flat_map(|t| &mut t.evidence);
        for piece in pieces {
            piece.quote = None;
            if piece.entry.starts_with(TERM) {
                piece.entry = analyzer.0.numbered(&piece.signal, &piece.entry);
            }
        }
        self.call.leave_out_text();
    }
}

/// A report as it is written where it is made: as JSON it is what [`CallReport`] is, and nothing of the turns has been copied. See
/// [`Analyzer::score_as`].
#[derive(Serialize)]
pub struct ReportView<'a> {
    pub(crate) id: Option<String>,
    pub(crate) lexicon: &'a Arc<str>,
    pub(crate) turns: Option<Vec<TurnView<'a>>>,
    pub(crate) call: CallFigures,
    pub(crate) meta: Option<Meta>,
}

impl ReportView<'_> {
    /// The figures of the call.
    pub fn figures(&self) -> &CallFigures {
        &self.call
    }

    /// The report by itself.
    pub fn into_report(self) -> CallReport {
        let turns = |turns: Vec<TurnView<'_>>| turns.into_iter().map(TurnView::own).collect();
        CallReport {
            id: self.id,
            lexicon: Arc::clone(self.lexicon),
            turns: self.turns.map(turns),
            call: self.call,
            meta: self.meta,
        }
    }

    /// Leaves out what was said, as [`CallReport::leave_out_text`] does.
    pub(crate) fn leave_out_text(&mut self, compiled: &Compiled) {
        let turns = self.turns.iter_mut().flatten();
        turns.for_each(|turn| turn.leave_out_text(compiled));
        self.call.leave_out_text();
    }
}

impl fmt::Debug for ReportView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReportView")
            .field("lexicon", self.lexicon)
            .field("call", &self.call)
            .finish_non_exhaustive()
    }
}

crate::debug_unsaid! {
    CallReport { id, lexicon, turns, call } without { meta }
    PromiseFigure { turn, signal, broken, start, end } without { quote, when }
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
    /// How it starts inside another's turn, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlap: Option<TurnOverlap>,
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

/// What an overlap is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OverlapKind {
    /// Only signs of listening.
    Backchannel,
    /// The other was done, or nearly.
    Terminal,
    /// Finishes or answers what the other is still saying.
    Completion,
    /// Asks back in a few words.
    Clarification,
    /// Takes the floor.
    Competitive,
}

impl OverlapKind {
    /// Whether it takes the floor from the other: the kinds that `interruption` fires for.
    pub fn interrupts(self) -> bool {
        self >= OverlapKind::Completion
    }

    /// All kinds, in their order.
    pub const ALL: [OverlapKind; 5] = [
        OverlapKind::Backchannel,
        OverlapKind::Terminal,
        OverlapKind::Completion,
        OverlapKind::Clarification,
        OverlapKind::Competitive,
    ];
}

/// A turn that starts inside another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TurnOverlap {
    /// Its kind.
    pub kind: OverlapKind,
    /// The other's turn.
    pub with: u32,
    /// How long both speak, in milliseconds.
    pub ms: i64,
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
    /// Turns that start inside another's, by kind.
    pub overlaps: Option<BTreeMap<OverlapKind, OverlapFigure>>,
    /// How much and how fast each spoke.
    pub talk: TalkFigures,
    /// How the agents put things.
    pub language: Language,
    /// The customer's opening story.
    pub story: Option<StoryFigure>,
    /// What fired, by signal.
    pub signals: BTreeMap<Arc<str>, SignalFigure>,
    /// Met, missed or without opportunity, in the order of `practices.toml`.
    pub practices: Vec<PracticeFigure>,
    /// What was promised, and what the customer says was not kept; at most the last 16.
    pub promises: Option<Vec<PromiseFigure>>,
    /// The score of the call: the weighted mean of its practices.
    pub score: CallScore,
    /// Why figures are null, by their path.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub not_measured: BTreeMap<&'static str, Reason>,
}

impl CallFigures {
    fn leave_out_text(&mut self) {
        for promise in self.promises.iter_mut().flatten() {
            (promise.quote, promise.when) = (None, None);
        }
    }
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
    /// Where the course turned, if it did.
    pub turned: Option<TurningPoint>,
}

/// The moment a call turned: the customer's turn from which on the level differs most from before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TurningPoint {
    /// The first customer turn of the new level.
    pub turn: u32,
    /// Up or down.
    pub direction: Trend,
    /// Mean level before it, and from it on.
    pub before: Score,
    /// Mean level from it on.
    pub after: Score,
    /// The agent's turn just before it.
    pub agent_turn: Option<u32>,
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

/// Overlaps of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OverlapFigure {
    /// Turns of agents.
    pub by_agent: u32,
    /// Turns of customers.
    pub by_customer: u32,
    /// Turns of others.
    pub by_others: u32,
    /// Milliseconds in which two spoke, together.
    pub total_ms: i64,
}

/// How agents put things, and how near they come to the customer's way.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Language {
    /// Turns in which `jargon` fired, per 100 words of agents.
    pub jargon_per_100_words: Option<f64>,
    /// Turns that use the customer's name.
    pub name_uses: u32,
    /// Turns that say sir or ma'am.
    pub formal_addresses: u32,
    /// "We" words of agents, of all their "we" and "me" words, 0 to 1.
    pub we_share: Option<Score>,
    /// How alike agent and customer use function words, 0 to 1 (Gonzales, Hancock and Pennebaker 2010).
    pub style_match: Option<Score>,
    /// How alike their paces are: 1 − |a − b| / (a + b) of their words a minute.
    pub pace_match: Option<Score>,
}

/// The customer's opening story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StoryFigure {
    /// Its words.
    pub words: u32,
    /// Whether no agent took the floor before its end; null without times.
    pub heard_out: Option<bool>,
    /// Its first turn.
    pub first_turn: Option<u32>,
    /// Its last turn.
    pub last_turn: Option<u32>,
    /// The agent's turn that cut it off.
    pub cut_by: Option<u32>,
}

/// How a practice came out, and by what.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PracticeFigure {
    /// The practice.
    pub id: Arc<str>,
    /// Met, missed or no opportunity.
    pub state: PracticeState,
    /// `good / (good + bad + missing)`; 1 if nothing was needed and nothing went wrong; null without opportunity.
    pub score: Option<Score>,
    /// Marks for it.
    pub good: u32,
    /// Marks against it that are not forgiven.
    pub bad: u32,
    /// Marks that were needed and did not come.
    pub missing: u32,
    /// The turns that gave the marks of its state: for it where it was met, against it where it was missed.
    pub turns: Option<Vec<u32>>,
    /// What to do; where it was missed, or where the practice is advice for the agent's own sake.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<Arc<str>>,
}

/// A promise of an agent, or one that the customer says was not kept.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PromiseFigure {
    /// The turn.
    pub turn: u32,
    /// The signal that shows it.
    pub signal: Arc<str>,
    /// The customer says that it was not kept; else an agent makes it.
    pub broken: bool,
    /// Bytes of the words that show it, in the turn's text.
    pub start: u32,
    /// Behind its last byte.
    pub end: u32,
    /// The words.
    pub quote: Option<String>,
    /// By when, in the words of the turn.
    pub when: Option<String>,
}

/// The score of a call: `value` is the mean of the scores of `parts`, each by its weight.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CallScore {
    /// 0 to 1; null if no practice had an opportunity.
    pub value: Option<Score>,
    /// The practices with a weight that had an opportunity.
    pub parts: Vec<ScorePart>,
}

/// A part of the score of a call.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ScorePart {
    /// The practice.
    pub practice: Arc<str>,
    /// Its weight.
    pub weight: Milli,
    /// Its score.
    pub score: Score,
}

/// How a call was talked.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TalkFigures {
    /// By speaker: role, else speaker id.
    pub speakers: BTreeMap<Arc<str>, SpeakerFigures>,
    /// Times in which nobody spoke, from the length that `call.toml` says; holds apart.
    pub silence: Option<Silence>,
    /// Such times that an agent had announced.
    pub holds: Option<Silence>,
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
    /// Mean time from another's end to this speaker's start, overlaps and holds left out, in milliseconds.
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

pub(crate) fn as_map<S: Serializer, N: Serialize>(pairs: &[(N, Score)], s: S) -> Result<S::Ok, S::Error> {
    let mut map = s.serialize_map(Some(pairs.len()))?;
    for (key, value) in pairs {
        map.serialize_entry(key, value)?;
    }
    map.end()
}
