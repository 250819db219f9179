//! One way to send a call, and many: whole, by words, at any character, with wrong guesses, overlapping, cloned midway, saved and restored.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use hackles::event::{Event, State};
use hackles::{Analyzer, CallReport, Chunk, Mode, Options, Retention, Session, Transcript, Turn, WordTime};

/// A small generator of its own: the same numbers on every platform (xorshift64*).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % n.max(1)
    }
}

/// Turns of a call of which everything is remembered that can be: names, holds, promises, repetition, parroting, alerts.
pub const TELLING: [(&str, &str); 6] = [
    (
        "customer",
        "hi my name is thandiwe wijesinghe and this is ridiculous i have called three times and nobody ever called me back you idiots",
    ),
    (
        "agent",
        "i'm so sorry ma'am any inconvenience caused so your name is thandiwe and nobody ever called you back",
    ),
    (
        "customer",
        "yes that's what i said i don't know what you mean by that i want your supervisor and my solicitor will hear of this",
    ),
    (
        "agent",
        "can you hold while i check the eob i'll call you on friday at ten i promise it will never happen again",
    ),
    (
        "customer",
        "okay thank you so much that's brilliant you've been great but it's outrageous",
    ),
    (
        "agent",
        "that's not my job you should have read the terms what is your account number and your postcode please",
    ),
];

/// When such a turn starts, so that it overlaps with those beside it, and when its words are heard.
pub fn telling_times(turn: usize) -> (i64, [WordTime; 3]) {
    let start = turn as i64 * 4800;
    let words = [(0, 500), (1500, 2500), (3500, 5200)].map(|(from, to)| WordTime {
        start_ms: start + from,
        end_ms: start + to,
    });
    (start, words)
}

/// How a call is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Each turn as one final chunk.
    Whole,
    /// Each turn word by word.
    Words,
    /// Each turn cut at any characters; wrong guesses replaced; the session cloned now and then, or saved and restored; time let pass.
    Wild(u64),
}

pub const WAYS: [Way; 8] = [
    Way::Whole,
    Way::Words,
    Way::Wild(1),
    Way::Wild(2),
    Way::Wild(3),
    Way::Wild(4),
    Way::Wild(5),
    Way::Wild(6),
];

pub fn options(call: &Transcript, retention: Retention) -> Options {
    let mut options = Options::default().participants(call.participants.clone());
    options.id = call.id.clone();
    options.meta = call.meta.clone();
    options.retention = retention;
    options
}

/// Sends a call in one way; the report and all events.
pub fn send(
    analyzer: &Analyzer,
    call: &Transcript,
    way: Way,
    retention: Retention,
) -> (CallReport, Vec<Event>) {
    let mut session = analyzer.session(options(call, retention));
    let mut events = Vec::new();
    match way {
        Way::Whole => {
            for (i, turn) in call.turns.iter().enumerate() {
                push(
                    &mut session,
                    i,
                    turn,
                    &turn.text,
                    Mode::Replace,
                    true,
                    &mut events,
                );
            }
        }
        Way::Words => {
            for (i, turn) in call.turns.iter().enumerate() {
                for word in turn.text.split_inclusive(' ') {
                    push(&mut session, i, turn, word, Mode::Append, false, &mut events);
                }
                push(&mut session, i, turn, "", Mode::Append, true, &mut events);
            }
        }
        Way::Wild(seed) => session = wild(session, call, seed, &mut events),
    }
    let report = session.finish(call.end_ms, &mut events);
    (report, events)
}

fn wild(mut session: Session, call: &Transcript, seed: u64, events: &mut Vec<Event>) -> Session {
    let mut random = Random::new(seed);
    // What of each turn has been sent; turns overlap up to four deep and begin in their order.
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut next = 0;
    while next < call.turns.len() || !open.is_empty() {
        if next < call.turns.len() && (open.is_empty() || (open.len() < 4 && random.below(4) == 0)) {
            open.push((next, 0));
            // The first chunk settles the order of arrival.
            push(
                &mut session,
                next,
                &call.turns[next],
                "",
                Mode::Append,
                false,
                events,
            );
            next += 1;
            continue;
        }
        let which = random.below(open.len());
        let (i, sent) = open[which];
        let turn = &call.turns[i];
        let rest = &turn.text[sent..];
        match random.below(7) {
            0 => {
                let guess = [
                    "that is ridiculous you idiot",
                    "not my job",
                    "",
                    "i'm so sorry, thanks anna",
                    "🙂 [noise] f***",
                ][random.below(5)];
                push(&mut session, i, turn, guess, Mode::Replace, false, events);
                push(
                    &mut session,
                    i,
                    turn,
                    &turn.text[..sent],
                    Mode::Replace,
                    false,
                    events,
                );
            }
            1 => session.advance(turn.end_ms.unwrap_or(0), events),
            2 => {
                // A copy goes its own way and leaves no trace.
                let mut copy = session.clone();
                push(
                    &mut copy,
                    i,
                    turn,
                    "get me your supervisor now",
                    Mode::Append,
                    true,
                    &mut Vec::new(),
                );
                copy.finish(None, &mut Vec::new());
            }
            3 => {
                let saved = session.save();
                session = session.analyzer().restore(&saved).expect("saved just now");
            }
            4 if rest.is_empty() || random.below(3) == 0 => {
                push(&mut session, i, turn, rest, Mode::Append, true, events);
                open.remove(which);
            }
            _ => {
                let mut cut = sent + random.below(12);
                cut = (cut..=turn.text.len())
                    .find(|&c| turn.text.is_char_boundary(c))
                    .unwrap_or(turn.text.len());
                if random.below(4) == 0 {
                    push(
                        &mut session,
                        i,
                        turn,
                        &turn.text[..cut],
                        Mode::Replace,
                        false,
                        events,
                    );
                } else {
                    push(
                        &mut session,
                        i,
                        turn,
                        &turn.text[sent..cut],
                        Mode::Append,
                        false,
                        events,
                    );
                }
                open[which].1 = cut;
            }
        }
    }
    session
}

pub fn push(
    session: &mut Session,
    i: usize,
    turn: &Turn,
    text: &str,
    mode: Mode,
    is_final: bool,
    events: &mut Vec<Event>,
) {
    let utterance = format!("u{i}");
    let chunk = Chunk {
        utterance: &utterance,
        speaker: &turn.speaker,
        start_ms: turn.start_ms,
        end_ms: turn.end_ms,
        text,
        mode,
        is_final,
        words: if is_final { &turn.words } else { &[] },
    };
    session.push(&chunk, events);
}

/// The events that hold: confirmed signals and silences, changes of the band of anger, marks of practices.
pub fn settled(events: &[Event]) -> Vec<Event> {
    let holds = |e: &&Event| match e {
        Event::Signal(s) => s.state == State::Confirmed,
        Event::Silence(s) => s.state == State::Confirmed,
        Event::Anger(_) | Event::Practice(_) => true,
        _ => false,
    };
    events.iter().filter(holds).cloned().collect()
}

/// Sends a call in every way and says that all agree; gives the report.
pub fn send_every_way(analyzer: &Analyzer, call: &Transcript) -> CallReport {
    let scored = analyzer.score(call);
    let (whole, whole_events) = send(analyzer, call, Way::Whole, Retention::Full);
    assert_eq!(scored, whole, "score and session");
    let (bounded, _) = send(analyzer, call, Way::Whole, Retention::None);
    for way in WAYS {
        let (report, events) = send(analyzer, call, way, Retention::Full);
        assert_eq!(report, whole, "{way:?}");
        assert_eq!(settled(&events), settled(&whole_events), "{way:?}");
        provisional_events_are_settled(&events, way);
        let (report, _) = send(analyzer, call, way, Retention::None);
        assert_eq!(report, bounded, "{way:?} with retention none");
    }
    whole
}

/// Every provisional event is confirmed or retracted in the end.
fn provisional_events_are_settled(events: &[Event], way: Way) {
    let mut open: Vec<(&str, &str)> = Vec::new();
    for event in events {
        let Event::Signal(s) = event else { continue };
        let key = (&*s.signal, &*s.utterance);
        match s.state {
            State::Provisional => {
                assert!(!open.contains(&key), "{key:?} is announced twice ({way:?})");
                open.push(key);
            }
            _ => open.retain(|k| *k != key),
        }
    }
    assert!(open.is_empty(), "{open:?} stay provisional ({way:?})");
}

/// A lexicon of its own for tests, on top of the shared tables.
pub fn analyzer(signals: &[&str]) -> Analyzer {
    let shared = include_str!("../../lexicons/en/shared.toml");
    let interruption = include_str!("../../lexicons/en/turns/interruption.toml");
    let mut builder = hackles::Lexicon::builder()
        .file("shared.toml", shared)
        .file("interruption.toml", interruption);
    for (i, text) in signals.iter().enumerate() {
        builder = builder.file(&format!("test{i}.toml"), &format!("schema = 1\n{text}"));
    }
    let lexicon = builder.build().unwrap_or_else(|e| panic!("{e}"));
    Analyzer::new(lexicon).unwrap_or_else(|e| panic!("{e}"))
}

/// The header of a test signal.
pub fn header(id: &str, speaker: &str) -> String {
    format!(
        "[signal]\nid = \"{id}\"\nspeaker = \"{speaker}\"\nseverity = \"info\"\ntitle = \"t\"\nsummary = \"s\"\nhint = \"h\"\n"
    )
}

/// A signal with one entry of one phrase.
pub fn signal(id: &str, speaker: &str, phrase: &str, weight: f64, more: &str) -> String {
    format!(
        "{}[[entry]]\nid = \"{}\"\nphrases = [\"{phrase}\"]\nweight = {weight:?}\n{more}\n",
        header(id, speaker),
        id.replace('_', "-")
    )
}

/// A call of lines `agent: text` or `agent 100-900: text`.
pub fn call(lines: &[&str]) -> Transcript {
    let turns = lines.iter().map(|line| {
        let (who, text) = line.split_once(": ").unwrap_or((line.trim_end_matches(':'), ""));
        let (speaker, times) = who.split_once(' ').map_or((who, None), |(s, t)| (s, Some(t)));
        let times = times.map(|t| t.split_once('-').expect("start-end"));
        let ms = |t: &str| t.parse::<i64>().ok();
        Turn {
            speaker: speaker.to_owned(),
            start_ms: times.and_then(|t| ms(t.0)),
            end_ms: times.and_then(|t| ms(t.1)),
            text: text.to_owned(),
            words: Vec::new(),
        }
    });
    Transcript {
        id: Some("C1".into()),
        turns: turns.collect(),
        ..Transcript::default()
    }
}

/// The signals that fired, by turn.
pub fn fired(report: &CallReport) -> Vec<Vec<String>> {
    let turns = report.turns.as_ref().expect("retained");
    turns
        .iter()
        .map(|t| t.signals.iter().map(|s| s.to_string()).collect())
        .collect()
}
