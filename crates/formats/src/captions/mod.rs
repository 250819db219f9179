//! Captions: texts in cues that have times.

pub(crate) mod cues;
mod srt;
pub(crate) mod vtt;

use crate::call::Call;
use crate::format::Format;
use crate::problem::Problem;

impl Format {
    /// The format of a text that is no JSON, seen from how it begins: a few lines are enough.
    pub fn of_text(head: &str) -> Option<Format> {
        if vtt::looks(head) {
            Some(Format::Vtt)
        } else {
            srt::looks(head).then_some(Format::Srt)
        }
    }
}

/// Reads a finished call of WebVTT or SubRip.
///
/// # Errors
/// A text that is not of the format, with the line where it is known; a format that is neither.
pub fn read_text(format: Format, text: &str) -> Result<Call, Problem> {
    match format {
        Format::Vtt => vtt::read(text),
        Format::Srt => srt::read(text),
        _ => Err(Problem::new(format!("{} is not read from text", format.title()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seen_from_how_it_begins() {
        for (head, want) in [
            ("WEBVTT\n", Some(Format::Vtt)),
            ("\u{feff}WEBVTT - a title", Some(Format::Vtt)),
            ("WEBVTTX", None),
            ("\n1\n00:00:01,000 --> 00:00:02,000\n", Some(Format::Srt)),
            ("1\r\n00:00:01,000 --> 00:00:02,000\r\n", Some(Format::Srt)),
            ("1\n00:00:01.000 --> 00:00:02.000\n", None),
            ("Agent: hello", None),
            ("", None),
        ] {
            assert_eq!(Format::of_text(head), want, "{head}");
        }
    }
}
