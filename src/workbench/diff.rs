//! `lexicon diff`: two lexicons on the same turns. What is gained, what is lost, and how sure that is.

use rayon::prelude::*;
use serde::Serialize;

use super::corpus::Corpus;
use super::eval::{evidence, macro_f1, numbered, speaker};
use super::measure::{Observed, SignalFigures};
use super::stats::{Random, Ranking, f1, interval, mcnemar, ratio};
use crate::analyzer::{Analyzer, Size};
use crate::evidence::Evidence;

/// A figure of both lexicons.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// Of the old lexicon; null where it cannot be told.
    pub old: Option<f64>,
    /// Of the new one.
    pub new: Option<f64>,
    /// New less old, in 95 of 100 resamples of the calls.
    pub interval: Option<[f64; 2]>,
}

impl Change {
    /// A change that is known exactly.
    pub fn of(old: Option<f64>, new: Option<f64>) -> Self {
        Change {
            old,
            new,
            interval: None,
        }
    }

    /// New less old.
    pub fn by(&self) -> Option<f64> {
        Some(self.new? - self.old?)
    }

    /// Whether its interval lies to one side of nought.
    pub fn is_sure(&self) -> bool {
        self.interval.is_some_and(|[low, high]| low > 0.0 || high < 0.0)
    }
}

/// Two lexicons compared.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Difference {
    /// The old lexicon: language, version, hash.
    pub old: String,
    /// The new one.
    pub new: String,
    /// Calls (or single utterances) that were compared.
    pub calls: usize,
    /// Their turns.
    pub turns: usize,
    /// Mean F1 of the signals that some turn should show.
    pub macro_f1: Change,
    /// By signal, in the order of ids; signals that only one of the lexicons has included.
    pub signals: Vec<SignalChange>,
    /// How large they are.
    pub size: SizeChange,
    /// How long they take, if it was measured.
    pub cost: Option<Cost>,
}

/// How large the compiled lexicons are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SizeChange {
    /// Plain phrases of all entries.
    pub phrases: Change,
    /// Patterns of the automaton.
    pub patterns: Change,
    /// Bytes of the automaton's tables.
    pub bytes: Change,
}

/// How long the lexicons take on the machine at hand. The library keeps no clock: who has one fills it in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Cost {
    /// Nanoseconds a turn, on one thread.
    pub turn_ns: Change,
    /// Milliseconds from files to a compiled lexicon.
    pub load_ms: Change,
}

/// One signal in both lexicons. Figures are those of [`SignalFigures`].
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct SignalChange {
    /// The signal.
    pub signal: String,
    /// How many turns are labelled for it.
    pub labelled: u32,
    /// Share of the fired that is right.
    pub precision: Change,
    /// Share of what should fire that did.
    pub recall: Change,
    /// Harmonic mean of the two.
    pub f1: Change,
    /// Area under the ROC curve.
    pub auc: Change,
    /// Expected calibration error.
    pub calibration_error: Change,
    /// Fired, per 1,000 turns of its speaker.
    pub rate: Change,
    /// Labelled turns that only the old lexicon judges right.
    pub only_old_right: u32,
    /// Labelled turns that only the new lexicon judges right.
    pub only_new_right: u32,
    /// McNemar's exact test of those two: how likely they are if neither lexicon is better.
    pub p: Option<f64>,
    /// Turns in which only the new lexicon fires.
    pub gained: u32,
    /// Turns in which only the old lexicon fires.
    pub lost: u32,
    /// The first of them, with what made them fire.
    pub hits: Vec<Gained>,
}

impl SignalChange {
    /// Whether anything differs.
    pub fn is_changed(&self) -> bool {
        let moved = |c: &Change| c.old != c.new;
        self.gained + self.lost > 0 || moved(&self.auc) || moved(&self.calibration_error) || moved(&self.rate)
    }
}

/// A turn in which only one of the lexicons fires.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct Gained {
    /// Whether it is the new one.
    pub is_new: bool,
    /// Whether the turn shows the signal, if that is known.
    pub shown: Option<bool>,
    /// Where it stands.
    pub place: String,
    /// Its place in its call, from 0.
    pub turn: u32,
    /// What was said; nothing if the analyzer does not tell it.
    pub text: Option<String>,
    /// What the one that fires found.
    pub evidence: Vec<Evidence>,
}

crate::debug_unsaid! {
    Gained { is_new, shown, place, turn, evidence } without { text }
}

/// How a comparison is made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DiffOptions {
    /// Only these signals; all, if none is named.
    pub signals: Vec<String>,
    /// Resamples for intervals; 0 for none.
    pub resamples: u32,
    /// The seed of the resamples.
    pub seed: u64,
    /// The most gained and lost turns that are listed, each, by signal.
    pub hits: usize,
}

impl Default for DiffOptions {
    /// All signals, 1,000 resamples, 20 turns each.
    fn default() -> Self {
        DiffOptions {
            signals: Vec::new(),
            resamples: 1000,
            seed: 0,
            hits: 20,
        }
    }
}

/// One of the lexicons with its verdicts.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// The lexicon.
    pub analyzer: &'a Analyzer,
    /// What it makes of the corpus.
    pub observed: &'a Observed,
}

/// Compares two lexicons on the corpus both were observed on.
pub fn diff(corpus: &Corpus, old: Side<'_>, new: Side<'_>, options: &DiffOptions) -> Difference {
    let pairs: Vec<Pairs> = numbered(corpus, &options.signals)
        .map(|signal| Pairs::of(corpus, old, new, signal))
        .collect();
    let spread = resample(corpus, &pairs, options);
    let figures = |pick: fn(&Pairs) -> &Option<SignalFigures>| -> Vec<SignalFigures> {
        pairs.iter().filter_map(|p| pick(p).clone()).collect()
    };
    let mut macro_change = Change::of(macro_f1(&figures(|p| &p.old)), macro_f1(&figures(|p| &p.new)));
    macro_change.interval = interval(spread.iter().map(|s| s.macro_f1).collect());
    let signals = pairs.iter().enumerate().map(|(number, pairs)| {
        let mut change = pairs.change();
        if pairs.moves() {
            let of = |pick: fn(&Deltas) -> f64| {
                interval(spread.iter().map(|s| pick(&s.signals[number])).collect())
            };
            change.precision.interval = of(|d| d.precision);
            change.recall.interval = of(|d| d.recall);
            change.f1.interval = of(|d| d.f1);
            change.auc.interval = of(|d| d.auc);
            change.rate.interval = of(|d| d.rate);
        }
        change.hits = pairs.hits(corpus, old, new, options.hits);
        change
    });
    Difference {
        old: old.analyzer.lexicon().name().to_owned(),
        new: new.analyzer.lexicon().name().to_owned(),
        calls: corpus.calls.len(),
        turns: corpus.turns(),
        macro_f1: macro_change,
        signals: signals.collect(),
        size: SizeChange::of(&old.analyzer.size(), &new.analyzer.size()),
        cost: None,
    }
}

impl SizeChange {
    fn of(old: &Size, new: &Size) -> Self {
        let change = |old: usize, new: usize| Change::of(Some(old as f64), Some(new as f64));
        SizeChange {
            phrases: change(old.phrases, new.phrases),
            patterns: change(old.patterns, new.patterns),
            bytes: change(old.automaton_bytes, new.automaton_bytes),
        }
    }
}

/// A signal's verdicts by both lexicons, side by side.
struct Pairs {
    signal: u16,
    old: Option<SignalFigures>,
    new: Option<SignalFigures>,
    /// By labelled turn: its call, whether it shows the signal, whether each fires.
    call: Vec<u32>,
    shown: Vec<bool>,
    fired: [Vec<bool>; 2],
    /// Nothing where no label is for or against.
    ranking: Option<[Ranking; 2]>,
    /// Turns of the signal's speaker, by call.
    turns: Vec<u32>,
    /// Turns in which only one fires.
    differ: Vec<Differ>,
}

struct Differ {
    at: usize,
    call: u32,
    is_new: bool,
    shown: Option<bool>,
}

impl Pairs {
    fn of(corpus: &Corpus, old: Side<'_>, new: Side<'_>, signal: u16) -> Self {
        let sides = [old, new];
        let role = sides.map(|s| speaker(s.analyzer.lexicon(), corpus, signal));
        let prior = sides.map(|s| s.observed.priors[usize::from(signal)]);
        let verdict = |side: usize, at: usize| {
            let turn = &sides[side].observed.turns[at];
            turn.of(signal, prior[side].unwrap_or(0.0))
        };
        let mut pairs = Pairs {
            signal,
            old: old.observed.figures(corpus, signal, role[0]),
            new: new.observed.figures(corpus, signal, role[1]),
            call: Vec::new(),
            shown: Vec::new(),
            fired: [Vec::new(), Vec::new()],
            ranking: None,
            turns: vec![0; corpus.calls.len()],
            differ: Vec::new(),
        };
        let asked = if prior[1].is_some() { role[1] } else { role[0] };
        let mut labels = old
            .observed
            .labelled(corpus, signal)
            .map(|(at, _, shown)| (at, shown))
            .peekable();
        let mut scores = [Vec::new(), Vec::new()];
        for (at, turn) in old.observed.turns.iter().enumerate() {
            let shown = labels.next_if(|l| l.0 == at).map(|l| l.1);
            let is_asked = Observed::is_asked(turn.role, asked);
            pairs.turns[turn.call as usize] += u32::from(is_asked);
            if !is_asked && shown.is_none() {
                continue;
            }
            let [a, b] = [verdict(0, at), verdict(1, at)];
            if a.1 != b.1 {
                pairs.differ.push(Differ {
                    at,
                    call: turn.call,
                    is_new: b.1,
                    shown,
                });
            }
            if let Some(shown) = shown {
                pairs.call.push(turn.call);
                pairs.shown.push(shown);
                for (side, (score, fired)) in [a, b].into_iter().enumerate() {
                    scores[side].push(score);
                    pairs.fired[side].push(fired);
                }
            }
        }
        let both = pairs.shown.contains(&true) && pairs.shown.contains(&false);
        pairs.ranking = both.then(|| scores.map(|s| Ranking::new(&s)));
        pairs
    }

    /// Whether resampling can show a difference.
    fn moves(&self) -> bool {
        !self.differ.is_empty() || self.figure(|f| f.auc).by().is_some_and(|by| by != 0.0)
    }

    fn figure(&self, pick: fn(&SignalFigures) -> Option<f64>) -> Change {
        Change::of(self.old.as_ref().and_then(pick), self.new.as_ref().and_then(pick))
    }

    fn change(&self) -> SignalChange {
        let count = |right: usize, wrong: usize| {
            (0..self.shown.len())
                .filter(|&i| self.fired[right][i] == self.shown[i] && self.fired[wrong][i] != self.shown[i])
                .count() as u32
        };
        let (only_old, only_new) = (count(0, 1), count(1, 0));
        let name = self.new.as_ref().or(self.old.as_ref());
        SignalChange {
            signal: name.map_or_else(String::new, |f| f.signal.clone()),
            labelled: self.shown.len() as u32,
            precision: self.figure(|f| f.precision),
            recall: self.figure(|f| f.recall),
            f1: self.figure(|f| f.f1),
            auc: self.figure(|f| f.auc),
            calibration_error: self.figure(|f| f.calibration_error),
            rate: self.figure(|f| f.rate),
            only_old_right: only_old,
            only_new_right: only_new,
            p: (!self.shown.is_empty()).then(|| mcnemar(only_old, only_new)),
            gained: self.differ.iter().filter(|d| d.is_new).count() as u32,
            lost: self.differ.iter().filter(|d| !d.is_new).count() as u32,
            hits: Vec::new(),
        }
    }

    /// The first turns in which only one fires: labelled ones first, since they say whether that is good.
    fn hits(&self, corpus: &Corpus, old: Side<'_>, new: Side<'_>, most: usize) -> Vec<Gained> {
        let mut chosen: Vec<&Differ> = Vec::new();
        for is_new in [true, false] {
            let mut some: Vec<&Differ> = self.differ.iter().filter(|d| d.is_new == is_new).collect();
            some.sort_by_key(|d| (d.shown.is_none(), d.at));
            chosen.extend(some.into_iter().take(most));
        }
        let gained = |d: &&Differ| {
            let side = if d.is_new { new } else { old };
            let turn = &side.observed.turns[d.at];
            let labelled = &corpus.calls[turn.call as usize];
            let signal = &corpus.signals()[usize::from(self.signal)];
            Gained {
                is_new: d.is_new,
                shown: d.shown,
                place: labelled.place.to_string(),
                turn: turn.turn,
                text: side
                    .analyzer
                    .tells_text()
                    .then(|| labelled.call.turns[turn.turn as usize].text.clone()),
                evidence: evidence(side.analyzer, corpus, side.observed, d.at, signal),
            }
        };
        chosen.par_iter().map(gained).collect()
    }

    /// The differences of the figures when calls weigh so much.
    fn deltas(&self, weights: &[u16]) -> Deltas {
        let weight = |i: usize| f64::from(weights[self.call[i] as usize]);
        let mut sums = [[0.0; 3]; 2];
        for i in 0..self.shown.len() {
            for (side, sum) in sums.iter_mut().enumerate() {
                match (self.shown[i], self.fired[side][i]) {
                    (true, true) => sum[0] += weight(i),
                    (false, true) => sum[1] += weight(i),
                    (true, false) => sum[2] += weight(i),
                    (false, false) => {}
                }
            }
        }
        let [a, b] = sums;
        let less = |f: &dyn Fn([f64; 3]) -> Option<f64>| f(b).zip(f(a)).map_or(f64::NAN, |(b, a)| b - a);
        let f1_of = |s: [f64; 3]| (s[0] + s[2] > 0.0).then(|| f1(s[0], s[1], s[2]));
        let auc = self
            .ranking
            .as_ref()
            .and_then(|[old, new]| Some(new.auc(&self.shown, &weight)? - old.auc(&self.shown, &weight)?));
        let turns: f64 = self
            .turns
            .iter()
            .zip(weights)
            .map(|(&t, &w)| f64::from(t) * f64::from(w))
            .sum();
        let more: f64 = self
            .differ
            .iter()
            .map(|d| f64::from(weights[d.call as usize]) * if d.is_new { 1.0 } else { -1.0 })
            .sum();
        Deltas {
            precision: less(&|s| ratio(s[0], s[0] + s[1])),
            recall: less(&|s| ratio(s[0], s[0] + s[2])),
            f1: less(&f1_of),
            f1s: [
                self.old.as_ref().and_then(|_| f1_of(a)),
                self.new.as_ref().and_then(|_| f1_of(b)),
            ],
            auc: auc.unwrap_or(f64::NAN),
            rate: ratio(more * 1000.0, turns).unwrap_or(f64::NAN),
        }
    }
}

/// Differences in one resample; not a number where a figure cannot be told.
struct Deltas {
    precision: f64,
    recall: f64,
    f1: f64,
    f1s: [Option<f64>; 2],
    auc: f64,
    rate: f64,
}

struct Resample {
    macro_f1: f64,
    signals: Vec<Deltas>,
}

/// The paired bootstrap (Efron 1979): calls are drawn with replacement, both lexicons judged on the same draw. Whole calls are drawn, since the
/// turns of a call are not independent.
fn resample(corpus: &Corpus, pairs: &[Pairs], options: &DiffOptions) -> Vec<Resample> {
    let calls = corpus.calls.len();
    if calls == 0 || !pairs.iter().any(Pairs::moves) {
        return Vec::new();
    }
    let one = |number: u32| {
        let mut random = Random::of(options.seed, number.into());
        let mut weights = vec![0u16; calls];
        for _ in 0..calls {
            let drawn = &mut weights[random.below(calls)];
            *drawn = drawn.saturating_add(1);
        }
        let signals: Vec<Deltas> = pairs.iter().map(|p| p.deltas(&weights)).collect();
        let mean = |side: usize| {
            let all: Vec<f64> = signals.iter().filter_map(|d| d.f1s[side]).collect();
            all.iter().sum::<f64>() / all.len() as f64
        };
        Resample {
            macro_f1: mean(1) - mean(0),
            signals,
        }
    };
    (0..options.resamples).into_par_iter().map(one).collect()
}
