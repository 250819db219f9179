//! Whisper and WhisperX.
//!
//! # Facts
//! - One JSON object: `text`, `segments[]`, `language`. Segments have `start` and `end` in seconds as floats and a `text` that begins with a space.
//! - Only WhisperX adds `speaker` (`SPEAKER_00`) to segments and words, and `words[]` always; Whisper has `words[]` with `--word_timestamps`, each
//!   with its leading space. Both call confidence differently: `score` (WhisperX), `probability` (Whisper).
//! - Words that the aligner does not know (numbers, signs) have no times.
//! - A segment of WhisperX may hold words of two speakers; its `speaker` is that of most of them. Such a segment is split where the speaker of
//!   the words changes.
//! - No channel, no role, no id: the roles of `SPEAKER_00` and the like must be told.

use serde::Deserialize;

use crate::call::{Call, Turn, Word};
use crate::format::{Format, Kind, Vendor};
use crate::problem::Problem;
use crate::shape::Shape;
use crate::time::from_seconds;

pub(crate) const VENDOR: Vendor = Vendor {
    format: Format::Whisper,
    looks,
    document,
    live: None,
};

fn looks(shape: &Shape) -> Option<Kind> {
    let whole = shape.has_all(&["segments", "language"]) && !shape.has("results");
    let segment = shape.has_all(&["segments[].start", "segments[].end", "segments[].text"]);
    (segment || whole).then_some(Kind::Document)
}

#[derive(Deserialize)]
struct Document {
    segments: Option<Vec<Segment>>,
    language: Option<String>,
}

#[derive(Deserialize)]
struct Segment {
    start: Option<f64>,
    end: Option<f64>,
    #[serde(default)]
    text: String,
    speaker: Option<String>,
    #[serde(default)]
    words: Vec<SegmentWord>,
}

#[derive(Deserialize)]
struct SegmentWord {
    word: String,
    start: Option<f64>,
    end: Option<f64>,
    #[serde(alias = "probability")]
    score: Option<f64>,
    speaker: Option<String>,
}

fn document(json: &str) -> Result<Call, Problem> {
    let document: Document = serde_json::from_str(json)?;
    let segments = document.segments.ok_or_else(|| Problem::missing("segments[]"))?;
    let mut call = Call::default();
    call.file_under("language", document.language);
    call.turns = segments.into_iter().flat_map(turns).collect();
    call.sort();
    Ok(call)
}

/// The turns of a segment: one, unless its words are of several speakers.
fn turns(segment: Segment) -> Vec<Turn> {
    let one_voice = segment
        .words
        .iter()
        .all(|w| w.speaker.is_none() || w.speaker == segment.speaker);
    if one_voice {
        let words = segment.words.into_iter().map(|w| word(w).1).collect();
        let turn = Turn {
            speaker: segment.speaker,
            start_ms: segment.start.and_then(from_seconds),
            end_ms: segment.end.and_then(from_seconds),
            text: segment.text.trim().to_owned(),
            words,
            ..Turn::default()
        };
        return if turn.text.is_empty() {
            Vec::new()
        } else {
            vec![turn]
        };
    }
    let mut turns: Vec<Turn> = Vec::new();
    for (speaker, word) in segment.words.into_iter().map(word) {
        let speaker = speaker.or_else(|| {
            turns
                .last()
                .map_or(segment.speaker.clone(), |t| t.speaker.clone())
        });
        match turns.last_mut().filter(|t| t.speaker == speaker) {
            Some(turn) => {
                turn.text.push(' ');
                turn.text.push_str(&word.text);
                turn.end_ms = turn.end_ms.max(word.end_ms);
                turn.words.push(word);
            }
            None => turns.push(Turn {
                speaker,
                start_ms: word.start_ms,
                end_ms: word.end_ms,
                text: word.text.clone(),
                words: vec![word],
                ..Turn::default()
            }),
        }
    }
    turns
}

fn word(word: SegmentWord) -> (Option<String>, Word) {
    let heard = Word {
        text: word.word.trim().to_owned(),
        start_ms: word.start.and_then(from_seconds),
        end_ms: word.end.and_then(from_seconds),
        confidence: word.score,
    };
    (word.speaker, heard)
}
