//! Live messages of every vendor, a line each behind the line that names the format: chunks or a problem. What a session makes of the chunks is
//! what scoring makes of the call that is gathered from them.

use hackles_formats::{Collector, live};

use crate::transcripts::{fixtures, format, holds_of, parts};

pub(crate) fn run(bytes: &[u8]) {
    let (line, messages) = parts(bytes);
    let Some(mut reader) = live(format(line)) else {
        return;
    };
    let text = String::from_utf8_lossy(messages);
    let mut out = Vec::new();
    let lines = text.split('\n').count();
    for message in text.split('\n') {
        // What cannot be read is a problem that has words; the following can.
        if let Err(problem) = reader.message(message, &mut out) {
            assert!(!problem.to_string().is_empty());
        }
    }
    let mut problems = 0;
    while reader.finish(&mut out).is_err() {
        problems += 1;
        assert!(problems <= lines, "problems without end");
    }
    let mut collector = Collector::new(Some("live".to_owned()));
    let mut calls = Vec::new();
    for message in out {
        let json = serde_json::to_string(&message).expect("a message is JSON");
        assert_eq!(
            serde_json::from_str::<hackles_formats::Message>(&json).expect("ours"),
            message,
            "{json}"
        );
        // It may come too late.
        let _ = collector.take(message);
        calls.extend(collector.ended());
    }
    calls.extend(collector.finish());
    calls.into_iter().for_each(holds_of);
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = fixtures(|name| name.ends_with(".live.jsonl"));
    // Our own messages, as those of vendors were read.
    for own in fixtures(|name| name.ends_with(".messages.jsonl")) {
        seeds.push([b"jsonl\n", parts(&own).1].concat());
    }
    seeds
}
