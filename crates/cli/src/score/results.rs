//! Where the results of a run go: standard output or a file that grows beside its name, with checkpoints to go on from.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hackles_formats::Format;

use super::checkpoint::{Checkpoint, Ranges};
use super::columns::ColumnFile;
use super::part::{Part, beside};
use super::pipeline::Done;
use super::rejects::Rejects;
use super::scorer::Scorer;
use super::{checkpoint, rejects_beside};
use crate::args::{Score, To};
use crate::failure::{Failure, Outcome};
use crate::inputs::{self, Input};
use crate::output::{Output, is_file};
use crate::progress::Progress;

/// Where reports are written.
enum Place {
    /// A stream, or a file that appears when it is complete.
    Output(Output),
    /// A file that can be gone on with.
    Part(Part, PathBuf),
    /// Columns, which are written in one go.
    Columns(Box<ColumnFile>),
}

/// The results of a run.
pub(super) struct Results {
    scorer: Arc<Scorer>,
    place: Place,
    rejects: Rejects,
    state: Checkpoint,
    kept: Instant,
    formats: BTreeMap<Format, u64>,
    strangers: (Vec<String>, u64),
    /// What an earlier run had done.
    before: u64,
}

/// The inputs without what this run itself writes: an output may lie in a folder that is read.
pub(super) fn without_own(inputs: Vec<Input>, args: &Score) -> Vec<Input> {
    let mut own = Vec::new();
    if let Some(out) = &args.out {
        let endings = ["", ".part", ".checkpoint", ".checkpoint.tmp"];
        own.extend(endings.iter().map(|more| beside(out, more)));
        own.push(rejects_beside(out));
        own.push(beside(&rejects_beside(out), ".part"));
    }
    if let Some(rejects) = &args.rejects {
        own.extend([rejects.clone(), beside(rejects, ".part")]);
    }
    inputs::without(inputs, &own)
}

/// The file that a link leads to, which is what is replaced at the end; all others as they are.
fn pointed_at(out: &Path) -> PathBuf {
    let is_link = out.symlink_metadata().is_ok_and(|known| known.is_symlink());
    let found = is_link.then(|| out.canonicalize().ok()).flatten();
    found.unwrap_or_else(|| out.to_owned())
}

impl Results {
    /// Begins, or goes on with what was begun; nothing if there is nothing left to do.
    pub(super) fn open(
        scorer: &Arc<Scorer>,
        begun: Checkpoint,
        inputs: &[Input],
    ) -> Result<Option<Self>, Failure> {
        let args = &scorer.args;
        let target = args.out.as_deref().filter(|out| is_file(out)).map(pointed_at);
        let file = target.as_deref();
        let rejects = match &args.rejects {
            Some(path) => Some(path.clone()),
            None => file.map(rejects_beside),
        };
        if rejects.is_some() && rejects == args.out {
            return Err(Failure::of_usage("--out and --rejects are the same file"));
        }
        let mut state = begun;
        let mut goes_on = false;
        if args.resume {
            let Some(out) = file.filter(|_| scorer.to != To::Parquet) else {
                return Err(Failure::of_usage(
                    "--resume needs --out with a file that can grow: .jsonl, .json, .csv or text",
                ));
            };
            if let Some(stream) = inputs.iter().find(|input| input.is_stream()) {
                return Err(Failure::of_usage(format_args!(
                    "--resume cannot go on with {}, which is read only once: name a file",
                    stream.name
                )));
            }
            match Checkpoint::read(out)? {
                // The last step of a run takes the part away: then only the checkpoint was left.
                // A part without a checkpoint is of a run that was stopped early, whatever an older one has left.
                found if out.exists() && !beside(out, ".part").exists() => {
                    if found.is_some() {
                        Checkpoint::remove(out)?;
                    }
                    if !args.quiet {
                        crate::complain(&format!("{} is complete: nothing is left to do", out.display()));
                    }
                    return Ok(None);
                }
                Some(earlier) => {
                    state.goes_on(&earlier, inputs)?;
                    state = earlier;
                    goes_on = true;
                }
                None => {}
            }
        }
        let place = match file {
            Some(out) if scorer.to == To::Parquet => {
                Place::Columns(Box::new(ColumnFile::create(out, args.rows)?))
            }
            Some(out) => {
                let mut part = Part::open(out)?;
                if !goes_on {
                    // Before the part is emptied: at no moment may it be shorter than its checkpoint says.
                    Checkpoint::remove(out)?;
                }
                part.go_on(state.out_bytes)?;
                Place::Part(part, out.to_owned())
            }
            None if scorer.to == To::Parquet => {
                return Err(Failure::of_usage(
                    "--to parquet needs --out FILE: columns are not written to a stream",
                ));
            }
            None => Place::Output(Output::open(args.out.as_deref(), scorer.to == To::Text)?),
        };
        let rejects = Rejects::open(rejects, state.rejects_bytes, args.no_text)?;
        Ok(Some(Results {
            scorer: Arc::clone(scorer),
            place,
            rejects,
            before: state.scored + state.rejected,
            state,
            kept: Instant::now(),
            formats: BTreeMap::new(),
            strangers: (Vec::new(), 0),
        }))
    }

    /// Whether results are seen on a terminal.
    pub(super) fn on_terminal(&self) -> bool {
        matches!(&self.place, Place::Output(output) if output.on_terminal())
    }

    /// Which records an earlier run has done.
    pub(super) fn skip(&self) -> impl Fn(u64) -> bool + Send + 'static {
        let done: Ranges = self.state.done.clone();
        move |number| done.has(number)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match &mut self.place {
            Place::Output(output) => output.write(bytes),
            Place::Part(part, _) if self.scorer.to == To::Text => {
                let text = String::from_utf8_lossy(bytes);
                part.write(anstream::adapter::strip_str(&text).to_string().as_bytes())
            }
            Place::Part(part, _) => part.write(bytes),
            Place::Columns(_) => Ok(()),
        }
    }

    /// Takes what has come of some records.
    pub(super) fn take(&mut self, done: Done, progress: &mut Progress) -> Result<(), Failure> {
        let scored = done.scored;
        if scored.calls > 0 {
            let lead = if self.state.scored == 0 {
                self.scorer.before()
            } else {
                self.scorer.between()
            };
            self.write(lead)?;
            self.write(&scored.bytes)?;
        }
        if let (Place::Columns(file), Some(rows)) = (&mut self.place, scored.columns) {
            file.write(rows)?;
        }
        if let (Place::Output(output), false) = (&mut self.place, scored.refusals.is_empty()) {
            // What is said of a call stands behind those before it, where both go to one terminal.
            output.flush()?;
        }
        for (refusal, raw) in &scored.refusals {
            progress.complain(&refusal.to_string());
            self.rejects.add(refusal, raw.as_deref())?;
        }
        for (format, count) in scored.formats {
            *self.formats.entry(format).or_default() += count;
        }
        let (names, calls) = &mut self.strangers;
        *calls += scored.strangers.1;
        for name in scored.strangers.0 {
            if names.len() < 4 && !names.contains(&name) {
                names.push(name);
            }
        }
        self.state.scored += scored.calls;
        self.state.rejected += scored.refusals.len() as u64;
        self.state.done.add(done.first, done.last);
        progress.add(scored.calls as usize, scored.refusals.len());
        Ok(())
    }

    /// All that was written is on the disk.
    fn sync(&mut self) -> Result<(), Failure> {
        if let Place::Part(part, _) = &mut self.place {
            part.sync()?;
        }
        self.rejects.sync()
    }

    /// Writes a checkpoint, if it is time for one or the run ends here.
    pub(super) fn keep(&mut self, now: bool) -> Result<(), Failure> {
        let every = Duration::from_secs_f64(self.scorer.args.checkpoint_every);
        let Place::Part(part, out) = &self.place else {
            return Ok(());
        };
        let lengths = (part.bytes(), self.rejects.bytes());
        let has_grown = lengths != (self.state.out_bytes, self.state.rejects_bytes);
        if !now && (!has_grown || self.kept.elapsed() < every) {
            return Ok(());
        }
        let out = out.clone();
        self.sync()?;
        (self.state.out_bytes, self.state.rejects_bytes) = lengths;
        self.state.write(&out)?;
        self.kept = Instant::now();
        Ok(())
    }

    /// The run was interrupted: it can be gone on with, if it writes a file.
    pub(super) fn interrupted(mut self) -> Result<Outcome, Failure> {
        self.keep(true)?;
        let (scored, rejected) = (self.state.scored, self.state.rejected);
        let more = match &mut self.place {
            Place::Part(..) => "; --resume goes on from here",
            Place::Output(output) => {
                output.flush()?;
                ""
            }
            Place::Columns(_) => "; nothing is written, since a Parquet file is written in one go",
        };
        crate::complain(&format!(
            "hackles: interrupted after {scored} scored + {rejected} rejected{more}"
        ));
        Ok(Outcome::Interrupted)
    }

    /// The run broke: what to do about it.
    pub(super) fn broken(&self, failure: Failure) -> Failure {
        match (failure, &self.place) {
            (Failure::Nothing(why), Place::Part(_, out)) if checkpoint::path(out).exists() => {
                Failure::Nothing(format!(
                    "{why}; what was done until the last checkpoint is kept: --resume goes on from it"
                ))
            }
            (failure, _) => failure,
        }
    }

    /// The run is over.
    pub(super) fn finish(mut self, took: Duration) -> Result<Outcome, Failure> {
        let (scored, rejected) = (self.state.scored, self.state.rejected);
        if scored == 0 {
            if let Place::Part(part, out) = self.place {
                drop(part);
                let _ = std::fs::remove_file(beside(&out, ".part"));
                Checkpoint::remove(&out)?;
            }
            if rejected > 0 {
                self.rejects.finish()?;
            }
            return Err(Failure::of_usage("nothing was scored"));
        }
        let ready = self.write(self.scorer.after()).and_then(|()| self.sync());
        ready.map_err(|failure| self.broken(failure))?;
        let rejects = self.rejects.written().map(Path::to_owned);
        self.rejects.finish()?;
        let to_file = !matches!(self.place, Place::Output(_));
        match self.place {
            Place::Output(output) => output.finish()?,
            Place::Part(part, out) => {
                part.finish()?;
                Checkpoint::remove(&out)?;
            }
            Place::Columns(file) => file.finish()?,
        }
        if to_file && !self.scorer.args.quiet {
            let mut line = format!(
                "read {} = scored {scored} + rejected {rejected}",
                scored + rejected
            );
            if let Some(path) = rejects {
                let _ = write!(line, " (see {})", path.display());
            }
            let now = scored + rejected - self.before;
            let _ = write!(line, "; {}", super::pace(took, now));
            let formats = self
                .formats
                .iter()
                .map(|(format, calls)| format!("{calls} {}", format.title()));
            let _ = write!(line, "; read as {}", formats.collect::<Vec<_>>().join(", "));
            crate::complain(&line);
            tell_strangers(&self.strangers);
        }
        Ok(Outcome::unless(rejected > 0))
    }
}

/// Says who in the calls has no role, and how to tell it. Names of persons are not told.
fn tell_strangers((ids, calls): &(Vec<String>, u64)) {
    if *calls == 0 {
        return;
    }
    let (all, first) = match ids.as_slice() {
        [] => (String::new(), "SPEAKER"),
        [first, ..] => (format!(" ({})", ids.join(", ")), first.as_str()),
    };
    crate::complain(&format!(
        "{calls} calls have speakers whose role nobody says{all}: --roles {first}=agent,… tells it"
    ));
}
