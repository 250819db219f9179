//! A lexicon with its automaton: what everything that reads calls shares.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use crate::context::{EntryRule, Rules, watch_mask};
use crate::error::{Error, ErrorKind, Problem};
use crate::fixed::Milli;
use crate::lexicon::{AnyOf, Bound, Detector, Lexicon, MAX_MODIFIERS, OverTurns, OverlapRules, TERM};
use crate::matcher::{self, Automaton, Owners, Tables, Vocabulary, Whole};
use crate::names::{Names, SharedNames};
use crate::practices;
use crate::transcript::Role;
use crate::turns::history::Counted;
use crate::turns::words::CallWords;

/// The most signals that conditions may name.
const MAX_WATCHED: usize = 64;
/// The signal whose sum is the sentiment.
pub(crate) const SENTIMENT: &str = "sentiment";

/// A lexicon with its automaton.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Compiled {
    pub(crate) lexicon: Lexicon,
    pub(crate) vocabulary: Vocabulary,
    #[serde(skip)]
    pub(crate) automaton: Automaton,
    pub(crate) has_regexes: bool,
    /// Names as reports share them.
    #[serde(skip)]
    pub(crate) name: Arc<str>,
    #[serde(skip)]
    pub(crate) signal_names: Vec<Arc<str>>,
    pub(crate) entry_names: SharedNames,
    #[serde(skip)]
    pub(crate) modifier_names: Vec<Arc<str>>,
    #[serde(skip)]
    pub(crate) hints: Vec<Arc<str>>,
    #[serde(skip)]
    pub(crate) titles: Vec<Arc<str>>,
    #[serde(skip)]
    pub(crate) band_names: Vec<Arc<str>>,
    #[serde(skip)]
    pub(crate) practice_names: Vec<Arc<str>>,
    #[serde(skip)]
    pub(crate) practice_hints: Vec<Arc<str>>,
    pub(crate) sentiment: Option<u16>,
    /// Gain of each signal in the course of anger.
    pub(crate) gains: Vec<Milli>,
    /// What scoring asks of entries and signals.
    pub(crate) rules: Rules,
    watch_bits: Vec<u8>,
    /// For each signal the practices whose rules name it, a bit each.
    pub(crate) practices_of: Vec<u64>,
    /// Signals with their detectors.
    pub(crate) detectors: Vec<(u16, Detector)>,
    /// The words that rules of the turns name.
    pub(crate) words: CallWords,
    /// The signals that announce a silence, a bit each.
    pub(crate) holds: u64,
    /// What is counted over the whole call.
    pub(crate) counted: Vec<Counted>,
    /// What near misses are looked for among, once somebody asks.
    #[serde(skip)]
    pub(crate) wholes: OnceLock<Vec<Whole>>,
}

impl Compiled {
    pub(crate) fn new(lexicon: Lexicon) -> Result<Self, Error> {
        let mut lexicon = lexicon.into_whole();
        let (vocabulary, automaton) = matcher::compile(&lexicon)?;
        let watched: Vec<usize> = (0..lexicon.traits.len())
            .filter(|&s| lexicon.traits[s].watched)
            .collect();
        if watched.len() > MAX_WATCHED {
            let message = format!(
                "conditions name {} signals; at most {MAX_WATCHED} are possible",
                watched.len()
            );
            return Err(Error::new(vec![Problem {
                kind: ErrorKind::Range,
                place: None,
                message,
            }]));
        }
        let mut watch_bits = vec![u8::MAX; lexicon.signals.len()];
        for (bit, signal) in (0..).zip(watched) {
            watch_bits[signal] = bit;
        }
        let number = |id: &str| {
            lexicon
                .signals
                .binary_search_by(|s| s.id.as_str().cmp(id))
                .ok()
                .map(|i| i as u16)
        };
        let detectors = (0u16..)
            .zip(&lexicon.traits)
            .filter_map(|(s, t)| Some((s, t.detector.clone()?)));
        let mut detectors: Vec<(u16, Detector)> = detectors.collect();
        let words = CallWords::number(&mut lexicon.call, &mut detectors);
        let any_of = |any: &AnyOf| watch_mask(&watch_bits, any.iter());
        let mut counted: Vec<Counted> = Vec::new();
        for entry in &lexicon.entries {
            if let Some(OverTurns::Count {
                what,
                bound: Bound::Call,
                ..
            }) = &entry.over
                && !counted.contains(&(any_of(&what.any), what.by))
            {
                counted.push((any_of(&what.any), what.by));
            }
        }
        let mut gains = vec![Milli::ZERO; lexicon.signals.len()];
        for &(signal, gain) in &lexicon.call.gains {
            gains[usize::from(signal)] = gain;
        }
        let mut compiled = Compiled {
            has_regexes: lexicon.entries.iter().any(|e| e.regex.is_some()),
            name: Arc::default(),
            signal_names: Vec::new(),
            entry_names: SharedNames::new(Names::new(lexicon.entries.iter().map(|e| e.id.as_str()))),
            modifier_names: Vec::new(),
            practice_names: Vec::new(),
            practice_hints: Vec::new(),
            hints: Vec::new(),
            titles: Vec::new(),
            band_names: Vec::new(),
            rules: Rules::new(&lexicon, &watch_bits, number(SENTIMENT)),
            sentiment: number(SENTIMENT),
            gains,
            holds: watch_mask(&watch_bits, lexicon.call.holds.iter().copied()),
            watch_bits,
            practices_of: practices::by_signal(&lexicon.practices, lexicon.signals.len()),
            detectors,
            words,
            counted,
            wholes: OnceLock::new(),
            vocabulary,
            automaton,
            lexicon,
        };
        compiled.share_names();
        Ok(compiled)
    }

    /// Takes the automaton that was read, and whom it is for; whether they are there.
    pub(crate) fn take_automaton(&mut self, automaton: Automaton, owners: Owners) -> bool {
        self.automaton = automaton;
        self.automaton.symbols() == self.vocabulary.symbols()
            && owners.entries as usize <= self.lexicon.entries.len()
            && owners.modifiers as usize <= self.lexicon.shared.modifiers.len()
    }

    /// Whether the other tables, read from somewhere, name nothing that is not there.
    pub(crate) fn is_sound(&self) -> bool {
        let lexicon = &self.lexicon;
        let (entries, signals) = (lexicon.entries.len(), lexicon.signals.len());
        let is_signal = |s: u16| usize::from(s) < signals;
        let by_signal = [
            lexicon.traits.len(),
            lexicon.order.len(),
            self.rules.signals.len(),
            self.watch_bits.len(),
            self.practices_of.len(),
            self.gains.len(),
        ];
        by_signal.into_iter().all(|n| n == signals)
            && self.rules.entries.len() == entries
            && self.entry_names.all().len() == entries
            && self.entry_names.all().are_sound()
            && lexicon.call.names.given.are_sound()
            && lexicon.entries.iter().all(|e| is_signal(e.signal))
            && lexicon.order.iter().all(|&s| is_signal(s))
            && self.detectors.iter().all(|&(s, _)| is_signal(s))
            && self.sentiment.is_none_or(is_signal)
            && lexicon.shared.modifiers.len() <= MAX_MODIFIERS
            && !lexicon.call.bands.is_empty()
            && self.vocabulary.is_sound()
            && self.rules.is_sound()
            && self.words.is_sound()
    }

    /// Makes the names as reports share them; those of entries are made when they are asked for.
    pub(crate) fn share_names(&mut self) {
        fn shared<'a>(names: impl Iterator<Item = &'a String>) -> Vec<Arc<str>> {
            names.map(|s| Arc::from(s.as_str())).collect()
        }
        let lexicon = &self.lexicon;
        self.name = Arc::from(lexicon.name());
        self.entry_names.share();
        self.signal_names = shared(lexicon.signals.iter().map(|s| &s.id));
        self.modifier_names = shared(lexicon.shared.modifiers.iter().map(|m| &m.id));
        self.practice_names = shared(lexicon.practices.iter().map(|p| &p.id));
        self.practice_hints = shared(lexicon.practices.iter().map(|p| &p.hint));
        self.hints = shared(lexicon.signals.iter().map(|s| &s.hint));
        self.titles = shared(lexicon.signals.iter().map(|s| &s.title));
        self.band_names = shared(lexicon.call.bands.iter().map(|b| &b.0));
    }

    /// A learned entry by its number, for reports that tell no words.
    pub(crate) fn numbered(&self, signal: &str, entry: &str) -> Arc<str> {
        let signals = &self.lexicon.signals;
        let find = || {
            let signal = signals.binary_search_by(|s| s.id.as_str().cmp(signal)).ok()?;
            let own = self.lexicon.traits.get(signal)?.entries.clone();
            let names = self.entry_names.all();
            (own.start as usize..(own.end as usize).min(names.len()))
                .find(|&number| names.get(number) == entry)
        };
        find().map_or_else(|| TERM.into(), |number| format!("{TERM}#{number}").into())
    }

    /// The bit of a signal that conditions name. Others have none, and nobody asks.
    pub(crate) fn watch_bit(&self, signal: u16) -> u8 {
        self.watch_bits[usize::from(signal)] & 63
    }

    /// The bits of signals that conditions name.
    pub(crate) fn watch_mask(&self, any: &AnyOf) -> u64 {
        watch_mask(&self.watch_bits, any.iter())
    }

    /// The signal of overlaps, with its rules.
    pub(crate) fn overlap(&self) -> Option<(u16, &OverlapRules)> {
        self.detectors
            .iter()
            .find_map(|(signal, detector)| match detector {
                Detector::Overlap(rules) => Some((*signal, &**rules)),
                _ => None,
            })
    }

    /// The signals that may score in a turn with these hits (in the order of evaluation), each behind those its conditions name.
    pub(crate) fn in_order(
        &self,
        entries: impl Iterator<Item = u32>,
        role: Option<Role>,
        out: &mut Vec<u16>,
    ) {
        self.rules.in_order(entries, EntryRule::for_role(role), out);
    }

    pub(crate) fn tables<'a>(&'a self, names: &'a [String], role: Option<Role>) -> Tables<'a> {
        Tables {
            rules: &self.lexicon.shared.rules,
            vocabulary: &self.vocabulary,
            automaton: &self.automaton,
            names,
            role: matcher::Roles::only(role),
        }
    }
}
