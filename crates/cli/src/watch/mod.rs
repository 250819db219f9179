//! `hackles watch`: events of live calls as they happen, and finished calls played as they were.

mod live;
mod reload;
mod replay;
mod show;

use std::io::IsTerminal as _;

use hackles::event::Event;
use hackles::{CallReport, Options, Retention};
use serde::Serialize;

use crate::args::{Retention as Kept, Show, Watch};
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::source::Source;

/// Runs the command.
pub(crate) fn run(args: &Watch) -> Result<Outcome, Failure> {
    let (Some(speed), Some(file)) = (args.replay, &args.file) else {
        if args.to == Some(Show::Text) {
            return Err(Failure::of_usage(
                "--to text is for --replay: live calls are written as events, one a line",
            ));
        }
        return live::run(args);
    };
    let readable = match args.to {
        Some(to) => to == Show::Text,
        None => std::io::stdout().is_terminal(),
    };
    replay::run(args, speed, file, readable)
}

/// What a session of this command is told.
fn options(id: &str, kept: Kept) -> Options {
    let mut options = Options::default();
    options.id = Some(id.to_owned());
    options.retention = match kept {
        Kept::Full => Retention::Full,
        Kept::None => Retention::None,
    };
    options
}

/// What is written of a call, one a line.
#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Told<'a> {
    Event(&'a Event),
}

#[derive(Serialize)]
struct Line<'a> {
    call: &'a str,
    #[serde(flatten)]
    told: Told<'a>,
}

/// Writes the report of a call that has ended.
fn tell_report(
    output: &mut Output,
    call: &str,
    report: &CallReport,
    source: Source<'_>,
) -> Result<(), Failure> {
    let mut line = b"{\"call\":".to_vec();
    serde_json::to_writer(&mut line, call).map_err(Failure::of_usage)?;
    line.extend_from_slice(b",\"report\":");
    source.write(&mut line, report, None).map_err(Failure::of_usage)?;
    line.extend_from_slice(b"}\n");
    output.write(&line)?;
    output.flush()
}

/// Writes a line and hands it on at once: whoever reads it may have seconds to help.
fn tell(output: &mut Output, call: &str, told: Told<'_>) -> Result<(), Failure> {
    let mut line = serde_json::to_vec(&Line { call, told }).map_err(Failure::of_usage)?;
    line.push(b'\n');
    output.write(&line)?;
    output.flush()
}
