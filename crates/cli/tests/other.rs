//! `hackles explain`, `hackles lexicon` and what all commands share.

mod common;

use common::{Folder, JSONL, bare, hackles};
use serde_json::{Value, json};

#[test]
fn explain_shows_how_a_score_adds_up() {
    let run = hackles(
        &["explain", "that's not my job, it is policy", "--speaker", "agent"],
        "",
    );
    assert_eq!(run.code, 0);
    assert!(
        run.out.contains("not-my-job \"not my job\"  4 = 4"),
        "{}",
        run.out
    );
    assert!(run.out.contains("bias −2 + 4 + 1 = 3 → 0.9526"), "{}", run.out);
    let run = hackles(&["explain", "--json", "not my job"], "");
    let both = run.json();
    assert_eq!(
        (&both[0]["speaker"], &both[1]["speaker"]),
        (&json!("agent"), &json!("customer"))
    );
    assert_eq!(both[0]["hits"][0]["quote"], json!("not my job"));
    assert_eq!(both[1]["scores"], json!([]));
}

#[test]
fn signals_are_listed() {
    let run = hackles(&["lexicon", "list"], "");
    assert!(
        run.out
            .lines()
            .any(|l| l.split_whitespace().eq(["refusal", "agent", "bad", "Refuses"])),
        "{}",
        run.out
    );
    let run = hackles(&["lexicon", "list", "--json"], "");
    let listed: Vec<Value> = serde_json::from_str(&run.out).expect("an array");
    let refusal = listed.iter().find(|s| s["id"] == "refusal").expect("listed");
    for (key, value) in [
        ("speaker", json!("agent")),
        ("bias", json!(-2.0)),
        ("threshold", json!(0.5)),
        ("severity", json!("bad")),
        ("title", json!("Refuses")),
        ("hint", json!("Say what you can do.")),
    ] {
        assert_eq!(refusal[key], value, "{key}");
    }
    assert!(listed.iter().any(|s| s["id"] == "sentiment"));
}

#[test]
fn examples_are_run() {
    let run = hackles(&["lexicon", "test", "--untested"], "");
    assert_eq!(run.code, 0, "{}", run.out);
    assert_eq!(
        run.out,
        "refusal/rules: no example fires it\n4 examples, 0 failed, 1 entries untested\n"
    );
    let folder = Folder::new("examples");
    let path = folder.write(
        "more.toml",
        "schema = 1\n[signal]\nid = \"refusal\"\n\n[[example]]\nagent = \"of course\"\nfires = \"course\"\n",
    );
    let lexicon = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
    let layers = ["--no-builtin", "--lexicon", lexicon, "--lexicon", &path];
    let run = bare(&[["lexicon", "test", "refusal"].as_slice(), &layers].concat());
    assert_eq!(run.code, 1);
    assert!(run.out.starts_with(&format!("{path}:")), "{}", run.out);
    let run = hackles(&["lexicon", "test", "refusl"], "");
    assert_eq!(
        (run.code, run.err.contains("did you mean \"refusal\"?")),
        (2, true)
    );
}

#[test]
fn help_teaches() {
    for args in [
        vec!["--help"],
        vec!["score", "--help"],
        vec!["watch", "--help"],
        vec!["explain", "--help"],
    ] {
        let run = bare(&args);
        assert_eq!((run.code, run.out.contains("Examples:")), (0, true), "{args:?}");
    }
    assert_eq!(
        bare(&["--version"]).out,
        format!("hackles {}\n", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(bare(&[]).code, 2);
}

#[test]
fn a_compiled_lexicon_is_used_in_place_of_its_files() {
    let folder = Folder::new("compiled");
    let file = folder.path("own.bin");
    let run = hackles(&["lexicon", "compile", "--out", &file], "");
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (0, "", ""));
    let call = folder.write("call.jsonl", JSONL);
    let from_files = hackles(&["score", "--to", "jsonl", &call], "");
    let compiled = bare(&["score", "--to", "jsonl", &call, "--analyzer", &file]);
    assert_eq!((compiled.code, &compiled.out), (0, &from_files.out));
    let explained = hackles(&["explain", "that's not my job", "--json"], "");
    let compiled = bare(&["explain", "that's not my job", "--json", "--analyzer", &file]);
    assert_eq!((compiled.code, &compiled.out), (0, &explained.out));
    assert_eq!(hackles(&["score", &call, "--analyzer", &file], "").code, 2);
    let run = bare(&["score", &call, "--analyzer", &call]);
    assert_eq!(run.code, 2);
    assert_eq!(run.errors(), [format!("{call}: this is no saved analyzer")]);
}

/// Who has read enough closes the pipe: that is no error.
#[cfg(unix)]
#[test]
fn a_closed_pipe_ends_quietly() {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    let lexicon = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
    let mut child = Command::new(env!("CARGO_BIN_EXE_hackles"))
        .args([
            "score",
            "--to",
            "jsonl",
            "-",
            "--no-builtin",
            "--lexicon",
            lexicon,
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    drop(child.stdout.take());
    let _ = child
        .stdin
        .take()
        .expect("piped")
        .write_all(JSONL.repeat(2000).as_bytes());
    let output = child.wait_with_output().expect("ends");
    assert_eq!(
        (output.status.code(), output.stderr.as_slice()),
        (Some(0), b"".as_slice())
    );
}

/// Words, ids and keys of strangers may hold what a terminal takes for orders.
#[test]
fn what_was_said_steers_no_terminal() {
    let calls = concat!(
        r#"{"id":"c\u001b[31m1","turns":[{"speaker":"agent\u001b[32m","text":"not my \u001b]0;x\u0007 job"},"#,
        r#"{"speaker":"agent","text":"not my \u001b[33m job\u009b2J"}],"participants":[{"id":"x","role":"agent","name":"An\u001bna"}]}"#,
        "\n",
        r#"{"ke\u001b[34my":1}"#,
        "\n",
        r#"{"turns":"\u001b[34m"}"#,
    );
    let run = hackles(&["score", "-", "--to", "text"], calls);
    assert!(run.out.contains("job"), "{}", run.out);
    assert!(!run.err.is_empty());
    for text in [&run.out, &run.err] {
        let order = text.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(order, None, "{text:?}");
    }
}
