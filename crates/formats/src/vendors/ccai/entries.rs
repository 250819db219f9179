//! Conversation entries.

use hackles::transcript::id_as_text;
use serde::Deserialize;

use super::{name_speakers, role};
use crate::call::{Call, Category, Figures, Turn, null_as_empty};
use crate::format::Format;
use crate::marks;
use crate::problem::Problem;
use crate::time::{number, to_rfc3339};

/// Times from here on, in milliseconds, are of the day and not of the call: 1990.
const EPOCH_MS: i64 = 631_152_000_000;

#[derive(Deserialize)]
struct Document {
    entries: Option<Vec<Entry>>,
    #[serde(alias = "conversationInfo")]
    conversation_info: Option<Info>,
}

#[derive(Deserialize)]
struct Info {
    #[serde(default, deserialize_with = "null_as_empty")]
    categories: Vec<Label>,
}

#[derive(Deserialize)]
struct Label {
    #[serde(alias = "displayName")]
    display_name: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    text: Option<String>,
    role: Option<String>,
    #[serde(default, alias = "userId", deserialize_with = "id_as_text")]
    user_id: Option<String>,
    #[serde(default, alias = "startTimestampUsec", deserialize_with = "number")]
    start_timestamp_usec: Option<f64>,
}

pub(super) fn read(json: &str) -> Result<Call, Problem> {
    let document: Document = serde_json::from_str(json)?;
    let entries = document.entries.ok_or_else(|| Problem::missing("entries[]"))?;
    let mut call = Call::default();
    let said = entries.iter().filter_map(turn).collect();
    name_speakers(&mut call, said, "entries[].role");
    call.sort();
    if let Some(first) = call.first_start().filter(|&ms| ms >= EPOCH_MS) {
        call.count_from(first);
        call.file_under("started_at", to_rfc3339(first));
    }
    call.vendor = document.conversation_info.map(|info| {
        let mut figures = Figures::of(Format::Ccai);
        let names = info.categories.into_iter().filter_map(|c| c.display_name);
        figures.categories.extend(names.map(|name| Category {
            name,
            points: Vec::new(),
        }));
        figures
    });
    Ok(call)
}

fn turn(entry: &Entry) -> Option<(Turn, Option<hackles::Role>)> {
    let text = entry.text.as_deref()?.trim();
    let turn = Turn {
        speaker: entry.user_id.clone(),
        // `as` saturates: an absurd time ends at the range of i64.
        start_ms: entry.start_timestamp_usec.map(|us| (us / 1000.0).round() as i64),
        text: text.to_owned(),
        redactions: marks::redactions(text),
        ..Turn::default()
    };
    (!text.is_empty()).then(|| (turn, entry.role.as_deref().and_then(role)))
}
