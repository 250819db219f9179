//! Reads the transcripts of speech recognisers and contact centres, finished or live, and writes some of them.
//!
//! A [`Format`] is seen from the content ([`Format::of_record`]) or told. [`read`] makes a [`Call`] of one JSON record of a vendor's; [`live()`]
//! reads the messages of a stream as they come. A [`Call`] says all that its source says and becomes a [`hackles::Transcript`] by `into()`.
//!
//! ```
//! use hackles_formats::{Format, read};
//!
//! let json = r#"{"language":"en","segments":[{"start":0.0,"end":0.9,"text":" That's not my job.","speaker":"SPEAKER_00"}]}"#;
//! let format = Format::of_record(json.as_bytes()).expect("known");
//! assert_eq!(format, Format::Whisper);
//! let call = read(format, json)?;
//! assert_eq!(call.turns[0].text, "That's not my job.");
//! assert_eq!(call.turns[0].end_ms, Some(900));
//! let transcript: hackles::Transcript = call.into();
//! # Ok::<(), hackles_formats::Problem>(())
//! ```
#![forbid(unsafe_code)]

mod call;
mod captions;
mod compressed;
mod entries;
mod entry;
mod format;
mod live;
mod marks;
mod names;
mod plain;
mod problem;
mod record;
mod shape;
mod tables;
mod time;
mod values;
mod vendors;
mod write;

pub use call::{Call, Category, Figures, Party, Redaction, Turn, Word};
pub use captions::read_text;
pub use compressed::unpacked;
pub use entries::{Entries, Reading, is_parquet};
pub use entry::{Entry, Found, Scorable};
pub use format::Format;
pub use live::{Collector, Live, Message, Stream};
pub use problem::Problem;
pub use record::{Record, live, read};
pub use tables::columns::Columns;
#[cfg(feature = "parquet")]
pub use tables::parquet::ParquetWriter;
pub use values::BOM;
pub use write::Writer;
