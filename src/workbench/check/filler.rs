//! Phrases that are lost with a word that speakers leave out.

use super::forms::Tree;
use super::read_back::Reader;
use super::{Code, Finding};
use crate::lexicon::phrase::{Item, Phrase};
use crate::matcher::Owner;
use crate::text::Flags;

/// So many forms with a transparent word are tried without it.
const MOST_FILLED: usize = 200;

impl Reader<'_> {
    /// A phrase that is lost with a word that speakers leave out.
    pub(super) fn needs_filler(&mut self, i: usize, phrase: &Phrase, tree: &Tree<String>) -> Option<Finding> {
        let vocabulary = &self.subject.compiled.vocabulary;
        let transparent = |word: &str| {
            let opened = vocabulary.look_up(word, Flags::NONE);
            let own = |s: &u32| vocabulary.facts(*s).flags.contains(Flags::TRANSPARENT);
            opened.as_slice().iter().all(own)
        };
        let mut any = false;
        phrase.items(&mut |item| any |= matches!(item, Item::Word(w) if transparent(w)));
        if !any {
            return None;
        }
        let mut lost = None;
        let mut form = Vec::new();
        for n in tree.sample(MOST_FILLED) {
            form.clear();
            tree.nth(n, &mut form);
            let left: Vec<&str> = form
                .iter()
                .map(String::as_str)
                .filter(|w| !transparent(w))
                .collect();
            if left.len() == form.len() {
                // One of its words may be a filler, another will do.
                return None;
            }
            if left.is_empty() || lost.is_some() {
                continue;
            }
            self.say(left.iter().copied());
            let sibling = |e: u32| self.subject.lexicon.entries[e as usize].signal == self.entry.signal;
            let found = |owner: Owner| matches!(owner, Owner::Entry(e) if sibling(e));
            if !self.scan.hits.iter().any(|h| found(h.owner())) {
                let reason = format!(
                    "\"{}\" is found, but nothing of the signal finds \"{}\"",
                    form.join(" "),
                    self.text
                );
                let proposal =
                    "Leave the transparent word out, unless the phrase means something else without it.";
                lost =
                    Some(
                        self.subject
                            .of_phrase(Code::NeedsFiller, self.entry, i, reason, proposal.into()),
                    );
            }
        }
        lost
    }
}
