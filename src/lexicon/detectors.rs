//! The settings of detectors: their thresholds, windows and features, as the files give them. What they do with them is in `turns`.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::conditions;
use super::words::WordList;
use crate::error::did_you_mean;
use crate::text::normal;

/// A detector of the turns, with its settings and the entries of its features.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Detector {
    Overlap(Box<OverlapRules>),
    Early(EarlyRules),
    Echo(EchoRules),
    Restatement(Box<RestatementRules>),
    Repeat(RepeatRules),
    KnownName(KnownNameRules),
    SaidBefore(SaidBeforeRules),
}

/// The entries of a detector's features; a feature the file leaves out gives no evidence.
pub(crate) type Features<const N: usize> = [Option<u32>; N];

/// The kinds there are.
const KINDS: [&str; 7] = [
    "overlap",
    "early",
    "echo",
    "restatement",
    "repeat",
    "known-name",
    "said-before",
];

impl Detector {
    /// The features this detector gives evidence for.
    pub(crate) fn features(&self) -> &'static [&'static str] {
        match self {
            Detector::Overlap(_) => &OverlapRules::FEATURES,
            Detector::Early(_) => &EarlyRules::FEATURES,
            Detector::Echo(_) => &EchoRules::FEATURES,
            Detector::Restatement(_) => &RestatementRules::FEATURES,
            Detector::Repeat(_) => &RepeatRules::FEATURES,
            Detector::KnownName(_) => &KnownNameRules::FEATURES,
            Detector::SaidBefore(_) => &SaidBeforeRules::FEATURES,
        }
    }

    /// Its lists of words.
    pub(crate) fn lists(&mut self) -> Vec<&mut WordList> {
        match self {
            Detector::Overlap(r) => vec![&mut r.backchannels, &mut r.answers, &mut r.asking, &mut r.leads],
            Detector::Echo(r) => vec![&mut r.openers, &mut r.data],
            Detector::Restatement(r) => vec![
                &mut r.openers,
                &mut r.conclusions,
                &mut r.subjects,
                &mut r.others,
                &mut r.reports,
            ],
            Detector::Early(_) | Detector::Repeat(_) | Detector::KnownName(_) | Detector::SaidBefore(_) => {
                vec![]
            }
        }
    }
}

/// What the reading of a table needs.
struct Reading<'a> {
    features: &'a BTreeMap<String, u32>,
    numbers: &'a HashMap<String, u16>,
}

impl Reading<'_> {
    fn features<const N: usize>(&self, names: [&str; N]) -> Features<N> {
        names.map(|f| self.features.get(f).copied())
    }

    fn signals(&self, ids: &[String]) -> Result<Vec<u16>, String> {
        ids.iter()
            .map(|id| conditions::signal(id, self.numbers).map_err(|fault| fault.1))
            .collect()
    }
}

/// Reads a `[detector]` table. The message of an error names the key.
pub(super) fn read(
    table: &toml::Table,
    features: &BTreeMap<String, u32>,
    numbers: &HashMap<String, u16>,
) -> Result<Detector, String> {
    let mut table = table.clone();
    let reading = Reading { features, numbers };
    let kind = table.remove("kind");
    let Some(kind) = kind.as_ref().and_then(toml::Value::as_str) else {
        return Err("a detector needs its `kind`".into());
    };
    match kind {
        "overlap" => Ok(Detector::Overlap(Box::new(OverlapRules::new(
            settings(table)?,
            &reading,
        )))),
        "early" => EarlyRules::new(settings(table)?, &reading).map(Detector::Early),
        "echo" => EchoRules::new(settings(table)?, &reading).map(Detector::Echo),
        "restatement" => {
            let rules = RestatementRules::new(settings(table)?, &reading)?;
            Ok(Detector::Restatement(Box::new(rules)))
        }
        "repeat" => RepeatRules::new(settings(table)?, &reading).map(Detector::Repeat),
        "known-name" => {
            let NoSettings {} = settings(table)?;
            let entries = reading.features(KnownNameRules::FEATURES);
            Ok(Detector::KnownName(KnownNameRules { entries }))
        }
        "said-before" => {
            let NoSettings {} = settings(table)?;
            let entries = reading.features(SaidBeforeRules::FEATURES);
            Ok(Detector::SaidBefore(SaidBeforeRules { entries }))
        }
        other => Err(format!(
            "unknown detector \"{other}\"{}",
            did_you_mean(other, KINDS)
        )),
    }
}

fn settings<T: DeserializeOwned>(table: toml::Table) -> Result<T, String> {
    toml::Value::Table(table)
        .try_into()
        .map_err(|e| super::load::schema_message(e.message()))
}

/// Words in normal form.
pub(super) fn words(list: &[String]) -> HashSet<String> {
    list.iter().map(|w| normal(w)).collect()
}

/// The same as a list.
pub(super) fn list(list: &[String]) -> WordList {
    WordList::new(words(list))
}

/// Phrases of plain words.
pub(super) fn sequences(list: &[String]) -> Vec<Vec<String>> {
    list.iter()
        .map(|p| p.split_whitespace().map(normal).collect())
        .collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoSettings {}

/// Overlap and interruption. Lengths of time in milliseconds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct OverlapRules {
    pub(crate) early_ms: i64,
    pub(crate) cut_off_ms: i64,
    pub(crate) long_ms: i64,
    pub(crate) pause_ms: i64,
    pub(crate) several_words: u16,
    pub(crate) short_words: u16,
    pub(crate) backchannel_words: u16,
    pub(crate) backchannels: WordList,
    pub(crate) answers: WordList,
    pub(crate) asking: WordList,
    pub(crate) leads: WordList,
    pub(crate) entries: Features<{ OverlapRules::FEATURES.len() }>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct OverlapTable {
    early_ms: u16,
    cut_off_ms: u16,
    long_ms: u16,
    pause_ms: u16,
    several_words: u16,
    short_words: u16,
    backchannel_words: u16,
    backchannels: Vec<String>,
    answers: Vec<String>,
    asking: Vec<String>,
    leads: Vec<String>,
}

impl OverlapRules {
    pub(crate) const FEATURES: [&'static str; 6] = [
        "starts-early",
        "several-words",
        "talks-over",
        "other-stopped",
        "other-cut-off",
        "answers-early",
    ];

    fn new(table: OverlapTable, reading: &Reading<'_>) -> Self {
        OverlapRules {
            early_ms: table.early_ms.into(),
            cut_off_ms: table.cut_off_ms.into(),
            long_ms: table.long_ms.into(),
            pause_ms: table.pause_ms.max(1).into(),
            several_words: table.several_words,
            short_words: table.short_words,
            backchannel_words: table.backchannel_words,
            backchannels: list(&table.backchannels),
            answers: list(&table.answers),
            asking: list(&table.asking),
            leads: list(&table.leads),
            entries: reading.features(Self::FEATURES),
        }
    }
}

/// Something that comes before the customer was heard.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct EarlyRules {
    /// What comes too early.
    pub(crate) of: Vec<u16>,
    /// What shows that a fact was asked or confirmed.
    pub(crate) facts: Vec<u16>,
    /// Turns with these words are left out.
    pub(crate) except: Vec<Vec<String>>,
    pub(crate) entries: Features<{ EarlyRules::FEATURES.len() }>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct EarlyTable {
    of: Vec<String>,
    facts: Vec<String>,
    #[serde(default)]
    except: Vec<String>,
}

impl EarlyRules {
    pub(crate) const FEATURES: [&'static str; 3] = ["before-the-story", "no-fact-yet", "cuts-in"];

    fn new(table: EarlyTable, reading: &Reading<'_>) -> Result<Self, String> {
        Ok(EarlyRules {
            of: reading.signals(&table.of)?,
            facts: reading.signals(&table.facts)?,
            except: sequences(&table.except),
            entries: reading.features(Self::FEATURES),
        })
    }
}

/// The other's words given back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct EchoRules {
    /// The shortest run of copied words.
    pub(crate) run: usize,
    /// A run of so many words says enough by itself.
    pub(crate) long_run: usize,
    /// The share of a sentence's words that must stand in copied runs, in percent.
    pub(crate) share: usize,
    /// So many content words of its own make a sentence more than an echo.
    pub(crate) own: usize,
    /// Words that may open an echo: they are not counted.
    pub(crate) openers: WordList,
    /// Words that data are read back with, beside numbers and single letters.
    pub(crate) data: WordList,
    /// A run of which this much, in percent, is data reads data back.
    pub(crate) data_share: usize,
    pub(crate) entries: Features<{ EchoRules::FEATURES.len() }>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct EchoTable {
    run_words: usize,
    long_run_words: usize,
    share: f64,
    own_words: usize,
    openers: Vec<String>,
    data: Vec<String>,
    data_share: f64,
}

impl EchoRules {
    pub(crate) const FEATURES: [&'static str; 4] = ["copied", "long-run", "own-words", "reads-back"];

    fn new(table: EchoTable, reading: &Reading<'_>) -> Result<Self, String> {
        if table.run_words < 2 || table.long_run_words < table.run_words {
            return Err("run-words is 2 or more, long-run-words not less".into());
        }
        if ![table.share, table.data_share]
            .iter()
            .all(|s| (0.0..=1.0).contains(s))
        {
            return Err("share and data-share must lie between 0 and 1".into());
        }
        Ok(EchoRules {
            run: table.run_words,
            long_run: table.long_run_words,
            share: libm::round(table.share * 100.0) as usize,
            own: table.own_words,
            openers: list(&table.openers),
            data: list(&table.data),
            data_share: libm::round(table.data_share * 100.0) as usize,
            entries: reading.features(Self::FEATURES),
        })
    }
}

/// The other's matter in other words.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RestatementRules {
    /// Shorter sentences are not looked at.
    pub(crate) words: usize,
    /// So many words of meaning in common are several.
    pub(crate) several: usize,
    /// With so many numbers and single letters a sentence reads data back.
    pub(crate) data: usize,
    /// Words that may open a sentence and say nothing.
    pub(crate) openers: WordList,
    /// Words that open a conclusion.
    pub(crate) conclusions: WordList,
    /// First words of statements about the other's matter.
    pub(crate) subjects: WordList,
    /// First words of questions, and of what the speaker is going to do.
    pub(crate) others: WordList,
    /// Words of reports from a screen or a file.
    pub(crate) reports: WordList,
    pub(crate) entries: Features<{ RestatementRules::FEATURES.len() }>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RestatementTable {
    least_words: usize,
    several_words: usize,
    data_words: usize,
    openers: Vec<String>,
    conclusions: Vec<String>,
    subjects: Vec<String>,
    others: Vec<String>,
    reports: Vec<String>,
}

impl RestatementRules {
    pub(crate) const FEATURES: [&'static str; 6] = [
        "concludes",
        "about-the-matter",
        "shared-word",
        "several-shared",
        "reports",
        "reads-back",
    ];

    fn new(table: RestatementTable, reading: &Reading<'_>) -> Result<Self, String> {
        if table.least_words < 3 || table.several_words < 2 {
            return Err("least-words is 3 or more, several-words 2 or more".into());
        }
        Ok(RestatementRules {
            words: table.least_words,
            several: table.several_words,
            data: table.data_words,
            openers: list(&table.openers),
            conclusions: list(&table.conclusions),
            subjects: list(&table.subjects),
            others: list(&table.others),
            reports: list(&table.reports),
            entries: reading.features(Self::FEATURES),
        })
    }
}

/// The same sentence again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RepeatRules {
    /// Shorter sentences are not looked at.
    pub(crate) words: usize,
    /// Pairs of words in common, of all pairs of both, in percent.
    pub(crate) alike: u32,
    /// Sentences with these words are left out.
    pub(crate) except: Vec<Vec<String>>,
    pub(crate) entries: Features<{ RepeatRules::FEATURES.len() }>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RepeatTable {
    least_words: usize,
    alike: f64,
    #[serde(default)]
    except: Vec<String>,
}

impl RepeatRules {
    pub(crate) const FEATURES: [&'static str; 1] = ["same-sentence"];

    fn new(table: RepeatTable, reading: &Reading<'_>) -> Result<Self, String> {
        if table.least_words < 3 || !(0.3..=1.0).contains(&table.alike) {
            return Err("least-words is 3 or more, alike between 0.3 and 1".into());
        }
        Ok(RepeatRules {
            words: table.least_words,
            alike: libm::round(table.alike * 100.0) as u32,
            except: sequences(&table.except),
            entries: reading.features(Self::FEATURES),
        })
    }
}

/// Whether the customer's name is known.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KnownNameRules {
    pub(crate) entries: Features<{ KnownNameRules::FEATURES.len() }>,
}

impl KnownNameRules {
    pub(crate) const FEATURES: [&'static str; 1] = ["name-known"];
}

/// Whether the customer used the words of a hit before.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SaidBeforeRules {
    pub(crate) entries: Features<{ SaidBeforeRules::FEATURES.len() }>,
}

impl SaidBeforeRules {
    pub(crate) const FEATURES: [&'static str; 1] = ["customer-says-it"];
}
