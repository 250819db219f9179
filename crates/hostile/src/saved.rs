//! A saved analyzer with other bytes in it and a checksum that fits them: it is refused, or reads calls.

use std::sync::LazyLock;

use hackles::{Analyzer, Chunk, Options, Role};

use crate::changes;
use crate::lexicons::SMALL;

static SAVED: LazyLock<Vec<u8>> = LazyLock::new(|| SMALL.save());

pub(crate) fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(analyzer) = Analyzer::load(&changes::changed(&SAVED, &text)) {
        reads(&analyzer);
    }
}

/// Whatever it says of them: it reads calls.
fn reads(analyzer: &Analyzer) {
    let mut session = analyzer.session(Options::default().full());
    let mut events = Vec::new();
    for (id, speaker, text, is_final) in [
        ("u1", "customer", "i am so ANGRY", false),
        ("u2", "agent", "sorry, mr bob", true),
        ("u1", "customer", "i am so ANGRY at you! code ab-123", true),
        (
            "u3",
            "customer",
            "two bills, not furious? no one way, so mad",
            true,
        ),
        (
            "u4",
            "",
            "my name is anna, i can't just f***ing wait until monday",
            true,
        ),
    ] {
        let chunk = Chunk {
            is_final,
            ..Chunk::whole(id, speaker, text).at(0, 900)
        };
        session.push(&chunk, &mut events);
        session.advance(60_000, &mut events);
    }
    let report = session.finish(Some(70_000), &mut events);
    serde_json::to_string(&(report, events)).expect("JSON");
    analyzer.explain("i am not angry", Some(Role::Customer));
    analyzer.lexicon().phrases();
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    changes::seeds(&SAVED)
}
