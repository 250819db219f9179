//! Words that look like slips: said once, and one edit away from a common one.

use std::collections::{HashMap, HashSet};

use rayon::prelude::*;

use super::places::phrases;
use super::{Code, Finding, Subject};
use crate::lexicon::phrase::Item;
use crate::text::{Flags, Sink, TextRules, normal};
use crate::turns::said::stem;

/// A word is frequent from so many phrases and items on.
const FREQUENT: usize = 10;
/// Shorter words are too often one edit away from another.
const SHORTEST: usize = 5;
/// From here on words are seldom one edit away from another; shorter ones must look odd too.
const LONG: usize = 8;

pub(super) fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let named = named(subject);
    let mut stems: HashMap<&str, usize> = HashMap::new();
    for word in named.keys() {
        *stems.entry(stem(word)).or_default() += 1;
    }
    let known = known(subject);
    let runs = runs(named.keys().copied().chain(known.iter().map(String::as_str)));
    let frequent: Vec<&str> = named
        .iter()
        .filter(|(_, n)| **n >= FREQUENT)
        .map(|(w, _)| *w)
        .collect();
    let mut rare: Vec<&str> = named
        .iter()
        .filter(|(_, n)| **n == 1)
        .map(|(w, _)| *w)
        // Another ending of the word is known: so is the word.
        .filter(|w| is_word(w) && stems.get(stem(w)) == Some(&1) && !known.contains(*w))
        .filter(|w| w.chars().count() >= LONG || three_letters(w).iter().any(|r| runs[r] == 1))
        .collect();
    rare.sort_unstable();
    let meant = |word: &str| -> Option<&str> {
        let near = frequent.iter().copied().filter(|f| is_slip(word, f));
        near.max_by_key(|f| (named[f], *f))
    };
    let slips: Vec<(&str, &str)> = rare.par_iter().filter_map(|w| Some((*w, meant(w)?))).collect();
    let mut findings = Vec::new();
    for (word, meant) in slips {
        if let Some((file, offset)) = place(subject, word)
            && subject.wants_file(file)
        {
            findings.push(subject.of_file(
                Code::ProbableSlip,
                file,
                offset,
                format!(
                    "\"{word}\" stands nowhere else, \"{meant}\" in {} phrases and lists",
                    named[meant]
                ),
                format!("Write \"{meant}\" if that was meant, or an example that says \"{word}\"."),
            ));
        }
    }
    findings
}

/// In how many words each run of three letters stands, borders counted as letters: a run that no other word has looks odd.
fn runs<'a>(words: impl Iterator<Item = &'a str>) -> HashMap<[char; 3], usize> {
    let words: HashSet<&str> = words.collect();
    let mut runs = HashMap::new();
    for run in words.into_iter().flat_map(three_letters) {
        *runs.entry(run).or_default() += 1;
    }
    runs
}

fn three_letters(word: &str) -> HashSet<[char; 3]> {
    let letters: Vec<char> = "^".chars().chain(word.chars()).chain(['$']).collect();
    letters.windows(3).map(|w| [w[0], w[1], w[2]]).collect()
}

fn is_word(word: &str) -> bool {
    word.chars().count() >= SHORTEST && word.chars().all(char::is_alphabetic)
}

/// All words that phrases and lists name, with how often they do.
fn named<'a>(subject: &Subject<'a>) -> HashMap<&'a str, usize> {
    let lexicon = subject.lexicon;
    let mut named: HashMap<&str, usize> = HashMap::new();
    let mut count = |item: &'a Item| {
        if let Item::Word(word) = item {
            *named.entry(word).or_default() += 1;
        }
    };
    for entry in &lexicon.entries {
        let near = entry.near.iter().flat_map(|n| &n.phrases);
        let all = entry.phrases.iter().chain(&entry.needs).chain(&entry.not_in);
        all.chain(near).for_each(|p| p.items(&mut count));
    }
    for modifier in &lexicon.shared.modifiers {
        let all = modifier
            .cues
            .iter()
            .chain(&modifier.except)
            .chain(&modifier.stops);
        all.for_each(|p| p.items(&mut count));
    }
    for list in &lexicon.shared.lists {
        list.longer.iter().for_each(|p| p.items(&mut count));
    }
    for word in lexicon.shared.lists.iter().flat_map(|l| &l.singles) {
        *named.entry(word).or_default() += 1;
    }
    named
}

/// Words that stand elsewhere: in examples and in the tables of `shared.toml`.
fn known(subject: &Subject<'_>) -> HashSet<String> {
    let shared = &subject.lexicon.shared;
    let rules = &shared.rules;
    let mut known = Words(HashSet::new());
    for turn in subject.lexicon.examples.iter().flat_map(|e| &e.turns) {
        crate::text::read(rules, &turn.text, &mut known);
    }
    let mut known = known.0;
    let classes = [&shared.numbers, &shared.times, &shared.moneys, &shared.names];
    known.extend(classes.into_iter().flatten().cloned());
    known.extend(shared.spellings.iter().flat_map(|(a, b)| [a.clone(), b.clone()]));
    known.extend(shared.contractions.keys().cloned());
    known.extend(shared.masked.iter().cloned());
    known
}

struct Words(HashSet<String>);

impl Sink for Words {
    fn word(&mut self, text: &str, _: usize, _: Flags) {
        self.0.insert(normal(text));
    }
    fn punctuation(&mut self, _: Flags) {}
}

/// Whether one word is the other with one letter wrong, missing, too many or exchanged with its neighbour. The first
/// letter is seldom wrong, and a different last one is another form of the word.
fn is_slip(rare: &str, frequent: &str) -> bool {
    if rare.len().abs_diff(frequent.len()) > 1 || rare.as_bytes().first() != frequent.as_bytes().first() {
        return false;
    }
    let (a, b): (Vec<char>, Vec<char>) = (rare.chars().collect(), frequent.chars().collect());
    let before = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[before..], &b[before..]);
    let behind = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(x, y)| x == y)
        .count();
    let (left_a, left_b) = (&a[..a.len() - behind], &b[..b.len() - behind]);
    if stem(rare) == stem(frequent) {
        return false;
    }
    match (left_a, left_b) {
        ([x, y], [z, w]) => x == w && y == z,
        ([_], [_]) | ([], [_]) => behind > 0,
        // A doubled last letter is no ending.
        ([x], []) => behind > 0 || rare.chars().rev().nth(1) == Some(*x),
        _ => false,
    }
}

/// Where the word stands: file and offset.
fn place(subject: &Subject<'_>, word: &str) -> Option<(usize, usize)> {
    let rules = &subject.lexicon.shared.rules;
    subject
        .places
        .files
        .iter()
        .enumerate()
        .find_map(|(number, file)| {
            let lists = file.lists.values().flatten();
            let all = phrases(file).chain(lists);
            let here = all.filter(|p| names(rules, p.get_ref(), word));
            here.map(|p| (number, p.span().start)).next()
        })
}

fn names(rules: &TextRules, phrase: &str, word: &str) -> bool {
    // Reading is slow; most phrases do not have the letters.
    if !phrase.to_lowercase().contains(word) {
        return false;
    }
    let plain = phrase.replace(['(', ')', '[', ']', '|', '^', '$'], " ");
    crate::lexicon::phrase::plain_words(rules, &plain)
        .iter()
        .any(|w| w == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_one_edit_away_and_no_other_form_of_the_word() {
        for (rare, frequent, slip) in [
            ("refudn", "refund", true),
            ("refunnd", "refund", true),
            ("refnd", "refund", true),
            ("rafund", "refund", true),
            ("refundd", "refund", true),
            ("refunds", "refund", false),
            ("called", "caller", false),
            ("befund", "refund", false),
            ("refuse", "refund", false),
        ] {
            assert_eq!(is_slip(rare, frequent), slip, "{rare} {frequent}");
        }
    }
}
