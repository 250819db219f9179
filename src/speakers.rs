//! Who has spoken, and as what.

use std::sync::Arc;

use crate::transcript::{Participant, Role};

/// Speakers that are told apart.
const MAX_SPEAKERS: usize = 250;

/// Somebody who has spoken.
#[derive(Clone, Debug)]
pub(crate) struct Speaker {
    pub(crate) id: Arc<str>,
    pub(crate) role: Option<Role>,
    noticed: bool,
}

impl Speaker {
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
    speakers.push(Speaker {
        id: Arc::from(id),
        role: Role::of_id(id).or(told),
        noticed: false,
    });
    Some(speakers.len() as u8 - 1)
}
