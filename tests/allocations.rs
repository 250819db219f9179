//! In the steady state a push asks for no memory, but for the strings of the events it gives.
#![expect(unsafe_code, reason = "an allocator can be counted in no other way")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::BTreeSet;

use hackles::event::Event;
use hackles::{Analyzer, Chunk, Mode, Options, Session, Transcript, Turn};

/// The system's allocator, counted by threads.
struct Counting;

thread_local! {
    static TAKEN: Cell<usize> = const { Cell::new(0) };
}

fn count() {
    // A thread that ends has nothing to count in.
    let _ = TAKEN.try_with(|taken| taken.set(taken.get() + 1));
}

// SAFETY: all is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        unsafe { System.realloc(at, layout, size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// The strings that events own: quotes, and the id of each utterance they tell of.
fn strings(events: &[Event]) -> usize {
    let mut ids = BTreeSet::new();
    let mut quotes = 0;
    for event in events {
        let id = match event {
            Event::Signal(e) => {
                quotes += usize::from(e.quote.is_some());
                &e.utterance
            }
            Event::Anger(e) => &e.utterance,
            Event::Alert(e) => &e.utterance,
            Event::Notice(e) => {
                ids.extend(&e.speaker);
                &e.utterance
            }
            _ => continue,
        };
        ids.insert(id);
    }
    ids.len() + quotes
}

fn calls() -> Vec<Transcript> {
    let files = std::fs::read_dir("examples/calls").expect("there");
    let mut files: Vec<_> = files.map(|f| f.expect("readable").path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "jsonl"));
    files.push("corpora/calls.dev.jsonl".into());
    files.sort();
    let read = |path| std::fs::read_to_string(path).expect("readable");
    let lines: Vec<String> = files.iter().map(read).collect();
    let call = |line: &str| serde_json::from_str(line).expect("a call");
    lines.iter().flat_map(|text| text.lines().map(call)).collect()
}

/// What is counted of pushes.
#[derive(Debug, Default)]
struct Sums {
    pushes: usize,
    /// That gave no events, and took memory.
    greedy: usize,
    events: usize,
    /// Memory taken where events were given, in excess of their strings.
    excess: usize,
}

struct Counter {
    sums: Sums,
    events: Vec<Event>,
}

impl Counter {
    fn push(&mut self, session: &mut Session, chunk: &Chunk<'_>) {
        self.events.clear();
        let bytes = session.state_bytes();
        let before = TAKEN.get();
        session.push(chunk, &mut self.events);
        let mut taken = TAKEN.get() - before;
        // A call that has more to remember takes more room, one that has less gives some back.
        taken -= usize::from(taken > 0 && session.state_bytes() != bytes);
        self.sums.pushes += 1;
        self.sums.events += self.events.len();
        if !chunk.text.is_ascii() {
            // Regular expressions may have to begin anew there, which takes memory.
        } else if self.events.is_empty() {
            self.sums.greedy += usize::from(taken > 0);
        } else {
            self.sums.excess += taken.saturating_sub(strings(&self.events));
        }
    }

    /// A turn: whole, or word by word.
    fn turn(&mut self, session: &mut Session, id: &str, turn: &Turn, by_words: bool) {
        let mut chunk = Chunk::whole(id, &turn.speaker, &turn.text);
        (chunk.start_ms, chunk.end_ms) = (turn.start_ms, turn.end_ms);
        if !by_words {
            self.push(session, &chunk);
            return;
        }
        (chunk.mode, chunk.is_final) = (Mode::Append, false);
        for word in turn.text.split_inclusive(' ') {
            chunk.text = word;
            self.push(session, &chunk);
        }
        (chunk.text, chunk.is_final) = ("", true);
        self.push(session, &chunk);
    }
}

#[test]
fn pushes_take_no_memory_but_for_events() {
    let analyzer = Analyzer::builtin();
    let calls = calls();
    let ids: Vec<String> = (0..1000).map(|i| format!("u{i}")).collect();
    for by_words in [false, true] {
        let mut counter = Counter {
            sums: Sums::default(),
            events: Vec::with_capacity(1024),
        };
        for round in 0..6 {
            if round == 5 {
                counter.sums = Sums::default();
            }
            for call in &calls {
                let mut session = analyzer.session(Options::default());
                for (turn, id) in call.turns.iter().zip(&ids) {
                    counter.turn(&mut session, id, turn, by_words);
                }
            }
        }
        println!("by words: {by_words}: {:?}", counter.sums);
        assert!(counter.sums.pushes > 2000 && counter.sums.events > 1000);
        // A buffer that was given back may still grow once to its largest: of pushes of single words one in a thousand does.
        let (pushes, events) = (counter.sums.pushes, counter.sums.events);
        let (greedy, excess) = if by_words {
            (pushes / 1000, events / 1000)
        } else {
            (0, 0)
        };
        assert!(counter.sums.greedy <= greedy && counter.sums.excess <= excess);
    }
}
