//! Entries, features and examples of a signal.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;

use super::{Draft, Loader, MAX_WEIGHT};
use crate::error::{ErrorKind, did_you_mean};
use crate::fixed::Milli;
use crate::lexicon::detectors::{self, Detector};
use crate::lexicon::expression::Expression;
use crate::lexicon::model::*;
use crate::lexicon::{conditions, schema};
use crate::limits::{EXPRESSION_BYTES, EXPRESSIONS};
use crate::transcript::Turn;

impl Loader {
    pub(super) fn entry(
        &mut self,
        file: usize,
        t: &schema::EntryTable,
        signal: u16,
        ignore: u64,
        numbers: &HashMap<String, u16>,
    ) -> Option<Entry> {
        let id = t.id.get_ref();
        let at = t.id.span();
        if id.is_empty()
            || !id
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        {
            self.problem(
                ErrorKind::Schema,
                file,
                at.clone(),
                "an entry's id has small letters, digits and \"-\" only",
            );
        }
        let kinds = [
            !t.phrases.is_empty(),
            t.regex.is_some(),
            t.sequence.is_some(),
            t.absent.is_some(),
            t.count.is_some(),
        ];
        let kinds = kinds.iter().filter(|&&k| k).count();
        let beside = kinds == 0 && (t.unless.is_some() || t.only_if.is_some());
        if kinds != 1 && !beside {
            let message = format!(
                "entry \"{id}\" needs exactly one of phrases, regex, sequence, absent, count, or conditions alone"
            );
            self.problem(ErrorKind::Schema, file, at, message);
            return None;
        }
        let Some(weight) = &t.weight else {
            self.problem(
                ErrorKind::Schema,
                file,
                at,
                format!("entry \"{id}\" needs a weight"),
            );
            return None;
        };
        let weight = self.number(file, weight, -MAX_WEIGHT..=MAX_WEIGHT, "weight");
        let regex = t.regex.as_ref().and_then(|r| {
            if t.needs.is_empty() {
                self.problem(
                    ErrorKind::Schema,
                    file,
                    r.span(),
                    "a regex needs phrases in `needs`: it runs only where one of them occurs",
                );
            }
            self.expressions += 1;
            if r.get_ref().len() > EXPRESSION_BYTES || self.expressions == EXPRESSIONS + 1 {
                let message = format!(
                    "at most {EXPRESSIONS} regular expressions of at most {EXPRESSION_BYTES} bytes are possible"
                );
                self.problem(ErrorKind::Range, file, r.span(), message);
            }
            if self.expressions > EXPRESSIONS || r.get_ref().len() > EXPRESSION_BYTES {
                return None;
            }
            match Expression::new(r.get_ref()) {
                Ok(regex) => Some(regex),
                Err(e) => {
                    let text = e.to_string();
                    let last = text
                        .lines()
                        .last()
                        .unwrap_or_default()
                        .trim_start_matches("error: ")
                        .to_owned();
                    self.problem(
                        ErrorKind::Phrase,
                        file,
                        r.span(),
                        format!("not a regular expression: {last}"),
                    );
                    None
                }
            }
        });
        let near = t.near.as_ref().map(|n| Near {
            phrases: self.phrases(file, &n.phrases),
            words: self.window(file, &n.words),
            side: self.side(file, n.side.as_ref(), Side::Either),
        });
        let own = self.modifier_set(file, &t.ignore);
        let unless = self.conditions(file, &t.unless, numbers);
        let only_if = self.conditions(file, &t.only_if, numbers);
        let over = match (&t.sequence, &t.absent, &t.count) {
            (Some(s), ..) => Some((s.span(), conditions::sequence(s.get_ref(), numbers))),
            (_, Some(a), _) => Some((a.span(), conditions::absent(a.get_ref(), numbers))),
            (.., Some(c)) => Some((c.span(), conditions::count(c.get_ref(), numbers))),
            _ => None,
        };
        let over = over.and_then(|(span, read)| read.map_err(|e| self.problem(e.0, file, span, e.1)).ok());
        let over = if beside { Some(OverTurns::Beside) } else { over };
        let more = Particulars {
            id: id.clone(),
            phrases: self.phrases(file, &t.phrases),
            regex,
            needs: self.phrases(file, &t.needs),
            not_in: self.phrases(file, &t.not_in),
            near,
            first_ms: t.first_ms.as_ref().map(|x| *x.get_ref()),
            after_ms: t.after_ms.as_ref().map(|x| *x.get_ref()),
            unless,
            only_if,
            over,
            hint: t.hint.as_deref().map(Arc::from),
            note: t.note.clone(),
            fixed: t.fixed,
            file: file as u16,
            at: t.id.span().start as u32,
        };
        Some(Entry {
            signal,
            weight,
            additive: t.additive,
            flips: t.flips,
            fitted: false,
            yields: false,
            ignore: ignore | own,
            more: Some(Arc::new(more)),
        })
    }

    /// Phrases with learned weights, each an entry that adds to whatever else counts.
    pub(super) fn terms(&mut self, draft: &Draft, signal: u16, ignore: u64, entries: &mut Vec<Entry>) {
        let mut terms = BTreeMap::new();
        for (file, table) in &draft.fitted {
            let ignore = ignore | self.modifier_set(*file, &table.ignore);
            let own = table.terms.iter();
            let yields = table.yields;
            terms.extend(
                own.map(|(phrase, weight)| (phrase.get_ref(), (*file, phrase, weight, ignore, yields))),
            );
        }
        for (file, phrase, weight, ignore, yields) in terms.into_values() {
            let weight = self.number(file, weight, -MAX_WEIGHT..=MAX_WEIGHT, "weight");
            let phrases = self.phrases(file, std::slice::from_ref(phrase));
            // A weight of nought switches a term of an earlier file off.
            if weight == Milli::ZERO || phrases.is_empty() {
                continue;
            }
            let more = Particulars {
                id: format!("{TERM}{}", phrase.get_ref()),
                phrases,
                file: file as u16,
                at: phrase.span().start as u32,
                ..Particulars::default()
            };
            entries.push(Entry {
                ignore,
                fitted: true,
                yields,
                ..Entry::additive(signal, weight, more)
            });
        }
    }

    fn conditions(
        &mut self,
        file: usize,
        table: &Option<Spanned<schema::OneOrMany<schema::ConditionTable>>>,
        numbers: &HashMap<String, u16>,
    ) -> Vec<Condition> {
        let Some(table) = table else { return Vec::new() };
        let mut all = Vec::new();
        for condition in &table.get_ref().0 {
            match conditions::condition(condition, numbers) {
                Ok(condition) => all.push(condition),
                Err((kind, message)) => self.problem(kind, file, table.span(), message),
            }
        }
        all
    }

    /// Conditions of a header hold for all entries of the signal.
    pub(super) fn signal_conditions(
        &mut self,
        draft: &Draft,
        own: &mut [Entry],
        numbers: &HashMap<String, u16>,
    ) {
        let last = |pick: fn(
            &schema::SignalTable,
        ) -> &Option<Spanned<schema::OneOrMany<schema::ConditionTable>>>| {
            draft.header.iter().rev().find(|(_, t)| pick(t).is_some())
        };
        if let Some((file, table)) = last(|t| &t.unless) {
            let unless = self.conditions(*file, &table.unless, numbers);
            own.iter_mut().for_each(|e| e.unless.extend(&unless));
        }
        if let Some((file, table)) = last(|t| &t.only_if) {
            let only_if = self.conditions(*file, &table.only_if, numbers);
            own.iter_mut().for_each(|e| e.only_if.extend(&only_if));
        }
    }

    pub(super) fn window(&mut self, file: usize, words: &Spanned<i64>) -> u8 {
        match u8::try_from(*words.get_ref()) {
            Ok(n @ 1..=16) => n,
            _ => {
                self.problem(ErrorKind::Range, file, words.span(), "a window has 1 to 16 words");
                1
            }
        }
    }

    pub(super) fn side(&mut self, file: usize, side: Option<&Spanned<String>>, default: Side) -> Side {
        match side.map(|s| (s, s.get_ref().as_str())) {
            None => default,
            Some((_, "before")) => Side::Before,
            Some((_, "after")) => Side::After,
            Some((_, "either")) => Side::Either,
            Some((s, _)) => {
                self.problem(
                    ErrorKind::Schema,
                    file,
                    s.span(),
                    "side is before, after or either",
                );
                default
            }
        }
    }

    pub(super) fn detector(
        &mut self,
        draft: &Draft,
        signal: u16,
        entries: &mut Vec<Entry>,
        numbers: &HashMap<String, u16>,
    ) -> Option<Detector> {
        let first = entries.len() as u32;
        let mut features = BTreeMap::new();
        for (file, feature) in &draft.features {
            let weight = self.number(*file, &feature.weight, -MAX_WEIGHT..=MAX_WEIGHT, "weight");
            features.insert(feature.id.get_ref().clone(), entries.len() as u32);
            let more = Particulars {
                id: feature.id.get_ref().clone(),
                unless: self.conditions(*file, &feature.unless, numbers),
                only_if: self.conditions(*file, &feature.only_if, numbers),
                note: feature.note.clone(),
                file: *file as u16,
                at: feature.id.span().start as u32,
                ..Particulars::default()
            };
            entries.push(Entry::additive(signal, weight, more));
        }
        let Some((file, table)) = &draft.detector else {
            if let Some((file, feature)) = draft.features.first() {
                self.problem(
                    ErrorKind::Schema,
                    *file,
                    feature.id.span(),
                    "features need a [detector]",
                );
            }
            return None;
        };
        let read = detectors::read(table.get_ref(), &features, numbers);
        match read {
            Ok(detector) => {
                let known = detector.features();
                for (file, feature) in &draft.features {
                    if !known.iter().any(|k| k == feature.id.get_ref()) {
                        let hint = did_you_mean(feature.id.get_ref(), known.iter().copied());
                        let message =
                            format!("this detector has no feature \"{}\"{hint}", feature.id.get_ref());
                        self.problem(ErrorKind::UnknownName, *file, feature.id.span(), message);
                    }
                }
                debug_assert!(first as usize <= entries.len());
                Some(detector)
            }
            Err(message) => {
                self.problem(ErrorKind::Schema, *file, table.span(), message);
                None
            }
        }
    }

    pub(super) fn example(
        &mut self,
        file: usize,
        t: &schema::ExampleTable,
        signal: u16,
        entries: &[Entry],
        own: Range<u32>,
    ) -> Option<Example> {
        let (speaker, text) = match (&t.agent, &t.customer) {
            (Some(text), None) => ("agent", text),
            (None, Some(text)) => ("customer", text),
            (Some(x), Some(_)) => {
                self.problem(
                    ErrorKind::Schema,
                    file,
                    x.span(),
                    "an example has one speaker: agent or customer",
                );
                return None;
            }
            (None, None) => {
                let source = &self.sources[file];
                let at = source.text.find("[[example]]").unwrap_or(0);
                self.problem(
                    ErrorKind::Schema,
                    file,
                    at..at,
                    "an example needs a line: agent = \"…\" or customer = \"…\"",
                );
                return None;
            }
        };
        let fires = t.fires.as_ref().and_then(|f| match f.get_ref() {
            schema::FiresTable::Somehow(fires) => fires.then(Vec::new),
            schema::FiresTable::Quote(quote) => Some(vec![quote.clone()]),
            schema::FiresTable::Quotes(quotes) => Some(quotes.clone()),
        });
        if fires.is_some() == t.silent.is_some() {
            self.problem(
                ErrorKind::Schema,
                file,
                text.span(),
                "an example says either `fires` or `silent = true`",
            );
            return None;
        }
        let entry = match &t.entry {
            None => None,
            Some(id) => match own.clone().find(|&e| entries[e as usize].id == *id.get_ref()) {
                Some(e) => Some(e),
                None => {
                    let hint = did_you_mean(id.get_ref(), own.map(|e| entries[e as usize].id.as_str()));
                    self.problem(
                        ErrorKind::UnknownName,
                        file,
                        id.span(),
                        format!("unknown entry \"{}\"{hint}", id.get_ref()),
                    );
                    return None;
                }
            },
        };
        let line = |l: &schema::LineTable| {
            let (speaker, text) = match (&l.agent, &l.customer) {
                (Some(text), _) => ("agent", text),
                (_, Some(text)) => ("customer", text),
                _ => ("", &String::new()) as (&str, &String),
            };
            turn(speaker, text, l.times)
        };
        let mut turns: Vec<Turn> = t.before.iter().map(line).collect();
        let at = turns.len();
        turns.push(turn(speaker, text.get_ref(), t.times));
        turns.extend(t.after.iter().map(line));
        let source = &self.sources[file];
        Some(Example {
            file: Arc::clone(&source.name),
            source: Arc::clone(&source.text),
            offset: text.span().start,
            signal,
            turns,
            at,
            fires,
            entry,
        })
    }
}

fn turn(speaker: &str, text: &str, times: Option<[i64; 2]>) -> Turn {
    Turn {
        speaker: speaker.to_owned(),
        start_ms: times.map(|t| t[0]),
        end_ms: times.map(|t| t[1]),
        text: text.to_owned(),
        words: Vec::new(),
    }
}

impl Entry {
    /// An entry that adds to whatever else counts, and that no modifier changes.
    fn additive(signal: u16, weight: Milli, more: Particulars) -> Entry {
        Entry {
            signal,
            weight,
            additive: true,
            ignore: u64::MAX,
            more: Some(Arc::new(more)),
            ..Entry::default()
        }
    }
}
