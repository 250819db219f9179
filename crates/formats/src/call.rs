//! The one model of all formats: a call as its source tells it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use hackles::transcript::{Meta, id_as_text, whole_ms};
use hackles::{Participant, Role, Transcript, WordTime};
use serde::{Deserialize, Deserializer, Serialize};

/// A finished call with all that its source says of it. Its JSON is the plain transcript that `hackles` reads, with more keys.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// The call's id, if it has one.
    #[serde(
        default,
        deserialize_with = "id_as_text",
        skip_serializing_if = "Option::is_none"
    )]
    pub id: Option<String>,
    /// What was said, by start; turns without a start stand behind the one they came after.
    pub turns: Vec<Turn>,
    /// Who takes part.
    #[serde(
        default,
        deserialize_with = "null_as_empty",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub participants: Vec<Party>,
    /// What the call is filed under: what the source calls agent, queue, language and the like, under `agent`, `queue`, `language`,
    /// `started_at` (RFC 3339) …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meta: Option<Meta>,
    /// When the call ended, in milliseconds from its start.
    #[serde(
        default,
        deserialize_with = "whole_ms",
        skip_serializing_if = "Option::is_none"
    )]
    pub end_ms: Option<i64>,
    /// The figures of the source's own analysis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<Figures>,
    /// What the source holds that is not in the turns, in words for a person; never the words of the call.
    #[serde(skip)]
    pub notes: Vec<String>,
}

hackles::debug_unsaid! {
    Call { id, turns, participants, end_ms, vendor, notes } without { meta }
}

/// Somebody who takes part in a call.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// The speaker id that turns name.
    pub id: String,
    /// The role, where the source says it. It is never guessed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Where the role was taken from: the path of the source's field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_from: Option<Cow<'static, str>>,
    /// The person's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

hackles::debug_unsaid! {
    Party { id, role, role_from } without { name }
}

/// One turn: an utterance of one speaker.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// Speaker id; none if the source does not know who speaks.
    #[serde(default)]
    pub speaker: Option<String>,
    /// The channel of the recording, as the source names it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "id_as_text"
    )]
    pub channel: Option<String>,
    /// Start in milliseconds from the call's start.
    #[serde(
        default,
        deserialize_with = "whole_ms",
        skip_serializing_if = "Option::is_none"
    )]
    pub start_ms: Option<i64>,
    /// End in milliseconds from the call's start.
    #[serde(
        default,
        deserialize_with = "whole_ms",
        skip_serializing_if = "Option::is_none"
    )]
    pub end_ms: Option<i64>,
    /// What was said, redaction marks as they were.
    pub text: String,
    /// The words, where the source has them one by one.
    #[serde(
        default,
        deserialize_with = "null_as_empty",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub words: Vec<Word>,
    /// How sure the recogniser is, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// Where something was taken out of the text.
    #[serde(
        default,
        deserialize_with = "null_as_empty",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub redactions: Vec<Redaction>,
    /// The source's own sentiment of the turn, in its own words or numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_sentiment: Option<serde_json::Value>,
}

hackles::debug_unsaid! {
    Turn { speaker, channel, start_ms, end_ms, words, confidence, redactions } without { text, vendor_sentiment }
}

/// A word as it was recognised, with the punctuation behind it.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// The word.
    #[serde(default, rename = "word", skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Start in milliseconds from the call's start.
    #[serde(
        default,
        deserialize_with = "whole_ms",
        skip_serializing_if = "Option::is_none"
    )]
    pub start_ms: Option<i64>,
    /// End in milliseconds from the call's start.
    #[serde(
        default,
        deserialize_with = "whole_ms",
        skip_serializing_if = "Option::is_none"
    )]
    pub end_ms: Option<i64>,
    /// How sure the recogniser is, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
}

hackles::debug_unsaid! {
    Word { start_ms, end_ms, confidence } without { text }
}

/// A place where something was taken out. At least one of the two pairs of places is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redaction {
    /// What was there, as the source calls it: `PII`, `NAME`, `CREDIT_CARD` …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Bytes of the mark in the turn's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<usize>,
    /// Behind its last byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<usize>,
    /// From this time of the call, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_ms: Option<i64>,
    /// To this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_ms: Option<i64>,
}

/// What the source's own analysis found, for comparison with ours. Speakers are named by their role, else by their id.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// Whose figures they are: the name of the format.
    pub source: String,
    /// Overall sentiment by speaker, on the source's scale.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sentiment: BTreeMap<String, f64>,
    /// The ends of that scale.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentiment_scale: Option<[f64; 2]>,
    /// Interruptions by who interrupts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub interruptions: BTreeMap<String, u32>,
    /// Milliseconds of speech by speaker.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub talk_ms: BTreeMap<String, i64>,
    /// Words a minute by speaker.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub words_per_minute: BTreeMap<String, f64>,
    /// Milliseconds in which nobody spoke.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub silence_ms: Option<i64>,
    /// The categories (topics, rules, intents) that matched.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Category>,
}

/// A category of the source's that matched.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Category {
    /// Its name.
    pub name: String,
    /// From where to where in the call, in milliseconds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<(i64, i64)>,
}

hackles::debug_unsaid! {
    Category { points } without { name }
}

impl Figures {
    /// Figures of a source that has said nothing yet.
    pub fn of(source: crate::Format) -> Self {
        Figures {
            source: source.name().to_owned(),
            ..Figures::default()
        }
    }

    /// Whether there are any.
    pub fn is_empty(&self) -> bool {
        let none = Figures {
            source: self.source.clone(),
            ..Figures::default()
        };
        *self == none
    }
}

impl Word {
    /// A word at its time.
    pub fn at(text: impl Into<String>, start_ms: i64, end_ms: i64) -> Self {
        Word {
            text: text.into(),
            start_ms: Some(start_ms),
            end_ms: Some(end_ms),
            confidence: None,
        }
    }
}

impl Call {
    /// Adds or completes a party: what is given wins over what was not known before.
    pub fn party(&mut self, id: &str, role: Option<(Role, &'static str)>, name: Option<&str>) {
        let at = match self.participants.iter().position(|p| p.id == id) {
            Some(at) => at,
            None => {
                self.participants.push(Party {
                    id: id.to_owned(),
                    ..Party::default()
                });
                self.participants.len() - 1
            }
        };
        let party = &mut self.participants[at];
        if let Some((role, from)) = role {
            (party.role, party.role_from) = (Some(role), Some(from.into()));
        }
        if let Some(name) = name {
            party.name = Some(name.to_owned());
        }
    }

    /// The party that a speaker is, if anything is known of it.
    pub fn party_of(&self, speaker: &str) -> Option<&Party> {
        self.participants.iter().find(|p| p.id == speaker)
    }

    /// The role of a speaker: what its id says, else what its party has.
    pub fn role_of(&self, speaker: &str) -> Option<Role> {
        Role::of_id(speaker).or_else(|| self.party_of(speaker)?.role)
    }

    /// What the call is filed under, as JSON.
    pub(crate) fn meta_json(&self) -> Option<String> {
        let meta = self.meta.clone()?;
        Some(serde_json::Value::from(meta).to_string())
    }

    /// Files the call under a value of this name, if there is one.
    pub fn file_under(&mut self, name: &str, value: Option<impl Into<serde_json::Value>>) {
        let value = value.map(Into::into);
        if let Some(value) = value.filter(|v: &serde_json::Value| v.as_str() != Some("")) {
            let meta = self.meta.get_or_insert_default();
            meta.insert(name.to_owned(), value);
        }
    }

    /// Sorts the turns by start, stably; one without a start stays behind the turn it came after.
    pub fn sort(&mut self) {
        let mut last = i64::MIN;
        let mut keyed: Vec<(i64, Turn)> = std::mem::take(&mut self.turns)
            .into_iter()
            .map(|turn| {
                last = turn.start_ms.unwrap_or(last);
                (last, turn)
            })
            .collect();
        keyed.sort_by_key(|(start, _)| *start);
        self.turns = keyed.into_iter().map(|(_, turn)| turn).collect();
    }

    /// Counts all times from `origin`, for sources that give the time of day.
    pub fn count_from(&mut self, origin: i64) {
        let shift = |ms: &mut Option<i64>| *ms = ms.map(|ms| ms.saturating_sub(origin));
        for turn in &mut self.turns {
            shift(&mut turn.start_ms);
            shift(&mut turn.end_ms);
            for word in &mut turn.words {
                shift(&mut word.start_ms);
                shift(&mut word.end_ms);
            }
            for redaction in &mut turn.redactions {
                shift(&mut redaction.start_ms);
                shift(&mut redaction.end_ms);
            }
        }
        shift(&mut self.end_ms);
        for category in self.vendor.iter_mut().flat_map(|v| &mut v.categories) {
            for (start, end) in &mut category.points {
                (*start, *end) = (start.saturating_sub(origin), end.saturating_sub(origin));
            }
        }
    }

    /// The start of the first turn that has one.
    pub fn first_start(&self) -> Option<i64> {
        self.turns.iter().filter_map(|t| t.start_ms).min()
    }

    /// The name under which figures of a speaker are filed: the role, else the id.
    pub fn figure_name(&self, speaker: &str) -> String {
        self.role_of(speaker)
            .map_or_else(|| speaker.to_owned(), |role| role.as_str().to_owned())
    }
}

impl From<Call> for Transcript {
    fn from(call: Call) -> Self {
        Transcript {
            id: call.id,
            turns: call.turns.into_iter().map(hackles::Turn::from).collect(),
            participants: call.participants.into_iter().map(Participant::from).collect(),
            meta: call.meta,
            end_ms: call.end_ms,
        }
    }
}

impl From<Party> for Participant {
    fn from(party: Party) -> Self {
        Participant {
            id: party.id,
            role: party.role,
            name: party.name,
        }
    }
}

impl From<Turn> for hackles::Turn {
    fn from(turn: Turn) -> Self {
        hackles::Turn {
            speaker: turn.speaker.unwrap_or_default(),
            start_ms: turn.start_ms,
            end_ms: turn.end_ms,
            words: times(&turn.words),
            text: turn.text,
        }
    }
}

/// When each word was said. A word without a time fills the gap between its neighbours, so that it does not look like a pause; where that
/// cannot be said of all, nothing is said of any.
pub(crate) fn times(words: &[Word]) -> Vec<WordTime> {
    let known = |w: &Word| w.start_ms.zip(w.end_ms);
    (0..words.len())
        .map(|at| {
            let (start_ms, end_ms) = known(&words[at]).or_else(|| {
                let before = words[..at].iter().rev().find_map(known)?.1;
                let after = words[at + 1..].iter().find_map(known)?.0;
                Some((before, after.max(before)))
            })?;
            Some(WordTime { start_ms, end_ms })
        })
        .collect::<Option<Vec<_>>>()
        .unwrap_or_default()
}

/// Reads null as nothing: an empty list, a thing without parts. A field for `#[serde(deserialize_with)]`.
pub(crate) fn null_as_empty<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    d: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(d)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_without_a_start_stay_behind_the_one_before() {
        let turn = |text: &str, start_ms| Turn {
            text: text.into(),
            start_ms,
            ..Turn::default()
        };
        let mut call = Call {
            turns: vec![
                turn("c", Some(5)),
                turn("d", None),
                turn("a", Some(1)),
                turn("b", Some(1)),
            ],
            ..Call::default()
        };
        call.sort();
        let order: String = call.turns.iter().map(|t| t.text.as_str()).collect();
        assert_eq!(order, "abcd");
    }

    #[test]
    fn a_word_without_a_time_is_no_pause() {
        let untimed = Word {
            text: "90".into(),
            ..Word::default()
        };
        let words = [
            Word::at("in", 0, 100),
            untimed.clone(),
            Word::at("days", 400, 500),
        ];
        let found = times(&words);
        assert_eq!((found[1].start_ms, found[1].end_ms), (100, 400));
        assert_eq!(times(&[untimed]), []);
    }
}
