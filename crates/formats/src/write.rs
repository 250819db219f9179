//! Calls as bytes of a format.

use crate::call::Call;
use crate::captions::vtt;
use crate::format::Format;
use crate::problem::Problem;
use crate::tables::csv;

/// Writes calls one after the other: JSON lines, CSV, or WebVTT, of which a file holds one call. Parquet has a writer of its own.
#[derive(Debug)]
pub struct Writer {
    format: Format,
    written: u64,
}

impl Writer {
    /// What writes a format.
    ///
    /// # Errors
    /// A format that is only read.
    pub fn new(format: Format) -> Result<Self, Problem> {
        match format {
            Format::Jsonl | Format::Csv | Format::Vtt => Ok(Writer { format, written: 0 }),
            _ => Err(Problem::new(format!("{} is not written so", format.title()))),
        }
    }

    /// Adds a call to `out`.
    ///
    /// # Errors
    /// A call that the format cannot say; nothing is added then.
    pub fn write(&mut self, call: &Call, out: &mut Vec<u8>) -> Result<(), Problem> {
        let begin = out.len();
        let done = match self.format {
            Format::Csv => csv::write(call, self.written == 0, out),
            Format::Vtt if self.written > 0 => Err(Problem::new("a WebVTT file holds one call")),
            Format::Vtt => {
                let mut text = String::new();
                vtt::write(call, &mut text).map(|()| out.extend_from_slice(text.as_bytes()))
            }
            _ => serde_json::to_writer(&mut *out, call)
                .map(|()| out.push(b'\n'))
                .map_err(Problem::from),
        };
        match done {
            Ok(()) => self.written += 1,
            Err(_) => out.truncate(begin),
        }
        done
    }
}
