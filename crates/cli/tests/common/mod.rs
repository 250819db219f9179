//! Runs the program as its users do.

#![allow(dead_code, reason = "each test file uses some of it")]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// What a run has come to.
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    /// The JSON values of standard output, one a line.
    pub(crate) fn json(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}")))
            .collect()
    }

    /// The lines of standard error.
    pub(crate) fn errors(&self) -> Vec<&str> {
        self.err.lines().collect()
    }
}

fn run(args: &[&str], input: &[u8], environment: &[(&str, &str)]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hackles"));
    command
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    command.envs(environment.iter().copied());
    let mut child = command.spawn().expect("starts");
    // A program that does not read its input closes it: that is its right.
    let _ = child.stdin.take().expect("piped").write_all(input);
    let output = child.wait_with_output().expect("ends");
    Run {
        code: output.status.code().expect("no signal"),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}

/// Runs with the lexicon of these tests.
pub(crate) fn hackles(args: &[&str], input: &str) -> Run {
    hackles_in(args, input, &[])
}

/// The same, with variables in the environment.
pub(crate) fn hackles_in(args: &[&str], input: &str, environment: &[(&str, &str)]) -> Run {
    let lexicon = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
    let own = ["--no-builtin", "--lexicon", lexicon];
    run(&[args, own.as_slice()].concat(), input.as_bytes(), environment)
}

/// Runs with the lexicon of these tests and its practices.
pub(crate) fn practised(args: &[&str], input: &str) -> Run {
    let practices = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data-practices");
    hackles(&[args, &["--lexicon", practices]].concat(), input)
}

/// Runs with exactly these arguments.
pub(crate) fn bare(args: &[&str]) -> Run {
    run(args, b"", &[])
}

/// The same, with a standard input.
pub(crate) fn fed(args: &[&str], input: &str) -> Run {
    run(args, input.as_bytes(), &[])
}

/// A folder that is empty at the beginning of a test and gone at its end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }

    /// The path of a file in it.
    pub(crate) fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("UTF-8").to_owned()
    }

    /// Writes a file and gives its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, text).expect("written");
        self.path(name)
    }

    /// The names of what is in it.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).expect("readable");
        let mut names: Vec<String> = entries
            .map(|e| e.expect("readable").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// One call in the three formats.
pub(crate) const JSONL: &str = r#"{"id":"C1","turns":[{"speaker":"agent","start_ms":0,"text":"that's not my job"},{"speaker":"customer","start_ms":2000,"text":"great, I am furious"}]}
"#;
pub(crate) const CSV: &str =
    "text,call_id,speaker,start_ms\nthat's not my job,C1,agent,0\n\"great, I am furious\",C1,customer,2000\n";
pub(crate) const PLAIN: &str =
    "[00:00] Agent: that's not\n  my job\n\n[00:02] Customer: great, I am furious\n";
