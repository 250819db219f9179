//! The call as a whole: figures, and what to do better.

use std::fmt::Write as _;

use hackles::CallReport;
use hackles::report::Trend;
use hackles::signal::{Severity, Signal};

use super::{View, flow, plain, wrap};
use crate::style::{self, BOLD, DIM, paint, short};

/// The width of the names of figures.
const LABEL: usize = 14;
/// The most hints that are shown: more is not read.
const HINTS: usize = 5;

/// Writes the figures of a call.
pub(crate) fn write(view: &View<'_>, out: &mut String, report: &CallReport) {
    let call = &report.call;
    let sentiment = call.sentiment.iter().map(|(who, s)| {
        let trend = s
            .trend
            .map_or("", |t| if t == Trend::Flat { "" } else { trend(t) });
        format!("{} {} {trend}", plain(who), short(s.overall.to_f64()))
            .trim_end()
            .to_owned()
    });
    line(view, out, "sentiment", sentiment.collect());
    line(view, out, "anger", anger(report));
    if let (Some(agent), Some(customer)) = (call.interruptions.by_agent, call.interruptions.by_customer) {
        line(
            view,
            out,
            "interruptions",
            vec![format!("{agent} by agent"), format!("{customer} by customer")],
        );
    }
    line(view, out, "talk", talk(report));
    counts(view, out, report);
    if call
        .not_measured
        .values()
        .any(|r| *r == hackles::report::Reason::NoTimes)
    {
        line(
            view,
            out,
            "not measured",
            vec!["what needs the times of all turns".into()],
        );
    }
    let nameless: Vec<&str> = nameless(report);
    if let Some(first) = nameless.first() {
        let all = nameless.iter().map(|id| plain(id)).collect::<Vec<_>>().join(", ");
        line(
            view,
            out,
            "roles unknown",
            vec![format!("{all} (say --roles {}=agent,…)", plain(first))],
        );
    }
    hints(view, out, report);
}

fn line(view: &View<'_>, out: &mut String, label: &str, parts: Vec<String>) {
    if parts.is_empty() {
        return;
    }
    let text = parts.join(" · ");
    let _ = write!(out, "{}", paint(DIM, &format!("{label:<LABEL$}")));
    for (number, (start, end)) in wrap(&text, view.width.saturating_sub(LABEL))
        .into_iter()
        .enumerate()
    {
        let _ = writeln!(
            out,
            "{}{}",
            " ".repeat(if number > 0 { LABEL } else { 0 }),
            &text[start..end]
        );
    }
}

fn trend(trend: Trend) -> &'static str {
    match trend {
        Trend::Rising => "rising",
        Trend::Falling => "falling",
        Trend::Flat => "flat",
    }
}

fn anger(report: &CallReport) -> Vec<String> {
    let anger = &report.call.anger;
    let (Some(start), Some(peak), Some(end)) = (anger.start, anger.peak, anger.end) else {
        return Vec::new();
    };
    let turn = anger
        .peak_turn
        .and_then(|p| report.turns.as_ref()?.get(p as usize));
    let peak_at = match turn.map(|t| (t.start_ms, t.index)) {
        Some((Some(ms), _)) => format!(" at {}", style::clock(ms)),
        Some((None, index)) => format!(" in #{index}"),
        None => String::new(),
    };
    let levels: Vec<f64> = anger.levels.iter().flatten().map(|l| l.1.to_f64()).collect();
    // A long call has more turns than the line has room: each cell then stands for several, by the highest of them.
    let share = levels.len().div_ceil(40).max(1);
    let course: String = levels
        .chunks(share)
        .map(|c| style::cell(c.iter().copied().fold(0.0, f64::max)))
        .collect();
    let mut parts = vec![
        format!("start {}", short(start.to_f64())),
        format!("peak {}{peak_at}", short(peak.to_f64())),
        format!("end {}", short(end.to_f64())),
    ];
    parts.extend(anger.trend.map(|t| trend(t).to_owned()));
    parts.push(course);
    parts
}

fn talk(report: &CallReport) -> Vec<String> {
    let talk = &report.call.talk;
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let mut parts: Vec<String> = talk
        .speakers
        .iter()
        .map(|(who, s)| match s.talk_share {
            Some(share) => format!("{} {} of the time", plain(who), percent(share.to_f64())),
            None => format!("{} {} of the words", plain(who), percent(s.word_share.to_f64())),
        })
        .collect();
    if let Some(silence) = &talk.silence {
        parts.push(match silence.count {
            0 => "no long silence".into(),
            n => format!(
                "{n} silence{}, {} s, the longest {} s",
                if n == 1 { "" } else { "s" },
                silence.total_ms / 1000,
                silence.longest_ms / 1000
            ),
        });
    }
    parts
}

/// What fired, the most frequent first, then by id.
fn ranked<'a>(view: &View<'a>, report: &CallReport, severity: Severity) -> Vec<(&'a Signal, u32)> {
    let known = report
        .call
        .signals
        .iter()
        .filter_map(|(id, f)| Some((view.lexicon.signal(id).ok()?, f.count)));
    let mut own: Vec<(&Signal, u32)> = known.filter(|(s, _)| s.severity == severity).collect();
    own.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.id.cmp(&b.0.id)));
    own
}

fn counts(view: &View<'_>, out: &mut String, report: &CallReport) {
    for (severity, label) in [
        (Severity::Bad, "bad"),
        (Severity::Good, "good"),
        (Severity::Info, "other"),
    ] {
        let own = ranked(view, report, severity);
        let total: u32 = own.iter().map(|o| o.1).sum();
        if total == 0 {
            continue;
        }
        let pieces = own.iter().map(|(s, n)| {
            let text = if *n > 1 {
                format!("{} ×{n}", s.id)
            } else {
                s.id.clone()
            };
            (text.chars().count(), text)
        });
        let mut flowed = String::new();
        flow(&mut flowed, LABEL, view.width, &pieces.collect::<Vec<_>>());
        let head = format!("{} {total} {label}", style::mark(severity));
        let _ = write!(
            out,
            "{}{}",
            paint(style::of(severity), &format!("{head:<LABEL$}")),
            flowed.trim_start()
        );
    }
}

fn nameless(report: &CallReport) -> Vec<&str> {
    let turns = report.turns.iter().flatten().filter(|t| t.role.is_none());
    let mut ids: Vec<&str> = turns.filter_map(|t| t.speaker.as_deref()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn hints(view: &View<'_>, out: &mut String, report: &CallReport) {
    let ranked = ranked(view, report, Severity::Bad);
    let told = ranked.iter().filter(|(s, _)| !s.hint.is_empty()).take(HINTS);
    for (number, (signal, _)) in told.enumerate() {
        if number == 0 {
            let _ = writeln!(out, "\n{}", paint(BOLD, "What to do better"));
        }
        let text = format!("{}: {}", signal.title, signal.hint);
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
