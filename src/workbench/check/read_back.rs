//! Phrases read back: each form is said, and what the entry makes of it is what counts.

use rayon::prelude::*;

use super::forms::{self, MOST_FORMS, Tree};
use super::{Code, Finding, Subject, weight};
use crate::context::{self, Cancelled, Setting, Weighed};
use crate::lexicon::phrase::{Item, Phrase};
use crate::lexicon::{Entry, Lexicon};
use crate::matcher::{Owner, Scan};
use crate::score::{Standing, Tally};
use crate::transcript::Role;

pub(super) fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let entries: Vec<(u32, &Entry)> = subject.entries().filter(|(_, e)| !e.fitted).collect();
    let each = |&(number, entry): &(u32, &Entry)| {
        let mut reader = Reader::new(subject, number, entry);
        let phrases = entry.phrases.iter().enumerate();
        phrases
            .flat_map(|(i, phrase)| reader.phrase(i, phrase))
            .collect::<Vec<_>>()
    };
    entries.par_iter().flat_map_iter(each).collect()
}

/// Whether an entry finds nothing in a text but what its own `not-in` cancels.
pub(super) fn excepts(subject: &Subject<'_>, entry: u32, text: &str) -> bool {
    let mut reader = Reader::new(subject, entry, &subject.lexicon.entries[entry as usize]);
    reader.say([text]);
    matches!(reader.fate(), Fate::Excluded)
}

/// What becomes of the entry when one form is said.
enum Fate {
    /// It is not found.
    Unread,
    /// Its own `not-in` cancels it.
    Excluded,
    /// This entry covers it.
    Covered(u32),
    /// It counts, or something beside the form decides.
    Open,
}

/// Reads the phrases of one entry.
pub(super) struct Reader<'a> {
    pub(super) subject: &'a Subject<'a>,
    number: u32,
    pub(super) entry: &'a Entry,
    role: Option<Role>,
    names: [String; 1],
    pub(super) scan: Scan,
    weighed: Vec<Weighed>,
    pub(super) text: String,
}

impl<'a> Reader<'a> {
    fn new(subject: &'a Subject<'a>, number: u32, entry: &'a Entry) -> Self {
        let speaker = subject.lexicon.signals[usize::from(entry.signal)].speaker;
        Reader {
            subject,
            number,
            entry,
            role: Some(speaker.unwrap_or(Role::Agent)),
            names: [forms::name().into()],
            scan: Scan::new(),
            weighed: Vec::new(),
            text: String::new(),
        }
    }

    fn phrase(&mut self, i: usize, phrase: &Phrase) -> Vec<Finding> {
        let tree = forms::words(phrase, &self.subject.lexicon.shared);
        let mut findings = Vec::new();
        findings.extend(self.dead(i, phrase, &tree));
        findings.extend(self.needs_filler(i, phrase, &tree));
        findings
    }

    /// Why no form of the phrase counts, if none does.
    fn dead(&mut self, i: usize, phrase: &Phrase, tree: &Tree<String>) -> Option<Finding> {
        let (mut unread, mut excluded) = (None, None);
        let mut by = None;
        let mut form = Vec::new();
        for n in tree.sample(MOST_FORMS) {
            form.clear();
            tree.nth(n, &mut form);
            self.say(form.iter().map(String::as_str));
            match self.fate() {
                Fate::Open => return self.misspelled(i, phrase),
                Fate::Unread => unread = Some(self.text.clone()),
                Fate::Excluded => excluded = Some(self.text.clone()),
                Fate::Covered(entry) => by = Some((entry, self.text.clone())),
            }
        }
        let sample = match tree.count() {
            count if count > MOST_FORMS => format!(" ({MOST_FORMS} of {count} forms were tried)"),
            _ => String::new(),
        };
        let find = |code, reason: String, proposal: &str| {
            let reason = format!("{reason}{sample}");
            Some(
                self.subject
                    .of_phrase(code, self.entry, i, reason, proposal.to_owned()),
            )
        };
        match (unread, excluded, by) {
            (_, _, Some((by, said))) => {
                let by = &self.subject.lexicon.entries[by as usize];
                let reason = format!(
                    "this phrase never counts: \"{}\" ({}) stands in it and is stronger than \"{}\" ({}), as in \"{said}\"",
                    by.id,
                    weight(by),
                    self.entry.id,
                    weight(self.entry)
                );
                let proposal = format!(
                    "Remove it, or except it from \"{}\" by `not-in` if it is to weigh less.",
                    by.id
                );
                find(Code::Shadowed, reason, &proposal)
            }
            (_, Some(said), None) => find(
                Code::OwnExclusion,
                format!("the entry's own not-in cancels each form of this phrase, as in \"{said}\""),
                "Remove the phrase, or make the not-in longer than it.",
            ),
            (Some(said), None, None) => {
                let read = self.read(&said);
                find(
                    Code::Unreadable,
                    format!("nobody can say this phrase: \"{said}\" reads as \"{read}\""),
                    "Write the words as they are read.",
                )
            }
            (None, None, None) => None,
        }
    }

    /// A phrase that is found by the words in it, but not as it is written, or whose "*" asks for a spelling that is folded.
    fn misspelled(&mut self, i: usize, phrase: &Phrase) -> Option<Finding> {
        let mut folded = None;
        phrase.items(&mut |item| {
            if let Item::Prefix(prefix) = item {
                folded = folded.take().or_else(|| self.folded(prefix));
            }
        });
        if let Some((prefix, from, to)) = folded {
            return Some(self.subject.of_phrase(
                Code::Unreadable,
                self.entry,
                i,
                format!("\"{prefix}*\" never meets \"{from}\", which reads as \"{to}\""),
                format!("Write a beginning of \"{to}\" instead, or beside it."),
            ));
        }
        let table = self.subject.places.entry(self.entry.file, self.entry.at)?;
        let written = table.phrases.get(i)?.get_ref().clone();
        let grammar = |w: &str| w.contains(['(', '[', '<', '|', '#', '^', '.']) || w.ends_with(['$', '*']);
        if written.split_whitespace().any(grammar) {
            return None;
        }
        self.say([written.as_str()]);
        if matches!(self.fate(), Fate::Unread) {
            let read = self.read(&written);
            return Some(self.subject.of_phrase(
                Code::Unreadable,
                self.entry,
                i,
                format!(
                    "what is written here is not found where it is said: \"{written}\" reads as \"{read}\""
                ),
                "Write the words as they are read, or a class (#money, #masked) for what is no word.".into(),
            ));
        }
        None
    }

    /// The beginning of a word whose only words with it are spellings that are folded to others: itself, such a spelling, and
    /// what that reads as.
    fn folded(&self, prefix: &str) -> Option<(String, String, String)> {
        let lexicon = self.subject.lexicon;
        let begins = |w: &str| w.starts_with(prefix);
        let mut spelled = lexicon.shared.spellings.iter().filter(|(from, _)| begins(from));
        let (from, to) = spelled.find(|(_, to)| !begins(to))?;
        let is_known = |w: &str| begins(w) && !lexicon.shared.spellings.contains_key(w);
        let mut others = lexicon.shared.spellings.values().any(|to| begins(to))
            || lexicon
                .shared
                .lists
                .iter()
                .flat_map(|l| &l.singles)
                .any(|w| is_known(w));
        for phrase in lexicon.entries.iter().flat_map(|e| &e.phrases) {
            phrase.items(&mut |item| others |= matches!(item, Item::Word(w) if is_known(w)));
        }
        (!others).then(|| (prefix.to_owned(), from.clone(), to.clone()))
    }

    /// Reads these words as one utterance.
    pub(super) fn say<'w>(&mut self, words: impl IntoIterator<Item = &'w str>) {
        self.text.clear();
        for word in words {
            if !self.text.is_empty() {
                self.text.push(' ');
            }
            self.text.push_str(word);
        }
        let tables = self.subject.compiled.tables(&self.names, self.role);
        self.scan.read_again(tables, &self.text);
    }

    /// What becomes of the entry in what was said last.
    fn fate(&mut self) -> Fate {
        let own = |owner: Owner| owner == Owner::Entry(self.number);
        if !self.scan.hits.iter().any(|h| own(h.owner())) {
            return Fate::Unread;
        }
        let setting = Setting {
            role: self.role,
            since_start_ms: Some(self.entry.after_ms.unwrap_or(0)),
            is_final: true,
            told: false,
        };
        let (mut excluded, mut otherwise) = (false, false);
        context::weigh(
            self.subject.compiled,
            &self.scan,
            &self.text,
            setting,
            &mut self.weighed,
            &mut |entry, _, why| {
                if entry == self.number {
                    let by_own = matches!(why, Cancelled::NotIn(..));
                    excluded |= by_own;
                    otherwise |= !by_own;
                }
            },
        );
        let entries = &self.subject.lexicon.entries;
        let same = |w: &&Weighed| entries[w.entry as usize].signal == self.entry.signal;
        let rules = &self.subject.compiled.rules;
        let hits: Vec<&Weighed> = self.weighed.iter().filter(same).collect();
        let mut tally = Tally::default();
        hits.iter().for_each(|hit| tally.take(rules, hit, false));
        tally.sum(rules.signal(self.entry.signal));
        let all = || hits.iter().zip(tally.standings());
        let mut own = all().filter(|(h, _)| h.entry == self.number).peekable();
        if own.peek().is_none() {
            return if excluded && !otherwise {
                Fate::Excluded
            } else {
                Fate::Open
            };
        }
        if otherwise || own.any(|(_, s)| *s != Some(Standing::Covered)) {
            return Fate::Open;
        }
        let spans: Vec<(u32, u32)> = all()
            .filter(|(h, _)| h.entry == self.number)
            .filter_map(|(h, _)| h.span)
            .collect();
        // What stands over the same words is told as a conflict of weights.
        let inside = |s: (u32, u32), o: &(u32, u32)| s.0 >= o.0 && s.1 <= o.1 && s != *o;
        let touches = |h: &Weighed| h.span.is_some_and(|s| spans.iter().any(|o| inside(s, o)));
        let by = all().find(|(h, s)| {
            **s == Some(Standing::Counted) && touches(h) && is_sure(self.subject.lexicon, h.entry, self.entry)
        });
        by.map_or(Fate::Open, |(h, _)| Fate::Covered(h.entry))
    }

    /// What reading makes of a text, as far as its symbols have names.
    fn read(&mut self, text: &str) -> String {
        self.say([text]);
        let names = self.subject.compiled.vocabulary.names();
        let words: Vec<&str> = self
            .scan
            .tokens
            .iter()
            .map(|t| names.get(&t.symbol).copied().unwrap_or("…"))
            .collect();
        words.join(" ")
    }
}

/// Whether an entry counts wherever its words are said and another, weaker one's would.
fn is_sure(lexicon: &Lexicon, number: u32, other: &Entry) -> bool {
    let entry = &lexicon.entries[number as usize];
    let conditions = |list: &[crate::lexicon::Condition], of: &[crate::lexicon::Condition]| {
        list.iter().all(|c| of.contains(c))
    };
    !entry.additive
        && entry.near.is_none()
        && entry.first_ms.is_none()
        && entry.after_ms.is_none()
        && conditions(&entry.unless, &other.unless)
        && conditions(&entry.only_if, &other.only_if)
        && entry.weight.magnitude() > other.weight.magnitude()
}
