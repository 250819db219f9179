//! What to do better: a few hints, the most telling first.

use std::collections::HashSet;
use std::fmt::Write as _;

use hackles::CallReport;
use hackles::signal::Severity;

use super::{View, practices, summary, wrap};
use crate::style::{BOLD, paint};

/// The most hints that are shown: more is not read.
const MOST: usize = 5;
/// The most hints of a signal's entries that are shown behind its own.
const MOST_OWN: usize = 3;

/// Writes the hints of missed practices, then those of what was bad; none twice.
pub(super) fn write(view: &View<'_>, out: &mut String, report: &CallReport) {
    let missed = practices::missed(view, report)
        .into_iter()
        .map(|(practice, _)| (practices::title(&practice), practice.hint));
    let bad = summary::ranked(view, report, Severity::Bad);
    let of_signals = bad
        .iter()
        .map(|(signal, _)| (signal.title.as_str(), signal.hint.as_str()));
    let mut told = HashSet::new();
    let hints = missed
        .chain(of_signals)
        .filter(|(_, hint)| !hint.is_empty() && told.insert(*hint));
    for (number, (title, hint)) in hints.take(MOST).enumerate() {
        if number == 0 {
            let _ = writeln!(out, "\n{}", paint(BOLD, "What to do better"));
        }
        let own = bad
            .iter()
            .find(|(signal, _)| signal.hint == hint)
            .map(|(signal, _)| own(report, &signal.id));
        let text = format!("{title}: {hint}{}", own.unwrap_or_default());
        for (line, (start, end)) in wrap(&text, view.width.saturating_sub(4)).into_iter().enumerate() {
            let _ = writeln!(
                out,
                "  {} {}",
                if line == 0 { '·' } else { ' ' },
                &text[start..end]
            );
        }
    }
}

/// What the entries advise that made a signal fire: the plain words for terms of the trade.
fn own(report: &CallReport, signal: &str) -> String {
    let mut told: Vec<&str> = Vec::new();
    for turn in report.turns.iter().flatten().filter(|t| t.fired(signal)) {
        for hint in turn.evidence_of(signal).filter_map(|e| e.hint.as_deref()) {
            if !told.contains(&hint) && told.len() < MOST_OWN {
                told.push(hint);
            }
        }
    }
    told.iter().map(|hint| format!(" Here: {hint}.")).collect()
}
