//! Text to tokens: words with their normal form, their bytes in the original, and what else the text shows.
//!
//! A *piece* is a run without white space. Pieces are read one by one, so that a text may arrive in chunks: what
//! stands behind the last white space waits (`scanner`). Ordinary pieces are told by the classes of their bytes, 64 at
//! once (`block`, `simd`). Within another piece come first the shapes that
//! transcripts have and prose has not (`shapes`): marks, masks, stutters, cut-off words; the rest is words by
//! UAX #29 (`segment`).

mod block;
mod key;
mod scanner;
mod segment;
mod shapes;
#[cfg(target_arch = "x86_64")]
mod simd;

use std::collections::HashSet;
use std::ops::{BitOr, BitOrAssign};

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};

pub use block::portable_only;
pub use key::{KEY_BYTES, Key};
pub(crate) use scanner::Scanner;
pub use segment::{is_emoji, words};
pub(crate) use shapes::is_clock;

/// The longest word in bytes; longer ones are cut there and match nothing.
pub const MAX_WORD_BYTES: usize = 256;

/// What a token is beside its letters: a set of facts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(pub(crate) u32);

impl Flags {
    /// Written in capitals: two letters or more, none of them small.
    pub const CAPITALS: Flags = Flags(1);
    /// Begins with a capital letter.
    pub const TITLE: Flags = Flags(1 << 1);
    /// Begins with a digit.
    pub const NUMBER: Flags = Flags(1 << 2);
    /// An amount of money in digits with its sign.
    pub const MONEY: Flags = Flags(1 << 3);
    /// A time of day in digits.
    pub const TIME: Flags = Flags(1 << 4);
    /// The sentence ends behind this token.
    pub const SENTENCE_END: Flags = Flags(1 << 5);
    /// … with a question mark.
    pub const QUESTION: Flags = Flags(1 << 6);
    /// … with an exclamation mark.
    pub const EXCLAMATION: Flags = Flags(1 << 7);
    /// … with two or more exclamation marks.
    pub const EXCLAMATION_2: Flags = Flags(1 << 8);
    /// … with three or more.
    pub const EXCLAMATION_3: Flags = Flags(1 << 9);
    /// A comma, dash, colon or semicolon stands behind this token.
    pub const PAUSE: Flags = Flags(1 << 10);
    /// A filler such as "um".
    pub const FILLER: Flags = Flags(1 << 11);
    /// A word that was begun and not finished (`whi-`, `car~`).
    pub const CUT_OFF: Flags = Flags(1 << 12);
    /// The first part of a stutter (`I-I`), or a word said again at once ("I I can't").
    pub const STUTTER: Flags = Flags(1 << 13);
    /// A recogniser's mark (`[noise]`, `<unk>`), a handle, a link.
    pub const MARK: Flags = Flags(1 << 14);
    /// A masked word (`f***`).
    pub const MASKED: Flags = Flags(1 << 15);
    /// An emoji or emoticon.
    pub const EMOJI: Flags = Flags(1 << 16);
    /// Longer than [`MAX_WORD_BYTES`]: outside every vocabulary.
    pub const OVERLONG: Flags = Flags(1 << 17);
    /// May stand inside a phrase without breaking it.
    pub const TRANSPARENT: Flags = Flags(1 << 18);
    /// First token of a filler of several words ("you know").
    pub(crate) const SEQUENCE_START: Flags = Flags(1 << 19);
    /// Last token of one.
    pub(crate) const SEQUENCE_END: Flags = Flags(1 << 20);
    /// Not the first token of its word: `not` in "don't".
    pub(crate) const CONTINUED: Flags = Flags(1 << 21);

    /// Nothing.
    pub const NONE: Flags = Flags(0);

    const NAMES: [(Flags, &'static str); 19] = [
        (Flags::CAPITALS, "capitals"),
        (Flags::TITLE, "title"),
        (Flags::NUMBER, "number"),
        (Flags::MONEY, "money"),
        (Flags::TIME, "time"),
        (Flags::SENTENCE_END, "sentence-end"),
        (Flags::QUESTION, "question"),
        (Flags::EXCLAMATION, "exclamation"),
        (Flags::EXCLAMATION_2, "exclamation-2"),
        (Flags::EXCLAMATION_3, "exclamation-3"),
        (Flags::PAUSE, "pause"),
        (Flags::FILLER, "filler"),
        (Flags::CUT_OFF, "cut-off"),
        (Flags::STUTTER, "stutter"),
        (Flags::MARK, "mark"),
        (Flags::MASKED, "masked"),
        (Flags::EMOJI, "emoji"),
        (Flags::OVERLONG, "overlong"),
        (Flags::TRANSPARENT, "transparent"),
    ];

    /// Whether all of `other` is in this set.
    pub fn contains(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether any of `other` is in this set.
    pub fn intersects(self, other: Flags) -> bool {
        self.0 & other.0 != 0
    }

    /// The names of the facts in this set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES
            .iter()
            .filter(move |(flag, _)| self.contains(*flag))
            .map(|&(_, name)| name)
    }
}

impl BitOr for Flags {
    type Output = Flags;
    fn bitor(self, other: Flags) -> Flags {
        Flags(self.0 | other.0)
    }
}

impl BitOrAssign for Flags {
    fn bitor_assign(&mut self, other: Flags) {
        self.0 |= other.0;
    }
}

/// Words to ask for.
pub type WordSet = HashSet<String, FixedState>;

/// What the reading of text needs to know of the language; the lists come from `shared.toml`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct TextRules {
    /// What recognisers write in round brackets: `(laughs)`.
    #[serde(serialize_with = "crate::saved::sorted")]
    pub marks: WordSet,
    /// Pieces without letters that stand for a word: `:)`.
    #[serde(serialize_with = "crate::saved::sorted")]
    pub emoticons: WordSet,
    /// Words whose full stop ends no sentence: `mr`.
    #[serde(serialize_with = "crate::saved::sorted")]
    pub abbreviations: WordSet,
}

impl TextRules {
    fn abbreviates(&self, word: &str) -> bool {
        has_normal(&self.abbreviations, word)
    }

    fn marks(&self, word: &str) -> bool {
        has_normal(&self.marks, word)
    }
}

/// Whether the normal form of a word is in the set.
fn has_normal(set: &WordSet, word: &str) -> bool {
    if word.len() > MAX_WORD_BYTES / 4 {
        return set.contains(&normal(word));
    }
    // A small letter may take more bytes than the capital, but never four times as many.
    let mut bytes = [0; MAX_WORD_BYTES];
    let mut len = 0;
    if word.is_ascii() {
        len = word.len();
        bytes[..len].copy_from_slice(word.as_bytes());
        bytes[..len].make_ascii_lowercase();
    } else {
        normal_chars(word, |c| len += c.encode_utf8(&mut bytes[len..]).len());
    }
    std::str::from_utf8(&bytes[..len]).is_ok_and(|w| set.contains(w))
}

/// An ordinary word: letters of ASCII with apostrophes between them, in all at most [`KEY_BYTES`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain {
    /// Its normal form.
    pub key: Key,
    /// Where it starts.
    pub start: usize,
    /// Its bytes.
    pub len: usize,
    /// What it is.
    pub flags: Flags,
    /// What stands behind it: the end of a sentence, a pause or nothing.
    pub behind: Flags,
}

impl Plain {
    /// The word as written in its text.
    pub fn of(self, text: &str) -> &str {
        &text[self.start..self.start + self.len]
    }
}

/// Where the reading of text puts what it finds.
pub trait Sink {
    /// A word: its text as written, where it starts, what it is.
    fn word(&mut self, text: &str, start: usize, flags: Flags);
    /// An ordinary word of `text`.
    fn plain(&mut self, text: &str, word: Plain) {
        self.word(word.of(text), word.start, word.flags);
        self.punctuation(word.behind);
    }
    /// What stands behind the last word: sentence ends, pauses or nothing.
    fn punctuation(&mut self, flags: Flags);
}

/// The normal form of a word: small letters, straight apostrophes, no variation selectors.
pub fn normal_into(word: &str, out: &mut String) {
    out.clear();
    if word.is_ascii() {
        out.push_str(word);
        out.make_ascii_lowercase();
        return;
    }
    normal_chars(word, |c| out.push(c));
}

fn normal_chars(word: &str, mut found: impl FnMut(char)) {
    for c in word.chars() {
        match c {
            '\u{2019}' | '\u{2018}' | '\u{02BC}' | '\u{FF07}' => found('\''),
            '\u{FE0E}' | '\u{FE0F}' => {}
            _ => c.to_lowercase().for_each(&mut found),
        }
    }
}

/// The normal form as a string of its own.
pub fn normal(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    normal_into(word, &mut out);
    out
}

/// Reads a whole text at once.
pub fn read(rules: &TextRules, text: &str, sink: &mut impl Sink) {
    let mut scanner = Scanner::default();
    scanner.advance(rules, text, sink);
    scanner.finish(rules, text, sink);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Default)]
    struct Words(Vec<(String, usize, Flags)>);

    impl Sink for Words {
        fn word(&mut self, text: &str, start: usize, flags: Flags) {
            self.0.push((text.to_owned(), start, flags));
        }
        fn plain(&mut self, text: &str, word: Plain) {
            assert_eq!(Key::of(&normal(word.of(text))), Some(word.key));
            self.word(word.of(text), word.start, word.flags);
            self.punctuation(word.behind);
        }
        fn punctuation(&mut self, flags: Flags) {
            if let Some(last) = self.0.last_mut() {
                last.2 |= flags;
            }
        }
    }

    fn rules() -> TextRules {
        let set = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect();
        TextRules {
            marks: set(&["laughs"]),
            emoticons: set(&[":)"]),
            abbreviations: set(&["mr", "a.m"]),
        }
    }

    /// Every piece by its shape, none by blocks.
    fn piece_by_piece(text: &str) -> Vec<(String, usize, Flags)> {
        let mut out = Words::default();
        Scanner::default().read_piece_by_piece(&rules(), text, &mut out);
        out.0
    }

    fn tokens(text: &str) -> Vec<(String, usize, Flags)> {
        let mut out = Words::default();
        read(&rules(), text, &mut out);
        out.0
    }

    /// `word` or `word:flag+flag`, the uninteresting flags left out.
    fn shown(text: &str) -> String {
        let show = |(word, _, flags): &(String, usize, Flags)| {
            let names: Vec<_> = flags
                .names()
                .filter(|n| !["title", "transparent", "number"].contains(n))
                .collect();
            if names.is_empty() {
                word.clone()
            } else {
                format!("{word}:{}", names.join("+"))
            }
        };
        tokens(text).iter().map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_transcripts_look_like() {
        for (text, want) in [
            (
                "that's, um, really not my job",
                "that's:pause um:pause really not my job",
            ),
            (
                "[noise] i <unk> can't [PII]. ok",
                "[noise]:mark i <unk>:mark can't [PII]:sentence-end+mark ok",
            ),
            (
                "a [background noise over there] b",
                "a [background:mark noise:mark over:mark there]:mark b",
            ),
            (
                "[ no end of it here at all",
                "[:mark no:mark end:mark of:mark it here at all",
            ),
            ("(laughs) (now)", "(laughs):mark now"),
            ("$ yeah $20 and £5.50", "$:mark yeah 20:money and 5.50:money"),
            (
                "I-I kind of th-the whi- car~ re--",
                "I:stutter I kind of th:stutter the whi:cut-off car:cut-off re:pause",
            ),
            (
                "f*** sh*t **** *bold* 5*6",
                "f***:masked sh*t:masked ****:masked bold 5 6",
            ),
            (
                "what?! NO!!! Mr. Obi at 10:30 a.m. ok...",
                "what:sentence-end+question+exclamation NO:capitals+sentence-end+exclamation+exclamation-2+exclamation-3 Mr Obi at 10:30:time a.m ok:sentence-end",
            ),
            ("mm-hmm follow-up don’t", "mm hmm follow up don’t"),
            ("😡😡 :) ok", "😡:emoji 😡:emoji :):emoji ok"),
            (
                "@Delta see https://x.y #fail a@b.com",
                "@Delta:mark see https://x.y:mark fail a@b.com:mark",
            ),
            ("a/b,c", "a b:pause c"),
        ] {
            assert_eq!(shown(text), want, "{text}");
        }
    }

    #[test]
    fn overlong_words_are_cut_and_marked_whatever_follows() {
        let text = format!("{}idiot, ok {}/idiot", "a".repeat(300), "b".repeat(10));
        let got = tokens(&text);
        assert!(got.iter().all(|(w, ..)| w.len() <= MAX_WORD_BYTES));
        let long: Vec<_> = got
            .iter()
            .filter(|t| t.2.contains(Flags::OVERLONG))
            .map(|t| t.0.len())
            .collect();
        assert_eq!(long, [256, 49]);
        assert_eq!(got.last().map(|t| t.0.as_str()), Some("idiot"));
        assert!(!got.last().expect("some").2.contains(Flags::OVERLONG));
    }

    /// Feeds the text up to each of the cuts, then the whole.
    fn in_chunks(text: &str, cuts: impl IntoIterator<Item = usize>) -> Vec<(String, usize, Flags)> {
        let (mut scanner, mut sink) = (Scanner::default(), Words::default());
        for cut in cuts {
            scanner.advance(&rules(), &text[..cut], &mut sink);
        }
        scanner.advance(&rules(), text, &mut sink);
        scanner.finish(&rules(), text, &mut sink);
        sink.0
    }

    /// Ordinary words and every other shape, with all kinds of space between them.
    const TALK: &str = "(([a-zA-Z]{1,6}|[A-Z]{1,3}|I|don't|Mr|a\\.m|www|[a-z]{14,19}|[a-z]{60,70}|\\[noise|\\]|é|don’t|'tis|th-the|whi-|f\\*\\*k|:\\)|😡|9am|\\$5|a@b.c|x\\.y|[a-z]'[a-z]''|--|\\(laughs\\)|a\u{0}|[a-z]{250,300})[.,?!;:]{0,2}( |  |\t|\n|\u{a0}|\u{3000}|)){0,30}";

    proptest! {
        #[test]
        fn blocks_read_as_single_pieces_do(text in TALK) {
            prop_assert_eq!(tokens(&text), piece_by_piece(&text));
        }

        #[test]
        fn blocks_do_not_mind_chunks(text in TALK, cuts in prop::collection::vec(0usize..600, 0..12)) {
            let mut cuts: Vec<usize> = cuts.into_iter().filter(|&c| text.is_char_boundary(c)).collect();
            cuts.sort_unstable();
            prop_assert_eq!(in_chunks(&text, cuts), piece_by_piece(&text));
        }

        #[test]
        fn blocks_do_not_mind_single_characters(text in TALK) {
            prop_assert_eq!(in_chunks(&text, text.char_indices().map(|(i, _)| i)), piece_by_piece(&text));
        }

        #[test]
        fn blocks_read_anything(text in "([ -~]|\\PC| ){0,200}") {
            prop_assert_eq!(tokens(&text), piece_by_piece(&text));
        }

        #[test]
        fn sets_know_normal_forms(word in "\\PC{0,20}") {
            let set: WordSet = [normal(&word)].into_iter().collect();
            prop_assert!(has_normal(&set, &word));
        }

        #[test]
        fn spans_slice_the_text(text in "\\PC{0,80}") {
            for (word, start, _) in tokens(&text) {
                prop_assert_eq!(&text[start..start + word.len()], word);
            }
        }

        #[test]
        fn chunks_do_not_matter(text in "([a-cA-C0-9'.,:;!?*~ \\-\\[\\]<>$@é’😡\u{301}]|you|  |\\[noise\\]){0,120}", cuts in prop::collection::vec(0usize..400, 0..8)) {
            let whole = tokens(&text);
            let mut cuts: Vec<usize> = cuts.into_iter().map(|c| c.min(text.len())).filter(|&c| text.is_char_boundary(c)).collect();
            cuts.sort_unstable();
            let (mut scanner, mut sink) = (Scanner::default(), Words::default());
            for cut in cuts {
                scanner.advance(&rules(), &text[..cut], &mut sink);
            }
            scanner.advance(&rules(), &text, &mut sink);
            scanner.finish(&rules(), &text, &mut sink);
            prop_assert_eq!(sink.0, whole);
        }

        #[test]
        fn long_runs_do_not_mind_chunks(text in "[a-z/é]{200,900}", step in 1usize..300) {
            let whole = tokens(&text);
            let (mut scanner, mut sink) = (Scanner::default(), Words::default());
            for cut in (0..text.len()).step_by(step).filter(|&c| text.is_char_boundary(c)) {
                scanner.advance(&rules(), &text[..cut], &mut sink);
            }
            scanner.advance(&rules(), &text, &mut sink);
            scanner.finish(&rules(), &text, &mut sink);
            prop_assert_eq!(sink.0, whole);
        }
    }
}
