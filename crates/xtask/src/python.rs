//! The peers in Python: an environment of their own below `target`, and `benches/peers.py`, which times them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hackles::Turn;
use serde::Deserialize;
use serde_json::json;

use crate::corpus::path;

const PACKAGES: [&str; 4] = ["vaderSentiment", "spacy", "pyahocorasick", "flashtext2"];

/// What `benches/peers.py` tells.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Told {
    /// Nanoseconds an utterance.
    pub(crate) ns: BTreeMap<String, f64>,
    /// What could not be measured, and why.
    pub(crate) missing: BTreeMap<String, String>,
}

/// Times what can be installed; what cannot is missing.
pub(crate) fn measure(utterances: &[Turn], literals: &[String], rounds: usize) -> Told {
    let told = environment().and_then(|python| run(&python, utterances, literals, rounds));
    told.unwrap_or_else(|why| Told {
        missing: PACKAGES.iter().map(|p| ((*p).to_owned(), why.clone())).collect(),
        ..Told::default()
    })
}

fn environment() -> Result<PathBuf, String> {
    let folder = path("target/peers");
    let python = folder.join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    });
    if !python.exists() {
        finish(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    }
    for package in PACKAGES {
        if finish(Command::new(&python).args(["-m", "pip", "show", "--quiet", package])).is_err() {
            eprintln!("installing {package} into target/peers");
            let mut pip = Command::new(&python);
            // What does not install is missing in what is told.
            let _ = finish(pip.args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                package,
            ]));
        }
    }
    Ok(python)
}

fn run(python: &Path, utterances: &[Turn], literals: &[String], rounds: usize) -> Result<Told, String> {
    let texts: Vec<&str> = utterances.iter().map(|t| t.text.as_str()).collect();
    let input = path("target/peers/input.json");
    let json = json!({ "utterances": texts, "literals": literals, "rounds": rounds }).to_string();
    fs::write(&input, json).map_err(|e| e.to_string())?;
    let told = finish(Command::new(python).arg(path("benches/peers.py")).arg(&input))?;
    serde_json::from_str(&told).map_err(|e| e.to_string())
}

/// What a command writes, if it succeeds; else the last line of its complaint.
fn finish(command: &mut Command) -> Result<String, String> {
    let done = command.stdin(Stdio::null()).output().map_err(|e| e.to_string())?;
    if done.status.success() {
        return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
    }
    let complaint = String::from_utf8_lossy(&done.stderr);
    Err(complaint.lines().last().unwrap_or("it failed").to_owned())
}
