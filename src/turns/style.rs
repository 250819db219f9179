//! Accommodation: how alike agent and customer use function words, and "we" against "me".
//!
//! Style matching is that of Gonzales, Hancock and Pennebaker (2010): for each category of function words 1 − |p₁ − p₂| / (p₁ + p₂ + 0.0001), p being
//! its share of the speaker's words; the mean over the categories.

use super::said::Said;
use crate::fixed::Score;
use crate::lexicon::{MAX_CATEGORIES, WordRules};
use crate::packed::{Packed, Parcel, Reader};
use crate::transcript::Role;

/// Of fewer words than this of either speaker no style can be told.
const LEAST_WORDS: u32 = 50;

/// Words by category, of agents and of customers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Style {
    sides: [Side; 2],
    pub(crate) we: u32,
    pub(crate) me: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Side {
    words: u32,
    categories: [u16; MAX_CATEGORIES],
}

/// The categories are counts.
impl Packed for Style {
    fn pack(&self, out: &mut Parcel) {
        let Style { sides, we, me } = self;
        let [agents, customers] = sides;
        out.amounts([agents.words, customers.words]);
        out.counts([*we, *me]);
        for side in sides {
            out.counts(side.categories.map(u32::from));
        }
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        let ([agents, customers], [we, me]) = (from.amounts(), from.counts());
        let side = |words, categories: [u32; MAX_CATEGORIES]| Side {
            words,
            categories: categories.map(|n| n as u16),
        };
        *self = Style {
            sides: [side(agents, from.counts()), side(customers, from.counts())],
            we,
            me,
        };
    }
}

impl Style {
    pub(crate) fn take(&mut self, role: Option<Role>, said: &Said) {
        let side = match role {
            Some(Role::Agent) => &mut self.sides[0],
            Some(Role::Customer) => &mut self.sides[1],
            None => return,
        };
        side.words = side.words.saturating_add(said.words.len() as u32);
        for word in &said.words {
            if role == Some(Role::Agent) {
                self.we = self.we.saturating_add((word.whose == Some(true)).into());
                self.me = self.me.saturating_add((word.whose == Some(false)).into());
            }
            if let Some(category) = word.category {
                let count = &mut side.categories[usize::from(category)];
                *count = count.saturating_add(1);
            }
        }
    }

    /// How alike the two speak, 0 to 1; nothing of too few words.
    pub(crate) fn matching(&self, rules: &WordRules) -> Option<Score> {
        let [a, b] = &self.sides;
        if a.words.min(b.words) < LEAST_WORDS || rules.categories.is_empty() {
            return None;
        }
        let share = |side: &Side, i: usize| f64::from(side.categories[i]) / f64::from(side.words);
        let of = |i: usize| {
            let (p, q) = (share(a, i), share(b, i));
            1.0 - (p - q).abs() / (p + q + 0.0001)
        };
        let sum: f64 = (0..rules.categories.len()).map(of).sum();
        Some(Score::nearest(sum / rules.categories.len() as f64))
    }
}
