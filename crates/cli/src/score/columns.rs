//! Reports as Parquet: a row a turn, with its evidence as a nested list, or a row a call. Columns of text are dictionary-encoded in the file.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_json::ReaderBuilder;
use arrow_schema::{DataType, Field, Fields, Schema, SchemaRef};
use hackles::CallReport;
use hackles::evidence::Evidence;
use hackles::report::{PracticeState, Trend};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde::Serialize;

use crate::args::Rows as Kind;
use crate::failure::Failure;
use crate::output::Pending;

/// Rows of a file, ready to be written.
pub(super) struct Rows(Result<RecordBatch, String>);

#[derive(Serialize)]
struct Turn<'a> {
    call_id: Option<&'a str>,
    index: u32,
    speaker: Option<&'a str>,
    role: Option<&'static str>,
    start_ms: Option<i64>,
    end_ms: Option<i64>,
    sentiment: f64,
    signals: Vec<&'a str>,
    scores: Vec<Scored<'a>>,
    evidence: &'a [Evidence],
    meta: Option<String>,
}

#[derive(Serialize)]
struct Scored<'a> {
    signal: &'a str,
    score: f64,
}

#[derive(Serialize)]
struct Call<'a> {
    call_id: Option<&'a str>,
    lexicon: &'a str,
    turns: u32,
    score: Option<f64>,
    anger_mean: Option<f64>,
    anger_peak: Option<f64>,
    anger_peak_turn: Option<u32>,
    anger_start: Option<f64>,
    anger_end: Option<f64>,
    anger_trend: Option<&'static str>,
    sentiment_agent: Option<f64>,
    sentiment_customer: Option<f64>,
    interruptions_by_agent: Option<u32>,
    interruptions_by_customer: Option<u32>,
    silence_ms: Option<i64>,
    signals: Vec<Counted<'a>>,
    practices: Vec<Practice<'a>>,
    meta: Option<String>,
}

#[derive(Serialize)]
struct Counted<'a> {
    signal: &'a str,
    count: u32,
    turns: &'a [u32],
}

#[derive(Serialize)]
struct Practice<'a> {
    practice: &'a str,
    state: PracticeState,
    score: Option<f64>,
}

fn text(name: &str) -> Field {
    Field::new(name, DataType::Utf8, true)
}

fn number(name: &str) -> Field {
    Field::new(name, DataType::Float64, true)
}

fn whole(name: &str) -> Field {
    Field::new(name, DataType::Int64, true)
}

fn small(name: &str) -> Field {
    Field::new(name, DataType::UInt32, true)
}

fn list(name: &str, of: DataType) -> Field {
    Field::new(name, DataType::List(Arc::new(Field::new("item", of, true))), true)
}

fn record(fields: Vec<Field>) -> DataType {
    DataType::Struct(Fields::from(fields))
}

/// The columns of a file.
fn schema(kind: Kind) -> SchemaRef {
    let modifier = record(vec![
        text("modifier"),
        number("factor"),
        small("start"),
        small("end"),
    ]);
    let evidence = record(vec![
        text("signal"),
        text("entry"),
        small("start"),
        small("end"),
        text("quote"),
        number("weight"),
        list("modifiers", modifier),
        number("contribution"),
        list("turns", DataType::UInt32),
        text("hint"),
    ]);
    let fields = match kind {
        Kind::Turn => vec![
            text("call_id"),
            small("index"),
            text("speaker"),
            text("role"),
            whole("start_ms"),
            whole("end_ms"),
            number("sentiment"),
            list("signals", DataType::Utf8),
            list("scores", record(vec![text("signal"), number("score")])),
            list("evidence", evidence),
            text("meta"),
        ],
        Kind::Call => vec![
            text("call_id"),
            text("lexicon"),
            small("turns"),
            number("score"),
            number("anger_mean"),
            number("anger_peak"),
            small("anger_peak_turn"),
            number("anger_start"),
            number("anger_end"),
            text("anger_trend"),
            number("sentiment_agent"),
            number("sentiment_customer"),
            small("interruptions_by_agent"),
            small("interruptions_by_customer"),
            whole("silence_ms"),
            list(
                "signals",
                record(vec![
                    text("signal"),
                    small("count"),
                    list("turns", DataType::UInt32),
                ]),
            ),
            list(
                "practices",
                record(vec![text("practice"), text("state"), number("score")]),
            ),
            text("meta"),
        ],
    };
    Arc::new(Schema::new(fields))
}

impl Rows {
    /// The rows of some calls.
    pub(super) fn of(reports: &[CallReport], kind: Kind) -> Self {
        match kind {
            Kind::Turn => Rows(batch(kind, &reports.iter().flat_map(turns).collect::<Vec<_>>())),
            Kind::Call => Rows(batch(kind, &reports.iter().map(call).collect::<Vec<_>>())),
        }
    }
}

fn batch<T: Serialize>(kind: Kind, rows: &[T]) -> Result<RecordBatch, String> {
    let schema = schema(kind);
    let failed = |e: arrow_schema::ArrowError| e.to_string();
    let mut decoder = ReaderBuilder::new(Arc::clone(&schema))
        .with_batch_size(rows.len().max(1))
        .build_decoder()
        .map_err(failed)?;
    decoder.serialize(rows).map_err(failed)?;
    let batch = decoder.flush().map_err(failed)?;
    Ok(batch.unwrap_or_else(|| RecordBatch::new_empty(schema)))
}

fn meta(report: &CallReport) -> Option<String> {
    report
        .meta
        .as_ref()
        .and_then(|meta| serde_json::to_string(meta).ok())
}

fn turns(report: &CallReport) -> impl Iterator<Item = Turn<'_>> {
    report.turns.iter().flatten().map(|turn| Turn {
        call_id: report.id.as_deref(),
        index: turn.index,
        speaker: turn.speaker.as_deref(),
        role: turn.role.map(hackles::Role::as_str),
        start_ms: turn.start_ms,
        end_ms: turn.end_ms,
        sentiment: turn.sentiment.to_f64(),
        signals: turn.signals.iter().map(|s| &**s).collect(),
        scores: turn
            .scores
            .iter()
            .map(|(signal, score)| Scored {
                signal,
                score: score.to_f64(),
            })
            .collect(),
        evidence: &turn.evidence,
        meta: meta(report),
    })
}

fn call(report: &CallReport) -> Call<'_> {
    let figures = &report.call;
    let anger = &figures.anger;
    let score = |score: Option<hackles::fixed::Score>| score.map(|s| s.to_f64());
    let sentiment = |who: &str| score(figures.sentiment.get(who).map(|s| s.overall));
    Call {
        call_id: report.id.as_deref(),
        lexicon: &report.lexicon,
        turns: figures.turns,
        score: score(figures.score.value),
        anger_mean: score(anger.mean),
        anger_peak: score(anger.peak),
        anger_peak_turn: anger.peak_turn,
        anger_start: score(anger.start),
        anger_end: score(anger.end),
        anger_trend: anger.trend.map(Trend::as_str),
        sentiment_agent: sentiment("agent"),
        sentiment_customer: sentiment("customer"),
        interruptions_by_agent: figures.interruptions.by_agent,
        interruptions_by_customer: figures.interruptions.by_customer,
        silence_ms: figures.talk.silence.map(|s| s.total_ms),
        signals: figures
            .signals
            .iter()
            .map(|(signal, figure)| Counted {
                signal,
                count: figure.count,
                turns: figure.turns.as_deref().unwrap_or_default(),
            })
            .collect(),
        practices: figures
            .practices
            .iter()
            .map(|p| Practice {
                practice: &p.id,
                state: p.state,
                score: score(p.score),
            })
            .collect(),
        meta: meta(report),
    }
}

/// A file of columns, which gets its name when it is complete.
pub(super) struct ColumnFile {
    writer: ArrowWriter<File>,
    pending: Pending,
}

/// So many rows are held before they are written as a group.
const GROUP_ROWS: usize = 64 << 10;
/// So many bytes of them at most.
const GROUP_BYTES: usize = 64 << 20;

impl ColumnFile {
    /// Begins a file.
    pub(super) fn create(out: &Path, kind: Kind) -> Result<Self, Failure> {
        let failed = |e: &dyn std::fmt::Display| Failure::Nothing(format!("{}: {e}", out.display()));
        let (file, pending) = Pending::create(out)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .build();
        let writer = ArrowWriter::try_new(file, schema(kind), Some(properties)).map_err(|e| failed(&e))?;
        Ok(ColumnFile { writer, pending })
    }

    /// Adds rows.
    pub(super) fn write(&mut self, rows: Rows) -> Result<(), Failure> {
        let batch = rows.0.map_err(Failure::of_usage)?;
        let written = self.writer.write(&batch);
        let written = written.and_then(|()| match self.writer.in_progress_size() > GROUP_BYTES {
            true => self.writer.flush(),
            false => Ok(()),
        });
        written.map_err(|e| self.failed(&e))
    }

    /// All is written.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        if let Err(e) = self.writer.finish() {
            return Err(self.failed(&e));
        }
        self.pending.finish()
    }

    fn failed(&self, error: &dyn std::fmt::Display) -> Failure {
        Failure::Nothing(format!("{}: {error}", self.pending.target().display()))
    }
}
