//! Genesys Cloud speech and text analytics: the transcript of a finished conversation, and transcription messages of live ones.
//!
//! # Facts
//! - A document is one conversation: `conversationId`, `conversationStartTime`, `startTime` and `duration.milliseconds` of what was recorded,
//!   `mediaType`, `transcripts[]`, `participants[]`. It has several transcripts if the language or program changed on the way.
//! - Times are milliseconds since 1970 (`startTimeMs`), lengths are objects (`duration.milliseconds`); only acoustic events have `durationMs`.
//!   The call counts from `conversationStartTime`, so that several documents of a conversation agree.
//! - `phrases[]` has `text` (bare words), `decoratedText` (with punctuation and numbers; may be missing), `words[]`, and who spoke as
//!   `participantPurpose`: `external` is the customer's side and `internal` the company's; of messages also `customer`, `agent`, `bot`, `workflow`.
//!   `acd`, `ivr`, `bot`, `voicemail` and the like are machines, which have no role.
//! - `participants[]` are the legs of the call with their own `participantPurpose` (`customer`, `acd`, `agent` …), `userId` and `queueId`. Phrases do
//!   not say which of several agents spoke.
//! - `analytics.sentiment[]` tells the sentiment (-1 to 1) of some phrases, found by `startTimeMs` and `participant`: `phraseIndex` counts
//!   differently from `phrases[]`. `analytics.topics[]` has `topicName`; `analytics.acoustics[]` says when somebody spoke (`voice`).
//! - Live messages (topic `v2.conversations.{id}.transcription`) come in one of two envelopes, `{topicName, eventBody}` over a web socket and
//!   `{"detail-type", detail: {eventBody}}` over EventBridge, or bare. Their `transcripts[]` have `utteranceId`, `isFinal`, `channel`
//!   (`EXTERNAL`, `INTERNAL`) and `alternatives[]` with `offsetMs` and `durationMs` from `sessionStartTimeMs`, `transcript`, `decoratedTranscript`.
//!   `status.status` is `SESSION_ONGOING` or `SESSION_ENDED`. EventBridge may bring a message twice. Messages of other topics (heartbeats: `channel.metadata`) say nothing.

mod live;

use hackles::Role;
use serde::Deserialize;
use serde_json::Value;

use crate::call::{Call, Category, Figures, Turn, Word, null_as_empty};
use crate::format::Format;
use crate::problem::Problem;
use crate::shape::Shape;
use crate::time::to_rfc3339;
use crate::vendors::{Kind, Vendor};

pub(crate) const VENDOR: Vendor = Vendor {
    format: Format::Genesys,
    looks,
    document,
    live: Some(live::start),
};

const PURPOSE: &str = "transcripts[].phrases[].participantPurpose";

fn looks(shape: &Shape) -> Option<Kind> {
    let message = shape.has_all(&["topicName", "eventBody"])
        || shape.has("detail.eventBody")
        || shape.has_all(&["conversationId", "transcripts[].utteranceId"])
        || shape.has_all(&["conversationId", "sessionStartTimeMs"]);
    if message {
        return Some(Kind::Message);
    }
    let document = shape.has("transcripts[].phrases")
        || shape.has_all(&["conversationId", "communicationId", "transcripts"]);
    document.then_some(Kind::Document)
}

/// The role of a side or a purpose, where it is one that has a role.
fn role(purpose: &str) -> Option<Role> {
    match purpose {
        "external" | "customer" => Some(Role::Customer),
        "internal" | "agent" | "user" => Some(Role::Agent),
        _ => None,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    conversation_id: Option<String>,
    transcripts: Option<Vec<Transcript>>,
    #[serde(default, deserialize_with = "null_as_empty")]
    participants: Vec<Leg>,
    #[serde(default, deserialize_with = "crate::time::ms")]
    start_time: Option<i64>,
    #[serde(default, deserialize_with = "null_as_empty")]
    duration: Duration,
    #[serde(default, deserialize_with = "crate::time::ms")]
    conversation_start_time: Option<i64>,
    url: Option<String>,
}

#[derive(Default, Deserialize)]
struct Duration {
    #[serde(default, deserialize_with = "crate::time::ms")]
    milliseconds: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Leg {
    participant_purpose: Option<String>,
    user_id: Option<String>,
    queue_id: Option<String>,
    #[serde(default, deserialize_with = "crate::time::ms")]
    end_time_ms: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Transcript {
    language: Option<String>,
    #[serde(default, deserialize_with = "null_as_empty")]
    phrases: Vec<Phrase>,
    #[serde(default, deserialize_with = "null_as_empty")]
    analytics: Analytics,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Phrase {
    #[serde(default, deserialize_with = "null_as_empty")]
    text: String,
    decorated_text: Option<String>,
    #[serde(default, deserialize_with = "crate::time::ms")]
    start_time_ms: Option<i64>,
    #[serde(default, deserialize_with = "null_as_empty")]
    duration: Duration,
    #[serde(default, deserialize_with = "null_as_empty")]
    words: Vec<PhraseWord>,
    #[serde(default, deserialize_with = "crate::time::number")]
    confidence: Option<f64>,
    participant_purpose: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PhraseWord {
    #[serde(default, deserialize_with = "null_as_empty")]
    word: String,
    #[serde(default, deserialize_with = "crate::time::number")]
    confidence: Option<f64>,
    #[serde(default, deserialize_with = "crate::time::ms")]
    start_time_ms: Option<i64>,
    #[serde(default, deserialize_with = "null_as_empty")]
    duration: Duration,
}

#[derive(Default, Deserialize)]
struct Analytics {
    #[serde(default, deserialize_with = "null_as_empty")]
    sentiment: Vec<Sentiment>,
    #[serde(default, deserialize_with = "null_as_empty")]
    acoustics: Vec<Acoustic>,
    #[serde(default, deserialize_with = "null_as_empty")]
    topics: Vec<Topic>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sentiment {
    participant: Option<String>,
    #[serde(default, deserialize_with = "crate::time::ms")]
    start_time_ms: Option<i64>,
    sentiment: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Acoustic {
    event_type: Option<String>,
    participant: Option<String>,
    #[serde(default, deserialize_with = "crate::time::ms")]
    duration_ms: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Topic {
    topic_name: Option<String>,
    #[serde(default, deserialize_with = "crate::time::ms")]
    start_time_ms: Option<i64>,
    #[serde(default, deserialize_with = "null_as_empty")]
    duration: Duration,
}

fn document(json: &str) -> Result<Call, Problem> {
    let document: Document = serde_json::from_str(json)?;
    let transcripts = document.transcripts.ok_or_else(|| match document.url {
        Some(_) => Problem::new("no `transcripts[]`: this is only the link (`url`) to the transcript"),
        None => Problem::missing("transcripts[]"),
    })?;
    let mut call = Call {
        id: document.conversation_id,
        ..Call::default()
    };
    let ends = document.participants.iter().filter_map(|leg| leg.end_time_ms);
    let recorded = document.start_time.zip(document.duration.milliseconds);
    call.end_ms = ends
        .max()
        .or(recorded.map(|(start, length)| start.saturating_add(length)));
    file(&mut call, &document.participants, &transcripts);
    let mut figures = Figures::of(Format::Genesys);
    for transcript in transcripts {
        let Transcript {
            phrases, analytics, ..
        } = transcript;
        for phrase in phrases {
            add(&mut call, phrase, &analytics.sentiment);
        }
        topics(&mut figures, &analytics.topics);
        talk(&mut figures, &call, &analytics.acoustics);
    }
    call.vendor = Some(figures);
    call.sort();
    let origin = document.conversation_start_time.or(document.start_time);
    if let Some(origin) = origin.or_else(|| call.first_start()) {
        call.count_from(origin);
        call.file_under("started_at", to_rfc3339(origin));
    }
    Ok(call)
}

/// Files the call under its language, and under its agent and queue if there is one of each.
fn file(call: &mut Call, legs: &[Leg], transcripts: &[Transcript]) {
    let language = transcripts.iter().find_map(|t| t.language.clone());
    call.file_under("language", language);
    let agents = legs.iter().filter_map(|leg| leg.user_id.as_deref());
    call.file_under("agent", only(agents));
    let answered = legs
        .iter()
        .filter(|leg| leg.participant_purpose.as_deref() == Some("agent"));
    call.file_under("queue", only(answered.filter_map(|leg| leg.queue_id.as_deref())));
}

/// The one value that there is.
fn only<'a>(mut values: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

fn add(call: &mut Call, phrase: Phrase, sentiments: &[Sentiment]) {
    let text = phrase
        .decorated_text
        .filter(|t| !t.is_empty())
        .unwrap_or(phrase.text);
    if text.is_empty() {
        return;
    }
    let purpose = phrase.participant_purpose.map(|p| p.to_lowercase());
    if let Some(purpose) = &purpose {
        call.party(purpose, role(purpose).map(|role| (role, PURPOSE)), None);
    }
    let sentiment = sentiments
        .iter()
        .find(|s| s.start_time_ms == phrase.start_time_ms && s.participant == purpose);
    call.turns.push(Turn {
        speaker: purpose,
        start_ms: phrase.start_time_ms,
        end_ms: end(phrase.start_time_ms, &phrase.duration),
        text,
        words: phrase.words.into_iter().map(word).collect(),
        confidence: phrase.confidence,
        vendor_sentiment: sentiment.and_then(|s| s.sentiment.clone()),
        ..Turn::default()
    });
}

fn word(word: PhraseWord) -> Word {
    Word {
        end_ms: end(word.start_time_ms, &word.duration),
        text: word.word,
        start_ms: word.start_time_ms,
        confidence: word.confidence,
    }
}

fn end(start: Option<i64>, duration: &Duration) -> Option<i64> {
    Some(start?.saturating_add(duration.milliseconds?))
}

fn topics(figures: &mut Figures, topics: &[Topic]) {
    for topic in topics {
        let Some(name) = &topic.topic_name else {
            continue;
        };
        let start = topic.start_time_ms;
        let point = start.map(|start| (start, end(Some(start), &topic.duration).unwrap_or(start)));
        match figures.categories.iter_mut().find(|c| c.name == *name) {
            Some(category) => category.points.extend(point),
            None => figures.categories.push(Category {
                name: name.clone(),
                points: point.into_iter().collect(),
            }),
        }
    }
}

fn talk(figures: &mut Figures, call: &Call, acoustics: &[Acoustic]) {
    for event in acoustics {
        let voice = event.event_type.as_deref() == Some("voice");
        let Some((who, length)) = event.participant.as_deref().zip(event.duration_ms) else {
            continue;
        };
        if voice {
            let talk = figures.talk_ms.entry(call.figure_name(who)).or_default();
            *talk = talk.saturating_add(length);
        }
    }
}
