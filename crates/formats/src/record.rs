//! One JSON record: of which format it is, and what it says.

use crate::call::Call;
use crate::format::Format;
use crate::live::{Live, Own, Stream};
use crate::problem::Problem;
use crate::shape::Shape;
use crate::vendors::{Kind, VENDORS};

/// What a JSON record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its format.
    pub format: Format,
    /// Whether it is a message of a live call, not a finished one.
    pub is_message: bool,
}

impl Record {
    /// Looks at a record. One that is broken or cut off is judged by what stands before the break.
    ///
    /// # Errors
    /// A record of no known format: the keys it has are named.
    pub fn of(json: &[u8]) -> Result<Record, Problem> {
        Record::seen(&Shape::of(json), None)
    }

    /// Looks at a record that was told to be of this format: whether it is a message.
    pub fn told(format: Format, json: &[u8]) -> Record {
        let only = Record::seen(&Shape::of(json), Some(format));
        only.unwrap_or(Record {
            format,
            is_message: false,
        })
    }

    /// What a record is if it is not of this format and is seen to be of another one.
    pub(crate) fn of_another(format: Format, json: &[u8]) -> Option<Record> {
        let shape = Shape::of(json);
        match Record::seen(&shape, Some(format)) {
            Ok(_) => None,
            Err(_) => Record::seen(&shape, None).ok(),
        }
    }

    fn seen(shape: &Shape, only: Option<Format>) -> Result<Record, Problem> {
        if shape.has_all(&["call", "message"])
            && let Ok(inner) = Record::seen(&shape.below("message"), only)
            && inner.is_message
        {
            return Ok(inner);
        }
        let wanted = |format| only.is_none_or(|only| only == format);
        let ours = |is_message| {
            Ok(Record {
                format: Format::Jsonl,
                is_message,
            })
        };
        if shape.has("turns") && wanted(Format::Jsonl) {
            return ours(false);
        }
        for vendor in VENDORS.iter().filter(|v| wanted(v.format)) {
            if let Some(kind) = (vendor.looks)(shape) {
                return Ok(Record {
                    format: vendor.format,
                    is_message: kind == Kind::Message,
                });
            }
        }
        if wanted(Format::Jsonl)
            && shape.has("call")
            && shape.has_any(&["utterance", "participants", "meta", "now_ms", "end"])
        {
            return ours(true);
        }
        let keys: Vec<String> = shape.keys().take(8).map(brief).collect();
        Err(Problem::new(if keys.is_empty() {
            "not the JSON object of a call".to_owned()
        } else {
            format!("no known format has these keys: {}", keys.join(", "))
        }))
    }
}

/// The longest key that is named whole, in characters.
const KEY: usize = 40;

/// A key, or the beginning of one that is none of a format's.
fn brief(key: &str) -> String {
    match key.char_indices().nth(KEY) {
        Some((end, _)) => format!("{}…", &key[..end]),
        None => key.to_owned(),
    }
}

impl Format {
    /// The format of a JSON record, seen from its keys.
    pub fn of_record(json: &[u8]) -> Option<Format> {
        Record::of(json).ok().map(|record| record.format)
    }
}

/// Reads a finished call of a format of JSON records.
///
/// # Errors
/// A record that is no JSON or lacks what the format must have, which is named; one that is seen to be of another format; a format that is not one
/// of JSON records.
pub fn read(format: Format, json: &str) -> Result<Call, Problem> {
    let mut call = match format.vendor() {
        Some(vendor) => {
            let read = (vendor.document)(json);
            match (read, Record::of_another(format, json.as_bytes())) {
                (read, None) => read?,
                (Ok(_), Some(other)) => {
                    return Err(Problem::new(format!(
                        "this is {}, not {}",
                        other.format.title(),
                        format.title()
                    )));
                }
                (Err(problem), Some(other)) => {
                    return Err(problem.since(format_args!("this is {}", other.format.title())));
                }
            }
        }
        None if format == Format::Jsonl => serde_json::from_str::<Call>(json)?,
        None => {
            return Err(Problem::new(format!(
                "{} is not read from JSON records",
                format.title()
            )));
        }
    };
    if call.vendor.as_ref().is_some_and(crate::call::Figures::is_empty) {
        call.vendor = None;
    }
    Ok(call)
}

/// What reads the live messages of a format, bare or in envelopes that name their call (see [`Stream`]); none if the vendor sends none.
pub fn live(format: Format) -> Option<Box<dyn Live>> {
    match format.vendor() {
        Some(vendor) => vendor
            .live
            .map(|start| Box::new(Stream::new(format, start)) as Box<dyn Live>),
        None => (format == Format::Jsonl).then(|| Box::new(Own) as Box<dyn Live>),
    }
}
