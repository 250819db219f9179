//! Deepgram: the result for a recording, and the messages of its streams.
//!
//! # Facts
//! - A result is `metadata` (`request_id`, `duration`, `channels`) and `results.channels[].alternatives[]` with `transcript`, `confidence`, `words[]`.
//!   All times are seconds as floats with their rounding errors (`5.2799997`). `metadata.created` is when the request was made, not the call.
//! - `results.utterances[]` is there only if asked for; without it turns are made of the words.
//! - Words have the bare `word` and, if punctuation was asked for, `punctuated_word`; `speaker` is a number, only with diarization.
//! - Several channels (`multichannel`) are transcribed apart, each with its own count of speakers from 0: speakers are `ch_0`, with diarization
//!   `ch_0_spk_1`. On a single channel a diarized speaker is `0`, and without diarization nobody knows who speaks.
//! - Sentiments are segments over the words of the first channel (`results.sentiments.segments[]`: `start_word` to `end_word`, both within,
//!   `sentiment_score` from -1 to 1); topics and intents likewise.
//! - Redacted words are marks: `[CREDIT_CARD_1]`.
//! - A request with a callback is answered by `request_id` alone; a failed one by `err_code` and `err_msg`.
//! - Streams: `Results` say a stretch of one channel (`channel_index`: which, of how many) from `start` on; they are revised until `is_final`.
//!   One utterance may be several such stretches, until `speech_final`, an `UtteranceEnd` or a `Finalize` that was asked for (`from_finalize`). Only
//!   `Results` carry the `request_id` (in `metadata`). `SpeechStarted` says nothing that is not in the results; `Metadata` comes last. Older
//!   streams do not say the `type`.
//! - Streams of models that find the ends of turns (`/v2/listen`) begin with `Connected`; each `TurnInfo` says all of the turn `turn_index` so far, until its
//!   `event` is `EndOfTurn`. Words have no times there.

mod insights;
mod live;

use hackles::transcript::id_as_text;
use serde::Deserialize;

use self::insights::Insights;
use crate::call::{Call, Figures, Turn, Word, null_as_empty};
use crate::format::Format;
use crate::marks::redactions;
use crate::problem::Problem;
use crate::shape::Shape;
use crate::time::from_seconds;
use crate::vendors::voice;
use crate::vendors::words::Gatherer;
use crate::vendors::{Kind, Vendor};

pub(crate) const VENDOR: Vendor = Vendor {
    format: Format::Deepgram,
    looks,
    document,
    live: Some(live::start),
};

fn looks(shape: &Shape) -> Option<Kind> {
    let message = match shape.text("type") {
        Some("Results") => shape.has_any(&["channel", "channel_index"]),
        Some("Metadata") => shape.has("request_id"),
        Some("UtteranceEnd") => shape.has("last_word_end"),
        Some("SpeechStarted") => shape.has("channel"),
        Some("Error") => shape.has_any(&["err_code", "variant"]),
        Some("TurnInfo") => shape.has_all(&["turn_index", "event"]),
        Some("Connected") => shape.has_all(&["request_id", "sequence_id"]),
        // Older streams do not say the type.
        None => shape.has_all(&["channel.alternatives", "is_final"]),
        _ => false,
    };
    if message {
        return Some(Kind::Message);
    }
    let document = shape.has("results.channels")
        || shape.has_all(&["results.utterances", "metadata"])
        || shape.has_all(&["err_code", "err_msg", "request_id"]);
    document.then_some(Kind::Document)
}

#[derive(Deserialize)]
struct Document {
    request_id: Option<String>,
    err_code: Option<String>,
    #[serde(default, deserialize_with = "null_as_empty")]
    metadata: Metadata,
    results: Option<Results>,
}

#[derive(Default, Deserialize)]
struct Metadata {
    request_id: Option<String>,
    #[serde(default, deserialize_with = "crate::time::number")]
    duration: Option<f64>,
    channels: Option<usize>,
}

#[derive(Deserialize)]
struct Results {
    channels: Option<Vec<Channel>>,
    #[serde(default, deserialize_with = "null_as_empty")]
    utterances: Vec<Utterance>,
    #[serde(flatten)]
    insights: Insights,
}

#[derive(Deserialize)]
struct Channel {
    #[serde(default, deserialize_with = "null_as_empty")]
    alternatives: Vec<Alternative>,
    detected_language: Option<String>,
}

/// What was heard, of which more is less likely.
#[derive(Default, Deserialize)]
struct Alternative {
    #[serde(default, deserialize_with = "null_as_empty")]
    transcript: String,
    #[serde(default, deserialize_with = "null_as_empty")]
    words: Vec<Heard>,
    #[serde(default, deserialize_with = "crate::time::number")]
    confidence: Option<f64>,
}

#[derive(Deserialize)]
struct Utterance {
    #[serde(default, deserialize_with = "crate::time::number")]
    start: Option<f64>,
    #[serde(default, deserialize_with = "crate::time::number")]
    end: Option<f64>,
    #[serde(default, deserialize_with = "crate::time::number")]
    confidence: Option<f64>,
    #[serde(default, deserialize_with = "id_as_text")]
    channel: Option<String>,
    #[serde(default, deserialize_with = "null_as_empty")]
    transcript: String,
    #[serde(default, deserialize_with = "null_as_empty")]
    words: Vec<Heard>,
    #[serde(default, deserialize_with = "id_as_text")]
    speaker: Option<String>,
}

#[derive(Deserialize)]
struct Heard {
    #[serde(default, deserialize_with = "null_as_empty")]
    word: String,
    punctuated_word: Option<String>,
    #[serde(default, deserialize_with = "crate::time::number")]
    start: Option<f64>,
    #[serde(default, deserialize_with = "crate::time::number")]
    end: Option<f64>,
    #[serde(default, deserialize_with = "crate::time::number")]
    confidence: Option<f64>,
    #[serde(default, deserialize_with = "id_as_text")]
    speaker: Option<String>,
}

impl Heard {
    fn word(self) -> Word {
        Word {
            text: self.punctuated_word.unwrap_or(self.word),
            start_ms: self.start.and_then(from_seconds),
            end_ms: self.end.and_then(from_seconds),
            confidence: self.confidence,
        }
    }
}

fn document(json: &str) -> Result<Call, Problem> {
    let document: Document = serde_json::from_str(json)?;
    let lacks = |hint: &str| Problem::new(format!("no `results.channels[]`{hint}"));
    let Some(results) = document.results else {
        return Err(match (document.err_code, document.request_id) {
            (Some(code), _) => lacks(&format!(": the request failed ({code})")),
            (None, Some(_)) => lacks(": this only says that the result will be sent to the callback"),
            (None, None) => lacks(""),
        });
    };
    let channels = results.channels.unwrap_or_default();
    if channels.is_empty() && results.utterances.is_empty() {
        return Err(lacks(""));
    }
    let mut call = Call {
        id: document.metadata.request_id,
        end_ms: document.metadata.duration.and_then(from_seconds),
        ..Call::default()
    };
    let language = channels.iter().find_map(|c| c.detected_language.clone());
    call.file_under("language", language);
    let count = document.metadata.channels.unwrap_or(channels.len());
    let first = channels.first().and_then(|c| c.alternatives.first());
    let guide = results.insights.guide(first);
    call.turns = if results.utterances.is_empty() {
        from_words(channels, count)
    } else {
        let turns = results.utterances.into_iter().map(|u| turn(u, count));
        turns.filter(|t| !t.text.is_empty()).collect()
    };
    for turn in &mut call.turns {
        turn.redactions = redactions(&turn.text);
        turn.vendor_sentiment = guide.sentiment(turn);
    }
    call.vendor = Some(Figures {
        categories: guide.categories,
        ..Figures::of(Format::Deepgram)
    });
    call.sort();
    Ok(call)
}

fn turn(utterance: Utterance, channels: usize) -> Turn {
    let channel = utterance.channel.as_deref();
    Turn {
        speaker: voice::id(channel, channels, utterance.speaker.as_deref()),
        start_ms: utterance.start.and_then(from_seconds),
        end_ms: utterance.end.and_then(from_seconds),
        text: utterance.transcript.trim().to_owned(),
        words: utterance.words.into_iter().map(Heard::word).collect(),
        confidence: utterance.confidence,
        channel: utterance.channel,
        ..Turn::default()
    }
}

/// The turns of a result without utterances.
fn from_words(channels: Vec<Channel>, count: usize) -> Vec<Turn> {
    let mut gatherer = Gatherer::default();
    let mut wordless = Vec::new();
    for (at, channel) in channels.into_iter().enumerate() {
        let Some(best) = channel.alternatives.into_iter().next() else {
            continue;
        };
        let name = at.to_string();
        if best.words.is_empty() && !best.transcript.is_empty() {
            wordless.push(Turn {
                speaker: voice::id(Some(&name), count, None),
                channel: Some(name.clone()),
                text: best.transcript,
                confidence: best.confidence,
                ..Turn::default()
            });
        }
        for heard in best.words {
            let speaker = voice::id(Some(&name), count, heard.speaker.as_deref());
            gatherer.word(heard.word(), speaker.as_deref(), Some(&name));
        }
    }
    let mut turns = gatherer.turns();
    turns.append(&mut wordless);
    turns
}
