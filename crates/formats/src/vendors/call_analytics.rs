//! Amazon Transcribe Call Analytics: calls after they ended, and the stream of utterances.
//!
//! # Facts
//! - After a call: `Transcript[]` with `BeginOffsetMillis`, `EndOffsetMillis`, `Content`, `ParticipantRole` (AGENT or CUSTOMER) in each turn; unlike
//!   in Contact Lens there are no participants' ids. The job's name is `JobName`.
//! - `Items[]` are the words with times in milliseconds and `Confidence` as text; punctuation is an item of its own, `Type` tells it.
//! - Of redacted calls `Content` has `[PII]`, as has the item, whose `Redaction[]` (`Type`: NAME …) stands for its confidence.
//! - Categories and the figures of the conversation are those of Contact Lens; there are `LoudnessScores[]` by turn, which are not kept.
//! - Stream: `UtteranceEvent` with `UtteranceId`, `IsPartial`, `ParticipantRole`, `Transcript` (here the text), `Items[]` and `Entities[]`; each tells
//!   all of its utterance so far. `CategoryEvent` with `MatchedDetails.….TimestampRanges[]`; the key of the details may be what was heard in place of
//!   the category. Exceptions (`BadRequestException` …) end the stream. A stream is one call; it tells neither an id nor the end. Services that
//!   pass on the streams of many calls tell them apart (`mediaInsightsPipelineId`, `CallId`).
//! - Events may stand within `CallAnalyticsTranscriptResultStream`, where all other keys may be there with nothing in them, or without their name.
//! - The answer about a job (`CallAnalyticsJob`) and the event of its change hold no transcript.

use hackles::Role;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::call::{Call, Figures, Party, Turn, null_as_empty};
use crate::format::Format;
use crate::live::{Live, Message};
use crate::problem::Problem;
use crate::shape::Shape;
use crate::vendors::aws::{
    Categories, Characteristics, EXCEPTIONS, Heard, Job, Times, add_categories, broken_off, redactions, role,
    taken, word_times, words,
};
use crate::vendors::recent::Recent;
use crate::vendors::{Kind, Vendor};

pub(crate) const VENDOR: Vendor = Vendor {
    format: Format::CallAnalytics,
    looks,
    document,
    live: Some(start),
};

/// So many calls at once are told apart, where their ids are told.
const CALLS: usize = 1024;
/// So many of a call's last utterances are known to be closed.
const CLOSED: usize = 1024;

fn looks(shape: &Shape) -> Option<Kind> {
    let is_event = shape.has_any(&[
        "CallAnalyticsTranscriptResultStream",
        "UtteranceEvent",
        "CategoryEvent",
    ]) || shape.has_any(EXCEPTIONS)
        || shape.has_all(&["UtteranceId", "IsPartial"])
        || shape.has_all(&["MatchedCategories", "MatchedDetails"]);
    if is_event {
        return Some(Kind::Message);
    }
    let is_ours = (shape.has("Transcript[].ParticipantRole")
        && !shape.has_any(&["Transcript[].ParticipantId", "Transcript[].AbsoluteTime"]))
        || (shape.has_all(&["JobName", "JobStatus"]) && !shape.has("CustomerMetadata"))
        || shape.has("CallAnalyticsJob")
        || shape.text("detail-type") == Some("Call Analytics Job State Change");
    is_ours.then_some(Kind::Document)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    transcript: Option<Vec<Item>>,
    job_name: Option<String>,
    job_status: Option<String>,
    /// The job that is told of in place of a transcript.
    call_analytics_job: Option<Job>,
    #[serde(rename = "detail")]
    detail: Option<Job>,
    language_code: Option<String>,
    #[serde(default, deserialize_with = "null_as_empty")]
    categories: Categories,
    #[serde(default, deserialize_with = "null_as_empty")]
    conversation_characteristics: Characteristics,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Item {
    participant_role: Option<String>,
    #[serde(deserialize_with = "null_as_empty")]
    content: String,
    #[serde(deserialize_with = "crate::time::ms")]
    begin_offset_millis: Option<i64>,
    #[serde(deserialize_with = "crate::time::ms")]
    end_offset_millis: Option<i64>,
    #[serde(deserialize_with = "null_as_empty")]
    items: Vec<Heard>,
    sentiment: Option<Value>,
    #[serde(deserialize_with = "null_as_empty")]
    issues_detected: Vec<IgnoredAny>,
    #[serde(deserialize_with = "null_as_empty")]
    outcomes_detected: Vec<IgnoredAny>,
    #[serde(deserialize_with = "null_as_empty")]
    action_items_detected: Vec<IgnoredAny>,
}

fn document(json: &str) -> Result<Call, Problem> {
    let document: Document = serde_json::from_str(json)?;
    let Some(items) = document.transcript else {
        let job = document.call_analytics_job.or(document.detail);
        let job = job.unwrap_or_else(|| Job::with_status(document.job_status));
        return Err(job.problem("Transcript[]"));
    };
    let mut call = Call {
        id: document.job_name,
        vendor: Some(Figures::of(Format::CallAnalytics)),
        ..Call::default()
    };
    call.file_under("language", document.language_code);
    for says in items.iter().filter_map(|item| item.participant_role.as_deref()) {
        let role = role(says).map(|role| (role, "Transcript[].ParticipantRole"));
        call.party(says, role, None);
    }
    document
        .conversation_characteristics
        .file(&mut call, Format::CallAnalytics);
    let figures = call.vendor.get_or_insert_default();
    add_categories(figures, document.categories.read(&Times::new()));
    let marked = items
        .iter()
        .map(|i| i.issues_detected.len() + i.outcomes_detected.len() + i.action_items_detected.len());
    let marked: usize = marked.sum();
    if marked > 0 {
        call.notes
            .push(format!("{marked} marks of issues, outcomes and action items"));
    }
    call.turns = items
        .into_iter()
        .map(turn)
        .filter(|turn| !turn.text.is_empty())
        .collect();
    call.sort();
    Ok(call)
}

fn turn(item: Item) -> Turn {
    let text = item.content.trim().to_owned();
    Turn {
        speaker: item.participant_role,
        start_ms: item.begin_offset_millis,
        end_ms: item.end_offset_millis,
        words: words(&item.items),
        redactions: redactions(&text, taken(&item.items)),
        vendor_sentiment: item.sentiment,
        text,
        ..Turn::default()
    }
}

fn start() -> Box<dyn Live> {
    Box::new(Reader {
        calls: Recent::new(CALLS),
    })
}

struct Reader {
    calls: Recent<Known>,
}

/// What is known of a call that goes on.
struct Known {
    /// The roles that have been introduced.
    roles: Vec<Role>,
    closed: Recent<()>,
    figures: Figures,
}

impl Default for Known {
    fn default() -> Self {
        Known {
            roles: Vec::new(),
            closed: Recent::new(CLOSED),
            figures: Figures::of(Format::CallAnalytics),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    /// The call, where a service that passes the stream on tells it.
    #[serde(rename = "mediaInsightsPipelineId", alias = "CallId")]
    call: Option<String>,
    #[serde(rename = "CallAnalyticsTranscriptResultStream")]
    within: Option<Box<Event>>,
    utterance_event: Option<Utterance>,
    category_event: Option<Categories>,
    /// The mark of an utterance without its name.
    utterance_id: Option<IgnoredAny>,
    /// The mark of categories without theirs.
    matched_categories: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Utterance {
    utterance_id: Option<String>,
    is_partial: bool,
    participant_role: Option<String>,
    transcript: Option<String>,
    #[serde(deserialize_with = "crate::time::ms")]
    begin_offset_millis: Option<i64>,
    #[serde(deserialize_with = "crate::time::ms")]
    end_offset_millis: Option<i64>,
    #[serde(deserialize_with = "null_as_empty")]
    items: Vec<Heard>,
}

impl Live for Reader {
    fn message(&mut self, message: &str, out: &mut Vec<Message>) -> Result<(), Problem> {
        let mut event: Event = serde_json::from_str(message)?;
        if event.utterance_id.is_some() {
            event.utterance_event = serde_json::from_str(message)?;
        } else if event.matched_categories.is_some() {
            event.category_event = serde_json::from_str(message)?;
        }
        if let Some(within) = event.within.take() {
            event = *within;
        }
        if event.utterance_event.is_none() && event.category_event.is_none() {
            return Err(broken_off(message, "UtteranceEvent"));
        }
        let known = self.calls.of(event.call.as_deref().unwrap_or_default());
        let said = event.utterance_event.map(|u| known.utterance(u)).transpose()?;
        let matched = event.category_event.and_then(|c| known.categories(c));
        for message in said.flatten().into_iter().chain(matched) {
            out.push(Message {
                call: event.call.clone(),
                ..message
            });
        }
        Ok(())
    }
}

impl Known {
    /// What an utterance says so far. One that says nothing and has no id stands empty beside another event.
    fn utterance(&mut self, utterance: Utterance) -> Result<Option<Message>, Problem> {
        let Some(id) = utterance.utterance_id else {
            let missing = utterance
                .transcript
                .map(|_| Problem::missing("UtteranceEvent.UtteranceId"));
            return missing.map_or(Ok(None), Err);
        };
        if self.closed.has(&id) {
            return Ok(None);
        }
        if !utterance.is_partial {
            self.closed.of(&id);
        }
        let participants = utterance
            .participant_role
            .as_deref()
            .and_then(|says| self.introduce(says));
        let text = utterance.transcript.as_deref().unwrap_or_default().trim();
        let chunk = Message::chunk(id, utterance.participant_role, text, !utterance.is_partial);
        Ok(Some(Message {
            participants,
            start_ms: utterance.begin_offset_millis,
            end_ms: utterance.end_offset_millis,
            words: word_times(&utterance.items),
            ..chunk
        }))
    }

    /// The categories that have matched so far, where an event tells some.
    fn categories(&mut self, matched: Categories) -> Option<Message> {
        let matched = matched.read(&Times::new());
        if matched.is_empty() {
            return None;
        }
        add_categories(&mut self.figures, matched);
        Some(Message {
            vendor: Some(self.figures.clone()),
            ..Message::default()
        })
    }

    /// Introduces who speaks for the first time.
    fn introduce(&mut self, says: &str) -> Option<Vec<Party>> {
        let role = role(says)?;
        if self.roles.contains(&role) {
            return None;
        }
        self.roles.push(role);
        Some(vec![Party {
            id: says.to_owned(),
            role: Some(role),
            role_from: Some("UtteranceEvent.ParticipantRole".into()),
            name: None,
        }])
    }
}
