//! The plain forms of a phrase, one by one: as words to be read, and as symbols to be compared.
//!
//! A phrase may stand for millions of forms. A [`Tree`] counts them without making them and gives the nth, so that a
//! bounded number can be looked at wherever they are too many.

use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;

use crate::lexicon::Shared;
use crate::lexicon::phrase::{Class, Item, Phrase};
use crate::matcher::{Symbol, Vocabulary};

/// So many forms of a phrase are looked at.
pub(super) const MOST_FORMS: usize = 2_000;
/// A word that nobody says: for gaps, names, and the endings that "*" stands for.
const NONSENSE: &str = "zqxv";

/// Forms of a phrase: runs one behind the other, or instead of each other.
pub(super) struct Tree<T> {
    count: usize,
    node: Node<T>,
}

enum Node<T> {
    Run(Vec<T>),
    Sequence(Vec<Tree<T>>),
    Choice(Vec<Tree<T>>),
}

impl<T: Clone> Tree<T> {
    fn run(run: Vec<T>) -> Self {
        Tree {
            count: 1,
            node: Node::Run(run),
        }
    }

    fn sequence(all: Vec<Tree<T>>) -> Self {
        Tree {
            count: all.iter().fold(1, |n, t| n.saturating_mul(t.count)),
            node: Node::Sequence(all),
        }
    }

    fn choice(all: Vec<Tree<T>>) -> Self {
        Tree {
            count: all.iter().fold(0, |n, t| n.saturating_add(t.count)),
            node: Node::Choice(all),
        }
    }

    fn runs(all: Vec<Vec<T>>) -> Self {
        Tree::choice(all.into_iter().map(Tree::run).collect())
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The nth form.
    pub(super) fn nth(&self, mut n: usize, out: &mut Vec<T>) {
        match &self.node {
            Node::Run(run) => out.extend_from_slice(run),
            Node::Sequence(all) => {
                for part in all {
                    // Nothing fits where a list is empty.
                    let count = part.count.max(1);
                    part.nth(n % count, out);
                    n /= count;
                }
            }
            Node::Choice(all) => {
                for part in all {
                    if n < part.count {
                        return part.nth(n, out);
                    }
                    n -= part.count;
                }
            }
        }
    }

    /// Up to so many of its forms, all if there are no more; else one of each stretch, at a place that differs from
    /// stretch to stretch, so that no part of the phrase stays the same throughout.
    pub(super) fn sample(&self, most: usize) -> impl Iterator<Item = usize> + use<T> {
        let count = self.count;
        let stretch = (count / most).max(1);
        (0..count.min(most)).map(move |i| {
            let within = i.wrapping_mul(0x9E37_79B1) % stretch;
            (i * stretch + within).min(count - 1)
        })
    }
}

/// The forms of a phrase as words that may be read.
pub(super) fn words(phrase: &Phrase, shared: &Shared) -> Tree<String> {
    let word = |w: &str| Tree::run(vec![w.to_owned()]);
    match phrase {
        Phrase::Start | Phrase::End => Tree::run(Vec::new()),
        Phrase::Sequence(all) => Tree::sequence(all.iter().map(|p| words(p, shared)).collect()),
        Phrase::Alternatives(all) => Tree::choice(all.iter().map(|p| words(p, shared)).collect()),
        Phrase::Item(Item::Word(w)) => word(w),
        Phrase::Item(Item::Prefix(p)) => Tree::choice(vec![word(p), word(&format!("{p}{NONSENSE}"))]),
        Phrase::Item(Item::Gap(_)) => Tree::choice(vec![Tree::run(Vec::new()), word(NONSENSE)]),
        Phrase::Item(Item::Class(class)) => word(match class {
            Class::Number => "7",
            Class::Time => "10:30",
            Class::Money => "$5",
            Class::Name => name(),
            Class::Masked => "z***q",
        }),
        Phrase::Item(Item::List(number)) => {
            let list = &shared.lists[*number];
            let singles = list.singles.iter().map(|w| word(w));
            Tree::choice(
                singles
                    .chain(list.longer.iter().map(|p| words(p, shared)))
                    .collect(),
            )
        }
    }
}

/// What the forms' `#name` is called: no word of any lexicon.
pub(super) fn name() -> &'static str {
    "zqxvara"
}

/// How lists, classes and "*" are seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Groups {
    /// As everything they stand for.
    Open,
    /// As one thing.
    Closed,
}

/// The bits that say what stands in a form where it is no word; symbols of words have none of them.
pub(super) const KIND: u32 = 0xFF00_0000;
pub(super) const GAP: u32 = 0xF000_0000;
pub(super) const START: u32 = 0xF100_0000;
pub(super) const END: u32 = 0xF200_0000;
pub(super) const CLASS: u32 = 0xF300_0000;
pub(super) const LIST: u32 = 0xF400_0000;
pub(super) const PREFIX: u32 = 0xF500_0000;

/// The forms of a phrase as symbols, so that all ways of writing the same words are one.
pub(super) fn symbols(
    phrase: &Phrase,
    vocabulary: &Vocabulary,
    shared: &Shared,
    groups: Groups,
) -> Tree<Symbol> {
    let inner = |p: &Phrase| symbols(p, vocabulary, shared, groups);
    let closed = groups == Groups::Closed;
    match phrase {
        Phrase::Start => Tree::run(vec![START]),
        Phrase::End => Tree::run(vec![END]),
        Phrase::Sequence(all) => Tree::sequence(all.iter().map(inner).collect()),
        Phrase::Alternatives(all) => Tree::choice(all.iter().map(inner).collect()),
        Phrase::Item(Item::Gap(n)) => Tree::run(vec![GAP | u32::from(*n)]),
        Phrase::Item(Item::Class(class)) if closed => Tree::run(vec![CLASS | *class as u32]),
        Phrase::Item(Item::List(number)) if closed => Tree::run(vec![LIST | *number as u32]),
        Phrase::Item(Item::Prefix(prefix)) if closed => {
            let hash = FixedState::with_seed(0).hash_one(prefix) as u32;
            Tree::run(vec![PREFIX | hash & !KIND])
        }
        Phrase::Item(item) => {
            let mut all = Tree::runs(vocabulary.choices(item));
            if let Item::List(number) = item {
                let longer = shared.lists[*number].longer.iter().map(inner).collect();
                all = Tree::choice(vec![all, Tree::choice(longer)]);
            }
            all
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_counted_and_given_one_by_one() {
        let word = |w: &str| Phrase::Item(Item::Word(w.to_owned()));
        let either = Phrase::Alternatives(vec![
            word("a"),
            Phrase::Sequence(vec![word("b"), word("c")]),
            Phrase::Sequence(Vec::new()),
        ]);
        let phrase = Phrase::Sequence(vec![either, word("d"), Phrase::Item(Item::Gap(3))]);
        let tree = words(&phrase, &Shared::default());
        let forms: Vec<String> = tree
            .sample(MOST_FORMS)
            .map(|n| {
                let mut form = Vec::new();
                tree.nth(n, &mut form);
                form.join(" ")
            })
            .collect();
        assert_eq!(tree.count(), 6);
        assert_eq!(forms, ["a d", "b c d", "d", "a d zqxv", "b c d zqxv", "d zqxv"]);
    }

    #[test]
    fn samples_stay_within_and_vary_everywhere() {
        let digit = || {
            let all = (0..10).map(|d| Phrase::Item(Item::Word(d.to_string())));
            Phrase::Alternatives(all.collect())
        };
        let phrase = Phrase::Sequence(vec![digit(), digit(), digit(), digit(), digit()]);
        let tree = words(&phrase, &Shared::default());
        let mut seen = vec![std::collections::BTreeSet::new(); 5];
        for n in tree.sample(100) {
            let mut form = Vec::new();
            tree.nth(n, &mut form);
            form.into_iter().zip(&mut seen).for_each(|(w, s)| {
                s.insert(w);
            });
        }
        assert!(seen.iter().all(|s| s.len() == 10), "{seen:?}");
    }
}
