//! `hackles lexicon eval`, `diff`, `mine`, `fit` and `show`.

mod common;

use std::fs;

use common::{Folder, Run, bare};
use serde_json::{Value, json};

const REFUSAL: &str = r#"schema = 1

[signal]
id = "refusal"
speaker = "agent"
severity = "bad"
title = "Refuses"
summary = "Says no."

# The classic.
[[entry]]
id = "not-my-job"
phrases = ["not my job", "not our job"]
weight = 4.0 # strong

[[entry]]
id = "policy"
phrases = ["policy"]
weight = 3.0
"#;

/// Eight utterances of an agent: two show a refusal that is found, two one that is not, one policy is none.
const ROWS: &str = r#"{"speaker":"agent","text":"that is not my job","expect":["refusal"]}
{"speaker":"agent","text":"it is our policy","expect":["refusal"]}
{"speaker":"agent","text":"your policy is here","forbid":["refusal"]}
{"speaker":"agent","text":"no can do","expect":["refusal"]}
{"speaker":"agent","text":"sorry, no can do","expect":["refusal"]}
{"speaker":"agent","text":"hello","forbid":["refusal"]}
{"speaker":"agent","text":"of course","forbid":["refusal"]}
{"speaker":"agent","text":"not my job"}
"#;

/// Runs a command of the workbench without the built-in set.
fn lexicon(args: &[&str]) -> Run {
    bare(&[&["lexicon"], args, &["--no-builtin"]].concat())
}

fn parsed(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap_or_else(|e| panic!("{e}: {}{}", run.out, run.err))
}

/// Columns of the line that begins so, split at spaces.
fn cells<'a>(text: &'a str, beginning: &str) -> Vec<&'a str> {
    let line = text.lines().find(|l| l.starts_with(beginning));
    line.unwrap_or_else(|| panic!("no {beginning} in {text}"))
        .split_whitespace()
        .collect()
}

#[test]
fn eval_counts_what_is_right() {
    let folder = Folder::new("workbench-eval");
    let (file, rows) = (
        folder.write("refusal.toml", REFUSAL),
        folder.write("rows.jsonl", ROWS),
    );
    let eval = |more: &[&str]| lexicon(&[&["eval", "--lexicon", &file, "--corpus", &rows], more].concat());
    let run = eval(&[]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    // 8 turns, 4 fire; of the 7 that are labelled 3 fire, 2 rightly, of 4.
    assert_eq!(
        cells(&run.out, "refusal")[..6],
        ["refusal", "7", "4", "0.667", "0.500", "0.571"],
        "{}",
        run.out
    );
    assert_eq!(cells(&run.out, "refusal").last(), Some(&"500.00"));
    assert!(
        run.out.contains("8 turns of 8 calls, mean F1 0.571"),
        "{}",
        run.out
    );
    let errors: Vec<&str> = run
        .out
        .lines()
        .filter(|l| l.contains(&format!("{rows}:")))
        .collect();
    assert_eq!(errors.len(), 3, "{}", run.out);
    assert!(
        errors[0].contains("missed 0.12") && errors[0].contains("rows.jsonl:4"),
        "{errors:?}"
    );
    assert!(
        errors[2].contains("wrong  0.73") && errors[2].contains("[\"policy\" policy +3]"),
        "{errors:?}"
    );
    let json = parsed(&eval(&["--json", "--errors", "1"]));
    assert_eq!(
        json["signals"][0]["counts"],
        json!({ "hits": 2, "false_alarms": 1, "misses": 2, "silent": 2 })
    );
    assert_eq!(
        (json["turns"].as_u64(), json["errors"].as_array().map(Vec::len)),
        (Some(8), Some(1))
    );
    assert_eq!(json["errors"][0]["text"], "no can do");
}

#[test]
fn a_broken_row_is_named_and_the_others_go_on() {
    let folder = Folder::new("workbench-rows");
    let file = folder.write("refusal.toml", REFUSAL);
    let broken = format!(
        "{}not json\n{}{{\"speaker\":\"agent\",\"text\":\"a\",\"expect\":[\"refusl\"]}}\n{{\"speaker\":\"agent\"}}\n",
        "{\"speaker\":\"agent\",\"text\":\"not my job\",\"expect\":[\"refusal\"]}\n", "\n"
    );
    let rows = folder.write("rows.jsonl", &broken);
    let good = folder.write("good.jsonl", ROWS);
    for command in [
        vec!["eval"],
        vec!["diff", &file, &file],
        vec!["mine", "refusal", "--least", "1"],
    ] {
        let layers = ["--lexicon", file.as_str()];
        let own = if command[0] == "diff" {
            &[][..]
        } else {
            &layers[..]
        };
        let run = lexicon(&[&command, own, &["--corpus", &rows, &good]].concat());
        assert_eq!(run.code, 1, "{command:?}: {}", run.err);
        let errors = run.errors();
        assert_eq!(errors.len(), 3, "{command:?}: {errors:?}");
        for (error, line, part) in [
            (errors[0], 2, ""),
            (errors[1], 4, "did you mean \"refusal\"?"),
            (errors[2], 5, "\"text\""),
        ] {
            assert!(
                error.starts_with(&format!("{rows}:{line}: ")) && error.contains(part),
                "{error}"
            );
        }
        assert!(!run.out.is_empty(), "{command:?}");
    }
    let run = lexicon(&["eval", "--lexicon", &file, "--corpus", &rows, &good]);
    assert!(run.out.contains("9 turns of 9 calls"), "{}", run.out);
}

#[test]
fn what_cannot_be_done_says_why() {
    let folder = Folder::new("workbench-usage");
    let (file, rows) = (
        folder.write("refusal.toml", REFUSAL),
        folder.write("rows.jsonl", ROWS),
    );
    let (empty, bad) = (
        folder.write("empty.jsonl", ""),
        folder.write("bad.jsonl", "{\"speaker\":\"agent\"}\n"),
    );
    let missing = folder.path("missing.jsonl");
    let (corpus, layer) = (["--corpus", rows.as_str()], ["--lexicon", file.as_str()]);
    for (args, part) in [
        (vec!["eval", "--corpus", &empty], "the corpus is empty"),
        (vec!["eval", "--corpus", &bad], "the corpus is empty"),
        (vec!["eval", "--corpus", &missing], "missing.jsonl"),
        (vec!["eval"], "--corpus"),
        (vec!["mine", "refusal", "--corpus", &empty], "the corpus is empty"),
        (vec!["fit", "refusal", "--corpus", &empty], "the corpus is empty"),
        (
            vec!["eval", "refusl", corpus[0], corpus[1]],
            "did you mean \"refusal\"?",
        ),
        (
            vec!["mine", "refusl", corpus[0], corpus[1]],
            "did you mean \"refusal\"?",
        ),
        (
            vec!["fit", "refusl", corpus[0], corpus[1]],
            "did you mean \"refusal\"?",
        ),
        (vec!["fit", "refusal", corpus[0], corpus[1]], "fitting needs 10"),
        (
            vec!["fit", "refusal", corpus[0], corpus[1], "--threshold", "f2"],
            "precision=P",
        ),
        (
            vec!["fit", "refusal", corpus[0], corpus[1], "--write", "--out", "x"],
            "cannot be used with",
        ),
        (
            vec!["eval", corpus[0], corpus[1], "--label", "cross=refusl"],
            "did you mean \"refusal\"?",
        ),
        (
            vec!["eval", corpus[0], corpus[1], "--label", "=refusal"],
            "KEY=SIGNAL",
        ),
        (
            vec!["eval", corpus[0], corpus[1], "--calm", &rows],
            "--calm needs signals",
        ),
        (vec!["show", "refusl"], "did you mean \"refusal\"?"),
    ] {
        let run = lexicon(&[&args[..], &layer].concat());
        assert_eq!(run.code, 2, "{args:?}: {}", run.out);
        assert!(run.err.contains(part), "{args:?}: {}", run.err);
        assert_eq!(run.out, "", "{args:?}");
    }
    let run = lexicon(&["diff", &file, &file, "--corpus", &empty]);
    assert_eq!(
        (run.code, run.err.as_str()),
        (2, "hackles: the corpus is empty\n")
    );
}

#[test]
fn any_transcript_is_a_corpus() {
    let folder = Folder::new("workbench-plain");
    let file = folder.write("refusal.toml", REFUSAL);
    let plain = folder.write(
        "call.txt",
        "Agent: that is not my job\nCustomer: not my job either\nAgent: hello\n",
    );
    let csv = folder.write(
        "calls.csv",
        "call_id,speaker,text\nC1,agent,policy\nC1,customer,policy\n",
    );
    let run = lexicon(&["eval", "--lexicon", &file, "--corpus", &plain, &csv]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let row = cells(&run.out, "refusal");
    // Three turns of agents, two fire.
    assert_eq!(
        (row[1], row[2], row.last()),
        ("0", "0", Some(&"666.67")),
        "{}",
        run.out
    );
    assert!(run.out.contains("5 turns of 2 calls, lexicon"), "{}", run.out);
    // Calm calls show nothing.
    let run = lexicon(&[
        "eval",
        "refusal",
        "--lexicon",
        &file,
        "--corpus",
        &plain,
        "--calm",
        &csv,
        "--json",
    ]);
    let json = parsed(&run);
    assert_eq!(
        json["signals"][0]["counts"],
        json!({ "hits": 0, "false_alarms": 1, "misses": 0, "silent": 0 })
    );
}

/// REFUSAL without the policy, and with what it lacked.
fn better() -> String {
    let start = REFUSAL.find("\n[[entry]]\nid = \"policy\"").expect("it is there");
    format!(
        "{}\n[[entry]]\nid = \"no-can-do\"\nphrases = [\"no can do\"]\nweight = 3.0\n",
        &REFUSAL[..start]
    )
}

#[test]
fn diff_shows_what_is_gained_and_lost() {
    let folder = Folder::new("workbench-diff");
    let (old, new) = (
        folder.write("old.toml", REFUSAL),
        folder.write("new.toml", &better()),
    );
    let rows = folder.write("rows.jsonl", ROWS);
    let diff = |more: &[&str]| lexicon(&[&["diff", &old, &new, "--corpus", &rows], more].concat());
    let run = diff(&[]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    for part in [
        "8 turns of 8 calls\nold: ",
        "0.667 → 1.000",
        "0.500 → 0.750",
        "+3 −1",
        "refusal gained 2\n",
        "refusal lost 2\n",
        &format!("  + {rows}:4  no can do  [\"no can do\" no-can-do +3]\n"),
        &format!("  - {rows}:2  it is our policy  [\"policy\" policy +3]\n"),
        &format!("  + {rows}:3  your policy is here  [\"policy\" policy +3]\n"),
        "mean F1 0.571 → 0.857",
        "ns a turn",
        "ms to load",
    ] {
        assert!(run.out.contains(part), "{part}: {}", run.out);
    }
    let few = diff(&["--hits", "1"]);
    assert!(
        few.out.contains("… and 1 more (--hits N)") && !few.out.contains("rows.jsonl:5"),
        "{}",
        few.out
    );
    let json = parsed(&diff(&["--to", "json"]));
    assert_eq!(json["broken"], json!([]));
    let signal = &json["difference"]["signals"][0];
    assert_eq!(
        (&signal["gained"], &signal["lost"], &signal["labelled"]),
        (&json!(2), &json!(2), &json!(7))
    );
    assert_eq!(signal["recall"]["new"], json!(0.75));
    assert_eq!(signal["hits"][0]["evidence"][0]["quote"], json!("no can do"));
    let page = folder.path("page.md");
    let run = diff(&[
        "--to",
        "markdown",
        "--out",
        &page,
        "--fail-if",
        "refusal.f1 drops",
    ]);
    assert_eq!((run.code, run.out.as_str()), (0, ""));
    let text = fs::read_to_string(&page).expect("written");
    for part in [
        "# Lexicon change\n",
        "No rule is broken.\n",
        "\n| refusal |",
        "## refusal: 2 gained, 2 lost\n",
        "- gained `+` ",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // The same in both: nothing to show.
    let run = lexicon(&["diff", &old, &old, "--corpus", &rows]);
    assert!(
        run.code == 0 && run.out.contains("no signal differs in any turn\n"),
        "{}",
        run.out
    );
}

#[test]
fn rules_decide_the_exit_status() {
    let folder = Folder::new("workbench-rules");
    let (old, new) = (
        folder.write("old.toml", REFUSAL),
        folder.write("new.toml", &better()),
    );
    let rows = folder.write("rows.jsonl", ROWS);
    let diff = |from: &str, to: &str, rules: &[&str]| {
        let rules: Vec<&str> = rules.iter().flat_map(|r| ["--fail-if", r]).collect();
        lexicon(&[&["diff", from, to, "--corpus", &rows], rules.as_slice()].concat())
    };
    for (from, to, rules, code, part) in [
        (&old, &new, vec!["refusal.f1 drops"], 0, "no rule is broken\n"),
        (
            &old,
            &new,
            vec!["refusal.lost > 1"],
            1,
            "broken: refusal.lost is 2.000, above 1 (refusal.lost > 1)\n",
        ),
        (
            &old,
            &new,
            vec!["*.f1 rises", "refusal.f1 drops"],
            1,
            "broken: refusal.f1 rises from 0.571 to 0.857 (*.f1 rises)\n",
        ),
        (
            &new,
            &old,
            vec!["macro.f1 drops by 10%"],
            1,
            "broken: macro.f1 drops from 0.857 to 0.571",
        ),
        (
            &new,
            &old,
            vec!["refusal.recall < 0.6"],
            1,
            "broken: refusal.recall is 0.500, below 0.6",
        ),
        (
            &old,
            &old,
            vec!["*.f1 drops", "*.rate rises", "size.bytes rises"],
            0,
            "no rule is broken\n",
        ),
    ] {
        let run = diff(from, to, &rules);
        assert_eq!((run.code, run.err.as_str()), (code, ""), "{rules:?}");
        assert!(run.out.contains(part), "{rules:?}: {}", run.out);
    }
    let run = diff(&old, &new, &["*.f1 rises"]);
    assert_eq!(run.out.matches("broken:").count(), 1);
    for (rule, part) in [
        ("refusal.precison drops", "did you mean \"precision\"?"),
        ("refusal.f1 drop", "did you mean \"drops\"?"),
        ("refusl.f1 drops", "did you mean \"refusal\"?"),
        ("refusal drops", "refusal.f1"),
        ("cost.time rises by 0 surely x", "too much"),
    ] {
        let run = diff(&old, &new, &[rule]);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{rule}");
        assert!(run.err.contains(part), "{rule}: {}", run.err);
    }
    // A wrong rule and a broken one: the wrong one is told, whatever its place.
    assert_eq!(diff(&old, &new, &["refusal.lost > 1", "refusl.f1 drops"]).code, 2);
}

/// 48 utterances: "no can do" and "our hands are tied" refuse, mostly.
fn many() -> String {
    let mut out = String::new();
    for number in 0..12 {
        let thing = ["bill", "card", "phone", "order"][number % 4];
        for (text, shown) in [
            (format!("no can do with the {thing}"), number != 5),
            (format!("our hands are tied with the {thing}"), number % 3 != 0),
            (format!("here is one with the {thing}"), false),
            (format!("can you do one with the {thing}, no hurry"), number == 7),
        ] {
            let key = if shown { "expect" } else { "forbid" };
            out += &json!({ "speaker": "agent", "text": text, key: ["refusal"] }).to_string();
            out += "\n";
        }
    }
    out
}

#[test]
fn mined_phrases_are_shown_and_load_as_a_lexicon() {
    let folder = Folder::new("workbench-mine");
    let (file, rows) = (
        folder.write("refusal.toml", REFUSAL),
        folder.write("rows.jsonl", &many()),
    );
    let mine = |more: &[&str]| {
        lexicon(&[&["mine", "refusal", "--lexicon", &file, "--corpus", &rows], more].concat())
    };
    let run = mine(&[]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let lines: Vec<&str> = run.out.lines().collect();
    assert!(
        lines[0].starts_with("PHRASE") && lines[0].contains("GAIN"),
        "{}",
        run.out
    );
    let first: Vec<&str> = lines[1]
        .split("  ")
        .map(str::trim)
        .filter(|c| !c.is_empty())
        .collect();
    assert_eq!(
        (first[0], first[2], first[3]),
        ("no can", "11", "1"),
        "{}",
        run.out
    );
    assert!(
        lines[2].starts_with(&format!("    + {rows}:1  no can do")),
        "{}",
        run.out
    );
    assert!(
        run.out
            .contains("\n[[entry]]\nid = \"mined\"\nphrases = [\"no can\""),
        "{}",
        run.out
    );
    let json = parsed(&mine(&["--to", "json", "--most", "3", "--all"]));
    assert_eq!(json.as_array().map(Vec::len), Some(3));
    assert!(json[0]["gain"].as_f64() >= json[1]["gain"].as_f64());
    let learned = folder.path("learned.toml");
    let run = mine(&["--to", "toml", "--against", "--all", "--out", &learned]);
    assert_eq!((run.code, run.out.as_str()), (0, ""));
    let run = lexicon(&[
        "eval",
        "--lexicon",
        &file,
        "--lexicon",
        &learned,
        "--corpus",
        &rows,
        "--json",
    ]);
    let with = parsed(&run)["signals"][0]["auc"].as_f64();
    let without = parsed(&lexicon(&[
        "eval",
        "--lexicon",
        &file,
        "--corpus",
        &rows,
        "--json",
    ]))["signals"][0]["auc"]
        .as_f64();
    assert!(without == Some(0.5) && with > Some(0.8), "{without:?} {with:?}");
    let shown = lexicon(&[
        "show",
        "refusal",
        "term:no can",
        "--lexicon",
        &file,
        "--lexicon",
        &learned,
    ]);
    assert!(shown.out.contains("\n\"no can\" = "), "{}", shown.out);
}

#[test]
fn fit_writes_only_where_it_is_told() {
    let folder = Folder::new("workbench-fit");
    let refusal = format!(
        "{REFUSAL}\n[[entry]]\nid = \"no-can-do\"\nphrases = [\"no can do\"]\nweight = 0.5 # to be learned\n"
    );
    let (file, rows) = (
        folder.write("refusal.toml", &refusal),
        folder.write("rows.jsonl", &many()),
    );
    let terms = "schema = 1\n[signal]\nid = \"refusal\"\n[fitted.terms]\n\"hands are tied\" = 0.5\n\"here is\" = -0.1\n\"never said\" = 1.0\n";
    let learned = folder.write("learned.toml", terms);
    let fit = |more: &[&str]| {
        let layers = [
            "fit",
            "refusal",
            "--lexicon",
            &file,
            "--lexicon",
            &learned,
            "--corpus",
            &rows,
        ];
        lexicon(&[&layers[..], more].concat())
    };
    let text = |path: &str| fs::read_to_string(path).expect("readable");
    let run = fit(&[]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    for part in [
        "refusal: 48 turns, 20 show it\n",
        "before",
        "after, cross-validated",
        "after, in-sample",
        "threshold 0.5 → 0.5",
        "no-can-do",
    ] {
        assert!(run.out.contains(part), "{part}: {}", run.out);
    }
    assert!(!run.out.contains("written:"));
    assert_eq!(
        (text(&file), text(&learned)),
        (refusal.clone(), terms.to_owned()),
        "nothing is written"
    );
    let json = parsed(&fit(&["--json"]));
    assert_eq!(
        (&json["signal"], &json["turns"], &json["shown"]),
        (&json!("refusal"), &json!(48), &json!(20))
    );
    let weights = json["weights"].as_array().expect("a list");
    let new = |entry: &str| {
        weights
            .iter()
            .find(|w| w["entry"] == entry)
            .map(|w| w["new"].as_f64().expect("a number"))
    };
    assert!(
        new("no-can-do") > Some(1.0) && new("term:hands are tied") > Some(0.5),
        "{weights:?}"
    );
    assert_eq!((new("term:never said"), new("policy")), (Some(0.0), None));
    assert!(json["in_sample"]["auc"].as_f64() > json["before"]["auc"].as_f64());

    // Into a folder: the sources stay.
    let out = folder.path("out");
    let run = fit(&["--out", &out]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.out.contains(&format!("written: {out}/refusal.toml\n")),
        "{}",
        run.out
    );
    assert_eq!((text(&file), text(&learned)), (refusal.clone(), terms.to_owned()));
    let written = text(&format!("{out}/refusal.toml"));
    assert!(
        written.contains("# The classic.\n") && written.contains("weight = 4.0 # strong\n"),
        "{written}"
    );
    assert!(
        written.contains(" # to be learned\n") && !written.contains("weight = 0.5"),
        "{written}"
    );
    assert!(!text(&format!("{out}/learned.toml")).contains("never said"));
    let run = lexicon(&["eval", "--lexicon", &out, "--corpus", &rows, "--json"]);
    assert_eq!(parsed(&run)["signals"][0]["auc"], json["in_sample"]["auc"]);

    // In place.
    let run = fit(&["--write", "--keep-written", "--keep-bias", "--json"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(text(&file), refusal, "written entries are kept");
    let kept = parsed(&run);
    let only_terms = kept["weights"]
        .as_array()
        .expect("a list")
        .iter()
        .all(|w| w["is_term"] == true);
    assert!(
        only_terms && text(&learned) != terms && !text(&learned).contains("never said"),
        "{}",
        text(&learned)
    );
}

#[test]
fn fit_does_not_write_into_the_built_in_set() {
    let folder = Folder::new("workbench-builtin");
    let own = "schema = 1\n[signal]\nid = \"refusal\"\n\n[[entry]]\nid = \"tied-hands\"\nphrases = [\"hands are tied with the\"]\nweight = 0.5\n";
    let (file, rows) = (folder.write("own.toml", own), folder.write("rows.jsonl", &many()));
    let args = ["lexicon", "fit", "refusal", "--lexicon", &file, "--corpus", &rows];
    let run = bare(&[&args[..], &["--write"]].concat());
    assert_eq!((run.code, run.out.as_str()), (2, ""), "{}", run.err);
    assert!(
        run.err.contains("belongs to the built-in set") && run.err.contains("--out"),
        "{}",
        run.err
    );
    assert_eq!(
        fs::read_to_string(&file).expect("readable"),
        own,
        "not the half of it"
    );
}

#[test]
fn fit_keeps_files_of_one_name_apart() {
    let folder = Folder::new("workbench-names");
    let refusal =
        format!("{REFUSAL}\n[[entry]]\nid = \"no-can-do\"\nphrases = [\"no can do\"]\nweight = 0.5\n");
    let terms = "schema = 1\n[signal]\nid = \"refusal\"\n[fitted.terms]\n\"hands are tied\" = 0.5\n";
    let written = folder.write("a/refusal.toml", &refusal);
    let (learned, rows) = (
        folder.write("b/refusal.toml", terms),
        folder.write("rows.jsonl", &many()),
    );
    let out = folder.path("out");
    let run = lexicon(&[
        "fit",
        "refusal",
        "--lexicon",
        &written,
        "--lexicon",
        &learned,
        "--corpus",
        &rows,
        "--out",
        &out,
    ]);
    if run.code == 0 {
        let run = lexicon(&["show", "refusal", "--lexicon", &out, "--json"]);
        assert_eq!(
            parsed(&run)["entries"].as_array().map(Vec::len),
            Some(4),
            "{}",
            run.out
        );
    } else {
        assert!(run.code == 2 && run.err.contains("refusal.toml"), "{}", run.err);
    }
}

#[test]
fn fit_takes_no_bounds_that_leave_nothing() {
    let folder = Folder::new("workbench-bounds");
    let terms = format!("{REFUSAL}\n[fitted.terms]\n\"hands are tied\" = 0.5\n");
    let (file, rows) = (
        folder.write("refusal.toml", &terms),
        folder.write("rows.jsonl", &many()),
    );
    for bound in ["--most=-5", "--most=nan", "--most-against=-5"] {
        let run = lexicon(&["fit", "refusal", "--lexicon", &file, "--corpus", &rows, bound]);
        assert!(
            run.code == 2 && !run.err.contains("panicked"),
            "{bound}: {} {}",
            run.code,
            run.err
        );
    }
}

#[test]
fn show_prints_entries_as_they_stand() {
    let folder = Folder::new("workbench-show");
    let file = folder.write(
        "refusal.toml",
        &format!("{REFUSAL}\n[fitted.terms]\n\"no can do\" = 1.25\n"),
    );
    let show = |more: &[&str]| lexicon(&[&["show", "refusal"], more, &["--lexicon", &file]].concat());
    let run = show(&["not-my-job"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert_eq!(
        run.out,
        format!(
            "refusal (agent): Refuses\nSays no.\nbias -2, threshold 0.5; 1 entries, 0 of them learned terms\n\n--- {file}\n\n\
             # line 11, 2 phrases\n[[entry]]\nid = \"not-my-job\"\nphrases = [\"not my job\", \"not our job\"]\nweight = 4.0 # strong\n"
        )
    );
    for (names, has, lacks) in [
        (vec![], vec!["not-my-job", "policy", "no can do"], ""),
        (vec!["p*"], vec!["policy"], "not-my-job"),
        (
            vec!["policy", "term:*"],
            vec!["policy", "\"no can do\" = 1.25"],
            "not-my-job",
        ),
    ] {
        let run = show(&names);
        assert!(
            has.iter().all(|h| run.out.contains(h)) && (lacks.is_empty() || !run.out.contains(lacks)),
            "{}",
            run.out
        );
    }
    let run = show(&["polcy"]);
    assert_eq!(
        (run.code, run.err.as_str()),
        (
            2,
            "hackles: refusal has no entry \"polcy\" (did you mean \"policy\"?)\n"
        )
    );
    let json = parsed(&show(&["--json"]));
    assert_eq!(
        (
            json["signal"]["id"].as_str(),
            json["entries"].as_array().map(Vec::len)
        ),
        (Some("refusal"), Some(3))
    );
    assert_eq!(
        (&json["entries"][2]["is_term"], &json["entries"][2]["weight"]),
        (&json!(true), &json!(1.25))
    );
}
