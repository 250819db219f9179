//! `hackles score` as its users see it.

mod common;

use common::{CSV, Folder, JSONL, PLAIN, bare, hackles, hackles_in};
use serde_json::{Value, json};

#[test]
fn formats_are_seen_and_score_alike() {
    let folder = Folder::new("alike");
    let reports = [("a.jsonl", JSONL), ("b.csv", CSV), ("c.txt", PLAIN)].map(|(name, text)| {
        let run = hackles(&["score", "--to", "jsonl", &folder.write(name, text)], "");
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{name}");
        let mut report = run.json().remove(0);
        assert_eq!(report["turns"][0]["signals"], json!(["refusal"]), "{name}");
        assert_eq!(report["turns"][0]["scores"], json!({"refusal": 0.8808}), "{name}");
        report["id"] = Value::Null;
        report
    });
    assert_eq!(reports[0], reports[1]);
    assert_eq!(reports[0], reports[2]);
}

#[test]
fn folders_are_read_in_order_without_what_is_no_transcript() {
    let folder = Folder::new("folder");
    folder.write("calls/b.csv", CSV);
    folder.write("calls/a/z.txt", PLAIN);
    folder.write("calls/README.md", "Agent: not a call\n");
    folder.write("calls/notes.md", "# Agent: no\n");
    folder.write("calls/.hidden.txt", "Agent: no\n");
    let path = folder.path("calls");
    let run = hackles(&["score", "--to", "jsonl", &path], "");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let ids: Vec<String> = run
        .json()
        .iter()
        .map(|r| r["id"].as_str().expect("text").to_owned())
        .collect();
    assert_eq!(ids, [format!("{}:1", folder.path("calls/a/z.txt")), "C1".into()]);
    folder.write("calls/odd.txt", "nothing of a call");
    let run = hackles(&["score", "--to", "jsonl", &path], "");
    assert_eq!((run.code, run.json().len(), run.errors().len()), (1, 2, 1));
}

#[test]
fn a_bad_record_is_named_and_the_others_go_on() {
    let run = hackles(
        &["score", "--to", "jsonl", "-"],
        &format!("{JSONL}nonsense\n\n{{\"turns\":7}}\n{{\"turns\":[]}}\n"),
    );
    assert_eq!(run.code, 1);
    assert_eq!(
        run.json().iter().map(|r| r["id"].clone()).collect::<Vec<_>>(),
        [json!("C1"), json!("stdin:5")]
    );
    let errors = run.errors();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(
        errors[0].starts_with("stdin:2: ") && errors[1].starts_with("stdin:4: "),
        "{errors:?}"
    );
}

#[test]
fn nothing_scored_and_wrong_usage_are_2() {
    for (args, telling) in [
        (vec!["score", "/nowhere/at-all"], "/nowhere/at-all: no such file"),
        (vec!["score", "--to", "jsnl"], "'jsonl'"),
        (vec!["score", "--roles", "ch_0=agnet"], "did you mean \"agent\"?"),
        (vec!["scor"], "'score'"),
        (vec!["score", "--no-builtin"], "--lexicon"),
        (
            vec!["score", "--lexicon", "/nowhere.toml", "x"],
            "/nowhere.toml: no such file",
        ),
    ] {
        let run = bare(&args);
        assert_eq!(run.code, 2, "{args:?}");
        assert!(run.err.contains(telling), "{args:?}: {}", run.err);
        assert!(run.errors().iter().all(|l| !l.is_empty()), "{args:?}");
        assert_eq!(run.out, "", "{args:?}");
    }
    let run = hackles(&["score", "-"], "\n");
    assert_eq!((run.code, run.err.as_str()), (2, "hackles: nothing was scored\n"));
}

#[test]
fn lexicon_errors_are_those_of_the_library() {
    let folder = Folder::new("lexicon");
    let path = folder.write("bad.toml", "schema = 1\n[signal]\nid = \"x\"\nwieght = 1\n");
    let run = hackles(&["score", "-", "--lexicon", &path], JSONL);
    assert_eq!(run.code, 2);
    assert!(
        run.err
            .starts_with(&format!("{path}:4:1: unknown key \"wieght\"")),
        "{}",
        run.err
    );
}

#[test]
fn evidence_and_quotes_are_left_out_on_demand() {
    let call = r#"{"id":"C1","turns":[{"speaker":"agent","text":"our policy is great"}]}"#;
    let evidence = |args: &[&str]| {
        let run = hackles(&[&["score", "--to", "jsonl"], args].concat(), call);
        run.json().remove(0)["turns"][0].clone()
    };
    let signals = |turn: &Value| -> Vec<String> {
        let evidence = turn["evidence"].as_array().expect("a list");
        evidence
            .iter()
            .map(|e| e["signal"].as_str().expect("text").to_owned())
            .collect()
    };
    assert_eq!(signals(&evidence(&[])), ["refusal", "sentiment"]);
    assert_eq!(signals(&evidence(&["--evidence", "fired"])), ["sentiment"]);
    assert_eq!(signals(&evidence(&["--evidence", "none"])), [""; 0]);
    let silent = evidence(&["--no-text"]);
    assert_eq!(silent["evidence"][0]["quote"], Value::Null);
    assert_eq!(silent["evidence"][0]["start"], json!(4));
    for to in ["text", "json", "jsonl", "csv"] {
        let run = hackles(&["score", "--no-text", "--to", to, "-"], JSONL);
        assert_eq!(run.code, 0);
        assert!(
            !run.out.contains("my job") && !run.out.contains("am furious"),
            "{to}: {}",
            run.out
        );
    }
}

#[test]
fn tables_have_a_row_a_turn() {
    let run = hackles(&["score", "--to", "csv"], JSONL);
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(
        lines[0],
        "call_id,index,speaker,start_ms,end_ms,sentiment,signals,scores"
    );
    assert_eq!(lines[1], "C1,0,agent,0,,0,refusal,refusal=0.8808");
    assert_eq!(lines[2], "C1,1,customer,2000,,0.7616,anger,anger=0.8808");
}

#[test]
fn a_file_appears_when_it_is_complete() {
    let folder = Folder::new("out");
    let out = folder.path("r.json");
    let run = hackles(&["score", "--out", &out, "-"], &JSONL.repeat(2));
    assert_eq!((run.code, run.out.as_str()), (0, ""));
    let written = std::fs::read_to_string(&out).expect("written");
    assert_eq!(
        serde_json::from_str::<Vec<Value>>(&written)
            .expect("an array")
            .len(),
        2
    );
    assert_eq!(folder.names(), ["r.json"]);
    let run = hackles(
        &["score", "--out", &out, "-"],
        "nonsense: \n".trim_end_matches(": \n"),
    );
    assert_eq!(run.code, 2);
    assert_eq!(std::fs::read_to_string(&out).expect("still there"), written);
    // Nothing takes the place of what was there, but what was left out is told.
    assert_eq!(folder.names(), ["r.json", "r.json.rejects.jsonl"]);
}

#[test]
fn any_number_of_threads_gives_the_same() {
    let calls: String = (0..600).map(|n| JSONL.replace("C1", &format!("C{n}"))).collect();
    let one = hackles(&["score", "--to", "jsonl", "--jobs", "1"], &calls);
    let four = hackles(&["score", "--to", "jsonl", "--jobs", "4"], &calls);
    assert_eq!(one.json().len(), 600);
    assert_eq!(one.json()[599]["id"], json!("C599"));
    assert!(one.out == four.out);
}

#[test]
fn a_call_to_read_has_colours_only_where_they_are_seen() {
    let plain = hackles(&["score"], JSONL);
    assert!(
        plain.out.contains("✗ refusal .88 \"not my job\""),
        "{}",
        plain.out
    );
    assert!(plain.out.contains("Say what you can do."), "{}", plain.out);
    assert!(!plain.out.contains('\u{1b}'));
    let no_color = hackles_in(&["score"], JSONL, &[("NO_COLOR", "1")]);
    assert_eq!(no_color.out, plain.out);
    let forced = hackles_in(&["score"], JSONL, &[("CLICOLOR_FORCE", "1")]);
    assert!(
        forced.out.contains("\u{1b}[31mnot my job\u{1b}[0m"),
        "{:?}",
        forced.out
    );
}

#[test]
fn what_is_said_cannot_command_the_terminal() {
    let call = r#"{"id":"\u001b[2J","turns":[{"speaker":"\u001b[2J","text":"\u001b[2J not my job\u0007"}]}"#;
    let forced = hackles_in(&["score"], call, &[("CLICOLOR_FORCE", "1")]);
    assert_eq!(forced.code, 0);
    assert!(
        !forced.out.contains("\u{1b}[2J") && !forced.out.contains('\u{7}'),
        "{:?}",
        forced.out
    );
}

#[test]
fn roles_are_given_and_said_to_be_missing() {
    let call = JSONL
        .replace("\"agent\"", "\"ch_0\"")
        .replace("\"customer\"", "\"ch_1\"");
    let run = hackles(&["score"], &call);
    assert!(run.out.contains("--roles ch_0=agent"), "{}", run.out);
    let run = hackles(
        &["score", "--to", "jsonl", "--roles", "ch_0=agent,ch_1=customer"],
        &call,
    );
    assert_eq!(run.json()[0]["turns"][0]["signals"], json!(["refusal"]));
}

#[test]
fn an_entry_says_what_to_say_instead() {
    let folder = Folder::new("own-hint");
    let lexicon = folder.write(
        "plain.toml",
        "schema = 1\n[signal]\nid = \"trade_words\"\nspeaker = \"agent\"\nseverity = \"bad\"\ntitle = \"Trade words\"\nsummary = \"s\"\nhint = \"Use plain words.\"\n[[entry]]\nid = \"eob\"\nphrases = [\"eob\"]\nweight = 3.0\nhint = \"say \\\"the letter that shows what we paid\\\"\"\n",
    );
    let call = folder.write("c.txt", "Agent: check the eob\nAgent: the eob again\n");
    let run = hackles(&["score", &call, "--lexicon", &lexicon], "");
    let told = run.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let hint = "Trade words: Use plain words. Here: say \"the letter that shows what we paid\".";
    assert_eq!(told.matches(hint).count(), 1, "{}", run.out);
    let run = hackles(&["score", "--to", "jsonl", &call, "--lexicon", &lexicon], "");
    assert_eq!(
        run.json()[0]["turns"][0]["evidence"][0]["hint"],
        json!("say \"the letter that shows what we paid\"")
    );
}
