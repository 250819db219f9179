//! A lexicon with its automaton: what everything that reads calls shares.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;

use crate::error::{Error, ErrorKind, Problem};
use crate::lexicon::{Detector, InterruptionRules, Lexicon};
use crate::matcher::{self, Automaton, Tables, Vocabulary};
use crate::transcript::Role;

/// The most signals that conditions may name.
const MAX_WATCHED: usize = 64;
/// The signal whose sum is the sentiment.
pub(crate) const SENTIMENT: &str = "sentiment";

/// A lexicon with its automaton.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) lexicon: Lexicon,
    pub(crate) vocabulary: Vocabulary,
    pub(crate) automaton: Automaton,
    pub(crate) has_regexes: bool,
    /// Names as reports share them.
    pub(crate) name: Arc<str>,
    pub(crate) signal_names: Vec<Arc<str>>,
    pub(crate) entry_names: Vec<Arc<str>>,
    pub(crate) modifier_names: Vec<Arc<str>>,
    pub(crate) hints: Vec<Arc<str>>,
    pub(crate) sentiment: Option<u16>,
    /// Gain of each signal in the course of anger.
    pub(crate) gains: HashMap<u16, crate::fixed::Milli, FixedState>,
    /// Place of each signal in the order of evaluation.
    rank: Vec<u16>,
    watch_bits: Vec<u8>,
    over_turns: Vec<u16>,
    pub(crate) interruption: Option<(u16, InterruptionRules)>,
}

impl Compiled {
    pub(crate) fn new(lexicon: Lexicon) -> Result<Self, Error> {
        let (vocabulary, automaton) = matcher::compile(&lexicon)?;
        let ids = |names: Vec<&String>| {
            names
                .into_iter()
                .map(|s| Arc::from(s.as_str()))
                .collect::<Vec<Arc<str>>>()
        };
        let mut rank = vec![0; lexicon.signals.len()];
        for (i, &signal) in (0..).zip(&lexicon.order) {
            rank[usize::from(signal)] = i;
        }
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
        let interruption = (0u16..).zip(&lexicon.traits).find_map(|(s, t)| {
            let Some(Detector::Interruption(rules)) = &t.detector else {
                return None;
            };
            Some((s, (**rules).clone()))
        });
        Ok(Compiled {
            has_regexes: lexicon.entries.iter().any(|e| e.regex.is_some()),
            name: Arc::from(lexicon.name()),
            signal_names: ids(lexicon.signals.iter().map(|s| &s.id).collect()),
            entry_names: ids(lexicon.entries.iter().map(|e| &e.id).collect()),
            modifier_names: ids(lexicon.shared.modifiers.iter().map(|m| &m.id).collect()),
            hints: ids(lexicon.signals.iter().map(|s| &s.hint).collect()),
            sentiment: number(SENTIMENT),
            gains: lexicon.call.gains.iter().copied().collect(),
            over_turns: (0u16..)
                .zip(&lexicon.traits)
                .filter(|(_, t)| t.over_turns)
                .map(|(s, _)| s)
                .collect(),
            rank,
            watch_bits,
            interruption,
            vocabulary,
            automaton,
            lexicon,
        })
    }

    /// The bit of a signal that conditions name. Others have none, and nobody asks.
    pub(crate) fn watch_bit(&self, signal: u16) -> u8 {
        self.watch_bits[usize::from(signal)] & 63
    }

    /// The place of a signal in the order of evaluation.
    pub(crate) fn rank(&self, signal: u16) -> u16 {
        self.rank[usize::from(signal)]
    }

    /// The signals that may score in a turn, each behind those its conditions name.
    pub(crate) fn in_order(&self, entries: impl Iterator<Item = u32>, role: Option<Role>) -> Vec<u16> {
        let for_role = |&&s: &&u16| {
            let speaker = self.lexicon.signals[usize::from(s)].speaker;
            speaker.is_none() || speaker == role
        };
        let mut out: Vec<u16> = entries.map(|e| self.lexicon.entries[e as usize].signal).collect();
        out.extend(self.over_turns.iter().filter(for_role));
        out.sort_unstable_by_key(|&s| self.rank[usize::from(s)]);
        out.dedup();
        out
    }

    pub(crate) fn tables<'a>(&'a self, names: &'a [Box<str>], role: Option<Role>) -> Tables<'a> {
        Tables {
            rules: &self.lexicon.shared.rules,
            vocabulary: &self.vocabulary,
            automaton: &self.automaton,
            names,
            role: matcher::Roles::only(role),
        }
    }
}
