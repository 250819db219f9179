//! What the next 64 bytes of a text are, all at once.

use std::sync::atomic::{AtomicBool, Ordering};

#[cfg(target_arch = "x86_64")]
use super::simd;
use super::{KEY_BYTES, Key};

static PORTABLE_ONLY: AtomicBool = AtomicBool::new(false);

/// Leaves the vector instructions of this machine unused, in the whole process: for comparison. Results are the same.
pub fn portable_only(only: bool) {
    PORTABLE_ONLY.store(only, Ordering::Relaxed);
}

/// Bytes of a block.
pub(super) const BLOCK: usize = 64;

/// The next bytes of a text: in each set a bit a byte, the first the lowest. Bytes behind the text are in no set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Letters of ASCII.
    pub(super) letters: u64,
    /// Those of them that are capital.
    pub(super) capitals: u64,
    pub(super) apostrophes: u64,
    /// One of `. , ? ! ; :`.
    pub(super) stops: u64,
    /// White space of ASCII.
    pub(super) spaces: u64,
    /// The bytes, letters small, and zeros.
    pub(super) small: [u8; BLOCK + KEY_BYTES],
}

impl Block {
    pub(super) const EMPTY: Block = Block {
        letters: 0,
        capitals: 0,
        apostrophes: 0,
        stops: 0,
        spaces: 0,
        small: [0; BLOCK + KEY_BYTES],
    };

    /// Reads the first bytes of `text`.
    #[inline]
    pub(super) fn read(&mut self, text: &[u8]) {
        if let Some(whole) = text.first_chunk() {
            self.classify(whole);
        } else {
            let mut bytes = [0; BLOCK];
            bytes[..text.len()].copy_from_slice(text);
            self.classify(&bytes);
        }
    }

    /// The bytes that make a piece other than an ordinary one.
    #[inline]
    pub(super) fn odd(&self) -> u64 {
        let behind_letter = self.letters << 1;
        let inner = self.apostrophes & behind_letter & self.letters >> 1;
        let last = self.stops & behind_letter & self.spaces >> 1;
        !(self.letters | self.spaces | inner | last)
    }

    #[inline]
    fn classify(&mut self, bytes: &[u8; BLOCK]) {
        #[cfg(target_arch = "x86_64")]
        if !PORTABLE_ONLY.load(Ordering::Relaxed) && simd::classify(self, bytes) {
            return;
        }
        self.classify_plainly(bytes);
    }

    /// Eight bytes at a time, on any machine.
    pub(super) fn classify_plainly(&mut self, bytes: &[u8; BLOCK]) {
        *self = Block::EMPTY;
        for (i, eight) in bytes.as_chunks::<8>().0.iter().enumerate() {
            let x = u64::from_le_bytes(*eight);
            let letters = within(x | each(0x20), b'a', b'z');
            let capitals = letters & !(x << 2);
            let stops = [b'.', b',', b'?', b'!', b';', b':']
                .iter()
                .fold(0, |found, &b| found | equal(x, b));
            let spaces = equal(x, b' ') | within(x, b'\t', b'\r');
            let at = 8 * i;
            self.letters |= gather(letters) << at;
            self.capitals |= gather(capitals) << at;
            self.apostrophes |= gather(equal(x, b'\'')) << at;
            self.stops |= gather(stops) << at;
            self.spaces |= gather(spaces) << at;
            self.small[at..at + 8].copy_from_slice(&(x | capitals >> 2).to_le_bytes());
        }
    }

    /// The key of the word at these bytes of the block; a longer word's beginning.
    #[inline]
    pub(super) fn key(&self, from: usize, len: usize) -> Key {
        let bytes = self.small[from % BLOCK..].first_chunk().copied();
        Key(u128::from_le_bytes(bytes.unwrap_or_default())).first(len.clamp(1, KEY_BYTES))
    }
}

/// The highest bit of each of eight bytes.
const TOPS: u64 = each(0x80);

const fn each(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The highest bits of the bytes that are in a range of ASCII.
fn within(x: u64, first: u8, last: u8) -> u64 {
    let low = x & !TOPS;
    (low + each(0x80 - first)) & !(low + each(0x7f - last)) & !x & TOPS
}

/// The highest bits of the bytes that are `byte`.
fn equal(x: u64, byte: u8) -> u64 {
    within(x, byte, byte)
}

/// The highest bits of eight bytes side by side.
fn gather(tops: u64) -> u64 {
    (tops >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn byte_by_byte(text: &[u8]) -> Block {
        let mut out = Block::EMPTY;
        for (i, &b) in text.iter().take(BLOCK).enumerate() {
            let bit = |is: bool| u64::from(is) << i;
            out.letters |= bit(b.is_ascii_alphabetic());
            out.capitals |= bit(b.is_ascii_uppercase());
            out.apostrophes |= bit(b == b'\'');
            out.stops |= bit(b".,?!;:".contains(&b));
            out.spaces |= bit(b.is_ascii() && char::from(b).is_whitespace());
            out.small[i] = b.to_ascii_lowercase();
        }
        out
    }

    fn check(text: &[u8]) {
        let want = byte_by_byte(text);
        let mut got = Block::EMPTY;
        got.read(text);
        assert_eq!(got, want, "{text:?}");
        let mut bytes = [0; BLOCK];
        let len = text.len().min(BLOCK);
        bytes[..len].copy_from_slice(&text[..len]);
        got.classify_plainly(&bytes);
        assert_eq!(got, want, "{text:?}");
    }

    #[test]
    fn every_byte_at_every_place() {
        for byte in 0..=255u8 {
            check(&[byte; BLOCK]);
            for place in 0..BLOCK {
                let mut text = [b'x'; BLOCK];
                text[place] = byte;
                check(&text);
                check(&text[..place + 1]);
            }
        }
    }

    /// Texts that end where their memory ends: under valgrind, a byte read behind them is an error.
    #[test]
    fn nothing_is_read_behind_a_text() {
        for len in 0..=2 * BLOCK {
            let text: Box<[u8]> = (b'A'..=b'z').cycle().take(len).collect();
            let mut block = Box::new(Block::EMPTY);
            block.read(&text);
            assert_eq!(*block, byte_by_byte(&text), "{len}");
        }
    }

    proptest! {
        #[test]
        fn all_ways_agree(text in prop::collection::vec(any::<u8>(), 0..100)) {
            check(&text);
        }

        #[test]
        fn all_ways_agree_on_ordinary_text(text in "[a-zA-Z',.?!;: \t\u{a0}é0-9]{0,100}") {
            check(text.as_bytes());
        }
    }
}
