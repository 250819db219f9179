//! Saved sessions: one that was restored goes on as if nothing had been, and nothing else is restored.

mod common;

use std::sync::LazyLock;

use common::*;
use hackles::error::ErrorKind;
use hackles::event::Event;
use hackles::{Analyzer, CallReport, Chunk, Mode, Options, Retention, Session, Transcript, WordTime};

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
            words: if is_final { own.words.clone() } else { Vec::new() },
        };
        let border = |at: usize| {
            let mut borders = at.min(own.text.len())..=own.text.len();
            borders.find(|&at| own.text.is_char_boundary(at))
        };
        match random.below(7) {
            0 => {
                let guesses = ["that is ridiculous you idiot", "not my job", "", "so sorry, thanks anna"];
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

/// Says that a session that is restored before any of the steps goes on like the one that never stopped.
fn agrees(analyzer: &Analyzer, call: &Transcript, seed: u64) {
    let steps = steps(call, seed);
    for retention in RETENTIONS {
        let begin = || analyzer.session(options(call, retention));
        let undisturbed = follow(begin(), &steps, call.end_ms, |_| None);
        // Each border by itself: what was restored once and goes on to the end.
        let mut session = begin();
        for (at, step) in steps.iter().enumerate() {
            let rest = follow(again(&session), &steps[at..], call.end_ms, |_| None);
            assert_eq!(rest.0, undisturbed.0[at..], "{seed} {retention:?}: from step {at}");
            assert_eq!(rest.1, undisturbed.1, "{seed} {retention:?}: from step {at}");
            step.take(&mut session, &mut Vec::new());
        }
        passes_from_hand_to_hand(analyzer, call, seed, retention);
    }
}

/// The same for one that is restored at each border, or at some.
fn passes_from_hand_to_hand(analyzer: &Analyzer, call: &Transcript, seed: u64, retention: Retention) {
    let steps = steps(call, seed);
    let begin = || analyzer.session(options(call, retention));
    let undisturbed = follow(begin(), &steps, call.end_ms, |_| None);
    let mut random = Random::new(seed);
    for odds in [1, 3] {
        let chain = follow(begin(), &steps, call.end_ms, |session| {
            (random.below(odds) == 0).then(|| again(session))
        });
        assert!(chain == undisturbed, "{seed} {retention:?}: one in {odds}");
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
    lines.map(|line| serde_json::from_str(line).expect("a call")).collect()
}

/// A lexicon in which what a session may have in mind is little text away.
fn telling() -> Analyzer {
    let later = "unless = { signal = \"sorry\", within-turns = 2, side = \"after\" }";
    let soon = "unless = { signal = \"sorry\", within-ms = 9000, side = \"after\" }";
    analyzer(&[
        &signal("anger", "customer", "(angry|furious)", 2.5, "hint = \"calm down\""),
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
    call.turns[1].words = [(3500, 4200), (6000, 8000)]
        .map(|(start_ms, end_ms)| WordTime { start_ms, end_ms })
        .to_vec();
    call
}

#[test]
fn a_restored_session_goes_on_as_if_nothing_had_been() {
    let analyzer = telling();
    let call = telling_call();
    for seed in 0..24 {
        agrees(&analyzer, &call, seed);
    }
    let scored = analyzer.score(&call);
    let fired: Vec<&str> = scored.call.signals.keys().map(|s| &**s).collect();
    assert_eq!(fired.len(), 8, "all is told: {fired:?}");
}

#[test]
fn so_do_sessions_of_the_built_in_set() {
    for (seed, call) in (0..).zip(&example_calls()) {
        for retention in RETENTIONS {
            passes_from_hand_to_hand(&BUILTIN, call, seed, retention);
        }
    }
}
