//! Overlap and interruption.
//!
//! A turn overlaps when it starts before another speaker's turn ends. Overlap is the normal state of talk, so every one has a kind, and only the last three take
//! the floor:
//!
//! | kind | when |
//! |---|---|
//! | backchannel | it only shows that its speaker listens |
//! | terminal | the other was done: at most `early-ms` were left of their turn, or it was a backchannel, which holds no floor |
//! | completion | it finishes or answers what the other is still saying |
//! | clarification | it asks back, in a few words |
//! | competitive | it takes the floor |
//!
//! Thresholds and the features that make the score stand in `lexicons/en/turns/interruption.toml`. Without both ends of both turns nothing can
//! be measured.

use super::detect::shown;
use super::history::{At, History, Past, Shows};
use crate::context::Weighed;
use crate::lexicon::{Entry, Known, OverlapRules};
use crate::matcher::{Scan, Token};
use crate::packed::{Bounds, Number, Packed, Parcel, Reader, bits, packed};
use crate::report::OverlapKind;
use crate::text::Flags;
use crate::transcript::WordTime;

/// A turn that starts inside another's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overlap {
    pub(crate) kind: OverlapKind,
    /// The other turn, by arrival.
    pub(crate) with: u32,
    /// How long both speak.
    pub(crate) ms: i32,
    early_ms: i32,
    other_stopped: bool,
    other_cut_off: bool,
    answers: bool,
}

impl Overlap {
    /// Whether the other turn has come.
    pub(crate) fn is_sound(&self, bounds: &Bounds) -> bool {
        bounds.is_turn(self.with)
    }
}

impl Packed for Option<Overlap> {
    fn pack(&self, out: &mut Parcel) {
        let Some(own) = self else {
            out.counts([0]);
            return;
        };
        let facts = bits([own.other_stopped, own.other_cut_off, own.answers]);
        out.counts([(1 + own.kind as u32) | (facts << 4), own.with]);
        out.amounts([own.ms, own.early_ms].map(Number::word));
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        let first = from.count();
        let kind = (first as usize & 0xf).checked_sub(1);
        let kind = kind.and_then(|k| OverlapKind::ALL.get(k));
        let Some(kind) = kind else {
            *self = None;
            return;
        };
        let with = from.count();
        let [ms, early_ms] = from.amounts().map(Number::of);
        *self = Some(Overlap {
            kind: *kind,
            with,
            ms,
            early_ms,
            other_stopped: first >> 6 & 1 != 0,
            other_cut_off: first >> 5 & 1 != 0,
            answers: first >> 4 & 1 != 0,
        });
    }
}

/// So many pauses are remembered.
const PAUSES: usize = 8;

/// Pauses inside the last turns whose words have times.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pauses(Vec<Pause>);

/// Nobody but others spoke: from and to in milliseconds since the start of the call.
#[derive(Clone, Copy, Debug, Default)]
struct Pause {
    arrival: u32,
    from: i32,
    to: i32,
}

packed!(Pause { counts: arrival; times: from, to });

impl Packed for Pauses {
    fn pack(&self, out: &mut Parcel) {
        self.0.pack(out);
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        self.0.unpack(from);
    }
}

impl Pauses {
    /// Takes the words of a turn; they are put in the order of their times.
    pub(crate) fn take(&mut self, rules: &OverlapRules, arrival: u32, words: &mut [WordTime], origin: i64) {
        words.sort_unstable_by_key(|w| (w.start_ms, w.end_ms));
        let mut heard_until = i64::MIN;
        for word in words {
            let at = |ms: i64| At::new(Some(ms), origin).get().unwrap_or_default() as i32;
            if heard_until > i64::MIN && word.start_ms.saturating_sub(heard_until) >= rules.pause_ms {
                if self.0.len() == PAUSES {
                    self.0.remove(0);
                }
                if self.0.len() == self.0.capacity() {
                    self.0.reserve_exact(PAUSES / 2);
                }
                self.0.push(Pause {
                    arrival,
                    from: at(heard_until),
                    to: at(word.start_ms),
                });
            }
            heard_until = heard_until.max(word.end_ms);
        }
    }

    /// When a turn's speaker next falls silent after `start`, if not with the turn's end; before `start`, if they are silent then.
    fn falls_silent(&self, arrival: u32, start: i64) -> Option<i64> {
        let own = self
            .0
            .iter()
            .filter(|p| p.arrival == arrival && i64::from(p.to) > start);
        own.map(|p| i64::from(p.from)).min()
    }

    /// Whether they are no more than are remembered.
    pub(crate) fn is_sound(&self) -> bool {
        self.0.len() <= PAUSES
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.0.capacity() * size_of::<Pause>()
    }
}

impl OverlapRules {
    /// What the text of an utterance shows; `known` are the numbers of its tokens.
    pub(crate) fn shows(&self, scan: &Scan, known: &[Known], text: &str) -> Shows {
        let said = || {
            let all = scan.tokens.iter().zip(known);
            all.filter(|(t, _)| !t.flags.intersects(Flags::MARK | Flags::CONTINUED))
        };
        let last = scan.tokens.iter().rfind(|t| !t.flags.intersects(Flags::MARK));
        let last_shows = |flags: Flags| last.is_some_and(|t| t.flags.intersects(flags));
        let sound = Flags::FILLER | Flags::STUTTER | Flags::CUT_OFF;
        let listens = |(t, k): (&Token, &Known)| t.flags.intersects(sound) || self.backchannels.has(*k);
        let few = usize::from(self.backchannel_words);
        let backchannel = said()
            .take(few + 1)
            .enumerate()
            .all(|(i, w)| i < few && listens(w));
        let mut words = said().filter(|(t, _)| !t.flags.intersects(sound)).peekable();
        let answers = backchannel && words.peek().is_some() && words.all(|(_, k)| self.answers.has(*k));
        let mut solid = scan
            .tokens
            .iter()
            .zip(known)
            .filter(|(t, _)| !t.flags.intersects(Flags::TRANSPARENT));
        let first = solid.find(|(_, k)| !self.leads.has(**k));
        let opens = first.is_some_and(|(_, k)| self.asking.has(*k));
        Shows::BACKCHANNEL.when(backchannel)
            | Shows::ANSWERS.when(answers)
            | Shows::ASKS.when(last_shows(Flags::QUESTION) || opens && !last_shows(Flags::SENTENCE_END))
            | Shows::CUT_OFF.when(last_shows(Flags::CUT_OFF) || text.trim_end().ends_with("--"))
            | Shows::ENDED.when(last_shows(Flags::SENTENCE_END))
    }

    /// Whether a turn starts inside that of another who arrived before, and how.
    pub(crate) fn overlap(&self, history: &History, pauses: &Pauses, turn: &Past) -> Option<Overlap> {
        let (start, end) = (turn.start.get()?, turn.end.get()?);
        if pauses.0.is_empty() && !history.ends_behind(start) {
            return None;
        }
        let ends = |t: &Past| pauses.falls_silent(t.arrival, start).or(t.end.get());
        let talking = history.iter().filter(|t| {
            t.speaker != turn.speaker
                && t.words > 0
                && t.start.get().is_some_and(|s| s < start)
                && ends(t).is_some_and(|e| e > start)
        });
        let other = talking.max_by_key(|t| (ends(t), t.arrival))?;
        let other_end = ends(&other)?;
        let early_ms = other_end - start;
        let other_stopped = other_end < end;
        let other_cut_off = other.shows.has(Shows::CUT_OFF) && early_ms >= self.cut_off_ms && other_stopped;
        let answers = turn.shows.has(Shows::ANSWERS) && other.shows.has(Shows::ASKS);
        let short = turn.words <= self.short_words;
        let kind = if turn.words == 0
            || turn.shows.has(Shows::BACKCHANNEL) && !(answers && early_ms > self.early_ms)
        {
            OverlapKind::Backchannel
        } else if other.shows.has(Shows::BACKCHANNEL)
            || early_ms <= self.early_ms && !(other_cut_off && turn.words >= self.several_words)
        {
            OverlapKind::Terminal
        } else if short && turn.shows.has(Shows::ASKS) {
            OverlapKind::Clarification
        } else if answers || short && other_stopped && !other.shows.has(Shows::ENDED) {
            OverlapKind::Completion
        } else {
            OverlapKind::Competitive
        };
        Some(Overlap {
            kind,
            with: other.arrival,
            ms: (other_end.min(end) - start) as i32,
            early_ms: early_ms as i32,
            other_stopped,
            other_cut_off,
            answers,
        })
    }

    /// The evidence that a turn interrupts.
    pub(crate) fn evidence(&self, entries: &[Entry], turn: &Past, overlap: &Overlap, out: &mut Vec<Weighed>) {
        if !overlap.kind.interrupts() {
            return;
        }
        let early = i64::from(overlap.early_ms) > self.early_ms;
        let features = [
            early && !overlap.answers,
            turn.words >= self.several_words,
            i64::from(overlap.ms) >= self.long_ms,
            overlap.other_stopped,
            overlap.other_cut_off,
            early && overlap.answers,
        ];
        out.extend(shown(entries, &self.entries, features, None, &[overlap.with]));
    }
}
