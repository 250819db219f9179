//! Real time: transcripts that are final bit by bit.
//!
//! What is final of a sentence is kept until the sentence ends, so that an utterance is a sentence and not the piece that one message holds. A
//! sentence ends where the vendor says so, where the speaker changes or falls silent, or where it has grown long.

use std::collections::HashMap;

use serde::Deserialize;

use super::{Item, Metadata, Place};
use crate::call::{Word, null_as_empty, times};
use crate::live::{Live, Message};
use crate::problem::Problem;

/// So long a silence, in milliseconds, ends an utterance.
const PAUSE_MS: i64 = 2_000;
/// So many words end one.
const WORDS: usize = 200;

/// Whether this is what a message of the vendor's says it is.
pub(super) fn is_kind(message: &str) -> bool {
    matches!(
        message,
        "RecognitionStarted"
            | "AddPartialTranscript"
            | "AddTranscript"
            | "AddPartialTranslation"
            | "AddTranslation"
            | "AudioAdded"
            | "ChannelAudioAdded"
            | "AudioEventStarted"
            | "AudioEventEnded"
            | "EndOfUtterance"
            | "EndOfTranscript"
            | "SpeakersResult"
            | "Info"
            | "Warning"
            | "Error"
    )
}

pub(super) fn start() -> Box<dyn Live> {
    Box::<Stream>::default()
}

#[derive(Deserialize)]
struct StreamMessage {
    message: String,
    id: Option<String>,
    #[serde(default, deserialize_with = "null_as_empty")]
    results: Vec<Item>,
    channel: Option<String>,
    language_pack_info: Option<super::LanguagePack>,
    metadata: Option<Metadata>,
}

#[derive(Default)]
struct Stream {
    id: Option<String>,
    channels: HashMap<Option<String>, Channel>,
    /// Whether words stand without spaces between.
    is_dense: bool,
}

/// What is known of a channel.
#[derive(Clone, Default)]
struct Channel {
    /// The open utterance's number.
    number: u64,
    /// What is final of it.
    open: Utterance,
    /// Behind the last number that was used.
    used: u64,
    /// Behind the last number that shows a text.
    shown: u64,
}

#[derive(Clone, Default)]
struct Utterance {
    speaker: Option<String>,
    text: String,
    words: Vec<Word>,
    /// Whether the next word goes right behind the last.
    is_glued: bool,
    /// What goes in front of the next word.
    front: String,
}

impl Live for Stream {
    fn message(&mut self, message: &str, out: &mut Vec<Message>) -> Result<(), Problem> {
        let message: StreamMessage = serde_json::from_str(message)?;
        match message.message.as_str() {
            "RecognitionStarted" => self.begin(message, out),
            "AddTranscript" => self.add(message, true, out),
            "AddPartialTranscript" => self.add(message, false, out),
            "EndOfUtterance" => self.close(message.channel.as_ref(), out),
            "EndOfTranscript" => {
                self.close(None, out);
                out.push(Message {
                    call: self.id.take(),
                    end: Some(true),
                    ..Message::default()
                });
                *self = Stream::default();
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut Vec<Message>) -> Result<(), Problem> {
        self.close(None, out);
        Ok(())
    }
}

impl Stream {
    fn begin(&mut self, message: StreamMessage, out: &mut Vec<Message>) {
        let delimiter = message.language_pack_info.and_then(|l| l.word_delimiter);
        let config = message.metadata.and_then(|m| m.transcription_config);
        *self = Stream {
            id: message.id,
            is_dense: delimiter.is_some_and(|d| d.is_empty()),
            ..Stream::default()
        };
        let language = config.and_then(|c| c.language);
        out.push(Message {
            call: self.id.clone(),
            meta: language.map(|l| [("language".to_owned(), l.into())].into_iter().collect()),
            ..Message::default()
        });
    }

    fn add(&mut self, mut message: StreamMessage, is_final: bool, out: &mut Vec<Message>) {
        let mut by_channel: Vec<(Option<String>, Vec<Item>)> = Vec::new();
        for mut item in message.results.drain(..) {
            item.channel = item.channel.or_else(|| message.channel.clone());
            match by_channel.iter_mut().find(|(c, _)| *c == item.channel) {
                Some((_, items)) => items.push(item),
                None => by_channel.push((item.channel.clone(), vec![item])),
            }
        }
        if by_channel.is_empty() {
            // Nothing is said any more of what was shown.
            by_channel.push((message.channel, Vec::new()));
        }
        for (name, items) in by_channel {
            let channel = self.channels.entry(name.clone()).or_default();
            let mut reader = Reader {
                call: self.id.as_ref(),
                channel: name.as_deref(),
                is_dense: self.is_dense,
                out: &mut *out,
            };
            reader.add(channel, &items, is_final);
        }
    }

    /// Closes what is open: on one channel, or on all.
    fn close(&mut self, only: Option<&String>, out: &mut Vec<Message>) {
        let mut names: Vec<Option<String>> = self.channels.keys().cloned().collect();
        names.retain(|name| only.is_none() || name.as_ref() == only);
        names.sort_unstable();
        for name in names {
            let channel = self.channels.entry(name.clone()).or_default();
            let mut reader = Reader {
                call: self.id.as_ref(),
                channel: name.as_deref(),
                is_dense: self.is_dense,
                out: &mut *out,
            };
            reader.close(channel);
        }
    }
}

/// Makes messages of one channel's results.
struct Reader<'a> {
    call: Option<&'a String>,
    channel: Option<&'a str>,
    is_dense: bool,
    out: &'a mut Vec<Message>,
}

impl Reader<'_> {
    fn add(&mut self, channel: &mut Channel, items: &[Item], is_final: bool) {
        // What is not final yet is tried on a copy.
        let mut copy = channel.clone();
        let now = if is_final { &mut *channel } else { &mut copy };
        for item in items {
            let content = item.content();
            if now.open.ends_before(item) {
                self.say(now, is_final);
                now.next();
            }
            now.open.add(item, content.trim(), self.is_dense);
            if item.is_eos == Some(true) && !now.open.text.is_empty() {
                self.say(now, is_final);
                now.next();
            }
        }
        let mut said = now.number;
        if !now.open.text.is_empty() {
            self.say(now, false);
            said += 1;
        }
        channel.used = channel.used.max(said);
        if is_final {
            // The next partial transcript says what remains of the last one.
            channel.shown = channel.shown.max(said);
        } else {
            for number in said..channel.shown {
                self.chunk(number, &Utterance::default(), false);
            }
            channel.shown = said;
        }
    }

    /// Closes the open utterance, and takes back those that only partial transcripts have shown.
    fn close(&mut self, channel: &mut Channel) {
        while channel.number < channel.used {
            self.say(channel, true);
            channel.next();
        }
    }

    fn say(&mut self, channel: &Channel, is_final: bool) {
        self.chunk(channel.number, &channel.open, is_final);
    }

    fn chunk(&mut self, number: u64, said: &Utterance, is_final: bool) {
        let id = match self.channel {
            Some(channel) => format!("{channel}.{number}"),
            None => number.to_string(),
        };
        let mut chunk = Message::chunk(id, said.speaker.clone(), said.text.clone(), is_final);
        chunk.call = self.call.cloned();
        chunk.start_ms = said.words.iter().find_map(|w| w.start_ms);
        chunk.end_ms = said.words.iter().rev().find_map(|w| w.end_ms);
        chunk.words = times(&said.words);
        self.out.push(chunk);
    }
}

impl Channel {
    fn next(&mut self) {
        self.number += 1;
        self.open = Utterance::default();
    }
}

impl Utterance {
    /// Whether another utterance begins with this.
    fn ends_before(&self, item: &Item) -> bool {
        if self.text.is_empty() || item.place() != Place::Apart || item.content().trim().is_empty() {
            return false;
        }
        let end = self.words.iter().rev().find_map(|w| w.end_ms);
        let pause = item
            .start_time
            .zip(end)
            .map_or(0, |(start, end)| start.saturating_sub(end));
        self.speaker != item.voice() || pause >= PAUSE_MS || self.words.len() >= WORDS
    }

    fn add(&mut self, item: &Item, content: &str, is_dense: bool) {
        let place = item.place();
        match place {
            _ if content.is_empty() => {}
            Place::Before => self.front.push_str(content),
            // A mark behind nothing is of an utterance that is closed.
            Place::Behind | Place::Between if self.text.is_empty() => {}
            Place::Behind | Place::Between => {
                self.text.push_str(content);
                self.is_glued |= place == Place::Between;
            }
            Place::Apart => {
                if self.text.is_empty() {
                    self.speaker = item.voice();
                } else if !std::mem::take(&mut self.is_glued) && !is_dense {
                    self.text.push(' ');
                }
                let word = std::mem::take(&mut self.front) + content;
                self.text.push_str(&word);
                self.words.push(item.word(word));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_that_breaks_off_closes_what_is_open() {
        let mut stream = start();
        let mut out = Vec::new();
        let word = r#"{"type":"word","start_time":0,"end_time":1,"alternatives":[{"content":"Hello"}]}"#;
        let message = format!(r#"{{"message":"AddTranscript","results":[{word}]}}"#);
        stream.message(&message, &mut out).expect("a message");
        assert_eq!(out.pop().and_then(|m| m.is_final), Some(false));
        stream.finish(&mut out).expect("nothing is held");
        let last = out.pop().expect("a chunk");
        assert_eq!((last.text.as_deref(), last.is_final), (Some("Hello"), Some(true)));
    }
}
