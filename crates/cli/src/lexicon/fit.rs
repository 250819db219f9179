//! `hackles lexicon fit`: weights from labelled turns.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use hackles::Lexicon;
use hackles::workbench::fit::{Fit, FitFigures, FitOptions, Rewritten, fit};

use super::corpus;
use super::eval::figure;
use crate::args::workbench::Fit as Args;
use crate::failure::{Failure, Outcome, plainly};
use crate::output::Output;
use crate::progress::Progress;
use crate::table::Table;

/// The most changed weights that are shown to people.
const SHOWN: usize = 40;

/// Runs the command.
pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let analyzer = crate::layers::load(&args.layers)?;
    let signals = [args.signal.clone()];
    let read = corpus::read(&args.corpus, &[analyzer.lexicon()], &signals)?;
    let mut options = FitOptions::default();
    options.keep.clone_from(&args.keep);
    options.keep_written = args.keep_written;
    options.keep_bias = args.keep_bias;
    options.keep_signs = !args.free_signs;
    options.most = args.most;
    options.most_against = args.most_against;
    options.prune = args.prune;
    options.sparsity = args.sparsity;
    options.folds = args.folds;
    options.threshold = args.threshold;
    options.seed = args.seed;
    let mut progress = Progress::new(false);
    let fitted = fit(&analyzer, &read.corpus, &args.signal, &options, |what| {
        progress.say(what)
    });
    progress.clear();
    let fitted = fitted.map_err(Failure::of_usage)?;
    let written = if args.write || args.out.is_some() {
        write(&fitted, analyzer.lexicon(), args)?
    } else {
        Vec::new()
    };
    let mut output = Output::open(None, !args.json)?;
    if args.json {
        super::json(&mut output, &fitted)?;
    } else {
        let mut out = text(&fitted);
        for path in written {
            let _ = writeln!(out, "written: {}", path.display());
        }
        output.write(out.as_bytes())?;
    }
    output.finish()?;
    Ok(Outcome::unless(read.left_out > 0))
}

/// Writes the files that change: in place, or into a folder.
fn write(fitted: &Fit, lexicon: &Lexicon, args: &Args) -> Result<Vec<PathBuf>, Failure> {
    let files = fitted.rewrite(lexicon).map_err(Failure::of_usage)?;
    let target = |file: &Rewritten| match &args.out {
        Some(folder) => folder.join(Path::new(&*file.name).file_name().unwrap_or_default()),
        None => PathBuf::from(&*file.name),
    };
    if args.write
        && let Some(builtin) = files.iter().find(|f| !is_given(&f.name, args))
    {
        return Err(Failure::of_usage(format_args!(
            "{} belongs to the built-in set: keep its entries (--keep-written --keep-bias), or write into a folder (--out)",
            builtin.name
        )));
    }
    let targets: Vec<PathBuf> = files.iter().map(target).collect();
    if let Some((at, path)) = targets
        .iter()
        .enumerate()
        .find(|(at, path)| targets[..*at].contains(path))
    {
        return Err(Failure::of_usage(format_args!(
            "two files would be written as {}, one of them {}: give them names of their own, or use --write",
            path.display(),
            files[at].name
        )));
    }
    if let Some(folder) = &args.out {
        fs::create_dir_all(folder)
            .map_err(|e| Failure::Nothing(format!("{}: {}", folder.display(), plainly(&e))))?;
    }
    let mut written = Vec::new();
    for file in &files {
        let path = target(file);
        let mut output = Output::open(Some(&path), false)?;
        output.write(file.text.as_bytes())?;
        output.finish()?;
        written.push(path);
    }
    Ok(written)
}

/// Whether a file was named by --lexicon, or stands in a folder that was.
fn is_given(name: &str, args: &Args) -> bool {
    args.layers
        .lexicon
        .iter()
        .any(|given| Path::new(name).starts_with(given))
}

fn text(fit: &Fit) -> String {
    let mut table = Table::new(&["", "LOSS", "AUC", "AP", "F1", "ECE"]);
    let mut row = |title: &str, f: &FitFigures| {
        table.row(vec![
            title.into(),
            format!("{:.4}", f.loss),
            figure(f.auc),
            figure(f.average_precision),
            figure(f.f1),
            figure(f.calibration_error),
        ]);
    };
    row("before", &fit.before);
    row("after, cross-validated", &fit.cross_validated);
    row("after, in-sample", &fit.in_sample);
    let mut out = format!("{}: {} turns, {} show it\n\n", fit.signal, fit.turns, fit.shown);
    out += &table.styled();
    let left_out = fit.weights.iter().filter(|w| w.new == 0.0).count();
    let _ = writeln!(
        out,
        "\n{} weights change, {left_out} terms are left out, {} stay, {} no turn shows; strength {:.3}\nbias {} → {}, threshold {} → {}\n",
        fit.weights.len() - left_out,
        fit.unchanged,
        fit.unseen,
        fit.strength,
        fit.bias[0],
        fit.bias[1],
        fit.threshold[0],
        fit.threshold[1]
    );
    let mut moved: Vec<_> = fit.weights.iter().filter(|w| w.new != 0.0).collect();
    moved.sort_by(|a, b| {
        b.new
            .abs()
            .total_cmp(&a.new.abs())
            .then_with(|| a.entry.cmp(&b.entry))
    });
    let mut weights = Table::new(&["ENTRY", "TURNS", "WEIGHT"]);
    for w in moved.iter().take(SHOWN) {
        let weight = if w.is_term {
            format!("{:.2}", w.new)
        } else {
            format!("{:.2} → {:.2}", w.old, w.new)
        };
        weights.row(vec![w.entry.clone(), w.turns.to_string(), weight]);
    }
    out += &weights.styled();
    if moved.len() > SHOWN {
        let _ = writeln!(out, "… and {} more (--json)", moved.len() - SHOWN);
    }
    out
}
