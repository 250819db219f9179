//! Reads lexicon files, lays them over each other, and resolves every name.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;

use super::model::*;
use super::phrase::{self, List, ListTable, Phrase};
use super::{BUILTIN, conditions, schema};
use crate::error::{Error, ErrorKind, Place, Problem, did_you_mean};
use crate::fixed::{Milli, Score};
use crate::signal::{AlertPolicy, Severity, Signal};
use crate::transcript::{Role, Turn};

/// The largest weight, as log-odds.
const MAX_WEIGHT: f64 = 20.0;
/// The largest factor of a modifier.
const MAX_FACTOR: f64 = 10.0;

/// Lays lexicon files over each other, in the order given.
///
/// ```
/// let mine = r#"
///     schema = 1
///     [signal]
///     id = "refusal"
///     [[entry]]
///     id = "above-my-pay-grade"
///     phrases = ["above my pay grade"]
///     weight = 3.0
/// "#;
/// let lexicon = hackles::Lexicon::builder().builtin().file("mine.toml", mine).build()?;
/// assert!(lexicon.name().starts_with("en "));
/// # Ok::<(), hackles::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct LexiconBuilder {
    files: Vec<(Arc<str>, Arc<str>)>,
}

impl LexiconBuilder {
    /// Adds the built-in files.
    #[must_use]
    pub fn builtin(mut self) -> Self {
        self.files.extend(
            BUILTIN
                .iter()
                .map(|&(name, text)| (Arc::from(name), Arc::from(text))),
        );
        self
    }

    /// Adds a file: its name, for messages, and its text.
    #[must_use]
    pub fn file(mut self, name: &str, text: &str) -> Self {
        self.files.push((Arc::from(name), Arc::from(text)));
        self
    }

    /// Reads all files.
    ///
    /// # Errors
    /// All problems of all files: what does not follow the schema, phrases that are not well-formed, unknown names,
    /// circles of conditions, numbers out of range; each with its file, line and column.
    pub fn build(self) -> Result<Lexicon, Error> {
        let mut loader = Loader::default();
        for (name, text) in &self.files {
            loader.read(name, text);
        }
        loader.finish(&self.files)
    }
}

/// A file with the lists that its phrases may name.
struct Source {
    name: Arc<str>,
    text: Arc<str>,
    lists: BTreeMap<String, usize>,
}

/// A signal while files are laid over each other: tables with the number of the file they stand in.
struct Draft {
    header: Vec<(usize, schema::SignalTable)>,
    entries: Vec<(usize, schema::EntryTable)>,
    features: Vec<(usize, schema::FeatureTable)>,
    detector: Option<(usize, Spanned<toml::Table>)>,
    examples: Vec<(usize, schema::ExampleTable)>,
    off: bool,
}

#[derive(Default)]
struct Loader {
    sources: Vec<Source>,
    drafts: BTreeMap<String, Draft>,
    shared: Shared,
    lists: ListTable,
    modifiers: Vec<(usize, schema::ModifierTable)>,
    call: Option<(usize, Spanned<schema::CallTable>)>,
    problems: Vec<Problem>,
}

pub(super) fn unknown_signal<'a>(
    id: &str,
    ids: impl IntoIterator<Item = &'a str>,
    place: Option<Place>,
) -> Error {
    let message = format!("unknown signal \"{id}\"{}", did_you_mean(id, ids));
    Error::new(vec![Problem {
        kind: ErrorKind::UnknownName,
        place,
        message,
    }])
}

impl Loader {
    fn problem(&mut self, kind: ErrorKind, file: usize, span: Range<usize>, message: impl Into<String>) {
        let source = &self.sources[file];
        let place = Some(Place::at(&source.name, &source.text, span.start));
        self.problems.push(Problem {
            kind,
            place,
            message: message.into(),
        });
    }

    fn read(&mut self, name: &Arc<str>, text: &Arc<str>) {
        let number = self.sources.len();
        self.sources.push(Source {
            name: Arc::clone(name),
            text: Arc::clone(text),
            lists: BTreeMap::new(),
        });
        let file: schema::File = match toml::from_str(text) {
            Ok(file) => file,
            Err(e) => {
                let span = e.span().unwrap_or(0..0);
                self.problem(ErrorKind::Schema, number, span, schema_message(e.message()));
                return;
            }
        };
        if *file.schema.get_ref() != 1 {
            self.problem(
                ErrorKind::Schema,
                number,
                file.schema.span(),
                "this version reads schema = 1",
            );
            return;
        }
        self.shared_tables(number, &file);
        self.modifiers
            .extend(file.modifier.into_iter().map(|m| (number, m)));
        if let Some(call) = file.call {
            self.call = Some((number, call));
        }
        let Some(header) = file.signal else {
            if let Some(entry) = file.entry.first() {
                self.problem(
                    ErrorKind::Schema,
                    number,
                    entry.id.span(),
                    "entries need a [signal] in the same file",
                );
            }
            return;
        };
        let draft = self
            .drafts
            .entry(header.id.get_ref().clone())
            .or_insert_with(Draft::new);
        if header.replace {
            *draft = Draft::new();
        }
        draft.off = header.off;
        draft.header.push((number, header));
        let mut twice = Vec::new();
        for entry in file.entry {
            let known = draft
                .entries
                .iter_mut()
                .find(|(_, e)| e.id.get_ref() == entry.id.get_ref());
            match known {
                Some(known) if known.0 == number => twice.push(entry.id),
                Some(known) => *known = (number, entry),
                None => draft.entries.push((number, entry)),
            }
        }
        for feature in file.feature {
            let known = draft
                .features
                .iter_mut()
                .find(|(_, e)| e.id.get_ref() == feature.id.get_ref());
            match known {
                Some(known) if known.0 == number => twice.push(feature.id),
                Some(known) => *known = (number, feature),
                None => draft.features.push((number, feature)),
            }
        }
        if let Some(detector) = file.detector {
            draft.detector = Some((number, detector));
        }
        draft
            .examples
            .extend(file.example.into_iter().map(|e| (number, e)));
        for id in twice {
            let message = format!("entry \"{}\" stands twice in this file", id.get_ref());
            self.problem(ErrorKind::Duplicate, number, id.span(), message);
        }
    }

    fn shared_tables(&mut self, number: usize, file: &schema::File) {
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
                    Ok(phrase::ListItem::Word(word)) => list.singles.push(word),
                    Ok(phrase::ListItem::Phrase(phrase)) => list.longer.push(phrase),
                    Err(fault) => faults.push((item.span(), fault.message)),
                }
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

    fn finish(mut self, files: &[(Arc<str>, Arc<str>)]) -> Result<Lexicon, Error> {
        self.shared.modifiers = self.modifiers();
        self.drafts.retain(|_, d| !d.off);
        let ids: Vec<String> = self.drafts.keys().cloned().collect();
        let number: HashMap<String, u16> = (0..).zip(&ids).map(|(i, id)| (id.clone(), i)).collect();
        if ids.len() > MAX_SIGNALS {
            let message = format!("{} signals; at most {MAX_SIGNALS} are possible", ids.len());
            self.problems.push(Problem {
                kind: ErrorKind::Range,
                place: None,
                message,
            });
            return Err(Error::new(self.problems));
        }
        let drafts: Vec<Draft> = std::mem::take(&mut self.drafts).into_values().collect();
        let mut signals = Vec::new();
        let mut traits = Vec::new();
        let mut entries: Vec<Entry> = Vec::new();
        let mut places = Vec::new();
        for (index, draft) in (0..).zip(&drafts) {
            let (signal, ignore) = self.header(&ids[usize::from(index)], draft, &number);
            let first = entries.len() as u32;
            let mut own: Vec<(usize, &schema::EntryTable)> =
                draft.entries.iter().map(|(f, e)| (*f, e)).collect();
            own.sort_by(|a, b| a.1.id.get_ref().cmp(b.1.id.get_ref()));
            for (file, table) in own.into_iter().filter(|(_, t)| !t.off) {
                if let Some(entry) = self.entry(file, table, index, ignore, &number) {
                    places.push((file, table.id.span()));
                    entries.push(entry);
                }
            }
            let detector = self.detector(draft, index, &mut entries);
            places.resize(entries.len(), (draft.header[0].0, draft.header[0].1.id.span()));
            let range = first..entries.len() as u32;
            let over_turns = entries[first as usize..].iter().any(|e| e.over.is_some());
            traits.push(SignalTraits {
                entries: range,
                detector,
                over_turns,
                ..SignalTraits::default()
            });
            signals.push(signal);
        }
        let mut examples = Vec::new();
        for (index, draft) in (0..).zip(&drafts) {
            for (file, table) in &draft.examples {
                let own = traits[usize::from(index)].entries.clone();
                examples.extend(self.example(*file, table, index, &entries, own));
            }
        }
        let call = self.call_rules(&number);
        let order = match conditions::order(&ids, &entries, &mut traits) {
            Ok(order) => order,
            Err(fault) => {
                let (file, span) = places[fault.entry].clone();
                self.problem(fault.kind, file, span, fault.message);
                Vec::new()
            }
        };
        if !self.problems.is_empty() {
            return Err(Error::new(self.problems));
        }
        self.shared.lists = self.lists.lists;
        Ok(Lexicon {
            name: format!("en {} {:016x}", env!("CARGO_PKG_VERSION"), hash(files)),
            signals,
            traits,
            entries,
            shared: self.shared,
            call: call.expect("no problem, so there are rules"),
            examples,
            order,
        })
    }

    fn header(&mut self, id: &str, draft: &Draft, numbers: &HashMap<String, u16>) -> (Signal, u64) {
        let (first_file, first) = (draft.header[0].0, &draft.header[0].1);
        let at = first.id.span();
        if id.is_empty()
            || !id
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        {
            self.problem(
                ErrorKind::Schema,
                first_file,
                at.clone(),
                "an id has small letters, digits and \"_\" only",
            );
        }
        let mut signal = Signal {
            id: id.to_owned(),
            speaker: None,
            severity: Severity::Info,
            title: String::new(),
            summary: String::new(),
            why: String::new(),
            hint: String::new(),
            bias: Milli(-2000),
            threshold: Score(5000),
            alert: None,
        };
        let mut ignore = 0;
        for (file, table) in &draft.header {
            if let Some(speaker) = &table.speaker {
                match speaker.get_ref().as_str() {
                    "agent" => signal.speaker = Some(Role::Agent),
                    "customer" => signal.speaker = Some(Role::Customer),
                    "any" => signal.speaker = None,
                    _ => self.problem(
                        ErrorKind::Schema,
                        *file,
                        speaker.span(),
                        "speaker is agent, customer or any",
                    ),
                }
            }
            if let Some(severity) = &table.severity {
                match severity.get_ref().as_str() {
                    "bad" => signal.severity = Severity::Bad,
                    "good" => signal.severity = Severity::Good,
                    "info" => signal.severity = Severity::Info,
                    _ => self.problem(
                        ErrorKind::Schema,
                        *file,
                        severity.span(),
                        "severity is bad, good or info",
                    ),
                }
            }
            for (to, from) in [
                (&mut signal.title, &table.title),
                (&mut signal.summary, &table.summary),
                (&mut signal.why, &table.why),
                (&mut signal.hint, &table.hint),
            ] {
                if let Some(text) = from {
                    to.clone_from(text);
                }
            }
            if let Some(bias) = &table.bias {
                signal.bias = self.number(*file, bias, -MAX_WEIGHT..=MAX_WEIGHT, "bias");
            }
            if let Some(threshold) = &table.threshold {
                signal.threshold = self.score(*file, threshold, "threshold");
            }
            if let Some(names) = &table.ignore {
                ignore = self.modifier_set(*file, names);
            }
            if let Some(alert) = &table.alert {
                signal.alert = Some(self.alert(*file, alert, numbers));
            }
        }
        let missing = [
            ("speaker", first.speaker.is_none()),
            ("severity", first.severity.is_none()),
            ("title", signal.title.is_empty()),
            ("summary", signal.summary.is_empty()),
        ];
        for (key, _) in missing.into_iter().filter(|m| m.1) {
            self.problem(
                ErrorKind::Schema,
                first_file,
                at.clone(),
                format!("signal \"{id}\" needs a {key}"),
            );
        }
        (signal, ignore)
    }

    fn alert(
        &mut self,
        file: usize,
        table: &schema::AlertTable,
        numbers: &HashMap<String, u16>,
    ) -> AlertPolicy {
        let mut policy = AlertPolicy::default();
        for (to, from, key) in [
            (&mut policy.cooldown_ms, &table.cooldown_ms, "cooldown-ms"),
            (&mut policy.defer_ms, &table.defer_ms, "defer-ms"),
        ] {
            if let Some(ms) = from {
                *to = *ms.get_ref();
                if *to < 0 {
                    self.problem(
                        ErrorKind::Range,
                        file,
                        ms.span(),
                        format!("{key} may not be negative"),
                    );
                }
            }
        }
        if let Some(most) = &table.most_per_call {
            match u32::try_from(*most.get_ref()) {
                Ok(n) => policy.most_per_call = Some(n),
                Err(_) => self.problem(ErrorKind::Range, file, most.span(), "most-per-call is 0 or more"),
            }
        }
        if let Some(below) = &table.rearm_below {
            policy.rearm_below = Some(self.score(file, below, "rearm-below"));
        }
        for name in &table.cancelled_by {
            match numbers.get(name.get_ref()) {
                Some(_) => policy.cancelled_by.push(name.get_ref().clone()),
                None => self.unknown(file, name.span(), name.get_ref(), numbers),
            }
        }
        policy
    }

    fn unknown(&mut self, file: usize, span: Range<usize>, id: &str, numbers: &HashMap<String, u16>) {
        let mut ids: Vec<&str> = numbers.keys().map(String::as_str).collect();
        ids.sort_unstable();
        let message = format!("unknown signal \"{id}\"{}", did_you_mean(id, ids));
        self.problem(ErrorKind::UnknownName, file, span, message);
    }

    fn number(
        &mut self,
        file: usize,
        x: &Spanned<f64>,
        range: std::ops::RangeInclusive<f64>,
        key: &str,
    ) -> Milli {
        if !range.contains(x.get_ref()) {
            let message = format!("{key} must lie between {} and {}", range.start(), range.end());
            self.problem(ErrorKind::Range, file, x.span(), message);
        }
        Milli::nearest(*x.get_ref())
    }

    fn score(&mut self, file: usize, x: &Spanned<f64>, key: &str) -> Score {
        if !(0.0..=1.0).contains(x.get_ref()) {
            self.problem(
                ErrorKind::Range,
                file,
                x.span(),
                format!("{key} must lie between 0 and 1"),
            );
        }
        Score::nearest(*x.get_ref())
    }

    fn modifier_set(&mut self, file: usize, names: &[Spanned<String>]) -> u64 {
        let mut set = 0;
        for name in names {
            match self.shared.modifiers.iter().position(|m| m.id == *name.get_ref()) {
                Some(i) => set |= 1 << i,
                None => {
                    let hint = did_you_mean(
                        name.get_ref(),
                        self.shared.modifiers.iter().map(|m| m.id.as_str()),
                    );
                    let message = format!("unknown modifier \"{}\"{hint}", name.get_ref());
                    self.problem(ErrorKind::UnknownName, file, name.span(), message);
                }
            }
        }
        set
    }

    fn phrases(&mut self, file: usize, phrases: &[Spanned<String>]) -> Vec<Phrase> {
        let mut all = Vec::new();
        for phrase in phrases {
            let own = &self.sources[file].lists;
            let parsed = phrase::parse(phrase.get_ref(), &self.lists.with(own), &self.shared.rules);
            match parsed {
                Ok(phrase) => all.push(phrase),
                Err(fault) => {
                    let span = phrase.span();
                    // The text begins behind the quote; with escapes in it the column is only near.
                    let at = (span.start + 1 + fault.at).min(span.end);
                    self.problem(ErrorKind::Phrase, file, at..at, fault.message);
                }
            }
        }
        all
    }

    fn entry(
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
        if kinds.iter().filter(|&&k| k).count() != 1 {
            let message =
                format!("entry \"{id}\" needs exactly one of phrases, regex, sequence, absent, count");
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
            match regex::RegexBuilder::new(r.get_ref()).size_limit(1 << 20).build() {
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
        let mut conditions =
            |table: &Option<Spanned<schema::OneOrMany<schema::ConditionTable>>>| -> Vec<Condition> {
                let Some(table) = table else { return Vec::new() };
                let read = |c| conditions::condition(c, numbers);
                table
                    .get_ref()
                    .0
                    .iter()
                    .filter_map(|c| {
                        read(c)
                            .map_err(|e| self.problem(e.0, file, table.span(), e.1))
                            .ok()
                    })
                    .collect()
            };
        let unless = conditions(&t.unless);
        let only_if = conditions(&t.only_if);
        let over = match (&t.sequence, &t.absent, &t.count) {
            (Some(s), ..) => Some((s.span(), conditions::sequence(s.get_ref(), numbers))),
            (_, Some(a), _) => Some((a.span(), conditions::absent(a.get_ref(), numbers))),
            (.., Some(c)) => Some((c.span(), conditions::count(c.get_ref(), numbers))),
            _ => None,
        };
        let over = over.and_then(|(span, read)| read.map_err(|e| self.problem(e.0, file, span, e.1)).ok());
        Some(Entry {
            id: id.clone(),
            signal,
            weight,
            additive: t.additive,
            flips: t.flips,
            ignore: ignore | own,
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
            note: t.note.clone(),
        })
    }

    fn window(&mut self, file: usize, words: &Spanned<i64>) -> u8 {
        match u8::try_from(*words.get_ref()) {
            Ok(n @ 1..=16) => n,
            _ => {
                self.problem(ErrorKind::Range, file, words.span(), "a window has 1 to 16 words");
                1
            }
        }
    }

    fn side(&mut self, file: usize, side: Option<&Spanned<String>>, default: Side) -> Side {
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

    /// All modifiers; a later one of the same id takes the place of an earlier one.
    fn modifiers(&mut self) -> Vec<Modifier> {
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

    fn detector(&mut self, draft: &Draft, signal: u16, entries: &mut Vec<Entry>) -> Option<Detector> {
        let first = entries.len() as u32;
        let mut features = BTreeMap::new();
        for (file, feature) in &draft.features {
            let weight = self.number(*file, &feature.weight, -MAX_WEIGHT..=MAX_WEIGHT, "weight");
            features.insert(feature.id.get_ref().clone(), entries.len() as u32);
            let note = feature.note.clone();
            entries.push(Entry::bare(feature.id.get_ref(), signal, weight, note));
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
        let read = crate::turns::detector(table.get_ref(), &features);
        match read {
            Ok(detector) => {
                let known: Vec<&str> = detector.features();
                for (file, feature) in &draft.features {
                    if !known.contains(&feature.id.get_ref().as_str()) {
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

    fn call_rules(&mut self, numbers: &HashMap<String, u16>) -> Option<CallRules> {
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
        if let (Some((file, span)), false) = (own, positive && rising && table.talk.silence_ms > 0) {
            self.problem(
                ErrorKind::Range,
                file,
                span,
                "half-life-words, scale, most and silence-ms must be above 0, and bands rise from 0",
            );
            return None;
        }
        Some(CallRules {
            half_life_words: table.anger.half_life_words,
            scale: table.anger.scale,
            most: Milli::nearest(table.anger.most),
            gains,
            bands: table.anger.bands.iter().map(|b| (b.id.clone(), b.from)).collect(),
            hysteresis: table.anger.hysteresis,
            anger_trend: table.anger.trend,
            sentiment_trend: table.sentiment.trend,
            silence_ms: table.talk.silence_ms,
        })
    }

    fn example(
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
        let fires: Vec<String> = t.fires.iter().flat_map(|f| f.get_ref().0.clone()).collect();
        if fires.is_empty() == t.silent.is_none() {
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
    }
}

/// The call's rules of the built-in set: they hold where no file gives others.
fn default_call() -> Option<schema::CallTable> {
    let (_, text) = BUILTIN.iter().find(|(name, _)| name.ends_with("call.toml"))?;
    Some(toml::from_str::<schema::File>(text).ok()?.call?.into_inner())
}

impl Draft {
    fn new() -> Self {
        Draft {
            header: Vec::new(),
            entries: Vec::new(),
            features: Vec::new(),
            detector: None,
            examples: Vec::new(),
            off: false,
        }
    }
}

impl Entry {
    /// An entry that only a detector gives evidence for.
    fn bare(id: &str, signal: u16, weight: Milli, note: Option<String>) -> Entry {
        Entry {
            id: id.to_owned(),
            signal,
            weight,
            additive: true,
            flips: false,
            ignore: u64::MAX,
            phrases: Vec::new(),
            regex: None,
            needs: Vec::new(),
            not_in: Vec::new(),
            near: None,
            first_ms: None,
            after_ms: None,
            unless: Vec::new(),
            only_if: Vec::new(),
            over: None,
            note,
        }
    }
}

/// `unknown field …, expected one of …` with the nearest name.
fn schema_message(message: &str) -> String {
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match names.split_first() {
        Some((wrong, known)) if message.starts_with("unknown field") => {
            format!(
                "unknown key \"{wrong}\"{}",
                did_you_mean(wrong, known.iter().copied())
            )
        }
        _ => message.trim().replace('\n', "; "),
    }
}

/// FNV-1a over the texts of all files, in order.
fn hash(files: &[(Arc<str>, Arc<str>)]) -> u64 {
    let bytes = files.iter().flat_map(|(_, text)| text.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    })
}
