//! `hackles lexicon show`: a signal with its entries, as they stand in their files.

use std::fmt::Write as _;

use hackles::error::did_you_mean;
use hackles::lexicon::EntrySource;
use hackles::signal::Signal;
use hackles::{Lexicon, Role};

use crate::args::workbench::ShowSignal;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::style::{BOLD, DIM, paint};

/// Runs the command.
pub(super) fn run(args: &ShowSignal) -> Result<Outcome, Failure> {
    let analyzer = crate::layers::load(&args.layers)?;
    let lexicon = analyzer.lexicon();
    let signal = lexicon.signal(&args.signal).map_err(|e| Failure::of_usage(&e))?;
    let mut sources = lexicon.sources(&args.signal)?;
    let entries: Vec<String> = args.entries.iter().map(|name| by_number(lexicon, name)).collect();
    for name in &entries {
        if !sources.iter().any(|s| s.is_named(name)) {
            let hint = did_you_mean(name, sources.iter().map(|s| s.id.as_str()));
            return Err(Failure::of_usage(format_args!(
                "{} has no entry \"{name}\"{hint}",
                args.signal
            )));
        }
    }
    if !entries.is_empty() {
        sources.retain(|s| entries.iter().any(|name| s.is_named(name)));
    }
    let mut output = Output::open(None, !args.json)?;
    if args.json {
        super::json(
            &mut output,
            &serde_json::json!({ "signal": signal, "entries": sources }),
        )?;
    } else {
        output.write(text(signal, &sources).as_bytes())?;
    }
    output.finish()?;
    Ok(Outcome::Done)
}

/// The entry that reports without a text call so (`term:#1234`), by its own name; all others as they are.
fn by_number(lexicon: &Lexicon, name: &str) -> String {
    let number = name.strip_prefix("term:#").and_then(|number| number.parse().ok());
    let learned = number.and_then(|number| lexicon.learned(number));
    learned.unwrap_or(name).to_owned()
}

fn text(signal: &Signal, sources: &[EntrySource]) -> String {
    let speaker = signal.speaker.map_or("any speaker", Role::as_str);
    let mut out = format!(
        "{} ({speaker}): {}\n{}\nbias {}, threshold {}; {} entries, {} of them learned terms\n",
        paint(BOLD, &signal.id),
        signal.title,
        signal.summary.trim(),
        signal.bias.to_f64(),
        signal.threshold.to_f64(),
        sources.len(),
        sources.iter().filter(|s| s.is_term).count()
    );
    let mut file = "";
    for source in sources {
        if *source.file != *file {
            file = &source.file;
            let _ = writeln!(out, "\n{}", paint(BOLD, &format!("--- {file}")));
        }
        let gap = if source.is_term { "" } else { "\n" };
        let _ = write!(out, "{gap}");
        let place = paint(
            DIM,
            &format!("# line {}, {} phrases", source.line, source.phrases),
        );
        if !source.is_term {
            let _ = writeln!(out, "{place}");
        }
        let _ = writeln!(out, "{}", source.text);
    }
    out
}
