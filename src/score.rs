//! Scores: the sum of the contributions that count.

use crate::context::Weighed;
use crate::fixed::{Milli, Score};
use crate::lexicon::Entry;

/// The outcome of one signal in one turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// In thousandths; it stands still beyond the range.
    pub(crate) logit: i32,
    pub(crate) score: Score,
    pub(crate) fired: bool,
}

/// What became of a hit in the sum of its signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It counts.
    Counted,
    /// A stronger hit of the signal stands over some of its words.
    Covered,
    /// A learned term against the signal, where a written entry speaks for it.
    Yielded,
    /// A stronger occurrence of the same entry counts.
    Repeated,
    /// Its modifiers left nothing of it.
    Neutral,
}

/// Decides which hits of one signal count. Strongest first, then the longest, then the leftmost, then by entry:
/// each entry once, and none that overlaps one that counts; additive entries cover nothing and are not covered. Learned terms may
/// yield to written entries.
pub(crate) fn standings(entries: &[Entry], hits: &[&Weighed]) -> Vec<Standing> {
    let mut order: Vec<usize> = (0..hits.len()).collect();
    let key = |h: &Weighed| {
        let (start, end) = h.span.unwrap_or((0, 0));
        (
            std::cmp::Reverse((h.contribution.magnitude(), end - start)),
            start,
            h.entry,
        )
    };
    order.sort_by_key(|&i| key(hits[i]));
    let mut out = vec![Standing::Neutral; hits.len()];
    let mut counted: Vec<usize> = Vec::new();
    for i in order {
        let hit = hits[i];
        if hit.contribution == Milli::ZERO {
            continue;
        }
        let additive = |h: &Weighed| entries[h.entry as usize].additive;
        let overlaps = |o: &Weighed| match (hit.span, o.span) {
            (Some(a), Some(b)) => a.0 < b.1 && b.0 < a.1 && !additive(o),
            _ => false,
        };
        out[i] = if counted.iter().any(|&o| hits[o].entry == hit.entry) {
            Standing::Repeated
        } else if !additive(hit) && counted.iter().any(|&o| overlaps(hits[o])) {
            Standing::Covered
        } else {
            counted.push(i);
            Standing::Counted
        };
    }
    // What was learned against a signal says less than what somebody wrote for it.
    let speaks_for =
        |&h: &usize| hits[h].contribution > Milli::ZERO && !entries[hits[h].entry as usize].fitted;
    if counted.iter().any(speaks_for) {
        for &i in &counted {
            if entries[hits[i].entry as usize].yields && hits[i].contribution < Milli::ZERO {
                out[i] = Standing::Yielded;
            }
        }
    }
    out
}

/// The score of a signal from the contributions that count.
pub(crate) fn outcome(
    bias: Milli,
    threshold: Score,
    contributions: impl IntoIterator<Item = Milli>,
) -> Option<Outcome> {
    let mut sum = i64::from(bias.0);
    let mut any = false;
    for contribution in contributions {
        sum += i64::from(contribution.0);
        any = true;
    }
    let score = Score::logistic(sum);
    any.then_some(Outcome {
        logit: sum.clamp(i32::MIN.into(), i32::MAX.into()) as i32,
        score,
        fired: score >= threshold,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcome_sums_and_compares_the_rounded_score() {
        assert_eq!(outcome(Milli(-2000), Score(5000), []), None);
        let o = outcome(Milli(-2000), Score(5000), [Milli(2000)]).expect("one");
        assert_eq!((o.logit, o.score, o.fired), (0, Score(5000), true));
        let o = outcome(Milli(-2000), Score(5000), [Milli(1000), Milli(-500)]).expect("two");
        assert!(!o.fired);
    }
}
