//! How much, how fast and how smoothly each speaker talks; silence and answers.

use super::history::{At, Past};
use crate::matcher::Scan;
use crate::packed::{Number, Packed, Parcel, Reader, bits};
use crate::text::Flags;

/// What is counted of one utterance.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spoken {
    pub(crate) words: u32,
    /// Fillers, stutters and words cut off.
    pub(crate) disfluencies: u32,
}

impl Spoken {
    /// Counts the words and disfluencies of an utterance. Marks are no words; a contraction is one word.
    pub(crate) fn of(scan: &Scan) -> Self {
        let mut spoken = Spoken::default();
        for token in scan
            .tokens
            .iter()
            .filter(|t| !t.flags.intersects(Flags::MARK | Flags::CONTINUED))
        {
            spoken.words += 1;
            spoken.disfluencies += u32::from(
                token
                    .flags
                    .intersects(Flags::FILLER | Flags::STUTTER | Flags::CUT_OFF),
            );
        }
        spoken
    }
}

/// The sums of one speaker.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SpeakerTalk {
    pub(crate) turns: u32,
    pub(crate) words: u32,
    pub(crate) disfluencies: u32,
    pub(crate) talk_ms: u32,
    pub(crate) longest_ms: u32,
    pub(crate) answers: u32,
    pub(crate) answer_ms: u32,
}

/// Milliseconds as sums keep them: 49 days are the most.
fn ms(ms: i64) -> u32 {
    u32::try_from(ms.max(0)).unwrap_or(u32::MAX)
}

/// Times in which nobody spoke.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Silences {
    pub(crate) count: u32,
    /// None overlaps another, so that all of them fit as one does.
    pub(crate) total_ms: u32,
    pub(crate) longest_ms: u32,
}

/// A time in which nobody spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) from: i64,
    pub(crate) ms: i64,
}

/// The sums of the call; turns in the order of their arrival.
#[derive(Clone, Debug, Default)]
pub(crate) struct Talk {
    untimed: bool,
    heard_until: At,
    /// Silences nobody announced, and holds.
    pub(crate) silences: Silences,
    pub(crate) holds: Silences,
    /// Who spoke last, since when and until when, without another's turn between.
    monologue: Option<(u8, (At, At))>,
}

impl Packed for Talk {
    fn pack(&self, out: &mut Parcel) {
        let Talk {
            untimed,
            heard_until,
            silences,
            holds,
            monologue,
        } = self;
        let (speaker, (since, until)) = monologue.unwrap_or_default();
        let facts = bits([monologue.is_some(), *untimed]);
        out.counts([facts, speaker.into(), silences.count, holds.count]);
        out.amounts([silences.longest_ms, holds.longest_ms]);
        out.times([silences.total_ms, holds.total_ms]);
        out.times([heard_until.word(), since.word(), until.word()]);
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        let [facts, speaker, silences, holds] = from.counts();
        let [longest_silence, longest_hold] = from.amounts();
        let [silent_ms, held_ms] = from.times();
        let [heard_until, since, until] = from.times().map(Number::of);
        let sums = |count, total_ms, longest_ms| Silences {
            count,
            total_ms,
            longest_ms,
        };
        *self = Talk {
            untimed: facts & 1 != 0,
            heard_until,
            silences: sums(silences, silent_ms, longest_silence),
            holds: sums(holds, held_ms, longest_hold),
            monologue: (facts & 2 != 0).then_some((speaker as u8, (since, until))),
        };
    }
}

impl Talk {
    /// Takes a turn into the sums of its speaker; `hold` says that an agent announced a silence before it. Gives the silence that it ends.
    pub(crate) fn turn(
        &mut self,
        own: &mut SpeakerTalk,
        turn: &Past,
        spoken: Spoken,
        silence_ms: i64,
        hold: bool,
    ) -> Option<Gap> {
        own.turns = own.turns.saturating_add(1);
        own.words = own.words.saturating_add(spoken.words);
        own.disfluencies = own.disfluencies.saturating_add(spoken.disfluencies);
        let (Some(start), Some(end)) = (turn.start.get(), turn.end.get()) else {
            self.untimed = true;
            return None;
        };
        let gap = self.heard_until.get().map(|from| Gap {
            from,
            ms: start - from,
        });
        let gap = gap.filter(|g| g.ms >= silence_ms && !self.untimed);
        own.talk_ms = own.talk_ms.saturating_add(ms(end - start));
        let since = match self.monologue {
            Some((speaker, (since, until))) if speaker == turn.speaker => {
                self.monologue = Some((speaker, (since, until.max(turn.end))));
                since.get().unwrap_or(start)
            }
            before => {
                let held = hold && gap.is_some();
                let until = before.and_then(|b| b.1.1.get());
                if let Some(until) = until.filter(|until| *until <= start && !held) {
                    own.answers = own.answers.saturating_add(1);
                    own.answer_ms = own.answer_ms.saturating_add(ms(start - until));
                }
                self.monologue = Some((turn.speaker, (turn.start, turn.end)));
                start
            }
        };
        own.longest_ms = own.longest_ms.max(ms(end - since));
        if let Some(gap) = gap {
            let sums = if hold { &mut self.holds } else { &mut self.silences };
            sums.count = sums.count.saturating_add(1);
            sums.total_ms = sums.total_ms.saturating_add(ms(gap.ms));
            sums.longest_ms = sums.longest_ms.max(ms(gap.ms));
        }
        self.heard_until = self.heard_until.max(turn.end);
        gap
    }

    /// Until when somebody was heard, if all turns so far had times.
    pub(crate) fn heard_until(&self) -> Option<i64> {
        self.heard_until.get().filter(|_| !self.untimed)
    }

    /// Whether every turn had both its times.
    pub(crate) fn is_timed(&self) -> bool {
        !self.untimed && self.heard_until != At::NONE
    }
}
