//! Amazon Transcribe: finished jobs and streams.
//!
//! # Facts
//! - A job's transcript: `jobName`, `status`, `results` with `transcripts[].transcript` (all of the text in one piece) and `items[]`, a flat list of
//!   words. `start_time`, `end_time` (seconds) and `alternatives[].confidence` are text. Punctuation is an item without times.
//! - Speakers (`spk_0`) stand in newer files as `speaker_label` in each item, in older ones only in `speaker_labels.segments[].items[]`, which
//!   tell the times of the words alone: they are joined by start. Newer files also have `audio_segments[]` with text, speaker and the items' ids.
//! - Channels (`ch_0`) stand in `channel_labels.channels[].items[]`, the list of one channel after that of the other; words of two people may
//!   overlap. The channel is the speaker unless there are speakers too.
//! - What is redacted has the content `[PII]` and `alternatives[].redactions[]` (`type`: NAME …) in place of a confidence.
//! - Stream: `Transcript.Results[]`, bare or within `TranscriptEvent` (and that within `TranscriptResultStream`). A result has `ResultId`, `IsPartial`,
//!   `StartTime` and `EndTime` in seconds as floats, `ChannelId` (`ch_0`) and `Alternatives[]` with `Transcript` and `Items[]`; each message tells all
//!   of its result so far. Items that are `Stable` will not change, but the others may, so that the whole takes the place of what came before.
//!   Services that pass on streams put single results into `TranscriptEvent` and tell the calls apart (`mediaInsightsPipelineId`, `CallId`).
//! - A stream's `Speaker` of an item is a bare number, `0` for what a finished job calls `spk_0`; it is written so here. A result in which the
//!   speaker changes becomes several utterances: `ID`, `ID/1` …
//! - No roles, no call's id in a stream that nobody passes on, no end of it.
//! - The answer about a job (`TranscriptionJob`) and the event of its change hold no transcript.

mod live;

use std::collections::HashMap;

use serde::Deserialize;

use crate::call::{Call, Redaction, Turn, Word, null_as_empty};
use crate::format::Format;
use crate::problem::Problem;
use crate::shape::Shape;
use crate::time::{number, seconds};
use crate::vendors::aws::{Job, Taken, marks, redactions};
use crate::vendors::words::Gatherer;
use crate::vendors::{Kind, Vendor};

pub(crate) const VENDOR: Vendor = Vendor {
    format: Format::Transcribe,
    looks,
    document,
    live: Some(live::start),
};

fn looks(shape: &Shape) -> Option<Kind> {
    let is_event = shape.has_any(&["TranscriptResultStream", "TranscriptEvent", "Transcript.Results"]);
    if is_event {
        return Some(Kind::Message);
    }
    let is_ours = shape.has_any(&[
        "results.transcripts",
        "results.audio_segments",
        "results.speaker_labels",
        "results.channel_labels",
        "TranscriptionJob",
        "detail.TranscriptionJobStatus",
    ]) || shape.has_all(&["jobName", "accountId", "status"]);
    is_ours.then_some(Kind::Document)
}

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "jobName")]
    job_name: Option<String>,
    status: Option<String>,
    results: Option<Results>,
    /// The job that is told of in place of a transcript.
    #[serde(rename = "TranscriptionJob")]
    job: Option<Job>,
    detail: Option<Job>,
}

#[derive(Deserialize)]
struct Results {
    items: Option<Vec<Item>>,
    #[serde(default, deserialize_with = "null_as_empty")]
    speaker_labels: SpeakerLabels,
    #[serde(default, deserialize_with = "null_as_empty")]
    channel_labels: ChannelLabels,
    #[serde(default, deserialize_with = "null_as_empty")]
    audio_segments: Vec<Segment>,
    language_code: Option<String>,
}

#[derive(Default, Deserialize)]
struct SpeakerLabels {
    #[serde(default, deserialize_with = "null_as_empty")]
    segments: Vec<Segment>,
}

#[derive(Default, Deserialize)]
struct ChannelLabels {
    #[serde(default, deserialize_with = "null_as_empty")]
    channels: Vec<Channel>,
}

#[derive(Deserialize)]
struct Channel {
    channel_label: Option<String>,
    #[serde(default, deserialize_with = "null_as_empty")]
    items: Vec<Item>,
}

/// A stretch of one speaker's, of the older kind (with items) or the newer one (with text).
#[derive(Deserialize)]
struct Segment {
    #[serde(default, deserialize_with = "seconds")]
    start_time: Option<i64>,
    #[serde(default, deserialize_with = "seconds")]
    end_time: Option<i64>,
    speaker_label: Option<String>,
    channel_label: Option<String>,
    transcript: Option<String>,
    /// The starts of the words; newer segments have ids in their place.
    #[serde(default, deserialize_with = "null_as_empty")]
    items: Vec<Place>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Place {
    Labelled {
        #[serde(default, deserialize_with = "seconds")]
        start_time: Option<i64>,
        speaker_label: Option<String>,
    },
    Id(serde::de::IgnoredAny),
}

#[derive(Deserialize)]
struct Item {
    #[serde(default, deserialize_with = "seconds")]
    start_time: Option<i64>,
    #[serde(default, deserialize_with = "seconds")]
    end_time: Option<i64>,
    #[serde(default)]
    r#type: Option<String>,
    speaker_label: Option<String>,
    channel_label: Option<String>,
    #[serde(default, deserialize_with = "null_as_empty")]
    alternatives: Vec<Alternative>,
}

#[derive(Deserialize)]
struct Alternative {
    #[serde(default, deserialize_with = "null_as_empty")]
    content: String,
    #[serde(default, deserialize_with = "number")]
    confidence: Option<f64>,
    #[serde(default, deserialize_with = "null_as_empty")]
    redactions: Vec<Taken>,
}

fn document(json: &str) -> Result<Call, Problem> {
    let document: Document = serde_json::from_str(json)?;
    let Some(results) = document.results else {
        let job = document.job.or(document.detail);
        let job = job.unwrap_or_else(|| Job::with_status(document.status));
        return Err(job.problem("results"));
    };
    let mut call = Call {
        id: document.job_name,
        ..Call::default()
    };
    call.file_under("language", results.language_code.clone());
    call.turns = turns(results)?;
    call.sort();
    Ok(call)
}

fn turns(results: Results) -> Result<Vec<Turn>, Problem> {
    let stretches = results.speaker_labels.segments.iter();
    let speakers = Speakers::of(stretches.chain(&results.audio_segments));
    let channels = results.channel_labels.channels;
    if channels.iter().any(|c| !c.items.is_empty()) {
        let items = channels.into_iter().flat_map(|channel| {
            let label = channel.channel_label;
            channel.items.into_iter().map(move |item| Item {
                channel_label: item.channel_label.or(label.clone()),
                ..item
            })
        });
        return Ok(gathered(items, &speakers));
    }
    match results.items {
        Some(items) => Ok(gathered(items.into_iter(), &speakers)),
        None if !results.audio_segments.is_empty() => {
            Ok(results.audio_segments.into_iter().filter_map(stretch).collect())
        }
        None => Err(Problem::new(
            "no `results.items[]`: `results.transcripts[]` alone tells neither who speaks nor when",
        )),
    }
}

/// Who says the word that starts then: what the segments tell.
struct Speakers<'a> {
    by_start: HashMap<i64, &'a str>,
    stretches: Vec<(i64, i64, &'a str)>,
}

impl<'a> Speakers<'a> {
    fn of(segments: impl Iterator<Item = &'a Segment>) -> Self {
        let mut speakers = Speakers {
            by_start: HashMap::new(),
            stretches: Vec::new(),
        };
        for segment in segments {
            let of_all = segment.speaker_label.as_deref();
            for place in &segment.items {
                if let Place::Labelled {
                    start_time: Some(start),
                    speaker_label,
                } = place
                {
                    let speaker = speaker_label.as_deref().or(of_all);
                    speakers.by_start.extend(speaker.map(|s| (*start, s)));
                }
            }
            let times = segment.start_time.zip(segment.end_time);
            let stretch = times.zip(of_all).map(|((start, end), s)| (start, end, s));
            speakers.stretches.extend(stretch);
        }
        speakers
    }

    fn at(&self, start: i64) -> Option<&'a str> {
        let stretch = || {
            self.stretches
                .iter()
                .find(|(from, to, _)| (*from..*to).contains(&start))
        };
        let exact = self.by_start.get(&start).copied();
        exact.or_else(|| stretch().map(|(_, _, speaker)| *speaker))
    }
}

/// The turns of a list of words.
fn gathered(items: impl Iterator<Item = Item>, speakers: &Speakers<'_>) -> Vec<Turn> {
    let mut gatherer = Gatherer::default();
    let mut kinds: HashMap<Option<i64>, String> = HashMap::new();
    for item in items {
        let channel = item.channel_label.as_deref().map(number_of);
        let Some(said) = item.alternatives.into_iter().next() else {
            continue;
        };
        if item.r#type.as_deref() == Some("punctuation") {
            gatherer.punctuation(&said.content, channel);
            continue;
        }
        if let Some(kind) = said.redactions.into_iter().find_map(|taken| taken.kind) {
            kinds.insert(item.start_time, kind);
        }
        let word = Word {
            text: said.content,
            start_ms: item.start_time,
            end_ms: item.end_time,
            confidence: said.confidence,
        };
        let labelled = item.speaker_label.as_deref();
        let joined = || speakers.at(item.start_time?);
        let speaker = labelled.or_else(joined).or(item.channel_label.as_deref());
        gatherer.word(word, speaker, channel);
    }
    let mut turns = gatherer.turns();
    for turn in &mut turns {
        let marked = turn.words.iter().filter(|w| !marks(&w.text).is_empty());
        let times = marked.map(|word| Redaction {
            kind: kinds.get(&word.start_ms).cloned(),
            start_ms: word.start_ms,
            end_ms: word.end_ms,
            ..Redaction::default()
        });
        turn.redactions = redactions(&turn.text, times.collect());
    }
    turns
}

/// The turn of a newer file's segment, where there are no words one by one.
fn stretch(segment: Segment) -> Option<Turn> {
    let text = segment.transcript.as_deref().unwrap_or_default().trim();
    (!text.is_empty()).then(|| Turn {
        text: text.to_owned(),
        redactions: redactions(text, Vec::new()),
        channel: segment.channel_label.as_deref().map(|c| number_of(c).to_owned()),
        speaker: segment.speaker_label.or(segment.channel_label),
        start_ms: segment.start_time,
        end_ms: segment.end_time,
        ..Turn::default()
    })
}

/// The bare number of a channel.
fn number_of(label: &str) -> &str {
    label.strip_prefix("ch_").unwrap_or(label)
}
