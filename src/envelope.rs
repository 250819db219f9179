//! What stands before bytes that were saved: what they are, in which format, and whether they are whole.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `HACKLES` and what it is: 0 an analyzer, 1 a session |
//! | 4 | version of the format |
//! | 4 | the number 0x0A0B0C0D, as the machine writes it; where addresses have not 64 bits, 0x0A0B0C00 and their bytes |
//! | 8 | length of the body |
//! | 8 | xxh3 of the body |
//! | | the body |
//!
//! All other numbers are little-endian. The checksum finds accidents, not malice: who can write the bytes can write it too.

use twox_hash::XxHash3_64;

use crate::error::{Error, ErrorKind, Problem};

const HACKLES: [u8; 7] = *b"HACKLES";
/// As it lies in memory it tells in which order the bytes of a number come, and itself how wide addresses are: words are hashed by both.
const ORDER: u32 = match usize::BITS {
    64 => 0x0A0B_0C0D,
    bits => 0x0A0B_0C00 + bits / 8,
};
const HEADER: usize = 32;

/// A kind of saved bytes.
pub(crate) struct Envelope {
    pub(crate) what: What,
    /// The version of the format: one more whenever what is saved changes.
    pub(crate) format: u32,
    /// What errors call it.
    pub(crate) name: &'static str,
    /// What is to be done where another version saved it.
    pub(crate) advice: &'static str,
    pub(crate) kind: ErrorKind,
}

/// What saved bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Analyzer,
    Session,
}

impl Envelope {
    /// Room for what stands before the body.
    pub(crate) fn begin() -> Vec<u8> {
        vec![0; HEADER]
    }

    /// Fills the room before the body that was added to it.
    pub(crate) fn seal(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        let (header, body) = bytes.split_at_mut(HEADER);
        header[..7].copy_from_slice(&HACKLES);
        header[7] = self.what as u8;
        header[8..12].copy_from_slice(&self.format.to_le_bytes());
        header[12..16].copy_from_slice(&ORDER.to_ne_bytes());
        header[16..24].copy_from_slice(&(body.len() as u64).to_le_bytes());
        header[24..].copy_from_slice(&XxHash3_64::oneshot(body).to_le_bytes());
        bytes
    }

    /// What stands behind the header, if it is whole.
    pub(crate) fn open<'a>(&self, bytes: &'a [u8]) -> Result<&'a [u8], Error> {
        let (body, sum) = self.unfold(bytes)?;
        if XxHash3_64::oneshot(body) != sum {
            return Err(self.damaged());
        }
        Ok(body)
    }

    /// What stands behind the header, and what its checksum must be.
    pub(crate) fn unfold<'a>(&self, bytes: &'a [u8]) -> Result<(&'a [u8], u64), Error> {
        let Envelope {
            name, format, advice, ..
        } = self;
        let known = bytes.len().min(HACKLES.len());
        if bytes.is_empty() || bytes[..known] != HACKLES[..known] {
            return Err(self.failed(&format!("this is no {name}")));
        }
        if let Some(&what) = bytes.get(HACKLES.len())
            && what != self.what as u8
        {
            let other = [
                (What::Analyzer, " but a saved analyzer"),
                (What::Session, " but a snapshot of a session"),
            ];
            let other = other.iter().find(|(other, _)| *other as u8 == what);
            let other = other.map_or("", |(_, name)| name);
            return Err(self.failed(&format!("this is no {name}{other}")));
        }
        let Some((header, body)) = bytes.split_first_chunk::<HEADER>() else {
            return Err(self.failed(&format!("the {name} is cut off: it ends within its header")));
        };
        let four = |at: usize| [header[at], header[at + 1], header[at + 2], header[at + 3]];
        let eight = |at: usize| {
            u64::from(u32::from_le_bytes(four(at))) | u64::from(u32::from_le_bytes(four(at + 4))) << 32
        };
        let saved = u32::from_le_bytes(four(8));
        if saved != *format {
            let age = if saved > *format { "a newer" } else { "an older" };
            return Err(self.failed(&format!(
                "the {name} is of {age} version (format {saved}; this version reads format {format}): {advice}"
            )));
        }
        if u32::from_ne_bytes(four(12)) != ORDER {
            return Err(self.failed(&format!(
                "the {name} is of a machine with another order of bytes or other addresses, or is damaged: {advice}"
            )));
        }
        let length = eight(16);
        if length != body.len() as u64 {
            let how = if length > body.len() as u64 {
                "cut off"
            } else {
                "too long"
            };
            return Err(self.failed(&format!(
                "the {name} is {how}: {} bytes where {length} should be",
                body.len()
            )));
        }
        Ok((body, eight(24)))
    }

    /// That the checksum is another.
    pub(crate) fn damaged(&self) -> Error {
        self.failed(&format!("the {} is damaged: its checksum is wrong", self.name))
    }

    /// That another version of the library saved it.
    pub(crate) fn of_version(&self, saved: &str, own: &str) -> Error {
        let Envelope { name, advice, .. } = self;
        self.failed(&format!(
            "the {name} is of version {saved}; this is version {own}: {advice}"
        ))
    }

    pub(crate) fn failed(&self, message: &str) -> Error {
        Error::new(vec![Problem {
            kind: self.kind,
            place: None,
            message: message.to_owned(),
        }])
    }
}
