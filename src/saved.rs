//! A compiled analyzer as bytes, to be loaded at once.
//!
//! Behind the header ([`crate::envelope`]): a [`Head`], then the [`Compiled`] tables and the lexicon's files, written by postcard.
//! Tables of plain rows ([`pod`]) are runs of bytes as they lie in memory, and reading one is a copy. What only compiling and
//! explaining need is left out: see [`Rest`].

use std::collections::{BTreeSet, HashSet};
use std::hash::BuildHasher;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize, Serializer};

use crate::compiled::Compiled;
use crate::envelope::{Envelope, What};
use crate::error::{Error, ErrorKind};
use crate::lexicon::{Rest, SavedFile};

/// The version of the format: one more whenever a table changes.
const FORMAT: u32 = 4;
const ANALYZER: Envelope = Envelope {
    what: What::Analyzer,
    format: FORMAT,
    name: "saved analyzer",
    advice: "save it again",
    kind: ErrorKind::Saved,
};

/// By whom and of what an analyzer was saved.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Head<'a> {
    /// The version of the library.
    library: &'a str,
    /// The hash of the library's built-in lexicons.
    builtin: &'a str,
}

const HEAD: Head<'static> = Head {
    library: env!("CARGO_PKG_VERSION"),
    builtin: env!("HACKLES_BUILTIN"),
};

/// The analyzer as bytes.
pub(crate) fn save(compiled: &Compiled) -> Vec<u8> {
    let body = (HEAD, compiled, compiled.lexicon.saved_files());
    let bytes = postcard::to_extend(&body, Envelope::begin());
    ANALYZER.seal(bytes.unwrap_or_else(|e| unreachable!("memory takes all bytes: {e}")))
}

/// The analyzer that was saved.
pub(crate) fn load(bytes: &[u8]) -> Result<Compiled, Error> {
    let body = ANALYZER.open(bytes)?;
    let damaged = |_| ANALYZER.failed("the saved analyzer is damaged: its tables cannot be read");
    let (head, body) = postcard::take_from_bytes::<Head<'_>>(body).map_err(damaged)?;
    if head.library != HEAD.library {
        return Err(ANALYZER.of_version(head.library, HEAD.library));
    }
    if head != HEAD {
        return Err(ANALYZER.failed(
            "the analyzer was saved with other built-in lexicons than this program has: save it again",
        ));
    }
    let (mut compiled, files) = postcard::from_bytes::<(Compiled, Vec<SavedFile>)>(body).map_err(damaged)?;
    if !compiled.is_sound() {
        return Err(ANALYZER.failed("the saved analyzer is damaged: its tables do not fit each other"));
    }
    compiled.share_names();
    compiled.lexicon.rest = Some(Arc::new(Rest {
        files,
        read: OnceLock::new(),
    }));
    Ok(compiled)
}

/// Whether these places, each behind the one before, lie within a table of this length.
pub(crate) fn are_places(places: &[u32], length: usize) -> bool {
    places.is_sorted() && places.last().is_none_or(|&last| last as usize <= length)
}

/// Whether all of these are places in a table of this length.
pub(crate) fn are_below(places: impl ExactSizeIterator<Item = u32>, length: usize) -> bool {
    // Without a way out on the way, several are compared at once.
    places.len() == 0 || (places.fold(0, u32::max) as usize) < length
}

/// Rows of plain numbers, as the bytes they are.
pub(crate) mod pod {
    use bytemuck::Pod;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer, T: Pod>(rows: &[T], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_bytes(bytemuck::cast_slice(rows))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, T: Pod>(d: D) -> Result<Vec<T>, D::Error> {
        let bytes = <&[u8]>::deserialize(d)?;
        if !bytes.len().is_multiple_of(size_of::<T>()) {
            return Err(D::Error::custom("a row is cut off"));
        }
        let rows = bytes.chunks_exact(size_of::<T>());
        Ok(rows.map(bytemuck::pod_read_unaligned).collect())
    }
}

/// A set in order, so that the same is saved each time.
pub(crate) fn sorted<S: Serializer>(
    set: &HashSet<String, impl BuildHasher>,
    s: S,
) -> Result<S::Ok, S::Error> {
    s.collect_seq(set.iter().collect::<BTreeSet<_>>())
}

/// Many names, each of which is shared from then on.
pub(crate) mod names {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(names: &[Arc<str>], s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(names.iter().map(|n| &**n))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Arc<str>>, D::Error> {
        let names = Vec::<&str>::deserialize(d)?;
        Ok(names.into_iter().map(Arc::from).collect())
    }
}

/// Entries: rows of what all of them have, and what few have beside.
pub(crate) mod entries {
    use std::sync::Arc;

    use bytemuck::{Pod, Zeroable};
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::fixed::Milli;
    use crate::lexicon::{Condition, Entry, Expression, Near, OverTurns};

    #[derive(Clone, Copy, Pod, Zeroable)]
    #[repr(C)]
    struct Row {
        ignore: u64,
        weight: Milli,
        signal: u16,
        facts: u16,
    }

    impl Row {
        const ADDITIVE: u16 = 1;
        const FLIPS: u16 = 1 << 1;
        const FITTED: u16 = 1 << 2;
        const YIELDS: u16 = 1 << 3;
    }

    #[derive(Default, PartialEq, Serialize, Deserialize)]
    struct Times {
        first: Option<i64>,
        after: Option<i64>,
    }

    /// What an entry has beside its row.
    #[derive(Serialize, Deserialize)]
    struct Beside {
        entry: u32,
        regex: Option<Expression>,
        near: Option<Near>,
        times: Times,
        unless: Vec<Condition>,
        only_if: Vec<Condition>,
        over: Option<OverTurns>,
        hint: Option<Arc<str>>,
    }

    #[derive(Serialize, Deserialize)]
    struct Saved {
        #[serde(with = "super::pod")]
        rows: Vec<Row>,
        beside: Vec<Beside>,
    }

    pub(crate) fn serialize<S: Serializer>(entries: &[Entry], s: S) -> Result<S::Ok, S::Error> {
        let flag = |set: bool, flag: u16| if set { flag } else { 0 };
        let rows = entries.iter().map(|e| Row {
            ignore: e.ignore,
            weight: e.weight,
            signal: e.signal,
            facts: flag(e.additive, Row::ADDITIVE)
                | flag(e.flips, Row::FLIPS)
                | flag(e.fitted, Row::FITTED)
                | flag(e.yields, Row::YIELDS),
        });
        let beside = (0..).zip(entries).filter_map(|(entry, e)| {
            let times = Times {
                first: e.first_ms,
                after: e.after_ms,
            };
            let is_more = e.regex.is_some()
                || e.near.is_some()
                || times != Times::default()
                || !e.unless.is_empty()
                || !e.only_if.is_empty()
                || e.over.is_some()
                || e.hint.is_some();
            is_more.then(|| Beside {
                entry,
                regex: e.regex.clone(),
                near: e.near.clone(),
                times,
                unless: e.unless.clone(),
                only_if: e.only_if.clone(),
                over: e.over.clone(),
                hint: e.hint.clone(),
            })
        });
        let saved = Saved {
            rows: rows.collect(),
            beside: beside.collect(),
        };
        saved.serialize(s)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Entry>, D::Error> {
        let Saved { rows, beside } = Saved::deserialize(d)?;
        let entry = |row: Row| Entry {
            signal: row.signal,
            weight: row.weight,
            ignore: row.ignore,
            additive: row.facts & Row::ADDITIVE != 0,
            flips: row.facts & Row::FLIPS != 0,
            fitted: row.facts & Row::FITTED != 0,
            yields: row.facts & Row::YIELDS != 0,
            ..Entry::default()
        };
        let mut entries: Vec<Entry> = rows.into_iter().map(entry).collect();
        for more in beside {
            let Some(entry) = entries.get_mut(more.entry as usize) else {
                return Err(D::Error::custom("an entry is missing"));
            };
            entry.regex = more.regex;
            entry.near = more.near;
            entry.first_ms = more.times.first;
            entry.after_ms = more.times.after;
            entry.unless = more.unless;
            entry.only_if = more.only_if;
            entry.over = more.over;
            entry.hint = more.hint;
        }
        Ok(entries)
    }
}

/// Headers of signals, whose own form is for those who read JSON.
pub(crate) mod signals {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::fixed::{Milli, Score};
    use crate::signal::{AlertPolicy, Severity, Signal};
    use crate::transcript::Role;

    #[derive(Serialize, Deserialize)]
    #[serde(remote = "Severity")]
    enum SavedSeverity {
        Bad,
        Good,
        Info,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(remote = "AlertPolicy")]
    struct SavedPolicy {
        cooldown_ms: i64,
        most_per_call: Option<u32>,
        rearm_below: Option<Score>,
        defer_ms: i64,
        cancelled_by: Vec<String>,
    }

    #[derive(Serialize, Deserialize)]
    struct Alert(#[serde(with = "SavedPolicy")] AlertPolicy);

    #[derive(Serialize, Deserialize)]
    #[serde(remote = "Signal")]
    struct SavedSignal {
        id: String,
        speaker: Option<Role>,
        #[serde(with = "SavedSeverity")]
        severity: Severity,
        title: String,
        summary: String,
        why: String,
        hint: String,
        bias: Milli,
        threshold: Score,
        #[serde(serialize_with = "write_alert", deserialize_with = "read_alert")]
        alert: Option<AlertPolicy>,
    }

    fn write_alert<S: Serializer>(alert: &Option<AlertPolicy>, s: S) -> Result<S::Ok, S::Error> {
        alert.clone().map(Alert).serialize(s)
    }

    fn read_alert<'de, D: Deserializer<'de>>(d: D) -> Result<Option<AlertPolicy>, D::Error> {
        Ok(Option::<Alert>::deserialize(d)?.map(|a| a.0))
    }

    #[derive(Serialize)]
    struct Written<'a>(#[serde(with = "SavedSignal")] &'a Signal);

    #[derive(Deserialize)]
    struct Read(#[serde(with = "SavedSignal")] Signal);

    pub(crate) fn serialize<S: Serializer>(signals: &[Signal], s: S) -> Result<S::Ok, S::Error> {
        s.collect_seq(signals.iter().map(Written))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Signal>, D::Error> {
        let read = Vec::<Read>::deserialize(d)?;
        Ok(read.into_iter().map(|r| r.0).collect())
    }
}
