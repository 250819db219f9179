//! Other crates for the same or a similar task.

use aho_corasick::AhoCorasick;
use daachorse::DoubleArrayAhoCorasick;
use hackles::Turn;
use regex::RegexSetBuilder;

use crate::clock::Case;
use crate::literals::count_bounded;

/// What a set of regular expressions takes without going out of bounds.
const EXPRESSIONS: usize = 2000;

/// Texts as contenders read them.
pub(crate) struct Texts<'a> {
    pub(crate) utterances: &'a [Turn],
    /// The same in small letters.
    pub(crate) lower: &'a [String],
}

/// Searches for fixed strings, beside the one that sets the measure.
pub(crate) fn searches<'a>(
    literals: &[String],
    baseline: &'a AhoCorasick,
    texts: &Texts<'a>,
) -> Result<Vec<Case<'a>>, String> {
    let lower = texts.lower;
    let double_array = DoubleArrayAhoCorasick::<u32>::new(literals).map_err(|e| e.to_string())?;
    let some = literals
        .iter()
        .step_by(literals.len().div_ceil(EXPRESSIONS).max(1));
    let set = RegexSetBuilder::new(some.map(|literal| format!(r"\b{}\b", regex::escape(literal))))
        .size_limit(1 << 30)
        .dfa_size_limit(1 << 28)
        .build()
        .map_err(|e| e.to_string())?;
    let all = |t: &String| baseline.find_overlapping_iter(t.as_str()).count();
    let found: usize = lower.iter().map(all).sum();
    let also: usize = lower
        .iter()
        .map(|t| double_array.find_overlapping_iter(t).count())
        .sum();
    if found != also {
        return Err(format!("daachorse finds {also} literals, aho-corasick {found}"));
    }
    Ok(vec![
        Case::whole("aho-corasick, word borders checked", move || {
            lower.iter().map(|t| count_bounded(baseline, t)).sum::<usize>()
        }),
        Case::whole("daachorse", move || {
            let count = |t: &String| double_array.find_overlapping_iter(t).count();
            lower.iter().map(count).sum::<usize>()
        }),
        Case::whole("regex set of some 2,000 of them", move || {
            lower.iter().map(|t| set.matches(t).iter().count()).sum::<usize>()
        }),
    ])
}

/// VADER in Rust.
pub(crate) fn vaders<'a>(texts: &Texts<'a>) -> Vec<Case<'a>> {
    let utterances = texts.utterances;
    let first = vader_sentiment::SentimentIntensityAnalyzer::new();
    let second = vader_sentimental::SentimentIntensityAnalyzer::new();
    vec![
        Case::whole("vader_sentiment (Rust)", move || {
            utterances
                .iter()
                .map(|t| first.polarity_scores(&t.text)["compound"])
                .sum::<f64>()
        }),
        Case::whole("vader-sentimental (Rust)", move || {
            utterances
                .iter()
                .map(|t| second.polarity_scores(&t.text).compound)
                .sum::<f64>()
        }),
    ]
}
