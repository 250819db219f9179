//! `lexicon eval`: the figures of a lexicon on a corpus, with its worst errors.

use serde::Serialize;

use super::corpus::Corpus;
use super::measure::{Observed, SignalFigures};
use crate::analyzer::Analyzer;
use crate::evidence::Evidence;
use crate::lexicon::Lexicon;

/// What a lexicon is worth on a corpus.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Evaluation {
    /// The lexicon: language, version, hash.
    pub lexicon: String,
    /// Calls (or single utterances), and their turns.
    pub calls: usize,
    /// Turns.
    pub turns: usize,
    /// Mean F1 of the signals that some turn should show.
    pub macro_f1: Option<f64>,
    /// By signal, in the order of ids.
    pub signals: Vec<SignalFigures>,
    /// The worst errors, by signal, the surest first.
    pub errors: Vec<Mistake>,
}

/// A turn that a signal judges wrongly.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct Mistake {
    /// The signal.
    pub signal: String,
    /// Whether the turn shows it.
    pub shown: bool,
    /// The score it has, 0 to 1.
    pub score: f64,
    /// Where the turn stands.
    pub place: String,
    /// Its place in its call, from 0.
    pub turn: u32,
    /// What was said; nothing if the analyzer does not tell it.
    pub text: Option<String>,
    /// What the score is the sum of.
    pub evidence: Vec<Evidence>,
}

crate::debug_unsaid! {
    Mistake { signal, shown, score, place, turn, evidence } without { text }
}

/// The figures of some signals (of all, if none is named), with up to `errors` wrong turns each.
pub fn evaluate(
    analyzer: &Analyzer,
    corpus: &Corpus,
    observed: &Observed,
    wanted: &[String],
    errors: usize,
) -> Evaluation {
    let mut evaluation = Evaluation {
        lexicon: analyzer.lexicon().name().to_owned(),
        calls: corpus.calls.len(),
        turns: corpus.turns(),
        macro_f1: None,
        signals: Vec::new(),
        errors: Vec::new(),
    };
    for signal in numbered(corpus, wanted) {
        let header = speaker(analyzer.lexicon(), corpus, signal);
        let Some(figures) = observed.figures(corpus, signal, header) else {
            continue;
        };
        evaluation.signals.push(figures);
        evaluation
            .errors
            .extend(mistakes(analyzer, corpus, observed, signal, errors));
    }
    evaluation.macro_f1 = macro_f1(&evaluation.signals);
    evaluation
}

/// The mean F1 of those signals that some turn should show.
pub(crate) fn macro_f1(figures: &[SignalFigures]) -> Option<f64> {
    let all: Vec<f64> = figures.iter().filter_map(|f| f.f1).collect();
    (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64)
}

/// The numbers of the signals that are asked for.
pub(crate) fn numbered<'a>(corpus: &'a Corpus, wanted: &'a [String]) -> impl Iterator<Item = u16> + 'a {
    (0u16..)
        .zip(corpus.signals())
        .filter(move |(_, id)| wanted.is_empty() || wanted.contains(id))
        .map(|(number, _)| number)
}

/// Whose turns a signal is looked for in.
pub(crate) fn speaker(lexicon: &Lexicon, corpus: &Corpus, signal: u16) -> Option<crate::transcript::Role> {
    lexicon
        .signal(&corpus.signals()[usize::from(signal)])
        .ok()?
        .speaker
}

fn mistakes(
    analyzer: &Analyzer,
    corpus: &Corpus,
    observed: &Observed,
    signal: u16,
    most: usize,
) -> Vec<Mistake> {
    let Some(prior) = observed.priors[usize::from(signal)] else {
        return Vec::new();
    };
    let mut wrong: Vec<(f64, usize, bool)> = Vec::new();
    for (at, turn, shown) in observed.labelled(corpus, signal) {
        let (score, fired) = turn.of(signal, prior);
        if fired != shown {
            wrong.push((score, at, shown));
        }
    }
    // The surest error first: far above for what is not there, far below for what is.
    let distance = |(score, _, shown): &(f64, usize, bool)| if *shown { *score } else { 1.0 - *score };
    wrong.sort_by(|a, b| distance(a).total_cmp(&distance(b)).then(a.1.cmp(&b.1)));
    wrong.truncate(most);
    let id = &corpus.signals()[usize::from(signal)];
    let mistake = |(score, at, shown): (f64, usize, bool)| {
        let seen = &observed.turns[at];
        let labelled = &corpus.calls[seen.call as usize];
        Mistake {
            signal: id.clone(),
            shown,
            score,
            place: labelled.place.to_string(),
            turn: seen.turn,
            text: analyzer
                .tells_text()
                .then(|| labelled.call.turns[seen.turn as usize].text.clone()),
            evidence: evidence(analyzer, corpus, observed, at, id),
        }
    };
    wrong.into_iter().map(mistake).collect()
}

/// What a signal found in a turn.
pub(crate) fn evidence(
    analyzer: &Analyzer,
    corpus: &Corpus,
    observed: &Observed,
    at: usize,
    signal: &str,
) -> Vec<Evidence> {
    let seen = &observed.turns[at];
    let report = analyzer.score(&corpus.calls[seen.call as usize].call);
    let turn = report.turns.into_iter().flatten().nth(seen.turn as usize);
    turn.map_or_else(Vec::new, |turn| {
        turn.evidence
            .into_iter()
            .filter(|e| *e.signal == *signal)
            .collect()
    })
}
