//! What a summary needs of a report, borrowed from its line. Everything else is passed over unread.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use hackles_formats::Problem;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A text that is copied only if it has escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrowing;
        impl<'de> Visitor<'de> for Borrowing {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Borrowing)
    }
}

/// An object as its pairs, without a map that nobody looks things up in.
#[derive(Clone, Debug)]
pub(super) struct Pairs<'a, T>(pub(super) Vec<(Text<'a>, T)>);

impl<'de: 'a, 'a, T: Deserialize<'de>> Deserialize<'de> for Pairs<'a, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collecting<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Collecting<T> {
            type Value = Pairs<'de, T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::with_capacity(map.size_hint().unwrap_or(0));
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Collecting(PhantomData))
    }
}

/// A report, as `hackles score` writes it.
#[derive(Debug, serde::Deserialize)]
#[serde(expecting = "a report")]
pub(super) struct Report<'a> {
    #[serde(borrow, default)]
    pub(super) id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) call: Call<'a>,
    #[serde(borrow, default)]
    pub(super) meta: Option<&'a RawValue>,
}

/// The figures of the call. What another version does not write, or calls otherwise, was not measured.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, expecting = "the figures of a call")]
pub(super) struct Call<'a> {
    pub(super) turns: Option<u32>,
    #[serde(borrow)]
    pub(super) sentiment: Option<Pairs<'a, Sentiment>>,
    pub(super) anger: Option<Anger>,
    pub(super) interruptions: Option<Interruptions>,
    #[serde(borrow)]
    pub(super) talk: Option<Talk<'a>>,
    #[serde(borrow)]
    pub(super) signals: Option<Pairs<'a, Signal>>,
    #[serde(borrow)]
    pub(super) practices: Option<Vec<Practice<'a>>>,
    pub(super) score: Option<Value>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Sentiment {
    pub(super) overall: Option<f64>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Anger {
    pub(super) mean: Option<f64>,
    pub(super) peak: Option<f64>,
    pub(super) start: Option<f64>,
    pub(super) end: Option<f64>,
    pub(super) trend: Option<Trend>,
}

#[derive(Clone, Copy, Debug, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Trend {
    Rising,
    Falling,
    Flat,
    #[serde(other)]
    Other,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Interruptions {
    pub(super) by_agent: Option<u32>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Talk<'a> {
    #[serde(borrow)]
    pub(super) speakers: Option<Pairs<'a, Speaker>>,
    pub(super) silence: Option<Pause>,
    pub(super) holds: Option<Pause>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Speaker {
    pub(super) talk_ms: Option<i64>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Pause {
    pub(super) total_ms: Option<i64>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Signal {
    pub(super) count: u32,
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct Practice<'a> {
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    pub(super) state: State,
}

#[derive(Clone, Copy, Debug, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    Met,
    Missed,
    NoOpportunity,
    #[serde(other)]
    Other,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(super) struct Value {
    pub(super) value: Option<f64>,
}

/// What a line is.
pub(super) enum Line<'a> {
    Report(Box<Report<'a>>),
    /// Calls that are still to be scored.
    Transcript,
    /// Neither: why, and how many lines further on that shows.
    Bad {
        why: String,
        line: usize,
    },
}

/// Reads a line.
pub(super) fn line(bytes: &[u8]) -> Line<'_> {
    // A list would do for an object, by place instead of key.
    if !bytes.starts_with(b"{") {
        let why = "not a report: no JSON object".to_owned();
        return Line::Bad { why, line: 0 };
    }
    let error = match serde_json::from_slice::<Report<'_>>(bytes) {
        Ok(report) => return Line::Report(Box::new(report)),
        Err(error) => error,
    };
    // What is wrong is told by the keys it has.
    let parsed = serde_json::from_slice::<Pairs<'_, IgnoredAny>>(bytes);
    let (why, line) = match parsed.as_ref().map(|Pairs(keys)| otherwise(bytes, keys)) {
        Ok(Some(Other::Transcript)) => return Line::Transcript,
        Ok(Some(Other::Bad(why))) => (why, 0),
        Ok(None) | Err(_) if error.is_eof() => ("the report is cut off".into(), 0),
        Ok(None) | Err(_) => {
            let line = error.line().saturating_sub(1);
            (Problem::from(error).to_string(), line)
        }
    };
    Line::Bad { why, line }
}

/// What an object is that is no report.
enum Other {
    Transcript,
    Bad(String),
}

/// What an object is, told by its keys; nothing if it is a report with a mistake in it.
fn otherwise(bytes: &[u8], keys: &[(Text<'_>, IgnoredAny)]) -> Option<Other> {
    let has = |key: &str| keys.iter().any(|(k, _)| k.0 == key);
    if has("call") {
        let event = serde_json::from_slice::<Event<'_>>(bytes).is_ok();
        return event.then(|| Other::Bad("not a report, but an event of a live call".into()));
    }
    if has("turns") || has("text") {
        return Some(Other::Transcript);
    }
    let near = hackles::error::nearest("call", keys.iter().map(|(k, _)| &*k.0));
    let near = near.map_or_else(String::new, |near| format!(" (is \"{near}\" meant to be it?)"));
    Some(Other::Bad(format!("not a report: no key \"call\"{near}")))
}

/// What `hackles watch` writes: there `call` is the name of the call.
#[derive(serde::Deserialize)]
struct Event<'a> {
    #[serde(rename = "call", borrow)]
    _call: Text<'a>,
}
