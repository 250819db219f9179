//! A lexicon as it is meant: files laid over each other, names resolved, phrases expanded.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::detectors::Detector;
use super::expression::Expression;
use super::phrase::{List, Phrase};
use super::practices::Practice;
use super::rest::Rest;
use super::words::WordList;
use crate::error::{Error, ErrorKind, Place, Problem, did_you_mean};
use crate::fixed::Milli;
use crate::names::Names;
use crate::signal::Signal;
use crate::text::TextRules;

/// The most signals of one lexicon.
pub(crate) const MAX_SIGNALS: usize = 1024;
/// The most modifiers of one lexicon.
pub(crate) const MAX_MODIFIERS: usize = 64;
/// How many turns back conditions can see, and how many ahead of a time bound.
pub(crate) const HISTORY_TURNS: usize = 16;
/// The furthest look ahead in turns.
pub(crate) const MAX_AHEAD_TURNS: u8 = 3;
/// The furthest look ahead in milliseconds.
pub(crate) const MAX_AHEAD_MS: u32 = 60_000;

/// Before the phrase in the id of an entry that was learned.
pub(crate) const TERM: &str = "term:";

/// Everything that is looked for, loaded and checked.
///
/// ```
/// let lexicon = hackles::Lexicon::builtin();
/// assert!(lexicon.signals().iter().any(|s| s.id == "refusal"));
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Lexicon {
    pub(crate) name: String,
    /// In the order of their ids.
    #[serde(with = "crate::saved::signals")]
    pub(crate) signals: Vec<Signal>,
    /// Facts about signals that only the engine needs, by signal.
    pub(crate) traits: Vec<SignalTraits>,
    /// By signal, then id.
    #[serde(with = "crate::saved::entries")]
    pub(crate) entries: Vec<Entry>,
    /// The files it was read from: name and text.
    #[serde(skip)]
    pub(crate) files: Vec<(Arc<str>, Arc<str>)>,
    pub(crate) shared: Shared,
    pub(crate) call: CallRules,
    pub(crate) practices: Vec<Practice>,
    #[serde(skip)]
    pub(crate) examples: Vec<Example>,
    /// Signals such that each comes after those its conditions name.
    pub(crate) order: Vec<u16>,
    /// Of a saved lexicon: what was left out of it.
    #[serde(skip)]
    pub(crate) rest: Option<Arc<Rest>>,
}

impl Lexicon {
    /// The built-in set for spoken English.
    ///
    /// # Panics
    /// Never: a test loads the files this library was built with.
    pub fn builtin() -> Lexicon {
        Lexicon::builder()
            .builtin()
            .build()
            .unwrap_or_else(|e| panic!("the built-in lexicons do not load:\n{e}"))
    }

    /// Begins an empty set, to lay files over each other.
    pub fn builder() -> super::LexiconBuilder {
        super::LexiconBuilder::default()
    }

    /// Language, version and a hash of all files: what reports name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The signals in the order of their ids.
    pub fn signals(&self) -> &[Signal] {
        &self.signals
    }

    /// The signal with this id.
    ///
    /// # Errors
    /// An unknown id is an error that names the nearest one.
    pub fn signal(&self, id: &str) -> Result<&Signal, Error> {
        match self.signals.binary_search_by(|s| s.id.as_str().cmp(id)) {
            Ok(i) => Ok(&self.signals[i]),
            Err(_) => Err(unknown_signal(
                id,
                self.signals.iter().map(|s| s.id.as_str()),
                None,
            )),
        }
    }

    /// The number of entries.
    pub fn entries(&self) -> usize {
        self.entries.len()
    }

    /// The id of an entry that was learned from texts, by the number that reports without a text have for it (`term:#1234`).
    pub fn learned(&self, number: u32) -> Option<&str> {
        let entry = self.whole().entries.get(number as usize)?;
        Some(entry.id.as_str()).filter(|id| id.starts_with(TERM))
    }

    /// The number of plain phrases all entries expand to.
    pub fn phrases(&self) -> usize {
        self.whole()
            .entries
            .iter()
            .flat_map(|e| &e.phrases)
            .fold(0, |n, p| n.saturating_add(p.count()))
    }
}

/// What the engine knows of a signal beside its header.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct SignalTraits {
    /// Entries of this signal in [`Lexicon::entries`].
    pub(crate) entries: std::ops::Range<u32>,
    /// The first of the entries that need no phrase.
    #[serde(skip)]
    pub(crate) detector: Option<Detector>,
    /// How far its conditions look ahead, those of the signals it depends on included.
    pub(crate) ahead_turns: u8,
    pub(crate) ahead_ms: u32,
    /// Has entries over several turns, which may count where no word was hit.
    pub(crate) over_turns: bool,
    /// Has entries that count beside others.
    pub(crate) beside: bool,
    /// Others ask whether it fired.
    pub(crate) watched: bool,
    /// None of the signals it asks about looks ahead itself.
    pub(crate) direct: bool,
}

/// One entry.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entry {
    pub(crate) signal: u16,
    pub(crate) weight: Milli,
    pub(crate) additive: bool,
    pub(crate) flips: bool,
    /// Its weight was learned.
    pub(crate) fitted: bool,
    /// Learned, and does not silence a signal that fires by written entries alone.
    pub(crate) yields: bool,
    /// Modifiers that do not apply, a bit each.
    pub(crate) ignore: u64,
    /// What more there is to it; of a saved lexicon's entries most have nothing more, and some have the same.
    pub(crate) more: Option<Arc<Particulars>>,
}

impl Deref for Entry {
    type Target = Particulars;

    fn deref(&self) -> &Particulars {
        static NOTHING: Particulars = Particulars::NOTHING;
        self.more.as_deref().unwrap_or(&NOTHING)
    }
}

impl DerefMut for Entry {
    fn deref_mut(&mut self) -> &mut Particulars {
        Arc::make_mut(self.more.get_or_insert_default())
    }
}

/// What an entry may have beside a weight.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Particulars {
    #[serde(skip)]
    pub(crate) id: String,
    #[serde(skip)]
    pub(crate) phrases: Vec<Phrase>,
    pub(crate) regex: Option<Expression>,
    #[serde(skip)]
    pub(crate) needs: Vec<Phrase>,
    #[serde(skip)]
    pub(crate) not_in: Vec<Phrase>,
    pub(crate) near: Option<Near>,
    pub(crate) first_ms: Option<i64>,
    pub(crate) after_ms: Option<i64>,
    pub(crate) unless: Vec<Condition>,
    pub(crate) only_if: Vec<Condition>,
    pub(crate) over: Option<OverTurns>,
    /// Advice where it is the strongest evidence, instead of the signal's.
    pub(crate) hint: Option<Arc<str>>,
    #[serde(skip)]
    pub(crate) note: Option<String>,
    /// Its weight is not to be learned.
    #[serde(skip)]
    #[cfg_attr(not(feature = "workbench"), expect(dead_code))]
    pub(crate) fixed: bool,
    /// The file it stands in, and where.
    #[serde(skip)]
    pub(crate) file: u16,
    #[serde(skip)]
    pub(crate) at: u32,
}

impl Particulars {
    const NOTHING: Particulars = Particulars {
        id: String::new(),
        phrases: Vec::new(),
        regex: None,
        needs: Vec::new(),
        not_in: Vec::new(),
        near: None,
        first_ms: None,
        after_ms: None,
        unless: Vec::new(),
        only_if: Vec::new(),
        over: None,
        hint: None,
        note: None,
        fixed: false,
        file: 0,
        at: 0,
    };

    /// Whether there is something of what is saved.
    pub(crate) fn are_saved(&self) -> bool {
        self.regex.is_some()
            || self.near.is_some()
            || self.first_ms.is_some()
            || self.after_ms.is_some()
            || !self.unless.is_empty()
            || !self.only_if.is_empty()
            || self.over.is_some()
            || self.hint.is_some()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Side {
    Before,
    After,
    Either,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Near {
    #[serde(skip)]
    pub(crate) phrases: Vec<Phrase>,
    pub(crate) words: u8,
    pub(crate) side: Side,
}

/// The most signals a condition may name.
pub(crate) const MAX_ANY: usize = 8;

/// Signals any of which is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AnyOf {
    signals: [u16; MAX_ANY],
    len: u8,
}

impl AnyOf {
    /// Nothing if there are none or too many.
    pub(crate) fn new(named: &[u16]) -> Option<AnyOf> {
        let mut signals = [0; MAX_ANY];
        signals.get_mut(..named.len())?.copy_from_slice(named);
        (!named.is_empty()).then_some(AnyOf {
            signals,
            len: named.len() as u8,
        })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        self.signals[..usize::from(self.len)].iter().copied()
    }
}

/// Whether one of some signals fired, somewhere around a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Condition {
    pub(crate) what: Step,
    pub(crate) within: Within,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Within {
    Turn,
    Previous,
    TurnsBefore(u8),
    TurnsAfter(u8),
    MsBefore(u32),
    MsAfter(u32),
    /// In an earlier turn, from the customer's first turn on.
    Call,
}

/// A bound in turns or in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Bound {
    Turns(u8),
    Ms(u32),
    /// No bound but the call.
    Call,
}

/// One of some signals fired, by a role or by anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Step {
    pub(crate) any: AnyOf,
    pub(crate) by: Option<crate::transcript::Role>,
}

/// What an entry without phrases waits for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum OverTurns {
    Sequence {
        steps: Vec<Step>,
        bound: Bound,
    },
    Absent {
        /// Nothing: that anybody speaks.
        what: Option<Step>,
        after: Step,
        bound: Bound,
    },
    Count {
        what: Step,
        at_least: u8,
        bound: Bound,
    },
    /// Counts beside other evidence of its signal, where its conditions hold.
    Beside,
}

/// What all signals share.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Shared {
    pub(crate) rules: TextRules,
    #[serde(skip)]
    pub(crate) spellings: BTreeMap<String, String>,
    #[serde(skip)]
    pub(crate) contractions: BTreeMap<String, Vec<String>>,
    /// After the apostrophe, longest first.
    #[serde(skip)]
    pub(crate) endings: Vec<(String, String)>,
    #[serde(skip)]
    pub(crate) fillers: Vec<String>,
    #[serde(skip)]
    pub(crate) soft: Vec<String>,
    #[serde(skip)]
    pub(crate) sequences: Vec<Vec<String>>,
    #[serde(skip)]
    pub(crate) masked: Vec<String>,
    #[serde(skip)]
    pub(crate) numbers: Vec<String>,
    #[serde(skip)]
    pub(crate) times: Vec<String>,
    #[serde(skip)]
    pub(crate) moneys: Vec<String>,
    #[serde(skip)]
    pub(crate) names: Vec<String>,
    #[serde(skip)]
    pub(crate) lists: Vec<List>,
    pub(crate) modifiers: Vec<Modifier>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ModifierKind {
    Scope,
    Contrast,
    Question,
    Capitals,
    Exclamation,
}

/// What changes the weight of what stands near it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Modifier {
    pub(crate) id: String,
    pub(crate) kind: ModifierKind,
    #[serde(skip)]
    pub(crate) cues: Vec<Phrase>,
    #[serde(skip)]
    pub(crate) except: Vec<Phrase>,
    #[serde(skip)]
    pub(crate) stops: Vec<Phrase>,
    pub(crate) side: Side,
    pub(crate) words: u8,
    pub(crate) factor: Milli,
    pub(crate) factor_after: Milli,
    pub(crate) flip: Option<Milli>,
    pub(crate) falloff: Milli,
}

/// How the figures of a call are made: `call.toml`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct CallRules {
    pub(crate) half_life_words: f64,
    /// A turn fades the level by at least so many words.
    pub(crate) least_words: u32,
    /// What negative sentiment of a turn adds, and positive takes away.
    pub(crate) negative_sentiment: Milli,
    pub(crate) positive_sentiment: Milli,
    /// What learned terms contribute counts for so much in the level.
    pub(crate) learned: Milli,
    /// The weight of the level at the end within that of the last third.
    pub(crate) end_share: f64,
    pub(crate) scale: f64,
    pub(crate) most: Milli,
    /// Gain by signal, for those that have one.
    pub(crate) gains: Vec<(u16, Milli)>,
    pub(crate) bands: Vec<(String, f64)>,
    pub(crate) hysteresis: f64,
    pub(crate) anger_trend: f64,
    /// The least difference of mean levels at which a course counts as turned.
    pub(crate) turned: f64,
    pub(crate) sentiment_trend: f64,
    pub(crate) silence_ms: i64,
    /// Signals that announce a silence: it is a hold then.
    pub(crate) holds: Vec<u16>,
    pub(crate) words: WordRules,
    /// Number words.
    pub(crate) numbers: WordList,
    pub(crate) names: NameRules,
    pub(crate) promises: PromiseRules,
    pub(crate) language: LanguageRules,
}

impl CallRules {
    /// All lists of words.
    pub(crate) fn lists(&mut self) -> [&mut WordList; 7] {
        let (names, promises) = (&mut self.names, &mut self.promises);
        [
            &mut self.numbers,
            &mut names.closings,
            &mut names.titles,
            &mut names.not,
            &mut promises.times,
            &mut promises.joins,
            &mut promises.at,
        ]
    }
}

/// The signals that figures of agents' language count.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct LanguageRules {
    pub(crate) jargon: Option<u16>,
    pub(crate) name: Option<u16>,
    pub(crate) formal: Option<u16>,
}

/// What promises are made of.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct PromiseRules {
    pub(crate) made: Vec<u16>,
    /// These only where they name a time.
    pub(crate) made_with_time: Vec<u16>,
    pub(crate) broken: Vec<u16>,
    /// Words of time.
    pub(crate) times: WordList,
    /// Words that join them.
    pub(crate) joins: WordList,
    /// Words behind which a number is a time.
    pub(crate) at: WordList,
}

impl PromiseRules {
    /// Whether promises are read from this signal's words.
    pub(crate) fn asks(&self, signal: u16) -> bool {
        [&self.made, &self.made_with_time, &self.broken]
            .iter()
            .any(|list| list.contains(&signal))
    }
}

/// The most categories of function words.
pub(crate) const MAX_CATEGORIES: usize = 12;

/// How the names of customers are learned. Phrases are plain words.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct NameRules {
    /// A name follows.
    #[serde(skip)]
    pub(crate) introductions: Vec<Vec<String>>,
    /// A name may follow.
    #[serde(skip)]
    pub(crate) openings: Vec<Vec<String>>,
    /// Behind a name after an opening.
    pub(crate) closings: WordList,
    /// The agent asks for it.
    #[serde(skip)]
    pub(crate) asking: Vec<Vec<String>>,
    pub(crate) titles: WordList,
    /// No names: function words, and these.
    pub(crate) not: WordList,
    /// Known given names, in order.
    pub(crate) given: Names,
}

impl NameRules {
    /// The phrases around which names are learned.
    pub(crate) fn phrases(&self) -> impl Iterator<Item = &Vec<String>> {
        let lists = [&self.introductions, &self.openings, &self.asking];
        lists.into_iter().flatten()
    }
}

/// How words of different turns are compared.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct WordRules {
    /// The categories of function words, by id.
    pub(crate) categories: Vec<String>,
    /// Function words with the place of their category.
    #[serde(skip)]
    pub(crate) function: HashMap<String, u8>,
    /// Words that compare equal to another.
    #[serde(skip)]
    pub(crate) same: HashMap<String, String>,
    /// Words that mean the speaker together with the other, and the speaker alone.
    #[serde(skip)]
    pub(crate) we: HashSet<String>,
    #[serde(skip)]
    pub(crate) me: HashSet<String>,
}

impl WordRules {
    /// The category of a function word; a contraction has that of its first part.
    pub(crate) fn category(&self, word: &str) -> Option<u8> {
        let first = || self.function.get(word.split_once('\'')?.0);
        self.function.get(word).or_else(first).copied()
    }

    /// Whether a word in normal form means the speaker with the other (true) or alone (false).
    pub(crate) fn whose(&self, word: &str) -> Option<bool> {
        let first = word.split_once('\'').map_or(word, |w| w.0);
        let is_in = |list: &HashSet<String>| list.contains(word) || list.contains(first);
        if is_in(&self.we) {
            Some(true)
        } else {
            is_in(&self.me).then_some(false)
        }
    }

    /// The word that stands for this one in comparisons.
    pub(crate) fn canonical<'a>(&'a self, word: &'a str) -> &'a str {
        self.same.get(word).map_or(word, String::as_str)
    }
}

/// A test inside a lexicon file.
#[derive(Clone, Debug)]
pub(crate) struct Example {
    pub(crate) file: Arc<str>,
    pub(crate) source: Arc<str>,
    /// Where its line stands in the source.
    pub(crate) offset: usize,
    pub(crate) signal: u16,
    /// All turns; which one is meant.
    pub(crate) turns: Vec<crate::transcript::Turn>,
    pub(crate) at: usize,
    /// That it must fire, and the words it must quote; nothing if it must stay silent.
    pub(crate) fires: Option<Vec<String>>,
    pub(crate) entry: Option<u32>,
}

impl Example {
    pub(crate) fn place(&self) -> Place {
        Place::at(&self.file, &self.source, self.offset)
    }
}

fn unknown_signal<'a>(id: &str, ids: impl IntoIterator<Item = &'a str>, place: Option<Place>) -> Error {
    let message = format!("unknown signal \"{id}\"{}", did_you_mean(id, ids));
    Error::new(vec![Problem {
        kind: ErrorKind::UnknownName,
        place,
        message,
    }])
}
