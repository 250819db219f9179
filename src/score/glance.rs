//! The sum of the hits of a signal without the lists that a [`Tally`](super::Tally) keeps: most signals of a turn need no more.

use super::{Outcome, Strongest, bounded, fires};
use crate::context::{EntryRule, SignalRule, Weighed};
use crate::fixed::Milli;

/// What hits come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Glance {
    /// None counts.
    Nothing,
    Sum {
        outcome: Outcome,
        /// The hits that count, a bit each.
        counted: u64,
        strongest: Option<Strongest>,
    },
    /// It takes a tally.
    Unclear,
}

impl Glance {
    /// Of so many hits at most: a bit each.
    pub(crate) const MOST: usize = 64;

    /// Sums the hits of one signal, but those that are `out` (a bit each), by the rule of [`Tally::sum`](super::Tally::sum).
    pub(crate) fn at(entries: &[EntryRule], signal: &SignalRule, hits: &[Weighed], out: u64) -> Glance {
        let mut counted = 0u64;
        let mut seen = [0u64; 4];
        let (mut end, mut is_mixed) = (0, false);
        for (place, hit) in hits.iter().enumerate() {
            if out >> place & 1 == 1 || hit.contribution == Milli::ZERO {
                continue;
            }
            counted |= 1 << place;
            let seen = &mut seen[(hit.entry / u64::BITS % 4) as usize];
            let entry = 1 << (hit.entry % u64::BITS);
            is_mixed |= *seen & entry != 0;
            *seen |= entry;
            if covers(entries, hit) {
                // Most come in the order of the text.
                let (start, own) = hit.span.unwrap_or_default();
                is_mixed |= start < end;
                end = end.max(own);
            }
        }
        if is_mixed {
            counted = strongest_of(entries, hits, counted);
        }
        let (mut sum, mut learned, mut yielding) = (i64::from(signal.bias.0), 0i64, 0i64);
        let mut strongest: Option<(Milli, (u32, u32), u32)> = None;
        for place in places(counted) {
            let hit = &hits[place];
            let rule = &entries[hit.entry as usize];
            let contribution = i64::from(hit.contribution.0);
            sum += contribution;
            learned += contribution * i64::from(rule.has(EntryRule::FITTED));
            yielding += contribution.min(0) * i64::from(rule.has(EntryRule::YIELDS));
            if let Some(span) = hit.span {
                strongest = strongest.max(Some((hit.contribution, span, hit.entry)));
            }
        }
        if yielding < 0 && fires(signal, sum - learned) {
            return Glance::Unclear;
        }
        if counted == 0 {
            return Glance::Nothing;
        }
        Glance::Sum {
            outcome: Outcome {
                logit: bounded(sum),
                learned: bounded(learned),
                fired: fires(signal, sum),
            },
            counted,
            strongest: strongest.map(|(_, span, entry)| Strongest { entry, span }),
        }
    }
}

fn covers(entries: &[EntryRule], hit: &Weighed) -> bool {
    !entries[hit.entry as usize].has(EntryRule::ADDITIVE)
}

/// The places of the bits of a set.
fn places(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = (set != 0).then_some(set.trailing_zeros() as usize);
        set &= set.wrapping_sub(1);
        place
    })
}

/// Of these hits, a bit each, those that count: each entry once, and of hits that cover each other the strongest.
#[inline(never)]
fn strongest_of(entries: &[EntryRule], hits: &[Weighed], of: u64) -> u64 {
    let mut against = [0u64; Glance::MOST];
    let mut contested = 0u64;
    // Those before this one that may cover others, as far as it may overlap them.
    let (mut covering, mut end) = (0u64, 0);
    for place in places(of) {
        let hit = &hits[place];
        let before = of & ((1 << place) - 1);
        let (start, own) = hit.span.unwrap_or_default();
        let covers = covers(entries, hit);
        let mut own_against = 0;
        for other in places(before) {
            own_against |= u64::from(hits[other].entry == hit.entry) << other;
        }
        if covers && start < end {
            for other in places(covering & before) {
                let (from, to) = hits[other].span.unwrap_or_default();
                own_against |= u64::from(from < own && start < to) << other;
            }
        }
        if covers {
            covering |= 1 << place;
            end = end.max(own);
        }
        if own_against != 0 {
            against[place] = own_against;
            contested |= own_against | 1 << place;
            places(own_against).for_each(|other| against[other] |= 1 << place);
        }
    }
    let mut counted = of & !contested;
    while contested != 0 {
        let mut strongest = contested.trailing_zeros() as usize;
        for place in places(contested & (contested - 1)) {
            if is_stronger(&hits[place], &hits[strongest]) {
                strongest = place;
            }
        }
        counted |= 1 << strongest;
        contested &= !(against[strongest] | 1 << strongest);
    }
    counted
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
            match Glance::at(&ENTRIES, &signal, &hits, out) {
                Glance::Nothing => prop_assert_eq!(expected, None),
                Glance::Sum { outcome, counted, strongest } => {
                    prop_assert_eq!(Some(outcome), expected);
                    prop_assert_eq!(strongest, tally.strongest(|place| hits[place as usize].span));
                    let standings = tally.standings().iter().enumerate();
                    let all = standings.filter(|(_, s)| **s == Some(Standing::Counted));
                    prop_assert_eq!(counted, all.fold(0, |set, (place, _)| set | 1 << place));
                }
                Glance::Unclear => prop_assert!(hits.iter().any(|h| ENTRIES[h.entry as usize].has(EntryRule::YIELDS))),
            }
        }
    }
}
