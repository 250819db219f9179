//! `cargo xtask fuzz`: builds the programs of `fuzz/` so that they see which code an input reaches, and lets them look for inputs that do harm.
//!
//! Stable Rust can do it: the flags are those that `cargo fuzz run -s none` passes. Build scripts must not have them, hence `--target`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::Asked;

const FLAGS: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing";
/// Inputs that are tried if nothing is said of it, and with `--quick`.
const USUAL: usize = 100_000;
const QUICK: usize = 2_000;
/// An input that takes so many seconds does harm.
const MOST_SECONDS: usize = 20;
/// … or so much memory.
const MOST_MEGABYTES: usize = 2048;

pub(crate) fn run(asked: &Asked) -> Result<(), String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let folder = folder
        .canonicalize()
        .map_err(|e| format!("{}: {e}", folder.display()))?;
    let targets = targets(&folder)?;
    let wanted: Vec<&String> = match &asked.name {
        Some(name) => targets.iter().filter(|target| *target == name).collect(),
        None => targets.iter().collect(),
    };
    if wanted.is_empty() {
        return Err(format!(
            "there is no such target; there are {}",
            targets.join(", ")
        ));
    }
    let built = build(&folder)?;
    let runs = asked.runs.unwrap_or(if asked.quick { QUICK } else { USUAL });
    for target in wanted {
        fuzz(&folder, &built.join(target), target, runs)?;
    }
    Ok(())
}

/// The names of the programs.
fn targets(folder: &Path) -> Result<Vec<String>, String> {
    let folder = folder.join("fuzz_targets");
    let files = fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut names: Vec<String> = files
        .filter_map(|file| Some(file.ok()?.path().file_stem()?.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    Ok(names)
}

/// Builds all programs; where they are.
fn build(folder: &Path) -> Result<PathBuf, String> {
    let host = host()?;
    let mut cargo = Command::new("cargo");
    cargo.current_dir(folder).env("RUSTFLAGS", FLAGS);
    cargo.args(["build", "--release", "--target", &host]);
    match cargo.status() {
        Ok(status) if status.success() => Ok(folder.join("target").join(host).join("release")),
        Ok(_) => Err("the programs of fuzz/ do not build".to_owned()),
        Err(error) => Err(format!("cargo: {error}")),
    }
}

/// The machine this compiler builds for.
fn host() -> Result<String, String> {
    let told = Command::new("rustc").arg("-vV").output();
    let told = told.map_err(|e| format!("rustc: {e}"))?.stdout;
    let told = String::from_utf8_lossy(&told);
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or_else(|| "rustc does not tell its host".to_owned())
}

/// Looks for inputs of a target that do harm; what is found lies in `fuzz/artifacts`.
fn fuzz(folder: &Path, program: &Path, target: &str, runs: usize) -> Result<(), String> {
    let corpus = folder.join("corpus").join(target);
    let start = folder.join("corpus").join(format!("{target}.start"));
    let found = folder.join("artifacts").join(target);
    for folder in [&corpus, &start, &found] {
        fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    let written = Command::new(program).env("HACKLES_FUZZ_SEEDS", &start).status();
    if !written.is_ok_and(|status| status.success()) {
        return Err(format!("{target}: no seeds"));
    }
    let most = start.join("most_bytes");
    let most = fs::read_to_string(&most).map_err(|e| format!("{}: {e}", most.display()))?;
    let begun = Instant::now();
    let status = Command::new(program)
        .arg(format!("-runs={runs}"))
        .arg(format!("-max_len={most}"))
        .arg(format!("-timeout={MOST_SECONDS}"))
        .arg(format!("-rss_limit_mb={MOST_MEGABYTES}"))
        .arg(format!("-dict={}", start.join("words.dict").display()))
        .arg(format!("-artifact_prefix={}/", found.display()))
        .args(["-print_final_stats=1", "-verbosity=1"])
        .arg(&corpus)
        .arg(start.join("seeds"))
        .stdin(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => {
            println!(
                "{target}: {runs} inputs in {:.0} s, none does harm",
                begun.elapsed().as_secs_f64()
            );
            Ok(())
        }
        Ok(_) => Err(format!(
            "{target}: an input does harm; it lies in {} (fuzz/README.md says what to do with it)",
            found.display()
        )),
        Err(error) => Err(format!("{}: {error}", program.display())),
    }
}
