//! What all signals share: the tables of `shared.toml` and `call.toml`.

use std::collections::{BTreeSet, HashMap};

use toml::Spanned;

use super::Loader;
use crate::error::ErrorKind;
use crate::fixed::Milli;
use crate::lexicon::WordList;
use crate::lexicon::detectors::{list as word_list, sequences, words as normal_words};
use crate::lexicon::model::*;
use crate::lexicon::phrase::{self, List};
use crate::lexicon::{BUILTIN, schema};
use crate::limits::LEXICON_WORDS;
use crate::names::Names;

/// The largest factor of a modifier.
const MAX_FACTOR: f64 = 10.0;

impl Loader {
    pub(super) fn shared_tables(&mut self, number: usize, file: &schema::File) {
        let shared = &mut self.shared;
        let words = |table: &Option<schema::WordsTable>| -> Vec<String> {
            table
                .iter()
                .flat_map(|t| &t.words)
                .map(|w| crate::text::normal(w.get_ref()))
                .collect()
        };
        shared.rules.marks.extend(words(&file.marks));
        shared.rules.abbreviations.extend(words(&file.abbreviations));
        shared.masked.extend(words(&file.masked));
        for (from, to) in &file.spellings {
            let from = crate::text::normal(from);
            if !from.contains(char::is_alphanumeric) {
                shared.rules.emoticons.insert(from.clone());
            }
            shared.spellings.insert(from, crate::text::normal(to.get_ref()));
        }
        let mut wrong = Vec::new();
        for (from, to) in &file.contractions {
            let opened: Vec<String> = to.get_ref().split_whitespace().map(crate::text::normal).collect();
            if (2..=4).contains(&opened.len()) {
                shared.contractions.insert(crate::text::normal(from), opened);
            } else {
                wrong.push((to.span(), "a contraction opens to two to four words"));
            }
        }
        for (from, to) in &file.endings {
            if from.contains('\'') && !to.get_ref().contains(' ') {
                shared.endings.retain(|e| e.0 != *from);
                shared
                    .endings
                    .push((crate::text::normal(from), crate::text::normal(to.get_ref())));
            } else {
                wrong.push((to.span(), "an ending has an apostrophe and opens to one word"));
            }
        }
        shared
            .endings
            .sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
        if let Some(t) = &file.transparent {
            for (list, from) in [(&mut shared.fillers, &t.fillers), (&mut shared.soft, &t.soft)] {
                for word in from {
                    if word.get_ref().contains(' ') {
                        wrong.push((word.span(), "fillers of several words belong into `sequences`"));
                    } else {
                        list.push(crate::text::normal(word.get_ref()));
                    }
                }
            }
            for sequence in &t.sequences {
                let words = phrase::plain_words(&shared.rules, sequence.get_ref());
                if (2..=4).contains(&words.len()) {
                    shared.sequences.push(words);
                } else {
                    wrong.push((sequence.span(), "a sequence has two to four words"));
                }
            }
        }
        if let Some(classes) = &file.classes {
            for (list, from) in [
                (&mut shared.numbers, &classes.number),
                (&mut shared.times, &classes.time),
                (&mut shared.moneys, &classes.money),
                (&mut shared.names, &classes.name),
            ] {
                list.extend(from.iter().map(|w| crate::text::normal(w.get_ref())));
            }
        }
        let mut faults = Vec::new();
        // A file with a signal keeps its lists to itself; the others share them.
        for (name, items) in &file.lists {
            let mut list = List::default();
            if let (None, Some(&known)) = (&file.signal, self.lists.shared.get(name)) {
                list = self.lists.lists[known].clone();
            }
            for item in items {
                match phrase::parse_item(item.get_ref(), &shared.rules) {
                    Ok(item) => list.push(item),
                    Err(fault) => faults.push((item.span(), fault.message)),
                }
            }
            self.words = self.words.saturating_add(list.size);
            if self.words > LEXICON_WORDS {
                let span = items.first().map_or(0..0, toml::Spanned::span);
                let message = format!("with this list the lexicons name more than {LEXICON_WORDS} words");
                self.problem(ErrorKind::Range, number, span, message);
                return;
            }
            let index = self.lists.lists.len();
            self.lists.lists.push(list);
            let names = if file.signal.is_some() {
                &mut self.sources[number].lists
            } else {
                &mut self.lists.shared
            };
            names.insert(name.clone(), index);
        }
        for (span, message) in wrong {
            self.problem(ErrorKind::Schema, number, span, message);
        }
        for (span, message) in faults {
            self.problem(ErrorKind::Phrase, number, span, message);
        }
    }

    /// All modifiers; a later one of the same id takes the place of an earlier one.
    pub(super) fn modifiers(&mut self) -> Vec<Modifier> {
        let mut all: Vec<Modifier> = Vec::new();
        for (file, t) in std::mem::take(&mut self.modifiers) {
            let kind = match t.kind.get_ref().as_str() {
                "scope" => ModifierKind::Scope,
                "contrast" => ModifierKind::Contrast,
                "question" => ModifierKind::Question,
                "capitals" => ModifierKind::Capitals,
                "exclamation" => ModifierKind::Exclamation,
                _ => {
                    self.problem(
                        ErrorKind::Schema,
                        file,
                        t.kind.span(),
                        "kind is scope, contrast, question, capitals or exclamation",
                    );
                    continue;
                }
            };
            let factor = self.number(file, &t.factor, -MAX_FACTOR..=MAX_FACTOR, "factor");
            let mut optional = |x: &Option<Spanned<f64>>, key| {
                x.as_ref()
                    .map(|x| self.number(file, x, -MAX_FACTOR..=MAX_FACTOR, key))
            };
            let factor_after = optional(&t.factor_after, "factor-after").unwrap_or(Milli::ONE);
            let flip = optional(&t.flip, "flip");
            let falloff = optional(&t.falloff, "falloff").unwrap_or(Milli::ONE);
            let modifier = Modifier {
                id: t.id.get_ref().clone(),
                kind,
                cues: self.phrases(file, &t.cues),
                except: self.phrases(file, &t.except),
                stops: self.phrases(file, &t.stops),
                side: self.side(file, t.side.as_ref(), Side::Before),
                words: t.words.as_ref().map_or(4, |w| self.window(file, w)),
                factor,
                factor_after,
                flip,
                falloff,
            };
            match all.iter().position(|m| m.id == modifier.id) {
                Some(known) => all[known] = modifier,
                None if all.len() < MAX_MODIFIERS => all.push(modifier),
                None => self.problem(
                    ErrorKind::Range,
                    file,
                    t.id.span(),
                    format!("at most {MAX_MODIFIERS} modifiers are possible"),
                ),
            }
        }
        // By id, so that products do not depend on the order of files.
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    }

    pub(super) fn call_rules(&mut self, numbers: &HashMap<String, u16>) -> Option<CallRules> {
        let table = match &self.call {
            Some((_, table)) => table.get_ref().clone(),
            None => default_call()?,
        };
        let own = self.call.as_ref().map(|(file, table)| (*file, table.span()));
        let mut gains = Vec::new();
        for (id, gain) in &table.anger.gains {
            // A signal that is switched off gains nothing.
            if let Some(&n) = numbers.get(id) {
                gains.push((n, Milli::nearest(*gain)));
            }
        }
        gains.sort_by_key(|g| g.0);
        let positive = table.anger.half_life_words > 0.0 && table.anger.scale > 0.0 && table.anger.most > 0.0;
        let rising = table.anger.bands.windows(2).all(|w| w[0].from < w[1].from)
            && table.anger.bands.first().is_some_and(|b| b.from == 0.0);
        if let (Some((file, span)), false) = (own.clone(), positive && rising && table.talk.silence_ms > 0) {
            self.problem(
                ErrorKind::Range,
                file,
                span,
                "half-life-words, scale, most and silence-ms must be above 0, and bands rise from 0",
            );
            return None;
        }
        // Signals that are switched off are left out.
        let signals = |ids: &[String]| {
            ids.iter()
                .filter_map(|id| numbers.get(id).copied())
                .collect::<Vec<u16>>()
        };
        let mut words = WordRules::default();
        if table.words.function.len() > MAX_CATEGORIES {
            if let Some((file, span)) = own {
                let message = format!("at most {MAX_CATEGORIES} categories of function words are possible");
                self.problem(ErrorKind::Range, file, span, message);
            }
            return None;
        }
        for (place, (id, list)) in (0..).zip(&table.words.function) {
            words.categories.push(id.clone());
            let own = list.iter().map(|w| (crate::text::normal(w), place));
            words.function.extend(own);
        }
        for group in &table.words.same {
            let mut group = group.iter().map(|w| crate::text::normal(w));
            let Some(first) = group.next() else { continue };
            words.same.extend(group.map(|w| (w, first.clone())));
        }
        words.we = normal_words(&table.words.we);
        words.me = normal_words(&table.words.me);
        let mut not = normal_words(&table.names.not);
        not.extend(
            words
                .function
                .keys()
                .chain(&self.shared.times)
                .chain(&self.shared.numbers)
                .cloned(),
        );
        let given: BTreeSet<&str> = self.shared.names.iter().map(String::as_str).collect();
        let names = NameRules {
            introductions: sequences(&table.names.introductions),
            openings: sequences(&table.names.openings),
            closings: word_list(&table.names.closings),
            asking: sequences(&table.names.asking),
            titles: word_list(&table.names.titles),
            not: WordList::new(not),
            given: Names::new(given),
        };
        Some(CallRules {
            words,
            promises: PromiseRules {
                made: signals(&table.promises.made),
                made_with_time: signals(&table.promises.made_with_time),
                broken: signals(&table.promises.broken),
                times: WordList::new(
                    self.shared
                        .times
                        .iter()
                        .cloned()
                        .chain(normal_words(&table.promises.units))
                        .collect(),
                ),
                joins: word_list(&table.promises.joins),
                at: word_list(&table.promises.at),
            },
            holds: signals(&table.talk.holds),
            numbers: WordList::new(self.shared.numbers.iter().cloned().collect()),
            names,
            half_life_words: table.anger.half_life_words,
            least_words: table.anger.least_words,
            negative_sentiment: Milli::nearest(table.anger.negative_sentiment),
            positive_sentiment: Milli::nearest(table.anger.positive_sentiment),
            learned: Milli::nearest(table.anger.learned),
            end_share: table.anger.end_share.clamp(0.0, 1.0),
            scale: table.anger.scale,
            most: Milli::nearest(table.anger.most),
            gains,
            bands: table.anger.bands.iter().map(|b| (b.id.clone(), b.from)).collect(),
            hysteresis: table.anger.hysteresis,
            turned: table.anger.turned,
            language: LanguageRules {
                jargon: numbers.get(&table.language.jargon).copied(),
                name: numbers.get(&table.language.name).copied(),
                formal: numbers.get(&table.language.formal).copied(),
            },
            anger_trend: table.anger.trend,
            sentiment_trend: table.sentiment.trend,
            silence_ms: table.talk.silence_ms,
        })
    }
}

/// The call's rules of the built-in set: they hold where no file gives others.
fn default_call() -> Option<schema::CallTable> {
    let (_, text) = BUILTIN.iter().find(|(name, _)| name.ends_with("call.toml"))?;
    Some(toml::from_str::<schema::File>(text).ok()?.call?.into_inner())
}
