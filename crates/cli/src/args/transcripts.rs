//! Which transcripts are read, and how: what `score` and `convert` share.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use hackles_formats::{Columns, Format, Reading};

use crate::failure::Failure;
use crate::inputs::{self, Input};
use crate::refusal::Refusal;
use crate::roles::RoleMap;

/// What is read.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Transcripts {
    /// Files, folders, patterns, or - for standard input, which is also read if none is given
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// How the transcripts are written [default: seen from their content]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) from: Option<Format>,
    /// Columns of tables that are not called call_id, speaker, role, name, start_ms, end_ms, start_s, end_s, text, meta or meta.…: FIELD=COLUMN,…
    #[arg(long, value_name = "MAP")]
    pub(crate) columns: Option<Columns>,
    /// Who is who, as in ch_0=agent,ch_1=customer
    #[arg(long, value_name = "MAP")]
    pub(crate) roles: Option<RoleMap>,
    /// The largest record (a JSON value, a text file) that is read; larger ones are left out [default: 67108864]
    #[arg(long, value_name = "BYTES")]
    pub(crate) max_record: Option<usize>,
}

impl Transcripts {
    /// All inputs, and what is not there.
    ///
    /// # Errors
    /// Nothing is named, and standard input is a terminal.
    pub(crate) fn inputs(&self) -> Result<(Vec<Input>, Vec<Refusal>), Failure> {
        if self.paths.is_empty() && std::io::stdin().is_terminal() {
            return Err(Failure::of_usage(
                "no transcript is given: name a file or a folder, or pipe one in (try --help)",
            ));
        }
        let mut missing = Vec::new();
        let inputs = match self.paths.as_slice() {
            [] => vec![Input::standard()],
            paths => inputs::find(paths, &mut |refusal| missing.push(refusal)),
        };
        Ok((inputs, missing))
    }

    /// How they are read.
    pub(crate) fn reading(&self) -> Reading {
        let mut reading = Reading::default();
        reading.from = self.from;
        reading.record_bytes = self.max_record.unwrap_or(reading.record_bytes);
        reading.columns = self.columns.clone().unwrap_or_default();
        reading
    }
}
