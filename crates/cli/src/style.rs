//! How things look on a terminal. Everything is written with colours; streams that are no terminal drop them.

use anstyle::{AnsiColor, Style};
use hackles::signal::Severity;

/// What must not be overlooked.
pub(crate) const BOLD: Style = Style::new().bold();
/// What may be.
pub(crate) const DIM: Style = Style::new().dimmed();
/// Bad news.
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
/// Good news.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// Neither.
pub(crate) const INFO: Style = AnsiColor::Yellow.on_default();

/// The colour of a severity.
pub(crate) fn of(severity: Severity) -> Style {
    match severity {
        Severity::Bad => BAD,
        Severity::Good => GOOD,
        Severity::Info => INFO,
    }
}

/// The mark of a severity, for those who see no colours.
pub(crate) fn mark(severity: Severity) -> char {
    match severity {
        Severity::Bad => '✗',
        Severity::Good => '✓',
        Severity::Info => '•',
    }
}

/// The colour of a level from 0 to 1 of something bad.
pub(crate) fn of_level(level: f64) -> Style {
    match level {
        l if l >= 0.5 => BAD,
        l if l >= 0.25 => INFO,
        _ => GOOD,
    }
}

/// A text in a style.
pub(crate) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// A level from 0 to 1 as a cell of eight heights.
pub(crate) fn cell(level: f64) -> char {
    const CELLS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    CELLS[((level * 8.0) as usize).min(7)]
}

/// A number from −1 to 1 with two decimals and without its leading nought: `.88`, `−.40`, `1.00`.
pub(crate) fn short(x: f64) -> String {
    let text = format!("{:.2}", x.abs());
    let text = if text.starts_with("0.") {
        text[1..].to_owned()
    } else {
        text
    };
    if x < -0.005 { format!("−{text}") } else { text }
}

/// Milliseconds as `mm:ss`, from an hour on `h:mm:ss`.
pub(crate) fn clock(ms: i64) -> String {
    let (sign, seconds) = (if ms < 0 { "-" } else { "" }, ms.unsigned_abs() / 1000);
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, m, s) => format!("{sign}{m:02}:{s:02}"),
        (h, m, s) => format!("{sign}{h}:{m:02}:{s:02}"),
    }
}

/// The columns there are to write in: the terminal's, within what is readable.
pub(crate) fn width() -> usize {
    let columns = terminal_size::terminal_size_of(std::io::stdout()).map_or(100, |(w, _)| usize::from(w.0));
    columns.clamp(40, 120)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(
            [short(0.8808), short(-0.4), short(1.0), short(-0.001)],
            [".88", "−.40", "1.00", ".00"]
        );
        assert_eq!(
            [clock(0), clock(72_900), clock(3_723_000)],
            ["00:00", "01:12", "1:02:03"]
        );
        assert_eq!([cell(0.0), cell(0.5), cell(1.0)], ['▁', '▅', '█']);
    }
}
