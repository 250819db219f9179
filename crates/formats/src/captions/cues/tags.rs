//! A cue's text taken apart: tags and entities.

use super::time;

/// Tags that say nothing of what was said.
const STYLE: &[&str] = &["i", "b", "u", "s", "c", "font", "lang", "ruby", "rt"];

/// A stretch of a cue within one line, one voice and one time.
#[derive(Clone, Debug, Default)]
pub(super) struct Run {
    /// What the tag of its voice says; an empty name is nobody's.
    pub(super) voice: Option<String>,
    /// The line of the cue it stands in.
    pub(super) line: usize,
    /// Whether it begins its line, with no more than tags of style in front of it.
    pub(super) begins: bool,
    /// The time that stands in front of it.
    pub(super) time: Option<i64>,
    pub(super) text: String,
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
pub(super) fn runs(text: &str) -> Vec<Run> {
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
pub(super) fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

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
