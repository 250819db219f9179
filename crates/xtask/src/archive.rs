//! `cargo xtask archive`: a generated archive through the program, beside bare parsing of the same file.

use std::fmt;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use hackles::Transcript;
use serde::Deserialize;
use wait4::Wait4 as _;

use crate::Asked;
use crate::clock::spent;
use crate::corpus::calls;

/// Calls of an archive that is large enough to tell the times apart.
const USUAL: usize = 20_000;
/// Reports of more calls would fill disks: these are scored in one way alone, without evidence.
const MANY: usize = 200_000;
/// Bytes of a generated call: a million of them are about 3 GB.
const CALL_BYTES: usize = 3_000;
/// The most that resident memory may come to, however large the archive.
const MEMORY_BYTES: u64 = 400_000_000;

/// A call as bare parsing sees it: nothing is copied that need not be.
#[derive(Deserialize)]
struct Bare<'a> {
    id: &'a str,
    #[serde(borrow)]
    turns: Vec<BareTurn<'a>>,
}

#[derive(Deserialize)]
struct BareTurn<'a> {
    speaker: &'a str,
    start_ms: i64,
    end_ms: i64,
    #[serde(borrow)]
    text: std::borrow::Cow<'a, str>,
}

/// One run of the program over the archive.
struct Run {
    name: &'static str,
    wall: Duration,
    cpu: Duration,
    peak_bytes: u64,
}

/// What came of it.
struct Archive {
    calls: usize,
    bytes: u64,
    parsing: Duration,
    runs: Vec<Run>,
}

pub(crate) fn run(asked: &Asked) -> Result<(), String> {
    let count = asked.calls.unwrap_or(if asked.quick { 200 } else { USUAL });
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/archive");
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let program = program()?;
    let input = folder.join("calls.jsonl");
    let bytes = generate(&input, count).map_err(|e| format!("{}: {e}", input.display()))?;
    let (parsing, turns) = parse(&input)?;
    let analyzer = compiled(&program, &folder)?;
    let mut archive = Archive {
        calls: count,
        bytes,
        parsing,
        runs: Vec::new(),
    };
    let cases: [(&str, &[&str]); 5] = [
        ("one thread, all evidence", &["--jobs", "1"]),
        (
            "one thread, fired evidence",
            &["--jobs", "1", "--evidence", "fired"],
        ),
        ("one thread, no evidence", &["--jobs", "1", "--evidence", "none"]),
        ("two threads, all evidence", &["--jobs", "2"]),
        ("two threads, no evidence", &["--jobs", "2", "--evidence", "none"]),
    ];
    let cases = if count > MANY { &cases[4..] } else { &cases[..4] };
    for &(name, arguments) in cases {
        let out = folder.join("reports.jsonl");
        archive
            .runs
            .push(score(&program, &analyzer, [&input, &out], name, arguments)?);
        let written = reports(&out)?;
        if written != (count, turns) {
            return Err(format!(
                "{name}: {written:?} reports and turns of {count} calls and {turns} turns"
            ));
        }
        if archive.runs.iter().any(|run| run.peak_bytes > MEMORY_BYTES) {
            return Err(format!("{name}: more than {MEMORY_BYTES} bytes of memory"));
        }
    }
    let _ = fs::remove_dir_all(&folder);
    println!("{archive}");
    Ok(())
}

/// The program, built as it is shipped.
fn program() -> Result<PathBuf, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked", "--package", "hackles-cli"])
        .current_dir(&root)
        .status();
    match built {
        Ok(status) if status.success() => Ok(root.join("target/release/hackles")),
        Ok(status) => Err(format!("cargo build: {status}")),
        Err(e) => Err(format!("cargo build: {e}")),
    }
}

/// The built-in lexicons compiled once: runs are timed without it.
fn compiled(program: &Path, folder: &Path) -> Result<PathBuf, String> {
    let path = folder.join("analyzer.bin");
    let done = Command::new(program)
        .args(["lexicon", "compile", "--out"])
        .arg(&path)
        .stdout(Stdio::null())
        .status();
    match done {
        Ok(status) if status.success() => Ok(path),
        Ok(status) => Err(format!("hackles lexicon compile: {status}")),
        Err(e) => Err(format!("{}: {e}", program.display())),
    }
}

/// Writes an archive: the turns of the calls of the corpus, gone through again and again, cut into calls of about the same size.
fn generate(path: &Path, count: usize) -> std::io::Result<u64> {
    let mut out = BufWriter::new(File::create(path)?);
    let turns: Vec<_> = calls().into_iter().flat_map(|call| call.turns).collect();
    let mut turns = turns.iter().cycle();
    let mut bytes = 0;
    for number in 0..count {
        let mut call = Transcript {
            id: Some(format!("A{number:07}")),
            ..Transcript::default()
        };
        let (mut size, mut now) = (0, 0);
        while size < CALL_BYTES {
            let Some(turn) = turns.next() else { break };
            let mut turn = turn.clone();
            let ms = 300 * turn.text.split(' ').count() as i64;
            (turn.start_ms, turn.end_ms) = (Some(now), Some(now + ms));
            turn.words.clear();
            now += ms + 400;
            size += turn.text.len() + 60;
            call.turns.push(turn);
        }
        let line = serde_json::to_vec(&call)?;
        bytes += line.len() as u64 + 1;
        out.write_all(&line)?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    Ok(bytes)
}

/// The processor time of parsing every line into borrowed structs, and the turns there are.
fn parse(path: &Path) -> Result<(Duration, usize), String> {
    let failed = |e: &dyn fmt::Display| format!("{}: {e}", path.display());
    let mut source = BufReader::with_capacity(1 << 20, File::open(path).map_err(|e| failed(&e))?);
    let (mut time, mut turns, mut line) = (Duration::ZERO, 0, Vec::new());
    loop {
        line.clear();
        if source.read_until(b'\n', &mut line).map_err(|e| failed(&e))? == 0 {
            return Ok((time, turns));
        }
        let (took, found) = spent(|| {
            serde_json::from_slice::<Bare<'_>>(&line).map(|call| {
                let talk: i64 = call
                    .turns
                    .iter()
                    .map(|t| t.end_ms - t.start_ms + (t.speaker.len() + t.text.len()) as i64)
                    .sum();
                std::hint::black_box((call.id.len(), talk));
                call.turns.len()
            })
        });
        time += took;
        turns += found.map_err(|e| failed(&e))?;
    }
}

fn score(
    program: &Path,
    analyzer: &Path,
    [input, out]: [&Path; 2],
    name: &'static str,
    arguments: &[&str],
) -> Result<Run, String> {
    let begin = Instant::now();
    let mut child = Command::new(program)
        .arg("score")
        .args(arguments)
        .arg("--analyzer")
        .arg(analyzer)
        .args(["--quiet", "--to", "jsonl", "--out"])
        .args([out, input])
        .stdin(Stdio::null())
        .spawn()
        .map_err(|e| format!("{}: {e}", program.display()))?;
    let used = child.wait4().map_err(|e| e.to_string())?;
    if !used.status.success() {
        return Err(format!("{name}: {}", used.status));
    }
    Ok(Run {
        name,
        wall: begin.elapsed(),
        cpu: used.rusage.utime + used.rusage.stime,
        peak_bytes: used.rusage.maxrss,
    })
}

/// How many reports a file holds, and how many turns.
fn reports(path: &Path) -> Result<(usize, usize), String> {
    #[derive(Deserialize)]
    struct Report {
        turns: Vec<serde::de::IgnoredAny>,
    }
    let source = BufReader::new(File::open(path).map_err(|e| e.to_string())?);
    let (mut reports, mut turns) = (0, 0);
    for line in source.lines() {
        let line = line.map_err(|e| e.to_string())?;
        let report: Report = serde_json::from_str(&line).map_err(|e| e.to_string())?;
        reports += 1;
        turns += report.turns.len();
    }
    Ok((reports, turns))
}

impl fmt::Display for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per = |time: Duration| time.as_secs_f64() * 1e6 / self.calls as f64;
        let mega = |bytes: u64| bytes as f64 / 1e6;
        writeln!(f, "{} calls, {:.0} MB", self.calls, mega(self.bytes))?;
        writeln!(
            f,
            "{:<32} {:>8.1} us of processor a call",
            "bare serde_json, borrowed",
            per(self.parsing)
        )?;
        let one = self.runs.first().map(|run| run.wall);
        for run in &self.runs {
            let share = self.parsing.as_secs_f64() / run.cpu.as_secs_f64();
            let faster = one.map_or(1.0, |one| one.as_secs_f64() / run.wall.as_secs_f64());
            writeln!(
                f,
                "{:<32} {:>8.1} us of processor a call, {share:.3} x bare parsing, {faster:.2} x one thread by the clock, {:.0} calls a second, peak {:.0} MB",
                run.name,
                per(run.cpu),
                self.calls as f64 / run.wall.as_secs_f64(),
                mega(run.peak_bytes)
            )?;
        }
        Ok(())
    }
}
