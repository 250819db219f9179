//! Parquet: one turn a row, as in CSV.
//!
//! Files are read row group by row group. Any columns of text, numbers or dictionaries of them may be named; nested ones are left aside.
//! What is written has the columns of our CSV, and `channel`, `confidence` and `words` (a list of `word`, `start_ms`, `end_ms`, `confidence`).

use std::collections::VecDeque;
use std::fs::File;
use std::io::Write;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::{Array as _, RecordBatch, StringArray};
use arrow_json::ReaderBuilder;
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef};
use hackles::Role;
use parquet::arrow::ArrowWriter;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde::Serialize;

use crate::call::{Call, Word};
use crate::entry::Entry;
use crate::format::Format;
use crate::problem::Problem;
use crate::tables::columns::{Columns, Places};
use crate::tables::gathering::Gathering;

/// So many rows are decoded at once.
const BATCH_ROWS: usize = 4096;
/// So many bytes of a row group are held at most while writing.
const GROUP_BYTES: usize = 64 << 20;

fn problem(error: impl std::fmt::Display) -> Problem {
    Problem::new(error.to_string().replace('\n', " "))
}

/// The calls of a file, and the rows that could not be read; a row is told by its number from 1.
pub(crate) struct Table {
    reader: ParquetRecordBatchReader,
    places: Places,
    gathering: Gathering,
    ready: VecDeque<Entry>,
    row: u64,
    over: bool,
}

/// The calls of a file.
///
/// # Errors
/// A file that is no Parquet, or lacks a column that is needed.
pub(crate) fn table(file: File, columns: &Columns, held: usize) -> Result<Table, Problem> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(problem)?;
    let names: Vec<String> = builder
        .schema()
        .fields()
        .iter()
        .map(|f| f.name().clone())
        .collect();
    let places = Places::of(&names, columns)?;
    let wanted = places.columns();
    let places = places.renumbered(&wanted);
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted);
    let reader = builder
        .with_projection(mask)
        .with_batch_size(BATCH_ROWS)
        .build()
        .map_err(problem)?;
    Ok(Table {
        reader,
        places,
        gathering: Gathering::new(held),
        ready: VecDeque::new(),
        row: 0,
        over: false,
    })
}

impl Table {
    fn batch(&mut self, batch: &RecordBatch) -> Result<(), Problem> {
        let texts = batch.columns().iter().map(|column| {
            let text = arrow_cast::cast(column, &DataType::Utf8).map_err(problem)?;
            Ok(text.as_string::<i32>().clone())
        });
        let texts: Vec<StringArray> = texts.collect::<Result<_, Problem>>()?;
        for at in 0..batch.num_rows() {
            self.row += 1;
            let cell = |column: usize| match texts.get(column) {
                Some(text) if text.is_valid(at) => text.value(at),
                _ => "",
            };
            let taken = self
                .places
                .row(cell)
                .and_then(|row| self.gathering.take(self.row, row));
            if let Err(why) = taken {
                let why = Problem::new(format!("{why}; the row is left out"));
                self.ready.push_back(Entry::bad(Some(self.row), why, None));
            }
        }
        Ok(())
    }
}

impl Iterator for Table {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        while self.ready.is_empty() && !self.over {
            let read = match self.reader.next() {
                None => {
                    self.over = true;
                    Ok(())
                }
                Some(Ok(batch)) => self.batch(&batch),
                Some(Err(error)) => Err(problem(error)),
            };
            if let Err(why) = read {
                self.over = true;
                self.ready.push_back(Entry::bad(Some(self.row + 1), why, None));
            }
            let done = if self.over {
                self.gathering.finish()
            } else {
                self.gathering.overflow()
            };
            let done = done
                .into_iter()
                .map(|(row, call)| Entry::call(row, call, Format::Parquet));
            self.ready.extend(done);
        }
        self.ready.pop_front()
    }
}

#[derive(Serialize)]
struct Row<'a> {
    call_id: Option<&'a str>,
    speaker: Option<&'a str>,
    role: Option<&'static str>,
    name: Option<&'a str>,
    start_ms: Option<i64>,
    end_ms: Option<i64>,
    text: &'a str,
    meta: Option<&'a str>,
    channel: Option<&'a str>,
    confidence: Option<f64>,
    words: &'a [Word],
}

fn schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let ms = |name: &str| Field::new(name, DataType::Int64, true);
    let share = || Field::new("confidence", DataType::Float64, true);
    let word = Fields::from(vec![text("word"), ms("start_ms"), ms("end_ms"), share()]);
    let words = DataType::List(Arc::new(Field::new("item", DataType::Struct(word), true)));
    Arc::new(Schema::new(vec![
        text("call_id"),
        text("speaker"),
        text("role"),
        text("name"),
        ms("start_ms"),
        ms("end_ms"),
        text("text"),
        text("meta"),
        text("channel"),
        share(),
        Field::new("words", words, true),
    ]))
}

/// Writes calls as such a table.
pub struct ParquetWriter<W: Write + Send> {
    writer: ArrowWriter<W>,
}

impl<W: Write + Send> ParquetWriter<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// What `out` fails with.
    pub fn new(out: W) -> Result<Self, Problem> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .build();
        let writer = ArrowWriter::try_new(out, schema(), Some(properties)).map_err(problem)?;
        Ok(ParquetWriter { writer })
    }

    /// Adds a call.
    ///
    /// # Errors
    /// What the output fails with.
    pub fn write(&mut self, call: &Call) -> Result<(), Problem> {
        let meta = call.meta_json();
        let rows = call.turns.iter().map(|turn| Row {
            call_id: call.id.as_deref(),
            speaker: turn.speaker.as_deref(),
            role: turn
                .speaker
                .as_deref()
                .and_then(|s| call.role_of(s))
                .map(Role::as_str),
            name: turn
                .speaker
                .as_deref()
                .and_then(|s| call.party_of(s)?.name.as_deref()),
            start_ms: turn.start_ms,
            end_ms: turn.end_ms,
            text: &turn.text,
            meta: meta.as_deref(),
            channel: turn.channel.as_deref(),
            confidence: turn.confidence,
            words: &turn.words,
        });
        let rows: Vec<Row<'_>> = rows.collect();
        let mut decoder = ReaderBuilder::new(schema())
            .with_batch_size(rows.len().max(1))
            .build_decoder()
            .map_err(problem)?;
        decoder.serialize(&rows).map_err(problem)?;
        if let Some(batch) = decoder.flush().map_err(problem)? {
            self.writer.write(&batch).map_err(problem)?;
        }
        if self.writer.in_progress_size() > GROUP_BYTES {
            self.writer.flush().map_err(problem)?;
        }
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// What the output fails with.
    pub fn finish(mut self) -> Result<(), Problem> {
        self.writer.finish().map(|_| ()).map_err(problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Turn;

    #[test]
    fn what_is_written_is_read_again() {
        let turn = |speaker: &str, text: &str, start_ms| Turn {
            speaker: Some(speaker.into()),
            start_ms,
            text: text.into(),
            ..Turn::default()
        };
        let mut call = Call {
            id: Some("C1".into()),
            turns: vec![turn("p1", "hello", Some(0)), turn("p2", "no", None)],
            ..Call::default()
        };
        call.party("p1", Some((Role::Agent, "role")), Some("Ana"));
        call.file_under("queue", Some("sales"));
        let path = std::env::temp_dir().join(format!("hackles-parquet-{}", std::process::id()));
        let mut writer = ParquetWriter::new(File::create(&path).expect("a file")).expect("begun");
        writer.write(&call).expect("written");
        writer.finish().expect("ended");
        let columns = Columns::default();
        let entries = table(File::open(&path).expect("a file"), &columns, 1 << 20).expect("Parquet");
        let found: Vec<Call> = entries.map(|e| e.read(None).expect("a call").call).collect();
        std::fs::remove_file(&path).expect("removed");
        assert_eq!(found, [call]);
    }
}
