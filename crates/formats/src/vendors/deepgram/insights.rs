//! Sentiments, topics and intents: all are said of stretches of the first channel's words.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use super::Alternative;
use crate::call::{Category, Turn, null_as_empty};
use crate::time::from_seconds;

#[derive(Default, Deserialize)]
pub(super) struct Insights {
    #[serde(default, deserialize_with = "null_as_empty")]
    sentiments: Segments,
    #[serde(default, deserialize_with = "null_as_empty")]
    topics: Segments,
    #[serde(default, deserialize_with = "null_as_empty")]
    intents: Segments,
}

#[derive(Default, Deserialize)]
struct Segments {
    #[serde(default, deserialize_with = "null_as_empty")]
    segments: Vec<Segment>,
}

#[derive(Deserialize)]
struct Segment {
    start_word: Option<usize>,
    end_word: Option<usize>,
    #[serde(default, deserialize_with = "crate::time::number")]
    sentiment_score: Option<f64>,
    #[serde(default, deserialize_with = "null_as_empty")]
    topics: Vec<Topic>,
    #[serde(default, deserialize_with = "null_as_empty")]
    intents: Vec<Topic>,
}

#[derive(Deserialize)]
struct Topic {
    #[serde(alias = "intent")]
    topic: Option<String>,
}

/// What was found, by time.
pub(super) struct Guide {
    /// Sentiment of the words of the first channel, by start.
    scores: HashMap<i64, f64>,
    pub(super) categories: Vec<Category>,
}

impl Insights {
    /// Finds the times of what was said of words.
    pub(super) fn guide(&self, first: Option<&Alternative>) -> Guide {
        let times: Vec<Option<(i64, i64)>> = first
            .map(|best| best.words.iter())
            .unwrap_or_default()
            .map(|w| Some((from_seconds(w.start?)?, from_seconds(w.end?)?)))
            .collect();
        let stretch = |segment: &Segment| {
            let (start, end) = segment.start_word.zip(segment.end_word)?;
            times.get(start..=end)
        };
        let mut guide = Guide {
            scores: HashMap::new(),
            categories: Vec::new(),
        };
        for segment in &self.sentiments.segments {
            let words = stretch(segment).unwrap_or_default().iter().flatten();
            let Some(score) = segment.sentiment_score else {
                continue;
            };
            guide.scores.extend(words.map(|(start, _)| (*start, score)));
        }
        for segment in self.topics.segments.iter().chain(&self.intents.segments) {
            let words = stretch(segment).unwrap_or_default();
            let first = words.first().copied().flatten();
            let point = first.zip(words.last().copied().flatten());
            for topic in segment.topics.iter().chain(&segment.intents) {
                guide.add(topic, point.map(|((start, _), (_, end))| (start, end)));
            }
        }
        guide
    }
}

impl Guide {
    fn add(&mut self, topic: &Topic, point: Option<(i64, i64)>) {
        let Some(name) = &topic.topic else {
            return;
        };
        match self.categories.iter_mut().find(|c| c.name == *name) {
            Some(category) => category.points.extend(point),
            None => self.categories.push(Category {
                name: name.clone(),
                points: point.into_iter().collect(),
            }),
        }
    }

    /// The sentiment of a turn of the first channel: the mean over its words.
    pub(super) fn sentiment(&self, turn: &Turn) -> Option<Value> {
        if turn.channel.as_deref().is_some_and(|c| c != "0") {
            return None;
        }
        let words = turn.words.iter().filter_map(|w| self.scores.get(&w.start_ms?));
        let (sum, count) = words.fold((0.0, 0.0), |(sum, count), score| (sum + score, count + 1.0));
        let mean = (sum / count * 1e4_f64).round() / 1e4;
        mean.is_finite().then(|| mean.into())
    }
}
