//! What needs more than one turn.
//!
//! Closed utterances come here strictly in the order in which they arrived, whatever order they were closed in, so everything
//! below is a function of that sequence alone. [`verdicts`] decides each signal of each turn as soon as its bound has passed;
//! [`history`] is what conditions can see; the detectors and the figures of the call have a file each.

pub(crate) mod anger;
pub(crate) mod history;
pub(crate) mod interruption;
pub(crate) mod talk;
pub(crate) mod verdicts;
