//! Anger as a course: a level after each customer turn that rises with evidence and fades with the customer's own speaking.

use super::verdicts::Verdict;
use crate::compiled::Compiled;
use crate::fixed::{Milli, Score};
use crate::lexicon::CallRules;
use crate::packed::{Bounds, packed};

/// The level as it goes on.
#[derive(Clone, Debug, Default)]
pub(crate) struct AngerCourse {
    energy: Milli,
    band: u8,
    levels: u32,
    sum: i64,
    start: Score,
    last: Score,
    peak: Score,
    peak_turn: u32,
    angry: u32,
}

packed!(AngerCourse {
    counts: band, levels, peak_turn, angry;
    amounts: energy, start, last, peak;
} with { sum });

impl AngerCourse {
    /// Takes a customer turn: its words, and Σ gain × contributions. Gives the level, and the band if it has changed.
    pub(crate) fn turn(
        &mut self,
        rules: &CallRules,
        arrival: u32,
        words: u32,
        evidence: Milli,
    ) -> (Score, Option<usize>) {
        let energy = if self.energy == Milli::ZERO {
            i64::from(evidence.0)
        } else {
            let kept = libm::exp2(-f64::from(words.max(rules.least_words)) / rules.half_life_words);
            libm::round(f64::from(self.energy.0) * kept) as i64 + i64::from(evidence.0)
        };
        self.energy = Milli(energy.clamp(0, i64::from(rules.most.0)) as i32);
        let level = if self.energy == Milli::ZERO {
            Score::default()
        } else {
            Score::nearest(libm::tanh(self.energy.to_f64() / (2.0 * rules.scale)))
        };
        if self.levels == 0 {
            self.start = level;
        }
        if self.levels == 0 || level > self.peak {
            self.peak = level;
            self.peak_turn = arrival;
        }
        self.levels = self.levels.saturating_add(1);
        self.sum = self.sum.saturating_add(level.0.into());
        self.last = level;
        let band = self.next_band(rules, level.to_f64());
        self.angry = self.angry.saturating_add((band >= 2).into());
        let changed = band != usize::from(self.band);
        self.band = band as u8;
        (level, changed.then_some(band))
    }

    fn next_band(&self, rules: &CallRules, level: f64) -> usize {
        let reached = |level: f64| rules.bands.iter().rposition(|b| level >= b.1).unwrap_or(0);
        let up = reached(level);
        let down = reached(level + rules.hysteresis);
        let now = usize::from(self.band);
        if up > now { up } else { down.min(now) }
    }

    /// Whether the turn of its peak has come.
    pub(crate) fn is_sound(&self, bounds: &Bounds) -> bool {
        self.levels == 0 || bounds.is_turn(self.peak_turn)
    }

    /// Customer turns whose level is in the third band or above.
    pub(crate) fn angry_turns(&self) -> u32 {
        self.angry
    }

    pub(crate) fn measured(&self) -> bool {
        self.levels > 0
    }

    pub(crate) fn mean(&self) -> Score {
        let n = i64::from(self.levels.max(1));
        Score((self.sum.saturating_add(n / 2) / n) as i16)
    }

    pub(crate) fn start(&self) -> Score {
        self.start
    }

    pub(crate) fn end(&self) -> Score {
        self.last
    }

    pub(crate) fn peak(&self) -> Score {
        self.peak
    }

    /// The turn of the peak, by arrival; none if the level never left the lowest band.
    pub(crate) fn peak_turn(&self, rules: &CallRules) -> Option<u32> {
        let second = rules.bands.get(1).map_or(f64::MIN_POSITIVE, |b| b.1);
        (self.levels > 0 && self.peak.to_f64() >= second).then_some(self.peak_turn)
    }
}

/// The contributions to a signal, learned ones at a discount.
fn discounted(compiled: &Compiled, verdict: &Verdict, bias: Milli) -> Milli {
    const MOST: i64 = 1_000_000;
    let outcome = &verdict.outcome;
    let bounded = |x: i64| Milli(x.clamp(-MOST, MOST) as i32);
    let learned = i64::from(outcome.learned);
    let written = bounded(i64::from(outcome.logit) - i64::from(bias.0) - learned);
    Milli(written.0 + bounded(learned).times(compiled.lexicon.call.learned).0)
}

/// Σ gain × contribution of a customer turn, and what its sentiment adds or takes.
pub(crate) fn gain(compiled: &Compiled, verdicts: &[Verdict]) -> Milli {
    let mut sum = 0i64;
    for verdict in verdicts {
        let gain = compiled.gains[usize::from(verdict.signal)];
        if gain != Milli::ZERO {
            // Not from the evidence, which may be forgotten by now.
            let bias = compiled.rules.signal(verdict.signal).bias;
            let contributions = discounted(compiled, verdict, bias);
            sum += i64::from(contributions.times(gain).0);
        }
    }
    let valence = verdicts.iter().find(|v| Some(v.signal) == compiled.sentiment);
    if let Some(valence) = valence {
        let rules = &compiled.lexicon.call;
        let valence = discounted(compiled, valence, Milli::ZERO);
        let gain = if valence < Milli::ZERO {
            rules.negative_sentiment
        } else {
            rules.positive_sentiment
        };
        sum -= i64::from(valence.times(gain).0);
    }
    Milli(sum.clamp(-1_000_000, 1_000_000) as i32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Lexicon;

    #[test]
    fn rises_with_evidence_and_fades_with_words() {
        let builtin = Lexicon::builtin().call;
        let rules = CallRules {
            half_life_words: 40.0,
            least_words: 0,
            scale: 2.0,
            most: Milli(8000),
            ..builtin
        };
        let mut course = AngerCourse::default();
        assert_eq!(course.turn(&rules, 0, 10, Milli(0)), (Score(0), None));
        assert_eq!(course.peak_turn(&rules), None);
        let (up, band) = course.turn(&rules, 2, 10, Milli(4000));
        assert!(up > Score(7000) && band.is_some());
        let (half, _) = course.turn(&rules, 4, 40, Milli(0));
        assert_eq!(half, Score::nearest(libm::tanh(2.0 / (2.0 * rules.scale))));
        let (calm, band) = course.turn(&rules, 6, 5, Milli(-4000));
        assert_eq!((calm, band), (Score(0), Some(0)));
        assert_eq!(
            (
                course.peak(),
                course.peak_turn(&rules),
                course.start(),
                course.end()
            ),
            (up, Some(2), Score(0), Score(0))
        );
    }

    #[test]
    fn a_band_is_left_only_well_below_its_border() {
        let mut rules = Lexicon::builtin().call;
        rules.hysteresis = 0.05;
        rules.bands = vec![("calm".into(), 0.0), ("angry".into(), 0.5)];
        let course = AngerCourse {
            band: 1,
            ..AngerCourse::default()
        };
        assert_eq!(course.next_band(&rules, 0.47), 1);
        assert_eq!(course.next_band(&rules, 0.44), 0);
        assert_eq!(AngerCourse::default().next_band(&rules, 0.47), 0);
    }
}
