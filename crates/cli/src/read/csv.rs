//! CSV: one turn a row, one call per `call_id`.

use std::collections::HashMap;
use std::io::BufRead as _;

use csv::{ReaderBuilder, StringRecord};
use hackles::{Role, Transcript, Turn};

use super::{BOM, Body, Record};
use crate::nearest::nearest;
use crate::source::Source;

/// Where the columns stand.
struct Columns {
    call: Option<usize>,
    speaker: usize,
    start: Option<usize>,
    end: Option<usize>,
    text: usize,
}

impl Columns {
    fn of(header: &StringRecord) -> Result<Self, String> {
        let names: Vec<String> = header.iter().map(|c| c.trim().to_ascii_lowercase()).collect();
        let place = |name: &str| names.iter().position(|n| n == name);
        let needed = |name: &str| {
            place(name).ok_or_else(|| {
                let others: Vec<&str> = names
                    .iter()
                    .map(String::as_str)
                    .filter(|n| !n.is_empty())
                    .collect();
                let near = nearest(name, &others);
                let near = near.map_or_else(String::new, |near| format!(" (is \"{near}\" meant to be it?)"));
                format!("no column \"{name}\"{near}")
            })
        };
        Ok(Columns {
            call: place("call_id"),
            speaker: needed("speaker")?,
            start: place("start_ms"),
            end: place("end_ms"),
            text: needed("text")?,
        })
    }

    fn turn(&self, row: &StringRecord) -> Result<Turn, String> {
        let cell = |column: Option<usize>| column.and_then(|c| row.get(c)).unwrap_or_default();
        let ms = |column, name: &str| match cell(column).trim() {
            "" => Ok(None),
            // Spreadsheets write whole numbers as floats; `as` saturates.
            text => match text.parse::<f64>() {
                Ok(x) if x.is_finite() => Ok(Some(text.parse().unwrap_or(x.round() as i64))),
                _ => Err(format!("{name} is not a time in milliseconds: \"{text}\"")),
            },
        };
        let speaker = cell(Some(self.speaker)).trim();
        let role = Role::of_id(&speaker.to_lowercase());
        Ok(Turn {
            speaker: role.map_or(speaker, |role| role.as_str()).to_owned(),
            start_ms: ms(self.start, "start_ms")?,
            end_ms: ms(self.end, "end_ms")?,
            text: cell(Some(self.text)).to_owned(),
            words: Vec::new(),
        })
    }
}

/// The separator of a header, if it is one: comma, else what some spreadsheets write instead.
fn separator(header: &str) -> Option<u8> {
    [b',', b';', b'\t'].into_iter().find(|&separator| {
        let cells: Vec<String> = header
            .split(char::from(separator))
            .map(|c| c.trim().trim_matches('"').to_ascii_lowercase())
            .collect();
        let has = |name: &str| cells.iter().any(|c| c == name);
        cells.len() > 1 && has("text") && (has("speaker") || has("call_id"))
    })
}

/// Whether a line is the header of a table of turns.
pub(crate) fn is_header(line: &str) -> bool {
    separator(line).is_some()
}

/// The calls of a source in the order of their first rows, and the rows that could not be read. The rows of a call may
/// stand anywhere, so the table is read to its end first.
pub(crate) fn records(file: &str, mut source: Source) -> Vec<Record> {
    let mut head = source.fill_buf().map(<[u8]>::to_vec).unwrap_or_default();
    if head.starts_with(BOM) {
        source.consume(BOM.len());
        head.drain(..BOM.len());
    }
    let header = String::from_utf8_lossy(&head);
    let header = header.trim_start().lines().next().unwrap_or_default();
    let mut builder = ReaderBuilder::new();
    let mut reader = builder
        .delimiter(separator(header).unwrap_or(b','))
        .from_reader(source);
    let columns = match reader.headers().map_err(message).and_then(Columns::of) {
        Ok(columns) => columns,
        Err(message) => return vec![Record::new(file, 1, Body::Bad(message))],
    };
    let mut records: Vec<Record> = Vec::new();
    let mut calls: HashMap<String, usize> = HashMap::new();
    let mut row = StringRecord::new();
    loop {
        let line = reader.position().line();
        let turn = match reader.read_record(&mut row) {
            Ok(false) => break,
            Ok(true) => columns.turn(&row),
            Err(e) if e.is_io_error() => {
                records.push(bad(file, line, message(&e)));
                break;
            }
            Err(e) => Err(message(&e)),
        };
        let line = row.position().map_or(line, csv::Position::line);
        let turn = match turn {
            Ok(turn) => turn,
            Err(message) => {
                records.push(bad(file, line, format!("{message}; the row is left out")));
                continue;
            }
        };
        let id = columns.call.and_then(|c| row.get(c)).unwrap_or_default().trim();
        let at = *calls.entry(id.to_owned()).or_insert_with(|| {
            let call = Transcript {
                id: (!id.is_empty()).then(|| id.to_owned()),
                ..Transcript::default()
            };
            records.push(Record::new(file, line as usize, Body::Call(Box::new(call))));
            records.len() - 1
        });
        if let Some(Record {
            body: Body::Call(call),
            ..
        }) = records.get_mut(at)
        {
            call.turns.push(turn);
        }
    }
    records
}

fn bad(file: &str, line: u64, message: String) -> Record {
    Record::new(file, line as usize, Body::Bad(message))
}

fn message(error: impl std::borrow::Borrow<csv::Error>) -> String {
    match error.borrow().kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("{len} cells, the header has {expected_len}"),
        csv::ErrorKind::Utf8 { .. } => "not valid UTF-8".into(),
        csv::ErrorKind::Io(e) => crate::failure::plainly(e),
        _ => error.borrow().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Vec<Result<Transcript, String>> {
        let records = records("f", Source::new(Box::new(text.as_bytes())));
        records.into_iter().map(Record::transcript).collect()
    }

    #[test]
    fn calls_by_first_row_columns_in_any_order() {
        let text = "\u{feff}\"text\",call_id,start_ms,speaker,end_ms\n\"a, \"\"b\"\"\",C1,0,Agent,900.0\nc,C2,,ch_1,\nd,C1,1000,customer,\n";
        let calls: Vec<Transcript> = read(text).into_iter().map(|c| c.expect("valid")).collect();
        assert_eq!(
            calls
                .iter()
                .map(|c| c.id.as_deref().unwrap_or(""))
                .collect::<Vec<_>>(),
            ["C1", "C2"]
        );
        assert_eq!(
            calls[0].turns[0],
            Turn {
                speaker: "agent".into(),
                start_ms: Some(0),
                end_ms: Some(900),
                text: "a, \"b\"".into(),
                words: Vec::new(),
            }
        );
        assert_eq!(
            (
                calls[0].turns[1].text.as_str(),
                calls[1].turns[0].speaker.as_str()
            ),
            ("d", "ch_1")
        );
    }

    #[test]
    fn bad_rows_are_named_and_the_others_go_on() {
        let found = read("speaker,start_ms,text\nagent,soon,a\nagent,1\nagent,2,b\n");
        let errors: Vec<&String> = found.iter().filter_map(|f| f.as_ref().err()).collect();
        assert!(errors[0].starts_with("f:2: start_ms is not a time"), "{errors:?}");
        assert!(
            errors[1].starts_with("f:3: 2 cells, the header has 3"),
            "{errors:?}"
        );
        assert_eq!(
            found[2].as_ref().map(|c| (c.id.clone(), c.turns.len())),
            Ok((Some("f:4".into()), 1))
        );
        assert_eq!(read("speeker,text\n").len(), 1);
        assert!(
            read("speeker,text\n")[0]
                .as_ref()
                .expect_err("no")
                .contains("is \"speeker\" meant")
        );
    }
}
