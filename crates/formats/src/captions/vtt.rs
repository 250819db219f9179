//! WebVTT, with the ways of Zoom and Teams.
//!
//! # Facts
//! - The first line is `WEBVTT`, perhaps with a title behind it; the header ends with an empty line and may hold `Language: en`.
//! - Blocks that begin with `NOTE`, `STYLE` or `REGION` are no cues.
//! - Zoom numbers its cues and writes `Name: text`; Teams gives them ids and writes `<v Name>text</v>`.
//! - All else is said of cues, in their module.
//!
//! What is [written](fn@write) has a voice tag for each turn whose speaker is known, and reads back as it was, but for white space.

use std::fmt::Write;

use crate::call::Call;
use crate::captions::cues;
use crate::problem::Problem;

/// Whether a text begins as a file of this format does.
pub(crate) fn looks(head: &str) -> bool {
    let head = head.strip_prefix('\u{feff}').unwrap_or(head);
    let rest = head.strip_prefix("WEBVTT");
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
}

/// Reads a call.
pub(crate) fn read(text: &str) -> Result<Call, Problem> {
    if !looks(text) {
        return Err(Problem::new("no `WEBVTT` in the first line").at_line(1));
    }
    let lines: Vec<&str> = text.lines().collect();
    let is_header = |line: &&&str| !line.trim().is_empty() && !line.contains("-->");
    let header = lines.iter().take_while(is_header).count();
    let cues = cues::find(&lines[header..], is_aside).map_err(|p| p.lines_down(header))?;
    let mut call = cues::call(&cues);
    let language = lines[..header].iter().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("language").then(|| value.trim())
    });
    call.file_under("language", language);
    Ok(call)
}

fn is_aside(line: &str) -> bool {
    let word = line.split_whitespace().next();
    matches!(word, Some("NOTE" | "STYLE" | "REGION")) && line.starts_with(['N', 'S', 'R'])
}

/// Writes a call as WebVTT: a cue a turn, the speaker's id as its voice. White space within texts becomes single spaces.
///
/// # Errors
/// A turn without start or end, which is named; nothing is written then.
pub(crate) fn write(call: &Call, out: &mut String) -> Result<(), Problem> {
    let begin = out.len();
    out.push_str("WEBVTT\n");
    for (at, turn) in call.turns.iter().enumerate() {
        let missing = |what| Problem::missing(format_args!("turns[{at}].{what}"));
        let times = turn.start_ms.ok_or_else(|| missing("start_ms"));
        let times = times.and_then(|start| Ok((start, turn.end_ms.ok_or_else(|| missing("end_ms"))?)));
        let (start, end) = times.inspect_err(|_| out.truncate(begin))?;
        out.push('\n');
        push_time(start, out);
        out.push_str(" --> ");
        push_time(end, out);
        out.push_str("\n<v");
        if let Some(speaker) = &turn.speaker {
            out.push(' ');
            push_escaped(speaker, out);
        }
        out.push('>');
        push_escaped(&turn.text, out);
        out.push('\n');
    }
    Ok(())
}

/// Times before the call's start are written as its start: the format has no others.
fn push_time(ms: i64, out: &mut String) {
    let ms = ms.max(0);
    let (hours, minutes, seconds) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60);
    // Writing to a `String` cannot fail.
    let _ = write!(out, "{hours:02}:{minutes:02}:{seconds:02}.{:03}", ms % 1000);
}

fn push_escaped(text: &str, out: &mut String) {
    for (at, word) in text.split_whitespace().enumerate() {
        if at > 0 {
            out.push(' ');
        }
        for (at, character) in word.char_indices() {
            match character {
                // What SubRip's marks of style begin with.
                '{' if word[at..].starts_with("{\\") => out.push_str("&#123;"),
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                _ => out.push(character),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Turn;

    /// A few texts of all kinds that could be taken for something else.
    const PIECES: &[&str] = &[
        "Hello",
        "<v Agent>",
        "a --> b",
        "&amp;",
        "R&D",
        "<PII>",
        "- no",
        ">> yes",
        "Note: it",
        "{\\an8}",
        "NOTE",
        "00:01.000 --> 00:02.000",
        "1",
        "é",
        "<00:00:01.000>",
        ":",
        "</v>",
    ];

    /// A step of a linear congruential generator, to choose by.
    fn choose(state: &mut u64, count: usize) -> usize {
        *state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (*state >> 33) as usize % count
    }

    #[test]
    fn what_is_written_reads_back() {
        let mut state = 7;
        for _ in 0..2_000 {
            let mut call = Call::default();
            let mut now = 0;
            for _ in 0..choose(&mut state, 5) {
                let words = 1 + choose(&mut state, 5);
                let text: Vec<&str> = (0..words)
                    .map(|_| PIECES[choose(&mut state, PIECES.len())])
                    .collect();
                let speaker = choose(&mut state, PIECES.len() + 3);
                let end = now + choose(&mut state, 5_000_000) as i64;
                call.turns.push(Turn {
                    speaker: PIECES.get(speaker).map(|&s| s.to_owned()),
                    start_ms: Some(now),
                    end_ms: Some(end),
                    text: text.join(" "),
                    ..Turn::default()
                });
                now = end;
            }
            let mut text = String::new();
            write(&call, &mut text).expect("all times are there");
            assert_eq!(read(&text).expect(&text).turns, call.turns, "{text}");
        }
    }

    #[test]
    fn a_turn_without_times_cannot_be_written() {
        let mut call = Call::default();
        call.turns.push(Turn {
            start_ms: Some(1),
            ..Turn::default()
        });
        let mut out = "before".to_owned();
        let problem = write(&call, &mut out).expect_err("no end");
        assert_eq!((problem.what(), out.as_str()), ("no `turns[0].end_ms`", "before"));
    }
}
