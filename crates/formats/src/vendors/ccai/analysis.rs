//! What Insights' analysis found.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::conversation::Segment;
use crate::call::{Call, Category, Figures, null_as_empty};
use crate::format::Format;

#[derive(Deserialize)]
pub(super) struct Analysis {
    #[serde(rename = "analysisResult", alias = "analysis_result")]
    result: Option<AnalysisResult>,
}

#[derive(Deserialize)]
struct AnalysisResult {
    #[serde(rename = "callAnalysisMetadata", alias = "call_analysis_metadata")]
    metadata: Option<Metadata>,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default, deserialize_with = "null_as_empty")]
    annotations: Vec<Annotation>,
    #[serde(default, deserialize_with = "null_as_empty")]
    sentiments: Vec<ChannelSentiment>,
    #[serde(default, deserialize_with = "null_as_empty")]
    intents: BTreeMap<String, Named>,
    #[serde(
        default,
        rename = "phraseMatchers",
        alias = "phrase_matchers",
        deserialize_with = "null_as_empty"
    )]
    phrase_matchers: BTreeMap<String, Named>,
    #[serde(rename = "issueModelResult", alias = "issue_model_result")]
    issues: Option<Issues>,
}

#[derive(Deserialize)]
struct ChannelSentiment {
    #[serde(rename = "channelTag", alias = "channel_tag")]
    channel: Option<i64>,
    #[serde(rename = "sentimentData", alias = "sentiment_data")]
    data: Option<Sentiment>,
}

#[derive(Deserialize)]
struct Sentiment {
    /// What is 0 is left out.
    #[serde(default, deserialize_with = "null_as_empty")]
    score: f64,
}

#[derive(Deserialize)]
struct Named {
    #[serde(rename = "displayName", alias = "display_name")]
    name: Option<String>,
}

#[derive(Deserialize)]
struct Issues {
    #[serde(default, deserialize_with = "null_as_empty")]
    issues: Vec<Named>,
}

/// A finding between two places; which kind it is, its data says.
#[derive(Deserialize)]
struct Annotation {
    #[serde(rename = "channelTag", alias = "channel_tag")]
    channel: Option<i64>,
    #[serde(rename = "annotationStartBoundary", alias = "annotation_start_boundary")]
    start: Option<Boundary>,
    #[serde(rename = "annotationEndBoundary", alias = "annotation_end_boundary")]
    end: Option<Boundary>,
    #[serde(rename = "interruptionData", alias = "interruption_data")]
    interruption: Option<serde::de::IgnoredAny>,
    #[serde(rename = "phraseMatchData", alias = "phrase_match_data")]
    phrase: Option<Phrase>,
    #[serde(rename = "intentMatchData", alias = "intent_match_data")]
    intent: Option<Intent>,
    #[serde(rename = "issueMatchData", alias = "issue_match_data")]
    issue: Option<Issue>,
}

/// A word of a segment; indices of 0 are left out.
#[derive(Deserialize)]
struct Boundary {
    #[serde(default, rename = "transcriptIndex", alias = "transcript_index")]
    segment: usize,
    #[serde(default, rename = "wordIndex", alias = "word_index")]
    word: usize,
}

#[derive(Deserialize)]
struct Phrase {
    #[serde(rename = "phraseMatcher", alias = "phrase_matcher")]
    id: Option<String>,
    #[serde(rename = "displayName", alias = "display_name")]
    name: Option<String>,
}

#[derive(Deserialize)]
struct Intent {
    #[serde(rename = "intentUniqueId", alias = "intent_unique_id")]
    id: Option<String>,
}

#[derive(Deserialize)]
struct Issue {
    #[serde(rename = "issueAssignment", alias = "issue_assignment")]
    assignment: Option<Named>,
}

pub(super) fn figures(analysis: &Analysis, call: &Call, segments: &[Segment]) -> Option<Figures> {
    let metadata = analysis.result.as_ref()?.metadata.as_ref()?;
    let mut figures = Figures::of(Format::Ccai);
    for sentiment in &metadata.sentiments {
        let score = sentiment.data.as_ref().map(|d| d.score);
        if let Some((name, score)) = speaker(call, sentiment.channel).zip(score) {
            figures.sentiment.insert(name, score);
            figures.sentiment_scale = Some([-1.0, 1.0]);
        }
    }
    for annotation in &metadata.annotations {
        if annotation.interruption.is_some()
            && let Some(name) = speaker(call, annotation.channel)
        {
            *figures.interruptions.entry(name).or_default() += 1;
        }
        if let Some(name) = annotation.name(metadata) {
            let place = annotation.place(segments);
            category(&mut figures, name).points.extend(place);
        }
    }
    for issue in metadata.issues.iter().flat_map(|i| &i.issues) {
        if let Some(name) = &issue.name {
            category(&mut figures, name);
        }
    }
    Some(figures)
}

/// The name of who speaks on a channel.
fn speaker(call: &Call, channel: Option<i64>) -> Option<String> {
    let channel = channel?.to_string();
    let turn = call.turns.iter().find(|t| t.channel.as_ref() == Some(&channel))?;
    Some(call.figure_name(turn.speaker.as_deref()?))
}

fn category<'a>(figures: &'a mut Figures, name: &str) -> &'a mut Category {
    let known = figures.categories.iter().position(|c| c.name == name);
    let at = known.unwrap_or_else(|| {
        figures.categories.push(Category {
            name: name.to_owned(),
            points: Vec::new(),
        });
        figures.categories.len() - 1
    });
    &mut figures.categories[at]
}

impl Annotation {
    /// The category that was found, if one was.
    fn name<'a>(&'a self, metadata: &'a Metadata) -> Option<&'a String> {
        let named =
            |names: &'a BTreeMap<String, Named>, id: &Option<String>| names.get(id.as_ref()?)?.name.as_ref();
        if let Some(phrase) = &self.phrase {
            phrase
                .name
                .as_ref()
                .or_else(|| named(&metadata.phrase_matchers, &phrase.id))
        } else if let Some(intent) = &self.intent {
            named(&metadata.intents, &intent.id)
        } else {
            self.issue.as_ref()?.assignment.as_ref()?.name.as_ref()
        }
    }

    /// From when to when, if the words at both ends have times.
    fn place(&self, segments: &[Segment]) -> Option<(i64, i64)> {
        let word = |at: &Boundary| {
            let words = &segments.get(at.segment)?.words;
            words.get(at.word).or_else(|| words.last())
        };
        let start = word(self.start.as_ref()?)?.start_ms?;
        let end = word(self.end.as_ref()?)?.end_ms?;
        Some((start, end))
    }
}
