//! Conversations of Insights.

use std::collections::BTreeMap;

use hackles::Role;
use serde::Deserialize;
use serde_json::Value;

use super::analysis::{self, Analysis};
use super::{name_speakers, role};
use crate::call::{Call, Turn, Word, null_as_empty};
use crate::marks;
use crate::problem::Problem;
use crate::time::{protobuf_duration, protobuf_time, to_rfc3339};

#[derive(Deserialize)]
struct Conversation {
    name: Option<String>,
    #[serde(
        default,
        rename = "startTime",
        alias = "start_time",
        deserialize_with = "protobuf_time"
    )]
    start: Option<i64>,
    #[serde(default, deserialize_with = "protobuf_duration")]
    duration: Option<i64>,
    #[serde(rename = "languageCode", alias = "language_code")]
    language: Option<String>,
    #[serde(rename = "agentId", alias = "agent_id")]
    agent: Option<String>,
    #[serde(default, deserialize_with = "null_as_empty")]
    labels: BTreeMap<String, Value>,
    #[serde(rename = "qualityMetadata", alias = "quality_metadata")]
    quality: Option<Quality>,
    #[serde(rename = "callMetadata", alias = "call_metadata")]
    channels: Option<Channels>,
    transcript: Option<Transcript>,
    #[serde(rename = "latestAnalysis", alias = "latest_analysis")]
    analysis: Option<Analysis>,
}

#[derive(Deserialize)]
struct Quality {
    #[serde(
        default,
        rename = "agentInfo",
        alias = "agent_info",
        deserialize_with = "null_as_empty"
    )]
    agents: Vec<Agent>,
}

#[derive(Deserialize)]
struct Agent {
    #[serde(rename = "agentId", alias = "agent_id")]
    id: Option<String>,
    #[serde(rename = "displayName", alias = "display_name")]
    name: Option<String>,
    team: Option<String>,
}

#[derive(Deserialize)]
struct Channels {
    #[serde(rename = "agentChannel", alias = "agent_channel")]
    agent: Option<i64>,
    #[serde(rename = "customerChannel", alias = "customer_channel")]
    customer: Option<i64>,
}

#[derive(Deserialize)]
struct Transcript {
    #[serde(
        default,
        rename = "transcriptSegments",
        alias = "transcript_segments",
        deserialize_with = "null_as_empty"
    )]
    segments: Vec<Segment>,
}

#[derive(Deserialize)]
pub(super) struct Segment {
    text: Option<String>,
    #[serde(default, deserialize_with = "crate::time::number")]
    confidence: Option<f64>,
    #[serde(default, deserialize_with = "null_as_empty")]
    pub(super) words: Vec<Heard>,
    #[serde(
        default,
        rename = "messageTime",
        alias = "message_time",
        deserialize_with = "protobuf_time"
    )]
    message_time: Option<i64>,
    #[serde(rename = "channelTag", alias = "channel_tag")]
    channel: Option<i64>,
    sentiment: Option<Value>,
    #[serde(rename = "segmentParticipant", alias = "segment_participant")]
    participant: Option<Participant>,
}

#[derive(Deserialize)]
pub(super) struct Heard {
    #[serde(default, deserialize_with = "null_as_empty")]
    word: String,
    #[serde(
        default,
        rename = "startOffset",
        alias = "start_offset",
        deserialize_with = "protobuf_duration"
    )]
    pub(super) start_ms: Option<i64>,
    #[serde(
        default,
        rename = "endOffset",
        alias = "end_offset",
        deserialize_with = "protobuf_duration"
    )]
    pub(super) end_ms: Option<i64>,
    #[serde(default, deserialize_with = "crate::time::number")]
    confidence: Option<f64>,
}

#[derive(Deserialize)]
struct Participant {
    role: Option<String>,
    #[serde(rename = "userId", alias = "user_id")]
    user: Option<String>,
    #[serde(
        rename = "dialogflowParticipantName",
        alias = "dialogflow_participant_name",
        alias = "dialogflowParticipant",
        alias = "dialogflow_participant"
    )]
    name: Option<String>,
    #[serde(rename = "obfuscatedExternalUserId", alias = "obfuscated_external_user_id")]
    obfuscated: Option<String>,
}

pub(super) fn read(json: &str) -> Result<Call, Problem> {
    let conversation: Conversation = serde_json::from_str(json)?;
    let transcript = conversation.transcript.ok_or_else(|| {
        Problem::new("no `transcript.transcriptSegments[]`: the conversation is not transcribed, or was asked for in the basic view")
    })?;
    let mut call = Call {
        id: conversation.name.as_deref().and_then(last_part),
        end_ms: conversation.duration,
        ..Call::default()
    };
    let times = transcript.segments.iter().filter_map(|s| s.message_time);
    let start = conversation.start.or_else(|| times.min());
    let mut channel_roles = BTreeMap::new();
    if let Some(channels) = &conversation.channels {
        channel_roles.extend(channels.agent.map(|tag| (tag, Role::Agent)));
        channel_roles.extend(channels.customer.map(|tag| (tag, Role::Customer)));
    }
    let said = transcript
        .segments
        .iter()
        .filter_map(|s| turn(s, start))
        .collect();
    name_speakers(
        &mut call,
        said,
        "transcript.transcriptSegments[].segmentParticipant.role",
    );
    name_channels(&mut call, &channel_roles);
    call.file_under("started_at", start.and_then(to_rfc3339));
    call.file_under("language", conversation.language);
    let agents = conversation.quality.map(|q| q.agents).unwrap_or_default();
    let agent = agents.into_iter().next();
    let (name, team) = agent.map_or((None, None), |a| (a.name.or(a.id), a.team));
    for (label, value) in conversation.labels {
        call.file_under(&label, Some(value));
    }
    call.file_under("agent", name.or(conversation.agent.filter(|a| !a.is_empty())));
    call.file_under("team", team);
    if let Some(analysis) = &conversation.analysis {
        call.vendor = analysis::figures(analysis, &call, &transcript.segments);
    }
    call.sort();
    Ok(call)
}

/// The last part of a resource's name.
pub(super) fn last_part(name: &str) -> Option<String> {
    let last = name.rsplit('/').next()?;
    (!last.is_empty()).then(|| last.to_owned())
}

fn turn(segment: &Segment, start: Option<i64>) -> Option<(Turn, Option<Role>)> {
    let text = segment.text.as_deref()?.trim();
    let channel = segment.channel.filter(|&tag| tag > 0);
    let participant = segment.participant.as_ref();
    let id = participant.and_then(|p| {
        [&p.user, &p.name, &p.obfuscated]
            .into_iter()
            .flatten()
            .find(|id| !id.is_empty())
    });
    let words: Vec<Word> = segment.words.iter().map(word).collect();
    let said_at = segment
        .message_time
        .zip(start)
        .map(|(time, start)| time.saturating_sub(start));
    let turn = Turn {
        speaker: id.cloned().or_else(|| channel.map(|tag| format!("ch_{tag}"))),
        channel: channel.map(|tag| tag.to_string()),
        start_ms: words.iter().find_map(|w| w.start_ms).or(said_at),
        end_ms: words.iter().rev().find_map(|w| w.end_ms),
        text: text.to_owned(),
        words,
        confidence: segment.confidence.filter(|&c| c > 0.0),
        redactions: marks::redactions(text),
        vendor_sentiment: segment.sentiment.clone(),
    };
    let role = participant.and_then(|p| role(p.role.as_deref()?));
    (!text.is_empty()).then_some((turn, role))
}

fn word(heard: &Heard) -> Word {
    Word {
        text: heard.word.trim().to_owned(),
        start_ms: heard.start_ms,
        end_ms: heard.end_ms,
        confidence: heard.confidence.filter(|&c| c > 0.0),
    }
}

/// Gives speakers without a role that of their channel.
fn name_channels(call: &mut Call, roles: &BTreeMap<i64, Role>) {
    for at in 0..call.turns.len() {
        let turn = &call.turns[at];
        let tag = turn.channel.as_deref().and_then(|c| c.parse::<i64>().ok());
        let role = tag.and_then(|tag| roles.get(&tag));
        let Some((speaker, &role)) = turn.speaker.clone().zip(role) else {
            continue;
        };
        let is_known = call
            .participants
            .iter()
            .any(|p| p.id == speaker && p.role.is_some());
        if !is_known {
            let from = match role {
                Role::Agent => "callMetadata.agentChannel",
                Role::Customer => "callMetadata.customerChannel",
            };
            call.party(&speaker, Some((role, from)), None);
        }
    }
}
