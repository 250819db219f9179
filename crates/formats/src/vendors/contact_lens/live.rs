//! The stream of segments during a contact.

use hackles::transcript::Meta;
use serde::Deserialize;

use super::{Item, Segment};
use crate::call::{Figures, Party, null_as_empty};
use crate::format::Format;
use crate::live::{Live, Message};
use crate::problem::Problem;
use crate::time::to_rfc3339;
use crate::vendors::aws::{Times, add_categories, role};
use crate::vendors::recent::Recent;

/// So many contacts at once are told apart; of so many that have ended, what comes late is dropped.
const CONTACTS: usize = 4096;
/// So many of a contact's last transcripts are known to be closed.
const CLOSED: usize = 1024;

pub(super) fn start() -> Box<dyn Live> {
    Box::new(Reader {
        contacts: Recent::new(CONTACTS),
        ended: Recent::new(CONTACTS),
    })
}

struct Reader {
    contacts: Recent<Contact>,
    ended: Recent<()>,
}

/// What is known of a contact that goes on.
struct Contact {
    /// Who has been introduced.
    known: Vec<String>,
    /// The utterances of each transcript that is not there yet.
    open: Recent<Vec<Utterance>>,
    closed: Recent<()>,
    /// When each message of a chat was sent.
    times: Times,
    figures: Figures,
    /// The time of day from which a chat's times are counted.
    origin: Option<i64>,
}

impl Default for Contact {
    fn default() -> Self {
        Contact {
            known: Vec::new(),
            open: Recent::new(CLOSED),
            closed: Recent::new(CLOSED),
            times: Times::new(),
            figures: Figures::of(Format::ContactLens),
            origin: None,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    event_type: Option<String>,
    contact_id: Option<String>,
    language_code: Option<String>,
    channel: Option<String>,
    #[serde(default, deserialize_with = "null_as_empty")]
    segments: Vec<Segment>,
}

/// A piece of a transcript that is still being said.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Utterance {
    id: Option<String>,
    transcript_id: Option<String>,
    participant_id: Option<String>,
    participant_role: Option<String>,
    partial_content: Option<String>,
    #[serde(deserialize_with = "crate::time::ms")]
    begin_offset_millis: Option<i64>,
    #[serde(deserialize_with = "crate::time::ms")]
    end_offset_millis: Option<i64>,
}

impl Live for Reader {
    fn message(&mut self, message: &str, out: &mut Vec<Message>) -> Result<(), Problem> {
        let event: Event = serde_json::from_str(message)?;
        let key = event.contact_id.clone().unwrap_or_default();
        if self.ended.has(&key) {
            return Ok(());
        }
        match event.event_type.as_deref() {
            Some("STARTED") => {
                self.contacts.of(&key);
                out.push(begin(event));
            }
            Some("COMPLETED" | "FAILED") => {
                self.contacts.forget(&key);
                self.ended.of(&key);
                out.push(Message {
                    call: event.contact_id,
                    end: Some(true),
                    ..Message::default()
                });
            }
            _ => {
                let contact = self.contacts.of(&key);
                let mut all = Ok(());
                for segment in event.segments {
                    match contact.segment(segment) {
                        Ok(said) => out.extend(said.map(|message| Message {
                            call: event.contact_id.clone(),
                            ..message
                        })),
                        Err(problem) => all = all.and(Err(problem)),
                    }
                }
                return all;
            }
        }
        Ok(())
    }
}

fn begin(event: Event) -> Message {
    let told = [("language", event.language_code), ("channel", event.channel)];
    let meta = told
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?.into())))
        .collect();
    Message {
        call: event.contact_id,
        meta: Some(meta),
        ..Message::default()
    }
}

impl Contact {
    fn segment(&mut self, segment: Segment) -> Result<Option<Message>, Problem> {
        if let Some(utterance) = segment.utterance {
            return self.utterance(utterance);
        }
        if let Some(item) = segment.transcript {
            return self.transcript(&item);
        }
        if let Some(item) = segment.event.or(segment.attachments) {
            let meta = self.started(&item);
            return Ok(meta.map(|meta| Message {
                meta: Some(meta),
                ..Message::default()
            }));
        }
        Ok(segment.categories.map(|categories| {
            add_categories(&mut self.figures, categories.read(&self.times));
            Message {
                vendor: Some(self.figures.clone()),
                ..Message::default()
            }
        }))
    }

    /// All that has been heard of a transcript so far, in the order in which it was said.
    fn utterance(&mut self, piece: Utterance) -> Result<Option<Message>, Problem> {
        let id = piece.transcript_id.clone().or(piece.id.clone());
        let id = id.ok_or_else(|| Problem::missing("Segments[].Utterance.TranscriptId"))?;
        if self.closed.has(&id) {
            return Ok(None);
        }
        let party = self.introduce(
            piece.participant_id.as_deref(),
            piece.participant_role.as_deref(),
            "Segments[].Utterance.ParticipantRole",
        );
        let speaker = piece.participant_id.clone().or(piece.participant_role.clone());
        let pieces = self.open.of(&id);
        pieces.retain(|p| p.id.is_none() || p.id != piece.id);
        pieces.push(piece);
        pieces.sort_by_key(|p| p.begin_offset_millis);
        let text: Vec<&str> = pieces
            .iter()
            .filter_map(|p| Some(p.partial_content.as_deref()?.trim()))
            .filter(|text| !text.is_empty())
            .collect();
        let chunk = Message::chunk(id, speaker, text.join(" "), false);
        Ok(Some(Message {
            start_ms: pieces.iter().filter_map(|p| p.begin_offset_millis).min(),
            end_ms: pieces.iter().filter_map(|p| p.end_offset_millis).max(),
            participants: party,
            ..chunk
        }))
    }

    fn transcript(&mut self, item: &Item) -> Result<Option<Message>, Problem> {
        let id = item.id.as_ref();
        let id = id.ok_or_else(|| Problem::missing("Segments[].Transcript.Id"))?;
        if self.closed.has(id) {
            return Ok(None);
        }
        self.closed.of(id);
        let was_open = self.open.forget(id).is_some();
        let Some(text) = item.text().or(was_open.then_some("")) else {
            return Ok(None);
        };
        let mut chunk = Message::chunk(id, item.speaker().map(str::to_owned), text, true);
        chunk.participants = self.introduce(
            item.participant_id.as_deref(),
            item.participant_role.as_deref(),
            "Segments[].Transcript.ParticipantRole",
        );
        if let (Some(parties), Some(name)) = (&mut chunk.participants, item.name()) {
            parties[0].name = Some(name.to_owned());
        }
        chunk.meta = self.started(item);
        let in_chat = item.absolute_ms().zip(self.origin);
        let in_chat = in_chat.map(|(at, origin)| at.saturating_sub(origin).max(0));
        if let Some(at) = in_chat {
            self.times.insert(id.clone(), (at, at));
        }
        chunk.start_ms = item.begin_offset_millis.or(in_chat);
        chunk.end_ms = item.end_offset_millis;
        Ok(Some(chunk))
    }

    /// What the first item of a chat says of its start.
    fn started(&mut self, item: &Item) -> Option<Meta> {
        let at = item.absolute_ms().filter(|_| self.origin.is_none())?;
        self.origin = Some(at);
        let started_at = ("started_at".to_owned(), to_rfc3339(at)?.into());
        Some([started_at].into_iter().collect())
    }

    /// Introduces who speaks for the first time.
    fn introduce(&mut self, id: Option<&str>, says: Option<&str>, from: &'static str) -> Option<Vec<Party>> {
        let id = id.or(says)?;
        if self.known.iter().any(|known| known == id) {
            return None;
        }
        self.known.push(id.to_owned());
        let role = says.and_then(role);
        Some(vec![Party {
            id: id.to_owned(),
            role,
            role_from: role.map(|_| from.into()),
            name: None,
        }])
    }
}
