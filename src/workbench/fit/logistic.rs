//! Logistic regression that changes as little as the data allow: elastic net by coordinate descent (Friedman, Hastie and
//! Tibshirani 2010), with bounds.

use crate::workbench::stats::logistic;

/// Rows and features: which feature has which value in which row, by feature.
#[derive(Clone, Debug, Default)]
pub(crate) struct Design {
    starts: Vec<usize>,
    rows: Vec<u32>,
    values: Vec<f64>,
}

impl Design {
    /// From the values of each feature: (row, value).
    pub(crate) fn new(features: impl IntoIterator<Item = Vec<(u32, f64)>>) -> Self {
        let mut design = Design {
            starts: vec![0],
            ..Design::default()
        };
        for feature in features {
            for (row, value) in feature {
                design.rows.push(row);
                design.values.push(value);
            }
            design.starts.push(design.rows.len());
        }
        design
    }

    /// How many features there are.
    pub(crate) fn features(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// The rows in which a feature is not nought, with its values.
    pub(crate) fn of(&self, feature: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = self.starts[feature]..self.starts[feature + 1];
        let rows = self.rows[range.clone()].iter().map(|&r| r as usize);
        rows.zip(self.values[range].iter().copied())
    }
}

/// What is fitted: `logit = offset + bias + Σ change × value`.
#[derive(Clone, Debug)]
pub(crate) struct Task<'a> {
    pub(crate) design: &'a Design,
    /// Whether each row shows what is learned.
    pub(crate) shown: &'a [bool],
    /// What is known already, in log-odds.
    pub(crate) offset: &'a [f64],
    /// Rows that count.
    pub(crate) used: &'a [bool],
    /// The least and the largest change of each feature.
    pub(crate) bounds: &'a [(f64, f64)],
    /// Whether the bias is learned too.
    pub(crate) bias: bool,
    /// The share of the penalty that makes small changes nought (the rest only shrinks), 0 to 1.
    pub(crate) sparsity: f64,
}

/// What was learned.
#[derive(Clone, Debug)]
pub(crate) struct Learned {
    pub(crate) bias: f64,
    pub(crate) changes: Vec<f64>,
    /// The logit of every row, used or not.
    pub(crate) logits: Vec<f64>,
}

const NEWTON_STEPS: usize = 30;
const SWEEPS: usize = 100;
/// A change of the squared logit, weighted, that no longer matters.
const SMALL: f64 = 1e-5;

impl Task<'_> {
    /// Nothing learned yet.
    pub(crate) fn start(&self) -> Learned {
        Learned {
            bias: 0.0,
            changes: vec![0.0; self.design.features()],
            logits: self.offset.to_vec(),
        }
    }

    /// The least strength at which no feature changes, once the bias is right.
    pub(crate) fn strongest(&self) -> f64 {
        let mut learned = self.start();
        self.learn(f64::INFINITY, &mut learned);
        let off: Vec<f64> = (0..self.shown.len()).map(|r| self.off(&learned, r)).collect();
        let slope = |f: usize| self.design.of(f).map(|(row, x)| x * off[row]).sum::<f64>().abs();
        let most = (0..self.design.features()).map(slope).fold(0.0, f64::max);
        most / self.sparsity.max(1e-3)
    }

    fn off(&self, learned: &Learned, row: usize) -> f64 {
        if self.used[row] {
            f64::from(u8::from(self.shown[row])) - logistic(learned.logits[row])
        } else {
            0.0
        }
    }

    /// Learns with a penalty of this strength, going on from what was learned.
    pub(crate) fn learn(&self, strength: f64, learned: &mut Learned) {
        let rows = self.shown.len();
        let (mut off, mut curve) = (vec![0.0; rows], vec![0.0; rows]);
        let mut information = vec![0.0; self.design.features()];
        for _ in 0..NEWTON_STEPS {
            for row in 0..rows {
                off[row] = self.off(learned, row);
                let p = logistic(learned.logits[row]);
                curve[row] = if self.used[row] {
                    (p * (1.0 - p)).max(1e-4)
                } else {
                    0.0
                };
            }
            for (feature, sum) in information.iter_mut().enumerate() {
                *sum = self.design.of(feature).map(|(row, x)| x * x * curve[row]).sum();
            }
            let mut moved = 0.0f64;
            // First over all features, then over those that are not nought until they rest, then over all again.
            let mut all = true;
            for _ in 0..SWEEPS {
                let most = self.sweep(strength, all, learned, &mut off, &curve, &information);
                moved = moved.max(most);
                if most < SMALL {
                    if all {
                        break;
                    }
                    all = true;
                } else {
                    all = false;
                }
            }
            if moved < SMALL * 10.0 {
                break;
            }
        }
    }

    /// Moves every coordinate once to where the quadratic approximation is best; the largest effect of a move.
    fn sweep(
        &self,
        strength: f64,
        all: bool,
        learned: &mut Learned,
        off: &mut [f64],
        curve: &[f64],
        information: &[f64],
    ) -> f64 {
        let mut most = 0.0f64;
        if self.bias {
            let total: f64 = curve.iter().sum();
            let step = off.iter().sum::<f64>() / total.max(1e-9);
            learned.bias += step;
            for row in 0..off.len() {
                off[row] -= curve[row] * step;
                learned.logits[row] += step;
            }
            most = most.max(total * step * step);
        }
        if strength.is_infinite() {
            return most;
        }
        let (zeroing, shrinking) = (strength * self.sparsity, strength * (1.0 - self.sparsity));
        for (feature, &information) in information.iter().enumerate() {
            let old = learned.changes[feature];
            let (low, high) = self.bounds[feature];
            if information == 0.0 || (!all && old == 0.0) || low == high {
                continue;
            }
            let slope: f64 = self.design.of(feature).map(|(row, x)| x * off[row]).sum();
            let target = information * old + slope;
            let kept = (target.abs() - zeroing).max(0.0).copysign(target);
            let new = (kept / (information + shrinking)).clamp(low, high);
            let step = new - old;
            if step == 0.0 {
                continue;
            }
            learned.changes[feature] = new;
            for (row, x) in self.design.of(feature) {
                off[row] -= curve[row] * x * step;
                learned.logits[row] += x * step;
            }
            most = most.max(information * step * step);
        }
        most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 40 rows: feature 0 tells, feature 1 is noise, feature 2 is never there.
    fn data() -> (Design, Vec<bool>) {
        let shown: Vec<bool> = (0..40).map(|i| i % 4 == 0).collect();
        let tells = (0..40u32)
            .filter(|i| i % 4 == 0 || i % 10 == 3)
            .map(|r| (r, 1.0))
            .collect();
        let noise = (0..40u32)
            .filter(|i| i % 2 == 1)
            .map(|r| (r, 1.0))
            .collect::<Vec<_>>();
        (Design::new([tells, noise, Vec::new()]), shown)
    }

    fn task<'a>(design: &'a Design, shown: &'a [bool], bounds: &'a [(f64, f64)]) -> Task<'a> {
        Task {
            design,
            shown,
            offset: &[0.0; 40],
            used: &[true; 40],
            bounds,
            bias: true,
            sparsity: 0.5,
        }
    }

    #[test]
    fn the_optimum_satisfies_the_conditions_of_kkt() {
        let (design, shown) = data();
        let bounds = [(-20.0, 20.0); 3];
        let task = task(&design, &shown, &bounds);
        let strength = 0.5;
        let mut learned = task.start();
        task.learn(strength, &mut learned);
        let off: Vec<f64> = (0..40).map(|r| task.off(&learned, r)).collect();
        assert!(off.iter().sum::<f64>().abs() < 1e-2, "the bias is free");
        for feature in 0..2 {
            let slope: f64 = design.of(feature).map(|(r, x)| x * off[r]).sum();
            let change = learned.changes[feature];
            let pull = slope - strength * 0.5 * change;
            if change == 0.0 {
                assert!(slope.abs() <= strength * 0.5 + 1e-2);
            } else {
                assert!(
                    (pull - (strength * 0.5).copysign(change)).abs() < 1e-2,
                    "{feature}: {pull}"
                );
            }
        }
        assert!(
            learned.changes[0] > 1.0 && learned.changes[2] == 0.0,
            "{:?}",
            learned.changes
        );
    }

    #[test]
    fn nothing_changes_at_the_strongest_penalty_and_bounds_hold() {
        let (design, shown) = data();
        let free = [(-20.0, 20.0); 3];
        let strongest = task(&design, &shown, &free).strongest();
        for (share, nought) in [(1.001, true), (0.5, false)] {
            let task = task(&design, &shown, &free);
            let mut learned = task.start();
            task.learn(strongest * share, &mut learned);
            assert_eq!(
                learned.changes.iter().all(|c| *c == 0.0),
                nought,
                "{:?}",
                learned.changes
            );
        }
        let bounds = [(-0.25, 0.25), (0.0, 0.0), (0.0, 0.0)];
        let task = task(&design, &shown, &bounds);
        let mut learned = task.start();
        task.learn(0.01, &mut learned);
        assert_eq!(learned.changes, [0.25, 0.0, 0.0]);
    }

    #[test]
    fn rows_that_do_not_count_do_not_count() {
        let (design, shown) = data();
        let bounds = [(-20.0, 20.0); 3];
        let used: Vec<bool> = (0..40).map(|i| i < 20).collect();
        let mut half = task(&design, &shown, &bounds);
        half.used = &used;
        let mut turned: Vec<bool> = shown.clone();
        turned[20..].iter_mut().for_each(|s| *s = !*s);
        let mut other = half.clone();
        other.shown = &turned;
        let (mut a, mut b) = (half.start(), other.start());
        half.learn(0.3, &mut a);
        other.learn(0.3, &mut b);
        assert_eq!(a.changes, b.changes);
    }
}
