//! How far a run has come, beside its output: enough to go on without a lost or doubled report.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::hash::Hasher as _;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use twox_hash::{XxHash3_64, XxHash3_128};

use super::part::beside;
use crate::args::Score;
use crate::failure::Failure;
use crate::inputs::Input;
use crate::refusal::Refusal;

/// The version of the file.
const VERSION: u32 = 1;

/// What a run is made of, and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checkpoint {
    version: u32,
    /// All that decides what is written.
    settings: BTreeMap<String, String>,
    inputs: Inputs,
    /// The records that are done.
    pub(super) done: Ranges,
    /// How long the output is with their reports, and nothing else.
    pub(super) out_bytes: u64,
    /// How long the file of what is left out is.
    pub(super) rejects_bytes: u64,
    /// How many of them were scored.
    pub(super) scored: u64,
    /// How many were left out.
    pub(super) rejected: u64,
}

/// Of so many files at most it is kept how each was.
const EACH: usize = 4096;

/// What is read: all names, sizes and times of change in one sum.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Inputs {
    files: u64,
    bytes: u64,
    sum: String,
    /// A sum for each file, to tell which one has changed.
    each: Vec<u32>,
}

impl Inputs {
    /// Also of the paths that lead nowhere: they are records, too.
    fn of(missing: &[Refusal], inputs: &[Input]) -> Self {
        let mut sum = XxHash3_128::new();
        let mut bytes = 0;
        let mut each = Vec::new();
        for refusal in missing {
            sum.write(refusal.to_string().as_bytes());
            sum.write(&[1]);
        }
        for input in inputs {
            let known = input.metadata();
            let size = known.as_ref().map_or(0, fs::Metadata::len);
            bytes += size;
            let changed = known.and_then(|known| known.modified().ok());
            let age = changed.and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
            let age = age.map_or(0, |age| age.as_nanos());
            let mut own = XxHash3_64::new();
            own.write(input.name.as_bytes());
            own.write(&[0]);
            own.write(&size.to_le_bytes());
            own.write(&age.to_le_bytes());
            let own = own.finish();
            sum.write(&own.to_le_bytes());
            if inputs.len() <= EACH {
                each.push(own as u32);
            }
        }
        Inputs {
            files: inputs.len() as u64,
            bytes,
            sum: format!("{:032x}", sum.finish_128()),
            each,
        }
    }

    /// In what these differ from earlier ones.
    fn changes(&self, earlier: &Inputs, inputs: &[Input]) -> String {
        let mut told = format!(
            "{} files of {} bytes, now {} of {}",
            earlier.files, earlier.bytes, self.files, self.bytes
        );
        let same = self
            .each
            .iter()
            .zip(&earlier.each)
            .take_while(|(a, b)| a == b)
            .count();
        let compared = !self.each.is_empty() && !earlier.each.is_empty();
        if let Some(first) = inputs.get(same).filter(|_| compared) {
            told += &format!("; {} is the first that is not as it was", first.name);
        }
        told
    }
}

/// Numbers of records, as ranges from one to before another, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ranges(Vec<(u64, u64)>);

impl Ranges {
    /// Adds a range that is not in it yet.
    pub(super) fn add(&mut self, first: u64, last: u64) {
        let at = self.0.partition_point(|(begin, _)| *begin < first);
        self.0.insert(at, (first, last));
        for left in [at, at.wrapping_sub(1)] {
            if let (Some(a), Some(b)) = (
                self.0.get(left).copied(),
                self.0.get(left.wrapping_add(1)).copied(),
            ) && a.1 == b.0
            {
                self.0[left].1 = b.1;
                self.0.remove(left + 1);
            }
        }
    }

    /// Whether a number is in it.
    pub(super) fn has(&self, number: u64) -> bool {
        let at = self.0.partition_point(|(begin, _)| *begin <= number);
        at > 0 && number < self.0[at - 1].1
    }
}

/// A value of an option as it is typed.
fn named(value: &impl clap::ValueEnum) -> String {
    value
        .to_possible_value()
        .map_or_else(String::new, |value| value.get_name().to_owned())
}

/// Where the checkpoint of an output lies.
pub(super) fn path(out: &Path) -> PathBuf {
    beside(out, ".checkpoint")
}

impl Checkpoint {
    /// The beginning of a run.
    pub(super) fn new(
        args: &Score,
        to: crate::args::To,
        lexicon: &str,
        missing: &[Refusal],
        inputs: &[Input],
    ) -> Self {
        fn told<T>(value: Option<&T>, shown: impl Fn(&T) -> String) -> String {
            value.map_or_else(|| "not given".to_owned(), shown)
        }
        let roles = |roles: &crate::roles::RoleMap| {
            let pairs = roles.pairs().map(|(id, role)| format!("{id}={}", role.as_str()));
            let all = pairs.collect::<Vec<_>>().join(",");
            match args.no_text {
                // Speakers may be named.
                true => format!("#{:016x}", XxHash3_64::oneshot(all.as_bytes())),
                false => all,
            }
        };
        let settings = [
            ("lexicon", lexicon.to_owned()),
            ("program", env!("CARGO_PKG_VERSION").to_owned()),
            ("--to", named(&to)),
            (
                "--from",
                told(args.transcripts.from.as_ref(), |format| format.name().to_owned()),
            ),
            (
                "--columns",
                told(args.transcripts.columns.as_ref(), ToString::to_string),
            ),
            ("--roles", told(args.transcripts.roles.as_ref(), roles)),
            (
                "--max-record",
                told(args.transcripts.max_record.as_ref(), ToString::to_string),
            ),
            (
                "--rejects",
                told(args.rejects.as_ref(), |path| path.display().to_string()),
            ),
            ("--unordered", args.unordered.to_string()),
            ("--evidence", named(&args.evidence)),
            ("--no-text", args.no_text.to_string()),
            ("--rows", named(&args.rows)),
            ("--compare", told(args.compare.as_ref(), named)),
        ];
        Checkpoint {
            version: VERSION,
            settings: settings.map(|(key, value)| (key.to_owned(), value)).into(),
            inputs: Inputs::of(missing, inputs),
            done: Ranges::default(),
            out_bytes: 0,
            rejects_bytes: 0,
            scored: 0,
            rejected: 0,
        }
    }

    /// The checkpoint of an output, if there is one.
    ///
    /// # Errors
    /// A file that is no checkpoint.
    pub(super) fn read(out: &Path) -> Result<Option<Self>, Failure> {
        let path = path(out);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(Failure::of_writing(&path.display().to_string(), &e)),
        };
        let found = serde_json::from_slice::<Checkpoint>(&bytes)
            .ok()
            .filter(|c| c.version == VERSION);
        found.map(Some).ok_or_else(|| {
            let why = "not a checkpoint of this version: start anew without --resume";
            Failure::Nothing(format!("{}: {why}", path.display()))
        })
    }

    /// Whether the run that this begins may go on where an earlier one stopped.
    ///
    /// # Errors
    /// What is not as it was.
    pub(super) fn goes_on(&self, earlier: &Checkpoint, inputs: &[Input]) -> Result<(), Failure> {
        for (key, value) in &self.settings {
            let before = earlier.settings.get(key).map_or("nothing", String::as_str);
            if before != value {
                return Err(Failure::of_usage(format_args!(
                    "cannot go on: {key} was {before} and is {value}; run it as it was, or start anew without --resume"
                )));
            }
        }
        if self.inputs == earlier.inputs {
            return Ok(());
        }
        let changes = self.inputs.changes(&earlier.inputs, inputs);
        Err(Failure::of_usage(format_args!(
            "cannot go on: the inputs have changed ({changes}); start anew without --resume"
        )))
    }

    /// Writes it, whole or not at all.
    pub(super) fn write(&self, out: &Path) -> Result<(), Failure> {
        let path = path(out);
        let failed = |e: &io::Error| Failure::of_writing(&path.display().to_string(), e);
        let bytes = serde_json::to_vec(self).map_err(Failure::of_usage)?;
        let temporary = beside(&path, ".tmp");
        let written = File::create(&temporary)
            .and_then(|mut file| file.write_all(&bytes).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&temporary, &path));
        written.map_err(|e| failed(&e))
    }

    /// The run is over.
    pub(super) fn remove(out: &Path) -> Result<(), Failure> {
        let path = path(out);
        match fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                Err(Failure::of_writing(&path.display().to_string(), &e))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_grow_together() {
        let mut ranges = Ranges::default();
        for (first, last) in [(4, 6), (0, 2), (8, 9), (2, 4), (6, 8)] {
            ranges.add(first, last);
        }
        assert_eq!(ranges, Ranges(vec![(0, 9)]));
        ranges.add(11, 12);
        let has: Vec<u64> = (0..14).filter(|n| ranges.has(*n)).collect();
        assert_eq!(has, [0, 1, 2, 3, 4, 5, 6, 7, 8, 11]);
    }
}
