//! What whisper.cpp writes: `transcription[]` in milliseconds, with sub-word tokens if asked for in full.

use hackles::transcript::id_as_text;
use serde::Deserialize;

use crate::call::{Call, Turn, Word, null_as_empty};

#[derive(Deserialize)]
pub(super) struct Stretch {
    offsets: Option<Offsets>,
    #[serde(default, deserialize_with = "null_as_empty")]
    text: String,
    #[serde(default, deserialize_with = "null_as_empty")]
    tokens: Vec<Token>,
    /// With diarization of a stereo recording; `?` if it is not clear.
    #[serde(default, deserialize_with = "id_as_text")]
    speaker: Option<String>,
}

#[derive(Deserialize)]
struct Offsets {
    #[serde(default, deserialize_with = "crate::time::ms")]
    from: Option<i64>,
    #[serde(default, deserialize_with = "crate::time::ms")]
    to: Option<i64>,
}

#[derive(Deserialize)]
struct Token {
    #[serde(default, deserialize_with = "null_as_empty")]
    text: String,
    offsets: Option<Offsets>,
}

/// What is told beside the stretches.
#[derive(Deserialize)]
pub(super) struct Told {
    language: Option<String>,
}

pub(super) fn call(stretches: Vec<Stretch>, told: Option<Told>) -> Call {
    let mut call = Call::default();
    call.file_under("language", told.and_then(|t| t.language));
    call.turns = stretches.into_iter().map(turn).collect();
    call.turns.retain(|turn| !turn.text.is_empty());
    call.sort();
    call
}

fn turn(stretch: Stretch) -> Turn {
    let (start_ms, end_ms) = stretch.offsets.map_or((None, None), |o| (o.from, o.to));
    Turn {
        speaker: stretch.speaker.filter(|s| s != "?"),
        start_ms,
        end_ms,
        text: stretch.text.trim().to_owned(),
        words: words(stretch.tokens),
        ..Turn::default()
    }
}

/// Words of tokens: one that begins with a space begins a word, those like `[_BEG_]` are none.
fn words(tokens: Vec<Token>) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    for token in tokens.into_iter().filter(|t| !t.text.starts_with("[_")) {
        let (start_ms, end_ms) = token.offsets.map_or((None, None), |o| (o.from, o.to));
        let begins = token.text.starts_with(' ');
        match words.last_mut().filter(|_| !begins) {
            Some(word) => {
                word.text.push_str(&token.text);
                word.end_ms = word.end_ms.max(end_ms);
            }
            None => words.push(Word {
                text: token.text.trim_start().to_owned(),
                start_ms,
                end_ms,
                confidence: None,
            }),
        }
    }
    words
}
