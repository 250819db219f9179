//! Matching: tokens to symbols, symbols through one Aho-Corasick automaton for all signals together.
//!
//! - [`vocabulary`]: word → symbols. A word that phrases name has a symbol of its own; words that only classes, lists and
//!   endings know share one symbol per set of them, so that a list of a thousand names costs a phrase one branch.
//! - [`words`]: the table behind it.
//! - [`factors`]: of each phrase the run of words that is rarest in talk.
//! - [`automaton`]: the automaton over symbols. It sees the tokens without the transparent ones, and where a factor ends it proposes the phrase.
//! - [`occurrence`]: the definition of an occurrence, walked backwards from its last token. The automaton's proposals
//!   are confirmed by it; tests hold it against a search that tries every phrase at every token.
//! - [`bits`]: sets of symbols as sets of 64 bits.
//! - [`by_symbol`]: the tables behind [`singles`].
//! - [`outline`]: what a text must show before a phrase is walked.
//! - [`plain`]: every phrase at every token, which is slow and plain.
//! - [`program`]: phrases over symbols, as flat code.
//! - [`singles`]: phrases of a single word.
//! - [`reader`]: feeds a growing text through all of it; its state is what survives a chunk border.

mod automaton;
mod bits;
mod by_symbol;
mod compile;
mod factors;
mod near_miss;
mod occurrence;
mod outline;
mod plain;
mod program;
mod reader;
mod singles;
mod vocabulary;
mod words;

pub(crate) use automaton::Automaton;
pub(crate) use compile::{compile, vocabulary};
pub(crate) use near_miss::{NearMiss, Whole, near_misses, wholes};
pub(crate) use occurrence::closes;
pub(crate) use plain::{find_all, in_order};
pub(crate) use program::Roles;
pub(crate) use reader::{AskedFor, Scan, Tables};
#[cfg(feature = "workbench")]
pub(crate) use vocabulary::open;
pub(crate) use vocabulary::{Opened, Reading, Vocabulary};

use crate::text::Flags;

/// A symbol: what the automaton reads in place of a word. 0 stands for every word outside the vocabulary.
pub(crate) type Symbol = u32;

/// The symbol of words outside the vocabulary.
pub(crate) const UNKNOWN: Symbol = 0;

/// A token: one word of the text, or one part of a contraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) symbol: Symbol,
    pub(crate) flags: Flags,
}

impl Token {
    pub(crate) fn is(&self, flags: Flags) -> bool {
        self.flags.contains(flags)
    }
}

/// What a phrase is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Owner {
    /// A hit of this entry.
    Entry(u32),
    /// Cancels hits of this entry that it touches.
    NotIn(u32),
    /// Must stand near hits of this entry.
    Near(u32),
    /// Lets the regular expression of this entry run.
    Need(u32),
    /// A cue of this modifier.
    Cue(u8),
    /// No cue of this modifier.
    Except(u8),
    /// Ends the scope of this modifier.
    Stop(u8),
}

impl Owner {
    /// It is confirmed only when a hit, or what is to run, asks for it.
    fn is_asked_for(self) -> bool {
        matches!(self, Owner::NotIn(_) | Owner::Near(_) | Owner::Need(_))
    }

    const KIND_BITS: u32 = 3;
    /// From this kind on the owner is a modifier.
    const MODIFIERS: u32 = 4;

    /// As one number.
    pub(crate) fn number(self) -> u32 {
        let (kind, of) = match self {
            Owner::Entry(entry) => (0, entry),
            Owner::NotIn(entry) => (1, entry),
            Owner::Near(entry) => (2, entry),
            Owner::Need(entry) => (3, entry),
            Owner::Cue(modifier) => (4, u32::from(modifier)),
            Owner::Except(modifier) => (5, u32::from(modifier)),
            Owner::Stop(modifier) => (6, u32::from(modifier)),
        };
        of << Self::KIND_BITS | kind
    }

    /// Whether the number is that of [`Owner::Entry`].
    #[inline]
    fn is_entry(number: u32) -> bool {
        number & ((1 << Self::KIND_BITS) - 1) == 0
    }

    /// Which entry or modifier the owner with a number names.
    #[inline]
    pub(crate) fn names(number: u32) -> u32 {
        number >> Self::KIND_BITS
    }

    /// Whether a number is that of an [`Owner::Need`].
    #[inline]
    pub(crate) fn is_need(number: u32) -> bool {
        number & ((1 << Self::KIND_BITS) - 1) == Owner::Need(0).number()
    }

    /// The owner with a number.
    #[inline]
    fn of(number: u32) -> Owner {
        let of = number >> Self::KIND_BITS;
        match number & ((1 << Self::KIND_BITS) - 1) {
            0 => Owner::Entry(of),
            1 => Owner::NotIn(of),
            2 => Owner::Near(of),
            3 => Owner::Need(of),
            4 => Owner::Cue(of as u8),
            5 => Owner::Except(of as u8),
            _ => Owner::Stop(of as u8),
        }
    }
}

/// How many entries and modifiers there must be for those whom phrases are for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Owners {
    pub(crate) entries: u32,
    pub(crate) modifiers: u32,
}

impl Owners {
    /// Adds the owner with this number.
    fn add(&mut self, number: u32) {
        let most = Owner::names(number) + 1;
        let is_entry = number & ((1 << Owner::KIND_BITS) - 1) < Owner::MODIFIERS;
        self.entries = self.entries.max(if is_entry { most } else { 0 });
        self.modifiers = self.modifiers.max(if is_entry { 0 } else { most });
    }
}

/// Where a phrase was found: tokens, both ends included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Found {
    /// Whom the phrase is for, as [`Owner::number`] has it.
    pub(crate) whose: u32,
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Counts only if nothing but transparent tokens follows.
    pub(crate) at_end: bool,
}

impl Found {
    /// Of a phrase that is one word, this token, for the owner with this number.
    #[inline]
    fn of_word(whose: u32, token: u32) -> Self {
        Found {
            whose,
            start: token,
            end: token,
            at_end: false,
        }
    }

    /// Whom the phrase is for.
    #[inline]
    pub(crate) fn owner(&self) -> Owner {
        Owner::of(self.whose)
    }
}

/// An occurrence spans at most so many tokens, transparent ones included.
pub(crate) const MAX_SPAN: usize = 64;
