//! What is kept of a call while nobody speaks: bytes, as few as will do.
//!
//! Whole numbers take seven bits a byte, signed ones by their size (zigzag). A value is read into one that is there already, so that
//! reading takes no memory where it had enough before.

use smallvec::{Array, SmallVec};

use crate::fixed::{Milli, Score};
use crate::transcript::Role;

/// For so many values room is made before they are read; for more as they come, since bytes made up by others may say any number.
const FEW: usize = 64;

/// Bytes in the writing.
pub(crate) type Bytes = Vec<u8>;

/// Bytes in the reading. Behind their end everything is nought.
#[derive(Debug)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    /// The next so many bytes.
    pub(crate) fn bytes(&mut self, n: usize) -> &'a [u8] {
        let (own, rest) = self.0.split_at(n.min(self.0.len()));
        self.0 = rest;
        own
    }

    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        let Some((own, rest)) = self.0.split_first_chunk() else {
            self.0 = &[];
            return [0; N];
        };
        self.0 = rest;
        *own
    }

    pub(crate) fn byte(&mut self) -> u8 {
        let [byte] = self.array();
        byte
    }

    pub(crate) fn number(&mut self) -> u64 {
        let mut byte = self.byte();
        let mut number = u64::from(byte & 0x7f);
        let mut shift = 7;
        while byte >= 0x80 && shift < u64::BITS {
            byte = self.byte();
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
        }
        number
    }

    pub(crate) fn signed(&mut self) -> i64 {
        unzigzag(self.number())
    }

    /// A number of pseudo-random bits.
    pub(crate) fn fixed(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }

    /// A number of values that follow: no more than there are bytes for, whatever stands there.
    pub(crate) fn len(&mut self) -> usize {
        self.number().min(self.0.len() as u64) as usize
    }
}

pub(crate) fn number(mut number: u64, out: &mut Bytes) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

pub(crate) fn signed(number: i64, out: &mut Bytes) {
    self::number(zigzag(number), out);
}

/// Small numbers of either sign as small ones.
pub(crate) fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> (i64::BITS - 1)) as u64
}

pub(crate) fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// What the numbers of a call may name: what was read from bytes of others may name anything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) signals: usize,
    pub(crate) entries: usize,
    pub(crate) modifiers: usize,
    pub(crate) practices: usize,
    pub(crate) speakers: usize,
    pub(crate) turns: u32,
}

impl Bounds {
    pub(crate) fn is_signal(&self, signal: u16) -> bool {
        usize::from(signal) < self.signals
    }

    pub(crate) fn is_entry(&self, entry: u32) -> bool {
        (entry as usize) < self.entries
    }

    pub(crate) fn is_modifier(&self, modifier: u8) -> bool {
        usize::from(modifier) < self.modifiers
    }

    pub(crate) fn is_practice(&self, practice: u8) -> bool {
        usize::from(practice) < self.practices
    }

    pub(crate) fn is_speaker(&self, speaker: u8) -> bool {
        usize::from(speaker) < self.speakers
    }

    /// Whether a turn that arrived so has come.
    pub(crate) fn is_turn(&self, arrival: u32) -> bool {
        arrival < self.turns
    }
}

/// What can be kept as bytes.
pub(crate) trait Packed {
    fn pack(&self, out: &mut Bytes);
    /// Becomes what was packed.
    fn unpack(&mut self, from: &mut Reader<'_>);
}

macro_rules! of_integers {
    ($read:ident: $($type:ty)*) => {$(
        impl Packed for $type {
            fn pack(&self, out: &mut Bytes) {
                $read((*self).into(), out);
            }
            fn unpack(&mut self, from: &mut Reader<'_>) {
                *self = from.$read() as $type;
            }
        }
    )*};
}
of_integers!(number: u8 u16 u32 u64);
of_integers!(signed: i16 i32 i64);

impl Packed for usize {
    fn pack(&self, out: &mut Bytes) {
        number(*self as u64, out);
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        *self = usize::try_from(from.number()).unwrap_or(usize::MAX);
    }
}

impl Packed for bool {
    fn pack(&self, out: &mut Bytes) {
        out.push((*self).into());
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        *self = from.byte() != 0;
    }
}

impl Packed for Milli {
    fn pack(&self, out: &mut Bytes) {
        self.0.pack(out);
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        self.0.unpack(from);
    }
}

impl Packed for Score {
    fn pack(&self, out: &mut Bytes) {
        self.0.pack(out);
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        self.0.unpack(from);
    }
}

impl Packed for Option<Role> {
    fn pack(&self, out: &mut Bytes) {
        out.push(match self {
            None => 0,
            Some(Role::Agent) => 1,
            Some(Role::Customer) => 2,
        });
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        *self = match from.byte() {
            0 => None,
            1 => Some(Role::Agent),
            _ => Some(Role::Customer),
        };
    }
}

impl<T: Packed + Default> Packed for Option<T> {
    fn pack(&self, out: &mut Bytes) {
        self.is_some().pack(out);
        if let Some(own) = self {
            own.pack(out);
        }
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        *self = None;
        if from.byte() != 0 {
            self.insert(T::default()).unpack(from);
        }
    }
}

impl<T: Packed, const N: usize> Packed for [T; N] {
    fn pack(&self, out: &mut Bytes) {
        self.iter().for_each(|own| own.pack(out));
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        self.iter_mut().for_each(|own| own.unpack(from));
    }
}

impl<A: Packed, B: Packed> Packed for (A, B) {
    fn pack(&self, out: &mut Bytes) {
        self.0.pack(out);
        self.1.pack(out);
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        self.0.unpack(from);
        self.1.unpack(from);
    }
}

impl<T: Packed + Default> Packed for Vec<T> {
    fn pack(&self, out: &mut Bytes) {
        number(self.len() as u64, out);
        self.iter().for_each(|own| own.pack(out));
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        let len = from.len();
        self.truncate(len);
        self.iter_mut().for_each(|own| own.unpack(from));
        self.reserve_exact((len - self.len()).min(FEW));
        while self.len() < len && !from.0.is_empty() {
            let mut own = T::default();
            own.unpack(from);
            self.push(own);
        }
    }
}

impl<T: Packed + Default> Packed for Box<[T]> {
    fn pack(&self, out: &mut Bytes) {
        number(self.len() as u64, out);
        self.iter().for_each(|own| own.pack(out));
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        let mut all = Vec::new();
        all.unpack(from);
        *self = all.into_boxed_slice();
    }
}

impl<A: Array<Item: Packed + Default>> Packed for SmallVec<A> {
    fn pack(&self, out: &mut Bytes) {
        number(self.len() as u64, out);
        self.iter().for_each(|own| own.pack(out));
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        let len = from.len();
        self.clear();
        while self.len() < len && !from.0.is_empty() {
            let mut own = A::Item::default();
            own.unpack(from);
            self.push(own);
        }
    }
}

impl Packed for String {
    fn pack(&self, out: &mut Bytes) {
        number(self.len() as u64, out);
        out.extend_from_slice(self.as_bytes());
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        self.clear();
        let len = from.len();
        self.push_str(str::from_utf8(from.bytes(len)).unwrap_or_default());
    }
}

/// Packs a structure field by field, but for those named behind `without`.
macro_rules! packed {
    ($type:ty { $($field:ident),* $(,)? } $(without { $($rest:ident),* })?) => {
        impl $crate::packed::Packed for $type {
            fn pack(&self, out: &mut $crate::packed::Bytes) {
                let Self { $($field,)* $($($rest: _,)*)? } = self;
                $($crate::packed::Packed::pack($field, out);)*
            }

            fn unpack(&mut self, from: &mut $crate::packed::Reader<'_>) {
                let Self { $($field,)* $($($rest: _,)*)? } = self;
                $($crate::packed::Packed::unpack($field, from);)*
            }
        }
    };
}
pub(crate) use packed;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn again<T: Packed + Default>(own: &T, mut into: T) -> T {
        let mut bytes = Vec::new();
        own.pack(&mut bytes);
        let mut from = Reader(&bytes);
        into.unpack(&mut from);
        assert!(from.0.is_empty());
        into
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_back(
            a: u64, b: i64, c: i16, d: Option<bool>, e: [u16; 3], f: Vec<(u8, i32)>, g: String, old: Vec<(u8, i32)>,
        ) {
            prop_assert_eq!(again(&a, 7), a);
            prop_assert_eq!(again(&b, 7), b);
            prop_assert_eq!(again(&c, 7), c);
            prop_assert_eq!(again(&d, Some(true)), d);
            prop_assert_eq!(again(&e, [9; 3]), e);
            prop_assert_eq!(again(&g, "old".to_owned()), g);
            prop_assert_eq!(again(&f, old), f);
        }
    }

    #[test]
    fn small_numbers_take_a_byte() {
        let mut bytes = Vec::new();
        (127u32, -64i32).pack(&mut bytes);
        assert_eq!(bytes.len(), 2);
        (u64::MAX, i64::MIN).pack(&mut bytes);
        assert_eq!(bytes.len(), 22);
        assert_eq!(Reader(&[]).number(), 0);
    }
}
