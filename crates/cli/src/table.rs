//! Tables of text and Markdown.

use crate::style::{BOLD, paint};

/// Rows of cells with a header; the first column stands to the left, the others to the right.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns.
    pub(crate) fn new(header: &[&str]) -> Self {
        Table {
            rows: vec![header.iter().map(|&cell| cell.to_owned()).collect()],
        }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// Whether nothing but the header is there.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.len() < 2
    }

    /// Columns set apart by spaces, a line a row; the header first.
    pub(crate) fn text(&self) -> Vec<String> {
        let columns = self.rows[0].len();
        let width = |column: usize| {
            self.rows
                .iter()
                .map(|r| r[column].chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let line = |row: &Vec<String>| {
            let cells = row
                .iter()
                .zip(&widths)
                .enumerate()
                .map(|(column, (cell, width))| {
                    if column == 0 {
                        format!("{cell:width$}")
                    } else {
                        format!("{cell:>width$}")
                    }
                });
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        self.rows.iter().map(line).collect()
    }

    /// The lines of the text, the header standing out.
    pub(crate) fn styled(&self) -> String {
        let lines = self.text().into_iter().enumerate();
        lines
            .map(|(number, line)| {
                if number == 0 {
                    paint(BOLD, &line) + "\n"
                } else {
                    line + "\n"
                }
            })
            .collect()
    }

    /// The table in Markdown.
    pub(crate) fn markdown(&self) -> String {
        let mut out = String::new();
        for (number, row) in self.rows.iter().enumerate() {
            let cells: Vec<String> = row.iter().map(|c| c.replace('|', "\\|")).collect();
            out += &format!("| {} |\n", cells.join(" | "));
            if number == 0 {
                out += &format!("|---|{}\n", "---:|".repeat(row.len() - 1));
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(&["signal", "F1"]);
        table.row(vec!["x".into(), "0.5".into()]);
        table.row(vec!["a|b".into(), "–".into()]);
        assert_eq!(table.text(), ["signal   F1", "x       0.5", "a|b       –"]);
        assert_eq!(
            table.markdown(),
            "| signal | F1 |\n|---|---:|\n| x | 0.5 |\n| a\\|b | – |\n"
        );
    }
}
