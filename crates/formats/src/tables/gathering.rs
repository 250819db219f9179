//! Calls out of the rows of a table, which may lie apart.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::call::Call;
use crate::problem::Problem;
use crate::tables::columns::Row;

/// So many bytes of text are held while rows of their calls may still come.
pub(crate) const HELD_BYTES: usize = 64 << 20;

/// Calls whose rows are being gathered, in the order of their first rows. When they take too much memory, those whose last row lies furthest
/// back count as complete.
pub(crate) struct Gathering {
    open: HashMap<Option<String>, Open>,
    /// Hashes of the ids of calls that count as complete.
    closed: Vec<u64>,
    rows: u64,
    held: usize,
    limit: usize,
}

struct Open {
    line: u64,
    last: u64,
    bytes: usize,
    call: Call,
}

fn hash(id: &Option<String>) -> u64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    hasher.finish()
}

impl Gathering {
    /// Nothing gathered; `limit` bytes are held.
    pub(crate) fn new(limit: usize) -> Self {
        Gathering {
            open: HashMap::new(),
            closed: Vec::new(),
            rows: 0,
            held: 0,
            limit,
        }
    }

    /// Takes a row that stands on a line.
    ///
    /// # Errors
    /// A row of a call that counts as complete.
    pub(crate) fn take(&mut self, line: u64, row: Row) -> Result<(), Problem> {
        self.rows += 1;
        let last = self.rows;
        if !self.closed.is_empty() && !self.open.contains_key(&row.call) {
            let found = self.closed.binary_search(&hash(&row.call));
            if found.is_ok() {
                return Err(Problem::new(
                    "the rows of its call lie too far apart: sort the table by call",
                ));
            }
        }
        let bytes = row.turn.text.len() + 128;
        let open = self.open.entry(row.call).or_insert_with_key(|id| Open {
            line,
            last,
            bytes: 0,
            call: Call {
                id: id.clone(),
                ..Call::default()
            },
        });
        open.last = last;
        open.bytes += bytes;
        self.held += bytes;
        let call = &mut open.call;
        if let Some(speaker) = row
            .turn
            .speaker
            .as_deref()
            .filter(|_| row.role.is_some() || row.name.is_some())
        {
            call.party(speaker, row.role.map(|role| (role, "role")), row.name.as_deref());
        }
        for (key, value) in row.meta {
            // The first row that says something is believed.
            call.meta.get_or_insert_default().entry(key).or_insert(value);
        }
        call.turns.push(row.turn);
        Ok(())
    }

    /// Calls that count as complete because too much is held.
    pub(crate) fn overflow(&mut self) -> Vec<(u64, Call)> {
        if self.held <= self.limit {
            return Vec::new();
        }
        let mut ages: Vec<(u64, Option<String>)> =
            self.open.iter().map(|(id, o)| (o.last, id.clone())).collect();
        ages.sort_unstable();
        let mut out = Vec::new();
        // The call of the last row goes on, however large it is.
        let oldest = ages.len().saturating_sub(1);
        for (_, id) in ages.into_iter().take(oldest) {
            if self.held <= self.limit / 2 {
                break;
            }
            self.closed.push(hash(&id));
            out.extend(self.open.remove(&id).map(|open| self.close(open)));
        }
        self.closed.sort_unstable();
        out.sort_by_key(|(line, _)| *line);
        out
    }

    fn close(&mut self, open: Open) -> (u64, Call) {
        self.held -= open.bytes;
        (open.line, open.call)
    }

    /// The rest.
    pub(crate) fn finish(&mut self) -> Vec<(u64, Call)> {
        let mut out: Vec<(u64, Call)> = self
            .open
            .drain()
            .map(|(_, open)| (open.line, open.call))
            .collect();
        self.held = 0;
        out.sort_by_key(|(line, _)| *line);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Turn;

    fn row(call: &str) -> Row {
        Row {
            call: Some(call.into()),
            role: None,
            name: None,
            meta: hackles::transcript::Meta::new(),
            turn: Turn {
                text: "x".repeat(72),
                ..Turn::default()
            },
        }
    }

    #[test]
    fn what_lies_furthest_back_is_complete_first() {
        let mut gathering = Gathering::new(1000);
        for (line, id) in (2..).zip(["a", "b", "a", "c", "c", "a"]) {
            gathering.take(line, row(id)).expect("held");
        }
        let done = gathering.overflow();
        let ids: Vec<&str> = done.iter().filter_map(|(_, c)| c.id.as_deref()).collect();
        assert_eq!(ids, ["b", "c"]);
        assert!(gathering.take(8, row("b")).is_err());
        gathering.take(9, row("a")).expect("held");
        let rest = gathering.finish();
        assert_eq!((rest.len(), rest[0].0, rest[0].1.turns.len()), (1, 2, 4));
    }
}
