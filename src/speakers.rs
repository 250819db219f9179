//! Who has spoken, and as what.

use std::sync::{Arc, LazyLock};

use crate::fixed::Score;
use crate::packed::{Bytes, Packed, Reader, packed};
use crate::transcript::{Participant, Role};
use crate::turns::talk::SpeakerTalk;

/// Speakers that are told apart.
const MAX_SPEAKERS: usize = 250;

/// The ids that are roles: most calls have no others, and share these.
static ROLES: LazyLock<[Arc<str>; 2]> =
    LazyLock::new(|| [Role::Agent, Role::Customer].map(|role| Arc::from(role.as_str())));

/// Somebody who has spoken.
#[derive(Clone, Debug)]
pub(crate) struct Speaker {
    pub(crate) id: Arc<str>,
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

packed!(SentimentSum { sum, turns });

impl SentimentSum {
    pub(crate) fn add(&mut self, sentiment: Score) {
        // Full after 200,000 turns: then neither goes on.
        if let Some(sum) = self.sum.checked_add(sentiment.0.into()) {
            (self.sum, self.turns) = (sum, self.turns.saturating_add(1));
        }
    }
}

/// Who is called by a role; others' ids go into `others`.
pub(crate) fn pack(speakers: &mut Vec<Speaker>, others: &mut Vec<Arc<str>>, out: &mut Bytes) {
    out.push(speakers.len() as u8);
    for speaker in speakers.drain(..) {
        let Speaker {
            id,
            role,
            noticed,
            talk,
            sentiment,
        } = speaker;
        let shared = ROLES.iter().position(|r| Arc::ptr_eq(r, &id));
        out.push(shared.unwrap_or(ROLES.len()) as u8);
        if shared.is_none() {
            others.push(id);
        }
        role.pack(out);
        noticed.pack(out);
        talk.pack(out);
        sentiment.pack(out);
    }
}

/// Becomes what was packed; takes the ids back.
pub(crate) fn unpack(speakers: &mut Vec<Speaker>, others: &mut Vec<Arc<str>>, from: &mut Reader<'_>) {
    speakers.clear();
    let mut others = others.drain(..);
    for _ in 0..from.byte() {
        let shared = ROLES.get(usize::from(from.byte())).cloned();
        let Some(id) = shared.or_else(|| others.next()) else {
            return;
        };
        let mut speaker = Speaker::new(id, None);
        speaker.role.unpack(from);
        speaker.noticed.unpack(from);
        speaker.talk.unpack(from);
        speaker.sentiment.unpack(from);
        speakers.push(speaker);
    }
}

impl Speaker {
    fn new(id: Arc<str>, role: Option<Role>) -> Self {
        Speaker {
            id,
            role,
            noticed: false,
            talk: SpeakerTalk::default(),
            sentiment: SentimentSum::default(),
        }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let shared = ROLES.iter().any(|r| Arc::ptr_eq(r, &self.id));
        if shared { 0 } else { self.id.len() + 16 }
    }

    /// Whether the role is unknown and this is asked for the first time.
    pub(crate) fn notice_unknown_role(&mut self) -> bool {
        self.role.is_none() && !std::mem::replace(&mut self.noticed, true)
    }
}

/// The number of the speaker with this id, who may be new; nothing if there are too many to tell apart.
pub(crate) fn number(speakers: &mut Vec<Speaker>, id: &str, participants: &[Participant]) -> Option<u8> {
    if let Some(index) = speakers.iter().position(|s| *s.id == *id) {
        return Some(index as u8);
    }
    if speakers.len() >= MAX_SPEAKERS {
        return None;
    }
    let told = participants.iter().find(|p| p.id == id).and_then(|p| p.role);
    if speakers.len() == speakers.capacity() {
        speakers.reserve_exact(1);
    }
    let shared = ROLES.iter().find(|r| ***r == *id);
    speakers.push(Speaker::new(
        shared.map_or_else(|| Arc::from(id), Arc::clone),
        Role::of_id(id).or(told),
    ));
    Some(speakers.len() as u8 - 1)
}
