//! What needs more than one turn.
//!
//! Closed utterances come here strictly in the order in which they arrived, whatever order they were closed in, so everything
//! below is a function of that sequence alone. [`verdicts`] decides each signal of each turn as soon as its bound has passed;
//! [`history`] is what conditions can see; the detectors ([`detect`]) and the figures of the call have a file each.

pub(crate) mod anger;
pub(crate) mod detect;
mod early;
mod echo;
pub(crate) mod history;
pub(crate) mod names;
pub(crate) mod overlap;
pub(crate) mod promises;
mod repeat;
pub(crate) mod said;
pub(crate) mod story;
pub(crate) mod style;
pub(crate) mod talk;
pub(crate) mod verdicts;
mod waiting;
pub(crate) mod words;
