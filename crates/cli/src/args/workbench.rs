//! The arguments of the lexicon workbench.

use std::path::PathBuf;

use clap::ValueEnum;

use super::{Layers, Speaker};

const CORPUS_HELP: &str = "\
A corpus is JSON lines with labels:
  {\"speaker\":\"agent\",\"text\":\"that's not my job\",\"expect\":[\"refusal\"],\"forbid\":[\"ownership\"]}
  {\"text\":\"I am livid\",\"cross\":1}                        with --label cross=anger
  {\"turns\":[{\"speaker\":\"agent\",\"text\":\"…\",\"expect\":[\"refusal\"]},…]}
  {\"turns\":[…],\"expect\":{\"refusal_turns\":[4],\"ignore_turns\":[7]}}
A label of `sentiment` says that the turn is negative. Any transcript that `score` reads is a corpus too, without labels: then only what fires is counted.";

pub(super) fn eval_help() -> String {
    format!(
        "{CORPUS_HELP}\n\nExamples:
  hackles lexicon eval --corpus rows.jsonl                     all signals that the rows have labels for
  hackles lexicon eval refusal --corpus rows.jsonl --errors 20
  hackles lexicon eval anger --corpus comments.jsonl --label cross=anger --calm orders.jsonl"
    )
}

pub(super) fn diff_help() -> String {
    format!(
        "OLD and NEW are lexicon files or folders, laid over the built-in set (with --no-builtin: alone), or `builtin` for that set as it is.

A rule for --fail-if is SIGNAL.FIGURE drops|rises [by AMOUNT[%]] [surely], or SIGNAL.FIGURE < AMOUNT (or >). The signal may be *, macro, size or
cost; figures are precision, recall, f1, auc, calibration_error, rate (fired per 1,000 turns), gained, lost; macro: f1; size: phrases, patterns,
bytes; cost: time, load. Surely: in 95 of 100 resamples of the calls.

{CORPUS_HELP}

Examples:
  hackles lexicon diff builtin mine.toml --corpus rows.jsonl calls/
  hackles lexicon diff builtin mine.toml --corpus rows.jsonl --fail-if 'refusal.f1 drops' --fail-if '*.precision drops by 0.02 surely'
  hackles lexicon diff old/ new/ --no-builtin --corpus calls/ --fail-if 'anger.rate rises by 10%' --to markdown --out change.md

Exit status: 0 no rule is broken, 1 one is, or some rows were left out (each is named), 2 usage or nothing done."
    )
}

pub(super) fn mine_help() -> String {
    format!(
        "Phrases are ranked by what they would add beside all that the lexicon finds already (`gain`, in nats of likelihood). Beside it stand the turns with and
without the signal, and the log-odds with their z.

{CORPUS_HELP}

Examples:
  hackles lexicon mine refusal --corpus rows.jsonl
  hackles lexicon mine anger --corpus comments.jsonl --label cross=anger --to toml --most 20000 --all --against --out learned.toml
  hackles lexicon fit anger --lexicon learned.toml --corpus comments.jsonl --label cross=anger --keep-written --write"
    )
}

pub(super) fn fit_help() -> String {
    format!(
        "Weights change from where they stand, only as far as the labels demand. Entries marked `fixed = true` stay. What is shown as cross-validated was measured on turns that
were not learned from. Without --write and --out nothing is written.

{CORPUS_HELP}

Examples:
  hackles lexicon fit refusal --lexicon mine.toml --corpus rows.jsonl
  hackles lexicon fit anger --lexicon learned.toml --corpus comments.jsonl --label cross=anger --calm orders.jsonl --keep-written --write
  hackles lexicon fit refusal --no-builtin --lexicon en/ --corpus rows.jsonl --threshold precision=0.9 --out fitted/"
    )
}

/// What a lexicon is measured on.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Corpus {
    /// Labelled rows or transcripts: files, folders, or - for standard input
    #[arg(long, value_name = "PATH", required = true, num_args = 1..)]
    pub(crate) corpus: Vec<PathBuf>,
    /// A key of the rows that is a label of a signal: KEY=SIGNAL where it holds 0 or 1 (KEY alone if it is the signal's id), KEY:VALUE|VALUE=SIGNAL where
    /// it holds texts of which some mean yes; a dot in KEY leads into an object
    #[arg(long, value_name = "LABEL")]
    pub(crate) label: Vec<hackles::workbench::KeyLabel>,
    /// Also rows or transcripts of calm calls: none of the signals asked for is in them
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub(crate) calm: Vec<PathBuf>,
    /// Who speaks in rows that do not say so
    #[arg(long, value_name = "ROLE", default_value = "customer")]
    pub(crate) speaker: Speaker,
}

/// `hackles lexicon eval`
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = eval_help())]
pub(crate) struct Eval {
    /// Only these signals [default: all that have labels]
    pub(crate) signals: Vec<String>,
    #[command(flatten)]
    pub(crate) corpus: Corpus,
    /// How many wrong turns are shown of each signal
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) errors: usize,
    /// Leave everything out that was said: wrong turns are named by their places
    #[arg(long)]
    pub(crate) no_text: bool,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) layers: Layers,
}

/// `hackles lexicon diff`
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = diff_help())]
pub(crate) struct Diff {
    /// The lexicon as it was
    pub(crate) old: PathBuf,
    /// The lexicon as it would be
    pub(crate) new: PathBuf,
    #[command(flatten)]
    pub(crate) corpus: Corpus,
    /// Only this signal; any number
    #[arg(long, value_name = "SIGNAL")]
    pub(crate) signal: Vec<String>,
    /// Fail if this happened; any number
    #[arg(long, value_name = "RULE")]
    pub(crate) fail_if: Vec<hackles::workbench::Rule>,
    /// How many gained and how many lost turns are listed of each signal
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) hits: usize,
    /// Leave everything out that was said: turns are named by their places
    #[arg(long)]
    pub(crate) no_text: bool,
    /// Resamples of the calls, for the intervals; 0 for none
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(crate) resamples: u32,
    /// The seed of the resamples
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// How the comparison is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) to: Page,
    /// Write to this file
    #[arg(long, value_name = "PATH")]
    pub(crate) out: Option<PathBuf>,
    /// Leave the built-in set out
    #[arg(long)]
    pub(crate) no_builtin: bool,
}

/// How a comparison is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Page {
    /// For people
    Text,
    /// For programs
    Json,
    /// For a review
    Markdown,
}

/// `hackles lexicon mine`
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = mine_help())]
pub(crate) struct Mine {
    /// The signal
    pub(crate) signal: String,
    #[command(flatten)]
    pub(crate) corpus: Corpus,
    /// The longest phrase, in words
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=4))]
    pub(crate) words: u8,
    /// A phrase stands in so many turns or more
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) least: u32,
    /// At most so many phrases
    #[arg(long, value_name = "N", default_value_t = 40)]
    pub(crate) most: usize,
    /// Also phrases that speak against the signal
    #[arg(long)]
    pub(crate) against: bool,
    /// Also phrases of function words and numbers alone
    #[arg(long)]
    pub(crate) grammar: bool,
    /// Also phrases that say nearly the same as a better one
    #[arg(long)]
    pub(crate) all: bool,
    /// Only phrases that these transcripts or rows of another kind have too: what one kind of text alone says is its subject, not its tone
    #[arg(long, value_name = "PATH", num_args = 1..)]
    pub(crate) also_in: Vec<PathBuf>,
    /// How many turns are quoted with each phrase
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) examples: usize,
    /// How the phrases are written: for people, for programs, or as a lexicon file of learned terms
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) to: Phrases,
    /// Write to this file
    #[arg(long, value_name = "PATH")]
    pub(crate) out: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) layers: Layers,
}

/// How mined phrases are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Phrases {
    /// For people
    Text,
    /// For programs
    Json,
    /// A lexicon file
    Toml,
}

/// `hackles lexicon fit`
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = fit_help())]
pub(crate) struct Fit {
    /// The signal
    pub(crate) signal: String,
    #[command(flatten)]
    pub(crate) corpus: Corpus,
    /// An entry whose weight stays, or the beginning of some with *; any number
    #[arg(long, value_name = "ENTRY")]
    pub(crate) keep: Vec<String>,
    /// Only learned terms change
    #[arg(long)]
    pub(crate) keep_written: bool,
    /// The bias stays
    #[arg(long)]
    pub(crate) keep_bias: bool,
    /// Weights of written entries may change their signs
    #[arg(long)]
    pub(crate) free_signs: bool,
    /// The largest weight of a learned term
    #[arg(long, value_name = "WEIGHT", default_value_t = 3.0)]
    pub(crate) most: f64,
    /// The largest weight of a learned term against the signal
    #[arg(long, value_name = "WEIGHT", default_value_t = 3.0)]
    pub(crate) most_against: f64,
    /// Learned terms that weigh less are left out
    #[arg(long, value_name = "WEIGHT", default_value_t = 0.1)]
    pub(crate) prune: f64,
    /// The share of the penalty that leaves small changes out, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.3)]
    pub(crate) sparsity: f64,
    /// Folds of the cross-validation
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) folds: usize,
    /// The threshold: keep, f1 (the best), or precision=P (the least score at which a share P of what fires is right)
    #[arg(long, value_name = "HOW", default_value = "keep", value_parser = threshold)]
    pub(crate) threshold: hackles::workbench::fit::Threshold,
    /// The seed by which calls fall into folds
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Change the files of --lexicon in place
    #[arg(long, conflicts_with = "out")]
    pub(crate) write: bool,
    /// Write the changed files into this folder
    #[arg(long, value_name = "PATH")]
    pub(crate) out: Option<PathBuf>,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) layers: Layers,
}

fn threshold(text: &str) -> Result<hackles::workbench::fit::Threshold, String> {
    use hackles::workbench::fit::Threshold;
    match text {
        "keep" => Ok(Threshold::Keep),
        "f1" => Ok(Threshold::BestF1),
        _ => {
            let share = text
                .strip_prefix("precision=")
                .and_then(|p| p.parse::<f64>().ok());
            let share = share
                .filter(|p| (0.0..=1.0).contains(p))
                .map(Threshold::Precision);
            share.ok_or_else(|| "keep, f1, or precision=P with P from 0 to 1".to_owned())
        }
    }
}

/// `hackles lexicon show`
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ShowSignal {
    /// The signal
    pub(crate) signal: String,
    /// Only these entries: ids, or beginnings with *
    pub(crate) entries: Vec<String>,
    /// Write JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) layers: Layers,
}
