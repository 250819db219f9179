//! With `--no-text` nothing of what was said leaves the program: words are planted wherever a transcript has some, and looked for in all that comes out.

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use common::{Folder, Run, hackles};
use hackles_formats::{Call, Entry, Format, Reading};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// Before and behind every word of the calls.
const MARK: &str = "zqxkw";

/// What fires by planted words, is named by them, or quotes them.
const LEXICON: &str = r#"
schema = 1
[signal]
id = "planted"
speaker = "any"
severity = "bad"
title = "Planted"
summary = "Has a planted word."
why = "To be found."
hint = "Nothing."
bias = -1.0
[[entry]]
id = "between"
phrases = ["that's ..3 job", "furious ..3 call"]
weight = 4.0
[fitted.terms]
"zqxkwtermzqxkw" = 2.0
"#;

fn planted(text: &str) -> bool {
    let text = text.to_lowercase();
    text.match_indices(MARK).next().is_some()
}

/// The calls of a text.
fn calls(format: Option<Format>, text: &str) -> Vec<Call> {
    let mut reading = Reading::default();
    reading.from = format;
    let entries = reading.entries(std::io::Cursor::new(text.as_bytes().to_vec()), true);
    let entries = entries.into_iter().flatten().flatten();
    entries
        .filter_map(|entry: Entry| entry.read(format).ok())
        .map(|found| found.call)
        .collect()
}

/// The words of turns, of names, and of categories.
fn words(calls: &[Call]) -> BTreeSet<String> {
    let said = calls.iter().flat_map(|c| &c.turns).map(|t| t.text.clone());
    let names = calls
        .iter()
        .flat_map(|c| &c.participants)
        .filter_map(|p| p.name.clone());
    let found = calls
        .iter()
        .flat_map(|c| c.vendor.iter().flat_map(|v| &v.categories));
    let texts = said.chain(names).chain(found.map(|c| c.name.clone()));
    let mut words = BTreeSet::new();
    for text in texts {
        let all = text.split(|c: char| !c.is_alphabetic());
        words.extend(all.filter(|w| w.len() > 3).map(str::to_owned));
    }
    words
}

/// The text with marks around each of these words; keys, and what else the reading of the format depends on, stay.
fn mark(text: &str, words: &BTreeSet<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let end = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        let is_key = behind.starts_with('"') && behind[1..].trim_start().starts_with(':');
        let is_role = ["agent", "customer", "internal", "external"].contains(&word.to_lowercase().as_str());
        match words.contains(word) && !is_key && !is_role {
            true => out.push_str(&format!("{MARK}{word}{MARK}")),
            false => out.push_str(word),
        }
        let next = behind.chars().next().map_or(0, char::len_utf8);
        out.push_str(&behind[..next]);
        rest = &behind[next..];
    }
    out
}

/// The fixtures of all formats with marked words: name and text.
fn fixtures() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../formats/fixtures");
    let mut found = Vec::new();
    for folder in fs::read_dir(root).expect("fixtures") {
        for file in fs::read_dir(folder.expect("readable").path()).expect("readable") {
            let path = file.expect("readable").path();
            let name = path.to_string_lossy().replace('/', "-");
            let name = name.split("fixtures-").nth(1).expect("a name").to_owned();
            let is_result = [".call.json", ".messages.jsonl", ".txt"]
                .iter()
                .any(|e| name.ends_with(e));
            if !is_result {
                let text = fs::read_to_string(&path).expect("readable");
                // The Base64 of a signed vCon hides its words.
                if !name.contains("signed") {
                    found.push((name, mark(&text, &words(&calls(None, &text)))));
                }
            }
        }
    }
    found.sort();
    found
}

/// The columns of a Parquet file.
fn unpacked(path: &str) -> String {
    let file = fs::File::open(path).expect("there");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).and_then(|b| b.build());
    let mut writer = arrow_json::LineDelimitedWriter::new(Vec::new());
    for batch in reader.expect("Parquet") {
        writer.write(&batch.expect("readable")).expect("written");
    }
    String::from_utf8(writer.into_inner()).expect("UTF-8")
}

/// All that a run wrote.
fn written(run: &Run, folder: &Folder, but: &[&str]) -> Vec<(String, String)> {
    let mut all = vec![
        ("stdout".to_owned(), run.out.clone()),
        ("stderr".to_owned(), run.err.clone()),
    ];
    for name in folder.names().into_iter().filter(|n| !but.contains(&n.as_str())) {
        let text = match name.ends_with(".parquet") {
            true => unpacked(&folder.path(&name)),
            false => String::from_utf8_lossy(&fs::read(folder.path(&name)).expect("readable")).into_owned(),
        };
        all.push((name, text));
    }
    all
}

fn assert_silent(how: &str, written: &[(String, String)]) {
    for (name, text) in written {
        let line = text.lines().find(|line| planted(line));
        assert_eq!(line, None, "{how}: {name}");
    }
}

/// The transcripts of these tests in a folder: fixtures whole, cut off, and ours.
fn transcripts(folder: &Folder) -> usize {
    let fixtures = fixtures();
    let mut marked = 0;
    for (name, text) in &fixtures {
        marked += usize::from(planted(text));
        folder.write(&format!("in/{name}"), text);
        let half = text
            .char_indices()
            .nth(text.chars().count() * 2 / 3)
            .map_or(0, |c| c.0);
        folder.write(&format!("in/cut-{name}"), &text[..half]);
    }
    let call = r#"{"id":"C1","participants":[{"id":"agent","role":"agent","name":"zqxkwAmara Zqxkwobi"},{"id":"p2","name":"Zqxkwbo"}],"turns":[
{"speaker":"agent","start_ms":0,"end_ms":900,"text":"Zqxkwhello Zqxkwbo, that's zqxkwnot my job zqxkwtermzqxkw"},
{"speaker":"customer","start_ms":2000,"end_ms":3000,"text":"my name is Zqxkwbo, I am furious zqxkwright call zqxkwnow"},
{"speaker":"p2","text":"zqxkwall"}]}"#;
    folder.write("in/own.json", call);
    for (name, text) in [
        (
            "wrong-text.json",
            r#"{"turns":[{"speaker":"agent","text":{"zqxkw":1}}]}"#,
        ),
        (
            "wrong-role.json",
            r#"{"turns":[],"participants":[{"id":"a","role":"zqxkwAmara"}]}"#,
        ),
        (
            "wrong-time.json",
            r#"{"turns":[{"start_ms":"zqxkwnow","text":"zqxkwhi"}]}"#,
        ),
        (
            "wrong.jsonl",
            "zqxkwnothing of the kind\n{\"turns\": zqxkwbroken}\n",
        ),
        (
            "names.txt",
            "Zqxkwamara Zqxkwobi: that's zqxkwnot my job\nZqxkwbo: zqxkwyes, I am furious zqxkwright call\n",
        ),
        (
            "names.vtt",
            "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Zqxkwamara Zqxkwobi>that's zqxkwnot my job\n\n00:02.000 --> 00:03.000\n<v Zqxkwbo>zqxkwyes\n",
        ),
        (
            "wrong.csv",
            "call_id,speaker,role,start_ms,text\nC1,agent,zqxkwrole,0,zqxkwhello\nC2,agent,,zqxkwnow,zqxkwhello\n\"C3,agent,,0,zqxkwopen\n",
        ),
        (
            "headless.csv",
            "C1,agent,zqxkwhello you,4,zqxkwthere\nC1,agent,zqxkwgood bye,5,zqxkwfriend\n",
        ),
    ] {
        folder.write(&format!("in/{name}"), text);
    }
    assert!(
        fixtures.len() > 130 && marked > 110,
        "{marked} of {}",
        fixtures.len()
    );
    fixtures.len()
}

#[test]
fn score_tells_no_words() {
    let folder = Folder::new("privacy-score");
    transcripts(&folder);
    let lexicon = folder.write("lexicon.toml", LEXICON);
    let input = folder.path("in");
    let roles = "Zqxkwamara Zqxkwobi=agent,zqxkwamara zqxkwobi=agent";
    let with = |more: &[&str]| {
        let args = ["score", &input, "--lexicon", &lexicon, "--roles", roles];
        hackles(&[&args, more].concat(), "")
    };
    let told = with(&["--to", "jsonl"]);
    assert!(planted(&told.out) && told.code == 1);
    assert!(
        told.out.contains("\"entry\":\"term:zqxkwtermzqxkw\"") && told.out.contains("that's zqxkwnot my job")
    );
    // What goes wrong is told without the words even then.
    assert_eq!(told.err.lines().find(|l| planted(l)), None);
    for to in ["text", "json", "jsonl", "csv", "parquet"] {
        let out = folder.path(&format!("out.{to}"));
        let run = with(&[
            "--no-text",
            "--to",
            to,
            "--out",
            &out,
            "--rows",
            "turn",
            "--compare",
            "vendor",
        ]);
        assert_eq!(run.code, 1, "{}", run.err);
        assert_silent(to, &written(&run, &folder, &["in", "lexicon.toml"]));
    }
    let run = with(&["--no-text", "--to", "jsonl"]);
    let own = run
        .json()
        .into_iter()
        .find(|r| r["id"] == "C1")
        .expect("our own call");
    let entry = own["turns"][0]["evidence"].as_array().expect("a list").iter();
    let entries: Vec<&str> = entry.filter_map(|e| e["entry"].as_str()).collect();
    let number = entries
        .iter()
        .find(|e| e.starts_with("term:#"))
        .expect("a learned term");
    let shown = hackles(&["lexicon", "show", "planted", number, "--lexicon", &lexicon], "");
    assert!(
        shown.out.contains("\"zqxkwtermzqxkw\" = 2.0"),
        "{}{}",
        shown.out,
        shown.err
    );
    let named = run
        .json()
        .into_iter()
        .find(|r| r["id"].as_str().is_some_and(|id| id.contains("names.txt")));
    let named = named.expect("the text");
    assert_eq!(named["turns"][0]["speaker"], "person 1");
    assert_eq!(named["turns"][0]["role"], "agent");
    assert_eq!(named["turns"][1]["speaker"], "person 2");
}

#[test]
fn a_run_that_goes_on_keeps_no_words() {
    let folder = Folder::new("privacy-resume");
    let line = r#"{"turns":[{"speaker":"agent","text":"that's zqxkwnot my job"}]}"#;
    let input = folder.write("in.jsonl", &format!("{line}\nzqxkwbroken\n{line}\n"));
    let lexicon = folder.write("lexicon.toml", LEXICON);
    let out = folder.path("out.jsonl");
    let args = [
        "score",
        &input,
        "--lexicon",
        &lexicon,
        "--no-text",
        "--roles",
        "Zqxkwamara=agent",
        "--out",
        &out,
    ];
    let run = hackles(&args, "");
    assert_silent("whole", &written(&run, &folder, &["in.jsonl", "lexicon.toml"]));
    // As if it had been stopped before the last step: the names given on the command line must not stand in the checkpoint either.
    fs::rename(&out, folder.path("out.jsonl.part")).expect("renamed");
    let run = hackles(
        &[&args[..], &["--resume", "--checkpoint-every", "0"]].concat(),
        "",
    );
    assert_silent("gone on", &written(&run, &folder, &["in.jsonl", "lexicon.toml"]));
}

#[test]
fn watch_tells_no_words() {
    let folder = Folder::new("privacy-watch");
    let lexicon = folder.write("lexicon.toml", LEXICON);
    let live = r#"{"call":"C1","participants":[{"id":"agent","name":"Zqxkwamara"}]}
{"call":"C1","utterance":"u1","speaker":"agent","text":"that's zqxkwnot my job zqxkwterm"}
{"call":"C1","utterance":"u1","speaker":"agent","text":"zqxkw","final":true}
{"call":"C1","utterance":"u2","speaker":"stranger","text":"my name is Zqxkwbo, I am furious zqxkwright call","final":true}
{"call":"C1","utterance":"u3","speaker":"agent","text":{"zqxkw":1}}
{"call":"C1","utterance":"u4","speaker":"agent","text":"zqxkw","mode":"zqxkwmode"}
zqxkwnothing
"#;
    let mut streams = vec![("own".to_owned(), live.to_owned())];
    streams.extend(
        fixtures()
            .into_iter()
            .filter(|(name, _)| name.ends_with(".live.jsonl")),
    );
    let mut told = 0;
    for (name, text) in streams {
        let with = ["watch", "--lexicon", &lexicon];
        let run = hackles(&[&with[..], &["--no-text"]].concat(), &text);
        assert!(name != "own" || run.out.contains("\"report\""), "{}", run.err);
        assert_silent(&name, &written(&run, &folder, &["lexicon.toml"]));
        if name == "own" {
            let run = hackles(&with, &text);
            told += usize::from(planted(&run.out));
            assert_eq!(run.err.lines().find(|l| planted(l)), None);
        }
    }
    assert_eq!(told, 1);
    let call = folder.write(
        "call.txt",
        "Zqxkwamara Zqxkwobi: that's zqxkwnot my job\nZqxkwbo: zqxkwyes, I am furious zqxkwright call\n",
    );
    for to in ["text", "jsonl"] {
        let args = ["watch", "--replay", "0", "--to", to, "--lexicon", &lexicon, &call];
        assert!(planted(&hackles(&args, "").out));
        let run = hackles(&[&args[..], &["--no-text"]].concat(), "");
        assert_eq!(run.code, 0, "{}", run.err);
        assert_silent(to, &written(&run, &folder, &["lexicon.toml", "call.txt"]));
    }
}

#[test]
fn measuring_and_summing_up_tell_no_words() {
    let folder = Folder::new("privacy-lexicon");
    let lexicon = folder.write("lexicon.toml", LEXICON);
    let rows = folder.write(
        "rows.jsonl",
        r#"{"speaker":"agent","text":"that's zqxkwnot my job","expect":["refusal"],"forbid":["planted"]}
{"speaker":"agent","text":"zqxkwtermzqxkw","expect":[]}
{"speaker":"agent","text":{"zqxkw":1}}
{"speaker":"agent","start_ms":"zqxkwnow","text":"zqxkw"}
"#,
    );
    let builtin = folder.write("old.toml", &LEXICON.replace("zqxkwtermzqxkw", "zqxkwotherzqxkw"));
    for args in [
        vec!["lexicon", "eval", "--lexicon", &lexicon, "--corpus", &rows],
        vec![
            "lexicon",
            "eval",
            "--lexicon",
            &lexicon,
            "--json",
            "--corpus",
            &rows,
        ],
        vec![
            "lexicon", "diff", &builtin, &lexicon, "--to", "text", "--corpus", &rows,
        ],
        vec![
            "lexicon", "diff", &builtin, &lexicon, "--to", "json", "--corpus", &rows,
        ],
        vec![
            "lexicon", "diff", &builtin, &lexicon, "--to", "markdown", "--corpus", &rows,
        ],
    ] {
        let run = |more: &[&str]| match args[1] {
            "eval" => hackles(&[&args[..], more].concat(), ""),
            _ => common::bare(&[&args[..], &["--no-builtin"], more].concat()),
        };
        let told = run(&[]);
        assert!(planted(&told.out), "{args:?}: {}", told.err);
        let silent = run(&["--no-text"]);
        let files = ["lexicon.toml", "rows.jsonl", "old.toml"];
        assert_silent(&args.join(" "), &written(&silent, &folder, &files));
        assert!(silent.out.contains("rows.jsonl:"), "{}", silent.out);
    }
    // A summary of reports tells figures alone, even of those with quotes.
    let scored = hackles(
        &["score", "--to", "jsonl", "--lexicon", &lexicon],
        &fs::read_to_string(&rows)
            .expect("written")
            .lines()
            .take(1)
            .map(|l| format!("{{\"turns\":[{l}]}}\nzqxkwbroken\n"))
            .collect::<String>(),
    );
    assert!(planted(&scored.out));
    let summary = hackles(
        &["summary"],
        &(scored.out + "{\"call\":{\"score\":\"zqxkwnone\"},\"lexicon\":1}\nzqxkwbroken\n"),
    );
    assert_silent(
        "summary",
        &written(&summary, &folder, &["lexicon.toml", "rows.jsonl", "old.toml"]),
    );
}
