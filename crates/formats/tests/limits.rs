//! What is too large, too deep or unpacks without end is left out where it stands; what follows is read.

use std::io::{Cursor, Read};

use hackles_formats::{Format, Reading};

/// Lines and outcomes of an input: how many turns, or the problem.
fn outcomes(source: impl Read + Send + 'static, from: Option<Format>, record_bytes: usize) -> Vec<String> {
    let mut reading = Reading::default();
    (reading.from, reading.record_bytes) = (from, record_bytes);
    match reading.entries(source, true) {
        Err(problem) => vec![problem.to_string()],
        Ok(entries) => entries
            .into_iter()
            .flatten()
            .map(|entry| {
                let line = entry.line.unwrap_or_default();
                assert!(entry.raw().is_none_or(|raw| raw.len() <= (1 << 20) + 1));
                match entry.read(from) {
                    Ok(found) => format!("{line} {}", found.call.turns.len()),
                    Err(problem) => format!("{line} !{problem}"),
                }
            })
            .collect(),
    }
}

/// A record that goes on and on, between two others.
fn endless(bytes: usize) -> impl Read + Send + 'static {
    let one = &b"{\"turns\":[{\"text\":\"hi\"}]}\n"[..];
    let long = &b"{\"turns\":[{\"text\":\""[..];
    one.chain(long)
        .chain(std::io::repeat(b'x').take(bytes as u64))
        .chain(&b"\"}]}\n"[..])
        .chain(one)
}

#[test]
fn a_line_without_end_costs_itself_alone() {
    for from in [None, Some(Format::Jsonl)] {
        let found = outcomes(endless(4 << 20), from, 1 << 20);
        assert_eq!(
            found,
            ["1 1", "2 !a record of more than 1048576 bytes", "3 1"],
            "{from:?}"
        );
    }
}

#[cfg(all(feature = "gz", feature = "zst"))]
#[test]
fn what_unpacks_without_end_is_read_as_it_unpacks() {
    let mut packed = Vec::new();
    let mut encoder = flate2::write::GzEncoder::new(&mut packed, flate2::Compression::fast());
    std::io::copy(&mut endless(4 << 20), &mut encoder).expect("memory");
    encoder.finish().expect("memory");
    assert!(packed.len() < 1 << 20, "{}", packed.len());
    let found = outcomes(Cursor::new(packed), None, 1 << 20);
    assert_eq!(found, ["1 1", "2 !a record of more than 1048576 bytes", "3 1"]);
    let packed = zstd::encode_all(endless(4 << 20), 1).expect("memory");
    let found = outcomes(Cursor::new(packed), None, 1 << 20);
    assert_eq!(found, ["1 1", "2 !a record of more than 1048576 bytes", "3 1"]);
}

#[test]
fn nothing_nests_too_deep_for_any_reader() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(10_000), close.repeat(10_000));
    let shapes = [
        deep("[", "]"),
        deep("{\"a\":", "}"),
        "[".repeat(20_000),
        format!("{{\"turns\":[{{\"text\":\"a\",\"x\":{}}}]}}", deep("[", "]")),
        format!("{{\"turns\":[],\"meta\":{}}}", deep("{\"a\":", "}")),
        format!(
            "{{\"vcon\":\"0.0.1\",\"parties\":[],\"dialog\":[],\"analysis\":[{{\"type\":\"transcript\",\"body\":{}}}]}}",
            deep("[", "]")
        ),
    ];
    for text in shapes {
        for from in std::iter::once(None).chain(Format::all().map(Some)) {
            if from == Some(Format::Parquet) {
                continue;
            }
            // Whatever comes of it: no stack is exhausted.
            outcomes(Cursor::new(text.clone()), from, 64 << 20);
        }
    }
}

#[test]
fn large_tables_and_captions_are_bounded() {
    let row = "agent,\"".to_owned() + &"x".repeat(3 << 20) + "\nagent,fine\n";
    let found = outcomes(Cursor::new("speaker,text\n".to_owned() + &row), None, 64 << 20);
    assert!(
        found.iter().any(|f| f.contains("a quote that is never closed")),
        "{found:?}"
    );
    let captions = "WEBVTT\n\n00:00.000 --> 00:01.000\n".to_owned() + &"x".repeat(2 << 20);
    let found = outcomes(Cursor::new(captions), None, 1 << 20);
    assert_eq!(found, ["more than 1048576 bytes in one call"]);
}
