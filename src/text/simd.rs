//! Blocks of text by AVX2, where the machine has it: a fifth of the time that eight bytes at a time take. The only
//! file with `unsafe` in it; its safe twin is [`Block::classify_plainly`], and tests hold one against the other, under valgrind too (`.ci/run`).
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::block::{BLOCK, Block};

/// Classifies the bytes, if the machine can.
#[inline]
pub(super) fn classify(block: &mut Block, bytes: &[u8; BLOCK]) -> bool {
    let can = is_x86_feature_detected!("avx2");
    if can {
        // SAFETY: `by_avx2` asks for nothing but AVX2, and the machine has just said that it has it.
        unsafe { by_avx2(block, bytes) };
    }
    can
}

#[target_feature(enable = "avx2")]
fn by_avx2(block: &mut Block, bytes: &[u8; BLOCK]) {
    let mut letters = [0; 2];
    let mut capitals = [0; 2];
    let mut apostrophes = [0; 2];
    let mut stops = [0; 2];
    let mut spaces = [0; 2];
    for half in 0..2 {
        // SAFETY: `bytes` are 64 bytes, so 32 can be read from 0 and from 32; the load asks for no alignment.
        let x = unsafe { _mm256_loadu_si256(bytes.as_ptr().cast::<__m256i>().add(half)) };
        let equal = |byte: u8| _mm256_cmpeq_epi8(x, _mm256_set1_epi8(byte as i8));
        // Bytes as numbers from the lowest on: those of the range are less than its length.
        let within = |first: u8, last: u8| {
            let from_lowest = _mm256_sub_epi8(x, _mm256_set1_epi8(first.wrapping_sub(0x80) as i8));
            _mm256_cmpgt_epi8(
                _mm256_set1_epi8((last - first + 1).wrapping_sub(0x80) as i8),
                from_lowest,
            )
        };
        let or = |a, b| _mm256_or_si256(a, b);
        let bits = |found: __m256i| u64::from(_mm256_movemask_epi8(found) as u32);
        let capital = within(b'A', b'Z');
        let end = or(or(equal(b'.'), equal(b',')), or(equal(b'?'), equal(b'!')));
        letters[half] = bits(or(capital, within(b'a', b'z')));
        capitals[half] = bits(capital);
        apostrophes[half] = bits(equal(b'\''));
        stops[half] = bits(or(end, within(b':', b';')));
        spaces[half] = bits(or(equal(b' '), within(b'\t', b'\r')));
        let small = or(x, _mm256_and_si256(capital, _mm256_set1_epi8(0x20)));
        // SAFETY: `small` has 80 bytes and is borrowed alone, so 32 can be written at 0 and at 32; the store asks for no alignment.
        unsafe { _mm256_storeu_si256(block.small.as_mut_ptr().cast::<__m256i>().add(half), small) };
    }
    let whole = |halves: [u64; 2]| halves[0] | halves[1] << 32;
    block.letters = whole(letters);
    block.capitals = whole(capitals);
    block.apostrophes = whole(apostrophes);
    block.stops = whole(stops);
    block.spaces = whole(spaces);
}
