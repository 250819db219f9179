//! Lexicon files as they are written: the schema of `lexicons/README.md`, key for key.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, IntoDeserializer as _, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::practices::PracticeTable;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct File {
    pub(crate) schema: Spanned<i64>,
    pub(crate) signal: Option<SignalTable>,
    #[serde(default)]
    pub(crate) lists: BTreeMap<String, Vec<Spanned<String>>>,
    #[serde(default)]
    pub(crate) entry: Vec<EntryTable>,
    #[serde(default)]
    pub(crate) example: Vec<ExampleTable>,
    pub(crate) detector: Option<Spanned<toml::Table>>,
    #[serde(default)]
    pub(crate) feature: Vec<FeatureTable>,
    pub(crate) fitted: Option<FittedTable>,
    // shared.toml
    #[serde(default)]
    pub(crate) spellings: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(crate) contractions: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    pub(crate) endings: BTreeMap<String, Spanned<String>>,
    pub(crate) transparent: Option<TransparentTable>,
    pub(crate) marks: Option<WordsTable>,
    pub(crate) abbreviations: Option<WordsTable>,
    pub(crate) masked: Option<WordsTable>,
    pub(crate) classes: Option<ClassesTable>,
    #[serde(default)]
    pub(crate) modifier: Vec<ModifierTable>,
    // call.toml
    pub(crate) call: Option<Spanned<CallTable>>,
    // practices.toml
    #[serde(default)]
    pub(crate) practice: Vec<PracticeTable>,
}

/// How the figures of a call are made.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct CallTable {
    pub(crate) anger: AngerTable,
    pub(crate) sentiment: TrendTable,
    pub(crate) talk: TalkTable,
    pub(crate) words: FunctionWordsTable,
    pub(crate) names: NamesTable,
    pub(crate) promises: PromisesTable,
    pub(crate) language: LanguageTable,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct LanguageTable {
    pub(crate) jargon: String,
    pub(crate) name: String,
    pub(crate) formal: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct PromisesTable {
    pub(crate) made: Vec<String>,
    pub(crate) made_with_time: Vec<String>,
    pub(crate) broken: Vec<String>,
    pub(crate) joins: Vec<String>,
    pub(crate) at: Vec<String>,
    pub(crate) units: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct NamesTable {
    pub(crate) introductions: Vec<String>,
    pub(crate) openings: Vec<String>,
    pub(crate) closings: Vec<String>,
    pub(crate) asking: Vec<String>,
    pub(crate) titles: Vec<String>,
    pub(crate) not: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct FunctionWordsTable {
    pub(crate) function: BTreeMap<String, Vec<String>>,
    pub(crate) same: Vec<Vec<String>>,
    pub(crate) we: Vec<String>,
    pub(crate) me: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct AngerTable {
    pub(crate) half_life_words: f64,
    pub(crate) least_words: u32,
    pub(crate) scale: f64,
    pub(crate) most: f64,
    pub(crate) gains: BTreeMap<String, f64>,
    pub(crate) bands: Vec<BandTable>,
    pub(crate) hysteresis: f64,
    pub(crate) trend: f64,
    pub(crate) turned: f64,
    pub(crate) end_share: f64,
    pub(crate) negative_sentiment: f64,
    pub(crate) positive_sentiment: f64,
    pub(crate) learned: f64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct BandTable {
    pub(crate) id: String,
    pub(crate) from: f64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TrendTable {
    pub(crate) trend: f64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TalkTable {
    pub(crate) silence_ms: i64,
    pub(crate) holds: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct SignalTable {
    pub(crate) id: Spanned<String>,
    pub(crate) speaker: Option<Spanned<String>>,
    pub(crate) severity: Option<Spanned<String>>,
    pub(crate) title: Option<String>,
    pub(crate) summary: Option<String>,
    pub(crate) why: Option<String>,
    pub(crate) hint: Option<String>,
    pub(crate) bias: Option<Spanned<f64>>,
    pub(crate) threshold: Option<Spanned<f64>>,
    pub(crate) ignore: Option<Vec<Spanned<String>>>,
    pub(crate) unless: Option<Spanned<OneOrMany<ConditionTable>>>,
    pub(crate) only_if: Option<Spanned<OneOrMany<ConditionTable>>>,
    pub(crate) alert: Option<AlertTable>,
    #[serde(default)]
    pub(crate) off: bool,
    #[serde(default)]
    pub(crate) replace: bool,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct AlertTable {
    pub(crate) cooldown_ms: Option<Spanned<i64>>,
    pub(crate) most_per_call: Option<Spanned<i64>>,
    pub(crate) rearm_below: Option<Spanned<f64>>,
    pub(crate) defer_ms: Option<Spanned<i64>>,
    #[serde(default)]
    pub(crate) cancelled_by: Vec<Spanned<String>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct EntryTable {
    pub(crate) id: Spanned<String>,
    #[serde(default)]
    pub(crate) phrases: Vec<Spanned<String>>,
    pub(crate) regex: Option<Spanned<String>>,
    #[serde(default)]
    pub(crate) needs: Vec<Spanned<String>>,
    pub(crate) weight: Option<Spanned<f64>>,
    #[serde(default)]
    pub(crate) additive: bool,
    #[serde(default)]
    pub(crate) flips: bool,
    #[serde(default)]
    pub(crate) ignore: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) not_in: Vec<Spanned<String>>,
    pub(crate) near: Option<NearTable>,
    pub(crate) first_ms: Option<Spanned<i64>>,
    pub(crate) after_ms: Option<Spanned<i64>>,
    pub(crate) unless: Option<Spanned<OneOrMany<ConditionTable>>>,
    pub(crate) only_if: Option<Spanned<OneOrMany<ConditionTable>>>,
    pub(crate) sequence: Option<Spanned<SequenceTable>>,
    pub(crate) absent: Option<Spanned<AbsentTable>>,
    pub(crate) count: Option<Spanned<CountTable>>,
    pub(crate) hint: Option<String>,
    pub(crate) note: Option<String>,
    #[serde(default)]
    pub(crate) fixed: bool,
    #[serde(default)]
    pub(crate) off: bool,
}

/// Phrases with weights that were learned from labelled text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct FittedTable {
    #[expect(dead_code, reason = "for those who read the file")]
    pub(crate) note: Option<String>,
    #[serde(default)]
    pub(crate) ignore: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) yields: bool,
    #[serde(default)]
    pub(crate) terms: BTreeMap<Spanned<String>, Spanned<f64>>,
}

/// One value or a list of them.
#[derive(Clone, Debug)]
pub(crate) struct OneOrMany<T>(pub(crate) Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for V<T> {
            type Value = OneOrMany<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one value or a list of them")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(OneOrMany(vec![T::deserialize(text.into_deserializer())?]))
            }
            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Ok(OneOrMany(vec![T::deserialize(MapAccessDeserializer::new(map))?]))
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(x) = seq.next_element()? {
                    all.push(x);
                }
                Ok(OneOrMany(all))
            }
        }
        d.deserialize_any(V(PhantomData))
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct NearTable {
    pub(crate) phrases: Vec<Spanned<String>>,
    pub(crate) words: Spanned<i64>,
    pub(crate) side: Option<Spanned<String>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ConditionTable {
    pub(crate) signal: OneOrMany<String>,
    pub(crate) by: Option<String>,
    pub(crate) within: Option<String>,
    pub(crate) within_turns: Option<i64>,
    pub(crate) within_ms: Option<i64>,
    pub(crate) side: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct StepTable {
    pub(crate) signal: OneOrMany<String>,
    pub(crate) by: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct SequenceTable {
    pub(crate) steps: Vec<StepTable>,
    pub(crate) within_ms: Option<i64>,
    pub(crate) within_turns: Option<i64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct AbsentTable {
    pub(crate) signal: Option<OneOrMany<String>>,
    pub(crate) by: Option<String>,
    pub(crate) after: StepTable,
    pub(crate) within_ms: Option<i64>,
    pub(crate) within_turns: Option<i64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct CountTable {
    pub(crate) signal: OneOrMany<String>,
    pub(crate) by: Option<String>,
    pub(crate) at_least: i64,
    pub(crate) within: Option<String>,
    pub(crate) within_ms: Option<i64>,
    pub(crate) within_turns: Option<i64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct FeatureTable {
    pub(crate) id: Spanned<String>,
    pub(crate) weight: Spanned<f64>,
    pub(crate) unless: Option<Spanned<OneOrMany<ConditionTable>>>,
    pub(crate) only_if: Option<Spanned<OneOrMany<ConditionTable>>>,
    pub(crate) note: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ExampleTable {
    #[serde(default)]
    pub(crate) before: Vec<LineTable>,
    pub(crate) agent: Option<Spanned<String>>,
    pub(crate) customer: Option<Spanned<String>>,
    pub(crate) times: Option<[i64; 2]>,
    #[serde(default)]
    pub(crate) after: Vec<LineTable>,
    pub(crate) fires: Option<Spanned<FiresTable>>,
    pub(crate) entry: Option<Spanned<String>>,
    pub(crate) silent: Option<Spanned<bool>>,
    #[expect(dead_code, reason = "for those who read the file")]
    pub(crate) note: Option<String>,
}

/// What an example must show: that it fires, or the words it must quote.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "true, a quote or a list of quotes")]
pub(crate) enum FiresTable {
    Somehow(bool),
    Quote(String),
    Quotes(Vec<String>),
}

/// A turn around an example.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct LineTable {
    pub(crate) agent: Option<String>,
    pub(crate) customer: Option<String>,
    pub(crate) times: Option<[i64; 2]>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TransparentTable {
    #[serde(default)]
    pub(crate) fillers: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) soft: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) sequences: Vec<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct WordsTable {
    pub(crate) words: Vec<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ClassesTable {
    #[serde(default)]
    pub(crate) number: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) time: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) money: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) name: Vec<Spanned<String>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ModifierTable {
    pub(crate) id: Spanned<String>,
    pub(crate) kind: Spanned<String>,
    #[serde(default)]
    pub(crate) cues: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) except: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) stops: Vec<Spanned<String>>,
    pub(crate) side: Option<Spanned<String>>,
    pub(crate) words: Option<Spanned<i64>>,
    pub(crate) factor: Spanned<f64>,
    pub(crate) factor_after: Option<Spanned<f64>>,
    pub(crate) flip: Option<Spanned<f64>>,
    pub(crate) falloff: Option<Spanned<f64>>,
    #[expect(dead_code, reason = "for those who read the file")]
    pub(crate) note: Option<String>,
}
