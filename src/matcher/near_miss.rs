//! Phrases that were nearly said: one word short, one word too many, one word other. For `explain`; not fast.

use std::collections::HashMap;

use super::automaton::{Automaton, Pattern, ROOT};
use super::{Owner, Scan, Symbol, Token, UNKNOWN, Vocabulary};
use crate::text::Flags;

/// Phrases of fewer words are near to everything.
const SHORTEST: usize = 4;

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

/// The near misses of entries that have no hit, the longest phrases first, one an entry.
pub(crate) fn near_misses(automaton: &Automaton, vocabulary: &Vocabulary, scan: &Scan) -> Vec<NearMiss> {
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
            if let Owner::Entry(e) = h.owner {
                Some(e)
            } else {
                None
            }
        })
        .collect();
    let names = vocabulary.names();
    let mut out: Vec<NearMiss> = Vec::new();
    for pattern in &automaton.patterns {
        let Owner::Entry(entry) = pattern.owner else {
            continue;
        };
        let Some(symbols) = words(automaton, pattern).filter(|s| s.len() >= SHORTEST) else {
            continue;
        };
        if hit.contains(&entry) {
            continue;
        }
        for from in 0..solid.len() {
            let Some((to, short)) = nearly(&symbols, &solid[from..]) else {
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

/// The symbols of a pattern that is a whole form of its phrase.
fn words(automaton: &Automaton, pattern: &Pattern) -> Option<Vec<Symbol>> {
    if automaton.program(pattern).is_some() {
        return None;
    }
    let mut out = Vec::new();
    let mut node = pattern.node;
    while node != ROOT {
        let (symbol, before) = automaton.into(node);
        out.push(symbol);
        node = before;
    }
    out.reverse();
    Some(out)
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
