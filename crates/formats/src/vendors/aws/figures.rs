//! Categories and the figures of a conversation.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::role;
use crate::call::{Call, Category, Figures, Turn, null_as_empty};
use crate::format::Format;

/// The categories that matched, after the call or in a stream.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Categories {
    #[serde(deserialize_with = "null_as_empty")]
    matched_categories: Vec<String>,
    #[serde(deserialize_with = "null_as_empty")]
    matched_details: BTreeMap<String, Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Details {
    #[serde(alias = "TimestampRanges", deserialize_with = "null_as_empty")]
    points_of_interest: Vec<Point>,
}

/// A place in the call: its times, or the turns of a chat by their ids.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Point {
    #[serde(deserialize_with = "crate::time::ms")]
    begin_offset_millis: Option<i64>,
    #[serde(deserialize_with = "crate::time::ms")]
    end_offset_millis: Option<i64>,
    #[serde(deserialize_with = "null_as_empty")]
    transcript_items: Vec<Item>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    id: Option<String>,
}

/// When each turn was, by its id.
pub(crate) type Times = BTreeMap<String, (i64, i64)>;

impl Categories {
    /// The categories in the source's order. A list of names may be missing; the names of the details stand for it then.
    pub(crate) fn read(mut self, times: &Times) -> Vec<Category> {
        if self.matched_categories.is_empty() {
            self.matched_categories = self.matched_details.keys().cloned().collect();
        }
        let details = &self.matched_details;
        // A stream's details may be named by what was heard; of one category all of them are.
        let alone = self.matched_categories.len() == 1;
        let of = |name: &str| -> Vec<(i64, i64)> {
            details
                .iter()
                .filter(|(key, _)| alone || *key == name)
                .flat_map(|(_, d)| &d.points_of_interest)
                .flat_map(|point| point.times(times))
                .collect()
        };
        self.matched_categories
            .iter()
            .map(|name| Category {
                name: name.clone(),
                points: of(name),
            })
            .collect()
    }
}

impl Point {
    fn times(&self, times: &Times) -> Vec<(i64, i64)> {
        match self.begin_offset_millis.zip(self.end_offset_millis) {
            Some(point) => vec![point],
            None => self
                .transcript_items
                .iter()
                .filter_map(|item| times.get(item.id.as_deref()?).copied())
                .collect(),
        }
    }
}

/// Adds categories to those that are known: a stream may tell the same one again.
pub(crate) fn add_categories(figures: &mut Figures, categories: Vec<Category>) {
    for category in categories {
        match figures.categories.iter_mut().find(|c| c.name == category.name) {
            None => figures.categories.push(category),
            Some(known) => {
                for point in category.points {
                    if !known.points.contains(&point) {
                        known.points.push(point);
                    }
                }
            }
        }
    }
}

/// `ConversationCharacteristics`: the figures of a call.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Characteristics {
    #[serde(deserialize_with = "crate::time::ms")]
    total_conversation_duration_millis: Option<i64>,
    #[serde(deserialize_with = "null_as_empty")]
    sentiment: Sentiment,
    #[serde(deserialize_with = "null_as_empty")]
    interruptions: Interruptions,
    #[serde(deserialize_with = "null_as_empty")]
    non_talk_time: Total,
    #[serde(deserialize_with = "null_as_empty")]
    talk_speed: ByParticipant<Speed>,
    #[serde(deserialize_with = "null_as_empty")]
    talk_time: ByParticipant<Total>,
    contact_summary: Option<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Sentiment {
    #[serde(deserialize_with = "null_as_empty")]
    overall_sentiment: BTreeMap<String, Option<f64>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Interruptions {
    #[serde(deserialize_with = "null_as_empty")]
    interruptions_by_interrupter: BTreeMap<String, Vec<IgnoredAny>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Total {
    #[serde(deserialize_with = "crate::time::ms")]
    total_time_millis: Option<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Speed {
    #[serde(default, deserialize_with = "crate::time::number")]
    average_words_per_minute: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", default, bound = "T: Deserialize<'de>")]
struct ByParticipant<T> {
    #[serde(deserialize_with = "null_as_empty")]
    details_by_participant: BTreeMap<String, T>,
}

impl<T> Default for ByParticipant<T> {
    fn default() -> Self {
        ByParticipant {
            details_by_participant: BTreeMap::new(),
        }
    }
}

impl Characteristics {
    /// Adds the figures to a call whose participants are known.
    pub(crate) fn file(self, call: &mut Call, format: Format) {
        let mut figures = Figures::of(format);
        let sentiment = self.sentiment.overall_sentiment.into_iter();
        figures.sentiment = named(call, sentiment.filter_map(|(who, score)| Some((who, score?))));
        figures.sentiment_scale = (!figures.sentiment.is_empty()).then_some([-5.0, 5.0]);
        let interruptions = self.interruptions.interruptions_by_interrupter.into_iter();
        figures.interruptions = named(call, interruptions.map(|(who, all)| (who, all.len() as u32)));
        let talk = self.talk_time.details_by_participant.into_iter();
        figures.talk_ms = named(
            call,
            talk.filter_map(|(who, total)| Some((who, total.total_time_millis?))),
        );
        let speed = self.talk_speed.details_by_participant.into_iter();
        figures.words_per_minute = named(
            call,
            speed.filter_map(|(who, speed)| Some((who, speed.average_words_per_minute?))),
        );
        figures.silence_ms = self.non_talk_time.total_time_millis;
        call.end_ms = self.total_conversation_duration_millis;
        call.vendor = Some(figures);
        if self.contact_summary.is_some() {
            call.notes.push("a summary of the contact".to_owned());
        }
    }
}

/// Figures by role. A second participant of the same role stands under its own id.
fn named<T>(call: &Call, figures: impl Iterator<Item = (String, T)>) -> BTreeMap<String, T> {
    let mut by_name = BTreeMap::new();
    for (who, figure) in figures {
        let name = role(&who).map_or_else(|| call.figure_name(&who), |role| role.as_str().to_owned());
        let name = if by_name.contains_key(&name) { who } else { name };
        by_name.insert(name, figure);
    }
    by_name
}

/// When each turn of a call was, for those whose ids are given.
pub(crate) fn times<'a>(turns: impl Iterator<Item = (Option<&'a String>, &'a Turn)>) -> Times {
    turns
        .filter_map(|(id, turn)| {
            let start = turn.start_ms?;
            Some((id?.clone(), (start, turn.end_ms.unwrap_or(start))))
        })
        .collect()
}
