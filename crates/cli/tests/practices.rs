//! Practices, promises and the other figures of a call, as `score` and `watch` show them.

mod common;

use common::{Folder, Run, practised};
use serde_json::{Value, json};

/// A call with everything in it; without times, where they are not asked for.
fn call(timed: bool) -> String {
    let turns = [
        ("agent", 0, 2_000, "that's not my job"),
        (
            "customer",
            2_500,
            8_000,
            "nobody called me back last week and I am furious",
        ),
        ("agent", 5_000, 9_000, "I'll call you tuesday, one moment"),
        ("customer", 41_500, 42_000, "I am furious"),
        ("agent", 42_200, 43_000, "not my job"),
        ("customer", 55_000, 56_000, "hello"),
    ];
    let turns = turns.map(|(speaker, start_ms, end_ms, text)| {
        if timed {
            json!({"speaker": speaker, "start_ms": start_ms, "end_ms": end_ms, "text": text})
        } else {
            json!({"speaker": speaker, "text": text})
        }
    });
    json!({"id": "C1", "turns": turns}).to_string()
}

/// The lines that show something, in the order in which they must come.
fn shows(run: &Run, lines: &[&str]) {
    let mut rest = run.out.as_str();
    for line in lines {
        let found = rest.find(&format!("{line}\n"));
        let at = found.unwrap_or_else(|| panic!("{line:?} is not in, or not here:\n{}", run.out));
        rest = &rest[at + line.len()..];
    }
}

#[test]
fn a_call_shows_its_score_and_what_it_is_made_of() {
    let run = practised(&["score"], &call(false));
    let lines = [
        "score         0.20",
        "✗ 1 missed    Offer a way (#0 #4)",
        "✓ 1 met       Keep your word",
        "for the agent Take a short break.",
        "promised      #2: \"call you\" (tuesday)",
        "✗ broken      #1: \"nobody called\" (last week)",
    ];
    shows(&run, &lines);
    for absent in ["Never asked for", "Nothing calls", "overlaps", "silence", "story"] {
        assert!(!run.out.contains(absent), "{absent}: {}", run.out);
    }
}

#[test]
fn what_needs_times_is_shown_where_there_are_some() {
    let run = practised(&["score"], &call(true));
    let lines = [
        "story         cut off at 00:05, after 10 words",
        "interruptions 1 by agent",
        "overlaps      competitive 1 by agent",
        "✗ 2 missed    Listen first  Offer a way (00:00 00:42)",
        "promised      00:05: \"call you\" (tuesday)",
    ];
    shows(&run, &lines);
    assert!(
        run.out.contains(" · 1 silence, 12 s · 1 hold, 32 s\n"),
        "{}",
        run.out
    );
}

#[test]
fn what_is_nought_is_not_shown() {
    let turns = json!([
        {"speaker": "agent", "start_ms": 0, "end_ms": 900, "text": "hello"},
        {"speaker": "customer", "start_ms": 1000, "end_ms": 1900, "text": "hello"}
    ]);
    let run = practised(&["score"], &json!({"turns": turns}).to_string());
    shows(&run, &["score         1.00"]);
    for absent in [
        "turned",
        "story",
        "interruptions",
        "overlaps",
        "silence",
        "hold",
        "missed",
        "promised",
        "broken",
        "What to do better",
    ] {
        assert!(!run.out.contains(absent), "{absent}: {}", run.out);
    }
}

#[test]
fn a_call_shows_where_it_turned() {
    let turns = ["fine", "fine", "I am furious, furious", "I am furious, furious"].map(|text| {
        [
            json!({"speaker": "agent", "text": "well"}),
            json!({"speaker": "customer", "text": text}),
        ]
    });
    let run = practised(&["score"], &json!({"turns": turns.concat()}).to_string());
    let turned = "\nturned        at #5, after agent #4: rising 0.00 → 0.";
    assert!(run.out.contains(turned), "{}", run.out);
}

#[test]
fn hints_of_missed_practices_come_first_and_none_comes_twice() {
    let run = practised(&["score"], &call(true));
    let better = run.out.split("What to do better\n").nth(1).expect("hints");
    assert_eq!(
        better.lines().collect::<Vec<_>>(),
        [
            "  · Listen first: Let the story run to its end.",
            "  · Offer a way: Say what you can do.",
            "  · Promise not kept: Put that right first.",
            "  · Interrupts: Let them finish.",
        ]
    );
}

#[test]
fn promises_are_without_their_words_where_nothing_said_may_be_shown() {
    let run = practised(&["score", "--no-text"], &call(false));
    shows(&run, &["promised      #2", "✗ broken      #1"]);
    let run = practised(&["score", "--no-text", "--to", "jsonl"], &call(false));
    let promises = &run.json()[0]["call"]["promises"];
    assert_eq!(promises[1]["turn"], json!(2));
    for promise in promises.as_array().expect("a list") {
        assert_eq!(
            (&promise["quote"], &promise["when"]),
            (&Value::Null, &Value::Null)
        );
    }
}

#[test]
fn live_calls_tell_practices_and_silences() {
    let input = r#"{"call":"C1","utterance":"a","speaker":"agent","start_ms":0,"end_ms":2000,"text":"not my job, one moment","final":true}
{"call":"C1","now_ms":6000}
{"call":"C1","utterance":"b","speaker":"agent","start_ms":34000,"end_ms":35000,"text":"I'll call you","final":true}
"#;
    let run = practised(&["watch"], input);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let told: Vec<Value> = run
        .json()
        .into_iter()
        .filter(|line| {
            ["practice", "silence"]
                .iter()
                .any(|kind| line["event"]["kind"] == *kind)
        })
        .collect();
    let event = |event: Value| json!({"call": "C1", "event": event});
    assert_eq!(
        told,
        [
            event(
                json!({"kind": "practice", "practice": "offer_path", "state": "missed", "turn": 0, "at_ms": 2000, "hint": "Say what you can do."})
            ),
            event(
                json!({"kind": "silence", "state": "provisional", "from_ms": 2000, "ms": 4000, "hold": true})
            ),
            event(
                json!({"kind": "silence", "state": "confirmed", "from_ms": 2000, "ms": 32000, "hold": true})
            ),
            event(
                json!({"kind": "practice", "practice": "keep_word", "state": "met", "turn": 1, "at_ms": 35000})
            ),
        ]
    );
}

#[test]
fn a_replay_shows_practices_and_each_silence_once() {
    let folder = Folder::new("practices");
    let path = folder.write("c.jsonl", &call(true));
    let run = practised(&["watch", "--replay", "0", "--to", "text", &path], "");
    let indent = " ".repeat(19);
    let lines = [
        "✗ missed: Offer a way (00:00)",
        "  Say what you can do.",
        "✓ met: Keep your word",
        "on hold 32 s",
        "silence 12 s",
    ]
    .map(|line| format!("{indent}{line}"));
    shows(&run, &lines.each_ref().map(String::as_str));
    for line in ["on hold", &format!("{indent}silence")] {
        assert_eq!(run.out.matches(line).count(), 1, "{line}: {}", run.out);
    }
}
