//! `lexicon fit`: weights, bias and threshold of a signal from labelled turns.
//!
//! The features are what the analyzer itself shows as evidence: an entry's value in a turn is the product of its modifiers (1 if
//! none applies). So what is learned is what will be added up later, negation and all. Weights change from where they stand, and only
//! as far as the labels demand: a sparse, regularised logistic regression of the labels on the changes, whose strength is chosen by
//! cross-validation over whole calls.

mod logistic;
mod rewrite;

use std::collections::HashMap;

use rayon::prelude::*;
use serde::Serialize;

pub use rewrite::Rewritten;

use super::corpus::Corpus;
use super::stats::{Counts, Random, Ranking, bins, calibration_error, logistic};
use crate::analyzer::Analyzer;
use crate::compiled::SENTIMENT;
use crate::error::did_you_mean;
use crate::fixed::{Milli, Score};
use crate::lexicon::{Entry, Lexicon, is_named};
use logistic::{Design, Task};

/// How a signal is fitted.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FitOptions {
    /// Entries whose weights stay: ids, or beginnings that end with `*`. Entries marked `fixed = true` always stay.
    pub keep: Vec<String>,
    /// All entries but learned terms stay.
    pub keep_written: bool,
    /// The bias stays.
    pub keep_bias: bool,
    /// Weights of written entries keep their signs.
    pub keep_signs: bool,
    /// No learned term weighs more than this for the signal …
    pub most: f64,
    /// … and more than this against it.
    pub most_against: f64,
    /// Learned terms that weigh less than this are left out.
    pub prune: f64,
    /// The share of the penalty that leaves small changes out, 0 to 1.
    pub sparsity: f64,
    /// Folds of the cross-validation, 2 or more.
    pub folds: usize,
    /// Strengths that are tried.
    pub strengths: usize,
    /// How the threshold is chosen.
    pub threshold: Threshold,
    /// The seed by which calls fall into folds.
    pub seed: u64,
}

impl Default for FitOptions {
    /// Five folds, sixteen strengths, signs and threshold kept, terms between 0.1 and 3.
    fn default() -> Self {
        FitOptions {
            keep: Vec::new(),
            keep_written: false,
            keep_bias: false,
            keep_signs: true,
            most: 3.0,
            most_against: 3.0,
            prune: 0.1,
            sparsity: 0.3,
            folds: 5,
            strengths: 16,
            threshold: Threshold::Keep,
            seed: 0,
        }
    }
}

/// How the score from which a signal fires is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Threshold {
    /// As it is.
    Keep,
    /// The best F1 of turns that were not learned from.
    BestF1,
    /// The least score at which so large a share of what fires is right.
    Precision(f64),
}

/// What was learned of a signal.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Fit {
    /// The signal.
    pub signal: String,
    /// Turns it was learned from.
    pub turns: usize,
    /// Those that show the signal.
    pub shown: usize,
    /// The strength of the penalty that was chosen.
    pub strength: f64,
    /// What was tried in the first round, the strongest first, down to the chosen one.
    pub tried: Vec<Tried>,
    /// The lexicon as it was, on the same turns.
    pub before: FitFigures,
    /// The fitted one on turns that were not learned from, each fold by the others; before weights are rounded and small ones left out.
    pub cross_validated: FitFigures,
    /// The fitted one, as it is written, on the turns it was learned from.
    pub in_sample: FitFigures,
    /// The bias, in log-odds: old, new.
    pub bias: [f64; 2],
    /// The threshold, 0 to 1: old, new.
    pub threshold: [f64; 2],
    /// Entries whose weight changes, and terms that are left out.
    pub weights: Vec<FittedWeight>,
    /// Entries that some turn showed and that stay as they are.
    pub unchanged: usize,
    /// Entries that no turn showed: nothing can be said of them.
    pub unseen: usize,
}

/// A strength of the penalty.
#[derive(Clone, Copy, Debug, Serialize)]
#[non_exhaustive]
pub struct Tried {
    /// The strength.
    pub strength: f64,
    /// Mean logistic loss on turns that were not learned from, in nats.
    pub loss: f64,
    /// Entries that change.
    pub changed: usize,
}

/// Figures as in [`super::SignalFigures`], with the mean logistic loss in nats.
#[derive(Clone, Copy, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct FitFigures {
    /// Mean logistic loss.
    pub loss: f64,
    /// Area under the ROC curve.
    pub auc: Option<f64>,
    /// Average precision.
    pub average_precision: Option<f64>,
    /// At the threshold.
    pub f1: Option<f64>,
    /// Expected calibration error.
    pub calibration_error: Option<f64>,
}

/// An entry's weight.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct FittedWeight {
    /// The entry.
    pub entry: String,
    /// Whether it is a learned term.
    pub is_term: bool,
    /// Turns that showed it.
    pub turns: u32,
    /// The weight it had, in log-odds.
    pub old: f64,
    /// The weight it gets; 0 if it is left out.
    pub new: f64,
}

/// Times the most competing entries are weighed anew: which of overlapping hits counts depends on the weights.
const ROUNDS: usize = 3;

/// Learns a signal's weights; `progress` is told what is being done.
///
/// # Errors
/// An unknown signal, too few labels on either side, settings out of range.
pub fn fit(
    analyzer: &Analyzer,
    corpus: &Corpus,
    signal: &str,
    options: &FitOptions,
    mut progress: impl FnMut(&str),
) -> Result<Fit, String> {
    if options.folds < 2 || options.strengths == 0 || !(0.0..=1.0).contains(&options.sparsity) {
        return Err("fitting needs 2 folds or more, a strength or more, a sparsity of 0 to 1".into());
    }
    let is_bound = |x: f64| (0.0..=20.0).contains(&x);
    if ![options.most, options.most_against, options.prune]
        .into_iter()
        .all(is_bound)
    {
        return Err("the largest weights, and the least, lie between 0 and 20".into());
    }
    let lexicon = analyzer.lexicon().whole();
    let number = corpus
        .number(signal)
        .filter(|_| lexicon.signal(signal).is_ok())
        .ok_or_else(|| {
            let hint = did_you_mean(signal, lexicon.signals().iter().map(|s| s.id.as_str()));
            format!("unknown signal \"{signal}\"{hint}")
        })?;
    for id in &options.keep {
        let known = entries(lexicon, signal).any(|(_, e)| is_named(id, &e.id));
        if !known {
            let hint = did_you_mean(id, entries(lexicon, signal).map(|(_, e)| e.id.as_str()));
            return Err(format!("\"{signal}\" has no entry \"{id}\"{hint}"));
        }
    }
    let mut current = analyzer.clone();
    let mut fitted: Option<Fit> = None;
    for round in 0..ROUNDS {
        progress(if round == 0 {
            "reading the corpus"
        } else {
            "weighing again"
        });
        let data = Data::read(&current, corpus, number, signal)?;
        progress("fitting");
        let mut fit = learn(&current, &data, signal, options)?;
        let yields = entries(lexicon, signal).any(|(_, e)| e.yields);
        let competing = fit
            .weights
            .iter()
            .any(|w| (!w.is_term || yields) && w.old != w.new);
        if let Some(first) = fitted.take() {
            fit.before = first.before;
            fit.bias[0] = first.bias[0];
            fit.threshold[0] = first.threshold[0];
            fit.strength = first.strength;
            fit.tried = first.tried;
            let seen = first.unchanged + first.weights.iter().filter(|w| w.turns > 0).count();
            merge(&mut fit, first.weights);
            fit.unchanged = seen.saturating_sub(fit.weights.iter().filter(|w| w.turns > 0).count());
        }
        if !competing || round + 1 == ROUNDS {
            return Ok(fit);
        }
        current = with_weights(lexicon, signal, &fit)?;
        fitted = Some(fit);
    }
    unreachable!("the last round returns")
}

/// Keeps what the first rounds started from.
fn merge(fit: &mut Fit, first: Vec<FittedWeight>) {
    let mut known: HashMap<String, FittedWeight> = first.into_iter().map(|w| (w.entry.clone(), w)).collect();
    for weight in &mut fit.weights {
        if let Some(first) = known.remove(&weight.entry) {
            weight.old = first.old;
        }
    }
    fit.weights.extend(known.into_values());
    fit.weights.retain(|w| w.old != w.new);
    fit.weights.sort_by(|a, b| a.entry.cmp(&b.entry));
}

/// The lexicon with the weights of a fit.
fn with_weights(lexicon: &Lexicon, signal: &str, fit: &Fit) -> Result<Analyzer, String> {
    let mut lexicon = lexicon.clone();
    let new: HashMap<&str, f64> = fit.weights.iter().map(|w| (w.entry.as_str(), w.new)).collect();
    let own = lexicon
        .signals
        .iter()
        .position(|s| s.id == signal)
        .unwrap_or_default();
    for entry in lexicon
        .entries
        .iter_mut()
        .filter(|e| usize::from(e.signal) == own)
    {
        if let Some(&weight) = new.get(entry.id.as_str()) {
            entry.weight = Milli::nearest(weight);
        }
    }
    lexicon.signals[own].bias = Milli::nearest(fit.bias[1]);
    Analyzer::new(lexicon).map_err(|e| e.to_string())
}

/// The entries of a signal.
fn entries<'a>(lexicon: &'a Lexicon, signal: &str) -> impl Iterator<Item = (usize, &'a Entry)> {
    let own = lexicon.signals.iter().position(|s| s.id == signal);
    let all = lexicon.entries.iter().enumerate();
    all.filter(move |(_, e)| Some(usize::from(e.signal)) == own)
}

/// Labelled turns with the entries that count in them.
struct Data {
    /// The call of each turn.
    calls: Vec<u32>,
    shown: Vec<bool>,
    /// Entries by number, and in which turns they have which value.
    features: Vec<(usize, Vec<(u32, f64)>)>,
}

impl Data {
    fn read(analyzer: &Analyzer, corpus: &Corpus, number: u16, signal: &str) -> Result<Data, String> {
        let lexicon = analyzer.lexicon().whole();
        let place: HashMap<&str, usize> = entries(lexicon, signal)
            .map(|(i, e)| (e.id.as_str(), i))
            .collect();
        let calls: Vec<_> = (0u32..).zip(&corpus.calls).collect();
        let label = |labels: &[(u16, bool)]| {
            let at = labels.binary_search_by_key(&number, |l| l.0).ok()?;
            Some(labels[at].1)
        };
        let read = |(number, labelled): &(u32, &super::corpus::LabelledCall)| {
            let mut turns = Vec::new();
            if labelled.labels.iter().all(|l| label(l).is_none()) {
                return turns;
            }
            let report = analyzer.score(&labelled.call);
            for turn in report.turns.iter().flatten() {
                let Some(shown) = label(&labelled.labels[turn.index as usize]) else {
                    continue;
                };
                let value = |e: &crate::evidence::Evidence| {
                    let factor = |m: &crate::evidence::Modification| m.factor.to_f64();
                    Some((
                        *place.get(&*e.entry)?,
                        e.modifiers.iter().map(factor).product::<f64>(),
                    ))
                };
                let values: Vec<(usize, f64)> = turn.evidence_of(signal).filter_map(value).collect();
                turns.push((*number, shown, values));
            }
            turns
        };
        let turns: Vec<_> = calls.par_iter().map(read).collect();
        let mut data = Data {
            calls: Vec::new(),
            shown: Vec::new(),
            features: Vec::new(),
        };
        let mut columns: HashMap<usize, Vec<(u32, f64)>> = HashMap::new();
        for (call, shown, values) in turns.into_iter().flatten() {
            let row = data.shown.len() as u32;
            for (entry, value) in values {
                columns.entry(entry).or_default().push((row, value));
            }
            data.calls.push(call);
            // The valence rises with what is good, and labels say that a turn is negative.
            data.shown.push(shown != (signal == SENTIMENT));
        }
        data.features = columns.into_iter().collect();
        data.features.sort_unstable_by_key(|f| f.0);
        let shown = data.shown.iter().filter(|&&s| s).count();
        if shown < 10 || data.shown.len() - shown < 10 {
            return Err(format!(
                "\"{signal}\": {shown} of {} labelled turns show it; fitting needs 10 that do and 10 that do not",
                data.shown.len()
            ));
        }
        Ok(data)
    }

    /// The fold of each turn: turns of a call fall into the same.
    fn folds(&self, seed: u64, folds: usize) -> Vec<usize> {
        let fold = |call: &u32| Random::of(seed, (*call).into()).below(folds);
        self.calls.iter().map(fold).collect()
    }
}

fn learn(analyzer: &Analyzer, data: &Data, signal: &str, options: &FitOptions) -> Result<Fit, String> {
    let lexicon = analyzer.lexicon().whole();
    let header = lexicon.signal(signal).map_err(|e| e.to_string())?;
    let valence = signal == SENTIMENT;
    let bias = if valence { 0.0 } else { header.bias.to_f64() };
    let design = Design::new(data.features.iter().map(|f| f.1.clone()));
    let weight = |entry: usize| lexicon.entries[entry].weight.to_f64();
    // Terms start from nothing: what they were mined with says what they are worth alone.
    let start = |entry: usize| {
        let e = &lexicon.entries[entry];
        if e.fitted && !is_kept(e, options) {
            0.0
        } else {
            weight(entry)
        }
    };
    let mut before = vec![bias; data.shown.len()];
    let mut offset = before.clone();
    for (entry, values) in &data.features {
        for &(row, value) in values {
            before[row as usize] += weight(*entry) * value;
            offset[row as usize] += start(*entry) * value;
        }
    }
    let bounds: Vec<(f64, f64)> = data
        .features
        .iter()
        .map(|f| bounds(&lexicon.entries[f.0], options))
        .collect();
    let everything = vec![true; data.shown.len()];
    let task = Task {
        design: &design,
        shown: &data.shown,
        offset: &offset,
        used: &everything,
        bounds: &bounds,
        bias: !options.keep_bias && !valence,
        sparsity: options.sparsity,
    };
    let strongest = task.strongest();
    let strengths: Vec<f64> = (0..options.strengths)
        .map(|i| {
            strongest
                * libm::pow(
                    STRENGTH_RANGE,
                    -(i as f64) / (options.strengths.max(2) - 1) as f64,
                )
        })
        .collect();
    let folds = data.folds(options.seed, options.folds);
    // The logits of each turn, learned from the other folds, by strength.
    let apart: Vec<Vec<(usize, Vec<f64>)>> = (0..options.folds)
        .into_par_iter()
        .map(|fold| {
            let used: Vec<bool> = folds.iter().map(|&f| f != fold).collect();
            let task = Task {
                used: &used,
                ..task.clone()
            };
            let mut learned = task.start();
            let at = |strength: &f64| {
                task.learn(*strength, &mut learned);
                let rows = (0..folds.len()).filter(|&row| folds[row] == fold);
                (fold, rows.map(|row| learned.logits[row]).collect())
            };
            strengths.iter().map(at).collect()
        })
        .collect();
    let out_of_fold = |strength: usize| {
        let mut logits = vec![0.0; folds.len()];
        for by_strength in &apart {
            let (fold, values) = &by_strength[strength];
            let rows = (0..folds.len()).filter(|&row| folds[row] == *fold);
            rows.zip(values).for_each(|(row, &logit)| logits[row] = logit);
        }
        logits
    };
    let losses: Vec<f64> = (0..strengths.len())
        .map(|s| loss(&out_of_fold(s), &data.shown))
        .collect();
    let best = (0..losses.len())
        .min_by(|&a, &b| losses[a].total_cmp(&losses[b]))
        .unwrap_or_default();
    let mut learned = task.start();
    let mut tried = Vec::new();
    for (number, &strength) in strengths.iter().enumerate().take(best + 1) {
        task.learn(strength, &mut learned);
        tried.push(Tried {
            strength,
            loss: losses[number],
            changed: learned.changes.iter().filter(|c| **c != 0.0).count(),
        });
    }
    let held_out = out_of_fold(best);
    let old_threshold = if valence { 0.5 } else { header.threshold.to_f64() };
    let new_threshold = threshold(options.threshold, old_threshold, &held_out, &data.shown);
    let rounded = |x: f64| (x * 100.0).round() / 100.0;
    let new_bias = if task.bias {
        rounded(bias + learned.bias)
    } else {
        bias
    };
    let mut written = vec![new_bias; data.shown.len()];
    let mut weights = Vec::new();
    for ((entry, values), change) in data.features.iter().zip(&learned.changes) {
        let e = &lexicon.entries[*entry];
        let moved = rounded(start(*entry) + change);
        let new = match is_kept(e, options) {
            true => weight(*entry),
            false if e.fitted && moved.abs() < options.prune => 0.0,
            false if !e.fitted && *change == 0.0 => weight(*entry),
            false => moved,
        };
        for &(row, value) in values {
            written[row as usize] += new * value;
        }
        let old = weight(*entry);
        if old != new {
            weights.push(FittedWeight {
                entry: e.id.clone(),
                is_term: e.fitted,
                turns: values.len() as u32,
                old,
                new,
            });
        }
    }
    // Terms that no turn shows would stay as they were mined.
    let seen: Vec<usize> = data.features.iter().map(|f| f.0).collect();
    let unseen: Vec<&Entry> = entries(lexicon, signal)
        .filter(|(i, _)| seen.binary_search(i).is_err())
        .map(|(_, e)| e)
        .collect();
    weights.extend(
        unseen
            .iter()
            .filter(|e| e.fitted && !is_kept(e, options))
            .map(|e| FittedWeight {
                entry: e.id.clone(),
                is_term: true,
                turns: 0,
                old: e.weight.to_f64(),
                new: 0.0,
            }),
    );
    weights.sort_by(|a, b| a.entry.cmp(&b.entry));
    Ok(Fit {
        signal: signal.to_owned(),
        turns: data.shown.len(),
        shown: data.shown.iter().filter(|&&s| s != valence).count(),
        strength: strengths[best],
        tried,
        before: figures(&before, data, valence, old_threshold),
        cross_validated: figures(&held_out, data, valence, new_threshold),
        in_sample: figures(&written, data, valence, new_threshold),
        bias: [bias, new_bias],
        threshold: [old_threshold, new_threshold],
        unchanged: data.features.len() - weights.iter().filter(|w| w.turns > 0).count(),
        unseen: unseen.len(),
        weights,
    })
}

/// The weakest penalty that is tried is so much weaker than the strongest.
const STRENGTH_RANGE: f64 = 5000.0;

/// Whether an entry's weight stays.
fn is_kept(entry: &Entry, options: &FitOptions) -> bool {
    entry.fixed
        || (options.keep_written && !entry.fitted)
        || options.keep.iter().any(|name| is_named(name, &entry.id))
}

/// How far a weight may move from where it starts.
fn bounds(entry: &Entry, options: &FitOptions) -> (f64, f64) {
    let weight = entry.weight.to_f64();
    if is_kept(entry, options) {
        return (0.0, 0.0);
    }
    if entry.fitted {
        return (-options.most_against, options.most);
    }
    let (least, most) = (-20.0 - weight, 20.0 - weight);
    match (options.keep_signs, weight > 0.0) {
        (false, _) => (least, most),
        (true, true) => (0.01 - weight, most),
        (true, false) => (least, -0.01 - weight),
    }
}

fn loss(logits: &[f64], shown: &[bool]) -> f64 {
    let one = |(&x, &shown): (&f64, &bool)| {
        // log(1 + e^-x) without overflow.
        let x = if shown { x } else { -x };
        if x > 0.0 {
            libm::log1p(libm::exp(-x))
        } else {
            libm::log1p(libm::exp(x)) - x
        }
    };
    logits.iter().zip(shown).map(one).sum::<f64>() / shown.len().max(1) as f64
}

/// Figures of logits; those of the valence are of being negative, as labels are.
fn figures(logits: &[f64], data: &Data, valence: bool, threshold: f64) -> FitFigures {
    let sign = if valence { -1.0 } else { 1.0 };
    let logits: Vec<f64> = logits.iter().map(|x| sign * x).collect();
    let shown: Vec<bool> = data.shown.iter().map(|s| s != &valence).collect();
    let (logits, shown) = (logits.as_slice(), shown.as_slice());
    let scores: Vec<f64> = logits
        .iter()
        .map(|&x| Score::nearest(logistic(x)).to_f64())
        .collect();
    let ranking = Ranking::new(&scores);
    let mut counts = Counts::default();
    scores.iter().zip(shown).for_each(|(&score, &shown)| {
        counts.add(
            shown,
            if valence {
                score > threshold
            } else {
                score >= threshold
            },
        )
    });
    FitFigures {
        loss: loss(logits, shown),
        auc: ranking.auc(shown, &|_| 1.0),
        average_precision: ranking.average_precision(shown),
        f1: counts.f1(),
        calibration_error: calibration_error(&bins(&scores, shown)),
    }
}

/// The threshold by what was held out, to two decimals.
fn threshold(how: Threshold, old: f64, logits: &[f64], shown: &[bool]) -> f64 {
    let counts = |threshold: f64| {
        let mut counts = Counts::default();
        for (&logit, &shown) in logits.iter().zip(shown) {
            counts.add(shown, logistic(logit) >= threshold);
        }
        counts
    };
    let steps = (1..100u32).map(|step| f64::from(step) / 100.0);
    match how {
        Threshold::Keep => old,
        Threshold::BestF1 => {
            let all = steps.map(|t| (counts(t).f1().unwrap_or(0.0), t));
            // Of equals the one nearest to where it was.
            let better = |a: &(f64, f64), b: &(f64, f64)| {
                a.0.total_cmp(&b.0)
                    .then((b.1 - old).abs().total_cmp(&(a.1 - old).abs()))
            };
            all.max_by(better).map_or(old, |best| best.1)
        }
        Threshold::Precision(least) => {
            let mut all = steps;
            all.find(|&t| counts(t).precision().is_none_or(|p| p >= least))
                .unwrap_or(0.99)
        }
    }
}
