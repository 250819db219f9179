//! Scores: the sum of the contributions that count.

use crate::context::Weighed;
use crate::fixed::{Milli, Score};
use crate::lexicon::Entry;
use crate::signal::Signal;

/// The outcome of one signal in one turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// In thousandths; it stands still beyond the range.
    pub(crate) logit: i32,
    /// What learned terms have of it.
    pub(crate) learned: i32,
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
    /// A learned term that would silence what written entries alone make fire.
    Yielded,
    /// A stronger occurrence of the same entry counts.
    Repeated,
    /// Its modifiers left nothing of it.
    Neutral,
}

/// Decides which hits of one signal count. Strongest first, then the longest, then the leftmost, then by entry:
/// each entry once, and none that overlaps one that counts; additive entries cover nothing and are not covered. Learned terms that
/// yield count against a signal only as far as it still fires, if it fires by written entries alone.
pub(crate) fn standings(signal: &Signal, entries: &[Entry], hits: &[&Weighed]) -> Vec<Standing> {
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
    let of = |i: &usize| (&entries[hits[*i].entry as usize], hits[*i].contribution);
    let fires = |sum: i64| Score::logistic(sum) >= signal.threshold;
    let bias = i64::from(signal.bias.0);
    let sum = |wanted: &dyn Fn(&Entry, Milli) -> bool| {
        let all = counted.iter().map(of).filter(|(e, c)| wanted(e, *c));
        bias + all.map(|(_, c)| i64::from(c.0)).sum::<i64>()
    };
    let may_yield = |e: &Entry, c: Milli| e.yields && c < Milli::ZERO;
    if counted.iter().map(of).any(|(e, c)| may_yield(e, c)) && fires(sum(&|e, _| !e.fitted)) {
        let mut rest = sum(&|e, c| !may_yield(e, c));
        for &i in counted.iter().filter(|i| may_yield(of(i).0, of(i).1)) {
            let with = rest + i64::from(hits[i].contribution.0);
            if fires(with) {
                rest = with;
            } else {
                out[i] = Standing::Yielded;
            }
        }
    }
    out
}

/// The score of a signal from the contributions that count, each with whether it was learned.
pub(crate) fn outcome(
    bias: Milli,
    threshold: Score,
    contributions: impl IntoIterator<Item = (Milli, bool)>,
) -> Option<Outcome> {
    let mut sum = i64::from(bias.0);
    let mut learned = 0i64;
    let mut any = false;
    for (contribution, is_learned) in contributions {
        sum += i64::from(contribution.0);
        learned += i64::from(contribution.0) * i64::from(is_learned);
        any = true;
    }
    let bounded = |x: i64| x.clamp(i32::MIN.into(), i32::MAX.into()) as i32;
    let score = Score::logistic(sum);
    any.then_some(Outcome {
        logit: bounded(sum),
        learned: bounded(learned),
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
        let o = outcome(Milli(-2000), Score(5000), [(Milli(2000), false)]).expect("one");
        assert_eq!((o.logit, o.score, o.fired), (0, Score(5000), true));
        let o = outcome(
            Milli(-2000),
            Score(5000),
            [(Milli(1000), false), (Milli(-500), true)],
        )
        .expect("two");
        assert!(!o.fired);
        assert_eq!((o.logit, o.learned), (-1500, -500));
    }
}
