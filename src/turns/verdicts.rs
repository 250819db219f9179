//! The verdict on each signal of each turn, given as soon as everything it may depend on is known.

use std::cell::Cell;
use std::collections::VecDeque;
use std::mem;

use super::history::{Answer, Asked, History, Past};
use super::overlap::Overlap;
use super::promises::Times;
use smallvec::SmallVec;

use crate::compiled::Compiled;
use crate::context::{EntryRule, SignalRule, Turns, Weighed};
use crate::fixed::Milli;
use crate::lexicon::{Bound, Condition, OverTurns, Within};
use crate::packed::Bounds;
use crate::privacy::wipe;
use crate::score::{Glance, Outcome, Standing, Strongest, Tally};
use crate::scratch::{self, Scratch};
use crate::utterance::Id;

/// A closed utterance with all hits of its own words.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClosedTurn {
    pub(crate) past: Past,
    pub(crate) utterance: Id,
    /// Or what of it may be quoted, from some byte on.
    pub(crate) text: String,
    pub(crate) text_from: u32,
    pub(crate) words: u32,
    pub(crate) overlap: Option<Overlap>,
    /// Expressions of time.
    pub(crate) times: Times,
    /// In the order of evaluation of their signals.
    pub(crate) weighed: Vec<Weighed>,
    /// Signals of which a provisional event is out.
    pub(crate) announced: Vec<u16>,
}

impl ClosedTurn {
    /// The words of a span, while they are kept.
    pub(crate) fn quote(&self, (start, end): (u32, u32)) -> Option<&str> {
        let at = |byte: u32| Some(byte.checked_sub(self.text_from)? as usize);
        self.text.get(at(start)?..at(end)?)
    }
}

/// A signal's outcome in a turn.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) signal: u16,
    pub(crate) outcome: Outcome,
    pub(crate) strongest: Option<Strongest>,
    /// What counts, in the order of the text, if the turns are retained.
    pub(crate) evidence: Box<[Weighed]>,
}

impl Verdict {
    /// Whether it names nothing that is not there.
    pub(crate) fn is_sound(&self, bounds: &Bounds) -> bool {
        bounds.is_signal(self.signal)
            && self.strongest.is_none_or(|s| bounds.is_entry(s.entry))
            && self.evidence.iter().all(|hit| hit.is_sound(bounds))
    }
}

/// Why a hit does not count because of other signals or turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blocked {
    Unless(Condition),
    OnlyIf(Condition),
    NotMeasurable(Condition),
}

/// A turn some of whose signals are not decided yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct TurnInProgress {
    pub(crate) turn: ClosedTurn,
    pub(super) undecided: SmallVec<[u16; 16]>,
    pub(crate) verdicts: Vec<Verdict>,
    /// A signal was decided since it was last slimmed.
    pub(super) may_slim: bool,
}

/// So many turns' memory is kept for others.
const SPARES: usize = 4;
/// Longer texts are not kept for their memory.
const SPARE_BYTES: usize = 4096;
/// Nor memory for more hits.
const SPARE_HITS: usize = 256;

impl TurnInProgress {
    /// Forgets what nothing asks for any more: hits of signals that are decided; and, if the turns are not retained, what only a report would show.
    fn slim(&mut self, compiled: &Compiled, retained: bool) {
        if !std::mem::take(&mut self.may_slim) {
            return;
        }
        let undecided = &self.undecided;
        let signal = |w: &Weighed| compiled.rules.entry_rule(w.entry).signal;
        self.turn.weighed.retain(|w| undecided.contains(&signal(w)));
        if retained {
            return;
        }
        if self.turn.weighed.iter().all(|w| w.span.is_none()) {
            self.turn.text.clear();
        }
        let lasts = |v: &Verdict| {
            let header = &compiled.lexicon.signals[usize::from(v.signal)];
            v.outcome.fired
                || header.alert.is_some()
                || Some(v.signal) == compiled.sentiment
                || Some(v.signal) == compiled.lexicon.call.language.formal
                || compiled.gains[usize::from(v.signal)] != Milli::ZERO
        };
        self.verdicts.retain(lasts);
        for verdict in &mut self.verdicts {
            if !compiled.lexicon.call.promises.asks(verdict.signal) {
                verdict.strongest = None;
            }
        }
    }

    /// Gives back the memory it does not need.
    fn shrink(&mut self) {
        self.turn.weighed.shrink_to_fit();
        self.verdicts.shrink_to_fit();
        self.undecided.shrink_to_fit();
    }

    /// Forgets the turn, keeps the memory.
    pub(super) fn clear(&mut self) {
        wipe(&mut self.turn.text);
        self.turn.weighed.clear();
        self.turn.announced.clear();
        self.undecided.clear();
        self.verdicts.clear();
    }

    /// Takes over a turn into memory of its own, as much as it needs; `from` keeps its memory for other turns.
    fn take(&mut self, from: &mut TurnInProgress, retained: bool) {
        let turn = &mut from.turn;
        self.turn.past = turn.past;
        self.turn.utterance = mem::take(&mut turn.utterance);
        self.turn.text_from = turn.text_from;
        self.turn.words = turn.words;
        self.turn.overlap = turn.overlap;
        self.turn.times = mem::take(&mut turn.times);
        if retained {
            self.turn.text = mem::take(&mut turn.text);
        } else {
            self.turn.text.push_str(&turn.text);
        }
        self.turn.announced.extend_from_slice(&turn.announced);
        self.turn.weighed.reserve_exact(turn.weighed.len());
        self.turn.weighed.append(&mut turn.weighed);
        self.verdicts.reserve_exact(from.verdicts.len());
        self.verdicts.append(&mut from.verdicts);
        self.undecided.extend_from_slice(&from.undecided);
        self.may_slim = from.may_slim;
    }
}

impl Scratch for TurnInProgress {
    fn is_modest(&self) -> bool {
        self.turn.weighed.capacity() <= SPARE_HITS
    }
}

/// What judging works with.
#[derive(Debug, Default)]
struct Desk {
    tally: Tally,
    /// Signals to decide: their place in the order of evaluation above, the place of the turn below.
    agenda: Vec<u32>,
    /// How far the hits of each turn have been judged.
    judged: Vec<usize>,
    /// Signals of the turn that is fed, to decide.
    signals: Vec<u16>,
}

impl Scratch for Desk {
    fn is_modest(&self) -> bool {
        self.tally.capacity() <= 1 << 12
    }
}

thread_local! {
    static DESK: Cell<Option<Box<Desk>>> = const { Cell::new(None) };
    static FRESH: Cell<Option<Box<TurnInProgress>>> = const { Cell::new(None) };
}

/// Works with a blank turn, whose memory is used again.
pub(crate) fn with_turn<R>(work: impl FnOnce(&mut TurnInProgress) -> R) -> R {
    scratch::with(&FRESH, |fresh| {
        let out = work(fresh);
        fresh.clear();
        out
    })
}

/// Turns on their way to their verdicts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verdicts {
    pub(crate) history: History,
    pub(super) waiting: VecDeque<Box<TurnInProgress>>,
    /// Memory of turns that waited.
    #[expect(clippy::vec_box, reason = "they go into the queue as they are")]
    pub(super) spares: Vec<Box<TurnInProgress>>,
}

/// A decision that has just been made.
pub(crate) struct Decided<'a> {
    pub(crate) turn: &'a ClosedTurn,
    pub(crate) signal: u16,
    pub(crate) verdict: Option<&'a Verdict>,
    /// When it was sure: the end of the utterance, or the deadline.
    pub(crate) at_ms: Option<i64>,
}

impl Verdicts {
    /// Takes the next turn in the order of arrival and decides what can be decided. Says whether nothing holds it up; else it waits.
    pub(crate) fn feed(
        &mut self,
        compiled: &Compiled,
        fresh: &mut TurnInProgress,
        retained: bool,
        decided: &mut impl FnMut(Decided<'_>),
    ) -> bool {
        let past = fresh.turn.past;
        let leaves = |w: &TurnInProgress| {
            self.history
                .oldest()
                .is_some_and(|o| o.arrival == w.turn.past.arrival)
        };
        if self.history.is_full() && self.waiting.front().is_some_and(|w| leaves(w)) {
            scratch::with(&DESK, |desk| {
                self.decide(compiled, desk, None, Force::Oldest, retained, decided);
            });
        }
        self.history.push(past, &compiled.counted);
        scratch::with(&DESK, |desk| {
            let entries = fresh.turn.weighed.iter().map(|w| w.entry);
            compiled.in_order(entries, past.role, &mut desk.signals);
            // What was announced while the utterance was open is decided too, even where nothing of it is left.
            for &signal in &fresh.turn.announced {
                if !desk.signals.contains(&signal) {
                    desk.signals.push(signal);
                }
            }
            self.decide(compiled, desk, Some(fresh), Force::No, retained, decided);
        });
        for wait in &mut self.waiting {
            wait.slim(compiled, retained);
            if retained {
                wait.shrink();
            }
        }
        if self.waiting.is_empty() && fresh.undecided.is_empty() {
            return true;
        }
        fresh.may_slim = true;
        fresh.slim(compiled, retained);
        let mut wait = self.spares.pop().unwrap_or_default();
        wait.take(fresh, retained);
        self.waiting.push_back(wait);
        false
    }

    /// Takes back the memory of a turn that waited.
    pub(crate) fn give_back_turn(&mut self, mut turn: Box<TurnInProgress>) {
        if turn.turn.text.capacity() <= SPARE_BYTES && self.spares.len() < SPARES {
            turn.clear();
            self.spares.push(turn);
        }
    }

    /// Forgets of the turns that wait what only a report of all turns would show.
    pub(crate) fn release(&mut self, compiled: &Compiled) {
        for wait in &mut self.waiting {
            wait.may_slim = true;
            wait.slim(compiled, false);
        }
    }

    /// At the end of the call everything is decided: what was waited for did not happen, and a deadline counts only if `end_ms`
    /// lies beyond it.
    pub(crate) fn finish(
        &mut self,
        compiled: &Compiled,
        end: Option<i64>,
        retained: bool,
        decided: &mut impl FnMut(Decided<'_>),
    ) {
        scratch::with(&DESK, |desk| {
            self.decide(compiled, desk, None, Force::All { end }, retained, decided);
        });
    }

    /// The next turn that is decided altogether, in the order of arrival.
    pub(crate) fn next_complete(&mut self) -> Option<Box<TurnInProgress>> {
        let next = self.waiting.front()?;
        if !next.undecided.is_empty() {
            return None;
        }
        self.waiting.pop_front()
    }

    /// Judges what is not decided yet, and of which nothing was announced, by what is known now; calls `fires` with the turn, the verdict and its
    /// deadline.
    pub(crate) fn preview(
        &mut self,
        compiled: &Compiled,
        now: Option<i64>,
        mut fires: impl FnMut(&mut ClosedTurn, &Verdict, Option<i64>),
    ) {
        if self.waiting.is_empty() {
            return;
        }
        scratch::with(&DESK, |desk| {
            for wait in &mut self.waiting {
                let past = self.history.remembered(&wait.turn.past);
                for &signal in &wait.undecided {
                    if wait.turn.announced.contains(&signal) {
                        continue;
                    }
                    let turn = Judged {
                        past: &past,
                        hits: of_signal(compiled, &wait.turn.weighed, &mut 0, signal),
                        history: &self.history,
                        end: now,
                        retained: false,
                    };
                    let verdict = turn.verdict(compiled, &mut desk.tally, signal);
                    if let Some((verdict, deadline)) = verdict.filter(|(v, _)| v.outcome.fired) {
                        fires(&mut wait.turn, &verdict, deadline.or(past.end.get()));
                    }
                }
            }
        });
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let turn = |w: &TurnInProgress| {
            w.turn.text.capacity()
                + w.turn.utterance.heap_bytes()
                + w.turn.weighed.capacity() * size_of::<Weighed>()
                + w.verdicts.capacity() * size_of::<Verdict>()
                + w.verdicts
                    .iter()
                    .map(|v| size_of_val(&*v.evidence))
                    .sum::<usize>()
                + if w.undecided.spilled() {
                    w.undecided.capacity() * 2
                } else {
                    0
                }
                + w.turn.announced.capacity() * 2
        };
        self.history.heap_bytes()
            + self.waiting.capacity() * size_of::<Box<TurnInProgress>>()
            + self.waiting.len() * size_of::<TurnInProgress>()
            + self.waiting.iter().map(|w| turn(w)).sum::<usize>()
            + self.spares.capacity() * size_of::<Box<TurnInProgress>>()
            + self.spares.len() * size_of::<TurnInProgress>()
            + self.spares.iter().map(|w| turn(w)).sum::<usize>()
    }

    /// Decides what can be decided: the signals of the turn that is fed, and what the waiting ones have left undecided.
    fn decide(
        &mut self,
        compiled: &Compiled,
        desk: &mut Desk,
        mut fresh: Option<&mut TurnInProgress>,
        force: Force,
        retained: bool,
        decided: &mut impl FnMut(Decided<'_>),
    ) {
        let Verdicts { history, waiting, .. } = self;
        let rules = &compiled.rules;
        desk.agenda.clear();
        desk.judged.clear();
        let rank = |signal: u16| u32::from(rules.signal(signal).rank) << 16;
        for (index, wait) in (0u32..).zip(waiting.iter_mut()) {
            let undecided = wait.undecided.drain(..);
            desk.agenda.extend(undecided.map(|s| rank(s) | index));
        }
        let index = waiting.len() as u32;
        desk.agenda
            .extend(desk.signals.drain(..).map(|s| rank(s) | index));
        desk.judged.resize(waiting.len() + 1, 0);
        desk.agenda.sort_unstable();
        // The turn that was looked at last, with what has fired in it by now.
        let (mut looked_at, mut past) = (usize::MAX, Past::default());
        for &item in &desk.agenda {
            let (rank, index) = ((item >> 16) as usize, (item & 0xffff) as usize);
            let signal = compiled.lexicon.order[rank];
            let waiting = waiting.get_mut(index).map(Box::as_mut);
            let Some(wait) = waiting.or(fresh.as_deref_mut()) else {
                continue;
            };
            let rule = rules.signal(signal);
            if looked_at != index {
                looked_at = index;
                past = history.remembered(&wait.turn.past);
            }
            let turn = Judged {
                past: &past,
                hits: of_signal(compiled, &wait.turn.weighed, &mut desk.judged[index], signal),
                history,
                end: if let Force::All { end } = force { end } else { None },
                retained,
            };
            let forced = match force {
                Force::No => false,
                Force::Oldest => index == 0,
                Force::All { .. } => true,
            };
            let is_awaited = rule.ahead_turns != 0 || rule.ahead_ms != 0;
            if is_awaited && !forced && !turn.is_sure(compiled, signal) {
                wait.undecided.push(signal);
                continue;
            }
            let (verdict, deadline) = turn.verdict(compiled, &mut desk.tally, signal).unzip();
            let deadline = deadline.flatten();
            let fired = verdict.as_ref().is_some_and(|v| v.outcome.fired);
            if fired && rule.has(SignalRule::WATCHED) {
                history.set_fired(wait.turn.past.arrival, compiled.watch_bit(signal));
                past.fired |= rule.watched();
            }
            decided(Decided {
                turn: &wait.turn,
                signal,
                verdict: verdict.as_ref(),
                at_ms: deadline.or(past.end.get()),
            });
            wait.verdicts.extend(verdict);
            wait.may_slim = true;
        }
    }
}

#[derive(Clone, Copy)]
enum Force {
    No,
    /// The oldest turn leaves what is remembered.
    Oldest,
    All {
        end: Option<i64>,
    },
}

/// Evidence in the order of the text.
fn in_the_text<'a>(evidence: impl Iterator<Item = &'a Weighed>) -> Vec<Weighed> {
    let mut evidence: Vec<Weighed> = evidence.cloned().collect();
    evidence.sort_by_key(|e| (e.span, e.entry));
    evidence
}

/// Whether a bound behind a turn has passed: turns have shown it, or it ends before `end`.
fn is_over(history: &History, past: &Past, bound: Bound, end: Option<i64>) -> bool {
    match bound {
        Bound::Turns(n) => history.turns_passed(past, n),
        Bound::Call => false,
        Bound::Ms(ms) => {
            let beyond = |(from, end)| end > from + i64::from(ms);
            history.ms_passed(past, ms) || past.end.get().zip(end).is_some_and(beyond)
        }
    }
}

/// The latest deadline of an absence among the entries that count.
fn deadline(compiled: &Compiled, counted: impl Iterator<Item = u32>, past: &Past) -> Option<i64> {
    let of = |entry: u32| match compiled.lexicon.entries[entry as usize].over {
        Some(OverTurns::Absent {
            bound: Bound::Ms(ms), ..
        }) => Some(past.end.get()? + i64::from(ms)),
        _ => None,
    };
    let is_over = |entry: &u32| compiled.rules.entry_rule(*entry).has(EntryRule::OVER);
    counted.filter(is_over).filter_map(of).max()
}

/// The hits of a signal among those of a turn; `judged` are of signals before it in the order of evaluation.
pub(crate) fn of_signal<'a>(
    compiled: &Compiled,
    weighed: &'a [Weighed],
    judged: &mut usize,
    signal: u16,
) -> &'a [Weighed] {
    let rules = &compiled.rules;
    let rank = rules.signal(signal).rank;
    let mut at = *judged;
    while at < weighed.len() && rules.rank_of(weighed[at].entry) < rank {
        at += 1;
    }
    let from = at;
    while at < weighed.len() && rules.entry_rule(weighed[at].entry).signal == signal {
        at += 1;
    }
    *judged = at;
    &weighed[from..at]
}

/// The verdicts of signals that fire in an utterance as it stands.
pub(crate) fn foresee(
    compiled: &Compiled,
    mut past: Past,
    weighed: &[Weighed],
    history: &History,
    mut fires: impl FnMut(Verdict),
) {
    scratch::with(&DESK, |desk| {
        let mut judged = 0;
        let entries = weighed.iter().map(|w| w.entry);
        compiled.in_order(entries, past.role, &mut desk.signals);
        for &signal in &desk.signals {
            let turn = Judged {
                past: &past,
                hits: of_signal(compiled, weighed, &mut judged, signal),
                history,
                end: None,
                retained: false,
            };
            let verdict = turn.verdict(compiled, &mut desk.tally, signal);
            if let Some((verdict, _)) = verdict.filter(|(v, _)| v.outcome.fired) {
                past.fired |= compiled.rules.signal(signal).watched();
                fires(verdict);
            }
        }
        desk.signals.clear();
    });
}

/// What one signal of one turn is judged by.
pub(crate) struct Judged<'a> {
    pub(crate) past: &'a Past,
    /// The hits of the signal.
    pub(crate) hits: &'a [Weighed],
    pub(crate) history: &'a History,
    /// The end of the call, or what time it is.
    pub(crate) end: Option<i64>,
    /// The evidence is wanted.
    pub(crate) retained: bool,
}

impl Judged<'_> {
    /// Judges by what is known now, as [`Judged::judge`] does; gives also the latest deadline of an absence that counts.
    fn verdict(&self, compiled: &Compiled, tally: &mut Tally, signal: u16) -> Option<(Verdict, Option<i64>)> {
        let rules = &compiled.rules;
        let rule = rules.signal(signal);
        let few = &self.hits[..self.hits.len().min(Glance::MOST)];
        let mut out = 0;
        for (place, hit) in few.iter().enumerate() {
            let blocked =
                rules.entry_rule(hit.entry).has_conditions() && self.blocked(compiled, hit.entry).is_some();
            out |= u64::from(blocked) << place;
        }
        tally.over.clear();
        if rule.has(SignalRule::OVER | SignalRule::BESIDE) {
            let beside = self.hits.len() > out.count_ones() as usize;
            if beside || rule.has(SignalRule::OVER) {
                self.over_turns(compiled, signal, beside, &mut tally.over);
            }
        }
        let own = tally.over.len();
        let hits = if own == 0 {
            self.hits
        } else {
            tally.over.extend_from_slice(self.hits);
            tally.over.rotate_left(own);
            &tally.over[..]
        };
        if hits.len() > Glance::MOST {
            return self.verdict_by_tally(compiled, tally, signal);
        }
        let Glance {
            mut outcome,
            counted,
            strongest,
        } = Glance::at(&rules.entries, rule, hits, out)?;
        // A valence is a figure; it does not fire.
        outcome.fired &= !rule.has(SignalRule::FIGURE);
        let counted = || {
            hits.iter()
                .enumerate()
                .filter(|(place, _)| counted >> place & 1 == 1)
        };
        let verdict = Verdict {
            signal,
            outcome,
            strongest,
            evidence: if self.retained {
                in_the_text(counted().map(|(_, hit)| hit)).into_boxed_slice()
            } else {
                Box::default()
            },
        };
        let deadline = if own == 0 {
            None
        } else {
            deadline(compiled, counted().map(|(_, hit)| hit.entry), self.past)
        };
        Some((verdict, deadline))
    }

    #[cold]
    #[inline(never)]
    fn verdict_by_tally(
        &self,
        compiled: &Compiled,
        tally: &mut Tally,
        signal: u16,
    ) -> Option<(Verdict, Option<i64>)> {
        let verdict = self.judge(compiled, tally, signal, |_, _| {})?;
        Some((verdict, deadline(compiled, tally.counted(), self.past)))
    }

    /// Judges by what is known now: conditions that look ahead see the turns that have come.
    pub(crate) fn judge(
        &self,
        compiled: &Compiled,
        tally: &mut Tally,
        signal: u16,
        mut told: impl FnMut(&Weighed, Result<Standing, Blocked>),
    ) -> Option<Verdict> {
        let rules = &compiled.rules;
        let rule = rules.signal(signal);
        tally.clear();
        for hit in self.hits {
            let blocked = self.blocked(compiled, hit.entry);
            tally.take(rules, hit, blocked.is_some());
            if let Some(why) = blocked {
                told(hit, Err(why));
            }
        }
        let beside = !tally.is_empty();
        let mut over = mem::take(&mut tally.over);
        over.clear();
        if rule.has(SignalRule::OVER) || beside && rule.has(SignalRule::BESIDE) {
            self.over_turns(compiled, signal, beside, &mut over);
            over.iter().for_each(|hit| tally.take(rules, hit, false));
        }
        if tally.is_empty() {
            tally.over = over;
            return None;
        }
        let outcome = tally.sum(rule);
        let all = || self.hits.iter().chain(&over);
        for (hit, standing) in all().zip(tally.standings()) {
            if let Some(standing) = *standing {
                told(hit, Ok(standing));
            }
        }
        let mut evidence = Vec::new();
        if self.retained && outcome.is_some() {
            let standings = all().zip(tally.standings());
            let counted = standings.filter(|(_, s)| **s == Some(Standing::Counted));
            evidence = in_the_text(counted.map(|(hit, _)| hit));
        }
        tally.over = over;
        // A valence is a figure; it does not fire.
        let mut outcome = outcome?;
        outcome.fired &= !rule.has(SignalRule::FIGURE);
        Some(Verdict {
            signal,
            outcome,
            strongest: tally.strongest(|place| self.hits.get(place as usize)?.span),
            evidence: evidence.into_boxed_slice(),
        })
    }

    /// Whether what is yet to come can change nothing about a signal of a turn that is to be waited for.
    #[inline(never)]
    fn is_sure(&self, compiled: &Compiled, signal: u16) -> bool {
        let rule = compiled.rules.signal(signal);
        self.history.turns_passed(self.past, rule.ahead_turns)
            && self.history.ms_passed(self.past, rule.ahead_ms)
            || rule.has(SignalRule::DIRECT) && self.is_settled(compiled, signal)
    }

    /// Whether what is yet to come can change nothing about a signal of a turn: every condition that looks ahead has been answered, or its own bound
    /// has passed. The signals it asks about must not look ahead themselves.
    fn is_settled(&self, compiled: &Compiled, signal: u16) -> bool {
        let lexicon = &compiled.lexicon;
        let rules = &compiled.rules;
        let (past, history) = (self.past, self.history);
        let answered = |asked: &Asked| match asked.within {
            Within::TurnsAfter(n) => history.turns_passed(past, n) || history.ask(past, asked) == Answer::Yes,
            Within::MsAfter(ms) => history.ms_passed(past, ms) || history.ask(past, asked) == Answer::Yes,
            _ => true,
        };
        let entry_is = |number: u32| {
            let rule = rules.entry_rule(number);
            let conditions = rules.conditions(rule);
            !rule.has_conditions() || conditions.unless.iter().chain(&conditions.only_if).all(answered)
        };
        let beside = !self.hits.is_empty();
        let over_is = |number: u32| match &lexicon.entries[number as usize].over {
            None => true,
            Some(OverTurns::Beside) => !beside || entry_is(number),
            Some(OverTurns::Absent { what, after, bound }) => {
                let over = is_over(history, past, *bound, None);
                let mask = |any: &_| compiled.watch_mask(any);
                (over || !history.absent(past, *what, *after, *bound, mask)) && entry_is(number)
            }
            Some(_) => entry_is(number),
        };
        self.hits.iter().all(|w| entry_is(w.entry)) && rules.over(signal).iter().all(|&e| over_is(e))
    }

    fn blocked(&self, compiled: &Compiled, number: u32) -> Option<Blocked> {
        let rule = compiled.rules.entry_rule(number);
        if !rule.has_conditions() {
            return None;
        }
        let entry = &compiled.lexicon.entries[number as usize];
        let asked = compiled.rules.conditions(rule);
        let answer = |asked: &Asked| self.history.ask(self.past, asked);
        for (asked, condition) in asked.unless.iter().zip(&entry.unless) {
            match answer(asked) {
                Answer::Yes => return Some(Blocked::Unless(*condition)),
                Answer::NotMeasurable => return Some(Blocked::NotMeasurable(*condition)),
                Answer::No => {}
            }
        }
        for (asked, condition) in asked.only_if.iter().zip(&entry.only_if) {
            match answer(asked) {
                Answer::No => return Some(Blocked::OnlyIf(*condition)),
                Answer::NotMeasurable => return Some(Blocked::NotMeasurable(*condition)),
                Answer::Yes => {}
            }
        }
        None
    }

    /// What entries over several turns contribute to this turn.
    fn over_turns(&self, compiled: &Compiled, signal: u16, beside: bool, out: &mut Vec<Weighed>) {
        let lexicon = &compiled.lexicon;
        let (past, history) = (self.past, self.history);
        let mask = |any: &_| compiled.watch_mask(any);
        for &number in compiled.rules.over(signal) {
            let rule = compiled.rules.entry_rule(number);
            if !rule.has(EntryRule::for_role(past.role)) {
                continue;
            }
            let turns = match &lexicon.entries[number as usize].over {
                None => None,
                Some(OverTurns::Sequence { steps, bound }) => history.sequence(past, steps, *bound, mask),
                Some(OverTurns::Count {
                    what,
                    at_least,
                    bound,
                }) => history.count(past, *what, *at_least, *bound, &compiled.counted, mask),
                Some(OverTurns::Beside) => beside.then(Turns::new),
                Some(OverTurns::Absent { what, after, bound }) => {
                    let over = is_over(history, past, *bound, self.end);
                    (over && history.absent(past, *what, *after, *bound, mask)).then(Turns::new)
                }
            };
            if let Some(turns) = turns.filter(|_| self.blocked(compiled, number).is_none()) {
                out.push(Weighed::of_turns(&lexicon.entries, number, None, turns));
            }
        }
    }
}
