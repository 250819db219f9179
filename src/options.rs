//! What a session is told at its beginning.

use crate::limits::{RETAINED_BYTES, UTTERANCE_BYTES};
use crate::transcript::{Meta, Participant};

/// How much of a call a session keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Retention {
    /// Only what later events need: bounded, whatever the length of the call. Figures of the report that need more are null.
    #[default]
    None,
    /// The evidence of all turns, for the whole report.
    Full,
}

/// How much evidence the turns of a report show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Detail {
    /// All that counts.
    #[default]
    All,
    /// That of the signals that fired, and of the sentiment.
    Fired,
    /// None.
    None,
}

/// What a session is told at its beginning.
#[derive(Clone)]
#[non_exhaustive]
pub struct Options {
    /// The call's id, for the report.
    pub id: Option<String>,
    /// Who takes part: roles, and names that read as names.
    pub participants: Vec<Participant>,
    /// Carried into the report.
    pub meta: Option<Meta>,
    /// How much is kept.
    pub retention: Retention,
    /// The most bytes of one utterance; what goes beyond is left out, with a notice.
    pub utterance_bytes: usize,
    /// The most bytes of turns that [`Retention::Full`] keeps; with more the call goes on as if its turns were not retained, with a notice.
    pub retained_bytes: usize,
}

crate::debug_unsaid! {
    Options { id, participants, retention, utterance_bytes, retained_bytes } without { meta }
}

impl Default for Options {
    fn default() -> Self {
        Options {
            id: None,
            participants: Vec::new(),
            meta: None,
            retention: Retention::None,
            utterance_bytes: UTTERANCE_BYTES,
            retained_bytes: RETAINED_BYTES,
        }
    }
}

impl Options {
    /// Keeps the evidence of all turns.
    #[must_use]
    pub fn full(mut self) -> Self {
        self.retention = Retention::Full;
        self
    }

    /// Whether they say nothing but how much is kept.
    pub(crate) fn is_plain(&self) -> bool {
        let told = self.id.is_some() || self.meta.is_some() || !self.participants.is_empty();
        !told && self.utterance_bytes == UTTERANCE_BYTES && self.retained_bytes == RETAINED_BYTES
    }

    /// Sets the participants.
    #[must_use]
    pub fn participants(mut self, participants: Vec<Participant>) -> Self {
        self.participants = participants;
        self
    }
}
