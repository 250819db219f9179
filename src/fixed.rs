//! Fixed-point numbers: the same result on every platform.

use bytemuck::{Pod, Zeroable};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Thousandths, of log-odds or of a factor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Pod, Zeroable)]
#[repr(transparent)]
pub struct Milli(pub i32);

impl Milli {
    /// Nought.
    pub const ZERO: Milli = Milli(0);
    /// One: the factor that changes nothing.
    pub const ONE: Milli = Milli(1000);

    /// The nearest thousandth, halves away from nought.
    pub fn nearest(x: f64) -> Milli {
        // `as` saturates.
        Milli(libm::round(x * 1000.0) as i32)
    }

    /// The product, rounded to the nearest thousandth, halves away from nought.
    #[must_use]
    pub fn times(self, factor: Milli) -> Milli {
        let product = i64::from(self.0) * i64::from(factor.0);
        let half = if product < 0 { -500 } else { 500 };
        // Factors and weights are bounded at loading (20 and 20), so this fits easily.
        Milli(((product + half) / 1000) as i32)
    }

    /// The size without its sign.
    pub fn magnitude(self) -> u32 {
        self.0.unsigned_abs()
    }

    /// As a float.
    pub fn to_f64(self) -> f64 {
        f64::from(self.0) / 1000.0
    }
}

impl Serialize for Milli {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_f64(self.to_f64())
    }
}

impl<'de> Deserialize<'de> for Milli {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        f64::deserialize(d).map(Milli::nearest)
    }
}

/// A score in ten-thousandths: probabilities are 0 to 1, sentiment is −1 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Score(pub i16);

impl Score {
    /// 1.
    pub const ONE: Score = Score(10_000);

    /// The nearest ten-thousandth.
    pub fn nearest(x: f64) -> Score {
        Score(libm::round(x * 10_000.0) as i16)
    }

    /// `1 / (1 + e^-logit)` of a sum in thousandths, rounded to four decimals.
    pub fn logistic(logit: i64) -> Score {
        Score::nearest(1.0 / (1.0 + libm::exp(-(logit as f64) / 1000.0)))
    }

    /// `tanh(sum / 2)` of a sum in thousandths, rounded to four decimals.
    pub fn valence(sum: i64) -> Score {
        Score::nearest(libm::tanh(sum as f64 / 2000.0))
    }

    /// As a float.
    pub fn to_f64(self) -> f64 {
        f64::from(self.0) / 10_000.0
    }
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_f64(self.to_f64())
    }
}

impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        f64::deserialize(d).map(Score::nearest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_round_half_away_from_nought() {
        assert_eq!(Milli(1).times(Milli(500)), Milli(1));
        assert_eq!(Milli(-1).times(Milli(500)), Milli(-1));
        assert_eq!(Milli(1).times(Milli(499)), Milli(0));
        assert_eq!(Milli(4000).times(Milli(-500)), Milli(-2000));
        assert_eq!(Milli(20_000).times(Milli(20_000)), Milli(400_000));
    }

    #[test]
    fn scores_are_the_logistic_of_the_sum() {
        assert_eq!(Score::logistic(0), Score(5000));
        assert_eq!(Score::logistic(2000), Score(8808));
        assert_eq!(Score::logistic(-2000), Score(1192));
        assert_eq!(Score::logistic(i64::MAX), Score(10_000));
        assert_eq!(Score::valence(0), Score(0));
        assert_eq!(Score::valence(-2000), Score(-7616));
    }

    #[test]
    fn they_print_short() {
        assert_eq!(
            serde_json::to_string(&(Milli(4000), Milli(-1), Score(8808))).expect("plain"),
            "[4.0,-0.001,0.8808]"
        );
    }
}
