//! What is printed.

/// Nanoseconds, in a unit that suits them.
pub(crate) fn time(ns: f64) -> String {
    match ns {
        ns if ns < 1e3 => format!("{ns:.0} ns"),
        ns if ns < 1e6 => format!("{:.2} µs", ns / 1e3),
        ns if ns < 1e9 => format!("{:.1} ms", ns / 1e6),
        ns => format!("{:.2} s", ns / 1e9),
    }
}

/// A Markdown table with its columns aligned; all but the first to the right.
pub(crate) fn markdown(head: &[&str], rows: &[Vec<String>]) -> String {
    let lengths = |row: &[String]| row.iter().map(|cell| cell.chars().count()).collect::<Vec<_>>();
    let mut widths = head.iter().map(|cell| cell.chars().count()).collect::<Vec<_>>();
    for row in rows {
        for (width, length) in widths.iter_mut().zip(lengths(row)) {
            *width = length.max(*width);
        }
    }
    let line = |row: &[String]| {
        let cells = row.iter().zip(&widths).enumerate();
        let cell = |(i, (cell, &width)): (usize, (&String, &usize))| {
            if i == 0 {
                format!(" {cell:width$} |")
            } else {
                format!(" {cell:>width$} |")
            }
        };
        format!("|{}\n", cells.map(cell).collect::<String>())
    };
    let head: Vec<String> = head.iter().map(|&cell| cell.to_owned()).collect();
    let rule = |(i, &width): (usize, &usize)| {
        if i == 0 {
            "-".repeat(width + 2)
        } else {
            "-".repeat(width + 1) + ":"
        }
    };
    let rules: Vec<String> = widths.iter().enumerate().map(rule).collect();
    format!(
        "{}|{}|\n{}",
        line(&head),
        rules.join("|"),
        rows.iter().map(|row| line(row)).collect::<String>()
    )
}
