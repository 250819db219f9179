//! Webhooks of real-time transcriptions, put in order.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Deserialize;

use super::role;
use crate::call::{Call, Party, null_as_empty};
use crate::live::{Live, Message};
use crate::problem::Problem;
use crate::time::{from_rfc3339, to_rfc3339};
use crate::vendors::recent::Recent;

/// So many webhooks wait for a missing one.
const MOST_WAITING: usize = 8;
/// And so long, in milliseconds by the clock of the stream.
const PATIENCE_MS: i64 = 5_000;
/// The tracks with the fields that label them.
const TRACKS: [(&str, &str); 2] = [
    ("inbound_track", "InboundTrackLabel"),
    ("outbound_track", "OutboundTrackLabel"),
];

pub(super) fn start() -> Box<dyn Live> {
    Box::new(Reader::default())
}

#[derive(Default)]
struct Reader {
    transcriptions: Recent<Transcription>,
    /// Those of which webhooks wait for missing ones.
    late: BTreeSet<String>,
    /// When the last webhook was sent, since 1970.
    newest: i64,
}

/// What is kept of a transcription. Of one that has ended, only that nothing more is read of it.
#[derive(Default)]
struct Transcription {
    call: String,
    /// The number of the last webhook that was read.
    read: u64,
    /// Those that came too early, by number.
    waiting: BTreeMap<u64, Webhook>,
    /// When it began, since 1970; time counts from there.
    origin: Option<i64>,
    /// Utterances so far by track, the open one included.
    counts: HashMap<String, Track>,
}

#[derive(Default)]
struct Track {
    count: usize,
    /// Whether partial results of the next utterance were shown.
    open: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Webhook {
    transcription_event: String,
    call_sid: Option<String>,
    transcription_sid: Option<String>,
    #[serde(default, deserialize_with = "crate::time::number")]
    sequence_id: Option<f64>,
    timestamp: Option<String>,
    transcription_data: Option<Written>,
    r#final: Option<Final>,
    track: Option<String>,
    language_code: Option<String>,
    inbound_track_label: Option<String>,
    outbound_track_label: Option<String>,
}

/// As it is sent, or as some save it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Final {
    Bool(bool),
    Text(String),
}

/// As it is sent, or read already by what saved it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Data(Data),
}

#[derive(Deserialize)]
struct Data {
    #[serde(default, deserialize_with = "null_as_empty")]
    transcript: String,
}

impl Live for Reader {
    fn message(&mut self, message: &str, out: &mut Vec<Message>) -> Result<(), Problem> {
        let webhook: Webhook = serde_json::from_str(message)?;
        let call = webhook
            .call_sid
            .clone()
            .ok_or_else(|| Problem::missing("CallSid"))?;
        let key = webhook.transcription_sid.clone().unwrap_or_else(|| call.clone());
        let Some(number) = webhook.sequence_id.map(|n| n as u64) else {
            return Err(Problem::missing("SequenceId"));
        };
        self.newest = self.newest.max(webhook.sent().unwrap_or(0));
        let state = self.transcriptions.of(&key);
        if number > state.read {
            state.call = call;
            state.waiting.entry(number).or_insert(webhook);
        }
        self.release(&key, true, out)?;
        self.release_late(self.newest.saturating_sub(PATIENCE_MS), out)
    }

    fn finish(&mut self, out: &mut Vec<Message>) -> Result<(), Problem> {
        self.release_late(i64::MAX, out)
    }
}

impl Reader {
    /// Reads what is next of a transcription. If it is patient, one that is missing is waited for until too many have come after it.
    fn release(&mut self, key: &str, patient: bool, out: &mut Vec<Message>) -> Result<(), Problem> {
        let Some(state) = self.transcriptions.get(key) else {
            self.late.remove(key);
            return Ok(());
        };
        let mut result = Ok(());
        while result.is_ok()
            && let Some((number, webhook)) = state.next(patient)
        {
            state.read = number;
            result = state.read(webhook, out);
        }
        if state.waiting.is_empty() {
            self.late.remove(key);
        } else {
            self.late.insert(key.to_owned());
        }
        result
    }

    /// Reads what has waited since before this time.
    fn release_late(&mut self, since: i64, out: &mut Vec<Message>) -> Result<(), Problem> {
        let keys: Vec<String> = self.late.iter().cloned().collect();
        for key in keys {
            let state = self.transcriptions.get(&key);
            let first = state.and_then(|s| s.waiting.values().next()?.sent());
            if first.unwrap_or(self.newest) < since {
                self.release(&key, false, out)?;
            }
        }
        Ok(())
    }
}

impl Webhook {
    /// When it was sent, since 1970.
    fn sent(&self) -> Option<i64> {
        from_rfc3339(self.timestamp.as_deref()?)
    }
}

impl Transcription {
    /// The next webhook that can be read.
    fn next(&mut self, patient: bool) -> Option<(u64, Webhook)> {
        let first = *self.waiting.keys().next()?;
        let due = !patient || first == self.read + 1 || self.waiting.len() > MOST_WAITING;
        if due { self.waiting.pop_first() } else { None }
    }

    fn read(&mut self, webhook: Webhook, out: &mut Vec<Message>) -> Result<(), Problem> {
        let sent = webhook.sent();
        self.origin = self.origin.or(sent);
        let now_ms = sent.zip(self.origin).map(|(sent, origin)| sent - origin);
        let call = Some(self.call.clone());
        match webhook.transcription_event.as_str() {
            "transcription-started" => out.push(Message {
                call,
                ..beginning(&webhook, self.origin)
            }),
            "transcription-content" => out.push(Message {
                call,
                now_ms,
                ..self.content(webhook)?
            }),
            "transcription-stopped" => {
                out.push(Message {
                    call,
                    end: Some(true),
                    end_ms: now_ms,
                    ..Message::default()
                });
                *self = Transcription {
                    read: u64::MAX,
                    ..Transcription::default()
                };
            }
            _ => {}
        }
        Ok(())
    }

    fn content(&mut self, webhook: Webhook) -> Result<Message, Problem> {
        let data = webhook
            .transcription_data
            .ok_or_else(|| Problem::missing("TranscriptionData"))?;
        let data = match data {
            Written::Data(data) => data,
            Written::Text(text) => serde_json::from_str(&text)
                .map_err(|_| Problem::new("`TranscriptionData` is not the JSON of an object"))?,
        };
        let is_final = match webhook.r#final {
            Some(Final::Bool(is_final)) => is_final,
            Some(Final::Text(text)) => text == "true",
            None => true,
        };
        let track = webhook.track.ok_or_else(|| Problem::missing("Track"))?;
        let state = self.counts.entry(track.clone()).or_default();
        if !state.open {
            state.count += 1;
        }
        state.open = !is_final;
        let utterance = format!("{track}-{}", state.count);
        Ok(Message::chunk(
            utterance,
            Some(track),
            data.transcript.trim(),
            is_final,
        ))
    }
}

/// Says who speaks on the tracks, as far as they are labelled.
fn beginning(webhook: &Webhook, origin: Option<i64>) -> Message {
    let labels = [&webhook.inbound_track_label, &webhook.outbound_track_label];
    let party = |((track, field), label): ((&'static str, &'static str), &Option<String>)| {
        let label = label.as_deref().filter(|l| !l.is_empty() && *l != track)?;
        let role = role(label);
        Some(Party {
            id: track.to_owned(),
            role,
            role_from: role.map(|_| Cow::Borrowed(field)),
            name: role.is_none().then(|| label.to_owned()),
        })
    };
    let parties: Vec<Party> = TRACKS.into_iter().zip(labels).filter_map(party).collect();
    let mut call = Call::default();
    call.file_under("language", webhook.language_code.clone());
    call.file_under("started_at", origin.and_then(to_rfc3339));
    Message {
        participants: (!parties.is_empty()).then_some(parties),
        meta: call.meta,
        ..Message::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook(number: usize) -> String {
        format!(
            r#"{{"TranscriptionEvent":"transcription-content","CallSid":"CA1","Track":"inbound_track","Final":"true","SequenceId":"{number}","TranscriptionData":"{{\"transcript\":\"{number}\"}}"}}"#
        )
    }

    fn told(out: &[Message]) -> String {
        out.iter().filter_map(|m| m.text.as_deref()).collect()
    }

    #[test]
    fn a_missing_webhook_is_not_waited_for_forever() {
        let (mut reader, mut out) = (Reader::default(), Vec::new());
        for number in 2..2 + MOST_WAITING {
            reader.message(&webhook(number), &mut out).expect("read");
        }
        // Nothing is known of the time, so that only their number tells.
        assert_eq!(told(&out), "");
        reader.message(&webhook(10), &mut out).expect("read");
        assert_eq!(told(&out), "2345678910");
    }

    #[test]
    fn the_end_of_the_stream_brings_what_waits() {
        let (mut reader, mut out) = (Reader::default(), Vec::new());
        reader.message(&webhook(3), &mut out).expect("read");
        reader.message(&webhook(2), &mut out).expect("read");
        reader.finish(&mut out).expect("read");
        assert_eq!(told(&out), "23");
    }
}
