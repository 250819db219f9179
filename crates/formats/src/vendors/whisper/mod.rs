//! Whisper and WhisperX, and what else writes their shape: faster-whisper, whisper.cpp, the transformers pipeline, OpenAI's service.
//!
//! # Facts
//! - One JSON object: `text`, `segments[]`, `language`. Segments have `start` and `end` in seconds as floats and a `text` that begins with a space.
//! - Only WhisperX adds `speaker` (`SPEAKER_00`) to segments and words, and `words[]` always; Whisper has `words[]` with `--word_timestamps`, each
//!   with its leading space. Both call confidence differently: `score` (WhisperX), `probability` (Whisper).
//! - Words that the aligner does not know (numbers, signs) have no times.
//! - A segment of WhisperX may hold words of two speakers; its `speaker` is that of most of them. Such a segment is split where the speaker of
//!   the words changes.
//! - faster-whisper writes null for words that were not asked for; whisper-timestamped calls a word `text` and its confidence `confidence`.
//! - OpenAI's service (`verbose_json`) puts the words beside the segments, at the top, and leaves out what was not asked for: there may be no segments,
//!   and words and text alone. Its words have no punctuation. `duration` is the length in seconds, in some versions as text.
//! - Some keep the list of segments alone. It is known by what only they have: logarithms of probabilities, words with a `score`, `SPEAKER_00`.
//! - whisper.cpp writes `transcription[]` with `offsets` in milliseconds and `result.language`.
//! - The transformers pipeline writes `chunks[]` with `timestamp: [start, end]`, of which the last end may be null; with speakers told,
//!   insanely-fast-whisper writes the same as `speakers[]`.
//! - No channel, no role, no id: the roles of `SPEAKER_00` and the like must be told.

mod cpp;

use serde::Deserialize;

use crate::call::{Call, Turn, Word, null_as_empty};
use crate::format::Format;
use crate::problem::Problem;
use crate::shape::Shape;
use crate::time::{from_seconds, seconds};
use crate::vendors::{Kind, Vendor};

pub(crate) const VENDOR: Vendor = Vendor {
    format: Format::Whisper,
    looks,
    document,
    live: None,
};

fn looks(shape: &Shape) -> Option<Kind> {
    let whole = shape.has_all(&["segments", "language"]) && !shape.has("results");
    let segment = shape.has_all(&["segments[].start", "segments[].end", "segments[].text"]);
    let openai = shape.has_all(&["text", "duration", "words[].word", "words[].start"]);
    let cpp = shape.has("transcription") && shape.has_any(&["systeminfo", "transcription[].offsets"]);
    let chunks = shape.has_all(&["chunks[].timestamp", "chunks[].text"]);
    // The list of segments alone: some other lists have `start`, `end` and `text` in other units.
    let of_whisper = shape.has_any(&[
        "[].words[].score",
        "[].words[].probability",
        "[].avg_logprob",
        "[].seek",
    ]) || shape
        .text("[].speaker")
        .is_some_and(|s| s.starts_with("SPEAKER_"));
    let list = shape.has_all(&["[].start", "[].end", "[].text"]) && of_whisper;
    (list || segment || whole || openai || cpp || chunks).then_some(Kind::Document)
}

#[derive(Default, Deserialize)]
struct Document {
    segments: Option<Vec<Segment>>,
    language: Option<String>,
    text: Option<String>,
    /// Of OpenAI's service.
    #[serde(default, deserialize_with = "null_as_empty")]
    words: Vec<SegmentWord>,
    #[serde(default, deserialize_with = "seconds")]
    duration: Option<i64>,
    /// Of whisper.cpp.
    transcription: Option<Vec<cpp::Stretch>>,
    result: Option<cpp::Told>,
    /// Of the transformers pipeline.
    chunks: Option<Vec<Chunk>>,
    #[serde(default, deserialize_with = "null_as_empty")]
    speakers: Vec<Chunk>,
}

#[derive(Deserialize)]
struct Chunk {
    timestamp: (Option<f64>, Option<f64>),
    #[serde(default, deserialize_with = "null_as_empty")]
    text: String,
    speaker: Option<String>,
}

impl From<Chunk> for Segment {
    fn from(chunk: Chunk) -> Self {
        Segment {
            start: chunk.timestamp.0,
            end: chunk.timestamp.1,
            text: chunk.text,
            speaker: chunk.speaker,
            words: Vec::new(),
        }
    }
}

#[derive(Deserialize)]
struct Segment {
    #[serde(default, deserialize_with = "crate::time::number")]
    start: Option<f64>,
    #[serde(default, deserialize_with = "crate::time::number")]
    end: Option<f64>,
    #[serde(default, deserialize_with = "null_as_empty")]
    text: String,
    speaker: Option<String>,
    #[serde(default, deserialize_with = "null_as_empty")]
    words: Vec<SegmentWord>,
}

#[derive(Deserialize)]
struct SegmentWord {
    #[serde(default, alias = "text", deserialize_with = "null_as_empty")]
    word: String,
    #[serde(default, deserialize_with = "crate::time::number")]
    start: Option<f64>,
    #[serde(default, deserialize_with = "crate::time::number")]
    end: Option<f64>,
    #[serde(alias = "probability", alias = "confidence")]
    #[serde(default, deserialize_with = "crate::time::number")]
    score: Option<f64>,
    speaker: Option<String>,
}

fn document(json: &str) -> Result<Call, Problem> {
    let document = if json.trim_start().starts_with('[') {
        Document {
            segments: Some(serde_json::from_str(json)?),
            ..Document::default()
        }
    } else {
        serde_json::from_str(json)?
    };
    if let Some(stretches) = document.transcription {
        return Ok(cpp::call(stretches, document.result));
    }
    let chunks = match document.speakers.is_empty() {
        true => document.chunks,
        false => Some(document.speakers),
    };
    let segments = match document
        .segments
        .or(chunks.map(|c| c.into_iter().map(Segment::from).collect()))
    {
        Some(segments) => with_words(segments, document.words),
        None if document.words.is_empty() => return Err(Problem::missing("segments[]")),
        None => vec![whole(document.text, document.words)],
    };
    let mut call = Call {
        end_ms: document.duration,
        ..Call::default()
    };
    call.file_under("language", document.language);
    call.turns = segments.into_iter().flat_map(turns).collect();
    call.sort();
    Ok(call)
}

/// Puts words that stand beside the segments into those in which they begin.
fn with_words(mut segments: Vec<Segment>, words: Vec<SegmentWord>) -> Vec<Segment> {
    if segments.iter().any(|s| !s.words.is_empty()) {
        return segments;
    }
    for word in words {
        let begun = segments
            .iter()
            .rposition(|s| s.start.zip(word.start).is_some_and(|(s, w)| s <= w));
        if let Some(segment) = segments.get_mut(begun.unwrap_or(0)) {
            segment.words.push(word);
        }
    }
    segments
}

/// A call of which only the words and the text as a whole are told.
fn whole(text: Option<String>, words: Vec<SegmentWord>) -> Segment {
    let spoken = || words.iter().map(|w| w.word.trim()).collect::<Vec<_>>().join(" ");
    Segment {
        start: words.first().and_then(|w| w.start),
        end: words.last().and_then(|w| w.end),
        text: text.unwrap_or_else(spoken),
        speaker: None,
        words,
    }
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
