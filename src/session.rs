//! One live call: chunks in, events out, a report at the end.
//!
//! An utterance is read as it grows; what it shows while it is open is provisional and leaves no trace. Closed utterances go on
//! strictly in the order in which they arrived (`Session::release`), so that the report is a function of the final turns in that order
//! and of nothing else.

use std::hash::BuildHasher as _;

use foldhash::fast::FixedState;

use crate::analyzer::Analyzer;
use crate::call::{Call, Out};
use crate::event::{Event, NoticeKind};
use crate::options::{Options, Retention, UTTERANCE_BYTES};
use crate::report::CallReport;
use crate::transcript::{Chunk, Mode, Participant, Transcript};
use crate::turns::history::At;
use crate::utterance::{Held, Id, Utterance};

/// Utterances that may be open, or closed and waiting for an earlier one, at once.
pub const MAX_OPEN: usize = 64;
/// Room for utterances that is kept while none is open.
const USUALLY_OPEN: usize = 2;
/// Ids of closed utterances that are remembered.
const CLOSED_IDS: usize = 32;
/// Up to so much work, an open utterance is judged at every chunk; beyond, each time it has grown in proportion to the work, so that
/// time stays linear in its text.
const JUDGE_ALWAYS: usize = 64;

/// A live call. `Clone` it to look ahead: the copy goes its own way.
///
/// ```
/// use hackles::{Analyzer, Chunk, Options, event::Event};
///
/// let mut call = Analyzer::builtin().session(Options::default());
/// let mut events = Vec::new();
/// call.push(&Chunk::whole("u1", "agent", "That's not my job.").at(0, 900), &mut events);
/// assert!(matches!(&events[0], Event::Signal(e) if &*e.signal == "refusal"));
/// let report = call.finish(None, &mut events);
/// assert_eq!(report.call.turns, 1);
/// ```
#[derive(Clone, Debug)]
pub struct Session {
    analyzer: Analyzer,
    /// If they say more than how much is retained.
    options: Option<Box<Options>>,
    open: Vec<Held>,
    closed_ids: Vec<u64>,
    call: Call,
    /// Nobody listens: events are not made.
    quiet: bool,
}

impl Session {
    pub(crate) fn new(analyzer: Analyzer, options: Options) -> Self {
        let call = Call::new(&options);
        Session {
            analyzer,
            options: (!options.is_plain()).then(|| Box::new(options)),
            open: Vec::new(),
            closed_ids: Vec::new(),
            call,
            quiet: false,
        }
    }

    /// A session whose events nobody wants: for finished calls.
    pub(crate) fn quiet(analyzer: Analyzer, options: Options) -> Self {
        Session {
            quiet: true,
            ..Session::new(analyzer, options)
        }
    }

    /// The analyzer this session was begun with.
    pub fn analyzer(&self) -> &Analyzer {
        &self.analyzer
    }

    /// Takes a chunk; what happens is added to `events`. Never fails: what is odd about the input gives a notice.
    pub fn push(&mut self, chunk: &Chunk<'_>, events: &mut Vec<Event>) {
        let mut out = Out((!self.quiet).then_some(events));
        let Some(index) = self.find_or_open(chunk, &mut out) else {
            return;
        };
        self.take(index, chunk, &mut out);
        if chunk.is_final {
            self.close(index, &mut out);
        } else if out.0.is_some() {
            self.preview(index, &mut out);
        }
    }

    /// Lets time pass without a chunk: absences whose deadline has passed, and alerts that waited, come out. The report does
    /// not change by it.
    pub fn advance(&mut self, now_ms: i64, events: &mut Vec<Event>) {
        let mut out = Out((!self.quiet).then_some(events));
        let now = At::new(Some(now_ms), self.call.origin.unwrap_or(0)).get();
        self.call.foresee(&self.analyzer.0, now, &mut out);
        if self.open.iter().all(|u| u.text.trim().is_empty()) {
            self.call.silent_until(&self.analyzer.0, now, &mut out);
        }
        self.call.release_alerts(Some(now_ms), &mut out);
    }

    /// Ends the call: what is open closes as it stands, what was waited for did not happen.
    pub fn finish(mut self, end_ms: Option<i64>, events: &mut Vec<Event>) -> CallReport {
        let mut out = Out((!self.quiet).then_some(events));
        for utterance in &mut self.open {
            if !utterance.closed {
                let role = self.call.role(utterance.speaker);
                utterance.scan.finish(
                    self.analyzer.0.tables(self.call.names.words(), role),
                    &utterance.text,
                );
                utterance.closed = true;
            }
        }
        self.release(&mut out);
        self.call.finish(&self.analyzer.0, end_ms, &mut out);
        let options = self.options.map_or_else(Options::default, |told| *told);
        self.call.report(&self.analyzer.0, options, end_ms)
    }

    /// Bytes this session takes, the texts of open utterances apart.
    pub fn state_bytes(&self) -> usize {
        let options = self.options.as_ref().map_or(0, |o| {
            let id = o.id.as_ref().map_or(0, String::len);
            size_of::<Options>() + id + o.participants.capacity() * size_of::<Participant>()
        });
        size_of::<Self>()
            + options
            + self.open.capacity() * size_of::<Held>()
            + self.closed_ids.capacity() * size_of::<u64>()
            + self.call.heap_bytes()
    }

    fn find_or_open(&mut self, chunk: &Chunk<'_>, out: &mut Out<'_>) -> Option<usize> {
        if let Some(index) = self
            .open
            .iter()
            .position(|u| u.id.as_bytes() == chunk.utterance.as_bytes())
        {
            if self.open[index].closed {
                out.notice(NoticeKind::ClosedUtterance, &self.open[index].id, None);
                return None;
            }
            return Some(index);
        }
        if self.closed_ids.contains(&hash(chunk.utterance.as_bytes())) {
            out.notice(NoticeKind::ClosedUtterance, &Id::new(chunk.utterance), None);
            return None;
        }
        if self.open.len() >= MAX_OPEN
            && let Some(oldest) = self.open.iter().position(|u| !u.closed)
        {
            out.notice(NoticeKind::TooManyOpen, &self.open[oldest].id, None);
            self.close(oldest, out);
        }
        let arrival = self.call.turns() + self.open.len() as u32;
        let names = self.call.names.version();
        if self.open.capacity() == 0 {
            self.open.reserve_exact(USUALLY_OPEN);
        }
        self.open.push(Utterance::begin(chunk.utterance, arrival, names));
        Some(self.open.len() - 1)
    }

    fn take(&mut self, index: usize, chunk: &Chunk<'_>, out: &mut Out<'_>) {
        let id = &self.open[index].id;
        let options = self.options.as_deref();
        let participants = options.map_or(&[][..], |o| &o.participants);
        let speaker = self.call.speaker(chunk.speaker, participants, id, out);
        let role = |speaker: u8| self.call.role(speaker);
        let utterance = &mut self.open[index];
        if role(utterance.speaker) != role(speaker) {
            // What is looked for depends on the role: what was read is read again.
            utterance.scan.clear();
            utterance.names = self.call.names.version();
        }
        utterance.speaker = speaker;
        utterance.start_ms = chunk.start_ms.or(utterance.start_ms);
        utterance.end_ms = chunk.end_ms.or(utterance.end_ms);
        let tables = self.analyzer.0.tables(self.call.names.words(), role(speaker));
        let most = options
            .map_or(UTTERANCE_BYTES, |o| o.utterance_bytes)
            .min(u32::MAX as usize);
        if chunk.mode == Mode::Replace {
            utterance.words.clear();
        }
        // A word has a letter and a space: more words than that are none.
        let room = (most / 2).saturating_sub(utterance.words.len());
        utterance
            .words
            .extend_from_slice(&chunk.words[..chunk.words.len().min(room)]);
        let mut text = chunk.text;
        if chunk.mode == Mode::Replace {
            match text.strip_prefix(utterance.text.as_str()) {
                Some(more) => text = more,
                None => {
                    utterance.text.clear();
                    utterance.scan.clear();
                    utterance.judge_at = 0;
                    utterance.full = false;
                }
            }
        }
        let room = most - utterance.text.len().min(most);
        if text.len() > room && !utterance.full {
            out.notice(NoticeKind::OverlongText, &utterance.id, None);
            let cut = (0..=room).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0);
            text = &text[..cut];
            utterance.text.push_str(text);
            utterance.full = true;
        } else if !utterance.full {
            utterance.text.push_str(text);
        }
        utterance.scan.advance(tables, &utterance.text);
    }

    fn close(&mut self, index: usize, out: &mut Out<'_>) {
        let utterance = &mut self.open[index];
        let role = self.call.role(utterance.speaker);
        let tables = self.analyzer.0.tables(self.call.names.words(), role);
        utterance.scan.finish(tables, &utterance.text);
        utterance.closed = true;
        if utterance.text.trim().is_empty() {
            out.notice(NoticeKind::EmptyText, &utterance.id, None);
        }
        if index == 0 {
            self.release(out);
        } else if out.0.is_some() {
            self.call.preview(&self.analyzer.0, &mut self.open[index], out);
        }
    }

    /// Shows what the utterance would give if it ended here.
    fn preview(&mut self, index: usize, out: &mut Out<'_>) {
        let utterance = &mut self.open[index];
        let role = self.call.role(utterance.speaker);
        let tables = self.analyzer.0.tables(self.call.names.words(), role);
        if utterance.scan.tokens.len() < utterance.judge_at {
            return;
        }
        let ahead = utterance
            .scan
            .is_pending(&utterance.text)
            .then(|| utterance.scan.checkpoint());
        if ahead.is_some() {
            utterance.scan.finish(tables, &utterance.text);
        }
        let work = utterance.scan.work();
        if work > JUDGE_ALWAYS {
            utterance.judge_at = utterance.scan.tokens.len() + work / 8;
        }
        if !utterance.scan.hits.is_empty() || !utterance.announced.is_empty() || self.analyzer.0.has_regexes {
            self.call.preview(&self.analyzer.0, utterance, out);
        }
        if let Some(checkpoint) = ahead {
            utterance.scan.roll_back(&checkpoint);
        }
    }

    /// Hands on the closed utterances that nothing earlier holds up.
    fn release(&mut self, out: &mut Out<'_>) {
        while self.open.first().is_some_and(|u| u.closed) {
            let utterance = self.open.remove(0);
            if self.closed_ids.len() == CLOSED_IDS {
                self.closed_ids.remove(0);
            }
            if self.closed_ids.len() == self.closed_ids.capacity() {
                self.closed_ids.reserve_exact(CLOSED_IDS / 8);
            }
            self.closed_ids.push(hash(utterance.id.as_bytes()));
            self.call.close(&self.analyzer.0, utterance, out);
        }
        if self.open.is_empty() && self.open.capacity() > USUALLY_OPEN {
            self.open = Vec::new();
        }
    }
}

fn hash(id: &[u8]) -> u64 {
    FixedState::with_seed(0).hash_one(id)
}

impl Analyzer {
    /// Begins to follow a live call.
    pub fn session(&self, options: Options) -> Session {
        Session::new(self.clone(), options)
    }

    /// Scores a finished call: the report a live session gives for the same turns.
    pub fn score(&self, call: &Transcript) -> CallReport {
        let options = Options {
            id: call.id.clone(),
            participants: call.participants.clone(),
            meta: call.meta.clone(),
            retention: Retention::Full,
            ..Options::default()
        };
        let mut session = Session::quiet(self.clone(), options);
        for (number, turn) in call.turns.iter().enumerate() {
            let chunk = Chunk {
                utterance: &number.to_string(),
                speaker: &turn.speaker,
                start_ms: turn.start_ms,
                end_ms: turn.end_ms,
                text: &turn.text,
                mode: Mode::Replace,
                is_final: true,
                words: &turn.words,
            };
            session.push(&chunk, &mut Vec::new());
        }
        session.finish(call.end_ms, &mut Vec::new())
    }
}
