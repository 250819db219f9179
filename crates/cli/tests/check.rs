//! `hackles lexicon check`.

mod common;

use common::{Folder, bare};
use serde_json::{Value, json};

const MESSY: &str = r#"schema = 1

[signal]
id = "x"
speaker = "agent"
severity = "bad"
title = "t"
summary = "s"

# Said by nobody.
[[entry]]
weight = 3.0 # strong
id = "no"
phrases = ["no  way", "no way"]

[[example]]
agent = "no way"
fires = "no way"
"#;

const TIDY: &str = r#"# Said by nobody.
[[entry]]
id = "no"
phrases = ["no way"]
weight = 3.0 # strong
"#;

/// An entry without an example.
const UNTESTED: &str = "\n[[entry]]\nid = \"yes\"\nphrases = [\"of course\"]\nweight = 3.0\n";

fn check(path: &str, more: &[&str]) -> common::Run {
    let layers = ["lexicon", "check", "--no-builtin", "--lexicon", path];
    bare(&[layers.as_slice(), more].concat())
}

#[test]
fn findings_are_shown_with_their_line_and_counted() {
    let folder = Folder::new("check-text");
    let path = folder.write("x.toml", &format!("{MESSY}{UNTESTED}"));
    let run = check(&path, &[]);
    assert_eq!(
        run.out,
        format!(
            "{path}:14:23: note[phrase-twice]: all this phrase says \"no  way\" says too | phrases = [\"no  way\", \"no way\"]\n    \
             help: Remove it (--fix does where both are written alike).\n\
             {path}:21:6: warning[untested]: no example fires \"yes\" | id = \"yes\"\n    \
             help: Add an [[example]] with one of its phrases and `entry = \"yes\"`.\n\
             0 errors, 1 warning, 1 note: phrase-twice 1, untested 1\n"
        )
    );
    assert_eq!((run.code, run.err.as_str()), (1, ""));
}

#[test]
fn exit_status_is_of_what_is_left() {
    let folder = Folder::new("check-status");
    let path = folder.write("x.toml", &format!("{MESSY}{UNTESTED}"));
    let corpus = folder.write("calls.jsonl", "{\"speaker\":\"agent\",\"text\":\"of course\"}\n");
    for (more, code) in [
        (vec![], 1),
        (vec!["--allow", "untested"], 0),
        (vec!["--allow", "untested", "--deny", "phrase-twice"], 1),
        (vec!["--allow", "untested", "--allow", "phrase-twice"], 0),
        (vec!["--corpus", &corpus], 0),
        (vec!["x"], 1),
        (vec!["y"], 2),
        (vec!["--allow", "untestd"], 2),
        (vec!["--corpus", "nowhere"], 2),
    ] {
        assert_eq!(check(&path, &more).code, code, "{more:?}");
    }
    let run = check(&path, &["--deny", "untestd"]);
    assert!(run.err.contains("did you mean \"untested\"?"), "{}", run.err);
    assert_eq!(bare(&["lexicon", "check", "--fix"]).code, 2);
}

#[test]
fn json_has_everything() {
    let folder = Folder::new("check-json");
    let path = folder.write("x.toml", MESSY);
    let run = check(&path, &["--json"]);
    let found: Value = serde_json::from_str(&run.out).expect("an array");
    assert_eq!(
        found,
        json!([{
            "code": "phrase-twice", "severity": "note", "signal": "x", "entry": "no", "file": path, "line": 14, "column": 23,
            "text": "phrases = [\"no  way\", \"no way\"]",
            "reason": "all this phrase says \"no  way\" says too",
            "proposal": "Remove it (--fix does where both are written alike)."
        }])
    );
    assert_eq!(run.code, 0);
}

#[test]
fn files_are_put_in_order_in_place() {
    let folder = Folder::new("check-fix");
    let path = folder.write("x.toml", &format!("{MESSY}\n\n"));
    let run = check(&path, &["--fix"]);
    assert_eq!(
        (run.code, run.out.as_str()),
        (0, "0 errors, 0 warnings, 0 notes\n")
    );
    assert_eq!(run.err, format!("{path}: put in order\n"));
    let text = std::fs::read_to_string(&path).expect("readable");
    assert!(text.contains(TIDY), "{text}");
    assert!(text.ends_with("fires = \"no way\"\n"), "{text}");
    let run = check(&path, &["--fix"]);
    assert_eq!(run.err, "", "it is in order now");
}
