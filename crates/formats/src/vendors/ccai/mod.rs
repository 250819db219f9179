//! Google Contact Center AI: conversations of Insights, conversation entries, and the events of Agent Assist.
//!
//! # Facts
//! - Entries, as Insights and Agent Assist take them in: `{"entries":[…]}`, each with `text`, `role` (`AGENT`, `CUSTOMER`; also as below), `user_id`
//!   (a number) and `start_timestamp_usec` since 1970 (also as text, also from the call's start). `conversation_info.categories[]` may stand beside.
//! - A conversation as Insights gives it back: `name`, `startTime`, `duration`, `languageCode`, `labels`, `qualityMetadata.agentInfo[]`,
//!   `callMetadata.agentChannel` and `customerChannel`, and `transcript.transcriptSegments[]`: `text`, `confidence`, `words[]` (`startOffset`,
//!   `endOffset` from the call's start), `messageTime` of the day, `channelTag`, `sentiment` (`score` from -1 to 1 and `magnitude`),
//!   `segmentParticipant` (`role`, `userId`, `dialogflowParticipantName`).
//! - Roles are `HUMAN_AGENT`, `AUTOMATED_AGENT`, `ANY_AGENT` and `END_USER`. A machine is no agent whose ways are scored: it has no role.
//! - `latestAnalysis.analysisResult.callAnalysisMetadata` has `sentiments[]` by `channelTag`, `annotations[]` with one kind of data each
//!   (`interruptionData`, `phraseMatchData`, `intentMatchData`, `issueMatchData` …) between two boundaries (`transcriptIndex`, `wordIndex`), and
//!   the names of `phraseMatchers` and `intents` by id; `issueModelResult.issues[]` are the topics of the whole.
//! - Keys are in camelCase or snake_case; times are `"1.5s"` or `{seconds,nanos}`.
//! - Redaction leaves marks like `[PHONE_NUMBER]`.
//! - One id may stand for people of two roles (everybody is user 1): then the role is the speaker.
//! - Events of a live conversation have `conversation` and `type`: `CONVERSATION_STARTED`, `NEW_MESSAGE` (`newMessagePayload` with `name`,
//!   `content`, `participant`, `participantRole`, `createTime`), `CONVERSATION_FINISHED`. Every message is final. They may come twice.

mod analysis;
mod conversation;
mod entries;
mod live;

use std::collections::HashMap;

use hackles::Role;

use crate::call::{Call, Turn};
use crate::format::Format;
use crate::problem::Problem;
use crate::shape::Shape;
use crate::vendors::{Kind, Vendor};

pub(crate) const VENDOR: Vendor = Vendor {
    format: Format::Ccai,
    looks,
    document,
    live: Some(live::start),
};

fn looks(shape: &Shape) -> Option<Kind> {
    if shape.has_all(&["conversation", "type"]) && shape.text("type").is_some_and(live::is_kind) {
        return Some(Kind::Message);
    }
    let is_entries = shape.has_all(&["entries[].text", "entries[].role"])
        || shape.has_any(&["entries[].start_timestamp_usec", "entries[].startTimestampUsec"]);
    let is_conversation = shape.has_any(&["transcript.transcriptSegments", "transcript.transcript_segments"]);
    // One that is not transcribed yet.
    let is_bare = shape.has("name")
        && shape.has_any(&["dataSource", "data_source", "callMetadata", "call_metadata"])
        && shape.has_any(&["createTime", "create_time", "languageCode", "language_code"]);
    (is_entries || is_conversation || is_bare).then_some(Kind::Document)
}

fn document(json: &str) -> Result<Call, Problem> {
    if Shape::of(json.as_bytes()).has("entries") {
        entries::read(json)
    } else {
        conversation::read(json)
    }
}

/// What a role says.
fn role(text: &str) -> Option<Role> {
    match text.to_ascii_uppercase().as_str() {
        "AGENT" | "HUMAN_AGENT" | "ANY_AGENT" => Some(Role::Agent),
        "CUSTOMER" | "END_USER" => Some(Role::Customer),
        _ => None,
    }
}

/// Sets each turn's speaker and names the parties. An id that stands with two roles is nobody's; without an id the role is the speaker.
fn name_speakers(call: &mut Call, turns: Vec<(Turn, Option<Role>)>, role_from: &'static str) {
    let mut roles: HashMap<String, Option<Role>> = HashMap::new();
    let mut doubtful: Vec<String> = Vec::new();
    for (turn, role) in &turns {
        if let Some(speaker) = &turn.speaker {
            let known = *roles.entry(speaker.clone()).or_insert(*role);
            if known != *role {
                doubtful.push(speaker.clone());
            }
        }
    }
    for (mut turn, role) in turns {
        turn.speaker = turn
            .speaker
            .filter(|id| !(role.is_some() && doubtful.contains(id)));
        turn.speaker = turn.speaker.or_else(|| role.map(|r| r.as_str().to_owned()));
        if let Some((speaker, role)) = turn.speaker.as_deref().zip(role) {
            call.party(speaker, Some((role, role_from)), None);
        }
        call.turns.push(turn);
    }
}
