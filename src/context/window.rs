//! The words around a hit, within its sentence.

use crate::lexicon::Side;
use crate::matcher::{Found, MAX_SPAN, Scan, Token, closes};
use crate::text::Flags;

/// No window reaches further, in words.
const WORDS: u32 = 16;

/// A hit's tokens, and the tokens around it that a cue may lie in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub(super) start: u32,
    pub(super) end: u32,
    from: u32,
    to: u32,
}

fn solid(token: &Token) -> bool {
    !token.flags.intersects(Flags::TRANSPARENT)
}

impl Window {
    pub(super) fn around(scan: &Scan, start: u32, end: u32) -> Self {
        let tokens = &scan.tokens;
        let mut from = start as usize;
        let mut words = 0;
        while from > 0
            && words < WORDS
            && start as usize - from < MAX_SPAN
            && !tokens[from - 1].is(Flags::SENTENCE_END)
        {
            from -= 1;
            words += u32::from(solid(&tokens[from]));
        }
        let mut to = end as usize;
        words = 0;
        while to + 1 < tokens.len()
            && words < WORDS
            && to - (end as usize) < MAX_SPAN
            && !tokens[to].is(Flags::SENTENCE_END)
        {
            to += 1;
            words += u32::from(solid(&tokens[to]));
        }
        Window {
            start,
            end,
            from: from as u32,
            to: to as u32,
        }
    }

    /// Those of the marks (in the order of their ends) that lie in the window, the hit's own tokens included.
    pub(super) fn of<'a>(
        &self,
        scan: &'a Scan,
        marks: &'a [Found],
    ) -> impl Iterator<Item = &'a Found> + use<'a> {
        let first = marks.partition_point(|m| m.end < self.from);
        let (from, to) = (self.from, self.to);
        let last = marks[first..].partition_point(move |m| m.end <= to + MAX_SPAN as u32);
        marks[first..first + last]
            .iter()
            .filter(move |m| m.end >= from && m.start <= to)
            .filter(move |m| !m.at_end || closes(&scan.tokens, m.end as usize))
    }

    /// On which side of the hit a mark stands and how many words away, 1 being the next; nothing if it touches the hit or
    /// stands beyond the sentence.
    pub(super) fn distance(&self, scan: &Scan, mark: &Found) -> Option<(Side, u32)> {
        let count = |a: u32, b: u32| {
            scan.tokens[a as usize..b as usize]
                .iter()
                .filter(|t| solid(t))
                .count() as u32
                + 1
        };
        if mark.end < self.start && mark.start >= self.from {
            Some((Side::Before, count(mark.end + 1, self.start)))
        } else if mark.start > self.end && mark.end <= self.to {
            Some((Side::After, count(self.end + 1, mark.start)))
        } else {
            None
        }
    }

    /// The last token of the hit's sentence, if it is near enough.
    pub(super) fn sentence_end(&self, scan: &Scan) -> Option<Token> {
        scan.tokens[self.end as usize..]
            .iter()
            .take(MAX_SPAN)
            .find(|t| t.is(Flags::SENTENCE_END))
            .copied()
    }

    /// The first word of the hit's sentence, if it is near enough.
    pub(super) fn sentence_start(&self, scan: &Scan) -> Option<u32> {
        let mut first = self.start;
        let mut at = self.start as usize;
        while at > 0 && !scan.tokens[at - 1].is(Flags::SENTENCE_END) {
            if self.start as usize - at >= MAX_SPAN {
                return None;
            }
            at -= 1;
            if solid(&scan.tokens[at]) {
                first = at as u32;
            }
        }
        Some(first)
    }
}
