//! The examples inside lexicon files, run as the tests they are.

use crate::analyzer::Analyzer;
use crate::error::Place;
use crate::lexicon::Example;
use crate::report::TurnReport;
use crate::transcript::Transcript;

/// An example that does not do what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExampleFailure {
    /// Where it stands.
    pub place: Place,
    /// Its signal.
    pub signal: String,
    /// What it should have done, and what it did.
    pub message: String,
}

impl std::fmt::Display for ExampleFailure {
    /// One line: `file:line:column: signal: message | the line`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let p = &self.place;
        write!(
            f,
            "{}:{}:{}: {}: {} | {}",
            p.file,
            p.line,
            p.column,
            self.signal,
            self.message,
            p.text.trim()
        )
    }
}

/// How many examples a signal has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExampleCount {
    /// The signal.
    pub signal: String,
    /// Examples that must fire.
    pub firing: usize,
    /// Examples that must stay silent.
    pub silent: usize,
}

/// The outcome of all examples.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExampleReport {
    /// How many were run.
    pub run: usize,
    /// How many each signal has, by id.
    pub counts: Vec<ExampleCount>,
    /// Those that failed, in the order of files and lines.
    pub failures: Vec<ExampleFailure>,
    /// Entries (`signal/entry`) that no example fires, those that were learned from data left out.
    pub untested: Vec<String>,
}

impl Analyzer {
    /// Runs the examples of the signals that `wanted` names; of all, if it names none.
    pub fn run_examples(&self, wanted: &[String]) -> ExampleReport {
        let lexicon = self.0.lexicon.whole();
        let is_wanted =
            |signal: u16| wanted.is_empty() || wanted.contains(&lexicon.signals[usize::from(signal)].id);
        let count = |id: &String| ExampleCount {
            signal: id.clone(),
            ..ExampleCount::default()
        };
        let counts = lexicon.signals.iter().map(|s| count(&s.id)).collect();
        let mut report = ExampleReport {
            counts,
            ..ExampleReport::default()
        };
        let mut fired = vec![false; lexicon.entries.len()];
        for example in lexicon.examples.iter().filter(|e| is_wanted(e.signal)) {
            report.run += 1;
            let count = &mut report.counts[usize::from(example.signal)];
            *(if example.fires.is_none() {
                &mut count.silent
            } else {
                &mut count.firing
            }) += 1;
            if let Some(message) = self.run_example(example, &mut fired) {
                let signal = lexicon.signals[usize::from(example.signal)].id.clone();
                report.failures.push(ExampleFailure {
                    place: example.place(),
                    signal,
                    message,
                });
            }
        }
        report
            .failures
            .sort_by(|a, b| (&a.place.file, a.place.line).cmp(&(&b.place.file, b.place.line)));
        let untested = lexicon
            .entries
            .iter()
            .zip(&fired)
            .filter(|(e, fired)| is_wanted(e.signal) && !**fired && !e.fitted);
        report.untested = untested
            .map(|(e, _)| format!("{}/{}", lexicon.signals[usize::from(e.signal)].id, e.id))
            .collect();
        report
    }

    fn run_example(&self, example: &Example, fired: &mut [bool]) -> Option<String> {
        let lexicon = self.0.lexicon.whole();
        let call = Transcript {
            turns: example.turns.clone(),
            ..Transcript::default()
        };
        let report = self.score(&call);
        let text = &example.turns[example.at].text;
        let turn: &TurnReport = report
            .turns
            .as_ref()?
            .iter()
            .find(|t| t.index as usize == example.at)?;
        let signal = &lexicon.signals[usize::from(example.signal)];
        let valence = signal.id == crate::compiled::SENTIMENT;
        let evidence: Vec<_> = turn.evidence_of(&signal.id).collect();
        let own = lexicon.traits[usize::from(example.signal)].entries.clone();
        for e in own.filter(|&e| {
            evidence
                .iter()
                .any(|x| *x.entry == *lexicon.entries[e as usize].id)
        }) {
            fired[e as usize] = true;
        }
        let shown = || {
            let quotes: Vec<String> = evidence
                .iter()
                .map(|e| {
                    format!(
                        "{:?} ({} {})",
                        e.quote.as_deref().unwrap_or(""),
                        e.entry,
                        e.contribution.to_f64()
                    )
                })
                .collect();
            if quotes.is_empty() {
                "nothing".to_owned()
            } else {
                quotes.join(", ")
            }
        };
        let does = if valence {
            !evidence.is_empty()
        } else {
            turn.fired(&signal.id)
        };
        let Some(quotes) = &example.fires else {
            return does.then(|| format!("should be silent, but {} in {text:?}", shown()));
        };
        if !does {
            return Some(format!("should fire, but does not: {} in {text:?}", shown()));
        }
        let named = example.entry.map(|e| &lexicon.entries[e as usize].id);
        if let Some(entry) = named.filter(|_| quotes.is_empty())
            && !evidence.iter().any(|e| *e.entry == **entry)
        {
            return Some(format!("no evidence of \"{entry}\": {}", shown()));
        }
        for (nth, quote) in quotes.iter().enumerate() {
            let same = evidence
                .iter()
                .find(|e| e.quote.as_ref().is_some_and(|q| q.eq_ignore_ascii_case(quote)));
            let Some(same) = same else {
                return Some(format!("no evidence quotes {quote:?}: {}", shown()));
            };
            if let Some(entry) = named.filter(|id| nth == 0 && **id != *same.entry) {
                return Some(format!(
                    "{quote:?} is evidence of \"{}\", not of \"{entry}\"",
                    same.entry
                ));
            }
        }
        None
    }
}
