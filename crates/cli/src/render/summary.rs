//! The call as a whole: its figures, each on a line of its own; what is nought is left out.

use std::fmt::Write as _;

use anstyle::Style;
use hackles::CallReport;
use hackles::report::{OverlapKind, Reason, Silence, Trend};
use hackles::signal::{Severity, Signal};

use super::{View, flow, hints, place, plain, practices, wrap};
use crate::style::{self, DIM, paint, short};

/// The width of the names of figures.
const LABEL: usize = 14;

/// Writes the figures of a call.
pub(crate) fn write(view: &View<'_>, out: &mut String, report: &CallReport) {
    let call = &report.call;
    let sentiment = call.sentiment.iter().map(|(who, s)| {
        let trend = s
            .trend
            .map_or("", |t| if t == Trend::Flat { "" } else { t.as_str() });
        format!("{} {} {trend}", plain(who), short(s.overall.to_f64()))
            .trim_end()
            .to_owned()
    });
    line(view, out, "sentiment", sentiment.collect());
    line(view, out, "anger", anger(report));
    line(view, out, "turned", turned(report));
    line(view, out, "story", story(report));
    let interruptions = &call.interruptions;
    let sides = [
        (interruptions.by_agent, "agent"),
        (interruptions.by_customer, "customer"),
    ];
    line(
        view,
        out,
        "interruptions",
        by(sides.map(|(n, who)| (n.unwrap_or(0), who))),
    );
    line(view, out, "overlaps", overlaps(report));
    line(view, out, "talk", talk(report));
    practices::write(view, out, report);
    counts(view, out, report);
    if call.not_measured.values().any(|r| *r == Reason::NoTimes) {
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
        // Without a text speakers may have numbers in place of their names.
        let first = if view.text {
            plain(first)
        } else {
            "SPEAKER".to_owned()
        };
        line(
            view,
            out,
            "roles unknown",
            vec![format!("{all} (say --roles {first}=agent,…)")],
        );
    }
    hints::write(view, out, report);
}

/// A figure: its name, and its parts with dots between them. Without parts there is no line.
pub(super) fn line(view: &View<'_>, out: &mut String, label: &str, parts: Vec<String>) {
    line_in(view, out, (DIM, label), parts);
}

/// The same, with the name in a style.
pub(super) fn line_in(view: &View<'_>, out: &mut String, label: (Style, &str), parts: Vec<String>) {
    if parts.is_empty() {
        return;
    }
    let text = parts.join(" · ");
    let (style, label) = label;
    let _ = write!(out, "{}", paint(style, &format!("{label:<LABEL$}")));
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

/// A list under a name: as many items on a line as fit.
pub(super) fn list(view: &View<'_>, out: &mut String, label: (Style, &str), items: Vec<String>) {
    let pieces = items.into_iter().map(|item| (item.chars().count(), item));
    let mut flowed = String::new();
    flow(&mut flowed, LABEL, view.width, &pieces.collect::<Vec<_>>());
    let (style, label) = label;
    let _ = write!(
        out,
        "{}{}",
        paint(style, &format!("{label:<LABEL$}")),
        flowed.trim_start()
    );
}

fn anger(report: &CallReport) -> Vec<String> {
    let anger = &report.call.anger;
    let (Some(start), Some(peak), Some(end)) = (anger.start, anger.peak, anger.end) else {
        return Vec::new();
    };
    let peak_at = anger
        .peak_turn
        .map_or_else(String::new, |turn| format!(" at {}", place(report, turn)));
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
    parts.extend(anger.trend.map(|t| t.as_str().to_owned()));
    parts.push(course);
    parts
}

fn turned(report: &CallReport) -> Vec<String> {
    let told = report.call.anger.turned.map(|t| {
        let after = t.agent_turn.map_or_else(String::new, |turn| {
            format!(", after agent {}", place(report, turn))
        });
        format!(
            "at {}{after}: {} {:.2} → {:.2}",
            place(report, t.turn),
            t.direction.as_str(),
            t.before.to_f64(),
            t.after.to_f64()
        )
    });
    told.into_iter().collect()
}

/// The opening story, if it was cut off.
fn story(report: &CallReport) -> Vec<String> {
    let cut = report.call.story.filter(|s| s.heard_out == Some(false));
    let told = cut.map(|s| {
        let at = s
            .cut_by
            .map_or_else(String::new, |turn| format!(" at {}", place(report, turn)));
        format!("cut off{at}, after {} words", s.words)
    });
    told.into_iter().collect()
}

/// "2 by agent", for those that are not nought.
fn by<const N: usize>(sides: [(u32, &str); N]) -> Vec<String> {
    let sides = sides.into_iter().filter(|(n, _)| *n > 0);
    sides.map(|(n, who)| format!("{n} by {who}")).collect()
}

fn overlaps(report: &CallReport) -> Vec<String> {
    let kinds = report.call.overlaps.iter().flatten().filter_map(|(kind, f)| {
        let sides = [
            (f.by_agent, "agent"),
            (f.by_customer, "customer"),
            (f.by_others, "others"),
        ];
        let sides = by(sides);
        let kind = match kind {
            OverlapKind::Backchannel => "backchannel",
            OverlapKind::Terminal => "terminal",
            OverlapKind::Completion => "completion",
            OverlapKind::Clarification => "clarification",
            OverlapKind::Competitive => "competitive",
        };
        (!sides.is_empty()).then(|| format!("{kind} {}", sides.join(", ")))
    });
    kinds.collect()
}

/// "2 holds, 55 s, the longest 40 s"; nothing if there were none.
fn pauses(what: &str, pauses: Option<Silence>) -> Option<String> {
    let Silence {
        count,
        total_ms,
        longest_ms,
        ..
    } = pauses?;
    let seconds = |ms: i64| ms / 1000;
    match count {
        0 => None,
        1 => Some(format!("1 {what}, {} s", seconds(total_ms))),
        n => Some(format!(
            "{n} {what}s, {} s, the longest {} s",
            seconds(total_ms),
            seconds(longest_ms)
        )),
    }
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
    parts.extend(pauses("silence", talk.silence));
    parts.extend(pauses("hold", talk.holds));
    parts
}

/// What fired, the most frequent first, then by id.
pub(super) fn ranked<'a>(view: &View<'a>, report: &CallReport, severity: Severity) -> Vec<(&'a Signal, u32)> {
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
        let items = own.iter().map(|(s, n)| match n {
            1 => s.id.clone(),
            n => format!("{} ×{n}", s.id),
        });
        let head = format!("{} {total} {label}", style::mark(severity));
        list(view, out, (style::of(severity), &head), items.collect());
    }
}

fn nameless(report: &CallReport) -> Vec<&str> {
    let turns = report.turns.iter().flatten().filter(|t| t.role.is_none());
    let mut ids: Vec<&str> = turns.filter_map(|t| t.speaker.as_deref()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
