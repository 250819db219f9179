//! The events of a live conversation.

use std::collections::VecDeque;

use hackles::Role;
use serde::Deserialize;

use super::conversation::last_part;
use super::role;
use crate::call::Party;
use crate::live::{Live, Message};
use crate::problem::Problem;
use crate::time::{protobuf_time, to_rfc3339};
use crate::vendors::recent::Recent;

/// So many messages of a call are remembered, to know one that comes twice.
const SEEN: usize = 256;

/// Whether this is what an event says it is.
pub(super) fn is_kind(kind: &str) -> bool {
    matches!(
        kind,
        "CONVERSATION_STARTED"
            | "CONVERSATION_FINISHED"
            | "HUMAN_INTERVENTION_NEEDED"
            | "NEW_MESSAGE"
            | "NEW_RECOGNITION_RESULT"
            | "UNRECOVERABLE_ERROR"
    )
}

pub(super) fn start() -> Box<dyn Live> {
    Box::<Events>::default()
}

#[derive(Deserialize)]
struct Event {
    conversation: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "newMessagePayload", alias = "new_message_payload")]
    payload: Option<Payload>,
}

#[derive(Deserialize)]
struct Payload {
    name: Option<String>,
    content: Option<String>,
    #[serde(rename = "languageCode", alias = "language_code")]
    language: Option<String>,
    participant: Option<String>,
    #[serde(rename = "participantRole", alias = "participant_role")]
    role: Option<String>,
    #[serde(
        default,
        rename = "createTime",
        alias = "create_time",
        deserialize_with = "protobuf_time"
    )]
    created: Option<i64>,
    #[serde(
        default,
        rename = "sendTime",
        alias = "send_time",
        deserialize_with = "protobuf_time"
    )]
    sent: Option<i64>,
}

#[derive(Default)]
struct Events(Recent<Known>);

/// What is known of a call.
#[derive(Default)]
struct Known {
    /// When it began, in milliseconds since 1970.
    start: Option<i64>,
    parties: Vec<String>,
    seen: VecDeque<String>,
    count: u64,
}

impl Live for Events {
    fn message(&mut self, message: &str, out: &mut Vec<Message>) -> Result<(), Problem> {
        let event: Event = serde_json::from_str(message)?;
        let id = last_part(&event.conversation).unwrap_or(event.conversation);
        match event.kind.as_str() {
            "NEW_MESSAGE" => {
                let payload = event
                    .payload
                    .ok_or_else(|| Problem::missing("newMessagePayload"))?;
                self.0.of(&id).read(&id, payload, out);
            }
            "CONVERSATION_FINISHED" => {
                self.0.forget(&id);
                out.push(Message {
                    call: Some(id),
                    end: Some(true),
                    ..Message::default()
                });
            }
            _ => {}
        }
        Ok(())
    }
}

impl Known {
    fn read(&mut self, call: &str, payload: Payload, out: &mut Vec<Message>) {
        let Some(text) = payload.content.filter(|t| !t.trim().is_empty()) else {
            return;
        };
        let name = payload.name.as_deref().and_then(last_part);
        if name.as_ref().is_some_and(|name| self.seen.contains(name)) {
            return;
        }
        let utterance = name.clone().unwrap_or_else(|| self.count.to_string());
        self.count += 1;
        self.seen.extend(name);
        if self.seen.len() > SEEN {
            self.seen.pop_front();
        }
        let role = payload.role.as_deref().and_then(role);
        let id = payload.participant.as_deref().and_then(last_part);
        let speaker = id.or_else(|| role.map(|r| r.as_str().to_owned()));
        let said_at = payload.sent.or(payload.created);
        let mut chunk = Message::chunk(utterance, speaker.clone(), text.trim(), true);
        chunk.call = Some(call.to_owned());
        chunk.participants = self.party(speaker, role);
        if self.start.is_none() && said_at.is_some() {
            self.start = said_at;
            let started = said_at.and_then(to_rfc3339).map(|at| ("started_at", at));
            let meta = started
                .into_iter()
                .chain(payload.language.map(|l| ("language", l)));
            chunk.meta = Some(meta.map(|(key, value)| (key.to_owned(), value.into())).collect());
        }
        chunk.start_ms = said_at
            .zip(self.start)
            .map(|(at, start)| at.saturating_sub(start));
        out.push(chunk);
    }

    /// The party, where it is new.
    fn party(&mut self, speaker: Option<String>, role: Option<Role>) -> Option<Vec<Party>> {
        let id = speaker.filter(|id| role.is_some() && !self.parties.contains(id))?;
        self.parties.push(id.clone());
        Some(vec![Party {
            id,
            role,
            role_from: role.map(|_| "newMessagePayload.participantRole".into()),
            name: None,
        }])
    }
}
