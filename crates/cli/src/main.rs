//! The program `hackles`: reads transcripts, live or from files, and shows what the library finds in them.
//!
//! Standard output carries results and nothing else, so that it can be piped; everything said about them goes to
//! standard error, one line each. Exit status: 0 done, 1 some inputs were left out, 2 usage or nothing done,
//! 130 interrupted.
#![forbid(unsafe_code)]

mod args;
mod compare;
mod convert;
mod explain;
mod failure;
mod inputs;
mod json;
mod layers;
mod lexicon;
mod output;
mod progress;
mod read;
mod refusal;
mod render;
mod roles;
mod score;
mod source;
mod style;
mod summary;
mod table;
mod watch;

use std::io::Write as _;
use std::process::ExitCode;

use args::{Args, Command};
use clap::Parser as _;
use clap::error::ErrorKind;
use failure::{Failure, Outcome};

/// The signal whose sum is the sentiment: it has evidence like any other, but neither scores nor fires.
const SENTIMENT: &str = "sentiment";

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return usage(&error),
    };
    let result = match args.command {
        Command::Score(args) => score::run(&args),
        Command::Convert(args) => convert::run(&args),
        Command::Watch(args) => watch::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Summary(args) => summary::run(&args),
        Command::Lexicon(args) => lexicon::run(&args),
    };
    match result {
        // Whoever read our output has seen enough: that is no failure.
        Ok(Outcome::Done) | Err(Failure::Closed) => ExitCode::SUCCESS,
        Ok(Outcome::Incomplete) => ExitCode::from(1),
        Ok(Outcome::Interrupted) => ExitCode::from(score::INTERRUPTED),
        Err(Failure::Nothing(message)) => {
            complain(&message);
            ExitCode::from(2)
        }
    }
}

/// Writes one line to standard error. If even that is closed, there is nobody left to tell.
fn complain(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Help goes where it was asked for; a wrong usage is one line, as all errors are.
fn usage(error: &clap::Error) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = error.print();
            ExitCode::SUCCESS
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            ExitCode::from(2)
        }
        _ => {
            complain(&one_line(&error.render().to_string()));
            ExitCode::from(2)
        }
    }
}

/// Joins the lines of an error of `clap` that say something about it.
fn one_line(message: &str) -> String {
    let lines = message.lines().map(str::trim).filter(|l| !l.is_empty());
    let telling: Vec<&str> = lines
        .take_while(|l| !l.starts_with("Usage:") && !l.starts_with("For more information"))
        .collect();
    let telling = telling.join(" ").replace(" tip: ", "; ");
    format!("hackles: {} (try --help)", telling.trim_start_matches("error: "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_errors_become_one_line() {
        let error = Args::try_parse_from(["hackles", "score", "--to", "jsnl"])
            .map(|_| ())
            .expect_err("wrong");
        let line = one_line(&error.render().to_string());
        assert!(line.starts_with("hackles: invalid value 'jsnl'"), "{line}");
        assert!(line.contains("'jsonl'") && !line.contains('\n'), "{line}");
    }
}
