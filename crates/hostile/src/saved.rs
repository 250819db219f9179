//! A saved analyzer with other bytes in it and a checksum that fits them: it is refused, or reads calls. A checksum keeps damage out; it is no lock.
//!
//! An input is a list of changes to the small analyzer's bytes, parted by spaces: `120=ff` sets a byte, `120+8` adds to it, `120x` leaves it out,
//! `120~` cuts there, `120i0a` puts one in.

use std::sync::LazyLock;

use hackles::{Analyzer, Chunk, Options, Role};
use xxhash_rust::xxh3::xxh3_64;

use crate::lexicons::{ANGER, over_base};

/// Where the body begins; the two numbers before it are its length and its checksum.
const HEADER: usize = 32;

static SAVED: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let lexicon = over_base([ANGER]).and_then(Analyzer::new);
    lexicon.unwrap_or_else(|e| panic!("{e}")).save()
});

pub(crate) fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut saved = SAVED.clone();
    text.split_whitespace()
        .for_each(|change| apply(change, &mut saved));
    let body = saved.split_off(HEADER);
    saved[16..24].copy_from_slice(&(body.len() as u64).to_le_bytes());
    saved[24..].copy_from_slice(&xxh3_64(&body).to_le_bytes());
    saved.extend(body);
    if let Ok(analyzer) = Analyzer::load(&saved) {
        reads(&analyzer);
    }
}

fn apply(change: &str, saved: &mut Vec<u8>) {
    let Some(at) = change.find(|c: char| !c.is_ascii_digit()) else {
        return;
    };
    let (place, how) = change.split_at(at);
    let body = saved.len() - HEADER;
    if body == 0 {
        return;
    }
    let place = HEADER + place.parse::<usize>().unwrap_or_default() % body;
    let mut how = how.chars();
    let kind = how.next();
    let value = u8::from_str_radix(how.as_str(), 16).unwrap_or_default();
    match kind {
        Some('=') => saved[place] = value,
        Some('+') => saved[place] = saved[place].wrapping_add(value),
        Some('i') => saved.insert(place, value),
        Some('x') => drop(saved.remove(place)),
        Some('~') => saved.truncate(place),
        _ => {}
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
    let step = (SAVED.len() / 100).max(1);
    let changes = (0..SAVED.len()).step_by(step);
    changes
        .map(|at| format!("{at}=ff {}+1", at / 2).into_bytes())
        .collect()
}

/// Changes that are worth a try anywhere.
pub(crate) fn words() -> Vec<String> {
    [
        "=ff ", "=00 ", "=80 ", "=7f ", "=01 ", "+1 ", "+ff ", "x ", "~ ", "i00 ", "iff ",
    ]
    .map(str::to_owned)
    .to_vec()
}
