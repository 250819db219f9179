//! Words as Call Analytics and the streams write them.

use hackles::WordTime;
use serde::Deserialize;

use crate::call::{Word, null_as_empty};
use crate::time::{number, seconds};

/// A word of Call Analytics or of a stream of either kind, or punctuation.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Heard {
    #[serde(deserialize_with = "null_as_empty")]
    pub(crate) content: String,
    r#type: Option<String>,
    #[serde(deserialize_with = "crate::time::ms")]
    begin_offset_millis: Option<i64>,
    #[serde(deserialize_with = "crate::time::ms")]
    end_offset_millis: Option<i64>,
    #[serde(deserialize_with = "seconds")]
    start_time: Option<i64>,
    #[serde(deserialize_with = "seconds")]
    end_time: Option<i64>,
    #[serde(deserialize_with = "number")]
    confidence: Option<f64>,
    /// The speaker that a stream tells of a word.
    pub(crate) speaker: Option<String>,
    #[serde(deserialize_with = "null_as_empty")]
    pub(crate) redaction: Vec<Taken>,
}

/// What was taken out of a word.
#[derive(Debug, Deserialize)]
pub(crate) struct Taken {
    /// What it was: `NAME`, `CREDIT_DEBIT_NUMBER` …
    #[serde(rename = "Type", alias = "type")]
    pub(crate) kind: Option<String>,
}

impl Heard {
    /// Whether it is punctuation, which belongs to the word before and has no times of its own.
    pub(crate) fn is_punctuation(&self) -> bool {
        self.r#type.as_deref() == Some("punctuation")
    }

    /// From when to when, in milliseconds.
    pub(crate) fn span(&self) -> (Option<i64>, Option<i64>) {
        (
            self.begin_offset_millis.or(self.start_time),
            self.end_offset_millis.or(self.end_time),
        )
    }
}

/// The words of an utterance, each with the punctuation behind it.
pub(crate) fn words(items: &[Heard]) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    for item in items {
        match words.last_mut().filter(|_| item.is_punctuation()) {
            Some(word) => word.text.push_str(&item.content),
            None => {
                let (start_ms, end_ms) = item.span();
                words.push(Word {
                    text: item.content.clone(),
                    start_ms,
                    end_ms,
                    confidence: item.confidence,
                });
            }
        }
    }
    words
}

/// When each word of an utterance was said, for a chunk.
pub(crate) fn word_times(items: &[Heard]) -> Vec<WordTime> {
    let words = items.iter().filter(|item| !item.is_punctuation());
    words
        .filter_map(|item| {
            let (start, end) = item.span();
            Some(WordTime {
                start_ms: start?,
                end_ms: end?,
            })
        })
        .collect()
}
