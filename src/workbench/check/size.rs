//! Phrases and entries that take much room.

use super::forms::{self, Groups, MOST_FORMS};
use super::{Code, Finding, Subject};
use crate::matcher::Owner;

/// From here on a phrase is large.
const LARGE: usize = 5_000;
/// Shares of fewer runs of words than this say nothing.
const FEW_RUNS: usize = 10_000;

pub(super) fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let automaton = &subject.compiled.automaton;
    let mut taken = vec![0usize; subject.lexicon.entries.len()];
    let mut all = 0;
    for owner in automaton.owners() {
        all += 1;
        if let Owner::Entry(e) | Owner::NotIn(e) | Owner::Near(e) | Owner::Need(e) = owner {
            taken[e as usize] += 1;
        }
    }
    for (number, entry) in subject.entries() {
        let own = taken[number as usize];
        if all >= FEW_RUNS && own * 100 > all {
            let share = own as f64 * 100.0 / all as f64;
            findings.push(subject.of_entry(
                Code::LargePhrase,
                entry,
                format!(
                    "\"{}\" takes {own} of {all} runs of words ({share:.1} %)",
                    entry.id
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
