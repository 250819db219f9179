//! `hackles lexicon diff`: two lexicons on the same turns.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use hackles::Analyzer;
use hackles::workbench::{Change, Corpus, Cost, DiffOptions, Difference, Gained, Side, SignalChange, diff};

use super::corpus;
use super::eval::{because, figure, place, said};
use crate::args::Layers;
use crate::args::workbench::{Diff, Page};
use crate::failure::{Failure, Outcome};
use crate::output::Output;
use crate::style::{BAD, BOLD, DIM, GOOD, paint};
use crate::table::Table;

/// Turns that are scored to see how long it takes.
const TIMED_TURNS: usize = 2000;
/// Times both lexicons score them, in turn: the quickest counts.
const TIMED_ROUNDS: usize = 3;

/// Runs the command.
pub(super) fn run(args: &Diff) -> Result<Outcome, Failure> {
    let (old, old_ms) = load(&args.old, args)?;
    let (new, new_ms) = load(&args.new, args)?;
    let lexicons = [old.lexicon(), new.lexicon()];
    let read = corpus::read(&args.corpus, &lexicons, &args.signal)?;
    let corpus = &read.corpus;
    let observed = [corpus::watch(&old, corpus), corpus::watch(&new, corpus)];
    let mut options = DiffOptions::default();
    options.signals.clone_from(&args.signal);
    options.resamples = args.resamples;
    options.seed = args.seed;
    options.hits = args.hits;
    let side = |analyzer, observed| Side { analyzer, observed };
    let mut difference = diff(
        corpus,
        side(&old, &observed[0]),
        side(&new, &observed[1]),
        &options,
    );
    let mut cost = Cost::default();
    cost.turn_ns = time(corpus, &old, &new);
    cost.load_ms = Change::of(Some(old_ms), Some(new_ms));
    difference.cost = Some(cost);
    let mut broken = Vec::new();
    for rule in &args.fail_if {
        let found = rule.broken(&difference).map_err(Failure::of_usage)?;
        broken.extend(found.into_iter().map(|why| format!("{why} ({rule})")));
    }
    let mut output = Output::open(args.out.as_deref(), args.to == Page::Text)?;
    match args.to {
        Page::Json => super::json(
            &mut output,
            &serde_json::json!({ "difference": difference, "broken": broken }),
        )?,
        Page::Text => output.write(text(&difference, &broken, args).as_bytes())?,
        Page::Markdown => output.write(markdown(&difference, &broken, args).as_bytes())?,
    }
    output.finish()?;
    Ok(Outcome::unless(!broken.is_empty() || read.left_out > 0))
}

/// A lexicon, and the milliseconds it took to load. `builtin` is the built-in set.
fn load(path: &Path, args: &Diff) -> Result<(Analyzer, f64), Failure> {
    let is_builtin = path.as_os_str() == "builtin" && !path.exists();
    let layers = Layers {
        lexicon: if is_builtin {
            Vec::new()
        } else {
            vec![path.to_owned()]
        },
        no_builtin: args.no_builtin && !is_builtin,
    };
    let start = Instant::now();
    let analyzer = crate::layers::telling(crate::layers::load(&layers)?, !args.no_text);
    Ok((analyzer, start.elapsed().as_secs_f64() * 1000.0))
}

/// Nanoseconds a turn on one thread, both lexicons in turn so that a busy machine slows both.
fn time(corpus: &Corpus, old: &Analyzer, new: &Analyzer) -> Change {
    let mut turns = 0;
    let few = corpus.calls.iter().take_while(|c| {
        let more = turns < TIMED_TURNS;
        turns += c.call.turns.len();
        more
    });
    let calls: Vec<_> = few.map(|c| &c.call).collect();
    let turns: usize = calls.iter().map(|c| c.turns.len()).sum();
    let mut best = [f64::INFINITY; 2];
    for _ in 0..TIMED_ROUNDS {
        for (best, analyzer) in best.iter_mut().zip([old, new]) {
            let start = Instant::now();
            for call in &calls {
                std::hint::black_box(analyzer.score(call));
            }
            *best = best.min(start.elapsed().as_secs_f64() * 1e9 / turns.max(1) as f64);
        }
    }
    Change::of(Some(best[0]), Some(best[1]))
}

fn changed(difference: &Difference) -> impl Iterator<Item = &SignalChange> {
    difference.signals.iter().filter(|s| s.is_changed())
}

/// `old → new`, and how sure the difference is.
fn arrow(change: &Change, decimals: usize) -> String {
    match (change.old, change.new) {
        (Some(old), Some(new)) if old == new => format!("{new:.decimals$}"),
        (Some(old), Some(new)) => {
            let sure = if change.is_sure() { "*" } else { "" };
            format!("{old:.decimals$} → {new:.decimals$}{sure}")
        }
        (None, Some(new)) => format!("– → {new:.decimals$}"),
        (Some(old), None) => format!("{old:.decimals$} → –"),
        (None, None) => "–".into(),
    }
}

fn table(difference: &Difference) -> Table {
    let mut table = Table::new(&[
        "SIGNAL",
        "LABELS",
        "PRECISION",
        "RECALL",
        "F1",
        "F1 BY",
        "AUC",
        "PER 1,000",
        "RIGHT BY",
        "P",
        "GAINED",
        "LOST",
    ]);
    for s in changed(difference) {
        let by =
            s.f1.interval
                .map_or_else(String::new, |[low, high]| format!("{low:+.3} to {high:+.3}"));
        table.row(vec![
            s.signal.clone(),
            s.labelled.to_string(),
            arrow(&s.precision, 3),
            arrow(&s.recall, 3),
            arrow(&s.f1, 3),
            by,
            arrow(&s.auc, 3),
            arrow(&s.rate, 2),
            format!("+{} −{}", s.only_new_right, s.only_old_right),
            figure(s.p),
            s.gained.to_string(),
            s.lost.to_string(),
        ]);
    }
    table
}

/// Size and cost, a line each.
fn costs(difference: &Difference) -> Vec<String> {
    let percent = |c: &Change| match (c.old, c.new) {
        (Some(old), Some(new)) if old > 0.0 => format!(" ({:+.1} %)", (new / old - 1.0) * 100.0),
        _ => String::new(),
    };
    let size = &difference.size;
    let mut lines = vec![
        format!("phrases    {}{}", arrow(&size.phrases, 0), percent(&size.phrases)),
        format!(
            "patterns   {}{}",
            arrow(&size.patterns, 0),
            percent(&size.patterns)
        ),
        format!("bytes      {}{}", arrow(&size.bytes, 0), percent(&size.bytes)),
    ];
    if let Some(cost) = &difference.cost {
        lines.push(format!(
            "ns a turn  {}{}",
            arrow(&cost.turn_ns, 0),
            percent(&cost.turn_ns)
        ));
        lines.push(format!(
            "ms to load {}{}",
            arrow(&cost.load_ms, 0),
            percent(&cost.load_ms)
        ));
    }
    lines
}

fn heading(difference: &Difference) -> String {
    format!(
        "{} turns of {} calls\nold: {}\nnew: {}",
        difference.turns, difference.calls, difference.old, difference.new
    )
}

/// How a turn is judged by the change: `+` better, `-` worse, `?` nobody knows.
fn judged(hit: &Gained) -> char {
    match hit.shown {
        Some(shown) if shown == hit.is_new => '+',
        Some(_) => '-',
        None => '?',
    }
}

fn text(difference: &Difference, broken: &[String], args: &Diff) -> String {
    let mut out = heading(difference) + "\n\n";
    let table = table(difference);
    if table.is_empty() {
        out += "no signal differs in any turn\n";
    } else {
        out += &table.styled();
        let same = difference.signals.len() - changed(difference).count();
        let _ = writeln!(
            out,
            "{same} signals do not differ. * in 95 of 100 resamples of the calls; P: McNemar's exact test."
        );
        if difference.macro_f1.new.is_some() {
            let _ = writeln!(out, "mean F1 {}", arrow(&difference.macro_f1, 3));
        }
    }
    for s in changed(difference).filter(|s| !s.hits.is_empty()) {
        for (is_new, all, title) in [(true, s.gained, "gained"), (false, s.lost, "lost")] {
            let hits: Vec<&Gained> = s.hits.iter().filter(|h| h.is_new == is_new).collect();
            if hits.is_empty() {
                continue;
            }
            let _ = writeln!(out, "\n{}", paint(BOLD, &format!("{} {title} {all}", s.signal)));
            for hit in &hits {
                let mark = judged(hit);
                let style = match mark {
                    '+' => GOOD,
                    '-' => BAD,
                    _ => DIM,
                };
                let _ = writeln!(
                    out,
                    "  {} {}  {}{}",
                    paint(style, &mark.to_string()),
                    place(&hit.place, hit.turn),
                    said(hit.text.as_deref()),
                    paint(DIM, &because(&hit.evidence))
                );
            }
            if hits.len() < all as usize {
                let _ = writeln!(out, "  … and {} more (--hits N)", all as usize - hits.len());
            }
        }
    }
    out += "\n";
    for line in costs(difference) {
        let _ = writeln!(out, "{line}");
    }
    for why in broken {
        let _ = writeln!(out, "{} {why}", paint(BAD, "broken:"));
    }
    if broken.is_empty() && !args.fail_if.is_empty() {
        let _ = writeln!(out, "{}", paint(GOOD, "no rule is broken"));
    }
    out
}

fn markdown(difference: &Difference, broken: &[String], args: &Diff) -> String {
    let mut out = String::from("# Lexicon change\n\n");
    for why in broken {
        let _ = writeln!(out, "- **broken:** {why}");
    }
    if !args.fail_if.is_empty() {
        out += if broken.is_empty() {
            "No rule is broken.\n\n"
        } else {
            "\n"
        };
    }
    let _ = writeln!(out, "{}\n", heading(difference).replace('\n', "  \n"));
    let table = table(difference);
    if table.is_empty() {
        out += "No signal differs in any turn.\n";
    } else {
        out += &table.markdown();
        out += "\n\\* in 95 of 100 resamples of the calls; P: McNemar's exact test.\n";
    }
    for s in changed(difference).filter(|s| !s.hits.is_empty()) {
        let _ = writeln!(out, "\n## {}: {} gained, {} lost\n", s.signal, s.gained, s.lost);
        for hit in &s.hits {
            let _ = writeln!(
                out,
                "- {} `{}` {}: {}{}",
                if hit.is_new { "gained" } else { "lost" },
                judged(hit),
                place(&hit.place, hit.turn),
                said(hit.text.as_deref()).replace('|', "\\|"),
                because(&hit.evidence)
            );
        }
    }
    out += "\n```\n";
    for line in costs(difference) {
        let _ = writeln!(out, "{line}");
    }
    out += "```\n";
    out
}
