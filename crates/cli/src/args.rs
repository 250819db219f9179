//! The command line.

pub(crate) mod check;
pub(crate) mod convert;
mod score;
pub(crate) mod summary;
mod transcripts;
pub(crate) mod workbench;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use hackles::Role;
use hackles_formats::Format;

use crate::roles::RoleMap;
pub(crate) use score::{Evidence, Rows, Score, To};

const EXAMPLES: &str = "\
Examples:
  hackles score examples/calls            calls to read, marked where they go wrong
  hackles score --to jsonl calls.csv      reports for a program, one a line
  hackles convert vendor/ --out c.jsonl   transcripts of any vendor in one format
  hackles watch < chunks.jsonl            events of live calls as they happen
  hackles watch --replay 4 call.jsonl     a call as it was, four times as fast
  hackles explain \"that's not my job\"   why a sentence scores what it scores
  hackles summary --by agent r.jsonl      what many reports come to

Exit status: 0 done, 1 some inputs were left out (each is named on standard error), 2 usage or nothing done.";

const WATCH_HELP: &str = "\
In, on standard input, one JSON object a line, any number of calls at once:
  {\"call\":\"C1\",\"participants\":[{\"id\":\"ch_0\",\"role\":\"agent\"}],\"meta\":{}}
      first, if wanted
  {\"call\":\"C1\",\"utterance\":\"u7\",\"speaker\":\"agent\",\"start_ms\":0,\"end_ms\":900,
   \"text\":\"that's not\",\"mode\":\"append\",\"final\":false}
      append adds to the utterance's text, replace sets it; final closes the utterance
  {\"call\":\"C1\",\"now_ms\":61000}
      time passes
  {\"call\":\"C1\",\"end\":true,\"end_ms\":61000}
      the call ends; at the end of input all do
or the messages of a vendor's stream as they are (contact-lens, call-analytics, transcribe, genesys, deepgram, twilio,
assemblyai, google, speechmatics, revai). Where they do not name their call, one stream is one call, or each is sent as
  {\"call\":\"C1\",\"message\":{…}}
and {\"call\":\"C1\",\"end\":true} ends it.
Out: {\"call\":\"C1\",\"event\":{…}} as things happen, then {\"call\":\"C1\",\"report\":{…}}

Examples:
  recogniser | hackles watch | alerting
  recogniser | hackles watch --analyzer mine.bin   begins at once (see hackles lexicon compile)
  recogniser | hackles watch --lexicon mine/ --reload   goes by what stands in mine/ while it runs
  hackles watch --from deepgram --roles ch_0=agent,ch_1=customer < stream.jsonl
  hackles watch --replay 1 call.jsonl              in real time
  hackles watch --replay 0 --to jsonl call.jsonl   at once, as events";

const EXPLAIN_HELP: &str = "\
Examples:
  hackles explain \"well that's, um, really not my job\" --speaker agent
  hackles explain --json \"I'm not angry\"";

const LEXICON_HELP: &str = "\
Examples:
  hackles lexicon list                       what is looked for
  hackles lexicon test refusal               the examples of one signal
  hackles lexicon test --lexicon mine.toml   whether your words break anything
  hackles lexicon check --lexicon mine.toml  what in them never counts, stands twice or looks like a slip
  hackles lexicon show refusal not-my-*      entries as they stand in their files
  hackles lexicon compile --lexicon mine.toml --out mine.bin   for --analyzer mine.bin
  hackles lexicon eval --corpus rows.jsonl   what it is worth on labelled rows
  hackles lexicon diff builtin mine.toml --corpus rows.jsonl calls/ --fail-if '*.f1 drops surely'";

/// Scores support calls as they are spoken: what the customer feels and what the agent does, with the words that show it.
#[derive(Debug, Parser)]
#[command(name = "hackles", version, after_help = EXAMPLES, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Score finished calls
    Score(Score),
    /// Turn transcripts of one format into another
    Convert(convert::Convert),
    /// Follow live calls, or replay a finished one
    Watch(Watch),
    /// Show why a text scores what it scores
    Explain(Explain),
    /// Put many scored calls into figures, by agent, team, day or any other field
    Summary(summary::Summary),
    /// The lexicon workbench: list, test, check, measure, compare, mine, fit
    Lexicon(Lexicon),
}

/// Which lexicon is used.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Layers {
    /// Lay a lexicon file, or all of a folder, over the built-in set; any number, in this order
    #[arg(long, value_name = "PATH")]
    pub(crate) lexicon: Vec<PathBuf>,
    /// Leave the built-in set out
    #[arg(long, requires = "lexicon")]
    pub(crate) no_builtin: bool,
}

/// What calls are read with.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct Reading {
    #[command(flatten)]
    pub(crate) layers: Layers,
    /// Read with what `hackles lexicon compile` wrote, which is there at once
    #[arg(long, value_name = "FILE", conflicts_with_all = ["lexicon", "no_builtin"])]
    pub(crate) analyzer: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = WATCH_HELP)]
pub(crate) struct Watch {
    /// Whose messages are read [default: seen from the first]; of a replay, how the transcript is written
    #[arg(long, value_name = "FORMAT")]
    pub(crate) from: Option<Format>,
    /// The id of a call whose messages do not say theirs
    #[arg(long, value_name = "ID", default_value = "live")]
    pub(crate) call: String,
    #[command(flatten)]
    pub(crate) reading: Reading,
    /// Read the lexicon anew when its files change, or on SIGHUP: calls that begin then go by the new one, those that go on by theirs
    #[arg(long, requires = "lexicon", conflicts_with = "replay")]
    pub(crate) reload: bool,
    /// Who is who, as in ch_0=agent,ch_1=customer
    #[arg(long, value_name = "MAP")]
    pub(crate) roles: Option<RoleMap>,
    /// Leave everything out that was said: events and reports tell where it stands
    #[arg(long)]
    pub(crate) no_text: bool,
    /// What is kept of a call: everything for its report, or only what later events need
    #[arg(long, value_name = "HOW", default_value = "full")]
    pub(crate) retention: Retention,
    /// Play the calls of FILE, so many times as fast as they were; 0 is as fast as possible
    #[arg(long, value_name = "SPEED", requires = "file", value_parser = speed)]
    pub(crate) replay: Option<f64>,
    /// The transcript to replay
    #[arg(requires = "replay")]
    pub(crate) file: Option<String>,
    /// How a replay is shown [default: text on a terminal, else jsonl]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) to: Option<Show>,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse::<f64>().ok().filter(|s| s.is_finite() && *s >= 0.0);
    speed.ok_or_else(|| "a speed is a number, 0 or more; 1 is real time".to_owned())
}

/// How much of a live call is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Retention {
    Full,
    None,
}

/// How a replay is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Show {
    /// For people
    Text,
    /// One event a line
    Jsonl,
}

#[derive(Debug, clap::Args)]
#[command(after_help = EXPLAIN_HELP)]
pub(crate) struct Explain {
    /// What is said
    pub(crate) text: String,
    /// Who says it; left out, it is shown for both
    #[arg(long, value_name = "ROLE")]
    pub(crate) speaker: Option<Speaker>,
    /// Write JSON: an object a role
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Speaker {
    Agent,
    Customer,
}

impl Speaker {
    /// The library's role.
    pub(crate) fn role(self) -> Role {
        match self {
            Speaker::Agent => Role::Agent,
            Speaker::Customer => Role::Customer,
        }
    }
}

#[derive(Debug, clap::Args)]
#[command(after_help = LEXICON_HELP)]
pub(crate) struct Lexicon {
    #[command(subcommand)]
    pub(crate) command: LexiconCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum LexiconCommand {
    /// Show the signals
    List {
        /// Write a JSON array: id, speaker, severity, title, summary, why, hint, bias, threshold
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        layers: Layers,
    },
    /// Run the examples that stand in the lexicon files
    Test {
        /// Only these signals
        signals: Vec<String>,
        /// Also name the entries that no example fires
        #[arg(long)]
        untested: bool,
        #[command(flatten)]
        layers: Layers,
    },
    /// Write a compiled lexicon for `--analyzer`, so that score, watch and explain begin at once
    Compile {
        /// Write to this file, which appears when it is complete
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        layers: Layers,
    },
    /// Look for what can never count, stands twice or looks like a slip
    Check(check::Check),
    /// Show a signal with its entries, as they stand in their files
    Show(workbench::ShowSignal),
    /// Measure a lexicon on labelled rows, with its worst errors
    Eval(workbench::Eval),
    /// Compare two lexicons on the same turns: what is gained, what is lost, how sure that is
    Diff(workbench::Diff),
    /// Propose phrases that a lexicon lacks
    Mine(workbench::Mine),
    /// Learn weights, bias and threshold from labelled rows
    Fit(workbench::Fit),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Args::command().debug_assert();
    }
}
