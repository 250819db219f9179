//! The verdict on each signal of each turn, given as soon as everything it may depend on is known.

use std::collections::VecDeque;

use super::history::{Answer, History, Past};
use super::overlap::Overlap;
use crate::compiled::Compiled;
use crate::context::{Weighed, applies};
use crate::lexicon::{Bound, Condition, Entry, OverTurns, Within};
use crate::score::{Outcome, Standing, outcome, standings};
use crate::utterance::Id;

/// A closed utterance with all hits of its own words.
#[derive(Clone, Debug)]
pub(crate) struct ClosedTurn {
    pub(crate) past: Past,
    pub(crate) utterance: Id,
    pub(crate) text: String,
    pub(crate) words: u32,
    pub(crate) overlap: Option<Overlap>,
    /// Expressions of time.
    pub(crate) times: Vec<(u32, u32)>,
    pub(crate) weighed: Vec<Weighed>,
    /// Signals of which a provisional event is out.
    pub(crate) announced: Vec<u16>,
}

/// A signal's outcome in a turn, with the evidence that counts, in the order of the text.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub(crate) signal: u16,
    pub(crate) outcome: Outcome,
    pub(crate) evidence: Box<[Weighed]>,
}

/// Why a hit does not count because of other signals or turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Blocked {
    Unless(Condition),
    OnlyIf(Condition),
    NotMeasurable(Condition),
}

/// A turn some of whose signals are not decided yet.
#[derive(Clone, Debug)]
pub(crate) struct TurnInProgress {
    pub(crate) turn: ClosedTurn,
    undecided: Vec<u16>,
    pub(crate) verdicts: Vec<Verdict>,
}

impl TurnInProgress {
    /// Forgets what nothing asks for any more: hits of signals that are decided; and, if the turns are not retained, what only a report would show.
    fn slim(&mut self, compiled: &Compiled, retained: bool) {
        let undecided = &self.undecided;
        let signal = |w: &Weighed| compiled.lexicon.entries[w.entry as usize].signal;
        self.turn.weighed.retain(|w| undecided.contains(&signal(w)));
        self.turn.weighed.shrink_to_fit();
        if retained {
            return;
        }
        if self.turn.weighed.iter().all(|w| w.span.is_none()) {
            self.turn.text = String::new();
        }
        let promises = &compiled.lexicon.call.promises;
        let lasts = |v: &Verdict| {
            let header = &compiled.lexicon.signals[usize::from(v.signal)];
            v.outcome.fired
                || header.alert.is_some()
                || Some(v.signal) == compiled.sentiment
                || Some(v.signal) == compiled.lexicon.call.language.formal
                || compiled.gains.contains_key(&v.signal)
        };
        self.verdicts.retain(lasts);
        for verdict in &mut self.verdicts {
            if !promises.asks(verdict.signal) && !verdict.evidence.is_empty() {
                verdict.evidence = Box::default();
            }
        }
        self.verdicts.shrink_to_fit();
        self.undecided.shrink_to_fit();
    }
}

/// Turns on their way to their verdicts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verdicts {
    pub(crate) history: History,
    waiting: VecDeque<Box<TurnInProgress>>,
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
    /// Takes the next turn in the order of arrival and decides what can be decided. A turn that nothing holds up comes back at once.
    pub(crate) fn feed(
        &mut self,
        compiled: &Compiled,
        turn: ClosedTurn,
        retained: bool,
        decided: &mut impl FnMut(Decided<'_>),
    ) -> Option<TurnInProgress> {
        let leaves = |w: &TurnInProgress| {
            self.history
                .oldest()
                .is_some_and(|o| o.arrival == w.turn.past.arrival)
        };
        if self.history.is_full() && self.waiting.front().is_some_and(|w| leaves(w)) {
            self.decide(compiled, None, Force::Oldest, decided);
        }
        self.history.push(turn.past, &compiled.counted);
        let mut undecided = compiled.in_order(turn.weighed.iter().map(|w| w.entry), turn.past.role);
        // What was announced while the utterance was open is decided too, even where nothing of it is left.
        let gone = turn
            .announced
            .iter()
            .filter(|s| !undecided.contains(s))
            .copied()
            .collect::<Vec<_>>();
        undecided.extend(gone);
        let mut fresh = TurnInProgress {
            turn,
            undecided,
            verdicts: Vec::new(),
        };
        self.decide(compiled, Some(&mut fresh), Force::No, decided);
        for wait in &mut self.waiting {
            wait.slim(compiled, retained);
        }
        if self.waiting.is_empty() && fresh.undecided.is_empty() {
            return Some(fresh);
        }
        fresh.slim(compiled, retained);
        self.waiting.push_back(Box::new(fresh));
        None
    }

    /// At the end of the call everything is decided: what was waited for did not happen, and a deadline counts only if `end_ms`
    /// lies beyond it.
    pub(crate) fn finish(
        &mut self,
        compiled: &Compiled,
        end: Option<i64>,
        decided: &mut impl FnMut(Decided<'_>),
    ) {
        self.decide(compiled, None, Force::All { end }, decided);
    }

    /// The next turn that is decided altogether, in the order of arrival.
    pub(crate) fn next_complete(&mut self) -> Option<TurnInProgress> {
        let next = self
            .waiting
            .front()
            .is_some_and(|w| w.undecided.is_empty())
            .then(|| self.waiting.pop_front())
            .flatten();
        if self.waiting.is_empty() {
            self.waiting = VecDeque::new();
        }
        next.map(|next| *next)
    }

    /// Judges what is not decided yet by what is known now; calls `fires` with the turn, the verdict and its deadline.
    pub(crate) fn preview(
        &mut self,
        compiled: &Compiled,
        now: Option<i64>,
        mut fires: impl FnMut(&mut ClosedTurn, &Verdict, Option<i64>),
    ) {
        for wait in &mut self.waiting {
            for &signal in &wait.undecided {
                let past = self.history.remembered(&wait.turn.past);
                let verdict = judge(
                    compiled,
                    signal,
                    &past,
                    &wait.turn.weighed,
                    &self.history,
                    now,
                    |_, _| {},
                );
                if let Some(verdict) = verdict.filter(|v| v.outcome.fired) {
                    let at_ms = deadline(compiled, &verdict, &past).or(past.end.get());
                    fires(&mut wait.turn, &verdict, at_ms);
                }
            }
        }
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
                + w.turn.times.capacity() * size_of::<(u32, u32)>()
                + (w.undecided.capacity() + w.turn.announced.capacity()) * 2
        };
        self.history.heap_bytes()
            + self.waiting.capacity() * size_of::<Box<TurnInProgress>>()
            + self.waiting.len() * size_of::<TurnInProgress>()
            + self.waiting.iter().map(|w| turn(w)).sum::<usize>()
    }

    fn decide(
        &mut self,
        compiled: &Compiled,
        fresh: Option<&mut TurnInProgress>,
        force: Force,
        decided: &mut impl FnMut(Decided<'_>),
    ) {
        let waiting = self.waiting.iter_mut().map(Box::as_mut);
        let mut turns: Vec<&mut TurnInProgress> = waiting.chain(fresh).collect();
        let mut signals: Vec<u16> = turns.iter().flat_map(|w| w.undecided.iter().copied()).collect();
        signals.sort_unstable_by_key(|&s| compiled.rank(s));
        signals.dedup();
        for signal in signals {
            for (index, wait) in turns.iter_mut().enumerate() {
                let Some(at) = wait.undecided.iter().position(|&s| s == signal) else {
                    continue;
                };
                let traits = &compiled.lexicon.traits[usize::from(signal)];
                let past = self.history.remembered(&wait.turn.past);
                let passed = self.history.turns_passed(&past, traits.ahead_turns)
                    && self.history.ms_passed(&past, traits.ahead_ms)
                    || traits.direct && settled(compiled, signal, &past, &wait.turn.weighed, &self.history);
                let forced = match force {
                    Force::No => false,
                    Force::Oldest => index == 0,
                    Force::All { .. } => true,
                };
                if !passed && !forced {
                    continue;
                }
                let end = if let Force::All { end } = force { end } else { None };
                let verdict = judge(
                    compiled,
                    signal,
                    &past,
                    &wait.turn.weighed,
                    &self.history,
                    end,
                    |_, _| {},
                );
                wait.undecided.swap_remove(at);
                if verdict.as_ref().is_some_and(|v| v.outcome.fired) && traits.watched {
                    self.history
                        .set_fired(wait.turn.past.arrival, compiled.watch_bit(signal));
                }
                let at_ms = verdict
                    .as_ref()
                    .and_then(|v| deadline(compiled, v, &past))
                    .or(past.end.get());
                decided(Decided {
                    turn: &wait.turn,
                    signal,
                    verdict: verdict.as_ref(),
                    at_ms,
                });
                wait.verdicts.extend(verdict);
            }
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

/// Whether what is yet to come can change nothing about a signal of a turn: every condition that looks ahead has been answered, or its own bound has
/// passed. The signals it asks about must not look ahead themselves.
fn settled(compiled: &Compiled, signal: u16, past: &Past, weighed: &[Weighed], history: &History) -> bool {
    let lexicon = &compiled.lexicon;
    let traits = &lexicon.traits[usize::from(signal)];
    let mask = |any: &_| compiled.watch_mask(any);
    let answered = |c: &Condition| match c.within {
        Within::TurnsAfter(n) => history.turns_passed(past, n) || history.ask(past, *c, mask) == Answer::Yes,
        Within::MsAfter(ms) => history.ms_passed(past, ms) || history.ask(past, *c, mask) == Answer::Yes,
        _ => true,
    };
    let entry_is = |entry: &Entry| entry.unless.iter().chain(&entry.only_if).all(answered);
    let own = |number: &u32| &lexicon.entries[*number as usize];
    let mut hits = weighed
        .iter()
        .filter(|w| own(&w.entry).signal == signal)
        .peekable();
    let beside = hits.peek().is_some();
    hits.all(|w| entry_is(own(&w.entry)))
        && traits.entries.clone().all(|number| {
            let entry = own(&number);
            match &entry.over {
                None => true,
                Some(OverTurns::Beside) => !beside || entry_is(entry),
                Some(OverTurns::Absent { what, after, bound }) => {
                    let over = is_over(history, past, *bound, None);
                    (over || !history.absent(past, *what, *after, *bound, mask)) && entry_is(entry)
                }
                Some(_) => entry_is(entry),
            }
        })
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

/// The latest deadline of an absence that counts.
fn deadline(compiled: &Compiled, verdict: &Verdict, past: &Past) -> Option<i64> {
    let of = |e: &Weighed| match compiled.lexicon.entries[e.entry as usize].over {
        Some(OverTurns::Absent {
            bound: Bound::Ms(ms), ..
        }) => Some(past.end.get()? + i64::from(ms)),
        _ => None,
    };
    verdict.evidence.iter().filter_map(of).max()
}

/// Judges one signal of one turn by what is known now: conditions that look ahead see the turns that have come.
pub(crate) fn judge(
    compiled: &Compiled,
    signal: u16,
    past: &Past,
    weighed: &[Weighed],
    history: &History,
    end: Option<i64>,
    mut told: impl FnMut(&Weighed, Result<Standing, Blocked>),
) -> Option<Verdict> {
    let lexicon = &compiled.lexicon;
    let mut hits: Vec<&Weighed> = Vec::new();
    for hit in weighed
        .iter()
        .filter(|w| lexicon.entries[w.entry as usize].signal == signal)
    {
        match blocked(compiled, &lexicon.entries[hit.entry as usize], past, history) {
            None => hits.push(hit),
            Some(why) => told(hit, Err(why)),
        }
    }
    let over = over_turns(compiled, signal, past, history, end, !hits.is_empty());
    hits.extend(&over);
    if hits.is_empty() {
        return None;
    }
    let header = &lexicon.signals[usize::from(signal)];
    let standing = standings(header, &lexicon.entries, &hits);
    let mut evidence = Vec::new();
    for (hit, standing) in hits.iter().zip(&standing) {
        told(hit, Ok(*standing));
        if *standing == Standing::Counted {
            evidence.push((*hit).clone());
        }
    }
    evidence.sort_by_key(|e| (e.span, e.entry));
    let learned = |e: &Weighed| lexicon.entries[e.entry as usize].fitted;
    let mut outcome = outcome(
        header.bias,
        header.threshold,
        evidence.iter().map(|e| (e.contribution, learned(e))),
    )?;
    // A valence is a figure; it does not fire.
    outcome.fired &= Some(signal) != compiled.sentiment;
    Some(Verdict {
        signal,
        outcome,
        evidence: evidence.into_boxed_slice(),
    })
}

fn blocked(compiled: &Compiled, entry: &Entry, past: &Past, history: &History) -> Option<Blocked> {
    let ask = |c: &Condition| history.ask(past, *c, |any| compiled.watch_mask(any));
    for condition in &entry.unless {
        match ask(condition) {
            Answer::Yes => return Some(Blocked::Unless(*condition)),
            Answer::NotMeasurable => return Some(Blocked::NotMeasurable(*condition)),
            Answer::No => {}
        }
    }
    for condition in &entry.only_if {
        match ask(condition) {
            Answer::No => return Some(Blocked::OnlyIf(*condition)),
            Answer::NotMeasurable => return Some(Blocked::NotMeasurable(*condition)),
            Answer::Yes => {}
        }
    }
    None
}

/// What entries over several turns contribute to this turn.
fn over_turns(
    compiled: &Compiled,
    signal: u16,
    past: &Past,
    history: &History,
    end: Option<i64>,
    beside: bool,
) -> Vec<Weighed> {
    let lexicon = &compiled.lexicon;
    let traits = &lexicon.traits[usize::from(signal)];
    let mut out = Vec::new();
    if !(traits.over_turns || beside && traits.beside) {
        return out;
    }
    let mask = |any: &_| compiled.watch_mask(any);
    for number in traits.entries.clone() {
        let entry = &lexicon.entries[number as usize];
        if !applies(compiled, entry, past.role) {
            continue;
        }
        let turns = match &entry.over {
            None => None,
            Some(OverTurns::Sequence { steps, bound }) => history.sequence(past, steps, *bound, mask),
            Some(OverTurns::Count {
                what,
                at_least,
                bound,
            }) => history.count(past, *what, *at_least, *bound, &compiled.counted, mask),
            Some(OverTurns::Beside) => beside.then(Vec::new),
            Some(OverTurns::Absent { what, after, bound }) => {
                let over = is_over(history, past, *bound, end);
                (over && history.absent(past, *what, *after, *bound, mask)).then(Vec::new)
            }
        };
        if let Some(turns) = turns.filter(|_| blocked(compiled, entry, past, history).is_none()) {
            out.push(Weighed::of_turns(&lexicon.entries, number, None, turns));
        }
    }
    out
}
