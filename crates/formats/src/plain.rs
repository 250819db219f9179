//! Plain text: `Agent: …` lines, one call a file.

use hackles::Role;

use crate::call::{Call, Turn};
use crate::entry::Entry;
use crate::format::Format;
use crate::problem::Problem;

/// The longest name of a speaker, in words.
const NAME_WORDS: usize = 3;

/// The call of a text, and what of it could not be read.
pub(crate) fn entries(text: &[u8]) -> Vec<Entry> {
    let mut call = Call::default();
    let mut speakers: Vec<String> = Vec::new();
    let mut first = None;
    let mut found: Vec<Entry> = Vec::new();
    let mut homeless = false;
    for (number, bytes) in (1..).zip(text.split(|&b| b == b'\n')) {
        let Ok(line) = std::str::from_utf8(bytes) else {
            let problem = Problem::new("not valid UTF-8; the line is left out");
            found.push(Entry::bad(Some(number), problem, Some(bytes.to_vec())));
            continue;
        };
        let line = line.trim_start_matches('\u{feff}').trim();
        if line.is_empty() {
            continue;
        }
        if let Some((start_ms, speaker, text)) = turn(line, &speakers) {
            first.get_or_insert(number);
            if !speakers.contains(&speaker) {
                speakers.push(speaker.clone());
            }
            call.turns.push(Turn {
                speaker: Some(speaker),
                start_ms,
                text: text.to_owned(),
                ..Turn::default()
            });
        } else if let Some(before) = call.turns.last_mut() {
            if !before.text.is_empty() {
                before.text.push(' ');
            }
            before.text.push_str(line);
        } else if !std::mem::replace(&mut homeless, true) {
            let problem = Problem::new("text before the first speaker (\"Agent: …\") is left out");
            found.push(Entry::bad(Some(number), problem, Some(bytes.to_vec())));
        }
    }
    if let Some(first) = first {
        found.push(Entry::call(first, call, Format::Text));
    }
    found
}

/// Start in ms, speaker and text of a line that begins a turn; nothing for a line that goes on with the one before.
///
/// Many sentences hold a colon. What stands before it is a speaker if it is a role, a name seen before, one word, or
/// a few words that all look like a name.
pub(crate) fn turn<'a>(line: &'a str, known: &[String]) -> Option<(Option<i64>, String, &'a str)> {
    let (start_ms, rest) = stamp(line).map_or((None, line), |(ms, rest)| (Some(ms), rest));
    let (name, text) = rest.split_once(':')?;
    if !(text.is_empty() || text.starts_with(char::is_whitespace)) {
        return None;
    }
    let name = name.trim();
    let speaker = name.to_lowercase();
    let words: Vec<&str> = name.split_whitespace().collect();
    let named = |w: &&str| w.starts_with(|c: char| c.is_uppercase() || c.is_numeric());
    let ordinary = |w: &&str| w.chars().all(|c| c.is_alphanumeric() || "._-'()#".contains(c));
    let is_name = match words.as_slice() {
        [] => false,
        [word] => ordinary(word) && word.starts_with(char::is_alphanumeric),
        words => words.len() <= NAME_WORDS && words.iter().all(|w| named(w) && ordinary(w)),
    };
    (is_name || Role::of_id(&speaker).is_some() || known.contains(&speaker))
        .then(|| (start_ms, speaker, text.trim()))
}

/// A time at the start of a line, `[00:12]`, `(1:02:03.5)` or `00:12` with a space behind it, in ms; and the rest.
fn stamp(line: &str) -> Option<(i64, &str)> {
    let (time, rest) = match line.strip_prefix(['[', '(']) {
        Some(inner) => inner.split_once([']', ')'])?,
        None => line.split_once(char::is_whitespace)?,
    };
    let mut seconds = 0i64;
    let (whole, fraction) = time.trim().split_once(['.', ',']).unwrap_or((time.trim(), ""));
    let parts: Vec<&str> = whole.split(':').collect();
    if !(2..=3).contains(&parts.len()) {
        return None;
    }
    for part in parts {
        let digits = (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        seconds = seconds * 60 + digits.then(|| part.parse::<i64>().ok())??;
    }
    let thousandths = format!("{fraction:0<3}");
    let ms = thousandths.get(..3)?.parse::<i64>().ok()?;
    let rest = rest.trim_start().trim_start_matches(['-', '–']).trim_start();
    Some((seconds * 1000 + ms, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_begin_turns() {
        for (line, want) in [
            ("Agent: hello", Some((None, "agent", "hello"))),
            ("CUSTOMER:", Some((None, "customer", ""))),
            ("[00:12] Agent: hi", Some((Some(12_000), "agent", "hi"))),
            (
                "01:00:12.25 Customer: hi",
                Some((Some(3_612_250), "customer", "hi")),
            ),
            ("[1:05] - Amara Obi: hi", Some((Some(65_000), "amara obi", "hi"))),
            ("spk_0: hi", Some((None, "spk_0", "hi"))),
            ("Speaker 1: hi", Some((None, "speaker 1", "hi"))),
            ("he said: fine", None),
            ("see https://example.com", None),
            ("at 10:30 I called", None),
            ("and so on", None),
        ] {
            let found = turn(line, &[]);
            assert_eq!(
                found.as_ref().map(|(ms, s, t)| (*ms, s.as_str(), *t)),
                want,
                "{line}"
            );
        }
        assert!(turn("the lady: hi", &["the lady".into()]).is_some());
    }

    #[test]
    fn lines_that_go_on_are_joined() {
        let text = "\u{feff}Notes\n\nAgent: one\r\n  two\n\nCustomer: three\n";
        let mut found = entries(text.as_bytes());
        let call = found.pop().expect("a call");
        assert_eq!(call.line, Some(3));
        let call = call.read(None).expect("valid").call;
        let turns: Vec<_> = call
            .turns
            .iter()
            .map(|t| (t.speaker.as_deref(), t.text.as_str()))
            .collect();
        assert_eq!(turns, [(Some("agent"), "one two"), (Some("customer"), "three")]);
        let complaint = found.pop().expect("a complaint");
        assert_eq!(complaint.line, Some(1));
        assert!(
            complaint
                .read(None)
                .expect_err("bad")
                .what()
                .starts_with("text before")
        );
    }
}
