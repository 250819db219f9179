//! `cargo xtask limits`: twice the text takes twice the time, whatever is said, however it comes, and whatever is looked for.

use std::fmt::Write as _;
use std::time::Duration;

use hackles::event::Event;
use hackles::{Analyzer, Chunk, Lexicon, Mode, Options, Session, Transcript, Turn};

use crate::Asked;
use crate::clock::spent;
use crate::corpus::{calls, pathological};
use crate::table::{markdown, time};

/// The longest text: ten megabytes, in one utterance.
const USUAL: usize = 10 << 20;
/// With `--quick`.
const QUICK: usize = 1 << 17;
/// To hostile lexicons, for which a byte is a hundred times the work, texts are shorter by so many halves.
const HOSTILE_SHARE: usize = 3;
/// So often the text is doubled.
const DOUBLINGS: usize = 3;
/// What two doublings may multiply the time by in the mean: two, and what larger memory and a busy machine add.
const MOST: f64 = 2.6;
/// A case that seems to take too long is measured so often at most.
const TRIES: usize = 10;
/// Below this, times are those of the clock.
const SHORTEST: Duration = Duration::from_micros(500);
/// An utterance that is revised has so many bytes.
const REVISED_BYTES: usize = 512;
/// A turn of a call in many turns.
const TURN_BYTES: usize = 80;

/// How a text is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// One utterance in one chunk, to a session somebody listens to.
    Whole,
    /// … one character a chunk.
    Characters,
    /// … one character a chunk, each by another speaker than the one before.
    Speakers,
    /// … one character a chunk, in two utterances by turns.
    Interleaved,
    /// … as revisions of one utterance of a few hundred bytes: so many bytes are sent.
    Revisions,
    /// One utterance in one chunk, its evidence retained.
    Retained,
    /// A finished call of ordinary turns.
    Turns,
}

impl Way {
    const ALL: [Way; 7] = [
        Way::Whole,
        Way::Characters,
        Way::Speakers,
        Way::Interleaved,
        Way::Revisions,
        Way::Retained,
        Way::Turns,
    ];

    fn name(self) -> &'static str {
        match self {
            Way::Whole => "whole",
            Way::Characters => "characters",
            Way::Speakers => "speakers",
            Way::Interleaved => "interleaved",
            Way::Revisions => "revisions",
            Way::Retained => "retained",
            Way::Turns => "turns",
        }
    }

    /// The processor time of sending a text to a new call.
    fn time(self, analyzer: &Analyzer, text: &str, is_echo: bool) -> Duration {
        let mut session = begun(analyzer, self, text, is_echo);
        let mut events = Vec::new();
        match self {
            Way::Whole | Way::Retained => {
                spent(|| {
                    session.push(&Chunk::whole("u", "agent", text), &mut events);
                    session.finish(None, &mut events)
                })
                .0
            }
            Way::Characters | Way::Speakers | Way::Interleaved => {
                spent(|| {
                    characters(&mut session, self, text, &mut events);
                    session.finish(None, &mut events)
                })
                .0
            }
            Way::Revisions => spent(|| revisions(&mut session, text, &mut events)).0,
            Way::Turns => {
                let call = in_turns(text);
                spent(|| analyzer.score(&call)).0
            }
        }
    }
}

/// A session that holds utterances of any length; for echoes, a customer has said the beginning of the text.
fn begun(analyzer: &Analyzer, way: Way, text: &str, is_echo: bool) -> Session {
    let mut options = Options::default();
    options.utterance_bytes = usize::MAX;
    if way == Way::Retained {
        options = options.full();
    }
    let mut session = analyzer.session(options);
    if is_echo {
        for (number, turn) in pieces(text, TURN_BYTES).take(16).enumerate() {
            let id = format!("c{number}");
            session.push(&Chunk::whole(&id, "customer", turn), &mut Vec::new());
        }
    }
    session
}

fn characters(session: &mut Session, way: Way, text: &str, events: &mut Vec<Event>) {
    let mut chunk = Chunk::whole("u", "agent", "");
    (chunk.mode, chunk.is_final) = (Mode::Append, false);
    for (number, (at, c)) in text.char_indices().enumerate() {
        chunk.text = &text[at..at + c.len_utf8()];
        if number % 2 == 1 {
            match way {
                Way::Speakers => chunk.speaker = "customer",
                Way::Interleaved => chunk.utterance = "v",
                _ => {}
            }
        } else {
            (chunk.speaker, chunk.utterance) = ("agent", "u");
        }
        session.push(&chunk, events);
        events.clear();
    }
}

fn revisions(session: &mut Session, text: &str, events: &mut Vec<Event>) {
    for revision in pieces(text, REVISED_BYTES) {
        let mut chunk = Chunk::whole("u", "agent", revision);
        chunk.is_final = false;
        session.push(&chunk, events);
        events.clear();
    }
}

fn in_turns(text: &str) -> Transcript {
    let speakers = ["agent", "customer"].into_iter().cycle();
    let turn = |(number, (speaker, text)): (i64, (&str, &str))| Turn {
        speaker: speaker.to_owned(),
        start_ms: Some(number * 5000),
        end_ms: Some(number * 5000 + 4000),
        text: text.to_owned(),
        words: Vec::new(),
    };
    Transcript {
        turns: (0..)
            .zip(speakers.zip(pieces(text, TURN_BYTES)))
            .map(turn)
            .collect(),
        ..Transcript::default()
    }
}

/// A text in pieces of about so many bytes.
fn pieces(text: &str, bytes: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let cut = (bytes.min(rest.len())..=rest.len()).find(|&at| rest.is_char_boundary(at))?;
        let (piece, behind) = rest.split_at(cut);
        rest = behind;
        (!piece.is_empty()).then_some(piece)
    })
}

/// A kind of text: what it is made of, again and again.
struct Kind {
    name: &'static str,
    piece: String,
    is_echo: bool,
}

impl Kind {
    fn new(name: &'static str, piece: impl Into<String>) -> Self {
        Kind {
            name,
            piece: piece.into(),
            is_echo: false,
        }
    }

    fn text(&self, bytes: usize) -> String {
        self.piece.repeat(bytes.div_ceil(self.piece.len()))
    }
}

/// What is said to the built-in lexicons.
fn kinds() -> Vec<Kind> {
    let turns = calls().into_iter().flat_map(|call| call.turns);
    let talk: String = turns.map(|turn| turn.text + " ").collect();
    let endless: String = talk
        .chars()
        .filter(|c| c.is_alphanumeric() || c.is_whitespace())
        .collect();
    vec![
        Kind::new("talk", beginning(&talk)),
        Kind::new("one sentence without end", beginning(&endless)),
        Kind::new("one long word", "a"),
        Kind::new("hits", "that's not my job, you idiot. "),
        Kind::new("hits without a stop", "not my job "),
        Kind::new("fillers", "um you know i mean uh "),
        Kind {
            is_echo: true,
            ..Kind::new("echoes", "the blue router in my kitchen blinks twice an hour ")
        },
        Kind::new("emoji", "😡🤬 👍"),
        Kind::new("brackets", "(((("),
        Kind::new("square brackets", "[ "),
        Kind::new("numbers", "4 15 1,600.25 $23 10:42 "),
        Kind::new("stops", "...?!? "),
        Kind::new("white space", " \u{3000}\n"),
        Kind::new("capitals and names", "MY Name Is Ana Ruiz, AND "),
    ]
}

/// As much of a text as is said again and again.
fn beginning(text: &str) -> &str {
    pieces(text, 1 << 14).next().unwrap_or_default()
}

/// What is said to hostile lexicons.
fn hostile_kinds() -> Vec<Kind> {
    vec![
        Kind::new("nearly", "aa bb aa cc "),
        Kind::new("always", "aa dd bb ee cc. "),
        Kind::new("one word", "aa "),
        Kind::new("for expressions", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaab "),
    ]
}

/// A lexicon whose phrases fit almost everywhere in almost every way, and ask for all that can be asked.
fn hostile() -> Analyzer {
    let signal = |id: &str| {
        format!(
            "schema = 1\n[signal]\nid = \"{id}\"\nspeaker = \"any\"\nseverity = \"info\"\ntitle = \"t\"\nsummary = \"s\"\nwhy = \"w\"\nhint = \"h\"\nbias = 0.0\n"
        )
    };
    let mut nested = "aa".to_owned();
    for word in ["bb", "cc", "dd", "ee"].iter().cycle().take(14) {
        nested = format!("({nested}|{word} [aa] ..2)");
    }
    let mut words = signal("words");
    let _ = write!(
        words,
        r#"
        [[entry]]
        id = "nested"
        weight = 0.1
        phrases = ["{nested} [bb] ff", "aa ..12 {nested}"]
        [[entry]]
        id = "endings"
        weight = 0.1
        phrases = ["[aa*] [bb*] [cc*] [aa*] [bb*] [cc*] [aa*] [bb*] aa*", "aa* ..12 aa* ..12 aa* ..12 bb*"]
        not-in = ["aa ..12 bb ..12 cc ..12 dd", "aa ..12 aa ..12 ff"]
        [[entry]]
        id = "expression"
        weight = 0.1
        regex = '(a|aa)+$'
        needs = ["aa*"]
        [[entry]]
        id = "expressions"
        weight = 0.1
        regex = '(([a-c]+ ?)+ )+ff'
        needs = ["aa*"]
        "#
    );
    for number in 0..40 {
        let _ = write!(
            words,
            r#"
            [[entry]]
            id = "near-{number}"
            weight = 0.1
            phrases = ["aa", "aa [bb] [aa] cc"]
            near = {{ phrases = ["aa ..12 ff", "cc ..3 bb", "bb"], words = 16 }}
            not-in = ["aa ..12 ff{number}"]
            "#
        );
    }
    let turns = signal("turns")
        + r#"
        [[entry]]
        id = "count"
        weight = 1.0
        count = { signal = "words", at-least = 3, within = "call" }
        [[entry]]
        id = "sequence"
        weight = 1.0
        sequence = { steps = [{ signal = "words" }, { signal = "words" }, { signal = "words" }], within-turns = 16 }
        [[entry]]
        id = "absent"
        weight = 1.0
        absent = { signal = "never", after = { signal = "words" }, within-turns = 3 }
        [[entry]]
        id = "unless"
        weight = 1.0
        phrases = ["aa"]
        unless = { signal = "never", within-turns = 3, side = "after" }
    "#;
    let never = signal("never") + "[[entry]]\nid = \"never\"\nweight = 1.0\nphrases = [\"never\"]\n";
    let lexicon = Lexicon::builder()
        .file("words.toml", &words)
        .file("turns.toml", &turns)
        .file("never.toml", &never)
        .build();
    Analyzer::new(lexicon.expect("loads")).expect("compiles")
}

/// A case at all lengths.
struct Row {
    lexicon: &'static str,
    kind: &'static str,
    way: Way,
    bytes: usize,
    times: [Duration; DOUBLINGS + 1],
}

impl Row {
    fn measure(lexicon: &'static str, analyzer: &Analyzer, kind: &Kind, way: Way, most: usize) -> Self {
        let mut row = Row {
            lexicon,
            kind: kind.name,
            way,
            bytes: most,
            times: [Duration::MAX; DOUBLINGS + 1],
        };
        let texts: Vec<String> = (0..=DOUBLINGS)
            .map(|n| kind.text(most >> (DOUBLINGS - n)))
            .collect();
        for _ in 0..TRIES {
            for (text, time) in texts.iter().zip(&mut row.times) {
                *time = way.time(analyzer, text, kind.is_echo).min(*time);
            }
            if row.worst() <= MOST {
                break;
            }
        }
        row
    }

    /// What each doubling multiplied the time by.
    fn doubled(&self) -> impl Iterator<Item = f64> {
        let pairs = self.times.windows(2);
        pairs.map(|pair| pair[1].as_secs_f64() / pair[0].max(SHORTEST).as_secs_f64())
    }

    /// The mean of two doublings, where it is worst: judging goes by steps, of which one doubling may see one more and the next one less.
    fn worst(&self) -> f64 {
        let pairs = self.times.windows(3);
        let means = pairs.map(|pair| (pair[2].as_secs_f64() / pair[0].max(SHORTEST).as_secs_f64()).sqrt());
        means.fold(0.0, f64::max)
    }

    fn cells(&self) -> Vec<String> {
        let last = self.times[DOUBLINGS].as_secs_f64() * 1e9;
        let mut cells = vec![
            format!("{}: {}", self.lexicon, self.kind),
            self.way.name().to_owned(),
            time(last),
            format!("{:.1}", last / self.bytes as f64),
        ];
        cells.extend(self.doubled().map(|factor| format!("{factor:.2}")));
        cells
    }
}

/// Measures all cases, prints them, and says which are not linear.
pub(crate) fn run(asked: &Asked) -> Result<(), String> {
    let most = if asked.quick { QUICK } else { USUAL };
    let groups = [
        ("built-in", Analyzer::builtin(), kinds(), 0),
        ("hostile", hostile(), hostile_kinds(), HOSTILE_SHARE),
        ("pathological", pathological(), hostile_kinds(), HOSTILE_SHARE),
    ];
    let mut rows = Vec::new();
    for (lexicon, analyzer, kinds, share) in &groups {
        for (number, kind) in kinds.iter().enumerate() {
            for way in Way::ALL {
                let usual = matches!(way, Way::Whole | Way::Characters);
                if asked.quick && !usual && (number > 0 || *share > 0) {
                    continue;
                }
                let row = Row::measure(lexicon, analyzer, kind, way, most >> share);
                if !asked.quick {
                    eprintln!("{}", row.cells().join("  "));
                }
                rows.push(row);
            }
        }
    }
    let mut head = vec!["lexicon: text", "sent", "time", "ns/byte"];
    head.extend(["×2"; DOUBLINGS]);
    let cells: Vec<Vec<String>> = rows.iter().map(Row::cells).collect();
    println!(
        "{most} bytes (hostile lexicons: {}), and what each of the last {DOUBLINGS} doublings multiplied the time by\n",
        most >> HOSTILE_SHARE
    );
    println!("{}", markdown(&head, &cells));
    let bad: Vec<String> = rows
        .iter()
        .filter(|row| row.worst() > MOST)
        .map(|row| format!("{}: {}, {}", row.lexicon, row.kind, row.way.name()))
        .collect();
    if bad.is_empty() {
        return Ok(());
    }
    Err(format!(
        "twice the text takes more than {MOST} times as long:\n{}",
        bad.join("\n")
    ))
}
