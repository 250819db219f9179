//! The most of everything. What a session is sent beyond a bound is left out with a notice; a lexicon beyond one does not load, with an error that names it.
//! Texts of transcripts have bounds of their own, in `hackles_formats::Reading`.
//!
//! # Time
//!
//! Time is linear in the bytes that are sent, for any text, any way of cutting it and any lexicon; a lexicon decides what a byte costs. A revision
//! ([`Mode::Replace`](crate::Mode::Replace)) costs what its text costs, unless it goes on what was there: then what is new. An utterance that is much work
//! to judge is judged again when it has grown by about an eighth, and so is one read again whose speakers go on changing their roles: only provisional events come later by it.
//!
//! # Memory
//!
//! An open utterance takes about thirty times its text at worst, so a session takes [`OPEN_UTTERANCES`] times that of
//! [`Options::utterance_bytes`](crate::Options::utterance_bytes) at worst. Nothing of it is left once utterances close, but what is retained. The id of a call, its participants and its `meta` are
//! kept as they are given.

/// Bytes of an utterance, unless [`Options::utterance_bytes`](crate::Options::utterance_bytes) says otherwise; the rest of its text is left out
/// ([`OverlongText`](crate::event::NoticeKind::OverlongText)).
pub const UTTERANCE_BYTES: usize = 1 << 20;

/// Bytes of turns that a session retains, unless [`Options::retained_bytes`](crate::Options::retained_bytes) says otherwise: some 50,000 turns of talk. Beyond,
/// the call goes on as if none were retained ([`RetainedLimit`](crate::event::NoticeKind::RetainedLimit)).
pub const RETAINED_BYTES: usize = 64 << 20;

/// Utterances that may be open, or closed and waiting for an earlier one, at once; then the oldest closes as it stands
/// ([`TooManyOpen`](crate::event::NoticeKind::TooManyOpen)).
pub const OPEN_UTTERANCES: usize = 64;

/// Speakers that are told apart; all others count as the last of them ([`TooManySpeakers`](crate::event::NoticeKind::TooManySpeakers)).
pub const SPEAKERS: usize = 250;

/// Bytes of the id of an utterance or a speaker; what goes beyond is cut off ([`OverlongId`](crate::event::NoticeKind::OverlongId)), so
/// ids that differ only there are one.
pub const ID_BYTES: usize = 256;

/// Bytes of one lexicon file.
pub const LEXICON_FILE_BYTES: usize = 16 << 20;

/// Bytes of all files of a lexicon.
pub const LEXICON_BYTES: usize = 64 << 20;

/// Files of a lexicon.
pub const LEXICON_FILES: usize = 4096;

/// Problems of a lexicon that are told.
pub const PROBLEMS: usize = 1000;

/// Bytes of a line that a problem shows.
pub const LINE_BYTES: usize = 240;

/// Entries of a lexicon, features and learned terms among them.
pub const ENTRIES: usize = 1 << 18;

/// Words that the phrases of a lexicon name together, those of the lists they name among them; one list that many phrases name counts each time.
pub const LEXICON_WORDS: usize = 1 << 24;

/// Bytes of a regular expression as it is written.
pub const EXPRESSION_BYTES: usize = 4096;

/// Bytes that a regular expression may take when it is compiled.
pub const COMPILED_EXPRESSION_BYTES: usize = 1 << 20;

/// Regular expressions of a lexicon.
pub const EXPRESSIONS: usize = 1024;

/// The id as it is kept: see [`ID_BYTES`].
pub(crate) fn kept(id: &str) -> &str {
    if id.len() <= ID_BYTES {
        return id;
    }
    let cut = (0..=ID_BYTES).rev().find(|&at| id.is_char_boundary(at));
    &id[..cut.unwrap_or(0)]
}
