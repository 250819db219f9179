//! How much, how fast and how smoothly each speaker talks; silence and answers.

use super::history::Past;
use crate::matcher::Scan;
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
    pub(crate) total_ms: i64,
    pub(crate) longest_ms: i64,
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
    speakers: Vec<SpeakerTalk>,
    untimed: bool,
    heard_until: Option<i64>,
    /// Silences nobody announced, and holds.
    pub(crate) silences: Silences,
    pub(crate) holds: Silences,
    /// Who spoke last, since when and until when, without another's turn between.
    monologue: Option<(u8, i64, i64)>,
}

impl Talk {
    /// Takes a turn; `hold` says that an agent announced a silence before it. Gives the silence that it ends.
    pub(crate) fn turn(&mut self, turn: &Past, spoken: Spoken, silence_ms: i64, hold: bool) -> Option<Gap> {
        let index = usize::from(turn.speaker);
        if self.speakers.len() <= index {
            self.speakers.reserve_exact(index + 1 - self.speakers.len());
            self.speakers.resize(index + 1, SpeakerTalk::default());
        }
        let own = &mut self.speakers[index];
        own.turns += 1;
        own.words += spoken.words;
        own.disfluencies += spoken.disfluencies;
        let (Some(start), Some(end)) = (turn.start.get(), turn.end.get()) else {
            self.untimed = true;
            return None;
        };
        let gap = self.heard_until.map(|from| Gap {
            from,
            ms: start - from,
        });
        let gap = gap.filter(|g| g.ms >= silence_ms && !self.untimed);
        own.talk_ms = own.talk_ms.saturating_add(ms(end - start));
        let since = match self.monologue {
            Some((speaker, since, until)) if speaker == turn.speaker => {
                self.monologue = Some((speaker, since, until.max(end)));
                since
            }
            before => {
                let held = hold && gap.is_some();
                if let Some((_, _, until)) = before.filter(|b| b.2 <= start && !held) {
                    own.answers += 1;
                    own.answer_ms = own.answer_ms.saturating_add(ms(start - until));
                }
                self.monologue = Some((turn.speaker, start, end));
                start
            }
        };
        own.longest_ms = own.longest_ms.max(ms(end - since));
        if let Some(gap) = gap {
            let sums = if hold { &mut self.holds } else { &mut self.silences };
            sums.count += 1;
            sums.total_ms += gap.ms;
            sums.longest_ms = sums.longest_ms.max(gap.ms);
        }
        self.heard_until = Some(self.heard_until.map_or(end, |until| until.max(end)));
        gap
    }

    /// Until when somebody was heard, if all turns so far had times.
    pub(crate) fn heard_until(&self) -> Option<i64> {
        self.heard_until.filter(|_| !self.untimed)
    }

    /// The sums of a speaker, by number.
    pub(crate) fn speaker(&self, number: usize) -> SpeakerTalk {
        self.speakers.get(number).copied().unwrap_or_default()
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.speakers.capacity() * size_of::<SpeakerTalk>()
    }

    /// Whether every turn had both its times.
    pub(crate) fn is_timed(&self) -> bool {
        !self.untimed && self.heard_until.is_some()
    }
}
