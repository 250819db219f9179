//! The messages of a stream, of both versions.

use hackles::transcript::id_as_text;
use serde::Deserialize;

use super::HeardWord;
use crate::call::{Word, null_as_empty, times};
use crate::live::{Live, Message};
use crate::problem::Problem;
use crate::time::from_seconds;

pub(super) fn start() -> Box<dyn Live> {
    Box::new(Reader::default())
}

/// A stream carries one session after the other.
#[derive(Default)]
struct Reader {
    call: Option<String>,
    /// The end of a turn that may come again, formatted.
    bare: Option<(i64, Message)>,
    /// Whether turns were seen to end without being formatted.
    stays_bare: bool,
    /// The last turn that was closed.
    closed: Option<i64>,
    /// Utterances so far of an older stream.
    count: usize,
    /// Whether the next of them is shown.
    shown: bool,
}

#[derive(Deserialize)]
struct Envelope {
    #[serde(rename = "type", alias = "message_type")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "id_as_text", alias = "session_id")]
    id: Option<String>,
    #[serde(default, deserialize_with = "crate::time::ms")]
    turn_order: Option<i64>,
    #[serde(default, deserialize_with = "null_as_empty")]
    turn_is_formatted: bool,
    #[serde(default, deserialize_with = "null_as_empty")]
    end_of_turn: bool,
    #[serde(default, deserialize_with = "null_as_empty", alias = "text")]
    transcript: String,
    #[serde(default, deserialize_with = "id_as_text", alias = "speaker")]
    speaker_label: Option<String>,
    #[serde(default, deserialize_with = "null_as_empty")]
    words: Vec<HeardWord>,
    #[serde(default, deserialize_with = "crate::time::ms")]
    audio_start: Option<i64>,
    #[serde(default, deserialize_with = "crate::time::ms")]
    audio_end: Option<i64>,
    #[serde(default, deserialize_with = "crate::time::number")]
    audio_duration_seconds: Option<f64>,
}

impl Live for Reader {
    fn message(&mut self, message: &str, out: &mut Vec<Message>) -> Result<(), Problem> {
        let message: Envelope = serde_json::from_str(message)?;
        match message.kind.as_deref() {
            Some("Begin" | "SessionBegins") => {
                self.finish(out)?;
                *self = Reader {
                    call: message.id,
                    ..Reader::default()
                };
            }
            Some("Turn") => return self.turn(message, out),
            Some("PartialTranscript") => self.older(message, false, out),
            Some("FinalTranscript") => self.older(message, true, out),
            Some("Termination" | "SessionTerminated") => self.end(&message, out),
            Some(_) => {}
            None => return Err(Problem::missing("type")),
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<Message>) -> Result<(), Problem> {
        out.extend(self.bare.take().map(|(_, end)| end));
        Ok(())
    }
}

impl Reader {
    fn turn(&mut self, message: Envelope, out: &mut Vec<Message>) -> Result<(), Problem> {
        let order = message.turn_order.ok_or_else(|| Problem::missing("turn_order"))?;
        if self.closed >= Some(order) || (message.transcript.is_empty() && !message.end_of_turn) {
            return Ok(());
        }
        let (ends, formatted) = (message.end_of_turn, message.turn_is_formatted);
        let mut chunk = self.chunk(order.to_string(), message);
        if let Some((_, end)) = self.bare.take_if(|(bare, _)| *bare < order) {
            self.stays_bare = true;
            out.push(end);
        }
        let waits = ends && !formatted && !self.stays_bare;
        chunk.is_final = Some(ends && !waits);
        if waits {
            let end = Message {
                is_final: Some(true),
                ..chunk.clone()
            };
            self.bare = Some((order, end));
        } else if ends {
            self.bare = None;
            self.closed = Some(order);
        }
        out.push(chunk);
        Ok(())
    }

    /// Reads a transcript of an older stream.
    fn older(&mut self, message: Envelope, is_final: bool, out: &mut Vec<Message>) {
        if message.transcript.is_empty() && !self.shown {
            return;
        }
        let mut chunk = self.chunk(self.count.to_string(), message);
        chunk.is_final = Some(is_final);
        self.shown = !is_final;
        self.count += usize::from(is_final);
        out.push(chunk);
    }

    fn chunk(&self, utterance: String, message: Envelope) -> Message {
        let heard = message.words.first().and_then(|w| w.speaker.clone());
        let speaker = message.speaker_label.or(heard);
        // The transcript has only the words that are final.
        let words = message
            .words
            .into_iter()
            .filter(|w| w.word_is_final != Some(false));
        let words: Vec<Word> = words.map(HeardWord::word).collect();
        let start_ms = words.first().and_then(|w| w.start_ms);
        let end_ms = words.last().and_then(|w| w.end_ms);
        Message {
            call: self.call.clone(),
            start_ms: start_ms.or(message.audio_start),
            end_ms: end_ms.or(message.audio_end),
            words: times(&words),
            ..Message::chunk(utterance, speaker, message.transcript, false)
        }
    }

    fn end(&mut self, message: &Envelope, out: &mut Vec<Message>) {
        out.extend(self.bare.take().map(|(_, end)| end));
        out.push(Message {
            call: self.call.take(),
            end: Some(true),
            end_ms: message.audio_duration_seconds.and_then(from_seconds),
            ..Message::default()
        });
        *self = Reader::default();
    }
}
