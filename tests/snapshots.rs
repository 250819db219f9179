//! Saved sessions: one that was restored goes on as if nothing had been, and nothing else is restored.

mod common;

use std::sync::LazyLock;

use common::*;
use hackles::error::ErrorKind;
use hackles::event::Event;
use hackles::{
    Analyzer, CallReport, Chunk, Lexicon, Mode, Options, Retention, Session, Transcript, WordTime,
};
use twox_hash::XxHash3_64;

static BUILTIN: LazyLock<Analyzer> = LazyLock::new(Analyzer::builtin);

const RETENTIONS: [Retention; 2] = [Retention::None, Retention::Full];

/// What is done to a session.
#[derive(Clone, Debug)]
enum Step {
    Push {
        utterance: String,
        speaker: String,
        times: (Option<i64>, Option<i64>),
        text: String,
        mode: Mode,
        is_final: bool,
        words: Vec<WordTime>,
    },
    Advance(i64),
}

impl Step {
    fn take(&self, session: &mut Session, events: &mut Vec<Event>) {
        match self {
            Step::Push {
                utterance,
                speaker,
                times: (start_ms, end_ms),
                text,
                mode,
                is_final,
                words,
            } => session.push(
                &Chunk {
                    utterance,
                    speaker,
                    start_ms: *start_ms,
                    end_ms: *end_ms,
                    text,
                    mode: *mode,
                    is_final: *is_final,
                    words,
                },
                events,
            ),
            Step::Advance(ms) => session.advance(*ms, events),
        }
    }
}

/// A call as it may come: turns cut anywhere, up to five open at once, guesses taken back, late and empty chunks, time that passes.
fn steps(call: &Transcript, seed: u64) -> Vec<Step> {
    let mut random = Random::new(seed);
    let mut out = Vec::new();
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut next = 0;
    while next < call.turns.len() || !open.is_empty() {
        if next < call.turns.len() && (open.is_empty() || open.len() < 5 && random.below(3) == 0) {
            open.push((next, 0));
            next += 1;
        }
        let which = random.below(open.len());
        let (turn, sent) = open[which];
        let own = &call.turns[turn];
        let push = |text: &str, mode: Mode, is_final: bool| Step::Push {
            utterance: format!("u{turn}"),
            speaker: own.speaker.clone(),
            times: (own.start_ms, own.end_ms.filter(|_| is_final)),
            text: text.to_owned(),
            mode,
            is_final,
            words: if mode == Mode::Replace {
                own.words.clone()
            } else {
                Vec::new()
            },
        };
        let border = |at: usize| {
            let mut borders = at.min(own.text.len())..=own.text.len();
            borders.find(|&at| own.text.is_char_boundary(at))
        };
        match random.below(7) {
            0 => {
                let guesses = [
                    "that is ridiculous you idiot",
                    "not my job",
                    "",
                    "so sorry, thanks anna",
                ];
                out.push(push(guesses[random.below(guesses.len())], Mode::Replace, false));
                out.push(push(&own.text[..sent], Mode::Replace, false));
            }
            1 => out.push(Step::Advance(own.end_ms.unwrap_or(0) + random.below(9000) as i64)),
            2 | 3 => {
                out.push(push(&own.text, Mode::Replace, true));
                open.remove(which);
            }
            mode => {
                let cut = border(sent + random.below(40)).unwrap_or(sent);
                out.push(if mode == 4 {
                    push(&own.text[..cut], Mode::Replace, false)
                } else {
                    push(&own.text[sent..cut], Mode::Append, false)
                });
                open[which].1 = cut;
            }
        }
        if turn % 5 == 4 && random.below(9) == 0 {
            out.push(push("too late", Mode::Append, true));
        }
    }
    out
}

/// A session; one in four takes only short utterances.
fn begin(analyzer: &Analyzer, call: &Transcript, seed: u64, retention: Retention) -> Session {
    let mut options = options(call, retention);
    if seed % 4 == 3 {
        options.utterance_bytes = 40;
    }
    analyzer.session(options)
}

/// The events of each step, then those of the end, and the report.
type Told = (Vec<Vec<Event>>, CallReport);

/// Takes the steps from one on; `between` may put another session in its place before each.
fn follow(
    mut session: Session,
    steps: &[Step],
    end_ms: Option<i64>,
    mut between: impl FnMut(&Session) -> Option<Session>,
) -> Told {
    let mut told = Vec::new();
    let mut taken = |session: &Session| between(session);
    for step in steps {
        if let Some(other) = taken(&session) {
            session = other;
        }
        let mut events = Vec::new();
        step.take(&mut session, &mut events);
        told.push(events);
    }
    if let Some(other) = taken(&session) {
        session = other;
    }
    let mut events = Vec::new();
    let report = session.finish(end_ms, &mut events);
    told.push(events);
    (told, report)
}

fn again(session: &Session) -> Session {
    let bytes = session.save();
    let restored = session.analyzer().restore(&bytes).expect("saved just now");
    assert_eq!(restored.save(), bytes, "saved again");
    restored
}

/// Says that a session that is restored before any one of the steps goes on like the one that never stopped, whose events and report it gives.
fn agrees_at_every_border(begin: impl Fn() -> Session, steps: &[Step], end_ms: Option<i64>) -> Told {
    let undisturbed = follow(begin(), steps, end_ms, |_| None);
    let mut session = begin();
    for (at, step) in steps.iter().enumerate() {
        let rest = follow(again(&session), &steps[at..], end_ms, |_| None);
        assert_eq!(rest.0, undisturbed.0[at..], "from step {at}");
        assert_eq!(rest.1, undisturbed.1, "from step {at}");
        step.take(&mut session, &mut Vec::new());
    }
    undisturbed
}

/// The same for one that goes from hand to hand: before each step, and before one in three.
fn agrees_from_hand_to_hand(begin: impl Fn() -> Session, steps: &[Step], end_ms: Option<i64>) {
    let undisturbed = follow(begin(), steps, end_ms, |_| None);
    let mut random = Random::new(3);
    for odds in [1, 3] {
        let chain = follow(begin(), steps, end_ms, |session| {
            (random.below(odds) == 0).then(|| again(session))
        });
        assert!(chain == undisturbed, "one in {odds}");
    }
}

fn example_calls() -> Vec<Transcript> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/calls");
    let files = std::fs::read_dir(folder).expect("there");
    let mut files: Vec<_> = files.map(|f| f.expect("readable").path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "jsonl"));
    files.sort();
    let read = |path| std::fs::read_to_string(path).expect("readable");
    let texts: Vec<String> = files.iter().map(read).collect();
    let lines = texts.iter().flat_map(|text| text.lines());
    lines
        .map(|line| serde_json::from_str(line).expect("a call"))
        .collect()
}

/// A lexicon in which what a session may have in mind is little text away.
fn telling() -> Analyzer {
    let later = "unless = { signal = \"sorry\", within-turns = 2, side = \"after\" }";
    let soon = "unless = { signal = \"sorry\", within-ms = 9000, side = \"after\" }";
    analyzer(&[
        &signal(
            "anger",
            "customer",
            "(angry|furious)",
            2.5,
            "hint = \"calm down\"",
        ),
        &signal("refusal", "agent", "(not|isn't) my (job|problem)", 4.0, later),
        &signal("sorry", "any", "(sorry|apologize)", 3.0, "first-ms = 90000"),
        &signal("jargon", "agent", "eob", 3.0, soon),
        &signal("named", "agent", "thanks #name", 3.0, ""),
        &signal("alarm", "any", "fire", 3.0, "").replace(
            "hint = \"h\"\n",
            "hint = \"h\"\nalert = { cooldown-ms = 20000, defer-ms = 15000, cancelled-by = [\"sorry\"] }\n",
        ),
        &format!(
            "{}[[entry]]\nid = \"third\"\nweight = 3.0\ncount = {{ signal = \"sorry\", at-least = 3, within = \"call\" }}\n",
            header("too_sorry", "agent")
        ),
        &format!(
            "{}[[entry]]\nid = \"silent\"\nweight = 3.0\nabsent = {{ after = {{ signal = \"jargon\" }}, within-ms = 4000 }}\n",
            header("left_alone", "agent")
        ),
        &format!(
            "{}bias = 0.0\n[[entry]]\nid = \"good\"\nphrases = [\"good\", \"😀\"]\nweight = 1.3\nflips = true\n",
            header("sentiment", "any")
        ),
    ])
}

/// A call in which every turn has something that is kept in mind.
fn telling_call() -> Transcript {
    let mut call = call(&[
        "customer 0-4000: fire! my name is kwabena and I am NOT angry, very furious",
        "agent 3500-8000: thanks kwabena, um that's not my my job, your eob [noise]",
        "ivr 8100-8500: fire 😀 good",
        "customer 7000-12000: it's kwabena's bill: oluwaseun grant, o l u w a s e u n",
        "agent 12100-15000: thanks oluwaseun so sorry, sorry",
        "agent 15500-16000: eob café",
        "customer 30000-33000: angry angry, thanks kwabena",
        "agent 32000-36000: sorry. isn't my problem",
        "customer 41000-42000: good fire",
        "agent 43000-45000: sorry thanks grant",
    ]);
    call.id = Some("C-7".into());
    call.end_ms = Some(60_000);
    call.meta = serde_json::from_str(r#"{"team":"blue","share":0.1,"deep":[{"n":-3}]}"#).expect("JSON");
    call.participants = serde_json::from_str(
        r#"[{"id":"ivr","name":"Robot One"},{"id":"customer","role":"customer"},{"id":"x","role":"agent","name":"Zed"}]"#,
    )
    .expect("JSON");
    call.turns[1].words = [(3500, 4200), (7500, 8000)]
        .map(|(start_ms, end_ms)| WordTime { start_ms, end_ms })
        .to_vec();
    call
}

#[test]
fn a_restored_session_goes_on_as_if_nothing_had_been() {
    let analyzer = telling();
    let call = telling_call();
    for seed in 0..8 {
        for retention in RETENTIONS {
            let begin = || begin(&analyzer, &call, seed, retention);
            let steps = steps(&call, seed);
            println!("{seed} {retention:?}");
            agrees_at_every_border(begin, &steps, call.end_ms);
            agrees_from_hand_to_hand(begin, &steps, call.end_ms);
        }
    }
    let scored = analyzer.score(&call);
    let fired: Vec<&str> = scored.call.signals.keys().map(|s| &**s).collect();
    assert_eq!(fired.len(), 9, "all is told: {fired:?}");
}

#[test]
fn an_utterance_is_read_with_the_names_that_were_known_then() {
    let analyzer = telling();
    let push = |utterance: &str, speaker: &str, text: &str, is_final| Step::Push {
        utterance: utterance.to_owned(),
        speaker: speaker.to_owned(),
        times: (None, None),
        text: text.to_owned(),
        mode: Mode::Append,
        is_final,
        words: Vec::new(),
    };
    let steps = [
        push("u0", "customer", "my name is ", false),
        push("u1", "customer", "my name is quixley", false),
        push("u2", "agent", "thanks zorblat, ", false),
        push("u0", "customer", "zorblat", true),
        push("u2", "agent", "one moment thanks quixley, ", false),
        push("u1", "customer", "", true),
        push("u2", "agent", "one moment ", false),
        push("u2", "agent", "more. thanks zorblat and ", false),
        push("u2", "agent", "bye", true),
    ];
    let begin = || analyzer.session(Options::default());
    let (events, _) = agrees_at_every_border(begin, &steps, None);
    agrees_from_hand_to_hand(begin, &steps, None);
    let told = events.iter().position(|events| !events.is_empty());
    assert_eq!(
        told,
        Some(7),
        "what was read before a name was learned is not read again: {events:?}"
    );
}

#[test]
fn what_is_judged_now_and_then_is_judged_at_the_same_words() {
    let analyzer = telling();
    let told = |restored: bool| {
        let mut session = analyzer.session(Options::default());
        let mut told = Vec::new();
        let words = "fire and sorry, good ".repeat(60) + "eob not my job " + &"so ".repeat(40);
        for word in words.split_inclusive(' ') {
            if restored {
                session = again(&session);
            }
            let mut chunk = Chunk::whole("u", "agent", word);
            (chunk.mode, chunk.is_final) = (Mode::Append, false);
            let mut events = Vec::new();
            session.push(&chunk, &mut events);
            told.push(events);
        }
        told
    };
    let undisturbed = told(false);
    assert!(told(true) == undisturbed);
    let last = undisturbed.iter().rposition(|events| !events.is_empty());
    assert!(last.is_some_and(|at| at > 245), "told some words later: {last:?}");
}

#[test]
fn so_do_sessions_of_the_built_in_set() {
    for (seed, call) in (0u8..).zip(&example_calls()) {
        let retention = RETENTIONS[usize::from(seed) % 2];
        let begin = || begin(&BUILTIN, call, seed.into(), retention);
        agrees_from_hand_to_hand(begin, &steps(call, seed.into()), call.end_ms);
    }
}

#[test]
fn another_process_goes_on() {
    const SNAPSHOT: &str = "HACKLES_TEST_SNAPSHOT";
    let analyzer = telling();
    let call = telling_call();
    let steps = steps(&call, 8);
    let half = steps.len() / 2;
    let goes_on = |session: Session| -> String {
        let told = follow(session, &steps[half..], call.end_ms, |_| None);
        serde_json::to_string(&told).expect("JSON")
    };
    if let Some(file) = std::env::var_os(SNAPSHOT) {
        let bytes = std::fs::read(&file).expect("saved");
        let session = analyzer.restore(&bytes).expect("saved by the same program");
        return std::fs::write(&file, goes_on(session)).expect("written");
    }
    for retention in RETENTIONS {
        let mut session = begin(&analyzer, &call, 8, retention);
        for step in &steps[..half] {
            step.take(&mut session, &mut Vec::new());
        }
        let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{retention:?}.session"));
        std::fs::write(&file, session.save()).expect("written");
        let mut other = std::process::Command::new(std::env::current_exe().expect("this program"));
        other
            .args(["--exact", "another_process_goes_on"])
            .env(SNAPSHOT, &file);
        assert!(other.output().expect("runs").status.success());
        assert_eq!(
            std::fs::read_to_string(&file).expect("written by the other"),
            goes_on(session)
        );
    }
}

/// What is packed of a session differs from what it was: then `FORMAT` in `src/session/snapshot.rs` is to be one more, and this is to be the new hash.
#[cfg(target_pointer_width = "64")]
#[test]
fn the_format_is_that_of_its_version() {
    let own = signal(
        "fire",
        "any",
        "fire",
        3.0,
        "unless = { signal = \"calm\", within-turns = 2, side = \"after\" }",
    );
    let calm = signal("calm", "any", "calm", 3.0, "");
    let files = [own, calm].map(|text| format!("schema = 1\n{text}"));
    let lexicon = Lexicon::builder()
        .file("fire.toml", &files[0])
        .file("calm.toml", &files[1]);
    let analyzer = Analyzer::new(lexicon.build().expect("a lexicon")).expect("compiles");
    let mut call = call(&[
        "agent 0-900: your eob is on fire!",
        "customer 800-2000: my name is kwabena, calm",
        "agent 2100-2500: fire kwabena",
        "customer 2600-3000: not so calm",
    ]);
    call.participants = serde_json::from_str(r#"[{"id":"x","role":"agent","name":"Zed"}]"#).expect("JSON");
    call.meta = serde_json::from_str(r#"{"n":[1,-2,0.5,true,null,"x"]}"#).expect("JSON");
    let hashes = RETENTIONS.map(|retention| {
        let mut session = analyzer.session(options(&call, retention));
        for (i, turn) in call.turns.iter().enumerate() {
            let (is_final, events) = (i < 3, &mut Vec::new());
            push(&mut session, i, turn, &turn.text, Mode::Replace, is_final, events);
        }
        let saved = session.save();
        let name = analyzer.lexicon().name();
        let at = saved.windows(name.len()).position(|own| own == name.as_bytes());
        let packed = &saved[at.expect("named") + name.len() + 8..];
        (saved[8], packed.len(), XxHash3_64::oneshot(packed))
    });
    assert_eq!(
        hashes,
        [(3, 373, 7428976021021418565), (3, 520, 17765419281510295464)]
    );
}

#[test]
fn beyond_what_is_retained_it_goes_on_too() {
    let mut full = Options::default().full();
    full.retained_bytes = 1;
    let mut session = BUILTIN.session(full);
    let (mut events, mut again) = (Vec::new(), Vec::new());
    for turn in 0..30 {
        let (speaker, text) = TELLING[turn % TELLING.len()];
        let id = format!("u{turn}");
        let mut chunk = Chunk::whole(&id, speaker, text);
        for (text, is_final) in [(text, false), ("", true)] {
            (chunk.text, chunk.mode, chunk.is_final) = (text, Mode::Append, is_final);
            let mut restored = BUILTIN.restore(&session.save()).expect("a snapshot");
            session.push(&chunk, &mut events);
            restored.push(&chunk, &mut again);
            session = restored;
        }
    }
    assert_eq!(events, again);
    let report = session.finish(None, &mut events);
    assert!(report.turns.is_none() && report.call.turns == 30);
}

#[test]
fn a_snapshot_takes_four_kilobytes_at_most() {
    // Closed one after the other; all of them open; the first open and all others closed behind it.
    for (open, closed) in [(0, 200), (64, 200), (1, 263)] {
        let mut session = BUILTIN.session(Options::default());
        let (mut events, mut texts, mut most) = (Vec::new(), 0, 0);
        let turns = open.max(1) + closed;
        for i in 0..turns {
            let (start, words) = telling_times(i);
            let (speaker, text) = TELLING[i % TELLING.len()];
            let stays = if open == 1 { i == 200 } else { i >= closed };
            let is_final = !(stays && open > 0);
            let chunk = Chunk {
                is_final,
                words: if is_final { &words } else { &[] },
                ..Chunk::whole("", speaker, text).at(start, start + 5200)
            };
            let utterance = format!("u{i}");
            session.push(
                &Chunk {
                    utterance: &utterance,
                    ..chunk
                },
                &mut events,
            );
            events.clear();
            if stays && open > 0 || open == 1 && i > 200 {
                texts += text.len() + if is_final { 24 } else { 0 };
            }
            most = most.max(session.save().len() - texts);
        }
        println!(
            "{open} open: {most} bytes at most, {} with {texts} of texts at the end",
            session.save().len()
        );
        assert!(most <= 4096, "{most} bytes with {open} open");
    }
}

/// Sessions at several points of a call, with the steps that are left.
fn sessions(analyzer: &Analyzer, call: &Transcript, every: usize) -> Vec<(Session, Vec<Step>)> {
    let mut out = Vec::new();
    for (seed, retention) in [(1, Retention::None), (2, Retention::Full)] {
        let steps = steps(call, seed);
        let mut session = analyzer.session(options(call, retention));
        for (at, step) in steps.iter().enumerate() {
            if at % every == every - 1 {
                out.push((session.clone(), steps[at..].to_vec()));
            }
            step.take(&mut session, &mut Vec::new());
        }
    }
    out
}

#[test]
fn damage_is_found() {
    let analyzer = telling();
    for (session, _) in sessions(&analyzer, &telling_call(), 9) {
        let saved = session.save();
        for at in 0..saved.len() {
            let error = analyzer.restore(&saved[..at]).expect_err("not all of it");
            assert_eq!(error.kind(), ErrorKind::Snapshot, "{at} bytes");
            for bits in [1, 0x80, 0xff] {
                let mut bytes = saved.clone();
                bytes[at] ^= bits;
                let error = analyzer.restore(&bytes).expect_err("changed");
                assert_eq!(error.kind(), ErrorKind::Snapshot, "byte {at}");
            }
        }
    }
}

#[test]
fn what_cannot_go_on_is_told() {
    let analyzer = telling();
    let saved = analyzer.session(Options::default()).save();
    let changed = |at: usize, to: u8| {
        let mut bytes = saved.clone();
        bytes[at] = to;
        bytes
    };
    let of_version = |version: &[u8; 5]| {
        let mut bytes = saved.clone();
        assert_eq!(bytes[32], 5, "the length of the version");
        bytes[33..38].copy_from_slice(version);
        sealed(bytes)
    };
    let other = Analyzer::new(
        Lexicon::builder()
            .file("x.toml", "schema = 1")
            .build()
            .expect("a lexicon"),
    );
    let other = other.expect("compiles");
    let name = |analyzer: &Analyzer| analyzer.lexicon().name().to_owned();
    let last = saved.len() - 1;
    for (bytes, kind, said) in [
        (vec![], ErrorKind::Snapshot, vec!["no snapshot"]),
        (
            b"{\"turns\":[]}".to_vec(),
            ErrorKind::Snapshot,
            vec!["no snapshot"],
        ),
        (
            analyzer.save(),
            ErrorKind::Snapshot,
            vec!["no snapshot but a saved analyzer"],
        ),
        (saved[..20].to_vec(), ErrorKind::Snapshot, vec!["cut off"]),
        (saved[..last].to_vec(), ErrorKind::Snapshot, vec!["cut off"]),
        (
            [&saved[..], b"\n"].concat(),
            ErrorKind::Snapshot,
            vec!["too long"],
        ),
        (changed(8, 200), ErrorKind::Snapshot, vec!["newer version"]),
        (changed(8, 0), ErrorKind::Snapshot, vec!["older version"]),
        (changed(12, 1), ErrorKind::Snapshot, vec!["order of bytes"]),
        (
            changed(last, !saved[last]),
            ErrorKind::Snapshot,
            vec!["damaged", "checksum"],
        ),
        (
            of_version(b"0.0.9"),
            ErrorKind::Snapshot,
            vec!["version 0.0.9", env!("CARGO_PKG_VERSION")],
        ),
        (
            other.session(Options::default()).save(),
            ErrorKind::OtherLexicon,
            vec![&name(&analyzer), &name(&other)],
        ),
    ] {
        let error = analyzer.restore(&bytes).expect_err(said[0]);
        assert_eq!(error.kind(), kind, "{error}");
        assert!(
            said.iter().all(|part| error.to_string().contains(part)),
            "{said:?}: {error}"
        );
    }
    let error = Analyzer::load(&saved).expect_err("no analyzer");
    assert!(
        error
            .to_string()
            .contains("no saved analyzer but a snapshot of a session"),
        "{error}"
    );
}

/// Bytes with a header that fits them.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let body = &bytes[32..];
    let (length, sum) = (body.len() as u64, XxHash3_64::oneshot(body));
    bytes[16..24].copy_from_slice(&length.to_le_bytes());
    bytes[24..32].copy_from_slice(&sum.to_le_bytes());
    bytes
}

#[test]
fn bytes_made_up_by_others_do_no_harm() {
    let mut random = Random::new(7);
    let (mut tried, mut went_on) = (0, 0);
    let all = sessions(&telling(), &telling_call(), 5);
    let built_in = sessions(&BUILTIN, &example_calls()[0], 61);
    for (session, rest) in all.into_iter().chain(built_in) {
        let analyzer = session.analyzer();
        let rest = &rest[..rest.len().min(20)];
        let saved = session.save();
        for _ in 0..MUTANTS {
            let mut bytes = saved.clone();
            for _ in 0..=random.below(3) {
                let at = 32 + random.below(bytes.len() - 32);
                match random.below(6) {
                    0 => bytes[at] = 0xff,
                    1 => bytes[at] = 0x7f,
                    2 => bytes[at] ^= 1 << random.below(8),
                    3 => drop(bytes.remove(at)),
                    4 => bytes.insert(at, random.below(256) as u8),
                    _ => bytes[at] = random.below(256) as u8,
                }
            }
            tried += 1;
            let Ok(mut session) = analyzer.restore(&sealed(bytes)) else {
                continue;
            };
            went_on += 1;
            let mut events = Vec::new();
            for step in rest {
                step.take(&mut session, &mut events);
            }
            // What it has become need not be what can be restored.
            analyzer.restore(&session.save()).ok();
            session.finish(Some(90_000), &mut events);
        }
    }
    println!("{went_on} of {tried} went on");
    assert!(went_on * 5 > tried);
}

/// So many changes are tried of each snapshot.
const MUTANTS: usize = 60;
