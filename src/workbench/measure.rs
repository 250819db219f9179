//! What a lexicon makes of a corpus, turn by turn, and what that is worth.

use rayon::prelude::*;
use serde::Serialize;

use super::corpus::Corpus;
use super::stats::{Bin, Counts, Ranking, bins, calibration_error, ratio};
use crate::analyzer::Analyzer;
use crate::compiled::SENTIMENT;
use crate::fixed::Score;
use crate::transcript::Role;

/// Turns measured together: the work of one thread.
const CALLS_AT_ONCE: usize = 64;

/// A lexicon's verdicts on the turns of a corpus.
#[derive(Clone, Debug)]
pub struct Observed {
    /// By turn, all calls one behind the other.
    pub(crate) turns: Vec<ObservedTurn>,
    /// By signal of the corpus: the score where nothing was found, none where the lexicon lacks the signal.
    pub(crate) priors: Vec<Option<f64>>,
}

/// What was found in a turn.
#[derive(Clone, Debug, Default)]
pub(crate) struct ObservedTurn {
    /// Its call.
    pub(crate) call: u32,
    /// Its place in the call.
    pub(crate) turn: u32,
    pub(crate) role: Option<Role>,
    /// Signals (of the corpus) with a contribution, in their order: score, 0 to 1, and whether it fired.
    pub(crate) found: Vec<(u16, f64, bool)>,
}

impl ObservedTurn {
    /// The score of a signal and whether it fired.
    pub(crate) fn of(&self, signal: u16, prior: f64) -> (f64, bool) {
        match self.found.binary_search_by_key(&signal, |f| f.0) {
            Ok(at) => (self.found[at].1, self.found[at].2),
            Err(_) => (prior, false),
        }
    }
}

/// Scores a corpus on all threads of the current pool; `progress` is told of calls that are done.
///
/// The sentiment is read as a score of being negative: `(1 − valence) / 2`; it fires below 0.
pub fn observe(analyzer: &Analyzer, corpus: &Corpus, progress: impl Fn(usize) + Sync) -> Observed {
    let lexicon = analyzer.lexicon();
    let prior = |id: &String| {
        let signal = lexicon.signal(id).ok()?;
        Some(if id == SENTIMENT {
            0.5
        } else {
            Score::logistic(signal.bias.0.into()).to_f64()
        })
    };
    let priors = corpus.signals().iter().map(prior).collect();
    let sentiment = corpus
        .number(SENTIMENT)
        .filter(|_| lexicon.signal(SENTIMENT).is_ok());
    let numbered: Vec<_> = (0u32..).zip(&corpus.calls).collect();
    let portion = |calls: &[(u32, &super::corpus::LabelledCall)]| {
        let mut turns = Vec::new();
        for (number, labelled) in calls {
            let report = analyzer.score(&labelled.call);
            for turn in report.turns.iter().flatten() {
                let mut found: Vec<(u16, f64, bool)> = turn
                    .scores
                    .iter()
                    .filter_map(|(id, score)| Some((corpus.number(id)?, score.to_f64(), turn.fired(id))))
                    .collect();
                if let Some(sentiment) = sentiment.filter(|_| turn.sentiment != Score(0)) {
                    let valence = turn.sentiment.to_f64();
                    found.push((sentiment, (1.0 - valence) / 2.0, valence < 0.0));
                }
                found.sort_unstable_by_key(|f| f.0);
                turns.push(ObservedTurn {
                    call: *number,
                    turn: turn.index,
                    role: turn.role,
                    found,
                });
            }
        }
        progress(calls.len());
        turns
    };
    let turns: Vec<Vec<ObservedTurn>> = numbered.par_chunks(CALLS_AT_ONCE).map(portion).collect();
    Observed {
        turns: turns.into_iter().flatten().collect(),
        priors,
    }
}

impl Observed {
    /// The turns that are labelled for a signal, with their labels, in the order of the corpus.
    pub(crate) fn labelled<'a>(
        &'a self,
        corpus: &'a Corpus,
        signal: u16,
    ) -> impl Iterator<Item = (usize, &'a ObservedTurn, bool)> + 'a {
        self.turns.iter().enumerate().filter_map(move |(at, turn)| {
            let labels = &corpus.calls[turn.call as usize].labels[turn.turn as usize];
            let label = labels.binary_search_by_key(&signal, |l| l.0).ok()?;
            Some((at, turn, labels[label].1))
        })
    }

    /// Whether a turn is one that the signal is looked for in.
    pub(crate) fn is_asked(role: Option<Role>, wanted: Option<Role>) -> bool {
        wanted.is_none() || role == wanted
    }

    /// The figures of one signal; none if the lexicon has no such signal.
    pub(crate) fn figures(
        &self,
        corpus: &Corpus,
        signal: u16,
        speaker: Option<Role>,
    ) -> Option<SignalFigures> {
        let prior = self.priors[usize::from(signal)]?;
        let mut figures = SignalFigures {
            signal: corpus.signals()[usize::from(signal)].clone(),
            ..SignalFigures::default()
        };
        for turn in self.turns.iter().filter(|t| Self::is_asked(t.role, speaker)) {
            figures.turns += 1;
            figures.fired += u32::from(turn.of(signal, prior).1);
        }
        figures.rate = ratio(f64::from(figures.fired) * 1000.0, figures.turns.into());
        let (mut scores, mut shown) = (Vec::new(), Vec::new());
        for (_, turn, label) in self.labelled(corpus, signal) {
            let (score, fired) = turn.of(signal, prior);
            figures.counts.add(label, fired);
            scores.push(score);
            shown.push(label);
        }
        if !shown.is_empty() {
            let ranking = Ranking::new(&scores);
            let bins = bins(&scores, &shown);
            figures.precision = figures.counts.precision();
            figures.recall = figures.counts.recall();
            figures.f1 = figures.counts.f1();
            figures.auc = ranking.auc(&shown, &|_| 1.0);
            figures.average_precision = ranking.average_precision(&shown);
            figures.calibration_error = calibration_error(&bins);
            figures.bins = bins.to_vec();
        }
        Some(figures)
    }
}

/// What a signal is worth on a corpus. Shares and areas are 0 to 1, and null where the corpus has no labels for them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SignalFigures {
    /// The signal.
    pub signal: String,
    /// Turns of its speaker, labelled or not.
    pub turns: u32,
    /// Those it fired in.
    pub fired: u32,
    /// Fired, per 1,000 turns of its speaker.
    pub rate: Option<f64>,
    /// Over the labelled turns.
    pub counts: Counts,
    /// Share of the fired that is right.
    pub precision: Option<f64>,
    /// Share of what should fire that did.
    pub recall: Option<f64>,
    /// Harmonic mean of the two.
    pub f1: Option<f64>,
    /// Area under the ROC curve of the score.
    pub auc: Option<f64>,
    /// Area under precision against recall.
    pub average_precision: Option<f64>,
    /// Expected calibration error over ten bins.
    pub calibration_error: Option<f64>,
    /// The bins: tenths of the score.
    pub bins: Vec<Bin>,
}
