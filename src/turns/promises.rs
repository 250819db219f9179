//! What agents promised, by when, and what customers say was promised and not kept.

use super::verdicts::{ClosedTurn, Verdict};
use crate::lexicon::{CallRules, PromiseRules};
use crate::matcher::Scan;
use crate::text::{Flags, normal};

/// So many promises of a call are kept in mind.
const MOST: usize = 16;
/// So many expressions of time of a turn are looked at.
const TIMES: usize = 4;

/// A time further away from the words of a promise does not belong to it.
const NEAR_BYTES: u32 = 60;

/// A promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Promise {
    pub(crate) arrival: u32,
    pub(crate) signal: u16,
    /// The customer says that it was not kept.
    pub(crate) broken: bool,
    /// Bytes of the words that show it, and of the time it names, in the turn's text.
    pub(crate) what: (u32, u32),
    /// Empty: none.
    when: (u32, u32),
}

impl Promise {
    /// The time it names.
    pub(crate) fn when(&self) -> Option<(u32, u32)> {
        (self.when.1 > self.when.0).then_some(self.when)
    }
}

/// The promises of a call, the latest if there are too many.
#[derive(Clone, Debug, Default)]
pub(crate) struct Promises {
    all: Vec<Promise>,
    /// How many agents made, those no longer in mind included.
    pub(crate) made: u32,
}

impl Promises {
    /// Takes a turn that is decided.
    pub(crate) fn take(&mut self, rules: &PromiseRules, turn: &ClosedTurn, verdicts: &[Verdict]) {
        let shown = |signals: &[u16]| {
            let fired = verdicts
                .iter()
                .filter(|v| v.outcome.fired && signals.contains(&v.signal));
            let strongest = fired.filter_map(|v| {
                let words = v.evidence.iter().filter(|e| e.span.is_some());
                let best = words.max_by_key(|e| e.contribution)?;
                Some((v.signal, best.span?))
            });
            strongest.min_by_key(|(signal, span)| (signals.iter().position(|s| s == signal), *span))
        };
        for (signals, broken, timed) in [
            (&rules.made, false, false),
            (&rules.made_with_time, false, true),
            (&rules.broken, true, false),
        ] {
            let Some((signal, what)) = shown(signals) else {
                continue;
            };
            // The nearest time, of two as near the one behind.
            let apart = |t: &&(u32, u32)| (t.0.saturating_sub(what.1)).max(what.0.saturating_sub(t.1));
            let near = turn.times.iter().filter(|t| apart(t) <= NEAR_BYTES);
            let when = near.min_by_key(|t| (apart(t), std::cmp::Reverse(t.0))).copied();
            if timed && (when.is_none() || shown(&rules.made).is_some()) {
                continue;
            }
            self.made += u32::from(!broken);
            if self.all.len() == MOST {
                self.all.remove(0);
            }
            self.all.push(Promise {
                arrival: turn.past.arrival,
                signal,
                broken,
                what,
                when: when.unwrap_or_default(),
            });
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Promise> {
        self.all.iter()
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.all.capacity() * size_of::<Promise>()
    }
}

/// The expressions of time in an utterance: runs of words of time, numbers and what joins them ("at half past eleven").
pub(crate) fn times(rules: &CallRules, scan: &Scan, text: &str) -> Vec<(u32, u32)> {
    let mut found = Vec::new();
    let mut run: Option<((u32, u32), bool)> = None;
    let mut behind_at = false;
    for token in scan
        .tokens
        .iter()
        .filter(|t| !t.flags.intersects(Flags::CONTINUED))
    {
        if token.flags.intersects(Flags::TRANSPARENT) && run.is_none() {
            continue;
        }
        let word = normal(&text[token.start as usize..token.end as usize]);
        let number = token.flags.intersects(Flags::NUMBER) || rules.numbers.contains(&word);
        // "at six", "by noon", "two days".
        let time = token.flags.intersects(Flags::TIME)
            || rules.promises.times.contains(&word)
            || number && std::mem::take(&mut behind_at);
        let joins = rules.promises.joins.contains(&word);
        behind_at = rules.promises.at.contains(&word);
        let ends = token.flags.intersects(Flags::SENTENCE_END);
        if time || number || joins {
            let (span, named) = run.unwrap_or(((token.start, token.start), false));
            // What joins counts only between what it joins: the run ends with its last word of time or number.
            let end = if time || number { token.end } else { span.1 };
            run = Some(((span.0, end), named || time));
        }
        if (ends || !(time || number || joins))
            && let Some((span, true)) = run.take()
            && found.len() < TIMES
        {
            found.push(span);
        }
    }
    if let Some((span, true)) = run
        && found.len() < TIMES
    {
        found.push(span);
    }
    found
}
