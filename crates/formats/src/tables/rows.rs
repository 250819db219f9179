//! Rows of a CSV file. A quote that is never closed costs its own line, not all that stands behind it.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read as _};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use crate::problem::Problem;

/// The largest row, in bytes: a quoted cell that goes on for longer has lost its end.
const ROW_BYTES: usize = 1 << 20;

/// A row, or why there is none.
pub(super) struct Row {
    /// The line it begins on, from 1.
    pub(super) line: u64,
    /// It as it stands in the file.
    pub(super) raw: Vec<u8>,
    /// How many lines are told as this one.
    lines: u64,
}

/// The rows of a source, read as they are asked for.
pub(super) struct Rows<R> {
    source: R,
    separator: u8,
    /// Lines that are read again.
    returned: VecDeque<Vec<u8>>,
    /// Lines that lie behind.
    lines: u64,
    reader: Reader,
    text: Vec<u8>,
    ends: Vec<usize>,
}

/// Where in a row a byte stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Plain,
    Quoted,
    /// Behind a quote that ends a cell, or begins a pair that stands for one.
    Closed,
}

impl<R: BufRead> Rows<R> {
    pub(super) fn new(source: R, separator: u8) -> Self {
        Rows {
            source,
            separator,
            returned: VecDeque::new(),
            lines: 0,
            reader: ReaderBuilder::new().delimiter(separator).build(),
            text: Vec::new(),
            ends: vec![0; 16],
        }
    }

    /// The line that is read next, from 1.
    pub(super) fn next_line(&self) -> u64 {
        self.lines + 1
    }

    fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        if let Some(line) = self.returned.pop_front() {
            return Ok(Some(line));
        }
        let mut line = Vec::new();
        (&mut self.source)
            .take(ROW_BYTES as u64)
            .read_until(b'\n', &mut line)?;
        Ok((!line.is_empty()).then_some(line))
    }

    /// The bytes of the next row that is not blank.
    ///
    /// # Errors
    /// A source that cannot be read.
    pub(super) fn next(&mut self) -> io::Result<Option<Result<Row, (Row, Problem)>>> {
        let mut line = loop {
            match self.line()? {
                None => return Ok(None),
                Some(line) if line.trim_ascii().is_empty() => self.lines += u64::from(line.ends_with(b"\n")),
                Some(line) => break line,
            }
        };
        let mut row = Row {
            line: self.lines + 1,
            raw: Vec::new(),
            lines: 0,
        };
        let mut more: VecDeque<Vec<u8>> = VecDeque::new();
        let mut state = State::Start;
        let mut bytes = 0;
        loop {
            let (after, is_torn) = scan(&line, self.separator, state);
            bytes += line.len();
            more.push_back(line);
            if after == State::Quoted && bytes < ROW_BYTES && !is_torn {
                state = after;
                if let Some(next) = self.line()? {
                    line = next;
                    continue;
                }
            } else if after != State::Quoted && !is_torn {
                row.lines = more.iter().filter(|line| line.ends_with(b"\n")).count() as u64;
                row.raw = more.into_iter().flatten().collect();
                self.lines += row.lines;
                return Ok(Some(Ok(row)));
            }
            row.raw = more.pop_front().unwrap_or_default();
            row.lines = u64::from(row.raw.ends_with(b"\n"));
            self.lines += row.lines;
            more.append(&mut self.returned);
            self.returned = more;
            return Ok(Some(Err((row, Problem::new("a quote that is never closed")))));
        }
    }

    /// The cells of a row; what stands behind its end is read again.
    ///
    /// # Errors
    /// A row that is not valid UTF-8.
    pub(super) fn cells(&mut self, row: &Row) -> Result<Vec<&str>, Problem> {
        if std::str::from_utf8(&row.raw).is_err() {
            return Err(Problem::new("not valid UTF-8"));
        }
        self.reader.reset();
        self.text.resize(row.raw.len().max(self.text.len()), 0);
        let (mut read, mut written, mut ended) = (0, 0, 0);
        loop {
            let (result, more_read, more_written, more_ended) = self.reader.read_record(
                &row.raw[read..],
                &mut self.text[written..],
                &mut self.ends[ended..],
            );
            read += more_read;
            written += more_written;
            ended += more_ended;
            match result {
                ReadRecordResult::OutputFull => self.text.resize(self.text.len() * 2 + 16, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::Record | ReadRecordResult::End => break,
            }
        }
        if !row.raw[read..].trim_ascii().is_empty() {
            self.returned.push_front(row.raw[read..].to_vec());
            self.lines -= u64::from(row.raw.ends_with(b"\n"));
        }
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        let cells = begins.zip(&self.ends[..ended]);
        let cells =
            cells.map(|(begin, end)| std::str::from_utf8(&self.text[begin..*end]).unwrap_or_default());
        Ok(cells.collect())
    }
}

/// Where the end of a line stands, and whether a cell that began on an earlier one ends where no cell can.
fn scan(line: &[u8], separator: u8, before: State) -> (State, bool) {
    if before == State::Start && memchr::memchr(b'"', line).is_none() {
        return (State::Start, false);
    }
    let (mut state, mut is_first) = (before, before == State::Quoted);
    for &b in line {
        state = match (state, b) {
            (State::Quoted, b'"') => State::Closed,
            (State::Quoted, _) => State::Quoted,
            (State::Closed, b'"') => State::Quoted,
            (State::Start, b'"') => State::Quoted,
            (_, b'\n' | b'\r') => State::Start,
            (_, b) if b == separator => State::Start,
            (State::Closed, _) if is_first => return (State::Plain, true),
            _ => State::Plain,
        };
        is_first &= matches!(state, State::Quoted | State::Closed);
    }
    (state, false)
}
