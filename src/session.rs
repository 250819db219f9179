//! One live call: chunks in, events out, a report at the end.
//!
//! An utterance is read as it grows; what it shows while it is open is provisional and leaves no trace. Closed utterances go on
//! strictly in the order in which they arrived (`Session::release`), so that the report is a function of the final turns in that order
//! and of nothing else.

mod snapshot;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::hash::BuildHasher as _;
use std::sync::atomic::{AtomicU64, Ordering};

use foldhash::fast::FixedState;

use crate::analyzer::Analyzer;
use crate::call::{Call, Out};
use crate::compiled::Compiled;
use crate::event::{Event, NoticeKind};
use crate::limits::{self, ID_BYTES, OPEN_UTTERANCES, UTTERANCE_BYTES};
use crate::options::{Detail, Options, Retention};
use crate::packed::{Packed, Parcel, Reader};
use crate::report::{CallReport, ReportView};
use crate::scratch;
use crate::transcript::{Chunk, Mode, Participant, Transcript};
use crate::turns::history::At;
use crate::utterance::{Held, Id, Utterance};

/// Ids of closed utterances that are remembered.
const CLOSED_IDS: usize = 16;
/// So much room in vain is too much, if all of it is more than [`MODEST`].
const ROOM: usize = 48;
/// So much room may be in vain without harm.
const MODEST: usize = 912;
/// It is made in such steps.
const STEP: usize = 256;
/// More than is modest in such.
const SMALL_STEP: usize = 32;
/// So many calls' memory is kept for the next ones.
const MOST_SPARES: usize = 4;
/// Up to so much work, an open utterance is judged at every chunk; beyond, each time it has grown in proportion to the work, so that
/// time stays linear in its text.
const JUDGE_ALWAYS: usize = 64;
/// So many bytes of an utterance are read again at once when its speaker's role changes; beyond, once it has grown in proportion to them.
const READ_AGAIN: usize = 1 << 16;

thread_local! {
    /// Calls that nobody follows any more, for their memory.
    #[expect(clippy::vec_box, reason = "they go from call to call as they are")]
    static SPARES: RefCell<Vec<Box<Live>>> = const { RefCell::new(Vec::new()) };
    /// What a call is packed into and unpacked from.
    static PARCEL: Cell<Option<Box<Parcel>>> = const { Cell::new(None) };
    /// The next stamp of this thread.
    static OWN: Cell<u64> = const { Cell::new(0) };
}

/// So much of the hash of an id is remembered.
type ShortHash = [u8; 6];

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
#[derive(Clone)]
pub struct Session {
    analyzer: Analyzer,
    /// If they say more than how much is retained.
    options: Option<Box<Options>>,
    /// The call while an utterance is open, or if its turns are retained.
    live: Option<Box<Live>>,
    /// The call else.
    rest: Box<[u8]>,
    /// Of the memory of this thread that may still hold the call as it is at rest.
    stamp: u64,
}

/// A call that somebody speaks in.
#[derive(Clone, Debug)]
struct Live {
    /// Given anew each time it comes to rest.
    stamp: u64,
    /// Nobody listens: events are not made, and it does not rest.
    quiet: bool,
    open: Vec<Held>,
    closed_ids: Vec<ShortHash>,
    call: Call,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("analyzer", &self.analyzer)
            .field("options", &self.options)
            .field("state_bytes", &self.state_bytes())
            .finish()
    }
}

impl Session {
    pub(crate) fn new(analyzer: Analyzer, options: Options) -> Self {
        let mut session = Session {
            analyzer,
            live: Some(Box::new(Live {
                stamp: 0,
                quiet: false,
                open: Vec::new(),
                closed_ids: Vec::new(),
                call: Call::new(&options),
            })),
            options: (!options.is_plain()).then(|| Box::new(options)),
            rest: Box::default(),
            stamp: 0,
        };
        session.rest();
        session
    }

    /// A session whose events nobody wants: for finished calls.
    pub(crate) fn quiet(analyzer: Analyzer, options: Options) -> Self {
        let mut session = Session::new(analyzer, options);
        session.wake().2.quiet = true;
        session
    }

    /// The analyzer this session was begun with.
    pub fn analyzer(&self) -> &Analyzer {
        &self.analyzer
    }

    /// Takes a chunk; what happens is added to `events`. Never fails: what is odd about the input gives a notice.
    pub fn push(&mut self, chunk: &Chunk<'_>, events: &mut Vec<Event>) {
        let before = events.len();
        let mut out = Out((!self.is_quiet()).then_some(&mut *events));
        let (compiled, options, live) = self.wake();
        live.push(compiled, options, chunk, &mut out);
        self.rest();
        self.told(&mut events[before..]);
    }

    /// Lets time pass without a chunk: absences whose deadline has passed, and alerts that waited, come out. The report does
    /// not change by it.
    pub fn advance(&mut self, now_ms: i64, events: &mut Vec<Event>) {
        let before = events.len();
        let mut out = Out((!self.is_quiet()).then_some(&mut *events));
        let (compiled, _, live) = self.wake();
        live.advance(compiled, now_ms, &mut out);
        self.rest();
        self.told(&mut events[before..]);
    }

    /// Ends the call: what is open closes as it stands, what was waited for did not happen.
    pub fn finish(self, end_ms: Option<i64>, events: &mut Vec<Event>) -> CallReport {
        self.finish_as(end_ms, events, Detail::All, |report| report.into_report())
    }

    fn finish_as<R>(
        mut self,
        end_ms: Option<i64>,
        events: &mut Vec<Event>,
        detail: Detail,
        read: impl FnOnce(ReportView<'_>) -> R,
    ) -> R {
        let before = events.len();
        let mut out = Out((!self.is_quiet()).then_some(&mut *events));
        let (compiled, _, live) = self.wake();
        live.finish(compiled, end_ms, &mut out);
        let call = std::mem::replace(&mut live.call, Call::new(&Options::default()));
        let options = self.options.take().map_or_else(Options::default, |told| *told);
        self.told(&mut events[before..]);
        let analyzer = &self.analyzer;
        call.report(&analyzer.0, options, end_ms, detail, |mut report| {
            if !analyzer.tells_text() {
                report.leave_out_text(&analyzer.0);
            }
            read(report)
        })
    }

    /// Whether nobody listens.
    fn is_quiet(&self) -> bool {
        self.live.as_ref().is_some_and(|live| live.quiet)
    }

    /// Takes the words out of events, if they are not to be told.
    fn told(&self, events: &mut [Event]) {
        if !self.analyzer.tells_text() {
            events.iter_mut().for_each(Event::leave_out_text);
        }
    }

    /// Bytes this session takes, the texts of open utterances apart.
    pub fn state_bytes(&self) -> usize {
        let options = self.options.as_ref().map_or(0, |o| {
            let id = o.id.as_ref().map_or(0, String::len);
            size_of::<Options>() + id + o.participants.capacity() * size_of::<Participant>()
        });
        let live = self.live.as_ref();
        size_of::<Self>() + options + self.rest.len() + live.map_or(0, |l| size_of::<Live>() + l.heap_bytes())
    }

    /// The call as it can go on, and what it goes on with.
    fn wake(&mut self) -> (&Compiled, Option<&Options>, &mut Live) {
        let live = self.live.get_or_insert_with(|| {
            let spare = SPARES.try_with(|spares| {
                let mut spares = spares.borrow_mut();
                // The memory of this very call, or that which has rested longest.
                let own = spares.iter().rposition(|s| s.stamp == self.stamp && s.stamp != 0);
                let place = own.unwrap_or(0);
                (place < spares.len()).then(|| spares.remove(place))
            });
            let mut live = spare.ok().flatten().unwrap_or_default();
            if live.stamp != self.stamp || live.stamp == 0 {
                scratch::with(&PARCEL, |parcel| {
                    live.unpack(&mut parcel.open(&self.rest));
                    parcel.clear();
                });
            }
            live
        });
        (&self.analyzer.0, self.options.as_deref(), live)
    }

    /// Keeps the call as bytes, unless an utterance is open or the turns are retained.
    fn rest(&mut self) {
        let Some(mut live) = self.live.take_if(|l| l.may_rest()) else {
            return;
        };
        let is_new = self.stamp == 0;
        live.stamp = stamp();
        self.stamp = live.stamp;
        scratch::with(&PARCEL, |parcel| {
            live.pack(parcel);
            let [numbers, bytes] = parcel.seal();
            let len = numbers.len() + bytes.len();
            // Room that fits is kept.
            if !(len..=(len + ROOM).max(MODEST)).contains(&self.rest.len()) {
                let room = len.next_multiple_of(STEP).min(MODEST);
                self.rest = vec![0; room.max(len.next_multiple_of(SMALL_STEP))].into_boxed_slice();
            }
            let (own, behind) = self.rest.split_at_mut(numbers.len());
            own.copy_from_slice(numbers);
            behind[..bytes.len()].copy_from_slice(bytes);
            parcel.clear();
        });
        // Where the thread ends there is no store any more.
        let _ = SPARES.try_with(|spares| {
            let mut spares = spares.borrow_mut();
            if is_new && !spares.is_empty() {
                // What others used is worth more.
                return;
            }
            if spares.len() >= MOST_SPARES {
                spares.remove(0);
            }
            spares.push(live);
        });
    }
}

/// What the thread remembers of the call goes with it; its memory stays for others.
impl Drop for Session {
    fn drop(&mut self) {
        let _ = SPARES.try_with(|spares| {
            let mut spares = spares.borrow_mut();
            let own = spares.iter_mut().find(|s| s.stamp == self.stamp && s.stamp != 0);
            if let Some(live) = own {
                // Read from nothing, all of it is empty, and what held words overwritten.
                live.unpack(&mut Reader::default());
                live.stamp = 0;
            }
        });
    }
}

/// A number that no other call at rest has.
fn stamp() -> u64 {
    /// So many are taken at once.
    const MANY: u64 = 1 << 32;
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut stamp = OWN.get();
    if stamp.is_multiple_of(MANY) {
        stamp = NEXT.fetch_add(1, Ordering::Relaxed) * MANY;
    }
    OWN.set(stamp + 1);
    stamp
}

impl Default for Live {
    fn default() -> Self {
        Live {
            stamp: 0,
            quiet: false,
            open: Vec::new(),
            closed_ids: Vec::new(),
            call: Call::new(&Options::default()),
        }
    }
}

impl Live {
    fn push(&mut self, compiled: &Compiled, options: Option<&Options>, chunk: &Chunk<'_>, out: &mut Out<'_>) {
        let Some(index) = self.find_or_open(compiled, chunk, out) else {
            return;
        };
        self.take(compiled, options, index, chunk, out);
        if chunk.is_final {
            self.close(compiled, index, out);
        } else if out.0.is_some() {
            self.preview(compiled, index, out);
        }
    }

    fn advance(&mut self, compiled: &Compiled, now_ms: i64, out: &mut Out<'_>) {
        let now = At::new(Some(now_ms), self.call.origin.unwrap_or(0)).get();
        self.call.foresee(compiled, now, out);
        if self.open.iter().all(|u| u.is_blank) {
            self.call.silent_until(compiled, now, out);
        }
        self.call.release_alerts(compiled, Some(now_ms), out);
    }

    fn finish(&mut self, compiled: &Compiled, end_ms: Option<i64>, out: &mut Out<'_>) {
        for utterance in &mut self.open {
            if !utterance.closed {
                let role = self.call.role(utterance.speaker);
                utterance.finish(compiled.tables(self.call.names.words(), role));
            }
        }
        self.release(compiled, out);
        self.call.finish(compiled, end_ms, out);
    }

    fn may_rest(&self) -> bool {
        self.open.is_empty() && !self.call.retains() && !self.quiet
    }

    fn pack(&self, out: &mut Parcel) {
        out.len(self.closed_ids.len());
        out.bytes(self.closed_ids.as_flattened());
        self.call.pack(out);
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        let len = from.len();
        let (ids, _) = from.bytes(len * size_of::<ShortHash>()).as_chunks();
        self.closed_ids.clear();
        self.closed_ids.extend_from_slice(ids);
        self.call.unpack(from);
    }

    fn heap_bytes(&self) -> usize {
        self.open.capacity() * size_of::<Held>()
            + self.closed_ids.capacity() * size_of::<ShortHash>()
            + self.call.heap_bytes()
    }

    fn find_or_open(&mut self, compiled: &Compiled, chunk: &Chunk<'_>, out: &mut Out<'_>) -> Option<usize> {
        let id = limits::kept(chunk.utterance);
        if let Some(index) = self.open.iter().position(|u| u.id.as_bytes() == id.as_bytes()) {
            if self.open[index].closed {
                out.notice(NoticeKind::ClosedUtterance, &self.open[index].id, None);
                return None;
            }
            return Some(index);
        }
        if self.closed_ids.contains(&hash(id.as_bytes())) {
            out.notice(NoticeKind::ClosedUtterance, &Id::new(id), None);
            return None;
        }
        if self.open.len() >= OPEN_UTTERANCES
            && let Some(oldest) = self.open.iter().position(|u| !u.closed)
        {
            out.notice(NoticeKind::TooManyOpen, &self.open[oldest].id, None);
            self.close(compiled, oldest, out);
        }
        let arrival = self.call.turns() + self.open.len() as u32;
        let names = self.call.names.version();
        let utterance = Utterance::begin(id, arrival, names);
        if chunk.utterance.len() > ID_BYTES {
            out.notice(NoticeKind::OverlongId, &utterance.id, None);
        }
        self.open.push(utterance);
        Some(self.open.len() - 1)
    }

    fn take(
        &mut self,
        compiled: &Compiled,
        options: Option<&Options>,
        index: usize,
        chunk: &Chunk<'_>,
        out: &mut Out<'_>,
    ) {
        let id = &self.open[index].id;
        let participants = options.map_or(&[][..], |o| &o.participants);
        let before = self.call.role(self.open[index].speaker);
        let others = || (0..).zip(&self.open).filter(|(i, _)| *i != index);
        let speaks = |number| others().any(|(_, u)| u.speaker == number);
        let speaker = self.call.speaker(chunk.speaker, participants, speaks, id, out);
        let role = |speaker: u8| self.call.role(speaker);
        let utterance = &mut self.open[index];
        if before != role(speaker) {
            // What is looked for depends on the role: what was read is read again.
            utterance.names = self.call.names.version();
            if !utterance.scan.tokens.is_empty() {
                utterance.forget_reading();
                utterance.read_again += utterance.text.len();
                if utterance.read_again > READ_AGAIN {
                    utterance.read_at = utterance.text.len() + utterance.text.len() / 8;
                }
            }
        }
        utterance.speaker = speaker;
        utterance.start_ms = chunk.start_ms.or(utterance.start_ms);
        utterance.end_ms = chunk.end_ms.or(utterance.end_ms);
        let tables = compiled.tables(self.call.names.words(), role(speaker));
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
                    utterance.forget_reading();
                    (utterance.judge_at, utterance.read_at) = (0, 0);
                    utterance.is_blank = true;
                    utterance.look = None;
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
        utterance.is_blank = utterance.is_blank && text.trim().is_empty();
        utterance.read(tables, self.call.names.version(), chunk.is_final);
    }

    fn close(&mut self, compiled: &Compiled, index: usize, out: &mut Out<'_>) {
        let utterance = &mut self.open[index];
        let role = self.call.role(utterance.speaker);
        let tables = compiled.tables(self.call.names.words(), role);
        utterance.finish(tables);
        if utterance.is_blank {
            out.notice(NoticeKind::EmptyText, &utterance.id, None);
        }
        if index == 0 {
            self.release(compiled, out);
        } else if out.0.is_some() {
            self.call.preview(compiled, &mut self.open[index], out);
        }
    }

    /// Shows what the utterance would give if it ended here.
    fn preview(&mut self, compiled: &Compiled, index: usize, out: &mut Out<'_>) {
        let utterance = &mut self.open[index];
        let role = self.call.role(utterance.speaker);
        let tables = compiled.tables(self.call.names.words(), role);
        if utterance.scan.tokens.len() < utterance.judge_at || utterance.text.len() < utterance.read_at {
            return;
        }
        let ahead = utterance
            .scan
            .is_pending(&utterance.text)
            .then(|| utterance.scan.checkpoint());
        if ahead.is_some() {
            utterance.scan.finish(tables, &utterance.text);
        }
        let work = utterance.scan.work(tables.automaton);
        if work > JUDGE_ALWAYS {
            utterance.judge_at = utterance.scan.tokens.len() + work / 8;
        }
        if !utterance.scan.hits.is_empty() || !utterance.announced.is_empty() || compiled.has_regexes {
            self.call.preview(compiled, utterance, out);
        }
        if let Some(checkpoint) = ahead {
            utterance.scan.roll_back(&checkpoint);
        }
    }

    /// Hands on the closed utterances that nothing earlier holds up.
    fn release(&mut self, compiled: &Compiled, out: &mut Out<'_>) {
        while self.open.first().is_some_and(|u| u.closed) {
            let utterance = self.open.remove(0);
            if self.closed_ids.len() == CLOSED_IDS {
                self.closed_ids.remove(0);
            }
            self.closed_ids.push(hash(utterance.id.as_bytes()));
            self.call.close(compiled, utterance, out);
        }
    }
}

fn hash(id: &[u8]) -> ShortHash {
    let [a, b, c, d, e, f, ..] = FixedState::with_seed(0).hash_one(id).to_le_bytes();
    [a, b, c, d, e, f]
}

impl Analyzer {
    /// Begins to follow a live call.
    pub fn session(&self, options: Options) -> Session {
        Session::new(self.clone(), options)
    }

    /// Scores a finished call: the report a live session gives for the same turns.
    pub fn score(&self, call: &Transcript) -> CallReport {
        self.score_as(call, Detail::All, |report| report.into_report())
    }

    /// Scores a finished call and lets `read` see the report where it is made: to write it, it need not be copied first.
    ///
    /// ```
    /// use hackles::{Analyzer, Detail, Transcript};
    ///
    /// let analyzer = Analyzer::builtin();
    /// let call: Transcript = serde_json::from_str(r#"{"turns":[{"speaker":"agent","text":"not my job"}]}"#)?;
    /// let json = analyzer.score_as(&call, Detail::All, |report| serde_json::to_string(&report))?;
    /// assert_eq!(json, serde_json::to_string(&analyzer.score(&call))?);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn score_as<R>(
        &self,
        call: &Transcript,
        detail: Detail,
        read: impl FnOnce(ReportView<'_>) -> R,
    ) -> R {
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
        session.finish_as(call.end_ms, &mut Vec::new(), detail, read)
    }
}
