//! The settings of detectors: their thresholds, windows and features, as the files give them. What they do with them is in `turns`.

use std::collections::{BTreeMap, HashSet};

use crate::text::normal;

/// A detector of the turns, with its settings and the entries of its features.
#[derive(Clone, Debug)]
pub(crate) enum Detector {
    Interruption(Box<InterruptionRules>),
}

impl Detector {
    /// The features this detector gives evidence for.
    pub(crate) fn features(&self) -> Vec<&'static str> {
        match self {
            Detector::Interruption(_) => FEATURES.to_vec(),
        }
    }
}

/// Reads a `[detector]` table. The message of an error names the key.
pub(super) fn read(table: &toml::Table, features: &BTreeMap<String, u32>) -> Result<Detector, String> {
    match table.get("kind").and_then(toml::Value::as_str) {
        Some("interruption") => Ok(Detector::Interruption(Box::new(InterruptionRules::read(
            table, features,
        )?))),
        Some(other) => Err(format!(
            "unknown detector \"{other}\"{}",
            crate::error::did_you_mean(other, ["interruption"])
        )),
        None => Err("a detector needs its `kind`".into()),
    }
}

/// The features of overlap and interruption.
const FEATURES: [&str; 4] = ["starts-early", "several-words", "talks-over", "other-stopped"];

/// The `[detector]` table.
#[derive(Clone, Debug)]
pub(crate) struct InterruptionRules {
    pub(crate) early_ms: i64,
    pub(crate) long_ms: i64,
    pub(crate) several_words: u16,
    pub(crate) backchannel_words: u16,
    pub(crate) backchannels: HashSet<String>,
    /// Entries by feature; a feature the file leaves out gives no evidence.
    pub(crate) entries: [Option<u32>; FEATURES.len()],
}

impl InterruptionRules {
    pub(crate) fn read(table: &toml::Table, features: &BTreeMap<String, u32>) -> Result<Self, String> {
        const KEYS: [&str; 6] = [
            "kind",
            "early-ms",
            "long-ms",
            "several-words",
            "backchannel-words",
            "backchannels",
        ];
        if let Some(key) = table.keys().find(|k| !KEYS.contains(&k.as_str())) {
            return Err(format!(
                "unknown key \"{key}\"{}",
                crate::error::did_you_mean(key, KEYS)
            ));
        }
        let number = |key: &str, most: i64| match table.get(key).and_then(toml::Value::as_integer) {
            Some(n) if (0..=most).contains(&n) => Ok(n),
            _ => Err(format!("{key} must be a whole number from 0 to {most}")),
        };
        let words = table
            .get("backchannels")
            .and_then(toml::Value::as_array)
            .ok_or("backchannels must be a list of words")?;
        let backchannels = words.iter().map(|w| {
            w.as_str()
                .map(normal)
                .ok_or("backchannels must be a list of words")
        });
        Ok(InterruptionRules {
            early_ms: number("early-ms", 60_000)?,
            long_ms: number("long-ms", 60_000)?,
            several_words: number("several-words", 1000)? as u16,
            backchannel_words: number("backchannel-words", 1000)? as u16,
            backchannels: backchannels.collect::<Result<_, _>>()?,
            entries: FEATURES.map(|f| features.get(f).copied()),
        })
    }
}
