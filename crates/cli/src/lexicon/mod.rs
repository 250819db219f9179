//! `hackles lexicon`: what is looked for, and whether it is found where it should be.

mod check;
mod corpus;
mod diff;
mod eval;
mod fit;
mod mine;
mod show;

use std::fmt::Write as _;
use std::path::Path;

use hackles::Role;

use crate::args::{Layers, Lexicon, LexiconCommand};
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::style::{self, BAD, BOLD, GOOD, paint};

/// Runs the command.
pub(crate) fn run(args: &Lexicon) -> Result<Outcome, Failure> {
    match &args.command {
        LexiconCommand::List { json, layers } => list(*json, layers),
        LexiconCommand::Test {
            signals,
            untested,
            layers,
        } => test(signals, *untested, layers),
        LexiconCommand::Compile { out, layers } => compile(out, layers),
        LexiconCommand::Check(args) => check::run(args),
        LexiconCommand::Show(args) => show::run(args),
        LexiconCommand::Eval(args) => eval::run(args),
        LexiconCommand::Diff(args) => diff::run(args),
        LexiconCommand::Mine(args) => mine::run(args),
        LexiconCommand::Fit(args) => fit::run(args),
    }
}

/// Writes something as JSON, for people too.
fn json(output: &mut Output, value: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(Failure::of_usage)?;
    output.write(text.as_bytes())?;
    output.write(b"\n")
}

fn list(json: bool, layers: &Layers) -> Result<Outcome, Failure> {
    let analyzer = crate::layers::load(layers)?;
    let signals = analyzer.lexicon().signals();
    let mut output = Output::open(None, !json)?;
    if json {
        let text = serde_json::to_string_pretty(signals).map_err(Failure::of_usage)?;
        output.write(text.as_bytes())?;
        output.write(b"\n")?;
    } else {
        let width = signals.iter().map(|s| s.id.len()).max().unwrap_or(0).max(6);
        let mut out = paint(
            BOLD,
            &format!("{:width$}  {:<8}  {:<8}  TITLE", "SIGNAL", "SPEAKER", "SEVERITY"),
        ) + "\n";
        for s in signals {
            let severity = match s.severity {
                hackles::signal::Severity::Bad => "bad",
                hackles::signal::Severity::Good => "good",
                hackles::signal::Severity::Info => "info",
            };
            let severity = paint(style::of(s.severity), &format!("{severity:<8}"));
            let speaker = s.speaker.map_or("any", Role::as_str);
            let _ = writeln!(out, "{:width$}  {speaker:<8}  {severity}  {}", s.id, s.title);
        }
        output.write(out.as_bytes())?;
    }
    output.finish()?;
    Ok(Outcome::Done)
}

fn compile(out: &Path, layers: &Layers) -> Result<Outcome, Failure> {
    let analyzer = crate::layers::load(layers)?;
    let mut output = Output::open(Some(out), false)?;
    output.write(&analyzer.save())?;
    output.finish()?;
    Ok(Outcome::Done)
}

fn test(signals: &[String], untested: bool, layers: &Layers) -> Result<Outcome, Failure> {
    let analyzer = crate::layers::load(layers)?;
    for id in signals {
        analyzer.lexicon().signal(id).map_err(|e| Failure::of_usage(&e))?;
    }
    let report = analyzer.run_examples(signals);
    let mut out = String::new();
    for failure in &report.failures {
        let _ = writeln!(out, "{failure}");
    }
    if untested {
        for entry in &report.untested {
            let _ = writeln!(out, "{entry}: no example fires it");
        }
    }
    let failed = report.failures.len();
    let style = if failed > 0 { BAD } else { GOOD };
    let summary = format!(
        "{} examples, {failed} failed, {} entries untested",
        report.run,
        report.untested.len()
    );
    let _ = writeln!(out, "{}", paint(style, &summary));
    let mut output = Output::open(None, true)?;
    output.write(out.as_bytes())?;
    output.finish()?;
    Ok(Outcome::unless(failed > 0))
}
