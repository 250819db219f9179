//! Rev.ai: finished and streamed; Rev's human transcripts look nearly the same.
//!
//! # Facts
//! - The result is `{"monologues":[…]}`. A monologue has a `speaker` (a number, from 0), perhaps `speaker_info` (`id`, `display_name`), and
//!   `elements[]`: `type` `text` with `value`, `ts`, `end_ts` in seconds and `confidence`; `punct`, whose values hold the spaces too; `unknown` for
//!   what was not understood. A monologue is as long as its speaker speaks, with whatever pauses.
//! - Human transcripts have `timestamp` and `end_timestamp` as `HH:MM:SS,mmm`, and `speakers[]` with `id` and `name`.
//! - With a recording of several channels `speaker` counts channels.
//! - A job that is not done, or a webhook's body, has `status` and `created_on` (in a webhook within `job`) and no monologues.
//! - Streams: `{"type":"connected","id"}`, then hypotheses with `ts` and `end_ts` in seconds from the stream's start. A `partial` has words without
//!   times and without spaces between; the next `partial` or `final` takes its place. A `final` has elements as above. `speaker_id` stands with
//!   both if speaker switches are asked for.
//! - Nothing says what role a speaker has.

use serde::{Deserialize, Deserializer};

use crate::call::{Call, Turn, Word, null_as_empty, times};
use crate::captions::cues;
use crate::format::Format;
use crate::live::{Live, Message};
use crate::problem::Problem;
use crate::shape::Shape;
use crate::time::seconds;
use crate::vendors::{Kind, Vendor};
use hackles::transcript::id_as_text;

pub(crate) const VENDOR: Vendor = Vendor {
    format: Format::RevAi,
    looks,
    document,
    live: Some(|| Box::<Stream>::default()),
};

fn looks(shape: &Shape) -> Option<Kind> {
    let is_job = shape.has_all(&["id", "status", "created_on"])
        || shape.has_all(&["job.id", "job.status", "job.created_on"]);
    match shape.text("type") {
        Some("connected") if shape.has("id") => Some(Kind::Message),
        Some("partial" | "final") if shape.has("elements") => Some(Kind::Message),
        _ => (shape.has("monologues") || is_job).then_some(Kind::Document),
    }
}

#[derive(Deserialize)]
struct Document {
    monologues: Option<Vec<Monologue>>,
    #[serde(default, deserialize_with = "null_as_empty")]
    speakers: Vec<Speaker>,
    status: Option<String>,
    job: Option<Job>,
}

#[derive(Deserialize)]
struct Job {
    status: Option<String>,
}

#[derive(Deserialize)]
struct Speaker {
    #[serde(default, deserialize_with = "id_as_text")]
    id: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Monologue {
    #[serde(default, deserialize_with = "id_as_text")]
    speaker: Option<String>,
    speaker_info: Option<SpeakerInfo>,
    #[serde(default, deserialize_with = "null_as_empty")]
    elements: Vec<Element>,
}

#[derive(Deserialize)]
struct SpeakerInfo {
    display_name: Option<String>,
}

#[derive(Deserialize)]
struct Element {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "null_as_empty")]
    value: String,
    #[serde(default, alias = "timestamp", deserialize_with = "moment")]
    ts: Option<i64>,
    #[serde(default, alias = "end_timestamp", deserialize_with = "moment")]
    end_ts: Option<i64>,
    #[serde(default, deserialize_with = "crate::time::number")]
    confidence: Option<f64>,
}

/// Reads seconds, or a time of the clock as in `00:01:02,500`, as milliseconds.
fn moment<'de, D: Deserializer<'de>>(d: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a time (seconds, or `HH:MM:SS,mmm`)")]
    enum Moment {
        Seconds(#[serde(deserialize_with = "seconds")] Option<i64>),
        Clock(String),
    }
    match Moment::deserialize(d)? {
        Moment::Seconds(ms) => Ok(ms),
        Moment::Clock(text) => cues::time(text.trim())
            .map(Some)
            .ok_or_else(|| serde::de::Error::custom("a time that is neither seconds nor `HH:MM:SS,mmm`")),
    }
}

impl Element {
    fn is_punctuation(&self) -> bool {
        self.kind.as_deref() == Some("punct")
    }
}

fn document(json: &str) -> Result<Call, Problem> {
    let document: Document = serde_json::from_str(json)?;
    let status = document.status.or(document.job.and_then(|j| j.status));
    let monologues = document.monologues.ok_or_else(|| match status {
        Some(status) => Problem::new(format!(
            "no `monologues[]`: this is the job (status {status}), not its transcript"
        )),
        None => Problem::missing("monologues[]"),
    })?;
    let mut call = Call::default();
    for speaker in &document.speakers {
        if let Some(id) = &speaker.id {
            call.party(id, None, speaker.name.as_deref());
        }
    }
    for monologue in monologues {
        let info = monologue.speaker_info.and_then(|i| i.display_name);
        if let Some((id, name)) = monologue.speaker.as_deref().zip(info.as_deref()) {
            call.party(id, None, Some(name));
        }
        call.turns.extend(turn(&monologue.elements, monologue.speaker));
    }
    call.sort();
    Ok(call)
}

/// The turn that elements make; none if they say nothing.
fn turn(elements: &[Element], speaker: Option<String>) -> Option<Turn> {
    let mut turn = Turn {
        speaker,
        ..Turn::default()
    };
    for element in elements {
        turn.text.push_str(&element.value);
        turn.end_ms = turn.end_ms.max(element.end_ts);
        turn.start_ms = turn.start_ms.or(element.ts);
        if !element.is_punctuation() {
            turn.words.push(Word {
                text: element.value.trim().to_owned(),
                start_ms: element.ts,
                end_ms: element.end_ts,
                confidence: element.confidence,
            });
        } else if let Some(word) = turn.words.last_mut() {
            word.text.push_str(element.value.trim());
        }
    }
    turn.text = turn.text.split_whitespace().collect::<Vec<_>>().join(" ");
    if turn.words.iter().all(|w| w.start_ms.is_none()) {
        turn.words.clear();
    }
    (!turn.text.is_empty()).then_some(turn)
}

/// A message of a stream.
#[derive(Deserialize)]
struct StreamMessage {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, deserialize_with = "id_as_text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "id_as_text")]
    speaker_id: Option<String>,
    #[serde(default, deserialize_with = "moment")]
    ts: Option<i64>,
    #[serde(default, deserialize_with = "moment")]
    end_ts: Option<i64>,
    #[serde(default, deserialize_with = "null_as_empty")]
    elements: Vec<Element>,
}

/// The stream's id, and the number of the open hypothesis.
#[derive(Default)]
struct Stream {
    id: Option<String>,
    hypothesis: u64,
}

impl Live for Stream {
    fn message(&mut self, message: &str, out: &mut Vec<Message>) -> Result<(), Problem> {
        let message: StreamMessage = serde_json::from_str(message)?;
        let is_final = message.kind == "final";
        if message.kind == "connected" {
            *self = Stream {
                id: message.id,
                hypothesis: 0,
            };
            out.push(Message {
                call: self.id.clone(),
                ..Message::default()
            });
        } else if is_final || message.kind == "partial" {
            let said = turn(&message.elements, message.speaker_id.clone()).unwrap_or_default();
            let text = if is_final {
                said.text
            } else {
                spaced(&message.elements)
            };
            let mut chunk = Message::chunk(self.hypothesis.to_string(), message.speaker_id, text, is_final);
            chunk.call = self.id.clone();
            (chunk.start_ms, chunk.end_ms) = (message.ts, message.end_ts);
            chunk.words = times(&said.words);
            out.push(chunk);
            self.hypothesis += u64::from(is_final);
        }
        Ok(())
    }
}

/// The words of a partial hypothesis, which has no spaces of its own.
fn spaced(elements: &[Element]) -> String {
    let words = elements.iter().map(|e| e.value.trim());
    words.filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ")
}
