//! Words by UAX #29: an exact fast path for ASCII, `unicode-segmentation` for the rest.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

/// What a byte is to the word rules of UAX #29.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Other,
    Letter,
    Digit,
    /// `_`: ExtendNumLet.
    Joiner,
    /// `.` and `'`: between two letters or two digits.
    MidBoth,
    /// `:`: between two letters.
    MidLetter,
    /// `,` and `;`: between two digits.
    MidDigit,
}

const fn class(byte: u8) -> Class {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' => Class::Letter,
        b'0'..=b'9' => Class::Digit,
        b'_' => Class::Joiner,
        b'.' | b'\'' => Class::MidBoth,
        b':' => Class::MidLetter,
        b',' | b';' => Class::MidDigit,
        _ => Class::Other,
    }
}

/// Calls `found` with every segment of `text`: its bytes and whether it is a word (or an emoji) rather than
/// punctuation. Segments are those of `split_word_bounds`; a run of ASCII punctuation may come as single characters.
pub fn words(text: &str, mut found: impl FnMut(Range<usize>, bool)) {
    if text.is_ascii() {
        ascii_words(text.as_bytes(), found);
    } else {
        for (start, segment) in text.split_word_bound_indices() {
            let word = segment.chars().any(|c| c.is_alphanumeric() || is_emoji(c));
            found(start..start + segment.len(), word);
        }
    }
}

fn ascii_words(text: &[u8], mut found: impl FnMut(Range<usize>, bool)) {
    let mut at = 0;
    while at < text.len() {
        let start = at;
        let mut last = class(text[at]);
        at += 1;
        if !matches!(last, Class::Letter | Class::Digit | Class::Joiner) {
            found(start..at, false);
            continue;
        }
        let mut word = last != Class::Joiner;
        while at < text.len() {
            let this = class(text[at]);
            match this {
                Class::Letter | Class::Digit | Class::Joiner => at += 1,
                Class::MidBoth | Class::MidLetter | Class::MidDigit => {
                    let next = text.get(at + 1).map_or(Class::Other, |&b| class(b));
                    let joins = match last {
                        Class::Letter => next == Class::Letter && this != Class::MidDigit,
                        Class::Digit => next == Class::Digit && this != Class::MidLetter,
                        _ => false,
                    };
                    if !joins {
                        break;
                    }
                    at += 2;
                    last = next;
                    continue;
                }
                Class::Other => break,
            }
            word |= this != Class::Joiner;
            last = this;
        }
        found(start..at, word);
    }
}

/// Whether a character is an emoji on its own (pictographs, dingbats, flags).
pub fn is_emoji(c: char) -> bool {
    matches!(u32::from(c), 0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0x2B05..=0x2B55 | 0x203C | 0x2049)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(text: &str) -> Vec<&str> {
        text.unicode_words().collect()
    }

    fn fast(text: &str) -> Vec<&str> {
        let mut out = Vec::new();
        ascii_words(text.as_bytes(), |r, word| {
            if word {
                out.push(&text[r]);
            }
        });
        out
    }

    #[test]
    fn apostrophes_dots_and_commas_join_like_uax29() {
        for text in [
            "don't",
            "'tis rock'n'roll'",
            "3.5 10,000 a.b 1.a a,b x:y 1:2",
            "_a_ __ a__1",
            "e.g. U.S.A.",
            "1,2;3 a;b",
        ] {
            assert_eq!(fast(text), plain(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn ascii_path_agrees_with_uax29(text in "[a-c0-2_.,:;' /!-]{0,40}") {
            prop_assert_eq!(fast(&text), plain(&text));
        }

        #[test]
        fn ascii_path_agrees_on_any_ascii(text in "[\\x00-\\x7f]{0,60}") {
            prop_assert_eq!(fast(&text), plain(&text));
        }
    }
}
