//! What agents promised, by when, and what customers say was promised and not kept.

use smallvec::SmallVec;

use super::verdicts::{ClosedTurn, Verdict};
use crate::compiled::Compiled;
use crate::lexicon::{CallRules, Known};
use crate::matcher::Scan;
use crate::packed::{Bounds, Packed, Parcel, Reader};
use crate::text::Flags;

/// So many promises of a call are kept in mind.
const MOST: usize = 16;
/// So many expressions of time of a turn are looked at.
const TIMES: usize = 4;

/// Expressions of time: bytes of a text.
pub(crate) type Times = SmallVec<[(u32, u32); TIMES]>;

/// An expression of time has at most so many words.
const RUN_WORDS: usize = 16;
/// A time further away from the words of a promise does not belong to it.
const NEAR_BYTES: u32 = 60;

/// A promise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Promise {
    pub(crate) arrival: u32,
    pub(crate) signal: u16,
    /// The customer says that it was not kept.
    pub(crate) broken: bool,
    /// Bytes of the words that show it, and of the time it names, in the turn's text.
    pub(crate) what: (u32, u32),
    /// Empty: none.
    when: (u32, u32),
}

impl Promise {
    /// The time it names.
    pub(crate) fn when(&self) -> Option<(u32, u32)> {
        (self.when.1 > self.when.0).then_some(self.when)
    }
}

/// The promises of a call, the latest if there are too many.
#[derive(Clone, Debug, Default)]
pub(crate) struct Promises {
    all: Vec<Promise>,
    /// How many agents made, those no longer in mind included.
    pub(crate) made: u32,
}

impl Packed for Promises {
    fn pack(&self, out: &mut Parcel) {
        let Promises { all, made } = self;
        out.counts([all.len() as u32, *made]);
        for own in all {
            let Promise {
                arrival,
                signal,
                broken,
                what,
                when,
            } = *own;
            let signal = u32::from(signal) << 1 | u32::from(broken);
            let length = |(start, end): (u32, u32)| end.wrapping_sub(start);
            out.counts([arrival, signal, length(what), length(when)]);
            out.amounts([what.0, when.0]);
        }
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        let [len, made] = from.counts();
        self.made = made;
        self.all.clear();
        for [arrival, signal, what, when] in from.all_of(len) {
            let starts = from.amounts::<2>();
            let span = |nth: usize, len: u32| (starts[nth], starts[nth].wrapping_add(len));
            self.all.push(Promise {
                arrival: *arrival,
                signal: (signal >> 1) as u16,
                broken: signal & 1 != 0,
                what: span(0, *what),
                when: span(1, *when),
            });
        }
    }
}

impl Promises {
    /// Takes a turn that is decided, in which a signal fired that promises ask for.
    pub(crate) fn take(&mut self, compiled: &Compiled, turn: &ClosedTurn, verdicts: &[Verdict]) {
        let rules = &compiled.lexicon.call.promises;
        let shown = |signals: &[u16]| {
            let fired = verdicts
                .iter()
                .filter(|v| v.outcome.fired && signals.contains(&v.signal));
            let strongest = fired.filter_map(|v| Some((v.signal, v.strongest?.span)));
            strongest.min_by_key(|(signal, span)| (signals.iter().position(|s| s == signal), *span))
        };
        for (signals, broken, timed) in [
            (&rules.made, false, false),
            (&rules.made_with_time, false, true),
            (&rules.broken, true, false),
        ] {
            let Some((signal, what)) = shown(signals) else {
                continue;
            };
            // The nearest time, of two as near the one behind.
            let apart = |t: &&(u32, u32)| (t.0.saturating_sub(what.1)).max(what.0.saturating_sub(t.1));
            let near = turn.times.iter().filter(|t| apart(t) <= NEAR_BYTES);
            let when = near.min_by_key(|t| (apart(t), std::cmp::Reverse(t.0))).copied();
            if timed && (when.is_none() || shown(&rules.made).is_some()) {
                continue;
            }
            self.made = self.made.saturating_add((!broken).into());
            if self.all.len() == MOST {
                self.all.remove(0);
            }
            if self.all.len() == self.all.capacity() {
                self.all.reserve_exact(1);
            }
            self.all.push(Promise {
                arrival: turn.past.arrival,
                signal,
                broken,
                what,
                when: when.unwrap_or_default(),
            });
        }
    }

    /// Whether they name nothing that is not there.
    pub(crate) fn is_sound(&self, bounds: &Bounds) -> bool {
        let sound = |p: &Promise| bounds.is_turn(p.arrival) && bounds.is_signal(p.signal);
        self.all.len() <= MOST && self.all.iter().all(sound)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Promise> {
        self.all.iter()
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.all.capacity() * size_of::<Promise>()
    }
}

/// What a word is in an expression of time.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Time,
    Number,
    /// A word behind which a number is a time.
    At,
    Joins,
}

/// The expressions of time in an utterance: runs of words of time, numbers and what joins them ("at half past eleven").
pub(crate) fn times(rules: &CallRules, scan: &Scan, known: &[Known]) -> Times {
    let mut found = Times::new();
    let mut run: SmallVec<[(Part, u32, u32); RUN_WORDS]> = SmallVec::new();
    let tokens = scan.tokens.iter().zip(known);
    let words = tokens.filter(|(t, _)| !t.flags.intersects(Flags::CONTINUED | Flags::TRANSPARENT));
    let promises = &rules.promises;
    for (token, &word) in words {
        let part = if token.flags.intersects(Flags::TIME) || promises.times.has(word) {
            Some(Part::Time)
        } else if token.flags.intersects(Flags::NUMBER) || rules.numbers.has(word) {
            Some(Part::Number)
        } else if promises.at.has(word) {
            Some(Part::At)
        } else {
            promises.joins.has(word).then_some(Part::Joins)
        };
        if let Some(part) = part.filter(|_| run.len() < RUN_WORDS) {
            run.push((part, token.start, token.end));
        }
        let ends = part.is_none() || token.flags.intersects(Flags::SENTENCE_END);
        if ends && !run.is_empty() {
            found.extend(expression(&run));
            run.clear();
        }
        if found.len() == TIMES {
            return found;
        }
    }
    found.extend(expression(&run));
    found
}

/// An expression of time in a run of its words, without what stands before and behind it.
fn expression(run: &[(Part, u32, u32)]) -> Option<(u32, u32)> {
    // A number is a time behind "at"; "order 12 by tomorrow" begins with "by".
    let is_time =
        |i: usize| run[i].0 == Part::Time || run[i].0 == Part::Number && i > 0 && run[i - 1].0 == Part::At;
    let named = (0..run.len()).find(|&i| is_time(i))?;
    // Back over what belongs to the first word of time: a number, "at", and one word that joins them.
    let mut first = named;
    while first > 0 && named - first < 3 {
        let before = run[first - 1].0;
        let belongs =
            before == Part::At || before == Part::Number && run[first].0 != Part::At || before == Part::Joins;
        if !belongs || run[first].0 == Part::At && before != Part::At {
            break;
        }
        first -= 1;
    }
    while run[first].0 == Part::Joins && run[first + 1].0 == Part::At {
        first += 1;
    }
    let last = (named..run.len())
        .rev()
        .find(|&i| is_time(i) || run[i].0 == Part::Number)?;
    Some((run[first].1, run[last].2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Analyzer;
    use crate::turns::said::Said;

    #[test]
    fn times_are_found_as_they_are_said() {
        let analyzer = Analyzer::builtin();
        for (text, expected) in [
            (
                "i'll call you on friday at half past ten to make sure",
                vec!["on friday at half past ten"],
            ),
            ("I'll call you back at um six", vec!["at um six"]),
            ("that takes two working days", vec!["two working days"]),
            ("I'll ask about order 12345 by tomorrow", vec!["by tomorrow"]),
            (
                "between eight and ten tomorrow, not before",
                vec!["between eight and ten tomorrow"],
            ),
            (
                "I'm checking at 6 and I'll ring you by noon.",
                vec!["at 6", "by noon"],
            ),
            ("your bill is forty two pounds", vec![]),
        ] {
            let mut scan = Scan::new();
            scan.read_again(analyzer.0.tables(&[], None), text);
            let mut said = Said::default();
            said.read(&analyzer.0.words, &scan, text);
            let found: Vec<&str> = times(&analyzer.0.lexicon.call, &scan, &said.known)
                .into_iter()
                .map(|(start, end)| &text[start as usize..end as usize])
                .collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
