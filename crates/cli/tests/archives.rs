//! `hackles score` on archives: many inputs of many kinds, runs that are broken off and gone on with, and what is left out.
#![cfg(unix)]

mod common;

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use common::{CSV, Folder, JSONL, PLAIN, hackles};
use serde_json::{Value, json};

const LEXICON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");

/// The program with the lexicon of these tests, not started yet.
fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hackles"));
    command
        .args(args)
        .args(["--no-builtin", "--lexicon", LEXICON])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn start(args: &[&str]) -> Child {
    program(args).spawn().expect("starts")
}

fn send(signal: &str, child: &Child) {
    let status = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status();
    assert!(status.expect("a kill").success());
}

/// A call with a few turns, all of them in one line.
fn call(number: usize) -> String {
    let text = [
        "that's not my job",
        "our policy is great",
        "hello there",
        "you, \"sir\"",
    ][number % 4];
    format!(
        "{{\"id\":\"C{number}\",\"turns\":[{{\"speaker\":\"agent\",\"start_ms\":0,\"end_ms\":900,\"text\":\"{}\"}},{{\"speaker\":\"customer\",\"start_ms\":1000,\"end_ms\":{},\"text\":\"I am furious\"}}],\"meta\":{{\"queue\":\"q{}\"}}}}",
        text.replace('"', "\\\""),
        2000 + number,
        number % 3
    )
}

/// Calls, of which every hundredth cannot be read.
fn calls(count: usize) -> String {
    let line = |n: usize| {
        if n % 100 == 99 {
            format!("{{\"id\":\"B{n}\",\"turns\":{n}}}\n")
        } else {
            call(n) + "\n"
        }
    };
    (0..count).map(line).collect()
}

fn table(count: usize, separator: &str) -> String {
    let row = |n: usize| {
        let text = [
            "that's not my job",
            "our policy is great",
            "hello there",
            "\"you, \"\"sir\"\"\"",
        ][n % 4];
        let agent = [
            &*format!("C{n}"),
            "agent",
            "0",
            "900",
            text,
            &*format!("q{}", n % 3),
        ]
        .join(separator);
        let end = (2000 + n).to_string();
        let customer = [
            &*format!("C{n}"),
            "customer",
            "1000",
            &end,
            "I am furious",
            &*format!("q{}", n % 3),
        ]
        .join(separator);
        format!("{agent}\n{customer}\n")
    };
    let header = ["call_id", "speaker", "start_ms", "end_ms", "text", "meta.queue"].join(separator);
    header + "\n" + &(0..count).map(row).collect::<String>()
}

/// Packs a file with a tool of the crate's own dependencies.
fn gzip(text: &str) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text.as_bytes()).expect("memory");
    encoder.finish().expect("memory")
}

fn zst(text: &str) -> Vec<u8> {
    zstd::encode_all(text.as_bytes(), 1).expect("memory")
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

#[test]
fn every_kind_of_input_gives_the_same_reports() {
    let folder = Folder::new("kinds");
    let lines: String = (0..40).map(|n| call(n) + "\n").collect();
    let joined = |between: &str| (0..40).map(call).collect::<Vec<_>>().join(between);
    let pretty = |n: usize| {
        let value: Value = serde_json::from_str(&call(n)).expect("JSON");
        serde_json::to_string_pretty(&value).expect("JSON")
    };
    let documents: Vec<String> = (0..40).map(pretty).collect();
    let want = hackles(&["score", "--to", "jsonl"], &lines);
    assert_eq!((want.code, want.json().len()), (0, 40));
    for (name, bytes) in [
        ("lines.jsonl", lines.clone().into_bytes()),
        ("lines-without-end.jsonl", joined("\n").into_bytes()),
        ("crlf.jsonl", joined("\r\n").into_bytes()),
        ("bom.jsonl", format!("\u{feff}{lines}").into_bytes()),
        ("array.json", format!("[{}]", joined(",")).into_bytes()),
        (
            "array-of-lines.json",
            format!("[\n{}\n]\n", joined(",\n")).into_bytes(),
        ),
        ("documents.json", documents.join("\n").into_bytes()),
        ("pretty.json", format!("[{}]", documents.join(", ")).into_bytes()),
        ("lines.jsonl.gz", gzip(&lines)),
        (
            "members.jsonl.gz",
            [gzip(&lines[..100]), gzip(&lines[100..])].concat(),
        ),
        ("lines.jsonl.zst", zst(&lines)),
        ("table.csv", table(40, ",").into_bytes()),
        ("table.tsv", table(40, "\t").into_bytes()),
        ("table.csv.gz", gzip(&table(40, ","))),
        ("no-ending", zst(&lines)),
    ] {
        let path = folder.path(name);
        fs::write(&path, bytes).expect("written");
        let run = hackles(&["score", "--to", "jsonl", &path], "");
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{name}");
        assert!(run.out == want.out, "{name}: {}", run.out);
    }
    let parquet = folder.path("table.parquet");
    assert_eq!(
        hackles_convert(&[&folder.path("table.csv"), "--out", &parquet]),
        0
    );
    let run = hackles(&["score", "--to", "jsonl", &parquet], "");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(run.out == want.out, "{}", run.out);
    let pattern = folder.path("array*.json");
    let run = hackles(&["score", "--to", "jsonl", &pattern, "-"], &lines);
    assert!(run.out == want.out.repeat(3), "{}", run.err);
}

/// `hackles convert`, which knows no lexicon.
fn hackles_convert(args: &[&str]) -> i32 {
    common::bare(&[&["convert"], args].concat()).code
}

#[test]
fn a_run_that_is_killed_again_and_again_ends_as_if_undisturbed() {
    let folder = Folder::new("killed");
    let one = folder.write("calls/a.jsonl", &calls(900));
    fs::write(folder.path("calls/b.jsonl.gz"), gzip(&calls(600))).expect("written");
    folder.write("calls/c.csv", &(table(200, ",") + "C9,agent,soon,,hi,\n"));
    let inputs = [
        one,
        folder.path("calls/b.jsonl.gz"),
        folder.path("calls/c.csv"),
        folder.path("nowhere.jsonl"),
    ];
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    let mut seed = 7u64;
    let mut random = move |below: u64| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    for (name, options) in [
        ("r.jsonl", vec![]),
        ("r.json", vec!["--evidence", "none"]),
        ("u.csv", vec!["--unordered", "--rows", "call"]),
    ] {
        let whole = folder.path(&format!("whole-{name}"));
        let base = [&["score", "--checkpoint-every", "0"], inputs.as_slice(), &options].concat();
        let begun = Instant::now();
        let done = program(&[base.as_slice(), &["--out", &whole]].concat()).status();
        let took = begun.elapsed().as_millis() as u64;
        assert_eq!(done.expect("ends").code(), Some(1), "{name}");
        let out = folder.path(name);
        let mut kills = 0;
        for attempt in 0.. {
            let jobs = (1 + random(4)).to_string();
            let mut child = start(&[base.as_slice(), &["--out", &out, "--resume", "--jobs", &jobs]].concat());
            if attempt < 8 {
                sleep(Duration::from_millis(random(took / 2 + 1)));
                let _ = child.kill();
            }
            let status = child.wait().expect("ends");
            if let Some(code) = status.code() {
                assert!(
                    code == 1 || code == 0 && fs::exists(&out).expect("known"),
                    "{name}: {code}"
                );
                break;
            }
            kills += 1;
        }
        let (found, want) = (read(&out), read(&whole));
        let rejects = |of: &str| read(&format!("{of}.rejects.jsonl"));
        if options.contains(&"--unordered") {
            assert!(sorted(&found) == sorted(&want), "{name} after {kills} kills");
            assert_eq!(sorted(&rejects(&out)), sorted(&rejects(&whole)), "{name}");
        } else {
            assert!(found == want, "{name} after {kills} kills");
            assert_eq!(rejects(&out), rejects(&whole), "{name}");
        }
        assert_eq!(rejects(&out).lines().count(), 9 + 6 + 1 + 1, "{name}");
        let left: Vec<String> = folder
            .names()
            .into_iter()
            .filter(|n| n.contains(".part") || n.contains("checkpoint"))
            .collect();
        assert_eq!(left, [""; 0], "{name}");
        println!("{name}: {kills} kills");
    }
}

#[test]
fn an_interrupt_leaves_a_run_to_go_on_with() {
    let folder = Folder::new("interrupted");
    let path = folder.write("calls.jsonl", &calls(3000));
    let whole = folder.path("whole.jsonl");
    assert_eq!(
        program(&["score", &path, "--out", &whole])
            .status()
            .expect("ends")
            .code(),
        Some(1)
    );
    for signal in ["-INT", "-TERM"] {
        let out = folder.path(&format!("r{signal}.jsonl"));
        // A slow start may outlast the delay, a fast run end before it: then another delay is tried.
        let interrupted = [150u64, 300, 80, 500, 40, 1000, 2000].iter().any(|delay| {
            let _ = fs::remove_file(&out);
            let mut child = program(&["score", &path, "--out", &out, "--jobs", "1"])
                .stderr(Stdio::piped())
                .spawn()
                .expect("starts");
            sleep(Duration::from_millis(*delay));
            send(signal, &child);
            let told = std::io::read_to_string(child.stderr.take().expect("piped")).expect("UTF-8");
            let code = child.wait().expect("ends").code();
            assert!(
                code.is_none() || code == Some(1) || told.contains("--resume goes on from here"),
                "{told}"
            );
            code == Some(130)
        });
        assert!(interrupted, "{signal}");
        assert!(
            !fs::exists(&out).expect("known"),
            "{signal}: half a result has the name of a whole one"
        );
        let run = hackles(&["score", &path, "--out", &out, "--resume"], "");
        assert_eq!(run.code, 1, "{signal}: {}", run.err);
        assert!(
            run.err.contains("read 3000 = scored 2970 + rejected 30"),
            "{}",
            run.err
        );
        assert!(read(&out) == read(&whole), "{signal}");
        let run = hackles(&["score", &path, "--out", &out, "--resume"], "");
        assert_eq!((run.code, run.errors().len()), (0, 1), "{signal}: {}", run.err);
        assert!(run.err.contains("nothing is left to do"), "{signal}: {}", run.err);
    }
    // Whoever waits for standard input is not waited for.
    let mut child = program(&["score", "-", "--to", "jsonl"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("starts");
    let open = child.stdin.take();
    sleep(Duration::from_millis(500));
    send("-INT", &child);
    assert_eq!(child.wait().expect("ends").code(), Some(130));
    drop(open);
}

/// Runs with files that may not be larger than so many bytes (or half of them: shells count in blocks of their own), as on a full disk.
fn on_a_full_disk(bytes: usize, args: &[&str]) -> (Option<i32>, String) {
    let blocks = bytes / 1024;
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let output = Command::new("sh")
        .args(["-c", &script, env!("CARGO_BIN_EXE_hackles")])
        .args(args)
        .args(["--no-builtin", "--lexicon", LEXICON])
        .output()
        .expect("a shell");
    (
        output.status.code(),
        String::from_utf8(output.stderr).expect("UTF-8"),
    )
}

#[test]
fn a_full_disk_costs_nothing_but_time() {
    let folder = Folder::new("full");
    let path = folder.write("calls.jsonl", &calls(2500));
    let (out, whole) = (folder.path("r.jsonl"), folder.path("whole.jsonl"));
    assert_eq!(
        program(&["score", &path, "--out", &whole])
            .status()
            .expect("ends")
            .code(),
        Some(1)
    );
    let args = [
        "score",
        &path,
        "--out",
        &out,
        "--checkpoint-every",
        "0",
        "--jobs",
        "1",
        "--resume",
    ];
    for percent in [40, 60] {
        let (code, told) = on_a_full_disk(read(&whole).len() * percent / 100, &args);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains("r.jsonl.part: file too large"), "{told}");
        assert!(told.contains("--resume goes on from it"), "{told}");
    }
    assert_eq!(program(&args).status().expect("ends").code(), Some(1));
    assert!(read(&out) == read(&whole));
    if fs::exists("/dev/full").expect("known") {
        let run = hackles(&["score", &path, "--to", "jsonl", "--out", "/dev/full"], "");
        assert_eq!(run.code, 2);
        assert!(
            run.err.ends_with("/dev/full: no space left on device\n"),
            "{}",
            run.err
        );
    }
}

#[test]
fn a_run_that_is_no_longer_the_same_says_what_has_changed() {
    let folder = Folder::new("changed");
    let path = folder.write("a.jsonl", &calls(2000));
    let other = folder.write("b.jsonl", &calls(10));
    let out = folder.path("r.jsonl");
    let (code, _) = on_a_full_disk(
        2 << 20,
        &[
            "score",
            &path,
            &other,
            "--out",
            &out,
            "--checkpoint-every",
            "0",
            "--jobs",
            "1",
            "--columns",
            "text=said",
        ],
    );
    assert_eq!(
        (code, folder.names().contains(&"r.jsonl.checkpoint".to_owned())),
        (Some(2), true)
    );
    let again = |more: &[&str], inputs: &[&str]| {
        let run = hackles(
            &[&["score", "--out", &out, "--resume"], inputs, more].concat(),
            "",
        );
        assert_eq!(run.code, 2, "{more:?} {inputs:?}: {}", run.err);
        run.err
    };
    let columns = ["--columns", "text=said"];
    let inputs: [&str; 2] = [&path, &other];
    for (more, telling) in [
        (vec![], "--columns was text=said and is not given"),
        (
            vec!["--columns", "text=said", "--from", "csv"],
            "--from was not given and is csv",
        ),
        (
            vec!["--columns", "text=said", "--no-text"],
            "--no-text was false and is true",
        ),
        (
            vec!["--columns", "text=said", "--roles", "a=agent"],
            "--roles was not given and is a=agent",
        ),
        (
            vec!["--columns", "text=said", "--rejects", "x.jsonl"],
            "--rejects was not given and is x.jsonl",
        ),
        (
            vec!["--columns", "text=said", "--to", "csv"],
            "--to was jsonl and is csv",
        ),
    ] {
        let told = again(&more, &inputs);
        assert!(told.contains(telling), "{told}");
    }
    let told = again(&columns, &[&path]);
    assert!(told.contains("2 files of") && told.contains("now 1 of"), "{told}");
    let told = again(&columns, &[&path, &other, &folder.path("nowhere")]);
    assert!(told.contains("the inputs have changed"), "{told}");
    folder.write("b.jsonl", &calls(11));
    let told = again(&columns, &inputs);
    assert!(
        told.contains(&format!("{other} is the first that is not as it was")),
        "{told}"
    );
    // Anew, everything is as it was never begun.
    let run = hackles(&["score", &path, &other, "--out", &out, "--quiet"], "");
    assert_eq!((run.code, read(&out).lines().count()), (1, 1980 + 11));
}

#[test]
fn results_of_an_older_run_do_not_pass_for_those_of_one_that_was_killed() {
    let folder = Folder::new("older");
    let path = folder.write("a.jsonl", JSONL);
    let out = folder.write("r.jsonl", "old\n");
    folder.write("r.jsonl.part", "half");
    let run = hackles(&["score", &path, "--out", &out, "--resume", "--quiet"], "");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert_eq!((read(&out).lines().count(), read(&out).contains("C1")), (1, true));
    assert_eq!(folder.names(), ["a.jsonl", "r.jsonl"]);
}

#[test]
fn two_runs_do_not_write_one_file() {
    let folder = Folder::new("two");
    let out = folder.path("r.jsonl");
    let mut first = program(&["score", "-", "--out", &out])
        .stdin(Stdio::piped())
        .spawn()
        .expect("starts");
    let part = folder.path("r.jsonl.part");
    for _ in 0..200 {
        if fs::exists(&part).expect("known") {
            break;
        }
        sleep(Duration::from_millis(20));
    }
    let run = hackles(&["score", "-", "--out", &out], JSONL);
    assert_eq!(run.code, 2);
    assert!(
        run.err.contains("r.jsonl.part: another run is writing it"),
        "{}",
        run.err
    );
    drop(first.stdin.take());
    let _ = first.wait();
}

/// Place, reason and record of what a run has left out.
fn rejects(out: &str) -> Vec<Value> {
    let text = read(&format!("{out}.rejects.jsonl"));
    text.lines()
        .map(|l| serde_json::from_str(l).expect("JSON"))
        .collect()
}

#[test]
fn what_cannot_be_read_is_kept_with_its_place() {
    let folder = Folder::new("rejects");
    let good = call(1);
    let bad = "{\"id\":\"x\",\"turns\":7}";
    let torn = "{\"id\":\"x\",\"turns\":[{\"text\":\"a";
    let vtt = "WEBVTT\n\n00:00.000 --> 00:01.000\n<v Agent>not my job\n\n00:02.000 --> soon\nno\n";
    // The input, the lines of its bad records, how each begins as it is kept, and how many good ones there are.
    for (name, bytes, places, scored) in [
        (
            "lines.jsonl",
            format!("{good}\n{bad}\n\nnonsense\n{torn}\n{good}\n").into_bytes(),
            vec![(2, bad), (4, "nonsense"), (5, torn)],
            2,
        ),
        (
            "first.jsonl",
            format!("{torn}\n{good}\n{bad}\n").into_bytes(),
            vec![(1, torn), (3, bad)],
            1,
        ),
        (
            "array.json",
            format!("[{good},\n{bad},\n{torn}\n,\n{good},7]").into_bytes(),
            vec![(2, bad), (3, torn), (5, "7")],
            2,
        ),
        (
            "stream.json",
            format!("[{good},{bad},{good}]").into_bytes(),
            vec![(1, bad)],
            2,
        ),
        (
            "documents.json",
            "{\n\"id\":\"a\",\n\"turns\":[]\n}\n{\n\"turns\":[}\n\n{\n\"turns\":[]\n}\n"
                .to_owned()
                .into_bytes(),
            vec![(6, "{\n\"turns\":[}")],
            2,
        ),
        (
            "table.csv",
            "call_id,speaker,start_ms,text\nA,agent,0,hi\nA,agent,soon,hi\nA,agent\nB,agent,,hi\n".into(),
            vec![(3, "A,agent,soon,hi"), (4, "A,agent")],
            2,
        ),
        (
            "quote.csv",
            "call_id,speaker,text\nA,agent,hi\nB,agent,\"torn\nC,agent,hi\nD,agent,\"two\nlines\"\n"
                .to_owned()
                .into_bytes(),
            vec![(3, "B,agent,\"torn")],
            3,
        ),
        (
            "latin.jsonl",
            [good.as_bytes(), b"\n{\"id\":\"\xe9\",\"turns\":[]}\n"].concat(),
            vec![(2, "{\"id\":\"\u{fffd}\",\"turns\":[]}")],
            1,
        ),
        ("bad.vtt", vtt.into(), vec![(6, "WEBVTT")], 0),
        (
            "text.txt",
            [b"Agent: hi\n\xe9\xe9\nCustomer: ho\n".as_slice()].concat(),
            vec![(2, "\u{fffd}\u{fffd}")],
            1,
        ),
        (
            "cut.jsonl.gz",
            {
                let mut packed = gzip(&calls(90));
                packed.truncate(packed.len() - 8);
                packed
            },
            vec![(91, "")],
            90,
        ),
    ] {
        let path = folder.path(name);
        fs::write(&path, bytes).expect("written");
        let good = folder.write("good.jsonl", JSONL);
        let out = folder.path(&format!("{name}.out.jsonl"));
        let run = hackles(&["score", &path, &good, "--out", &out], "");
        assert_eq!(run.code, 1, "{name}: {}", run.err);
        let found = rejects(&out);
        let lines: Vec<(u64, &str)> = found
            .iter()
            .map(|r| {
                (
                    r["line"].as_u64().unwrap_or(0),
                    r["record"].as_str().unwrap_or_default(),
                )
            })
            .collect();
        let fits = lines.len() == places.len()
            && lines
                .iter()
                .zip(&places)
                .all(|(f, p)| f.0 == p.0 && f.1.starts_with(p.1));
        assert!(fits, "{name}: {lines:?}");
        for (reject, (line, _)) in found.iter().zip(&places) {
            assert_eq!(reject["file"], json!(path), "{name}");
            let told = format!("{path}:{line}: {}", reject["reason"].as_str().expect("a reason"));
            assert!(
                run.errors().contains(&told.as_str()),
                "{name}: {told} in {}",
                run.err
            );
        }
        let sum = format!(
            "read {} = scored {} + rejected {}",
            scored + 1 + places.len(),
            scored + 1,
            places.len()
        );
        assert!(run.err.contains(&sum), "{name}: {}", run.err);
        assert_eq!(read(&out).lines().count(), scored + 1, "{name}");
        // Without text the file has the place and the reason alone.
        let run = hackles(&["score", &path, &good, "--out", &out, "--no-text"], "");
        assert!(
            run.code == 1 && rejects(&out).iter().all(|r| r.get("record").is_none()),
            "{name}"
        );
    }
}

#[test]
fn rejects_go_where_they_are_asked_to_go() {
    let folder = Folder::new("rejects-to");
    let path = folder.write("a.jsonl", &format!("{JSONL}nonsense\n"));
    let out = folder.path("r.jsonl");
    let own = folder.path("bad.jsonl");
    for _ in 0..2 {
        let run = hackles(&["score", &folder.path(""), "--out", &out, "--rejects", &own], "");
        assert_eq!((run.code, read(&own).lines().count()), (1, 1), "{}", run.err);
    }
    assert_eq!(folder.names(), ["a.jsonl", "bad.jsonl", "r.jsonl"]);
    // A device stays one.
    for _ in 0..2 {
        let run = hackles(
            &["score", &path, "--out", &out, "--rejects", "/dev/null", "--quiet"],
            "",
        );
        assert_eq!((run.code, run.errors().len()), (1, 1), "{}", run.err);
    }
    assert!(!fs::metadata("/dev/null").expect("there").is_file());
    let run = hackles(&["score", &path, "--out", &out, "--rejects", &out], "");
    assert_eq!(run.code, 2, "{}", run.err);
    let run = hackles(&["score", &path, "--out", "/dev/null", "--to", "jsonl"], "");
    assert_eq!((run.code, run.errors().len()), (1, 1), "{}", run.err);
    assert!(!fs::metadata("/dev/null").expect("there").is_file());
    let run = hackles(&["score", &path, "--out", "-", "--to", "jsonl"], "");
    assert_eq!((run.code, run.json().len()), (1, 1), "{}", run.err);
}

#[test]
fn what_a_run_writes_it_does_not_read() {
    let folder = Folder::new("inside");
    folder.write("a.jsonl", &(JSONL.to_owned() + "nonsense\n"));
    let out = folder.path("r.jsonl");
    for more in [vec![], vec![], vec!["--resume"]] {
        let run = hackles(
            &[&["score", &folder.path(""), "--out", &out][..], &more].concat(),
            "",
        );
        assert_eq!(run.code, i32::from(more.is_empty()), "{}", run.err);
        assert_eq!(read(&out).lines().count(), 1);
    }
    assert_eq!(folder.names(), ["a.jsonl", "r.jsonl", "r.jsonl.rejects.jsonl"]);
    let link = folder.path("link.jsonl");
    std::os::unix::fs::symlink(&out, &link).expect("a link");
    let run = hackles(&["score", "-", "--out", &link], &JSONL.repeat(2));
    assert_eq!((run.code, read(&out).lines().count()), (0, 2), "{}", run.err);
    assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
}

#[test]
fn columns_are_told_by_name() {
    let folder = Folder::new("columns");
    let path = folder.write(
        "t.csv",
        "ContactId;Who;Said;From;Queue\nA;Agent;not my job;1.5;sales\nA;cust;I am furious;3;sales\nB;agent;hi;;\n",
    );
    let columns = "call_id=ContactId,speaker=Who,text=Said,start_s=From,meta.queue=Queue";
    let args = [
        "score",
        &path,
        "--to",
        "jsonl",
        "--columns",
        columns,
        "--roles",
        "cust=customer",
    ];
    let run = hackles(&args, "");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let reports = run.json();
    assert_eq!((&reports[0]["id"], &reports[1]["id"]), (&json!("A"), &json!("B")));
    assert_eq!(reports[0]["meta"], json!({"queue": "sales"}));
    assert_eq!(reports[0]["turns"][0]["start_ms"], json!(1500));
    assert_eq!(reports[0]["turns"][0]["signals"], json!(["refusal"]));
    assert_eq!(reports[0]["turns"][1]["signals"], json!(["anger"]));
    let run = hackles(&["score", &path, "--columns", "text=Sayd"], "");
    assert_eq!(run.code, 2);
    assert!(run.err.contains("is \"said\" meant"), "{}", run.err);
}

#[test]
fn unordered_reports_are_the_same_reports() {
    let calls = calls(1000);
    let ordered = hackles(&["score", "--to", "jsonl", "--jobs", "3"], &calls);
    let unordered = hackles(&["score", "--to", "jsonl", "--jobs", "3", "--unordered"], &calls);
    assert!(sorted(&ordered.out) == sorted(&unordered.out));
    let ids: Vec<Value> = ordered.json().iter().map(|r| r["id"].clone()).collect();
    let want: Vec<Value> = (0..1000)
        .filter(|n| n % 100 != 99)
        .map(|n| json!(format!("C{n}")))
        .collect();
    assert_eq!(ids, want);
}

#[test]
fn reports_in_columns_hold_what_those_in_lines_hold() {
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    let folder = Folder::new("parquet-reports");
    let path = folder.write("calls.jsonl", &calls(300));
    let want = hackles(&["score", &path, "--to", "jsonl"], "");
    let rows = |name: &str, options: &[&str]| -> Vec<Value> {
        let out = folder.path(name);
        let run = hackles(&[&["score", &path, "--out", &out], options].concat(), "");
        assert_eq!(run.code, 1, "{}", run.err);
        let file = fs::File::open(&out).expect("written");
        let reader = ParquetRecordBatchReaderBuilder::try_new(file)
            .and_then(|b| b.build())
            .expect("Parquet");
        let mut lines = arrow_json::LineDelimitedWriter::new(Vec::new());
        for batch in reader {
            lines.write(&batch.expect("rows")).expect("written");
        }
        lines.finish().expect("written");
        let lines = String::from_utf8(lines.into_inner()).expect("UTF-8");
        lines
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    };
    // What is not said is null in columns and left out of JSON.
    fn bare(value: &Value) -> Value {
        match value {
            Value::Object(map) => map
                .iter()
                .filter(|(_, v)| !v.is_null() && *v != &json!([]))
                .map(|(k, v)| (k.clone(), bare(v)))
                .collect(),
            Value::Array(list) => list.iter().map(bare).collect(),
            other => other.clone(),
        }
    }
    let turns = rows("turns.parquet", &[]);
    let reports = want.json();
    let all: Vec<(&Value, &Value)> = reports
        .iter()
        .flat_map(|r| r["turns"].as_array().expect("turns").iter().map(move |t| (r, t)))
        .collect();
    assert_eq!(turns.len(), all.len());
    for (row, (report, turn)) in turns.iter().zip(all) {
        assert_eq!(row["call_id"], report["id"]);
        for key in ["index", "speaker", "start_ms", "end_ms", "sentiment", "signals"] {
            assert_eq!(bare(&row[key]), bare(&turn[key]), "{key}");
        }
        assert_eq!(bare(&row["evidence"]), bare(&turn["evidence"]));
        let scores: serde_json::Map<String, Value> = row["scores"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|s| (s["signal"].as_str().expect("text").to_owned(), s["score"].clone()))
            .collect();
        assert_eq!(Value::Object(scores), turn["scores"]);
        let meta: Value = serde_json::from_str(row["meta"].as_str().expect("text")).expect("JSON");
        assert_eq!(meta, report["meta"]);
    }
    let calls = rows("calls.parquet", &["--rows", "call"]);
    assert_eq!(calls.len(), reports.len());
    for (row, report) in calls.iter().zip(&reports) {
        assert_eq!(
            (&row["call_id"], &row["lexicon"]),
            (&report["id"], &report["lexicon"])
        );
        assert_eq!(row["anger_peak"], report["call"]["anger"]["peak"]);
        let counts: serde_json::Map<String, Value> = row["signals"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|s| (s["signal"].as_str().expect("text").to_owned(), s["count"].clone()))
            .collect();
        for (signal, figure) in report["call"]["signals"].as_object().expect("signals") {
            assert_eq!(counts[signal], figure["count"]);
        }
    }
    assert_eq!(hackles(&["score", &path, "--to", "parquet"], "").code, 2);
}

#[test]
fn inputs_that_hold_nothing() {
    let folder = Folder::new("nothing");
    folder.write("calls/empty.jsonl", "");
    folder.write("calls/blank.csv", "\n\n");
    folder.write("calls/array.json", "[]");
    let out = folder.path("r.jsonl");
    let run = hackles(&["score", &folder.path("calls"), "--out", &out], "");
    assert_eq!((run.code, run.err.as_str()), (2, "hackles: nothing was scored\n"));
    assert_eq!(folder.names(), ["calls"]);
    folder.write("calls/text.txt", PLAIN);
    folder.write("calls/table.csv", CSV);
    // A pipe in a folder is not waited for.
    let made = Command::new("mkfifo")
        .arg(folder.path("calls/pipe.jsonl"))
        .status();
    assert!(made.expect("a mkfifo").success());
    let run = hackles(&["score", &folder.path("calls"), "--out", &out], "");
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.err.starts_with("read 2 = scored 2 + rejected 0; "),
        "{}",
        run.err
    );
}

#[test]
fn a_recorded_stream_gives_the_reports_of_watch() {
    let mut stream = String::new();
    for (call, utterance, rest) in [
        (
            "A",
            "1",
            r#""speaker":"agent","start_ms":0,"end_ms":300,"text":"that's not","mode":"replace""#,
        ),
        ("B", "1", r#""speaker":"customer","start_ms":5,"text":"I am fur""#),
        (
            "A",
            "2",
            r#""speaker":"customer","start_ms":900,"end_ms":1000,"text":"great","final":true"#,
        ),
        (
            "A",
            "1",
            r#""speaker":"agent","start_ms":0,"end_ms":800,"text":"that's not my job","mode":"replace","final":true"#,
        ),
        // What comes for a closed utterance is ignored.
        (
            "A",
            "1",
            r#""speaker":"agent","text":"of course","mode":"replace","final":true"#,
        ),
        ("B", "1", r#""text":"ious","end_ms":70,"final":true"#),
        (
            "B",
            "2",
            r#""speaker":"agent","start_ms":80,"text":"","mode":"replace","final":true"#,
        ),
        ("A", "3", r#""speaker":"agent","text":"our policy""#),
    ] {
        stream += &format!("{{\"call\":\"{call}\",\"utterance\":\"{utterance}\",{rest}}}\n");
    }
    stream += "{\"call\":\"C\",\"now_ms\":5}\n{\"call\":\"A\",\"end\":true,\"end_ms\":5000}\n{\"call\":\"B\",\"end\":true}\n";
    stream += "{\"call\":\"A\",\"utterance\":\"9\",\"speaker\":\"agent\",\"text\":\"too late\"}\n";
    let watched = hackles(&["watch"], &stream);
    let told: Vec<Value> = watched
        .json()
        .iter()
        .filter_map(|l| l.get("report").cloned())
        .collect();
    let scored = hackles(&["score", "--to", "jsonl"], &stream);
    assert_eq!(scored.json(), told);
    assert_eq!(
        (scored.code, watched.code),
        (1, 1),
        "{} {}",
        scored.err,
        watched.err
    );
    let places = |err: &str| -> Vec<String> {
        err.lines()
            .map(|l| l.split(": ").next().unwrap_or_default().to_owned())
            .collect()
    };
    assert_eq!(places(&scored.err), places(&watched.err));
}
