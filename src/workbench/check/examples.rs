//! What the examples show: those that fail, and entries that nothing fires.

use std::collections::HashSet;

use super::{Code, Finding, Subject};
use crate::analyzer::Analyzer;
use crate::batch;
use crate::transcript::Transcript;

pub(super) fn run(
    subject: &Subject<'_>,
    analyzer: &Analyzer,
    signals: &[String],
    calls: &[Transcript],
) -> Vec<Finding> {
    let report = analyzer.run_examples(signals);
    let mut findings: Vec<Finding> = Vec::new();
    for failure in report.failures {
        findings.push(Finding {
            code: Code::ExampleFails,
            severity: Code::ExampleFails.severity(),
            signal: Some(failure.signal),
            entry: None,
            place: failure.place,
            reason: format!("the example {}", plain(&failure.message)),
            proposal:
                "Mend the entry, or the example if it asks for the wrong thing; `hackles explain` shows why."
                    .into(),
        });
    }
    let untested: HashSet<String> = report.untested.into_iter().collect();
    let said = in_corpus(analyzer, calls);
    for (_, entry) in subject.entries() {
        let signal = &subject.lexicon.signals[usize::from(entry.signal)].id;
        let name = format!("{signal}/{}", entry.id);
        if untested.contains(&name) && !said.contains(&name) {
            let corpus = if calls.is_empty() {
                ""
            } else {
                ", nor any line of the corpus"
            };
            findings.push(subject.of_entry(
                Code::Untested,
                entry,
                format!("no example fires \"{}\"{corpus}", entry.id),
                format!(
                    "Add an [[example]] with one of its phrases and `entry = \"{}\"`.",
                    entry.id
                ),
            ));
        }
    }
    findings
}

/// A message of an example as what the example does.
fn plain(message: &str) -> String {
    if message.starts_with("should ") {
        message.to_owned()
    } else {
        format!("fails: {message}")
    }
}

/// The entries (`signal/entry`) that count somewhere in these calls.
fn in_corpus(analyzer: &Analyzer, calls: &[Transcript]) -> HashSet<String> {
    let mut said = HashSet::new();
    // In portions: reports are larger than calls.
    for calls in calls.chunks(1024) {
        for report in batch::score(analyzer, calls) {
            for evidence in report.turns.iter().flatten().flat_map(|t| &t.evidence) {
                said.insert(format!("{}/{}", evidence.signal, evidence.entry));
            }
        }
    }
    said
}
