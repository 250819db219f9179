//! Feeds a text that grows through tokenizer, vocabulary and automaton.
//!
//! Words are taken one by one: looked up, kept as tokens, followed by the automaton. What its states propose is looked at for many words at
//! once ([`proposals`]), since what one word proposes tells nothing of what the next does: until then a state waits. It waits no longer than for the
//! end of the sentence or of what is read, and no token changes its meaning before.

mod proposals;
mod tracks;

pub(crate) use proposals::AskedFor;
use proposals::{Draft, Later, Pending, Segment, Walked, Watched};
use tracks::Tracks;

use super::automaton::Automaton;
use super::outline::Read;
use super::program::Roles;
use super::{Found, Opened, Reading, Symbol, Token, UNKNOWN, Vocabulary};
use crate::privacy::wipe;
use crate::text::{Flags, Plain, Scanner, Sink, TextRules, normal_into};

/// Fillers of several words have at most so many.
const SEQUENCE_WORDS: usize = 4;

/// The last word that was no filler: what a stutter would repeat.
#[derive(Clone, Copy, Debug, Default)]
struct LastWord {
    hash: u64,
    from: u32,
    to: u32,
    repeatable: bool,
    before: Tracks,
}

/// What survives a chunk border.
#[derive(Clone, Copy, Debug, Default)]
struct ReadState {
    tracks: Tracks,
    last: LastWord,
    /// States before tokens that may begin a filler of several words.
    saved: [(u32, Tracks); SEQUENCE_WORDS],
    next_saved: u8,
    /// The first of [`Scan::watched`] that the sentence may still end.
    watched: u32,
    /// Tokens of the utterance so far that are not transparent; rather too few than too many.
    solid: u32,
    /// The tokens before this one have been looked at.
    seen: u32,
}

/// One utterance as far as it has been read: tokens, and the phrases found in them.
#[derive(Clone, Debug)]
pub(crate) struct Scan {
    pub(crate) tokens: Vec<Token>,
    /// Hits of entries, in the order of their ends.
    pub(crate) hits: Vec<Found>,
    /// What modifiers listen to, in the order of its ends.
    pub(crate) marks: Vec<Found>,
    /// What only hits of some entry ask for: confirmed when one does. At one token in the order in which it was proposed.
    later: Vec<Later>,
    /// Patterns with a factor in the sentence so far, in the order of its end.
    watched: Vec<Watched>,
    /// The text up to each of the first tokens.
    texts: Vec<Read>,
    /// States that have not been looked at.
    pending: Vec<Pending>,
    /// Room for what they propose, as parts of a table.
    segments: Vec<Segment>,
    /// Room for what they propose.
    drafts: Vec<Draft>,
    /// Room for those of them that are to be watched for.
    waiting: Vec<Draft>,
    /// Room for hits and marks of single words.
    single_hits: Vec<Found>,
    single_marks: Vec<Found>,
    walked: Walked,
    /// Whose turn it is.
    role: Roles,
    scanner: Scanner,
    state: ReadState,
    /// While reading ahead: flags that were changed, to be put back.
    log: Option<Vec<(u32, Flags)>>,
    /// Room for the next log.
    log_room: Vec<(u32, Flags)>,
    buffer: String,
}

/// A point to come back to after reading ahead.
pub(crate) struct Checkpoint {
    tokens: usize,
    hits: usize,
    marks: usize,
    later: usize,
    watched: usize,
    scanner: Scanner,
    state: ReadState,
}

/// What reading needs to know.
#[derive(Clone, Copy)]
pub(crate) struct Tables<'a> {
    pub(crate) rules: &'a TextRules,
    pub(crate) vocabulary: &'a Vocabulary,
    pub(crate) automaton: &'a Automaton,
    /// Names of the call's participants, in normal form: each reads as `#name`.
    pub(crate) names: &'a [String],
    /// Whose turn it is.
    pub(crate) role: Roles,
}

impl Scan {
    pub(crate) fn new() -> Self {
        let state = ReadState {
            tracks: Tracks::start(),
            ..ReadState::default()
        };
        Scan {
            tokens: Vec::new(),
            hits: Vec::new(),
            marks: Vec::new(),
            later: Vec::new(),
            watched: Vec::new(),
            texts: Vec::new(),
            pending: Vec::new(),
            segments: Vec::new(),
            drafts: Vec::new(),
            waiting: Vec::new(),
            single_hits: Vec::new(),
            single_marks: Vec::new(),
            walked: Walked::NONE,
            role: Roles::ALL,
            scanner: Scanner::default(),
            state,
            log: None,
            log_room: Vec::new(),
            buffer: String::new(),
        }
    }

    /// Forgets the text, keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.tokens.clear();
        self.hits.clear();
        self.marks.clear();
        self.later.clear();
        self.watched.clear();
        self.texts.clear();
        self.pending.clear();
        self.walked = Walked::NONE;
        self.scanner = Scanner::default();
        self.state = ReadState {
            tracks: Tracks::start(),
            ..ReadState::default()
        };
    }

    /// Overwrites the one word that was looked up last.
    pub(crate) fn forget_words(&mut self) {
        wipe(&mut self.buffer);
    }

    /// Reads what has been added to `text`, up to the last word that may still grow.
    pub(crate) fn advance(&mut self, tables: Tables<'_>, text: &str) {
        self.read(tables, |scanner, reader| {
            scanner.advance(tables.rules, text, reader);
            reader.settle();
        });
    }

    /// The same, but looks for no phrases before what comes next does.
    pub(crate) fn take(&mut self, tables: Tables<'_>, text: &str) {
        self.read(tables, |scanner, reader| {
            scanner.advance(tables.rules, text, reader)
        });
    }

    /// Reads what is left at the end of `text`.
    pub(crate) fn finish(&mut self, tables: Tables<'_>, text: &str) {
        self.read(tables, |scanner, reader| {
            scanner.finish(tables.rules, text, reader);
            reader.settle();
        });
    }

    #[inline]
    fn read(&mut self, tables: Tables<'_>, read: impl FnOnce(&mut Scanner, &mut Reader<'_>)) {
        self.role = tables.role;
        let mut scanner = self.scanner;
        let mut reader = Reader { tables, scan: self };
        read(&mut scanner, &mut reader);
        self.scanner = scanner;
    }

    /// Forgets what was read and reads the whole of `text` as if it had not been.
    pub(crate) fn read_again(&mut self, tables: Tables<'_>, text: &str) {
        self.clear();
        self.take(tables, text);
        self.finish(tables, text);
    }

    /// Whether a word waits for its end.
    pub(crate) fn is_pending(&self, text: &str) -> bool {
        self.scanner.is_pending(text)
    }

    /// The text up to its tokens, as far as it is known.
    #[cfg(test)]
    pub(super) fn texts(&self) -> &[Read] {
        &self.texts
    }

    /// What judging the utterance costs, as if each hit cost one: a proposal is looked at, a token at most glanced at.
    pub(crate) fn work(&self, automaton: &Automaton) -> usize {
        let asked_for = self.later.iter().map(|l| l.count(automaton, self.role));
        self.hits.len() + asked_for.sum::<usize>() / 8 + self.tokens.len() / 64
    }

    /// Begins to read ahead.
    pub(crate) fn checkpoint(&mut self) -> Checkpoint {
        self.log = Some(std::mem::take(&mut self.log_room));
        Checkpoint {
            tokens: self.tokens.len(),
            hits: self.hits.len(),
            marks: self.marks.len(),
            later: self.later.len(),
            watched: self.watched.len(),
            scanner: self.scanner,
            state: self.state,
        }
    }

    /// Forgets what was read since.
    pub(crate) fn roll_back(&mut self, to: &Checkpoint) {
        let mut log = self.log.take().unwrap_or_default();
        for (token, flags) in log.drain(..).rev() {
            self.tokens[token as usize].flags = flags;
            self.texts.truncate(token as usize + 1);
        }
        self.log_room = log;
        self.texts.truncate(to.tokens);
        self.tokens.truncate(to.tokens);
        self.hits.truncate(to.hits);
        self.marks.truncate(to.marks);
        self.later.truncate(to.later);
        self.watched.truncate(to.watched);
        self.walked = Walked::NONE;
        self.scanner = to.scanner;
        self.state = to.state;
    }

    fn flag(&mut self, token: usize, flags: Flags) {
        if let Some(log) = &mut self.log {
            log.push((token as u32, self.tokens[token].flags));
        }
        self.tokens[token].flags |= flags;
        self.texts.truncate(token + 1);
    }

    /// Takes a token.
    #[inline]
    fn push(&mut self, automaton: &Automaton, token: Token) {
        if self.texts.len() < self.tokens.len() {
            self.read_up(automaton);
        }
        let mut text = Read::next(automaton.bit(token.symbol), &self.tokens, &self.texts);
        text.solid = self.state.solid;
        self.texts.push(text);
        self.tokens.push(token);
    }

    /// Works out again what a changed flag, or a mark, has left open.
    #[inline(never)]
    fn read_up(&mut self, automaton: &Automaton) {
        for at in self.texts.len()..self.tokens.len() {
            let bit = automaton.bit(self.tokens[at].symbol);
            self.texts.push(Read::next(bit, &self.tokens[..at], &self.texts));
        }
    }
}

struct Reader<'a> {
    tables: Tables<'a>,
    scan: &'a mut Scan,
}

impl Sink for Reader<'_> {
    fn punctuation(&mut self, flags: Flags) {
        if flags == Flags::NONE {
            return;
        }
        if let Some(last) = self.scan.tokens.len().checked_sub(1) {
            self.scan.flag(last, flags);
        }
    }

    fn word(&mut self, text: &str, start: usize, flags: Flags) {
        let span = (start, start + text.len());
        if flags.contains(Flags::TRANSPARENT) {
            self.begin_word();
            self.scan.tokens.push(token(span, flags));
            return self.settle_if_many();
        }
        let vocabulary = self.tables.vocabulary;
        let mut buffer = std::mem::take(&mut self.scan.buffer);
        normal_into(text, &mut buffer);
        let opened = vocabulary.look_up(&buffer, flags);
        self.normal_word(&buffer, vocabulary.reading(&buffer, &opened), span, flags);
        self.scan.buffer = buffer;
    }

    #[inline(never)]
    fn plain(&mut self, text: &str, word: Plain) {
        let Tables {
            vocabulary, names, ..
        } = self.tables;
        if self.quiet(&word) {
            return;
        }
        let mut opened = Opened::default();
        if let Some(reading) = vocabulary.plain(word.key, word.len, &mut opened) {
            let written = if names.is_empty() { "" } else { word.of(text) };
            let span = (word.start, word.start + word.len);
            self.normal_word(written, reading, span, word.flags);
        } else {
            self.word(word.of(text), word.start, word.flags);
        }
        self.punctuation(word.behind);
    }
}

fn token((start, end): (usize, usize), flags: Flags) -> Token {
    Token {
        start: start as u32,
        end: end as u32,
        symbol: UNKNOWN,
        flags,
    }
}

impl Reader<'_> {
    /// Behind the end of a sentence reading begins anew.
    #[inline]
    fn begin_word(&mut self) {
        if self.scan.tokens.last().is_some_and(|t| t.is(Flags::SENTENCE_END)) {
            self.begin_sentence();
        }
    }

    #[inline(never)]
    fn begin_sentence(&mut self) {
        self.settle();
        let ReadState { solid, seen, .. } = self.scan.state;
        self.scan.state = ReadState {
            tracks: Tracks::start(),
            solid,
            seen,
            watched: self.scan.watched.len() as u32,
            ..ReadState::default()
        };
    }

    /// Takes an ordinary word with one symbol, if nothing is to be done but to follow the automaton: it is no filler and part of none, does not
    /// repeat the word before, and stands behind a word of its sentence that is no filler either. Most words are so.
    #[inline]
    fn quiet(&mut self, word: &Plain) -> bool {
        const NOT_QUIET: Flags = Flags(Flags::SENTENCE_END.0 | Flags::TRANSPARENT.0 | Flags::SEQUENCE_END.0);
        let Tables {
            vocabulary,
            automaton,
            ..
        } = self.tables;
        let Some(one) = vocabulary.one(word.key) else {
            return false;
        };
        let row = automaton.row(one.symbol);
        let Scan {
            tokens,
            texts,
            state,
            pending,
            ..
        } = &mut *self.scan;
        let (Some(last), Some(text)) = (tokens.last(), texts.last()) else {
            return false;
        };
        let again = one.repeatable & state.last.repeatable & (state.last.hash == one.hash);
        let apart = row.is_quiet() & (state.tracks.len == 1) & (texts.len() == tokens.len());
        if again | !apart || last.flags.intersects(NOT_QUIET) {
            return false;
        }
        let at = tokens.len() as u32;
        state.last = LastWord {
            hash: one.hash,
            from: at,
            to: at + 1,
            repeatable: one.repeatable,
            before: state.last.before,
        };
        state.last.before.set(&state.tracks);
        state.solid += 1;
        let next = automaton.next_by(state.tracks.states[0], one.symbol, row);
        state.tracks.states[0] = next;
        let text = Read::behind(text, row.bit(), state.solid);
        texts.push(text);
        tokens.push(Token {
            symbol: one.symbol,
            ..token((word.start, word.start + word.len), word.flags | word.behind)
        });
        pending.push(Pending::behind(next, at));
        self.settle_if_many();
        true
    }

    /// Takes a word as it is read. The word itself is asked for only where the call's participants have names, and its
    /// capitals do not matter.
    #[inline]
    fn normal_word(&mut self, word: &str, reading: Reading<'_>, span: (usize, usize), flags: Flags) {
        self.begin_word();
        if reading.transparent {
            return self.transparent_word(reading.symbols, token(span, flags));
        }
        let last = &self.scan.state.last;
        // A stutter's second word may as well begin a filler ("you you know"): then the first was meant.
        let mut first_meant = None;
        if reading.repeatable && last.repeatable && last.hash == reading.hash {
            first_meant = Some(self.stutter());
        }
        let from = self.scan.tokens.len() as u32;
        let ReadState { tracks, last, .. } = &mut self.scan.state;
        last.before.set(tracks);
        last.hash = reading.hash;
        last.from = from;
        last.to = from + reading.symbols.len() as u32;
        last.repeatable = reading.repeatable;
        let mut token = token(span, flags);
        if let &[symbol] = reading.symbols
            && (symbol != UNKNOWN || self.tables.names.is_empty())
        {
            token.symbol = symbol;
            return self.solid(token, first_meant);
        }
        for &symbol in reading.symbols {
            token.symbol = if symbol == UNKNOWN && self.is_name(word, reading.symbols.len()) {
                self.tables.vocabulary.name
            } else {
                symbol
            };
            self.solid(token, first_meant.take());
            token.flags |= Flags::CONTINUED;
        }
    }

    /// Takes a token that the automaton sees.
    #[inline]
    fn solid(&mut self, token: Token, first_meant: Option<Tracks>) {
        let automaton = self.tables.automaton;
        let sequences = self.tables.vocabulary.sequences(token.symbol);
        if sequences.begin {
            self.save(first_meant.unwrap_or_default());
        }
        self.scan.state.solid += 1;
        self.scan.push(automaton, token);
        self.scan.state.tracks.step(automaton, token.symbol);
        self.wait();
        self.wait_hidden(token.symbol);
        self.settle_if_many();
        if sequences.end {
            self.filler_sequence(token.symbol);
        }
    }

    /// Takes a word that may stand inside a phrase without breaking it.
    #[inline(never)]
    fn transparent_word(&mut self, symbols: &[Symbol], mut token: Token) {
        let Tables {
            automaton,
            vocabulary,
            ..
        } = self.tables;
        let flags = token.flags;
        for &symbol in symbols {
            token.symbol = symbol;
            token.flags = flags | vocabulary.facts(symbol).flags;
            // Only fillers may stand within a stutter.
            self.scan.state.last.repeatable &= token.is(Flags::FILLER);
            let sequences = vocabulary.sequences(symbol);
            if sequences.begin {
                self.save(Tracks::default());
            }
            self.scan.push(automaton, token);
            self.wait_hidden(symbol);
            self.settle_if_many();
            if sequences.end {
                self.filler_sequence(symbol);
            }
        }
    }

    /// The last word is said again: goes back to before its first saying. Gives the states behind that.
    #[inline(never)]
    fn stutter(&mut self) -> Tracks {
        let LastWord { from, to, .. } = self.scan.state.last;
        if to - from > 1 {
            self.settle();
        }
        let state = &mut self.scan.state;
        let said = state.last.from..state.last.to;
        let first_meant = std::mem::replace(&mut state.tracks, state.last.before);
        state.solid = state.solid.saturating_sub(said.len() as u32);
        for earlier in said {
            self.scan
                .flag(earlier as usize, Flags::TRANSPARENT | Flags::STUTTER);
        }
        first_meant
    }

    /// Whether the word (with an ending: its beginning) is the name of a participant.
    fn is_name(&self, word: &str, opened: usize) -> bool {
        let base = if opened > 1 {
            word.split('\'').next().unwrap_or(word)
        } else {
            word
        };
        self.tables.names.iter().any(|n| n.eq_ignore_ascii_case(base))
    }

    /// Remembers the states before a token that may begin a filler of several words.
    fn save(&mut self, more: Tracks) {
        let state = &mut self.scan.state;
        let mut tracks = state.tracks;
        for &also in more.as_slice() {
            tracks.add(also);
        }
        state.saved[usize::from(state.next_saved) % SEQUENCE_WORDS] = (self.scan.tokens.len() as u32, tracks);
        state.next_saved = (state.next_saved + 1) % SEQUENCE_WORDS as u8;
    }

    /// If a filler of several words ends here, goes on both with and without it.
    fn filler_sequence(&mut self, symbol: Symbol) {
        let end = self.scan.tokens.len();
        for sequence in self.tables.vocabulary.sequences_ending(symbol) {
            let Some(from) = end.checked_sub(sequence.len()) else {
                continue;
            };
            let tokens = &self.scan.tokens[from..end];
            let same = tokens.iter().zip(sequence).all(|(t, &s)| t.symbol == s);
            let whole = tokens[..tokens.len() - 1]
                .iter()
                .all(|t| !t.is(Flags::SENTENCE_END))
                && !tokens[0].is(Flags::CONTINUED);
            if !same || !whole {
                continue;
            }
            self.settle();
            let solid = self.scan.tokens[from..end]
                .iter()
                .filter(|t| !t.is(Flags::TRANSPARENT))
                .count();
            self.scan.state.solid = self.scan.state.solid.saturating_sub(solid as u32);
            self.scan.flag(from, Flags::SEQUENCE_START);
            self.scan.flag(end - 1, Flags::SEQUENCE_END);
            let saved = self
                .scan
                .state
                .saved
                .iter()
                .find(|s| s.0 as usize == from && s.1.len > 0)
                .map(|s| s.1);
            for &state in saved.iter().flat_map(|t| t.as_slice()) {
                self.scan.state.tracks.add(state);
            }
        }
    }
}
