//! `lexicon mine`: which phrases a lexicon lacks.
//!
//! Runs of one to four words are ranked by how much each would add beside what the lexicon already finds: the score test of a
//! logistic regression (Rao 1948) of the labels on the run, with the lexicon's own log-odds, set right for the corpus, as offset.
//! Beside it stands the log-odds ratio with an informative Dirichlet prior and its z (Monroe, Colaresi and Quinn 2008, equations 16 and 22), over turns.

use std::collections::HashMap;
use std::fmt::Write as _;

use foldhash::fast::FixedState;
use serde::Serialize;

use super::corpus::Corpus;
use super::measure::Observed;
use super::ngrams::{self, Count, Gram, Line, Words};
use super::stats::logistic;
use crate::compiled::SENTIMENT;
use crate::error::did_you_mean;
use crate::lexicon::Lexicon;

/// What is mined, and how.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct MineOptions {
    /// The longest phrase, 1 to 4 words.
    pub words: usize,
    /// A phrase stands in at least so many turns.
    pub least: u32,
    /// At most so many phrases.
    pub most: usize,
    /// Also phrases that speak against the signal.
    pub against: bool,
    /// Leave phrases out that are of grammar alone: function words, numbers, times.
    pub content: bool,
    /// Leave phrases out that say (nearly) the same as one before: a part of it in as many turns.
    pub distinct: bool,
    /// The strength of the prior of log-odds, in turns.
    pub prior: f64,
    /// So many turns are quoted with each phrase.
    pub examples: usize,
    /// Texts of another kind in which a phrase must stand too, if there are any: what only one kind of text says is its subject, not its tone.
    pub also_in: Vec<String>,
}

impl Default for MineOptions {
    /// Phrases of up to four words in three turns or more, the best 100 that differ, with two examples each.
    fn default() -> Self {
        MineOptions {
            words: 4,
            least: 3,
            most: 100,
            against: false,
            content: true,
            distinct: true,
            prior: 10.0,
            examples: 2,
            also_in: Vec::new(),
        }
    }
}

/// A phrase that a lexicon may lack.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct Candidate {
    /// The phrase, ready for a lexicon.
    pub phrase: String,
    /// Turns with it that show the signal.
    pub shown: u32,
    /// Turns with it that do not.
    pub other: u32,
    /// How much more likely it is where the signal is, as log-odds; less than 0 speaks against the signal.
    pub log_odds: f64,
    /// The log-odds in standard deviations.
    pub z: f64,
    /// What the likelihood of the labels would gain by it, beside all that the lexicon finds already; in nats.
    pub gain: f64,
    /// Turns that it stands in, those that show the signal first.
    pub examples: Vec<Quoted>,
}

crate::debug_unsaid! {
    Candidate { shown, other, log_odds, z, gain, examples } without { phrase }
}

/// A turn that is quoted.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct Quoted {
    /// Where it stands.
    pub place: String,
    /// Whether it shows the signal.
    pub shown: bool,
    /// What was said.
    pub text: String,
}

crate::debug_unsaid! {
    Quoted { place, shown } without { text }
}

/// The phrases that would add most to a signal, the best first.
///
/// # Errors
/// An unknown signal; a corpus without labels for and against it.
pub fn mine(
    lexicon: &Lexicon,
    corpus: &Corpus,
    observed: &Observed,
    signal: &str,
    options: &MineOptions,
) -> Result<Vec<Candidate>, String> {
    let lexicon = lexicon.whole();
    let known = || did_you_mean(signal, corpus.signals().iter().map(String::as_str));
    let number = corpus
        .number(signal)
        .ok_or_else(|| format!("unknown signal \"{signal}\"{}", known()))?;
    let prior = observed.priors[usize::from(number)]
        .ok_or_else(|| format!("the lexicon has no signal \"{signal}\""))?;
    let mut words = Words::default();
    let mut turns = Vec::new();
    let mut lines: Vec<Line> = Vec::new();
    for (at, turn, shown) in observed.labelled(corpus, number) {
        let text = &corpus.calls[turn.call as usize].call.turns[turn.turn as usize].text;
        let (score, _) = turn.of(number, prior);
        lines.push(Line::read(lexicon, &mut words, text, shown, score));
        turns.push(at);
    }
    set_right(&mut lines)
        .ok_or_else(|| format!("\"{signal}\": the corpus needs turns that show it and turns that do not"))?;
    let mut counts = ngrams::count(&lines, options.words, options.least);
    if !options.also_in.is_empty() {
        let others = options.also_in.iter();
        let others = others.map(|text| Line::read(lexicon, &mut words, text, false, 0.0));
        let known = ngrams::found(others, &counts);
        counts.retain(|gram, _| known.contains(gram));
    }
    if options.content {
        counts.retain(|gram, _| words.telling(lexicon, gram) > 0);
    }
    let total = lines.iter().fold(Count::default(), |mut sum, line| {
        *(if line.shown {
            &mut sum.shown
        } else {
            &mut sum.other
        }) += 1;
        sum.curve += line.score * (1.0 - line.score);
        sum
    });
    // The valence of a phrase is the other way round: labels say that a turn is negative.
    let sign = if signal == SENTIMENT { -1.0 } else { 1.0 };
    let mut ranked: Vec<(Gram, Candidate)> = counts
        .iter()
        .filter(|(_, count)| options.against || sign * count.slope > 0.0)
        .map(|(gram, count)| {
            (
                *gram,
                candidate(words.phrase(gram), count, &total, options.prior, sign),
            )
        })
        .collect();
    ranked.sort_by(|a, b| {
        b.1.gain
            .total_cmp(&a.1.gain)
            // Of runs that stand in the same turns the one that says most, and that in the fewest words.
            .then_with(|| words.telling(lexicon, &b.0).cmp(&words.telling(lexicon, &a.0)))
            .then_with(|| ngrams::length(&a.0).cmp(&ngrams::length(&b.0)))
            .then_with(|| a.1.phrase.cmp(&b.1.phrase))
    });
    if options.distinct {
        ranked = distinct(ranked);
    }
    ranked.truncate(options.most);
    quote(&mut ranked, corpus, observed, &lines, &turns, options.examples);
    Ok(ranked.into_iter().map(|r| r.1).collect())
}

fn candidate(phrase: String, count: &Count, total: &Count, prior: f64, sign: f64) -> Candidate {
    let (yes, no) = (f64::from(count.shown), f64::from(count.other));
    let (all_yes, all_no) = (f64::from(total.shown), f64::from(total.other));
    let share = prior * (yes + no) / (all_yes + all_no);
    let odds = |part: f64, whole: f64| ((part + share) / (whole + prior - part - share)).ln();
    let log_odds = odds(yes, all_yes) - odds(no, all_no);
    let deviation = (1.0 / (yes + share) + 1.0 / (no + share)).sqrt();
    // The share of its information that the intercept already explains is not its own.
    let information = count.curve - count.curve * count.curve / total.curve;
    Candidate {
        phrase,
        shown: count.shown,
        other: count.other,
        log_odds: sign * log_odds,
        z: sign * log_odds / deviation,
        gain: if information > 0.0 {
            count.slope * count.slope / (2.0 * information)
        } else {
            0.0
        },
        examples: Vec::new(),
    }
}

/// Replaces the lexicon's scores by those that fit the labels best among `a + b × logit`: another corpus has another share of
/// turns that show the signal, and that alone is no reason for a phrase. Newton's method; none if the labels are all alike.
fn set_right(lines: &mut [Line]) -> Option<()> {
    let mixed = lines.iter().any(|l| l.shown) && lines.iter().any(|l| !l.shown);
    if !mixed {
        return None;
    }
    let logit = |p: f64| (p / (1.0 - p)).ln();
    let logits: Vec<f64> = lines
        .iter()
        .map(|l| logit(l.score.clamp(1e-4, 1.0 - 1e-4)))
        .collect();
    let (mut a, mut b) = (0.0, 1.0);
    for _ in 0..50 {
        // A little ridge keeps both finite where scores are all alike or part the labels.
        let (mut ga, mut gb, mut haa, mut hab, mut hbb) = (-1e-3 * a, -1e-3 * (b - 1.0), 1e-3, 0.0, 1e-3);
        for (line, &x) in lines.iter().zip(&logits) {
            let p = logistic(a + b * x);
            let off = f64::from(u8::from(line.shown)) - p;
            let curve = p * (1.0 - p);
            ga += off;
            gb += off * x;
            haa += curve;
            hab += curve * x;
            hbb += curve * x * x;
        }
        let determinant = haa * hbb - hab * hab;
        if determinant <= 0.0 {
            break;
        }
        let step = (
            (hbb * ga - hab * gb) / determinant,
            (haa * gb - hab * ga) / determinant,
        );
        let scale = (2.0 / step.0.abs().max(step.1.abs())).min(1.0);
        a += step.0 * scale;
        b += step.1 * scale;
        if step.0.abs() + step.1.abs() < 1e-9 {
            break;
        }
    }
    for (line, x) in lines.iter_mut().zip(logits) {
        line.score = logistic(a + b * x);
    }
    Some(())
}

/// Leaves out what says nearly the same as something better: a part or an extension of it that stands in nearly the same turns.
fn distinct(ranked: Vec<(Gram, Candidate)>) -> Vec<(Gram, Candidate)> {
    let same = |fewer: u32, more: u32| u64::from(fewer) * 10 >= u64::from(more) * 8;
    let mut chosen: HashMap<Gram, u32, FixedState> = HashMap::default();
    // Parts of what is chosen, with the turns of the largest whole.
    let mut within: HashMap<Gram, u32, FixedState> = HashMap::default();
    let mut out = Vec::new();
    for (gram, candidate) in ranked {
        let turns = candidate.shown + candidate.other;
        let parts = all_parts(&gram);
        let extends = parts
            .iter()
            .filter_map(|p| chosen.get(p))
            .any(|&more| same(turns, more));
        let is_part = within.get(&gram).is_some_and(|&fewer| same(fewer, turns));
        if extends || is_part {
            continue;
        }
        chosen.insert(gram, turns);
        for part in parts {
            let most = within.entry(part).or_default();
            *most = turns.max(*most);
        }
        out.push((gram, candidate));
    }
    out
}

/// All shorter runs inside a run.
fn all_parts(gram: &Gram) -> Vec<Gram> {
    let mut all = Vec::new();
    let mut last = vec![*gram];
    for length in (2..=ngrams::length(gram)).rev() {
        last = last.iter().flat_map(|g| ngrams::parts(g, length)).collect();
        last.sort_unstable();
        last.dedup();
        all.extend(&last);
    }
    all
}

fn quote(
    ranked: &mut [(Gram, Candidate)],
    corpus: &Corpus,
    observed: &Observed,
    lines: &[Line],
    turns: &[usize],
    most: usize,
) {
    if most == 0 {
        return;
    }
    let place: HashMap<Gram, usize, FixedState> = ranked.iter().enumerate().map(|(i, r)| (r.0, i)).collect();
    for wanted in [true, false] {
        for (line, &at) in lines.iter().zip(turns).filter(|(l, _)| l.shown == wanted) {
            for &candidate in line.find(&place) {
                let examples = &mut ranked[candidate].1.examples;
                if examples.len() < most {
                    let turn = &observed.turns[at];
                    let labelled = &corpus.calls[turn.call as usize];
                    examples.push(Quoted {
                        place: labelled.place.to_string(),
                        shown: line.shown,
                        text: labelled.call.turns[turn.turn as usize].text.clone(),
                    });
                }
            }
        }
    }
}

/// The phrases as a lexicon file of learned terms, to be laid over the one they were mined beside. Their weights are their log-odds, a start for
/// fitting: they say what a phrase is worth alone, not beside others.
pub fn to_toml(signal: &str, note: &str, candidates: &[Candidate]) -> String {
    let mut sorted: Vec<&Candidate> = candidates.iter().collect();
    sorted.sort_by(|a, b| a.phrase.cmp(&b.phrase));
    let mut out =
        format!("schema = 1\n\n[signal]\nid = {signal:?}\n\n[fitted]\nnote = {note:?}\n\n[fitted.terms]\n");
    for candidate in sorted {
        let weight = candidate.log_odds.clamp(-4.0, 4.0);
        // A weight of nought would switch the term off.
        let weight = if weight.abs() < 0.01 {
            0.01f64.copysign(weight)
        } else {
            weight
        };
        let _ = writeln!(out, "{:?} = {weight:.2}", candidate.phrase);
    }
    out
}
