//! A session as bytes, to go on elsewhere.
//!
//! Behind the header ([`crate::envelope`]) stand the version of the library, the name of the lexicon (which has a hash of its files) and
//! a hash by which this build is known to hash as the one that saved; then the options, the call as it is at rest, what retained turns have beside
//! it, and the open utterances: their texts, and how far each was read with which names. What was found in the texts is found again.
//!
//! All numbers are checked before anything is done with them, for a checksum is no seal: bytes made up by others may give a strange
//! report, but no panic.

use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;
use serde_json::{Number, Value};

use super::{CLOSED_IDS, Live, Session};
use crate::analyzer::Analyzer;
use crate::call::Call;
use crate::compiled::Compiled;
use crate::envelope::{Envelope, What};
use crate::error::{Error, ErrorKind, Problem};
use crate::limits::OPEN_UTTERANCES;
use crate::options::{Options, Retention};
use crate::packed::{Packed, Parcel, Reader, packed, unvarint, varint};
use crate::transcript::{Meta, Participant};
use crate::utterance::Utterance;

/// The version of the format: one more whenever something else is packed, in the call as well.
const FORMAT: u32 = 3;
const SNAPSHOT: Envelope = Envelope {
    what: What::Session,
    format: FORMAT,
    name: "snapshot",
    advice: "a session goes on in the version that saved it",
    kind: ErrorKind::Snapshot,
};
/// The version of the library.
const LIBRARY: &str = env!("CARGO_PKG_VERSION");
/// JSON is nested no deeper, as those who read it have it.
const DEPTH: usize = 128;

impl Session {
    /// The session as bytes, with which [`Analyzer::restore`] goes on at this very place, in another process or on another day. Nothing of it shows in
    /// events or in the report.
    ///
    /// Without retention they are fewer than 4 KiB, [`Options`] and the texts (with the times of their words) and ids of open utterances apart; with [`Retention::Full`]
    /// all turns are in them. **They say what was said**: the texts of open utterances, what may still be quoted of turns that wait for what follows, names, and all of [`Options`]; with
    /// full retention every word. Nothing is encrypted, and their checksum tells accidents, not malice: keep them as you keep transcripts.
    ///
    /// They are for the same version of the library and the same lexicon, on a machine of the same kind. To go on a call later with another one, its
    /// transcript is what to keep.
    ///
    /// ```
    /// use hackles::{Analyzer, Chunk, Mode, Options, error::ErrorKind};
    ///
    /// let analyzer = Analyzer::builtin();
    /// let mut call = analyzer.session(Options::default());
    /// let mut events = Vec::new();
    /// let chunk = Chunk { mode: Mode::Append, is_final: false, ..Chunk::whole("u1", "agent", "that's not my ") };
    /// call.push(&chunk, &mut events);
    /// let bytes = call.save();
    ///
    /// let mut call = analyzer.restore(&bytes)?;
    /// call.push(&Chunk { text: "job", is_final: true, ..chunk }, &mut events);
    /// assert_eq!(call.finish(None, &mut events).call.signals["refusal"].count, 1);
    ///
    /// let error = analyzer.restore(&bytes[..bytes.len() - 1]).expect_err("not all of it");
    /// assert_eq!(error.kind(), ErrorKind::Snapshot);
    /// # Ok::<(), hackles::Error>(())
    /// ```
    pub fn save(&self) -> Vec<u8> {
        let mut woken = Live::default();
        let live = match &self.live {
            Some(live) => live,
            None => {
                woken.unpack(&mut Parcel::default().open(&self.rest));
                &woken
            }
        };
        let plain;
        let options = match &self.options {
            Some(options) => options,
            None => {
                let retention = if live.call.retains() {
                    Retention::Full
                } else {
                    Retention::None
                };
                plain = Options {
                    retention,
                    ..Options::default()
                };
                &plain
            }
        };
        let mut out = Parcel::default();
        pack_options(options, &mut out);
        live.save(&mut out);
        let mut bytes = begin(&self.analyzer.0);
        out.seal().iter().for_each(|part| bytes.extend_from_slice(part));
        SNAPSHOT.seal(bytes)
    }
}

impl Analyzer {
    /// The session that was [saved](Session::save) as these bytes, to go on where it was.
    ///
    /// # Errors
    /// [`ErrorKind::Snapshot`]: the bytes are no snapshot, or one that is cut off or damaged (`meta` nested deeper than JSON is read
    /// counts as that), or was saved by another version of the library or on another kind of machine: the message says which.
    /// [`ErrorKind::OtherLexicon`]: the session was begun with another lexicon, which the message names.
    ///
    /// Bytes that somebody made up to look like a snapshot give a strange report at worst, and take no more memory than in proportion to their length.
    pub fn restore(&self, bytes: &[u8]) -> Result<Session, Error> {
        let mut parcel = Parcel::default();
        let mut from = parcel.open(open(&self.0, bytes)?);
        let options = unpack_options(&mut from).ok_or_else(damaged)?;
        let live = Live::restore(&self.0, &options, &mut from).ok_or_else(damaged)?;
        let mut session = Session {
            analyzer: self.clone(),
            options: (!options.is_plain()).then(|| Box::new(options)),
            live: Some(Box::new(live)),
            rest: Box::default(),
            stamp: 0,
        };
        session.rest();
        Ok(session)
    }
}

impl Live {
    /// All of it, the open utterances and what is retained as well.
    fn save(&self, out: &mut Parcel) {
        self.pack(out);
        self.call.pack_retained(out);
        out.len(self.open.len());
        self.open.iter().for_each(|utterance| utterance.pack(out));
    }

    /// A call as it was saved, if it can be one.
    fn restore(compiled: &Compiled, options: &Options, from: &mut Reader<'_>) -> Option<Live> {
        let mut live = Live {
            call: Call::new(options),
            ..Live::default()
        };
        live.unpack(from);
        live.call.unpack_retained(from);
        let bounds = live.call.bounds(compiled);
        let open = from.len();
        if live.closed_ids.len() > CLOSED_IDS || open > OPEN_UTTERANCES || !live.call.is_sound(&bounds) {
            return None;
        }
        for arrival in (live.call.turns()..).take(open) {
            let mut utterance = Utterance::begin("", arrival, 0);
            utterance.unpack(from);
            if !utterance.is_sound(&bounds) {
                return None;
            }
            let role = live.call.role(utterance.speaker);
            utterance.read_as_before(compiled, &live.call.names, role);
            live.open.push(utterance);
        }
        let held_up = live.open.first().is_none_or(|first| !first.closed);
        (held_up && from.is_empty()).then_some(live)
    }
}

/// Begins a snapshot; the options and what the session itself knows are to be added.
fn begin(compiled: &Compiled) -> Vec<u8> {
    let mut out = Envelope::begin();
    for text in [LIBRARY, &*compiled.name] {
        varint(text.len(), &mut out);
        out.extend_from_slice(text.as_bytes());
    }
    out.extend_from_slice(&print().to_le_bytes());
    out
}

/// What stands in a snapshot of this library and lexicon.
fn open<'a>(compiled: &Compiled, bytes: &'a [u8]) -> Result<&'a [u8], Error> {
    let mut from = SNAPSHOT.open(bytes)?;
    let library = text(&mut from);
    if library != LIBRARY {
        return Err(SNAPSHOT.of_version(library, LIBRARY));
    }
    let lexicon = text(&mut from);
    if *lexicon != *compiled.name {
        return Err(Error::new(vec![Problem {
            kind: ErrorKind::OtherLexicon,
            place: None,
            message: format!(
                "the snapshot is of a session with the lexicon \"{lexicon}\"; this analyzer has \"{}\"",
                compiled.name
            ),
        }]));
    }
    let Some((saved, body)) = from.split_first_chunk() else {
        return Err(damaged());
    };
    if u64::from_le_bytes(*saved) != print() {
        return Err(SNAPSHOT.failed(
            "the snapshot was saved on another kind of machine, whose numbers for words differ: a session goes on where such are the same",
        ));
    }
    Ok(body)
}

/// A text before what is packed.
fn text<'a>(from: &mut &'a [u8]) -> &'a str {
    let len = unvarint(from).min(from.len());
    let text = from.split_off(..len).unwrap_or_default();
    str::from_utf8(text).unwrap_or_default()
}

/// That what the bytes say cannot be.
fn damaged() -> Error {
    SNAPSHOT.failed("the snapshot is damaged: what it says of the call does not fit together")
}

/// Words are remembered by their hashes, which may differ between machines of 32 and 64 bits.
fn print() -> u64 {
    FixedState::with_seed(0).hash_one("hackles")
}

fn unpacked<T: Packed + Default>(from: &mut Reader<'_>) -> T {
    let mut own = T::default();
    own.unpack(from);
    own
}

packed!(Participant { id, role, name });

fn pack_options(options: &Options, out: &mut Parcel) {
    let Options {
        id,
        participants,
        meta,
        retention,
        utterance_bytes,
        retained_bytes,
    } = options;
    id.pack(out);
    participants.pack(out);
    meta.is_some().pack(out);
    if let Some(meta) = meta {
        pack_object(meta, out);
    }
    (*retention as u8).pack(out);
    utterance_bytes.pack(out);
    retained_bytes.pack(out);
}

fn unpack_options(from: &mut Reader<'_>) -> Option<Options> {
    Some(Options {
        id: unpacked(from),
        participants: unpacked(from),
        meta: if from.count() != 0 {
            Some(object(from, DEPTH)?)
        } else {
            None
        },
        retention: match from.count() {
            0 => Retention::None,
            1 => Retention::Full,
            _ => return None,
        },
        utterance_bytes: unpacked(from),
        retained_bytes: unpacked(from),
    })
}

fn pack_object(object: &Meta, out: &mut Parcel) {
    out.len(object.len());
    for (key, own) in object {
        key.pack(out);
        pack_value(own, out);
    }
}

/// What stands before a value of JSON.
mod tag {
    pub(super) const NULL: u32 = 0;
    pub(super) const FALSE: u32 = 1;
    pub(super) const TRUE: u32 = 2;
    pub(super) const NATURAL: u32 = 3;
    pub(super) const INTEGER: u32 = 4;
    pub(super) const FLOAT: u32 = 5;
    pub(super) const TEXT: u32 = 6;
    pub(super) const ARRAY: u32 = 7;
    pub(super) const OBJECT: u32 = 8;
}

/// Not as text, for of floats that would be read back only nearly.
fn pack_value(value: &Value, out: &mut Parcel) {
    match value {
        Value::Null => out.counts([tag::NULL]),
        Value::Bool(false) => out.counts([tag::FALSE]),
        Value::Bool(true) => out.counts([tag::TRUE]),
        Value::Number(own) => match (own.as_u64(), own.as_i64()) {
            (Some(own), _) => {
                out.counts([tag::NATURAL]);
                own.pack(out);
            }
            (None, Some(own)) => {
                out.counts([tag::INTEGER]);
                own.pack(out);
            }
            (None, None) => {
                out.counts([tag::FLOAT]);
                own.as_f64().unwrap_or_default().to_bits().pack(out);
            }
        },
        Value::String(own) => {
            out.counts([tag::TEXT]);
            own.pack(out);
        }
        Value::Array(all) => {
            out.counts([tag::ARRAY]);
            out.len(all.len());
            all.iter().for_each(|own| pack_value(own, out));
        }
        Value::Object(own) => {
            out.counts([tag::OBJECT]);
            pack_object(own, out);
        }
    }
}

fn object(from: &mut Reader<'_>, depth: usize) -> Option<Meta> {
    let pairs = 0..from.len();
    let pair = |_| Some((unpacked(from), value(from, depth)?));
    pairs.map(pair).collect()
}

fn value(from: &mut Reader<'_>, depth: usize) -> Option<Value> {
    let depth = depth.checked_sub(1).filter(|_| !from.is_empty())?;
    Some(match from.count() {
        tag::NULL => Value::Null,
        tag::FALSE => false.into(),
        tag::TRUE => true.into(),
        tag::NATURAL => unpacked::<u64>(from).into(),
        tag::INTEGER => unpacked::<i64>(from).into(),
        tag::FLOAT => Number::from_f64(f64::from_bits(unpacked(from)))?.into(),
        tag::TEXT => unpacked::<String>(from).into(),
        tag::ARRAY => {
            let all = 0..from.len();
            Value::Array(all.map(|_| value(from, depth)).collect::<Option<_>>()?)
        }
        tag::OBJECT => object(from, depth)?.into(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn again(options: &Options) -> Option<Options> {
        let mut parcel = Parcel::default();
        pack_options(options, &mut parcel);
        let bytes = parcel.seal().concat();
        let mut from = parcel.open(&bytes);
        let again = unpack_options(&mut from)?;
        assert!(from.is_empty());
        Some(again)
    }

    fn with_meta(meta: Value) -> Options {
        let Value::Object(meta) = meta else {
            panic!("an object")
        };
        Options {
            meta: Some(meta),
            ..Options::default()
        }
    }

    #[test]
    fn meta_comes_back_as_it_was() {
        for meta in [
            json!({}),
            json!({"z": 1, "a": null, "m": [true, false, [], {}, "é\u{0}", ""]}),
            json!({"n": [0, 7, u64::MAX, -1, i64::MIN, 0.1, -0.0, 1.0, 5e-324, 1.797e308, 0.1 + 0.2]}),
        ] {
            let options = with_meta(meta);
            let again = again(&options).expect("as it was");
            assert_eq!(again.meta, options.meta);
            let keys = |o: &Options| {
                o.meta
                    .iter()
                    .flatten()
                    .map(|(k, _)| k.clone())
                    .collect::<Vec<_>>()
            };
            assert_eq!(keys(&again), keys(&options), "in their order");
        }
        let nested = |depth: usize| (0..depth).fold(json!(1), |inner, _| json!([inner]));
        assert!(again(&with_meta(json!({"deep": nested(DEPTH - 1)}))).is_some());
        assert!(again(&with_meta(json!({"deeper": nested(DEPTH)}))).is_none());
    }
}
