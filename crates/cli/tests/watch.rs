//! `hackles watch` as its users see it.

mod common;

use common::{Folder, JSONL, hackles};
use serde_json::{Value, json};

fn reports(lines: &[Value]) -> Vec<&Value> {
    lines.iter().filter_map(|l| l.get("report")).collect()
}

#[test]
fn a_call_in_pieces_gives_the_report_of_the_whole() {
    let call = json!({
        "id": "C1", "meta": {"queue": "billing"}, "end_ms": 9000,
        "participants": [{"id": "ch_0", "role": "agent", "name": "Amara Obi"}],
        "turns": [
            {"speaker": "ch_0", "start_ms": 0, "end_ms": 900, "text": "that's not my job"},
            {"speaker": "customer", "start_ms": 1500, "end_ms": 3000, "text": "great, I am furious"}
        ]
    });
    let scored = hackles(&["score", "--to", "jsonl"], &call.to_string());
    let input = r#"
{"call":"C1","participants":[{"id":"ch_0","role":"agent","name":"Amara Obi"}],"meta":{"queue":"billing"}}
{"call":"C1","utterance":"u1","speaker":"ch_0","start_ms":0,"end_ms":300,"text":"that's n"}
{"call":"C2","utterance":"u1","speaker":"agent","text":"not my","mode":"replace"}
{"call":"C1","utterance":"u1","speaker":"ch_0","text":"ot my cat","mode":"append","final":false}
{"call":"C1","utterance":"u2","speaker":"customer","start_ms":1500,"text":"great, "}
{"call":"C1","now_ms":1600}
{"call":"C1","utterance":"u1","speaker":"ch_0","text":"that's not my job","end_ms":900,"mode":"replace","final":true}
{"call":"C1","utterance":"u2","speaker":"customer","end_ms":3000,"text":"I am furious"}
{"call":"C1","utterance":"u2","final":true}
{"call":"C1","end":true,"end_ms":9000}
"#;
    let run = hackles(&["watch"], input);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let lines = run.json();
    let found = reports(&lines);
    assert_eq!(found[0], &scored.json()[0]);
    assert_eq!((found.len(), &found[1]["id"]), (2, &json!("C2")));
    let confirmed = |l: &&Value| l["event"]["signal"] == "refusal" && l["event"]["state"] == "confirmed";
    let event = lines.iter().find(confirmed).expect("an event");
    assert_eq!(event["call"], json!("C1"));
    assert_eq!(event["event"]["quote"], json!("not my job"));
    assert_eq!(event["event"]["hint"], json!("Say what you can do."));
}

#[test]
fn bad_lines_are_named_and_the_others_go_on() {
    let input = r#"{"call":"C1","utterance":"u1","speaker":"agent","text":"not my job","final":true}
nonsense
{"call":"C1","participants":[]}
{"call":"C1"}
{"call":"C1","text":"x"}
{"call":"C1","utterance":"u2","speaker":"agent","text":7}
{"call":"C1","end":true}
{"call":"C1","utterance":"u3","speaker":"agent","text":"x"}
{"call":"C9","now_ms":5}
"#;
    let run = hackles(&["watch"], input);
    assert_eq!(run.code, 1);
    let places: Vec<&str> = run.errors().iter().filter_map(|l| l.split(": ").next()).collect();
    assert_eq!(
        places,
        [
            "stdin:2", "stdin:3", "stdin:4", "stdin:5", "stdin:6", "stdin:8", "stdin:9"
        ]
    );
    let lines = run.json();
    assert_eq!(reports(&lines).len(), 1);
    assert_eq!(reports(&lines)[0]["turns"][0]["signals"], json!(["refusal"]));
}

#[test]
fn calls_end_with_the_input_in_order_of_appearance() {
    let chunk = |call: &str| {
        format!("{{\"call\":\"{call}\",\"utterance\":\"u\",\"speaker\":\"agent\",\"text\":\"hi\"}}\n")
    };
    let run = hackles(
        &["watch", "--retention", "none"],
        &["z", "b", "m"].map(chunk).concat(),
    );
    let lines = run.json();
    let ids: Vec<&Value> = reports(&lines).into_iter().map(|r| &r["id"]).collect();
    assert_eq!(ids, ["z", "b", "m"]);
    assert_eq!(reports(&lines)[0]["turns"], Value::Null);
}

#[test]
fn a_replay_gives_the_report_of_the_transcript() {
    let folder = Folder::new("replay");
    let path = folder.write("c.jsonl", JSONL);
    let scored = hackles(&["score", "--to", "jsonl", &path], "");
    let run = hackles(&["watch", "--replay", "0", &path], "");
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert_eq!(reports(&run.json()), [&scored.json()[0]]);
    let shown = hackles(&["watch", "--replay", "1000", "--to", "text", &path], "");
    assert_eq!(shown.code, 0);
    assert!(shown.out.contains("that's not my job\n"), "{}", shown.out);
    assert!(
        shown.out.contains("✗ refusal .88 \"not my job\"\n"),
        "{}",
        shown.out
    );
    assert!(!shown.out.contains('\u{1b}'));
}

#[test]
fn wrong_usage_is_2() {
    assert_eq!(hackles(&["watch", "--replay", "fast", "x"], "").code, 2);
    assert_eq!(hackles(&["watch", "--replay", "0", "/nowhere"], "").code, 2);
    assert_eq!(hackles(&["watch", "x"], "").code, 2);
    assert_eq!(hackles(&["watch", "--to", "text"], "").code, 2);
}
