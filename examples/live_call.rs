//! A live call: push what the recogniser sends, read what happens. `cargo run --example live_call`

use hackles::event::{Event, State};
use hackles::{Analyzer, Chunk, Mode, Options};

fn main() {
    let analyzer = Analyzer::builtin();
    let mut call = analyzer.session(Options::default());
    let mut events = Vec::new();
    let chunk = |utterance, speaker, text, is_final| Chunk {
        utterance,
        speaker,
        text,
        is_final,
        mode: Mode::Append,
        ..Chunk::default()
    };
    for piece in [
        chunk("u1", "customer", "this is the third time i've called ", false),
        chunk("u1", "customer", "and i am absolutely furious", true),
        chunk("u2", "agent", "well that's, um, really not my ", false),
        chunk("u2", "agent", "job", true),
    ] {
        call.push(&piece, &mut events);
        for event in events.drain(..) {
            if let Event::Signal(e) = event {
                let sure = if e.state == State::Confirmed { "!" } else { "?" };
                println!(
                    "{sure} {} {} {:.2} {:?} - {}",
                    e.utterance,
                    e.signal,
                    e.score.to_f64(),
                    e.quote.unwrap_or_default(),
                    e.hint
                );
            }
        }
    }
    let report = call.finish(None, &mut events);
    println!(
        "anger at the end: {:?}",
        report.call.anger.end.map(|level| level.to_f64())
    );
}
