//! Lexicons: what to look for, as data.
//!
//! Files (`schema`) are read and laid over each other (`load`), their phrases parsed (`phrase`); what comes out is a
//! [`Lexicon`], from which an [`Analyzer`](crate::Analyzer) is compiled.

mod conditions;
mod detectors;
mod expression;
mod literals;
mod load;
mod model;
mod outline;
pub(crate) mod phrase;
mod practices;
mod rest;
pub(crate) mod schema;
mod source;
mod words;

pub(crate) use detectors::{
    Detector, EarlyRules, EchoRules, Features, KnownNameRules, OverlapRules, RepeatRules, RestatementRules,
    SaidBeforeRules,
};
pub(crate) use expression::Expression;
pub use load::LexiconBuilder;
pub use model::Lexicon;
pub(crate) use model::*;
pub use outline::{Outline, SignalOutline};
pub use practices::PracticeHeader;
pub(crate) use practices::{Clause, Figure, FigureAtLeast, Practice};
pub(crate) use rest::{Rest, SavedFile};
pub use source::EntrySource;
#[cfg(feature = "workbench")]
pub(crate) use source::is_named;
pub(crate) use words::{Known, WordList};

/// The files of the built-in set: path and text, in the order of their paths.
pub(crate) const BUILTIN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/builtin.rs"));
