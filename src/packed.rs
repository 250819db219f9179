//! What is kept of a call while nobody speaks: numbers and bytes, as few as will do.
//!
//! Numbers stand in three rows, by how large they usually are: of one, two or three bytes each, first all lowest bytes of a row, then all second ones.
//! So a row is written and read many numbers at a time, and none of them is looked at; few are larger, and what of them has no room is told behind it.
//! A value is read into one that is there already, so that reading takes no memory where it had enough before.

use smallvec::{Array, SmallVec};

use crate::fixed::{Milli, Score};
use crate::scratch::Scratch;
use crate::transcript::Role;

/// For so many values room is made before they are read; for more as they come, since bytes made up by others may say any number.
const FEW: usize = 64;
/// So many numbers are packed and unpacked at once.
const LANES: usize = 16;
/// Memory for more is not kept.
const MOST: usize = 1 << 14;

/// Numbers and bytes in the writing, and memory for numbers that are read.
#[derive(Default)]
pub(crate) struct Parcel {
    /// Mostly below 2^8.
    counts: Vec<u32>,
    /// Mostly below 2^16.
    amounts: Vec<u32>,
    /// Mostly below 2^24.
    times: Vec<u32>,
    pub(crate) bytes: Vec<u8>,
    /// The rows as bytes.
    squeezed: Vec<u8>,
    /// Rows that are read, one behind the other.
    numbers: Vec<u32>,
}

impl Scratch for Parcel {
    fn is_modest(&self) -> bool {
        let rows = [&self.counts, &self.amounts, &self.times, &self.numbers];
        rows.map(Vec::capacity).iter().sum::<usize>() + self.bytes.capacity() <= MOST
    }
}

/// Facts as the bits of a number, the last the lowest.
pub(crate) fn bits<const N: usize>(facts: [bool; N]) -> u32 {
    facts.iter().fold(0, |all, fact| all << 1 | u32::from(*fact))
}

impl Parcel {
    pub(crate) fn counts<const N: usize>(&mut self, own: [u32; N]) {
        self.counts.extend_from_slice(&own);
    }

    pub(crate) fn amounts<const N: usize>(&mut self, own: [u32; N]) {
        self.amounts.extend_from_slice(&own);
    }

    pub(crate) fn times<const N: usize>(&mut self, own: [u32; N]) {
        self.times.extend_from_slice(&own);
    }

    /// A row of counts, of which it is known elsewhere how many they are.
    pub(crate) fn all_counts(&mut self, own: &[u32]) {
        self.counts.extend_from_slice(own);
    }

    /// The same of amounts.
    pub(crate) fn all_amounts(&mut self, own: &[u32]) {
        self.amounts.extend_from_slice(own);
    }

    /// One amount of each.
    pub(crate) fn each_amount(&mut self, own: impl ExactSizeIterator<Item = u32>) {
        self.amounts.extend(own);
    }

    /// How many values follow.
    pub(crate) fn len(&mut self, len: usize) {
        self.counts([len as u32]);
    }

    pub(crate) fn bytes(&mut self, own: &[u8]) {
        self.bytes.extend_from_slice(own);
    }

    /// All of it as bytes: these and those. More may not be added before it is cleared.
    pub(crate) fn seal(&mut self) -> [&[u8]; 2] {
        let out = &mut self.squeezed;
        out.clear();
        let rows = [&mut self.counts, &mut self.amounts, &mut self.times];
        for row in &rows {
            varint(row.len(), out);
        }
        for (row, width) in rows.into_iter().zip(1..) {
            squeeze(row, width, out);
        }
        [out, &self.bytes]
    }

    /// What was sealed, in the reading.
    pub(crate) fn open<'a>(&'a mut self, mut from: &'a [u8]) -> Reader<'a> {
        let lens = [(); 3].map(|()| unvarint(&mut from));
        let lens = lens.map(|len| len.min(from.len()));
        let rooms = lens.map(|len| len.next_multiple_of(LANES));
        let room = rooms.iter().sum();
        if self.numbers.len() < room {
            self.numbers.resize(room, 0);
        }
        let mut left = &mut self.numbers[..];
        let [counts, amounts, times] = [0, 1, 2].map(|nth| {
            let (row, behind) = std::mem::take(&mut left).split_at_mut(rooms[nth]);
            left = behind;
            spread(row, lens[nth], nth as u32 + 1, &mut from);
            &row[..lens[nth]]
        });
        Reader {
            counts,
            amounts,
            times,
            bytes: from,
        }
    }

    /// Forgets all of it; what was said is overwritten.
    pub(crate) fn clear(&mut self) {
        self.counts.clear();
        self.amounts.clear();
        self.times.clear();
        self.bytes.fill(0);
        self.bytes.clear();
    }
}

/// A row of numbers as bytes, so many of each: all lowest ones, then all second ones, and so on. What is above them follows with its place.
/// Written are always [`LANES`] at once, since how many are left cannot be guessed: what is too much is written over by what follows.
#[inline(never)]
fn squeeze(row: &mut Vec<u32>, width: u32, out: &mut Vec<u8>) {
    let (begin, len) = (out.len(), row.len());
    let end = begin + len * width as usize;
    row.resize(len.next_multiple_of(LANES), 0);
    out.resize(end + LANES, 0);
    let lanes = row.as_chunks::<LANES>().0;
    for nth in 0..width {
        let plane = out[begin + nth as usize * len..].as_chunks_mut::<LANES>().0;
        for (to, numbers) in plane.iter_mut().zip(lanes) {
            *to = numbers.map(|number| (number >> (u8::BITS * nth)) as u8);
        }
    }
    out.truncate(end);
    let all = lanes.iter().fold([0; LANES], |mut all, numbers| {
        all.iter_mut().zip(numbers).for_each(|(all, n)| *all |= n);
        all
    });
    if above(all.iter().fold(0, |all, n| all | n), width) != 0 {
        squeeze_large(&row[..len], width, out);
    }
    out.push(0);
}

/// The part of a number for which there is no room.
fn above(number: u32, width: u32) -> u32 {
    number >> (u8::BITS * width)
}

#[cold]
#[inline(never)]
fn squeeze_large(row: &[u32], width: u32, out: &mut Vec<u8>) {
    let mut told = 0;
    for (place, number) in (1..).zip(row) {
        let high = above(*number, width);
        if high != 0 {
            varint(place - told, out);
            varint(high as usize, out);
            told = place;
        }
    }
}

/// A row of so many numbers, from bytes; there is room for [`LANES`] at once.
#[inline(never)]
fn spread(row: &mut [u32], len: usize, width: u32, from: &mut &[u8]) {
    for nth in 0..width {
        if from.len() < row.len() {
            spread_last(row, len, nth, from);
            continue;
        }
        let numbers = row.as_chunks_mut::<LANES>().0;
        for (numbers, bytes) in numbers.iter_mut().zip(from.as_chunks::<LANES>().0) {
            for (number, byte) in numbers.iter_mut().zip(bytes) {
                *number = with_byte(*number, nth, *byte);
            }
        }
        *from = &from[len..];
    }
    if from.first().is_some_and(|first| *first != 0) {
        spread_large(&mut row[..len], width, from);
    }
    from.split_off_first();
}

/// The same of one byte each, near the end of all bytes: those behind it are nought.
#[cold]
#[inline(never)]
fn spread_last(row: &mut [u32], len: usize, nth: u32, from: &mut &[u8]) {
    let (plane, behind) = from.split_at(len.min(from.len()));
    *from = behind;
    for (place, number) in row.iter_mut().enumerate() {
        *number = with_byte(*number, nth, plane.get(place).copied().unwrap_or_default());
    }
}

/// A number of which the bytes below this one are known, with this one; of what stood there before, nothing is left.
#[inline]
fn with_byte(number: u32, nth: u32, byte: u8) -> u32 {
    let own = u32::from(byte) << (u8::BITS * nth);
    if nth == 0 { own } else { number | own }
}

#[cold]
#[inline(never)]
fn spread_large(row: &mut [u32], width: u32, from: &mut &[u8]) {
    let mut place = 0usize;
    while from.first().is_some_and(|first| *first != 0) {
        place = place.saturating_add(unvarint(from));
        let high = unvarint(from) as u32;
        if let Some(number) = row.get_mut(place.wrapping_sub(1)) {
            *number |= high << (u8::BITS * width);
        }
    }
}

/// The next bytes; behind their end nought.
fn begin<const N: usize>(from: &[u8]) -> [u8; N] {
    match from.first_chunk() {
        Some(own) => *own,
        None => padded(from),
    }
}

#[cold]
#[inline(never)]
fn padded<const N: usize>(from: &[u8]) -> [u8; N] {
    let mut own = [0; N];
    own[..from.len()].copy_from_slice(from);
    own
}

/// Seven bits a byte.
pub(crate) fn varint(mut number: usize, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

pub(crate) fn unvarint(from: &mut &[u8]) -> usize {
    let (mut number, mut shift) = (0, 0);
    loop {
        let byte = from.split_off_first().copied().unwrap_or_default();
        number |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 || shift >= usize::BITS {
            return number;
        }
    }
}

/// Numbers and bytes in the reading. Behind their end everything is nought.
#[derive(Debug, Default)]
pub(crate) struct Reader<'a> {
    counts: &'a [u32],
    amounts: &'a [u32],
    times: &'a [u32],
    bytes: &'a [u8],
}

fn next<const N: usize>(row: &mut &[u32]) -> [u32; N] {
    let Some((own, rest)) = row.split_first_chunk() else {
        *row = &[];
        return [0; N];
    };
    *row = rest;
    *own
}

impl<'a> Reader<'a> {
    pub(crate) fn counts<const N: usize>(&mut self) -> [u32; N] {
        next(&mut self.counts)
    }

    pub(crate) fn amounts<const N: usize>(&mut self) -> [u32; N] {
        next(&mut self.amounts)
    }

    pub(crate) fn times<const N: usize>(&mut self) -> [u32; N] {
        next(&mut self.times)
    }

    pub(crate) fn count(&mut self) -> u32 {
        let [own] = self.counts();
        own
    }

    /// So many counts, or as many as there are.
    pub(crate) fn all_counts(&mut self, n: usize) -> &'a [u32] {
        let (own, rest) = self.counts.split_at(n.min(self.counts.len()));
        self.counts = rest;
        own
    }

    /// So many times the same few counts, or as often as there are.
    pub(crate) fn all_of<const N: usize>(&mut self, n: u32) -> &'a [[u32; N]] {
        let most = self.counts.len() / N;
        self.all_counts((n as usize).min(most) * N).as_chunks().0
    }

    pub(crate) fn all_amounts(&mut self, n: usize) -> &'a [u32] {
        let (own, rest) = self.amounts.split_at(n.min(self.amounts.len()));
        self.amounts = rest;
        own
    }

    /// How many values follow: no more than there is anything for, whatever stands there.
    pub(crate) fn len(&mut self) -> usize {
        let len = self.count();
        self.most(len)
    }

    /// So many values that follow, or as many as there may be.
    pub(crate) fn most(&self, len: u32) -> usize {
        let left = self.counts.len() + self.amounts.len() + self.times.len() + self.bytes.len();
        (len as usize).min(left)
    }

    /// The next so many bytes.
    pub(crate) fn bytes(&mut self, n: usize) -> &'a [u8] {
        let (own, rest) = self.bytes.split_at(n.min(self.bytes.len()));
        self.bytes = rest;
        own
    }

    /// All bytes that are left, to look at.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        let own = begin(self.bytes);
        self.bytes = self.bytes.get(N..).unwrap_or_default();
        own
    }

    /// Whether all of it was read.
    pub(crate) fn is_empty(&self) -> bool {
        self.counts.is_empty() && self.amounts.is_empty() && self.times.is_empty() && self.bytes.is_empty()
    }
}

/// A number as it stands in a row.
pub(crate) trait Number: Copy {
    fn word(self) -> u32;
    fn of(word: u32) -> Self;
}

macro_rules! natural {
    ($($type:ty)*) => {$(
        impl Number for $type {
            fn word(self) -> u32 {
                self.into()
            }
            fn of(word: u32) -> Self {
                word as $type
            }
        }
    )*};
}
natural!(u8 u16 u32);

impl Number for bool {
    fn word(self) -> u32 {
        self.into()
    }

    fn of(word: u32) -> Self {
        word != 0
    }
}

/// Small numbers of either sign are small ones.
impl Number for i32 {
    fn word(self) -> u32 {
        (self << 1 ^ self >> (i32::BITS - 1)) as u32
    }

    fn of(word: u32) -> Self {
        (word >> 1) as i32 ^ -((word & 1) as i32)
    }
}

impl Number for i16 {
    fn word(self) -> u32 {
        i32::from(self).word()
    }

    fn of(word: u32) -> Self {
        i32::of(word) as i16
    }
}

impl Number for Milli {
    fn word(self) -> u32 {
        self.0.word()
    }

    fn of(word: u32) -> Self {
        Milli(Number::of(word))
    }
}

impl Number for Score {
    fn word(self) -> u32 {
        self.0.word()
    }

    fn of(word: u32) -> Self {
        Score(Number::of(word))
    }
}

/// A number by halves, the lower first: of a small one, of either sign, the upper is nought.
pub(crate) fn halves(number: i64) -> [u32; 2] {
    let own = (number << 1 ^ number >> (i64::BITS - 1)) as u64;
    [own as u32, (own >> u32::BITS) as u32]
}

pub(crate) fn of_halves([low, high]: [u32; 2]) -> i64 {
    let own = u64::from(high) << u32::BITS | u64::from(low);
    (own >> 1) as i64 ^ -((own & 1) as i64)
}

/// Two numbers in one; it is small if both are.
pub(crate) fn zipped(a: u16, b: u16) -> u32 {
    let [a, high_a] = a.to_le_bytes();
    let [b, high_b] = b.to_le_bytes();
    u32::from_le_bytes([a, b, high_a, high_b])
}

/// What of both is the first.
pub(crate) const ZIPPED_FIRST: u32 = 0x00ff_00ff;

pub(crate) fn unzipped(both: u32) -> (u16, u16) {
    let [a, b, high_a, high_b] = both.to_le_bytes();
    (u16::from_le_bytes([a, high_a]), u16::from_le_bytes([b, high_b]))
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

/// What can be kept while nobody speaks.
pub(crate) trait Packed {
    fn pack(&self, out: &mut Parcel);
    /// Becomes what was packed.
    fn unpack(&mut self, from: &mut Reader<'_>);
}

/// Numbers that stand by themselves.
macro_rules! in_row {
    ($row:ident: $($type:ty)*) => {$(
        impl $crate::packed::Packed for $type {
            fn pack(&self, out: &mut $crate::packed::Parcel) {
                out.$row([$crate::packed::Number::word(*self)]);
            }

            fn unpack(&mut self, from: &mut $crate::packed::Reader<'_>) {
                let [own] = from.$row();
                *self = $crate::packed::Number::of(own);
            }
        }
    )*};
}
pub(crate) use in_row;
in_row!(counts: u8 u16 u32 bool);
in_row!(amounts: i16 i32 Milli Score);

/// Of pseudo-random bits.
impl Packed for u64 {
    fn pack(&self, out: &mut Parcel) {
        out.bytes(&self.to_le_bytes());
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        *self = u64::from_le_bytes(from.array());
    }
}

/// The upper half is mostly nought.
impl Packed for i64 {
    fn pack(&self, out: &mut Parcel) {
        let [low, high] = halves(*self);
        out.times([low]);
        out.counts([high]);
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        let ([low], [high]) = (from.times(), from.counts());
        *self = of_halves([low, high]);
    }
}

/// Only one that is very large has a second half.
impl Packed for usize {
    fn pack(&self, out: &mut Parcel) {
        let own = *self as u64;
        if own < u64::from(u32::MAX) {
            out.amounts([own as u32]);
        } else {
            out.amounts([u32::MAX]);
            own.pack(out);
        }
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        let [own] = from.amounts();
        let mut own = u64::from(own);
        if own == u64::from(u32::MAX) {
            own.unpack(from);
        }
        *self = usize::try_from(own).unwrap_or(usize::MAX);
    }
}

impl Packed for Option<Role> {
    fn pack(&self, out: &mut Parcel) {
        out.counts([match self {
            None => 0,
            Some(Role::Agent) => 1,
            Some(Role::Customer) => 2,
        }]);
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        *self = match from.count() {
            0 => None,
            1 => Some(Role::Agent),
            _ => Some(Role::Customer),
        };
    }
}

impl<T: Packed + Default> Packed for Option<T> {
    fn pack(&self, out: &mut Parcel) {
        self.is_some().pack(out);
        if let Some(own) = self {
            own.pack(out);
        }
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        *self = None;
        if from.count() != 0 {
            self.insert(T::default()).unpack(from);
        }
    }
}

impl<T: Packed, const N: usize> Packed for [T; N] {
    fn pack(&self, out: &mut Parcel) {
        self.iter().for_each(|own| own.pack(out));
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        self.iter_mut().for_each(|own| own.unpack(from));
    }
}

impl<A: Packed, B: Packed> Packed for (A, B) {
    fn pack(&self, out: &mut Parcel) {
        self.0.pack(out);
        self.1.pack(out);
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        self.0.unpack(from);
        self.1.unpack(from);
    }
}

impl<T: Packed + Default> Packed for Vec<T> {
    fn pack(&self, out: &mut Parcel) {
        out.len(self.len());
        self.iter().for_each(|own| own.pack(out));
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        let len = from.len();
        self.truncate(len);
        self.iter_mut().for_each(|own| own.unpack(from));
        self.reserve_exact((len - self.len()).min(FEW));
        while self.len() < len && !from.is_empty() {
            let mut own = T::default();
            own.unpack(from);
            self.push(own);
        }
    }
}

impl<T: Packed + Default> Packed for Box<[T]> {
    fn pack(&self, out: &mut Parcel) {
        out.len(self.len());
        self.iter().for_each(|own| own.pack(out));
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        let mut all = Vec::new();
        all.unpack(from);
        *self = all.into_boxed_slice();
    }
}

impl<A: Array<Item: Packed + Default>> Packed for SmallVec<A> {
    fn pack(&self, out: &mut Parcel) {
        out.len(self.len());
        self.iter().for_each(|own| own.pack(out));
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        let len = from.len();
        self.clear();
        while self.len() < len && !from.is_empty() {
            let mut own = A::Item::default();
            own.unpack(from);
            self.push(own);
        }
    }
}

impl Packed for String {
    fn pack(&self, out: &mut Parcel) {
        out.len(self.len());
        out.bytes(self.as_bytes());
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        self.clear();
        let len = from.len();
        self.push_str(str::from_utf8(from.bytes(len)).unwrap_or_default());
    }
}

/// Packs a structure field by field, but for those named behind `without`; or numbers by their rows, and the rest, behind `with`, field by field.
macro_rules! packed {
    ($type:ty { $($field:ident),* $(,)? } $(without { $($rest:ident),* })?) => {
        impl $crate::packed::Packed for $type {
            fn pack(&self, out: &mut $crate::packed::Parcel) {
                let Self { $($field,)* $($($rest: _,)*)? } = self;
                $($crate::packed::Packed::pack($field, out);)*
            }

            fn unpack(&mut self, from: &mut $crate::packed::Reader<'_>) {
                let Self { $($field,)* $($($rest: _,)*)? } = self;
                $($crate::packed::Packed::unpack($field, from);)*
            }
        }
    };
    ($type:ty { $($row:ident: $($field:ident),+);+ $(;)? } $(with { $($other:ident),* })?) => {
        impl $crate::packed::Packed for $type {
            fn pack(&self, out: &mut $crate::packed::Parcel) {
                let Self { $($($field,)+)+ $($($other,)*)? } = self;
                $(out.$row([$($crate::packed::Number::word(*$field)),+]);)+
                $($($crate::packed::Packed::pack($other, out);)*)?
            }

            fn unpack(&mut self, from: &mut $crate::packed::Reader<'_>) {
                $(
                    let [$($field),+] = from.$row();
                    $(self.$field = $crate::packed::Number::of($field);)+
                )+
                $($($crate::packed::Packed::unpack(&mut self.$other, from);)*)?
            }
        }
    };
}
pub(crate) use packed;

/// What comes of a value that is packed, and read into another.
#[cfg(test)]
pub(crate) fn again<T: Packed>(own: &T, mut into: T) -> T {
    let mut parcel = Parcel::default();
    own.pack(&mut parcel);
    let bytes = parcel.seal().concat();
    let mut from = parcel.open(&bytes);
    into.unpack(&mut from);
    assert!(from.is_empty());
    into
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

        #[test]
        fn rows_come_back(
            rows in [(); 3].map(|()| prop::collection::vec((0u32..=32, any::<u32>()), 0..90)), bytes: Vec<u8>,
        ) {
            let rows = rows.map(|row| row.into_iter().map(|(bits, n)| n & (1u64 << bits).wrapping_sub(1) as u32).collect::<Vec<_>>());
            let mut parcel = Parcel::default();
            [parcel.counts, parcel.amounts, parcel.times] = rows.clone();
            parcel.bytes(&bytes);
            let all = parcel.seal().concat();
            let mut other = Parcel::default();
            let from = other.open(&all);
            prop_assert_eq!([from.counts, from.amounts, from.times], rows.each_ref().map(Vec::as_slice));
            prop_assert_eq!(from.bytes, bytes);
        }

        #[test]
        fn bytes_of_others_are_read_as_far_as_they_go(bytes: Vec<u8>) {
            let mut parcel = Parcel::default();
            let from = parcel.open(&bytes);
            prop_assert!(from.counts.len() + from.amounts.len() + from.times.len() + from.bytes.len() <= 3 * bytes.len());
        }

        #[test]
        fn two_numbers_are_one(a: u16, b: u16) {
            prop_assert_eq!(unzipped(zipped(a, b)), (a, b));
            prop_assert_eq!(zipped(a, b) & ZIPPED_FIRST, zipped(a, 0));
        }
    }

    #[test]
    fn small_numbers_take_a_byte() {
        let mut parcel = Parcel::default();
        ([255u32; 8], [-64i32; 4]).pack(&mut parcel);
        let rows = 3 + 3;
        assert_eq!(parcel.seal().concat().len(), rows + 8 + 2 * 4);
        assert_eq!(zipped(255, 255), 0xffff);
        assert_eq!(Reader::default().count(), 0);
    }
}
