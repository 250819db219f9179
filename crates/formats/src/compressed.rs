//! Compressed inputs, seen from their first bytes.

use std::io::{self, Cursor, Read};

use crate::problem::Problem;

const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const PARQUET: &[u8] = b"PAR1";

/// What the first bytes of an input say it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrapping {
    None,
    Gzip,
    Zstandard,
    /// A file of columns: it is not read from front to back.
    Parquet,
}

impl Wrapping {
    pub(crate) fn of(first: &[u8]) -> Self {
        match first {
            _ if first.starts_with(GZIP) => Wrapping::Gzip,
            _ if first.starts_with(ZSTD) => Wrapping::Zstandard,
            _ if first.starts_with(PARQUET) => Wrapping::Parquet,
            _ => Wrapping::None,
        }
    }
}

/// Reads the first bytes and says what they are; they are read again from what is returned.
pub(crate) fn look(mut source: impl Read + Send + 'static) -> io::Result<(Wrapping, Box<dyn Read + Send>)> {
    let mut first = Vec::new();
    source.by_ref().take(4).read_to_end(&mut first)?;
    let wrapping = Wrapping::of(&first);
    Ok((wrapping, Box::new(Cursor::new(first).chain(source))))
}

/// Unpacks gzip (all its members) and Zstandard (all its frames); all else is left as it is.
///
/// # Errors
/// A source that cannot be read, Parquet, and what this build cannot unpack.
pub fn unpacked(source: impl Read + Send + 'static) -> Result<Box<dyn Read + Send>, Problem> {
    let (wrapping, source) = look(source).map_err(|e| Problem::of_reading(&e))?;
    match wrapping {
        Wrapping::None => Ok(source),
        Wrapping::Parquet => Err(Problem::new("Parquet is read from a file, not from a stream")),
        #[cfg(feature = "gz")]
        Wrapping::Gzip => Ok(Box::new(flate2::read::MultiGzDecoder::new(source))),
        #[cfg(not(feature = "gz"))]
        Wrapping::Gzip => Err(Problem::new("gzip, which this build does not read")),
        #[cfg(feature = "zst")]
        Wrapping::Zstandard => match zstd::Decoder::new(source) {
            Ok(decoder) => Ok(Box::new(decoder)),
            Err(e) => Err(Problem::of_reading(&e)),
        },
        #[cfg(not(feature = "zst"))]
        Wrapping::Zstandard => Err(Problem::new("Zstandard, which this build does not read")),
    }
}

#[cfg(all(test, feature = "gz", feature = "zst"))]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn read(bytes: Vec<u8>) -> io::Result<String> {
        let mut text = String::new();
        let mut source = unpacked(Cursor::new(bytes)).map_err(io::Error::other)?;
        source.read_to_string(&mut text)?;
        Ok(text)
    }

    fn gzip(text: &str) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).expect("memory");
        encoder.finish().expect("memory")
    }

    #[test]
    fn both_are_unpacked_in_all_their_parts() {
        let zst = |text: &str| zstd::encode_all(text.as_bytes(), 1).expect("memory");
        for (bytes, want) in [
            ([gzip("one "), gzip("two")].concat(), "one two"),
            ([zst("one "), zst("two")].concat(), "one two"),
            (b"plain".to_vec(), "plain"),
            (Vec::new(), ""),
        ] {
            assert_eq!(read(bytes).expect("whole"), want);
        }
        let whole = gzip("cut off somewhere");
        assert!(read(whole[..whole.len() - 6].to_vec()).is_err());
        assert!(read(b"PAR1....".to_vec()).is_err());
    }
}
