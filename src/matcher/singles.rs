//! Phrases of a single word: wherever the word stands they occur, and nothing else is asked. Most of what is found is of this kind, so it is looked up
//! by the word, without the automaton and without a look at the phrase.

use super::by_symbol::BySymbol;
use super::program::Roles;
use super::{Found, Owner, Owners, Symbol};
use crate::saved::tables::Reader;

/// That a word, wherever it is not read as transparent, is an occurrence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Single {
    pub(super) symbol: Symbol,
    /// In whose turns.
    pub(super) roles: Roles,
    /// Whom the phrase is for, as [`Owner::number`] has it.
    pub(super) whose: u32,
}

/// All of them: whom what a word says is for, as numbers.
#[derive(Clone, Debug, Default)]
pub(super) struct Singles {
    /// For entries, by who speaks and by symbol.
    hits: BySymbol,
    /// For modifiers, whoever speaks.
    marks: BySymbol,
    symbols: u32,
}

impl Singles {
    /// Of so many symbols.
    pub(super) fn new(symbols: usize, all: Vec<Single>) -> Self {
        let (hits, marks): (Vec<Single>, Vec<Single>) =
            all.into_iter().partition(|s| Owner::is_entry(s.whose));
        let symbols = symbols as u32;
        let of_role = |role: Roles| {
            let own = hits.iter().filter(move |s| s.roles.bits() & role.bits() != 0);
            own.map(move |s| (role.number() * symbols + s.symbol, s.whose))
        };
        let rows = Roles::COUNT * symbols;
        Singles {
            hits: BySymbol::new(rows as usize, Roles::EACH.into_iter().flat_map(of_role).collect()),
            marks: BySymbol::new(
                symbols as usize,
                marks.iter().map(|s| (s.symbol, s.whose)).collect(),
            ),
            symbols,
        }
    }

    /// For which entries a word counts in turns of this role.
    #[cfg(any(test, feature = "workbench"))]
    fn hits(&self, role: Roles, symbol: Symbol) -> &[u32] {
        self.hits.of(role.number() * self.symbols + symbol)
    }

    /// Which modifiers listen to a word.
    #[inline]
    pub(super) fn marks(&self, symbol: Symbol) -> &[u32] {
        self.marks.of(symbol)
    }

    /// Adds what a word, this token, is a hit of in turns of this role.
    #[inline]
    pub(super) fn add_hits(&self, role: Roles, symbol: Symbol, token: u32, to: &mut Vec<Found>) {
        let row = role.number() * self.symbols + symbol;
        self.hits.add(row, token, to);
    }

    /// Adds what modifiers hear in a word, this token.
    #[inline]
    pub(super) fn add_marks(&self, symbol: Symbol, token: u32, to: &mut Vec<Found>) {
        self.marks.add(symbol, token, to);
    }

    /// Whom all of them are for.
    #[cfg(feature = "workbench")]
    pub(super) fn owners(&self) -> impl Iterator<Item = Owner> + '_ {
        let each = (0..self.symbols).flat_map(|s| self.hits(Roles::ALL, s).iter().chain(self.marks(s)));
        each.map(|&whose| Owner::of(whose))
    }

    /// Its bytes.
    pub(super) fn bytes(&self) -> usize {
        self.hits.bytes() + self.marks.bytes()
    }

    /// Adds the tables to saved bytes.
    pub(super) fn save(&self, to: &mut Vec<u8>) {
        self.hits.save(to);
        self.marks.save(to);
    }

    /// The tables that were saved, if they are of so many symbols.
    pub(super) fn load(from: &mut Reader<'_>, symbols: usize, owners: &mut Owners) -> Option<Self> {
        let mut look = |new: &[u32]| new.iter().for_each(|&whose| owners.add(whose));
        let hits = BySymbol::load(from, &mut look)?;
        let marks = BySymbol::load(from, look)?;
        let fit = hits.is_of(Roles::COUNT as usize * symbols) && marks.is_of(symbols);
        let symbols = u32::try_from(symbols).ok()?;
        fit.then_some(Singles { hits, marks, symbols })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::Role;

    #[test]
    fn a_word_counts_in_the_turns_of_its_roles() {
        let single = |symbol, roles, owner: Owner| Single {
            symbol,
            roles,
            whose: owner.number(),
        };
        let [agents, all] = [Roles::only(Some(Role::Agent)), Roles::ALL];
        let singles = Singles::new(
            3,
            vec![
                single(2, all, Owner::Entry(5)),
                single(2, agents, Owner::Entry(4)),
                single(2, agents, Owner::Entry(4)),
                single(1, all, Owner::Cue(0)),
            ],
        );
        let hits = |roles| {
            singles
                .hits(roles, 2)
                .iter()
                .map(|&w| Owner::of(w))
                .collect::<Vec<_>>()
        };
        let [four, five] = [Owner::Entry(4), Owner::Entry(5)];
        assert_eq!(hits(agents), [four, five]);
        assert_eq!(hits(Roles::only(Some(Role::Customer))), [five]);
        assert_eq!(hits(Roles::only(None)), [five]);
        assert_eq!(hits(all), [four, five]);
        assert!(singles.hits(all, 1).is_empty());
        assert_eq!(singles.marks(1), [Owner::Cue(0).number()]);
    }
}
