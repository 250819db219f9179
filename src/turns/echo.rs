//! Parroting and paraphrase: what the customer said given back, in the same words or in others.
//!
//! The words of an agent's sentence are held against the last [`HEARD_WORDS`] words of the customer, "I" and "you" taken as one. A sentence
//! is an echo when it is made of runs of copied words; words of its own make it a restatement. How many words two turns share does not
//! tell the two apart; how they stand does. A restatement shows by its form (it concludes, it is about the customer's matter) and by what
//! the customer answers, which the conditions of its file look at.

use std::collections::VecDeque;
use std::ops::Range;

use super::detect::{Scene, shown};
use super::said::{Key, Said, Word};
use crate::context::Weighed;
use crate::lexicon::{EchoRules, RestatementRules};
use crate::text::normal;

/// So many of the customer's last words are remembered.
const HEARD_WORDS: usize = 64;

/// The last words of the customer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard {
    words: VecDeque<Key>,
    /// Turns by arrival, each with how many of `words` are its own.
    turns: VecDeque<(u32, u8)>,
}

impl Heard {
    pub(crate) fn take(&mut self, arrival: u32, said: &Said) {
        if said.words.is_empty() {
            return;
        }
        let own = &said.words[said.words.len().saturating_sub(HEARD_WORDS)..];
        if self.words.capacity() == 0 {
            self.words.reserve_exact(HEARD_WORDS);
        }
        let mut excess = (self.words.len() + own.len()).saturating_sub(HEARD_WORDS);
        self.words.drain(..excess);
        while let Some((_, n)) = self.turns.front_mut().filter(|_| excess > 0) {
            let gone = usize::from(*n).min(excess);
            *n -= gone as u8;
            excess -= gone;
            if *n == 0 {
                self.turns.pop_front();
            }
        }
        self.words.extend(own.iter().map(|w| w.key));
        self.turns.push_back((arrival, own.len() as u8));
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.words.capacity() * size_of::<Key>() + self.turns.capacity() * size_of::<(u32, u8)>()
    }

    /// Whether a word was said lately.
    pub(crate) fn has(&self, word: Key) -> bool {
        self.words.contains(&word)
    }

    fn last_turn(&self) -> Vec<u32> {
        self.turns.back().iter().map(|t| t.0).collect()
    }

    /// The remembered turns, the latest first: arrival and words.
    fn turns(&self) -> impl Iterator<Item = (u32, Range<usize>)> + '_ {
        let mut to = self.words.len();
        self.turns.iter().rev().map(move |&(arrival, n)| {
            let from = to - usize::from(n);
            (arrival, from..std::mem::replace(&mut to, from))
        })
    }
}

/// The longest run of words that two texts share: where it begins in the first, and its length.
fn longest_run(a: &[Key], b: impl Fn(usize) -> Key, b_len: usize) -> (usize, usize) {
    let mut best = (0, 0);
    let mut ends = vec![0usize; b_len + 1];
    for (i, word) in a.iter().enumerate() {
        // From behind, so that `ends[j]` is still of the row before.
        for j in (0..b_len).rev() {
            ends[j + 1] = if *word == b(j) { ends[j] + 1 } else { 0 };
            if ends[j + 1] > best.1 {
                best = (i + 1 - ends[j + 1], ends[j + 1]);
            }
        }
    }
    best
}

/// How many words of the first text stand in runs of two words or more that the second has too.
fn covered(a: &[Key], b: impl Fn(usize) -> Key, b_len: usize) -> usize {
    let pair = |w: &[Key]| (1..b_len).any(|j| b(j - 1) == w[0] && b(j) == w[1]);
    let mut copied = 0;
    // Words counted already: those before this one.
    let mut counted = 0;
    for (i, words) in a.windows(2).enumerate() {
        if pair(words) {
            copied += i + 2 - counted.max(i);
            counted = i + 2;
        }
    }
    copied
}

impl EchoRules {
    pub(crate) fn evidence(&self, scene: &Scene<'_>, heard: &Heard, out: &mut Vec<Weighed>) {
        let mut strongest: Vec<Weighed> = Vec::new();
        for sentence in scene.said.sentences() {
            let found = self.sentence(scene, heard, sentence);
            let sum = |hits: &[Weighed]| hits.iter().map(|w| i64::from(w.contribution.0)).sum::<i64>();
            if !found.is_empty() && (strongest.is_empty() || sum(&found) > sum(&strongest)) {
                strongest = found;
            }
        }
        out.extend(strongest);
    }

    fn sentence(&self, scene: &Scene<'_>, heard: &Heard, sentence: Range<usize>) -> Vec<Weighed> {
        let words = &scene.said.words[sentence.clone()];
        let normal = |w: &Word| normal(&scene.text[w.start as usize..w.end as usize]);
        let skipped = words
            .iter()
            .take_while(|w| self.openers.contains(&normal(w)))
            .count();
        let from = sentence.start + skipped;
        let own: Vec<Key> = scene.said.words[from..sentence.end]
            .iter()
            .map(|w| w.key)
            .collect();
        // The whole sentence against each of the last turns: the one of which most comes back.
        let best = heard.turns().map(|(arrival, range)| {
            let of = |j: usize| heard.words[range.start + j];
            (longest_run(&own, of, range.len()), arrival, range)
        });
        let Some(((start, run), arrival, range)) = best.max_by_key(|b| b.0.1) else {
            return Vec::new();
        };
        if run < self.run {
            return Vec::new();
        }
        let copied_words = covered(&own, |j| heard.words[range.start + j], range.len());
        let in_run = &own[start..start + run];
        let content = in_run.iter().filter(|k| k.is_content()).count();
        let said_before = |k: &Key| heard.words.range(range.clone()).any(|h| h == k);
        let fresh = own.iter().filter(|k| k.is_content() && !said_before(k)).count();
        let is_data = |w: &&Word| {
            let word = normal(w);
            let name = || scene.names.binary_search_by(|n| (**n).cmp(&word)).is_ok();
            w.number || self.data.contains(&word) || name()
        };
        let data = scene.said.words[from + start..from + start + run]
            .iter()
            .filter(is_data)
            .count();
        let copied = content >= 1 && copied_words * 100 >= self.share * own.len();
        let long = run >= self.long_run && content >= 2;
        if !copied && !long {
            return Vec::new();
        }
        let span = scene.said.span(from + start..from + start + run);
        let features = [
            copied,
            long,
            fresh >= self.own,
            data * 100 >= self.data_share * run,
        ];
        shown(scene.entries, &self.entries, features, span, &[arrival]).collect()
    }
}

impl RestatementRules {
    pub(crate) fn evidence(&self, scene: &Scene<'_>, heard: &Heard, out: &mut Vec<Weighed>) {
        if heard.words.is_empty() {
            return;
        }
        let best = scene
            .said
            .sentences()
            .filter(|s| s.len() >= self.words)
            .filter_map(|s| Some((self.sentence(scene, heard, s.clone())?, s)))
            .max_by_key(|(features, s)| {
                (
                    features.iter().filter(|b| **b).count(),
                    std::cmp::Reverse(s.start),
                )
            });
        let Some((features, sentence)) = best else {
            return;
        };
        let span = scene.said.span(sentence);
        out.extend(shown(
            scene.entries,
            &self.entries,
            features,
            span,
            &heard.last_turn(),
        ));
    }

    /// The features of a sentence, if it may be a restatement.
    fn sentence(
        &self,
        scene: &Scene<'_>,
        heard: &Heard,
        sentence: Range<usize>,
    ) -> Option<[bool; RestatementRules::FEATURES.len()]> {
        let words = &scene.said.words[sentence];
        let normal = |w: &Word| normal(&scene.text[w.start as usize..w.end as usize]);
        let mut at = words
            .iter()
            .take_while(|w| self.openers.contains(&normal(w)))
            .count();
        let concluding = words[at..]
            .iter()
            .take_while(|w| self.conclusions.contains(&normal(w)))
            .count();
        at += concluding;
        let first = normal(words.get(at)?);
        let about = self.subjects.contains(&first);
        let data = words.iter().filter(|w| w.number).count();
        if data >= self.data {
            return Some([false, false, false, false, false, true]);
        }
        if self.others.contains(&first) || !(about || concluding > 0) {
            return None;
        }
        let said_before = |w: &&Word| w.key.is_content() && heard.words.contains(&w.key);
        let shared = words.iter().filter(said_before).count();
        let reports = words.iter().any(|w| self.reports.contains(&normal(w)));
        if concluding == 0 && shared == 0 {
            return None;
        }
        Some([
            concluding > 0,
            about,
            shared > 0,
            shared >= self.several,
            reports,
            false,
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_run_is_found_wherever_it_stands() {
        let key = Key::for_test;
        let a: Vec<Key> = [9, 1, 2, 3, 8].map(key).to_vec();
        let b: Vec<Key> = [1, 2, 5, 1, 2, 3, 7].map(key).to_vec();
        assert_eq!(longest_run(&a, |j| b[j], b.len()), (1, 3));
        assert_eq!(longest_run(&a, |j| b[j], 0), (0, 0));
        assert_eq!(longest_run(&[], |j| b[j], b.len()), (0, 0));
        assert_eq!(covered(&a, |j| b[j], b.len()), 3);
        let twice: Vec<Key> = [1, 2, 3, 9, 1, 2].map(key).to_vec();
        assert_eq!(covered(&twice, |j| b[j], b.len()), 5);
        assert_eq!(covered(&[], |j| b[j], b.len()), 0);
    }
}
