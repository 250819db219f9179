//! Live calls: what vendors' streams say, as chunks; and calls gathered from recorded streams.

use std::collections::{HashMap, HashSet, VecDeque};

use hackles::transcript::{Meta, id_as_text, whole_ms};
use hackles::{Mode, WordTime};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use crate::call::{Call, Figures, Party, Turn, Word};
use crate::format::Format;
use crate::problem::Problem;
use crate::record::Record;

/// One thing that is said of a live call: our own messages look so, and all others become such. It may introduce a call, bring a chunk of it,
/// let time pass and end it, also at once.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The call; none if the stream carries one call and does not say its id.
    #[serde(
        default,
        deserialize_with = "id_as_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub call: Option<String>,
    /// Who takes part; belongs before the first chunk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participants: Option<Vec<Party>>,
    /// What the call is filed under; belongs before the first chunk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Meta>,
    /// The utterance a chunk is part of.
    #[serde(
        default,
        deserialize_with = "id_as_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub utterance: Option<String>,
    /// Twice an option: `null` is an unknown speaker, a missing key is the utterance's last.
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    pub speaker: Option<Option<String>>,
    /// Start of the utterance in milliseconds of the call.
    #[serde(
        default,
        deserialize_with = "whole_ms",
        skip_serializing_if = "Option::is_none"
    )]
    pub start_ms: Option<i64>,
    /// End of the utterance, or of the call.
    #[serde(
        default,
        deserialize_with = "whole_ms",
        skip_serializing_if = "Option::is_none"
    )]
    pub end_ms: Option<i64>,
    /// The chunk's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Whether the text is added or takes the place of what came before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// When the words of the chunk were said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<WordTime>,
    /// Whether the chunk closes its utterance.
    #[serde(default, rename = "final", skip_serializing_if = "Option::is_none")]
    pub is_final: Option<bool>,
    /// The time of the call, in milliseconds.
    #[serde(
        default,
        deserialize_with = "whole_ms",
        skip_serializing_if = "Option::is_none"
    )]
    pub now_ms: Option<i64>,
    /// Whether the call ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<bool>,
    /// What the vendor's analysis has said of the call so far; later figures take the place of earlier ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<Figures>,
}

hackles::debug_unsaid! {
    Message { call, participants, utterance, speaker, start_ms, end_ms, mode, words, is_final, now_ms, end, vendor } without { meta, text }
}

fn present<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(d).map(Some)
}

impl Message {
    /// A chunk that says all of its utterance so far, as most recognisers do.
    pub fn chunk(
        utterance: impl Into<String>,
        speaker: Option<String>,
        text: impl Into<String>,
        is_final: bool,
    ) -> Self {
        Message {
            utterance: Some(utterance.into()),
            speaker: Some(speaker),
            text: Some(text.into()),
            mode: Some(Mode::Replace),
            is_final: Some(is_final),
            ..Message::default()
        }
    }
}

/// Reads the messages of a vendor's stream, in the order in which they were sent. It keeps what later messages need of earlier ones.
pub trait Live: Send {
    /// Reads one message and says what it means, which may be nothing.
    ///
    /// # Errors
    /// A message that is not the vendor's or lacks what it must have; the following ones can be read.
    fn message(&mut self, message: &str, out: &mut Vec<Message>) -> Result<(), Problem>;

    /// Says what was held back for messages that should have come before it, as no more will come.
    ///
    /// # Errors
    /// A message among them that lacks what it must have; after it, this can be asked again for the rest.
    fn finish(&mut self, _out: &mut Vec<Message>) -> Result<(), Problem> {
        Ok(())
    }
}

/// The messages of any number of calls on one stream. A vendor's message that does not name its call may be sent in an envelope that does:
/// `{"call":"C1","message":{…}}`.
pub struct Stream {
    format: Format,
    /// Whether a message has come that is seen to be of the format; until then, those of other formats are told.
    is_sure: bool,
    start: fn() -> Box<dyn Live>,
    bare: Box<dyn Live>,
    /// A reader for each call that came in envelopes.
    calls: HashMap<String, Box<dyn Live>>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(deserialize_with = "id_as_text")]
    call: Option<String>,
    #[serde(borrow)]
    message: Option<&'a RawValue>,
    #[serde(default)]
    end: bool,
    #[serde(default, deserialize_with = "whole_ms")]
    end_ms: Option<i64>,
}

impl Stream {
    pub(crate) fn new(format: Format, start: fn() -> Box<dyn Live>) -> Self {
        Stream {
            format,
            is_sure: false,
            start,
            bare: start(),
            calls: HashMap::new(),
        }
    }
}

impl Live for Stream {
    fn message(&mut self, message: &str, out: &mut Vec<Message>) -> Result<(), Problem> {
        if !self.is_sure {
            let other = Record::of_another(self.format, message.as_bytes());
            if let Some(other) = other.filter(|other| other.is_message && other.format != Format::Jsonl) {
                return Err(Problem::new(format!(
                    "a message of {}, not of {}",
                    other.format.title(),
                    self.format.title()
                )));
            }
            self.is_sure = Record::told(self.format, message.as_bytes()).is_message;
        }
        let Ok(Envelope {
            call: Some(call),
            message: inner,
            end,
            end_ms,
        }) = serde_json::from_str(message)
        else {
            return self.bare.message(message, out);
        };
        if inner.is_none() && !end {
            return self.bare.message(message, out);
        }
        let mut told = Vec::new();
        let mut read = match inner {
            Some(inner) => {
                let reader = self.calls.entry(call.clone()).or_insert_with(self.start);
                reader.message(inner.get(), &mut told)
            }
            None => Ok(()),
        };
        if end {
            if let Some(reader) = self.calls.get_mut(&call) {
                read = read.and(reader.finish(&mut told));
            }
            told.push(Message {
                end: Some(true),
                end_ms,
                ..Message::default()
            });
        }
        if told.iter().any(|message| message.end == Some(true)) {
            self.calls.remove(&call);
        }
        out.extend(told.into_iter().map(|message| named(message, &call)));
        read
    }

    fn finish(&mut self, out: &mut Vec<Message>) -> Result<(), Problem> {
        self.bare.finish(out)?;
        let mut calls: Vec<String> = self.calls.keys().cloned().collect();
        calls.sort_unstable();
        for call in calls {
            let mut told = Vec::new();
            let read = self
                .calls
                .get_mut(&call)
                .map_or(Ok(()), |reader| reader.finish(&mut told));
            out.extend(told.into_iter().map(|message| named(message, &call)));
            read?;
            self.calls.remove(&call);
        }
        Ok(())
    }
}

/// A message of this call.
fn named(message: Message, call: &str) -> Message {
    Message {
        call: Some(call.to_owned()),
        ..message
    }
}

/// Our own messages.
pub(crate) struct Own;

impl Live for Own {
    fn message(&mut self, message: &str, out: &mut Vec<Message>) -> Result<(), Problem> {
        out.push(serde_json::from_str(message)?);
        Ok(())
    }
}

/// So many ids of calls that have ended are remembered, and of a call so many ids of utterances that were closed, to tell what comes too late
/// from what is new: as many as a live session remembers.
const ENDED_CALLS: usize = 4096;
const CLOSED_UTTERANCES: usize = 16;

/// Gathers finished calls from messages. Calls stand in the order in which they began.
#[derive(Debug, Default)]
pub struct Collector {
    /// The id of calls whose messages do not say theirs.
    unnamed: Option<String>,
    calls: Vec<Gathered>,
    by_id: HashMap<Option<String>, usize>,
    ended: HashSet<Option<String>>,
    ended_order: VecDeque<Option<String>>,
}

#[derive(Debug, Default)]
struct Gathered {
    call: Call,
    /// Where the turns of open utterances stand.
    turns: HashMap<String, usize>,
    closed: VecDeque<String>,
    ended: bool,
}

impl Collector {
    /// Nothing gathered yet. Messages that name no call are of the call `unnamed`.
    pub fn new(unnamed: Option<String>) -> Self {
        Collector {
            unnamed,
            ..Collector::default()
        }
    }

    /// Takes what a message says, if it does not come too late: a chunk of an utterance that was closed says nothing.
    ///
    /// # Errors
    /// A message of a call that has ended, or that has not begun.
    pub fn take(&mut self, message: Message) -> Result<(), Problem> {
        let id = message.call.or_else(|| self.unnamed.clone());
        if !self.by_id.contains_key(&id) {
            let name = id.as_deref().unwrap_or("live");
            if self.ended.contains(&id) {
                return Err(Problem::new(format!("the call \"{name}\" has ended")));
            }
            let begins = message.utterance.is_some()
                || message.participants.is_some()
                || message.meta.is_some()
                || message.vendor.is_some();
            if !begins {
                return Err(Problem::new(format!("the call \"{name}\" has not begun")));
            }
        }
        let at = *self.by_id.entry(id.clone()).or_insert_with(|| {
            self.calls.push(Gathered::default());
            self.calls.len() - 1
        });
        let gathered = &mut self.calls[at];
        let call = &mut gathered.call;
        call.id = id;
        for party in message.participants.into_iter().flatten() {
            match call.participants.iter_mut().find(|p| p.id == party.id) {
                Some(known) => *known = party,
                None => call.participants.push(party),
            }
        }
        for (key, value) in message.meta.into_iter().flatten() {
            call.meta.get_or_insert_default().insert(key, value);
        }
        call.vendor = message.vendor.or(call.vendor.take());
        if message.end == Some(true) {
            gathered.ended = true;
            call.end_ms = message.end_ms;
        }
        let Some(utterance) = message.utterance else {
            return Ok(());
        };
        let place = match gathered.turns.get(&utterance) {
            Some(place) => *place,
            None if gathered.closed.contains(&utterance) => return Ok(()),
            None => {
                call.turns.push(Turn::default());
                gathered.turns.insert(utterance.clone(), call.turns.len() - 1);
                call.turns.len() - 1
            }
        };
        if message.is_final == Some(true) {
            gathered.turns.remove(&utterance);
            if gathered.closed.len() == CLOSED_UTTERANCES {
                gathered.closed.pop_front();
            }
            gathered.closed.push_back(utterance);
        }
        let turn = &mut call.turns[place];
        if let Some(speaker) = message.speaker {
            turn.speaker = speaker;
        }
        turn.start_ms = message.start_ms.or(turn.start_ms);
        turn.end_ms = message.end_ms.or(turn.end_ms);
        let words = message.words.iter().map(|w| Word::at("", w.start_ms, w.end_ms));
        let text = message.text.unwrap_or_default();
        match message.mode.unwrap_or_default() {
            Mode::Append => {
                turn.text.push_str(&text);
                turn.words.extend(words);
            }
            Mode::Replace => {
                turn.text = text;
                turn.words = words.collect();
            }
        }
        Ok(())
    }

    /// The calls that have ended.
    pub fn ended(&mut self) -> Vec<Call> {
        let ended = self.part(|gathered| gathered.ended);
        for call in &ended {
            if self.ended_order.len() == ENDED_CALLS
                && let Some(oldest) = self.ended_order.pop_front()
            {
                self.ended.remove(&oldest);
            }
            self.ended_order.push_back(call.id.clone());
            self.ended.insert(call.id.clone());
        }
        ended
    }

    /// All calls, ended or not.
    pub fn finish(mut self) -> Vec<Call> {
        self.part(|_| true)
    }

    fn part(&mut self, is_done: impl Fn(&Gathered) -> bool) -> Vec<Call> {
        let (done, open): (Vec<_>, Vec<_>) = std::mem::take(&mut self.calls).into_iter().partition(is_done);
        self.calls = open;
        self.by_id = (0..)
            .zip(&self.calls)
            .map(|(at, g)| (g.call.id.clone(), at))
            .collect();
        done.into_iter()
            .map(|gathered| {
                let mut call = gathered.call;
                call.sort();
                call
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn envelopes_name_the_call() {
        struct Echo(u32);
        impl Live for Echo {
            fn message(&mut self, message: &str, out: &mut Vec<Message>) -> Result<(), Problem> {
                self.0 += 1;
                out.push(Message::chunk(self.0.to_string(), None, message, true));
                Ok(())
            }
        }
        let mut stream = Stream::new(Format::Google, || Box::new(Echo(0)));
        let mut out = Vec::new();
        for message in [
            r#"{"call":"a","message":{"n":1}}"#,
            r#"{"call":"b","message":{"n":2}}"#,
            r#"{"n":3}"#,
            r#"{"call":"a","end":true}"#,
            r#"{"call":"a","message":4}"#,
        ] {
            stream.message(message, &mut out).expect("read");
        }
        let told: Vec<_> = out
            .iter()
            .map(|m| (m.call.as_deref(), m.utterance.as_deref(), m.text.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                (Some("a"), Some("1"), Some("{\"n\":1}")),
                (Some("b"), Some("1"), Some("{\"n\":2}")),
                (None, Some("1"), Some("{\"n\":3}")),
                (Some("a"), None, None),
                (Some("a"), Some("1"), Some("4")),
            ]
        );
    }

    #[test]
    fn revised_utterances_become_turns() {
        let mut collector = Collector::new(Some("C1".into()));
        let mut second = Message::chunk("u2", Some("b".into()), "no", true);
        second.start_ms = Some(10);
        let mut first = Message::chunk("u1", Some("a".into()), "I was", false);
        first.start_ms = Some(0);
        for message in [
            second,
            first,
            Message::chunk("u1", Some("a".into()), "it was", true),
            Message::chunk("u3", None, "", true),
        ] {
            collector.take(message).expect("of use");
        }
        // It is closed: what comes now comes too late.
        let late = Message::chunk("u1", Some("a".into()), "it is", true);
        collector.take(late).expect("of no use");
        assert!(collector.ended().is_empty());
        let end = Message {
            end: Some(true),
            end_ms: Some(99),
            ..Message::default()
        };
        collector.take(end.clone()).expect("of use");
        let calls = collector.ended();
        let told: Vec<&str> = calls[0].turns.iter().map(|t| t.text.as_str()).collect();
        assert_eq!((told, calls[0].end_ms), (vec!["it was", "", "no"], Some(99)));
        let late = collector.take(end).expect_err("too late");
        assert_eq!(late.what(), "the call \"C1\" has ended");
        assert!(collector.finish().is_empty());
    }
}
