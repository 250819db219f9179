//! The score of a call and what it is made of: practices met and missed; and what was promised.

use hackles::CallReport;
use hackles::lexicon::PracticeHeader;
use hackles::report::{PracticeFigure, PracticeState, PromiseFigure};

use super::summary::{line, line_in, list};
use super::{View, clip, place, plain};
use crate::style::{BAD, GOOD};

/// The most turns that are named of a missed practice.
const TURNS: usize = 4;
/// The longest quote of a promise that is shown whole.
const QUOTE: usize = 60;

/// Writes the score, the practices and the promises of a call.
pub(super) fn write(view: &View<'_>, out: &mut String, report: &CallReport) {
    let score = report.call.score.value.map(|v| format!("{:.2}", v.to_f64()));
    line(view, out, "score", score.into_iter().collect());
    let missed = missed(view, report);
    if !missed.is_empty() {
        let head = format!("✗ {} missed", missed.len());
        let items = missed
            .iter()
            .map(|(practice, figure)| format!("{}{}", title(practice), shown_by(report, figure)));
        list(view, out, (BAD, &head), items.collect());
    }
    let (advice, met): (Vec<_>, Vec<_>) = of_state(view, report, PracticeState::Met)
        .into_iter()
        .partition(|(_, figure)| figure.hint.is_some());
    if !met.is_empty() {
        let head = format!("✓ {} met", met.len());
        let items = met.iter().map(|(practice, _)| title(practice).to_owned());
        list(view, out, (GOOD, &head), items.collect());
    }
    let advice = advice
        .iter()
        .filter_map(|(_, figure)| figure.hint.as_deref().map(str::to_owned));
    line(view, out, "for the agent", advice.collect());
    let promises = |broken: bool| -> Vec<String> {
        let own = report
            .call
            .promises
            .iter()
            .flatten()
            .filter(|p| p.broken == broken);
        own.map(|p| promise(view, report, p)).collect()
    };
    line(view, out, "promised", promises(false));
    line_in(view, out, (BAD, "✗ broken"), promises(true));
}

/// The missed practices, the weightiest first.
pub(super) fn missed<'a>(
    view: &View<'a>,
    report: &'a CallReport,
) -> Vec<(PracticeHeader<'a>, &'a PracticeFigure)> {
    let mut missed = of_state(view, report, PracticeState::Missed);
    missed.sort_by_key(|(practice, _)| std::cmp::Reverse(practice.weight));
    missed
}

/// The title of a practice; its id if it has none.
pub(crate) fn title<'a>(practice: &PracticeHeader<'a>) -> &'a str {
    if practice.title.is_empty() {
        practice.id
    } else {
        practice.title
    }
}

fn of_state<'a>(
    view: &View<'a>,
    report: &'a CallReport,
    state: PracticeState,
) -> Vec<(PracticeHeader<'a>, &'a PracticeFigure)> {
    let header = |id: &str| view.lexicon.practices().find(|p| p.id == id);
    let own = report.call.practices.iter().filter(|f| f.state == state);
    own.filter_map(|f| Some((header(&f.id)?, f))).collect()
}

/// ` (#3 #7)`; nothing where no turn shows it.
fn shown_by(report: &CallReport, figure: &PracticeFigure) -> String {
    let turns = figure.turns.as_deref().unwrap_or_default();
    if turns.is_empty() {
        return String::new();
    }
    let named = turns.iter().take(TURNS).map(|turn| place(report, *turn));
    let more = (turns.len() > TURNS).then(|| format!("+{}", turns.len() - TURNS));
    format!(" ({})", named.chain(more).collect::<Vec<_>>().join(" "))
}

/// `#12: "i'll call you tuesday" (tuesday)`
fn promise(view: &View<'_>, report: &CallReport, promise: &PromiseFigure) -> String {
    let mut told = place(report, promise.turn);
    if !view.text {
        return told;
    }
    if let Some(quote) = &promise.quote {
        told += &format!(": \"{}\"", clip(&plain(quote), QUOTE));
    }
    if let Some(when) = &promise.when {
        told += &format!(" ({})", clip(&plain(when), QUOTE));
    }
    told
}
