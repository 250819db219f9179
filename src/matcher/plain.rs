//! Every pattern at every token: what the automaton with its factors and outlines is held against.

use super::{Automaton, Found, Owner, Token, occurrence};

/// The occurrences of entries' phrases in these tokens, each once, in order.
pub(crate) fn find_all(automaton: &Automaton, tokens: &[Token]) -> Vec<Found> {
    let mut found = Vec::new();
    for end in 0..tokens.len() {
        for pattern in &automaton.patterns {
            if matches!(pattern.owner(), Owner::Entry(_))
                && let Some(start) = occurrence::find(&automaton.code, pattern, tokens, &[], end)
            {
                found.push(pattern.found(start as u32, end as u32));
            }
        }
    }
    in_order(found)
}

/// Each once, in order.
pub(crate) fn in_order(mut found: Vec<Found>) -> Vec<Found> {
    found.sort();
    found.dedup();
    found
}
