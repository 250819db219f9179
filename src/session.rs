//! One live call: chunks in, events out, a report at the end.
//!
//! An utterance is read as it grows; what it shows while it is open is provisional and leaves no trace. Closed utterances go on
//! strictly in the order in which they arrived (`Call::close`), so that the report is a function of the final turns in that order
//! and of nothing else.

use std::collections::VecDeque;
use std::hash::BuildHasher as _;
use std::sync::Arc;

use foldhash::fast::FixedState;

use crate::alerts::Alerts;
use crate::analyzer::Analyzer;
use crate::context::{self, Setting, Weighed};
use crate::event::{AngerEvent, Event, NoticeEvent, NoticeKind, SignalEvent, State};
use crate::fixed::{Milli, Score};
use crate::matcher::Scan;
use crate::report::{CallReport, Ledger};
use crate::text::normal;
use crate::transcript::{Chunk, Meta, Mode, Participant, Role};
use crate::turns::anger::AngerCourse;
use crate::turns::history::{At, Past};
use crate::turns::talk::{Spoken, Talk};
use crate::turns::verdicts::{ClosedTurn, Decided, TurnInProgress, Verdict, Verdicts, judge};

/// How much of a call a session keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Retention {
    /// Only what later events need: bounded, whatever the length of the call. Figures of the report that need more are null.
    #[default]
    None,
    /// The evidence of all turns, for the whole report.
    Full,
}

/// What a session is told at its beginning.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The call's id, for the report.
    pub id: Option<String>,
    /// Who takes part: roles, and names that read as names.
    pub participants: Vec<Participant>,
    /// Carried into the report.
    pub meta: Option<Meta>,
    /// How much is kept.
    pub retention: Retention,
    /// The most bytes of one utterance; what goes beyond is left out, with a notice.
    pub utterance_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            id: None,
            participants: Vec::new(),
            meta: None,
            retention: Retention::None,
            utterance_bytes: 1 << 20,
        }
    }
}

impl Options {
    /// Keeps the evidence of all turns.
    #[must_use]
    pub fn full(mut self) -> Self {
        self.retention = Retention::Full;
        self
    }

    /// Sets the participants.
    #[must_use]
    pub fn participants(mut self, participants: Vec<Participant>) -> Self {
        self.participants = participants;
        self
    }
}

/// Utterances that may be open, or closed and waiting for an earlier one, at once.
pub const MAX_OPEN: usize = 64;
/// Ids of closed utterances that are remembered.
const CLOSED_IDS: usize = 32;
/// Speakers that are told apart.
const MAX_SPEAKERS: usize = 250;
/// Up to so many hits, an open utterance is judged at every chunk; beyond, each time it has grown by an eighth.
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
    options: Options,
    names: Vec<Box<str>>,
    open: VecDeque<Utterance>,
    arrivals: u32,
    closed_ids: VecDeque<u64>,
    call: Call,
    /// Nobody listens: events are not made.
    quiet: bool,
}

/// An utterance that is open, or closed and waiting.
#[derive(Clone, Debug)]
struct Utterance {
    id: Arc<str>,
    arrival: u32,
    speaker: u8,
    start_ms: Option<i64>,
    end_ms: Option<i64>,
    text: String,
    scan: Scan,
    closed: bool,
    full: bool,
    announced: Vec<u16>,
    /// Judge again when there are so many tokens.
    judge_at: usize,
}

/// Everything behind the utterances: a function of the closed turns in the order of their arrival.
#[derive(Clone, Debug)]
struct Call {
    speakers: Vec<Speaker>,
    origin: Option<i64>,
    verdicts: Verdicts,
    anger: AngerCourse,
    talk: Talk,
    alerts: Alerts,
    ledger: Ledger,
}

/// Somebody who has spoken.
#[derive(Clone, Debug)]
pub(crate) struct Speaker {
    pub(crate) id: Arc<str>,
    pub(crate) role: Option<Role>,
    noticed: bool,
}

/// Where events go, if anybody listens.
struct Out<'a>(Option<&'a mut Vec<Event>>);

impl Out<'_> {
    fn send(&mut self, event: impl FnOnce() -> Event) {
        if let Some(events) = &mut self.0 {
            events.push(event());
        }
    }

    fn notice(&mut self, notice: NoticeKind, utterance: &Arc<str>, speaker: Option<&Arc<str>>) {
        self.send(|| {
            Event::Notice(NoticeEvent {
                notice,
                utterance: Arc::clone(utterance),
                speaker: speaker.cloned(),
            })
        });
    }
}

impl Session {
    pub(crate) fn new(analyzer: Analyzer, options: Options) -> Self {
        let own = options.participants.iter().filter_map(|p| p.name.as_deref());
        let mut names: Vec<Box<str>> = own
            .flat_map(str::split_whitespace)
            .map(|n| normal(n).into())
            .collect();
        names.sort();
        names.dedup();
        let call = Call {
            speakers: Vec::new(),
            origin: None,
            verdicts: Verdicts::default(),
            anger: AngerCourse::default(),
            talk: Talk::default(),
            alerts: Alerts::default(),
            ledger: Ledger::new(options.retention),
        };
        Session {
            analyzer,
            options,
            names,
            open: VecDeque::new(),
            arrivals: 0,
            closed_ids: VecDeque::new(),
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
        self.call.foresee(&self.analyzer, now, &mut out);
        self.call.release_alerts(Some(now_ms), &mut out);
    }

    /// Ends the call: what is open closes as it stands, what was waited for did not happen.
    pub fn finish(mut self, end_ms: Option<i64>, events: &mut Vec<Event>) -> CallReport {
        let mut out = Out((!self.quiet).then_some(events));
        for utterance in &mut self.open {
            if !utterance.closed {
                let role = self.call.speakers[usize::from(utterance.speaker)].role;
                utterance
                    .scan
                    .finish(self.analyzer.0.tables(&self.names, role), &utterance.text);
                utterance.closed = true;
            }
        }
        self.release(&mut out);
        self.call.finish(&self.analyzer, end_ms, &mut out);
        let Call {
            speakers,
            anger,
            talk,
            ledger,
            origin,
            ..
        } = self.call;
        ledger.report(
            &self.analyzer,
            self.options,
            &speakers,
            origin,
            &anger,
            &talk,
            end_ms,
        )
    }

    /// Bytes this session takes, the texts of open utterances apart.
    pub fn state_bytes(&self) -> usize {
        let names: usize = self.names.iter().map(|n| n.len() + size_of::<Box<str>>()).sum();
        let options = self.options.id.as_ref().map_or(0, String::len)
            + self.options.participants.capacity() * size_of::<Participant>();
        size_of::<Self>()
            + names
            + options
            + self.closed_ids.capacity() * size_of::<u64>()
            + self.call.heap_bytes()
    }

    fn find_or_open(&mut self, chunk: &Chunk<'_>, out: &mut Out<'_>) -> Option<usize> {
        if let Some(index) = self.open.iter().position(|u| *u.id == *chunk.utterance) {
            if self.open[index].closed {
                out.notice(NoticeKind::ClosedUtterance, &self.open[index].id, None);
                return None;
            }
            return Some(index);
        }
        if self.closed_ids.contains(&hash(chunk.utterance)) {
            out.notice(NoticeKind::ClosedUtterance, &Arc::from(chunk.utterance), None);
            return None;
        }
        if self.open.len() >= MAX_OPEN
            && let Some(oldest) = self.open.iter().position(|u| !u.closed)
        {
            out.notice(NoticeKind::TooManyOpen, &self.open[oldest].id, None);
            self.close(oldest, out);
        }
        let id: Arc<str> = Arc::from(chunk.utterance);
        let arrival = self.arrivals;
        self.arrivals += 1;
        self.open.push_back(Utterance {
            id,
            arrival,
            speaker: 0,
            start_ms: None,
            end_ms: None,
            text: String::new(),
            scan: Scan::new(),
            closed: false,
            full: false,
            announced: Vec::new(),
            judge_at: 0,
        });
        Some(self.open.len() - 1)
    }

    fn take(&mut self, index: usize, chunk: &Chunk<'_>, out: &mut Out<'_>) {
        let id = Arc::clone(&self.open[index].id);
        let speaker = self
            .call
            .speaker(chunk.speaker, &self.options.participants, &id, out);
        let role = |speaker: u8| self.call.speakers[usize::from(speaker)].role;
        let utterance = &mut self.open[index];
        if role(utterance.speaker) != role(speaker) {
            // What is looked for depends on the role: what was read is read again.
            utterance.scan.clear();
        }
        utterance.speaker = speaker;
        utterance.start_ms = chunk.start_ms.or(utterance.start_ms);
        utterance.end_ms = chunk.end_ms.or(utterance.end_ms);
        let tables = self.analyzer.0.tables(&self.names, role(speaker));
        let most = self.options.utterance_bytes.min(u32::MAX as usize);
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
            out.notice(NoticeKind::OverlongText, &id, None);
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
        let role = self.call.speakers[usize::from(utterance.speaker)].role;
        let tables = self.analyzer.0.tables(&self.names, role);
        utterance.scan.finish(tables, &utterance.text);
        utterance.closed = true;
        if utterance.text.trim().is_empty() {
            out.notice(NoticeKind::EmptyText, &utterance.id, None);
        }
        if index == 0 {
            self.release(out);
        } else if out.0.is_some() {
            self.call.preview(&self.analyzer, &mut self.open[index], out);
        }
    }

    /// Shows what the utterance would give if it ended here.
    fn preview(&mut self, index: usize, out: &mut Out<'_>) {
        let utterance = &mut self.open[index];
        let role = self.call.speakers[usize::from(utterance.speaker)].role;
        let tables = self.analyzer.0.tables(&self.names, role);
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
        let hits = utterance.scan.hits.len();
        if hits > JUDGE_ALWAYS {
            utterance.judge_at = utterance.scan.tokens.len() + hits / 8;
        }
        if hits > 0 || !utterance.announced.is_empty() || self.analyzer.0.has_regexes {
            self.call.preview(&self.analyzer, utterance, out);
        }
        if let Some(checkpoint) = ahead {
            utterance.scan.roll_back(&checkpoint);
        }
    }

    /// Hands on the closed utterances that nothing earlier holds up.
    fn release(&mut self, out: &mut Out<'_>) {
        while self.open.front().is_some_and(|u| u.closed) {
            let Some(utterance) = self.open.pop_front() else {
                break;
            };
            if self.closed_ids.len() == CLOSED_IDS {
                self.closed_ids.pop_front();
            }
            self.closed_ids.push_back(hash(&utterance.id));
            self.call.close(&self.analyzer, utterance, out);
        }
        if self.open.is_empty() {
            self.open = VecDeque::new();
        }
    }
}

fn hash(id: &str) -> u64 {
    FixedState::with_seed(0).hash_one(id)
}

impl Call {
    fn speaker(
        &mut self,
        id: &str,
        participants: &[Participant],
        utterance: &Arc<str>,
        out: &mut Out<'_>,
    ) -> u8 {
        let index = match self.speakers.iter().position(|s| *s.id == *id) {
            Some(index) => index,
            None if self.speakers.len() < MAX_SPEAKERS => {
                let told = participants.iter().find(|p| p.id == id).and_then(|p| p.role);
                self.speakers.push(Speaker {
                    id: Arc::from(id),
                    role: Role::of_id(id).or(told),
                    noticed: false,
                });
                self.speakers.len() - 1
            }
            None => {
                out.notice(NoticeKind::TooManySpeakers, utterance, None);
                MAX_SPEAKERS - 1
            }
        };
        let speaker = &mut self.speakers[index];
        if speaker.role.is_none() && !std::mem::replace(&mut speaker.noticed, true) {
            out.notice(NoticeKind::UnknownRole, utterance, Some(&speaker.id));
        }
        index as u8
    }

    fn setting(&self, utterance: &Utterance) -> Setting {
        let origin = self.origin.or(utterance.start_ms);
        Setting {
            role: self.speakers[usize::from(utterance.speaker)].role,
            since_start_ms: utterance
                .start_ms
                .zip(origin)
                .map(|(start, origin)| start.saturating_sub(origin)),
            is_final: utterance.closed,
        }
    }

    fn past(&self, utterance: &Utterance, words: u32) -> Past {
        let origin = self.origin.or(utterance.start_ms).unwrap_or(0);
        Past {
            fired: 0,
            arrival: utterance.arrival,
            start: At::new(utterance.start_ms, origin),
            end: At::new(utterance.end_ms, origin),
            words: words.min(u32::from(u16::MAX)) as u16,
            speaker: utterance.speaker,
            role: self.speakers[usize::from(utterance.speaker)].role,
        }
    }

    /// Provisional events of an utterance as it stands.
    fn preview(&self, analyzer: &Analyzer, utterance: &mut Utterance, out: &mut Out<'_>) {
        let compiled = &analyzer.0;
        let mut weighed = Vec::new();
        context::weigh(
            compiled,
            &utterance.scan,
            &utterance.text,
            self.setting(utterance),
            &mut weighed,
            |_, _, _| {},
        );
        let mut past = self.past(utterance, 0);
        let mut firing = Vec::new();
        for signal in compiled.in_order(&weighed, past.role) {
            let verdict = judge(
                compiled,
                signal,
                &past,
                &weighed,
                &self.verdicts.history,
                None,
                |_, _| {},
            );
            let Some(verdict) = verdict.filter(|v| v.outcome.fired) else {
                continue;
            };
            if compiled.lexicon.traits[usize::from(signal)].watched {
                past.fired |= 1 << compiled.watch_bit(signal);
            }
            firing.push(signal);
            if !utterance.announced.contains(&signal) {
                utterance.announced.push(signal);
                out.send(|| {
                    signal_event(
                        analyzer,
                        signal,
                        State::Provisional,
                        &utterance.id,
                        utterance.end_ms,
                        Some(&verdict),
                        &utterance.text,
                    )
                });
            }
        }
        let (id, end_ms) = (&utterance.id, utterance.end_ms);
        utterance.announced.retain(|&signal| {
            let fires = firing.contains(&signal);
            if !fires {
                out.send(|| signal_event(analyzer, signal, State::Retracted, id, end_ms, None, ""));
            }
            fires
        });
    }

    /// Takes the next turn in the order of arrival.
    fn close(&mut self, analyzer: &Analyzer, mut utterance: Utterance, out: &mut Out<'_>) {
        let compiled = &analyzer.0;
        if utterance
            .start_ms
            .zip(utterance.end_ms)
            .is_some_and(|(start, end)| end < start)
        {
            out.notice(NoticeKind::EndBeforeStart, &utterance.id, None);
            utterance.end_ms = None;
        }
        self.origin = self.origin.or(utterance.start_ms);
        let spoken = Spoken::of(&utterance.scan);
        let past = self.past(&utterance, spoken.words);
        let mut weighed: Vec<Weighed> = Vec::new();
        context::weigh(
            compiled,
            &utterance.scan,
            &utterance.text,
            self.setting(&utterance),
            &mut weighed,
            |_, _, _| {},
        );
        let backchannel = compiled
            .interruption
            .as_ref()
            .is_some_and(|(_, rules)| rules.is_backchannel(&utterance.scan, &utterance.text));
        self.talk.turn(&past, spoken, compiled.lexicon.call.silence_ms);
        let Utterance {
            id,
            arrival,
            speaker,
            start_ms,
            end_ms,
            text,
            announced,
            ..
        } = utterance;
        self.ledger.open_turn(arrival, speaker, start_ms, end_ms);
        let turn = ClosedTurn {
            past,
            utterance: id,
            text,
            words: spoken.words,
            weighed,
            announced,
        };
        let (verdicts, origin) = (&mut self.verdicts, self.origin);
        let done = verdicts.feed(compiled, turn, backchannel, &mut |decided| {
            tell(analyzer, origin, decided, out)
        });
        self.foresee(analyzer, None, out);
        match done {
            Some(done) => self.take_in(analyzer, done, out),
            None => self.complete(analyzer, out),
        }
        self.release_alerts(start_ms, out);
    }

    /// Provisional events of what is not decided yet.
    fn foresee(&mut self, analyzer: &Analyzer, now: Option<i64>, out: &mut Out<'_>) {
        if out.0.is_none() {
            return;
        }
        let origin = self.origin;
        self.verdicts.preview(&analyzer.0, now, |turn, verdict, at| {
            if !turn.announced.contains(&verdict.signal) {
                turn.announced.push(verdict.signal);
                let at_ms = absolute(at, origin);
                out.send(|| {
                    signal_event(
                        analyzer,
                        verdict.signal,
                        State::Provisional,
                        &turn.utterance,
                        at_ms,
                        Some(verdict),
                        &turn.text,
                    )
                });
            }
        });
    }

    fn complete(&mut self, analyzer: &Analyzer, out: &mut Out<'_>) {
        while let Some(done) = self.verdicts.next_complete() {
            self.take_in(analyzer, done, out);
        }
    }

    /// Takes a turn that is decided altogether into the figures of the call.
    fn take_in(&mut self, analyzer: &Analyzer, done: TurnInProgress, out: &mut Out<'_>) {
        let compiled = &analyzer.0;
        let TurnInProgress {
            turn, mut verdicts, ..
        } = done;
        verdicts.sort_by_key(|v| v.signal);
        let at_ms = absolute(turn.past.end.get(), self.origin);
        let level = (turn.past.role == Some(Role::Customer)).then(|| {
            let evidence = gain(analyzer, &verdicts);
            let (level, band) =
                self.anger
                    .turn(&compiled.lexicon.call, turn.past.arrival, turn.words, evidence);
            if let Some(band) = band {
                let band = Arc::from(compiled.lexicon.call.bands[band].0.as_str());
                out.send(|| {
                    Event::Anger(AngerEvent {
                        band,
                        level,
                        utterance: Arc::clone(&turn.utterance),
                        at_ms,
                    })
                });
            }
            level
        });
        if out.0.is_some() {
            self.alerts.turn(analyzer, &turn, &verdicts, at_ms, |alert| {
                out.send(|| Event::Alert(alert))
            });
        }
        self.ledger.close_turn(analyzer, turn, verdicts, level);
    }

    fn release_alerts(&mut self, now: Option<i64>, out: &mut Out<'_>) {
        if out.0.is_some() {
            self.alerts.release(now, |alert| out.send(|| Event::Alert(alert)));
        }
    }

    fn finish(&mut self, analyzer: &Analyzer, end_ms: Option<i64>, out: &mut Out<'_>) {
        let origin = self.origin;
        let end = end_ms.and_then(|ms| At::new(Some(ms), origin.unwrap_or(0)).get());
        self.verdicts.finish(&analyzer.0, end, &mut |decided| {
            tell(analyzer, origin, decided, out)
        });
        self.complete(analyzer, out);
        self.release_alerts(Some(i64::MAX), out);
    }

    fn heap_bytes(&self) -> usize {
        let speakers: usize = self
            .speakers
            .iter()
            .map(|s| s.id.len() + 16 + size_of::<Speaker>())
            .sum();
        speakers
            + self.verdicts.heap_bytes()
            + self.talk.heap_bytes()
            + self.alerts.heap_bytes()
            + self.ledger.heap_bytes()
    }
}

fn absolute(at: Option<i64>, origin: Option<i64>) -> Option<i64> {
    at.map(|at| at + origin.unwrap_or(0))
}

fn tell(analyzer: &Analyzer, origin: Option<i64>, decided: Decided<'_>, out: &mut Out<'_>) {
    let fired = decided.verdict.is_some_and(|v| v.outcome.fired);
    let state = match (fired, decided.turn.announced.contains(&decided.signal)) {
        (true, _) => State::Confirmed,
        (false, true) => State::Retracted,
        (false, false) => return,
    };
    let turn = decided.turn;
    out.send(|| {
        signal_event(
            analyzer,
            decided.signal,
            state,
            &turn.utterance,
            absolute(decided.at_ms, origin),
            decided.verdict,
            &turn.text,
        )
    });
}

fn signal_event(
    analyzer: &Analyzer,
    signal: u16,
    state: State,
    utterance: &Arc<str>,
    at_ms: Option<i64>,
    verdict: Option<&Verdict>,
    text: &str,
) -> Event {
    let header = &analyzer.0.lexicon.signals[usize::from(signal)];
    let strongest = verdict.and_then(|v| {
        v.evidence
            .iter()
            .filter(|e| e.span.is_some())
            .max_by_key(|e| e.contribution)
    });
    let quote = strongest
        .and_then(|e| e.span)
        .and_then(|(start, end)| text.get(start as usize..end as usize));
    Event::Signal(SignalEvent {
        signal: Arc::clone(&analyzer.0.signal_names[usize::from(signal)]),
        state,
        utterance: Arc::clone(utterance),
        at_ms,
        score: verdict.map_or(Score::logistic(header.bias.0.into()), |v| v.outcome.score),
        quote: quote.map(str::to_owned),
        hint: Arc::clone(&analyzer.0.hints[usize::from(signal)]),
    })
}

/// Σ gain × contribution of a customer turn.
fn gain(analyzer: &Analyzer, verdicts: &[Verdict]) -> Milli {
    let mut sum = 0i64;
    for verdict in verdicts {
        if let Some(&gain) = analyzer.0.gains.get(&verdict.signal) {
            let contributions: i64 = verdict.evidence.iter().map(|e| i64::from(e.contribution.0)).sum();
            let contributions = Milli(contributions.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32);
            sum += i64::from(contributions.times(gain).0);
        }
    }
    Milli(sum.clamp(-1_000_000, 1_000_000) as i32)
}
