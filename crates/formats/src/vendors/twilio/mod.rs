//! Twilio: the sentences of Voice Intelligence (Conversational Intelligence) transcripts, and the webhooks of real-time transcriptions.
//!
//! # Facts
//! - A transcript's words are a list of its own: pages `{"sentences": […], "meta": {…}}` of which `meta.next_page_url` leads to the next; saved also as
//!   a bare list. The transcript itself (`sid` `GT…`, `channel.participants[]`, `links.sentences`) holds no words; read here if both were saved together.
//! - A sentence has `media_channel` (from 1), `sentence_index`, `transcript`, `confidence`, `start_time` and `end_time` in seconds, which may be null.
//! - `channel.participants[]` tell the `role` (`Agent`, `Customer` or else) and name of a `channel_participant`, which is the number of the channel.
//!   Without them nobody says who is on which channel.
//! - The helper library for Node writes `mediaChannel`, `startTime` and so on.
//! - The id of the transcript is in the address of the page (`meta.url`), or its `sid`, or in `transcript_sid`.
//! - Webhooks are form fields, saved as JSON of texts: `TranscriptionEvent` is `transcription-started`, `-content`, `-stopped` or `-error`. `TranscriptionData` is
//!   JSON in a text (`transcript`, `confidence`; an object where it was read before it was saved), `Final` is `"true"` or `"false"`, `Track` is `inbound_track` or `outbound_track`; what is final takes the
//!   place of the partial results of its track before it.
//! - Webhooks may come in any order and twice: `SequenceId` counts those of a transcription from 1.
//! - They have no times but `Timestamp`, when they were sent. So turns have none; the call's time runs by the timestamps.
//! - `transcription-started` may tell labels of the two tracks; a label `agent` or `customer` says the role.

mod live;

use hackles::Role;
use hackles::transcript::id_as_text;
use serde::Deserialize;

use crate::call::{Call, Turn, Word, null_as_empty};
use crate::format::Format;
use crate::problem::Problem;
use crate::shape::Shape;
use crate::time::{number, seconds, to_rfc3339};
use crate::vendors::{Kind, Vendor};

pub(crate) const VENDOR: Vendor = Vendor {
    format: Format::Twilio,
    looks,
    document,
    live: Some(live::start),
};

fn looks(shape: &Shape) -> Option<Kind> {
    if shape.has("TranscriptionEvent") {
        return Some(Kind::Message);
    }
    let channels = |list: &str| {
        shape.has(&format!("{list}[].media_channel")) || shape.has(&format!("{list}[].mediaChannel"))
    };
    let page = shape.has_all(&["sentences", "meta.page_size"]) || channels("sentences");
    let bare = channels("") && shape.has("[].transcript");
    let resource =
        shape.has_all(&["sid", "service_sid"]) && shape.has_any(&["links.sentences", "data_logging"]);
    (page || bare || resource).then_some(Kind::Document)
}

/// The role that a label names.
fn role(label: &str) -> Option<Role> {
    Role::of_id(&label.trim().to_ascii_lowercase())
}

#[derive(Default, Deserialize)]
struct Document {
    sentences: Option<Vec<Sentence>>,
    #[serde(default, deserialize_with = "null_as_empty")]
    meta: Page,
    #[serde(flatten)]
    resource: Resource,
    /// Where the resource was saved beside the sentences.
    transcript: Option<Resource>,
}

#[derive(Default, Deserialize)]
struct Page {
    url: Option<String>,
    next_page_url: Option<String>,
}

/// A transcript without its sentences.
#[derive(Default, Deserialize)]
struct Resource {
    sid: Option<String>,
    status: Option<String>,
    language_code: Option<String>,
    media_start_time: Option<String>,
    #[serde(default, deserialize_with = "seconds")]
    duration: Option<i64>,
    #[serde(default, deserialize_with = "null_as_empty")]
    channel: Media,
}

#[derive(Default, Deserialize)]
struct Media {
    #[serde(default, deserialize_with = "null_as_empty")]
    participants: Vec<Participant>,
}

#[derive(Deserialize)]
struct Participant {
    #[serde(default, deserialize_with = "id_as_text")]
    channel_participant: Option<String>,
    role: Option<String>,
    full_name: Option<String>,
}

#[derive(Deserialize)]
struct Sentence {
    #[serde(default, alias = "mediaChannel", deserialize_with = "id_as_text")]
    media_channel: Option<String>,
    #[serde(default, alias = "sentenceIndex", deserialize_with = "crate::time::ms")]
    sentence_index: Option<i64>,
    #[serde(default, alias = "startTime", deserialize_with = "seconds")]
    start_time: Option<i64>,
    #[serde(default, alias = "endTime", deserialize_with = "seconds")]
    end_time: Option<i64>,
    #[serde(default, deserialize_with = "null_as_empty")]
    transcript: String,
    #[serde(default, deserialize_with = "number")]
    confidence: Option<f64>,
    #[serde(alias = "transcriptSid")]
    transcript_sid: Option<String>,
    #[serde(default, deserialize_with = "null_as_empty")]
    words: Vec<SpokenWord>,
}

#[derive(Deserialize)]
struct SpokenWord {
    #[serde(default, deserialize_with = "null_as_empty")]
    word: String,
    #[serde(default, alias = "startTime", deserialize_with = "seconds")]
    start_time: Option<i64>,
    #[serde(default, alias = "endTime", deserialize_with = "seconds")]
    end_time: Option<i64>,
}

fn document(json: &str) -> Result<Call, Problem> {
    let document = if json.trim_start().starts_with('[') {
        Document {
            sentences: Some(serde_json::from_str(json)?),
            ..Document::default()
        }
    } else {
        serde_json::from_str(json)?
    };
    let resource = document.transcript.unwrap_or(document.resource);
    let Some(mut sentences) = document.sentences else {
        let hint = match &resource.status {
            Some(status) if status != "completed" => format!(": the transcript is {status}"),
            Some(_) => {
                ": this is the transcript without its words, which are in its list of sentences".to_owned()
            }
            None => String::new(),
        };
        return Err(Problem::new(format!("no `sentences[]`{hint}")));
    };
    let told = sentences.iter().find_map(|s| s.transcript_sid.clone());
    let mut call = Call {
        id: told.or(resource.sid).or_else(|| in_address(&document.meta)),
        end_ms: resource.duration,
        ..Call::default()
    };
    call.file_under("language", resource.language_code);
    let started = resource.media_start_time.as_deref();
    call.file_under(
        "started_at",
        started.and_then(crate::time::from_rfc3339).and_then(to_rfc3339),
    );
    for participant in &resource.channel.participants {
        let Some(channel) = &participant.channel_participant else {
            continue;
        };
        let role = participant.role.as_deref().and_then(role);
        let from = role.map(|role| (role, "channel.participants[].role"));
        call.party(&format!("ch_{channel}"), from, participant.full_name.as_deref());
    }
    sentences.sort_by_key(|s| s.sentence_index);
    call.turns = sentences.into_iter().filter_map(turn).collect();
    call.sort();
    if document.meta.next_page_url.is_some() {
        call.notes
            .push("there are more sentences on further pages".to_owned());
    }
    Ok(call)
}

/// The transcript's id in the address of a page of its sentences.
fn in_address(page: &Page) -> Option<String> {
    let rest = page.url.as_deref()?.split("/Transcripts/").nth(1)?;
    rest.split(['/', '?']).next().map(str::to_owned)
}

fn turn(sentence: Sentence) -> Option<Turn> {
    let text = sentence.transcript.trim().to_owned();
    let words = sentence.words.into_iter().map(|w| Word {
        text: w.word,
        start_ms: w.start_time,
        end_ms: w.end_time,
        confidence: None,
    });
    let turn = Turn {
        speaker: sentence.media_channel.as_ref().map(|c| format!("ch_{c}")),
        channel: sentence.media_channel,
        start_ms: sentence.start_time,
        end_ms: sentence.end_time,
        words: words.collect(),
        confidence: sentence.confidence,
        text,
        ..Turn::default()
    };
    (!turn.text.is_empty()).then_some(turn)
}
