//! Words to symbols.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};

use super::words::{NewWord, WordTable};
use super::{Symbol, UNKNOWN};
use crate::lexicon::Shared;
use crate::lexicon::phrase::{Class, Item};
use crate::text::{Flags, KEY_BYTES, Key, is_clock};

/// The most symbols one word opens to (a contraction of four words with an ending).
pub(crate) const MAX_OPENED: usize = 5;

/// The symbols of one word.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Opened {
    symbols: [Symbol; MAX_OPENED],
    len: u8,
}

impl Opened {
    fn of(symbols: &[Symbol]) -> Self {
        let mut out = Opened::default();
        symbols.iter().for_each(|&s| out.push(s));
        out
    }

    fn one(symbol: Symbol) -> Self {
        Opened::of(&[symbol])
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

/// What is known of a symbol, a bit a fact.
type Facts = u8;
/// It is [`Flags::TRANSPARENT`].
const TRANSPARENT: Facts = 1;
/// It is a [`Flags::FILLER`].
const FILLER: Facts = 1 << 1;
/// Said twice at once it is a stutter: one word, and no number.
const REPEATABLE: Facts = 1 << 2;
/// It begins a filler of several words.
const BEGINS: Facts = 1 << 3;
/// It ends one.
const ENDS: Facts = 1 << 4;

/// What is known of a symbol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SymbolFacts {
    /// [`Flags::TRANSPARENT`] and [`Flags::FILLER`], where they hold for the word itself.
    pub(crate) flags: Flags,
    /// Said twice at once it is a stutter: one word, and no number.
    pub(crate) repeatable: bool,
}

/// Which fillers of several words there are of a symbol.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sequences {
    /// Some begin with it.
    pub(super) begin: bool,
    /// Some end with it.
    pub(super) end: bool,
}

/// A word that is one symbol, and not transparent.
#[derive(Clone, Copy, Debug)]
pub(super) struct One {
    pub(super) symbol: Symbol,
    /// Said twice at once it is a stutter.
    pub(super) repeatable: bool,
    /// Tells it from other words.
    pub(super) hash: u64,
}

/// What a word is read as.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading<'a> {
    /// At least one.
    pub(crate) symbols: &'a [Symbol],
    /// All of its symbols may stand inside a phrase without breaking it.
    pub(crate) transparent: bool,
    /// Said twice at once it is a stutter.
    pub(crate) repeatable: bool,
    /// Tells it from other words.
    pub(crate) hash: u64,
}

impl<'a> Reading<'a> {
    #[inline]
    fn new(symbols: &'a [Symbol], facts: Facts, hash: u64) -> Self {
        Reading {
            symbols,
            transparent: facts & TRANSPARENT != 0,
            repeatable: facts & REPEATABLE != 0,
            hash,
        }
    }
}

/// A set of words a phrase may name in one place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Class(Class),
    List(usize),
    Prefix(String),
}

/// What may end a word that is not in the table: "'s".
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Ending {
    text: Box<str>,
    /// Of its first bytes.
    key: Key,
    symbol: Symbol,
}

/// All words the phrases know, and how to find them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Vocabulary {
    words: WordTable,
    #[serde(with = "crate::saved::pod")]
    facts: Vec<Facts>,
    endings: Vec<Ending>,
    /// Words that may stand behind a mask.
    masked: Vec<(Box<str>, Symbol)>,
    number: Symbol,
    time: Symbol,
    money: Symbol,
    pub(crate) name: Symbol,
    mask: Symbol,
    /// Fillers of several words, in the order of their last symbols.
    sequences: Vec<Vec<Symbol>>,
    #[serde(skip)]
    places: Places,
}

/// What the places of phrases may hold: asked for when phrases are compiled, not when text is read.
#[derive(Clone, Debug, Default)]
struct Places {
    groups: BTreeMap<Group, Vec<Symbol>>,
    list_sequences: Vec<Vec<Vec<Symbol>>>,
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
            let groups = members.get(word);
            if !groups.is_some_and(|g| g.contains(&Group::Class(Class::Number))) {
                symbols.facts[symbol as usize] |= REPEATABLE;
            }
            words.insert(word.as_str().into(), Opened::one(symbol));
        }
        let mut shares: BTreeMap<&BTreeSet<Group>, Symbol> = BTreeMap::new();
        for (word, groups) in members.iter().filter(|(w, _)| !literals.contains(*w)) {
            let symbol = *shares.entry(groups).or_insert_with(|| symbols.add(groups));
            words.insert(word.as_str().into(), Opened::one(symbol));
        }
        for (list, facts) in [
            (&shared.fillers, TRANSPARENT | FILLER),
            (&shared.soft, TRANSPARENT),
        ] {
            for word in list {
                if let Some(opened) = words.get(word.as_str()) {
                    let symbol = opened.symbols[0] as usize;
                    symbols.facts[symbol] |= facts;
                }
            }
        }
        let number = symbols.add([&Group::Class(Class::Number)]);
        let time = symbols.add([&Group::Class(Class::Time), &Group::Class(Class::Number)]);
        let money = symbols.add([&Group::Class(Class::Money), &Group::Class(Class::Number)]);
        let name = symbols.add([&Group::Class(Class::Name)]);
        let mask = symbols.add([&Group::Class(Class::Masked)]);
        let mut beginnings: Vec<(&str, Symbol)> = Vec::new();
        for prefix in &prefixes {
            let groups: Vec<Group> = prefixes
                .iter()
                .filter(|p| prefix.starts_with(*p))
                .cloned()
                .map(Group::Prefix)
                .collect();
            beginnings.push((prefix, symbols.add(&groups)));
        }

        let sequence = |words_: &Vec<String>| -> Vec<Symbol> {
            words_.iter().map(|w| words[w.as_str()].symbols[0]).collect()
        };
        let list_sequences = list_words
            .iter()
            .map(|l| l.iter().map(sequence).collect())
            .collect();
        let mut sequences: Vec<Vec<Symbol>> = Vec::new();
        for words_ in &shared.sequences {
            let mut opened = Vec::new();
            words_.iter().for_each(|w| open(shared, w, &mut opened));
            let run = sequence(&opened);
            symbols.facts[run[0] as usize] |= BEGINS;
            symbols.facts[run[run.len() - 1] as usize] |= ENDS;
            sequences.push(run);
        }
        sequences.sort_by_key(|s| s.last().copied());
        let endings = shared
            .endings
            .iter()
            .map(|(e, to)| Ending {
                text: e.as_str().into(),
                key: Key::beginning(e.as_bytes()),
                symbol: words[to.as_str()].symbols[0],
            })
            .collect();
        let mut this = Vocabulary {
            words: WordTable::build(&[], &beginnings),
            facts: symbols.facts,
            endings,
            masked: Vec::new(),
            number,
            time,
            money,
            name,
            mask,
            sequences,
            places: Places {
                groups: symbols.groups,
                list_sequences,
            },
        };
        this.add_written_forms(shared, &mut words);
        let mut new: Vec<NewWord<'_>> = words
            .iter()
            .map(|(text, opened)| NewWord {
                text,
                symbols: opened.as_slice(),
                facts: this.common(opened.as_slice()),
            })
            .collect();
        new.sort_unstable_by_key(|w| w.text);
        this.words = WordTable::build(&new, &beginnings);
        let masked = shared.masked.iter().map(|w| {
            let symbol = words.get(w.as_str()).map_or(mask, |o| o.symbols[0]);
            (w.as_str().into(), symbol)
        });
        this.masked = masked.collect();
        this
    }

    /// Spellings and contractions become words of the table, so that text needs one look-up.
    fn add_written_forms(&self, shared: &Shared, words: &mut HashMap<Box<str>, Opened, FixedState>) {
        for written in shared.contractions.keys().chain(shared.spellings.keys()) {
            let mut opened = Vec::new();
            open(shared, written, &mut opened);
            let mut symbols = Opened::default();
            for word in &opened {
                let known = |w: &str| words.get(w).copied();
                symbols.push(self.look_up_among(&known, word, Flags::NONE).symbols[0]);
            }
            if symbols.as_slice().iter().any(|&s| s != UNKNOWN) {
                words.insert(written.as_str().into(), symbols);
            }
        }
    }

    /// What holds for all of the symbols.
    fn common(&self, symbols: &[Symbol]) -> Facts {
        symbols
            .iter()
            .fold(Facts::MAX, |all, &s| all & self.facts[s as usize])
    }

    /// An ordinary word in normal form, if it is in the table as one symbol that is not transparent.
    #[inline]
    pub(super) fn one(&self, key: Key) -> Option<One> {
        let hash = self.words.hash(key);
        let (symbol, facts) = self.words.one(key, hash)?;
        (facts & TRANSPARENT == 0).then_some(One {
            symbol,
            repeatable: facts & REPEATABLE != 0,
            hash,
        })
    }

    /// An ordinary word in normal form of `len` bytes; `room` is for its symbols if it has an ending. Nothing where it
    /// may have several.
    #[inline]
    pub(crate) fn plain<'a>(&'a self, key: Key, len: usize, room: &'a mut Opened) -> Option<Reading<'a>> {
        let hash = self.words.hash(key);
        if let Some(entry) = self.words.short(key, hash) {
            return Some(Reading::new(entry.symbols, entry.facts, hash));
        }
        if key.has(b'\'') {
            *room = self.with_ending(key, len)?;
            let symbols = room.as_slice();
            return Some(Reading::new(symbols, self.common(symbols), hash));
        }
        let symbol = self.words.beginning(key, None);
        let facts = self.facts[*symbol as usize];
        Some(Reading::new(std::slice::from_ref(symbol), facts, hash))
    }

    #[inline(never)]
    fn with_ending(&self, key: Key, len: usize) -> Option<Opened> {
        let fits = |e: &&Ending| e.text.len() < len && key.0 >> (8 * (len - e.text.len())) == e.key.0;
        let Some(ending) = self.endings.iter().find(fits) else {
            return Some(Opened::one(*self.words.beginning(key, None)));
        };
        let base = key.first(len - ending.text.len());
        let mut opened = match self.words.short(base, self.words.hash(base)) {
            Some(entry) => Opened::of(entry.symbols),
            None if base.has(b'\'') => return None,
            None => Opened::one(*self.words.beginning(base, None)),
        };
        opened.push(ending.symbol);
        Some(opened)
    }

    /// What a word in normal form is read as, given the symbols it opens to.
    pub(crate) fn reading<'a>(&self, word: &str, opened: &'a Opened) -> Reading<'a> {
        let symbols = opened.as_slice();
        let hash = match Key::of(word) {
            Some(key) => self.words.hash(key),
            None => FixedState::with_seed(0).hash_one(word),
        };
        Reading::new(symbols, self.common(symbols), hash)
    }

    /// The symbols of a word in normal form; always at least one.
    pub(crate) fn look_up(&self, word: &str, flags: Flags) -> Opened {
        let known = |w: &str| self.words.get(w).map(|e| Opened::of(e.symbols));
        self.look_up_among(&known, word, flags)
    }

    fn look_up_among(&self, known: &impl Fn(&str) -> Option<Opened>, word: &str, flags: Flags) -> Opened {
        if flags.intersects(Flags::MARK | Flags::OVERLONG | Flags::CUT_OFF | Flags::STUTTER) {
            return Opened::one(UNKNOWN);
        }
        if flags.contains(Flags::MASKED) {
            return Opened::one(self.masked(word));
        }
        if flags.contains(Flags::MONEY) {
            return Opened::one(self.money);
        }
        if let Some(opened) = known(word) {
            return opened;
        }
        if word.contains('\'') {
            for ending in &self.endings {
                if let Some(base) = word.strip_suffix(&*ending.text).filter(|b| !b.is_empty()) {
                    let mut opened = self.look_up_among(known, base, flags);
                    opened.push(ending.symbol);
                    return opened;
                }
            }
        }
        Opened::one(if flags.contains(Flags::TIME) {
            self.time
        } else if flags.contains(Flags::NUMBER) {
            self.number
        } else {
            let long = (word.len() > KEY_BYTES).then_some(word);
            *self.words.beginning(Key::beginning(word.as_bytes()), long)
        })
    }

    fn masked(&self, word: &str) -> Symbol {
        let fits = |whole: &str| {
            whole.chars().count() == word.chars().count()
                && word.chars().any(|c| c != '*')
                && whole.chars().zip(word.chars()).all(|(a, b)| b == '*' || a == b)
        };
        let masked = self.masked.iter().find(|(w, _)| fits(w));
        masked.map_or(self.mask, |m| m.1)
    }

    pub(crate) fn facts(&self, symbol: Symbol) -> SymbolFacts {
        let facts = self.facts[symbol as usize];
        let flag = |fact: Facts, flag: Flags| if facts & fact != 0 { flag } else { Flags::NONE };
        SymbolFacts {
            flags: flag(TRANSPARENT, Flags::TRANSPARENT) | flag(FILLER, Flags::FILLER),
            repeatable: facts & REPEATABLE != 0,
        }
    }

    /// A word for each symbol; of several the longest, then the first by the alphabet.
    pub(crate) fn names(&self) -> HashMap<Symbol, &str> {
        let mut names: HashMap<Symbol, &str> = HashMap::new();
        for (word, symbols) in self.words.iter() {
            let &[symbol] = symbols else {
                continue;
            };
            let name = names.entry(symbol).or_insert(word);
            if (name.len(), word) < (word.len(), *name) {
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

    /// Whether a vocabulary that was saved names no symbol that is not there.
    pub(crate) fn is_sound(&self) -> bool {
        let own = [self.number, self.time, self.money, self.name, self.mask];
        let named = own.into_iter().chain(self.endings.iter().map(|e| e.symbol));
        self.words.is_sound(self.symbols())
            && named
                .chain(self.masked.iter().map(|m| m.1))
                .chain([UNKNOWN])
                .all(|s| (s as usize) < self.symbols())
            && self.endings.iter().all(|e| !e.text.is_empty())
            && self.sequences.iter().all(|s| !s.is_empty())
    }

    /// Fillers of several words that end with this symbol.
    #[inline]
    pub(crate) fn sequences_ending(&self, symbol: Symbol) -> &[Vec<Symbol>] {
        let last = Some(symbol);
        let from = self.sequences.partition_point(|s| s.last().copied() < last);
        let these = &self.sequences[from..];
        &these[..these.partition_point(|s| s.last().copied() == last)]
    }

    /// Whether a symbol begins or ends a filler of several words.
    #[inline]
    pub(super) fn sequences(&self, symbol: Symbol) -> Sequences {
        let facts = self.facts[symbol as usize];
        Sequences {
            begin: facts & BEGINS != 0,
            end: facts & ENDS != 0,
        }
    }

    /// What may stand in the place of an item: runs of symbols.
    pub(crate) fn choices(&self, item: &Item) -> Vec<Vec<Symbol>> {
        let group = |group: Group| {
            self.places
                .groups
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
                all.extend(self.places.list_sequences[*number].iter().cloned());
                all
            }
            Item::Gap(_) => Vec::new(),
        }
    }
}

#[derive(Default)]
struct Symbols {
    facts: Vec<Facts>,
    groups: BTreeMap<Group, Vec<Symbol>>,
}

impl Symbols {
    fn add<'a>(&mut self, groups: impl IntoIterator<Item = &'a Group>) -> Symbol {
        if self.facts.is_empty() {
            // The symbol of unknown words.
            self.facts.push(Facts::default());
        }
        let symbol = self.facts.len() as Symbol;
        self.facts.push(Facts::default());
        for group in groups {
            self.groups.entry(group.clone()).or_default().push(symbol);
        }
        symbol
    }
}
