//! Evidence: the named contributions a score is the sum of.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::fixed::Milli;
use crate::lexicon::TERM;
use crate::privacy::Unsaid;

/// A modifier that changed a contribution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Modification {
    /// The modifier of `shared.toml`.
    pub modifier: Arc<str>,
    /// What the contribution was multiplied by.
    pub factor: Milli,
    /// Bytes of the cue in the turn's text, if a cue there is.
    pub start: Option<u32>,
    /// End of the cue.
    pub end: Option<u32>,
}

/// One contribution to the score of a signal in a turn.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Evidence {
    /// The signal.
    pub signal: Arc<str>,
    /// The entry, or the feature of a detector.
    pub entry: Arc<str>,
    /// First byte of the words in the turn's text; nothing where no words are meant.
    pub start: Option<u32>,
    /// Byte behind the words.
    pub end: Option<u32>,
    /// The words.
    pub quote: Option<String>,
    /// The entry's weight in log-odds.
    pub weight: Milli,
    /// What changed it.
    pub modifiers: Vec<Modification>,
    /// Weight × factors, each product rounded to thousandths.
    pub contribution: Milli,
    /// Other turns it rests on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub turns: Vec<u32>,
    /// The entry's own advice, if it has one: the plain word for a term of the trade, say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<Arc<str>>,
}

impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Evidence {
            signal,
            entry,
            start,
            end,
            quote,
            weight,
            modifiers,
            contribution,
            turns,
            hint,
        } = self;
        let mut shown = f.debug_struct("Evidence");
        shown.field("signal", signal);
        // A learned entry is named by the words that were said.
        match entry.strip_prefix(TERM) {
            Some(words) => shown.field("entry", &format_args!("{TERM}{:?}", Unsaid(words))),
            None => shown.field("entry", entry),
        };
        shown
            .field("start", start)
            .field("end", end)
            .field("quote", &Unsaid(quote))
            .field("weight", weight)
            .field("modifiers", modifiers)
            .field("contribution", contribution)
            .field("turns", turns)
            .field("hint", hint)
            .finish()
    }
}
