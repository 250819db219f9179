//! The kinds of modifiers. Which words they listen to and how much they weigh is data.

use super::window::Window;
use super::{Applied, bytes, mixed_case};
use crate::fixed::Milli;
use crate::lexicon::{Entry, Lexicon, Modifier, ModifierKind, Side};
use crate::matcher::{Found, Owner, Scan};
use crate::text::Flags;

/// What is found out of a text at most once.
#[derive(Default)]
pub(super) struct Local {
    mixed_case: Option<bool>,
    cues: Vec<Found>,
}

/// The contribution of a hit and what made it.
pub(super) fn apply(
    lexicon: &Lexicon,
    entry: &Entry,
    scan: &Scan,
    window: &Window,
    local: &mut Local,
) -> (Milli, Vec<Applied>) {
    let mut contribution = entry.weight;
    let mut applied = Vec::new();
    local.cues.clear();
    local.cues.extend(
        window
            .of(scan, &scan.marks)
            .filter(|m| matches!(m.owner, Owner::Cue(_) | Owner::Except(_) | Owner::Stop(_))),
    );
    for (number, modifier) in (0u8..).zip(&lexicon.shared.modifiers) {
        if entry.ignore >> number & 1 == 1 {
            continue;
        }
        let mut add = |factor: Milli, cue: Option<&Found>| {
            if factor != Milli::ONE {
                contribution = contribution.times(factor);
                applied.push(Applied {
                    modifier: number,
                    factor,
                    cue: cue.map(|c| bytes(scan, c)),
                });
            }
        };
        match modifier.kind {
            ModifierKind::Scope => {
                if let Some((cue, distance)) =
                    nearest(number, modifier, scan, window, &local.cues, modifier.side)
                {
                    let factor = if entry.flips {
                        modifier.flip.unwrap_or(modifier.factor)
                    } else {
                        modifier.factor
                    };
                    add(faded(factor, modifier.falloff, distance), Some(&cue));
                }
            }
            ModifierKind::Contrast => {
                if let Some((cue, _)) = nearest(number, modifier, scan, window, &local.cues, Side::Before) {
                    add(modifier.factor_after, Some(&cue));
                } else if let Some((cue, _)) =
                    nearest(number, modifier, scan, window, &local.cues, Side::After)
                {
                    add(modifier.factor, Some(&cue));
                }
            }
            ModifierKind::Question => {
                let asked = window.sentence_end(scan).is_some_and(|t| t.is(Flags::QUESTION));
                if asked {
                    add(modifier.factor, None);
                } else if let Some(first) = window.sentence_start(scan) {
                    let opens = |m: &&Found| {
                        m.owner == Owner::Cue(number) && m.start == first && m.end < window.start
                    };
                    if let Some(cue) = local.cues.iter().find(opens) {
                        add(modifier.factor, Some(cue));
                    }
                }
            }
            ModifierKind::Capitals => {
                let tokens = &scan.tokens[window.start as usize..=window.end as usize];
                let loud = tokens.iter().any(|t| t.is(Flags::CAPITALS))
                    && tokens.iter().all(|t| {
                        t.is(Flags::CAPITALS)
                            || t.is(Flags::CONTINUED)
                            || t.is(Flags::NUMBER)
                            || t.end - t.start == 1
                    });
                if loud && *local.mixed_case.get_or_insert_with(|| mixed_case(scan)) {
                    add(modifier.factor, None);
                }
            }
            ModifierKind::Exclamation => {
                if let Some(end) = window.sentence_end(scan) {
                    for flag in [Flags::EXCLAMATION, Flags::EXCLAMATION_2, Flags::EXCLAMATION_3] {
                        if end.is(flag) {
                            add(modifier.factor, None);
                        }
                    }
                }
            }
        }
    }
    (contribution, applied)
}

/// The nearest cue of a modifier in reach of a hit, and how many words away it stands.
fn nearest(
    number: u8,
    modifier: &Modifier,
    scan: &Scan,
    window: &Window,
    marks: &[Found],
    side: Side,
) -> Option<(Found, u32)> {
    let mut best: Option<(u32, Found)> = None;
    for &cue in marks.iter().filter(|m| m.owner == Owner::Cue(number)) {
        let Some((stands, distance)) = window.distance(scan, &cue) else {
            continue;
        };
        if distance > u32::from(modifier.words) || (side != Side::Either && side != stands) {
            continue;
        }
        let touches = |m: &Found| m.start <= cue.end && m.end >= cue.start;
        let excepted = marks
            .iter()
            .any(|m| m.owner == Owner::Except(number) && touches(m));
        let between = |m: &Found| match stands {
            Side::Before => m.start > cue.end && m.end < window.start,
            _ => m.start > window.end && m.end < cue.start,
        };
        let stopped = marks.iter().any(|m| m.owner == Owner::Stop(number) && between(m));
        if !excepted && !stopped && best.is_none_or(|(d, b)| (distance, cue.start) < (d, b.start)) {
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
