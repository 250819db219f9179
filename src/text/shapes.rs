//! The shapes of transcribed speech and chat within one piece: marks, masks, stutters, cut-off words, amounts, times.

use super::{Flags, Sink, TextRules, is_emoji, words};

/// Reads one piece (no white space, no square brackets inside).
pub(super) fn read(rules: &TextRules, piece: &str, start: usize, sink: &mut impl Sink) {
    let trimmed = piece.trim_end_matches(['.', ',', '!', '?', ':', ';']);
    if whole_mark(rules, trimmed) {
        sink.word(trimmed, start, Flags::MARK | Flags::TRANSPARENT);
        punctuation(&piece[trimmed.len()..], false, sink);
        return;
    }
    if rules.emoticons.contains(piece) {
        sink.word(piece, start, Flags::EMOJI);
        return;
    }
    let is_core = |c: char| c.is_alphanumeric() || c == '*' || is_emoji(c);
    let (Some(from), Some(last)) = (piece.find(is_core), piece.rfind(is_core)) else {
        punctuation(piece, false, sink);
        return;
    };
    let to = last + piece[last..].chars().next().map_or(0, char::len_utf8);
    let (head, core, tail) = (&piece[..from], &piece[from..to], &piece[to..]);
    let from = start + from;
    if core.contains('*') && masked(core) {
        sink.word(core, from, Flags::MASKED | case(core));
        punctuation(tail, false, sink);
    } else if head.ends_with(['$', '£', '€']) && core.starts_with(|c: char| c.is_ascii_digit()) {
        sink.word(core, from, Flags::MONEY | Flags::NUMBER);
        punctuation(tail, false, sink);
    } else if is_clock(core) {
        sink.word(core, from, Flags::TIME | Flags::NUMBER);
        punctuation(tail, false, sink);
    } else {
        hyphenated(rules, core, from, tail, sink);
    }
}

/// `<unk>`, `(laughs)`, `$` (laughter), `@handle`, links, mail addresses, `--`.
fn whole_mark(rules: &TextRules, piece: &str) -> bool {
    let inner = |open: char, close: char| piece.strip_prefix(open).and_then(|p| p.strip_suffix(close));
    inner('<', '>').is_some_and(|p| !p.is_empty() && p != "3")
        || inner('(', ')').is_some_and(|p| rules.marks(p))
        || piece == "$"
        || (piece.len() > 1 && piece.starts_with('@'))
        || piece.contains("://")
        || piece.starts_with("www.")
        || piece
            .split_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))
}

/// A word with stars in it, or three stars and more.
fn masked(core: &str) -> bool {
    let stars = core.bytes().filter(|&b| b == b'*').count();
    let rest_is_letters = core
        .chars()
        .all(|c| c == '*' || c.is_alphabetic() || c == '\'' || c == '-');
    let bold = core.starts_with('*')
        && core.ends_with('*')
        && core.trim_matches('*').chars().all(char::is_alphabetic);
    if stars == core.len() {
        stars >= 3
    } else {
        rest_is_letters && !bold
    }
}

/// `10:30`, `9am`, `5:15pm`.
pub(crate) fn is_clock(core: &str) -> bool {
    let (digits, half) = match core.split_at_checked(core.len().saturating_sub(2)) {
        Some((digits, half)) if half.eq_ignore_ascii_case("am") || half.eq_ignore_ascii_case("pm") => {
            (digits, true)
        }
        _ => (core, false),
    };
    let number = |s: &str| (1..=2).contains(&s.len()) && s.bytes().all(|b| b.is_ascii_digit());
    match digits.split_once(':') {
        Some((hours, minutes)) => number(hours) && number(minutes) && minutes.len() == 2,
        None => half && number(digits),
    }
}

/// Stutters (`I-I`, `th-the`) and cut-off words (`whi-`, `car~`); all else is plain words.
fn hyphenated(rules: &TextRules, core: &str, start: usize, tail: &str, sink: &mut impl Sink) {
    let cut = tail.starts_with('~') || (tail.starts_with('-') && !tail.starts_with("--"));
    let last = core.rfind('-').map_or(0, |i| i + 1);
    let word = &core[last..];
    let parts = &core[..last];
    let begins_word = |part: &str| {
        !part.is_empty()
            && part.chars().all(char::is_alphabetic)
            && word
                .get(..part.len())
                .is_some_and(|w| w.eq_ignore_ascii_case(part))
    };
    if !parts.is_empty() && parts[..last - 1].split('-').all(begins_word) {
        let mut at = 0;
        for part in parts[..last - 1].split('-') {
            sink.word(part, start + at, Flags::STUTTER | Flags::TRANSPARENT | case(part));
            at += part.len() + 1;
        }
        plain(rules, word, start + last, tail, cut, sink);
    } else {
        plain(rules, core, start, tail, cut, sink);
    }
}

fn plain(rules: &TextRules, core: &str, start: usize, tail: &str, cut: bool, sink: &mut impl Sink) {
    let mut last = core.len()..core.len();
    words(core, |range, word| {
        if word {
            last = range;
        }
    });
    words(core, |range, word| {
        let text = &core[range.clone()];
        if !word {
            punctuation(text, false, sink);
            return;
        }
        let mut flags = case(text);
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            flags |= Flags::NUMBER;
        }
        if text.chars().next().is_some_and(is_emoji) {
            flags |= Flags::EMOJI;
        }
        let ends = range == last;
        if cut && ends && text.chars().all(char::is_alphabetic) {
            flags |= Flags::CUT_OFF | Flags::TRANSPARENT;
        }
        sink.word(text, start + range.start, flags);
        if ends {
            punctuation(&core[range.end..], false, sink);
        }
    });
    let stop = tail.contains(['.', '…', '。']);
    let abbreviated = stop && !last.is_empty() && rules.abbreviates(&core[last]);
    punctuation(tail, abbreviated, sink);
}

fn case(word: &str) -> Flags {
    let mut letters = word.chars().filter(|c| c.is_alphabetic());
    let Some(first) = letters.next() else {
        return Flags::NONE;
    };
    if !first.is_uppercase() {
        return Flags::NONE;
    }
    let mut more = 0;
    let all = letters.inspect(|_| more += 1).all(char::is_uppercase);
    if all && more > 0 {
        Flags::TITLE | Flags::CAPITALS
    } else {
        Flags::TITLE
    }
}

fn punctuation(text: &str, abbreviated: bool, sink: &mut impl Sink) {
    let mut flags = Flags::NONE;
    let mut exclamations = 0;
    for c in text.chars() {
        match c {
            '.' | '…' | '。' if !abbreviated => flags |= Flags::SENTENCE_END,
            '?' | '？' | '؟' => flags |= Flags::SENTENCE_END | Flags::QUESTION,
            '!' | '！' => {
                exclamations += 1;
                flags |= Flags::SENTENCE_END | Flags::EXCLAMATION;
            }
            '‼' => exclamations += 2,
            ',' | ';' | ':' | '—' | '–' => flags |= Flags::PAUSE,
            '-' if text.len() > 1 => flags |= Flags::PAUSE,
            _ => {}
        }
    }
    if exclamations > 1 {
        flags |= Flags::EXCLAMATION_2;
    }
    if exclamations > 2 {
        flags |= Flags::EXCLAMATION_3;
    }
    if flags != Flags::NONE {
        sink.punctuation(flags);
    }
}
