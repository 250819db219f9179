//! SubRip.
//!
//! # Facts
//! - A cue is a number, a line of times with a comma before the milliseconds (`00:00:01,000 --> 00:00:02,500`) and its text.
//! - There is no header, and nothing says who speaks but what stands in the text.
//! - All else is said of cues, in their module.

use crate::call::Call;
use crate::captions::cues;
use crate::problem::Problem;

/// Whether a text begins as a file of this format does: a number, and times with commas below it.
pub(crate) fn looks(head: &str) -> bool {
    let head = head.strip_prefix('\u{feff}').unwrap_or(head);
    let mut lines = head.lines().map(str::trim).skip_while(|l| l.is_empty());
    let is_number = |line: &str| !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit());
    lines.next().is_some_and(is_number)
        && lines
            .next()
            .is_some_and(|line| line.matches(',').count() == 2 && cues::times(line).is_some())
}

/// Reads a call.
pub(crate) fn read(text: &str) -> Result<Call, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines: Vec<&str> = text.lines().collect();
    let cues = cues::find(&lines, |_| false)?;
    if cues.is_empty() && !text.trim().is_empty() {
        return Err(Problem::new("no cue (`00:00:01,000 --> 00:00:02,500`)"));
    }
    Ok(cues::call(&cues))
}
