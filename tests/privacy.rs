//! What was said stays where it is: not in `Debug`, not in reports and events without a text, not in memory after the call.
#![expect(unsafe_code, reason = "an allocator can be looked into in no other way")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fmt::Debug;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use hackles::event::Event;
use hackles::{Analyzer, CallReport, Chunk, Mode, Options, Participant, Role, Session, Transcript, Turn};

static BUILTIN: LazyLock<Analyzer> = LazyLock::new(Analyzer::builtin);

/// Words that stand nowhere else.
const MARKERS: [&str; 4] = ["zqtext", "zqname", "zqmeta", "zqlearned"];

fn markers_in(text: &str) -> Vec<&'static str> {
    let text = text.to_lowercase();
    MARKERS.into_iter().filter(|m| text.contains(m)).collect()
}

/// A call with marked words wherever there are words.
fn call() -> Transcript {
    let said = [
        ("agent", "Hi, this is Zqname. Who am I speaking with?"),
        (
            "customer",
            "My name is Zqlearned Smith. I am furious Zqtext and this is ridiculous, it's the worst Zqtext service ever!",
        ),
        (
            "agent",
            "Zqlearned, that's, um Zqtext, not my job. There is nothing I can do Zqtext.",
        ),
        (
            "agent",
            "I will call you back Zqtext tomorrow by 5 pm, I promise.",
        ),
        (
            "customer",
            "You promised Zqtext that last time and nobody called me. I want a refund, this is unacceptable.",
        ),
        ("agent", "I'm sorry Zqlearned. I'll call you Zqtext on Friday."),
    ];
    let turn = |(number, (speaker, text)): (i64, &(&str, &str))| {
        let start_ms = number * 5000;
        Turn {
            speaker: (*speaker).into(),
            start_ms: Some(start_ms),
            end_ms: Some(start_ms + 4500),
            text: (*text).into(),
            words: Vec::new(),
        }
    };
    let party = |id: &str, role| Participant {
        id: id.into(),
        role: Some(role),
        name: Some("Zqname Jones".into()),
    };
    let mut meta = hackles::transcript::Meta::new();
    meta.insert("queue".into(), "zqmeta".into());
    Transcript {
        id: Some("C1".into()),
        turns: (0..).zip(&said).map(turn).collect(),
        participants: vec![party("agent", Role::Agent), party("customer", Role::Customer)],
        meta: Some(meta),
        end_ms: Some(40_000),
    }
}

fn options(call: &Transcript) -> Options {
    let mut options = Options::default().participants(call.participants.clone());
    options.meta = call.meta.clone();
    options
}

/// Sends all turns but for their last words, in two chunks each, so that words are looked up, taken back and read again.
fn push(session: &mut Session, call: &Transcript, events: &mut Vec<Event>) {
    for (number, turn) in call.turns.iter().enumerate() {
        let utterance = number.to_string();
        let whole = Chunk::whole(&utterance, &turn.speaker, &turn.text);
        let partial = Chunk {
            text: &turn.text[..turn.text.len() / 2],
            is_final: false,
            mode: Mode::Replace,
            ..whole
        };
        session.push(&partial, events);
        session.push(
            &whole.at(turn.start_ms.unwrap_or(0), turn.end_ms.unwrap_or(0)),
            events,
        );
    }
}

fn live(analyzer: &Analyzer) -> (Vec<Event>, CallReport) {
    let call = call();
    let mut events = Vec::new();
    let mut session = analyzer.session(options(&call).full());
    push(&mut session, &call, &mut events);
    let report = session.finish(call.end_ms, &mut events);
    (events, report)
}

#[test]
fn without_text_the_scores_are_the_same_and_no_word_is_told() {
    let silent = BUILTIN.clone().without_text();
    assert!(BUILTIN.tells_text() && !silent.tells_text());
    let (told, mut full) = live(&BUILTIN);
    let (events, report) = live(&silent);
    let json = |report: &CallReport| serde_json::to_string(report).expect("plain");
    let told_words = serde_json::to_string(&told).expect("plain") + &json(&full);
    assert_eq!(markers_in(&told_words), ["zqtext", "zqmeta", "zqlearned"]);
    let words = serde_json::to_string(&events).expect("plain") + &json(&report);
    // What the call is filed under is the caller's.
    assert_eq!(markers_in(&words), ["zqmeta"]);

    let turns = |report: &CallReport| report.turns.clone().expect("retained");
    let mut learned = 0;
    for (own, full) in turns(&report).iter().zip(&turns(&full)) {
        assert_eq!(
            (&own.scores, &own.signals, own.sentiment),
            (&full.scores, &full.signals, full.sentiment)
        );
        for (own, full) in own.evidence.iter().zip(&full.evidence) {
            assert_eq!(
                (own.start, own.end, own.contribution),
                (full.start, full.end, full.contribution)
            );
            match own.entry.strip_prefix("term:#") {
                Some(number) => {
                    learned += 1;
                    let number = number.parse().expect("a number");
                    assert_eq!(silent.lexicon().learned(number), Some(&*full.entry));
                }
                None => assert_eq!(own.entry, full.entry),
            }
        }
    }
    assert!(learned > 0);
    assert!(report.call.promises.as_ref().is_some_and(|p| !p.is_empty()));
    full.leave_out_text(&BUILTIN);
    assert_eq!(full, report);
    assert_eq!(silent.score(&call()).call.promises, report.call.promises);

    let quoted = |events: &[Event]| {
        let signals = events
            .iter()
            .filter(|e| matches!(e, Event::Signal(s) if s.quote.is_some()));
        signals.count()
    };
    assert!(quoted(&told) > 0 && quoted(&events) == 0);
    assert_eq!(told.len(), events.len());
}

#[test]
fn debug_tells_sizes() {
    let call = call();
    let (events, report) = live(&BUILTIN);
    let turn = &call.turns[1];
    let mut open = BUILTIN.session(options(&call));
    open.push(
        &Chunk {
            is_final: false,
            ..Chunk::whole("u1", "customer", &turn.text)
        },
        &mut Vec::new(),
    );
    let mut probe = BUILTIN.probe();
    probe.count(None, "Zqtext");
    let shown: [(&str, &dyn Debug); 13] = [
        ("Transcript", &call),
        ("Turn", turn),
        ("Participant", &call.participants[0]),
        ("Chunk", &Chunk::whole("u1", "agent", &turn.text)),
        ("Options", &options(&call)),
        ("Session", &open),
        ("Events", &events),
        ("CallReport", &report),
        ("Promises", &report.call.promises),
        ("Explanation", &BUILTIN.explain(&turn.text, Some(Role::Customer))),
        (
            "Explanation of an agent",
            &BUILTIN.explain(&call.turns[2].text, Some(Role::Agent)),
        ),
        ("Probe", &probe),
        ("Analyzer", &*BUILTIN),
    ];
    for (name, shown) in shown {
        for text in [format!("{shown:?}"), format!("{shown:#?}")] {
            assert_eq!(markers_in(&text), [] as [&str; 0], "{name}: {text}");
        }
    }
    // Nor do learned entries tell the words they are named by.
    let named = |e: &hackles::evidence::Evidence| e.entry.starts_with("term:");
    let turns = report.turns.as_ref().expect("retained");
    let learned = turns.iter().flat_map(|t| &t.evidence).find(|e| named(e));
    assert!(format!("{:?}", learned.expect("some")).contains("entry: term:…"));
}

/// The system's allocator; of what a thread asks for while it is watched, it knows where it is.
struct Watched;

const SLOTS: usize = 1 << 15;
/// A slot that was used.
const GONE: usize = 1;

static PLACES: [AtomicUsize; SLOTS] = [const { AtomicUsize::new(0) }; SLOTS];
static SIZES: [AtomicUsize; SLOTS] = [const { AtomicUsize::new(0) }; SLOTS];

thread_local! {
    static IS_WATCHED: Cell<bool> = const { Cell::new(false) };
}

fn slots(place: usize) -> impl Iterator<Item = usize> {
    let first = place.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    (0..SLOTS).map(move |more| (first + more) % SLOTS)
}

// SAFETY: all is left to the system's allocator; `realloc` takes new memory, and gives the old back.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let at = unsafe { System.alloc_zeroed(layout) };
        if IS_WATCHED.try_with(Cell::get).unwrap_or(false) {
            let is_free = |slot: &usize| PLACES[*slot].load(Ordering::SeqCst) <= GONE;
            if let Some(slot) = slots(at as usize).find(is_free) {
                SIZES[slot].store(layout.size(), Ordering::SeqCst);
                PLACES[slot].store(at as usize, Ordering::SeqCst);
            }
        }
        at
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        for slot in slots(at as usize) {
            match PLACES[slot].load(Ordering::SeqCst) {
                0 => break,
                place if place == at as usize => {
                    PLACES[slot].store(GONE, Ordering::SeqCst);
                    break;
                }
                _ => {}
            }
        }
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static WATCHED: Watched = Watched;

/// The markers in all memory that is not given back.
fn kept() -> Vec<&'static str> {
    let mut found: Vec<&str> = Vec::new();
    for (place, size) in PLACES.iter().zip(&SIZES) {
        let (place, size) = (place.load(Ordering::SeqCst), size.load(Ordering::SeqCst));
        if place > GONE {
            // SAFETY: it was given out with this size, was zeroed then, and has not been given back: only this thread's memory is watched.
            let bytes = unsafe { std::slice::from_raw_parts(place as *const u8, size) };
            found.extend(markers_in(&String::from_utf8_lossy(bytes)));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

#[test]
fn nothing_of_a_call_stays_in_memory() {
    let call = call();
    let plain: Transcript = serde_json::from_str(
        r#"{"turns":[{"speaker":"customer","text":"I am furious"},{"speaker":"agent","text":"not my job"}]}"#,
    )
    .expect("valid");
    let analyzer = BUILTIN.clone();
    let watched = |work: &mut dyn FnMut()| {
        IS_WATCHED.set(true);
        work();
        IS_WATCHED.set(false);
    };
    for (how, full, finishes) in [
        ("at rest", false, true),
        ("retained", true, true),
        ("dropped", false, false),
        ("retained and dropped", true, false),
    ] {
        let options = || match full {
            true => options(&call).full(),
            false => options(&call),
        };
        let (mut own, mut other) = (None, None);
        watched(&mut || {
            let mut begun = (analyzer.session(options()), analyzer.session(Options::default()));
            for _ in 0..3 {
                push(&mut begun.0, &call, &mut Vec::new());
                push(&mut begun.1, &plain, &mut Vec::new());
            }
            (own, other) = (Some(begun.0), Some(begun.1));
        });
        let while_it_lasts = kept();
        assert!(while_it_lasts.contains(&"zqlearned"), "{how}: {while_it_lasts:?}");
        watched(&mut || {
            let own = own.take().expect("begun");
            if finishes {
                own.finish(call.end_ms, &mut Vec::new());
            }
        });
        assert_eq!(kept(), [] as [&str; 0], "{how}");
        drop(other);
    }
    watched(&mut || drop(analyzer.score(&call)));
    assert_eq!(kept(), [] as [&str; 0], "scored");
}
