//! Redaction marks and what is told of them.

use super::Heard;
use crate::call::Redaction;

/// The redaction marks (`[PII]`, `[CREDIT_DEBIT_NUMBER]`) of a text: from where to where in bytes.
pub(crate) fn marks(text: &str) -> Vec<(usize, usize)> {
    text.match_indices('[')
        .filter_map(|(start, _)| {
            let inside = &text[start + 1..];
            let length = inside.find(']')?;
            let is_mark = length > 0
                && inside[..length]
                    .bytes()
                    .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'));
            is_mark.then_some((start, start + length + 2))
        })
        .collect()
}

/// What was taken out of a text, where it is marked. The n-th of the times, which may have a kind, belongs to the n-th mark; where there are
/// not as many of them as of the marks, they are told apart.
pub(crate) fn redactions(text: &str, times: Vec<Redaction>) -> Vec<Redaction> {
    let marks = marks(text);
    let placed = |(start, end): (usize, usize)| Redaction {
        kind: Some(text[start + 1..end - 1].to_owned()),
        start: Some(start),
        end: Some(end),
        ..Redaction::default()
    };
    if marks.len() != times.len() {
        return marks.into_iter().map(placed).chain(times).collect();
    }
    marks
        .into_iter()
        .zip(times)
        .map(|(mark, time)| {
            let placed = placed(mark);
            Redaction {
                kind: time.kind.or(placed.kind),
                start_ms: time.start_ms,
                end_ms: time.end_ms,
                ..placed
            }
        })
        .collect()
}

/// The times and kinds of what was taken out of an utterance's words.
pub(crate) fn taken(items: &[Heard]) -> Vec<Redaction> {
    let marked = items.iter().filter(|item| !marks(&item.content).is_empty());
    marked
        .map(|item| {
            let (start_ms, end_ms) = item.span();
            Redaction {
                kind: item.redaction.first().and_then(|taken| taken.kind.clone()),
                start_ms,
                end_ms,
                ..Redaction::default()
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_capitals_in_brackets() {
        assert_eq!(marks("[PII], I'm [NAME_2] [laughs] [] é[PII"), [(0, 5), (11, 19)]);
    }

    #[test]
    fn times_that_do_not_pair_with_the_marks_stand_apart() {
        let time = Redaction {
            start_ms: Some(5),
            end_ms: Some(9),
            ..Redaction::default()
        };
        let paired = redactions("my [PIN]", vec![time.clone()]);
        assert_eq!(
            (paired[0].kind.as_deref(), paired[0].start, paired[0].start_ms),
            (Some("PIN"), Some(3), Some(5))
        );
        let apart = redactions("my [PIN]", vec![time.clone(), time]);
        assert_eq!(apart.len(), 3);
        assert_eq!(apart[0].start_ms, None);
    }
}
