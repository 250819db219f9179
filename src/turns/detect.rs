//! Runs the detectors over a closed turn, and keeps what they remember of the call.

use super::echo::Heard;
use super::history::{History, Past};
use super::overlap::Overlap;
use super::repeat::Sentences;
use super::said::Said;
use crate::compiled::Compiled;
use crate::context::Weighed;
use crate::lexicon::{Detector, Entry, KnownNameRules, SaidBeforeRules};
use crate::signal::Signal;
use crate::transcript::Role;

/// All that detectors see.
pub(crate) struct Scene<'a> {
    pub(crate) signals: &'a [Signal],
    pub(crate) entries: &'a [Entry],
    /// The turns before this one.
    pub(crate) history: &'a History,
    pub(crate) turn: &'a Past,
    pub(crate) text: &'a str,
    pub(crate) said: &'a Said,
    pub(crate) overlap: Option<&'a Overlap>,
    /// The hits of the turn's own words.
    pub(crate) weighed: &'a [Weighed],
    /// The names of the call, sorted; whether one of them is the customer's.
    pub(crate) names: &'a [Box<str>],
    pub(crate) name_known: bool,
}

/// What detectors remember, in bounded memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    heard: Heard,
    sentences: Sentences,
}

impl Memory {
    /// The evidence of all detectors for a turn.
    pub(crate) fn evidence(&self, compiled: &Compiled, scene: &Scene<'_>) -> Vec<Weighed> {
        let mut out = Vec::new();
        for (signal, detector) in &compiled.detectors {
            let speaker = scene.signals[usize::from(*signal)].speaker;
            if speaker.is_some() && speaker != scene.turn.role {
                continue;
            }
            match detector {
                Detector::Overlap(rules) => {
                    if let Some(overlap) = scene.overlap {
                        rules.evidence(scene.entries, scene.turn, overlap, &mut out);
                    }
                }
                Detector::Early(rules) => rules.evidence(scene, &mut out),
                Detector::Echo(rules) => rules.evidence(scene, &self.heard, &mut out),
                Detector::Restatement(rules) => rules.evidence(scene, &self.heard, &mut out),
                Detector::Repeat(rules) => rules.evidence(scene, &self.sentences, &mut out),
                Detector::KnownName(rules) => rules.evidence(scene, *signal, &mut out),
                Detector::SaidBefore(rules) => rules.evidence(scene, *signal, &self.heard, &mut out),
            }
        }
        out
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

    pub(crate) fn heap_bytes(&self) -> usize {
        self.heard.heap_bytes() + self.sentences.heap_bytes()
    }
}

impl KnownNameRules {
    /// Beside other evidence of the signal: that a name of the customer is known.
    fn evidence(&self, scene: &Scene<'_>, signal: u16, out: &mut Vec<Weighed>) {
        let own = |w: &&Weighed| scene.entries[w.entry as usize].signal == signal && w.contribution.0 > 0;
        if let (Some(entry), true) = (self.entries[0], scene.name_known)
            && scene.weighed.iter().any(|w| own(&w))
        {
            out.push(Weighed::of_turns(scene.entries, entry, None, Vec::new()));
        }
    }
}

impl SaidBeforeRules {
    /// Beside other evidence of the signal: that the customer has said all words of one of its hits.
    fn evidence(&self, scene: &Scene<'_>, signal: u16, heard: &Heard, out: &mut Vec<Weighed>) {
        let Some(entry) = self.entries[0] else { return };
        let own = scene
            .weighed
            .iter()
            .filter(|w| scene.entries[w.entry as usize].signal == signal && w.contribution.0 > 0);
        let said = |span: &(u32, u32)| {
            let mut words = scene
                .said
                .words
                .iter()
                .filter(|w| w.start >= span.0 && w.end <= span.1)
                .peekable();
            words.peek().is_some() && words.all(|w| heard.has(w.key))
        };
        if let Some(span) = own.filter_map(|w| w.span).find(said) {
            out.push(Weighed::of_turns(scene.entries, entry, Some(span), Vec::new()));
        }
    }
}
