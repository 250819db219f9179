//! Fixed strings: those of the built-in lexicons, a lexicon of nothing else, and the proof that both searches find the same.

use std::fmt::Write as _;

use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError};
use hackles::probe::Probe;
use hackles::text::{self, Flags, Sink, TextRules};
use hackles::{Lexicon, Turn};

/// Phrases of an entry of the lexicon of literals.
const AN_ENTRY: usize = 512;

/// The literals of a lexicon that read as they are written where no file says how a language is read (without emoticons, say).
pub(crate) fn of(lexicon: &Lexicon, most: usize) -> Vec<String> {
    let mut all = lexicon.literals(most);
    all.retain(|literal| !literal.contains(['*', '$', '#']) && plain(literal) == *literal);
    all
}

/// A lexicon of these literals and nothing else.
pub(crate) fn lexicon(literals: &[String]) -> Lexicon {
    let mut file = "schema = 1\n[signal]\nid = \"literals\"\nspeaker = \"any\"\nseverity = \"info\"\n\
        title = \"t\"\nsummary = \"s\"\nwhy = \"w\"\nhint = \"h\"\n"
        .to_owned();
    for (number, some) in literals.chunks(AN_ENTRY).enumerate() {
        let _ = write!(
            file,
            "[[entry]]\nid = \"e{number}\"\nweight = 1.0\nphrases = {some:?}\n"
        );
    }
    let built = Lexicon::builder().file("literals.toml", &file).build();
    built.unwrap_or_else(|e| panic!("the lexicon of literals does not load:\n{e}"))
}

/// The automaton that sets the measure.
pub(crate) fn automaton(literals: &[String]) -> Result<AhoCorasick, BuildError> {
    AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::DFA))
        .build(literals)
}

/// Occurrences between word borders.
pub(crate) fn count_bounded(automaton: &AhoCorasick, text: &str) -> usize {
    let is_word =
        |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'\'' || *b >= 0x80);
    let bytes = text.as_bytes();
    let found = automaton.find_overlapping_iter(text);
    found
        .filter(|m| {
            !is_word(m.start().checked_sub(1).and_then(|i| bytes.get(i))) && !is_word(bytes.get(m.end()))
        })
        .count()
}

/// The words of a text in normal form, one space between.
fn plain(text: &str) -> String {
    struct Words(String);
    impl Sink for Words {
        fn word(&mut self, word: &str, _: usize, flags: Flags) {
            if !flags.contains(Flags::TRANSPARENT) {
                self.0.push_str(if self.0.is_empty() { "" } else { " " });
                self.0.push_str(&text::normal(word));
            }
        }
        fn punctuation(&mut self, _: Flags) {}
    }
    let mut words = Words(String::new());
    text::read(&TextRules::default(), text, &mut words);
    words.0
}

/// What the comparison of counts came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Agreement {
    /// Utterances compared.
    pub(crate) utterances: usize,
    /// Occurrences in them.
    pub(crate) found: usize,
    /// Utterances left out: they do not read as their words in a row do (a stop within a number, say).
    pub(crate) left_out: usize,
}

/// Compares counts, utterance by utterance. Both read the same text: the words in normal form, a space between, so that punctuation
/// does not tell them apart; a word said twice in a row once, since that is a stutter to Hackles. The lexicon of literals
/// knows neither contractions nor fillers, which only Hackles would see through.
pub(crate) fn compare(
    automaton: &AhoCorasick,
    probe: &mut Probe,
    utterances: &[Turn],
) -> Result<Agreement, String> {
    let mut out = Agreement::default();
    for utterance in utterances {
        let text = plain(&utterance.text);
        let mut words: Vec<&str> = text.split(' ').collect();
        words.dedup();
        let text = words.join(" ");
        if plain(&text) != text {
            out.left_out += 1;
            continue;
        }
        let (want, got) = (count_bounded(automaton, &text), probe.count(None, &text));
        if want != got {
            return Err(format!("{got} phrases, aho-corasick finds {want} in: {text}"));
        }
        out.utterances += 1;
        out.found += want;
    }
    if out.found == 0 || out.utterances < utterances.len() / 2 {
        return Err(format!("the comparison says little: {out:?}"));
    }
    Ok(out)
}
