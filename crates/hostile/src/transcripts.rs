//! Files of every format: what is told of them is a call or a problem, and a call can be scored and written.
//!
//! The first line names the format, or `auto`; the rest is the file.

use std::io::Cursor;
use std::path::Path;

use hackles_formats::{Call, Format, Reading, read};

use crate::calls::BUILTIN;
use crate::seeds;

/// Larger records are refused.
const RECORD_BYTES: usize = 1 << 16;

/// The format that a line names; for any other line some format, always the same.
pub(crate) fn format(line: &[u8]) -> Format {
    let named = str::from_utf8(line).ok().and_then(|name| name.parse().ok());
    named.unwrap_or_else(|| {
        let at = line
            .iter()
            .fold(0_usize, |sum, &byte| sum * 31 % 997 + usize::from(byte));
        let count = Format::all().count();
        Format::all().nth(at % count).unwrap_or(Format::Jsonl)
    })
}

/// The first line and the rest.
pub(crate) fn parts(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|&b| b == b'\n').unwrap_or(bytes.len());
    (&bytes[..end], bytes.get(end + 1..).unwrap_or_default())
}

pub(crate) fn run(bytes: &[u8]) {
    let (line, file) = parts(bytes);
    let told = (line != b"auto").then(|| format(line));
    let mut reading = Reading::default();
    reading.from = told;
    reading.record_bytes = RECORD_BYTES;
    reading.held_bytes = RECORD_BYTES;
    for meant in [true, false] {
        let Ok(Some(entries)) = reading.entries(Cursor::new(file.to_vec()), meant) else {
            continue;
        };
        for entry in entries {
            assert!(entry.line != Some(0));
            if let Ok(found) = entry.read(told) {
                holds_of(found.call);
            }
        }
    }
    if let (Some(format), Ok(text)) = (told, str::from_utf8(file)) {
        // By the record alone, whatever the file around it would say.
        if let Ok(call) = read(format, text) {
            holds_of(call);
        }
    }
}

/// A call that was read can be written as our own JSON, says the same to those who score it when it is read from that, and can be scored.
pub(crate) fn holds_of(call: Call) {
    let json = serde_json::to_string(&call).expect("a call is JSON");
    let again = read(Format::Jsonl, &json).unwrap_or_else(|e| panic!("{e}: {json}"));
    let transcript: hackles::Transcript = call.into();
    assert_eq!(hackles::Transcript::from(again), transcript, "{json}");
    let report = BUILTIN.score(&transcript);
    assert_eq!(report.call.turns as usize, transcript.turns.len());
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let is_input = |name: &str| {
        let results = [".call.json", ".messages.jsonl", ".live.jsonl", ".txt"];
        !results.iter().any(|ending| name.ends_with(ending))
    };
    let mut seeds = fixtures(is_input);
    for path in seeds::files("examples/calls") {
        if let Ok(text) = std::fs::read(&path) {
            seeds.push([b"auto\n", &text[..text.len().min(4000)]].concat());
        }
    }
    seeds.push(b"text\n[00:12] Agent: hello\n[00:14] Customer: hi".to_vec());
    seeds
}

/// Fixtures with such names, behind the line that names their format.
pub(crate) fn fixtures(is_wanted: impl Fn(&str) -> bool) -> Vec<Vec<u8>> {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let mut found = Vec::new();
    for path in seeds::files("crates/formats/fixtures") {
        let folder = path.parent().and_then(&name);
        if let (Some(file), Some(folder)) = (name(&path), folder)
            && is_wanted(&file)
            && let Ok(text) = std::fs::read(&path)
        {
            found.push([folder.as_bytes(), b"\n", &text].concat());
        }
    }
    found
}

/// The keys of all formats' JSON, and their names.
pub(crate) fn words() -> Vec<String> {
    let mut words: Vec<String> = Format::all().map(|format| format.name().to_owned()).collect();
    for seed in fixtures(|name| name.ends_with(".json") || name.ends_with(".jsonl")) {
        let text = String::from_utf8_lossy(&seed).into_owned();
        let mut parts = text.split('"').skip(1).peekable();
        while let Some(part) = parts.next() {
            if parts
                .peek()
                .is_some_and(|next| next.trim_start().starts_with(':'))
            {
                words.push(format!("\"{part}\":"));
            }
        }
    }
    words.extend(
        [
            "WEBVTT",
            "-->",
            "<v Agent>",
            "00:00:01.000",
            "null",
            "1e400",
            "-1",
            "\"PT1.5S\"",
            "\"0.1s\"",
            "auto",
        ]
        .map(str::to_owned),
    );
    words.retain(|word| word.len() < 40);
    words.sort();
    words.dedup();
    words
}
