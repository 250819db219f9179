//! `hackles convert`: transcripts of one format into another.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use hackles_formats::{Call, Format, ParquetWriter, Party, Problem, Writer};

use crate::args::convert::{Convert, To};
use crate::failure::{Failure, Outcome};
use crate::inputs::{self, Input};
use crate::output::{Output, Pending};
use crate::progress::Progress;
use crate::read::{self, Record};
use crate::refusal::{Place, Refusal};

/// Runs the command.
pub(crate) fn run(args: &Convert) -> Result<Outcome, Failure> {
    let (inputs, missing) = args.transcripts.inputs()?;
    let mut target = Target::open(args)?;
    let mut progress = Progress::new(target.on_terminal());
    let (mut written, mut left_out) = (0, 0);
    let mut leave_out = |refusal: &Refusal, progress: &mut Progress| {
        left_out += 1;
        progress.complain(&refusal.to_string());
    };
    let inputs = inputs::without(inputs, args.out.as_slice());
    missing
        .iter()
        .for_each(|refusal| leave_out(refusal, &mut progress));
    let bytes = Arc::new(AtomicU64::new(0));
    progress.expect(inputs.iter().map(Input::size).sum(), &bytes);
    let reading = args.transcripts.reading();
    for input in inputs {
        let records = match read::records(&input, &reading, &bytes) {
            Ok(records) => records,
            Err(refusal) => {
                leave_out(&refusal, &mut progress);
                continue;
            }
        };
        for record in records {
            let converted = one(record, args).and_then(|(call, place)| match target.write(&call)? {
                Ok(()) => Ok(()),
                Err(problem) => Err(Refusal::new(place, &problem).into()),
            });
            match converted {
                Ok(()) => written += 1,
                Err(Trouble::Refusal(refusal)) => leave_out(&refusal, &mut progress),
                Err(Trouble::Failure(failure)) => return Err(failure),
            }
            progress.add(1, 0);
        }
    }
    progress.clear();
    if written == 0 {
        return Err(Failure::of_usage("nothing was converted"));
    }
    target.finish()?;
    Ok(Outcome::unless(left_out > 0))
}

/// What may go wrong with a call.
enum Trouble {
    /// It: the next ones go on.
    Refusal(Refusal),
    /// The output: nothing goes on.
    Failure(Failure),
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        Trouble::Refusal(refusal)
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Trouble::Failure(failure)
    }
}

fn one(record: Record, args: &Convert) -> Result<(Call, Place), Trouble> {
    let place = record.place.clone();
    let mut call = record.whole(args.transcripts.from)?.call;
    for (id, role) in args.transcripts.roles.iter().flat_map(|map| map.pairs()) {
        let told = Some("--roles".into());
        match call.participants.iter_mut().find(|p| p.id == id) {
            Some(party) => (party.role, party.role_from) = (Some(role), told),
            None => call.participants.push(Party {
                id: id.to_owned(),
                role: Some(role),
                role_from: told,
                name: None,
            }),
        }
    }
    Ok((call, place))
}

/// Where calls are written.
enum Target {
    /// One after the other.
    Stream(Output, Writer),
    /// In columns.
    Columns(Box<ParquetWriter<File>>, Pending),
    /// A file a call, in a folder, with the names that are taken.
    Folder(PathBuf, HashSet<String>),
}

impl Target {
    fn open(args: &Convert) -> Result<Self, Failure> {
        let out = args.out.as_deref().filter(|out| out.as_os_str() != "-");
        let to = args.to.unwrap_or_else(|| implied(out));
        match (to, out) {
            (To::Parquet, Some(out)) => {
                let (file, pending) = Pending::create(out)?;
                let writer = ParquetWriter::new(file).map_err(|e| failed(out, &e))?;
                Ok(Target::Columns(Box::new(writer), pending))
            }
            (To::Parquet, None) => Err(Failure::of_usage(
                "--to parquet needs --out FILE: columns are not written to a stream",
            )),
            (To::Vtt, Some(out)) if out.is_dir() || out.extension().is_none() => {
                std::fs::create_dir_all(out)
                    .map_err(|e| Failure::of_writing(&out.display().to_string(), &e))?;
                Ok(Target::Folder(out.to_owned(), HashSet::new()))
            }
            (to, out) => {
                let format = match to {
                    To::Csv => Format::Csv,
                    To::Vtt => Format::Vtt,
                    To::Jsonl | To::Parquet => Format::Jsonl,
                };
                let writer = Writer::new(format).map_err(Failure::of_usage)?;
                Ok(Target::Stream(Output::open(out, false)?, writer))
            }
        }
    }

    fn on_terminal(&self) -> bool {
        matches!(self, Target::Stream(output, _) if output.on_terminal())
    }

    /// Writes a call, or says why its format cannot say it.
    fn write(&mut self, call: &Call) -> Result<Result<(), Problem>, Failure> {
        match self {
            Target::Stream(output, writer) => {
                let mut bytes = Vec::new();
                match writer.write(call, &mut bytes) {
                    Ok(()) => output.write(&bytes).map(Ok),
                    Err(problem) => Ok(Err(problem)),
                }
            }
            Target::Columns(writer, pending) => match writer.write(call) {
                Ok(()) => Ok(Ok(())),
                Err(problem) => Err(failed(pending.target(), &problem)),
            },
            Target::Folder(folder, taken) => {
                let mut bytes = Vec::new();
                let written = Writer::new(Format::Vtt).and_then(|mut writer| writer.write(call, &mut bytes));
                if let Err(problem) = written {
                    return Ok(Err(problem));
                }
                let path = folder.join(name(call.id.as_deref().unwrap_or("call"), taken));
                let mut output = Output::open(Some(&path), false)?;
                output.write(&bytes)?;
                output.finish().map(Ok)
            }
        }
    }

    fn finish(self) -> Result<(), Failure> {
        match self {
            Target::Stream(output, _) => output.finish(),
            Target::Columns(writer, pending) => {
                writer.finish().map_err(|e| failed(pending.target(), &e))?;
                pending.finish()
            }
            Target::Folder(..) => Ok(()),
        }
    }
}

fn failed(path: &Path, problem: &Problem) -> Failure {
    Failure::Nothing(format!("{}: {problem}", path.display()))
}

/// The format that the ending of the output asks for.
fn implied(out: Option<&Path>) -> To {
    let ending = out.and_then(Path::extension).unwrap_or_default();
    match ending.to_string_lossy().as_ref() {
        "csv" => To::Csv,
        "parquet" => To::Parquet,
        "vtt" => To::Vtt,
        _ => To::Jsonl,
    }
}

/// The name of a call's file: its id with nothing in it that file names do not have, and a number where that is taken.
fn name(id: &str, taken: &mut HashSet<String>) -> String {
    let plain = |c: char| {
        if c.is_alphanumeric() || "._- ".contains(c) {
            c
        } else {
            '_'
        }
    };
    let plain: String = id.chars().map(plain).take(120).collect();
    let plain = plain.trim_start_matches('.');
    let plain = if plain.is_empty() { "call" } else { plain };
    let numbered = (2..).map(|n| format!("{plain}-{n}.vtt"));
    let mut names = std::iter::once(format!("{plain}.vtt")).chain(numbered);
    names.find(|name| taken.insert(name.clone())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_plain_and_each_its_own() {
        let mut taken = HashSet::new();
        let names = ["a/b:1", "a_b_1", "../..", ""].map(|id| name(id, &mut taken));
        assert_eq!(names, ["a_b_1.vtt", "a_b_1-2.vtt", "_...vtt", "call.vtt"]);
    }
}
