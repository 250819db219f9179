//! `hackles lexicon mine`: phrases that a lexicon may lack.

use std::fmt::Write as _;

use hackles::workbench::mine::{Candidate, MineOptions, mine, to_toml};

use super::corpus;
use crate::args::workbench::{Mine, Phrases};
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::style::{BOLD, DIM, paint};
use crate::table::Table;

/// Runs the command.
pub(super) fn run(args: &Mine) -> Result<Outcome, Failure> {
    let analyzer = crate::layers::load(&args.layers)?;
    let signals = [args.signal.clone()];
    let read = corpus::read(&args.corpus, &[analyzer.lexicon()], &signals)?;
    let observed = corpus::watch(&analyzer, &read.corpus);
    let mut options = MineOptions::default();
    options.words = args.words.into();
    options.least = args.least;
    options.most = args.most;
    options.against = args.against;
    options.content = !args.grammar;
    options.distinct = !args.all;
    options.examples = if args.to == Phrases::Toml {
        0
    } else {
        args.examples
    };
    options.also_in = corpus::texts(&args.also_in, analyzer.lexicon())?;
    let found = mine(
        analyzer.lexicon(),
        &read.corpus,
        &observed,
        &args.signal,
        &options,
    );
    let found = found.map_err(Failure::of_usage)?;
    let mut output = Output::open(args.out.as_deref(), args.to == Phrases::Text)?;
    match args.to {
        Phrases::Json => super::json(&mut output, &found)?,
        Phrases::Toml => {
            let (shown, other) = read.corpus.count(&args.signal);
            let note = format!(
                "mined from {shown} turns that show it and {other} that do not; weights are log-odds, to be fitted"
            );
            output.write(to_toml(&args.signal, &note, &found).as_bytes())?;
        }
        Phrases::Text => output.write(text(&found, &args.signal).as_bytes())?,
    }
    output.finish()?;
    Ok(Outcome::unless(read.left_out > 0))
}

fn text(found: &[Candidate], signal: &str) -> String {
    if found.is_empty() {
        return format!("no phrase adds to {signal}\n");
    }
    let mut table = Table::new(&["PHRASE", "GAIN", "WITH", "WITHOUT", "LOG-ODDS", "Z"]);
    for c in found {
        table.row(vec![
            c.phrase.clone(),
            format!("{:.1}", c.gain),
            c.shown.to_string(),
            c.other.to_string(),
            format!("{:+.2}", c.log_odds),
            format!("{:+.1}", c.z),
        ]);
    }
    let mut out = String::new();
    for (number, line) in table.text().into_iter().enumerate() {
        let line = if number == 0 { paint(BOLD, &line) } else { line };
        let _ = writeln!(out, "{line}");
        for example in number
            .checked_sub(1)
            .and_then(|n| found.get(n))
            .map_or(&[][..], |c| &c.examples)
        {
            let mark = if example.shown { '+' } else { '-' };
            let _ = writeln!(
                out,
                "{}",
                paint(DIM, &format!("    {mark} {}  {}", example.place, example.text))
            );
        }
    }
    let _ = writeln!(
        out,
        "\nready to paste (weights are a start; `lexicon fit` learns them):\n\n[[entry]]"
    );
    let best: Vec<&str> = found
        .iter()
        .filter(|c| c.log_odds > 0.0)
        .take(12)
        .map(|c| c.phrase.as_str())
        .collect();
    let _ = writeln!(out, "id = \"mined\"\nphrases = {best:?}\nweight = 1.0");
    out
}
