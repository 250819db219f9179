//! Streams of results.

use std::collections::HashMap;

use serde::Deserialize;

use super::{Found, turn};
use crate::call::{Turn, Word, times};
use crate::live::{Live, Message};
use crate::problem::Problem;
use crate::vendors::voice;
use crate::vendors::words::Gatherer;

/// A stream does not say how many channels it has; one whose results bear a channel's number has several.
const MANY: usize = 2;

pub(super) fn start() -> Box<dyn Live> {
    Box::<Stream>::default()
}

/// A message of a stream.
#[derive(Deserialize)]
struct StreamMessage {
    #[serde(default, deserialize_with = "crate::call::null_as_empty")]
    results: Vec<Found>,
}

#[derive(Default)]
struct Stream {
    channels: HashMap<Option<String>, Place>,
    has_language: bool,
}

/// How far a channel has come.
#[derive(Clone, Copy, Default)]
struct Place {
    /// The open utterance's number.
    utterance: u64,
    /// The end of what is final.
    final_ms: i64,
}

impl Live for Stream {
    fn message(&mut self, message: &str, out: &mut Vec<Message>) -> Result<(), Problem> {
        let message: StreamMessage = serde_json::from_str(message)?;
        let mut languages = message.results.iter().filter_map(|f| f.language.clone());
        let language = languages.find(|language| !language.is_empty());
        if let Some(language) = language.filter(|_| !std::mem::replace(&mut self.has_language, true)) {
            out.push(Message {
                meta: Some([("language".to_owned(), language.into())].into_iter().collect()),
                ..Message::default()
            });
        }
        let mut interim: Vec<Message> = Vec::new();
        for found in &message.results {
            let place = self.channels.entry(found.channel()).or_default();
            if found.is_final == Some(true) {
                place.finish(found, out);
                continue;
            }
            let id = place.id(found);
            // What is said in several results of one message is one hypothesis.
            if let Some(chunk) = interim.iter_mut().find(|c| c.utterance.as_ref() == Some(&id)) {
                chunk.text.get_or_insert_default().push_str(found.transcript());
                chunk.end_ms = found.end_ms.or(chunk.end_ms);
            } else {
                let speaker = voice::id(found.channel().as_deref(), MANY, None);
                let mut chunk = Message::chunk(id, speaker, found.transcript().trim_start(), false);
                chunk.end_ms = found.end_ms;
                interim.push(chunk);
            }
        }
        out.append(&mut interim);
        Ok(())
    }
}

impl Place {
    fn id(self, found: &Found) -> String {
        let number = self.utterance.to_string();
        found
            .channel()
            .map_or(number.clone(), |channel| format!("ch_{channel}.{number}"))
    }

    /// Closes the utterance with its final result: once for each speaker, where it is diarised.
    fn finish(&mut self, found: &Found, out: &mut Vec<Message>) {
        for turn in self.said(found) {
            let mut chunk = Message::chunk(self.id(found), turn.speaker, turn.text, true);
            (chunk.start_ms, chunk.end_ms) = (turn.start_ms, turn.end_ms);
            chunk.words = times(&turn.words);
            self.final_ms = self.final_ms.max(turn.end_ms.or(found.end_ms).unwrap_or(0));
            out.push(chunk);
            self.utterance += 1;
        }
    }

    /// What a final result says that was not said before; at least one turn, which may be empty.
    fn said(&self, found: &Found) -> Vec<Turn> {
        let mut gatherer = Gatherer::default();
        let channel = found.channel();
        let words = found.words().iter().map(|heard| (heard.speaker(), heard.word()));
        let is_new = |word: &Word| word.start_ms.is_none_or(|start| start >= self.final_ms);
        for (speaker, word) in words.filter(|(_, word)| found.has_speakers() && is_new(word)) {
            gatherer.word(
                word,
                voice::id(channel.as_deref(), MANY, speaker.as_deref()).as_deref(),
                None,
            );
        }
        let mut turns = gatherer.turns();
        match &mut turns[..] {
            [] => vec![turn(found, MANY).unwrap_or_default()],
            [turn] if !found.transcript().trim().is_empty() => {
                turn.text = found.transcript().trim().to_owned();
                turns
            }
            _ => turns,
        }
    }
}
