//! Tasks of the project. `cargo xtask bench` compares Hackles with its peers; `benches/README.md` says what its figures mean.
#![forbid(unsafe_code)]

mod archive;
mod bench;
mod clock;
#[path = "../../../benches/common/mod.rs"]
mod corpus;
mod figures;
#[path = "../../../tests/common/fingerprint.rs"]
#[allow(unreachable_pub, reason = "tests use it as well")]
mod fingerprint;
mod fuzz;
mod limits;
mod literals;
mod machine;
mod peers;
mod python;
mod sessions;
mod soak;
mod steady;
mod table;
mod threads;
mod worst;

use std::process::ExitCode;
use std::str::FromStr;

const USAGE: &str = "\
cargo xtask bench [--quick] [--json FILE] [--sessions N] [--rounds N] [--most N] [--no-python]
    Hackles beside its peers, in one run.
      --quick       asserts that everything runs and that counts agree; its times say little
      --json FILE   writes the figures as well
      --sessions N  live sessions (100000)
      --rounds N    how often each case has its turn (31)
      --most N      of a phrase of the lexicon, literals are made if it has at most so many forms (256)
      --no-python   leaves out the peers in Python
cargo xtask archive [--calls N] [--quick]
    A generated archive (20000 calls; 1000000 are 3 GB) through the program, beside bare parsing of the same file: time, threads, peak memory.
cargo xtask sessions [--sessions N]
    Bytes of a live session and times of a push, among so many.
cargo xtask fuzz [TARGET] [--runs N] [--quick]
    Looks for inputs that do harm (100000 of each target, or of one): see fuzz/README.md.
cargo xtask limits [--quick]
    Twice the text takes twice the time: doubled up to 10 MB in one utterance (128 KB with --quick). Fails where it does not. Takes a quarter of an hour.
cargo xtask soak [--sessions N] [--quick]
    An hour of live calls on so many lines (5000; 100 with --quick). Fails if memory grows.
cargo xtask fingerprint [--record]
    What comes of the shipped calls, compared with tests/fingerprint.txt or written there.
cargo xtask steady
    Finished utterances to warm sessions: what .ci/check_instructions.py counts.";

/// What was asked for.
#[derive(Clone, Debug)]
struct Asked {
    quick: bool,
    record: bool,
    json: Option<String>,
    sessions: Option<usize>,
    rounds: Option<usize>,
    most: Option<usize>,
    calls: Option<usize>,
    runs: Option<usize>,
    python: bool,
    /// What stands without a name of its own.
    name: Option<String>,
}

fn asked(mut arguments: impl Iterator<Item = String>) -> Result<Asked, String> {
    fn value<T: FromStr>(name: &str, value: Option<String>) -> Result<Option<T>, String> {
        let value = value.ok_or_else(|| format!("{name} needs a value"))?;
        value
            .parse()
            .map(Some)
            .map_err(|_| format!("{name}: not {value:?}"))
    }
    let mut asked = Asked {
        quick: false,
        record: false,
        json: None,
        sessions: None,
        rounds: None,
        most: None,
        calls: None,
        runs: None,
        python: true,
        name: None,
    };
    while let Some(name) = arguments.next() {
        match name.as_str() {
            "--quick" => asked.quick = true,
            "--record" => asked.record = true,
            "--no-python" => asked.python = false,
            "--json" => asked.json = value(&name, arguments.next())?,
            "--sessions" => asked.sessions = value(&name, arguments.next())?,
            "--rounds" => asked.rounds = value(&name, arguments.next())?,
            "--calls" => asked.calls = value(&name, arguments.next())?,
            "--runs" => asked.runs = value(&name, arguments.next())?,
            "--most" => asked.most = value(&name, arguments.next())?,
            _ if !name.starts_with('-') && asked.name.is_none() => asked.name = Some(name),
            _ => return Err(format!("unknown argument {name:?}")),
        }
    }
    Ok(asked)
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let task = arguments.next().unwrap_or_default();
    let done = asked(arguments).and_then(|asked| match task.as_str() {
        "bench" => bench::run(&asked),
        "archive" => archive::run(&asked),
        "fuzz" => fuzz::run(&asked),
        "sessions" => {
            let figures = sessions::measure(asked.sessions.unwrap_or(sessions::USUAL));
            println!("{figures}");
            Ok(())
        }
        "soak" => soak::run(&asked),
        "fingerprint" => {
            let found = fingerprint::of(&hackles::Analyzer::builtin(), &corpus::calls());
            if asked.record {
                fingerprint::record(&found)
            } else {
                fingerprint::check(&found)
            }
        }
        "limits" => limits::run(&asked),
        "steady" => {
            println!("{}", steady::run());
            Ok(())
        }
        _ => Err(USAGE.to_owned()),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
