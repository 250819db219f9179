//! `hackles lexicon eval`: what a lexicon is worth on a corpus.

use std::fmt::Write as _;

use hackles::evidence::Evidence;
use hackles::workbench::{Evaluation, SignalFigures, evaluate};

use super::corpus;
use crate::args::workbench::Eval;
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::style::{BAD, BOLD, DIM, paint};
use crate::table::Table;

/// Runs the command.
pub(super) fn run(args: &Eval) -> Result<Outcome, Failure> {
    let analyzer = crate::layers::telling(crate::layers::load(&args.layers)?, !args.no_text);
    let read = corpus::read(&args.corpus, &[analyzer.lexicon()], &args.signals)?;
    let observed = corpus::watch(&analyzer, &read.corpus);
    let evaluation = evaluate(&analyzer, &read.corpus, &observed, &args.signals, args.errors);
    let mut output = Output::open(None, !args.json)?;
    if args.json {
        super::json(&mut output, &evaluation)?;
    } else {
        output.write(text(&evaluation, !args.signals.is_empty()).as_bytes())?;
    }
    output.finish()?;
    Ok(Outcome::unless(read.left_out > 0))
}

/// The table, then the worst errors. Signals without labels stand there only if they were asked for, or if nothing has labels.
fn text(evaluation: &Evaluation, all: bool) -> String {
    let is_labelled = |f: &SignalFigures| f.calibration_error.is_some();
    let all = all || !evaluation.signals.iter().any(is_labelled);
    let mut table = Table::new(&[
        "SIGNAL",
        "LABELS",
        "SHOWN",
        "PRECISION",
        "RECALL",
        "F1",
        "AUC",
        "AP",
        "ECE",
        "PER 1,000",
    ]);
    for f in evaluation
        .signals
        .iter()
        .filter(|f| if all { f.turns > 0 } else { is_labelled(f) })
    {
        let c = f.counts;
        table.row(vec![
            f.signal.clone(),
            (c.hits + c.false_alarms + c.misses + c.silent).to_string(),
            (c.hits + c.misses).to_string(),
            figure(f.precision),
            figure(f.recall),
            figure(f.f1),
            figure(f.auc),
            figure(f.average_precision),
            figure(f.calibration_error),
            f.rate.map_or_else(|| "–".into(), |r| format!("{r:.2}")),
        ]);
    }
    let mut out = String::new();
    out += &table.styled();
    let mean = evaluation
        .macro_f1
        .map_or_else(String::new, |f| format!(", mean F1 {f:.3}"));
    let _ = writeln!(
        out,
        "{} turns of {} calls{mean}, lexicon {}",
        evaluation.turns, evaluation.calls, evaluation.lexicon
    );
    let mut last = "";
    for mistake in &evaluation.errors {
        if last != mistake.signal {
            last = &mistake.signal;
            let _ = writeln!(out, "\n{}", paint(BOLD, &format!("{last}: the worst errors")));
        }
        let kind = if mistake.shown { "missed" } else { "wrong " };
        let _ = writeln!(
            out,
            "  {} {:.2}  {}  {}{}",
            paint(BAD, kind),
            mistake.score,
            place(&mistake.place, mistake.turn),
            said(mistake.text.as_deref()),
            paint(DIM, &because(&mistake.evidence))
        );
    }
    out
}

/// What was said, where it may be told.
pub(super) fn said(text: Option<&str>) -> &str {
    text.unwrap_or("…")
}

/// A share with three decimals.
pub(super) fn figure(x: Option<f64>) -> String {
    x.map_or_else(|| "–".into(), |x| format!("{x:.3}"))
}

/// A turn of a call; the first is the row itself.
pub(super) fn place(place: &str, turn: u32) -> String {
    if turn == 0 {
        place.to_owned()
    } else {
        format!("{place} turn {turn}")
    }
}

/// What made a signal fire, in short.
pub(super) fn because(evidence: &[Evidence]) -> String {
    let one = |e: &Evidence| {
        let quote = e.quote.as_ref().map_or_else(String::new, |q| format!("\"{q}\" "));
        format!("{quote}{} {:+}", e.entry, e.contribution.to_f64())
    };
    let all: Vec<String> = evidence.iter().map(one).collect();
    if all.is_empty() {
        String::new()
    } else {
        format!("  [{}]", all.join(", "))
    }
}
