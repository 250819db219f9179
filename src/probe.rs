//! Matching alone: how many phrases occur in a text.

use std::fmt;

use crate::analyzer::Analyzer;
use crate::matcher::{Found, Owner, Roles, Scan, Tables, closes, find_all, in_order};
use crate::transcript::Role;

/// Counts phrases in texts, without a call: no context, no conditions, no scores. What matching alone costs, and a quick filter over
/// archives. Its buffers are used again from text to text.
///
/// ```
/// use hackles::{Analyzer, Role};
///
/// let mut probe = Analyzer::builtin().probe();
/// assert!(probe.count(Some(Role::Agent), "that's really not my job") > 0);
/// assert_eq!(probe.count(Some(Role::Agent), "a b c"), 0);
/// ```
#[derive(Clone)]
pub struct Probe {
    analyzer: Analyzer,
    scan: Scan,
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Probe")
            .field("analyzer", &self.analyzer)
            .finish_non_exhaustive()
    }
}

impl Probe {
    /// The number of occurrences of entries' phrases in a whole utterance of somebody with this role (nothing: an unknown one).
    /// What an entry's conditions, exclusions and neighbours would cancel counts as well.
    pub fn count(&mut self, role: Option<Role>, text: &str) -> usize {
        self.scan.read_again(self.analyzer.0.tables(&[], role), text);
        let Scan { hits, tokens, .. } = &self.scan;
        hits.iter()
            .filter(|hit| !hit.at_end || closes(tokens, hit.end as usize))
            .count()
    }

    /// Where entries' phrases occur, whoever speaks (entry, first and last token): as the automaton finds them, and by trying every phrase at
    /// every token. For those who hold the fast way against the plain one.
    #[doc(hidden)]
    pub fn both_ways(&mut self, text: &str) -> [Vec<(u32, u32, u32)>; 2] {
        let tables = Tables {
            role: Roles::ALL,
            ..self.analyzer.0.tables(&[], None)
        };
        self.scan.read_again(tables, text);
        let places = |found: Vec<Found>| {
            let place = |f: &Found| match f.owner() {
                Owner::Entry(entry) => Some((entry, f.start, f.end)),
                _ => None,
            };
            found.iter().filter_map(place).collect()
        };
        let plain = find_all(tables.automaton, &self.scan.tokens);
        [places(in_order(self.scan.hits.clone())), places(plain)]
    }
}

impl Analyzer {
    /// Begins to count phrases in texts.
    pub fn probe(&self) -> Probe {
        Probe {
            analyzer: self.clone(),
            scan: Scan::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Lexicon;

    #[test]
    fn anchors_hold_and_one_text_leaves_nothing_for_the_next() {
        let file = r#"
            schema = 1
            [signal]
            id = "end"
            speaker = "agent"
            severity = "info"
            title = "t"
            summary = "s"
            why = "w"
            hint = "h"
            [[entry]]
            id = "end"
            weight = 1.0
            phrases = ["it $", "leave it"]
        "#;
        let lexicon = Lexicon::builder().file("a.toml", file).build().expect("loads");
        let mut probe = Analyzer::new(lexicon).expect("compiles").probe();
        for (text, want) in [
            ("leave it", 2),
            ("leave it there", 1),
            ("", 0),
            ("about it", 1),
            ("leave", 0),
        ] {
            assert_eq!(probe.count(Some(Role::Agent), text), want, "{text}");
        }
        assert_eq!(probe.count(Some(Role::Customer), "leave it"), 0);
    }
}
