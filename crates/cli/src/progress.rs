//! How far a long run has come, on standard error and only where somebody watches.

use std::io::{IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

/// A line that is written over and over.
pub(crate) struct Progress {
    shown: bool,
    start: Instant,
    last: Instant,
    calls: usize,
    active: bool,
}

impl Progress {
    /// Silent unless standard error is a terminal and results go elsewhere.
    pub(crate) fn new(results_on_terminal: bool) -> Self {
        let now = Instant::now();
        let active = std::io::stderr().is_terminal() && !results_on_terminal;
        Progress {
            shown: false,
            start: now,
            last: now,
            calls: 0,
            active,
        }
    }

    /// So many more calls are scored.
    pub(crate) fn add(&mut self, calls: usize) {
        self.calls += calls;
        if !self.active || self.last.elapsed() < Duration::from_millis(300) {
            return;
        }
        self.last = Instant::now();
        self.shown = true;
        let rate = self.calls as f64 / self.start.elapsed().as_secs_f64();
        let _ = write!(
            std::io::stderr().lock(),
            "\r{} calls scored, {rate:.0} a second ",
            self.calls
        );
    }

    /// Says what is being done.
    pub(crate) fn say(&mut self, what: &str) {
        if self.active {
            self.clear();
            self.shown = true;
            let _ = write!(std::io::stderr().lock(), "\r{what} … ");
        }
    }

    /// Writes a line for good.
    pub(crate) fn complain(&mut self, line: &str) {
        self.clear();
        crate::complain(line);
    }

    /// Takes the line away.
    pub(crate) fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            let _ = write!(std::io::stderr().lock(), "\r{:60}\r", "");
        }
    }
}
