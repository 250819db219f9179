//! `hackles summary`: many reports in a few figures, on the whole and by what the calls are filed under.

mod csv;
mod fields;
mod figures;
mod json;
mod read;
mod report;
mod text;

use std::collections::{HashMap, HashSet};
use std::io::IsTerminal as _;

use hackles::lexicon::Outline;
use hackles_formats::Format;
use rayon::prelude::*;

use crate::args::summary::{Sort, Summary as Args, To};
use crate::failure::{Failure, Outcome};
use crate::inputs::Input;
use crate::output::Output;
use crate::progress::Progress;
use fields::{Fields, Key};
use figures::{Figures, Rules};
use read::{Portion, Reader, Record};
use report::Line;

/// The band of anger that a peak must reach for the call to be an angry one.
const ANGRY: &str = "angry";
/// What calls without a field are filed under.
const NONE: &str = "(none)";

/// Runs the command.
pub(crate) fn run(args: &Args) -> Result<Outcome, Failure> {
    if args.paths.is_empty() && std::io::stdin().is_terminal() {
        return Err(Failure::of_usage(
            "no reports are given: name a file or a folder that `hackles score --to jsonl` wrote, or pipe one in (try --help)",
        ));
    }
    let to = args.to.unwrap_or_else(|| implied(args));
    let mut output = Output::open(args.out.as_deref(), to == To::Text)?;
    let mut progress = Progress::new(output.on_terminal());
    let outline = Outline::builtin();
    let rules = Rules {
        angry: outline.band(ANGRY),
        top: args.top,
    };
    let mut gathered = Gathered::new(rules, Fields::new(&args.by));
    let inputs = match args.paths.as_slice() {
        [] => vec![Input::standard()],
        paths => read::find(paths, &mut |refusal| {
            gathered.leave_out(&mut progress, &refusal.to_string());
        }),
    };
    let mut reader = Reader::new(&inputs);
    let mut portion = reader.portion();
    while !portion.is_empty() {
        // The next portion is read while this one is parsed.
        let parsed = || -> Vec<Line<'_>> {
            let records = portion.records.par_iter();
            records.map(|r| report::line(portion.bytes(r))).collect()
        };
        let (lines, following) = rayon::join(parsed, || reader.portion());
        gathered.take(&inputs, &portion, lines, &mut progress);
        portion = following;
        if !portion.is_empty() {
            progress.say(&format!("{} reports read", gathered.reports));
        }
    }
    progress.clear();
    let incomplete = gathered.left_out > 0;
    let summary = gathered.summary(args)?;
    let bytes = match to {
        To::Text => text::text(&summary, &outline).into_bytes(),
        To::Json => json::json(&summary)?,
        To::Csv => csv::csv(&summary)?,
    };
    output.write(&bytes)?;
    output.finish()?;
    Ok(Outcome::unless(incomplete))
}

/// The format that the ending of the output file asks for.
fn implied(args: &Args) -> To {
    let out = args.out.as_deref();
    let ending = out.and_then(|p| p.extension()).unwrap_or_default();
    match ending.to_string_lossy().as_ref() {
        "json" => To::Json,
        "csv" => To::Csv,
        _ => To::Text,
    }
}

/// What has been read so far.
struct Gathered {
    rules: Rules,
    fields: Fields,
    places: HashMap<Key, usize>,
    groups: Vec<(Key, Figures)>,
    /// Files that begin with transcripts.
    transcripts: HashSet<usize>,
    reports: u64,
    left_out: u64,
}

impl Gathered {
    fn new(rules: Rules, fields: Fields) -> Self {
        Gathered {
            rules,
            fields,
            places: HashMap::new(),
            groups: Vec::new(),
            transcripts: HashSet::new(),
            reports: 0,
            left_out: 0,
        }
    }

    fn leave_out(&mut self, progress: &mut Progress, line: &str) {
        self.left_out += 1;
        progress.complain(line);
    }

    fn take(&mut self, inputs: &[Input], portion: &Portion, lines: Vec<Line<'_>>, progress: &mut Progress) {
        for (record, line) in portion.records.iter().zip(lines) {
            if self.transcripts.contains(&record.file) {
                continue;
            }
            let name = &inputs[record.file].name;
            let place = |more: usize| format!("{name}:{}", record.line + more);
            match line {
                Line::Report(report) => {
                    self.reports += 1;
                    let key = self.fields.key(report.meta.map(|m| m.get()));
                    let group = match self.places.get(&key) {
                        Some(group) => *group,
                        None => {
                            self.groups.push((key.clone(), Figures::default()));
                            self.places.insert(key, self.groups.len() - 1);
                            self.groups.len() - 1
                        }
                    };
                    self.groups[group].1.add(self.rules, &report, group, || place(0));
                }
                Line::Transcript if record.first => self.transcript(record, name, progress),
                Line::Transcript => {
                    let line = format!("{}: a transcript, not a report: score it first", place(0));
                    self.leave_out(progress, &line);
                }
                Line::Bad { why, line } => {
                    if record.first && Format::of_head(portion.bytes(record)).is_some() {
                        self.transcript(record, name, progress);
                    } else {
                        let line = format!("{}: {why}", place(line));
                        self.leave_out(progress, &line);
                    }
                }
            }
        }
        for line in &portion.failed {
            self.leave_out(progress, line);
        }
    }

    /// A file of transcripts is named once, not with all its lines.
    fn transcript(&mut self, record: &Record, name: &str, progress: &mut Progress) {
        self.transcripts.insert(record.file);
        let source = if name == "stdin" { "-" } else { name };
        let line = format!(
            "{name}: transcripts, not reports: score them first, as in `hackles score --to jsonl {source} | hackles summary`"
        );
        self.leave_out(progress, &line);
    }

    /// The groups in their order, and all together.
    fn summary(self, args: &Args) -> Result<Summary, Failure> {
        if self.reports == 0 {
            return Err(Failure::of_usage("no report was read"));
        }
        if let Some(unknown) = self.fields.unknown() {
            return Err(Failure::of_usage(unknown));
        }
        let top = self.rules.top;
        let mut total = Figures::default();
        for (_, figures) in &self.groups {
            total.merge(top, figures);
        }
        let by = self.fields.names().to_vec();
        let keys = self.groups.iter().map(|(key, _)| key.clone()).collect();
        let (mut groups, few): (Vec<_>, Vec<_>) = if by.is_empty() {
            (Vec::new(), Vec::new())
        } else {
            let large = |group: &(Key, Figures)| group.1.calls >= args.min_calls;
            self.groups.into_iter().partition(large)
        };
        let sort = args.sort.unwrap_or(if self.fields.are_of_time() {
            Sort::Name
        } else {
            Sort::Score
        });
        groups.sort_by(|a, b| {
            let names = fields::order(&a.0, &b.0);
            match (sort, a.1.score.mean(), b.1.score.mean()) {
                (Sort::Score, Some(x), Some(y)) => x.total_cmp(&y).then(names),
                (Sort::Score, x, y) => x.is_none().cmp(&y.is_none()).then(names),
                (Sort::Name, ..) => names,
            }
        });
        let small = (!few.is_empty()).then(|| {
            let mut figures = Figures::default();
            few.iter().for_each(|(_, own)| figures.merge(top, own));
            Small {
                min_calls: args.min_calls,
                groups: few.len(),
                figures,
            }
        });
        Ok(Summary {
            rules: self.rules,
            by,
            keys,
            total,
            groups,
            small,
            left_out: self.left_out,
        })
    }
}

/// All that is shown.
struct Summary {
    rules: Rules,
    /// The fields that calls are grouped by.
    by: Vec<String>,
    /// The values of all groups, by the number that calls know theirs by.
    keys: Vec<Key>,
    total: Figures,
    groups: Vec<(Key, Figures)>,
    /// The groups that are not ranked, as one.
    small: Option<Small>,
    /// Lines and files that are no reports.
    left_out: u64,
}

/// Groups of too few calls.
struct Small {
    min_calls: u64,
    groups: usize,
    figures: Figures,
}

impl Small {
    /// "(3 groups of fewer than 20 calls)"
    fn name(&self) -> String {
        let plural = if self.groups == 1 { "" } else { "s" };
        format!(
            "({} group{plural} of fewer than {} calls)",
            self.groups, self.min_calls
        )
    }
}

/// A value, or what stands for none.
fn shown(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or(NONE)
}
