//! Reads a text that grows: every piece as soon as the white space behind it has come.

use super::{Flags, MAX_WORD_BYTES, Sink, TextRules, shapes, words};

/// How far a growing text has been read. Cheap to copy: a caller may read ahead with a copy and forget it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Scanner {
    /// Start of the piece that is not finished yet.
    piece: usize,
    /// Bytes before this one hold no white space after `piece`.
    looked: usize,
    /// Inside `[` … `]`: how many more words the mark may have.
    mark_words: u8,
    /// The piece goes on a word that was too long.
    overlong: bool,
}

/// The most words a mark in square brackets may have.
const MARK_WORDS: u8 = 4;

impl Scanner {
    /// Reads all pieces of `text` that are followed by white space. `text` is what was given before, grown at its end.
    pub(crate) fn advance(&mut self, rules: &TextRules, text: &str, sink: &mut impl Sink) {
        while let Some((end, space)) = find_space(text, self.looked) {
            self.long_run(text, end, sink);
            self.piece(rules, &text[self.piece..end], sink);
            self.piece = end + space;
            self.looked = self.piece;
            self.overlong = false;
        }
        self.looked = text.len();
        self.long_run(text, text.len(), sink);
    }

    /// Reads what is left at the end of the text.
    pub(crate) fn finish(&mut self, rules: &TextRules, text: &str, sink: &mut impl Sink) {
        self.long_run(text, text.len(), sink);
        self.piece(rules, &text[self.piece..], sink);
        self.piece = text.len();
        self.looked = self.piece;
    }

    /// Whether a piece is waiting for its end.
    pub(crate) fn is_pending(&self, text: &str) -> bool {
        self.piece < text.len()
    }

    /// Cuts a run without white space that is too long for one piece, as its first bytes alone decide: behind its
    /// words, or within the first word if that is too long itself.
    fn long_run(&mut self, text: &str, end: usize, sink: &mut impl Sink) {
        while end - self.piece > MAX_WORD_BYTES {
            let window = &text[self.piece..floor_char(text, self.piece + MAX_WORD_BYTES)];
            let mut segments = 0;
            let mut last = 0..0;
            let mut first_is_word = false;
            words(window, |range, word| {
                first_is_word |= segments == 0 && word;
                segments += 1;
                last = range;
            });
            if segments > 1 {
                let head = &window[..last.start];
                let overlong = std::mem::take(&mut self.overlong) && first_is_word;
                let mut nth = 0;
                words(head, |range, word| {
                    if word {
                        let flags = if overlong && nth == 0 {
                            Flags::OVERLONG
                        } else {
                            Flags::NONE
                        };
                        sink.word(&head[range.clone()], self.piece + range.start, flags);
                    }
                    nth += 1;
                });
                self.piece += last.start;
            } else {
                sink.word(window, self.piece, Flags::OVERLONG);
                self.overlong = true;
                self.piece += window.len();
            }
        }
    }

    fn piece(&mut self, rules: &TextRules, piece: &str, sink: &mut impl Sink) {
        if piece.is_empty() {
            return;
        }
        let mut rest = piece;
        let at = |rest: &str| self.piece + (piece.len() - rest.len());
        if self.overlong {
            let mut end = 0;
            words(rest, |range, word| {
                if range.start == 0 && word {
                    end = range.end;
                }
            });
            if end > 0 {
                sink.word(&rest[..end], at(rest), Flags::OVERLONG);
                rest = &rest[end..];
            }
        }
        while !rest.is_empty() {
            if self.mark_words > 0 {
                let end = rest.find(']').map(|i| i + 1);
                let mark = &rest[..end.unwrap_or(rest.len())];
                sink.word(mark, at(rest), Flags::MARK | Flags::TRANSPARENT);
                self.mark_words = if end.is_some() { 0 } else { self.mark_words - 1 };
                rest = &rest[mark.len()..];
            } else if rest.starts_with('[') {
                self.mark_words = MARK_WORDS;
            } else {
                let end = rest.find('[').unwrap_or(rest.len());
                shapes::read(rules, &rest[..end], at(rest), sink);
                rest = &rest[end..];
            }
        }
    }
}

/// The next white space at or behind `from`: where it stands and how long it is.
fn find_space(text: &str, from: usize) -> Option<(usize, usize)> {
    text[from..]
        .char_indices()
        .find(|(_, c)| c.is_whitespace())
        .map(|(i, c)| (from + i, c.len_utf8()))
}

fn floor_char(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
