//! Transcripts within vCons.
//!
//! # Facts
//! - The body is what a vendor's API has returned, or a part of it: of Deepgram often the only `alternatives[]` item (`transcript`, `words[]`).
//! - Common is a list of `{"speaker","message"}`, perhaps with times.
//! - The World Transcription Format (`wtf_transcription`) has `transcript` (`text`, `language`, `duration`), `segments[]` and `words[]` with
//!   times in seconds and `speaker`; a segment's `words` are places in the list of words.
//! - Captions (WebVTT, SubRip) stand as text.

use hackles::transcript::id_as_text;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::base64;
use crate::call::{Call, Turn, Word, null_as_empty};
use crate::captions::read_text;
use crate::format::Format;
use crate::marks;
use crate::problem::Problem;
use crate::record::{Record, read as read_record};
use crate::shape::Shape;
use crate::time::seconds;

/// The text of an inline body.
pub(super) fn text(body: &RawValue, encoding: Option<&str>) -> Result<String, Problem> {
    if !body.get().starts_with('"') {
        return Ok(body.get().to_owned());
    }
    let text: String = serde_json::from_str(body.get())?;
    match encoding.map(str::to_ascii_lowercase).as_deref() {
        Some("base64url" | "base64") => base64::text(&text),
        _ => Ok(text),
    }
}

/// Reads a transcript of any shape that is known.
pub(super) fn read(text: &str) -> Result<Call, Problem> {
    let text = text.trim();
    if !text.starts_with(['{', '[']) {
        return match Format::of_text(text) {
            Some(format) => read_text(format, text),
            None => Err(Problem::new("a transcript in plain text, of no known shape")),
        };
    }
    let shape = Shape::of(text.as_bytes());
    if shape.has_any(&["[].message", "[].text"]) && shape.has("[].speaker") && !shape.has("[].channel") {
        return lines(text);
    }
    if shape.has_all(&["transcript.text", "segments"]) {
        return world(text);
    }
    if shape.has("transcript") && shape.has_any(&["words", "confidence", "paragraphs"]) {
        return alternative(text);
    }
    let record = Record::of(text.as_bytes())?;
    if record.is_message || record.format == Format::Vcon {
        return Err(Problem::new("the transcript's `body` is no finished transcript"));
    }
    read_record(record.format, text)
}

/// What one has said, as in a list of `{speaker, message}`.
#[derive(Deserialize)]
struct Line {
    #[serde(default, deserialize_with = "id_as_text")]
    speaker: Option<String>,
    #[serde(alias = "text")]
    message: Option<String>,
    #[serde(default, alias = "start_time", deserialize_with = "seconds")]
    start: Option<i64>,
    #[serde(default, alias = "end_time", deserialize_with = "seconds")]
    end: Option<i64>,
    #[serde(default, deserialize_with = "seconds")]
    duration: Option<i64>,
}

fn lines(text: &str) -> Result<Call, Problem> {
    let lines: Vec<Line> = serde_json::from_str(text)?;
    let turns = lines.into_iter().filter_map(|line| {
        let text = line.message?.trim().to_owned();
        let length = line.start.zip(line.duration);
        (!text.is_empty()).then(|| Turn {
            speaker: line.speaker,
            start_ms: line.start,
            end_ms: line
                .end
                .or(length.map(|(start, duration)| start.saturating_add(duration))),
            redactions: marks::redactions(&text),
            text,
            ..Turn::default()
        })
    });
    Ok(Call {
        turns: turns.collect(),
        ..Call::default()
    })
}

/// Reads an item of Deepgram's `alternatives[]` as the result around it.
fn alternative(text: &str) -> Result<Call, Problem> {
    let whole = format!(r#"{{"metadata":{{}},"results":{{"channels":[{{"alternatives":[{text}]}}]}}}}"#);
    let mut call = read_record(Format::Deepgram, &whole)?;
    let language: Value = serde_json::from_str(text)?;
    let language = language.get("detected_language").and_then(Value::as_str);
    call.file_under("language", language);
    Ok(call)
}

#[derive(Deserialize)]
struct World {
    transcript: WorldTranscript,
    #[serde(default, deserialize_with = "null_as_empty")]
    segments: Vec<Segment>,
    #[serde(default, deserialize_with = "null_as_empty")]
    words: Vec<WorldWord>,
}

#[derive(Deserialize)]
struct WorldTranscript {
    language: Option<String>,
    #[serde(default, deserialize_with = "seconds")]
    duration: Option<i64>,
}

#[derive(Deserialize)]
struct Segment {
    text: Option<String>,
    #[serde(default, deserialize_with = "seconds")]
    start: Option<i64>,
    #[serde(default, deserialize_with = "seconds")]
    end: Option<i64>,
    #[serde(default, deserialize_with = "crate::time::number")]
    confidence: Option<f64>,
    #[serde(default, deserialize_with = "id_as_text")]
    speaker: Option<String>,
    #[serde(default, deserialize_with = "null_as_empty")]
    words: Vec<usize>,
}

#[derive(Deserialize)]
struct WorldWord {
    #[serde(default, deserialize_with = "null_as_empty")]
    text: String,
    #[serde(default, deserialize_with = "seconds")]
    start: Option<i64>,
    #[serde(default, deserialize_with = "seconds")]
    end: Option<i64>,
    #[serde(default, deserialize_with = "crate::time::number")]
    confidence: Option<f64>,
    is_punctuation: Option<bool>,
}

fn world(text: &str) -> Result<Call, Problem> {
    let world: World = serde_json::from_str(text)?;
    let mut call = Call {
        end_ms: world.transcript.duration,
        ..Call::default()
    };
    call.file_under("language", world.transcript.language);
    for segment in world.segments {
        let text = segment.text.as_deref().unwrap_or_default().trim();
        if text.is_empty() {
            continue;
        }
        let mut words: Vec<Word> = Vec::new();
        for heard in segment.words.iter().filter_map(|&at| world.words.get(at)) {
            match words.last_mut().filter(|_| heard.is_punctuation == Some(true)) {
                Some(word) => word.text.push_str(heard.text.trim()),
                None => words.push(Word {
                    text: heard.text.trim().to_owned(),
                    start_ms: heard.start,
                    end_ms: heard.end,
                    confidence: heard.confidence,
                }),
            }
        }
        call.turns.push(Turn {
            speaker: segment.speaker,
            start_ms: segment.start,
            end_ms: segment.end,
            text: text.to_owned(),
            words,
            confidence: segment.confidence,
            redactions: marks::redactions(text),
            ..Turn::default()
        });
    }
    call.sort();
    Ok(call)
}
