//! Signals: what is scored, for whom, and what it means to those who read it.

use serde::Serialize;

use crate::fixed::{Milli, Score};
use crate::transcript::Role;

/// Whether a signal is bad news, good news or neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something a supervisor wants less of.
    Bad,
    /// Something a supervisor wants more of.
    Good,
    /// Neither.
    Info,
}

/// When alerts are given on a signal. Alerts never change scores.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AlertPolicy {
    /// At least so many ms between two alerts.
    pub cooldown_ms: i64,
    /// At most so many alerts a call.
    pub most_per_call: Option<u32>,
    /// After an alert, none until a turn of the signal's speaker scored below this.
    pub rearm_below: Option<Score>,
    /// An alert waits so many ms …
    pub defer_ms: i64,
    /// … and is dropped if one of these signals fires meanwhile.
    pub cancelled_by: Vec<String>,
}

/// One signal of a lexicon: the header of its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Signal {
    /// The name in files and reports.
    pub id: String,
    /// Whose turns it is scored on; `None` is anybody's.
    #[serde(serialize_with = "speaker")]
    pub speaker: Option<Role>,
    /// Whether it is good or bad.
    pub severity: Severity,
    /// A few words for tables.
    pub title: String,
    /// What it is.
    pub summary: String,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub hint: String,
    /// Log-odds when nothing is said.
    pub bias: Milli,
    /// It fires from this score on.
    pub threshold: Score,
    /// When it gives alerts, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alert: Option<AlertPolicy>,
}

fn speaker<S: serde::Serializer>(role: &Option<Role>, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(role.map_or("any", Role::as_str))
}
