//! What a report says of its source: as what it was read, what its vendor found, what was left aside.

use hackles_formats::{Figures, Format};
use serde::Serialize;

use crate::compare::Compared;
use crate::json;

/// Where a call comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    /// How it was written.
    pub(crate) format: Format,
    /// What its vendor found.
    pub(crate) vendor: Option<&'a Figures>,
    /// What is not in its turns.
    pub(crate) notes: &'a [String],
}

/// The keys that a report of a call in a vendor's format has besides its own.
#[derive(Serialize)]
struct Keys<'a> {
    format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    vendor: Option<&'a Figures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compare: Option<Vec<Compared>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'a [String],
}

impl Source<'_> {
    /// Whether the format is ours: then nothing needs to be said of it.
    fn is_ours(&self) -> bool {
        matches!(
            self.format,
            Format::Jsonl | Format::Csv | Format::Text | Format::Parquet
        )
    }

    /// Writes a report as JSON, with what is to be said of its source as its last keys: `format`, `vendor`, `notes`, and `compare` if there is anything to compare.
    pub(crate) fn write(
        self,
        out: &mut Vec<u8>,
        report: &impl Serialize,
        compared: Option<Vec<Compared>>,
    ) -> serde_json::Result<()> {
        json::write(out, report)?;
        if self.is_ours() && self.vendor.is_none() && compared.is_none() {
            return Ok(());
        }
        let keys = Keys {
            format: self.format.name(),
            vendor: self.vendor,
            compare: compared,
            notes: self.notes,
        };
        // Two objects become one: the end of the first and the beginning of the second go.
        out.pop();
        let end = out.len();
        serde_json::to_writer(&mut *out, &keys)?;
        out[end] = b',';
        Ok(())
    }

    /// The same for people, in lines; none for our own formats.
    pub(crate) fn lines(self) -> Vec<String> {
        let read = (!self.is_ours()).then(|| format!("read as {}", self.format.title()));
        read.into_iter().chain(self.notes.iter().cloned()).collect()
    }
}

impl<'a> From<&'a hackles_formats::Scorable> for Source<'a> {
    fn from(found: &'a hackles_formats::Scorable) -> Self {
        Source {
            format: found.format,
            vendor: found.vendor.as_ref(),
            notes: &found.notes,
        }
    }
}
