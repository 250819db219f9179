//! What the three formats of Amazon share: roles, categories, the figures of a conversation, words, redaction marks, answers about jobs.

mod figures;
mod heard;
mod job;
mod redaction;

use hackles::Role;

pub(crate) use figures::{Categories, Characteristics, Times, add_categories, times};
pub(crate) use heard::{Heard, Taken, word_times, words};
pub(crate) use job::{EXCEPTIONS, Job, broken_off};
pub(crate) use redaction::{marks, redactions, taken};

/// The role that a `ParticipantRole` says. `SYSTEM`, `CUSTOM_BOT` and `SUPERVISOR` are none of ours.
pub(crate) fn role(text: &str) -> Option<Role> {
    Role::of_id(&text.to_ascii_lowercase())
}
