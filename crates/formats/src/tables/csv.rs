//! CSV: one turn a row, one call per `call_id`.

use std::collections::VecDeque;
use std::io::BufRead;

use hackles::Role;

use crate::call::Call;
use crate::entry::Entry;
use crate::format::Format;
use crate::problem::Problem;
use crate::tables::columns::{Columns, Places};
use crate::tables::gathering::Gathering;
use crate::tables::rows::Rows;
use crate::values::BOM;

/// The separator of a header, if it is one: comma, else what some spreadsheets write instead.
fn separator(header: &str, columns: &Columns) -> Option<u8> {
    [b',', b';', b'\t'].into_iter().find(|&separator| {
        let cells: Vec<String> = header
            .split(char::from(separator))
            .map(|c| c.trim().trim_matches('"').to_owned())
            .collect();
        let told = *columns != Columns::default();
        let has = |name: &str| cells.iter().any(|c| c.eq_ignore_ascii_case(name));
        let usual = has("text") && (has("speaker") || has("role") || has("call_id"));
        cells.len() > 1 && (usual || told && Places::of(&cells, columns).is_ok())
    })
}

/// Whether a line is the header of a table of turns.
pub(crate) fn is_header(line: &str, columns: &Columns) -> bool {
    separator(line, columns).is_some()
}

/// Why a line is not the header of a table with these columns.
pub(crate) fn not_header(line: &str, columns: &Columns) -> Problem {
    let cells: Vec<String> = line
        .split(char::from(likely(line)))
        .map(|c| c.trim().trim_matches('"').to_owned())
        .collect();
    let missing = Places::of(&cells, columns).err();
    missing.unwrap_or_else(|| Problem::new("not the header of a table"))
}

/// The separator that a line has most of.
fn likely(line: &str) -> u8 {
    let most = [b',', b';', b'\t'].into_iter().rev();
    most.max_by_key(|&s| line.bytes().filter(|&b| b == s).count())
        .unwrap_or(b',')
}

/// The calls of a table, and the rows that could not be read.
pub(crate) struct Table<R> {
    rows: Rows<R>,
    /// How many cells the header has.
    width: usize,
    places: Option<Places>,
    gathering: Gathering,
    ready: VecDeque<Entry>,
    over: bool,
}

impl<R: BufRead> Table<R> {
    pub(crate) fn new(mut source: R, columns: &Columns, held: usize) -> Self {
        let mut head = source.fill_buf().map(<[u8]>::to_vec).unwrap_or_default();
        if head.starts_with(BOM) {
            source.consume(BOM.len());
            head.drain(..BOM.len());
        }
        let header = String::from_utf8_lossy(&head);
        let header = header.trim_start().lines().next().unwrap_or_default();
        let likely = separator(header, columns).unwrap_or_else(|| likely(header));
        let mut rows = Rows::new(source, likely);
        let names = match rows.next() {
            Ok(Some(Ok(row))) => rows
                .cells(&row)
                .map(|names| names.into_iter().map(str::to_owned).collect()),
            Ok(Some(Err((_, problem)))) => Err(problem),
            Ok(None) => Ok(Vec::new()),
            Err(error) => Err(Problem::of_reading(&error)),
        };
        let width = names.as_ref().map_or(0, Vec::len);
        let places = names.and_then(|names: Vec<String>| Places::of(&names, columns));
        let mut ready = VecDeque::new();
        let places = match places {
            Ok(places) => Some(places),
            Err(problem) => {
                ready.push_back(Entry::bad(Some(1), problem, None));
                None
            }
        };
        Table {
            rows,
            width,
            over: places.is_none(),
            places,
            gathering: Gathering::new(held),
            ready,
        }
    }

    /// Reads one row.
    fn row(&mut self, places: &Places) {
        let (row, taken) = match self.rows.next() {
            Ok(None) => {
                self.over = true;
                (None, Ok(()))
            }
            Ok(Some(Ok(row))) => {
                let width = self.width;
                let cells = self.rows.cells(&row);
                let told = cells.and_then(|cells| match cells.len() == width {
                    true => places.row(|at| cells.get(at).copied().unwrap_or_default()),
                    false => Err(Problem::new(format!(
                        "{} cells, the header has {width}",
                        cells.len()
                    ))),
                });
                let taken = told.and_then(|turn| self.gathering.take(row.line, turn));
                (Some(row), taken)
            }
            Ok(Some(Err((row, problem)))) => (Some(row), Err(problem)),
            Err(error) => {
                self.over = true;
                let line = Some(self.rows.next_line());
                let why = format!("{}; nothing behind it is read", Problem::of_reading(&error));
                self.ready.push_back(Entry::bad(line, Problem::new(why), None));
                (None, Ok(()))
            }
        };
        if let (Some(row), Err(why)) = (row, taken) {
            let why = Problem::new(format!("{why}; the row is left out"));
            let raw = row.raw.trim_ascii_end().to_vec();
            self.ready.push_back(Entry::bad(Some(row.line), why, Some(raw)));
        }
        let done = if self.over {
            self.gathering.finish()
        } else {
            self.gathering.overflow()
        };
        self.ready.extend(
            done.into_iter()
                .map(|(line, call)| Entry::call(line, call, Format::Csv)),
        );
    }
}

impl<R: BufRead> Iterator for Table<R> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        let places = self.places.take();
        if let Some(places) = &places {
            while self.ready.is_empty() && !self.over {
                self.row(places);
            }
        }
        self.places = places;
        self.ready.pop_front()
    }
}

fn problem(error: csv::Error) -> Problem {
    Problem::new(error.to_string())
}

/// The columns that are written.
const COLUMNS: [&str; 8] = [
    "call_id", "speaker", "role", "name", "start_ms", "end_ms", "text", "meta",
];

/// Writes a call as rows of such a table; the first call brings the header with it.
pub(crate) fn write(call: &Call, first: bool, out: &mut Vec<u8>) -> Result<(), Problem> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(out);
    if first {
        writer.write_record(COLUMNS).map_err(problem)?;
    }
    let ms = |ms: Option<i64>| ms.map_or_else(String::new, |ms| ms.to_string());
    let meta = call.meta_json().unwrap_or_default();
    for turn in &call.turns {
        let speaker = turn.speaker.as_deref().unwrap_or_default();
        let name = call.party_of(speaker).and_then(|p| p.name.as_deref());
        writer
            .write_record([
                call.id.as_deref().unwrap_or_default(),
                speaker,
                call.role_of(speaker).map_or("", Role::as_str),
                name.unwrap_or_default(),
                &ms(turn.start_ms),
                &ms(turn.end_ms),
                &turn.text,
                &meta,
            ])
            .map_err(problem)?;
    }
    writer.flush().map_err(|e| Problem::of_reading(&e))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Result<Call, String>> {
        Table::new(text.as_bytes(), &Columns::default(), 1 << 20)
            .map(|entry| {
                let line = entry.line.unwrap_or_default();
                entry
                    .read(None)
                    .map(|found| found.call)
                    .map_err(|e| format!("{line}: {e}"))
            })
            .collect()
    }

    #[test]
    fn calls_by_first_row_columns_in_any_order() {
        let text = "\u{feff}\"text\",call_id,start_ms,speaker,end_ms\n\"a, \"\"b\"\"\",C1,0,Agent,900.0\nc,C2,,ch_1,\nd,C1,1000,customer,\n";
        let calls: Vec<Call> = read(text).into_iter().map(|c| c.expect("valid")).collect();
        let ids: Vec<&str> = calls.iter().filter_map(|c| c.id.as_deref()).collect();
        assert_eq!(ids, ["C1", "C2"]);
        let first = &calls[0].turns[0];
        assert_eq!(
            (first.speaker.as_deref(), first.start_ms, first.end_ms),
            (Some("agent"), Some(0), Some(900))
        );
        assert_eq!(first.text, "a, \"b\"");
        assert_eq!(calls[0].turns[1].text, "d");
        assert_eq!(calls[1].turns[0].speaker.as_deref(), Some("ch_1"));
    }

    #[test]
    fn bad_rows_are_named_and_the_others_go_on() {
        let found = read("speaker,start_ms,text\nagent,soon,a\nagent,1\nagent,2,b\n");
        let errors: Vec<&String> = found.iter().filter_map(|f| f.as_ref().err()).collect();
        assert!(errors[0].starts_with("2: start_ms is no number"), "{errors:?}");
        assert!(
            errors[1].starts_with("3: 2 cells, the header has 3"),
            "{errors:?}"
        );
        assert_eq!(found[2].as_ref().map(|c| c.turns.len()), Ok(1));
        assert_eq!(read("speeker,text\n").len(), 1);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let text = "call_id,speaker,role,name,start_ms,end_ms,text,meta\nC1,p1,agent,Ana Ruiz,0,900,\"hi, \"\"you\"\"\",\"{\"\"n\"\":1}\"\nC1,customer,customer,,950,,no,\"{\"\"n\"\":1}\"\n";
        let calls: Vec<Call> = read(text).into_iter().map(|c| c.expect("valid")).collect();
        let mut out = Vec::new();
        calls
            .iter()
            .for_each(|call| write(call, true, &mut out).expect("plain"));
        assert_eq!(String::from_utf8_lossy(&out), text);
    }
}
