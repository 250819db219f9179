//! The analyzer in force, in programs that change their lexicon while they run.

use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

use crate::analyzer::Analyzer;

/// The analyzer that new calls begin with. A program that never stops puts another one in its place; a session keeps the one it was begun with, and its
/// report names that. Share it by reference or in an `Arc`.
///
/// ```no_run
/// use hackles::{Analyzer, Current, Error, Lexicon, Options};
///
/// # fn lexicon(text: &str) -> Result<Analyzer, Error> {
/// #     Analyzer::new(Lexicon::builder().builtin().file("mine.toml", text).build()?)
/// # }
/// let current = Current::new(Analyzer::builtin());
/// let before = current.get().session(Options::default());
///
/// // What does not load changes nothing, and says why.
/// let error = current.try_replace(|| lexicon("schema = 1\n[signal]\nid = 7")).expect_err("no text");
/// assert!(error.to_string().starts_with("mine.toml:3:"));
/// assert_eq!(current.get().lexicon().name(), before.analyzer().lexicon().name());
///
/// let new = current.try_replace(|| lexicon("schema = 1\n[signal]\nid = \"refusal\"\nthreshold = 0.7"))?;
/// let after = current.get().session(Options::default());
/// assert_eq!(after.analyzer().lexicon().name(), new.lexicon().name());
/// assert_ne!(before.analyzer().lexicon().name(), new.lexicon().name());
/// # Ok::<(), hackles::Error>(())
/// ```
#[derive(Debug)]
pub struct Current {
    analyzer: RwLock<Analyzer>,
    /// Those who replace it do so one after the other: what was asked for last is in force at the end.
    turn: Mutex<()>,
}

impl Current {
    /// Puts an analyzer in force.
    pub fn new(analyzer: Analyzer) -> Self {
        Current {
            analyzer: RwLock::new(analyzer),
            turn: Mutex::new(()),
        }
    }

    /// The analyzer in force. Any number of threads may ask at once; it costs two counters, and never waits for a lexicon that is being compiled.
    pub fn get(&self) -> Analyzer {
        // Nothing that could panic is done under the lock.
        let now = self.analyzer.read().unwrap_or_else(PoisonError::into_inner);
        now.clone()
    }

    /// Puts another analyzer in force for sessions that begin from now on, and gives back the one before. An analyzer
    /// [without text](Analyzer::without_text) is followed by such alone: what is told does not grow with a new lexicon.
    pub fn replace(&self, analyzer: Analyzer) -> Analyzer {
        let turn = self.turn();
        let before = self.swap(analyzer);
        drop(turn);
        before
    }

    /// Makes another analyzer, which may take its time, and puts it in force; gives it back, as it is then. Others who replace it wait.
    ///
    /// # Errors
    /// What `make` fails with; the analyzer before stays in force.
    pub fn try_replace<E>(&self, make: impl FnOnce() -> Result<Analyzer, E>) -> Result<Analyzer, E> {
        let turn = self.turn();
        self.swap(make()?);
        let now = self.get();
        drop(turn);
        Ok(now)
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        // Whoever panicked in `make` has changed nothing.
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn swap(&self, analyzer: Analyzer) -> Analyzer {
        let mut now = self.analyzer.write().unwrap_or_else(PoisonError::into_inner);
        let analyzer = if now.tells_text() {
            analyzer
        } else {
            analyzer.without_text()
        };
        std::mem::replace(&mut now, analyzer)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use crate::lexicon::Lexicon;
    use crate::options::Options;
    use crate::transcript::Chunk;

    fn analyzer(phrase: &str) -> Analyzer {
        let file = format!(
            "schema = 1\n[signal]\nid = \"said\"\nspeaker = \"any\"\nseverity = \"info\"\ntitle = \"t\"\nsummary = \"s\"\nwhy = \"w\"\nhint = \"h\"\n\
             [[entry]]\nid = \"e\"\nphrases = [\"{phrase}\"]\nweight = 4.0\n"
        );
        let lexicon = Lexicon::builder().file("said.toml", &file).build();
        lexicon.and_then(Analyzer::new).expect("valid")
    }

    fn fires(analyzer: &Analyzer, text: &str) -> bool {
        let mut session = analyzer.session(Options::default().full());
        session.push(&Chunk::whole("u", "agent", text), &mut Vec::new());
        let report = session.finish(None, &mut Vec::new());
        assert_eq!(&*report.lexicon, analyzer.lexicon().name());
        report.call.signals.contains_key("said")
    }

    #[test]
    fn a_session_keeps_what_it_began_with() {
        let current = Current::new(analyzer("old"));
        let mut session = current.get().session(Options::default().full());
        let before = current.replace(analyzer("new"));
        session.push(&Chunk::whole("u", "agent", "the old one"), &mut Vec::new());
        let report = session.finish(None, &mut Vec::new());
        assert!(report.call.signals.contains_key("said"));
        assert_eq!(&*report.lexicon, before.lexicon().name());
        assert!(fires(&current.get(), "the new one") && !fires(&current.get(), "the old one"));
    }

    #[test]
    fn what_fails_changes_nothing() {
        let current = Current::new(analyzer("old"));
        assert_eq!(current.try_replace(|| Err("no")).expect_err("fails"), "no");
        let panics = std::panic::AssertUnwindSafe(|| {
            current.try_replace(|| -> Result<_, Infallible> { panic!("on purpose") })
        });
        assert!(std::panic::catch_unwind(panics).is_err());
        assert!(fires(&current.get(), "the old one"));
        let made = current.try_replace(|| Ok::<_, Infallible>(analyzer("new")));
        assert!(fires(&made.expect("made"), "the new one"));
    }

    #[test]
    fn silence_is_kept() {
        let current = Current::new(analyzer("old").without_text());
        current.replace(analyzer("new"));
        assert!(!current.get().tells_text());
    }

    #[test]
    fn nobody_waits_for_what_is_being_made() {
        let (current, asked) = (Current::new(analyzer("old")), AtomicBool::new(false));
        std::thread::scope(|threads| {
            threads.spawn(|| {
                current.try_replace(|| {
                    while !asked.load(Ordering::SeqCst) {
                        std::thread::yield_now();
                    }
                    Ok::<_, Infallible>(analyzer("new"))
                })
            });
            assert!(fires(&current.get(), "the old one"));
            asked.store(true, Ordering::SeqCst);
        });
        assert!(fires(&current.get(), "the new one"));
    }
}
