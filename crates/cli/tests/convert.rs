//! `hackles convert` as its users see it.

mod common;

use common::{Folder, bare, fed, hackles};
use serde_json::{Value, json};

const CALLS: &str = r#"{"id":"A/1","turns":[{"speaker":"ch_0","start_ms":0,"end_ms":900,"text":"that's not my job, \"sir\""},{"speaker":"customer","start_ms":1000,"end_ms":2000,"text":"I am\nfurious"}],"participants":[{"id":"ch_0","role":"agent","name":"Ana Ruiz"}],"meta":{"queue":"sales","n":7}}
{"id":"B","turns":[{"speaker":"agent","start_ms":5,"end_ms":70,"text":"hi; a, b"}]}
"#;

/// The reports of some calls, by `hackles score`.
fn reports(path: &str) -> Vec<Value> {
    let run = hackles(&["score", "--to", "jsonl", path], "");
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{path}");
    run.json()
}

#[test]
fn calls_score_alike_in_all_formats() {
    let folder = Folder::new("convert-alike");
    let from = folder.write("calls.jsonl", CALLS);
    let want = reports(&from);
    assert_eq!(want[0]["turns"][0]["signals"], json!(["refusal"]));
    // Each format from each other.
    for first in ["jsonl", "csv", "parquet"] {
        for second in ["jsonl", "csv", "parquet"] {
            let (one, two) = (
                folder.path(&format!("1.{first}")),
                folder.path(&format!("2.{second}")),
            );
            for (from, to) in [(&from, &one), (&one, &two)] {
                let run = bare(&["convert", from, "--out", to]);
                assert_eq!(
                    (run.code, run.out.as_str(), run.err.as_str()),
                    (0, "", ""),
                    "{from} {to}"
                );
            }
            assert_eq!(reports(&two), want, "{first} {second}");
        }
    }
    let subtitles = folder.path("subtitles");
    let run = bare(&["convert", &from, "--to", "vtt", "--out", &subtitles]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let read = reports(&subtitles);
    assert_eq!(read.len(), 2);
    for (report, want) in read.iter().zip(&want) {
        for key in ["start_ms", "end_ms", "sentiment"] {
            assert_eq!(report["turns"][0][key], want["turns"][0][key], "{key}");
        }
    }
    assert_eq!(
        folder.names(),
        [
            "1.csv",
            "1.jsonl",
            "1.parquet",
            "2.csv",
            "2.jsonl",
            "2.parquet",
            "calls.jsonl",
            "subtitles"
        ]
    );
}

#[test]
fn streams_are_read_and_written() {
    let run = fed(&["convert", "--to", "csv"], CALLS);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(
        run.out
            .starts_with("call_id,speaker,role,name,start_ms,end_ms,text,meta\n"),
        "{}",
        run.out
    );
    let back = fed(&["convert", "-"], &run.out);
    assert_eq!((back.code, back.json()[0]["id"].clone()), (0, json!("A/1")));
    let told = fed(&["convert", "--roles", "customer=customer,x=agent"], CALLS);
    assert_eq!(told.json()[1]["participants"][1]["id"], json!("x"));
    let vtt = fed(&["convert", "--to", "vtt"], CALLS);
    assert_eq!(vtt.code, 1);
    assert!(
        vtt.err.contains("stdin:2: a WebVTT file holds one call"),
        "{}",
        vtt.err
    );
}

#[test]
fn what_cannot_be_converted_is_named() {
    let folder = Folder::new("convert-bad");
    let bad = folder.write("bad.jsonl", &format!("{CALLS}nonsense\n"));
    let out = folder.path("out.csv");
    for (args, code, telling) in [
        (vec![bad.as_str(), "--out", &out], 1, "bad.jsonl:3: expected"),
        (
            vec![bad.as_str(), "nowhere", "--out", &out],
            1,
            "nowhere: no such file",
        ),
        (vec!["nowhere"], 2, "hackles: nothing was converted"),
        (
            vec![bad.as_str(), "--to", "parquet"],
            2,
            "--to parquet needs --out FILE",
        ),
        (
            vec![bad.as_str(), "--columns", "txt=x"],
            2,
            "did you mean \"text\"?",
        ),
    ] {
        let run = bare(&[&["convert"], args.as_slice()].concat());
        assert_eq!(run.code, code, "{args:?}: {}", run.err);
        assert!(run.err.contains(telling), "{args:?}: {}", run.err);
    }
    assert_eq!(folder.names(), ["bad.jsonl", "out.csv"]);
}

#[test]
fn what_is_written_into_a_folder_is_not_read_from_it() {
    let folder = Folder::new("convert-inside");
    folder.write("a.jsonl", CALLS);
    let out = folder.path("all.jsonl");
    for _ in 0..2 {
        assert_eq!(bare(&["convert", &folder.path(""), "--out", &out]).code, 0);
        assert_eq!(std::fs::read_to_string(&out).expect("written").lines().count(), 2);
    }
}
