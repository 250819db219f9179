//! A call on the screen while it goes on: the words as they come, what is found in them below.

use std::fmt::Write as _;

use hackles::event::{Event, PracticeEvent, SignalEvent, SilenceEvent, State};
use hackles::report::PracticeState;
use hackles::signal::Severity;
use hackles::{Analyzer, CallReport, Lexicon, Role, Transcript};

use crate::failure::Failure;
use crate::output::Output;
use crate::render::{View, clip, plain, practice_title, wrap};
use crate::style::{self, BOLD, DIM, paint};

/// How far words and events stand from the left.
const INDENT: usize = 19;

/// The state of the screen.
pub(crate) struct Screen<'a> {
    lexicon: &'a Lexicon,
    /// Whether what is said may be shown.
    text: bool,
    call: &'a Transcript,
    width: usize,
    /// The turn whose words stand on the last line, and the column behind them.
    line: Option<(usize, usize)>,
    /// Turns of which words were shown.
    begun: Vec<bool>,
    /// The last word on a practice: one turn may give several marks of the same kind.
    practice: Option<PracticeEvent>,
}

impl<'a> Screen<'a> {
    /// An empty one.
    pub(crate) fn new(analyzer: &'a Analyzer, call: &'a Transcript) -> Self {
        Screen {
            lexicon: analyzer.lexicon(),
            text: analyzer.tells_text(),
            call,
            width: style::width(),
            line: None,
            begun: vec![false; call.turns.len()],
            practice: None,
        }
    }

    /// The call's name.
    pub(crate) fn begin(&mut self, output: &mut Output, id: &str) -> Result<(), Failure> {
        output.write(format!("{}\n", paint(BOLD, &plain(id))).as_bytes())?;
        output.flush()
    }

    /// A word is said.
    pub(crate) fn word(&mut self, output: &mut Output, turn: usize, text: &str) -> Result<(), Failure> {
        let text = if self.text { plain(text) } else { "·".to_owned() };
        let length = text.trim().chars().count();
        let mut out = String::new();
        match &mut self.line {
            Some((last, column)) if *last == turn && *column + length < self.width => {
                *column += length + 1;
                out.push(' ');
            }
            Some((last, column)) if *last == turn => {
                *column = INDENT + length;
                let _ = write!(out, "\n{:INDENT$}", "");
            }
            _ => {
                self.break_line(&mut out);
                let again = std::mem::replace(&mut self.begun[turn], true);
                out.push_str(&self.head(turn, again));
                self.line = Some((turn, INDENT + length));
            }
        }
        out.push_str(text.trim());
        output.write(out.as_bytes())?;
        output.flush()
    }

    /// The time and the speaker of a turn; three dots where it goes on.
    fn head(&self, turn: usize, again: bool) -> String {
        if again {
            return format!("{:>1$}", "… ", INDENT);
        }
        let turn = &self.call.turns[turn];
        let told = || self.call.participants.iter().find(|p| p.id == turn.speaker)?.role;
        let name = match Role::of_id(&turn.speaker).or_else(told) {
            Some(role) => role.as_str().to_owned(),
            None => plain(&turn.speaker),
        };
        let time = turn.start_ms.map_or_else(String::new, style::clock);
        format!("{}  {:<10} ", paint(DIM, &format!("{time:>6}")), clip(&name, 10))
    }

    /// Something has happened.
    pub(crate) fn event(&mut self, output: &mut Output, event: &Event) -> Result<(), Failure> {
        let text = match event {
            // How every word sounds is too much to follow: the anger line tells what matters of it.
            Event::Signal(signal) if *signal.signal == *crate::SENTIMENT => return Ok(()),
            Event::Signal(signal) => self.signal(signal),
            Event::Anger(anger) => {
                let level = anger.level.to_f64();
                let text = format!(
                    "{} customer is {} {}",
                    style::cell(level),
                    anger.band,
                    style::short(level)
                );
                paint(style::of_level(level), &text)
            }
            Event::Practice(practice) if self.practice.as_ref() == Some(practice) => return Ok(()),
            Event::Practice(practice) => {
                self.practice = Some(practice.clone());
                self.practice(practice)
            }
            // While it lasts there is nothing to read.
            Event::Silence(silence) if silence.state != State::Confirmed => return Ok(()),
            Event::Silence(silence) => paint(DIM, &pause(silence)),
            Event::Alert(alert) => paint(style::BAD.bold(), &format!("! alert: {}", alert.title)),
            Event::Notice(notice) => {
                let what = serde_json::to_value(notice.notice).unwrap_or_default();
                let about = notice.speaker.as_deref().unwrap_or(&notice.utterance);
                paint(
                    DIM,
                    &format!(
                        "notice: {} ({})",
                        what.as_str().unwrap_or_default().replace('_', " "),
                        plain(about)
                    ),
                )
            }
            _ => return Ok(()),
        };
        let mut out = String::new();
        self.break_line(&mut out);
        for line in text.lines() {
            let _ = writeln!(out, "{:INDENT$}{line}", "");
        }
        output.write(out.as_bytes())?;
        output.flush()
    }

    fn signal(&self, event: &SignalEvent) -> String {
        let known = self.lexicon.signal(&event.signal).ok();
        let severity = known.map_or(Severity::Info, |s| s.severity);
        let quote = event
            .quote
            .as_deref()
            .map_or_else(String::new, |q| format!(" \"{}\"", clip(&plain(q), 40)));
        let text = format!(
            "{} {} {}{quote}",
            style::mark(severity),
            event.signal,
            style::short(event.score.to_f64())
        );
        match event.state {
            State::Provisional => paint(DIM, &format!("{text} ?")),
            State::Retracted => paint(DIM.strikethrough(), &format!("  {} taken back", event.signal)),
            State::Confirmed if severity == Severity::Bad => {
                paint(style::of(severity).bold(), &text) + &self.hint(&event.hint)
            }
            State::Confirmed => paint(style::of(severity).bold(), &text),
        }
    }

    fn practice(&self, event: &PracticeEvent) -> String {
        let known = self.lexicon.practices().find(|p| p.id == &*event.practice);
        let title = known.as_ref().map_or(&*event.practice, practice_title);
        if event.state == PracticeState::Met {
            return paint(DIM, &format!("✓ met: {title}"));
        }
        // What waited for an answer is missed some turns after the one it is about.
        let turn = self.call.turns.get(event.turn as usize);
        let place = turn
            .and_then(|t| t.start_ms)
            .map_or_else(|| format!("#{}", event.turn), style::clock);
        let hint = event.hint.as_deref().unwrap_or_default();
        paint(style::BAD, &format!("✗ missed: {title} ({place})")) + &self.hint(hint)
    }

    /// A hint on lines of its own, below what it is about.
    fn hint(&self, hint: &str) -> String {
        let lines = wrap(hint, self.width.saturating_sub(INDENT + 2));
        lines
            .iter()
            .map(|(start, end)| format!("\n  {}", &hint[*start..*end]))
            .collect()
    }

    fn break_line(&mut self, out: &mut String) {
        if self.line.take().is_some() {
            out.push('\n');
        }
    }

    /// The call has ended.
    pub(crate) fn end(&mut self, output: &mut Output, report: &CallReport) -> Result<(), Failure> {
        let mut out = String::new();
        self.break_line(&mut out);
        out.push('\n');
        View::new(self.lexicon, self.text).summary(&mut out, report);
        out.push('\n');
        output.write(out.as_bytes())?;
        output.flush()
    }
}

fn pause(event: &SilenceEvent) -> String {
    let what = if event.hold { "on hold" } else { "silence" };
    format!("{what} {} s", event.ms / 1000)
}
