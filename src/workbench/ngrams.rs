//! Runs of words as phrases see them, counted over labelled turns.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;

use crate::lexicon::Lexicon;
use crate::matcher::open;
use crate::text::{self, Flags, Sink};

/// The longest run of words.
pub(crate) const MOST_WORDS: usize = 4;
/// Stands for the end of a sentence: no run goes over it.
const BREAK: u32 = u32::MAX;

/// Up to four words, filled up with [`BREAK`].
pub(crate) type Gram = [u32; MOST_WORDS];

/// Words by number.
#[derive(Debug, Default)]
pub(crate) struct Words {
    numbers: HashMap<String, u32, FixedState>,
    names: Vec<String>,
}

impl Words {
    fn number(&mut self, word: &str) -> u32 {
        if let Some(&number) = self.numbers.get(word) {
            return number;
        }
        let number = self.names.len() as u32;
        self.numbers.insert(word.to_owned(), number);
        self.names.push(word.to_owned());
        number
    }

    /// A run of words as a phrase of a lexicon.
    pub(crate) fn phrase(&self, gram: &Gram) -> String {
        let words: Vec<&str> = gram
            .iter()
            .filter(|&&w| w != BREAK)
            .map(|&w| self.names[w as usize].as_str())
            .collect();
        words.join(" ")
    }
}

impl Words {
    /// How many words of a run are neither classes nor function words; negations tell something.
    pub(crate) fn telling(&self, lexicon: &Lexicon, gram: &Gram) -> usize {
        let rules = &lexicon.call.words;
        let category = |w: &str| {
            rules
                .category(w)
                .map(|c| rules.categories[usize::from(c)].as_str())
        };
        let tells = |w: &&str| !w.starts_with('#') && category(w).is_none_or(|c| c == "negation");
        let words = gram.iter().filter(|&&w| w != BREAK);
        words
            .map(|&w| self.names[w as usize].as_str())
            .filter(tells)
            .count()
    }
}

/// A labelled turn as words.
#[derive(Debug)]
pub(crate) struct Line {
    words: Vec<u32>,
    /// Whether it shows the signal.
    pub(crate) shown: bool,
    /// What the lexicon, set right for this corpus, makes of it: 0 to 1.
    pub(crate) score: f64,
}

/// Counts of a run over turns, each turn once.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    /// Turns that show the signal.
    pub(crate) shown: u32,
    /// Turns that do not.
    pub(crate) other: u32,
    /// Σ (label − score).
    pub(crate) slope: f64,
    /// Σ score × (1 − score).
    pub(crate) curve: f64,
}

impl Count {
    pub(crate) fn turns(&self) -> u32 {
        self.shown + self.other
    }
}

impl Line {
    /// Reads a turn the way phrases match it: contractions opened, spellings folded, numbers as classes, without what may
    /// stand inside a phrase unnoticed. Fillers of several words ("you know") are words here, and number words are no numbers: of runs with them a phrase may find
    /// a few turns more.
    pub(crate) fn read(lexicon: &Lexicon, words: &mut Words, text: &str, shown: bool, score: f64) -> Line {
        let mut reader = Reader {
            lexicon,
            words,
            line: Vec::new(),
            last: String::new(),
        };
        text::read(&lexicon.shared.rules, text, &mut reader);
        Line {
            words: reader.line,
            shown,
            score,
        }
    }

    /// The runs of so many words, each once.
    fn grams(&self, length: usize, out: &mut Vec<Gram>) {
        out.clear();
        for window in self.words.windows(length).filter(|w| !w.contains(&BREAK)) {
            let mut gram = [BREAK; MOST_WORDS];
            gram[..length].copy_from_slice(window);
            out.push(gram);
        }
        out.sort_unstable();
        out.dedup();
    }

    /// Whether one of some runs is in it; which.
    pub(crate) fn find<'a, T>(&self, wanted: &'a HashMap<Gram, T, FixedState>) -> Vec<&'a T> {
        let mut all = Vec::new();
        let mut found = Vec::new();
        for length in 1..=MOST_WORDS {
            self.grams(length, &mut all);
            found.extend(all.iter().filter_map(|g| wanted.get(g)));
        }
        found
    }
}

struct Reader<'a> {
    lexicon: &'a Lexicon,
    words: &'a mut Words,
    line: Vec<u32>,
    /// The last word, if saying it again at once would be a stutter.
    last: String,
}

impl Sink for Reader<'_> {
    fn word(&mut self, text: &str, _: usize, flags: Flags) {
        let shared = &self.lexicon.shared;
        if flags.intersects(Flags::TRANSPARENT | Flags::STUTTER | Flags::CUT_OFF) {
            return;
        }
        let class = [
            (Flags::MONEY, "#money"),
            (Flags::TIME, "#time"),
            (Flags::NUMBER, "#number"),
        ];
        if let Some((_, class)) = class.iter().find(|c| flags.contains(c.0)) {
            let number = self.words.number(class);
            self.line.push(number);
            self.last.clear();
            return;
        }
        let mut word = text::normal(text);
        if let Some(folded) = shared.spellings.get(&word) {
            word.clone_from(folded);
        }
        if shared.fillers.contains(&word) {
            return;
        }
        if shared.soft.contains(&word) {
            self.last.clear();
            return;
        }
        // What no phrase can spell breaks the run: masks, odd signs.
        let plain = word
            .chars()
            .all(|c| c.is_alphanumeric() || c == '\'' || text::is_emoji(c));
        if flags.intersects(Flags::MASKED | Flags::OVERLONG) || !plain {
            self.line.push(BREAK);
            self.last.clear();
            return;
        }
        if word == self.last {
            return;
        }
        let mut opened = Vec::new();
        open(shared, &word, &mut opened);
        for part in opened {
            let number = self.words.number(&part);
            self.line.push(number);
        }
        // Digits are said one by one.
        self.last = if shared.numbers.contains(&word) {
            String::new()
        } else {
            word
        };
    }

    fn punctuation(&mut self, flags: Flags) {
        if flags.contains(Flags::SENTENCE_END) {
            self.last.clear();
            self.line.push(BREAK);
        }
    }
}

/// All runs of up to so many words that stand in at least so many turns.
pub(crate) fn count(lines: &[Line], most_words: usize, least_turns: u32) -> HashMap<Gram, Count, FixedState> {
    let mut all: HashMap<Gram, Count, FixedState> = HashMap::default();
    let mut grams = Vec::new();
    for length in 1..=most_words.min(MOST_WORDS) {
        let mut these: HashMap<Gram, Count, FixedState> = HashMap::default();
        for line in lines {
            line.grams(length, &mut grams);
            // A run is rare where a part of it is.
            for gram in grams
                .iter()
                .filter(|g| length == 1 || parts(g, length).iter().all(|p| all.contains_key(p)))
            {
                let count = these.entry(*gram).or_default();
                *(if line.shown {
                    &mut count.shown
                } else {
                    &mut count.other
                }) += 1;
                count.slope += f64::from(u8::from(line.shown)) - line.score;
                count.curve += line.score * (1.0 - line.score);
            }
        }
        these.retain(|_, count| count.turns() >= least_turns);
        all.extend(these);
    }
    all
}

/// Those of the counted runs that stand in some other lines too.
pub(crate) fn found(
    lines: impl IntoIterator<Item = Line>,
    counts: &HashMap<Gram, Count, FixedState>,
) -> HashSet<Gram, FixedState> {
    let mut found = HashSet::default();
    let mut grams = Vec::new();
    for line in lines {
        for length in 1..=MOST_WORDS {
            line.grams(length, &mut grams);
            found.extend(grams.iter().filter(|g| counts.contains_key(*g)).copied());
        }
    }
    found
}

/// The run without its last and without its first word.
pub(crate) fn parts(gram: &Gram, length: usize) -> [Gram; 2] {
    let mut first = *gram;
    first[length - 1] = BREAK;
    let mut last = [BREAK; MOST_WORDS];
    last[..length - 1].copy_from_slice(&gram[1..length]);
    [first, last]
}

/// How many words a run has.
pub(crate) fn length(gram: &Gram) -> usize {
    gram.iter().position(|&w| w == BREAK).unwrap_or(MOST_WORDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_read_as_phrases_match_them() {
        let lexicon = Lexicon::builtin();
        for (text, want) in [
            ("I can't, um, apologise!", vec!["i", "can", "not", "apologize"]),
            (
                "it's it's really 20 quid. No",
                vec!["it", "is", "#number", "quid", "no"],
            ),
            ("[noise] don’t f*** it", vec!["do", "not", "it"]),
        ] {
            let mut words = Words::default();
            let line = Line::read(&lexicon, &mut words, text, true, 0.5);
            let mut grams = Vec::new();
            line.grams(1, &mut grams);
            let mut got: Vec<String> = grams.iter().map(|g| words.phrase(g)).collect();
            got.sort_unstable();
            let mut want = want;
            want.sort_unstable();
            assert_eq!(got, want, "{text}");
        }
    }

    #[test]
    fn runs_do_not_go_over_sentences_and_count_a_turn_once() {
        let lexicon = Lexicon::builtin();
        let mut words = Words::default();
        let lines: Vec<Line> = ["fed up. of it", "fed up fed up of it", "up of it"]
            .iter()
            .map(|t| Line::read(&lexicon, &mut words, t, *t != "up of it", 0.25))
            .collect();
        let counts = count(&lines, 4, 1);
        let of = |phrase: &str| {
            let found = counts.iter().find(|(g, _)| words.phrase(g) == phrase);
            found.map(|(_, c)| (c.shown, c.other))
        };
        assert_eq!(of("fed up"), Some((2, 0)));
        assert_eq!(of("up of it"), Some((1, 1)));
        assert_eq!(of("up of"), Some((1, 1)));
        let up = counts
            .iter()
            .find(|(g, _)| words.phrase(g) == "up")
            .expect("there")
            .1;
        assert!((up.slope - 1.25).abs() < 1e-12 && (up.curve - 0.5625).abs() < 1e-12);
    }
}
