//! A summary as people read it: the calls on the whole, the groups in a table, practices and signals beside the groups,
//! and the calls to look at.

use std::cmp::Ordering;
use std::fmt::Write as _;

use hackles::lexicon::Outline;
use hackles::signal::Severity;

use super::figures::{Count, Figures, Mean, Named, share};
use super::{Summary, shown};
use crate::render::{clip, plain, wrap};
use crate::style::{self, BOLD, DIM, paint, short};
use crate::table::Table;

/// The width of the names of figures.
const LABEL: usize = 14;
/// The longest name of a group that is shown whole in the first column, and above a column.
const NAME: usize = 28;
const COLUMN: usize = 12;
/// Groups of fewer calls are said to be small.
const FEW: u64 = 10;
/// From so many groups on calls are named on the whole only.
const MANY_GROUPS: usize = 6;

/// Writes the summary.
pub(super) fn text(summary: &Summary, outline: &Outline) -> String {
    let mut out = String::new();
    whole(&mut out, summary);
    if !summary.by.is_empty() {
        groups(&mut out, summary);
    }
    practices(&mut out, summary, outline);
    signals(&mut out, summary, outline);
    calls(&mut out, summary);
    out
}

fn heading(out: &mut String, text: &str) {
    let _ = writeln!(out, "\n{}", paint(BOLD, text));
}

fn percent(x: Option<f64>) -> String {
    x.map_or_else(|| "–".into(), |x| format!("{:.0} %", x * 100.0))
}

fn level(x: Option<f64>) -> String {
    x.map_or_else(|| "–".into(), short)
}

/// Turns or times per 100 calls.
fn rate(x: Option<f64>) -> String {
    x.map_or_else(|| "–".into(), |x| format!("{x:.0}"))
}

/// " (7)": of so many calls, where it is not of all.
fn of(n: u64, calls: u64) -> String {
    if n == calls || n == 0 {
        String::new()
    } else {
        format!(" ({n})")
    }
}

/// "1 call", "2 calls"
fn counted(n: u64, what: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {what}{plural}")
}

/// All calls, a figure a line.
fn whole(out: &mut String, summary: &Summary) {
    let f = &summary.total;
    let mut line = |label: &str, parts: Vec<String>| {
        let _ = writeln!(
            out,
            "{}{}",
            paint(DIM, &format!("{label:<LABEL$}")),
            parts.join(" · ")
        );
    };
    let turns = f.turns.by_call().map(|mean| {
        format!(
            "{}, {mean:.1} a call{}",
            counted(f.turns.count, "turn"),
            of(f.turns.n, f.calls)
        )
    });
    let mut parts = vec![counted(f.calls, "call")];
    parts.extend(turns);
    line("calls", parts);
    if f.score.n > 0 {
        let spread = f
            .score
            .deviation()
            .map_or_else(String::new, |d| format!(", ± {} (standard deviation)", short(d)));
        let n = of(f.score.n, f.calls);
        line("score", vec![format!("{}{n}{spread}", level(f.score.mean()))]);
    }
    if f.peak.n > 0 {
        let mut parts = Vec::new();
        if f.angry.n > 0 {
            parts.push(format!("{} of the calls angry", percent(f.angry.by_call())));
        }
        parts.push(format!(
            "start {} · peak {} · end {}{}",
            level(f.start.mean()),
            level(f.peak.mean()),
            level(f.end.mean()),
            of(f.peak.n, f.calls)
        ));
        let c = f.courses;
        parts.push(format!(
            "rises in {}, falls in {}, flat in {}",
            c.rising, c.falling, c.flat
        ));
        line("anger", parts);
    }
    let sides = [("customer", &f.customer), ("agent", &f.agent)];
    let told = |(who, mean): (&str, &Mean)| {
        (mean.n > 0).then(|| format!("{who} {}{}", level(mean.mean()), of(mean.n, f.calls)))
    };
    let sides: Vec<String> = sides.into_iter().filter_map(told).collect();
    if !sides.is_empty() {
        line("sentiment", sides);
    }
    if f.interruptions.n > 0 {
        let told = format!(
            "{} by agents per 100 calls{}",
            rate(f.interruptions.per_100()),
            of(f.interruptions.n, f.calls)
        );
        line("interruptions", vec![told]);
    }
    if let Some(share) = f.silence_share() {
        let told = format!(
            "{} of the time{}",
            percent(Some(share)),
            of(f.silence_ms.n, f.calls)
        );
        line("silence", vec![told]);
    }
}

/// The name of a group, as it may be shown.
fn name(key: &[Option<String>], most: usize) -> String {
    let values: Vec<&str> = key.iter().map(shown).collect();
    clip(&plain(&values.join(" · ")), most)
}

/// A row a group, then all together.
fn groups(out: &mut String, summary: &Summary) {
    heading(out, &format!("By {}", plain(&summary.by.join(" and "))));
    let head = plain(&summary.by.join(" · ")).to_uppercase();
    let mut table = Table::new(&[
        &clip(&head, NAME),
        "CALLS",
        "TURNS",
        "SCORE",
        "ANGRY",
        "ANGER",
        "↗ ↘ →",
        "CUSTOMER",
        "AGENT",
        "CUTS IN",
        "SILENCE",
    ]);
    for (key, figures) in &summary.groups {
        table.row(row(name(key, NAME), figures, Some(&summary.total)));
    }
    if let Some(small) = &summary.small {
        table.row(row(small.name(), &small.figures, None));
    }
    table.row(row("all".into(), &summary.total, None));
    *out += &table.styled();
    let angry = summary.rules.angry.map_or_else(String::new, |from| {
        format!("ANGRY: calls with a peak from {} on. ", short(from))
    });
    let mut notes = vec![
        format!("{angry}ANGER: mean level at the start, the peak, the end. ↗ ↘ →: calls in which it rises, falls, stays."),
        "CUSTOMER, AGENT: mean sentiment. CUTS IN: agents' interruptions per 100 calls. (n): of so many calls only."
            .to_owned(),
    ];
    let few = |(_, f): &&(_, Figures)| f.calls < FEW;
    let few = summary.groups.iter().filter(few).count();
    if few > 0 {
        notes.push(format!(
            "{} of fewer than {FEW} calls: their figures may be chance; --min-calls puts such together.",
            counted(few as u64, "group")
        ));
    }
    let differs = |(_, f): &(_, Figures)| f.score.differs(&summary.total.score).is_some();
    if summary.groups.iter().any(differs) {
        notes.push(
            "▼ ▲: the score differs from that of all other calls by more than 3 standard errors.".into(),
        );
    }
    if let Some(small) = &summary.small {
        notes.push(format!(
            "Not ranked: {} of fewer than {} calls, {} together.",
            counted(small.groups as u64, "group"),
            small.min_calls,
            counted(small.figures.calls, "call")
        ));
    }
    for note in notes {
        for (start, end) in wrap(&note, style::width()) {
            let _ = writeln!(out, "{}", paint(DIM, &note[start..end]));
        }
    }
}

fn row(name: String, f: &Figures, all: Option<&Figures>) -> Vec<String> {
    let mark = match all.and_then(|all| f.score.differs(&all.score)) {
        Some(Ordering::Less) => "▼",
        Some(Ordering::Greater) => "▲",
        _ => "",
    };
    let mean = |m: &Mean| format!("{}{}", level(m.mean()), of(m.n, f.calls));
    let count = |told: String, c: &Count| format!("{told}{}", of(c.n, f.calls));
    let c = f.courses;
    vec![
        name,
        f.calls.to_string(),
        f.turns
            .by_call()
            .map_or_else(|| "–".into(), |mean| format!("{mean:.1}")),
        format!("{mark}{}", mean(&f.score)),
        count(percent(f.angry.by_call()), &f.angry),
        match f.peak.n {
            0 => "–".into(),
            n => format!(
                "{} {} {}{}",
                level(f.start.mean()),
                level(f.peak.mean()),
                level(f.end.mean()),
                of(n, f.calls)
            ),
        },
        format!("{} {} {}", c.rising, c.falling, c.flat),
        mean(&f.customer),
        mean(&f.agent),
        count(rate(f.interruptions.per_100()), &f.interruptions),
        count(percent(f.silence_share()), &f.silence_ms),
    ]
}

/// As many groups as have room beside columns of this width.
fn beside(summary: &Summary, taken: usize) -> usize {
    let room = style::width().saturating_sub(taken);
    let width = |key: &[Option<String>]| name(key, COLUMN).chars().count().max(5) + 2;
    let mut used = 0;
    let fitting = summary.groups.iter().take_while(|(key, _)| {
        used += width(key);
        used <= room
    });
    fitting.count()
}

/// Says which groups have no column.
fn more(out: &mut String, summary: &Summary, beside: usize) {
    if let Some(more) = summary.groups.len().checked_sub(beside).filter(|more| *more > 0) {
        let plural = if more == 1 { "" } else { "s" };
        let note = format!("and {more} more group{plural}: see --to csv or json");
        let _ = writeln!(out, "{}", paint(DIM, &note));
    }
}

/// How the practices came out, the least met first.
fn practices(out: &mut String, summary: &Summary, outline: &Outline) {
    let title = |id: &str| {
        let known = outline.practices.get(id).filter(|t| !t.is_empty());
        known.map_or_else(|| plain(id), Clone::clone)
    };
    let all = &summary.total.practices;
    let mut known: Vec<_> = all.iter().filter(|(_, p)| p.rate().is_some()).collect();
    if known.is_empty() {
        return;
    }
    known.sort_by(|a, b| {
        let rate = |p: &super::figures::Practised| p.rate().unwrap_or(1.0);
        rate(&a.1)
            .total_cmp(&rate(&b.1))
            .then_with(|| b.1.missed.cmp(&a.1.missed))
    });
    let widest = known.iter().map(|(id, _)| title(id).chars().count()).max();
    let beside = beside(summary, widest.unwrap_or(0) + 34);
    let mut header: Vec<String> = ["PRACTICE", "MET", "MISSED", "NO OCCASION", "RATE"]
        .map(str::to_owned)
        .into();
    header.extend(
        summary
            .groups
            .iter()
            .take(beside)
            .map(|(key, _)| name(key, COLUMN)),
    );
    let mut table = Table::new(&header.iter().map(String::as_str).collect::<Vec<_>>());
    for (id, practised) in known {
        let mut row = vec![
            title(id),
            practised.met.to_string(),
            practised.missed.to_string(),
            practised.no_opportunity.to_string(),
            percent(practised.rate()),
        ];
        let own = summary.groups.iter().take(beside);
        row.extend(own.map(|(_, f)| percent(f.practice(id).rate())));
        table.row(row);
    }
    out.push('\n');
    *out += &table.styled();
    more(out, summary, beside);
}

/// Turns in which a signal fired, per 100 calls.
fn often(f: &Figures, id: &str) -> Option<f64> {
    let (fired, n) = f.signal(id);
    share(fired.turns, n).map(|x| x * 100.0)
}

/// What fired: the bad, the good, the rest, each the most frequent first.
fn signals(out: &mut String, summary: &Summary, outline: &Outline) {
    let severity = |id: &str| outline.signals.get(id).map_or(Severity::Info, |s| s.severity);
    let place = |id: &str| match severity(id) {
        Severity::Bad => 0,
        Severity::Good => 1,
        Severity::Info => 2,
    };
    let mut known: Vec<_> = summary.total.signals().collect();
    if known.is_empty() {
        return;
    }
    known.sort_by(|a, b| {
        let orders = place(a.0).cmp(&place(b.0));
        let (more, less) = (often(&summary.total, b.0), often(&summary.total, a.0));
        orders
            .then(more.unwrap_or(0.0).total_cmp(&less.unwrap_or(0.0)))
            .then_with(|| a.0.cmp(b.0))
    });
    let widest = known.iter().map(|(id, _)| id.chars().count() + 2).max();
    let beside = beside(summary, widest.unwrap_or(0) + 26);
    let mut header: Vec<String> = ["SIGNAL", "PER 100 CALLS", "IN CALLS"].map(str::to_owned).into();
    header.extend(
        summary
            .groups
            .iter()
            .take(beside)
            .map(|(key, _)| name(key, COLUMN)),
    );
    let mut table = Table::new(&header.iter().map(String::as_str).collect::<Vec<_>>());
    for (id, fired) in known {
        let (_, n) = summary.total.signal(id);
        let mut row = vec![
            format!("{} {}", style::mark(severity(id)), plain(id)),
            format!(
                "{}{}",
                rate(often(&summary.total, id)),
                of(n, summary.total.calls)
            ),
            percent(share(fired.calls, n)),
        ];
        let own = summary.groups.iter().take(beside);
        row.extend(own.map(|(_, f)| rate(often(f, id))));
        table.row(row);
    }
    out.push('\n');
    *out += &table.styled();
    more(out, summary, beside);
}

/// The worst and the best calls, of each group if there are few.
fn calls(out: &mut String, summary: &Summary) {
    let few = (1..MANY_GROUPS).contains(&summary.groups.len());
    if !few {
        list(out, summary, "Worst calls", summary.total.worst());
        list(out, summary, "Best calls", summary.total.best());
        return;
    }
    for (key, figures) in &summary.groups {
        let name = name(key, NAME);
        list(out, summary, &format!("Worst calls of {name}"), figures.worst());
        list(out, summary, &format!("Best calls of {name}"), figures.best());
    }
}

fn list(out: &mut String, summary: &Summary, title: &str, calls: &[Named]) {
    if calls.is_empty() {
        return;
    }
    heading(out, title);
    let several = summary.groups.len() >= MANY_GROUPS || summary.small.is_some();
    for call in calls {
        let group = if several {
            paint(DIM, &format!("  {}", name(&summary.keys[call.group], NAME)))
        } else {
            String::new()
        };
        let _ = writeln!(
            out,
            "  score {}  peak {}  {}{group}",
            short(call.score()),
            level(call.peak()),
            plain(&call.id)
        );
    }
}
