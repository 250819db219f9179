//! Reads a text that grows: every piece as soon as the white space behind it has come.
//!
//! Ordinary pieces (letters of ASCII with apostrophes between them, and at most one stop behind) are read by whole
//! blocks; `shapes` reads the others, and would read these to the same end.

use super::block::{BLOCK, Block};
use super::{Flags, KEY_BYTES, MAX_WORD_BYTES, Plain, Sink, TextRules, shapes, words};

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
        if self.looked > self.piece {
            match find_space(text, self.looked) {
                Some((end, space)) if self.overlong => self.pieces(rules, &text[..end + space], sink),
                Some(_) => {}
                None => return self.wait(text, sink),
            }
        }
        self.blocks(rules, text, sink);
        self.wait(text, sink);
    }

    /// Reads what is left at the end of the text.
    pub(crate) fn finish(&mut self, rules: &TextRules, text: &str, sink: &mut impl Sink) {
        let left = text.len() - self.piece;
        if left > 0 && left < BLOCK && !self.overlong && self.mark_words == 0 {
            let mut block = Block::EMPTY;
            block.read(&text.as_bytes()[self.piece..]);
            let inside = block.spaces;
            block.spaces |= 1 << left;
            if inside == 0 && block.odd() & below(left) == 0 {
                plain(rules, text, self.piece, &block, (0, left), sink);
                self.piece = text.len();
            }
        }
        self.long_run(text, text.len(), sink);
        self.piece(rules, &text[self.piece..], sink);
        self.piece = text.len();
        self.looked = self.piece;
    }

    /// Reads pieces by whole blocks, up to the last, which may still grow.
    fn blocks(&mut self, rules: &TextRules, text: &str, sink: &mut impl Sink) {
        let mut block = Block::EMPTY;
        while self.piece < text.len() {
            let base = self.piece;
            block.read(&text.as_bytes()[base..]);
            let len = BLOCK.min(text.len() - base);
            let odd = block.odd();
            let mut at = 0;
            if odd & below(len) == 0 && self.mark_words == 0 {
                at = ordinary(rules, text, base, &block, len, sink);
            }
            while at < len {
                let from = (!block.spaces & above(at)).trailing_zeros() as usize;
                if from >= len {
                    at = len;
                    break;
                }
                let to = (block.spaces & above(from)).trailing_zeros() as usize;
                if to == BLOCK {
                    at = from;
                    break;
                }
                if odd & above(from) & below(to) == 0 && self.mark_words == 0 {
                    plain(rules, text, base, &block, (from, to), sink);
                } else {
                    self.piece = base + from;
                    self.looked = self.piece;
                    self.pieces(rules, &text[..=base + to], sink);
                }
                at = to + 1;
            }
            self.piece = base + at;
            if at == 0 || base + len == text.len() {
                // A long piece, or the last one: white space beyond ASCII may still end it.
                self.looked = self.piece;
                if len < BLOCK && odd & above(at) & below(len) == 0 {
                    return;
                }
                let Some((end, space)) = find_space(text, self.piece) else {
                    return;
                };
                self.pieces(rules, &text[..end + space], sink);
            }
        }
    }

    /// Reads all pieces of `text` that are followed by white space, one by one.
    fn pieces(&mut self, rules: &TextRules, text: &str, sink: &mut impl Sink) {
        while let Some((end, space)) = find_space(text, self.looked) {
            self.long_run(text, end, sink);
            self.piece(rules, &text[self.piece..end], sink);
            self.piece = end + space;
            self.looked = self.piece;
            self.overlong = false;
        }
    }

    /// What `advance` and `finish` do, without blocks.
    #[cfg(test)]
    pub(super) fn read_piece_by_piece(&mut self, rules: &TextRules, text: &str, sink: &mut impl Sink) {
        self.pieces(rules, text, sink);
        self.wait(text, sink);
        self.long_run(text, text.len(), sink);
        self.piece(rules, &text[self.piece..], sink);
    }

    /// Leaves the last piece for what is still to come.
    fn wait(&mut self, text: &str, sink: &mut impl Sink) {
        self.looked = text.len();
        self.long_run(text, text.len(), sink);
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

/// Reads the pieces that end in the block, which begins at `base` and of which the first `len` bytes are text, all ordinary. Gives where the
/// piece begins that does not end in it; `len` if there is none.
fn ordinary(
    rules: &TextRules,
    text: &str,
    base: usize,
    block: &Block,
    len: usize,
    sink: &mut impl Sink,
) -> usize {
    let mut begins = !block.spaces & (block.spaces << 1 | 1) & below(len);
    while begins != 0 {
        let from = begins.trailing_zeros() as usize;
        let to = (block.spaces & above(from)).trailing_zeros() as usize;
        if to == BLOCK {
            return from;
        }
        plain(rules, text, base, block, (from, to), sink);
        begins &= begins - 1;
    }
    len
}

/// Reads the ordinary piece at these bytes of the block, which begins at `base`. Almost without branches: what
/// the next word looks like cannot be guessed.
#[inline(always)]
fn plain(
    rules: &TextRules,
    text: &str,
    base: usize,
    block: &Block,
    (from, to): (usize, usize),
    sink: &mut impl Sink,
) {
    let end = to - (block.stops >> (to - 1) & 1) as usize;
    let first = (block.capitals >> from & 1) as u32;
    let small = (block.capitals ^ block.letters) >> from & ((1 << (end - from)) - 1);
    let all = (small == 0) & (end - from > 1);
    let behind = block.small[end % BLOCK];
    let mut word = Plain {
        key: block.key(from, end - from),
        start: base + from,
        len: end - from,
        flags: Flags((first * Flags::TITLE.0) | (u32::from(all) * Flags::CAPITALS.0)),
        behind: BEHIND[usize::from(behind) % BEHIND.len()],
    };
    if behind == b'.' && rules.abbreviates(word.of(text)) {
        word.behind = Flags::NONE;
    }
    if word.len <= KEY_BYTES {
        sink.plain(text, word);
    } else {
        sink.word(word.of(text), word.start, word.flags);
        sink.punctuation(word.behind);
    }
}

/// What a stop says, by its lowest bits; in an ordinary piece none but white space stands in its place.
const BEHIND: [Flags; 64] = {
    let mut all = [Flags::NONE; 64];
    all[b'.' as usize % 64] = Flags::SENTENCE_END;
    all[b'?' as usize % 64] = Flags(Flags::SENTENCE_END.0 | Flags::QUESTION.0);
    all[b'!' as usize % 64] = Flags(Flags::SENTENCE_END.0 | Flags::EXCLAMATION.0);
    all[b',' as usize % 64] = Flags::PAUSE;
    all[b';' as usize % 64] = Flags::PAUSE;
    all[b':' as usize % 64] = Flags::PAUSE;
    all
};

/// The bits from `at` on.
fn above(at: usize) -> u64 {
    u64::MAX << (at % BLOCK)
}

/// The bits before `at`, which is no more than the length of a block.
fn below(at: usize) -> u64 {
    if at < BLOCK { !above(at) } else { u64::MAX }
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
