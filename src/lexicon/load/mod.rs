//! Reads lexicon files, lays them over each other, and resolves every name.

mod entries;
mod shared;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;

use super::model::*;
use super::phrase::{self, ListTable, Phrase};
use super::practices::{MAX_PRACTICES, Practice, PracticeTable};
use super::{BUILTIN, conditions, schema};
use crate::error::{Error, ErrorKind, Place, Problem, did_you_mean};
use crate::fixed::{Milli, Score};
use crate::limits::{ENTRIES, LEXICON_BYTES, LEXICON_FILE_BYTES, LEXICON_FILES, LEXICON_WORDS, PROBLEMS};
use crate::signal::{AlertPolicy, Severity, Signal};
use crate::transcript::Role;

/// The largest weight, as log-odds.
const MAX_WEIGHT: f64 = 20.0;
/// What a message may quote of a file is cut there.
const MESSAGE_CHARS: usize = 500;

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
        self.check_sizes()?;
        let mut loader = Loader::default();
        for (name, text) in &self.files {
            loader.read(name, text);
        }
        loader.finish(&self.files)
    }

    fn check_sizes(&self) -> Result<(), Error> {
        let fault = |file: Option<&(Arc<str>, Arc<str>)>, message: String| {
            let place = file.map(|(name, text)| Place::at(name, text, 0));
            Err(range(place, message))
        };
        if self.files.len() > LEXICON_FILES {
            let message = format!("{} files; at most {LEXICON_FILES} are possible", self.files.len());
            return fault(None, message);
        }
        let large = self
            .files
            .iter()
            .find(|(_, text)| text.len() > LEXICON_FILE_BYTES);
        if let Some((_, text)) = large {
            let message = format!("{} bytes; a file has at most {LEXICON_FILE_BYTES}", text.len());
            return fault(large, message);
        }
        let sum: usize = self.files.iter().map(|(_, text)| text.len()).sum();
        if sum > LEXICON_BYTES {
            return fault(
                None,
                format!("{sum} bytes in all files; at most {LEXICON_BYTES} are possible"),
            );
        }
        Ok(())
    }
}

/// An error of one bound that is exceeded.
fn range(place: Option<Place>, message: String) -> Error {
    Error::new(vec![Problem {
        kind: ErrorKind::Range,
        place,
        message,
    }])
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
    /// Where those of an id stand.
    entry_places: HashMap<String, usize>,
    feature_places: HashMap<String, usize>,
    detector: Option<(usize, Spanned<toml::Table>)>,
    examples: Vec<(usize, schema::ExampleTable)>,
    fitted: Vec<(usize, schema::FittedTable)>,
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
    practices: Vec<(usize, PracticeTable)>,
    /// Words that phrases name, and regular expressions, so far.
    words: usize,
    expressions: usize,
    problems: Vec<Problem>,
}

impl Loader {
    fn problem(&mut self, kind: ErrorKind, file: usize, span: Range<usize>, message: impl Into<String>) {
        let source = &self.sources[file];
        let mut message = message.into();
        if self.problems.len() == PROBLEMS {
            message = "and more problems behind this one".into();
        } else if self.problems.len() > PROBLEMS {
            return;
        }
        if let Some((cut, _)) = message.char_indices().nth(MESSAGE_CHARS) {
            message.truncate(cut);
            message.push('…');
        }
        let place = Some(Place::at(&source.name, &source.text, span.start));
        self.problems.push(Problem { kind, place, message });
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
        self.practices
            .extend(file.practice.into_iter().map(|p| (number, p)));
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
        let (entries, features) = (&mut draft.entries, &mut draft.features);
        for entry in file.entry {
            let at = *draft
                .entry_places
                .entry(entry.id.get_ref().clone())
                .or_insert(entries.len());
            lay_over(entries, at, (number, entry), |e| twice.push(e.id));
        }
        for feature in file.feature {
            let at = *draft
                .feature_places
                .entry(feature.id.get_ref().clone())
                .or_insert(features.len());
            lay_over(features, at, (number, feature), |f| twice.push(f.id));
        }
        if let Some(detector) = file.detector {
            draft.detector = Some((number, detector));
        }
        draft.fitted.extend(file.fitted.map(|f| (number, f)));
        draft
            .examples
            .extend(file.example.into_iter().map(|e| (number, e)));
        for id in twice {
            let message = format!("entry \"{}\" stands twice in this file", id.get_ref());
            self.problem(ErrorKind::Duplicate, number, id.span(), message);
        }
    }

    fn finish(mut self, files: &[(Arc<str>, Arc<str>)]) -> Result<Lexicon, Error> {
        self.shared.modifiers = self.modifiers();
        let off = self.drafts.iter().filter(|(_, d)| d.off);
        let off: HashSet<String> = off.map(|(id, _)| id.clone()).collect();
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
        let count: usize = drafts.iter().map(Draft::entries).sum();
        if count > ENTRIES {
            let message = format!("{count} entries, features and terms; at most {ENTRIES} are possible");
            self.problems.push(Problem {
                kind: ErrorKind::Range,
                place: None,
                message,
            });
            return Err(Error::new(self.problems));
        }
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
            self.terms(draft, index, ignore, &mut entries);
            let detector = self.detector(draft, index, &mut entries, &number);
            self.signal_conditions(draft, &mut entries[first as usize..], &number);
            places.resize(entries.len(), (draft.header[0].0, draft.header[0].1.id.span()));
            let range = first..entries.len() as u32;
            let beside = |e: &Entry| matches!(e.over, Some(OverTurns::Beside));
            let own = &entries[first as usize..];
            traits.push(SignalTraits {
                entries: range,
                detector,
                over_turns: own.iter().any(|e| e.over.is_some() && !beside(e)),
                beside: own.iter().any(beside),
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
        let practices = self.practices(&number, &off);
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
        for &signal in call.iter().flat_map(|c| &c.holds) {
            traits[usize::from(signal)].watched = true;
        }
        self.shared.lists = self.lists.lists;
        Ok(Lexicon {
            name: format!("en {} {:016x}", env!("CARGO_PKG_VERSION"), hash(files)),
            signals,
            traits,
            entries,
            files: files.to_vec(),
            shared: self.shared,
            call: call.expect("no problem, so there are rules"),
            practices,
            examples,
            order,
            rest: None,
        })
    }

    /// Practices in the order of the files; a later one of the same id takes the place of an earlier one.
    fn practices(&mut self, numbers: &HashMap<String, u16>, off: &HashSet<String>) -> Vec<Practice> {
        let mut all: Vec<(usize, PracticeTable)> = Vec::new();
        for (file, table) in std::mem::take(&mut self.practices) {
            match all.iter_mut().find(|(_, t)| t.id.get_ref() == table.id.get_ref()) {
                Some(known) => *known = (file, table),
                None => all.push((file, table)),
            }
        }
        let mut practices = Vec::new();
        for (file, table) in all.into_iter().filter(|(_, t)| !t.off) {
            match table.resolve(numbers, off) {
                Ok(_) if practices.len() == MAX_PRACTICES => {
                    let message = format!("at most {MAX_PRACTICES} practices are possible");
                    self.problem(ErrorKind::Range, file, table.id.span(), message);
                }
                Ok(practice) => practices.push(practice),
                Err((kind, message)) => {
                    let message = format!("practice \"{}\": {message}", table.id.get_ref());
                    self.problem(kind, file, table.id.span(), message);
                }
            }
        }
        practices
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
            ("speaker", draft.header.iter().all(|(_, t)| t.speaker.is_none())),
            ("severity", draft.header.iter().all(|(_, t)| t.severity.is_none())),
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
        if self.problems.len() > PROBLEMS {
            return all;
        }
        for phrase in phrases {
            let own = &self.sources[file].lists;
            let parsed = phrase::parse(phrase.get_ref(), &self.lists.with(own), &self.shared.rules);
            match parsed {
                Ok(read) => {
                    let before = self.words;
                    self.words = before.saturating_add(read.size(&self.lists.lists));
                    if self.words <= LEXICON_WORDS {
                        all.push(read);
                    } else if before <= LEXICON_WORDS {
                        let message = format!(
                            "with this phrase the lexicons name more than {LEXICON_WORDS} words, those of lists among them"
                        );
                        self.problem(ErrorKind::Range, file, phrase.span(), message);
                    }
                }
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
}

/// Puts a table of a file in the place of what an earlier file has there; one that the same file has twice is given to `twice`.
fn lay_over<T>(all: &mut Vec<(usize, T)>, at: usize, own: (usize, T), twice: impl FnOnce(T)) {
    match all.get_mut(at) {
        Some(known) if known.0 == own.0 => twice(own.1),
        Some(known) => *known = own,
        None => all.push(own),
    }
}

impl Draft {
    /// How many entries it may give.
    fn entries(&self) -> usize {
        let terms = self.fitted.iter().map(|(_, table)| table.terms.len());
        self.entries.len() + self.features.len() + terms.sum::<usize>()
    }

    fn new() -> Self {
        Draft {
            header: Vec::new(),
            entries: Vec::new(),
            features: Vec::new(),
            entry_places: HashMap::new(),
            feature_places: HashMap::new(),
            detector: None,
            examples: Vec::new(),
            fitted: Vec::new(),
            off: false,
        }
    }
}

/// `unknown field …, expected one of …` with the nearest name.
pub(super) fn schema_message(message: &str) -> String {
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
