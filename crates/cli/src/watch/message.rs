//! The lines that `watch` reads.

use hackles::transcript::{Meta, id_as_text, whole_ms};
use hackles::{Mode, Participant, WordTime};
use serde::{Deserialize, Deserializer};

/// One line. Which keys it has says what it is; it may introduce a call and bring its first chunk at once.
#[derive(Debug, Deserialize)]
pub(crate) struct Message {
    #[serde(deserialize_with = "id_as_text")]
    pub(crate) call: Option<String>,
    #[serde(default)]
    pub(crate) participants: Option<Vec<Participant>>,
    #[serde(default)]
    pub(crate) meta: Option<Meta>,
    #[serde(default, deserialize_with = "id_as_text")]
    pub(crate) utterance: Option<String>,
    /// Twice an option: `null` is an unknown speaker, a missing key is the utterance's last.
    #[serde(default, deserialize_with = "present")]
    pub(crate) speaker: Option<Option<String>>,
    #[serde(default, deserialize_with = "whole_ms")]
    pub(crate) start_ms: Option<i64>,
    #[serde(default, deserialize_with = "whole_ms")]
    pub(crate) end_ms: Option<i64>,
    #[serde(default)]
    pub(crate) text: Option<String>,
    #[serde(default)]
    pub(crate) mode: Option<Mode>,
    #[serde(default)]
    pub(crate) words: Vec<WordTime>,
    #[serde(default, rename = "final")]
    pub(crate) is_final: Option<bool>,
    #[serde(default, deserialize_with = "whole_ms")]
    pub(crate) now_ms: Option<i64>,
    #[serde(default)]
    pub(crate) end: Option<bool>,
}

fn present<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(d).map(Some)
}
