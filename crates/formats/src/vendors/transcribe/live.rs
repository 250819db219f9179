//! The stream of results.

use serde::Deserialize;

use crate::call::null_as_empty;
use crate::live::{Live, Message};
use crate::problem::Problem;
use crate::time::seconds;
use crate::vendors::aws::{Heard, broken_off, word_times, words};
use crate::vendors::recent::Recent;

/// So many results are remembered: how many utterances they were, and whether they are closed.
const RESULTS: usize = 1024;

pub(super) fn start() -> Box<dyn Live> {
    Box::new(Reader {
        results: Recent::new(RESULTS),
    })
}

struct Reader {
    results: Recent<Known>,
}

/// What is known of a result.
#[derive(Default)]
struct Known {
    /// As how many utterances it was told last.
    parts: usize,
    is_closed: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    /// The call, where a service that passes the stream on tells it.
    #[serde(rename = "mediaInsightsPipelineId", alias = "CallId")]
    call: Option<String>,
    #[serde(rename = "TranscriptResultStream")]
    within: Option<Box<Event>>,
    transcript_event: Option<TranscriptEvent>,
    transcript: Option<Results>,
}

/// Results, or a single one that is passed on.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TranscriptEvent {
    transcript: Option<Results>,
    #[serde(flatten)]
    single: Outcome,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Results {
    #[serde(default, deserialize_with = "null_as_empty")]
    results: Vec<Outcome>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Outcome {
    result_id: Option<String>,
    is_partial: bool,
    #[serde(deserialize_with = "seconds")]
    start_time: Option<i64>,
    #[serde(deserialize_with = "seconds")]
    end_time: Option<i64>,
    channel_id: Option<String>,
    #[serde(deserialize_with = "null_as_empty")]
    alternatives: Vec<Alternative>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Alternative {
    #[serde(deserialize_with = "null_as_empty")]
    transcript: String,
    #[serde(deserialize_with = "null_as_empty")]
    items: Vec<Heard>,
}

impl Live for Reader {
    fn message(&mut self, message: &str, out: &mut Vec<Message>) -> Result<(), Problem> {
        let mut event: Event = serde_json::from_str(message)?;
        if let Some(within) = event.within.take() {
            event = *within;
        }
        let results = match (event.transcript_event, event.transcript) {
            (Some(event), _) => event.transcript.map_or(vec![event.single], |t| t.results),
            (None, Some(transcript)) => transcript.results,
            (None, None) => return Err(broken_off(message, "TranscriptEvent.Transcript.Results[]")),
        };
        let mut all = Ok(());
        for result in results {
            all = all.and(self.result(result, event.call.as_deref(), out));
        }
        all
    }
}

impl Reader {
    fn result(&mut self, result: Outcome, call: Option<&str>, out: &mut Vec<Message>) -> Result<(), Problem> {
        let id = result
            .result_id
            .ok_or_else(|| Problem::missing("Transcript.Results[].ResultId"))?;
        let known = self.results.of(&id);
        if known.is_closed {
            return Ok(());
        }
        let is_final = !result.is_partial;
        known.is_closed = is_final;
        let said = result.alternatives.into_iter().next().unwrap_or_default();
        let parts = parts(&said.items);
        let (first, last) = (result.start_time, result.end_time);
        let utterance = |at: usize| match at {
            0 => id.clone(),
            _ => format!("{id}/{at}"),
        };
        for (at, part) in parts.iter().enumerate() {
            let text = match parts.len() {
                1 => said.transcript.trim().to_owned(),
                _ => text(part),
            };
            let speaker = speaker(part).or_else(|| result.channel_id.clone());
            let own = |place: Option<&Heard>| place.map_or((None, None), Heard::span);
            let spoken = || part.iter().filter(|item| !item.is_punctuation());
            out.push(Message {
                call: call.map(str::to_owned),
                start_ms: if at == 0 { first } else { own(spoken().next()).0 },
                end_ms: if at + 1 == parts.len() {
                    last
                } else {
                    own(spoken().next_back()).1
                },
                words: word_times(part),
                ..Message::chunk(utterance(at), speaker, text, is_final)
            });
        }
        // What was an utterance of its own has become part of another.
        let gone = parts.len()..known.parts;
        out.extend(gone.map(|at| Message {
            call: call.map(str::to_owned),
            ..Message::chunk(utterance(at), None, "", is_final)
        }));
        known.parts = parts.len();
        Ok(())
    }
}

/// The items, cut where the speaker changes; one part at least.
fn parts(items: &[Heard]) -> Vec<&[Heard]> {
    let mut parts = Vec::new();
    let (mut from, mut of) = (0, None);
    for (at, item) in items.iter().enumerate() {
        let speaks = item.speaker.as_deref().filter(|_| !item.is_punctuation());
        if speaks.is_some() && of.is_some() && speaks != of {
            parts.push(&items[from..at]);
            from = at;
        }
        of = speaks.or(of);
    }
    parts.push(&items[from..]);
    parts
}

/// Who speaks, as finished jobs write it.
fn speaker(part: &[Heard]) -> Option<String> {
    let label = part.iter().find_map(|item| item.speaker.as_deref())?;
    let is_number = label.bytes().all(|b| b.is_ascii_digit());
    Some(if is_number {
        format!("spk_{label}")
    } else {
        label.to_owned()
    })
}

/// The text of a part: its words with the punctuation behind them.
fn text(part: &[Heard]) -> String {
    let words = words(part);
    let words: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    words.join(" ")
}
