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
//! - Text with a colon is not always a name: a name is believed if half of the cues have one, if it comes twice or behind a mark. Files with voice tags have no names.
//! - Captions often name a speaker only where another begins; a cue without a name goes to the speaker before it, and a note says so.

use std::collections::HashMap;

use hackles::Role;

use crate::call::{Call, Turn, Word};
use crate::marks;
use crate::problem::Problem;

/// The longest name of a speaker, in bytes and in words.
const NAME: (usize, usize) = (60, 5);
/// Tags that say nothing of what was said.
const STYLE: &[&str] = &["i", "b", "u", "s", "c", "font", "lang", "ruby", "rt"];
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

/// A stretch of a cue within one line, one voice and one time.
#[derive(Clone, Debug, Default)]
struct Run {
    /// What the tag of its voice says; an empty name is nobody's.
    voice: Option<String>,
    /// The line of the cue it stands in.
    line: usize,
    /// Whether it begins its line, with no more than tags of style in front of it.
    begins: bool,
    /// The time that stands in front of it.
    time: Option<i64>,
    text: String,
}

impl Run {
    /// What follows behind a tag.
    fn next(&self) -> Run {
        Run {
            voice: self.voice.clone(),
            line: self.line,
            ..Run::default()
        }
    }
}

/// Takes a cue's text apart.
fn runs(text: &str) -> Vec<Run> {
    let mut done = Vec::new();
    let mut run = Run {
        begins: true,
        ..Run::default()
    };
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some((tag, behind)) = tag(rest) {
            let mut next = run.next();
            match tag {
                Tag::Voice(name) => next.voice = Some(name),
                Tag::VoiceEnd => next.voice = None,
                Tag::Time(time) => next.time = Some(time),
                Tag::Style => next.begins = run.begins && run.text.trim().is_empty(),
            }
            done.push(std::mem::replace(&mut run, next));
            rest = behind;
            continue;
        }
        let (character, behind) = entity(rest).unwrap_or((first, &rest[first.len_utf8()..]));
        if first == '\n' {
            let next = Run {
                line: run.line + 1,
                begins: true,
                ..run.next()
            };
            done.push(std::mem::replace(&mut run, next));
        } else {
            run.text.push(character);
        }
        rest = behind;
    }
    done.push(run);
    done
}

enum Tag {
    Voice(String),
    VoiceEnd,
    Time(i64),
    Style,
}

/// The tag at the front of a text, and what stands behind it. Angle brackets that are no tag are text.
fn tag(text: &str) -> Option<(Tag, &str)> {
    if let Some(inner) = text.strip_prefix("{\\") {
        return Some((Tag::Style, inner.split_once('}')?.1));
    }
    let (inner, behind) = text.strip_prefix('<')?.split_once('>')?;
    let (name, annotation) = inner.split_once(char::is_whitespace).unwrap_or((inner, ""));
    let bare = name.strip_prefix('/').unwrap_or(name);
    let element = bare.split_once('.').map_or(bare, |(element, _)| element);
    let tag = if name.starts_with(|c: char| c.is_ascii_digit()) {
        Tag::Time(time(inner.trim())?)
    } else if name == "/v" {
        Tag::VoiceEnd
    } else if element == "v" {
        Tag::Voice(plain(&decode(annotation)))
    } else if STYLE.contains(&element.to_ascii_lowercase().as_str()) {
        Tag::Style
    } else {
        return None;
    };
    Some((tag, behind))
}

/// The character that an entity at the front of a text stands for, and what stands behind it.
fn entity(text: &str) -> Option<(char, &str)> {
    let (name, behind) = text.strip_prefix('&')?.split_once(';')?;
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "lrm" => '\u{200e}',
        "rlm" => '\u{200f}',
        _ => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => digits.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    Some((character, behind))
}

/// A text with its entities made characters.
fn decode(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (character, behind) = entity(rest).unwrap_or((first, &rest[first.len_utf8()..]));
        out.push(character);
        rest = behind;
    }
    out
}

/// A text with one space between words and none around them.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Takes the name off the front of a line, if there is what may be one.
fn name(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.split_once(':')?;
    let name = name.trim();
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
        (!rest.starts_with(['-', '–', '—'])).then_some(rest)
    })?;
    Some(rest.trim_start_matches('>').trim_start())
}

/// What is said in one cue without a break.
#[derive(Debug)]
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

/// What is said in a cue, parted where a voice, a name or a mark begins another speaker.
fn said(cue: &Cue, is_name: impl Fn(&str) -> bool) -> Vec<Said> {
    let mut all: Vec<Said> = Vec::new();
    let (mut line, mut voice, mut now) = (usize::MAX, None, cue.start_ms);
    let mut is_timed = false;
    for run in runs(&cue.text) {
        if let Some(time) = run.time {
            (now, is_timed) = (time, true);
            if let Some(said) = all.last_mut() {
                said.end_ms = now;
                if let Some(word) = said.words.last_mut() {
                    word.end_ms = Some(now);
                }
            }
        }
        if run.text.trim().is_empty() {
            if let Some(said) = all.last_mut() {
                said.text.push(' ');
            }
            continue;
        }
        let mut text = run.text.as_str();
        let mut speaker = run.voice.clone().filter(|v| !v.is_empty());
        let mut is_other = run.voice.is_some();
        let mut parts = all.is_empty() || run.voice != voice;
        if run.begins && run.voice.is_none() {
            if let Some(rest) = mark(text.trim_start()) {
                (text, is_other, parts) = (rest, true, true);
            }
            if let Some((found, rest)) = name(text).filter(|(found, _)| is_name(found)) {
                (text, speaker, parts) = (rest, Some(found.to_owned()), true);
            }
        }
        if parts {
            all.push(Said {
                start_ms: now,
                end_ms: cue.end_ms,
                speaker,
                is_other,
                text: String::new(),
                words: Vec::new(),
            });
        }
        let last = all.len() - 1;
        let said = &mut all[last];
        if run.line != line {
            said.text.push(' ');
        }
        (line, voice) = (run.line, run.voice.clone());
        said.text.push_str(text);
        said.end_ms = cue.end_ms;
        if std::mem::take(&mut is_timed) || parts {
            said.words.push(Word::at(plain(text), now, cue.end_ms));
        } else if let Some(word) = said.words.last_mut() {
            word.text = plain(&format!("{} {text}", word.text));
        }
    }
    all
}

/// Which names before a colon are believed.
fn names(cues: &[Cue]) -> impl Fn(&str) -> bool {
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
    let most = named * 2 >= with_text;
    move |name: &str| !has_voices && (most || counts.get(name).is_some_and(|n| *n > 1))
}

/// The call that cues tell.
pub(crate) fn call(cues: &[Cue]) -> Call {
    let is_name = names(cues);
    let mut call = Call::default();
    let (mut last, mut carried) = (None, 0);
    for said in cues.iter().flat_map(|cue| said(cue, &is_name)) {
        let text = plain(&said.text);
        if said.speaker.is_some() || said.is_other {
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
            "{carried} cues name no speaker and are put down to the one before"
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

    #[test]
    fn entities_and_marks() {
        assert_eq!(
            decode("R&amp;D &lt;b&gt; &#39;&#x41; AT&T; &x"),
            "R&D <b> 'A AT&T; &x"
        );
        let told: Vec<String> = runs("I <i>do</i> <PII> <5 &lt;v x>")
            .into_iter()
            .map(|r| r.text)
            .collect();
        assert_eq!(told.concat(), "I do <PII> <5 <v x>");
    }
}
