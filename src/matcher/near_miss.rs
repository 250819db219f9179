//! Phrases that were nearly said: one word short, one word too many, one word other. For `explain`; not fast.

use std::collections::HashMap;

use super::{Owner, Scan, Symbol, Token, UNKNOWN, Vocabulary, compile, factors};
use crate::lexicon::Lexicon;
use crate::text::Flags;

/// Phrases of fewer words are near to everything.
const SHORTEST: usize = 4;
/// Phrases of more forms are left out.
const MOST_FORMS: usize = 48;

/// A pattern that one word keeps from being a hit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NearMiss {
    /// Longer phrases first.
    words: std::cmp::Reverse<usize>,
    pub(crate) entry: u32,
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) phrase: String,
    pub(crate) short_of: String,
}

/// What keeps a pattern from being a hit.
enum Short {
    Missing(usize),
    Other(usize, usize),
    TooMany(usize),
}

/// A form of a phrase of an entry that may be missed by one word.
#[derive(Clone, Debug)]
pub(crate) struct Whole {
    entry: u32,
    symbols: Box<[Symbol]>,
}

/// The forms that near misses are looked for among: of phrases with few of them, without gaps and without transparent words.
pub(crate) fn wholes(lexicon: &Lexicon, vocabulary: &Vocabulary) -> Vec<Whole> {
    let transparent = |s: &Symbol| vocabulary.facts(*s).flags.contains(Flags::TRANSPARENT);
    let mut out = Vec::new();
    for (entry, rules) in (0..).zip(&lexicon.entries) {
        for phrase in rules.phrases.iter().filter(|p| !p.has_start()) {
            let program = compile::program(vocabulary, &lexicon.shared, phrase);
            let forms = factors::forms(&program, MOST_FORMS).into_iter().flatten();
            let fit = forms.filter(|f| f.len() >= SHORTEST && !f.iter().any(transparent));
            out.extend(fit.map(|form| Whole {
                entry,
                symbols: form.into(),
            }));
        }
    }
    out
}

/// The near misses of entries that have no hit, the longest phrases first, one an entry.
pub(crate) fn near_misses(wholes: &[Whole], vocabulary: &Vocabulary, scan: &Scan) -> Vec<NearMiss> {
    let solid: Vec<(usize, &Token)> = scan
        .tokens
        .iter()
        .enumerate()
        .filter(|(_, t)| !t.flags.intersects(Flags::TRANSPARENT))
        .collect();
    let hit: Vec<u32> = scan
        .hits
        .iter()
        .filter_map(|h| {
            if let Owner::Entry(e) = h.owner() {
                Some(e)
            } else {
                None
            }
        })
        .collect();
    let names = vocabulary.names();
    let mut out: Vec<NearMiss> = Vec::new();
    for &Whole { entry, ref symbols } in wholes {
        if hit.contains(&entry) {
            continue;
        }
        for from in 0..solid.len() {
            let Some((to, short)) = nearly(symbols, &solid[from..]) else {
                continue;
            };
            let word = |i: usize| names.get(&symbols[i]).map_or("…", |w| w);
            let said = |i: usize| vocabulary_word(&names, solid[from + i].1);
            let short_of = match short {
                Short::Missing(i) => format!("\"{}\" is missing", word(i)),
                Short::Other(i, at) => format!("\"{}\" stands for \"{}\"", said(at), word(i)),
                Short::TooMany(at) => format!("\"{}\" stands between", said(at)),
            };
            let phrase = (0..symbols.len()).map(word).collect::<Vec<_>>().join(" ");
            out.push(NearMiss {
                words: std::cmp::Reverse(symbols.len()),
                entry,
                start: solid[from].0,
                end: solid[from + to].0,
                phrase,
                short_of,
            });
            break;
        }
    }
    out.sort();
    let mut seen = Vec::new();
    out.retain(|m| {
        !seen.contains(&m.entry) && {
            seen.push(m.entry);
            true
        }
    });
    out
}

fn vocabulary_word(names: &HashMap<Symbol, &str>, token: &Token) -> String {
    names.get(&token.symbol).map_or("a word", |w| w).to_owned()
}

/// Whether the pattern fits at the beginning of these tokens but for one word; the last token that fits.
fn nearly(symbols: &[Symbol], tokens: &[(usize, &Token)]) -> Option<(usize, Short)> {
    let fits = |symbols: &[Symbol], from: usize| {
        tokens.len() >= from + symbols.len()
            && symbols
                .iter()
                .zip(&tokens[from..])
                .all(|(s, t)| t.1.symbol == *s && *s != UNKNOWN)
    };
    let same = symbols
        .iter()
        .zip(tokens)
        .take_while(|(s, t)| t.1.symbol == **s && **s != UNKNOWN)
        .count();
    if same == 0 || same == symbols.len() {
        return None;
    }
    let n = symbols.len();
    if fits(&symbols[same..], same + 1) {
        return Some((n, Short::TooMany(same)));
    }
    if same + 1 < n && fits(&symbols[same + 1..], same + 1) {
        return Some((n - 1, Short::Other(same, same)));
    }
    fits(&symbols[same + 1..], same).then_some((n - 2, Short::Missing(same)))
}
