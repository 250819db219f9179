//! Words to symbols.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use foldhash::fast::FixedState;

use super::{Symbol, UNKNOWN};
use crate::lexicon::Shared;
use crate::lexicon::phrase::{Class, Item};
use crate::text::{Flags, is_clock};

/// The most symbols one word opens to (a contraction of four words with an ending).
pub(crate) const MAX_OPENED: usize = 5;

/// The symbols of one word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Opened {
    symbols: [Symbol; MAX_OPENED],
    len: u8,
}

impl Opened {
    fn one(symbol: Symbol) -> Self {
        let mut out = Opened::default();
        out.push(symbol);
        out
    }

    fn push(&mut self, symbol: Symbol) {
        if usize::from(self.len) < MAX_OPENED {
            self.symbols[usize::from(self.len)] = symbol;
            self.len += 1;
        }
    }

    pub(crate) fn as_slice(&self) -> &[Symbol] {
        &self.symbols[..usize::from(self.len)]
    }
}

/// What is known of a symbol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SymbolFacts {
    /// [`Flags::TRANSPARENT`] and [`Flags::FILLER`], where they hold for the word itself.
    pub(crate) flags: Flags,
    /// Said twice at once it is a stutter: one word, and no number.
    pub(crate) repeatable: bool,
}

/// A set of words a phrase may name in one place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Class(Class),
    List(usize),
    Prefix(String),
}

/// All words the phrases know, and how to find them.
#[derive(Clone, Debug)]
pub(crate) struct Vocabulary {
    words: HashMap<Box<str>, Opened, FixedState>,
    facts: Vec<SymbolFacts>,
    prefixes: HashMap<Box<str>, Symbol, FixedState>,
    /// The lengths of prefixes, longest first, so that the first that fits is the longest.
    prefix_lengths: Vec<usize>,
    endings: Vec<(Box<str>, Symbol)>,
    masked: Vec<Box<str>>,
    groups: BTreeMap<Group, Vec<Symbol>>,
    list_sequences: Vec<Vec<Vec<Symbol>>>,
    number: Symbol,
    time: Symbol,
    money: Symbol,
    pub(crate) name: Symbol,
    mask: Symbol,
    /// Fillers of several words, by their last symbol.
    sequences: HashMap<Symbol, Vec<Vec<Symbol>>, FixedState>,
    sequence_firsts: Vec<bool>,
}

/// Opens a word by spelling, contraction and endings into the words that get symbols.
pub(crate) fn open(shared: &Shared, word: &str, out: &mut Vec<String>) {
    let word = shared.spellings.get(word).map_or(word, String::as_str);
    if let Some(words) = shared.contractions.get(word) {
        out.extend(words.iter().map(|w| shared.spellings.get(w).unwrap_or(w).clone()));
        return;
    }
    for (ending, to) in &shared.endings {
        if let Some(base) = word.strip_suffix(ending.as_str()).filter(|b| !b.is_empty()) {
            out.push(shared.spellings.get(base).map_or(base, String::as_str).to_owned());
            out.push(to.clone());
            return;
        }
    }
    out.push(word.to_owned());
}

impl Vocabulary {
    /// Builds the vocabulary of all `items` of all phrases and lists.
    pub(crate) fn build<'a>(shared: &Shared, items: impl Iterator<Item = &'a Item>) -> Vocabulary {
        let mut literals: BTreeSet<String> = BTreeSet::new();
        let mut prefixes: BTreeSet<String> = BTreeSet::new();
        let mut opened = Vec::new();
        let mut literal = |word: &str| {
            opened.clear();
            open(shared, word, &mut opened);
            literals.extend(opened.drain(..));
        };
        let mut named: HashSet<&str, FixedState> = HashSet::default();
        for item in items {
            match item {
                Item::Word(word) => {
                    named.insert(word);
                }
                Item::Prefix(prefix) => {
                    prefixes.insert(prefix.clone());
                }
                _ => {}
            }
        }
        named.into_iter().for_each(&mut literal);
        shared.sequences.iter().flatten().for_each(|w| literal(w));
        shared.soft.iter().chain(&shared.fillers).for_each(|w| literal(w));
        shared.endings.iter().for_each(|(_, w)| literal(w));
        shared.masked.iter().for_each(|w| literal(w));

        // Which groups each word belongs to.
        let mut members: BTreeMap<String, BTreeSet<Group>> = BTreeMap::new();
        let mut join = |word: &str, group: Group| {
            let word = shared.spellings.get(word).map_or(word, String::as_str);
            members.entry(word.to_owned()).or_default().insert(group);
        };
        for (class, words) in [
            (Class::Number, &shared.numbers),
            (Class::Time, &shared.times),
            (Class::Money, &shared.moneys),
            (Class::Name, &shared.names),
        ] {
            words.iter().for_each(|w| join(w, Group::Class(class)));
        }
        let mut list_words: Vec<Vec<Vec<String>>> = Vec::new();
        for (number, list) in shared.lists.iter().enumerate() {
            let mut longer: Vec<Vec<String>> = Vec::new();
            for single in &list.singles {
                let mut words = Vec::new();
                open(shared, single, &mut words);
                match words.as_slice() {
                    [word] => join(word, Group::List(number)),
                    _ => longer.push(words),
                }
            }
            literals.extend(longer.iter().flatten().cloned());
            list_words.push(longer);
        }
        // A number that a phrase names is still a number.
        for word in literals
            .iter()
            .filter(|w| w.starts_with(|c: char| c.is_ascii_digit()))
        {
            let groups = members.entry(word.clone()).or_default();
            groups.insert(Group::Class(Class::Number));
            if is_clock(word) {
                groups.insert(Group::Class(Class::Time));
            }
        }
        let contracted = shared.contractions.values().flatten();
        let known: BTreeSet<&String> = literals.iter().chain(members.keys()).chain(contracted).collect();
        let prefixed: Vec<(String, Group)> = known
            .into_iter()
            .flat_map(|w| {
                (2..=w.len())
                    .filter(|&i| w.is_char_boundary(i))
                    .map(move |i| (w, &w[..i]))
            })
            .filter(|(_, p)| prefixes.contains(*p))
            .map(|(w, p)| (w.clone(), Group::Prefix(p.to_owned())))
            .collect();
        for (word, group) in prefixed {
            members.entry(word).or_default().insert(group);
        }

        let mut symbols = Symbols::default();
        let mut words: HashMap<Box<str>, Opened, FixedState> = HashMap::default();
        for word in &literals {
            let symbol = symbols.add(members.get(word).into_iter().flatten());
            symbols.facts[symbol as usize].repeatable = !members
                .get(word)
                .is_some_and(|g| g.contains(&Group::Class(Class::Number)));
            words.insert(word.as_str().into(), Opened::one(symbol));
        }
        let mut shares: BTreeMap<&BTreeSet<Group>, Symbol> = BTreeMap::new();
        for (word, groups) in members.iter().filter(|(w, _)| !literals.contains(*w)) {
            let symbol = *shares.entry(groups).or_insert_with(|| symbols.add(groups));
            words.insert(word.as_str().into(), Opened::one(symbol));
        }
        for (list, flags) in [
            (&shared.fillers, Flags::TRANSPARENT | Flags::FILLER),
            (&shared.soft, Flags::TRANSPARENT),
        ] {
            for word in list {
                if let Some(opened) = words.get(word.as_str()) {
                    let symbol = opened.symbols[0] as usize;
                    symbols.facts[symbol].flags |= flags;
                }
            }
        }
        let number = symbols.add([&Group::Class(Class::Number)]);
        let time = symbols.add([&Group::Class(Class::Time), &Group::Class(Class::Number)]);
        let money = symbols.add([&Group::Class(Class::Money), &Group::Class(Class::Number)]);
        let name = symbols.add([&Group::Class(Class::Name)]);
        let mask = symbols.add([&Group::Class(Class::Masked)]);
        let mut by_prefix: HashMap<Box<str>, Symbol, FixedState> = HashMap::default();
        for prefix in &prefixes {
            let groups: Vec<Group> = prefixes
                .iter()
                .filter(|p| prefix.starts_with(*p))
                .cloned()
                .map(Group::Prefix)
                .collect();
            by_prefix.insert(prefix.as_str().into(), symbols.add(&groups));
        }
        let lengths: BTreeSet<usize> = prefixes.iter().map(String::len).collect();
        let prefix_lengths = lengths.into_iter().rev().collect();

        let sequence = |words_: &Vec<String>| -> Vec<Symbol> {
            words_.iter().map(|w| words[w.as_str()].symbols[0]).collect()
        };
        let list_sequences = list_words
            .iter()
            .map(|l| l.iter().map(sequence).collect())
            .collect();
        let mut sequences: HashMap<Symbol, Vec<Vec<Symbol>>, FixedState> = HashMap::default();
        let mut sequence_firsts = vec![false; symbols.facts.len()];
        for words_ in &shared.sequences {
            let mut opened = Vec::new();
            words_.iter().for_each(|w| open(shared, w, &mut opened));
            let symbols = sequence(&opened);
            sequence_firsts[symbols[0] as usize] = true;
            sequences
                .entry(symbols[symbols.len() - 1])
                .or_default()
                .push(symbols);
        }
        let endings = shared
            .endings
            .iter()
            .map(|(e, to)| (e.as_str().into(), words[to.as_str()].symbols[0]))
            .collect();

        let mut this = Vocabulary {
            words,
            facts: symbols.facts,
            prefixes: by_prefix,
            prefix_lengths,
            endings,
            masked: shared.masked.iter().map(|w| w.as_str().into()).collect(),
            groups: symbols.groups,
            list_sequences,
            number,
            time,
            money,
            name,
            mask,
            sequences,
            sequence_firsts,
        };
        this.add_written_forms(shared);
        this
    }

    /// Spellings and contractions become words of the table, so that text needs one look-up.
    fn add_written_forms(&mut self, shared: &Shared) {
        for written in shared.contractions.keys().chain(shared.spellings.keys()) {
            let mut opened = Vec::new();
            open(shared, written, &mut opened);
            let mut symbols = Opened::default();
            opened
                .iter()
                .for_each(|w| symbols.push(self.look_up(w, Flags::NONE).symbols[0]));
            if symbols.as_slice().iter().any(|&s| s != UNKNOWN) {
                self.words.insert(written.as_str().into(), symbols);
            }
        }
    }

    /// The symbols of a word in normal form; always at least one.
    pub(crate) fn look_up(&self, word: &str, flags: Flags) -> Opened {
        if flags.intersects(Flags::MARK | Flags::OVERLONG | Flags::CUT_OFF | Flags::STUTTER) {
            return Opened::one(UNKNOWN);
        }
        if flags.contains(Flags::MASKED) {
            return Opened::one(self.masked(word));
        }
        if flags.contains(Flags::MONEY) {
            return Opened::one(self.money);
        }
        if let Some(&opened) = self.words.get(word) {
            return opened;
        }
        if word.contains('\'') {
            for (ending, symbol) in &self.endings {
                if let Some(base) = word.strip_suffix(&**ending).filter(|b| !b.is_empty()) {
                    let mut opened = self.look_up(base, flags);
                    opened.push(*symbol);
                    return opened;
                }
            }
        }
        Opened::one(if flags.contains(Flags::TIME) {
            self.time
        } else if flags.contains(Flags::NUMBER) {
            self.number
        } else {
            self.by_prefix(word)
        })
    }

    fn by_prefix(&self, word: &str) -> Symbol {
        let beginning = |&length: &usize| self.prefixes.get(word.get(..length)?).copied();
        self.prefix_lengths.iter().find_map(beginning).unwrap_or(UNKNOWN)
    }

    fn masked(&self, word: &str) -> Symbol {
        let fits = |whole: &str| {
            whole.chars().count() == word.chars().count()
                && word.chars().any(|c| c != '*')
                && whole.chars().zip(word.chars()).all(|(a, b)| b == '*' || a == b)
        };
        match self
            .masked
            .iter()
            .find(|w| fits(w))
            .and_then(|w| self.words.get(w))
        {
            Some(opened) => opened.symbols[0],
            None => self.mask,
        }
    }

    pub(crate) fn facts(&self, symbol: Symbol) -> SymbolFacts {
        self.facts[symbol as usize]
    }

    /// A word for each symbol; of several the longest, then the first by the alphabet.
    pub(crate) fn names(&self) -> HashMap<Symbol, &str> {
        let mut names: HashMap<Symbol, &str> = HashMap::new();
        for (word, opened) in self.words.iter().filter(|(_, o)| o.len == 1) {
            let name = names.entry(opened.symbols[0]).or_insert(word);
            if (name.len(), &**word) < (word.len(), *name) {
                *name = word;
            }
        }
        names
    }

    pub(crate) fn words(&self) -> usize {
        self.words.len()
    }

    pub(crate) fn symbols(&self) -> usize {
        self.facts.len()
    }

    /// Fillers of several words that end with this symbol.
    pub(crate) fn sequences_ending(&self, symbol: Symbol) -> &[Vec<Symbol>] {
        self.sequences.get(&symbol).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn begins_sequence(&self, symbol: Symbol) -> bool {
        self.sequence_firsts
            .get(symbol as usize)
            .copied()
            .unwrap_or(false)
    }

    /// What may stand in the place of an item: runs of symbols.
    pub(crate) fn choices(&self, item: &Item) -> Vec<Vec<Symbol>> {
        let group = |group: Group| {
            self.groups
                .get(&group)
                .into_iter()
                .flatten()
                .map(|&s| vec![s])
                .collect::<Vec<_>>()
        };
        match item {
            Item::Word(word) => vec![self.look_up(word, Flags::NONE).as_slice().to_vec()],
            Item::Prefix(prefix) => group(Group::Prefix(prefix.clone())),
            Item::Class(class) => group(Group::Class(*class)),
            Item::List(number) => {
                let mut all = group(Group::List(*number));
                all.extend(self.list_sequences[*number].iter().cloned());
                all
            }
            Item::Gap(_) => Vec::new(),
        }
    }
}

#[derive(Default)]
struct Symbols {
    facts: Vec<SymbolFacts>,
    groups: BTreeMap<Group, Vec<Symbol>>,
}

impl Symbols {
    fn add<'a>(&mut self, groups: impl IntoIterator<Item = &'a Group>) -> Symbol {
        if self.facts.is_empty() {
            // The symbol of unknown words.
            self.facts.push(SymbolFacts::default());
        }
        let symbol = self.facts.len() as Symbol;
        self.facts.push(SymbolFacts::default());
        for group in groups {
            self.groups.entry(group.clone()).or_default().push(symbol);
        }
        symbol
    }
}
