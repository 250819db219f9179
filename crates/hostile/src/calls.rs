//! Chunks of a call in any order, with any times, against the turns they come to.

use std::collections::VecDeque;
use std::sync::LazyLock;

use hackles::event::Event;
use hackles::limits::{ID_BYTES, OPEN_UTTERANCES};
use hackles::{Analyzer, Chunk, Mode, Options, Retention, Session, Transcript, Turn};

use crate::report;
use crate::script::{Piece, Script, Step};
use crate::seeds;

/// Ids of closed utterances that a session remembers.
const REMEMBERED: usize = 16;
/// A session without retention takes no more while nobody speaks.
const MOST_BYTES: usize = 4096;

pub(crate) static BUILTIN: LazyLock<Analyzer> = LazyLock::new(Analyzer::builtin);

pub(crate) fn run(bytes: &[u8]) {
    let script = Script::of(&String::from_utf8_lossy(bytes));
    hold(&BUILTIN, &script);
}

/// What must hold of a call however it is sent.
pub(crate) fn hold(analyzer: &Analyzer, script: &Script) {
    let (call, ids) = turns_of(script);
    let (report, events) = send(analyzer, script, Retention::Full);
    report::provisional_are_settled(&events);
    report::check(analyzer, &call, &report);
    assert_eq!(report, analyzer.score(&call), "the report of the turns");
    let (whole, whole_events) = send_whole(analyzer, &call, &ids, Retention::Full);
    assert_eq!(report, whole, "the report of whole turns");
    assert_eq!(
        report::settled(&events),
        report::settled(&whole_events),
        "the events of whole turns"
    );
    let (bounded, _) = send(analyzer, script, Retention::None);
    let (whole_bounded, _) = send_whole(analyzer, &call, &ids, Retention::None);
    assert_eq!(bounded, whole_bounded, "without retention");
}

fn options(participants: &[hackles::Participant], retention: Retention) -> Options {
    let mut options = Options::default().participants(participants.to_vec());
    options.retention = retention;
    options
}

fn send(analyzer: &Analyzer, script: &Script, retention: Retention) -> (hackles::CallReport, Vec<Event>) {
    let mut session = analyzer.session(options(&script.participants, retention));
    let mut events = Vec::new();
    let mut open = 0_usize;
    for step in &script.steps {
        match step {
            Step::Chunk(piece) => {
                session.push(&piece.chunk(), &mut events);
                open += 1;
            }
            Step::Pass(ms) => session.advance(*ms, &mut events),
            Step::Copy => astray(session.clone()),
            Step::Save => {
                let restored = analyzer.restore(&session.save());
                session = restored.unwrap_or_else(|e| panic!("saved just now: {e}"));
            }
        }
    }
    if retention == Retention::None && open == 0 {
        assert!(session.state_bytes() < MOST_BYTES);
    }
    (session.finish(script.end_ms, &mut events), events)
}

/// A copy goes its own way and leaves no trace.
fn astray(mut copy: Session) {
    let chunk = Chunk {
        mode: Mode::Append,
        ..Chunk::whole("u1", "agent", " get me your supervisor now you idiot")
    };
    copy.push(&chunk, &mut Vec::new());
    copy.finish(Some(0), &mut Vec::new());
}

fn send_whole(
    analyzer: &Analyzer,
    call: &Transcript,
    ids: &[String],
    retention: Retention,
) -> (hackles::CallReport, Vec<Event>) {
    let mut session = analyzer.session(options(&call.participants, retention));
    let mut events = Vec::new();
    for (turn, id) in call.turns.iter().zip(ids) {
        let chunk = Chunk {
            start_ms: turn.start_ms,
            end_ms: turn.end_ms,
            words: &turn.words,
            ..Chunk::whole(id, &turn.speaker, &turn.text)
        };
        session.push(&chunk, &mut events);
    }
    (session.finish(call.end_ms, &mut events), events)
}

/// An utterance that has begun and is not handed on.
struct Begun {
    id: String,
    turn: Turn,
    closed: bool,
}

/// The turns that a script comes to, with the ids of their utterances: what the documentation says of chunks, as plainly as it can be written.
fn turns_of(script: &Script) -> (Transcript, Vec<String>) {
    let mut done: Vec<Begun> = Vec::new();
    let mut open: VecDeque<Begun> = VecDeque::new();
    for step in &script.steps {
        let Step::Chunk(piece) = step else { continue };
        let id = known(&piece.utterance);
        let place = open.iter().position(|u| u.id == id);
        let is_closed = place.is_some_and(|at| open[at].closed);
        let recent = &done[done.len().saturating_sub(REMEMBERED)..];
        if is_closed || place.is_none() && recent.iter().any(|u| u.id == id) {
            continue;
        }
        let at = place.unwrap_or_else(|| {
            if open.len() >= OPEN_UTTERANCES
                && let Some(oldest) = open.iter_mut().find(|u| !u.closed)
            {
                oldest.closed = true;
                hand_on(&mut open, &mut done);
            }
            open.push_back(Begun {
                id: id.to_owned(),
                turn: Turn::default(),
                closed: false,
            });
            open.len() - 1
        });
        take(&mut open[at].turn, piece);
        open[at].closed = piece.is_final;
        hand_on(&mut open, &mut done);
    }
    done.extend(open);
    let (ids, turns) = done.into_iter().map(|u| (u.id, u.turn)).unzip();
    let call = Transcript {
        turns,
        participants: script.participants.clone(),
        end_ms: script.end_ms,
        ..Transcript::default()
    };
    (call, ids)
}

/// An id as far as it is looked at.
fn known(id: &str) -> &str {
    let end = (0..=id.len().min(ID_BYTES))
        .rev()
        .find(|&end| id.is_char_boundary(end));
    &id[..end.unwrap_or(0)]
}

fn hand_on(open: &mut VecDeque<Begun>, done: &mut Vec<Begun>) {
    while open.front().is_some_and(|u| u.closed) {
        done.extend(open.pop_front());
    }
}

fn take(turn: &mut Turn, piece: &Piece) {
    turn.speaker.clone_from(&piece.speaker);
    turn.start_ms = piece.start_ms.or(turn.start_ms);
    turn.end_ms = piece.end_ms.or(turn.end_ms);
    if piece.mode == Mode::Replace {
        turn.text.clear();
        turn.words.clear();
    }
    turn.text.push_str(&piece.text);
    turn.words.extend(&piece.words);
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let written = [
        "with a7 agent Anna Bell\nu1 a7 0..900 + that's not\n@ 950\nu2 customer 700..1500 = what\nu1 a7 0..1200 +. my job\nu2 customer 700..1900 =. what do you mean you idiot\n$ 9000",
        "u1 customer 0..4000 +w i am so\n*\n~\nu1 customer 0..5000 +.w angry at you\n@ 60000\nu2 agent 3000..7000 =. i'm sorry, sorry, sorry\nu1 agent .. =. too late",
        "u1 agent 9223372036854775807..-9223372036854775808 =. this is anna speaking\nu2 customer -5..0 =. no\\nno",
    ];
    let calls = seeds::calls();
    let sent = calls.iter().map(|call| {
        let mut call = call.clone();
        call.turns.truncate(8);
        Script::sending(&call)
    });
    let written = written.into_iter().map(str::to_owned);
    written.chain(sent).map(String::into_bytes).collect()
}

/// Words that say something to the built-in lexicons, and what scripts are made of.
pub(crate) fn words() -> Vec<String> {
    let own = [
        "agent",
        "customer",
        "u1",
        "u2",
        "=. ",
        "+. ",
        "+w ",
        "0..900",
        "@ 5000",
        "$ 61000",
        "with ",
        "\\n",
        "um ",
        "[noise]",
        "f***",
        "\u{1f642}",
        "e\u{301}",
        "\u{3000}",
        "\u{2019}",
        "you know",
        "-9223372036854775808",
    ];
    let said = seeds::calls().into_iter().flat_map(|call| call.turns);
    let mut words: Vec<String> = said
        .flat_map(|turn| turn.text.split(' ').map(str::to_owned).collect::<Vec<_>>())
        .filter(|word| word.is_ascii() && word.len() < 16)
        .collect();
    words.sort();
    words.dedup();
    own.into_iter().map(str::to_owned).chain(words).collect()
}
