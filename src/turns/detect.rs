//! Runs the detectors over a closed turn, and keeps what they remember of the call.

use super::echo::Heard;
use super::history::{History, Past};
use super::overlap::Overlap;
use super::repeat::Sentences;
use super::said::Said;
use crate::compiled::Compiled;
use crate::context::{Rules, Weighed};
use crate::lexicon::{Detector, Entry, Features, KnownNameRules, SaidBeforeRules};
use crate::packed::{Bounds, packed};
use crate::signal::Signal;
use crate::transcript::Role;

/// All that detectors see.
pub(crate) struct Scene<'a> {
    pub(crate) signals: &'a [Signal],
    pub(crate) entries: &'a [Entry],
    pub(crate) rules: &'a Rules,
    /// The turns before this one.
    pub(crate) history: &'a History,
    pub(crate) turn: &'a Past,
    pub(crate) text: &'a str,
    pub(crate) said: &'a Said,
    /// Where the customer said each of its words lately, a bit a place.
    pub(crate) places: &'a [u64],
    pub(crate) overlap: Option<&'a Overlap>,
    /// The hits of the turn's own words, in the order of evaluation of their signals.
    pub(crate) weighed: &'a [Weighed],
    /// The signals they are of, as [`signal_bit`] has them.
    pub(crate) hit: u64,
    /// The names of the call, sorted; whether one of them is the customer's.
    pub(crate) names: &'a [String],
    pub(crate) name_known: bool,
}

/// A bit for a signal, which it may share with others: where it is not set, the signal has no hits.
pub(crate) fn signal_bit(signal: u16) -> u64 {
    1 << (signal & 63)
}

impl Scene<'_> {
    /// The hits of a signal.
    pub(crate) fn hits(&self, signal: u16) -> impl Iterator<Item = &Weighed> + Clone {
        let rank = self.rules.signal(signal).rank;
        let of = |w: &Weighed| self.rules.rank_of(w.entry);
        let from = if self.hit & signal_bit(signal) == 0 {
            self.weighed.len()
        } else {
            self.weighed.partition_point(|w| of(w) < rank)
        };
        let own = move |w: &&Weighed| of(w) == rank;
        self.weighed[from..].iter().take_while(own)
    }
}

/// The evidence of the features that a detector has shown, as far as its file has them.
pub(crate) fn shown<const N: usize>(
    entries: &[Entry],
    features: &Features<N>,
    shown: [bool; N],
    span: Option<(u32, u32)>,
    turns: &[u32],
) -> impl Iterator<Item = Weighed> {
    let there = features.iter().zip(shown).filter(|(_, shown)| *shown);
    there
        .filter_map(|(entry, _)| *entry)
        .map(move |entry| Weighed::of_turns(entries, entry, span, turns))
}

/// What detectors remember, in bounded memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    heard: Heard,
    sentences: Sentences,
}

packed!(Memory { heard, sentences });

impl Memory {
    /// Where the customer said each word of a turn lately, as far as a detector asks for it.
    pub(crate) fn places(&self, compiled: &Compiled, role: Option<Role>, said: &Said, out: &mut Vec<u64>) {
        let asks = |(signal, detector): &(u16, Detector)| {
            let speaker = compiled.lexicon.signals[usize::from(*signal)].speaker;
            matches!(detector, Detector::Echo(_) | Detector::Restatement(_))
                && (speaker.is_none() || speaker == role)
        };
        out.clear();
        if compiled.detectors.iter().any(asks) {
            self.heard.places(&said.words, out);
        }
    }

    /// Adds the evidence of all detectors for a turn.
    pub(crate) fn evidence(&self, compiled: &Compiled, scene: &Scene<'_>, out: &mut Vec<Weighed>) {
        for (signal, detector) in &compiled.detectors {
            let speaker = scene.signals[usize::from(*signal)].speaker;
            if speaker.is_some() && speaker != scene.turn.role {
                continue;
            }
            match detector {
                Detector::Overlap(rules) => {
                    if let Some(overlap) = scene.overlap {
                        rules.evidence(scene.entries, scene.turn, overlap, out);
                    }
                }
                Detector::Early(rules) => rules.evidence(scene, out),
                Detector::Echo(rules) => rules.evidence(scene, &self.heard, out),
                Detector::Restatement(rules) => rules.evidence(scene, &self.heard, out),
                Detector::Repeat(rules) => rules.evidence(scene, &self.sentences, out),
                Detector::KnownName(rules) => rules.evidence(scene, *signal, out),
                Detector::SaidBefore(rules) => rules.evidence(scene, *signal, &self.heard, out),
            }
        }
    }

    /// Remembers a turn.
    pub(crate) fn take(&mut self, compiled: &Compiled, turn: &Past, said: &Said) {
        match turn.role {
            Some(Role::Customer) => self.heard.take(turn.arrival, said),
            Some(Role::Agent) => {
                for (_, detector) in &compiled.detectors {
                    if let Detector::Repeat(rules) = detector {
                        self.sentences.take(rules, turn.arrival, said);
                    }
                }
            }
            None => {}
        }
    }

    /// Whether it holds no more than it can, and names no turn that has not come.
    pub(crate) fn is_sound(&self, bounds: &Bounds) -> bool {
        self.heard.is_sound(bounds) && self.sentences.is_sound()
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.heard.heap_bytes() + self.sentences.heap_bytes()
    }
}

impl KnownNameRules {
    /// Beside other evidence of the signal: that a name of the customer is known.
    fn evidence(&self, scene: &Scene<'_>, signal: u16, out: &mut Vec<Weighed>) {
        let known = scene.name_known && scene.hits(signal).any(|w| w.contribution.0 > 0);
        out.extend(shown(scene.entries, &self.entries, [known], None, &[]));
    }
}

impl SaidBeforeRules {
    /// Beside other evidence of the signal: that the customer has said all words of one of its hits.
    fn evidence(&self, scene: &Scene<'_>, signal: u16, heard: &Heard, out: &mut Vec<Weighed>) {
        let own = scene.hits(signal).filter(|w| w.contribution.0 > 0);
        let words = &scene.said.words;
        let said = |&(start, end): &(u32, u32)| {
            let behind = &words[words.partition_point(|w| w.start < start)..];
            let within = behind.iter().take_while(|w| w.start <= end);
            let mut within = within.filter(|w| w.end <= end).peekable();
            within.peek().is_some() && within.all(|w| heard.has(w.key))
        };
        let span = own.filter_map(|w| w.span).find(said);
        out.extend(shown(scene.entries, &self.entries, [span.is_some()], span, &[]));
    }
}
