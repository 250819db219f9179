//! What `hackles convert` is asked.

use std::path::PathBuf;

use clap::ValueEnum;
use hackles_formats::{Columns, Format};

use crate::roles::RoleMap;

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
    /// Files, folders, patterns, or - for standard input, which is also read if none is given
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// How the transcripts are written [default: seen from their content]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) from: Option<Format>,
    /// Columns of tables that are not called call_id, speaker, role, name, start_ms, end_ms, start_s, end_s, text or meta.…: FIELD=COLUMN,…
    #[arg(long, value_name = "MAP")]
    pub(crate) columns: Option<Columns>,
    /// Who is who, as in ch_0=agent,ch_1=customer
    #[arg(long, value_name = "MAP")]
    pub(crate) roles: Option<RoleMap>,
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
