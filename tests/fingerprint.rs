//! What comes of the shipped calls is what is recorded: in debug builds here, in release by `cargo xtask soak`; in one thread and in many.

#[path = "../benches/common/mod.rs"]
mod corpus;
#[path = "common/fingerprint.rs"]
#[allow(dead_code, unreachable_pub, reason = "the program of tasks uses all of it")]
mod fingerprint;

use hackles::event::Event;
use hackles::{Analyzer, Chunk, Mode, Options, Session, Transcript};

/// So many threads share an analyzer.
const THREADS: usize = 100;
/// Calls that each of them follows at once.
const AT_ONCE: usize = 2;

/// A call that is being followed: the turn that comes next, and what has been told.
struct Followed<'a> {
    call: &'a Transcript,
    session: Session,
    turn: usize,
    events: Vec<Event>,
}

impl<'a> Followed<'a> {
    fn new(analyzer: &Analyzer, call: &'a Transcript) -> Self {
        let mut options = Options::default().full().participants(call.participants.clone());
        (options.id, options.meta) = (call.id.clone(), call.meta.clone());
        Followed {
            call,
            session: analyzer.session(options),
            turn: 0,
            events: Vec::new(),
        }
    }

    /// Sends the next turn in two pieces; says whether there was one.
    fn goes_on(&mut self) -> bool {
        let Some(turn) = self.call.turns.get(self.turn) else {
            return false;
        };
        let id = self.turn.to_string();
        let middle = turn.text.char_indices().nth(turn.text.chars().count() / 2);
        let (first, rest) = turn.text.split_at(middle.map_or(0, |(at, _)| at));
        for (text, is_final) in [(first, false), (rest, true)] {
            let mut chunk = Chunk::whole(&id, &turn.speaker, text);
            (chunk.start_ms, chunk.end_ms) = (turn.start_ms, turn.end_ms);
            (chunk.mode, chunk.is_final) = (Mode::Append, is_final);
            chunk.words = if is_final { &turn.words } else { &[] };
            self.session.push(&chunk, &mut self.events);
        }
        self.turn += 1;
        true
    }

    /// The report and all events, as JSON.
    fn end(mut self) -> (String, String) {
        let report = self.session.finish(self.call.end_ms, &mut self.events);
        (json(&report), json(&self.events))
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("serializable")
}

#[test]
fn results_are_what_is_recorded_in_one_thread_and_in_many() {
    let analyzer = Analyzer::builtin();
    let calls = corpus::calls();
    let found = fingerprint::of(&analyzer, &calls);
    fingerprint::check(&found).unwrap_or_else(|why| panic!("{why}"));

    let alone = |call| {
        let mut followed = Followed::new(&analyzer, call);
        while followed.goes_on() {}
        followed.end()
    };
    let calls: Vec<&Transcript> = calls
        .iter()
        .filter(|c| (4..16).contains(&c.turns.len()))
        .take(24)
        .collect();
    let expected: Vec<(String, String)> = calls.iter().map(|call| alone(call)).collect();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (analyzer, calls, expected) = (&analyzer, &calls, &expected);
            scope.spawn(move || {
                let own = |n: usize| (thread * 7 + n * 11) % calls.len();
                let mut live: Vec<_> = (0..AT_ONCE)
                    .map(|n| Followed::new(analyzer, calls[own(n)]))
                    .collect();
                let mut is_on = true;
                while is_on {
                    // All of them, each in its turn.
                    is_on = live.iter_mut().fold(false, |on, call| call.goes_on() | on);
                }
                for (n, followed) in live.into_iter().enumerate() {
                    assert_eq!(followed.end(), expected[own(n)], "thread {thread}");
                }
                let batch = own(AT_ONCE);
                assert_eq!(
                    json(&analyzer.score(calls[batch])),
                    expected[batch].0,
                    "thread {thread}"
                );
            });
        }
    });
}
