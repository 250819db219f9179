//! Who has spoken, and as what.

use crate::fixed::Score;
use crate::limits;
use crate::packed::{Number, Packed, Parcel, Reader};
use crate::transcript::{Participant, Role};
use crate::turns::talk::SpeakerTalk;
use crate::utterance::Id;

/// Somebody who has spoken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Speaker {
    pub(crate) id: Id,
    pub(crate) role: Option<Role>,
    noticed: bool,
    pub(crate) talk: SpeakerTalk,
    pub(crate) sentiment: SentimentSum,
}

/// The sum of the sentiments of a speaker's turns, and of how many.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SentimentSum {
    pub(crate) sum: i32,
    pub(crate) turns: u32,
}

impl SentimentSum {
    pub(crate) fn add(&mut self, sentiment: Score) {
        // Full after 200,000 turns: then neither goes on.
        if let Some(sum) = self.sum.checked_add(sentiment.0.into()) {
            (self.sum, self.turns) = (sum, self.turns.saturating_add(1));
        }
    }
}

impl Packed for Speaker {
    fn pack(&self, out: &mut Parcel) {
        let Speaker {
            id,
            role,
            noticed,
            talk,
            sentiment,
        } = self;
        // Most are called by their roles.
        let called = role.is_some_and(|r| r.as_str().as_bytes() == id.as_bytes());
        let role = role.map_or(0, |role| 1 + role as u32);
        let facts = role << 2 | u32::from(called) << 1 | u32::from(*noticed);
        out.counts([
            facts,
            talk.turns,
            talk.disfluencies,
            talk.answers,
            sentiment.turns,
        ]);
        out.amounts([talk.words]);
        out.times([
            talk.talk_ms,
            talk.longest_ms,
            talk.answer_ms,
            sentiment.sum.word(),
        ]);
        if !called {
            id.pack(out);
        }
    }

    fn unpack(&mut self, from: &mut Reader<'_>) {
        let Speaker {
            id,
            role,
            noticed,
            talk,
            sentiment,
        } = self;
        let [facts, turns, disfluencies, answers, felt] = from.counts();
        let [words] = from.amounts();
        let [talk_ms, longest_ms, answer_ms, sum] = from.times();
        *talk = SpeakerTalk {
            turns,
            words,
            disfluencies,
            talk_ms,
            longest_ms,
            answers,
            answer_ms,
        };
        *sentiment = SentimentSum {
            sum: Number::of(sum),
            turns: felt,
        };
        *noticed = facts & 1 != 0;
        *role = match facts >> 2 {
            0 => None,
            1 => Some(Role::Agent),
            _ => Some(Role::Customer),
        };
        match role {
            Some(role) if facts & 2 != 0 => *id = Id::new(role.as_str()),
            _ => id.unpack(from),
        }
    }
}

impl Speaker {
    pub(crate) fn heap_bytes(&self) -> usize {
        self.id.heap_bytes()
    }

    /// Whether the role is unknown and this is asked for the first time.
    pub(crate) fn notice_unknown_role(&mut self) -> bool {
        self.role.is_none() && !std::mem::replace(&mut self.noticed, true)
    }
}

/// Whether there are no more than can be told apart.
pub(crate) fn are_sound(speakers: &[Speaker]) -> bool {
    speakers.len() <= limits::SPEAKERS
}

/// The number of the speaker with this id, who may be new; nothing if there are too many to tell apart. Who was only taken to speak for a while, and no longer
/// is, makes room for others.
pub(crate) fn number(
    speakers: &mut Vec<Speaker>,
    id: &str,
    participants: &[Participant],
    speaks: impl Fn(u8) -> bool,
) -> Option<u8> {
    let id = limits::kept(id);
    if let Some(index) = speakers.iter().position(|s| s.id.as_bytes() == id.as_bytes()) {
        return Some(index as u8);
    }
    let place = if speakers.len() < limits::SPEAKERS {
        None
    } else {
        let is_free = |&number: &u8| speakers[usize::from(number)].talk.turns == 0 && !speaks(number);
        Some((0..speakers.len() as u8).find(is_free)?)
    };
    let told = participants
        .iter()
        .find(|p| limits::kept(&p.id) == id)
        .and_then(|p| p.role);
    let new = Speaker {
        id: Id::new(id),
        role: Role::of_id(id).or(told),
        ..Speaker::default()
    };
    if let Some(place) = place {
        speakers[usize::from(place)] = new;
        return Some(place);
    }
    if speakers.len() == speakers.capacity() {
        speakers.reserve_exact(1);
    }
    speakers.push(new);
    Some(speakers.len() as u8 - 1)
}
