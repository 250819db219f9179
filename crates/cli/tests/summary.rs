//! `hackles summary` as its users see it.

mod common;

use common::{Folder, JSONL, PLAIN, Run, bare, fed, practised};
use serde_json::{Value, json};

/// Four reports: two of ana's, one of bo's without times, one of nobody's in which nothing was measured.
fn reports() -> [Value; 4] {
    let anger = |start: f64, mean: f64, peak: f64, end: f64, trend: &str| json!({"start": start, "mean": mean, "peak": peak, "peak_turn": 3, "end": end, "trend": trend, "levels": [[1, start]]});
    let pause = |ms: i64| json!({"count": 1, "total_ms": ms, "longest_ms": ms});
    let practices = |use_name: &str, own_it: &str| json!([{"id": "use_name", "state": use_name, "score": 1.0, "good": 1}, {"id": "own_it", "state": own_it, "score": null}]);
    [
        json!({"id": "A", "lexicon": "en", "turns": [{"index": 0, "evidence": [{"quote": "\"{[not my job"}]}],
            "call": {"turns": 10, "sentiment": {"agent": {"overall": -0.1}, "customer": {"overall": -0.4}, "ch_2": {"overall": 1.0}},
                "anger": anger(0.5, 0.4, 0.8, 0.6, "rising"), "interruptions": {"by_agent": 2, "by_customer": 1},
                "talk": {"speakers": {"agent": {"talk_ms": 30_000}, "customer": {"talk_ms": 20_000}}, "silence": pause(10_000), "holds": null},
                "signals": {"interruption": {"count": 2, "turns": [3, 5]}, "refusal": {"count": 3, "turns": [0]}},
                "practices": practices("missed", "met"), "score": {"value": 0.2, "parts": []}, "unheard_of": [1]},
            "meta": {"agent": "ana", "customer": {"tier": "gold"}, "started_at": "2026-03-10T09:15:00+01:00"}}),
        json!({"id": "B", "call": {"turns": 20, "sentiment": {"agent": {"overall": 0.3}, "customer": {"overall": 0.2}},
                "anger": anger(0.1, 0.1, 0.5, 0.0, "falling"), "interruptions": {"by_agent": 0},
                "talk": {"speakers": {"agent": {"talk_ms": 40_000}, "customer": {"talk_ms": 20_000}}, "silence": pause(0), "holds": pause(20_000)},
                "signals": {"refusal": {"count": 1}}, "practices": practices("met", "no_opportunity"), "score": {"value": 0.6}},
            "meta": {"agent": "ana", "customer": {"tier": "gold"}, "started_at": "2026-03-16T00:00:00Z"}, "new_key": 1}),
        json!({"id": "C", "turns": null, "call": {"turns": 6, "sentiment": {"agent": {"overall": 0.5}, "customer": {"overall": 0.4}},
                "anger": anger(0.0, 0.05, 0.2, 0.0, "flat"), "interruptions": {"by_agent": null},
                "talk": {"speakers": {"agent": {"talk_ms": null}}, "silence": null, "holds": null},
                "signals": {"empathy": {"count": 2}}, "practices": practices("met", "met"), "score": {"value": 0.9}},
            "meta": {"agent": "bo", "started_at": "2026-04-01T17:59:59Z"}}),
        json!({"id": null, "call": {"turns": 1, "sentiment": {}, "anger": {"start": null, "mean": null, "peak": null, "end": null, "trend": null},
                "signals": {}, "practices": practices("no_opportunity", "no_opportunity"), "score": {"value": null}}, "meta": null}),
    ]
}

fn lines(reports: &[Value]) -> String {
    reports.iter().map(|r| format!("{r}\n")).collect()
}

fn object(run: &Run) -> Value {
    serde_json::from_str(&run.out).unwrap_or_else(|e| panic!("{e}: {}{}", run.out, run.err))
}

/// The summary as JSON of reports that are all right.
fn summed(args: &[&str], input: &str) -> Value {
    let run = fed(&[&["summary", "--to", "json"], args].concat(), input);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{args:?}");
    object(&run)
}

#[test]
fn figures_are_those_of_a_pocket_calculator() {
    let total = summed(&[], &lines(&reports()))["total"].clone();
    for (path, want) in [
        ("/calls", json!(4)),
        ("/turns", json!({"total": 37, "mean": 9.25, "n": 4})),
        // (0.2 + 0.6 + 0.9) / 3, and ((0.3667² + 0.0333² + 0.3333²) / 2)^½
        ("/score", json!({"mean": 0.5667, "deviation": 0.3512, "n": 3})),
        (
            "/anger/angry",
            json!({"count": 2, "share": 0.6667, "n": 3, "from": 0.5}),
        ),
        ("/anger/start", json!({"mean": 0.2, "n": 3})),
        ("/anger/mean", json!({"mean": 0.1833, "n": 3})),
        ("/anger/peak", json!({"mean": 0.5, "n": 3})),
        ("/anger/end", json!({"mean": 0.2, "n": 3})),
        ("/anger/courses", json!({"rising": 1, "falling": 1, "flat": 1})),
        ("/sentiment/agent", json!({"mean": 0.2333, "n": 3})),
        ("/sentiment/customer", json!({"mean": 0.0667, "n": 3})),
        (
            "/interruptions/by_agent",
            json!({"count": 2, "per_100_calls": 100.0, "n": 2}),
        ),
        // 10 s of 30 + 20 + 10 + 40 + 20 + 20
        ("/silence", json!({"share": 0.0714, "total_ms": 10_000, "n": 2})),
        (
            "/signals/refusal",
            json!({"turns": 4, "per_100_calls": 100.0, "calls": 2, "calls_share": 0.5, "n": 4}),
        ),
        (
            "/signals/empathy",
            json!({"turns": 2, "per_100_calls": 50.0, "calls": 1, "calls_share": 0.25, "n": 4}),
        ),
        // Only where times tell.
        (
            "/signals/interruption",
            json!({"turns": 2, "per_100_calls": 100.0, "calls": 1, "calls_share": 0.5, "n": 2}),
        ),
        (
            "/practices/use_name",
            json!({"met": 2, "missed": 1, "no_opportunity": 1, "met_rate": 0.6667}),
        ),
        (
            "/practices/own_it",
            json!({"met": 2, "missed": 0, "no_opportunity": 2, "met_rate": 1.0}),
        ),
        (
            "/worst",
            json!([{"id": "A", "score": 0.2, "anger_peak": 0.8}, {"id": "B", "score": 0.6, "anger_peak": 0.5}]),
        ),
        ("/best", json!([{"id": "C", "score": 0.9, "anger_peak": 0.2}])),
    ] {
        assert_eq!(total.pointer(path), Some(&want), "{path}");
    }
}

#[test]
fn what_no_report_measures_is_null() {
    let bare = json!({"id": "x", "call": {}});
    let whole = summed(&[], &lines(&[bare]));
    for path in [
        "/turns/mean",
        "/score/mean",
        "/score/deviation",
        "/anger/angry/share",
        "/anger/angry/count",
        "/anger/peak/mean",
        "/interruptions/by_agent/count",
        "/silence/share",
        "/silence/total_ms",
    ] {
        assert_eq!(whole["total"].pointer(path), Some(&Value::Null), "{path}");
    }
    assert_eq!(whole["total"]["calls"], json!(1));
    assert_eq!(whole["small"], Value::Null);
}

#[test]
fn reports_are_read_however_they_are_laid_out() {
    let reports = reports();
    let named = summed(&[], &lines(&reports));
    for text in [
        json!(reports).to_string(),
        serde_json::to_string_pretty(&reports).expect("plain"),
        reports.iter().map(|r| format!("{r:#}\n")).collect(),
        format!(
            "[\n{}\n]\n",
            reports
                .iter()
                .map(Value::to_string)
                .collect::<Vec<_>>()
                .join(",\n")
        ),
        format!("\u{feff}\r\n{}", lines(&reports).replace('\n', "\r\n\n")),
    ] {
        assert_eq!(summed(&[], &text), named, "{text}");
    }
}

#[test]
fn groups_are_of_any_field() {
    for (by, want) in [
        (
            vec!["agent"],
            vec![
                json!({"agent": "ana"}),
                json!({"agent": "bo"}),
                json!({"agent": null}),
            ],
        ),
        (
            vec!["customer.tier"],
            vec![json!({"customer.tier": "gold"}), json!({"customer.tier": null})],
        ),
        (
            vec!["day"],
            vec![
                json!({"day": "2026-03-10"}),
                json!({"day": "2026-03-16"}),
                json!({"day": "2026-04-01"}),
                json!({"day": null}),
            ],
        ),
        (
            vec!["week"],
            vec![
                json!({"week": "2026-W11"}),
                json!({"week": "2026-W12"}),
                json!({"week": "2026-W14"}),
                json!({"week": null}),
            ],
        ),
        (
            vec!["month"],
            vec![
                json!({"month": "2026-03"}),
                json!({"month": "2026-04"}),
                json!({"month": null}),
            ],
        ),
        (
            vec!["hour"],
            vec![
                json!({"hour": "00"}),
                json!({"hour": "09"}),
                json!({"hour": "17"}),
                json!({"hour": null}),
            ],
        ),
        (
            vec!["agent,month"],
            vec![
                json!({"agent": "ana", "month": "2026-03"}),
                json!({"agent": "bo", "month": "2026-04"}),
                json!({"agent": null, "month": null}),
            ],
        ),
    ] {
        let args: Vec<&str> = by.iter().flat_map(|by| ["--by", by]).collect();
        let whole = summed(&args, &lines(&reports()));
        let groups = whole["groups"].as_array().expect("a list");
        let found: Vec<Value> = groups.iter().map(|g| g["group"].clone()).collect();
        assert_eq!(found, want, "{by:?}");
    }
    let twice = summed(&["--by", "agent", "--by", "month"], &lines(&reports()));
    assert_eq!(twice, summed(&["--by", "agent,month"], &lines(&reports())));
    let named = summed(&["--by", "agent", "--sort", "name"], &lines(&reports()));
    assert_eq!(named["groups"][0]["worst"][0]["group"], json!({"agent": "ana"}));
}

/// Adds up the counts of a value: all whole numbers but those under keys that are no counts.
fn counts(value: &Value, path: &str, into: &mut std::collections::BTreeMap<String, u64>) {
    match value {
        Value::Object(object) => {
            let counted = object
                .iter()
                .filter(|(key, _)| !["worst", "best", "group"].contains(&key.as_str()));
            counted.for_each(|(key, value)| counts(value, &format!("{path}/{key}"), into));
        }
        Value::Number(number) => {
            if let Some(n) = number.as_u64() {
                *into.entry(path.to_owned()).or_default() += n;
            }
        }
        _ => {}
    }
}

#[test]
fn groups_add_up_to_the_total() {
    let many: String = (0..500)
        .map(|n: usize| {
            let mut report = reports()[n * 7 % 4].clone();
            report["id"] = json!(format!("{n}"));
            report["meta"] = json!({"agent": format!("a{}", n * n % 11), "day": n % 3});
            if !n.is_multiple_of(3) {
                report["call"]["score"]["value"] = json!((n * 37 % 101) as f64 / 100.0);
            }
            format!("{report}\n")
        })
        .collect();
    for args in [
        vec!["--by", "agent"],
        vec!["--by", "agent,day"],
        vec!["--by", "agent", "--min-calls", "60"],
    ] {
        let whole = summed(&args, &many);
        let (mut total, mut parts) = Default::default();
        counts(&whole["total"], "", &mut total);
        for group in whole["groups"].as_array().expect("a list") {
            counts(group, "", &mut parts);
        }
        let mut small = whole["small"].clone();
        if let Some(small) = small.as_object_mut() {
            small.remove("min_calls");
            small.remove("groups");
        }
        counts(&small, "", &mut parts);
        assert!(total["/calls"] == 500 && total.len() > 30, "{total:?}");
        assert_eq!(parts, total, "{args:?}");
    }
    // The order of reports changes nothing.
    let mut shuffled: Vec<&str> = many.lines().collect();
    shuffled.sort_by_key(|line| line.len() * 31 % 17);
    let shuffled = shuffled.join("\n");
    assert_eq!(
        summed(&["--by", "agent"], &shuffled),
        summed(&["--by", "agent"], &many)
    );
}

#[test]
fn small_groups_are_put_together() {
    let whole = summed(&["--by", "agent", "--min-calls", "2"], &lines(&reports()));
    assert_eq!(whole["groups"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        (
            &whole["small"]["groups"],
            &whole["small"]["calls"],
            &whole["small"]["min_calls"]
        ),
        (&json!(2), &json!(2), &json!(2))
    );
    let run = fed(
        &["summary", "--by", "agent", "--min-calls", "2"],
        &lines(&reports()),
    );
    assert!(
        run.out
            .contains("Not ranked: 2 groups of fewer than 2 calls, 2 calls together."),
        "{}",
        run.out
    );
}

#[test]
fn tables_have_a_row_a_group_and_a_column_a_figure() {
    let run = fed(
        &["summary", "--by", "agent,month", "--to", "csv"],
        &lines(&reports()),
    );
    assert_eq!(run.code, 0, "{}", run.err);
    let rows: Vec<Vec<&str>> = run.out.lines().map(|l| l.split(',').collect()).collect();
    assert_eq!(rows.len(), 4);
    assert!(rows.iter().all(|r| r.len() == rows[0].len()));
    let cell = |row: usize, column: &str| {
        let at = rows[0].iter().position(|c| *c == column);
        rows[row][at.unwrap_or_else(|| panic!("no {column} in {:?}", rows[0]))]
    };
    for (row, column, want) in [
        (1, "agent", "ana"),
        (1, "month", "2026-03"),
        (1, "calls", "2"),
        (1, "score.mean", "0.4"),
        (1, "score.n", "2"),
        (1, "anger.angry_share", "1"),
        (1, "interruptions.by_agent.per_100_calls", "100"),
        (1, "signal.refusal.per_100_calls", "200"),
        (1, "signal.refusal.calls_share", "1"),
        (1, "practice.use_name.met", "1"),
        (1, "practice.use_name.missed", "1"),
        (1, "practice.use_name.met_rate", "0.5"),
        (2, "agent", "bo"),
        (2, "signal.refusal.per_100_calls", "0"),
        (2, "signal.interruption.per_100_calls", ""),
        (2, "silence.share", ""),
        (3, "agent", "(none)"),
        (3, "score.mean", ""),
        (3, "practice.own_it.met_rate", ""),
    ] {
        assert_eq!(cell(row, column), want, "{row} {column}");
    }
    let whole = fed(&["summary", "--to", "csv"], &lines(&reports()));
    assert_eq!(whole.out.lines().count(), 2);
    assert!(whole.out.starts_with("calls,turns.total,"), "{}", whole.out);
}

#[test]
fn people_read_a_table_with_what_to_look_at() {
    let run = fed(&["summary", "--by", "agent"], &lines(&reports()));
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let squeezed: Vec<String> = run
        .out
        .lines()
        .map(|l| l.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    for line in [
        "calls 4 calls · 37 turns, 9.2 a call",
        "score .57 (3), ± .35 (standard deviation)",
        "anger 67 % of the calls angry · start .20 · peak .50 · end .20 (3) · rises in 1, falls in 1, flat in 1",
        "sentiment customer .07 (3) · agent .23 (3)",
        "interruptions 100 by agents per 100 calls (2)",
        "silence 7 % of the time (2)",
        "ana 2 15.0 .40 100 % .30 .65 .30 1 1 0 −.10 .10 100 7 %",
        "bo 1 6.0 .90 0 % .00 .20 .00 0 0 1 .40 .50 – –",
        "(none) 1 1.0 – – – 0 0 0 – – – –",
        "Use their name 2 1 1 67 % 50 % 100 % –",
        "✗ refusal 100 50 % 200 0 0",
        "✗ interruption 100 (2) 50 % 100 – –",
        "✓ empathy 50 25 % 0 200 0",
        "Worst calls of ana",
        "score .20 peak .80 A",
        "Best calls of ana",
        "score .60 peak .50 B",
    ] {
        assert!(squeezed.iter().any(|l| l == line), "no {line:?} in\n{}", run.out);
    }
    // With fewer than ten calls nothing is said to differ.
    assert!(
        !run.out.contains('▼') && run.out.contains("may be chance"),
        "{}",
        run.out
    );
}

#[test]
fn a_group_that_differs_is_marked() {
    let many: String = (0..40)
        .map(|n: usize| {
            let mut report = reports()[0].clone();
            let (agent, base) = if n.is_multiple_of(4) {
                ("low", 0.1)
            } else {
                ("high", 0.8)
            };
            report["meta"] = json!({"agent": agent});
            report["call"]["score"]["value"] = json!(base + (n % 5) as f64 / 50.0);
            format!("{report}\n")
        })
        .collect();
    let run = fed(&["summary", "--by", "agent"], &many);
    assert!(
        run.out.contains("▼.14") && run.out.contains("▲.84"),
        "{}",
        run.out
    );
}

#[test]
fn what_is_no_report_is_named_and_the_others_go_on() {
    let good = lines(&reports());
    let mut text = good.clone();
    for bad in [
        "nonsense",
        r#"{"id":"x","cal":{}}"#,
        r#"{"id":"x","call":{"turns":"ten"}}"#,
        r#"{"call":"C1","event":{}}"#,
        "[1]",
        r#"{"id":"x","call":{"turns":3"#,
    ] {
        text += bad;
        text.push('\n');
    }
    text += JSONL;
    text += &good;
    let run = fed(&["summary", "--to", "json", "-"], &text);
    assert_eq!(run.code, 1);
    let whole = object(&run);
    assert_eq!(whole["inputs"], json!({"reports": 8, "left_out": 7}));
    let errors = run.errors();
    for (error, (line, telling)) in errors.iter().zip([
        (5, "not a report: no JSON object"),
        (6, "no key \"call\" (is \"cal\" meant to be it?)"),
        (7, "invalid type: text, expected u32"),
        (8, "an event of a live call"),
        (9, "no JSON object"),
        (10, "cut off"),
        (11, "a transcript, not a report: score it first"),
    ]) {
        assert!(
            error.starts_with(&format!("stdin:{line}: ")) && error.contains(telling),
            "{errors:#?}"
        );
    }
    assert_eq!(errors.len(), 7, "{errors:#?}");
}

#[test]
fn nothing_to_sum_up_and_wrong_usage_are_2() {
    let folder = Folder::new("summary-usage");
    let good = folder.write("r.jsonl", &lines(&reports()));
    let empty = folder.write("empty.jsonl", "\n");
    let mut timeless = reports();
    timeless
        .iter_mut()
        .for_each(|r| r["meta"] = json!({"agent": "ana", "started_at": "early"}));
    let timeless = folder.write("timeless.jsonl", &lines(&timeless));
    let nameless = folder.write("nameless.jsonl", &lines(&reports()[3..]));
    let calls = folder.write("calls.jsonl", JSONL);
    let talk = folder.write("calls.txt", PLAIN);
    for (args, telling) in [
        (vec!["/nowhere/at-all"], "/nowhere/at-all: no such file"),
        (vec![&empty], "hackles: no report was read"),
        (
            vec![&calls],
            "transcripts, not reports: score them first, as in `hackles score --to jsonl ",
        ),
        (vec![&talk], "transcripts, not reports"),
        (
            vec![&good, "--by", "agnet"],
            "no call has a field \"agnet\" in its meta; did you mean \"agent\"? (there are agent, customer.tier, day, hour, month, started_at, week)",
        ),
        (
            vec![&good, "--by", "customer"],
            "no call has a field \"customer\"",
        ),
        (
            vec![&timeless, "--by", "day"],
            "started_at is no time as in 2026-03-10T09:15:00+01:00",
        ),
        (vec![&nameless, "--by", "agent"], "their meta is empty"),
        (vec![&good, "--to", "jsonl"], "'json'"),
        (vec![&good, "--by", ""], "--by"),
    ] {
        let run = bare(&[&["summary"], args.as_slice()].concat());
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{args:?}");
        assert!(run.err.contains(telling), "{args:?}: {}", run.err);
    }
}

#[test]
fn files_and_folders_are_read_and_written() {
    let folder = Folder::new("summary-files");
    let [a, b, c, d] = reports();
    folder.write("scored/b.jsonl", &lines(&[b]));
    folder.write("scored/deep/c.json", &json!([c]).to_string());
    folder.write("scored/notes.txt", "Agent: not a report\n");
    folder.write("scored/.hidden.jsonl", "no\n");
    let (first, last) = (
        folder.write("a.jsonl", &lines(&[a])),
        folder.write("d", &lines(&[d])),
    );
    let inputs = [first.as_str(), &folder.path("scored"), &last];
    let whole = object(&bare(&[&["summary", "--to", "json"], &inputs[..]].concat()));
    assert_eq!(whole, summed(&[], &lines(&reports())));
    for (name, beginning) in [("s.json", "{\n"), ("s.csv", "calls,"), ("s.txt", "calls   ")] {
        let out = folder.path(name);
        let run = bare(&[&["summary", "--out", &out], &inputs[..]].concat());
        assert_eq!((run.code, run.out.as_str()), (0, ""), "{name}");
        let written = std::fs::read_to_string(&out).expect("written");
        assert!(written.starts_with(beginning), "{name}: {written}");
    }
}

#[test]
fn what_score_writes_is_summed_up() {
    let calls = "{\"id\":\"C1\",\"turns\":[{\"speaker\":\"agent\",\"text\":\"not my job\"},{\"speaker\":\"customer\",\"text\":\"I am furious\"}],\"meta\":{\"team\":\"red\"}}\n";
    let calls = calls.to_owned() + &calls.replace("C1", "C2").replace("not my job", "hello");
    let wholes = ["json", "jsonl"].map(|to| {
        let scored = practised(&["score", "--to", to], &calls);
        summed(&["--by", "team"], &scored.out)
    });
    assert_eq!(wholes[0], wholes[1]);
    let group = &wholes[0]["groups"][0];
    assert_eq!(
        (&group["group"], &group["calls"], &group["turns"]["total"]),
        (&json!({"team": "red"}), &json!(2), &json!(4))
    );
    assert_eq!(
        group["signals"]["refusal"],
        json!({"turns": 1, "per_100_calls": 50.0, "calls": 1, "calls_share": 0.5, "n": 2})
    );
}

#[test]
fn only_as_many_calls_are_named_as_are_asked_for() {
    let many: String = (0..30)
        .map(|n: usize| {
            let mut report = reports()[0].clone();
            report["id"] = json!(format!("c{n:02}"));
            report["call"]["score"]["value"] = json!((n / 2) as f64 / 20.0);
            report["call"]["anger"]["peak"] = json!((n % 2) as f64 / 2.0);
            format!("{report}\n")
        })
        .collect();
    let ids = |args: &[&str], which: &str| -> Vec<String> {
        let whole = summed(args, &many);
        let calls = whole["total"][which].as_array().expect("a list");
        calls
            .iter()
            .map(|c| c["id"].as_str().expect("text").to_owned())
            .collect()
    };
    assert_eq!(ids(&[], "worst"), ["c01", "c00", "c03", "c02", "c05"]);
    assert_eq!(ids(&["--top", "3"], "best"), ["c28", "c29", "c26"]);
    assert_eq!(ids(&["--top", "0"], "best"), [""; 0]);
    assert_eq!(
        (
            ids(&["--top", "99"], "worst").len(),
            ids(&["--top", "99"], "best").len()
        ),
        (15, 15)
    );
}

#[test]
fn what_is_in_meta_cannot_command_the_terminal() {
    let mut report = reports()[0].clone();
    report["id"] = json!("\u{1b}[2J");
    report["meta"] = json!({"agent": "\u{1b}[2Jx"});
    report["call"]["signals"] = json!({"\u{1b}[2J": {"count": 1}});
    let run = fed(&["summary", "--by", "agent"], &lines(&[report]));
    assert_eq!(run.code, 0);
    assert!(!run.out.contains('\u{1b}'), "{:?}", run.out);
}
