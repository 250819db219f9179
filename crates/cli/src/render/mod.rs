//! A scored call as people read it: each turn with what it shows, then the call as a whole.

mod hints;
mod practices;
mod summary;
mod turn;

use std::fmt::Write as _;

use hackles::{CallReport, Lexicon, Transcript};

pub(crate) use practices::title as practice_title;

use crate::compare::Compared;
use crate::style::{self, BOLD, DIM, paint};
use crate::table::Table;

/// How calls are shown.
pub(crate) struct View<'a> {
    lexicon: &'a Lexicon,
    /// Whether what was said may be shown.
    text: bool,
    width: usize,
}

impl<'a> View<'a> {
    /// A view as wide as the terminal.
    pub(crate) fn new(lexicon: &'a Lexicon, text: bool) -> Self {
        View {
            lexicon,
            text,
            width: style::width(),
        }
    }

    /// A whole call; `source` are lines about where it comes from, `compared` the vendor's figures beside ours, if they are asked for.
    pub(crate) fn call(
        &self,
        call: &Transcript,
        report: &CallReport,
        source: &[String],
        compared: Option<&[Compared]>,
    ) -> String {
        let mut out = self.heading(report);
        for line in source {
            let _ = writeln!(out, "{}", paint(DIM, &plain(line)));
        }
        self.turns(&mut out, call, report);
        out.push('\n');
        self.summary(&mut out, report);
        if let Some(compared) = compared {
            compare(&mut out, compared);
        }
        out
    }

    /// The line above a call.
    pub(crate) fn heading(&self, report: &CallReport) -> String {
        let mut out = paint(BOLD, &plain(report.id.as_deref().unwrap_or("call")));
        let meta = report.meta.iter().flatten().filter_map(|(key, value)| {
            let value = value
                .as_str()
                .map(str::to_owned)
                .or_else(|| (!value.is_object()).then(|| value.to_string()))?;
            Some(format!("{key} {value}"))
        });
        let meta: Vec<String> = meta.collect();
        if !meta.is_empty() {
            let _ = write!(
                out,
                "  {}",
                paint(DIM, &plain(&clip(&meta.join(" · "), self.width)))
            );
        }
        out.push('\n');
        out
    }

    /// The call as a whole.
    pub(crate) fn summary(&self, out: &mut String, report: &CallReport) {
        summary::write(self, out, report);
    }

    fn turns(&self, out: &mut String, call: &Transcript, report: &CallReport) {
        let order = in_order(call);
        let frame = turn::Frame::of(report);
        let levels = report.call.anger.levels.as_deref().unwrap_or_default();
        for (turn, arrival) in report.turns.iter().flatten().zip(order) {
            let level = levels.iter().find(|l| l.0 == turn.index).map(|l| l.1.to_f64());
            let text = call
                .turns
                .get(arrival)
                .filter(|_| self.text)
                .map(|t| t.text.as_str());
            turn::write(self, out, &frame, turn, text, level);
        }
    }
}

/// The vendor's figures beside ours.
fn compare(out: &mut String, compared: &[Compared]) {
    let mut table = Table::new(&["figure", "ours", "vendor"]);
    let cell = |figure: Option<f64>| figure.map_or_else(|| "–".to_owned(), style::short);
    for figure in compared {
        table.row(vec![
            plain(&figure.figure),
            cell(figure.ours),
            cell(figure.vendor),
        ]);
    }
    out.push('\n');
    match table.is_empty() {
        true => out.push_str("the transcript has no figures of its vendor's\n"),
        false => out.push_str(&table.styled()),
    }
}

/// A text without the characters that would command a terminal.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// The beginning of a text, of at most so many characters.
pub(crate) fn clip(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// A turn as its own line on the page names it: by its time, in a call without times by its number.
pub(crate) fn place(report: &CallReport, turn: u32) -> String {
    let start = report.turns.as_ref().and_then(|t| t.get(turn as usize)?.start_ms);
    start.map_or_else(|| format!("#{turn}"), style::clock)
}

/// Writes pieces with two spaces between them, as many on a line as fit; each is a text as long as it looks, and the
/// same with colours.
pub(crate) fn flow(out: &mut String, indent: usize, width: usize, pieces: &[(usize, String)]) {
    let mut column = 0;
    for (length, piece) in pieces {
        if column > 0 && column + 2 + length > width {
            out.push('\n');
            column = 0;
        }
        if column == 0 {
            out.push_str(&" ".repeat(indent));
            column = indent;
        } else {
            out.push_str("  ");
            column += 2;
        }
        out.push_str(piece);
        column += length;
    }
    if !pieces.is_empty() {
        out.push('\n');
    }
}

/// Cuts a text into lines of words that fit into a width, as byte ranges.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<(usize, usize)> {
    let mut lines: Vec<(usize, usize)> = Vec::new();
    let mut column = 0;
    for word in text.split_whitespace() {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        let length = word.chars().count();
        match lines.last_mut() {
            Some(line) if column + 1 + length <= width => {
                line.1 = start + word.len();
                column += 1 + length;
            }
            _ => {
                lines.push((start, start + word.len()));
                column = length;
            }
        }
    }
    lines
}

/// The turns of a transcript in the order of its report: by start, then arrival; a turn without a start stays behind the
/// one before it.
fn in_order(call: &Transcript) -> Vec<usize> {
    let mut start = i64::MIN;
    let mut order: Vec<(i64, usize)> = Vec::with_capacity(call.turns.len());
    for (arrival, turn) in call.turns.iter().enumerate() {
        start = turn.start_ms.unwrap_or(start);
        order.push((start, arrival));
    }
    order.sort_unstable();
    order.into_iter().map(|(_, arrival)| arrival).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_wrap_and_pieces_flow() {
        let text = " one two\n three  four";
        let lines: Vec<&str> = wrap(text, 10).into_iter().map(|(a, b)| &text[a..b]).collect();
        assert_eq!(lines, ["one two", "three  four"]);
        assert_eq!(wrap("", 10), []);
        let mut out = String::new();
        flow(
            &mut out,
            2,
            12,
            &[(4, "aaaa".into()), (4, "bbbb".into()), (1, "c".into())],
        );
        assert_eq!(out, "  aaaa  bbbb\n  c\n");
        assert_eq!(clip("abcdef", 4), "abc…");
    }
}
