//! Reads the calls of inputs, and says where one cannot be read.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use hackles_formats::{Entry, Format, Found, Reading, Scorable};

use crate::inputs::Input;
use crate::refusal::{Place, Refusal};

/// One call as it was found.
pub(crate) struct Record {
    /// Where it stands.
    pub(crate) place: Place,
    /// What stands there.
    pub(crate) entry: Entry,
}

impl Record {
    /// The call, to be scored; one without an id is named after its place.
    pub(crate) fn scorable(self, from: Option<Format>) -> Result<Scorable, Refusal> {
        let mut found = self
            .entry
            .scorable(from)
            .map_err(|p| Refusal::new(self.place.clone(), &p))?;
        found.transcript.id.get_or_insert_with(|| self.place.to_string());
        Ok(found)
    }

    /// The call with all its format knows of it; one without an id is named after its place.
    pub(crate) fn whole(self, from: Option<Format>) -> Result<Found, Refusal> {
        let mut found = self
            .entry
            .read(from)
            .map_err(|p| Refusal::new(self.place.clone(), &p))?;
        found.call.id.get_or_insert_with(|| self.place.to_string());
        Ok(found)
    }
}

/// The records of an input, read as they are asked for; `bytes` counts how far the file was read.
pub(crate) fn records(
    input: &Input,
    reading: &Reading,
    bytes: &Arc<AtomicU64>,
) -> Result<Box<dyn Iterator<Item = Record> + Send>, Refusal> {
    let whole = Place::of(&input.name);
    match input.entries(reading, bytes) {
        Ok(None) => Ok(Box::new(std::iter::empty())),
        Ok(Some(entries)) => Ok(Box::new(entries.map(move |entry| Record {
            place: Place {
                line: entry.line,
                ..whole.clone()
            },
            entry,
        }))),
        Err(problem) => Err(Refusal::new(whole, &problem)),
    }
}
