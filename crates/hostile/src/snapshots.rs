//! A saved session with other bytes in it and a checksum that fits them: it is refused, or goes on.
//!
//! An input that begins with `full` is of a session that retains its turns, any other of one that does not; the rest are [`changes`].

use std::sync::LazyLock;

use hackles::{Chunk, Options, Session, WordTime};

use crate::changes;
use crate::lexicons::SMALL;

static BOUNDED: LazyLock<Vec<u8>> = LazyLock::new(|| begun(Options::default()).save());
static FULL: LazyLock<Vec<u8>> = LazyLock::new(|| begun(Options::default().full()).save());

/// A session in which somebody is speaking, and turns wait for what follows them.
fn begun(options: Options) -> Session {
    let mut session = SMALL.session(options);
    let words = [WordTime {
        start_ms: 4100,
        end_ms: 4400,
    }];
    for (id, speaker, text, start_ms, is_final) in [
        (
            "u1",
            "customer",
            "my name is anna, i am so ANGRY at you! code ab-123",
            0,
            true,
        ),
        ("u2", "agent", "sorry, mr bob", 900, true),
        ("u3", "customer", "two bills, not furious?", 4000, false),
        ("u4", "a7", "i apologize, anna", 4500, true),
    ] {
        let chunk = Chunk {
            is_final,
            words: if is_final { &[] } else { &words },
            ..Chunk::whole(id, speaker, text).at(start_ms, start_ms + 1500)
        };
        session.push(&chunk, &mut Vec::new());
    }
    session
}

pub(crate) fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (saved, changes) = match text.strip_prefix("full") {
        Some(changes) => (&*FULL, changes),
        None => (&*BOUNDED, &*text),
    };
    if let Ok(session) = SMALL.restore(&changes::changed(saved, changes)) {
        goes_on(session);
    }
}

/// Whatever it says: it goes on, and can be saved again.
fn goes_on(mut session: Session) {
    let mut events = Vec::new();
    for (id, speaker, text) in [
        ("u3", "customer", "two bills, not furious? so mad"),
        ("u5", "agent", "sorry, anna"),
        ("u6", "", "angry, angry no two way"),
    ] {
        session.push(&Chunk::whole(id, speaker, text).at(7000, 9000), &mut events);
        session.advance(60_000, &mut events);
    }
    let again = SMALL.restore(&session.save());
    let again = again.unwrap_or_else(|e| panic!("saved just now: {e}"));
    let report = session.finish(Some(70_000), &mut events);
    assert_eq!(again.finish(Some(70_000), &mut Vec::new()), report);
    serde_json::to_string(&(report, events)).expect("JSON");
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let full = changes::seeds(&FULL)
        .into_iter()
        .map(|seed| [b"full ", &seed[..]].concat());
    changes::seeds(&BOUNDED).into_iter().chain(full).collect()
}
