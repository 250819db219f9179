//! All calls of a folder on all cores. `cargo run --release --features rayon --example batch -- examples/calls`

use std::error::Error;
use std::{env, fs};

use hackles::{Analyzer, Transcript, batch};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args().nth(1).unwrap_or_else(|| "examples/calls".to_owned());
    let mut files: Vec<_> = fs::read_dir(folder)?
        .map(|file| Ok(file?.path()))
        .collect::<Result<_, std::io::Error>>()?;
    files.retain(|file| file.extension().is_some_and(|e| e == "jsonl"));
    files.sort();
    let mut calls: Vec<Transcript> = Vec::new();
    for file in &files {
        for line in fs::read_to_string(file)?.lines() {
            calls.push(serde_json::from_str(line)?);
        }
    }
    for report in batch::score(&Analyzer::builtin(), &calls) {
        let bad = report.call.signals.get("refusal").map_or(0, |s| s.count);
        let peak = report.call.anger.peak.map_or(0.0, |level| level.to_f64());
        println!(
            "{:32} anger peak {peak:.2}, refusals {bad}",
            report.id.unwrap_or_default()
        );
    }
    Ok(())
}
