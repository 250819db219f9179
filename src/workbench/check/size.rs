//! Phrases and entries that take much room.

use super::forms::{self, Groups, MOST_FORMS};
use super::{Code, Finding, Subject};
use crate::matcher::Owner;

/// From here on a phrase is large.
const LARGE: usize = 5_000;
/// Shares of fewer patterns than this say nothing.
const FEW_PATTERNS: usize = 10_000;

pub(super) fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let patterns = &subject.compiled.automaton.patterns;
    let mut taken = vec![0usize; subject.lexicon.entries.len()];
    for pattern in patterns {
        if let Owner::Entry(e) | Owner::NotIn(e) | Owner::Near(e) | Owner::Need(e) = pattern.owner {
            taken[e as usize] += 1;
        }
    }
    for (number, entry) in subject.entries() {
        let own = taken[number as usize];
        if patterns.len() >= FEW_PATTERNS && own * 100 > patterns.len() {
            let share = own as f64 * 100.0 / patterns.len() as f64;
            findings.push(subject.of_entry(
                Code::LargePhrase,
                entry,
                format!(
                    "\"{}\" takes {own} of {} patterns ({share:.1} %)",
                    entry.id,
                    patterns.len()
                ),
                "Shorten the lists at the ends of its phrases, or drop options that change nothing.".into(),
            ));
        }
        for (i, phrase) in entry.phrases.iter().enumerate() {
            let count = phrase.count();
            let closed = || {
                let tree = forms::symbols(
                    phrase,
                    &subject.compiled.vocabulary,
                    &subject.lexicon.shared,
                    Groups::Closed,
                );
                tree.count()
            };
            if count > LARGE {
                findings.push(subject.of_phrase(
                    Code::LargePhrase,
                    entry,
                    i,
                    format!("this phrase stands for {count} plain forms, too many to compare with others"),
                    "Split it by meaning, or drop options that change nothing.".into(),
                ));
            } else if count > MOST_FORMS && closed() > MOST_FORMS {
                findings.push(subject.of_phrase(
                    Code::NotCompared,
                    entry,
                    i,
                    format!("this phrase has {count} forms, more than the {MOST_FORMS} that are compared with others"),
                    "Split it by meaning, if it is to be compared.".into(),
                ));
            }
        }
    }
    findings
}
