//! The lexicon workbench (feature `workbench`): a change of a lexicon is as safe as a change of code.
//!
//! - [`check`](check::check) reads a lexicon as a reviewer would: what can never count, what stands twice, what looks like a slip.
//! - [`Corpus`] holds calls and utterances with what people found in them; [`observe`] is what a lexicon makes of it.
//! - [`evaluate`] says what that is worth, signal by signal, with the worst errors.
//! - [`diff`](diff::diff) compares two lexicons on the same turns, with how sure each difference is; [`Rule`] makes a verdict of it.
//! - [`mine`](mine::mine) proposes phrases, [`fit`](fit::fit) learns weights.
//!
//! Everything is deterministic: the same for any number of threads and, where chance is needed, by its seed.

pub mod check;
mod corpus;
mod diff;
mod eval;
pub mod fit;
mod measure;
pub mod mine;
mod ngrams;
mod rules;
mod stats;

pub use corpus::{Corpus, KeyLabel, LabelledCall, Labels};
pub use diff::{Change, Cost, DiffOptions, Difference, Gained, Side, SignalChange, SizeChange, diff};
pub use eval::{Evaluation, Mistake, evaluate};
pub use measure::{Observed, SignalFigures, observe};
pub use rules::Rule;
pub use stats::{Bin, Counts, mcnemar};
