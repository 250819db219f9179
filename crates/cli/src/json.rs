//! Reports as JSON, byte for byte as `serde_json` writes them, at a fraction of the price: most of a report are short plain strings, keys that are
//! known when the program is built, and decimals of at most four places.

use serde::ser::{
    Error as _, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple,
    Serializer,
};
use serde_json::{Error, Result};

/// Writes a value behind what is there.
///
/// # Errors
/// For what reports have none of: keys that are no text, variants with fields, bytes.
pub(crate) fn write<T: Serialize>(out: &mut Vec<u8>, value: &T) -> Result<()> {
    value.serialize(&mut Json(out))
}

/// Where JSON is written.
struct Json<'a>(&'a mut Vec<u8>);

/// A list or an object that is being written. A comma stands before each of its parts; that before the first is where it opens.
struct Parts<'a, 'b> {
    json: &'a mut Json<'b>,
    begin: usize,
}

impl<'a, 'b> Parts<'a, 'b> {
    fn of(json: &'a mut Json<'b>) -> Self {
        let begin = json.0.len();
        Parts { json, begin }
    }

    fn end(self, [opens, closes]: [u8; 2]) -> Result<()> {
        match self.json.0.get_mut(self.begin) {
            Some(first) => *first = opens,
            None => self.json.0.push(opens),
        }
        self.json.0.push(closes);
        Ok(())
    }
}

impl Json<'_> {
    fn signed(&mut self, n: i64) {
        if n < 0 {
            self.0.push(b'-');
        }
        self.whole(n.unsigned_abs());
    }

    fn whole(&mut self, mut n: u64) {
        if n < 10_000 {
            let digits = four_digits(n as u32);
            let noughts = (digits.trailing_zeros() / 8).min(3);
            return self.few(digits >> (8 * noughts) | NOUGHTS, 4 - noughts);
        }
        let mut digits = [0; 20];
        let mut at = digits.len();
        while n > 0 {
            at -= 1;
            digits[at] = b'0' + (n % 10) as u8;
            n /= 10;
        }
        self.0.extend_from_slice(&digits[at..]);
    }

    /// A number of ten-thousandths as the decimal it is.
    fn decimal(&mut self, n: i32) {
        let (places, mut len) = {
            let digits = four_digits(n.unsigned_abs() % 10_000);
            let len = (u64::BITS - digits.leading_zeros()).div_ceil(8).max(1);
            (digits | NOUGHTS, len + 1)
        };
        let mut shown = places << 8 | u64::from(b'.');
        let before = n.unsigned_abs() / 10_000;
        if before < 10 {
            (shown, len) = (shown << 8 | u64::from(b'0') | u64::from(before), len + 1);
            if n < 0 {
                (shown, len) = (shown << 8 | u64::from(b'-'), len + 1);
            }
        } else {
            self.signed((n / 10_000).into());
        }
        self.few(shown, len);
    }

    /// Up to eight bytes, the first of which stands lowest.
    fn few(&mut self, bytes: u64, len: u32) {
        let end = self.0.len() + len as usize;
        // By a length that is known beforehand they are written on the spot.
        self.0.extend_from_slice(&bytes.to_le_bytes());
        self.0.truncate(end);
    }

    /// Writes a string that is its own escape and as long as one or two blocks of eight bytes, or between, as the two; says whether it is one.
    fn short<const BLOCK: usize, const ROOM: usize>(&mut self, text: &[u8]) -> bool {
        let (Some(first), Some(last)) = (text.first_chunk::<BLOCK>(), text.last_chunk::<BLOCK>()) else {
            return false;
        };
        let is_plain = |block: &[u8; BLOCK]| {
            let (eights, _) = block.as_chunks::<8>();
            let eights = eights.iter().map(|own| escaped(u64::from_le_bytes(*own)));
            eights.fold(0, |all, own| all | own) == 0
        };
        let len = text.len();
        if len > 2 * BLOCK || !is_plain(first) || !is_plain(last) {
            return false;
        }
        let mut quoted = [b'"'; ROOM];
        quoted[1..=BLOCK].copy_from_slice(first);
        quoted[len + 1 - BLOCK..=len].copy_from_slice(last);
        quoted[len + 1] = b'"';
        let end = self.0.len() + len + 2;
        self.0.extend_from_slice(&quoted);
        self.0.truncate(end);
        true
    }
}

/// Four digits that are noughts.
const NOUGHTS: u64 = u64::from_le_bytes(*b"0000\0\0\0\0");

/// The four digits of a number below 10,000, a byte each, the first of them lowest.
fn four_digits(n: u32) -> u64 {
    // Both pairs of digits at once: 103 / 1024 is a tenth, near enough for two digits.
    let pairs = (n / 100) | (n % 100) << 16;
    let tens = ((pairs * 103) >> 10) & 0x000f_000f;
    u64::from(tens | (pairs - 10 * tens) << 8)
}

/// So many ten-thousandths are written as such: fifteen digits of a decimal are sure to be the shortest that read as the same number.
const DECIMALS: f64 = 1e9;

/// The ten-thousandths that a number is, if it is that many and no more.
fn ten_thousandths(x: f64) -> Option<i32> {
    let scaled = x * 10_000.0;
    if scaled.abs() > DECIMALS {
        return None;
    }
    let n = (scaled + 0.5f64.copysign(scaled)) as i32;
    // A nought below nought has a sign.
    (f64::from(n) / 10_000.0 == x && (n != 0 || x.is_sign_positive())).then_some(n)
}

/// A byte in each of eight.
const fn eight(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// Nought, if none of eight bytes is one that a string of JSON escapes.
fn escaped(bytes: u64) -> u64 {
    let nought = |bytes: u64| bytes.wrapping_sub(eight(1)) & !bytes;
    let control = bytes.wrapping_sub(eight(b' ')) & !bytes;
    (control | nought(bytes ^ eight(b'"')) | nought(bytes ^ eight(b'\\'))) & eight(0x80)
}

/// Whether a string is its own escape.
fn is_plain(text: &str) -> bool {
    let (eights, rest) = text.as_bytes().as_chunks::<8>();
    let rest = rest
        .iter()
        .fold(eight(b' '), |all, byte| all << 8 | u64::from(*byte));
    let eights = eights.iter().map(|own| escaped(u64::from_le_bytes(*own)));
    eights.fold(escaped(rest), |all, own| all | own) == 0
}

/// Bytes of the longest key that is put together before it is written.
const KEY: usize = 40;

impl<'a, 'b> Serializer for &'a mut Json<'b> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Parts<'a, 'b>;
    type SerializeTuple = Parts<'a, 'b>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Parts<'a, 'b>;
    type SerializeStruct = Parts<'a, 'b>;
    type SerializeStructVariant = Impossible<(), Error>;

    fn serialize_bool(self, v: bool) -> Result<()> {
        self.0.extend_from_slice(if v { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_i8(self, v: i8) -> Result<()> {
        self.serialize_i64(v.into())
    }

    fn serialize_i16(self, v: i16) -> Result<()> {
        self.serialize_i64(v.into())
    }

    fn serialize_i32(self, v: i32) -> Result<()> {
        self.serialize_i64(v.into())
    }

    fn serialize_i64(self, v: i64) -> Result<()> {
        self.signed(v);
        Ok(())
    }

    fn serialize_u8(self, v: u8) -> Result<()> {
        self.serialize_u64(v.into())
    }

    fn serialize_u16(self, v: u16) -> Result<()> {
        self.serialize_u64(v.into())
    }

    fn serialize_u32(self, v: u32) -> Result<()> {
        self.serialize_u64(v.into())
    }

    fn serialize_u64(self, v: u64) -> Result<()> {
        self.whole(v);
        Ok(())
    }

    fn serialize_f32(self, v: f32) -> Result<()> {
        serde_json::to_writer(&mut *self.0, &v)
    }

    fn serialize_f64(self, v: f64) -> Result<()> {
        match ten_thousandths(v) {
            Some(n) => self.decimal(n),
            None => serde_json::to_writer(&mut *self.0, &v)?,
        }
        Ok(())
    }

    fn serialize_char(self, v: char) -> Result<()> {
        self.serialize_str(v.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, v: &str) -> Result<()> {
        // Most are short: by blocks of a length that is known they are written on the spot.
        if self.short::<8, 24>(v.as_bytes()) || self.short::<16, 40>(v.as_bytes()) {
            return Ok(());
        }
        if !is_plain(v) {
            return serde_json::to_writer(&mut *self.0, v);
        }
        self.0.reserve(v.len() + 2);
        self.0.push(b'"');
        self.0.extend_from_slice(v.as_bytes());
        self.0.push(b'"');
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<()> {
        Err(Error::custom("bytes are no text"))
    }

    fn serialize_none(self) -> Result<()> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<()> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<()> {
        self.0.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<()> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<()> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<()> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<()> {
        Err(no_variants(name))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts<'a, 'b>> {
        Ok(Parts::of(self))
    }

    fn serialize_tuple(self, _: usize) -> Result<Parts<'a, 'b>> {
        Ok(Parts::of(self))
    }

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<Impossible<(), Error>> {
        Err(no_variants(name))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Impossible<(), Error>> {
        Err(no_variants(name))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Parts<'a, 'b>> {
        Ok(Parts::of(self))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Parts<'a, 'b>> {
        Ok(Parts::of(self))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Impossible<(), Error>> {
        Err(no_variants(name))
    }
}

#[cold]
fn no_variants(name: &str) -> Error {
    Error::custom(format_args!("{name} has fields without names"))
}

impl SerializeSeq for Parts<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.json.0.push(b',');
        value.serialize(&mut *self.json)
    }

    fn end(self) -> Result<()> {
        self.end(*b"[]")
    }
}

impl SerializeTuple for Parts<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Result<()> {
        self.end(*b"[]")
    }
}

impl SerializeMap for Parts<'_, '_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        self.json.0.push(b',');
        let begin = self.json.0.len();
        key.serialize(&mut *self.json)?;
        if self.json.0.get(begin) != Some(&b'"') {
            return Err(Error::custom("a key is no text"));
        }
        self.json.0.push(b':');
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        value.serialize(&mut *self.json)
    }

    fn end(self) -> Result<()> {
        self.end(*b"{}")
    }
}

impl SerializeStruct for Parts<'_, '_> {
    type Ok = ();
    type Error = Error;

    // Inlined, all of the key is known where it is written.
    #[inline(always)]
    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<()> {
        debug_assert!(is_plain(key));
        let len = key.len();
        if len + 4 <= KEY {
            let mut quoted = [b'"'; KEY];
            quoted[0] = b',';
            quoted[2..len + 2].copy_from_slice(key.as_bytes());
            quoted[len + 3] = b':';
            self.json.0.extend_from_slice(&quoted[..len + 4]);
        } else {
            SerializeMap::serialize_key(self, key)?;
        }
        value.serialize(&mut *self.json)
    }

    fn end(self) -> Result<()> {
        self.end(*b"{}")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use hackles::fixed::{Milli, Score};
    use hackles::{Analyzer, Transcript};
    use serde::Serialize;
    use serde_json::json;

    use super::*;

    fn is_as_by_serde<T: Serialize>(value: &T) {
        let mut own = b"before".to_vec();
        write(&mut own, value).expect("serializable");
        let theirs = serde_json::to_string(value).expect("serializable");
        assert_eq!(String::from_utf8_lossy(&own[6..]), theirs);
    }

    #[test]
    fn numbers_are_as_serde_json_writes_them() {
        is_as_by_serde(&(i16::MIN..=i16::MAX).map(Score).collect::<Vec<_>>());
        let places = (-25_000..25_000).chain((0..31).flat_map(|bit| [1 << bit, -1 << bit, i32::MAX >> bit]));
        is_as_by_serde(&places.map(Milli).collect::<Vec<_>>());
        let wholes = (0..64).flat_map(|bit| [1u64 << bit, (1 << bit) - 1, u64::MAX >> bit]);
        is_as_by_serde(&wholes.collect::<Vec<_>>());
        is_as_by_serde(&[i64::MIN, i64::MAX, -1, 0, 10, 99, 100]);
        is_as_by_serde(&(0..20_000).map(|n| f64::from(n) / 10.0).collect::<Vec<_>>());
        is_as_by_serde(&[
            -0.0,
            0.0,
            1.0 / 3.0,
            1e-5,
            0.00012,
            1e5,
            99_999.999_9,
            123_456.789,
            1e16,
            f64::MIN_POSITIVE,
            f64::MAX,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ]);
        is_as_by_serde(&[0.1f32, 2.5]);
    }

    #[test]
    fn strings_are_escaped_wherever_they_must_be() {
        for len in 0..20 {
            for at in 0..len.max(1) {
                for odd in [
                    "\"", "\\", "\n", "\u{0}", "\u{1f}", " ", "!", "#", "[", "]", "\u{7f}", "é", "💬",
                ] {
                    let text: String = (0..len).map(|n| if n == at { odd } else { "x" }).collect();
                    is_as_by_serde(&text);
                }
            }
        }
        is_as_by_serde(&['"', 'a', 'ß']);
    }

    #[test]
    fn what_holds_others_is_as_by_serde_json() {
        #[derive(Serialize)]
        struct Empty {}
        #[derive(Serialize)]
        struct Unit;
        #[derive(Serialize)]
        #[serde(rename_all = "snake_case")]
        enum Kind {
            OfOne,
        }
        #[derive(Serialize)]
        struct Long {
            a_key_that_is_longer_than_any_key_of_any_report: Option<u8>,
            short: [u8; 1],
        }
        is_as_by_serde(&Long {
            a_key_that_is_longer_than_any_key_of_any_report: None,
            short: [7],
        });
        is_as_by_serde(&(Empty {}, Unit, Kind::OfOne, Some(true), None::<bool>, (), "a,"));
        is_as_by_serde(&json!({"a,": [], "b": {}, "c": [[], {"d": null}, ","], "e": [1, -2, 0.5, "x\ty"]}));
        assert!(write(&mut Vec::new(), &BTreeMap::from([(1, 2)])).is_err());
    }

    #[test]
    fn reports_are_as_by_serde_json() {
        let call: Transcript = serde_json::from_value(json!({
            "id": "c\"1\"", "meta": {"team": "é\n", "n": [1, 2.5e300, -7, null, true]},
            "turns": [
                {"speaker": "agent", "text": "Hello, that's not my job.\u{1} \"Sorry\"", "start_ms": 0, "end_ms": 900},
                {"speaker": "customer", "text": "This is ridiculous, I'm really furious!!", "start_ms": 700, "end_ms": 1900},
                {"speaker": "x", "text": "I promise we'll call you back tomorrow."},
            ],
        }))
        .expect("a transcript");
        is_as_by_serde(&Analyzer::builtin().score(&call));
    }
}
