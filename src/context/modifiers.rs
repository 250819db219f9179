//! The kinds of modifiers. Which words they listen to and how much they weigh is data.

use super::Applied;
use super::layout::{Layout, Listens, Span};
use super::rules::EntryRule;
use crate::fixed::Milli;
use crate::lexicon::{Lexicon, Modifier, ModifierKind, Side};
use crate::matcher::{Owner, Scan};
use crate::text::Flags;

/// Modifiers that were applied to a hit, in their order.
pub(crate) type Modifiers = Vec<Applied>;

const EXCLAMATIONS: [Flags; 3] = [Flags::EXCLAMATION, Flags::EXCLAMATION_2, Flags::EXCLAMATION_3];

/// Whether anything in a text may call a modifier.
pub(super) fn may_be_called(scan: &Scan) -> bool {
    const CALLING: Flags = Flags(
        Flags::QUESTION.0
            | Flags::EXCLAMATION.0
            | Flags::EXCLAMATION_2.0
            | Flags::EXCLAMATION_3.0
            | Flags::CAPITALS.0,
    );
    let shown = scan.tokens.iter().fold(Flags::NONE, |all, t| all | t.flags);
    shown.intersects(CALLING) || scan.marks.iter().any(|m| matches!(m.owner(), Owner::Cue(_)))
}

/// The contribution of a hit that these modifiers (a bit each) may change; those that do are added to `applied`, if they are wanted.
#[inline(never)]
pub(super) fn modified(
    lexicon: &Lexicon,
    rule: &EntryRule,
    scan: &Scan,
    layout: &mut Layout,
    hit: Span,
    mut called: u64,
    mut applied: Option<&mut Modifiers>,
) -> Milli {
    if !layout.is_gathered() {
        layout.gather(scan, lexicon.shared.modifiers.len());
    }
    let mut contribution = rule.weight;
    while called != 0 {
        let number = called.trailing_zeros() as u8;
        called &= called - 1;
        let modifier = &lexicon.shared.modifiers[usize::from(number)];
        let mut times = 1;
        let effect = match modifier.kind {
            ModifierKind::Scope => {
                nearest(number, modifier, layout, hit, modifier.side).map(|(cue, distance)| {
                    let flip = modifier.flip.filter(|_| rule.has(EntryRule::FLIPS));
                    let factor = flip.unwrap_or(modifier.factor);
                    (faded(factor, modifier.falloff, distance), Some(cue))
                })
            }
            ModifierKind::Contrast => {
                let before = nearest(number, modifier, layout, hit, Side::Before);
                let before = before.map(|(cue, _)| (modifier.factor_after, Some(cue)));
                before.or_else(|| {
                    let after = nearest(number, modifier, layout, hit, Side::After);
                    after.map(|(cue, _)| (modifier.factor, Some(cue)))
                })
            }
            ModifierKind::Question => {
                let end = layout.sentence_end(hit);
                if end.is_some_and(|end| end.contains(Flags::QUESTION)) {
                    Some((modifier.factor, None))
                } else {
                    let first = layout.sentence_start(hit);
                    let opens = |m: &Span| {
                        Some(m.start) == first && m.end < hit.start && layout.reaches_back(hit, m.end)
                    };
                    let cue = layout.marks(Listens::Cue, number, hit).find(opens);
                    cue.map(|cue| (modifier.factor, Some(cue)))
                }
            }
            ModifierKind::Capitals => {
                let tokens = &scan.tokens[hit.start as usize..=hit.end as usize];
                let loud = tokens.iter().any(|t| t.is(Flags::CAPITALS))
                    && tokens.iter().all(|t| {
                        t.is(Flags::CAPITALS)
                            || t.is(Flags::CONTINUED)
                            || t.is(Flags::NUMBER)
                            || t.end - t.start == 1
                    });
                (loud && layout.mixed_case(scan)).then_some((modifier.factor, None))
            }
            ModifierKind::Exclamation => {
                let end = layout.sentence_end(hit).unwrap_or(Flags::NONE);
                times = EXCLAMATIONS.iter().filter(|flag| end.contains(**flag)).count();
                Some((modifier.factor, None))
            }
        };
        let Some((factor, cue)) = effect.filter(|(factor, _)| *factor != Milli::ONE) else {
            continue;
        };
        for _ in 0..times {
            contribution = contribution.times(factor);
            if let Some(applied) = &mut applied {
                let token = |at: u32| &scan.tokens[at as usize];
                applied.push(Applied {
                    modifier: number,
                    factor,
                    cue: cue.map(|c| (token(c.start).start, token(c.end).end)),
                });
            }
        }
    }
    contribution
}

/// The nearest cue of a modifier in reach of a hit, and how many words away it stands.
fn nearest(number: u8, modifier: &Modifier, layout: &Layout, hit: Span, side: Side) -> Option<(Span, u32)> {
    let mut best: Option<(u32, Span)> = None;
    for cue in layout.marks(Listens::Cue, number, hit) {
        let Some((stands, distance)) = layout.apart(hit, cue) else {
            continue;
        };
        if distance > u32::from(modifier.words)
            || (side != Side::Either && side != stands)
            || best.is_some_and(|(d, b)| (distance, cue.start) >= (d, b.start))
            || !layout.reaches(hit, cue)
        {
            continue;
        }
        let excepted = layout.marks(Listens::Except, number, hit).any(|m| m.touches(cue));
        let between = |m: Span| match stands {
            Side::Before => m.start > cue.end && m.end < hit.start,
            _ => m.start > hit.end && m.end < cue.start,
        };
        if !excepted && !layout.marks(Listens::Stop, number, hit).any(between) {
            best = Some((distance, cue));
        }
    }
    best.map(|(distance, cue)| (cue, distance))
}

/// The factor, moved towards one with each word of distance beyond the first.
fn faded(factor: Milli, falloff: Milli, distance: u32) -> Milli {
    if falloff == Milli::ONE || distance <= 1 {
        return factor;
    }
    let part = (1..distance).fold(Milli(factor.0 - 1000), |part, _| part.times(falloff));
    Milli(1000 + part.0)
}
