//! Sets of symbols as sets of 64 bits: what they rule out is not there, what they do not may be in vain.
//!
//! What talk has often has a bit to itself. The others share theirs with symbols that phrases name in the same places, so that a
//! place for a hundred words is a set of few bits.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::factors::Frequencies;
use super::program::Program;
use super::{Symbol, UNKNOWN};

/// The bit of words outside the vocabulary, which no phrase names.
pub(super) const UNKNOWN_BIT: u8 = 0;
/// The bit that stands for no symbol.
pub(super) const SPARE_BIT: u8 = 63;
/// So many of the sets that a symbol is in decide with which others it shares a bit.
const SETS: usize = 4;

/// By symbol, the number of its bit.
pub(super) struct Bits(pub(super) Vec<u8>);

impl Bits {
    /// Each bit is to be about as likely in talk as the others.
    pub(super) fn assign<'a>(frequencies: &Frequencies, programs: impl Iterator<Item = &'a Program>) -> Bits {
        let frequency = |s: Symbol| frequencies.0[s as usize];
        let known = UNKNOWN + 1..frequencies.0.len() as Symbol;
        let mut by_frequency: Vec<Symbol> = known.collect();
        by_frequency.sort_by(|&a, &b| frequency(b).total_cmp(&frequency(a)));
        let mut left: f64 = by_frequency.iter().map(|&s| frequency(s)).sum();
        let mut bits = Bits(vec![UNKNOWN_BIT; frequencies.0.len()]);
        let mut next = UNKNOWN_BIT + 1;
        let mut alone = 0;
        for &symbol in &by_frequency {
            if frequency(symbol) <= left / f64::from(SPARE_BIT - next) || next + 1 == SPARE_BIT {
                break;
            }
            bits.0[symbol as usize] = next;
            left -= frequency(symbol);
            next += 1;
            alone += 1;
        }
        let places = places(programs, frequencies.0.len());
        let mut shared = by_frequency.split_off(alone);
        shared.sort_by_key(|&s| (places[s as usize], s));
        let mut held = 0.0;
        for symbol in shared {
            let room = left / f64::from(SPARE_BIT - next);
            if held > 0.0 && held + frequency(symbol) / 2.0 > room && next + 1 < SPARE_BIT {
                left -= held;
                held = 0.0;
                next += 1;
            }
            bits.0[symbol as usize] = next;
            held += frequency(symbol);
        }
        bits
    }

    /// The bit of a symbol.
    #[inline]
    pub(super) fn of(&self, symbol: Symbol) -> u64 {
        1 << self.0[symbol as usize]
    }

    /// Those of several.
    pub(super) fn of_all(&self, symbols: &[Symbol]) -> u64 {
        symbols.iter().fold(0, |bits, &s| bits | self.of(s))
    }
}

/// By symbol, the sets of symbols it is named in: those that most is named by come first.
fn places<'a>(programs: impl Iterator<Item = &'a Program>, symbols: usize) -> Vec<[u32; SETS]> {
    let mut named: HashMap<&[Symbol], usize, FixedState> = HashMap::default();
    programs.for_each(|program| {
        program.sets(&mut |set| {
            if set.len() > 1 {
                *named.entry(set).or_default() += set.len();
            }
        });
    });
    let mut sets: Vec<(&[Symbol], usize)> = named.into_iter().collect();
    sets.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let mut places = vec![[u32::MAX; SETS]; symbols];
    for (number, (set, _)) in (0..).zip(sets) {
        for &symbol in set {
            if let Some(free) = places[symbol as usize].iter_mut().find(|p| **p == u32::MAX) {
                *free = number;
            }
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_frequent_stands_alone_and_a_large_set_takes_few_bits() {
        let mut frequencies = vec![1e-5; 5000];
        for often in [7, 500, 4000] {
            frequencies[often] = 0.03;
        }
        let set: Vec<Symbol> = (1..5000).filter(|s| s % 50 == 3).collect();
        let program = Program::Sequence(vec![Program::Symbols(set.clone()), Program::Gap(1)]);
        let bits = Bits::assign(&Frequencies(frequencies), [program].iter());
        for often in [7, 500, 4000] {
            let same = bits.0.iter().filter(|b| **b == bits.0[often]).count();
            assert_eq!(same, 1, "{often} shares its bit");
        }
        assert!(bits.of_all(&set).count_ones() <= 3);
        assert_eq!(bits.of(UNKNOWN), 1 << UNKNOWN_BIT);
        let all = bits.of_all(&(1..5000).collect::<Vec<_>>());
        assert_eq!(all, !(1u64 << SPARE_BIT | 1 << UNKNOWN_BIT));
    }
}
