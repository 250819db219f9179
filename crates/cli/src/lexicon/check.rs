//! `hackles lexicon check`: what a reviewer would remark on.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use hackles::workbench::check::{self, Finding, Severity};
use hackles::{Analyzer, Lexicon};

use super::corpus;
use crate::args::check::Check;
use crate::args::{Layers, Speaker, workbench};
use crate::failure::{Failure, Outcome};
use crate::layers;
use crate::output::Output;
use crate::style::{BAD, BOLD, DIM, GOOD, INFO, paint};

/// So much of a line is shown around a finding, in characters.
const SHOWN: usize = 100;

/// Runs the command.
pub(super) fn run(args: &Check) -> Result<Outcome, Failure> {
    let mut files = layers::files(&args.layers)?;
    let mut lexicon = layers::lexicon(&args.layers, &files)?;
    for id in &args.signals {
        lexicon.signal(id).map_err(|e| Failure::of_usage(&e))?;
    }
    if args.fix {
        lexicon = fix(&args.layers, &mut files, lexicon)?;
    }
    let analyzer = Analyzer::new(lexicon)?;
    let calls = if args.corpus.is_empty() {
        Vec::new()
    } else {
        let named = workbench::Corpus {
            corpus: args.corpus.clone(),
            label: Vec::new(),
            calm: Vec::new(),
            speaker: Speaker::Customer,
        };
        let read = corpus::read(&named, &[analyzer.lexicon()], &[])?;
        read.corpus.calls.into_iter().map(|c| c.call).collect()
    };
    let mut findings = check::check(&analyzer, &args.signals, &calls);
    findings.retain(|f| !args.allow.contains(&f.code));
    for finding in findings.iter_mut().filter(|f| args.deny.contains(&f.code)) {
        finding.severity = Severity::Error;
    }
    let mut output = Output::open(None, !args.json)?;
    if args.json {
        super::json(&mut output, &findings)?;
    } else {
        output.write(text(&findings).as_bytes())?;
    }
    output.finish()?;
    Ok(Outcome::unless(
        findings.iter().any(|f| f.severity > Severity::Note),
    ))
}

/// Puts the files in order, those that mean the same afterwards; the lexicon as it is then.
fn fix(layers: &Layers, files: &mut Vec<(PathBuf, String)>, before: Lexicon) -> Result<Lexicon, Failure> {
    let mut changed = Vec::new();
    for (i, (path, text)) in files.iter().enumerate() {
        let fixed = check::fixed(&path.display().to_string(), text, &before)?;
        if fixed != *text {
            changed.push((i, fixed));
        }
    }
    let mut now = files.clone();
    for (i, text) in &changed {
        now[*i].1.clone_from(text);
    }
    // One look at all of them; only if that finds a difference, one at each.
    if !means_the_same(layers, &now, &before) {
        now.clone_from(files);
        changed.retain(|(i, text)| {
            let old = std::mem::replace(&mut now[*i].1, text.clone());
            let same = means_the_same(layers, &now, &before);
            if !same {
                now[*i].1 = old;
                let path = now[*i].0.display();
                crate::complain(&format!(
                    "{path}: left as it is: in order it would mean something else"
                ));
            }
            same
        });
    }
    for (i, text) in &changed {
        let mut output = Output::open(Some(&now[*i].0), false)?;
        output.write(text.as_bytes())?;
        output.finish()?;
        crate::complain(&format!("{}: put in order", now[*i].0.display()));
    }
    *files = now;
    layers::lexicon(layers, files)
}

fn means_the_same(layers: &Layers, files: &[(PathBuf, String)], before: &Lexicon) -> bool {
    layers::lexicon(layers, files).is_ok_and(|now| check::same_meaning(&now, before))
}

fn text(findings: &[Finding]) -> String {
    let mut out = String::new();
    let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
    let mut severities: BTreeMap<Severity, usize> = BTreeMap::new();
    for f in findings {
        let p = &f.place;
        let style = match f.severity {
            Severity::Error => BAD,
            Severity::Warning => INFO,
            Severity::Note => DIM,
        };
        let what = paint(style, &format!("{}[{}]", f.severity.as_str(), f.code));
        let line = shown(&p.text, p.column);
        let place = paint(BOLD, &format!("{}:{}:{}", p.file, p.line, p.column));
        let _ = writeln!(out, "{place}: {what}: {} | {line}", f.reason);
        let _ = writeln!(out, "    help: {}", f.proposal);
        *codes.entry(f.code.as_str()).or_default() += 1;
        *severities.entry(f.severity).or_default() += 1;
    }
    let count = |severity, one: &str| match severities.get(&severity) {
        Some(1) => format!("1 {one}"),
        n => format!("{} {one}s", n.unwrap_or(&0)),
    };
    let summary = format!(
        "{}, {}, {}",
        count(Severity::Error, "error"),
        count(Severity::Warning, "warning"),
        count(Severity::Note, "note")
    );
    let bad = findings.iter().any(|f| f.severity > Severity::Note);
    let summary = paint(if bad { BAD } else { GOOD }, &summary);
    let codes: Vec<String> = codes.iter().map(|(code, n)| format!("{code} {n}")).collect();
    let codes = if codes.is_empty() {
        String::new()
    } else {
        format!(": {}", codes.join(", "))
    };
    let _ = writeln!(out, "{summary}{codes}");
    out
}

/// The part of a line around a column, from 1.
fn shown(line: &str, column: usize) -> String {
    let chars: Vec<char> = line.chars().collect();
    let indent = chars.iter().take_while(|c| c.is_whitespace()).count();
    let from = match column.saturating_sub(1) {
        at if chars.len() - indent > SHOWN => at.saturating_sub(SHOWN / 4).max(indent),
        _ => indent,
    };
    let to = chars.len().min(from + SHOWN);
    let part: String = chars.get(from..to).unwrap_or_default().iter().collect();
    let before = if from > indent { "…" } else { "" };
    let behind = if to < chars.len() { "…" } else { "" };
    format!("{before}{}{behind}", part.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_shown_around_the_place() {
        assert_eq!(shown("  weight = 1", 3), "weight = 1");
        assert_eq!(shown("", 1), "");
        let long = format!("list = [{}]", "\"word\", ".repeat(100));
        let part = shown(&long, 400);
        assert!(part.starts_with('…') && part.ends_with('…') && part.chars().count() <= SHOWN + 2);
        assert!(shown(&long, 2).starts_with("list"));
        assert!(shown(&long, 9_999).len() < 5);
    }
}
