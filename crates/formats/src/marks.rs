//! Marks in the text where something was taken out.

use crate::call::Redaction;

/// Finds marks as recognisers leave them: a name in square brackets (`[PII]`, `[CREDIT_CARD_1]`), or a run of four `#` or more.
pub(crate) fn redactions(text: &str) -> Vec<Redaction> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].find(['[', '#']) {
        let start = at + next;
        let (len, kind) = bracketed(&text[start..])
            .or_else(|| hashes(&text[start..]))
            .unwrap_or((0, None));
        if len > 0 {
            found.push(Redaction {
                kind,
                start: Some(start),
                end: Some(start + len),
                ..Redaction::default()
            });
        }
        at = start + len.max(1);
    }
    found
}

/// How long the mark is that begins here, and what it stands for: the name without a number behind it.
fn bracketed(text: &str) -> Option<(usize, Option<String>)> {
    let end = text.strip_prefix('[')?.find(']')?;
    let name = &text[1..=end];
    let is_name = |c: u8| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, b'_' | b'-' | b' ');
    if !name.starts_with(|c: char| c.is_ascii_uppercase()) || !name.bytes().all(is_name) {
        return None;
    }
    let kind = name.trim_end_matches(|c: char| c.is_ascii_digit());
    Some((end + 2, Some(kind.trim_end_matches('_').to_owned())))
}

fn hashes(text: &str) -> Option<(usize, Option<String>)> {
    let len = text.bytes().take_while(|b| *b == b'#').count();
    (len >= 4).then_some((len, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found_with_what_they_stand_for() {
        let text = "Ich heiße [NAME_1] [laughs], card [CREDIT_CARD], pin #### not #1 [";
        let found: Vec<(&str, Option<String>)> = redactions(text)
            .into_iter()
            .map(|r| (&text[r.start.unwrap()..r.end.unwrap()], r.kind))
            .collect();
        let kind = |kind: &str| Some(kind.to_owned());
        assert_eq!(
            found,
            [
                ("[NAME_1]", kind("NAME")),
                ("[CREDIT_CARD]", kind("CREDIT_CARD")),
                ("####", None)
            ]
        );
    }
}
