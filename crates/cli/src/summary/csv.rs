//! A summary as a table: a row a group, a column a figure.

use super::figures::{Figures, share};
use super::json::rounded;
use super::{Summary, shown};
use crate::failure::Failure;

/// Writes the table. Without fields its only row is all calls.
pub(super) fn csv(summary: &Summary) -> Result<Vec<u8>, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |e: &dyn std::fmt::Display| Failure::of_usage(format_args!("cannot write the table: {e}"));
    let mut header: Vec<String> = summary.by.clone();
    header.extend(figures(summary, &summary.total).into_iter().map(|(name, _)| name));
    writer.write_record(&header).map_err(|e| failed(&e))?;
    let mut row = |group: Vec<&str>, of: &Figures| {
        let figures = figures(summary, of);
        let cells = figures.iter().map(|(_, cell)| cell.as_str());
        writer.write_record(group.into_iter().chain(cells))
    };
    if summary.by.is_empty() {
        row(Vec::new(), &summary.total).map_err(|e| failed(&e))?;
    }
    for (key, of) in &summary.groups {
        row(key.iter().map(shown).collect(), of).map_err(|e| failed(&e))?;
    }
    if let Some(small) = &summary.small {
        let name = small.name();
        let rest = summary.by.iter().skip(1).map(|_| "");
        let group = std::iter::once(name.as_str()).chain(rest).collect();
        row(group, &small.figures).map_err(|e| failed(&e))?;
    }
    writer.into_inner().map_err(|e| failed(&e))
}

/// The columns and their cells. A figure that was not measured is an empty cell.
fn figures(summary: &Summary, f: &Figures) -> Vec<(String, String)> {
    let number = |x: Option<f64>| rounded(x).map_or_else(String::new, |x| x.to_string());
    let count = |n: u64| n.to_string();
    let mut cells: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, cell: String| cells.push((name.to_owned(), cell));
    add("calls", count(f.calls));
    add("turns.total", count(f.turns.count));
    add("turns.mean", number(f.turns.by_call()));
    add("score.mean", number(f.score.mean()));
    add("score.deviation", number(f.score.deviation()));
    add("score.n", count(f.score.n));
    add("anger.angry_share", number(f.angry.by_call()));
    add("anger.start", number(f.start.mean()));
    add("anger.mean", number(f.mean.mean()));
    add("anger.peak", number(f.peak.mean()));
    add("anger.end", number(f.end.mean()));
    add("anger.n", count(f.peak.n));
    add("anger.rising", count(f.courses.rising));
    add("anger.falling", count(f.courses.falling));
    add("anger.flat", count(f.courses.flat));
    add("sentiment.customer", number(f.customer.mean()));
    add("sentiment.customer.n", count(f.customer.n));
    add("sentiment.agent", number(f.agent.mean()));
    add("sentiment.agent.n", count(f.agent.n));
    add(
        "interruptions.by_agent.per_100_calls",
        number(f.interruptions.per_100()),
    );
    add("interruptions.n", count(f.interruptions.n));
    add("silence.share", number(f.silence_share()));
    add("silence.n", count(f.silence_ms.n));
    for (id, _) in summary.total.signals() {
        let (fired, n) = f.signal(id);
        add(
            &format!("signal.{id}.per_100_calls"),
            number(share(fired.turns, n).map(|x| x * 100.0)),
        );
        add(&format!("signal.{id}.calls_share"), number(share(fired.calls, n)));
    }
    for (id, _) in &summary.total.practices {
        let practice = f.practice(id);
        add(&format!("practice.{id}.met"), count(practice.met));
        add(&format!("practice.{id}.missed"), count(practice.missed));
        add(
            &format!("practice.{id}.no_opportunity"),
            count(practice.no_opportunity),
        );
        add(&format!("practice.{id}.met_rate"), number(practice.rate()));
    }
    cells
}
