//! Google Cloud Speech-to-Text, v1 and v2: finished and streamed.
//!
//! # Facts
//! - The result is `{"results":[…]}`, alone or within a long-running operation (`{"name","done","response":{…}}`). In v2 a batch's `results` is
//!   an object by file, each with `transcript.results[]` (or `inlineResult.transcript`), or with the place of the result where it is stored.
//! - Each result is a stretch of speech with `alternatives[]`, best first: `transcript`, `confidence`, `words[]`. `channelTag` counts from 1.
//! - Keys are in camelCase or snake_case. Times are `"0.1s"` or `{seconds,nanos}`, seconds perhaps as text, what is 0 left out. v1 says
//!   `startTime`, `endTime`, `resultEndTime`, v2 `startOffset`, `endOffset`, `resultEndOffset`.
//! - With diarisation words have a `speakerTag` (from 1; 0 is none) or `speakerLabel`. In v1 the last result repeats every word of the call with
//!   its speaker: it must be used alone. In v2 each result has its own. One that begins as early as the first of its channel is a repetition.
//! - Streams: `results[]` with `isFinal` (missing while false), `stability`. The interim results of one message stand behind each other. Words come
//!   with finals; with diarisation they are all words since the stream's start. Messages may bear only `speechEventType`.
//! - Nothing says what role a speaker has.

mod live;

use std::fmt;

use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de::IgnoredAny};

use crate::call::{Call, Turn, Word, null_as_empty};
use crate::format::Format;
use crate::problem::Problem;
use crate::shape::Shape;
use crate::time::protobuf_duration;
use crate::vendors::voice;
use crate::vendors::words::Gatherer;
use crate::vendors::{Kind, Vendor};

pub(crate) const VENDOR: Vendor = Vendor {
    format: Format::Google,
    looks,
    document,
    live: Some(live::start),
};

fn looks(shape: &Shape) -> Option<Kind> {
    let marks = [
        "results[].isFinal",
        "results[].is_final",
        "results[].stability",
        "speechEventType",
        "speech_event_type",
    ];
    let results = ["results[]", "response.results[]", "response.results"];
    let is_result = results.iter().any(|at| {
        shape.has(&format!("{at}.alternatives[].transcript"))
            || shape.has_any(&[
                &format!("{at}.alternatives[].words[].startTime"),
                &format!("{at}.alternatives[].words[].start_time"),
                &format!("{at}.resultEndTime"),
                &format!("{at}.result_end_time"),
                &format!("{at}.resultEndOffset"),
                &format!("{at}.result_end_offset"),
            ])
    });
    let billed = [
        "totalBilledTime",
        "total_billed_time",
        "totalBilledDuration",
        "total_billed_duration",
        "metadata.totalBilledDuration",
        "metadata.total_billed_duration",
        "response.totalBilledTime",
        "response.totalBilledDuration",
    ];
    let operation = shape.has("name")
        && (shape.has_any(&["response.results", "metadata.progressPercent"])
            || shape.has_all(&["done", "response"]));
    if shape.has_any(&marks) && !shape.has("channel") {
        Some(Kind::Message)
    } else {
        (is_result || shape.has_any(&billed) || operation).then_some(Kind::Document)
    }
}

/// A response, or an operation around one.
#[derive(Deserialize)]
struct Document {
    results: Option<Results>,
    response: Option<Box<Document>>,
    /// Of an operation.
    name: Option<IgnoredAny>,
    error: Option<IgnoredAny>,
    /// Of a response: v1 …
    #[serde(alias = "total_billed_time", rename = "totalBilledTime")]
    billed: Option<IgnoredAny>,
    /// … and v2.
    metadata: Option<IgnoredAny>,
}

/// The results: of one file, or of several by name.
enum Results {
    List(Vec<Found>),
    Files(Vec<File>),
}

impl<'de> Deserialize<'de> for Results {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Results;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of results, or an object of files")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Results, A::Error> {
                let mut list = Vec::new();
                while let Some(found) = items.next_element()? {
                    list.push(found);
                }
                Ok(Results::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Results, A::Error> {
                let mut files = Vec::new();
                while let Some((_, file)) = map.next_entry::<IgnoredAny, File>()? {
                    files.push(file);
                }
                Ok(Results::Files(files))
            }
        }
        d.deserialize_any(Either)
    }
}

/// What a batch of v2 says of one file.
#[derive(Deserialize)]
struct File {
    transcript: Option<Transcript>,
    #[serde(alias = "inline_result", rename = "inlineResult")]
    inline: Option<Inline>,
    error: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Inline {
    transcript: Option<Transcript>,
}

#[derive(Deserialize)]
struct Transcript {
    #[serde(default, deserialize_with = "null_as_empty")]
    results: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    #[serde(default, deserialize_with = "null_as_empty")]
    alternatives: Vec<Alternative>,
    #[serde(alias = "channel_tag", rename = "channelTag")]
    channel: Option<i64>,
    #[serde(alias = "language_code", rename = "languageCode")]
    language: Option<String>,
    #[serde(
        default,
        rename = "resultEndTime",
        alias = "result_end_time",
        alias = "resultEndOffset",
        alias = "result_end_offset",
        deserialize_with = "protobuf_duration"
    )]
    end_ms: Option<i64>,
    #[serde(default, alias = "is_final", rename = "isFinal")]
    is_final: Option<bool>,
}

#[derive(Default, Deserialize)]
struct Alternative {
    transcript: Option<String>,
    #[serde(default, deserialize_with = "crate::time::number")]
    confidence: Option<f64>,
    #[serde(default, deserialize_with = "null_as_empty")]
    words: Vec<Heard>,
}

#[derive(Deserialize)]
struct Heard {
    #[serde(default, deserialize_with = "null_as_empty")]
    word: String,
    #[serde(
        default,
        rename = "startTime",
        alias = "start_time",
        alias = "startOffset",
        alias = "start_offset",
        deserialize_with = "protobuf_duration"
    )]
    start_ms: Option<i64>,
    #[serde(
        default,
        rename = "endTime",
        alias = "end_time",
        alias = "endOffset",
        alias = "end_offset",
        deserialize_with = "protobuf_duration"
    )]
    end_ms: Option<i64>,
    #[serde(default, deserialize_with = "crate::time::number")]
    confidence: Option<f64>,
    #[serde(alias = "speaker_tag", rename = "speakerTag")]
    tag: Option<i64>,
    #[serde(alias = "speaker_label", rename = "speakerLabel")]
    label: Option<String>,
}

impl Heard {
    fn speaker(&self) -> Option<String> {
        let label = self.label.clone().filter(|label| !label.is_empty());
        label.or_else(|| self.tag.filter(|&tag| tag > 0).map(|tag| tag.to_string()))
    }

    fn word(&self) -> Word {
        Word {
            text: self.word.trim().to_owned(),
            // A start of 0 is left out.
            start_ms: self.start_ms.or(self.end_ms.map(|_| 0)),
            end_ms: self.end_ms,
            confidence: sure(self.confidence),
        }
    }
}

/// A confidence; 0 says that there is none.
fn sure(confidence: Option<f64>) -> Option<f64> {
    confidence.filter(|&c| c > 0.0)
}

impl Found {
    fn channel(&self) -> Option<String> {
        self.channel.filter(|&tag| tag > 0).map(|tag| tag.to_string())
    }

    fn words(&self) -> &[Heard] {
        self.alternatives.first().map_or(&[], |a| &a.words)
    }

    fn transcript(&self) -> &str {
        let best = self.alternatives.first();
        best.and_then(|a| a.transcript.as_deref()).unwrap_or_default()
    }

    fn has_speakers(&self) -> bool {
        self.words().iter().any(|w| w.speaker().is_some())
    }

    fn start_ms(&self) -> Option<i64> {
        self.words().first().and_then(|w| w.word().start_ms)
    }
}

fn document(json: &str) -> Result<Call, Problem> {
    let document: Document = serde_json::from_str(json)?;
    let found = results(document)?;
    let mut call = Call::default();
    call.file_under("language", found.iter().find_map(|f| f.language.clone()));
    let mut channels: Vec<Option<String>> = found.iter().map(Found::channel).collect();
    channels.sort_unstable();
    channels.dedup();
    for channel in &channels {
        let of_channel = found.iter().filter(|f| f.channel() == *channel);
        call.turns
            .extend(turns(&of_channel.collect::<Vec<_>>(), channels.len()));
    }
    // Without words only the end of a result is known.
    call.turns.sort_by_key(|turn| turn.start_ms.or(turn.end_ms));
    call.sort();
    Ok(call)
}

/// The results of a response or of an operation that has finished.
fn results(document: Document) -> Result<Vec<Found>, Problem> {
    if document.error.is_some() {
        return Err(Problem::new(
            "no `results`: the operation has failed, see its `error`",
        ));
    }
    if let Some(response) = document.response {
        // Of a silent recording the response is empty.
        let is_empty = response.results.is_none() && response.error.is_none();
        return if is_empty {
            Ok(Vec::new())
        } else {
            results(*response)
        };
    }
    match document.results {
        Some(Results::List(list)) => Ok(list),
        Some(Results::Files(files)) => file(files),
        None if document.name.is_some() => Err(Problem::new("no `response`: the operation has not finished")),
        // Nothing was said.
        None if document.billed.is_some() || document.metadata.is_some() => Ok(Vec::new()),
        None => Err(Problem::missing("results[]")),
    }
}

/// The results of a batch's only file.
fn file(mut files: Vec<File>) -> Result<Vec<Found>, Problem> {
    if files.len() > 1 {
        return Err(Problem::new(format!(
            "`results` holds {} files: each is a call of its own and belongs in a file of its own",
            files.len()
        )));
    }
    let Some(file) = files.pop() else {
        return Ok(Vec::new());
    };
    let transcript = file.transcript.or(file.inline.and_then(|i| i.transcript));
    transcript.map(|t| t.results).ok_or_else(|| {
        Problem::new(if file.error.is_some() {
            "no `transcript` of the file: its recognition has failed, see its `error`"
        } else {
            "no `transcript` of the file: the result is stored elsewhere, at its `uri`"
        })
    })
}

/// The turns of one of so many channels.
fn turns(found: &[&Found], channels: usize) -> Vec<Turn> {
    let found = match found {
        [first @ .., last] if repeats(first, last) => std::slice::from_ref(last),
        all => all,
    };
    let mut gatherer = Gatherer::default();
    let mut turns = Vec::new();
    for found in found {
        if !found.has_speakers() {
            turns.extend(turn(found, channels));
            continue;
        }
        let channel = found.channel();
        for heard in found.words() {
            let speaker = voice::id(channel.as_deref(), channels, heard.speaker().as_deref());
            gatherer.word(heard.word(), speaker.as_deref(), channel.as_deref());
        }
    }
    turns.extend(gatherer.turns());
    turns
}

/// Whether the last result is that of diarisation, which repeats all before it.
fn repeats(first: &[&Found], last: &Found) -> bool {
    let starts = first.iter().filter_map(|f| f.start_ms()).min();
    last.has_speakers()
        && match starts.zip(last.start_ms()) {
            Some((first, last)) => last <= first,
            None => !first.iter().any(|f| f.has_speakers()),
        }
}

/// A result as a turn.
fn turn(found: &Found, channels: usize) -> Option<Turn> {
    let text = found.transcript().trim();
    let words: Vec<Word> = found.words().iter().map(Heard::word).collect();
    let channel = found.channel();
    (!text.is_empty()).then(|| Turn {
        speaker: voice::id(channel.as_deref(), channels, None),
        start_ms: words.first().and_then(|w| w.start_ms),
        end_ms: words.last().and_then(|w| w.end_ms).or(found.end_ms),
        text: text.to_owned(),
        words,
        confidence: found.alternatives.first().and_then(|a| sure(a.confidence)),
        channel,
        ..Turn::default()
    })
}
