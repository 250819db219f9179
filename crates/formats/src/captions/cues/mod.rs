//! Cues: what WebVTT and SubRip share.
//!
//! # Facts
//! - A cue is a line of times (`00:01.000 --> 00:02.500`, settings behind it), perhaps with an id above it, and lines of text up to an empty one.
//!   Hours may be missing; decimals stand behind a point or a comma.
//! - Who speaks is said by a voice tag (`<v Agent>…</v>`, the end may be missing), by a name before a colon (`Agent: …`, as Zoom writes), or not at all.
//!   A dash or `>>` in front of a line says that another speaker begins.
//! - Tags of style (`<i>`, `<c.yellow>`, `<font color=…>`, `{\an8}`) say nothing; other words in angle brackets are text, such as marks of redaction.
//!   A time in angle brackets is when the words behind it are said.
//! - `&amp;` and its like stand for characters.
//! - Text with a colon is not always a name: a name is believed if half of the cues have one, if it comes twice or behind a mark. Files
//!   with voice tags have no names, and who speaks in a cue without one is not known.
//! - Captions with names often give them only where another speaker begins; a cue without a name goes to the speaker before it, and a note says so.

mod tags;

use std::collections::HashMap;

use hackles::Role;

use self::tags::{Run, plain, runs};
use crate::call::{Call, Turn, Word};
use crate::marks;
use crate::problem::Problem;

/// The longest name of a speaker, in bytes and in words.
const NAME: (usize, usize) = (60, 5);
/// Words within names that begin with a small letter.
const PARTICLES: &[&str] = &[
    "al", "bin", "da", "de", "del", "der", "di", "dos", "la", "of", "van", "von",
];

/// A cue as it stands in the file.
#[derive(Debug)]
pub(crate) struct Cue {
    start_ms: i64,
    end_ms: i64,
    text: String,
}

/// Finds the cues. `is_aside` says whether a line begins a block that is none, such as a comment. Text behind an empty line belongs to the cue
/// before.
pub(crate) fn find(lines: &[&str], is_aside: impl Fn(&str) -> bool) -> Result<Vec<Cue>, Problem> {
    let mut cues: Vec<Cue> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        let next_has_times = lines.get(at + 1).is_some_and(|l| l.contains("-->"));
        if line.contains("-->") {
            let (start_ms, end_ms) = times(line).ok_or_else(|| {
                Problem::new("not the times of a cue (`00:00:01.000 --> 00:00:02.000`)").at_line(at + 1)
            })?;
            cues.push(Cue {
                start_ms,
                end_ms,
                text: String::new(),
            });
        } else if is_aside(line) && !next_has_times {
            while lines.get(at + 1).is_some_and(|l| !l.trim().is_empty()) {
                at += 1;
            }
        } else if !line.trim().is_empty()
            && !is_id(lines, at)
            && let Some(cue) = cues.last_mut()
        {
            cue.text.push_str(line);
            cue.text.push('\n');
        }
        at += 1;
    }
    Ok(cues)
}

/// Whether a line is the id of the cue below it: such stand behind an empty line.
fn is_id(lines: &[&str], at: usize) -> bool {
    let begins = at == 0 || lines[at - 1].trim().is_empty();
    let number = !lines[at].trim().is_empty() && lines[at].trim().bytes().all(|b| b.is_ascii_digit());
    (begins || number) && lines.get(at + 1).is_some_and(|l| l.contains("-->"))
}

/// Start and end of a line of times, in milliseconds.
pub(crate) fn times(line: &str) -> Option<(i64, i64)> {
    let (start, rest) = line.split_once("-->")?;
    let end = rest.split_whitespace().next()?;
    Some((time(start.trim())?, time(end)?))
}

/// `HH:MM:SS.mmm` in milliseconds; hours may be missing, and the decimals may be.
pub(crate) fn time(text: &str) -> Option<i64> {
    let (clock, decimals) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    if decimals.is_empty() || decimals.len() > 3 {
        return None;
    }
    let digits = |part: &str| {
        let plain = (1..=9).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| part.parse::<i64>().ok()).flatten()
    };
    let ms = digits(decimals)? * [100, 10, 1][decimals.len() - 1];
    let parts: Vec<i64> = clock.split(':').map(digits).collect::<Option<_>>()?;
    let (hours, minutes, seconds) = match parts[..] {
        [hours, minutes, seconds] => (hours, minutes, seconds),
        [minutes, seconds] => (0, minutes, seconds),
        _ => return None,
    };
    Some(((hours * 60 + minutes) * 60 + seconds) * 1000 + ms)
}

/// Takes the name off the front of a line, if there is what may be one.
fn name(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.split_once(':')?;
    let name = name.trim();
    // WhisperX puts names in brackets.
    let name = name
        .strip_prefix('[')
        .and_then(|n| n.strip_suffix(']'))
        .map_or(name, str::trim);
    let words = name.split_whitespace().count();
    let is_word =
        |word: &str| words == 1 || PARTICLES.contains(&word) || !word.starts_with(|c: char| c.is_lowercase());
    let fits = (1..=NAME.1).contains(&words)
        && name.len() <= NAME.0
        && !name.contains([',', '?', '!', ';', '"', '<', '>'])
        && name.contains(char::is_alphabetic)
        && name.split_whitespace().all(is_word)
        && (rest.is_empty() || rest.starts_with(char::is_whitespace));
    fits.then_some((name, rest))
}

/// Takes the dash or arrows off the front of a line that begins another speaker.
fn mark(line: &str) -> Option<&str> {
    let rest = line.strip_prefix(">>").or_else(|| {
        let rest = line.strip_prefix(['-', '–', '—'])?;
        // `-5` is a number and `--` a pause.
        let is_none = |c: char| c.is_ascii_digit() || matches!(c, '-' | '–' | '—');
        (!rest.starts_with(is_none)).then_some(rest)
    })?;
    Some(rest.trim_start_matches('>').trim_start())
}

/// What is said in one cue without a break.
#[derive(Debug, Default)]
struct Said {
    start_ms: i64,
    end_ms: i64,
    /// Who says it, if that is said here.
    speaker: Option<String>,
    /// Whether it is said that nobody of before speaks.
    is_other: bool,
    text: String,
    words: Vec<Word>,
}

impl Said {
    /// Ends here, as far as is known.
    fn ends(&mut self, ms: i64) {
        self.end_ms = ms;
        if let Some(word) = self.words.last_mut() {
            word.end_ms = Some(ms);
        }
    }

    /// Goes on with a text; a word of its own begins at a time.
    fn goes_on(&mut self, text: &str, word_at: Option<i64>, end_ms: i64) {
        self.text.push_str(text);
        match word_at {
            Some(start_ms) => self.words.push(Word::at(plain(text), start_ms, end_ms)),
            None => {
                if let Some(word) = self.words.last_mut() {
                    word.text = plain(&format!("{} {text}", word.text));
                }
            }
        }
        self.ends(end_ms);
    }
}

/// What is said in a cue, parted where a voice, a name or a mark begins another speaker.
fn said(cue: &Cue, names: &Names) -> Vec<Said> {
    let mut all: Vec<Said> = Vec::new();
    let (mut line, mut voice) = (0, None);
    let (mut now, mut is_timed) = (cue.start_ms, false);
    for run in runs(&cue.text) {
        if let Some(time) = run.time {
            (now, is_timed) = (time, true);
            if let Some(said) = all.last_mut() {
                said.ends(now);
            }
        }
        if run.text.trim().is_empty() {
            if let Some(said) = all.last_mut() {
                said.text.push(' ');
            }
            continue;
        }
        let (begun, text) = begin(&run, names);
        let begins = begun.is_some() || all.is_empty() || run.voice != voice;
        if begins {
            all.push(Said {
                start_ms: now,
                ..begun.unwrap_or_else(|| Said {
                    speaker: run.voice.clone().filter(|v| !v.is_empty()),
                    is_other: run.voice.is_some(),
                    ..Said::default()
                })
            });
        }
        if let Some(said) = all.last_mut() {
            if run.line != line {
                said.text.push(' ');
            }
            let word_at = (std::mem::take(&mut is_timed) || begins).then_some(now);
            said.goes_on(text, word_at, cue.end_ms);
        }
        (line, voice) = (run.line, run.voice);
    }
    all
}

/// What a name or a mark at the front of a run begins, and the text behind it.
fn begin<'a>(run: &'a Run, names: &Names) -> (Option<Said>, &'a str) {
    let text = run.text.as_str();
    if !run.begins || run.voice.is_some() {
        return (None, text);
    }
    let marked = mark(text.trim_start());
    let rest = marked.unwrap_or(text);
    let named = name(rest).filter(|(found, _)| names.believe(found));
    let begun = (marked.is_some() || named.is_some()).then(|| Said {
        speaker: named.map(|(found, _)| found.to_owned()),
        is_other: true,
        ..Said::default()
    });
    (begun, named.map_or(rest, |(_, behind)| behind))
}

/// Which names before a colon are believed.
struct Names {
    counts: HashMap<String, usize>,
    /// Whether half of the cues have one.
    in_most: bool,
    /// Whether voice tags say who speaks instead.
    has_voices: bool,
}

impl Names {
    fn of(cues: &[Cue]) -> Names {
        let mut counts: HashMap<String, usize> = HashMap::new();
        let (mut with_text, mut named, mut has_voices) = (0, 0, false);
        for cue in cues {
            let runs = runs(&cue.text);
            has_voices |= runs.iter().any(|r| r.voice.is_some());
            let mut has_name = false;
            for run in runs.iter().filter(|r| r.begins) {
                let text = run.text.trim_start();
                let marked = mark(text);
                if let Some((name, _)) = name(marked.unwrap_or(text)) {
                    *counts.entry(name.to_owned()).or_default() += if marked.is_some() { 2 } else { 1 };
                    has_name = true;
                }
            }
            with_text += usize::from(!cue.text.trim().is_empty());
            named += usize::from(has_name);
        }
        Names {
            counts,
            in_most: named * 2 >= with_text,
            has_voices,
        }
    }

    fn believe(&self, name: &str) -> bool {
        !self.has_voices && (self.in_most || self.counts.get(name).is_some_and(|n| *n > 1))
    }
}

/// The call that cues tell.
pub(crate) fn call(cues: &[Cue]) -> Call {
    let names = Names::of(cues);
    let mut call = Call::default();
    let (mut last, mut carried) = (None, 0);
    for said in cues.iter().flat_map(|cue| said(cue, &names)) {
        let text = plain(&said.text);
        if said.speaker.is_some() || said.is_other || names.has_voices {
            last = said.speaker;
        } else if last.is_some() {
            carried += 1;
        }
        if text.is_empty() {
            continue;
        }
        let has_times = said.words.len() > 1;
        call.turns.push(Turn {
            speaker: last.clone(),
            start_ms: Some(said.start_ms),
            end_ms: Some(said.end_ms),
            redactions: marks::redactions(&text),
            text,
            words: if has_times { said.words } else { Vec::new() },
            ..Turn::default()
        });
    }
    if carried > 0 {
        call.notes.push(format!(
            "cues that name no speaker and are put down to the one before: {carried}"
        ));
    }
    add_roles(&mut call);
    call.sort();
    call
}

/// Who is called agent or customer is one.
fn add_roles(call: &mut Call) {
    for at in 0..call.turns.len() {
        let Some(speaker) = call.turns[at].speaker.clone() else {
            continue;
        };
        if let Some(role) = Role::of_id(&speaker.to_lowercase()) {
            call.party(&speaker, Some((role, "name of the speaker")), None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_a_time() {
        for (text, want) in [
            ("00:01.500", Some(1_500)),
            ("01:00:01,250", Some(3_601_250)),
            ("00:00:07", Some(7_000)),
            ("00:07.5", Some(7_500)),
            ("7.5", None),
            ("00:07.", None),
            ("00:07.1234", None),
            ("aa:07", None),
        ] {
            assert_eq!(time(text), want, "{text}");
        }
        assert_eq!(
            times("00:01.000 --> 00:02.000 align:start position:0%"),
            Some((1_000, 2_000))
        );
    }

    #[test]
    fn what_may_be_a_name() {
        for (line, want) in [
            ("Amara Obi: Hello", Some("Amara Obi")),
            ("Dr. J. van Dyk: Hello", Some("Dr. J. van Dyk")),
            ("agent:", Some("agent")),
            ("My number is: five", None),
            ("at 10:30", None),
            ("Well, no: never", None),
        ] {
            assert_eq!(name(line).map(|(name, _)| name), want, "{line}");
        }
    }
}
