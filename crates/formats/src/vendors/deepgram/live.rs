//! The messages of a stream. Stretches that are final are put together to utterances; what is still revised is shown behind them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Alternative, Heard};
use crate::call::{Word, null_as_empty, times};
use crate::live::{Live, Message};
use crate::problem::Problem;
use crate::time::from_seconds;
use crate::vendors::voice;
use crate::vendors::words::PAUSE_MS;

pub(super) fn start() -> Box<dyn Live> {
    Box::new(Reader::default())
}

/// A stream carries one call after the other.
#[derive(Default)]
struct Reader {
    call: Option<String>,
    channels: BTreeMap<usize, Channel>,
}

/// What was said last on a channel.
#[derive(Default)]
struct Channel {
    /// Utterances so far.
    count: usize,
    /// The open utterance.
    open: Option<usize>,
    /// What is final of it.
    sure: Stretch,
    /// Whether it shows more than that.
    shows_more: bool,
    /// The utterance that is shown behind it and may still change.
    next: Option<usize>,
}

/// Words of one speaker.
#[derive(Clone, Default)]
struct Stretch {
    speaker: Option<String>,
    text: String,
    start_ms: Option<i64>,
    end_ms: Option<i64>,
    words: Vec<Word>,
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(rename = "type")]
    kind: Option<String>,
    request_id: Option<String>,
    channel_index: Option<Vec<usize>>,
    #[serde(default, deserialize_with = "null_as_empty")]
    is_final: bool,
    #[serde(default, deserialize_with = "null_as_empty")]
    speech_final: bool,
    #[serde(default, deserialize_with = "null_as_empty")]
    from_finalize: bool,
    #[serde(default, deserialize_with = "crate::time::number")]
    start: Option<f64>,
    #[serde(default, deserialize_with = "crate::time::number")]
    duration: Option<f64>,
    /// Of results an object, of other messages the list that results call `channel_index`.
    #[serde(borrow)]
    channel: Option<&'a RawValue>,
    metadata: Option<Metadata>,
    /// Of turns: what has happened to it.
    event: Option<String>,
    turn_index: Option<u64>,
    transcript: Option<String>,
    #[serde(default, deserialize_with = "crate::time::number")]
    audio_window_start: Option<f64>,
    #[serde(default, deserialize_with = "crate::time::number")]
    audio_window_end: Option<f64>,
}

#[derive(Deserialize)]
struct Said {
    #[serde(default, deserialize_with = "null_as_empty")]
    alternatives: Vec<Alternative>,
}

#[derive(Deserialize)]
struct Metadata {
    request_id: Option<String>,
}

impl Live for Reader {
    fn message(&mut self, message: &str, out: &mut Vec<Message>) -> Result<(), Problem> {
        let message: Envelope<'_> = serde_json::from_str(message)?;
        match message.kind.as_deref() {
            Some("Results") => self.results(message, out),
            Some("UtteranceEnd") => {
                let index: Vec<usize> = serde_json::from_str(message.channel.map_or("[]", RawValue::get))?;
                let at = index.first().copied().unwrap_or(0);
                let channel = self.channels.get_mut(&at);
                if let Some(channel) = channel.filter(|c| !c.sure.text.is_empty()) {
                    channel.close(at, self.call.as_deref(), out);
                }
                Ok(())
            }
            Some("Metadata") => {
                self.end(&message, out);
                Ok(())
            }
            Some("TurnInfo") => turn(message, out),
            Some(_) => Ok(()),
            None if message.channel.is_some() => self.results(message, out),
            None => Err(Problem::missing("type")),
        }
    }
}

impl Reader {
    fn results(&mut self, message: Envelope<'_>, out: &mut Vec<Message>) -> Result<(), Problem> {
        let said = message
            .channel
            .ok_or_else(|| Problem::missing("channel.alternatives[]"))?;
        let said: Said = serde_json::from_str(said.get())?;
        self.call = message.metadata.and_then(|m| m.request_id).or(self.call.take());
        let call = self.call.as_deref();
        let index = message.channel_index.unwrap_or_default();
        let at = index.first().copied().unwrap_or(0);
        let of = index.get(1).copied().unwrap_or(1);
        let best = said.alternatives.into_iter().next().unwrap_or_default();
        let span = (
            message.start.and_then(from_seconds),
            message
                .start
                .zip(message.duration)
                .and_then(|(s, d)| from_seconds(s + d)),
        );
        let stretches = stretches(best, span, at, of);
        let channel = self.channels.entry(at).or_default();
        if !message.is_final {
            channel.show(at, call, stretches, out);
            return Ok(());
        }
        let closes = message.speech_final || message.from_finalize;
        channel.settle(at, call, stretches, closes, out);
        Ok(())
    }

    fn end(&mut self, message: &Envelope<'_>, out: &mut Vec<Message>) {
        let call = message.request_id.clone().or(self.call.take());
        for (at, mut channel) in std::mem::take(&mut self.channels) {
            while channel.open.is_some() {
                channel.close(at, call.as_deref(), out);
            }
        }
        self.call = None;
        out.push(Message {
            call,
            end: Some(true),
            end_ms: message.duration.and_then(from_seconds),
            ..Message::default()
        });
    }
}

/// A turn of the models that find the ends of turns themselves (`/v2/listen`): each message says all of it so far. Their words have no times, and a
/// turn only those of the sound in which it was heard.
fn turn(message: Envelope<'_>, out: &mut Vec<Message>) -> Result<(), Problem> {
    let number = message.turn_index.ok_or_else(|| Problem::missing("turn_index"))?;
    let text = message.transcript.ok_or_else(|| Problem::missing("transcript"))?;
    let is_final = message.event.as_deref() == Some("EndOfTurn");
    if text.is_empty() && !is_final {
        return Ok(());
    }
    out.push(Message {
        call: message.request_id,
        start_ms: message.audio_window_start.and_then(from_seconds),
        end_ms: message.audio_window_end.and_then(from_seconds),
        ..Message::chunk(format!("turn-{number}"), None, text.trim(), is_final)
    });
    Ok(())
}

/// What a message says, by speaker; nothing if it says nothing.
fn stretches(best: Alternative, span: (Option<i64>, Option<i64>), at: usize, of: usize) -> Vec<Stretch> {
    let name = at.to_string();
    let id = |voice: Option<&str>| voice::id(Some(&name), of, voice);
    let voices = |words: &[Heard]| words.windows(2).all(|pair| pair[0].speaker == pair[1].speaker);
    if voices(&best.words) {
        let text = best.transcript.trim().to_owned();
        if text.is_empty() {
            return Vec::new();
        }
        let speaker = id(best.words.first().and_then(|w| w.speaker.as_deref()));
        let words: Vec<Word> = best.words.into_iter().map(Heard::word).collect();
        return vec![Stretch {
            speaker,
            text,
            start_ms: words.first().map_or(span.0, |w| w.start_ms),
            end_ms: words.last().map_or(span.1, |w| w.end_ms),
            words,
        }];
    }
    let mut found: Vec<Stretch> = Vec::new();
    for heard in best.words {
        let speaker = id(heard.speaker.as_deref());
        let word = heard.word();
        let next = Stretch {
            text: word.text.clone(),
            start_ms: word.start_ms,
            end_ms: word.end_ms,
            words: vec![word],
            speaker,
        };
        match found.last_mut().filter(|last| last.speaker == next.speaker) {
            Some(last) => last.append(next),
            None => found.push(next),
        }
    }
    found
}

impl Stretch {
    fn append(&mut self, next: Stretch) {
        if self.text.is_empty() {
            *self = next;
            return;
        }
        self.text.push(' ');
        self.text.push_str(&next.text);
        self.end_ms = self.end_ms.max(next.end_ms);
        self.words.extend(next.words);
    }

    /// Whether another one goes on where this one ends.
    fn goes_on(&self, next: &Stretch) -> bool {
        let pause = next
            .start_ms
            .zip(self.end_ms)
            .map_or(0, |(start, end)| start.saturating_sub(end));
        self.text.is_empty() || (self.speaker == next.speaker && pause < PAUSE_MS)
    }
}

impl Channel {
    /// Shows what may still change. What one message says of several speakers is shown as one, until it is final.
    fn show(&mut self, at: usize, call: Option<&str>, stretches: Vec<Stretch>, out: &mut Vec<Message>) {
        let Some(said) = stretches.into_iter().reduce(|mut all, next| {
            all.append(next);
            all
        }) else {
            return;
        };
        if self.sure.goes_on(&said) {
            if let Some(next) = self.next.take() {
                out.push(chunk(at, next, call, Stretch::default(), true));
            }
            let mut all = self.sure.clone();
            all.append(said);
            out.push(chunk(at, self.open(), call, all, false));
            self.shows_more = true;
            return;
        }
        if self.shows_more {
            out.push(chunk(at, self.open(), call, self.sure.clone(), false));
            self.shows_more = false;
        }
        let next = self.next.unwrap_or_else(|| self.begin());
        self.next = Some(next);
        out.push(chunk(at, next, call, said, false));
    }

    /// Takes what is final. What has not ended with it is shown as it stands.
    fn settle(
        &mut self,
        at: usize,
        call: Option<&str>,
        stretches: Vec<Stretch>,
        closes: bool,
        out: &mut Vec<Message>,
    ) {
        for said in stretches {
            if !self.sure.goes_on(&said) {
                self.close(at, call, out);
            }
            self.open();
            self.sure.append(said);
        }
        if closes || self.sure.text.is_empty() {
            self.close(at, call, out);
        } else {
            out.push(chunk(at, self.open(), call, self.sure.clone(), false));
            self.shows_more = false;
        }
    }

    /// Closes the open utterance; one of which nothing became final was never said.
    fn close(&mut self, at: usize, call: Option<&str>, out: &mut Vec<Message>) {
        let sure = std::mem::take(&mut self.sure);
        if let Some(open) = self.open.take() {
            out.push(chunk(at, open, call, sure, true));
        }
        self.open = self.next.take();
        self.shows_more = self.open.is_some();
    }

    /// The open utterance; a new one if there is none.
    fn open(&mut self) -> usize {
        let open = self.open.unwrap_or_else(|| self.begin());
        self.open = Some(open);
        open
    }

    fn begin(&mut self) -> usize {
        self.count += 1;
        self.count - 1
    }
}

fn chunk(at: usize, count: usize, call: Option<&str>, said: Stretch, is_final: bool) -> Message {
    Message {
        call: call.map(str::to_owned),
        start_ms: said.start_ms,
        end_ms: said.end_ms,
        words: times(&said.words),
        ..Message::chunk(format!("ch_{at}-{count}"), said.speaker, said.text, is_final)
    }
}
