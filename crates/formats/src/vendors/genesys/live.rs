//! Transcription messages of live conversations.

use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::role;
use crate::call::{Call, Party, Word, null_as_empty, times};
use crate::live::{Live, Message};
use crate::problem::Problem;
use crate::time::to_rfc3339;
use crate::vendors::recent::Recent;

const CHANNEL: &str = "eventBody.transcripts[].channel";

pub(super) fn start() -> Box<dyn Live> {
    Box::new(Reader::default())
}

#[derive(Default)]
struct Reader {
    calls: Recent<State>,
}

/// So many ids of closed utterances and of ended sessions are kept of a conversation, against what comes twice or too late.
const MOST_CLOSED: usize = 32;

/// What is kept of a conversation.
#[derive(Default)]
struct State {
    /// When its first session began, since 1970; times count from there.
    origin: Option<i64>,
    /// The sessions that run: a conversation ends with its last, and may go on with a new one.
    sessions: BTreeSet<Session>,
    ended: VecDeque<Session>,
    closed: VecDeque<String>,
}

/// A session: the leg of the call and when it began.
type Session = (String, Option<i64>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<'a> {
    #[serde(alias = "detail-type")]
    topic_name: Option<String>,
    #[serde(borrow)]
    event_body: Option<&'a RawValue>,
    #[serde(borrow)]
    detail: Option<Detail<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail<'a> {
    #[serde(borrow)]
    event_body: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    conversation_id: Option<String>,
    communication_id: Option<String>,
    #[serde(default, deserialize_with = "crate::time::ms")]
    session_start_time_ms: Option<i64>,
    transcripts: Option<Vec<Utterance>>,
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    status: Option<String>,
    #[serde(default, deserialize_with = "crate::time::ms")]
    offset_ms: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Utterance {
    utterance_id: Option<String>,
    #[serde(default, deserialize_with = "null_as_empty")]
    is_final: bool,
    channel: Option<String>,
    dialect: Option<String>,
    #[serde(default, deserialize_with = "null_as_empty")]
    alternatives: Vec<Alternative>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Alternative {
    #[serde(default, deserialize_with = "crate::time::ms")]
    offset_ms: Option<i64>,
    #[serde(default, deserialize_with = "crate::time::ms")]
    duration_ms: Option<i64>,
    #[serde(default, deserialize_with = "null_as_empty")]
    transcript: String,
    decorated_transcript: Option<String>,
    #[serde(default, deserialize_with = "null_as_empty")]
    words: Vec<SpokenWord>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SpokenWord {
    #[serde(default, deserialize_with = "crate::time::ms")]
    offset_ms: Option<i64>,
    #[serde(default, deserialize_with = "crate::time::ms")]
    duration_ms: Option<i64>,
}

impl Live for Reader {
    fn message(&mut self, message: &str, out: &mut Vec<Message>) -> Result<(), Problem> {
        let Some(body) = body(message)? else {
            return Ok(());
        };
        let id = body
            .conversation_id
            .clone()
            .ok_or_else(|| Problem::missing("eventBody.conversationId"))?;
        let state = self.calls.of(&id);
        let session = (
            body.communication_id.clone().unwrap_or_default(),
            body.session_start_time_ms,
        );
        if state.ended.contains(&session) {
            return state.late(&body);
        }
        if state.sessions.is_empty() {
            state.origin = state.origin.or(session.1);
            out.push(beginning(&id, &body, state.origin));
        }
        let shift = session.1.zip(state.origin);
        let shift = shift.map_or(0, |(session, origin)| session.saturating_sub(origin));
        state.sessions.insert(session.clone());
        for utterance in body.transcripts.into_iter().flatten() {
            let chunk = chunk(&id, utterance, shift)?;
            if state.is_new(&chunk) {
                out.push(chunk);
            }
        }
        let Some(status) = body.status.filter(Status::is_end) else {
            return Ok(());
        };
        state.sessions.remove(&session);
        remember(&mut state.ended, session);
        if state.sessions.is_empty() {
            out.push(Message {
                call: Some(id),
                end: Some(true),
                end_ms: status.offset_ms.map(|ms| ms.saturating_add(shift)),
                ..Message::default()
            });
        }
        Ok(())
    }
}

impl Status {
    fn is_end(&self) -> bool {
        self.status.as_deref() == Some("SESSION_ENDED")
    }
}

impl State {
    /// Whether a chunk is not of an utterance that is closed; remembers one that closes its own.
    fn is_new(&mut self, chunk: &Message) -> bool {
        let Some(utterance) = &chunk.utterance else {
            return true;
        };
        if self.closed.contains(utterance) {
            return false;
        }
        if chunk.is_final == Some(true) {
            remember(&mut self.closed, utterance.clone());
        }
        true
    }

    /// Passes over what comes again of a session that has ended; what is new comes too late.
    fn late(&self, body: &Body) -> Result<(), Problem> {
        let mut ids = body.transcripts.iter().flatten().flat_map(|u| &u.utterance_id);
        if ids.all(|id| self.closed.contains(id)) {
            return Ok(());
        }
        Err(Problem::new("an utterance of a session that has ended"))
    }
}

fn remember<T>(kept: &mut VecDeque<T>, new: T) {
    kept.push_back(new);
    if kept.len() > MOST_CLOSED {
        kept.pop_front();
    }
}

/// What a message says of a transcription, taken out of its envelope; none of a heartbeat and of other topics.
fn body(message: &str) -> Result<Option<Body>, Problem> {
    let envelope: Envelope<'_> = serde_json::from_str(message)?;
    if envelope
        .topic_name
        .is_some_and(|t| !t.ends_with(".transcription"))
    {
        return Ok(None);
    }
    let inner = envelope.event_body.or_else(|| envelope.detail?.event_body);
    let body: Body = serde_json::from_str(inner.map_or(message, RawValue::get))?;
    let says = body.transcripts.is_some() || body.status.is_some();
    Ok(says.then_some(body))
}

/// Says who speaks on the two sides, and what the conversation is filed under.
fn beginning(id: &str, body: &Body, origin: Option<i64>) -> Message {
    let mut call = Call::default();
    let utterances = body.transcripts.as_deref().unwrap_or_default();
    let language = utterances.iter().find_map(|u| u.dialect.clone());
    call.file_under("language", language);
    call.file_under("started_at", origin.and_then(to_rfc3339));
    let party = |side: &str| Party {
        id: side.to_owned(),
        role: role(side),
        role_from: Some(Cow::Borrowed(CHANNEL)),
        name: None,
    };
    Message {
        call: Some(id.to_owned()),
        participants: Some(vec![party("external"), party("internal")]),
        meta: call.meta,
        ..Message::default()
    }
}

fn chunk(call: &str, utterance: Utterance, shift: i64) -> Result<Message, Problem> {
    let id = utterance
        .utterance_id
        .ok_or_else(|| Problem::missing("eventBody.transcripts[].utteranceId"))?;
    let speaker = utterance.channel.map(|c| c.to_lowercase());
    let Some(best) = utterance.alternatives.into_iter().next() else {
        return Ok(Message {
            call: Some(call.to_owned()),
            ..Message::chunk(id, speaker, "", utterance.is_final)
        });
    };
    let span = |offset: Option<i64>, duration: Option<i64>| {
        let start = offset.map(|ms| ms.saturating_add(shift));
        (
            start,
            start
                .zip(duration)
                .map(|(start, length)| start.saturating_add(length)),
        )
    };
    let (start_ms, end_ms) = span(best.offset_ms, best.duration_ms);
    let words: Vec<Word> = best
        .words
        .iter()
        .map(|w| {
            let (start_ms, end_ms) = span(w.offset_ms, w.duration_ms);
            Word {
                start_ms,
                end_ms,
                ..Word::default()
            }
        })
        .collect();
    let text = best.decorated_transcript.filter(|t| !t.is_empty());
    Ok(Message {
        call: Some(call.to_owned()),
        start_ms,
        end_ms,
        words: times(&words),
        ..Message::chunk(id, speaker, text.unwrap_or(best.transcript), utterance.is_final)
    })
}
