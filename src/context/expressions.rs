//! What a text must show for a regular expression to match in it: told at a glance, so that most expressions never run.
//!
//! Of an expression it is worked out which of a few marks stand in each of its matches; a text that lacks one has no match. Letters beyond ASCII count as anything
//! they might be.

use regex_syntax::hir::{Class, Hir, HirKind};
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::rules::EntryRule;

/// What a text shows, or what every match shows: a set of marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Marks(u16);

impl Marks {
    const NONE: Marks = Marks(0);
    const ALL: Marks = Marks(u16::MAX);
    // Of single characters.
    const CAPITAL: Marks = Marks(1);
    const SPACE: Marks = Marks(1 << 1);
    const DIGIT: Marks = Marks(1 << 2);
    const QUESTION: Marks = Marks(1 << 3);
    const PERCENT: Marks = Marks(1 << 4);
    const BRACKET: Marks = Marks(1 << 5);
    const COMMA: Marks = Marks(1 << 6);
    /// Of runs of white space: a comma stands before it.
    const LISTED: Marks = Marks(1 << 7);
    // Of neighbours.
    const WORD_IN_CAPITALS: Marks = Marks(1 << 8);
    const WORD_IN_TITLE: Marks = Marks(1 << 9);
    const TITLE_IN_LIST: Marks = Marks(1 << 10);

    /// What a letter beyond ASCII may be.
    const OTHER: Marks = Marks(Self::CAPITAL.0 | Self::SPACE.0 | Self::DIGIT.0);

    /// Of a byte; those beyond ASCII are of letters that may be anything.
    const OF_BYTE: [Marks; 256] = {
        let mut out = [Self::OTHER; 256];
        let mut c = 0;
        while c < 128 {
            out[c] = match c as u8 {
                b'A'..=b'Z' => Marks::CAPITAL,
                b' ' | 9..=13 => Marks::SPACE,
                b'0'..=b'9' => Marks::DIGIT,
                b'?' => Marks::QUESTION,
                b'%' => Marks::PERCENT,
                b'[' | b'<' | b'{' => Marks::BRACKET,
                b',' => Marks::COMMA,
                _ => Marks::NONE,
            };
            c += 1;
        }
        out
    };

    /// What a text shows.
    pub(super) fn of(text: &str) -> Marks {
        let mut all = Marks::NONE;
        let mut before = Marks::NONE;
        for byte in text.bytes() {
            let mut own = Self::OF_BYTE[usize::from(byte)];
            // Of most letters there is nothing to say.
            if own.0 != 0 && before.0 != 0 {
                own = own.or(before.before(own));
            }
            all = all.or(own);
            before = own;
        }
        all
    }

    /// Whether all that `wanted` names is there.
    pub(super) fn has(self, wanted: Marks) -> bool {
        wanted.0 & !self.0 == 0
    }

    const fn or(self, other: Marks) -> Marks {
        Marks(self.0 | other.0)
    }

    const fn and(self, other: Marks) -> Marks {
        Marks(self.0 & other.0)
    }

    /// What neighbours show, of this and of what stands behind it.
    fn before(self, next: Marks) -> Marks {
        let when = |left: Marks, right: Marks, shows: Marks| {
            if self.0 & left.0 != 0 && next.has(right) {
                shows
            } else {
                Marks::NONE
            }
        };
        when(Self::COMMA.or(Self::LISTED), Self::SPACE, Self::LISTED)
            .or(when(Self::CAPITAL, Self::CAPITAL, Self::WORD_IN_CAPITALS))
            .or(when(Self::SPACE, Self::CAPITAL, Self::WORD_IN_TITLE))
            .or(when(Self::LISTED, Self::CAPITAL, Self::TITLE_IN_LIST))
    }
}

/// What is sure of the matches of a part of an expression.
#[derive(Clone, Copy, Debug)]
struct Sure {
    /// They show it somewhere.
    shows: Marks,
    /// Their first and last characters, and every one of them, are this; of matches that are not empty.
    first: Marks,
    last: Marks,
    each: Marks,
    may_be_empty: bool,
}

impl Sure {
    const EMPTY: Sure = Sure {
        shows: Marks::NONE,
        first: Marks::ALL,
        last: Marks::ALL,
        each: Marks::ALL,
        may_be_empty: true,
    };

    fn of(hir: &Hir) -> Sure {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Sure::EMPTY,
            HirKind::Literal(literal) => {
                let all = std::str::from_utf8(&literal.0).unwrap_or_default().chars();
                all.fold(Sure::EMPTY, |sure, c| sure.then(Sure::one(kinds(c, c))))
            }
            HirKind::Class(Class::Unicode(class)) => {
                let all = class.iter().map(|r| kinds(r.start(), r.end()));
                Sure::one(all.fold(Marks::ALL, Marks::and))
            }
            HirKind::Class(Class::Bytes(_)) => Sure::one(Marks::NONE),
            HirKind::Capture(capture) => Sure::of(&capture.sub),
            HirKind::Concat(parts) => parts
                .iter()
                .fold(Sure::EMPTY, |sure, part| sure.then(Sure::of(part))),
            HirKind::Alternation(parts) => {
                let all = parts.iter().map(Sure::of);
                all.reduce(Sure::either).unwrap_or(Sure::EMPTY)
            }
            HirKind::Repetition(repeated) => {
                let one = Sure::of(&repeated.sub);
                match repeated.min {
                    0 => one.either(Sure::EMPTY),
                    1 => one,
                    _ => one.then(one),
                }
            }
        }
    }

    fn one(kinds: Marks) -> Sure {
        Sure {
            shows: kinds,
            first: kinds,
            last: kinds,
            each: kinds,
            may_be_empty: false,
        }
    }

    fn then(self, next: Sure) -> Sure {
        let joined = if self.may_be_empty || next.may_be_empty {
            Marks::NONE
        } else {
            self.last.before(next.first)
        };
        // White space as a whole is behind what its first character is behind.
        let whole = if next.each.has(Marks::SPACE) {
            joined.and(Marks::LISTED)
        } else {
            Marks::NONE
        };
        Sure {
            shows: self.shows.or(next.shows).or(joined),
            first: if self.may_be_empty {
                self.first.and(next.first)
            } else {
                self.first
            },
            last: if next.may_be_empty {
                next.last.and(self.last)
            } else {
                next.last.or(whole)
            },
            each: self.each.and(next.each),
            may_be_empty: self.may_be_empty && next.may_be_empty,
        }
    }

    fn either(self, other: Sure) -> Sure {
        Sure {
            shows: self.shows.and(other.shows),
            first: self.first.and(other.first),
            last: self.last.and(other.last),
            each: self.each.and(other.each),
            may_be_empty: self.may_be_empty || other.may_be_empty,
        }
    }
}

/// What every character from one to the other is.
fn kinds(from: char, to: char) -> Marks {
    let ascii = (from as u32..=(to as u32).min(127)).map(|c| Marks::OF_BYTE[c as usize]);
    let of_ascii = ascii.fold(Marks::ALL, Marks::and);
    if to.is_ascii() {
        of_ascii
    } else {
        of_ascii.and(Marks::OTHER)
    }
}

/// A regular expression of an entry.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Expression {
    entry: u32,
    /// Whose turns it is looked for in.
    rule: EntryRule,
    shows: Marks,
}

/// The regular expressions of a lexicon.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Expressions(Vec<Expression>);

/// Entries whose regular expression may match.
pub(super) type Able = SmallVec<[u32; 16]>;

impl Expressions {
    pub(super) fn add(&mut self, entry: u32, rule: EntryRule, regex: &str) {
        let shows = regex_syntax::parse(regex).map_or(Marks::NONE, |hir| Sure::of(&hir).shows);
        self.0.push(Expression { entry, rule, shows });
    }

    /// Whether all are of entries that there are.
    pub(super) fn are_sound(&self, entries: usize) -> bool {
        self.0.iter().all(|e| (e.entry as usize) < entries)
    }

    /// The entries that are for this role, and whose expressions may match in a text.
    pub(super) fn able(&self, role: u16, text: &str) -> Able {
        if !self.0.iter().any(|e| e.rule.has(role)) {
            return Able::new();
        }
        let shown = Marks::of(text);
        let able = self.0.iter().filter(|e| e.rule.has(role) && shown.has(e.shows));
        able.map(|e| e.entry).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Lexicon;

    fn shows(regex: &str) -> Marks {
        Sure::of(&regex_syntax::parse(regex).expect("a regular expression")).shows
    }

    #[test]
    fn what_every_match_shows_is_worked_out() {
        let both = |a: Marks, b: Marks| a.or(b);
        for (regex, sure) in [
            (r"[a-z]+\?", Marks::QUESTION),
            (r"(?i)100 ?%", both(Marks::DIGIT, Marks::PERCENT)),
            (r"\b[A-Z]{2,4}s?\b", Marks::WORD_IN_CAPITALS),
            (r"(hi|hello),? \p{Lu}", Marks::WORD_IN_TITLE),
            (r"you,\s+\p{Lu}", Marks::TITLE_IN_LIST),
            (r"x?y*", Marks::NONE),
        ] {
            assert!(shows(regex).has(sure), "{regex}");
        }
        assert!(!shows(r"(hi|hello)?,? ?\p{Lu}").has(Marks::WORD_IN_TITLE));
        assert!(!shows(r"you[,.]\s+\p{Lu}").has(Marks::TITLE_IN_LIST));
    }

    proptest! {
        #[test]
        fn a_match_shows_what_it_must(text in "[A-C, ?%é’É1<xyz]{0,12}") {
            let shown = Marks::of(&text);
            for regex in [
                r",\s+\p{Lu}", r",\s*\p{Lu}", r",(?: |x)+[A-Z]", r"(?:, |%\s){2}", r"\p{Lu}{2,}", r"[^a-z]\b[xyz]",
                r"[xA-C]?,\s+\s*\p{Lu}?x", r"(?i)\s\p{L}[’é]|<x", r"\d%|\?\s\d", r"(?:x?[AB]){2}\s?", r",\s+(?:A|É)",
            ] {
                if regex::Regex::new(regex).expect("a regular expression").is_match(&text) {
                    prop_assert!(shown.has(shows(regex)), "{} in {:?}", regex, text);
                }
            }
        }
    }

    #[test]
    fn most_expressions_of_the_lexicon_ask_for_something() {
        let lexicon = Lexicon::builtin();
        let all: Vec<_> = lexicon.entries.iter().filter_map(|e| e.regex.as_ref()).collect();
        let asking = all.iter().filter(|r| shows(r.text()) != Marks::NONE);
        assert!(asking.count() * 2 > all.len());
    }
}
