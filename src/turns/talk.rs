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
    pub(crate) talk_ms: i64,
    pub(crate) longest_ms: i64,
    pub(crate) answers: u32,
    pub(crate) answer_ms: i64,
}

/// The sums of the call; turns in the order of their arrival.
#[derive(Clone, Debug, Default)]
pub(crate) struct Talk {
    speakers: Vec<SpeakerTalk>,
    untimed: bool,
    heard_until: Option<i64>,
    pub(crate) silences: u32,
    pub(crate) silence_ms: i64,
    pub(crate) longest_silence_ms: i64,
    /// Who spoke last, since when and until when, without another's turn between.
    monologue: Option<(u8, i64, i64)>,
}

impl Talk {
    pub(crate) fn turn(&mut self, turn: &Past, spoken: Spoken, silence_ms: i64) {
        let index = usize::from(turn.speaker);
        if self.speakers.len() <= index {
            self.speakers.resize(index + 1, SpeakerTalk::default());
        }
        let own = &mut self.speakers[index];
        own.turns += 1;
        own.words += spoken.words;
        own.disfluencies += spoken.disfluencies;
        let (Some(start), Some(end)) = (turn.start.get(), turn.end.get()) else {
            self.untimed = true;
            return;
        };
        own.talk_ms += end - start;
        let since = match self.monologue {
            Some((speaker, since, until)) if speaker == turn.speaker => {
                self.monologue = Some((speaker, since, until.max(end)));
                since
            }
            before => {
                if let Some((_, _, until)) = before.filter(|b| b.2 <= start) {
                    own.answers += 1;
                    own.answer_ms += start - until;
                }
                self.monologue = Some((turn.speaker, start, end));
                start
            }
        };
        own.longest_ms = own.longest_ms.max(end - since);
        if let Some(until) = self.heard_until {
            let gap = start - until;
            if gap >= silence_ms {
                self.silences += 1;
                self.silence_ms += gap;
                self.longest_silence_ms = self.longest_silence_ms.max(gap);
            }
        }
        self.heard_until = Some(self.heard_until.map_or(end, |until| until.max(end)));
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
