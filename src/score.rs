//! Scores: the sum of the contributions that count.

mod glance;

use std::cmp::Reverse;

use crate::context::{EntryRule, Rules, SignalRule, Weighed};
use crate::fixed::{Milli, Score};
pub(crate) use glance::Glance;

/// The outcome of one signal in one turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

    /// Whether it may cover others and be covered.
    fn covers(&self) -> bool {
        !self.rule.has(EntryRule::ADDITIVE)
    }

    fn may_yield(&self) -> bool {
        self.rule.has(EntryRule::YIELDS) && self.contribution < Milli::ZERO
    }
}

/// So many hits are compared with each other rather than sorted.
const FEW: usize = 16;

/// What summing works with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Of the hits that are taken, first those that count.
    candidates: Vec<Candidate>,
    /// Of all hits, by place; of those that are out nothing.
    standings: Vec<Option<Standing>>,
    /// The entries taken, a bit each by their low bits.
    entries: u64,
    /// The bytes between which the hits stand that may cover others.
    from: u32,
    to: u32,
    /// Hits may stand in each other's way.
    is_mixed: bool,
    /// Entries of which a hit counts, a bit each, and the bytes of the hits that cover others, in the order of the text: while it is decided.
    seen: Vec<u64>,
    taken: Vec<(u32, u32)>,
    /// Room for hits of entries over several turns.
    pub(crate) over: Vec<Weighed>,
}

impl Tally {
    /// Forgets the hits.
    pub(crate) fn clear(&mut self) {
        self.candidates.clear();
        self.standings.clear();
        (self.entries, self.from, self.to, self.is_mixed) = (0, u32::MAX, 0, false);
    }

    pub(crate) fn capacity(&self) -> usize {
        self.candidates.capacity()
    }

    /// Takes the next hit; one that is `out` only keeps its place.
    pub(crate) fn take(&mut self, rules: &Rules, hit: &Weighed, out: bool) {
        self.take_of(&rules.entries, hit, out);
    }

    fn take_of(&mut self, entries: &[EntryRule], hit: &Weighed, out: bool) {
        if !out {
            let (start, end) = hit.span.unwrap_or_default();
            self.add(Candidate {
                place: self.standings.len() as u32,
                entry: hit.entry,
                contribution: hit.contribution,
                start,
                end,
                rule: entries[hit.entry as usize],
            });
        }
        self.standings.push((!out).then_some(Standing::Neutral));
    }

    #[inline]
    fn add(&mut self, hit: Candidate) {
        let entry = 1 << (hit.entry & (u64::BITS - 1));
        self.is_mixed |= self.entries & entry != 0;
        self.entries |= entry;
        if hit.covers() {
            // Most come in the order of the text.
            self.is_mixed |= hit.start < self.to && self.from < hit.end;
            self.from = self.from.min(hit.start);
            self.to = self.to.max(hit.end);
        }
        self.candidates.push(hit);
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
        let bias = i64::from(signal.bias.0);
        let is_plain = !self.is_mixed || self.candidates.len() <= FEW && self.is_plain();
        let counted = if is_plain {
            self.count_all()
        } else {
            self.candidates.sort_unstable_by_key(Candidate::key);
            self.count_strongest()
        };
        let (mut sum, mut learned, mut yielding) = (bias, 0i64, 0i64);
        for hit in &self.candidates[..counted] {
            let contribution = i64::from(hit.contribution.0);
            sum += contribution;
            learned += contribution * i64::from(hit.rule.has(EntryRule::FITTED));
            yielding += contribution * i64::from(hit.may_yield());
        }
        self.candidates.truncate(counted);
        if yielding < 0 && fires(signal, sum - learned) {
            if is_plain {
                self.candidates.sort_unstable_by_key(Candidate::key);
            }
            let mut rest = sum - yielding;
            for hit in self.candidates.iter().filter(|h| h.may_yield()) {
                let contribution = i64::from(hit.contribution.0);
                if fires(signal, rest + contribution) {
                    rest += contribution;
                } else {
                    self.standings[hit.place as usize] = Some(Standing::Yielded);
                    sum -= contribution;
                    learned -= contribution * i64::from(hit.rule.has(EntryRule::FITTED));
                }
            }
            let standings = &self.standings;
            self.candidates
                .retain(|h| standings[h.place as usize] == Some(Standing::Counted));
        }
        (!self.candidates.is_empty()).then(|| Outcome {
            logit: bounded(sum),
            learned: bounded(learned),
            fired: fires(signal, sum),
        })
    }

    /// Whether no hit stands in the way of another, so that their order does not matter.
    fn is_plain(&self) -> bool {
        self.candidates.iter().enumerate().all(|(i, hit)| {
            self.candidates[..i]
                .iter()
                .all(|o| o.entry != hit.entry && !(hit.covers() && o.covers() && hit.overlaps(o)))
        })
    }

    /// Lets all hits count that contribute; moves them to the front, and gives their number.
    fn count_all(&mut self) -> usize {
        let mut counted = 0;
        for at in 0..self.candidates.len() {
            let hit = self.candidates[at];
            if hit.contribution != Milli::ZERO {
                self.standings[hit.place as usize] = Some(Standing::Counted);
                self.candidates[counted] = hit;
                counted += 1;
            }
        }
        counted
    }

    /// Decides of hits, the strongest first, which count; moves them to the front, and gives their number.
    fn count_strongest(&mut self) -> usize {
        let mut counted = 0;
        let (seen, taken) = (&mut self.seen, &mut self.taken);
        for at in 0..self.candidates.len() {
            let hit = self.candidates[at];
            if hit.contribution == Milli::ZERO {
                continue;
            }
            let (word, bit) = ((hit.entry / u64::BITS) as usize, 1 << (hit.entry % u64::BITS));
            if seen.len() <= word {
                seen.resize(word + 1, 0);
            }
            // Those that cover do not overlap: what ends behind the beginning of this one is the first that may.
            let behind = taken.partition_point(|&(_, end)| end <= hit.start);
            let standing = if seen[word] & bit != 0 {
                Standing::Repeated
            } else if hit.covers() && taken.get(behind).is_some_and(|&(start, _)| start < hit.end) {
                Standing::Covered
            } else {
                seen[word] |= bit;
                if hit.covers() {
                    taken.insert(behind, (hit.start, hit.end));
                }
                self.candidates[counted] = hit;
                counted += 1;
                Standing::Counted
            };
            self.standings[hit.place as usize] = Some(standing);
        }
        for hit in &self.candidates[..counted] {
            seen[(hit.entry / u64::BITS) as usize] = 0;
        }
        taken.clear();
        counted
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
    pub(crate) fn counted(&self) -> impl Iterator<Item = u32> {
        self.candidates.iter().map(|h| h.entry)
    }
}

/// The strongest evidence of a signal that words show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hit(place: u32, entry: u32, contribution: i32, start: u32, len: u32, facts: u16) -> Candidate {
        Candidate {
            place,
            entry,
            contribution: Milli(contribution),
            start,
            end: start + len,
            rule: EntryRule::with(facts),
        }
    }

    fn tally(candidates: Vec<Candidate>) -> Tally {
        let mut tally = Tally {
            standings: vec![Some(Standing::Neutral); candidates.len()],
            ..Tally::default()
        };
        candidates.into_iter().for_each(|hit| tally.add(hit));
        tally
    }

    /// The rule of [`Tally::sum`], word for word.
    fn plainly(signal: &SignalRule, hits: &[Candidate]) -> Vec<Standing> {
        let mut order = hits.to_vec();
        order.sort_by_key(Candidate::key);
        let mut out = vec![Standing::Neutral; hits.len()];
        let mut counted: Vec<Candidate> = Vec::new();
        for hit in order.iter().filter(|h| h.contribution != Milli::ZERO) {
            out[hit.place as usize] = if counted.iter().any(|o| o.entry == hit.entry) {
                Standing::Repeated
            } else if hit.covers() && counted.iter().any(|o| o.covers() && o.overlaps(hit)) {
                Standing::Covered
            } else {
                counted.push(*hit);
                Standing::Counted
            };
        }
        let sum = |wanted: &dyn Fn(&Candidate) -> bool| {
            let all = counted.iter().filter(|h| wanted(h));
            i64::from(signal.bias.0) + all.map(|h| i64::from(h.contribution.0)).sum::<i64>()
        };
        if counted.iter().any(Candidate::may_yield) && fires(signal, sum(&|h| !h.rule.has(EntryRule::FITTED)))
        {
            let mut rest = sum(&|h| !h.may_yield());
            for hit in counted.iter().filter(|h| h.may_yield()) {
                if fires(signal, rest + i64::from(hit.contribution.0)) {
                    rest += i64::from(hit.contribution.0);
                } else {
                    out[hit.place as usize] = Standing::Yielded;
                }
            }
        }
        out
    }

    fn hits() -> impl Strategy<Value = Vec<Candidate>> {
        let facts = prop::sample::select(vec![
            0,
            EntryRule::ADDITIVE,
            EntryRule::ADDITIVE | EntryRule::FITTED,
            EntryRule::ADDITIVE | EntryRule::FITTED | EntryRule::YIELDS,
        ]);
        let contribution = prop_oneof![Just(0), -3000..4000i32];
        let length = prop_oneof![9 => 0..9u32, 1 => 120..300u32];
        let one = (0..12u32, contribution, 0..300u32, length, facts);
        prop::collection::vec(one, 0..24).prop_map(|all| {
            let places = (0u32..).zip(all);
            // An entry's facts are its own.
            places
                .map(|(place, (entry, c, start, len, facts))| {
                    hit(place, entry << 11 | u32::from(facts), c, start, len, facts)
                })
                .collect()
        })
    }

    proptest! {
        #[test]
        fn what_counts_is_what_the_rule_says(hits in hits()) {
            let signal = SignalRule::with(Milli(-2000), 0);
            let expected = plainly(&signal, &hits);
            let mut tally = tally(hits.clone());
            prop_assert!(tally.is_mixed || tally.is_plain());
            let outcome = tally.sum(&signal);
            let standings: Vec<Standing> = tally.standings().iter().copied().flatten().collect();
            prop_assert_eq!(&standings, &expected);
            let counted = || hits.iter().filter(|h| expected[h.place as usize] == Standing::Counted);
            prop_assert_eq!(outcome.is_some(), counted().count() > 0);
            if let Some(outcome) = outcome {
                let sum = counted().map(|h| h.contribution.0).sum::<i32>() - 2000;
                prop_assert_eq!(outcome.logit, sum);
                prop_assert_eq!(outcome.fired, sum >= 0);
            }
        }
    }

    #[test]
    fn outcome_sums_and_compares_with_the_threshold() {
        let signal = SignalRule::with(Milli(-2000), 0);
        assert_eq!(tally(vec![]).sum(&signal), None);
        let o = tally(vec![hit(0, 1, 2000, 0, 3, 0)]).sum(&signal).expect("one");
        assert_eq!((o.logit, o.score(), o.fired), (0, Score(5000), true));
        let learned = hit(1, 2, -500, 8, 3, EntryRule::ADDITIVE | EntryRule::FITTED);
        let o = tally(vec![hit(0, 1, 1000, 0, 3, 0), learned])
            .sum(&signal)
            .expect("two");
        assert!(!o.fired);
        assert_eq!((o.logit, o.learned), (-1500, -500));
    }
}
