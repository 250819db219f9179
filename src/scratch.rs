//! Memory that is used again: a thread has one of each kind, and who works with it lends it.

use std::cell::Cell;
use std::thread::LocalKey;

/// The place of a kind of memory in a thread. It is empty while the memory is lent; who asks then gets a fresh one.
pub(crate) type Place<T> = LocalKey<Cell<Option<Box<T>>>>;

/// Memory that is kept between uses, unless one of them made it large.
pub(crate) trait Scratch: Default {
    /// Whether so much may be kept.
    fn is_modest(&self) -> bool;
}

/// Works with the memory of a place.
pub(crate) fn with<T: Scratch, R>(place: &'static Place<T>, work: impl FnOnce(&mut T) -> R) -> R {
    let mut lent = place.take().unwrap_or_default();
    let out = work(&mut lent);
    if lent.is_modest() {
        place.set(Some(lent));
    }
    out
}
