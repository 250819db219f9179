//! The large tables of a saved analyzer, of plain rows.
//!
//! Each is the number of its rows, then the rows as they lie in memory. What is saved is read once, in blocks: each is summed up, copied
//! and looked at while it is at hand, for memory is slower than all of that.

use std::hash::Hasher as _;

use bytemuck::Pod;
use twox_hash::XxHash3_64;

/// Bytes that are read at once.
const BLOCK: usize = 1 << 15;

/// What is saved lies at multiples of this.
const ALIGNED: usize = 8;

/// Adds a table to saved bytes.
pub(crate) fn write<T: Pod>(rows: &[T], to: &mut Vec<u8>) {
    to.extend_from_slice(&(rows.len() as u64).to_le_bytes());
    to.extend_from_slice(bytemuck::cast_slice(rows));
    to.resize(to.len().next_multiple_of(ALIGNED), 0);
}

/// Reads tables, and sums up what was read.
pub(crate) struct Reader<'a> {
    left: &'a [u8],
    sum: XxHash3_64,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Reader {
            left: bytes,
            sum: XxHash3_64::new(),
        }
    }

    /// The next bytes, if there are so many.
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, left) = self.left.split_at_checked(count)?;
        self.left = left;
        Some(taken)
    }

    /// The number of rows of the next table.
    fn number(&mut self) -> Option<usize> {
        let (count, left) = self.left.split_first_chunk()?;
        self.left = left;
        self.sum.write(count);
        usize::try_from(u64::from_le_bytes(*count)).ok()
    }

    /// What makes the end of a table of this length a multiple of [`ALIGNED`].
    fn skip(&mut self, length: usize) -> Option<()> {
        let room = self.take(length.next_multiple_of(ALIGNED) - length)?;
        self.sum.write(room);
        Some(())
    }

    /// The next table of bytes, as it lies there.
    pub(crate) fn bytes(&mut self) -> Option<&'a [u8]> {
        let count = self.number()?;
        let bytes = self.take(count)?;
        self.sum.write(bytes);
        self.skip(count)?;
        Some(bytes)
    }

    /// The next table; shows the rows that are new to `look`.
    pub(crate) fn rows<T: Pod>(&mut self, mut look: impl FnMut(&[T])) -> Option<Vec<T>> {
        self.blocks(|rows: &mut Vec<T>, block| {
            look(block);
            rows.extend_from_slice(block);
        })
    }

    /// The next table, of rows that `make` makes of as many that are saved.
    pub(crate) fn made<S: Pod, T: Pod>(&mut self, mut make: impl FnMut(&[S], &mut [T])) -> Option<Vec<T>> {
        // Rows that are written one by one are first read by the processor, those of a block are not.
        let mut made = Vec::new();
        self.blocks(|rows, block: &[S]| {
            made.resize(block.len(), T::zeroed());
            make(block, &mut made);
            rows.extend_from_slice(&made);
        })
    }

    /// The next table, which `add` makes of blocks of saved rows.
    fn blocks<S: Pod, T>(&mut self, mut add: impl FnMut(&mut Vec<T>, &[S])) -> Option<Vec<T>> {
        let count = self.number()?;
        let bytes = self.take(count.checked_mul(size_of::<S>())?)?;
        let mut rows = Vec::with_capacity(count);
        let mut aligned = Vec::new();
        for block in bytes.chunks((BLOCK / size_of::<S>()).max(1) * size_of::<S>()) {
            self.sum.write(block);
            if let Ok(block) = bytemuck::try_cast_slice(block) {
                add(&mut rows, block);
            } else {
                aligned.resize(block.len() / size_of::<S>(), S::zeroed());
                bytemuck::cast_slice_mut(&mut aligned).copy_from_slice(block);
                add(&mut rows, &aligned);
            }
        }
        self.skip(bytes.len())?;
        Some(rows)
    }

    /// Whether nothing is left.
    pub(crate) fn is_done(&self) -> bool {
        self.left.is_empty()
    }

    /// The checksum of all bytes, once everything was read or nothing more is to be.
    pub(crate) fn sum(mut self) -> u64 {
        self.sum.write(self.left);
        self.sum.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read = (Vec<u32>, Vec<u64>, Vec<u32>);

    fn read(from: &mut Reader<'_>) -> Option<Read> {
        let mut seen = Vec::new();
        let bytes = from.bytes()?.iter().map(|&b| b.into()).collect();
        let made = from.made(|saved: &[u32], made: &mut [u64]| {
            for (row, to) in saved.iter().zip(made) {
                *to = u64::from(*row) * 3;
            }
        })?;
        let rows = from.rows(|new: &[u32]| seen.extend_from_slice(new))?;
        assert_eq!(rows, seen);
        Some((bytes, made, rows))
    }

    #[test]
    fn what_is_written_is_read_and_summed_up_wherever_it_lies() {
        let rows: Vec<u32> = (0..BLOCK as u32).collect();
        let mut written = Vec::new();
        write(&[7u8, 8, 9], &mut written);
        write(&rows[..3], &mut written);
        write(&rows, &mut written);
        for offset in 0..ALIGNED {
            let moved = [&vec![0; offset], &written[..]].concat();
            let bytes = &moved[offset..];
            let mut reader = Reader::new(bytes);
            assert_eq!(
                read(&mut reader),
                Some((vec![7, 8, 9], vec![0, 3, 6], rows.clone()))
            );
            assert!(reader.is_done());
            assert_eq!(reader.sum(), XxHash3_64::oneshot(bytes));
        }
    }

    #[test]
    fn what_is_cut_off_is_summed_up_as_it_is() {
        let mut bytes = Vec::new();
        for _ in 0..3 {
            write(&[1u8, 2, 3], &mut bytes);
        }
        bytes[16] = 2;
        bytes[32] = 1;
        for length in 0..bytes.len() {
            let mut reader = Reader::new(&bytes[..length]);
            assert_eq!(read(&mut reader), None, "{length}");
            assert_eq!(reader.sum(), XxHash3_64::oneshot(&bytes[..length]), "{length}");
        }
        for most in [u64::MAX, u64::MAX / 4, 1 << 40] {
            bytes[16..24].copy_from_slice(&most.to_le_bytes());
            let mut reader = Reader::new(&bytes);
            assert_eq!(read(&mut reader), None);
            assert_eq!(reader.sum(), XxHash3_64::oneshot(&bytes));
        }
    }
}
