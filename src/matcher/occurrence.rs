//! What an occurrence of a pattern is: its words in their order, backwards from a last token.
//!
//! Between two words may stand transparent tokens: fillers, soft adverbs, marks, stutters, the earlier saying of a word that is
//! repeated, fillers of several words taken whole. A word that the pattern names is never skipped in its place. A sentence end
//! between two tokens ends the walk. A gap takes so many tokens that are not transparent, and any that are.

use super::outline::{ANYTHING, Read};
use super::program::{Alternatives, ByLast, Code, Op, Pattern, Words};
use super::{MAX_SPAN, Symbol, Token};
use crate::text::Flags;

/// The first token of the occurrence of `pattern` that ends with token `end`, if there is one; of several the longest. What is known of the
/// text up to some tokens makes it faster.
pub(super) fn find(
    code: &Code,
    pattern: &Pattern,
    tokens: &[Token],
    texts: &[Read],
    end: usize,
) -> Option<usize> {
    let before = tokens[..end].iter().rev().take(MAX_SPAN);
    let sentence = before.take_while(|t| !t.is(Flags::SENTENCE_END)).count();
    let behind = |b: Behind, t: &Token| b.and(t.flags);
    let behind = tokens[end - sentence..end].iter().fold(Behind::NOTHING, behind);
    find_behind(code, pattern, tokens, texts, end, behind)
}

/// The same, where it is known what stands before the last token.
pub(super) fn find_behind(
    code: &Code,
    pattern: &Pattern,
    tokens: &[Token],
    texts: &[Read],
    end: usize,
    behind: Behind,
) -> Option<usize> {
    let walk = Walk {
        code,
        tokens,
        texts,
        end,
        behind,
    };
    let set = walk.back(code.of(pattern), BEHIND, DEPTH);
    (set != 0 && set != BEHIND).then(|| end + 1 - (63 - set.leading_zeros() as usize))
}

/// The same, without the short ways that are taken where nothing may be skipped.
#[cfg(test)]
pub(super) fn find_by_steps(code: &Code, pattern: &Pattern, tokens: &[Token], end: usize) -> Option<usize> {
    let behind = Behind {
        tokens: u64::MAX,
        skipped: u64::MAX,
    };
    find_behind(code, pattern, tokens, &[], end, behind)
}

/// The tokens of a sentence before its last, as sets of places: bit k + 1 is that of the token k before the last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Behind {
    /// There are tokens, the last included.
    tokens: u64,
    /// They may be skipped.
    skipped: u64,
}

impl Behind {
    pub(super) const NOTHING: Behind = Behind {
        tokens: 2,
        skipped: 0,
    };

    /// Whether none of the last `words` tokens, two at least, may be skipped.
    #[inline]
    pub(super) fn is_plain(&self, words: u8) -> bool {
        self.skipped & ((2 << words) - 1) == 0
    }

    /// The same, with one more token that stands before the last.
    pub(super) fn and(self, flags: Flags) -> Behind {
        let skipped = u64::from(flags.intersects(Flags::TRANSPARENT | Flags::SEQUENCE_END));
        Behind {
            tokens: self.tokens << 1 | 2,
            skipped: self.skipped << 1 | skipped << 2,
        }
    }
}

/// Whether nothing but transparent tokens stands before this one.
fn opens(tokens: &[Token], start: usize) -> bool {
    let mut at = start;
    let floor = start.saturating_sub(MAX_SPAN);
    while at > floor {
        match skip(tokens, at - 1) {
            Some(next) => at = next,
            None => return false,
        }
    }
    at == 0
}

/// Whether nothing but transparent tokens stands behind this one.
pub(crate) fn closes(tokens: &[Token], end: usize) -> bool {
    let last = tokens.len().min(end + 1 + MAX_SPAN);
    let mut at = end + 1;
    while at < last {
        if tokens[at].is(Flags::TRANSPARENT) {
            at += 1;
        } else if tokens[at].is(Flags::SEQUENCE_START) {
            match tokens[at..last].iter().position(|t| t.is(Flags::SEQUENCE_END)) {
                Some(n) => at += n + 1,
                None => return false,
            }
        } else {
            return false;
        }
    }
    at == tokens.len()
}

/// If token `at` may be skipped backwards: the number of tokens before what is skipped with it.
pub(super) fn skip(tokens: &[Token], at: usize) -> Option<usize> {
    if tokens[at].is(Flags::TRANSPARENT) {
        return Some(at);
    }
    if tokens[at].is(Flags::SEQUENCE_END) {
        let from = at.saturating_sub(3);
        return (from..at).rev().find(|&i| tokens[i].is(Flags::SEQUENCE_START));
    }
    None
}

/// All ways at once. Bit k of a set says that what has been walked begins k - 1 tokens before `end`; bit 0, that nothing has been
/// walked yet.
struct Walk<'a> {
    code: &'a Code,
    tokens: &'a [Token],
    texts: &'a [Read],
    end: usize,
    behind: Behind,
}

/// No phrase has alternatives within alternatives deeper than this.
const DEPTH: u32 = 256;

/// The set before anything is walked.
const BEHIND: u64 = 1;

impl Walk<'_> {
    fn back(&self, ops: &[u32], mut set: u64, depth: u32) -> u64 {
        let mut rest = ops;
        while set != 0
            && let Some((op, behind)) = self.code.read(rest)
        {
            rest = behind;
            set = match op {
                Op::Word(symbol) => self.word(set, symbol),
                Op::Set(words) => {
                    self.any_word(set, |at| self.may_be(words, at) && words.has(self.symbol(at)))
                }
                Op::LargeSet(words) => self.any_word(set, |at| {
                    self.may_be(words, at) && words.find(self.symbol(at)).is_some()
                }),
                Op::Gap(most) => self.gap(set, most),
                Op::Start => bits(set)
                    .filter(|&k| k > 0 && opens(self.tokens, self.end + 1 - k))
                    .fold(0, |s, k| s | 1 << k),
                Op::Any(body) if depth > 0 => self.any(set, body, depth - 1),
                Op::ByLast(alternatives) if depth > 0 => self.by_last(set, alternatives, depth - 1),
                Op::Any(_) | Op::ByLast(_) => 0,
            };
        }
        set
    }

    fn any(&self, set: u64, body: &[u32], depth: u32) -> u64 {
        let next = self.next_words(set);
        let fit = Alternatives(body).filter(|(last, _)| last & next != 0);
        fit.fold(0, |out, (_, part)| out | self.back(part, set, depth))
    }

    /// The bits of what may be the next words back, and of anything; all where that is not known at once.
    fn next_words(&self, set: u64) -> u64 {
        let Some(next) = self.straight(set).filter(|_| self.texts.len() > self.end) else {
            return u64::MAX;
        };
        bits(next).fold(ANYTHING, |words, k| words | self.texts[self.end + 1 - k].last())
    }

    /// The token before token `at`, unless a sentence ends between them or the span is full.
    fn previous(&self, at: usize) -> Option<usize> {
        (at > 0 && self.end + 1 - (at - 1) < MAX_SPAN && !self.tokens[at - 1].is(Flags::SENTENCE_END))
            .then(|| at - 1)
    }

    /// The places of the next words back, where none of them may be skipped.
    #[inline]
    fn straight(&self, set: u64) -> Option<u64> {
        let next = set << 1 & self.behind.tokens;
        (next & self.behind.skipped == 0).then_some(next)
    }

    #[inline]
    fn symbol(&self, at: usize) -> Symbol {
        self.tokens[at].symbol
    }

    /// Whether a token may be one of these words.
    #[inline]
    fn may_be(&self, words: Words<'_>, at: usize) -> bool {
        self.texts.get(at).is_none_or(|text| words.may_be(text.last()))
    }

    /// Which of these places have a token that fits.
    #[inline]
    fn among(&self, places: u64, fits: impl Fn(usize) -> bool) -> u64 {
        bits(places)
            .filter(|k| fits(self.end + 1 - k))
            .fold(0, |out, k| out | 1 << k)
    }

    /// The nearest token with the symbol: taking it leaves the most room.
    fn word(&self, set: u64, symbol: Symbol) -> u64 {
        if let Some(next) = self.straight(set) {
            return self.among(next, |at| self.symbol(at) == symbol);
        }
        let mut out = 0;
        self.each_before(set, |at, bit| {
            let fits = self.symbol(at) == symbol;
            if fits {
                out |= bit;
            }
            !fits
        });
        out
    }

    /// All tokens with one of the symbols: the nearer one may be transparent, and the farther one be meant.
    #[inline]
    fn any_word(&self, set: u64, fits: impl Fn(usize) -> bool) -> u64 {
        if let Some(next) = self.straight(set) {
            return self.among(next, fits);
        }
        let mut out = 0;
        self.each_before(set, |at, bit| {
            if fits(at) {
                out |= bit;
            }
            true
        });
        out
    }

    fn by_last(&self, set: u64, alternatives: ByLast<'_>, depth: u32) -> u64 {
        let with = |at: usize, bit: u64| {
            if !self.may_be(alternatives.words, at) {
                return 0;
            }
            let before = alternatives.before(self.symbol(at));
            before.map_or(0, |before| self.back(before, bit, depth))
        };
        if let Some(next) = self.straight(set) {
            return bits(next).fold(0, |out, k| out | with(self.end + 1 - k, 1 << k));
        }
        let mut out = 0;
        self.each_before(set, |at, bit| {
            out |= with(at, bit);
            true
        });
        out
    }

    /// Calls `each` with every token that may be the next word back, and its place in a set, as long as it returns true.
    #[inline]
    fn each_before(&self, set: u64, mut each: impl FnMut(usize, u64) -> bool) {
        for k in bits(set) {
            if k == 0 {
                each(self.end, 1 << 1);
                continue;
            }
            let mut at = self.end + 1 - k;
            while let Some(before) = self.previous(at) {
                if !each(before, 1 << (self.end + 1 - before)) {
                    break;
                }
                match skip(self.tokens, before) {
                    Some(next) if self.end + 1 - next < MAX_SPAN => at = next,
                    _ => break,
                }
            }
        }
    }

    fn gap(&self, set: u64, most: u8) -> u64 {
        if self.behind.skipped == 0 {
            let from = set & !BEHIND;
            return set | (0..most).fold(from, |reached, _| reached | reached << 1 & self.behind.tokens);
        }
        let mut out = set;
        for k in bits(set).filter(|&k| k > 0) {
            let mut at = self.end + 1 - k;
            let mut left = most;
            while let Some(before) = self.previous(at) {
                if !self.tokens[before].flags.intersects(Flags::TRANSPARENT) {
                    if left == 0 {
                        break;
                    }
                    left -= 1;
                }
                at = before;
                out |= 1 << (self.end + 1 - at);
            }
        }
        out
    }
}

fn bits(mut set: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        (set != 0).then(|| {
            let k = set.trailing_zeros() as usize;
            set &= set - 1;
            k
        })
    })
}
