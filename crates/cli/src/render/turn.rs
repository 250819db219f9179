//! One turn: who, when, what was said with the caught words in colour, and what it shows.

use std::fmt::Write as _;

use hackles::CallReport;
use hackles::report::TurnReport;
use hackles::signal::Severity;

use super::{View, clip, flow, plain, wrap};
use crate::style::{self, DIM, paint};

/// The longest speaker's name that is shown whole.
const NAME: usize = 12;
/// The longest quote that is shown whole.
const QUOTE: usize = 40;

/// The columns that all turns of a call share.
pub(crate) struct Frame {
    timed: bool,
    time: usize,
    name: usize,
}

impl Frame {
    /// The columns for a call.
    pub(crate) fn of(report: &CallReport) -> Self {
        let turns = || report.turns.iter().flatten();
        let name = turns().map(|t| who(t).chars().count()).max().unwrap_or(0);
        let frame = Frame {
            timed: turns().any(|t| t.start_ms.is_some()),
            time: 0,
            name,
        };
        Frame {
            time: turns().map(|t| frame.when(t).chars().count()).max().unwrap_or(0),
            ..frame
        }
    }

    /// The time of a turn; its number in a call without times.
    fn when(&self, turn: &TurnReport) -> String {
        match turn.start_ms {
            Some(ms) => style::clock(ms),
            None if self.timed => String::new(),
            None => format!("#{}", turn.index),
        }
    }

    fn indent(&self) -> usize {
        self.time + self.name + 6
    }
}

fn who(turn: &TurnReport) -> String {
    let id = turn.speaker.as_deref().unwrap_or("?");
    let name = match turn.role {
        Some(role) => role.as_str().to_owned(),
        None => plain(id),
    };
    clip(&name, NAME)
}

/// Writes a turn. Without a text only what was found in it is shown.
pub(crate) fn write(
    view: &View<'_>,
    out: &mut String,
    frame: &Frame,
    turn: &TurnReport,
    text: Option<&str>,
    level: Option<f64>,
) {
    let bar = match level {
        Some(level) => paint(style::of_level(level), &style::cell(level).to_string()),
        None => " ".into(),
    };
    let (time, name) = (frame.when(turn), who(turn));
    let (time, name) = (
        format!("{time:>0$}", frame.time),
        format!("{name:<0$}", frame.name),
    );
    let _ = write!(out, "{}  {name} {bar}  ", paint(DIM, &time));
    let room = view.width.saturating_sub(frame.indent()).max(20);
    match text {
        Some(text) => {
            let caught = caught(view, turn, text.len());
            for (number, (start, end)) in wrap(text, room).into_iter().enumerate() {
                if number > 0 {
                    out.push_str(&" ".repeat(frame.indent()));
                }
                paint_line(out, text, start..end, &caught);
                out.push('\n');
            }
            if text.trim().is_empty() {
                out.push('\n');
            }
        }
        None => out.push_str(&paint(DIM, "…\n")),
    }
    let pieces: Vec<(usize, String)> = turn.signals.iter().map(|s| piece(view, turn, s)).collect();
    flow(out, frame.indent(), view.width, &pieces);
}

/// The severity of each byte's evidence; bad news hides good.
fn caught(view: &View<'_>, turn: &TurnReport, bytes: usize) -> Vec<Option<Severity>> {
    let mut caught = vec![None; bytes];
    for severity in [Severity::Info, Severity::Good, Severity::Bad] {
        let own = |s: &str| view.lexicon.signal(s).is_ok_and(|s| s.severity == severity);
        for evidence in turn
            .evidence
            .iter()
            .filter(|e| turn.signals.contains(&e.signal) && own(&e.signal))
        {
            let (Some(start), Some(end)) = (evidence.start, evidence.end) else {
                continue;
            };
            if let Some(span) = caught.get_mut(start as usize..end as usize) {
                span.fill(Some(severity));
            }
        }
    }
    caught
}

fn paint_line(out: &mut String, text: &str, range: std::ops::Range<usize>, caught: &[Option<Severity>]) {
    let mut now = None;
    let mut space = false;
    for (at, c) in text[range.clone()].char_indices() {
        let severity = caught.get(range.start + at).copied().flatten();
        if severity != now {
            if let Some(old) = now {
                let _ = write!(out, "{:#}", style::of(old));
            }
            if let Some(new) = severity {
                let _ = write!(out, "{}", style::of(new));
            }
            now = severity;
        }
        let blank = c.is_whitespace() || c.is_control();
        if !(blank && space) {
            out.push(if blank { ' ' } else { c });
        }
        space = blank;
    }
    if let Some(old) = now {
        let _ = write!(out, "{:#}", style::of(old));
    }
}

/// `✗ refusal .88 "not my job"`, with the length it has without its colours.
fn piece(view: &View<'_>, turn: &TurnReport, signal: &str) -> (usize, String) {
    let severity = view.lexicon.signal(signal).map_or(Severity::Info, |s| s.severity);
    let score = turn
        .scores
        .iter()
        .find(|(id, _)| **id == *signal)
        .map_or(0.0, |(_, score)| score.to_f64());
    let head = format!("{} {signal} {}", style::mark(severity), style::short(score));
    let why = why(view, turn, signal);
    (
        head.chars().count() + why.chars().count() + 1,
        format!("{} {}", paint(style::of(severity), &head), paint(DIM, &why)),
    )
}

/// The words of the strongest evidence, or the features where it is not of words.
fn why(view: &View<'_>, turn: &TurnReport, signal: &str) -> String {
    let evidence: Vec<_> = turn
        .evidence_of(signal)
        .filter(|e| e.contribution.0 > 0)
        .collect();
    let spoken = evidence.iter().filter(|e| e.start.is_some());
    match spoken.max_by_key(|e| (e.contribution, e.end.map(|end| end - e.start.unwrap_or(end)))) {
        Some(strongest) if view.text => {
            format!(
                "\"{}\"",
                clip(&plain(strongest.quote.as_deref().unwrap_or_default()), QUOTE)
            )
        }
        Some(_) => String::new(),
        None => evidence.iter().map(|e| &*e.entry).collect::<Vec<_>>().join(", "),
    }
}
