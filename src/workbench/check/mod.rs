//! Reads a lexicon as a reviewer would: what can never count, what stands twice, what looks like a slip.
//!
//! ```
//! use hackles::workbench::check::{Code, check};
//! use hackles::{Analyzer, Lexicon};
//!
//! let mine = r#"
//!     schema = 1
//!     [signal]
//!     id = "refusal"
//!     speaker = "agent"
//!     severity = "bad"
//!     title = "Refuses"
//!     summary = "Says no."
//!     [[entry]]
//!     id = "no-way"
//!     phrases = ["no way"]
//!     weight = 0.0
//!     [[example]]
//!     agent = "no way"
//!     silent = true
//! "#;
//! let analyzer = Analyzer::new(Lexicon::builder().file("mine.toml", mine).build()?)?;
//! let findings = check(&analyzer, &[], &[]);
//! let weightless = findings.iter().find(|f| f.code == Code::ZeroWeight).expect("one");
//! assert_eq!((weightless.place.line, weightless.entry.as_deref()), (10, Some("no-way")));
//! # Ok::<(), hackles::Error>(())
//! ```
//!
//! # Codes
//!
//! | code | severity | what it finds | why it is bad | example |
//! |---|---|---|---|---|
//! | `example-fails` | error | an example that does not do what it says | the file's own test is broken | `fires = "no way"` where nothing fires |
//! | `untested` | warning | an entry that no example fires, nor a line of the corpus if one is given; entries that were learned are left out | nobody knows whether it works | an `[[entry]]` without an `[[example]]` |
//! | `zero-weight` | warning | an entry of weight 0 | it never counts | `weight = 0.0` |
//! | `contradiction` | warning | an `only-if` that holds only where an `unless` of the entry holds too | it never counts | `only-if` and `unless` of one signal in one turn |
//! | `empty-window` | warning | `first-ms` below `after-ms` | it never counts | `first-ms = 1000`, `after-ms = 5000` |
//! | `other-speaker` | warning | a condition `within = "turn"` on signals of the other speaker only | a turn has one speaker, so it never holds | agent entry, `unless = { signal = "anger", within = "turn" }` |
//! | `own-exclusion` | warning | a phrase each form of which the entry's own `not-in` cancels | it never counts | `phrases = ["no way back"]`, `not-in = ["no way"]` |
//! | `unreadable` | warning | a phrase each form of which has a word that reading never yields, because it is folded to another or opened; each form is read back to see it | it never counts | `apologis*`, as "apologise" reads as "apologize" |
//! | `shadowed` | note | a phrase each form of which is covered by a shorter one of a stronger, unconditional entry of the signal | it never counts | "no way at all" of weight 2 beside "no way" of weight 4 |
//! | `needs-filler` | note | a phrase each form of which names a transparent word, and that fails without it, where no other phrase of the signal finds the rest | speakers leave such words out | "just calm down" without "calm down" |
//! | `phrase-twice` | note | a phrase all forms of which are forms of another of the entry; `--fix` drops those written alike | it only takes room | "don't go" and "do not go" |
//! | `same-phrase` | note | a form in two entries of one weight and with the same conditions | only one of them ever counts | "no way" in two entries of weight 2 |
//! | `conflicting-weights` | warning | a form in two entries of different weights and with the same conditions | the weaker never counts for it | "no way" of weight 2 and of weight 4 |
//! | `near-duplicate` | warning | forms of two entries with the same conditions that differ only in transparent words, articles (`article` of `[call.words.function]`) or endings, with weights more than 1.0 apart | one of the weights is wrong | "close the account" of weight 4, "closed an account" of weight 2 |
//! | `opposite-signals` | warning | a form that speaks for a good and for a bad signal of one speaker, neither excluding the other | one sentence is praised and blamed | "that's the rule" for honesty and for refusal |
//! | `probable-slip` | warning | a word that stands once in all phrases and lists and in no example, one edit away from one that is frequent there (10 times), and that is long or has three letters in a row that no other word has | a slip is never said | "refudn" |
//! | `large-phrase` | note | a phrase that stands for more than 5,000 plain forms, or an entry with more than 1 % of all patterns (of a lexicon with 10,000 or more) | it costs time and memory, and nobody oversees it | six brackets of five words |
//! | `not-compared` | note | a phrase of more than 2,000 forms even with its lists closed: it is not compared with others | `same-phrase` and its like say nothing of it | |
//! | `item-twice` | warning | an item that stands twice in a list | it only takes room; another was perhaps meant | `dept = ["team", "team"]` |
//! | `unused-list` | warning | a list that no phrase names | it does nothing; perhaps its name is misspelled | `[lists]` with `dept` and no `<dept>` |
//! | `hidden-list` | note | a list of a file with the name of a shared one | its phrases mean something else than others' | `[lists]` with `thing` |
//!
//! # Bounds
//!
//! A phrase may stand for millions of forms. At most 2,000 of each are looked at, taken evenly from all of them; a finding that
//! rests on such a sample says so. Forms are compared as what reading makes of them, so contractions and spellings
//! do not matter; a list or class is compared item by item where that stays within the bound, and as a whole.

mod codes;
mod conditions;
mod examples;
mod filler;
mod fix;
mod forms;
mod lists;
mod opposite;
mod places;
mod read_back;
mod same;
mod shared_forms;
mod size;
mod slips;
#[cfg(test)]
mod tests;

use rayon::prelude::*;
use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

pub use codes::{Code, Severity};
pub use fix::{fixed, same_meaning};

use crate::analyzer::Analyzer;
use crate::compiled::Compiled;
use crate::error::Place;
use crate::lexicon::{Entry, Lexicon};
use crate::transcript::Transcript;
use places::Places;

/// Something a reviewer would remark on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What it is.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// The signal, if it is about one.
    pub signal: Option<String>,
    /// The entry, if it is about one.
    pub entry: Option<String>,
    /// Where it stands.
    pub place: Place,
    /// What is wrong, in a sentence.
    pub reason: String,
    /// What may be done, in a sentence.
    pub proposal: String,
}

impl Serialize for Finding {
    /// A flat object: code, severity, signal, entry, file, line, column, text, reason, proposal.
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut out = s.serialize_struct("Finding", 10)?;
        out.serialize_field("code", &self.code)?;
        out.serialize_field("severity", &self.severity)?;
        out.serialize_field("signal", &self.signal)?;
        out.serialize_field("entry", &self.entry)?;
        out.serialize_field("file", &*self.place.file)?;
        out.serialize_field("line", &self.place.line)?;
        out.serialize_field("column", &self.place.column)?;
        out.serialize_field("text", &self.place.text)?;
        out.serialize_field("reason", &self.reason)?;
        out.serialize_field("proposal", &self.proposal)?;
        out.end()
    }
}

/// Runs all checks: findings in the order of files, lines and columns. With `signals`, only what is about these; `calls` are lines of
/// a corpus that may fire what no example does.
pub fn check(analyzer: &Analyzer, signals: &[String], calls: &[Transcript]) -> Vec<Finding> {
    let recompiled = analyzer
        .0
        .lexicon
        .rest
        .as_ref()
        .map(|_| Analyzer::new(analyzer.lexicon().clone()));
    let analyzer = recompiled
        .as_ref()
        .and_then(|r| r.as_ref().ok())
        .unwrap_or(analyzer);
    let compiled = &*analyzer.0;
    let lexicon = &compiled.lexicon;
    let subject = Subject {
        compiled,
        lexicon,
        places: Places::of(lexicon),
        all: signals.is_empty(),
        wanted: lexicon
            .signals
            .iter()
            .map(|s| signals.is_empty() || signals.contains(&s.id))
            .collect(),
    };
    let examples = || examples::run(&subject, analyzer, signals, calls);
    type Check<'a> = Box<dyn Fn() -> Vec<Finding> + Sync + 'a>;
    let checks: [Check<'_>; 7] = [
        Box::new(examples),
        Box::new(|| same::run(&subject)),
        Box::new(|| read_back::run(&subject)),
        Box::new(|| slips::run(&subject)),
        Box::new(|| conditions::run(&subject)),
        Box::new(|| size::run(&subject)),
        Box::new(|| lists::run(&subject)),
    ];
    let mut findings: Vec<Finding> = checks.par_iter().flat_map_iter(|check| check()).collect();
    let key = |f: &Finding| {
        (
            f.place.file.clone(),
            f.place.line,
            f.place.column,
            f.code,
            f.reason.clone(),
        )
    };
    findings.sort_by_cached_key(key);
    findings.dedup();
    findings
}

/// What is checked.
struct Subject<'a> {
    compiled: &'a Compiled,
    lexicon: &'a Lexicon,
    places: Places,
    /// All signals are wanted, and what belongs to none.
    all: bool,
    wanted: Vec<bool>,
}

impl Subject<'_> {
    fn wants(&self, entry: &Entry) -> bool {
        self.wanted[usize::from(entry.signal)]
    }

    /// The entries of the signals that are wanted.
    fn entries(&self) -> impl Iterator<Item = (u32, &Entry)> {
        (0..).zip(&self.lexicon.entries).filter(|(_, e)| self.wants(e))
    }

    /// A finding about an entry, at its id.
    fn of_entry(&self, code: Code, entry: &Entry, reason: String, proposal: String) -> Finding {
        let at = (usize::from(entry.file), entry.at as usize);
        self.at(code, entry, at, reason, proposal)
    }

    /// A finding about a phrase of an entry.
    fn of_phrase(
        &self,
        code: Code,
        entry: &Entry,
        phrase: usize,
        reason: String,
        proposal: String,
    ) -> Finding {
        let written = self.places.entry(entry.file, entry.at);
        let span = written
            .and_then(|t| t.phrases.get(phrase))
            .map(|p| p.span().start);
        let at = (usize::from(entry.file), span.unwrap_or(entry.at as usize));
        self.at(code, entry, at, reason, proposal)
    }

    fn at(
        &self,
        code: Code,
        entry: &Entry,
        (file, offset): (usize, usize),
        reason: String,
        proposal: String,
    ) -> Finding {
        Finding {
            signal: Some(self.lexicon.signals[usize::from(entry.signal)].id.clone()),
            entry: Some(entry.id.clone()),
            ..self.of_file(code, file, offset, reason, proposal)
        }
    }

    /// A finding about something else in a file.
    fn of_file(&self, code: Code, file: usize, offset: usize, reason: String, proposal: String) -> Finding {
        let header = self.places.files.get(file).and_then(|f| f.signal.as_ref());
        Finding {
            code,
            severity: code.severity(),
            signal: header.map(|h| h.id.get_ref().clone()),
            entry: None,
            place: self.places.at(file, offset),
            reason,
            proposal,
        }
    }

    /// Whether a file is of the signals that are wanted.
    fn wants_file(&self, file: usize) -> bool {
        let header = self.places.files.get(file).and_then(|f| f.signal.as_ref());
        let number = header.and_then(|h| self.lexicon.signals.iter().position(|s| s.id == *h.id.get_ref()));
        self.all || number.is_some_and(|n| self.wanted[n])
    }
}

/// A number as a weight is written.
fn weight(entry: &Entry) -> String {
    format!("{:?}", entry.weight.to_f64())
}
