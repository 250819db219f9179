//! Speechmatics: finished (`json-v2`) and in real time.
//!
//! # Facts
//! - The result has `format`, `job`, `metadata` and a flat `results[]`. Each has `type`, `start_time` and `end_time` in seconds, and
//!   `alternatives[]`, best first: `content`, `confidence`, `speaker` (`S1`; `UU` is nobody known), `language`.
//! - `type` is `word`, `punctuation`, `entity`, `speaker_change` (without text) and others that bear none.
//! - An `entity` (a date, an amount) holds its words twice: `spoken_form[]` and `written_form[]`. Its own alternative is the written one.
//! - `attaches_to` says to which side a mark of punctuation goes: `previous`, `next`, `both`, `none`; without it, to the previous word.
//! - `metadata.language_pack_info.word_delimiter` stands between words: a space, or nothing for languages written without.
//! - With channel diarisation results have a `channel`: `channel_1` or the label that was given. Speakers are counted on each channel then.
//! - `metadata.transcription_config.language` is the language; `job.id`, `job.created_at` (of the job, not of the call), `job.duration`.
//! - `sentiment_analysis.segments[]` has a text, times, a speaker and a `sentiment` in a word; `topics.summary.overall` counts topics.
//! - A job that is not done is `{"job":{"id","status":…}}` without `results`.
//! - Messages of real time have `message`, their kind: `AddPartialTranscript` says all that is not final yet and is replaced by the next one or by
//!   `AddTranscript`, which may make only a part of it final. A transcript ends anywhere, also in mid-sentence. `RecognitionStarted` has the
//!   session's `id`, `EndOfTranscript` is the last.
//! - Nothing says what role a speaker has.

mod live;

use std::collections::HashMap;

use serde::Deserialize;

use crate::call::{Call, Category, Figures, Turn, Word, null_as_empty};
use crate::format::Format;
use crate::problem::Problem;
use crate::shape::Shape;
use crate::time::seconds;
use crate::vendors::words::Gatherer;
use crate::vendors::{Kind, Vendor};

pub(crate) const VENDOR: Vendor = Vendor {
    format: Format::Speechmatics,
    looks,
    document,
    live: Some(live::start),
};

fn looks(shape: &Shape) -> Option<Kind> {
    if shape.text("message").is_some_and(live::is_kind) {
        return Some(Kind::Message);
    }
    let is_result = shape.has_all(&["results", "metadata.transcription_config"])
        || shape.has_all(&["results[].alternatives[].content", "results[].type"])
            && shape.has_any(&["format", "metadata.type"]);
    let is_job = shape.has_all(&["job.id", "job.status"]) && shape.has_any(&["job.created_at", "job.config"]);
    (is_result || is_job).then_some(Kind::Document)
}

#[derive(Deserialize)]
struct Document {
    job: Option<Job>,
    metadata: Option<Metadata>,
    results: Option<Vec<Item>>,
    sentiment_analysis: Option<Sentiments>,
    topics: Option<Topics>,
}

#[derive(Deserialize)]
struct Job {
    id: Option<String>,
    status: Option<String>,
    #[serde(default, deserialize_with = "seconds")]
    duration: Option<i64>,
}

#[derive(Deserialize)]
struct Metadata {
    transcription_config: Option<Config>,
    language_pack_info: Option<LanguagePack>,
}

#[derive(Deserialize)]
struct Config {
    language: Option<String>,
}

#[derive(Deserialize)]
struct LanguagePack {
    word_delimiter: Option<String>,
}

/// A word, a mark of punctuation or an entity.
#[derive(Deserialize)]
struct Item {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "seconds")]
    start_time: Option<i64>,
    #[serde(default, deserialize_with = "seconds")]
    end_time: Option<i64>,
    channel: Option<String>,
    attaches_to: Option<String>,
    is_eos: Option<bool>,
    #[serde(default, deserialize_with = "null_as_empty")]
    alternatives: Vec<Alternative>,
    #[serde(default, deserialize_with = "null_as_empty")]
    written_form: Vec<Item>,
}

#[derive(Deserialize)]
struct Alternative {
    #[serde(default, deserialize_with = "null_as_empty")]
    content: String,
    #[serde(default, deserialize_with = "crate::time::number")]
    confidence: Option<f64>,
    speaker: Option<String>,
}

#[derive(Deserialize)]
struct Sentiments {
    #[serde(default, deserialize_with = "null_as_empty")]
    segments: Vec<Sentiment>,
}

#[derive(Deserialize)]
struct Sentiment {
    sentiment: Option<String>,
    #[serde(default, deserialize_with = "seconds")]
    start_time: Option<i64>,
    #[serde(default, deserialize_with = "seconds")]
    end_time: Option<i64>,
    channel: Option<String>,
}

#[derive(Deserialize)]
struct Topics {
    #[serde(default, deserialize_with = "null_as_empty")]
    segments: Vec<Topical>,
}

#[derive(Deserialize)]
struct Topical {
    #[serde(default, deserialize_with = "seconds")]
    start_time: Option<i64>,
    #[serde(default, deserialize_with = "seconds")]
    end_time: Option<i64>,
    #[serde(default, deserialize_with = "null_as_empty")]
    topics: Vec<Topic>,
}

#[derive(Deserialize)]
struct Topic {
    topic: Option<String>,
}

/// How a result's text goes to the words around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Apart from them.
    Apart,
    /// Behind the one before, and the next one apart.
    Behind,
    /// In front of the next one.
    Before,
    /// Between both, without a space.
    Between,
}

impl Item {
    fn place(&self) -> Place {
        match (self.attaches_to.as_deref(), self.kind.as_deref()) {
            (Some("next"), _) => Place::Before,
            (Some("both"), _) => Place::Between,
            (Some("previous"), _) | (None, Some("punctuation")) => Place::Behind,
            _ => Place::Apart,
        }
    }

    /// What was said: of an entity the written form.
    fn content(&self) -> String {
        match self.alternatives.first() {
            Some(best) => best.content.clone(),
            None => {
                let words = self.written_form.iter().map(Item::content);
                words.collect::<Vec<_>>().join(" ")
            }
        }
    }

    fn speaker(&self) -> Option<&str> {
        let own = self.alternatives.first().and_then(|a| a.speaker.as_deref());
        let speaker = own.or_else(|| self.written_form.first().and_then(Item::speaker));
        speaker.filter(|&s| s != "UU")
    }

    /// The speaker's id: with channels the channel's, and who speaks on it.
    fn voice(&self) -> Option<String> {
        match (&self.channel, self.speaker()) {
            (Some(channel), Some(speaker)) => Some(format!("{channel}_{speaker}")),
            (Some(channel), None) => Some(channel.clone()),
            (None, speaker) => speaker.map(str::to_owned),
        }
    }

    fn word(&self, text: String) -> Word {
        Word {
            text,
            start_ms: self.start_time,
            end_ms: self.end_time,
            confidence: self.alternatives.first().and_then(|a| a.confidence),
        }
    }
}

fn document(json: &str) -> Result<Call, Problem> {
    let document: Document = serde_json::from_str(json)?;
    let status = document.job.as_ref().and_then(|j| j.status.as_deref());
    let results = document.results.ok_or_else(|| match status {
        Some(status) => Problem::new(format!(
            "no `results[]`: this is the job (status {status}), not its transcript"
        )),
        None => Problem::missing("results[]"),
    })?;
    let metadata = document.metadata;
    let delimiter = metadata.as_ref().and_then(|m| m.language_pack_info.as_ref());
    let is_spaced = delimiter
        .and_then(|l| l.word_delimiter.as_deref())
        .is_none_or(|d| !d.is_empty());
    let mut call = Call {
        id: document.job.as_ref().and_then(|j| j.id.clone()),
        turns: turns(&results, is_spaced),
        end_ms: document.job.and_then(|j| j.duration),
        ..Call::default()
    };
    let config = metadata.and_then(|m| m.transcription_config);
    call.file_under("language", config.and_then(|c| c.language));
    call.sort();
    let segments = document.sentiment_analysis.map(|s| s.segments);
    for segment in segments.into_iter().flatten() {
        add_sentiment(&mut call.turns, &segment);
    }
    call.vendor = document.topics.map(figures);
    Ok(call)
}

/// The turns that words make.
fn turns(results: &[Item], is_spaced: bool) -> Vec<Turn> {
    let mut gatherer = Gatherer::default();
    // On each channel what stands in front of the next word, and whether that word goes right behind the last.
    let mut pending: HashMap<Option<&str>, (String, bool)> = HashMap::new();
    for item in results {
        let (content, channel) = (item.content(), item.channel.as_deref());
        let (content, place) = (content.trim(), item.place());
        if content.is_empty() {
            continue;
        }
        let (front, is_glued) = pending.entry(channel).or_default();
        match place {
            Place::Before => front.push_str(content),
            Place::Behind | Place::Between => {
                gatherer.punctuation(content, channel);
                *is_glued |= place == Place::Between;
            }
            Place::Apart => {
                let word = item.word(std::mem::take(front) + content);
                let voice = item.voice();
                if std::mem::take(is_glued) || !is_spaced {
                    gatherer.glued(word, voice.as_deref(), channel);
                } else {
                    gatherer.word(word, voice.as_deref(), channel);
                }
            }
        }
    }
    gatherer.turns()
}

/// Puts a sentiment to the turn in whose time it begins. A turn of several sentiments keeps them all, in their order.
fn add_sentiment(turns: &mut [Turn], segment: &Sentiment) {
    let Some((start, sentiment)) = segment.start_time.zip(segment.sentiment.as_deref()) else {
        return;
    };
    let middle = segment.end_time.map_or(start, |end| i64::midpoint(start, end));
    let holds = |turn: &&mut Turn| {
        turn.channel == segment.channel
            && turn.start_ms.is_some_and(|s| s <= middle)
            && turn.end_ms.is_some_and(|e| e >= middle)
    };
    if let Some(turn) = turns.iter_mut().find(holds) {
        let sentiments = turn
            .vendor_sentiment
            .get_or_insert_with(|| Vec::<String>::new().into());
        if let Some(list) = sentiments.as_array_mut() {
            list.push(sentiment.into());
        }
    }
}

/// The topics, as categories.
fn figures(topics: Topics) -> Figures {
    let mut figures = Figures::of(Format::Speechmatics);
    for segment in topics.segments {
        let point = segment.start_time.zip(segment.end_time);
        for name in segment.topics.into_iter().filter_map(|t| t.topic) {
            let known = figures.categories.iter().position(|c| c.name == name);
            let at = known.unwrap_or_else(|| {
                figures.categories.push(Category {
                    name,
                    ..Category::default()
                });
                figures.categories.len() - 1
            });
            figures.categories[at].points.extend(point);
        }
    }
    figures
}
