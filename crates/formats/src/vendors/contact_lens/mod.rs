//! Amazon Connect Contact Lens: calls and chats after the contact, and the stream of segments during it.
//!
//! # Facts
//! - After a call: `Transcript[]` with `BeginOffsetMillis`, `EndOffsetMillis`, `Content`, `ParticipantId`, `Sentiment`. The turns name only the
//!   participant; the role stands in `Participants[]`. There are no words one by one. The contact's id is `CustomerMetadata.ContactId`.
//! - Loudness is `LoudnessScore[]` or `LoudnessScores[]`, a figure a second; it is not kept.
//! - `Categories.MatchedCategories[]` are names, `MatchedDetails.NAME.PointsOfInterest[]` their places; a category that looks for what is absent
//!   has none. Sentiment goes from -5 to 5; what is told by participant is told by role or by id.
//! - There are two files of a call, `ContentMetadata.Output` is `Raw` or `Redacted`. Both tell the times of what is redacted
//!   (`Redaction.RedactedTimestamps[]`, the n-th of the n-th mark), but only the latter has the marks: `[PII]`, or `[NAME]` and the like.
//! - A chat has `AbsoluteTime` (RFC 3339) for the offsets, no ends, and items of `Type` MESSAGE, EVENT (joined, left) and ATTACHMENT. Participants'
//!   ids are opaque. Messages that are not `text/…` are forms in JSON. Points of interest are `TranscriptItems[]` by id. The transcript of a chat
//!   that nobody has analysed is the same with `ParticipantRole` in each item.
//! - During a call: events `STARTED`, `SEGMENTS`, `COMPLETED` or `FAILED` with `ContactId`; a segment is one of `Utterance`, `Transcript`,
//!   `Categories`. Several utterances, each with its `PartialContent`, make up the transcript whose id is their `TranscriptId`; its `Content`
//!   takes the place of theirs. Segments overlap and come out of order.
//! - `ListRealtimeContactAnalysisSegments` answers `{"Segments": […]}`, the segments so far, in pages. Its second version tells `Channel`,
//!   `Status`, and of chats `Time.AbsoluteTime`, `Event` and `Attachments`.

mod live;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::call::{Call, Figures, Redaction, Turn, null_as_empty};
use crate::format::Format;
use crate::problem::Problem;
use crate::shape::Shape;
use crate::time::{from_rfc3339, to_rfc3339};
use crate::vendors::aws::{Categories, Characteristics, add_categories, marks, redactions, role, times};
use crate::vendors::{Kind, Vendor};

pub(crate) const VENDOR: Vendor = Vendor {
    format: Format::ContactLens,
    looks,
    document,
    live: Some(live::start),
};

fn looks(shape: &Shape) -> Option<Kind> {
    if shape.has_all(&["EventType", "ContactId", "Channel"]) {
        return Some(Kind::Message);
    }
    let segments = shape.has_any(&[
        "Segments[].Transcript",
        "Segments[].Utterance",
        "Segments[].Categories",
        "Segments[].Event",
        "Segments[].Attachments",
        "Segments[].Issues",
        "Segments[].PostContactSummary",
    ]);
    let is_ours = shape.has_any(&["Transcript[].ParticipantId", "Transcript[].AbsoluteTime"])
        || shape.has_all(&["JobStatus", "CustomerMetadata.ContactId"])
        || shape.has_all(&["Transcript", "Participants[].ParticipantId"])
        || segments
        || (shape.has("Segments") && !shape.has("Segments[]"));
    is_ours.then_some(Kind::Document)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    transcript: Option<Vec<Item>>,
    segments: Option<Vec<Segment>>,
    #[serde(default, deserialize_with = "null_as_empty")]
    participants: Vec<Participant>,
    #[serde(default, deserialize_with = "null_as_empty")]
    categories: Categories,
    #[serde(default, deserialize_with = "null_as_empty")]
    conversation_characteristics: Characteristics,
    contact_id: Option<String>,
    /// What a page of an unanalysed chat tells in its place.
    initial_contact_id: Option<String>,
    #[serde(default, deserialize_with = "null_as_empty")]
    customer_metadata: CustomerMetadata,
    #[serde(default, deserialize_with = "null_as_empty")]
    content_metadata: ContentMetadata,
    language_code: Option<String>,
    channel: Option<String>,
    job_status: Option<String>,
    status: Option<String>,
    next_token: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CustomerMetadata {
    contact_id: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ContentMetadata {
    output: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Participant {
    participant_id: Option<String>,
    participant_role: Option<String>,
    display_name: Option<String>,
}

/// A turn of a call, or what happened in a chat.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Item {
    id: Option<String>,
    participant_id: Option<String>,
    participant_role: Option<String>,
    display_name: Option<String>,
    content: Option<String>,
    content_type: Option<String>,
    r#type: Option<String>,
    #[serde(deserialize_with = "crate::time::ms")]
    begin_offset_millis: Option<i64>,
    #[serde(deserialize_with = "crate::time::ms")]
    end_offset_millis: Option<i64>,
    absolute_time: Option<String>,
    #[serde(deserialize_with = "null_as_empty")]
    time: Time,
    sentiment: Option<Value>,
    #[serde(deserialize_with = "null_as_empty")]
    redaction: Redacted,
    #[serde(deserialize_with = "null_as_empty")]
    issues_detected: Vec<IgnoredAny>,
    #[serde(deserialize_with = "null_as_empty")]
    outcomes_detected: Vec<IgnoredAny>,
    #[serde(deserialize_with = "null_as_empty")]
    action_items_detected: Vec<IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Time {
    absolute_time: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Redacted {
    #[serde(deserialize_with = "null_as_empty")]
    redacted_timestamps: Vec<Stamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Stamp {
    #[serde(default, deserialize_with = "crate::time::ms")]
    begin_offset_millis: Option<i64>,
    #[serde(default, deserialize_with = "crate::time::ms")]
    end_offset_millis: Option<i64>,
}

/// A segment holds one of these.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Segment {
    utterance: Option<live::Utterance>,
    transcript: Option<Item>,
    categories: Option<Categories>,
    event: Option<Item>,
    #[serde(alias = "Attachment")]
    attachments: Option<Item>,
    post_contact_summary: Option<IgnoredAny>,
}

impl Item {
    /// Who speaks: the participant, else the role.
    fn speaker(&self) -> Option<&str> {
        self.participant_id
            .as_deref()
            .or(self.participant_role.as_deref())
    }

    /// The name of who speaks, where it is one.
    fn name(&self) -> Option<&str> {
        name(self.display_name.as_deref())
    }

    /// The time of day, of an item of a chat.
    fn absolute_ms(&self) -> Option<i64> {
        let time = self.absolute_time.as_ref().or(self.time.absolute_time.as_ref());
        from_rfc3339(time?)
    }

    /// What is said, where it is text.
    fn text(&self) -> Option<&str> {
        let kind = self.content_type.as_deref().unwrap_or("text/plain");
        let is_message = self.r#type.as_deref().is_none_or(|t| t == "MESSAGE");
        let text = self.content.as_deref().unwrap_or_default().trim();
        (is_message && kind.starts_with("text/") && !text.is_empty()).then_some(text)
    }

    fn turn(&self, is_raw: bool) -> Option<Turn> {
        let text = self.text()?.to_owned();
        let redactions = if is_raw {
            Vec::new()
        } else {
            let stamps = &self.redaction.redacted_timestamps;
            redactions(&text, stamps.iter().map(Stamp::redaction).collect())
        };
        Some(Turn {
            speaker: self.speaker().map(str::to_owned),
            start_ms: self.begin_offset_millis.or_else(|| self.absolute_ms()),
            end_ms: self.end_offset_millis,
            redactions,
            vendor_sentiment: self.sentiment.clone(),
            text,
            ..Turn::default()
        })
    }
}

impl Stamp {
    fn redaction(&self) -> Redaction {
        Redaction {
            start_ms: self.begin_offset_millis,
            end_ms: self.end_offset_millis,
            ..Redaction::default()
        }
    }
}

/// A name that is somebody's: neither the system's nor taken out.
fn name(text: Option<&str>) -> Option<&str> {
    text.filter(|n| !n.is_empty() && *n != "SYSTEM_MESSAGE" && marks(n).is_empty())
}

fn document(json: &str) -> Result<Call, Problem> {
    let document: Document = serde_json::from_str(json)?;
    let contact_id = document.contact_id.or(document.customer_metadata.contact_id);
    let mut call = Call {
        id: contact_id.or(document.initial_contact_id),
        vendor: Some(Figures::of(Format::ContactLens)),
        ..Call::default()
    };
    call.file_under("language", document.language_code);
    call.file_under("channel", document.channel);
    let mut categories = vec![document.categories];
    let mut role_from = "Transcript[].ParticipantRole";
    let items = match (document.transcript, document.segments) {
        (Some(items), _) => items,
        (None, Some(segments)) => {
            role_from = "Segments[].Transcript.ParticipantRole";
            segments
                .into_iter()
                .filter_map(|segment| item(segment, &mut categories, &mut call))
                .collect()
        }
        (None, None) => return Err(missing(document.job_status.as_deref())),
    };
    introduce(&mut call, &document.participants, &items, role_from);
    let is_raw = document.content_metadata.output.as_deref() == Some("Raw");
    note(&mut call, &items, is_raw);
    let (ids, turns): (Vec<_>, Vec<_>) = items
        .iter()
        .filter_map(|item| Some((item.id.as_ref(), item.turn(is_raw)?)))
        .unzip();
    call.turns = turns;
    let day = items.iter().filter_map(Item::absolute_ms);
    let ends = day.clone().min().zip(day.max());
    if let Some((start, _)) = ends {
        call.count_from(start);
        call.file_under("started_at", to_rfc3339(start));
    }
    let times = times(ids.into_iter().zip(&call.turns));
    document
        .conversation_characteristics
        .file(&mut call, Format::ContactLens);
    call.end_ms = call.end_ms.or(ends.map(|(start, end)| end - start));
    let figures = call.vendor.get_or_insert_default();
    for matched in categories {
        add_categories(figures, matched.read(&times));
    }
    if document.next_token.is_some() {
        call.notes.push("only a page: more segments follow".to_owned());
    }
    if document.status.as_deref() == Some("IN_PROGRESS") {
        call.notes.push("the contact had not ended".to_owned());
    }
    call.sort();
    Ok(call)
}

fn missing(status: Option<&str>) -> Problem {
    let missing = Problem::missing("Transcript[]");
    match status {
        Some(status) => Problem::new(format!("{missing}: the status of the analysis is {status}")),
        None => missing,
    }
}

/// What a segment tells as an item; its categories go with the others.
fn item(segment: Segment, categories: &mut Vec<Categories>, call: &mut Call) -> Option<Item> {
    categories.extend(segment.categories);
    if segment.post_contact_summary.is_some() {
        call.notes.push("a summary of the contact".to_owned());
    }
    let typed = |item: Item, of: &str| Item {
        r#type: Some(of.to_owned()),
        ..item
    };
    segment
        .transcript
        .or(segment.event.map(|item| typed(item, "EVENT")))
        .or(segment.attachments.map(|item| typed(item, "ATTACHMENT")))
}

/// Tells who takes part: first those that are listed, then those that only speak.
fn introduce(call: &mut Call, listed: &[Participant], items: &[Item], role_from: &'static str) {
    for participant in listed {
        let id = participant.participant_id.as_deref();
        let says = participant.participant_role.as_deref();
        if let Some(id) = id.or(says) {
            let role = says.and_then(role).map(|r| (r, "Participants[].ParticipantRole"));
            call.party(id, role, name(participant.display_name.as_deref()));
        }
    }
    for item in items {
        let Some(id) = item.speaker() else { continue };
        let known = call.participants.iter().find(|p| p.id == id);
        if known.is_none_or(|p| p.role.is_none()) {
            let says = item.participant_role.as_deref().and_then(role);
            call.party(id, says.map(|r| (r, role_from)), item.name());
        }
    }
}

/// Counts what is not in the turns.
fn note(call: &mut Call, items: &[Item], is_raw: bool) {
    let of = |t: &str| items.iter().filter(|i| i.r#type.as_deref() == Some(t)).count();
    let messages = items
        .iter()
        .filter(|i| i.content.as_ref().is_some_and(|c| !c.trim().is_empty()));
    let forms = messages.filter(|i| i.text().is_none() && i.r#type.as_deref() != Some("EVENT"));
    let marked = items
        .iter()
        .map(|i| i.issues_detected.len() + i.outcomes_detected.len() + i.action_items_detected.len());
    let hidden = items.iter().map(|i| i.redaction.redacted_timestamps.len());
    let counts = [
        (of("EVENT"), "event", "events", "without text"),
        (of("ATTACHMENT"), "attachment", "attachments", "of the chat"),
        (forms.count(), "form", "forms", "in place of messages"),
        (
            marked.sum(),
            "mark",
            "marks",
            "of issues, outcomes and action items",
        ),
        (
            if is_raw { hidden.sum() } else { 0 },
            "place",
            "places",
            "that the redacted file leaves out",
        ),
    ];
    for (count, one, many, what) in counts {
        if count > 0 {
            let noun = if count == 1 { one } else { many };
            call.notes.push(format!("{count} {noun} {what}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_in_the_turns_is_noted() {
        let read = |name: &str| {
            let path = format!("{}/fixtures/contact-lens/{name}", env!("CARGO_MANIFEST_DIR"));
            document(&std::fs::read_to_string(path).expect("a fixture"))
                .expect("readable")
                .notes
        };
        assert_eq!(
            read("after-call.json"),
            [
                "1 mark of issues, outcomes and action items",
                "1 place that the redacted file leaves out",
                "a summary of the contact"
            ]
        );
        assert_eq!(
            read("chat.json"),
            [
                "2 events without text",
                "1 attachment of the chat",
                "1 form in place of messages"
            ]
        );
        assert_eq!(
            read("segments.json"),
            ["a summary of the contact", "only a page: more segments follow"]
        );
        assert_eq!(
            read("segments-of-chat.json"),
            [
                "1 event without text",
                "1 attachment of the chat",
                "the contact had not ended"
            ]
        );
    }
}
