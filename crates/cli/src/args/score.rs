//! What `hackles score` is asked.

use std::path::PathBuf;

use clap::ValueEnum;

use super::Reading;
use super::transcripts::Transcripts;

const HELP: &str = "\
Transcripts may be
  JSON, one call a line, an array or a document; times are in ms and may be missing, as may the id:
    {\"id\":\"C1\",\"turns\":[{\"speaker\":\"agent\",\"start_ms\":0,\"end_ms\":900,\"text\":\"…\"}]}
  CSV or Parquet, one turn a row: call_id, speaker, start_ms, end_ms, text (or name yours with --columns)
  WebVTT, SubRip, or plain text: \"Agent: …\" and \"Customer: …\", perhaps behind \"[00:12]\"
  what vendors write: contact-lens, call-analytics, transcribe, genesys, deepgram, azure, twilio, whisper,
    assemblyai, google, ccai, speechmatics, revai, vcon; finished calls or recorded streams
Which of them is seen from the content, behind gzip and Zstandard too. A call without an id is named FILE:LINE.

Examples:
  hackles score call.txt                          a call to read, its words marked
  hackles score --to jsonl --out r.jsonl calls/   everything in a folder
  hackles score --out r.jsonl --resume calls/     goes on where that was interrupted
  hackles score --out turns.parquet '2026-*/*.json.gz'
  hackles score --out calls.csv --rows call calls.jsonl   a table with a row a call
  hackles score --columns text=Utterance,speaker=Who,meta.queue=Queue calls.csv
  hackles score --roles ch_0=agent,ch_1=customer call.json
  hackles score --compare vendor contact-lens.json        our figures beside theirs
  hackles score --lexicon mine.toml calls.csv     your own words over the built-in ones
  hackles score --analyzer mine.bin calls.csv     the same, as `hackles lexicon compile` wrote it: begins at once";

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Score {
    #[command(flatten)]
    pub(crate) transcripts: Transcripts,
    /// How the reports are written [default: by the ending of --out, else text]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) to: Option<To>,
    /// Write to this file. Until it is complete it grows beside its name, with checkpoints for --resume
    #[arg(long, value_name = "PATH")]
    pub(crate) out: Option<PathBuf>,
    /// Go on where an interrupted run into the same --out has stopped; begin if there was none, do nothing if it is complete
    #[arg(long, requires = "out")]
    pub(crate) resume: bool,
    /// Write what cannot be read to this file, with its place, the reason and the record [default: OUT.rejects.jsonl]
    #[arg(long, value_name = "PATH")]
    pub(crate) rejects: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) reading: Reading,
    /// How many threads score [default: one a processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) jobs: Option<u16>,
    /// Write reports as they are done, not in the order of the calls
    #[arg(long)]
    pub(crate) unordered: bool,
    /// Which evidence reports keep: all, that of signals that fired (and of the sentiment), or none
    #[arg(long, value_name = "WHICH", default_value = "all")]
    pub(crate) evidence: Evidence,
    /// Leave everything out that was said: reports, and what is written beside them, tell where it stands
    #[arg(long)]
    pub(crate) no_text: bool,
    /// What a row of CSV and Parquet is
    #[arg(long, value_name = "WHAT", default_value = "turn")]
    pub(crate) rows: Rows,
    /// Set our figures beside those of the vendor's own analysis, where the transcript has them
    #[arg(long, value_name = "WITH")]
    pub(crate) compare: Option<Compare>,
    /// How often a checkpoint is written, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub(crate) checkpoint_every: f64,
    /// Say nothing at the end of a run into a file
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse::<f64>().ok().filter(|s| (0.0..=86_400.0).contains(s));
    seconds.ok_or_else(|| "seconds are a number from 0 to 86400".to_owned())
}

impl Score {
    /// Whether what is left out is written to a file.
    pub(crate) fn keeps_rejects(&self) -> bool {
        self.rejects.is_some() || self.out.is_some()
    }
}

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum To {
    /// For people
    Text,
    /// An array of reports
    Json,
    /// One report a line
    Jsonl,
    /// A table (see --rows)
    Csv,
    /// The same in columns, with evidence; needs --out
    Parquet,
}

/// Which evidence is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Evidence {
    All,
    Fired,
    None,
}

/// What a row of a table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Rows {
    Turn,
    Call,
}

/// What our figures are set beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Compare {
    Vendor,
}
