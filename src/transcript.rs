//! The vocabulary of calls: transcripts, turns, speakers and their roles, chunks of a live call.

use serde::{Deserialize, Deserializer, Serialize};

/// What a speaker is in the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Works for the company.
    Agent,
    /// Has called, or was called by, the company.
    Customer,
}

impl Role {
    /// `agent` or `customer`.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Agent => "agent",
            Role::Customer => "customer",
        }
    }

    /// The role of a speaker whose id says it: `agent` or `customer`.
    pub fn of_id(speaker: &str) -> Option<Role> {
        match speaker {
            "agent" => Some(Role::Agent),
            "customer" => Some(Role::Customer),
            _ => None,
        }
    }
}

/// Somebody who takes part in a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// The speaker id that turns and chunks name.
    pub id: String,
    /// The role, if it is known. A speaker whose id is `agent` or `customer` has that role anyway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The person's name, as in "Amara Obi".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// One turn of a finished transcript: an utterance of one speaker.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// Speaker id; empty if the speaker is unknown.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub speaker: String,
    /// Start in milliseconds of the transcript, if it is known.
    #[serde(default, deserialize_with = "whole_ms")]
    pub start_ms: Option<i64>,
    /// End in milliseconds of the transcript, if it is known.
    #[serde(default, deserialize_with = "whole_ms")]
    pub end_ms: Option<i64>,
    /// What was said.
    pub text: String,
    /// When each word was said, if it is known: pauses inside the turn are no overlap then. Other keys (the word, its confidence) are not read.
    #[serde(
        default,
        deserialize_with = "null_as_empty",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub words: Vec<WordTime>,
}

/// When a word was said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WordTime {
    /// Start in milliseconds of the transcript.
    #[serde(deserialize_with = "sure_ms")]
    pub start_ms: i64,
    /// End in milliseconds of the transcript.
    #[serde(deserialize_with = "sure_ms")]
    pub end_ms: i64,
}

/// What a call is filed under (agent, team, queue, day …): carried into the report unchanged.
pub type Meta = serde_json::Map<String, serde_json::Value>;

/// A finished call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Transcript {
    /// The call's id, if it has one.
    #[serde(default, deserialize_with = "id_as_text")]
    pub id: Option<String>,
    /// The turns in order of arrival.
    pub turns: Vec<Turn>,
    /// Who takes part, as far as it is known.
    #[serde(default, deserialize_with = "null_as_empty")]
    pub participants: Vec<Participant>,
    /// Carried into the report unchanged.
    #[serde(default)]
    pub meta: Option<Meta>,
    /// When the call ended, in milliseconds of the transcript, if it is known.
    #[serde(default, deserialize_with = "whole_ms")]
    pub end_ms: Option<i64>,
}

/// How a chunk's text relates to what was sent of the utterance before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The text goes behind what was sent before, verbatim.
    #[default]
    Append,
    /// The text takes the place of what was sent before.
    Replace,
}

/// A piece of a live call: what a recogniser or a chat sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// The utterance this is part of: any text that is its own within the call.
    pub utterance: &'a str,
    /// Speaker id; empty if the speaker is unknown. The last chunk's speaker wins.
    pub speaker: &'a str,
    /// Start of the utterance in milliseconds; the last one given wins.
    pub start_ms: Option<i64>,
    /// End of the utterance in milliseconds, as far as it is known; the last one given wins.
    pub end_ms: Option<i64>,
    /// The text.
    pub text: &'a str,
    /// Whether the text is added or replaces.
    pub mode: Mode,
    /// Whether the utterance ends with this chunk.
    pub is_final: bool,
    /// When the words of this chunk were said, if it is known: added to what was sent before, or in its place, like the text.
    pub words: &'a [WordTime],
}

impl<'a> Chunk<'a> {
    /// A whole, finished utterance without times.
    pub fn whole(utterance: &'a str, speaker: &'a str, text: &'a str) -> Self {
        Chunk {
            utterance,
            speaker,
            start_ms: None,
            end_ms: None,
            text,
            mode: Mode::Replace,
            is_final: true,
            words: &[],
        }
    }

    /// The same with times in milliseconds.
    #[must_use]
    pub fn at(self, start_ms: i64, end_ms: i64) -> Self {
        Chunk {
            start_ms: Some(start_ms),
            end_ms: Some(end_ms),
            ..self
        }
    }
}

fn null_as_empty<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(d: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(d)?.unwrap_or_default())
}

/// Reads milliseconds: a whole number, or a float, which is rounded to the nearest.
///
/// # Errors
/// Anything that is neither a finite number nor null.
pub fn whole_ms<'de, D: Deserializer<'de>>(d: D) -> Result<Option<i64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a time in milliseconds (a number or null)")]
    enum Ms {
        Whole(i64),
        Float(f64),
    }
    Ok(Option::<Ms>::deserialize(d)?.map(|ms| match ms {
        Ms::Whole(n) => n,
        // `as` saturates; an infinite or absurd time ends at the range of i64.
        Ms::Float(x) => libm::round(x) as i64,
    }))
}

fn sure_ms<'de, D: Deserializer<'de>>(d: D) -> Result<i64, D::Error> {
    whole_ms(d)?.ok_or_else(|| serde::de::Error::custom("a word needs its time in milliseconds"))
}

/// Reads an id: text, or a whole number as its digits.
///
/// # Errors
/// Anything that is neither text, a whole number nor null.
pub fn id_as_text<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "an id (text or a whole number)")]
    enum Id {
        Text(String),
        Number(i64),
    }
    Ok(Option::<Id>::deserialize(d)?.map(|id| match id {
        Id::Text(s) => s,
        Id::Number(n) => n.to_string(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_may_be_missing_null_or_float() {
        let t: Transcript = serde_json::from_str(
            r#"{"id":7,"turns":[{"speaker":null,"start_ms":null,"text":"a"},{"speaker":"x","start_ms":1.6,"end_ms":2,"text":"b","more":1}],"participants":null}"#,
        )
        .expect("valid");
        assert_eq!(t.id.as_deref(), Some("7"));
        assert_eq!((t.turns[0].speaker.as_str(), t.turns[0].start_ms), ("", None));
        assert_eq!((t.turns[1].start_ms, t.turns[1].end_ms), (Some(2), Some(2)));
        assert!(serde_json::from_str::<Transcript>(r#"{"turns":[{"start_ms":"x","text":""}]}"#).is_err());
    }
}
