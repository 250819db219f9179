//! The semantics that hold for every call: reports that do not depend on chunks, revision, order, conditions, bounds, times.

mod common;

use common::*;
use hackles::event::{Event, NoticeKind, SignalEvent, State};
use hackles::{Analyzer, Chunk, Mode, Options, Retention, Transcript};

fn basic() -> Analyzer {
    analyzer(&[
        &signal("refusal", "agent", "not my job", 4.0, ""),
        &signal("anger", "customer", "(ridiculous|furious|angry)", 3.0, ""),
        &signal("apology", "agent", "(sorry|apologize)", 3.0, ""),
    ])
}

fn signals(events: &[Event]) -> Vec<&SignalEvent> {
    events
        .iter()
        .filter_map(|e| if let Event::Signal(s) = e { Some(s) } else { None })
        .collect()
}

fn notices(events: &[Event]) -> Vec<NoticeKind> {
    events
        .iter()
        .filter_map(|e| {
            if let Event::Notice(n) = e {
                Some(n.notice)
            } else {
                None
            }
        })
        .collect()
}

fn chunk<'a>(utterance: &'a str, speaker: &'a str, text: &'a str, is_final: bool) -> Chunk<'a> {
    Chunk {
        utterance,
        speaker,
        start_ms: None,
        end_ms: None,
        text,
        mode: Mode::Append,
        is_final,
        ..Chunk::default()
    }
}

#[test]
fn any_split_of_the_same_text_gives_the_same_report() {
    let analyzer = basic();
    let call = call(&[
        "agent 0-2000: Billing, this is Dana.",
        "customer 1800-9000: this is, um, ridi-ridiculous you know I'm SO angry!! 😡 f*** [noise] you kept my whi- money",
        "agent 8000-9500: well that's, um, really not my you know job",
        "customer 9400-9900: what?",
        "agent 10000-14000: I-I apologize it's it's not not my job to café naïve “quotes” don’t",
    ]);
    let report = send_every_way(&analyzer, &call);
    assert_eq!(fired(&report)[1], ["anger"]);
    assert_eq!(fired(&report)[2], ["interruption", "refusal"]);
    assert_eq!(
        report.turns.as_ref().expect("kept")[2]
            .evidence_of("refusal")
            .next()
            .expect("one")
            .quote
            .as_deref(),
        Some("not my you know job")
    );
}

#[test]
fn a_word_cut_by_a_chunk_border_is_one_word() {
    let analyzer = basic();
    let mut session = analyzer.session(Options::default().full());
    let mut events = Vec::new();
    session.push(&chunk("u", "agent", "that is not my jo", false), &mut events);
    assert!(events.is_empty());
    session.push(&chunk("u", "agent", "b", false), &mut events);
    assert_eq!(signals(&events).last().expect("one").state, State::Provisional);
    session.push(&chunk("u", "agent", "less", false), &mut events);
    assert_eq!(signals(&events).last().expect("two").state, State::Retracted);
    session.push(&chunk("u", "agent", " act", true), &mut events);
    let report = session.finish(None, &mut events);
    assert!(fired(&report)[0].is_empty());
    assert_eq!(signals(&events).len(), 2);
}

#[test]
fn replace_sets_the_text_and_twice_changes_nothing() {
    let analyzer = basic();
    let mut session = analyzer.session(Options::default().full());
    let mut events = Vec::new();
    let replace = |text, is_final| Chunk {
        mode: Mode::Replace,
        ..chunk("u", "agent", text, is_final)
    };
    session.push(&replace("not my job", false), &mut events);
    session.push(&replace("not my job", false), &mut events);
    assert_eq!(signals(&events).len(), 1);
    session.push(&replace("not my dog", false), &mut events);
    session.push(&replace("not my job", true), &mut events);
    let states: Vec<State> = signals(&events).iter().map(|s| s.state).collect();
    assert_eq!(states, [State::Provisional, State::Retracted, State::Confirmed]);
}

#[test]
fn an_append_is_added_each_time_it_is_sent() {
    let analyzer = analyzer(&[&signal("twice", "agent", "ab ab", 3.0, "")]);
    let mut session = analyzer.session(Options::default().full());
    let mut events = Vec::new();
    session.push(&chunk("u", "agent", "ab ", false), &mut events);
    session.push(&chunk("u", "agent", "ab ", true), &mut events);
    assert_eq!(
        signals(&events).last().expect("one").quote.as_deref(),
        Some("ab ab")
    );
}

#[test]
fn utterances_close_in_any_order_and_the_last_chunk_wins() {
    let analyzer = basic();
    let turns = call(&["customer 5000-6000: i am furious", "agent 1000-2000: not my job"]);
    let whole = analyzer.score(&turns);
    let mut session = analyzer.session(options(&turns, Retention::Full));
    let mut events = Vec::new();
    let part = |u, speaker, start, end, text, is_final| Chunk {
        start_ms: Some(start),
        end_ms: Some(end),
        ..chunk(u, speaker, text, is_final)
    };
    session.push(&part("a", "agent", 0, 10, "i am ", false), &mut events);
    session.push(&part("b", "agent", 1000, 2000, "not my job", true), &mut events);
    assert!(
        signals(&events).iter().all(|s| s.state == State::Provisional),
        "the earlier one is still open"
    );
    session.push(&part("a", "customer", 5000, 6000, "furious", true), &mut events);
    let confirmed: Vec<&str> = signals(&events)
        .iter()
        .filter(|s| s.state == State::Confirmed)
        .map(|s| &*s.utterance)
        .collect();
    assert_eq!(confirmed, ["a", "b"]);
    let report = session.finish(None, &mut events);
    assert_eq!(report, whole);
    assert_eq!(report.turns.expect("kept")[0].start_ms, Some(1000));
}

#[test]
fn a_turn_without_a_start_keeps_its_place() {
    let report = basic().score(&call(&[
        "agent 5000-6000: b",
        "agent: c",
        "agent 1000-2000: a",
        "agent: d",
    ]));
    let turns = report.turns.expect("kept");
    let order: Vec<Option<i64>> = turns.iter().map(|t| t.start_ms).collect();
    assert_eq!(order, [Some(1000), None, Some(5000), None]);
}

#[test]
fn what_is_open_at_the_end_closes_as_it_stands() {
    let analyzer = basic();
    let mut session = analyzer.session(Options::default().full());
    let mut events = Vec::new();
    session.push(&chunk("u", "agent", "that is not my job", false), &mut events);
    let report = session.finish(None, &mut events);
    assert_eq!(fired(&report)[0], ["refusal"]);
    assert_eq!(signals(&events).last().expect("one").state, State::Confirmed);
}

#[test]
fn odd_input_gives_notices_and_loses_nothing() {
    let analyzer = basic();
    let mut options = Options::default().full();
    options.utterance_bytes = 20;
    let mut session = analyzer.session(options);
    let mut events = Vec::new();
    session.push(&chunk("a", "agent", "not my job", true), &mut events);
    session.push(&chunk("a", "agent", "late", true), &mut events);
    session.push(&chunk("b", "someone", " ", true), &mut events);
    session.push(
        &Chunk {
            start_ms: Some(10),
            end_ms: Some(5),
            ..chunk("c", "agent", "sorry", true)
        },
        &mut events,
    );
    session.push(
        &chunk("d", "agent", "sorry i was here but there is more to say", true),
        &mut events,
    );
    assert_eq!(
        notices(&events),
        [
            NoticeKind::ClosedUtterance,
            NoticeKind::UnknownRole,
            NoticeKind::EmptyText,
            NoticeKind::EndBeforeStart,
            NoticeKind::OverlongText
        ]
    );
    let report = session.finish(None, &mut events);
    assert_eq!(
        fired(&report),
        [vec!["refusal"], vec![], vec!["apology"], vec!["apology"]]
    );
}

#[test]
fn too_many_open_utterances_close_the_oldest() {
    let analyzer = basic();
    let mut session = analyzer.session(Options::default().full());
    let mut events = Vec::new();
    let ids: Vec<String> = (0..70).map(|i| format!("u{i}")).collect();
    for id in &ids {
        session.push(&chunk(id, "agent", "not my job", false), &mut events);
    }
    assert_eq!(
        notices(&events)
            .iter()
            .filter(|n| **n == NoticeKind::TooManyOpen)
            .count(),
        6
    );
    let report = session.finish(None, &mut events);
    assert_eq!(report.call.turns, 70);
    assert_eq!(report.call.signals["refusal"].count, 70);
}

fn look_ahead() -> Analyzer {
    analyzer(&[
        &signal(
            "jargon",
            "agent",
            "eob",
            3.0,
            "unless = { signal = \"explained\", within-turns = 2, side = \"after\" }",
        ),
        &signal("explained", "agent", "that means", 3.0, ""),
        &signal(
            "angry",
            "customer",
            "angry",
            3.0,
            "only-if = { signal = \"jargon\", within = \"previous\" }",
        ),
        &signal(
            "soon",
            "agent",
            "one",
            3.0,
            "only-if = { signal = \"explained\", within-ms = 1000, side = \"after\" }",
        ),
    ])
}

#[test]
fn conditions_that_look_ahead_wait_and_then_hold() {
    let analyzer = look_ahead();
    for (lines, want) in [
        (
            vec!["agent: your eob", "customer: what", "agent: that means paper"],
            vec![vec![], vec![], vec!["explained"]],
        ),
        (
            vec![
                "agent: your eob",
                "customer: what",
                "customer: hm",
                "agent: that means",
            ],
            vec![vec!["jargon"], vec![], vec![], vec!["explained"]],
        ),
        (
            vec!["agent: your eob", "customer: angry"],
            vec![vec!["jargon"], vec!["angry"]],
        ),
        (
            vec!["agent: your eob", "customer: angry", "agent: that means"],
            vec![vec![], vec![], vec!["explained"]],
        ),
        (
            vec!["agent 0-100: one", "agent 900-1000: that means"],
            vec![vec!["soon"], vec!["explained"]],
        ),
        (
            vec!["agent 0-100: one", "agent 1900-2000: that means"],
            vec![vec![], vec!["explained"]],
        ),
        (
            vec!["agent: one", "agent: that means"],
            vec![vec![], vec!["explained"]],
        ),
    ] {
        let report = send_every_way(&analyzer, &call(&lines));
        assert_eq!(fired(&report), want, "{lines:?}");
    }
    let mut session = analyzer.session(Options::default());
    let mut events = Vec::new();
    session.push(&chunk("a", "agent", "your eob", true), &mut events);
    session.push(&chunk("b", "customer", "what", true), &mut events);
    session.push(&chunk("c", "agent", "that means paper", true), &mut events);
    let jargon: Vec<State> = signals(&events)
        .iter()
        .filter(|s| &*s.signal == "jargon")
        .map(|s| s.state)
        .collect();
    assert_eq!(jargon, [State::Provisional, State::Retracted]);
}

fn over_turns() -> Analyzer {
    let bare = |id: &str, speaker: &str, rule: &str| {
        format!(
            "{}[[entry]]\nid = \"over\"\nweight = 3.0\n{rule}\n",
            header(id, speaker)
        )
    };
    analyzer(&[
        &signal("hold", "agent", "hold on", 3.0, ""),
        &signal("back", "agent", "thanks for holding", 3.0, ""),
        &signal("upset", "customer", "upset", 3.0, ""),
        &bare(
            "left",
            "agent",
            "absent = { signal = \"back\", by = \"agent\", after = { signal = \"hold\" }, within-ms = 5000 }",
        ),
        &bare(
            "left_turns",
            "agent",
            "absent = { signal = \"back\", after = { signal = \"hold\" }, within-turns = 2 }",
        ),
        &bare(
            "worse",
            "customer",
            "sequence = { steps = [{ signal = \"hold\", by = \"agent\" }, { signal = \"upset\", by = \"customer\" }], within-ms = 10000 }",
        ),
        &bare(
            "often",
            "customer",
            "count = { signal = \"upset\", at-least = 3, within-turns = 6 }",
        ),
    ])
}

#[test]
fn absence_counts_only_where_time_has_passed() {
    let analyzer = over_turns();
    for (lines, end, want) in [
        (
            vec!["agent 0-1000: hold on", "customer 8000-9000: hm"],
            None,
            vec!["hold", "left"],
        ),
        (
            vec!["agent 0-1000: hold on", "customer 5000-9000: hm"],
            None,
            vec!["hold"],
        ),
        (
            vec![
                "agent 0-1000: hold on",
                "agent 5000-6000: thanks for holding",
                "agent 7000-8000: so",
            ],
            None,
            vec!["hold"],
        ),
        (vec!["agent 0-1000: hold on"], None, vec!["hold"]),
        (vec!["agent 0-1000: hold on"], Some(6001), vec!["hold", "left"]),
        (vec!["agent 0-1000: hold on"], Some(6000), vec!["hold"]),
        (
            vec!["agent: hold on", "customer: hm", "customer: hm"],
            None,
            vec!["hold", "left_turns"],
        ),
        (
            vec!["agent: hold on", "customer: hm", "agent: thanks for holding"],
            None,
            vec!["hold"],
        ),
        (vec!["agent: hold on", "customer: hm"], None, vec!["hold"]),
    ] {
        let call = Transcript {
            end_ms: end,
            ..call(&lines)
        };
        let report = send_every_way(&analyzer, &call);
        assert_eq!(fired(&report)[0], want, "{lines:?} {end:?}");
    }
}

#[test]
fn advance_makes_an_absence_known_earlier_but_never_part_of_the_report() {
    let analyzer = over_turns();
    let mut session = analyzer.session(Options::default().full());
    let mut events = Vec::new();
    session.push(&chunk("a", "agent", "hold on", true).at(0, 1000), &mut events);
    events.clear();
    session.advance(6000, &mut events);
    assert!(signals(&events).is_empty());
    session.advance(6001, &mut events);
    let left = signals(&events);
    assert_eq!(
        (&*left[0].signal, left[0].state, left[0].at_ms),
        ("left", State::Provisional, Some(6000))
    );
    let mut later = session.clone();
    events.clear();
    let report = session.finish(None, &mut events);
    assert_eq!(fired(&report)[0], ["hold"]);
    assert_eq!(signals(&events)[0].state, State::Retracted);
    events.clear();
    later.push(&chunk("b", "customer", "hello", true).at(7000, 7500), &mut events);
    assert_eq!(
        (signals(&events)[0].state, signals(&events)[0].at_ms),
        (State::Confirmed, Some(6000))
    );
}

#[test]
fn sequences_and_counts_name_the_turns_they_rest_on() {
    let analyzer = over_turns();
    let report = send_every_way(
        &analyzer,
        &call(&[
            "agent 0-1000: hold on",
            "customer 2000-3000: upset",
            "customer 4000-5000: upset",
            "customer 30000-31000: upset",
        ]),
    );
    let turns = report.turns.expect("kept");
    assert_eq!(turns[1].evidence_of("worse").next().expect("one").turns, [0]);
    assert!(turns[3].evidence_of("worse").next().is_none(), "too late");
    assert!(!turns[2].fired("often"));
    assert_eq!(turns[3].evidence_of("often").next().expect("one").turns, [1, 2]);
}

#[test]
fn alerts_obey_their_policy() {
    let policy = "[signal.alert]\ncooldown-ms = 10000\nmost-per-call = 2\nrearm-below = 0.3\n";
    let anger = format!(
        "{}{policy}[[entry]]\nid = \"e\"\nphrases = [\"angry\"]\nweight = 3.0\n",
        header("anger", "customer")
    );
    let deferred = "[signal.alert]\ndefer-ms = 5000\ncancelled-by = [\"sorry\"]\n";
    let threat = format!(
        "{}{deferred}[[entry]]\nid = \"e\"\nphrases = [\"lawyer\"]\nweight = 3.0\n",
        header("threat", "customer")
    );
    let analyzer = analyzer(&[&anger, &threat, &signal("sorry", "agent", "sorry", 3.0, "")]);
    let alerts = |lines: &[&str]| -> Vec<(String, Option<i64>)> {
        let (_, events) = send(&analyzer, &call(lines), Way::Whole, Retention::None);
        events
            .iter()
            .filter_map(|e| {
                if let Event::Alert(a) = e {
                    Some((a.signal.to_string(), a.at_ms))
                } else {
                    None
                }
            })
            .collect()
    };
    let at = |signal: &str, ms| (signal.to_owned(), Some(ms));
    assert_eq!(
        alerts(&["customer 0-1000: angry", "customer 2000-3000: angry"]),
        [at("anger", 1000)]
    );
    assert_eq!(
        alerts(&[
            "customer 0-1000: angry",
            "customer 2000-3000: calm",
            "customer 4000-5000: angry"
        ]),
        [at("anger", 1000)],
        "cooling down"
    );
    assert_eq!(
        alerts(&["customer 0-1000: angry", "customer 20000-21000: angry"]),
        [at("anger", 1000)],
        "not armed again"
    );
    let calm = [
        "customer 0-1000: angry",
        "customer 20000-21000: calm",
        "customer 22000-23000: angry",
        "customer 40000-41000: calm",
        "customer 50000-51000: angry",
    ];
    assert_eq!(
        alerts(&calm),
        [at("anger", 1000), at("anger", 23000)],
        "two at most"
    );
    assert_eq!(alerts(&["customer 0-1000: lawyer", "agent 2000-3000: sorry"]), []);
    assert_eq!(
        alerts(&["customer 0-1000: lawyer", "agent 2000-3000: no"]),
        [at("threat", 1000)]
    );
    assert_eq!(
        alerts(&["customer 0-1000: lawyer", "agent 9000-9900: sorry"]),
        [at("threat", 1000)]
    );
}

#[test]
fn missing_times_are_not_measurable() {
    let analyzer = basic();
    let report = send_every_way(
        &analyzer,
        &call(&["agent: hello", "customer 100-900: i am furious"]),
    );
    assert_eq!(report.call.interruptions.by_agent, None);
    assert_eq!(report.call.talk.silence, None);
    assert_eq!(report.call.talk.speakers["agent"].words_per_minute, None);
    let json = serde_json::to_value(&report).expect("plain");
    assert_eq!(json["call"]["not_measured"]["interruptions"], "no_times");
    assert_eq!(json["call"]["talk"]["silence"], serde_json::Value::Null);
}

#[test]
fn without_retention_all_other_figures_equal_the_full_report() {
    let analyzer = basic();
    let call = call(&[
        "agent 0-1000: sorry",
        "customer 900-3000: i am furious",
        "agent 2000-4000: not my job at all",
        "customer 9000-9500: angry",
    ]);
    let (full, _) = send(&analyzer, &call, Way::Whole, Retention::Full);
    let (none, _) = send(&analyzer, &call, Way::Whole, Retention::None);
    let (full, none) = (
        serde_json::to_value(full).expect("plain"),
        serde_json::to_value(none).expect("plain"),
    );
    fn compare(path: &str, full: &serde_json::Value, none: &serde_json::Value) {
        match (full, none) {
            (_, serde_json::Value::Null) => {}
            (serde_json::Value::Object(a), serde_json::Value::Object(b))
                if !path.ends_with("not_measured") =>
            {
                for (key, value) in b {
                    compare(
                        &format!("{path}.{key}"),
                        a.get(key).unwrap_or(&serde_json::Value::Null),
                        value,
                    );
                }
            }
            _ if path.ends_with("not_measured") => {}
            (a, b) => assert_eq!(a, b, "{path}"),
        }
    }
    compare("", &full, &none);
    assert_eq!(none["turns"], serde_json::Value::Null);
    assert_eq!(none["call"]["not_measured"]["turns"], "not_retained");
    assert_eq!(
        none["call"]["anger"]["peak_turn"],
        full["call"]["anger"]["peak_turn"]
    );
}

#[test]
fn a_session_stays_small_however_long_the_call() {
    let analyzer = look_ahead();
    let mut session = analyzer.session(Options::default());
    let mut events = Vec::new();
    let mut after_twenty = 0;
    for i in 0..5000 {
        let (id, start) = (format!("u{i}"), i64::from(i) * 1000);
        let (speaker, text) = if i % 2 == 0 {
            ("agent", "your eob for one")
        } else {
            ("customer", "i am angry about it")
        };
        session.push(
            &Chunk::whole(&id, speaker, text).at(start, start + 900),
            &mut events,
        );
        events.clear();
        if i == 19 {
            after_twenty = session.state_bytes();
        }
    }
    let bytes = session.state_bytes();
    println!("{after_twenty} bytes after twenty turns, {bytes} after five thousand");
    assert!(after_twenty <= 1024 && bytes <= 1024);
    assert!(bytes <= after_twenty + 256, "{after_twenty} -> {bytes}");
}

#[test]
fn calls_followed_in_turns_do_not_mix() {
    let analyzer = look_ahead();
    let lines = [
        "your eob",
        "i am angry",
        "that means one",
        "one eob",
        "angry angry",
    ];
    let text = |call: usize, turn: usize| lines[(call * 3 + turn * (call + 1)) % lines.len()];
    let push = |session: &mut hackles::Session, call: usize, turn: usize| {
        let (id, start) = (format!("u{turn}"), turn as i64 * 700);
        let speaker = if turn.is_multiple_of(2) {
            "agent"
        } else {
            "customer"
        };
        let mut events = Vec::new();
        session.push(
            &Chunk::whole(&id, speaker, text(call, turn)).at(start, start + 500),
            &mut events,
        );
        events
    };
    let session = || analyzer.session(Options::default());
    let alone: Vec<Vec<Vec<Event>>> = (0..9)
        .map(|call| {
            let mut session = session();
            (0..30).map(|turn| push(&mut session, call, turn)).collect()
        })
        .collect();
    let mut sessions: Vec<_> = (0..9).map(|_| session()).collect();
    let mut random = Random::new(1);
    let mut turns = [0; 9];
    while turns.iter().any(|&t| t < 30) {
        let call = random.below(9);
        if turns[call] == 30 {
            continue;
        }
        let turn = turns[call];
        turns[call] += 1;
        // A copy goes its own way, and leaves nothing behind.
        let mut copy = sessions[call].clone();
        push(&mut copy, call + 1, turn);
        let own = &mut sessions[call];
        let events = if random.below(4) == 0 {
            std::thread::scope(|scope| scope.spawn(|| push(own, call, turn)).join()).expect("no panic")
        } else {
            push(own, call, turn)
        };
        assert_eq!(events, alone[call][turn], "{call} {turn}");
    }
}

#[test]
fn a_valence_is_a_figure_and_does_not_fire() {
    let valence = format!(
        "{}bias = 0.0\n[[entry]]\nid = \"good\"\nphrases = [\"good\"]\nweight = 2.0\n",
        header("sentiment", "any")
    );
    let analyzer = analyzer(&[&valence]);
    let (report, events) = send(
        &analyzer,
        &call(&["agent: good", "customer: not good"]),
        Way::Words,
        Retention::Full,
    );
    assert!(signals(&events).is_empty());
    assert!(report.call.signals.is_empty());
    let turns = report.turns.expect("kept");
    assert!(turns.iter().all(|t| t.signals.is_empty() && t.scores.is_empty()));
    assert_eq!(turns[0].sentiment.to_f64(), 0.7616);
    assert_eq!(turns[0].evidence.len(), 1);
}

#[test]
fn overlong_words_match_nothing() {
    let analyzer = analyzer(&[&signal("x", "agent", "idiot", 3.0, "")]);
    let long = format!("{}idiot idiot", "a".repeat(300));
    let report = send_every_way(&analyzer, &call(&[&format!("agent: {long}")]));
    let turns = report.turns.expect("kept");
    let evidence: Vec<Option<u32>> = turns[0].evidence_of("x").map(|e| e.start).collect();
    assert_eq!(evidence, [Some(306)]);
}

#[test]
fn engines_are_shared_between_threads() {
    fn shared<T: Send + Sync + Clone>() {}
    shared::<Analyzer>();
    shared::<hackles::Session>();
    shared::<hackles::CallReport>();
}
