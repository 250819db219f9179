//! Too early: an apology, a piece of advice or an excuse before the customer has told their story, or before one fact was asked or confirmed.
//!
//! What comes too early, and what counts as asking or confirming, are signals that `[detector]` names (`of`, `facts`); the features:
//!
//! | feature | when |
//! |---|---|
//! | `before-the-story` | the customer has not said anything yet |
//! | `no-fact-yet` | the customer has; in this turn nothing of `facts` stands before it (the file's conditions say the same of earlier turns) |
//! | `cuts-in` | the turn takes the floor from the customer |

use super::detect::{Scene, shown, signal_bit};
use crate::context::Weighed;
use crate::lexicon::EarlyRules;
use crate::transcript::Role;

impl EarlyRules {
    pub(crate) fn evidence(&self, scene: &Scene<'_>, out: &mut Vec<Weighed>) {
        let Some((at, span)) = first(scene, &self.of) else {
            return;
        };
        let heard = scene.history.heard(Role::Customer);
        let fact = first(scene, &self.facts).is_some_and(|(fact, _)| fact < at);
        let cuts_in = scene.overlap.is_some_and(|o| {
            let other = scene.history.get(o.with);
            o.kind.interrupts() && other.is_some_and(|t| t.role == Some(Role::Customer))
        });
        let features = [!heard, heard && !fact, cuts_in];
        if !features.contains(&true) || scene.said.has_any(scene.text, &self.except) {
            return;
        }
        out.extend(shown(scene.entries, &self.entries, features, Some(span), &[]));
    }
}

/// Where the first of these signals that the turn's own words show stands, with its strongest hit.
fn first(scene: &Scene<'_>, signals: &[u16]) -> Option<(u32, (u32, u32))> {
    let of = |signal: u16| {
        if scene.hit & signal_bit(signal) == 0 {
            return None;
        }
        let own = || scene.hits(signal);
        let sum: i64 = own().map(|w| i64::from(w.contribution.0)).sum();
        let shown = sum + i64::from(scene.signals[usize::from(signal)].bias.0) >= 0;
        let start = own().filter_map(|w| w.span).map(|s| s.0).min()?;
        let strongest = own()
            .filter(|w| w.span.is_some())
            .max_by_key(|w| w.contribution)?;
        shown.then_some((start, strongest.span?))
    };
    signals.iter().filter_map(|&s| of(s)).min()
}
