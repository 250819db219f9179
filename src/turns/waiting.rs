//! Turns that wait for what follows them, as bytes: of their hits and verdicts what the undecided signals and the figures of the call
//! ask for, of their text what an event may quote.

use super::history::{History, Past};
use super::verdicts::{TurnInProgress, Verdict, Verdicts};
use crate::context::{Modifiers, Turns, Weighed};
use crate::lexicon::HISTORY_TURNS;
use crate::packed::{Bounds, Number, Packed, Parcel, Reader, bits, packed};
use crate::score::{Outcome, Strongest};

packed!(Outcome { counts: fired; amounts: logit, learned });
packed!(Strongest { amounts: entry; } with { span });
packed!(Verdict {
    signal,
    outcome,
    strongest,
    evidence,
});

/// Of turns that are not retained.
impl Packed for Verdicts {
    fn pack(&self, out: &mut Parcel) {
        self.history.pack(out);
        out.len(self.waiting.len());
        self.waiting.iter().for_each(|wait| pack_turn(wait, out));
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        self.history.unpack(from);
        while let Some(turn) = self.waiting.pop_front() {
            self.give_back_turn(turn);
        }
        for _ in 0..from.len().min(HISTORY_TURNS) {
            let mut wait = self.spares.pop().unwrap_or_default();
            unpack_turn(&mut wait, &self.history, from);
            self.waiting.push_back(wait);
        }
    }
}

/// Of turns that are retained, beside what is packed of others: text, hits and verdicts as they are.
impl Verdicts {
    pub(crate) fn pack_retained(&self, out: &mut Parcel) {
        for wait in &self.waiting {
            wait.turn.text.pack(out);
            wait.turn.weighed.pack(out);
            wait.verdicts.pack(out);
        }
    }

    pub(crate) fn unpack_retained(&mut self, from: &mut Reader<'_>) {
        for wait in &mut self.waiting {
            wait.turn.text_from = 0;
            wait.turn.text.unpack(from);
            wait.turn.weighed.unpack(from);
            wait.verdicts.unpack(from);
        }
    }

    /// Whether turns that wait are remembered, and name nothing that is not there.
    pub(crate) fn is_sound(&self, bounds: &Bounds) -> bool {
        let turn = |wait: &TurnInProgress| {
            let turn = &wait.turn;
            self.history.get(turn.past.arrival).is_some()
                && turn.overlap.is_none_or(|o| o.is_sound(bounds))
                && turn.weighed.iter().all(|hit| hit.is_sound(bounds))
                && wait.verdicts.iter().all(|v| v.is_sound(bounds))
                && turn
                    .announced
                    .iter()
                    .chain(&wait.undecided)
                    .all(|&s| bounds.is_signal(s))
        };
        self.history.is_sound(bounds) && self.waiting.iter().all(|wait| turn(wait))
    }
}

fn pack_turn(wait: &TurnInProgress, out: &mut Parcel) {
    let turn = &wait.turn;
    let spans = || turn.weighed.iter().filter_map(|w| w.span);
    let from = spans().map(|s| s.0).min().unwrap_or(0);
    let to = spans().map(|s| s.1).max().unwrap_or(0);
    let quoted = turn.quote((from, to)).unwrap_or_default();
    out.counts([
        turn.past.arrival,
        turn.weighed.len() as u32,
        wait.undecided.len() as u32,
        wait.verdicts.len() as u32,
    ]);
    out.amounts([from, quoted.len() as u32, turn.words]);
    out.bytes(quoted.as_bytes());
    turn.utterance.pack(out);
    turn.overlap.pack(out);
    turn.times.pack(out);
    turn.announced.pack(out);
    wait.undecided.iter().for_each(|signal| signal.pack(out));
    for hit in &turn.weighed {
        // Its length and one, or nothing; and where it begins.
        let (start, length) = hit.span.map_or((0, 0), |s| (s.0 - from, s.1 - s.0 + 1));
        out.counts([length]);
        out.amounts([hit.entry, hit.contribution.word(), start]);
    }
    wait.verdicts
        .iter()
        .for_each(|verdict| pack_verdict(verdict, out));
}

fn unpack_turn(wait: &mut TurnInProgress, history: &History, bytes: &mut Reader<'_>) {
    let turn = &mut wait.turn;
    let [arrival, hits, undecided, verdicts] = bytes.counts();
    turn.past = history.get(arrival).unwrap_or(Past {
        arrival,
        ..Past::default()
    });
    let [from, quoted, words] = bytes.amounts();
    (turn.text_from, turn.words) = (from, words);
    turn.text.clear();
    let quoted = bytes.bytes(quoted as usize);
    turn.text.push_str(str::from_utf8(quoted).unwrap_or_default());
    turn.utterance.unpack(bytes);
    turn.overlap.unpack(bytes);
    turn.times.unpack(bytes);
    turn.announced.unpack(bytes);
    wait.undecided.clear();
    let undecided = bytes.all_counts(undecided as usize).iter();
    wait.undecided.extend(undecided.map(|signal| *signal as u16));
    turn.weighed.clear();
    for length in bytes.all_counts(hits as usize) {
        let [entry, contribution, start] = bytes.amounts();
        turn.weighed.push(Weighed {
            entry,
            span: length.checked_sub(1).map(|length| {
                let start = from.saturating_add(start);
                (start, start.saturating_add(length))
            }),
            contribution: Number::of(contribution),
            modifiers: Modifiers::new(),
            turns: Turns::new(),
        });
    }
    wait.verdicts.clear();
    for _ in 0..bytes.most(verdicts) {
        wait.verdicts.push(unpack_verdict(bytes));
    }
}

/// Without what few of them have: something of learned terms, or words to show.
fn pack_verdict(verdict: &Verdict, out: &mut Parcel) {
    let Outcome {
        logit,
        learned,
        fired,
    } = verdict.outcome;
    let strongest = verdict.strongest.filter(|_| fired);
    let facts = bits([strongest.is_some(), learned != 0, fired]);
    out.counts([verdict.signal.into(), facts]);
    out.amounts([logit.word()]);
    if learned != 0 {
        learned.pack(out);
    }
    if let Some(strongest) = strongest {
        strongest.pack(out);
    }
}

fn unpack_verdict(from: &mut Reader<'_>) -> Verdict {
    let [signal, facts] = from.counts();
    let [logit] = from.amounts().map(Number::of);
    let mut own = Verdict {
        signal: signal as u16,
        outcome: Outcome {
            logit,
            learned: 0,
            fired: facts & 1 != 0,
        },
        ..Verdict::default()
    };
    if facts & 2 != 0 {
        own.outcome.learned.unpack(from);
    }
    if facts & 4 != 0 {
        own.strongest.insert(Strongest::default()).unpack(from);
    }
    own
}
