//! What is known of symbols, side by side in one table.

use bytemuck::Pod;

use super::Symbol;
use crate::saved::are_places;
use crate::saved::tables::{self, Reader};

/// A few values of each symbol; of most none.
#[derive(Clone, Debug)]
pub(super) struct BySymbol<T> {
    /// Where those of each symbol begin; one more at the end.
    from: Vec<u32>,
    /// [`FEW`] more stand behind the last.
    all: Vec<T>,
}

/// Of most symbols there are no more values.
const FEW: usize = 4;

impl<T: Copy + Default> Default for BySymbol<T> {
    fn default() -> Self {
        BySymbol {
            from: vec![0],
            all: vec![T::default(); FEW],
        }
    }
}

impl<T: Copy + Ord + Default> BySymbol<T> {
    /// Of so many symbols; each value once.
    pub(super) fn new(symbols: usize, mut values: Vec<(Symbol, T)>) -> Self {
        values.sort_unstable();
        values.dedup();
        let mut from = vec![0; symbols + 1];
        for &(symbol, _) in &values {
            from[symbol as usize + 1] += 1;
        }
        for i in 0..symbols {
            from[i + 1] += from[i];
        }
        let behind = [T::default(); FEW];
        BySymbol {
            from,
            all: values.into_iter().map(|(_, value)| value).chain(behind).collect(),
        }
    }
}

impl<T: Copy> BySymbol<T> {
    #[inline]
    pub(super) fn of(&self, symbol: Symbol) -> &[T] {
        let symbol = symbol as usize;
        &self.all[self.from[symbol] as usize..self.from[symbol + 1] as usize]
    }

    /// Adds to a list what `make` makes of them. How many they are cannot be guessed: a few are always made.
    #[inline]
    pub(super) fn add<U>(&self, symbol: Symbol, to: &mut Vec<U>, make: impl Fn(T) -> U) {
        let own = self.of(symbol);
        let from = self.from[symbol as usize] as usize;
        if let Some(few) = self.all[from..].first_chunk::<FEW>()
            && own.len() <= FEW
        {
            let len = to.len() + own.len();
            to.extend(few.map(make));
            to.truncate(len);
        } else {
            to.extend(own.iter().map(|&value| make(value)));
        }
    }

    /// Its bytes.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.from) + size_of_val(&*self.all)
    }
}

impl<T: Pod> BySymbol<T> {
    /// Adds the table to saved bytes.
    pub(super) fn save(&self, to: &mut Vec<u8>) {
        tables::write(&self.all, to);
        tables::write(&self.from, to);
    }

    /// The table that was saved; `look` is shown its values.
    pub(super) fn load(from: &mut Reader<'_>, look: impl FnMut(&[T])) -> Option<Self> {
        let all = from.rows(look)?;
        let from = from.rows(|_| ())?;
        are_places(&from, all.len().checked_sub(FEW)?).then_some(BySymbol { from, all })
    }

    /// Whether it is of so many symbols.
    pub(super) fn is_of(&self, symbols: usize) -> bool {
        self.from.len() == symbols + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_symbol_has_its_own_once() {
        let table = BySymbol::new(4, vec![(2, 7u32), (0, 9), (2, 5), (2, 7)]);
        let all = [0, 1, 2, 3].map(|symbol| table.of(symbol).to_vec());
        assert_eq!(all, [vec![9], vec![], vec![5, 7], vec![]]);
        let mut added = vec![1];
        (0..4).for_each(|symbol| table.add(symbol, &mut added, |n| n + 1));
        assert_eq!(added, [1, 10, 6, 8]);
        let many = BySymbol::new(1, (0..9u32).map(|n| (0, n)).collect());
        many.add(0, &mut added, |n| n);
        assert_eq!(added[4..], [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert!(table.is_of(4) && !table.is_of(5));
    }

    #[test]
    fn what_does_not_fit_is_not_loaded() {
        let table = BySymbol::new(2, vec![(0, 1u32), (1, 2)]);
        let loaded = |table: &BySymbol<u32>| {
            let mut bytes = Vec::new();
            table.save(&mut bytes);
            BySymbol::<u32>::load(&mut Reader::new(&bytes), |_| ()).map(|t| (t.from, t.all))
        };
        assert_eq!(loaded(&table), Some((vec![0, 1, 2], vec![1, 2, 0, 0, 0, 0])));
        for from in [vec![0, 3, 2], vec![0, 1, 3]] {
            let all = table.all.clone();
            assert_eq!(loaded(&BySymbol { from, all }), None);
        }
    }
}
