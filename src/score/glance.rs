//! The sum of the hits of a signal without the lists that a [`Tally`](super::Tally) keeps: most signals of a turn need no more.

use super::{Outcome, Strongest, bounded, fires};
use crate::context::{EntryRule, SignalRule, Weighed};
use crate::fixed::Milli;

/// What the hits of a signal come to, if any counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Glance {
    pub(crate) outcome: Outcome,
    /// The hits that count, a bit each.
    pub(crate) counted: u64,
    pub(crate) strongest: Option<Strongest>,
}

impl Glance {
    /// Of so many hits at most: a bit each.
    pub(crate) const MOST: usize = 64;

    /// Sums the hits of one signal, but those that are `out` (a bit each), by the rule of [`Tally::sum`](super::Tally::sum).
    pub(crate) fn at(
        entries: &[EntryRule],
        signal: &SignalRule,
        hits: &[Weighed],
        out: u64,
    ) -> Option<Glance> {
        let mut sums = Sums {
            all: signal.bias.0.into(),
            learned: 0,
        };
        let (mut counted, mut yielding) = (0u64, 0u64);
        // Hits may stand in each other's way: one entry twice, or words that several cover.
        let (mut seen, mut end, mut is_mixed) = ([0u64; 4], 0, false);
        // The hits that words show and that contribute most.
        let (mut most, mut strongest) = (Milli(i32::MIN), 0u64);
        for (place, hit) in hits.iter().enumerate() {
            if out >> place & 1 == 1 || hit.contribution == Milli::ZERO {
                continue;
            }
            let rule = &entries[hit.entry as usize];
            counted |= 1 << place;
            sums.add(hit, rule, 1);
            let yields = (hit.contribution < Milli::ZERO) & rule.has(EntryRule::YIELDS);
            yielding |= u64::from(yields) << place;
            let (word, bit) = bit_of(hit);
            is_mixed |= seen[word] & bit != 0;
            seen[word] |= bit;
            // Most come in the order of the text.
            let (start, to) = hit.span.unwrap_or_default();
            is_mixed |= covers(rule) & (start < end);
            end = end.max(if covers(rule) { to } else { 0 });
            let shown = if hit.span.is_some() {
                hit.contribution
            } else {
                Milli(i32::MIN)
            };
            strongest = if shown > most { 0 } else { strongest } | u64::from(shown >= most) << place;
            most = most.max(shown);
        }
        let mut dropped = 0;
        if is_mixed {
            dropped = counted & !strongest_of(entries, hits, counted);
            sums.drop(entries, hits, dropped);
            yielding &= !dropped;
        }
        if yielding != 0 && fires(signal, sums.all - sums.learned) {
            dropped |= sums.held_back(entries, signal, hits, yielding);
        }
        counted &= !dropped;
        if counted == 0 {
            return None;
        }
        strongest &= counted;
        if strongest == 0 {
            strongest = counted;
        }
        Some(Glance {
            outcome: Outcome {
                logit: bounded(sums.all),
                learned: bounded(sums.learned),
                fired: fires(signal, sums.all),
            },
            counted,
            strongest: strongest_shown(hits, strongest),
        })
    }
}

/// The sum of hits, and what learned terms have of it.
struct Sums {
    all: i64,
    learned: i64,
}

impl Sums {
    fn add(&mut self, hit: &Weighed, rule: &EntryRule, times: i64) {
        let contribution = times * i64::from(hit.contribution.0);
        self.all += contribution;
        self.learned += contribution * i64::from(rule.has(EntryRule::FITTED));
    }

    /// Takes away these hits, a bit each.
    fn drop(&mut self, entries: &[EntryRule], hits: &[Weighed], dropped: u64) {
        for place in places(dropped) {
            self.add(&hits[place], &entries[hits[place].entry as usize], -1);
        }
    }

    /// Takes away those of the hits that yield, the strongest first, that would silence what the others make fire; gives them, a bit each.
    #[inline(never)]
    fn held_back(
        &mut self,
        entries: &[EntryRule],
        signal: &SignalRule,
        hits: &[Weighed],
        mut yielding: u64,
    ) -> u64 {
        let weight = |place: usize| i64::from(hits[place].contribution.0);
        let mut rest = self.all - places(yielding).map(weight).sum::<i64>();
        let mut held_back = 0;
        while yielding != 0 {
            let place = strongest_in(hits, yielding);
            yielding &= !(1 << place);
            if fires(signal, rest + weight(place)) {
                rest += weight(place);
            } else {
                held_back |= 1 << place;
                self.add(&hits[place], &entries[hits[place].entry as usize], -1);
            }
        }
        held_back
    }
}

/// The strongest of these hits that words show, of several as strong the last in the text.
fn strongest_shown(hits: &[Weighed], of: u64) -> Option<Strongest> {
    let mut strongest: Option<(&Weighed, (u32, u32))> = None;
    for place in places(of) {
        let hit = &hits[place];
        let Some(span) = hit.span else { continue };
        let beats = |&(other, at): &(&Weighed, (u32, u32))| {
            hit.contribution > other.contribution
                || hit.contribution == other.contribution && (span, hit.entry) > (at, other.entry)
        };
        if strongest.as_ref().is_none_or(beats) {
            strongest = Some((hit, span));
        }
    }
    strongest.map(|(hit, span)| Strongest {
        entry: hit.entry,
        span,
    })
}

/// Whether a hit of this entry stands in the way of others over the same words.
fn covers(rule: &EntryRule) -> bool {
    !rule.has(EntryRule::ADDITIVE)
}

/// The places of the bits of a set.
fn places(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = (set != 0).then_some(set.trailing_zeros() as usize);
        set &= set.wrapping_sub(1);
        place
    })
}

/// A hit's word and bit in a set of entries that share bits.
#[inline]
fn bit_of(hit: &Weighed) -> (usize, u64) {
    ((hit.entry / u64::BITS % 4) as usize, 1 << (hit.entry % u64::BITS))
}

/// Of these hits, a bit each, those that count: each entry once, and of hits that cover each other the strongest.
#[inline(never)]
fn strongest_of(entries: &[EntryRule], hits: &[Weighed], of: u64) -> u64 {
    // For each hit the stronger ones in its way.
    let mut stronger = [0u64; Glance::MOST];
    let mut contested = 0u64;
    // The hits before that may cover others, and how far they reach up to each.
    let (mut covering, mut reach, mut end) = (0u64, [0u32; Glance::MOST], 0);
    let mut seen = [0u64; 4];
    for place in places(of) {
        let hit = &hits[place];
        let mut against = 0;
        let (word, bit) = bit_of(hit);
        if seen[word] & bit != 0 {
            let before = places(of & ((1 << place) - 1));
            against = before.fold(0, |set, o| set | u64::from(hits[o].entry == hit.entry) << o);
        }
        seen[word] |= bit;
        if covers(&entries[hit.entry as usize]) {
            let (start, to) = hit.span.unwrap_or_default();
            let mut left = covering;
            while left != 0 {
                let other = (u64::BITS - 1 - left.leading_zeros()) as usize;
                if reach[other] <= start {
                    break;
                }
                left &= !(1 << other);
                let (other_start, other_to) = hits[other].span.unwrap_or_default();
                against |= u64::from(other_start < to && start < other_to) << other;
            }
            end = end.max(to);
            reach[place] = end;
            covering |= 1 << place;
        }
        for other in places(against) {
            let (weaker, of) = if is_stronger(hit, &hits[other]) {
                (other, place)
            } else {
                (place, other)
            };
            stronger[weaker] |= 1 << of;
            contested |= 1 << place | 1 << other;
        }
    }
    let mut counted = of & !contested;
    while contested != 0 {
        for place in places(contested) {
            let beats = |set: u64| stronger[place] & set != 0;
            if beats(counted) {
                contested &= !(1 << place);
            } else if !beats(contested) {
                contested &= !(1 << place);
                counted |= 1 << place;
            }
        }
    }
    counted
}

/// The place of the strongest of these hits.
fn strongest_in(hits: &[Weighed], of: u64) -> usize {
    let mut strongest = of.trailing_zeros() as usize;
    for place in places(of & of.wrapping_sub(1)) {
        if is_stronger(&hits[place], &hits[strongest]) {
            strongest = place;
        }
    }
    strongest
}

/// Whether a hit comes before one that stands before it: the stronger, then the longer, then the one further left, then by entry.
fn is_stronger(hit: &Weighed, before: &Weighed) -> bool {
    let strength = |hit: &Weighed| {
        let (start, end) = hit.span.unwrap_or_default();
        u64::from(hit.contribution.magnitude()) << 32 | u64::from(end - start)
    };
    let place = |hit: &Weighed| (hit.span.unwrap_or_default().0, hit.entry);
    let (own, other) = (strength(hit), strength(before));
    own > other || own == other && place(hit) < place(before)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::super::{Standing, Tally};
    use super::*;

    /// Entries whose facts are the low bits of their numbers.
    static ENTRIES: LazyLock<Vec<EntryRule>> =
        LazyLock::new(|| (0..12 << 11).map(|e| EntryRule::with(e as u16 & 0x7ff)).collect());

    fn hits() -> impl Strategy<Value = Vec<Weighed>> {
        let facts = prop::sample::select(vec![
            0,
            0,
            EntryRule::ADDITIVE,
            EntryRule::ADDITIVE | EntryRule::FITTED,
            EntryRule::ADDITIVE | EntryRule::FITTED | EntryRule::YIELDS,
        ]);
        let contribution =
            prop_oneof![1 => Just(0), 4 => -3000..4000i32, 2 => prop::sample::select(vec![-500, 500])];
        let span = prop::option::weighted(0.9, (0..90u32, 0..9u32).prop_map(|(at, len)| (at, at + len)));
        let one = (0..12u32, contribution, span, facts);
        prop::collection::vec(one, 0..24).prop_map(|all| {
            let all = all.into_iter();
            all.map(|(entry, contribution, span, facts)| Weighed {
                entry: entry << 11 | u32::from(facts),
                span,
                contribution: Milli(contribution),
                ..Weighed::default()
            })
            .collect()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn what_a_glance_shows_is_what_a_tally_comes_to(hits in hits(), out: u64, none: bool) {
            let out = if none { 0 } else { out };
            let signal = SignalRule::with(Milli(-2000), 0);
            let mut tally = Tally::default();
            for (place, hit) in hits.iter().enumerate() {
                tally.take_of(&ENTRIES, hit, out >> place & 1 == 1);
            }
            let expected = tally.sum(&signal);
            let glance = Glance::at(&ENTRIES, &signal, &hits, out);
            prop_assert_eq!(glance.map(|g| g.outcome), expected);
            if let Some(glance) = glance {
                prop_assert_eq!(glance.strongest, tally.strongest(|place| hits[place as usize].span));
                let standings = tally.standings().iter().enumerate();
                let all = standings.filter(|(_, s)| **s == Some(Standing::Counted));
                prop_assert_eq!(glance.counted, all.fold(0, |set, (place, _)| set | 1 << place));
            }
        }
    }
}
