//! JSON lines, one call each, streamed. A JSON document of one call, or of an array of them, is read too: many tools
//! write `.json` where they mean a list.

use std::io::{BufRead, Read as _};

use serde_json::value::RawValue;

use super::{BOM, Body, Record};
use crate::failure::plainly;
use crate::source::Source;

/// The calls of a source.
pub(crate) fn records(file: String, mut source: Source) -> Box<dyn Iterator<Item = Record> + Send> {
    let mut head = Vec::new();
    let mut blank = 0;
    loop {
        let mut line = Vec::new();
        match source.read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) if strip(&line).is_empty() => blank += 1,
            Ok(_) => {
                head = line;
                break;
            }
            Err(e) => {
                return Box::new(std::iter::once(Record::new(
                    &file,
                    blank + 1,
                    Body::Bad(plainly(&e)),
                )));
            }
        }
    }
    let first = strip(&head);
    if first.is_empty() {
        return Box::new(std::iter::empty());
    }
    let unfinished = serde_json::from_slice::<serde::de::IgnoredAny>(first).is_err_and(|e| e.is_eof());
    if !unfinished && !first.starts_with(b"[") {
        return Box::new(by_line(file, blank, std::io::Cursor::new(head).chain(source)));
    }
    let mut whole = head;
    if let Err(e) = source.read_to_end(&mut whole) {
        return Box::new(std::iter::once(Record::new(
            &file,
            blank + 1,
            Body::Bad(plainly(&e)),
        )));
    }
    match document(&file, blank, &whole) {
        Some(records) => Box::new(records.into_iter()),
        None => Box::new(by_line(file, blank, std::io::Cursor::new(whole))),
    }
}

fn strip(line: &[u8]) -> &[u8] {
    line.strip_prefix(BOM).unwrap_or(line).trim_ascii()
}

fn by_line(
    file: String,
    before: usize,
    mut source: impl BufRead + Send,
) -> impl Iterator<Item = Record> + Send {
    let mut number = before;
    let mut failed = false;
    std::iter::from_fn(move || {
        loop {
            let mut line = Vec::new();
            number += 1;
            match source.read_until(b'\n', &mut line) {
                _ if failed => return None,
                Ok(0) => return None,
                Ok(_) if strip(&line).is_empty() => {}
                Ok(_) => return Some(Record::new(&file, number, Body::Json(strip(&line).to_vec()))),
                Err(e) => {
                    failed = true;
                    return Some(Record::new(&file, number, Body::Bad(plainly(&e))));
                }
            }
        }
    })
}

/// The calls of a JSON document that goes over several lines; nothing if the text is JSON lines after all, of which the
/// first is broken.
fn document(file: &str, before: usize, whole: &[u8]) -> Option<Vec<Record>> {
    let mut records = Vec::new();
    let text = match std::str::from_utf8(whole) {
        Ok(text) => text.trim_start_matches('\u{feff}'),
        Err(_) => {
            return Some(vec![Record::new(
                file,
                before + 1,
                Body::Bad("not valid UTF-8".into()),
            )]);
        }
    };
    let line = |offset: usize| before + 1 + text[..offset].bytes().filter(|&b| b == b'\n').count();
    // Raw values are slices of the text: where they begin says on which line.
    let offset = |raw: &RawValue| (raw.get().as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    let mut add = |raw: &RawValue| {
        records.push(Record::new(
            file,
            line(offset(raw)),
            Body::Json(raw.get().as_bytes().to_vec()),
        ));
    };
    for value in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        match value {
            Ok(raw) if raw.get().starts_with('[') => {
                let items: Vec<&RawValue> = serde_json::from_str(raw.get()).unwrap_or_default();
                items.into_iter().for_each(&mut add);
            }
            Ok(raw) => add(raw),
            Err(e) => {
                let mut more = text.lines().map(str::trim).filter(|l| !l.is_empty()).skip(1);
                if !text.starts_with('[') && more.next().is_none_or(|l| l.starts_with('{')) {
                    return None;
                }
                records.push(Record::new(
                    file,
                    before + e.line(),
                    Body::Bad(super::json_message(&e)),
                ));
                break;
            }
        }
    }
    Some(records)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Vec<String> {
        let source = Source::new(Box::new(text.as_bytes()));
        records("f".into(), source)
            .map(|r| {
                r.transcript().map_or_else(
                    |e| e,
                    |t| format!("{} {}", t.id.unwrap_or_default(), t.turns.len()),
                )
            })
            .collect()
    }

    #[test]
    fn lines_arrays_and_documents() {
        assert_eq!(
            read("\n{\"turns\":[]}\n\n{\"id\":7,\"turns\":[{\"text\":\"x\"}]}"),
            ["f:2 0", "7 1"]
        );
        assert_eq!(
            read("[{\"turns\":[]},\n{\"id\":\"b\",\"turns\":[]},\n {\"turns\":[]}]"),
            ["f:1 0", "b 0", "f:3 0"]
        );
        assert_eq!(read("{\n \"id\": \"a\",\n \"turns\": []\n}\n"), ["a 0"]);
        assert_eq!(read("\u{feff}{\"turns\":[]}\r\n"), ["f:1 0"]);
        assert_eq!(read("[]"), [""; 0]);
    }

    #[test]
    fn a_broken_line_does_not_break_the_others() {
        let found = read("{\"turns\":[\n{\"id\":\"b\",\"turns\":[]}\nnonsense\n{\"turns\":5}\n");
        assert!(found[0].starts_with("f:1: EOF while parsing"), "{found:?}");
        assert_eq!(found[1], "b 0");
        assert!(found[2].starts_with("f:3: expected "), "{found:?}");
        assert!(
            found[3].starts_with("f:4: invalid type: integer `5`, expected a sequence"),
            "{found:?}"
        );
    }

    #[test]
    fn a_broken_document_is_one_error() {
        let found = read("{\n \"id\": \"a\",\n \"turns\": [}\n");
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("f:3: "), "{found:?}");
    }
}
