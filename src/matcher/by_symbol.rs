//! Whom symbols are for by themselves, side by side in one table.

use super::{Found, Symbol};
use crate::saved::are_places;
use crate::saved::tables::{self, Reader};

/// A few owners of each symbol, as [`Owner::number`](super::Owner::number) has them; of most none.
#[derive(Clone, Debug)]
pub(super) struct BySymbol {
    /// Where those of each symbol begin; one more at the end.
    from: Vec<u32>,
    /// [`FEW`] more stand behind the last.
    all: Vec<u32>,
}

/// Of most symbols there are no more owners.
const FEW: usize = 4;

impl Default for BySymbol {
    fn default() -> Self {
        BySymbol::new(0, Vec::new())
    }
}

impl BySymbol {
    /// Of so many symbols; each owner once.
    pub(super) fn new(symbols: usize, mut owners: Vec<(Symbol, u32)>) -> Self {
        owners.sort_unstable();
        owners.dedup();
        let mut from = vec![0; symbols + 1];
        for &(symbol, _) in &owners {
            from[symbol as usize + 1] += 1;
        }
        for i in 0..symbols {
            from[i + 1] += from[i];
        }
        BySymbol {
            from,
            all: owners
                .into_iter()
                .map(|(_, whose)| whose)
                .chain([0; FEW])
                .collect(),
        }
    }

    #[inline]
    pub(super) fn of(&self, symbol: Symbol) -> &[u32] {
        let symbol = symbol as usize;
        &self.all[self.from[symbol] as usize..self.from[symbol + 1] as usize]
    }

    /// Adds that a token with this symbol is an occurrence, for each owner. How many they are cannot be guessed: a few are always made.
    #[inline]
    pub(super) fn add(&self, symbol: Symbol, token: u32, to: &mut Vec<Found>) {
        let own = self.of(symbol);
        let from = self.from[symbol as usize] as usize;
        let found = |whose| Found::of_word(whose, token);
        if let Some(few) = self.all[from..].first_chunk::<FEW>()
            && own.len() <= FEW
        {
            let len = to.len() + own.len();
            to.extend(few.map(found));
            to.truncate(len);
        } else {
            to.extend(own.iter().copied().map(found));
        }
    }

    /// Its bytes.
    pub(super) fn bytes(&self) -> usize {
        size_of_val(&*self.from) + size_of_val(&*self.all)
    }

    /// Adds the table to saved bytes.
    pub(super) fn save(&self, to: &mut Vec<u8>) {
        tables::write(&self.all, to);
        tables::write(&self.from, to);
    }

    /// The table that was saved; `look` is shown its owners.
    pub(super) fn load(from: &mut Reader<'_>, look: impl FnMut(&[u32])) -> Option<Self> {
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
        let table = BySymbol::new(4, vec![(2, 7), (0, 9), (2, 5), (2, 7)]);
        let all = [0, 1, 2, 3].map(|symbol| table.of(symbol).to_vec());
        assert_eq!(all, [vec![9], vec![], vec![5, 7], vec![]]);
        let mut added = vec![Found::of_word(1, 8)];
        (0..4).for_each(|symbol| table.add(symbol, symbol, &mut added));
        let whose = |(whose, token)| Found::of_word(whose, token);
        assert_eq!(added, [(1, 8), (9, 0), (5, 2), (7, 2)].map(whose));
        let many = BySymbol::new(1, (0..9u32).map(|n| (0, n)).collect());
        many.add(0, 3, &mut added);
        assert_eq!(
            added[4..],
            [0, 1, 2, 3, 4, 5, 6, 7, 8].map(|n| Found::of_word(n, 3))
        );
        assert!(table.is_of(4) && !table.is_of(5));
    }

    #[test]
    fn what_does_not_fit_is_not_loaded() {
        let table = BySymbol::new(2, vec![(0, 1), (1, 2)]);
        let loaded = |table: &BySymbol| {
            let mut bytes = Vec::new();
            table.save(&mut bytes);
            BySymbol::load(&mut Reader::new(&bytes), |_| ()).map(|t| (t.from, t.all))
        };
        assert_eq!(loaded(&table), Some((vec![0, 1, 2], vec![1, 2, 0, 0, 0, 0])));
        for from in [vec![0, 3, 2], vec![0, 1, 3]] {
            let all = table.all.clone();
            assert_eq!(loaded(&BySymbol { from, all }), None);
        }
    }
}
