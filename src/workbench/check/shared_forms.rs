//! The forms of a signal's phrases as numbers to compare, and back again as words.

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;

use super::Subject;
use super::forms::{self, Groups, MOST_FORMS};
use crate::lexicon::phrase::{Class, Item, Phrase};
use crate::matcher::Symbol;
use crate::text::Flags;
use crate::turns::said::stem;

/// The category of function words that a form may lack and be nearly the same.
const ARTICLE: &str = "article";

/// A form of a phrase.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Form {
    /// What it is compared by.
    pub(super) key: u64,
    /// The form itself.
    pub(super) exact: u64,
    /// Which of the signal's phrases has it.
    pub(super) phrase: u32,
    /// It is one of those that are counted: open where they are few enough, else closed.
    pub(super) counts: bool,
}

/// A phrase of an entry.
pub(super) struct Owner {
    pub(super) entry: u32,
    /// Which of the entry's phrases.
    pub(super) place: usize,
    /// Different forms that are counted.
    pub(super) forms: u32,
}

/// The forms of a signal's phrases.
pub(super) struct Forms {
    pub(super) owners: Vec<Owner>,
    /// In the order of the forms themselves.
    pub(super) exact: Vec<Form>,
    /// In the order of what is left of them without transparent words, articles and endings; none where nobody asked.
    pub(super) near: Vec<Form>,
}

impl Forms {
    pub(super) fn of(subject: &Subject<'_>, names: &Names<'_>, signal: u16) -> Self {
        let mut out = Forms {
            owners: Vec::new(),
            exact: Vec::new(),
            near: Vec::new(),
        };
        let wanted = subject.wanted[usize::from(signal)];
        let mut rest = Vec::new();
        for entry in subject.lexicon.traits[usize::from(signal)].entries.clone() {
            let own = &subject.lexicon.entries[entry as usize];
            // What was learned adds to everything else: it may say the same.
            let phrases = own.phrases.iter().enumerate().filter(|_| !own.fitted);
            for (place, parsed) in phrases {
                let phrase = out.owners.len() as u32;
                each_form(subject, parsed, |form, counts| {
                    let exact = hash(form);
                    out.exact.push(Form {
                        key: exact,
                        exact,
                        phrase,
                        counts,
                    });
                    if wanted && let Some(key) = names.rest(form, &mut rest) {
                        out.near.push(Form {
                            key,
                            exact,
                            phrase,
                            counts,
                        });
                    }
                });
                out.owners.push(Owner {
                    entry,
                    place,
                    forms: 0,
                });
            }
        }
        for forms in [&mut out.exact, &mut out.near] {
            forms.sort_unstable();
            forms.dedup();
        }
        for form in out.exact.iter().filter(|f| f.counts) {
            out.owners[form.phrase as usize].forms += 1;
        }
        out
    }

    /// The entry that has a form.
    pub(super) fn entry(&self, form: &Form) -> u32 {
        self.owners[form.phrase as usize].entry
    }
}

/// Calls `each` with every form of a phrase, and whether it counts: with its groups closed, and open where that stays
/// within bounds; with none where even the closed forms are too many.
fn each_form(subject: &Subject<'_>, phrase: &Phrase, mut each: impl FnMut(&[Symbol], bool)) {
    let tree = |groups| {
        forms::symbols(
            phrase,
            &subject.compiled.vocabulary,
            &subject.lexicon.shared,
            groups,
        )
    };
    let mut grouped = false;
    phrase.items(&mut |item| grouped |= matches!(item, Item::List(_) | Item::Class(_) | Item::Prefix(_)));
    let closed = tree(Groups::Closed);
    let open = grouped
        .then(|| tree(Groups::Open))
        .filter(|t| t.count() <= MOST_FORMS);
    let mut form = Vec::new();
    for (tree, counts) in [(Some(&closed), open.is_none()), (open.as_ref(), true)] {
        let tree = tree.filter(|t| t.count() <= MOST_FORMS);
        for (tree, n) in tree.into_iter().flat_map(|t| (0..t.count()).map(move |n| (t, n))) {
            form.clear();
            tree.nth(n, &mut form);
            each(&form, counts);
        }
    }
}

fn hash(form: &[Symbol]) -> u64 {
    FixedState::with_seed(0).hash_one(form)
}

/// Words of symbols, and what of them says little.
pub(super) struct Names<'a> {
    /// The words that phrases name themselves.
    words: HashMap<Symbol, &'a str>,
    /// The words that only lists and classes name, one for each symbol.
    others: HashMap<Symbol, &'a str>,
    stems: HashMap<Symbol, u64>,
    dropped: HashSet<Symbol>,
}

impl<'a> Names<'a> {
    pub(super) fn of(subject: &Subject<'a>) -> Self {
        let (lexicon, vocabulary) = (subject.lexicon, &subject.compiled.vocabulary);
        let mut words: HashMap<Symbol, &str> = HashMap::new();
        for phrase in lexicon.entries.iter().flat_map(|e| &e.phrases) {
            phrase.items(&mut |item| {
                if let Item::Word(word) = item
                    && let [symbol] = vocabulary.look_up(word, Flags::NONE).as_slice()
                {
                    // Of several spellings the longest, always the same: "you", not "u".
                    let known = words.entry(*symbol).or_insert(word);
                    if (known.len(), &**known) < (word.len(), word) {
                        *known = word;
                    }
                }
            });
        }
        let rules = &lexicon.call.words;
        let article = rules.categories.iter().position(|c| c == ARTICLE);
        let mut dropped = HashSet::new();
        let mut stems = HashMap::new();
        for (&symbol, word) in &words {
            let category = rules.category(word);
            let transparent = vocabulary.facts(symbol).flags.contains(Flags::TRANSPARENT);
            if transparent || category.is_some() && category.map(usize::from) == article {
                dropped.insert(symbol);
            } else if category.is_none() {
                stems.insert(symbol, FixedState::with_seed(1).hash_one(stem(word)));
            }
        }
        Names {
            words,
            others: vocabulary.names(),
            stems,
            dropped,
        }
    }

    /// A number for what is left of a form without what says little; nothing if nothing is.
    fn rest(&self, form: &[Symbol], rest: &mut Vec<u64>) -> Option<u64> {
        rest.clear();
        let kept = form.iter().filter(|s| !self.dropped.contains(s));
        rest.extend(kept.map(|s| self.stems.get(s).copied().unwrap_or(u64::from(*s))));
        (!rest.is_empty()).then(|| FixedState::with_seed(0).hash_one(rest))
    }

    /// A form as it may be said; nothing where a closed group stands in it.
    pub(super) fn said(&self, subject: &Subject<'_>, forms: &Forms, form: &Form) -> Option<String> {
        let mut words = Vec::new();
        for symbol in self.symbols(subject, forms, form) {
            match symbol & forms::KIND {
                forms::GAP | forms::START | forms::END => {}
                forms::CLASS | forms::LIST | forms::PREFIX => return None,
                _ => words.push(self.word(symbol)),
            }
        }
        Some(words.join(" "))
    }

    /// The words of a form.
    pub(super) fn form(&self, subject: &Subject<'_>, forms: &Forms, form: &Form) -> String {
        let words: Vec<String> = self
            .symbols(subject, forms, form)
            .into_iter()
            .map(|s| self.word(s))
            .collect();
        words.join(" ")
    }

    fn symbols(&self, subject: &Subject<'_>, forms: &Forms, form: &Form) -> Vec<Symbol> {
        let owner = &forms.owners[form.phrase as usize];
        let phrase = &subject.lexicon.entries[owner.entry as usize].phrases[owner.place];
        let mut found = Vec::new();
        each_form(subject, phrase, |symbols, _| {
            if found.is_empty() && hash(symbols) == form.exact {
                found = symbols.to_vec();
            }
        });
        found
    }

    fn word(&self, symbol: Symbol) -> String {
        if let Some(word) = self.words.get(&symbol).or_else(|| self.others.get(&symbol)) {
            return (*word).to_owned();
        }
        match symbol & forms::KIND {
            forms::GAP => format!("..{}", symbol & !forms::KIND),
            forms::START => "^".into(),
            forms::END => "$".into(),
            forms::CLASS => {
                let class = Class::ALL.iter().find(|c| c.0 as u32 == symbol & !forms::KIND);
                class.map_or_else(|| "#…".into(), |c| format!("#{}", c.1))
            }
            forms::LIST => "<…>".into(),
            _ => "…".into(),
        }
    }
}
