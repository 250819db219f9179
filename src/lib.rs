#![doc = include_str!("overview.md")]
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod alerts;
pub mod analyzer;
#[cfg(feature = "rayon")]
pub mod batch;
mod call;
mod compiled;
mod context;
mod envelope;
pub mod error;
pub mod event;
pub mod evidence;
pub mod examples;
pub mod explain;
pub mod fixed;
mod ledger;
pub mod lexicon;
pub mod limits;
mod matcher;
mod names;
pub mod options;
mod packed;
mod practices;
pub mod privacy;
pub mod probe;
pub mod reload;
pub mod report;
mod saved;
mod score;
mod scratch;
pub mod session;
pub mod signal;
mod speakers;
pub mod text;
pub mod transcript;
mod turns;
mod utterance;
#[cfg(feature = "workbench")]
pub mod workbench;

pub use analyzer::Analyzer;
pub use error::Error;
pub use lexicon::Lexicon;
pub use options::{Detail, Options, Retention};
pub use reload::Current;
pub use report::CallReport;
pub use session::Session;
pub use transcript::{Chunk, Mode, Participant, Role, Transcript, Turn, WordTime};
