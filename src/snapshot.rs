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

use crate::compiled::Compiled;
use crate::envelope::{Envelope, What};
use crate::error::{Error, ErrorKind, Problem};
use crate::options::{Options, Retention};
use crate::packed::{Bytes, Packed, Reader, number, packed, signed};
use crate::transcript::{Meta, Participant};

/// The version of the format: one more whenever something else is packed, in the call as well.
const FORMAT: u32 = 1;
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

/// Begins a snapshot; what the session itself knows is to be added.
pub(crate) fn begin(compiled: &Compiled, options: &Options) -> Bytes {
    let mut out = Envelope::begin();
    text(LIBRARY, &mut out);
    text(&compiled.name, &mut out);
    out.extend_from_slice(&print().to_le_bytes());
    pack_options(options, &mut out);
    out
}

/// Ends it.
pub(crate) fn end(bytes: Bytes) -> Vec<u8> {
    SNAPSHOT.seal(bytes)
}

/// The options of the session that was saved, and what it knows itself.
pub(crate) fn open<'a>(compiled: &Compiled, bytes: &'a [u8]) -> Result<(Options, Reader<'a>), Error> {
    let mut from = Reader(SNAPSHOT.open(bytes)?);
    let library: String = unpacked(&mut from);
    if library != LIBRARY {
        return Err(SNAPSHOT.of_version(&library, LIBRARY));
    }
    let lexicon: String = unpacked(&mut from);
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
    if from.fixed() != print() {
        return Err(SNAPSHOT.failed(
            "the snapshot was saved on another kind of machine, whose numbers for words differ: a session goes on where such are the same",
        ));
    }
    let options = unpack_options(&mut from).ok_or_else(damaged)?;
    Ok((options, from))
}

/// That what the bytes say cannot be.
pub(crate) fn damaged() -> Error {
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

fn text(text: &str, out: &mut Bytes) {
    number(text.len() as u64, out);
    out.extend_from_slice(text.as_bytes());
}

packed!(Participant { id, role, name });

fn pack_options(options: &Options, out: &mut Bytes) {
    let Options {
        id,
        participants,
        meta,
        retention,
        utterance_bytes,
    } = options;
    id.pack(out);
    participants.pack(out);
    meta.is_some().pack(out);
    if let Some(meta) = meta {
        pack_object(meta, out);
    }
    out.push(*retention as u8);
    utterance_bytes.pack(out);
}

fn unpack_options(from: &mut Reader<'_>) -> Option<Options> {
    Some(Options {
        id: unpacked(from),
        participants: unpacked(from),
        meta: if from.byte() != 0 {
            Some(object(from, DEPTH)?)
        } else {
            None
        },
        retention: match from.byte() {
            0 => Retention::None,
            1 => Retention::Full,
            _ => return None,
        },
        utterance_bytes: unpacked(from),
    })
}

fn pack_object(object: &Meta, out: &mut Bytes) {
    number(object.len() as u64, out);
    for (key, own) in object {
        text(key, out);
        pack_value(own, out);
    }
}

/// What stands before a value of JSON.
mod tag {
    pub(super) const NULL: u8 = 0;
    pub(super) const FALSE: u8 = 1;
    pub(super) const TRUE: u8 = 2;
    pub(super) const NATURAL: u8 = 3;
    pub(super) const INTEGER: u8 = 4;
    pub(super) const FLOAT: u8 = 5;
    pub(super) const TEXT: u8 = 6;
    pub(super) const ARRAY: u8 = 7;
    pub(super) const OBJECT: u8 = 8;
}

/// Not as text, for of floats that would be read back only nearly.
fn pack_value(value: &Value, out: &mut Bytes) {
    match value {
        Value::Null => out.push(tag::NULL),
        Value::Bool(false) => out.push(tag::FALSE),
        Value::Bool(true) => out.push(tag::TRUE),
        Value::Number(own) => match (own.as_u64(), own.as_i64()) {
            (Some(own), _) => {
                out.push(tag::NATURAL);
                number(own, out);
            }
            (None, Some(own)) => {
                out.push(tag::INTEGER);
                signed(own, out);
            }
            (None, None) => {
                out.push(tag::FLOAT);
                out.extend_from_slice(&own.as_f64().unwrap_or_default().to_le_bytes());
            }
        },
        Value::String(own) => {
            out.push(tag::TEXT);
            text(own, out);
        }
        Value::Array(all) => {
            out.push(tag::ARRAY);
            number(all.len() as u64, out);
            all.iter().for_each(|own| pack_value(own, out));
        }
        Value::Object(own) => {
            out.push(tag::OBJECT);
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
    let depth = depth.checked_sub(1).filter(|_| !from.0.is_empty())?;
    Some(match from.byte() {
        tag::NULL => Value::Null,
        tag::FALSE => false.into(),
        tag::TRUE => true.into(),
        tag::NATURAL => from.number().into(),
        tag::INTEGER => from.signed().into(),
        tag::FLOAT => Number::from_f64(f64::from_bits(from.fixed()))?.into(),
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
        let mut bytes = Bytes::new();
        pack_options(options, &mut bytes);
        let mut from = Reader(&bytes);
        let again = unpack_options(&mut from)?;
        assert!(from.0.is_empty());
        Some(again)
    }

    fn with_meta(meta: Value) -> Options {
        let Value::Object(meta) = meta else {
            panic!("an object")
        };
        let mut options = Options::default();
        options.meta = Some(meta);
        options
    }

    #[test]
    fn meta_comes_back_as_it_was() {
        for meta in [
            json!({}),
            json!({"z": 1, "a": null, "m": [true, false, [], {}, "é\u{0}", ""]}),
            json!({"n": [0, 7, u64::MAX, -1, i64::MIN, 0.1, -0.0, 1.0, 5e-324, 1.797e308, 123456789.123456789]}),
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
