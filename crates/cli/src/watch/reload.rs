//! A lexicon that is changed while calls go on: its files are looked at twice a second, and read anew when they have changed and settled.
//!
//! Looking is enough: a lexicon is a few files, and looking also sees what notices of the operating system miss (network file systems, folders that are
//! mounted anew, links that are turned to another folder).

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, SystemTime};

use hackles::Current;

use crate::args::Layers;
use crate::failure::Failure;
use crate::layers;

/// How often files are looked at. What looks the same twice has settled.
const EVERY: Duration = Duration::from_millis(500);

/// What the files of a lexicon look like from outside: each with its size and the time of its last change.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Look(Vec<(PathBuf, Option<(u64, SystemTime)>)>);

impl Look {
    /// What they look like now.
    pub(super) fn at(layers: &Layers) -> Self {
        let paths = layers.lexicon.iter().flat_map(|path| layers::paths(path));
        let known = paths.map(|path| {
            let found = fs::metadata(&path).ok();
            let looks = found.and_then(|known| Some((known.len(), known.modified().ok()?)));
            (path, looks)
        });
        Look(known.collect())
    }
}

/// Follows the files of a lexicon in a thread of its own as long as the program runs, and says on standard error what is in force. `read` is what they
/// looked like before they were read.
///
/// # Errors
/// What keeps the program from hearing `SIGHUP`.
pub(super) fn follow(current: &Arc<Current>, layers: &Layers, mut read: Look) -> Result<(), Failure> {
    let asked = hangups()?;
    let (current, layers) = (Arc::clone(current), layers.clone());
    std::thread::spawn(move || {
        let mut last = None;
        loop {
            let forced = match asked.recv_timeout(EVERY) {
                Ok(()) => true,
                Err(RecvTimeoutError::Timeout) => false,
                Err(RecvTimeoutError::Disconnected) => {
                    std::thread::sleep(EVERY);
                    false
                }
            };
            let look = Look::at(&layers);
            let has_settled = last.as_ref() == Some(&look);
            if forced || look != read && has_settled {
                replace(&current, &layers, forced);
                read = look;
                last = None;
            } else {
                last = Some(look);
            }
        }
    });
    Ok(())
}

/// Reads the lexicon anew. One that does not load leaves the one before in force.
fn replace(current: &Current, layers: &Layers, forced: bool) {
    let before = current.get();
    match current.try_replace(|| layers::load(layers)) {
        // Files may be written again as they were.
        Ok(now) if !forced && now.lexicon().name() == before.lexicon().name() => {}
        Ok(now) => crate::complain(&format!(
            "hackles: lexicon {} is in force for calls that begin from now on",
            now.lexicon().name()
        )),
        Err(why) => {
            if let Failure::Nothing(why) = why {
                crate::complain(&why);
            }
            crate::complain(&format!(
                "hackles: lexicon {} stays in force: the changed one does not load",
                before.lexicon().name()
            ));
        }
    }
}

/// Tells of each `SIGHUP`, by which operators ask for the lexicon to be read anew.
#[cfg(unix)]
fn hangups() -> Result<mpsc::Receiver<()>, Failure> {
    let (tell, asked) = mpsc::channel();
    let mut signals = signal_hook::iterator::Signals::new([signal_hook::consts::SIGHUP])
        .map_err(|e| Failure::of_usage(format_args!("cannot listen for SIGHUP: {e}")))?;
    std::thread::spawn(move || {
        for _ in signals.forever() {
            if tell.send(()).is_err() {
                break;
            }
        }
    });
    Ok(asked)
}

/// There is no such signal here.
#[cfg(not(unix))]
fn hangups() -> Result<mpsc::Receiver<()>, Failure> {
    let (_, asked) = mpsc::channel();
    Ok(asked)
}
