//! A compiled analyzer as bytes, to be loaded at once.
//!
//! Behind the header ([`crate::envelope`]): a [`Head`], the large [`tables`] of the automaton, then what else is [`Compiled`] and the
//! lexicon's files, written by postcard. Tables of plain rows ([`pod`]) are runs of bytes as they lie in memory, and reading one is a copy. What
//! only compiling and explaining need is left out: see [`Rest`].

pub(crate) mod tables;

use std::collections::{BTreeSet, HashSet};
use std::hash::BuildHasher;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize, Serializer};

use crate::compiled::Compiled;
use crate::envelope::{Envelope, What};
use crate::error::{Error, ErrorKind};
use crate::lexicon::{Rest, SavedFile};
use crate::matcher::Automaton;
use tables::Reader;

/// The version of the format: one more whenever a table changes.
const FORMAT: u32 = 6;
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
    fn add(what: &impl Serialize, bytes: &mut Vec<u8>) {
        let written = postcard::to_stdvec(what);
        let written = written.unwrap_or_else(|e| unreachable!("memory takes all bytes: {e}"));
        tables::write(&written, bytes);
    }
    let mut bytes = Envelope::begin();
    add(&HEAD, &mut bytes);
    compiled.automaton.save(&mut bytes);
    add(&(compiled, compiled.lexicon.saved_files()), &mut bytes);
    ANALYZER.seal(bytes)
}

/// The analyzer that was saved.
pub(crate) fn load(bytes: &[u8]) -> Result<Compiled, Error> {
    let (body, sum) = ANALYZER.unfold(bytes)?;
    let mut body = Reader::new(body);
    let compiled = read(&mut body);
    // Whatever else is wrong comes of the damage.
    if body.sum() != sum {
        return Err(ANALYZER.damaged());
    }
    compiled
}

fn read(body: &mut Reader<'_>) -> Result<Compiled, Error> {
    let damaged = || ANALYZER.failed("the saved analyzer is damaged: its tables cannot be read");
    let head: Head<'_> = body
        .bytes()
        .and_then(|b| postcard::from_bytes(b).ok())
        .ok_or_else(damaged)?;
    if head.library != HEAD.library {
        return Err(ANALYZER.of_version(head.library, HEAD.library));
    }
    if head != HEAD {
        return Err(ANALYZER.failed(
            "the analyzer was saved with other built-in lexicons than this program has: save it again",
        ));
    }
    // What is large comes first, for memory: what is small lies above it and keeps its place from being given back when an analyzer is
    // dropped, so that the next one finds it.
    let unfit = || ANALYZER.failed("the saved analyzer is damaged: its tables do not fit each other");
    let (automaton, owners) = Automaton::load(body).ok_or_else(unfit)?;
    let read = body
        .bytes()
        .and_then(|b| postcard::from_bytes::<(Compiled, Vec<SavedFile>)>(b).ok());
    let (mut compiled, files) = read.ok_or_else(damaged)?;
    if !compiled.take_automaton(automaton, owners) || !compiled.is_sound() || !body.is_done() {
        return Err(unfit());
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

/// Entries: rows of what all of them have, and what few have beside.
pub(crate) mod entries {
    use std::collections::HashMap;
    use std::sync::Arc;

    use bytemuck::{Pod, Zeroable};
    use serde::de::Error as _;
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::fixed::Milli;
    use crate::lexicon::{Entry, Particulars};

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

    #[derive(Serialize, Deserialize)]
    struct Saved {
        #[serde(with = "super::pod")]
        rows: Vec<Row>,
        /// Entries that have more, each with its place among the particulars.
        #[serde(with = "super::pod")]
        more: Vec<[u32; 2]>,
        particulars: Vec<Arc<Particulars>>,
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
        let mut saved = Saved {
            rows: rows.collect(),
            more: Vec::new(),
            particulars: Vec::new(),
        };
        let mut known: HashMap<Vec<u8>, u32> = HashMap::new();
        for (number, entry) in (0..).zip(entries) {
            let Some(own) = entry.more.as_ref().filter(|own| own.are_saved()) else {
                continue;
            };
            let bytes = postcard::to_stdvec(own).map_err(S::Error::custom)?;
            let place = *known.entry(bytes).or_insert_with(|| {
                saved.particulars.push(Arc::clone(own));
                saved.particulars.len() as u32 - 1
            });
            saved.more.push([number, place]);
        }
        saved.serialize(s)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Entry>, D::Error> {
        let Saved {
            rows,
            more,
            particulars,
        } = Saved::deserialize(d)?;
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
        for [number, place] in more {
            let entry = entries.get_mut(number as usize);
            let Some((entry, own)) = entry.zip(particulars.get(place as usize)) else {
                return Err(D::Error::custom("an entry is missing"));
            };
            entry.more = Some(Arc::clone(own));
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
