//! Short words as numbers.

use serde::{Deserialize, Serialize};

/// The longest word a key holds, in bytes.
pub const KEY_BYTES: usize = 16;

/// The first so many bytes of a key: looked up, since shifting such large numbers takes longer.
const FIRST: [u128; 32] = {
    let mut all = [0; 32];
    let mut len = 1;
    while len <= KEY_BYTES {
        all[len] = u128::MAX >> (8 * (KEY_BYTES - len));
        len += 1;
    }
    all
};

/// The bytes of a word in normal form, the first the lowest, zeros behind the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key(pub(crate) u128);

impl Key {
    /// The key of a word in normal form, if it is short enough. Zeros at its end would be lost.
    pub(crate) fn of(word: &str) -> Option<Key> {
        let bytes = word.as_bytes();
        (bytes.len() <= KEY_BYTES && bytes.last() != Some(&0)).then(|| Key::beginning(bytes))
    }

    /// The key of the first bytes.
    pub(crate) fn beginning(bytes: &[u8]) -> Key {
        let mut all = [0; KEY_BYTES];
        let len = bytes.len().min(KEY_BYTES);
        all[..len].copy_from_slice(&bytes[..len]);
        Key(u128::from_le_bytes(all))
    }

    /// The first `len` bytes, at least one and at most [`KEY_BYTES`].
    #[inline]
    pub(crate) fn first(self, len: usize) -> Key {
        Key(self.0 & FIRST[len % FIRST.len()])
    }

    pub(crate) fn bytes(self) -> [u8; KEY_BYTES] {
        self.0.to_le_bytes()
    }

    /// Whether one of the bytes is `byte`.
    #[inline]
    pub(crate) fn has(self, byte: u8) -> bool {
        let each = |byte: u8| u128::from_le_bytes([byte; KEY_BYTES]);
        // Zeros where the byte stands; the lowest of them borrows, and so gets its highest bit.
        let other = self.0 ^ each(byte);
        other.wrapping_sub(each(1)) & !other & each(0x80) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_its_word() {
        for word in ["a", "don't", "sixteen letters!", "é"] {
            let key = Key::of(word).expect("short");
            assert_eq!(&key.bytes()[..word.len()], word.as_bytes());
            assert_eq!(Key::beginning(word.as_bytes()).first(word.len()), key);
        }
        assert_eq!(Key::of("seventeen letters"), None);
        assert_eq!(Key::of("a\0"), None);
        assert_eq!(
            Key::beginning(b"seventeen letters").first(5),
            Key::beginning(b"seven")
        );
        for word in ["don't", "'", "fifteen letters'", "dont", "a&(b", "é"] {
            assert_eq!(
                Key::beginning(word.as_bytes()).has(b'\''),
                word.contains('\''),
                "{word}"
            );
        }
    }
}
