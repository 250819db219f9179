//! Scores: the sum of the contributions that count.

use std::cmp::Reverse;

use crate::context::{EntryRule, Rules, SignalRule, Weighed};
use crate::fixed::{Milli, Score};

/// The outcome of one signal in one turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// In thousandths; it stands still beyond the range.
    pub(crate) logit: i32,
    /// What learned terms have of it.
    pub(crate) learned: i32,
    pub(crate) fired: bool,
}

impl Outcome {
    pub(crate) fn score(&self) -> Score {
        Score::logistic(self.logit.into())
    }
}

/// What became of a hit in the sum of its signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It counts.
    Counted,
    /// A stronger hit of the signal stands over some of its words.
    Covered,
    /// A learned term that would silence what written entries alone make fire.
    Yielded,
    /// A stronger occurrence of the same entry counts.
    Repeated,
    /// Its modifiers left nothing of it.
    Neutral,
}

/// What the sum of a signal asks of a hit.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    /// Its place among the hits.
    place: u32,
    entry: u32,
    contribution: Milli,
    /// Bytes; empty for what is not of words.
    start: u32,
    end: u32,
    rule: EntryRule,
}

impl Candidate {
    /// Strongest first, then the longest, then the leftmost, then by entry.
    fn key(&self) -> (Reverse<(u32, u32)>, u32, u32, u32) {
        let strength = Reverse((self.contribution.magnitude(), self.end - self.start));
        (strength, self.start, self.entry, self.place)
    }

    fn overlaps(&self, other: &Candidate) -> bool {
        self.start < other.end && other.start < self.end
    }

    fn may_yield(&self) -> bool {
        self.rule.has(EntryRule::YIELDS) && self.contribution < Milli::ZERO
    }
}

/// What summing works with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Of the hits that are taken, first those that count.
    candidates: Vec<Candidate>,
    /// Of all hits, by place; of those that are out nothing.
    standings: Vec<Option<Standing>>,
}

impl Tally {
    /// Forgets the hits.
    pub(crate) fn clear(&mut self) {
        self.candidates.clear();
        self.standings.clear();
    }

    pub(crate) fn capacity(&self) -> usize {
        self.candidates.capacity()
    }

    /// Takes the next hit; one that is `out` only keeps its place.
    pub(crate) fn take(&mut self, rules: &Rules, hit: &Weighed, out: bool) {
        if !out {
            let (start, end) = hit.span.unwrap_or_default();
            self.candidates.push(Candidate {
                place: self.standings.len() as u32,
                entry: hit.entry,
                contribution: hit.contribution,
                start,
                end,
                rule: *rules.entry_rule(hit.entry),
            });
        }
        self.standings.push((!out).then_some(Standing::Neutral));
    }

    /// Whether no hit was taken.
    pub(crate) fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }

    /// What became of each hit, once it is summed.
    pub(crate) fn standings(&self) -> &[Option<Standing>] {
        &self.standings
    }

    /// Decides which hits of one signal count, and sums them. Strongest first, then the longest, then the leftmost, then by entry:
    /// each entry once, and none that overlaps one that counts; additive entries cover nothing and are not covered. Learned terms that
    /// yield count against a signal only as far as it still fires, if it fires by written entries alone.
    pub(crate) fn sum(&mut self, signal: &SignalRule) -> Option<Outcome> {
        if self.candidates.len() > 1 {
            self.candidates.sort_unstable_by_key(Candidate::key);
        }
        let mut counted = 0;
        let (mut sum, mut learned, mut yielding) = (i64::from(signal.bias.0), 0i64, 0i64);
        for at in 0..self.candidates.len() {
            let hit = self.candidates[at];
            if hit.contribution == Milli::ZERO {
                continue;
            }
            let before = &self.candidates[..counted];
            let covers = |o: &Candidate| hit.overlaps(o) && !o.rule.has(EntryRule::ADDITIVE);
            self.standings[hit.place as usize] = Some(if before.iter().any(|o| o.entry == hit.entry) {
                Standing::Repeated
            } else if !hit.rule.has(EntryRule::ADDITIVE) && before.iter().any(covers) {
                Standing::Covered
            } else {
                let contribution = i64::from(hit.contribution.0);
                sum += contribution;
                learned += contribution * i64::from(hit.rule.has(EntryRule::FITTED));
                yielding += contribution * i64::from(hit.may_yield());
                self.candidates[counted] = hit;
                counted += 1;
                Standing::Counted
            });
        }
        if yielding < 0 && fires(signal, sum - learned) {
            let mut rest = sum - yielding;
            for hit in self.candidates[..counted].iter().filter(|h| h.may_yield()) {
                let contribution = i64::from(hit.contribution.0);
                if fires(signal, rest + contribution) {
                    rest += contribution;
                } else {
                    self.standings[hit.place as usize] = Some(Standing::Yielded);
                    sum -= contribution;
                    learned -= contribution * i64::from(hit.rule.has(EntryRule::FITTED));
                }
            }
        }
        self.candidates.truncate(counted);
        let standings = &self.standings;
        self.candidates
            .retain(|h| standings[h.place as usize] == Some(Standing::Counted));
        (!self.candidates.is_empty()).then(|| Outcome {
            logit: bounded(sum),
            learned: bounded(learned),
            fired: fires(signal, sum),
        })
    }

    /// The strongest evidence that words show, of several as strong the last in the text: its entry and its bytes.
    pub(crate) fn strongest(&self, hits: impl Fn(u32) -> Option<(u32, u32)>) -> Option<Strongest> {
        let shown = self.candidates.iter().filter_map(|h| {
            let span = hits(h.place)?;
            Some((h.contribution, span, h.entry))
        });
        shown.max().map(|(_, span, entry)| Strongest { entry, span })
    }

    /// The entries that count.
    pub(crate) fn counted(&self) -> impl Iterator<Item = (u32, &EntryRule)> {
        self.candidates.iter().map(|h| (h.entry, &h.rule))
    }
}

/// The strongest evidence of a signal that words show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Strongest {
    pub(crate) entry: u32,
    pub(crate) span: (u32, u32),
}

fn bounded(sum: i64) -> i32 {
    sum.clamp(i32::MIN.into(), i32::MAX.into()) as i32
}

fn fires(signal: &SignalRule, sum: i64) -> bool {
    bounded(sum) >= signal.fires_at
}
