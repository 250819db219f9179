//! The formats: one table of what each is called, how it is recognised and what reads it.

use std::fmt;
use std::str::FromStr;

use hackles::error::did_you_mean;

use crate::problem::Problem;
use crate::vendors::{VENDORS, Vendor};

/// How transcripts are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Our own: JSON, a call an object; as lines, as an array or as a document. Live: chunks, one a line.
    Jsonl,
    /// A table with a turn a row.
    Csv,
    /// The same in columns.
    Parquet,
    /// `Agent: …` lines.
    Text,
    /// WebVTT, with Zoom's ways.
    Vtt,
    /// SubRip.
    Srt,
    /// Amazon Connect Contact Lens: after the call, in real time, chat.
    ContactLens,
    /// Amazon Transcribe Call Analytics: after the call and streamed.
    CallAnalytics,
    /// Amazon Transcribe: after the call and streamed.
    Transcribe,
    /// Genesys Cloud speech and text analytics.
    Genesys,
    /// Deepgram, finished and live.
    Deepgram,
    /// Azure batch transcription.
    Azure,
    /// Twilio Voice Intelligence and real-time transcriptions.
    Twilio,
    /// Whisper and WhisperX.
    Whisper,
    /// AssemblyAI, finished and streamed.
    AssemblyAi,
    /// Google Cloud Speech-to-Text.
    Google,
    /// Google Contact Center AI Insights conversations.
    Ccai,
    /// Speechmatics, finished and in real time.
    Speechmatics,
    /// Rev.ai, finished and streamed.
    RevAi,
    /// vCon containers.
    Vcon,
}

impl Format {
    /// Each with its name, what it is called, and what else it is asked for by.
    const TABLE: &[(Format, &str, &str, &[&str])] = &[
        (
            Format::Jsonl,
            "jsonl",
            "our own JSON",
            &["json", "ndjson", "hackles"],
        ),
        (Format::Csv, "csv", "CSV, a turn a row", &["tsv"]),
        (Format::Parquet, "parquet", "Parquet, a turn a row", &[]),
        (
            Format::Text,
            "text",
            "plain text (\"Agent: …\")",
            &["txt", "plain"],
        ),
        (Format::Vtt, "vtt", "WebVTT", &["webvtt", "zoom"]),
        (Format::Srt, "srt", "SubRip", &["subrip"]),
        (
            Format::ContactLens,
            "contact-lens",
            "Amazon Connect Contact Lens",
            &["amazon-connect", "connect", "contactlens"],
        ),
        (
            Format::CallAnalytics,
            "call-analytics",
            "Amazon Transcribe Call Analytics",
            &["transcribe-call-analytics", "tca"],
        ),
        (
            Format::Transcribe,
            "transcribe",
            "Amazon Transcribe",
            &["aws-transcribe", "amazon-transcribe"],
        ),
        (Format::Genesys, "genesys", "Genesys Cloud", &["genesys-cloud"]),
        (Format::Deepgram, "deepgram", "Deepgram", &[]),
        (
            Format::Azure,
            "azure",
            "Azure batch transcription",
            &["azure-speech", "azure-batch"],
        ),
        (Format::Twilio, "twilio", "Twilio", &[]),
        (
            Format::Whisper,
            "whisper",
            "Whisper or WhisperX",
            &["whisperx", "whisper-x"],
        ),
        (
            Format::AssemblyAi,
            "assemblyai",
            "AssemblyAI",
            &["assembly-ai", "assembly"],
        ),
        (
            Format::Google,
            "google",
            "Google Speech-to-Text",
            &["google-stt", "google-speech", "speech-to-text"],
        ),
        (
            Format::Ccai,
            "ccai",
            "Google CCAI conversation",
            &["google-ccai", "ccai-insights", "insights"],
        ),
        (Format::Speechmatics, "speechmatics", "Speechmatics", &[]),
        (Format::RevAi, "revai", "Rev.ai", &["rev-ai", "rev"]),
        (Format::Vcon, "vcon", "vCon", &[]),
    ];

    fn row(self) -> &'static (Format, &'static str, &'static str, &'static [&'static str]) {
        let row = Format::TABLE.iter().find(|(format, ..)| *format == self);
        row.unwrap_or(&Format::TABLE[0])
    }

    /// All of them.
    pub fn all() -> impl Iterator<Item = Format> {
        Format::TABLE.iter().map(|(format, ..)| *format)
    }

    /// The name it is asked for by: `contact-lens`.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// What people call it: `Amazon Connect Contact Lens`.
    pub fn title(self) -> &'static str {
        self.row().2
    }

    /// Whether the vendor sends calls live, so that [`live`](crate::live()) reads them.
    pub fn is_live(self) -> bool {
        self == Format::Jsonl || self.vendor().is_some_and(|v| v.live.is_some())
    }

    /// What reads its JSON records; none for the formats that are ours or no JSON.
    pub(crate) fn vendor(self) -> Option<&'static Vendor> {
        VENDORS.iter().copied().find(|v| v.format == self)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = Problem;

    /// Reads a name as people write it: in any case, with `_` or `-`.
    fn from_str(text: &str) -> Result<Self, Problem> {
        let wanted = text.to_ascii_lowercase().replace(['_', ' ', '.'], "-");
        let row = Format::TABLE
            .iter()
            .find(|(_, name, _, others)| *name == wanted || others.contains(&wanted.as_str()));
        if let Some((format, ..)) = row {
            return Ok(*format);
        }
        let names = Format::TABLE.iter().map(|(_, name, ..)| *name);
        let all: Vec<&str> = names.collect();
        let near = did_you_mean(&wanted, all.iter().copied());
        Err(Problem::new(format!(
            "unknown format \"{text}\"{near}; there are {}",
            all.join(", ")
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_people_write_them() {
        for format in Format::all() {
            assert_eq!(format.name().parse(), Ok(format));
        }
        assert_eq!("Contact_Lens".parse(), Ok(Format::ContactLens));
        assert_eq!("Rev.ai".parse(), Ok(Format::RevAi));
        let wrong = "deepgramm".parse::<Format>().expect_err("no format");
        assert!(wrong.what().contains("did you mean \"deepgram\"?"), "{wrong}");
    }

    #[test]
    fn no_two_formats_share_a_name() {
        let mut names: Vec<&str> = Format::TABLE
            .iter()
            .flat_map(|(_, name, _, others)| std::iter::once(name).chain(*others))
            .copied()
            .collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
