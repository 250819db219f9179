//! What is beyond a limit gives a notice or an error that names it, and takes nothing else with it.

mod common;

use common::*;
use hackles::event::{Event, NoticeKind};
use hackles::lexicon::LexiconBuilder;
use hackles::report::Reason;
use hackles::{Analyzer, Chunk, Lexicon, Mode, Options, Participant, Role, Transcript, Turn, limits};

fn small() -> Analyzer {
    analyzer(&[
        &signal("refusal", "agent", "not my job", 4.0, ""),
        &signal("anger", "customer", "(angry|furious)", 3.0, ""),
        &signal(
            "ahead",
            "any",
            "jargon",
            3.0,
            "unless = { signal = \"anger\", within-turns = 2, side = \"after\" }",
        ),
    ])
}

fn notices(events: &[Event]) -> Vec<NoticeKind> {
    let notice = |event: &Event| match event {
        Event::Notice(notice) => Some(notice.notice),
        _ => None,
    };
    events.iter().filter_map(notice).collect()
}

#[test]
fn what_a_session_keeps_is_bounded() {
    let long = "i".repeat(2 * limits::ID_BYTES);
    let (long_a, long_b) = (format!("{long}a"), format!("{long}b"));
    let mut session = small().session(Options::default());
    let mut events = Vec::new();
    session.push(&Chunk::whole(&long_a, "agent", "one"), &mut events);
    assert_eq!(notices(&events), [NoticeKind::OverlongId]);
    events.clear();
    session.push(&Chunk::whole(&long_b, "agent", "two"), &mut events);
    assert_eq!(notices(&events), [NoticeKind::ClosedUtterance]);
    events.clear();
    session.push(&Chunk::whole("u", &long_a, "three"), &mut events);
    assert_eq!(
        notices(&events),
        [NoticeKind::OverlongId, NoticeKind::UnknownRole]
    );
    events.clear();
    session.push(&Chunk::whole("v", &long_b, "four"), &mut events);
    assert!(events.is_empty(), "{events:?}");
    for number in 0..limits::SPEAKERS + 5 {
        let speaker = format!("s{number}");
        session.push(&Chunk::whole(&number.to_string(), &speaker, "five"), &mut events);
    }
    let too_many = notices(&events);
    let too_many = too_many.iter().filter(|n| **n == NoticeKind::TooManySpeakers);
    assert_eq!(too_many.count(), 7);
    events.clear();
    for number in 0..limits::OPEN_UTTERANCES + 3 {
        let mut chunk = Chunk::whole("", "agent", "six");
        let id = format!("open{number}");
        (chunk.utterance, chunk.is_final) = (&id, false);
        session.push(&chunk, &mut events);
    }
    assert_eq!(notices(&events), [NoticeKind::TooManyOpen; 3]);
    assert!(session.state_bytes() < 1 << 20, "{}", session.state_bytes());
}

#[test]
fn who_was_only_taken_to_speak_makes_room() {
    let mut session = small().session(Options::default().full());
    let mut events = Vec::new();
    for number in 0..2 * limits::SPEAKERS {
        let speaker = format!("s{number}");
        let mut chunk = Chunk::whole("u", &speaker, "one");
        (chunk.mode, chunk.is_final) = (Mode::Replace, false);
        session.push(&chunk, &mut events);
    }
    session.push(&Chunk::whole("v", "customer", "two"), &mut events);
    session.push(&Chunk::whole("u", "agent", "not my job"), &mut events);
    assert!(!notices(&events).contains(&NoticeKind::TooManySpeakers));
    let report = session.finish(None, &mut events);
    let turns = report.turns.expect("retained");
    let said: Vec<_> = turns
        .iter()
        .map(|t| t.speaker.as_deref().expect("known"))
        .collect();
    assert_eq!(said, ["agent", "customer"]);
    assert!(turns[0].fired("refusal"), "{turns:?}");
}

#[test]
fn long_ids_of_participants_are_theirs() {
    let id = "p".repeat(3 * limits::ID_BYTES);
    let agent = Participant {
        id: id.clone(),
        role: Some(Role::Agent),
        name: None,
    };
    let options = Options::default().participants(vec![agent]);
    let mut session = small().session(options);
    session.push(&Chunk::whole("u", &id, "not my job"), &mut Vec::new());
    let report = session.finish(None, &mut Vec::new());
    assert_eq!(report.call.signals["refusal"].count, 1);
}

fn long_call(turns: usize) -> Transcript {
    let said = [
        "that is not my job",
        "i am furious",
        "some jargon again",
        "well then",
    ];
    let turn = |n: usize| Turn {
        speaker: ["agent", "customer"][n % 2].to_owned(),
        start_ms: Some(n as i64 * 3000),
        end_ms: Some(n as i64 * 3000 + 2500),
        text: said[n * 7 % 4].to_owned(),
        words: Vec::new(),
    };
    Transcript {
        turns: (0..turns).map(turn).collect(),
        ..Transcript::default()
    }
}

/// A call that is too long to be retained ends as one that never was.
#[test]
fn beyond_what_is_retained_a_call_goes_on_without() {
    let analyzer = small();
    let call = long_call(300);
    let run = |options: Options| {
        let mut session = analyzer.session(options);
        let (mut events, mut most) = (Vec::new(), 0);
        for (number, turn) in call.turns.iter().enumerate() {
            let id = number.to_string();
            let chunk = Chunk::whole(&id, &turn.speaker, &turn.text)
                .at(3000 * number as i64, 3000 * number as i64 + 2500);
            session.push(&chunk, &mut events);
            most = most.max(session.state_bytes());
        }
        let state = session.state_bytes();
        (session.finish(None, &mut events), events, most, state)
    };
    let mut options = Options::default().full();
    options.retained_bytes = 20_000;
    let (report, events, most, state) = run(options);
    let (bare, expected, ..) = run(Options::default());
    assert_eq!(notices(&events), [NoticeKind::RetainedLimit]);
    let others = |e: &&Event| !matches!(e, Event::Notice(_));
    assert_eq!(
        events.iter().filter(others).collect::<Vec<_>>(),
        expected.iter().collect::<Vec<_>>()
    );
    assert!(most < 60_000 && state < 4096, "{most} {state}");
    let lacks = |reason| report.call.not_measured.values().any(|r| *r == reason);
    assert!(lacks(Reason::RetainedLimit) && !lacks(Reason::NotRetained));
    assert!(report.turns.is_none());
    let plain = |report| serde_json::to_string(report).expect("serializable");
    assert_eq!(
        plain(&report).replace("retained_limit", "not_retained"),
        plain(&bare)
    );
    assert!(analyzer.score(&call).turns.is_some());
}

/// A recogniser that takes its text back for ever costs what it sends, and leaves nothing behind; a speaker that is taken for another again and again
/// neither costs more than the text nor shows in the report.
#[test]
fn revisions_without_end_leave_nothing_behind() {
    let analyzer = small();
    let mut session = analyzer.session(Options::default());
    let mut events = Vec::new();
    let mut bytes = Vec::new();
    for n in 0..20_000 {
        let mut chunk = Chunk::whole("u", "agent", ["not my job", "not your job", "", "jargon"][n % 4]);
        chunk.is_final = false;
        session.push(&chunk, &mut events);
        events.clear();
        if n > 100 && n % 1000 < 4 {
            bytes.push(session.state_bytes());
        }
    }
    assert!(bytes.iter().max() == bytes[..4].iter().max(), "{bytes:?}");

    let text = "that is not my job and i am furious with all of you ".repeat(400);
    let mut session = analyzer.session(Options::default().full());
    for (n, (at, c)) in text.char_indices().enumerate() {
        let mut chunk = Chunk::whole("u", ["agent", "customer"][n % 2], &text[at..at + c.len_utf8()]);
        (chunk.mode, chunk.is_final) = (Mode::Append, false);
        session.push(&chunk, &mut events);
    }
    let mut last = Chunk::whole("u", "customer", "");
    last.mode = Mode::Append;
    session.push(&last, &mut events);
    let report = session.finish(None, &mut events);
    let call = Transcript {
        turns: vec![Turn {
            speaker: "customer".into(),
            text,
            ..Turn::default()
        }],
        ..Transcript::default()
    };
    assert_eq!(report, analyzer.score(&call));
    confirmed_once(&events);
}

fn confirmed_once(events: &[Event]) {
    let anger = |e: &&Event| matches!(e, Event::Signal(s) if &*s.signal == "anger" && s.state == hackles::event::State::Confirmed);
    assert_eq!(events.iter().filter(anger).count(), 1);
}

fn shared() -> LexiconBuilder {
    Lexicon::builder().file("shared.toml", include_str!("../lexicons/en/shared.toml"))
}

fn fault(files: &[(String, String)]) -> String {
    let builder = files
        .iter()
        .fold(shared(), |builder, (name, text)| builder.file(name, text));
    let error = match builder.build() {
        Ok(lexicon) => Analyzer::new(lexicon).map(|_| ()).expect_err("too large"),
        Err(error) => error,
    };
    assert!(error.problems().len() <= limits::PROBLEMS + 1);
    let text = error.to_string();
    let longest = text.lines().map(str::len).max().unwrap_or(0);
    assert!(longest < 4 * limits::LINE_BYTES + 2000, "{longest}");
    text
}

#[test]
fn hostile_lexicons_are_refused_with_what_is_too_much() {
    let entry = |id: usize, rest: &str| format!("[[entry]]\nid = \"e{id}\"\nweight = 1.0\n{rest}\n");
    let with = |rest: &str| {
        vec![(
            "a.toml".to_owned(),
            format!("schema = 1\n{}{rest}", header("s", "any")),
        )]
    };
    let list = |name: &str, words: usize| {
        let words: String = (0..words).map(|n| format!("\"w{n} x\",")).collect();
        format!("[lists]\n{name} = [{words}]\n")
    };
    let nested = format!("{}a{}", "(".repeat(17), ")".repeat(17));
    let many = "(".to_owned() + &"<l>|".repeat(4000) + "a)";
    let keys = "a.".repeat(20_000);
    for (files, wanted) in [
        (
            with(&entry(1, &format!("phrases = [\"{nested}\"]"))),
            "nested 16 deep",
        ),
        (
            with(&entry(1, &format!("phrases = [\"{}\"]", "(a|b) ".repeat(33)))),
            "at most 32 words",
        ),
        (
            with(&entry(1, &format!("phrases = [\"{many}\"]\n{}", list("l", 5000)))),
            "name more than 16777216 words",
        ),
        (
            with(&entry(
                1,
                "phrases = [\"a\"]\nregex = '(a{1000}){1000}'\nneeds = [\"a\"]",
            )),
            "exactly one of",
        ),
        (
            with(&entry(1, "regex = '(a{1000}){1000}'\nneeds = [\"a\"]")),
            "not a regular expression",
        ),
        (
            with(&entry(
                1,
                &format!("regex = '{}'\nneeds = [\"a\"]", "a".repeat(5000)),
            )),
            "at most 4096 bytes",
        ),
        (
            with(&entry(1, &format!("phrases = [\"{}\"]", "a".repeat(1 << 20)))),
            "at most 32 words",
        ),
        (
            with(&entry(1, &format!("phrases = [\"<{}>\"]", "a".repeat(1 << 20)))),
            "unknown list",
        ),
        (
            with(&entry(1, &format!("phrases = [{}]", "\"<x>\", ".repeat(3000)))),
            "and more problems",
        ),
        (
            with(&format!("x = {}1{}", "[".repeat(50_000), "]".repeat(50_000))),
            "a.toml:",
        ),
        (with(&format!("{keys}a = 1")), "a.toml:"),
        (with(&format!("[{keys}a]\nb = 1")), "a.toml:"),
        (
            vec![("a.toml".into(), " ".repeat(limits::LEXICON_FILE_BYTES + 1))],
            "a file has at most 16777216",
        ),
        (
            (0..=limits::LEXICON_FILES)
                .map(|n| (format!("{n}.toml"), String::new()))
                .collect(),
            "at most 4096 are possible",
        ),
    ] {
        let told = fault(&files);
        assert!(
            told.contains(wanted),
            "{wanted}: {}",
            &told[..told.len().min(300)]
        );
    }
}
