//! Overlap and interruption.
//!
//! A turn interrupts when it starts more than `early-ms` before another speaker's turn ends and is no backchannel. The features
//! that make the score stand in `lexicons/en/turns/interruption.toml`; without both ends of both turns nothing can be measured.

use super::history::{History, Past};
use crate::context::Weighed;
use crate::lexicon::{Entry, InterruptionRules};
use crate::matcher::Scan;
use crate::text::{Flags, normal};

impl InterruptionRules {
    /// Whether an utterance only shows that its speaker listens.
    pub(crate) fn is_backchannel(&self, scan: &Scan, text: &str) -> bool {
        let mut words = 0;
        let said = scan
            .tokens
            .iter()
            .filter(|t| !t.flags.intersects(Flags::MARK | Flags::CONTINUED));
        let only = said.inspect(|_| words += 1).all(|t| {
            let word = normal(&text[t.start as usize..t.end as usize]);
            t.flags
                .intersects(Flags::FILLER | Flags::STUTTER | Flags::CUT_OFF)
                || self.backchannels.contains(&word)
        });
        only && words <= self.backchannel_words
    }

    /// The evidence that a turn interrupts one that arrived before it.
    pub(crate) fn evidence(
        &self,
        entries: &[Entry],
        history: &History,
        turn: &Past,
        backchannel: bool,
    ) -> Vec<Weighed> {
        let (Some(start), Some(end)) = (turn.start.get(), turn.end.get()) else {
            return Vec::new();
        };
        if backchannel || turn.words == 0 {
            return Vec::new();
        }
        let other = history
            .iter()
            .filter(|t| t.speaker != turn.speaker && t.words > 0);
        let talking = other.filter(|t| {
            t.start.get().is_some_and(|s| s < start) && t.end.get().is_some_and(|e| e - start > self.early_ms)
        });
        let Some(other) = talking.max_by_key(|t| (t.end, t.arrival)) else {
            return Vec::new();
        };
        let other_end = other.end.get().unwrap_or(start);
        let overlap = other_end.min(end) - start;
        let shown = [
            true,
            turn.words >= self.several_words,
            overlap >= self.long_ms,
            other_end < end,
        ];
        let found = self
            .entries
            .iter()
            .zip(shown)
            .filter(|(_, shown)| *shown)
            .filter_map(|(entry, _)| *entry);
        found
            .map(|entry| Weighed {
                entry,
                span: None,
                contribution: entries[entry as usize].weight,
                modifiers: Vec::new(),
                turns: vec![other.arrival],
            })
            .collect()
    }
}
