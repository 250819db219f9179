//! The last turns of the call, and what conditions ask of them.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use crate::context::Turns;
use crate::lexicon::{AnyOf, Bound, Condition, HISTORY_TURNS, Step, Within};
use crate::packed::{Bounds, Number, Packed, Parcel, Reader, bits, in_row};
use crate::transcript::Role;

/// A time of the call, in milliseconds since its origin, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct At(i32);

impl Default for At {
    fn default() -> Self {
        At::NONE
    }
}

impl At {
    pub(crate) const NONE: At = At(i32::MIN);

    /// `ms` since `origin`; times beyond 24 days from there stand still.
    pub(crate) fn new(ms: Option<i64>, origin: i64) -> At {
        let since = |ms: i64| {
            ms.saturating_sub(origin)
                .clamp(i64::from(i32::MIN) + 1, i64::from(i32::MAX)) as i32
        };
        ms.map_or(At::NONE, |ms| At(since(ms)))
    }

    fn or(self, other: At) -> At {
        if self == At::NONE { other } else { self }
    }

    pub(crate) fn get(self) -> Option<i64> {
        (self != At::NONE).then_some(i64::from(self.0))
    }
}

/// None is nought.
impl Number for At {
    fn word(self) -> u32 {
        if self == At::NONE {
            0
        } else {
            self.0.word().wrapping_add(1)
        }
    }

    fn of(word: u32) -> Self {
        word.checked_sub(1).map_or(At::NONE, |n| At(Number::of(n)))
    }
}

in_row!(times: At);

/// What is remembered of a turn.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Past {
    /// Watched signals that fired, a bit each.
    pub(crate) fired: u64,
    pub(crate) arrival: u32,
    pub(crate) start: At,
    pub(crate) end: At,
    /// Of a turn that is remembered only whether there are any.
    pub(crate) words: u16,
    pub(crate) speaker: u8,
    pub(crate) role: Option<Role>,
    pub(crate) shows: Shows,
}

/// What the text of a turn shows at a glance: a set of facts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shows(pub(crate) u8);

impl Shows {
    /// Only signs that its speaker listens.
    pub(crate) const BACKCHANNEL: Shows = Shows(1);
    /// Ends as a question.
    pub(crate) const ASKS: Shows = Shows(1 << 1);
    /// Ends with a word that was cut off.
    pub(crate) const CUT_OFF: Shows = Shows(1 << 2);
    /// Ends with the end of a sentence.
    pub(crate) const ENDED: Shows = Shows(1 << 3);
    /// Only words that answer a question.
    pub(crate) const ANSWERS: Shows = Shows(1 << 4);

    pub(crate) fn has(self, other: Shows) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) fn when(self, shows: bool) -> Shows {
        if shows { self } else { Shows(0) }
    }
}

impl std::ops::BitOr for Shows {
    type Output = Shows;
    fn bitor(self, other: Shows) -> Shows {
        Shows(self.0 | other.0)
    }
}

impl Past {
    /// Whether this turn stands behind the other: by start, then by arrival.
    fn follows(&self, other: &Past) -> bool {
        match (self.start.get(), other.start.get()) {
            (Some(a), Some(b)) if a != b => a > b,
            _ => self.arrival > other.arrival,
        }
    }
}

/// A turn as it is remembered: packed.
#[derive(Clone, Copy, Debug)]
struct Row {
    fired: u64,
    arrival: u32,
    start: At,
    end: At,
    speaker: u8,
    /// What its text shows, whether it has words, and above that the role.
    shows: u8,
}

impl Row {
    const SPOKEN: u8 = 1 << 5;
    const ROLE: u8 = 6;

    fn of(turn: &Past) -> Row {
        Row {
            fired: turn.fired,
            arrival: turn.arrival,
            start: turn.start,
            end: turn.end,
            speaker: turn.speaker,
            shows: turn.shows.0
                | if turn.words > 0 { Row::SPOKEN } else { 0 }
                | (of_role(turn.role) as u8) << Row::ROLE,
        }
    }

    /// As [`Past::follows`].
    fn follows(&self, other: &Past) -> bool {
        match (self.start.get(), other.start.get()) {
            (Some(a), Some(b)) if a != b => a > b,
            _ => self.arrival > other.arrival,
        }
    }

    fn turn(&self) -> Past {
        Past {
            fired: self.fired,
            arrival: self.arrival,
            start: self.start,
            end: self.end,
            words: u16::from(self.shows & Row::SPOKEN != 0),
            speaker: self.speaker,
            role: match self.shows >> Row::ROLE {
                0 => Some(Role::Agent),
                1 => Some(Role::Customer),
                _ => None,
            },
            shows: Shows(self.shows & (Row::SPOKEN - 1)),
        }
    }
}

/// The turns as they are packed, kept beside them: only what is new is packed anew.
#[derive(Clone, Debug, Default)]
struct Columns {
    /// When the turn before the first ended, or the like.
    before: At,
    /// When each starts since the one before ended, and how long it lasts.
    times: [[u32; 2]; HISTORY_TURNS],
    shows: [u8; HISTORY_TURNS],
    /// Of the first two speakers the second, a bit a turn.
    second: u32,
    /// Turns of all others.
    others: u32,
    /// What fired in the first turns, as [`pack_set`] has it, and in how many.
    sets: SmallVec<[u8; SETS]>,
    told: usize,
}

/// Room for what fired in the turns, mostly.
const SETS: usize = 64;
/// Nothing fires any more in turns so far back, mostly.
const SETTLED: usize = 4;
/// Marks the last bit of a set.
const LAST: u8 = 1 << 7;
/// The number of no bit.
const EMPTY: u8 = u64::BITS as u8;
/// Most turns begin no longer than that before the end of the one before: so that the time between is a small number.
const BACK: i32 = 1 << 14;
/// Roles, each with a set of what fired long ago.
const ROLES: usize = 3;

/// A set of few bits: their numbers, the last marked. An empty one has a number that no bit has.
fn pack_set(mut set: u64, mut told: impl FnMut(u8)) {
    loop {
        let bit = set.trailing_zeros() as u8;
        set &= set.wrapping_sub(1);
        if set == 0 {
            return told(bit | LAST);
        }
        told(bit);
    }
}

/// Such sets, one behind the other; gives how many there were, and in how many bytes.
fn unpack_sets(sets: &mut [u64], from: &[u8]) -> (usize, usize) {
    let (mut nth, mut read, mut set) = (0, 0, 0);
    for &byte in from {
        let Some(own) = sets.get_mut(nth) else { break };
        set |= u64::from(byte & EMPTY == 0) << (byte & (EMPTY - 1));
        *own = set;
        read += 1;
        // Which is the last cannot be guessed.
        let last = byte >> 7;
        nth += usize::from(last);
        set &= u64::from(last).wrapping_sub(1);
    }
    (nth, read)
}

impl Columns {
    /// Another turn, behind so many; `ended` is when the one before did.
    fn push(&mut self, nth: usize, turn: &Row, ended: At) {
        if nth == 0 {
            self.before = turn.start;
        }
        let before = if nth == 0 { turn.start } else { ended };
        let since = turn.start.0.wrapping_sub(before.0);
        let lasts = turn.end.0.wrapping_sub(turn.start.0);
        self.times[nth] = [since.wrapping_add(BACK) as u32, lasts as u32];
        self.shows[nth] = turn.shows;
        self.speaks(nth, turn.speaker);
    }

    fn speaks(&mut self, nth: usize, speaker: u8) {
        self.second |= u32::from(speaker == 1) << nth;
        self.others |= u32::from(speaker > 1) << nth;
    }

    /// Without the first turn.
    fn leave(&mut self, first: &Row) {
        self.before = first.end.or(first.start);
        self.times.copy_within(1.., 0);
        self.shows.copy_within(1.., 0);
        self.second >>= 1;
        self.others >>= 1;
        if self.told > 0 {
            self.told -= 1;
            let last = self.sets.iter().position(|byte| *byte >= LAST);
            self.sets.drain(..last.map_or(0, |last| last + 1));
        }
    }

    /// What fired in so many turns will hardly change.
    fn tell(&mut self, turns: &[Row]) {
        for turn in turns.iter().skip(self.told) {
            pack_set(turn.fired, |byte| self.sets.push(byte));
            self.told += 1;
        }
    }

    /// What fired in a turn and those behind it is not known any more.
    fn forget(&mut self, nth: usize) {
        while self.told > nth {
            self.told -= 1;
            self.sets.pop();
            while self.sets.last().is_some_and(|byte| *byte < LAST) {
                self.sets.pop();
            }
        }
    }
}

/// The turns stand one behind the other, so that most of their numbers are small: times by those before them.
impl Packed for History {
    fn pack(&self, out: &mut Parcel) {
        let History {
            turns,
            left,
            left_counts,
            customer_came,
            columns,
        } = self;
        let len = turns.len().min(HISTORY_TURNS);
        let few = columns.others == 0;
        let there = bits(left.map(|set| set != 0));
        out.counts([
            len as u32,
            turns.first().map_or(0, |t| t.arrival),
            there << 2 | u32::from(few) << 1 | u32::from(*customer_came),
            left_counts.len() as u32,
        ]);
        left_counts.iter().for_each(|n| out.counts([(*n).into()]));
        out.times([columns.before.word()]);
        out.amounts([columns.second]);
        out.all_amounts(columns.times[..len].as_flattened());
        out.bytes(&columns.shows[..len]);
        if !few {
            turns.iter().for_each(|turn| out.bytes(&[turn.speaker]));
        }
        for set in left.iter().rev().filter(|set| **set != 0) {
            out.bytes(&set.to_le_bytes());
        }
        out.bytes(&columns.sets);
        for turn in &turns[columns.told.min(len)..] {
            pack_set(turn.fired, |byte| out.bytes(&[byte]));
        }
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        let History {
            turns,
            left,
            left_counts,
            customer_came,
            columns,
        } = self;
        let [len, first, facts, counts] = from.counts();
        let len = (len as usize).min(HISTORY_TURNS);
        let counts = from.all_counts(counts as usize).iter();
        left_counts.clear();
        left_counts.extend(counts.map(|n| *n as u16));
        *customer_came = facts & 1 != 0;
        let ([before], [second]) = (from.times(), from.amounts());
        columns.before = At::of(before);
        (columns.second, columns.others) = (second & ((1 << len) - 1), 0);
        let times = from.all_amounts(2 * len);
        columns.times.as_flattened_mut()[..times.len()].copy_from_slice(times);
        let shows = from.bytes(len);
        columns.shows[..shows.len()].copy_from_slice(shows);
        let speakers = if facts & 2 == 0 { from.bytes(len) } else { &[] };
        for (nth, set) in left.iter_mut().rev().enumerate() {
            *set = 0;
            if facts & 4 << nth != 0 {
                *set = u64::from_le_bytes(from.array());
            }
        }
        let mut fired = [0; HISTORY_TURNS];
        let (told, read) = unpack_sets(&mut fired[..len], from.rest());
        columns.sets.clear();
        columns.sets.extend_from_slice(from.bytes(read));
        columns.told = told;
        if told < len || shows.len() < len || times.len() < 2 * len {
            // Bytes of others.
            columns.sets.clear();
            columns.told = 0;
        }
        let mut before = columns.before;
        turns.clear();
        turns.extend((0..shows.len().min(times.len() / 2)).map(|nth| {
            let [since, lasts] = columns.times[nth];
            let start = At(before.0.wrapping_add((since as i32).wrapping_sub(BACK)));
            let end = At(start.0.wrapping_add(lasts as i32));
            before = end.or(start);
            Row {
                fired: fired[nth],
                arrival: first.wrapping_add(nth as u32),
                start,
                end,
                speaker: (second >> nth & 1) as u8,
                shows: columns.shows[nth],
            }
        }));
        if !speakers.is_empty() {
            columns.second = 0;
        }
        for (nth, (turn, speaker)) in turns.iter_mut().zip(speakers).enumerate() {
            turn.speaker = *speaker;
            columns.speaks(nth, *speaker);
        }
    }
}

/// A condition as it is asked: about watched signals, a bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asked {
    mask: u64,
    by: Option<Role>,
    pub(crate) within: Within,
}

impl Asked {
    pub(crate) fn new(condition: &Condition, mask: impl Fn(&AnyOf) -> u64) -> Asked {
        Asked {
            mask: mask(&condition.what.any),
            by: condition.what.by,
            within: condition.within,
        }
    }

    fn fired(&self, turn: &Past) -> bool {
        turn.fired & self.mask != 0 && (self.by.is_none() || self.by == turn.role)
    }
}

/// What a condition came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Yes,
    No,
    /// It asks for times that the turn does not have.
    NotMeasurable,
}

/// The last turns in the order of their arrival, and what is kept of those before.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    turns: Vec<Row>,
    /// What fired in turns that are no longer remembered, from the customer's first turn on: of agents, customers, others.
    left: [u64; ROLES],
    /// The same as a number of turns, for each count over the call.
    left_counts: Vec<u16>,
    customer_came: bool,
    columns: Columns,
}

/// Place of a role in [`History::left`].
fn of_role(role: Option<Role>) -> usize {
    match role {
        Some(Role::Agent) => 0,
        Some(Role::Customer) => 1,
        None => 2,
    }
}

/// What a count over the call counts: watched signals, a bit each, and by whom.
pub(crate) type Counted = (u64, Option<Role>);

impl History {
    pub(crate) fn is_full(&self) -> bool {
        self.turns.len() >= HISTORY_TURNS
    }

    pub(crate) fn push(&mut self, turn: Past, counted: &[Counted]) {
        if self.is_full() {
            let gone = self.turns.remove(0);
            self.columns.leave(&gone);
            let gone = gone.turn();
            self.customer_came |= gone.role == Some(Role::Customer);
            if self.customer_came {
                self.left[of_role(gone.role)] |= gone.fired;
            }
            self.left_counts.resize(counted.len(), 0);
            for (count, (mask, by)) in self.left_counts.iter_mut().zip(counted) {
                let counts = gone.fired & mask != 0 && (by.is_none() || *by == gone.role);
                *count = count.saturating_add(u16::from(counts));
            }
        }
        if self.turns.capacity() == 0 {
            self.turns.reserve_exact(HISTORY_TURNS);
        }
        let own = Row::of(&turn);
        let ended = self.turns.last().map_or(At::NONE, |t| t.end.or(t.start));
        self.columns.push(self.turns.len(), &own, ended);
        self.turns.push(own);
        let settled = self.turns.len().saturating_sub(SETTLED);
        self.columns.tell(&self.turns[..settled]);
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let sets = &self.columns.sets;
        let sets = if sets.spilled() { sets.capacity() } else { 0 };
        self.turns.capacity() * size_of::<Row>() + self.left_counts.capacity() * 2 + sets
    }

    /// Whether it remembers no more turns than it can, and none that has not come.
    pub(crate) fn is_sound(&self, bounds: &Bounds) -> bool {
        let sound = |t: &Row| bounds.is_turn(t.arrival) && bounds.is_speaker(t.speaker);
        self.turns.len() <= HISTORY_TURNS && self.turns.iter().all(sound)
    }

    pub(crate) fn oldest(&self) -> Option<Past> {
        self.turns.first().map(Row::turn)
    }

    pub(crate) fn get(&self, arrival: u32) -> Option<Past> {
        let known = self.turns.iter().rev().find(|t| t.arrival == arrival);
        known.map(Row::turn)
    }

    /// A turn with what has fired in it by now.
    pub(crate) fn remembered(&self, turn: &Past) -> Past {
        self.get(turn.arrival).unwrap_or(*turn)
    }

    pub(crate) fn set_fired(&mut self, arrival: u32, bit: u8) {
        if let Some(nth) = self.turns.iter().rposition(|t| t.arrival == arrival) {
            self.turns[nth].fired |= 1 << bit;
            self.columns.forget(nth);
        }
    }

    /// All turns that are remembered, in the order of their arrival.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = Past> {
        self.turns.iter().map(Row::turn)
    }

    /// Whether a turn ends behind this time.
    pub(crate) fn ends_behind(&self, ms: i64) -> bool {
        self.turns.iter().any(|t| t.end.get().is_some_and(|end| end > ms))
    }

    /// Whether so many turns have followed this one.
    pub(crate) fn turns_passed(&self, turn: &Past, turns: u8) -> bool {
        turns == 0 || self.turns.iter().filter(|t| t.follows(turn)).count() >= usize::from(turns)
    }

    /// Whether a turn has started so long after this one's end. Without times nothing needs to be waited for.
    pub(crate) fn ms_passed(&self, turn: &Past, ms: u32) -> bool {
        let Some(end) = turn.end.get() else { return true };
        ms == 0
            || self
                .turns
                .iter()
                .any(|t| t.arrival > turn.arrival && t.start.get().is_some_and(|s| s > end + i64::from(ms)))
    }

    /// Whether somebody of this role has spoken before.
    pub(crate) fn heard(&self, role: Role) -> bool {
        role == Role::Customer && self.customer_came
            || self.iter().any(|t| t.role == Some(role) && t.words > 0)
    }

    /// Evaluates a condition for a turn.
    pub(crate) fn ask(&self, turn: &Past, asked: &Asked) -> Answer {
        let fired = |t: &Past| asked.fired(t);
        let yes = |b: bool| if b { Answer::Yes } else { Answer::No };
        // Whether it is worth putting the turns in order.
        let any = || self.turns.iter().any(|t| t.fired & asked.mask != 0);
        match asked.within {
            Within::Turn => yes(fired(turn)),
            Within::Previous | Within::TurnsBefore(_) | Within::TurnsAfter(_) if !any() => Answer::No,
            Within::Previous => yes(self
                .before(turn)
                .iter()
                .rev()
                .find(|t| t.speaker != turn.speaker)
                .is_some_and(fired)),
            Within::TurnsBefore(n) => yes(self.before(turn).iter().rev().take(n.into()).any(fired)),
            Within::TurnsAfter(n) => yes(self.ordered(|t| t.follows(turn)).iter().take(n.into()).any(fired)),
            Within::MsBefore(ms) => match turn.start.get() {
                None => Answer::NotMeasurable,
                Some(start) => {
                    let lately = |t: &Past| t.end.get().is_some_and(|end| end >= start - i64::from(ms));
                    yes(self.iter().any(|t| turn.follows(&t) && fired(&t) && lately(&t)))
                }
            },
            Within::MsAfter(ms) => match turn.end.get() {
                None => Answer::NotMeasurable,
                Some(end) => {
                    let soon = |t: &Past| t.start.get().is_some_and(|start| start <= end + i64::from(ms));
                    yes(self.iter().any(|t| t.follows(turn) && fired(&t) && soon(&t)))
                }
            },
            Within::Call => {
                let left = |role| self.left[of_role(role)] & asked.mask != 0;
                let long_ago = match asked.by {
                    Some(by) => left(Some(by)),
                    None => left(Some(Role::Agent)) || left(Some(Role::Customer)) || left(None),
                };
                let mut customer_came = self.customer_came;
                let mut lately = || {
                    self.before(turn).iter().any(|t| {
                        customer_came |= t.role == Some(Role::Customer);
                        customer_came && fired(t)
                    })
                };
                yes(long_ago || any() && lately())
            }
        }
    }

    /// The remembered turns before this one, in the order of the call.
    fn before(&self, turn: &Past) -> SmallVec<[Past; HISTORY_TURNS]> {
        self.ordered(|t| turn.follows(t))
    }

    /// The remembered turns that pass a test, in the order of the call.
    fn ordered(&self, test: impl Fn(&Past) -> bool) -> SmallVec<[Past; HISTORY_TURNS]> {
        let mut out: SmallVec<[Past; HISTORY_TURNS]> = self.iter().filter(test).collect();
        out.sort_by(|a, b| {
            if a.follows(b) {
                std::cmp::Ordering::Greater
            } else if b.follows(a) {
                std::cmp::Ordering::Less
            } else {
                std::cmp::Ordering::Equal
            }
        });
        out
    }

    /// Whether `then` lies within the bound of `from`, both in the order of the call; nothing without times.
    fn within(&self, from: &Past, then: &Past, bound: Bound) -> Option<bool> {
        match bound {
            Bound::Turns(n) => Some(
                self.iter()
                    .filter(|t| t.follows(from) && !t.follows(then))
                    .count()
                    <= usize::from(n),
            ),
            Bound::Ms(ms) => Some(then.start.get()? <= from.end.get()? + i64::from(ms)),
            Bound::Call => Some(true),
        }
    }

    /// The turns of a sequence whose last step is this turn; the latest that fit.
    pub(crate) fn sequence(
        &self,
        turn: &Past,
        steps: &[Step],
        bound: Bound,
        mask: impl Fn(&AnyOf) -> u64,
    ) -> Option<Turns> {
        let (last, earlier) = steps.split_last()?;
        if !step_fired(turn, *last, &mask) {
            return None;
        }
        let mut out = Turns::new();
        let mut behind = *turn;
        for step in earlier.iter().rev() {
            let found = self
                .ordered(|t| behind.follows(t))
                .into_iter()
                .rev()
                .find(|t| step_fired(t, *step, &mask))?;
            out.push(found.arrival);
            behind = found;
        }
        self.within(&behind, turn, bound)?.then(|| {
            out.reverse();
            out
        })
    }

    /// Whether nothing of `what` came in this turn, of `after`, or within the bound behind it; without `what`, whether nobody spoke.
    pub(crate) fn absent(
        &self,
        turn: &Past,
        what: Option<Step>,
        after: Step,
        bound: Bound,
        mask: impl Fn(&AnyOf) -> u64,
    ) -> bool {
        let comes = |t: &Past| what.map_or(t.words > 0, |what| step_fired(t, what, &mask));
        step_fired(turn, after, &mask)
            && bound_is_measurable(turn, bound)
            && !(what.is_some() && comes(turn))
            && !self
                .iter()
                .any(|t| t.follows(turn) && comes(&t) && self.within(turn, &t, bound) == Some(true))
    }

    /// The earlier turns, as far as they are remembered, with which this one makes `at_least`.
    pub(crate) fn count(
        &self,
        turn: &Past,
        what: Step,
        at_least: u8,
        bound: Bound,
        counted: &[Counted],
        mask: impl Fn(&AnyOf) -> u64,
    ) -> Option<Turns> {
        if !step_fired(turn, what, &mask) {
            return None;
        }
        let earlier = self.ordered(|t| turn.follows(t) && step_fired(t, what, &mask));
        let near: Turns = earlier
            .into_iter()
            .filter(|t| self.within(t, turn, bound) == Some(true))
            .map(|t| t.arrival)
            .collect();
        let more = usize::from(at_least) - 1;
        let gone = || {
            let wanted = (mask(&what.any), what.by);
            let known = counted.iter().position(|c| *c == wanted);
            known.map_or(0, |i| self.left_counts.get(i).copied().unwrap_or(0))
        };
        let left = if bound == Bound::Call {
            usize::from(gone())
        } else {
            0
        };
        (near.len() + left >= more).then(|| Turns::from(&near[near.len().saturating_sub(more)..]))
    }
}

fn step_fired(t: &Past, step: Step, mask: &impl Fn(&AnyOf) -> u64) -> bool {
    t.fired & mask(&step.any) != 0 && (step.by.is_none() || step.by == t.role)
}

fn bound_is_measurable(turn: &Past, bound: Bound) -> bool {
    !matches!(bound, Bound::Ms(_)) || turn.end.get().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packed::again;
    use proptest::prelude::*;

    fn at() -> impl Strategy<Value = At> {
        prop_oneof![
            Just(At::NONE),
            (0..90_000).prop_map(At),
            any::<i32>().prop_map(At)
        ]
    }

    /// All but how much of it is packed already.
    fn plain(history: &History) -> String {
        let History {
            turns,
            left,
            left_counts,
            customer_came,
            columns: _,
        } = history;
        format!("{turns:?} {left:?} {left_counts:?} {customer_came}")
    }

    proptest! {
        /// Packed and read at any time, it goes on as one that never was.
        #[test]
        fn turns_come_back(
            turns in prop::collection::vec((at(), at(), 0u8..4, any::<u64>(), 0usize..9, 0u8..32, 0u16..2), 0..40),
            speakers in 1u8..4,
            rests: u64,
            later in prop::collection::vec((0u32..6, 0u8..64), 40),
        ) {
            let (mut awake, mut history) = (History::default(), History::default());
            for (arrival, (start, end, speaker, bits, fewer, shows, words)) in (7..).zip(turns) {
                let fired = (0..fewer).fold(bits, |set, nth| set & bits.rotate_left(7 * nth as u32));
                let turn = Past {
                    fired,
                    arrival,
                    start,
                    end,
                    words,
                    speaker: speaker % speakers,
                    role: [None, Some(Role::Agent), Some(Role::Customer)][usize::from(speaker) % 3],
                    shows: Shows(shows),
                };
                let (back, bit) = later[arrival as usize - 7];
                for own in [&mut awake, &mut history] {
                    own.push(turn, &[(0xff, None), (1 << 40, Some(Role::Agent))]);
                    own.set_fired(arrival.saturating_sub(back), bit);
                }
                if rests >> arrival & 1 != 0 {
                    let mut other = History::default();
                    other.push(Past { fired: 3, speaker: 3, ..Past::default() }, &[]);
                    history = again(&history, other);
                }
                prop_assert_eq!(plain(&awake), plain(&history));
                prop_assert_eq!(plain(&awake), plain(&again(&awake, History::default())));
            }
        }
    }
}
