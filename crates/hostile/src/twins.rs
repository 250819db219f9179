//! Texts by the vector instructions and without them, whole and in pieces: tokens, hits and sums are the same.

use hackles::text::portable_only;
use hackles::{Chunk, Mode, Options, Role};

use crate::calls::BUILTIN;
use crate::seeds;

pub(crate) fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    // The length of the pieces, in characters.
    let step = bytes.first().map_or(1, |&b| usize::from(b) % 67 + 1);
    let fast = read(&text, step);
    portable_only(true);
    let plain = read(&text, text.len().max(1));
    portable_only(false);
    assert_eq!(fast, plain);
}

/// All that is told of a text that comes in pieces, and of it as a whole.
fn read(text: &str, step: usize) -> (String, String) {
    let mut session = BUILTIN.session(Options::default().full());
    let chars: Vec<char> = text.chars().collect();
    for piece in chars.chunks(step) {
        let piece: String = piece.iter().collect();
        let chunk = Chunk {
            mode: Mode::Append,
            is_final: false,
            ..Chunk::whole("u", "customer", &piece)
        };
        session.push(&chunk, &mut Vec::new());
    }
    let report = session.finish(None, &mut Vec::new());
    let explained = BUILTIN.explain(text, Some(Role::Customer));
    (
        serde_json::to_string(&report).expect("JSON"),
        serde_json::to_string(&explained).expect("JSON"),
    )
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let turns = seeds::calls().into_iter().flat_map(|call| call.turns);
    let mut seeds: Vec<Vec<u8>> = turns.step_by(20).map(|turn| turn.text.into_bytes()).collect();
    let odd = [
        "Don\u{2019}t you DARE \u{1f642} e\u{301}t\u{e9} whi- I-I [noise] f*** $3.50 at 5:30 p.m.",
        "a.b.c... 'tis o'clock ''quoted'' it's, isn't; can't! won't? (x) <unk> @me http://x.y #tag",
    ];
    seeds.extend(odd.map(|text| text.as_bytes().to_vec()));
    seeds
}
