//! Calls and single utterances with what people found in them: what a lexicon is measured on.
//!
//! A row is a JSON object: one utterance, or a call.
//!
//! ```json
//! {"id":"7","speaker":"agent","text":"that's not my job","expect":["refusal"],"forbid":["ownership"]}
//! {"id":"8","text":"I am livid","anger":1}
//! {"id":"C1","turns":[{"speaker":"agent","text":"hello","forbid":["refusal"]},{"speaker":"customer","text":"…"}]}
//! {"id":"C2","turns":[…],"expect":{"refusal_turns":[4],"ignore_turns":[7]}}
//! ```
//!
//! `expect` names signals that a turn shows, `forbid` those it does not; about others the row says nothing. A key with 0 or 1 is a
//! label where [`Labels::keys`] says of which signal. `expect` of a call may list turns, from 0: `SIGNAL_turns` is complete, so the other
//! turns of the signal's speaker do not show it, `ignore_turns` apart. Other keys are left alone, so corpora made for other tools can be read as they are.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::error::did_you_mean;
use crate::lexicon::Lexicon;
use crate::privacy::without_values;
use crate::transcript::{Role, Transcript, Turn};

/// How the labels of rows are to be read.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Labels {
    /// Keys of rows that are labels.
    pub keys: Vec<KeyLabel>,
    /// The speaker of utterances that name none; customer if left out.
    pub speaker: Option<Role>,
    /// These signals are in none of the rows: the rows are of calm calls.
    pub calm: Vec<String>,
}

/// A key of rows that is a label of a signal: `cross=anger`, or `anger` where key and signal have one name. A dot leads into an object, and behind a
/// colon stand values that mean yes, of a text or a list of texts: `labels.emotions:joy|relief=satisfaction`. Without values the key holds 0 or 1,
/// or false or true.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyLabel {
    /// The key, and those inside it.
    pub path: Vec<String>,
    /// Values that mean that the signal is shown; none if the key holds 0 or 1.
    pub values: Vec<String>,
    /// The signal.
    pub signal: String,
}

impl std::str::FromStr for KeyLabel {
    type Err = String;

    /// # Errors
    /// An empty key, signal or value.
    fn from_str(text: &str) -> Result<Self, String> {
        let (key, signal) = text.split_once('=').unwrap_or((text, text));
        let (path, values) = key.split_once(':').map_or((key, None), |(p, v)| (p, Some(v)));
        let parts = |text: &str, by: char| text.split(by).map(|p| p.trim().to_owned()).collect::<Vec<_>>();
        let label = KeyLabel {
            path: parts(path, '.'),
            values: values.map_or_else(Vec::new, |v| parts(v, '|')),
            signal: signal.trim().to_owned(),
        };
        let is_empty = |parts: &[String]| parts.iter().any(String::is_empty);
        if is_empty(&label.path)
            || is_empty(&label.values)
            || label.signal.is_empty()
            || label.signal.contains(':')
        {
            return Err(format!(
                "\"{text}\": a label is KEY=SIGNAL, or KEY:VALUE|VALUE=SIGNAL"
            ));
        }
        Ok(label)
    }
}

impl KeyLabel {
    /// What a row says; nothing where it lacks the key.
    fn of(&self, row: &Value) -> Result<Option<bool>, String> {
        let mut found = row;
        for key in &self.path {
            match found.get(key) {
                None | Some(Value::Null) => return Ok(None),
                Some(inside) => found = inside,
            }
        }
        let key = || self.path.join(".");
        if self.values.is_empty() {
            let shown = match found {
                Value::Bool(shown) => Some(*shown),
                number => number
                    .as_f64()
                    .filter(|x| *x == 0.0 || *x == 1.0)
                    .map(|x| x == 1.0),
            };
            return shown.map(Some).ok_or_else(|| format!("\"{}\" is 0 or 1", key()));
        }
        let is_yes = |v: &Value| v.as_str().is_some_and(|v| self.values.iter().any(|yes| yes == v));
        match found {
            Value::String(_) => Ok(Some(is_yes(found))),
            Value::Array(all) if all.iter().all(Value::is_string) => Ok(Some(all.iter().any(is_yes))),
            _ => Err(format!("\"{}\" is a text or a list of texts", key())),
        }
    }
}

/// A call with what is known of its turns.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LabelledCall {
    /// Where it stands: `FILE:LINE`.
    pub place: Arc<str>,
    /// The call.
    pub call: Transcript,
    /// What people found, by turn: signals with whether they are there, in the order of the lexicon's signals.
    pub labels: Vec<Vec<(u16, bool)>>,
}

/// Calls to measure on. Signals are numbered as in the lexicon it was read for.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Corpus {
    /// The calls, in the order in which they were read.
    pub calls: Vec<LabelledCall>,
    /// The signals that labels may name, in their order.
    signals: Vec<String>,
    speakers: Vec<Option<Role>>,
}

impl Corpus {
    /// A corpus whose labels name the signals of these lexicons.
    pub fn new<'a>(lexicons: impl IntoIterator<Item = &'a Lexicon>) -> Self {
        let mut all: Vec<(&str, Option<Role>)> = lexicons
            .into_iter()
            .flat_map(|l| l.signals().iter().map(|s| (s.id.as_str(), s.speaker)))
            .collect();
        all.sort_unstable();
        all.dedup_by_key(|s| s.0);
        Corpus {
            calls: Vec::new(),
            signals: all.iter().map(|s| s.0.to_owned()).collect(),
            speakers: all.iter().map(|s| s.1).collect(),
        }
    }

    /// The signals that labels may name, in their order.
    pub fn signals(&self) -> &[String] {
        &self.signals
    }

    /// How many turns there are.
    pub fn turns(&self) -> usize {
        self.calls.iter().map(|c| c.call.turns.len()).sum()
    }

    /// How many labels a signal has: for, against.
    pub fn count(&self, signal: &str) -> (usize, usize) {
        let Some(signal) = self.number(signal) else {
            return (0, 0);
        };
        let labels = self.calls.iter().flat_map(|c| &c.labels).flatten();
        labels.filter(|l| l.0 == signal).fold(
            (0, 0),
            |(yes, no), l| if l.1 { (yes + 1, no) } else { (yes, no + 1) },
        )
    }

    /// Adds a call that nobody labelled: only what fires in it is counted, unless it is known to be calm.
    ///
    /// # Errors
    /// An unknown signal among the calm ones.
    pub fn add(&mut self, place: &str, call: Transcript, how: &Labels) -> Result<(), String> {
        let labels = vec![Vec::new(); call.turns.len()];
        self.keep(place, call, labels, how)
    }

    /// Adds a row.
    ///
    /// # Errors
    /// What is wrong with the row, in one line without its place; nothing is added then.
    pub fn add_json(&mut self, place: &str, row: &[u8], how: &Labels) -> Result<(), String> {
        let row: Map<String, Value> = serde_json::from_slice(row).map_err(|e| without_values(&e))?;
        let many = row.contains_key("turns");
        let mut call = if many {
            serde_json::from_value(Value::Object(row.clone())).map_err(|e| without_values(&e))?
        } else {
            single(&row, how)?
        };
        call.id.get_or_insert_with(|| place.to_owned());
        let mut labels = vec![Vec::new(); call.turns.len()];
        if many {
            for (turn, found) in row["turns"].as_array().into_iter().flatten().zip(&mut labels) {
                self.label(turn, how, found)?;
            }
            if let Some(lists) = row.get("expect").and_then(Value::as_object) {
                self.label_turns(lists, &call, &mut labels)?;
            }
        } else {
            self.label(&Value::Object(row), how, &mut labels[0])?;
        }
        self.keep(place, call, labels, how)
    }

    /// Keeps a call with what is known of it.
    fn keep(
        &mut self,
        place: &str,
        mut call: Transcript,
        mut labels: Vec<Vec<(u16, bool)>>,
        how: &Labels,
    ) -> Result<(), String> {
        if !call.turns.iter().filter_map(|t| t.start_ms).is_sorted() {
            if labels.iter().any(|l| !l.is_empty()) {
                return Err(
                    "labels are by turn, so the turns must stand in the order of their starts".into(),
                );
            }
            sort(&mut call.turns);
        }
        for signal in &how.calm {
            let signal = self.known(signal)?;
            for (turn, found) in call.turns.iter().zip(&mut labels) {
                if self.is_of(signal, &turn.speaker) && found.iter().all(|l| l.0 != signal) {
                    found.push((signal, false));
                }
            }
        }
        for found in &mut labels {
            found.sort_unstable();
            if let Some(twice) = found.windows(2).find(|w| w[0].0 == w[1].0 && w[0].1 != w[1].1) {
                let signal = &self.signals[usize::from(twice[0].0)];
                return Err(format!("\"{signal}\" is both expected and forbidden"));
            }
            found.dedup();
        }
        self.calls.push(LabelledCall {
            place: Arc::from(place),
            call,
            labels,
        });
        Ok(())
    }

    pub(crate) fn number(&self, signal: &str) -> Option<u16> {
        let found = self.signals.binary_search_by(|s| s.as_str().cmp(signal));
        found.ok().map(|i| i as u16)
    }

    fn known(&self, signal: &str) -> Result<u16, String> {
        self.number(signal).ok_or_else(|| {
            let hint = did_you_mean(signal, self.signals.iter().map(String::as_str));
            format!("unknown signal \"{signal}\"{hint}")
        })
    }

    /// Whether a signal is one of this speaker's, as far as the speaker's role is known.
    fn is_of(&self, signal: u16, speaker: &str) -> bool {
        let wanted = self.speakers[usize::from(signal)];
        wanted.is_none() || Role::of_id(speaker).is_none_or(|role| Some(role) == wanted)
    }

    /// What an utterance, or a turn of a call, says of itself.
    fn label(&self, row: &Value, how: &Labels, found: &mut Vec<(u16, bool)>) -> Result<(), String> {
        for (key, shown) in [("expect", true), ("forbid", false)] {
            for signal in row.get(key).and_then(Value::as_array).into_iter().flatten() {
                let signal = signal
                    .as_str()
                    .ok_or_else(|| format!("\"{key}\" lists the ids of signals"))?;
                found.push((self.known(signal)?, shown));
            }
        }
        for key in &how.keys {
            if let Some(shown) = key.of(row)? {
                found.push((self.known(&key.signal)?, shown));
            }
        }
        Ok(())
    }

    /// Lists of turns: `SIGNAL_turns`. Lists of what is no signal are for others.
    fn label_turns(
        &self,
        lists: &Map<String, Value>,
        call: &Transcript,
        labels: &mut [Vec<(u16, bool)>],
    ) -> Result<(), String> {
        let turns = |key: &str, list: &Value| -> Result<Vec<usize>, String> {
            let turn = |t: &Value| t.as_u64().map(|t| t as usize).filter(|&t| t < call.turns.len());
            let list = list
                .as_array()
                .ok_or_else(|| format!("\"{key}\" is a list of turns"))?;
            let all: Option<Vec<usize>> = list.iter().map(turn).collect();
            all.ok_or_else(|| format!("\"{key}\" names a turn that is not there"))
        };
        let ignored = match lists.get("ignore_turns") {
            None | Some(Value::Null) => Vec::new(),
            Some(list) => turns("ignore_turns", list)?,
        };
        for (key, list) in lists {
            let Some(signal) = key.strip_suffix("_turns").and_then(|id| self.number(id)) else {
                continue;
            };
            let shown = turns(key, list)?;
            for (number, turn) in call.turns.iter().enumerate() {
                if !ignored.contains(&number) && self.is_of(signal, &turn.speaker) {
                    labels[number].push((signal, shown.contains(&number)));
                }
            }
        }
        Ok(())
    }
}

/// Puts turns in the order in which reports list them: by start, those without one behind the turn before them.
fn sort(turns: &mut Vec<Turn>) {
    let mut last = i64::MIN;
    let mut keyed: Vec<(i64, Turn)> = Vec::new();
    for turn in turns.drain(..) {
        last = turn.start_ms.unwrap_or(last);
        keyed.push((last, turn));
    }
    keyed.sort_by_key(|k| k.0);
    turns.extend(keyed.into_iter().map(|k| k.1));
}

/// A call of one utterance.
fn single(row: &Map<String, Value>, how: &Labels) -> Result<Transcript, String> {
    let text = row
        .get("text")
        .and_then(Value::as_str)
        .ok_or("a row has a \"text\", or \"turns\"")?;
    let named = row.get("speaker").and_then(Value::as_str);
    let speaker = named.unwrap_or_else(|| how.speaker.unwrap_or(Role::Customer).as_str());
    let id = match row.get("id") {
        Some(Value::String(id)) => Some(id.clone()),
        Some(Value::Number(id)) => Some(id.to_string()),
        _ => None,
    };
    Ok(Transcript {
        id,
        turns: vec![Turn {
            speaker: speaker.to_owned(),
            text: text.to_owned(),
            ..Turn::default()
        }],
        ..Transcript::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corpus() -> Corpus {
        let file = |id: &str, speaker: &str| {
            format!(
                "schema = 1\n[signal]\nid = \"{id}\"\nspeaker = \"{speaker}\"\nseverity = \"bad\"\ntitle = \"t\"\nsummary = \"s\"\n"
            )
        };
        let signals = [("anger", "customer"), ("abuse", "customer"), ("refusal", "agent")];
        let builder = signals.iter().fold(Lexicon::builder(), |b, (id, speaker)| {
            b.file(&format!("{id}.toml"), &file(id, speaker))
        });
        Corpus::new([&builder.build().expect("loads")])
    }

    fn shown(corpus: &Corpus, turn: usize) -> Vec<(&str, bool)> {
        let labels = &corpus.calls[0].labels[turn];
        labels
            .iter()
            .map(|&(s, shown)| (corpus.signals[usize::from(s)].as_str(), shown))
            .collect()
    }

    #[test]
    fn rows_say_what_they_show() {
        let keys = ["cross=anger", "tags.all:rude|vile=abuse"]
            .map(|k| k.parse().expect(k))
            .to_vec();
        let how = Labels {
            keys,
            ..Labels::default()
        };
        for (row, want) in [
            (
                r#"{"text":"a","tags":{"all":["calm","vile"]}}"#,
                vec![("abuse", true)],
            ),
            (r#"{"text":"a","tags":{"all":"calm"}}"#, vec![("abuse", false)]),
            (
                r#"{"text":"a","expect":["anger"],"forbid":["abuse"]}"#,
                vec![("abuse", false), ("anger", true)],
            ),
            (r#"{"text":"a","cross":0,"other":3}"#, vec![("anger", false)]),
            (
                r#"{"text":"a","cross":true,"expect":["anger"]}"#,
                vec![("anger", true)],
            ),
            (
                r#"{"turns":[{"speaker":"customer","text":"a","cross":1}]}"#,
                vec![("anger", true)],
            ),
        ] {
            let mut corpus = corpus();
            corpus.add_json("f:1", row.as_bytes(), &how).expect(row);
            assert_eq!(shown(&corpus, 0), want, "{row}");
        }
    }

    #[test]
    fn lists_of_turns_are_complete_for_the_signals_speaker() {
        let row = br#"{"turns":[{"speaker":"agent","text":"a"},{"speaker":"customer","text":"b"},{"speaker":"agent","text":"c"},
            {"speaker":"agent","text":"d"}],"expect":{"refusal_turns":[2],"blame_turns":[0],"ignore_turns":[3]}}"#;
        let mut corpus = corpus();
        corpus.add_json("f:1", row, &Labels::default()).expect("a call");
        let all: Vec<_> = (0..4).map(|t| shown(&corpus, t)).collect();
        assert_eq!(
            all,
            [vec![("refusal", false)], vec![], vec![("refusal", true)], vec![]]
        );
        assert_eq!(corpus.count("refusal"), (1, 1));
    }

    #[test]
    fn calm_rows_show_nothing() {
        let calm = Labels {
            calm: vec!["anger".into()],
            ..Labels::default()
        };
        let mut corpus = corpus();
        let row = br#"{"turns":[{"speaker":"agent","text":"a"},{"speaker":"customer","text":"b"}]}"#;
        corpus.add_json("f:1", row, &calm).expect("a call");
        assert_eq!(
            (shown(&corpus, 0), shown(&corpus, 1)),
            (vec![], vec![("anger", false)])
        );
    }

    #[test]
    fn a_wrong_row_says_why_and_adds_nothing() {
        let keys = vec!["cross=anger".parse().expect("a label")];
        let how = Labels {
            keys,
            ..Labels::default()
        };
        for (row, part) in [
            (r#"{"expect":["anger"]}"#, "\"text\""),
            (r#"{"text":"a","expect":["angr"]}"#, "did you mean \"anger\"?"),
            (
                r#"{"text":"a","expect":["anger"],"forbid":["anger"]}"#,
                "both expected and forbidden",
            ),
            (r#"{"text":"a","cross":2}"#, "0 or 1"),
            (
                r#"{"turns":[{"text":"a"}],"expect":{"anger_turns":[1]}}"#,
                "not there",
            ),
            (
                r#"{"turns":[{"text":"a","start_ms":5,"expect":["anger"]},{"text":"b","start_ms":1}]}"#,
                "order of their starts",
            ),
            ("{", "EOF"),
        ] {
            let mut corpus = corpus();
            let error = corpus.add_json("f:1", row.as_bytes(), &how).expect_err(row);
            assert!(error.contains(part), "{row}: {error}");
            assert!(corpus.calls.is_empty());
        }
    }
}
