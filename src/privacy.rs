//! What is told of what was said, and what stays of it.
//!
//! # Reports and events without a text
//! [`Analyzer::without_text`](crate::Analyzer::without_text) says once, for all that an analyzer reads, that nothing of what was said leaves it.
//! Then reports and events tell where something stands and what it is, never the words:
//!
//! - no quotes, of evidence, events and promises; [`start` and `end`](crate::evidence::Evidence::start) say where to look in a text that is kept elsewhere;
//! - an entry that was learned from texts is named by its words, as in `term:no refund`; then by its number, as in `term:#1234`: its place among the
//!   entries of the lexicon that the report names ([`Lexicon::learned`](crate::Lexicon::learned) gives it back);
//! - no names: those that are given with the participants, and those that are learned from what is said, are looked for and never told.
//!
//! What is carried through unchanged is the caller's: the ids of calls, utterances and speakers, and `meta`. An id that is a name or a number of
//! a customer is told as it is; use ids that are none. Ids of written entries, and the hints beside them, are words of the lexicon's author.
//! [`Analyzer::explain`](crate::Analyzer::explain) shows the text it is given, whatever the analyzer tells of calls.
//!
//! # Messages
//! Errors and notices name keys, columns, formats and places; what stands there in a transcript is told by its type alone, since a text may stand in any
//! place. What a vendor says of its own job (a status, a reason) is told where there is no transcript beside it.
//!
//! # `Debug`
//! `{:?}` of what holds a text, a name or `meta` says how long it is, not what it says, so that neither a log line nor a failed assertion quotes a call.
//! There is no other `Debug` that does: whoever wants the words reads the fields.
//!
//! ```
//! use hackles::Turn;
//!
//! let turn = Turn { speaker: "customer".into(), text: "my card is 4111".into(), ..Turn::default() };
//! assert!(format!("{turn:?}").contains("text: …15 bytes"));
//! ```
//!
//! # Memory
//! A thread keeps the memory of utterances and calls for the next ones. What held words is overwritten with zeros when its utterance has been passed on, and
//! all the rest when its call ends (by [`finish`](crate::Session::finish) or because the session is dropped), not only marked as empty. What may stay
//! are numbers that were made of words (symbols of the lexicon, hashes, places), and ids of utterances. Two things are not promised:
//!
//! - Memory that is given back to the allocator is not overwritten first; a text that grows may have been moved, and leaves a copy where it was. An
//!   allocator that clears what is freed sees to both.
//! - A session that goes from thread to thread may leave the last words that waited for a decision, and names, on a thread it left, until other calls
//!   of that thread take their place (it keeps four) or the thread ends.

use std::fmt;

use crate::transcript::Meta;

/// A text, a name, or what holds such, shown by its size alone: for the `Debug` of types that hold what was said.
///
/// ```
/// use hackles::privacy::Unsaid;
///
/// assert_eq!(format!("{:?}", Unsaid("my card is 4111")), "…15 bytes");
/// assert_eq!(format!("{:?}", Unsaid(&Some("Amara".to_owned()))), "Some(…5 bytes)");
/// ```
#[derive(Clone, Copy)]
pub struct Unsaid<T>(pub T);

impl<T: Sizeable> fmt::Debug for Unsaid<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.tell_size(f)
    }
}

/// What [`Unsaid`] can show the size of.
pub trait Sizeable {
    /// Writes how large it is.
    ///
    /// # Errors
    /// Only those of the formatter.
    fn tell_size(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl<T: Sizeable + ?Sized> Sizeable for &T {
    fn tell_size(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).tell_size(f)
    }
}

impl Sizeable for str {
    fn tell_size(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "…{} bytes", self.len())
    }
}

impl Sizeable for String {
    fn tell_size(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().tell_size(f)
    }
}

impl Sizeable for std::sync::Arc<str> {
    fn tell_size(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).tell_size(f)
    }
}

impl Sizeable for Meta {
    fn tell_size(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "…{} keys", self.len())
    }
}

impl Sizeable for serde_json::Value {
    fn tell_size(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

impl<T> Sizeable for Vec<T> {
    fn tell_size(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "…{} items", self.len())
    }
}

impl<T: Sizeable> Sizeable for Option<T> {
    fn tell_size(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Some(own) => f.debug_tuple("Some").field(&Unsaid(own)).finish(),
            None => f.write_str("None"),
        }
    }
}

/// `Debug` for a struct whose last fields hold what was said: they show their sizes. A field that is named nowhere does not compile.
#[doc(hidden)]
#[macro_export]
macro_rules! debug_unsaid {
    ($($type:ident $(<$life:lifetime>)? { $($shown:ident),* } without { $($hidden:ident),+ })+) => {$(
        impl $(<$life>)? std::fmt::Debug for $type $(<$life>)? {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let $type { $($shown,)* $($hidden),+ } = self;
                f.debug_struct(stringify!($type))
                    $(.field(stringify!($shown), $shown))*
                    $(.field(stringify!($hidden), &$crate::privacy::Unsaid($hidden)))+
                    .finish()
            }
        }
    )+};
}
/// What the JSON reader has to say of a mistake, in one line, without the value it quotes: that may be what was said. Keys and types stay.
pub fn without_values(error: &serde_json::Error) -> String {
    let what = error.to_string().replace('\n', " ");
    let place = match what.rsplit_once(" at line ") {
        Some((_, place)) => format!(" at line {place}"),
        None => String::new(),
    };
    let what = &what[..what.len() - place.len()];
    // Of what is expected nothing comes from the input.
    let Some((told, expected)) = what.rsplit_once(", expected ") else {
        return format!("{what}{place}");
    };
    let kinds = [
        (": string ", ": text"),
        (": character ", ": text"),
        (": integer ", ": a whole number"),
        (": floating point ", ": a number"),
        ("unknown variant ", "an unknown value"),
    ];
    // The first of the marks is the reader's own: what is quoted stands behind it.
    let first = kinds
        .iter()
        .filter_map(|(mark, kind)| Some((told.find(mark)?, *kind)))
        .min();
    let told = first.map_or_else(|| told.to_owned(), |(at, kind)| format!("{}{kind}", &told[..at]));
    format!("{told}, expected {expected}{place}")
}

/// Empties a text and overwrites its memory, which is kept.
pub(crate) fn wipe(text: &mut String) {
    let mut bytes = std::mem::take(text).into_bytes();
    bytes.clear();
    bytes.resize(bytes.capacity(), 0);
    bytes.clear();
    *text = String::from_utf8(bytes).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::{Mode, Transcript};

    #[test]
    fn what_the_reader_quotes_is_not_told() {
        fn of<T: serde::de::DeserializeOwned>(json: &str) -> String {
            without_values(&serde_json::from_str::<T>(json).err().expect("wrong"))
        }
        let text = r#""my card, expected soon, is \" 4111: integer `5`, expected at line 3""#;
        for (found, want) in [
            (of::<Vec<u8>>(text), "invalid type: text, expected a sequence"),
            (of::<u8>(text), "invalid type: text, expected u8"),
            (
                of::<String>("4111111111111111"),
                "invalid type: a whole number, expected a string",
            ),
            (of::<String>("41.11"), "invalid type: a number, expected a string"),
            (of::<u8>("4111"), "invalid value: a whole number, expected u8"),
            (
                of::<Mode>(text),
                "an unknown value, expected `append` or `replace`",
            ),
            (of::<bool>("[]"), "invalid type: sequence, expected a boolean"),
            (of::<Transcript>("{}"), "missing field `turns`"),
            (
                of::<Transcript>(r#"{"turns":[{"text":"hello"#),
                "EOF while parsing a string",
            ),
        ] {
            assert!(found.starts_with(want) && !found.contains("411"), "{found}");
            assert!(found[want.len()..].starts_with(" at line 1 column"), "{found}");
        }
    }

    #[test]
    fn what_is_wiped_keeps_its_memory() {
        let mut text = String::with_capacity(40);
        text.push_str("my card is 4111");
        let (at, room) = (text.as_ptr(), text.capacity());
        wipe(&mut text);
        assert!(text.is_empty() && text.as_ptr() == at && text.capacity() == room);
    }
}
