//! How far a long run has come, on standard error and only where somebody watches.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often the line is written anew.
const HERTZ: u8 = 5;

/// A line that is written over and over.
pub(crate) struct Progress {
    bar: ProgressBar,
    start: Instant,
    calls: usize,
    left_out: usize,
    /// How many bytes there are, and how many of them were read.
    bytes: Option<(u64, Arc<AtomicU64>)>,
}

impl Progress {
    /// Silent unless standard error is a terminal and results go elsewhere.
    pub(crate) fn new(results_on_terminal: bool) -> Self {
        let bar = if std::io::stderr().is_terminal() && !results_on_terminal {
            ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(HERTZ))
        } else {
            ProgressBar::hidden()
        };
        bar.set_style(style("{msg}"));
        Progress {
            bar,
            start: Instant::now(),
            calls: 0,
            left_out: 0,
            bytes: None,
        }
    }

    /// So many bytes will be read; `read` counts them. Then it can be said how long it still takes.
    pub(crate) fn expect(&mut self, bytes: Option<u64>, read: &Arc<AtomicU64>) {
        if let Some(bytes) = bytes.filter(|b| *b > 0) {
            self.bar.set_length(bytes);
            self.bar
                .set_style(style("{bar:24} {percent:>3}%  {msg}, {eta} left"));
            self.bytes = Some((bytes, Arc::clone(read)));
        }
    }

    /// So many more calls are scored, and so many left out.
    pub(crate) fn add(&mut self, calls: usize, left_out: usize) {
        self.calls += calls;
        self.left_out += left_out;
        self.tick();
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self) {
        if self.bar.is_hidden() {
            return;
        }
        let rate = self.calls as f64 / self.start.elapsed().max(Duration::from_millis(1)).as_secs_f64();
        let mut message = format!("{} calls scored, {rate:.0} a second", self.calls);
        if self.left_out > 0 {
            message += &format!(", {} left out", self.left_out);
        }
        self.bar.set_message(message);
        if let Some((all, read)) = &self.bytes {
            self.bar.set_position(read.load(Ordering::Relaxed).min(*all));
        }
        self.bar.tick();
    }

    /// Says what is being done.
    pub(crate) fn say(&mut self, what: &str) {
        self.bar.set_message(format!("{what} …"));
        self.bar.tick();
    }

    /// Writes a line for good.
    pub(crate) fn complain(&mut self, line: &str) {
        self.bar.suspend(|| crate::complain(line));
    }

    /// Takes the line away.
    pub(crate) fn clear(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A template; one that is wrong shows the message alone.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}
