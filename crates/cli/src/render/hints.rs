//! What to do better: a few hints, the most telling first.

use std::collections::HashSet;
use std::fmt::Write as _;

use hackles::CallReport;
use hackles::signal::Severity;

use super::{View, practices, summary, wrap};
use crate::style::{BOLD, paint};

/// The most hints that are shown: more is not read.
const MOST: usize = 5;

/// Writes the hints of missed practices, then those of what was bad; none twice.
pub(super) fn write(view: &View<'_>, out: &mut String, report: &CallReport) {
    let missed = practices::missed(view, report)
        .into_iter()
        .map(|(practice, _)| (practices::title(&practice), practice.hint));
    let bad = summary::ranked(view, report, Severity::Bad)
        .into_iter()
        .map(|(signal, _)| (signal.title.as_str(), signal.hint.as_str()));
    let mut told = HashSet::new();
    let hints = missed
        .chain(bad)
        .filter(|(_, hint)| !hint.is_empty() && told.insert(*hint));
    for (number, (title, hint)) in hints.take(MOST).enumerate() {
        if number == 0 {
            let _ = writeln!(out, "\n{}", paint(BOLD, "What to do better"));
        }
        let text = format!("{title}: {hint}");
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
