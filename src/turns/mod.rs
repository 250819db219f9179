//! What needs more than one turn.
//!
//! Closed utterances come here strictly in the order in which they arrived, whatever order they were closed in, so everything
//! below is a function of that sequence alone. [`verdicts`] decides each signal of each turn as soon as its bound has passed;
//! [`history`] is what conditions can see; the detectors and the figures of the call have a file each.

pub(crate) mod anger;
pub(crate) mod history;
pub(crate) mod interruption;
pub(crate) mod talk;
pub(crate) mod verdicts;

use std::collections::BTreeMap;

pub(crate) use interruption::InterruptionRules;

use crate::lexicon::Detector;

impl Detector {
    /// The features this detector gives evidence for.
    pub(crate) fn features(&self) -> Vec<&'static str> {
        match self {
            Detector::Interruption(_) => interruption::FEATURES.to_vec(),
        }
    }
}

/// Reads a `[detector]` table. The message of an error names the key.
pub(crate) fn detector(table: &toml::Table, features: &BTreeMap<String, u32>) -> Result<Detector, String> {
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
