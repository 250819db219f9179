//! A live call that goes on in another process: one follows half of it and saves it to a file, the next takes over.
//! `cargo run --example hand_over`

use std::error::Error;
use std::path::Path;
use std::process::Command;

use hackles::event::{Event, State};
use hackles::{Analyzer, Chunk, Mode, Options, Session};

/// What the recogniser sends: utterance, speaker, text, and whether the utterance ends.
const CHUNKS: [(&str, &str, &str, bool); 6] = [
    (
        "u1",
        "customer",
        "my name is kwabena and this is the third time ",
        false,
    ),
    ("u1", "customer", "i've called, i am furious", true),
    (
        "u2",
        "agent",
        "i'm so sorry kwabena but that's, um, not my ",
        false,
    ),
    // Here the first process stops, in the middle of a phrase.
    ("u2", "agent", "job", true),
    ("u3", "customer", "i want to speak to your manager", true),
    (
        "u4",
        "agent",
        "i'll put you through to her now, i'll stay on the line",
        true,
    ),
];
const FIRST: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    if let Some(file) = std::env::args_os().nth(1) {
        return take_over(Path::new(&file));
    }
    let file = std::env::temp_dir().join(format!("hand_over-{}.session", std::process::id()));
    follow_and_save(&file)?;
    let done = Command::new(std::env::current_exe()?).arg(&file).status()?;
    // It says what was said on the phone: it is not left lying about.
    std::fs::remove_file(&file)?;
    if done.success() {
        Ok(())
    } else {
        Err("the other process failed".into())
    }
}

fn follow_and_save(file: &Path) -> Result<(), Box<dyn Error>> {
    let mut call = Analyzer::builtin().session(Options::default());
    follow(&mut call, &CHUNKS[..FIRST]);
    let bytes = call.save();
    println!("-- process {} saves {} bytes", std::process::id(), bytes.len());
    std::fs::write(file, bytes)?;
    Ok(())
}

fn take_over(file: &Path) -> Result<(), Box<dyn Error>> {
    // The same lexicon: a session that was begun with another one is refused.
    let mut call = Analyzer::builtin().restore(&std::fs::read(file)?)?;
    println!("-- process {} goes on", std::process::id());
    follow(&mut call, &CHUNKS[FIRST..]);
    let report = call.finish(None, &mut Vec::new());
    let anger = report.call.anger;
    println!(
        "-- {} turns, anger at most {:.2}, {:.2} at the end",
        report.call.turns,
        anger.peak.unwrap_or_default().to_f64(),
        anger.end.unwrap_or_default().to_f64()
    );
    Ok(())
}

fn follow(call: &mut Session, chunks: &[(&str, &str, &str, bool)]) {
    let mut events = Vec::new();
    for &(utterance, speaker, text, is_final) in chunks {
        let chunk = Chunk {
            utterance,
            speaker,
            text,
            is_final,
            mode: Mode::Append,
            ..Chunk::default()
        };
        call.push(&chunk, &mut events);
    }
    for event in &events {
        if let Event::Signal(e) = event {
            let state = match e.state {
                State::Provisional => "?",
                State::Confirmed => "!",
                State::Retracted => "-",
            };
            println!(
                "{state} {} {} {:?}",
                e.utterance,
                e.signal,
                e.quote.as_deref().unwrap_or_default()
            );
        }
    }
}
