//! What `hackles convert` is asked.

use std::path::PathBuf;

use clap::ValueEnum;

use super::transcripts::Transcripts;

const HELP: &str = "\
Reads what `hackles score` reads (see hackles help score), with all it says: words with their times, confidence, channels, redactions, the
vendor's own figures. JSON lines keep all of it; Parquet the words; CSV the turns with what the call is filed under; WebVTT who said what when.

Examples:
  hackles convert contact-lens/ --to jsonl --out calls.jsonl
  hackles convert deepgram.json --roles ch_0=agent,ch_1=customer --to csv
  hackles convert calls.jsonl.gz --out turns.parquet
  hackles convert calls.jsonl --to vtt --out subtitles/       a file a call";

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Convert {
    #[command(flatten)]
    pub(crate) transcripts: Transcripts,
    /// How they are written [default: by the ending of --out, else jsonl]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) to: Option<To>,
    /// Write to this file, which appears when it is complete; of WebVTT a folder, with a file a call
    #[arg(long, value_name = "PATH")]
    pub(crate) out: Option<PathBuf>,
}

/// How transcripts are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum To {
    /// One call a line
    Jsonl,
    /// One turn a row
    Csv,
    /// The same in columns; needs --out
    Parquet,
    /// WebVTT
    Vtt,
}
