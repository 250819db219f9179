//! Azure Speech: results of batch transcription, and of fast transcription.
//!
//! # Facts
//! - A batch result (v3) is `recognizedPhrases[]` with `recognitionStatus`, `channel`, `speaker` (from 1, only with diarization) and `nBest[]`, the best
//!   first: `display` (as it is read), `maskedITN`, `itn`, `lexical`, `confidence`, `words[]`, `displayWords[]`.
//! - Times are there up to three times: `offset` and `duration` as ISO 8601 (`PT2.18S`), `offsetInTicks` and `durationInTicks` in units of 100 ns (whole
//!   or with `.0`), and since v2024-11-15 `offsetMilliseconds` and `durationMilliseconds`. Some versions say `durationTicks`.
//! - `words[]` are lexical (`word`, with confidence); `displayWords[]` are the words as displayed (`displayText`, without).
//! - Results of v2 are `AudioFileResults[]` with `SegmentResults[]` and capitals throughout (`NBest[].Display`, `ChannelNumber`, `SpeakerId`); their `Offset`
//!   and `Duration` are ticks, or in `OffsetInSeconds`. `ChannelNumber` is often null: of stereo each channel is a file, `Channel.0.wav`. They may
//!   hold `Sentiment` (`Negative`, `Neutral`, `Positive`).
//! - Fast transcription answers `combinedPhrases[]` and `phrases[]` with `text`, `offsetMilliseconds` (in previews `offset`, also milliseconds), `words[].text`.
//! - `timestamp` is when the result was made, not the call. No id, no role. Channels count from 0.
//! - A job (`links.files`, `status`) and its list of files (`values[]`) hold no result: it is behind the link of the file of kind `Transcription`.

use hackles::transcript::id_as_text;
use serde::Deserialize;
use serde_json::Value;

use crate::call::{Call, Turn, Word, null_as_empty};
use crate::format::Format;
use crate::problem::Problem;
use crate::shape::Shape;
use crate::time::{from_iso_duration, from_seconds, from_ticks};
use crate::vendors::voice;
use crate::vendors::{Kind, Vendor};

pub(crate) const VENDOR: Vendor = Vendor {
    format: Format::Azure,
    looks,
    document,
    live: None,
};

fn looks(shape: &Shape) -> Option<Kind> {
    let result = shape.has_any(&[
        "recognizedPhrases",
        "combinedRecognizedPhrases",
        "RecognizedPhrases",
        "AudioFileResults",
        "SegmentResults",
        "combinedPhrases",
    ]);
    let job = shape.has_all(&["self", "links.files", "status"]) || shape.has("values[].links.contentUrl");
    (result || job).then_some(Kind::Document)
}

#[derive(Deserialize)]
struct Document {
    #[serde(alias = "RecognizedPhrases", alias = "SegmentResults")]
    #[serde(rename = "recognizedPhrases")]
    recognized: Option<Vec<Phrase>>,
    #[serde(default, deserialize_with = "null_as_empty")]
    #[serde(rename = "combinedRecognizedPhrases", alias = "CombinedRecognizedPhrases")]
    whole: Vec<Whole>,
    /// Of fast transcription.
    phrases: Option<Vec<FastPhrase>>,
    #[serde(rename = "combinedPhrases")]
    combined: Option<Vec<FastPhrase>>,
    /// Of v2.
    #[serde(rename = "AudioFileResults")]
    files: Option<Vec<File>>,
    #[serde(flatten)]
    span: Span,
    status: Option<String>,
    values: Option<Vec<Value>>,
}

/// All that was said on a channel; a silent one too has its own.
#[derive(Deserialize)]
struct Whole {
    #[serde(default, deserialize_with = "id_as_text", alias = "Channel")]
    channel: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct File {
    audio_file_name: Option<String>,
    #[serde(default, deserialize_with = "crate::time::number")]
    audio_length_in_seconds: Option<f64>,
    #[serde(default, deserialize_with = "null_as_empty")]
    segment_results: Vec<Phrase>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Phrase {
    #[serde(alias = "RecognitionStatus")]
    recognition_status: Option<String>,
    #[serde(default, deserialize_with = "id_as_text")]
    #[serde(alias = "Channel", alias = "ChannelNumber", alias = "channelNumber")]
    channel: Option<String>,
    #[serde(default, deserialize_with = "id_as_text")]
    #[serde(alias = "Speaker", alias = "SpeakerId", alias = "speakerId")]
    speaker: Option<String>,
    #[serde(alias = "Locale")]
    locale: Option<String>,
    #[serde(flatten)]
    span: Span,
    #[serde(default, deserialize_with = "null_as_empty")]
    #[serde(alias = "NBest", alias = "nbest")]
    n_best: Vec<Best>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Best {
    #[serde(alias = "Confidence")]
    #[serde(default, deserialize_with = "crate::time::number")]
    confidence: Option<f64>,
    #[serde(alias = "Display")]
    display: Option<String>,
    #[serde(alias = "ITN", alias = "Itn")]
    itn: Option<String>,
    #[serde(alias = "Lexical")]
    lexical: Option<String>,
    #[serde(alias = "Sentiment")]
    sentiment: Option<Value>,
    #[serde(default, deserialize_with = "null_as_empty")]
    #[serde(alias = "Words")]
    words: Vec<HeardWord>,
    #[serde(default, deserialize_with = "null_as_empty")]
    #[serde(alias = "DisplayWords", alias = "displayPhraseElements")]
    display_words: Vec<HeardWord>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HeardWord {
    #[serde(
        default,
        alias = "Word",
        alias = "displayText",
        alias = "DisplayText",
        alias = "text"
    )]
    word: String,
    #[serde(alias = "Confidence")]
    #[serde(default, deserialize_with = "crate::time::number")]
    confidence: Option<f64>,
    #[serde(flatten)]
    span: Span,
}

/// A phrase of fast transcription.
#[derive(Deserialize)]
struct FastPhrase {
    #[serde(default, deserialize_with = "id_as_text")]
    channel: Option<String>,
    #[serde(default, deserialize_with = "id_as_text")]
    speaker: Option<String>,
    #[serde(default, deserialize_with = "null_as_empty")]
    text: String,
    locale: Option<String>,
    #[serde(default, deserialize_with = "crate::time::number")]
    confidence: Option<f64>,
    #[serde(default, deserialize_with = "null_as_empty")]
    words: Vec<HeardWord>,
    #[serde(flatten)]
    span: Span,
}

/// Where something stands in the recording, in all the ways of saying it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Span {
    #[serde(default, deserialize_with = "crate::time::ms")]
    offset_milliseconds: Option<i64>,
    #[serde(default, deserialize_with = "crate::time::ms")]
    duration_milliseconds: Option<i64>,
    #[serde(alias = "offsetTicks", alias = "OffsetInTicks")]
    #[serde(default, deserialize_with = "crate::time::number")]
    offset_in_ticks: Option<f64>,
    #[serde(alias = "durationTicks", alias = "DurationInTicks")]
    #[serde(default, deserialize_with = "crate::time::number")]
    duration_in_ticks: Option<f64>,
    #[serde(alias = "OffsetInSeconds")]
    #[serde(default, deserialize_with = "crate::time::number")]
    offset_in_seconds: Option<f64>,
    #[serde(alias = "DurationInSeconds")]
    #[serde(default, deserialize_with = "crate::time::number")]
    duration_in_seconds: Option<f64>,
    #[serde(alias = "Offset")]
    offset: Option<Plain>,
    #[serde(alias = "Duration")]
    duration: Option<Plain>,
}

/// An `offset` or `duration` without a unit in its name.
#[derive(Deserialize)]
#[serde(untagged)]
enum Plain {
    Number(f64),
    Iso(String),
}

/// What a bare number in `offset` counts.
#[derive(Clone, Copy)]
enum Unit {
    Ticks,
    Milliseconds,
}

impl Plain {
    fn ms(&self, unit: Unit) -> Option<i64> {
        match (self, unit) {
            (Plain::Iso(text), _) => match text.trim().parse() {
                Ok(number) => Plain::Number(number).ms(unit),
                Err(_) => from_iso_duration(text),
            },
            (Plain::Number(ticks), Unit::Ticks) => from_ticks(*ticks),
            (Plain::Number(ms), Unit::Milliseconds) => from_seconds(ms / 1e3),
        }
    }
}

impl Span {
    fn start(&self, unit: Unit) -> Option<i64> {
        self.offset_milliseconds
            .or_else(|| self.offset_in_ticks.and_then(from_ticks))
            .or_else(|| self.offset_in_seconds.and_then(from_seconds))
            .or_else(|| self.offset.as_ref()?.ms(unit))
    }

    fn length(&self, unit: Unit) -> Option<i64> {
        self.duration_milliseconds
            .or_else(|| self.duration_in_ticks.and_then(from_ticks))
            .or_else(|| self.duration_in_seconds.and_then(from_seconds))
            .or_else(|| self.duration.as_ref()?.ms(unit))
    }

    fn end(&self, unit: Unit) -> Option<i64> {
        Some(self.start(unit)?.saturating_add(self.length(unit)?))
    }
}

fn document(json: &str) -> Result<Call, Problem> {
    let document: Document = serde_json::from_str(json)?;
    let mut call = Call::default();
    if let Some(phrases) = document.recognized {
        call.end_ms = document.span.length(Unit::Ticks);
        let whole = document.whole.iter().map(|w| w.channel.as_deref());
        let count = channels(phrases.iter().map(|p| p.channel.as_deref()).chain(whole));
        batch(&mut call, phrases, count);
    } else if let Some(files) = document.files {
        let lengths = files.iter().filter_map(|f| f.audio_length_in_seconds);
        call.end_ms = lengths.reduce(f64::max).and_then(from_seconds);
        let phrases: Vec<Phrase> = files.into_iter().flat_map(phrases).collect();
        let count = channels(phrases.iter().map(|p| p.channel.as_deref()));
        batch(&mut call, phrases, count);
    } else if let Some(phrases) = document.phrases.or(document.combined) {
        call.end_ms = document.span.length(Unit::Milliseconds);
        fast(&mut call, phrases);
    } else {
        let hint = match (document.status, document.values) {
            (Some(status), _) => format!(": this is the job, not its result (its status is {status:?})"),
            (None, Some(_)) => ": this is a job's list of files, not its result".to_owned(),
            (None, None) => String::new(),
        };
        return Err(Problem::new(format!("no `recognizedPhrases[]`{hint}")));
    }
    call.sort();
    Ok(call)
}

/// The phrases of a file of v2; its name may tell the channel.
fn phrases(file: File) -> Vec<Phrase> {
    let name = file.audio_file_name.unwrap_or_default();
    let number = name
        .strip_prefix("Channel.")
        .and_then(|rest| rest.split('.').next())
        .map(str::to_owned);
    let mut phrases = file.segment_results;
    for phrase in &mut phrases {
        phrase.channel = phrase.channel.take().or_else(|| number.clone());
    }
    phrases
}

fn batch(call: &mut Call, phrases: Vec<Phrase>, count: usize) {
    call.file_under("language", phrases.iter().find_map(|p| p.locale.clone()));
    let mut unheard = 0;
    for phrase in phrases {
        let failed = phrase
            .recognition_status
            .as_deref()
            .is_some_and(|s| s != "Success");
        let best = phrase.n_best.into_iter().next().filter(|_| !failed);
        let Some(best) = best else {
            unheard += 1;
            continue;
        };
        let texts = [best.display, best.itn, best.lexical];
        let Some(text) = texts.into_iter().flatten().find(|t| !t.is_empty()) else {
            continue;
        };
        let words = if best.display_words.is_empty() {
            best.words
        } else {
            best.display_words
        };
        call.turns.push(Turn {
            speaker: voice::id(phrase.channel.as_deref(), count, phrase.speaker.as_deref()),
            channel: phrase.channel,
            start_ms: phrase.span.start(Unit::Ticks),
            end_ms: phrase.span.end(Unit::Ticks),
            text,
            words: words.into_iter().map(|w| word(w, Unit::Ticks)).collect(),
            confidence: best.confidence,
            vendor_sentiment: best.sentiment,
            ..Turn::default()
        });
    }
    if unheard > 0 {
        call.notes
            .push(format!("{unheard} phrases that were not recognised"));
    }
}

fn fast(call: &mut Call, phrases: Vec<FastPhrase>) {
    let count = channels(phrases.iter().map(|p| p.channel.as_deref()));
    call.file_under("language", phrases.iter().find_map(|p| p.locale.clone()));
    let unit = Unit::Milliseconds;
    let turns = phrases.into_iter().map(|phrase| Turn {
        speaker: voice::id(phrase.channel.as_deref(), count, phrase.speaker.as_deref()),
        channel: phrase.channel,
        start_ms: phrase.span.start(unit),
        end_ms: phrase.span.end(unit),
        text: phrase.text,
        words: phrase.words.into_iter().map(|w| word(w, unit)).collect(),
        confidence: phrase.confidence,
        ..Turn::default()
    });
    call.turns.extend(turns.filter(|t| !t.text.is_empty()));
}

/// How many channels there are, as far as their numbers say it.
fn channels<'a>(names: impl Iterator<Item = Option<&'a str>>) -> usize {
    let numbers = names.flatten().filter_map(|name| name.parse::<usize>().ok());
    numbers.max().map_or(0, |last| last.saturating_add(1))
}

fn word(word: HeardWord, unit: Unit) -> Word {
    Word {
        start_ms: word.span.start(unit),
        end_ms: word.span.end(unit),
        text: word.word,
        confidence: word.confidence,
    }
}
