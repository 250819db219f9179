//! AssemblyAI: transcripts, and the messages of its streams.
//!
//! # Facts
//! - A transcript is one object: `id`, `status` (`queued`, `processing`, `completed`, `error`), `audio_url`, `language_code`, `audio_duration` in whole
//!   seconds, `text`, `words[]`, `utterances[]`. Whatever was not asked for is null.
//! - Times of words and utterances are whole milliseconds. Speakers are letters (`A`).
//! - `utterances[]` are there with `speaker_labels` or `multichannel`. With several channels, `channel` is `"1"` or `"2"` and the speaker `1`, or `1A` if the
//!   channel holds several voices. Without utterances, turns are made of the words.
//! - `sentiment_analysis_results[]` tell a sentiment (`POSITIVE`, `NEUTRAL`, `NEGATIVE`) sentence by sentence, found here by time.
//!   `iab_categories_result.results[]` tell topics.
//! - `redact_pii` says that something was taken out: `redact_pii_sub` is `hash` (`####`) or `entity_name` (`[PERSON_NAME]`).
//! - A webhook's body is `transcript_id` and `status` alone.
//! - Streams (v3): `Begin` with the `id`, `Turn`, `Termination`. A `Turn` says all of its turn so far, which `turn_order` names: `transcript` has the words
//!   that are final, `words[]` also the one that may change. With formatting asked for, the end of a turn comes twice, bare and then with
//!   `turn_is_formatted`; which of both is the last is not said, so that a bare one stays open until the formatted one or the next turn
//!   comes. Turns that came bare once do not wait any more.
//! - Older streams say `message_type`: `SessionBegins` (`session_id`), `PartialTranscript` and `FinalTranscript` (`audio_start`, `audio_end`, `text`, `words[]`) and
//!   `SessionTerminated`. What is partial has no id; the next final takes its place.

mod live;

use hackles::transcript::id_as_text;
use serde::Deserialize;
use serde_json::Value;

use crate::call::{Call, Category, Figures, Turn, Word, null_as_empty};
use crate::format::Format;
use crate::marks::redactions;
use crate::problem::Problem;
use crate::shape::Shape;
use crate::time::from_seconds;
use crate::vendors::words::Gatherer;
use crate::vendors::{Kind, Vendor};

pub(crate) const VENDOR: Vendor = Vendor {
    format: Format::AssemblyAi,
    looks,
    document,
    live: Some(live::start),
};

fn looks(shape: &Shape) -> Option<Kind> {
    let message = match shape.text("type").or_else(|| shape.text("message_type")) {
        Some("Begin") => shape.has_all(&["id", "expires_at"]),
        Some("Turn") => shape.has_any(&["turn_order", "end_of_turn"]),
        Some("Termination") => shape.has_any(&["audio_duration_seconds", "session_duration_seconds"]),
        Some("SpeechStarted") => shape.has("timestamp") && !shape.has("channel"),
        Some("SessionBegins") => shape.has("session_id"),
        Some("PartialTranscript" | "FinalTranscript") => shape.has("audio_start"),
        Some("SessionTerminated" | "SessionInformation") => shape.has("message_type"),
        _ => false,
    };
    if message {
        return Some(Kind::Message);
    }
    let transcript = shape.has_all(&["id", "status"])
        && shape.has_any(&["audio_url", "acoustic_model", "utterances", "audio_duration"]);
    let words = shape.has_all(&["utterances[].speaker", "utterances[].words[].text"]);
    let webhook = shape.has_all(&["transcript_id", "status"]);
    (transcript || words || webhook).then_some(Kind::Document)
}

#[derive(Deserialize)]
struct Document {
    #[serde(alias = "transcript_id")]
    id: Option<String>,
    status: Option<String>,
    language_code: Option<String>,
    #[serde(default, deserialize_with = "crate::time::number")]
    audio_duration: Option<f64>,
    text: Option<String>,
    #[serde(default, deserialize_with = "null_as_empty")]
    words: Vec<HeardWord>,
    #[serde(default, deserialize_with = "null_as_empty")]
    utterances: Vec<Utterance>,
    #[serde(default, deserialize_with = "null_as_empty")]
    sentiment_analysis_results: Vec<Sentiment>,
    #[serde(default, deserialize_with = "null_as_empty")]
    iab_categories_result: Topics,
    redact_pii: Option<bool>,
}

#[derive(Deserialize)]
struct Utterance {
    #[serde(default, deserialize_with = "crate::time::ms")]
    start: Option<i64>,
    #[serde(default, deserialize_with = "crate::time::ms")]
    end: Option<i64>,
    #[serde(default, deserialize_with = "null_as_empty")]
    text: String,
    #[serde(default, deserialize_with = "crate::time::number")]
    confidence: Option<f64>,
    #[serde(default, deserialize_with = "id_as_text")]
    speaker: Option<String>,
    #[serde(default, deserialize_with = "id_as_text")]
    channel: Option<String>,
    #[serde(default, deserialize_with = "null_as_empty")]
    words: Vec<HeardWord>,
}

#[derive(Deserialize)]
struct HeardWord {
    #[serde(default, deserialize_with = "null_as_empty")]
    text: String,
    #[serde(default, deserialize_with = "crate::time::ms")]
    start: Option<i64>,
    #[serde(default, deserialize_with = "crate::time::ms")]
    end: Option<i64>,
    #[serde(default, deserialize_with = "crate::time::number")]
    confidence: Option<f64>,
    #[serde(default, deserialize_with = "id_as_text")]
    speaker: Option<String>,
    #[serde(default, deserialize_with = "id_as_text")]
    channel: Option<String>,
    /// Whether it will not change, of a stream.
    word_is_final: Option<bool>,
}

#[derive(Deserialize)]
struct Sentiment {
    #[serde(default, deserialize_with = "crate::time::ms")]
    start: Option<i64>,
    sentiment: Option<String>,
    #[serde(default, deserialize_with = "id_as_text")]
    speaker: Option<String>,
}

#[derive(Default, Deserialize)]
struct Topics {
    #[serde(default, deserialize_with = "null_as_empty")]
    results: Vec<TopicText>,
}

#[derive(Deserialize)]
struct TopicText {
    #[serde(default, deserialize_with = "null_as_empty")]
    labels: Vec<Label>,
    timestamp: Option<Stretch>,
}

#[derive(Deserialize)]
struct Label {
    #[serde(default, deserialize_with = "null_as_empty")]
    relevance: f64,
    #[serde(default, deserialize_with = "null_as_empty")]
    label: String,
}

#[derive(Deserialize)]
struct Stretch {
    start: i64,
    end: i64,
}

impl HeardWord {
    fn word(self) -> Word {
        Word {
            text: self.text,
            start_ms: self.start,
            end_ms: self.end,
            confidence: self.confidence,
        }
    }
}

/// The speaker id: the vendor's own, else that of the channel.
fn speaker(own: Option<String>, channel: Option<&str>) -> Option<String> {
    own.or_else(|| channel.map(|c| format!("ch_{c}")))
}

fn document(json: &str) -> Result<Call, Problem> {
    let document: Document = serde_json::from_str(json)?;
    let Some(text) = document.text else {
        return Err(lacks_text(document.status.as_deref()));
    };
    let mut call = Call {
        id: document.id,
        end_ms: document.audio_duration.and_then(from_seconds),
        ..Call::default()
    };
    call.file_under("language", document.language_code);
    call.turns = if !document.utterances.is_empty() {
        document.utterances.into_iter().map(turn).collect()
    } else if !document.words.is_empty() {
        from_words(document.words)
    } else {
        let whole = Turn {
            text,
            ..Turn::default()
        };
        vec![whole]
    };
    call.turns.retain(|turn| !turn.text.is_empty());
    for turn in &mut call.turns {
        if document.redact_pii == Some(true) {
            turn.redactions = redactions(&turn.text);
        }
        turn.vendor_sentiment = sentiment(turn, &document.sentiment_analysis_results);
    }
    let mut figures = Figures::of(Format::AssemblyAi);
    for topic in document.iab_categories_result.results {
        file_topic(&mut figures, topic);
    }
    call.vendor = Some(figures);
    call.sort();
    Ok(call)
}

fn lacks_text(status: Option<&str>) -> Problem {
    let hint = match status {
        Some("error") => ": the transcription failed, as `error` says".to_owned(),
        Some("completed") => ": this only says that the transcript is there".to_owned(),
        Some(status) => format!(": the transcription is not finished (its status is {status:?})"),
        None => String::new(),
    };
    Problem::new(format!("no `text`{hint}"))
}

fn turn(utterance: Utterance) -> Turn {
    Turn {
        speaker: speaker(utterance.speaker, utterance.channel.as_deref()),
        channel: utterance.channel,
        start_ms: utterance.start,
        end_ms: utterance.end,
        text: utterance.text,
        words: utterance.words.into_iter().map(HeardWord::word).collect(),
        confidence: utterance.confidence,
        ..Turn::default()
    }
}

/// The turns of a transcript without utterances.
fn from_words(words: Vec<HeardWord>) -> Vec<Turn> {
    let mut gatherer = Gatherer::default();
    for mut word in words {
        let channel = word.channel.take();
        let speaker = speaker(word.speaker.take(), channel.as_deref());
        gatherer.word(word.word(), speaker.as_deref(), channel.as_deref());
    }
    gatherer.turns()
}

/// The sentiments of a turn's sentences: one word if they agree, else a list.
fn sentiment(turn: &Turn, sentences: &[Sentiment]) -> Option<Value> {
    let (start, end) = turn.start_ms.zip(turn.end_ms)?;
    let within = sentences.iter().filter(|s| {
        let theirs = s.speaker.is_none() || s.speaker == turn.speaker;
        theirs && s.start.is_some_and(|at| (start..end).contains(&at))
    });
    let told: Vec<&str> = within.filter_map(|s| s.sentiment.as_deref()).collect();
    let first = *told.first()?;
    Some(if told.iter().all(|s| *s == first) {
        first.into()
    } else {
        told.into()
    })
}

/// Files a stretch under the topic that fits it best.
fn file_topic(figures: &mut Figures, topic: TopicText) {
    let best = topic
        .labels
        .into_iter()
        .max_by(|a, b| a.relevance.total_cmp(&b.relevance));
    let Some(Label { label: name, .. }) = best else {
        return;
    };
    let point = topic.timestamp.map(|t| (t.start, t.end));
    match figures.categories.iter_mut().find(|c| c.name == name) {
        Some(category) => category.points.extend(point),
        None => figures.categories.push(Category {
            name,
            points: point.into_iter().collect(),
        }),
    }
}
