//! Figures of classification, and how sure they are.

use serde::Serialize;

/// How often a signal fired where it should, and where it should not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Counts {
    /// Fired, rightly.
    pub hits: u32,
    /// Fired, wrongly.
    pub false_alarms: u32,
    /// Should have fired, and did not.
    pub misses: u32,
    /// Silent, rightly.
    pub silent: u32,
}

impl Counts {
    /// Counts a turn.
    pub fn add(&mut self, shown: bool, fired: bool) {
        *match (shown, fired) {
            (true, true) => &mut self.hits,
            (false, true) => &mut self.false_alarms,
            (true, false) => &mut self.misses,
            (false, false) => &mut self.silent,
        } += 1;
    }

    /// Share of the fired that is right, 0 to 1; none where nothing fired.
    pub fn precision(self) -> Option<f64> {
        ratio(self.hits.into(), (self.hits + self.false_alarms).into())
    }

    /// Share of what should fire that did, 0 to 1; none where nothing should.
    pub fn recall(self) -> Option<f64> {
        ratio(self.hits.into(), (self.hits + self.misses).into())
    }

    /// Harmonic mean of precision and recall, 0 to 1; none where nothing should fire.
    pub fn f1(self) -> Option<f64> {
        (self.hits + self.misses > 0)
            .then(|| f1(self.hits.into(), self.false_alarms.into(), self.misses.into()))
    }
}

/// F1 of counts that may be weighted; 0 where nothing is right.
pub(crate) fn f1(hits: f64, false_alarms: f64, misses: f64) -> f64 {
    ratio(2.0 * hits, 2.0 * hits + false_alarms + misses).unwrap_or(0.0)
}

/// A share; none of nothing.
pub(crate) fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

/// Turns in the order of a score, ties together: areas under curves need no more, however the turns are weighted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ranking {
    /// Turns by rising score.
    order: Vec<u32>,
    /// Where in `order` the turns of each score end.
    ends: Vec<u32>,
}

impl Ranking {
    /// Ranks turns by their scores.
    pub(crate) fn new(scores: &[f64]) -> Self {
        let mut order: Vec<u32> = (0..scores.len() as u32).collect();
        order.sort_by(|&a, &b| scores[a as usize].total_cmp(&scores[b as usize]));
        let mut ends = Vec::new();
        for (at, turn) in order.iter().enumerate() {
            let next = order.get(at + 1).map(|&n| scores[n as usize]);
            if next != Some(scores[*turn as usize]) {
                ends.push(at as u32 + 1);
            }
        }
        Ranking { order, ends }
    }

    /// Sums of the weights of turns that show the signal and of those that do not, by rising score.
    fn groups<'a>(
        &'a self,
        shown: &'a [bool],
        weight: &'a dyn Fn(usize) -> f64,
    ) -> impl DoubleEndedIterator<Item = (f64, f64)> + 'a {
        (0..self.ends.len()).map(move |group| {
            let start = if group == 0 { 0 } else { self.ends[group - 1] };
            let turns = &self.order[start as usize..self.ends[group] as usize];
            turns.iter().fold((0.0, 0.0), |(yes, no), &turn| {
                let weight = weight(turn as usize);
                if shown[turn as usize] {
                    (yes + weight, no)
                } else {
                    (yes, no + weight)
                }
            })
        })
    }

    /// The chance that a turn that shows the signal scores above one that does not, ties by half (Mann and Whitney 1947); none where
    /// one of the kinds is missing.
    pub(crate) fn auc(&self, shown: &[bool], weight: &dyn Fn(usize) -> f64) -> Option<f64> {
        let (mut pairs, mut yes, mut no) = (0.0, 0.0, 0.0);
        for (more_yes, more_no) in self.groups(shown, weight) {
            pairs += more_yes * (no + more_no / 2.0);
            yes += more_yes;
            no += more_no;
        }
        ratio(pairs, yes * no)
    }

    /// Average precision: the area under precision against recall, as steps.
    pub(crate) fn average_precision(&self, shown: &[bool]) -> Option<f64> {
        let positive = shown.iter().filter(|&&s| s).count() as f64;
        let (mut hits, mut fired, mut area) = (0.0, 0.0, 0.0);
        for (yes, no) in self.groups(shown, &|_| 1.0).rev() {
            hits += yes;
            fired += yes + no;
            area += hits / fired * yes;
        }
        ratio(area, positive)
    }
}

/// A bin of a calibration table: turns whose scores lie in a tenth of the range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Bin {
    /// How many turns.
    pub turns: u32,
    /// Their mean score.
    pub score: f64,
    /// The share of them that shows the signal.
    pub shown: f64,
}

/// Ten bins of equal width over scores of 0 to 1.
pub(crate) fn bins(scores: &[f64], shown: &[bool]) -> [Bin; 10] {
    let mut bins = [Bin::default(); 10];
    for (&score, &shown) in scores.iter().zip(shown) {
        let bin = &mut bins[((score * 10.0) as usize).min(9)];
        bin.turns += 1;
        bin.score += score;
        bin.shown += f64::from(u8::from(shown));
    }
    for bin in bins.iter_mut().filter(|b| b.turns > 0) {
        bin.score /= f64::from(bin.turns);
        bin.shown /= f64::from(bin.turns);
    }
    bins
}

/// Expected calibration error: how far scores are from shares, over the bins, weighted by turns (Naeini and others 2015); 0 to 1.
pub(crate) fn calibration_error(bins: &[Bin]) -> Option<f64> {
    let turns: f64 = bins.iter().map(|b| f64::from(b.turns)).sum();
    let off: f64 = bins
        .iter()
        .map(|b| f64::from(b.turns) * (b.score - b.shown).abs())
        .sum();
    ratio(off, turns)
}

/// The exact two-sided test of McNemar (1947): how likely it is that of all turns that only one of two lexicons judges right
/// so many or more fall to one side, if neither is better. 0 to 1.
pub fn mcnemar(only_first: u32, only_second: u32) -> f64 {
    let n = f64::from(only_first) + f64::from(only_second);
    let fewer = only_first.min(only_second);
    let log_choose = |k: f64| libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0);
    let tail: f64 = (0..=fewer)
        .map(|k| libm::exp(log_choose(k.into()) - n * std::f64::consts::LN_2))
        .sum();
    (2.0 * tail).min(1.0)
}

/// Where a figure lies with 95 % confidence: the middle of its values over resamples.
pub(crate) fn interval(mut values: Vec<f64>) -> Option<[f64; 2]> {
    values.retain(|v| v.is_finite());
    values.sort_by(f64::total_cmp);
    let at = |share: f64| {
        values
            .get((share * (values.len().checked_sub(1)?) as f64).round() as usize)
            .copied()
    };
    Some([at(0.025)?, at(0.975)?])
}

/// The chance of a logit.
pub(crate) fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

/// Random numbers that are the same everywhere for the same seed: SplitMix64 (Steele, Lea and Flood 2014).
#[derive(Clone, Debug)]
pub(crate) struct Random(u64);

impl Random {
    /// The numbers of a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed)
    }

    /// The numbers of one of many streams of a seed.
    pub(crate) fn of(seed: u64, stream: u64) -> Self {
        Random(Random::new(seed).bits() ^ Random::new(!stream).bits())
    }

    /// The next 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.bits()) * n as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precision_recall_and_f1() {
        let c = Counts {
            hits: 6,
            false_alarms: 2,
            misses: 4,
            silent: 9,
        };
        assert_eq!((c.precision(), c.recall()), (Some(0.75), Some(0.6)));
        assert!((c.f1().expect("some") - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(Counts::default().f1(), None);
        assert_eq!(
            Counts {
                misses: 3,
                ..Counts::default()
            }
            .f1(),
            Some(0.0)
        );
    }

    #[test]
    fn areas_by_hand() {
        let scores = [0.1, 0.4, 0.35, 0.8];
        let shown = [false, false, true, true];
        let ranking = Ranking::new(&scores);
        assert_eq!(ranking.auc(&shown, &|_| 1.0), Some(0.75));
        let ap = ranking.average_precision(&shown).expect("some");
        assert!((ap - (0.5 + 0.5 * 2.0 / 3.0)).abs() < 1e-12, "{ap}");
        assert_eq!(Ranking::new(&[0.5; 4]).auc(&shown, &|_| 1.0), Some(0.5));
        assert_eq!(ranking.auc(&[true; 4], &|_| 1.0), None);
        // A weight of two is the turn twice.
        let twice = Ranking::new(&[0.1, 0.4, 0.35, 0.35, 0.8]);
        let weight = |turn: usize| if turn == 2 { 2.0 } else { 1.0 };
        assert_eq!(
            ranking.auc(&shown, &weight),
            twice.auc(&[false, false, true, true, true], &|_| 1.0)
        );
    }

    #[test]
    fn mcnemar_is_exact() {
        assert_eq!(mcnemar(0, 0), 1.0);
        assert!((mcnemar(0, 5) - 0.0625).abs() < 1e-9);
        assert!((mcnemar(2, 10) - 0.038_574_218_75).abs() < 1e-9);
        assert_eq!(mcnemar(7, 7), 1.0);
        assert!(mcnemar(900, 1100) < 1e-4);
    }

    #[test]
    fn calibration_is_the_distance_of_scores_and_shares() {
        let bins = bins(&[0.05, 0.05, 0.95, 1.0], &[false, true, true, true]);
        assert_eq!((bins[0].turns, bins[0].shown), (2, 0.5));
        assert!((calibration_error(&bins).expect("some") - (0.45 * 2.0 + 0.025 * 2.0) / 4.0).abs() < 1e-12);
    }

    #[test]
    fn random_numbers_are_those_of_the_paper() {
        let mut random = Random::new(1_234_567);
        assert_eq!(random.bits(), 6_457_827_717_110_365_317);
        assert_eq!(random.bits(), 3_203_168_211_198_807_973);
        assert!((0..1000).all(|_| random.below(7) < 7));
    }
}
