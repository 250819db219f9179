//! What only the turns can show: overlaps, names, silences, practices, promises, and the memory they take. The detectors' own cases stand in
//! their lexicon files.

mod common;

use std::sync::LazyLock;

use common::*;
use hackles::event::{Event, State};
use hackles::report::{OverlapKind, PracticeState, Trend};
use hackles::{Analyzer, Chunk, Options, Participant, Retention, Role, WordTime};

static BUILTIN: LazyLock<Analyzer> = LazyLock::new(Analyzer::builtin);

fn kinds(lines: &[&str]) -> Vec<Option<OverlapKind>> {
    let report = send_every_way(&BUILTIN, &call(lines));
    let turns = report.turns.expect("kept");
    turns.iter().map(|t| t.overlap.map(|o| o.kind)).collect()
}

#[test]
fn every_overlap_has_a_kind() {
    use OverlapKind::*;
    let story = "customer 0-6000: so i called on monday and they told me it would be here by now and";
    for (second, kind) in [
        ("agent 3000-3600: mm-hmm", Some(Backchannel)),
        ("agent 3000-5000: oh my goodness", Some(Backchannel)),
        ("agent 5800-8000: what is the order number", Some(Terminal)),
        ("agent 3000-4000: which monday?", Some(Clarification)),
        ("agent 5000-6500: by friday", Some(Completion)),
        (
            "agent 3000-9000: i need your account number before we go on",
            Some(Competitive),
        ),
        ("agent 6000-9000: what is the order number", None),
        ("agent 6500-9000: what is the order number", None),
        ("customer 3000-9000: and nobody was there", None),
    ] {
        assert_eq!(kinds(&[story, second])[1], kind, "{second}");
    }
    // A question is answered while it is still asked; a backchannel holds no floor.
    assert_eq!(
        kinds(&[
            "agent 0-4000: do you want me to send it to you again",
            "customer 2500-3000: yes"
        ])[1],
        Some(Completion)
    );
    assert_eq!(
        kinds(&[
            "customer 0-900: yeah yeah",
            "agent 200-3000: i will send it again today"
        ])[1],
        Some(Terminal)
    );
    assert_eq!(
        kinds(&[
            "customer 0-3000: and then he just --",
            "agent 2800-5000: left you there"
        ])[1],
        Some(Completion),
        "cut off"
    );
}

#[test]
fn a_pause_inside_a_turn_leaves_the_floor_open() {
    let mut talk = call(&[
        "customer 0-9000: i paid it on monday at the branch on king street",
        "agent 4000-6000: which branch was that then please",
    ]);
    let kind = |talk: &hackles::Transcript| {
        let report = send_every_way(&BUILTIN, talk);
        report.turns.expect("kept")[1].overlap.map(|o| o.kind)
    };
    assert_eq!(kind(&talk), Some(OverlapKind::Competitive));
    let words = |times: &[(i64, i64)]| -> Vec<WordTime> {
        times
            .iter()
            .map(|&(start_ms, end_ms)| WordTime { start_ms, end_ms })
            .collect()
    };
    talk.turns[0].words = words(&[(0, 500), (600, 2000), (8000, 9000)]);
    assert_eq!(kind(&talk), None, "nobody was speaking from 2,000 to 8,000");
    talk.turns[0].words = words(&[(0, 500), (600, 4200), (8000, 9000)]);
    assert_eq!(
        kind(&talk),
        Some(OverlapKind::Terminal),
        "200 ms before the pause"
    );
    talk.turns[0].words = words(&[(0, 500), (8000, 9000), (600, 7900)]);
    assert_eq!(
        kind(&talk),
        Some(OverlapKind::Competitive),
        "in any order, no pause"
    );
}

#[test]
fn overlaps_are_counted_by_kind_and_side() {
    let report = send_every_way(
        &BUILTIN,
        &call(&[
            "customer 0-6000: so i called on monday and they told me it would be here by now and",
            "agent 2000-2500: mhm",
            "agent 3000-9000: i need your account number before we go on with any of this",
            "customer 7000-9500: no you listen to me for once will you",
        ]),
    );
    let overlaps = report.call.overlaps.expect("timed");
    assert_eq!(overlaps[&OverlapKind::Backchannel].by_agent, 1);
    assert_eq!(overlaps[&OverlapKind::Competitive].by_agent, 1);
    assert_eq!(overlaps[&OverlapKind::Competitive].by_customer, 1);
    assert_eq!(overlaps[&OverlapKind::Competitive].total_ms, 3000 + 2000);
    assert_eq!(report.call.interruptions.by_agent, Some(1));
    assert_eq!(report.call.interruptions.by_customer, Some(1));
}

#[test]
fn a_name_is_learned_and_read_in_what_arrives_later() {
    // Overlapping utterances are read before the name is known and must come out the same.
    let talk = call(&[
        "agent 0-1000: what's your name",
        "customer 1100-3000: it's thandiwe wijesinghe",
        "agent 2900-5000: thanks wijesinghe what's going on",
        "customer 5100-7000: my bill is wrong",
        "agent 7100-8000: okay sir",
    ]);
    let report = send_every_way(&BUILTIN, &talk);
    let turns = report.turns.as_ref().expect("kept");
    assert!(turns[2].fired("name_use"), "{:?}", turns[2]);
    assert!(turns[4].fired("formal_address"));
    assert_eq!(
        (
            report.call.language.name_uses,
            report.call.language.formal_addresses
        ),
        (1, 1)
    );
    // The same without a name: nothing is known, nothing is missed.
    let report = send_every_way(
        &BUILTIN,
        &call(&["customer: my bill is wrong", "agent: okay sir"]),
    );
    assert!(!report.turns.expect("kept")[1].fired("formal_address"));
}

#[test]
fn reading_again_after_a_name_was_learned_changes_nothing_else() {
    let report = send_every_way(
        &BUILTIN,
        &call(&[
            "customer 0-9000: hello my name is zorblax quillfeather",
            "agent 500-8000: you f***ing idiots i don't pay the whole- the wholesale price mr. quillfeather",
            "customer 600-7000: i i can't [noise] belie- believe it",
        ]),
    );
    let turns = report.turns.expect("kept");
    assert!(turns[1].fired("name_use"), "{:?}", turns[1].scores);
    assert!(report.call.talk.speakers["agent"].disfluencies_per_100_words > 0.0);
}

#[test]
fn a_name_that_is_given_need_not_be_learned() {
    let mut talk = call(&[
        "customer: my bill is wrong",
        "agent: okay sir",
        "agent: thanks xiomarra",
    ]);
    talk.participants = vec![Participant {
        id: "customer".into(),
        role: Some(Role::Customer),
        name: Some("Xiomarra Okonkwo".into()),
    }];
    let turns = send_every_way(&BUILTIN, &talk).turns.expect("kept");
    assert!(turns[1].fired("formal_address") && turns[2].fired("name_use"));
}

#[test]
fn a_hold_is_no_silence() {
    let report = send_every_way(
        &BUILTIN,
        &call(&[
            "agent 0-4000: can you hold for about two minutes while i ring the depot",
            "customer 4300-4800: okay",
            "agent 95000-97000: thanks for waiting it's on the van",
            "customer 103000-104000: good",
        ]),
    );
    let talk = &report.call.talk;
    assert_eq!(talk.holds.map(|h| (h.count, h.total_ms)), Some((1, 90_200)));
    assert_eq!(talk.silence.map(|s| (s.count, s.longest_ms)), Some((1, 6_000)));
    assert_eq!(
        talk.speakers["agent"].response_latency_ms, None,
        "the hold is no answer"
    );
    assert_eq!(
        talk.speakers["customer"].response_latency_ms,
        Some((300 + 6_000) / 2)
    );
}

#[test]
fn a_hold_of_which_nobody_said_how_long_is_told_when_nobody_speaks() {
    let fires = |lines: &[&str], end: Option<i64>| {
        let mut talk = call(lines);
        talk.end_ms = end;
        let report = send_every_way(&BUILTIN, &talk);
        report.turns.expect("kept")[0].fired("hold_without_expectation")
    };
    let hold = "agent 0-2000: bear with me while i have a look at that for you";
    assert!(fires(&[hold, "agent 60000-61000: so i have it here"], None));
    assert!(fires(&[hold], Some(60_000)));
    assert!(!fires(&[hold], None));
    assert!(!fires(&[hold, "agent 20000-21000: so i have it here"], None));
    assert!(!fires(
        &[
            "agent 0-2000: bear with me for two minutes while i have a look",
            "agent 60000-61000: so i have it here"
        ],
        None
    ));
}

#[test]
fn silence_is_told_while_it_lasts_and_settled_by_the_next_turn() {
    let silences = |next: (i64, i64), advance: &[i64]| {
        let mut session = BUILTIN.session(Options::default());
        let mut events = Vec::new();
        session.push(
            &Chunk::whole("a", "agent", "one moment please").at(1000, 3000),
            &mut events,
        );
        for &now in advance {
            session.advance(now, &mut events);
        }
        session.push(
            &Chunk::whole("b", "customer", "are you there").at(next.0, next.1),
            &mut events,
        );
        session.finish(None, &mut events);
        let told = events.iter().filter_map(|e| match e {
            Event::Silence(s) => Some((s.state, s.from_ms, s.ms, s.hold)),
            _ => None,
        });
        told.collect::<Vec<_>>()
    };
    use State::*;
    assert_eq!(silences((3500, 4000), &[]), []);
    assert_eq!(silences((9000, 9900), &[]), [(Confirmed, 3000, 6000, true)]);
    assert_eq!(
        silences((9000, 9900), &[4000, 6000, 8000]),
        [(Provisional, 3000, 3000, true), (Confirmed, 3000, 6000, true)]
    );
    assert_eq!(
        silences((3200, 9900), &[8000]),
        [(Provisional, 3000, 5000, true), (Retracted, 3000, 0, true)],
        "they were speaking after all"
    );
}

#[test]
fn without_the_times_of_all_turns_no_silence_is_told() {
    let mut session = BUILTIN.session(Options::default());
    let mut events = Vec::new();
    session.push(&Chunk::whole("a", "agent", "hello").at(0, 1000), &mut events);
    session.push(&Chunk::whole("b", "customer", "my bill is wrong"), &mut events);
    session.advance(9000, &mut events);
    session.push(&Chunk::whole("c", "agent", "oh").at(12_000, 13_000), &mut events);
    session.finish(None, &mut events);
    assert!(
        !events.iter().any(|e| matches!(e, Event::Silence(_))),
        "{events:?}"
    );
}

fn practice(report: &hackles::CallReport, id: &str) -> (PracticeState, Option<Vec<u32>>) {
    let figure = report
        .call
        .practices
        .iter()
        .find(|p| *p.id == *id)
        .expect("known");
    (figure.state, figure.turns.clone())
}

#[test]
fn practices_are_met_missed_or_had_no_opportunity() {
    let bad = send_every_way(
        &BUILTIN,
        &call(&[
            "agent 0-2000: thank you for calling how can i help",
            "customer 2200-12000: this is ridiculous i have been waiting three weeks for a refund and nobody calls me back and i want it",
            "agent 8000-11000: what is the order number",
            "customer 12300-14000: i am furious do you hear me",
            "agent 14200-16000: calm down that's not my department",
            "customer 16300-18000: you people are a joke",
            "agent 18200-20000: there's nothing i can do",
        ]),
    );
    use PracticeState::*;
    assert_eq!(practice(&bad, "let_vent"), (Missed, Some(vec![2])));
    assert_eq!(practice(&bad, "stay_calm"), (Missed, Some(vec![4])));
    let (state, turns) = practice(&bad, "empathize");
    assert_eq!(state, Missed);
    assert_eq!(
        turns,
        Some(vec![1, 5]),
        "the anger that nobody answered in two turns, or until the end"
    );
    assert_eq!(practice(&bad, "escalate_well").0, NoOpportunity);
    assert_eq!(practice(&bad, "no_early_apology").0, NoOpportunity);
    let good = send_every_way(
        &BUILTIN,
        &call(&[
            "agent 0-2000: hello this is joy how can i help",
            "customer 2200-9000: i'm really angry i have been waiting three weeks for a refund and nobody calls me back",
            "agent 9300-14000: three weeks is far too long i'd be upset too what's your name and the order number",
            "customer 14300-16000: it's erin and it's four four one two",
            "agent 16300-24000: thanks erin so the coat went back on the second and the money never came is that right",
            "customer 24300-25000: yes exactly",
            "agent 25300-32000: i'm sorry we lost track of it i've just released it and it will be there in two days",
            "customer 32300-33000: okay thank you",
            "agent 33300-38000: i'll call you on friday at ten to make sure it arrived",
        ]),
    );
    for id in [
        "let_vent",
        "use_name",
        "listen",
        "empathize",
        "no_early_apology",
        "find_facts",
        "follow_through",
        "no_blame",
    ] {
        assert_eq!(practice(&good, id).0, Met, "{id}");
    }
    assert_eq!(practice(&good, "use_name").1, Some(vec![4]));
    let (good, bad) = (good.call.score, bad.call.score);
    assert!(good.value.expect("scored").to_f64() > 0.8, "{good:?}");
    assert!(bad.value.expect("scored").to_f64() < 0.3, "{bad:?}");
}

#[test]
fn what_is_answered_in_the_same_breath_is_answered() {
    let path = |text: &str| {
        let lines = [
            text,
            "customer: okay",
            "agent: right",
            "customer: okay",
            "agent: okay then",
            "customer: bye",
        ];
        practice(&send_every_way(&BUILTIN, &call(&lines)), "offer_path").0
    };
    assert_eq!(
        path("agent: unfortunately i have no idea but i'll call you back tomorrow at ten with an answer"),
        PracticeState::Met
    );
    assert_eq!(path("agent: unfortunately i have no idea"), PracticeState::Missed);
}

#[test]
fn an_answer_may_be_anybodys() {
    let shared = include_str!("../lexicons/en/shared.toml");
    let rules = "schema = 1\n[[practice]]\nid = \"p\"\nanswer = { to = { signal = \"angry\" }, with = { signal = \"sorry\" }, within-turns = 2 }\n";
    let state = |lines: &[&str]| {
        let mut builder = hackles::Lexicon::builder()
            .file("shared.toml", shared)
            .file("p.toml", rules);
        for (id, speaker) in [("angry", "customer"), ("sorry", "agent")] {
            builder = builder.file(id, &format!("schema = 1\n{}", signal(id, speaker, id, 3.0, "")));
        }
        let analyzer = Analyzer::new(builder.build().expect("sound")).expect("compiles");
        practice(&send_every_way(&analyzer, &call(lines)), "p").0
    };
    assert_eq!(
        state(&["customer: angry", "agent: hm", "customer: hm"]),
        PracticeState::Missed
    );
    assert_eq!(
        state(&["customer: angry", "agent: hm", "agent: sorry"]),
        PracticeState::Met
    );
    assert_eq!(
        state(&["customer: angry"]),
        PracticeState::Met,
        "there was no chance to answer"
    );
}

#[test]
fn we_and_me_are_counted_whatever_their_form() {
    let report = send_every_way(
        &BUILTIN,
        &call(&[
            "agent: let's look at it together",
            "agent: i think my screen froze",
        ]),
    );
    assert_eq!(report.call.language.we_share.map(|s| s.to_f64()), Some(0.5));
}

#[test]
fn the_score_is_the_weighted_mean_of_its_parts() {
    let report = send_every_way(
        &BUILTIN,
        &call(&[
            "customer: my bill is wrong and i am furious",
            "agent: not my job",
            "customer: what",
            "agent: i'm sorry what's your name",
        ]),
    );
    let score = &report.call.score;
    assert!(score.parts.len() >= 3);
    let weights: f64 = score.parts.iter().map(|p| p.weight.to_f64()).sum();
    let sum: f64 = score
        .parts
        .iter()
        .map(|p| p.weight.to_f64() * p.score.to_f64())
        .sum();
    let value = score.value.expect("parts").to_f64();
    assert!(
        (value - sum / weights).abs() <= 0.000_05 + 1e-9,
        "{value} {}",
        sum / weights
    );
    for figure in &report.call.practices {
        let all = figure.good + figure.bad + figure.missing;
        if let (Some(score), true) = (figure.score, all > 0) {
            let expected = f64::from(figure.good) / f64::from(all);
            assert!((score.to_f64() - expected).abs() <= 0.000_05, "{figure:?}");
        }
    }
}

#[test]
fn practice_events_come_with_the_turn_that_settles_them() {
    let (_, events) = send(
        &BUILTIN,
        &call(&[
            "customer 0-1000: i am furious",
            "agent 1100-2000: order number",
            "customer 2100-3000: four one two",
            "agent 3100-4000: okay and the date",
            "customer 4100-5000: may",
        ]),
        Way::Whole,
        Retention::None,
    );
    let told = events.iter().find_map(|e| match e {
        Event::Practice(p) if &*p.practice == "empathize" => Some((p.state, p.turn, p.at_ms)),
        _ => None,
    });
    assert_eq!(told, Some((PracticeState::Missed, 0, Some(4000))));
}

#[test]
fn promises_are_kept_in_mind_with_their_time() {
    let report = send_every_way(
        &BUILTIN,
        &call(&[
            "customer: you said you'd call me back and nobody ever did",
            "agent: i'll call you on friday at half past ten to make sure",
        ]),
    );
    let promises = report.call.promises.expect("in order");
    assert_eq!(promises.len(), 2, "{promises:?}");
    assert!(promises[0].broken && &*promises[0].signal == "broken_promise");
    assert!(!promises[1].broken && promises[1].turn == 1);
    assert_eq!(promises[1].when.as_deref(), Some("on friday at half past ten"));
}

#[test]
fn the_moment_a_call_turned_is_found_with_the_agents_turn_before_it() {
    let report = send_every_way(
        &BUILTIN,
        &call(&[
            "customer: this is ridiculous i am furious with you people",
            "agent: i see",
            "customer: i am so angry about this it's outrageous",
            "agent: three weeks is far too long, i'd be upset too, and i've just released your refund",
            "customer: oh thank you so much that's brilliant",
            "agent: you're welcome",
            "customer: that's wonderful thanks",
        ]),
    );
    let turned = report.call.anger.turned.expect("turned");
    assert_eq!(
        (turned.turn, turned.direction, turned.agent_turn),
        (4, Trend::Falling, Some(3))
    );
    assert_eq!(report.call.anger.trend, Some(Trend::Falling));
}

#[test]
fn the_opening_story_is_found_and_whether_it_was_heard_out() {
    let story = |lines: &[&str]| send_every_way(&BUILTIN, &call(lines)).call.story;
    let told = story(&[
        "agent 0-1000: hello",
        "customer 1100-1500: hi",
        "agent 1600-2500: how can i help",
        "customer 2600-9000: so i ordered a lamp in may and it came broken",
        "agent 5000-5400: mhm",
        "customer 9100-12000: and the new one is broken too",
        "agent 12300-13000: which lamp was it",
    ])
    .expect("told");
    assert_eq!(
        (told.first_turn, told.last_turn, told.heard_out),
        (Some(3), Some(5), Some(true))
    );
    let cut = story(&[
        "customer 0-9000: so i ordered a lamp in may and it came broken and",
        "agent 5000-9500: order number please give me that",
    ])
    .expect("told");
    assert_eq!((cut.heard_out, cut.cut_by), (Some(false), Some(1)));
    assert_eq!(story(&["customer: hi", "agent: hello"]), None);
    let early = story(&[
        "customer 0-2000: i have been waiting",
        "agent 500-4000: order number please what is it",
        "customer 4100-9000: as i said i have been waiting three weeks for this lamp",
    ])
    .expect("told");
    assert_eq!(
        (early.heard_out, early.cut_by, early.words),
        (Some(false), Some(1), 16)
    );
}

#[test]
fn conditions_may_name_several_signals_the_whole_call_and_silence() {
    let anger = signal("anger", "customer", "angry", 3.0, "");
    let abuse = signal("abuse", "customer", "idiot", 3.0, "");
    let sorry = signal("sorry", "agent", "sorry", 3.0, "");
    let late = signal(
        "late",
        "agent",
        "solved",
        3.0,
        "only-if = { signal = [\"anger\", \"abuse\"], by = \"customer\", within = \"call\" }",
    );
    let third = format!(
        "{}[[entry]]\nid = \"third\"\nweight = 3.0\ncount = {{ signal = \"sorry\", at-least = 3, within = \"call\" }}\n",
        header("too_sorry", "agent")
    );
    let worse = signal("worse", "agent", "no", 1.0, "")
        + "[[entry]]\nid = \"beside\"\nweight = 2.0\nonly-if = { signal = \"anger\", within = \"previous\" }\n";
    let muted = signal("muted", "agent", "solved", 3.0, "").replace(
        "hint = \"h\"\n",
        "hint = \"h\"\nunless = { signal = \"sorry\", within = \"turn\" }\n",
    );
    let analyzer = analyzer(&[&anger, &abuse, &sorry, &late, &third, &worse, &muted]);
    let mut lines = vec!["agent: solved", "customer: you idiot"];
    lines.extend(["agent: hm", "customer: hm"].repeat(20));
    lines.extend(["agent: solved", "agent: sorry", "agent: sorry solved"]);
    lines.extend(["agent: hm", "customer: hm"].repeat(20));
    lines.extend([
        "agent: sorry",
        "customer: angry",
        "agent: no",
        "customer: hm",
        "agent: no",
    ]);
    let fired = fired(&send_every_way(&analyzer, &call(&lines)));
    let of = |signal: &str| -> Vec<usize> {
        (0..lines.len())
            .filter(|&i| fired[i].iter().any(|s| s == signal))
            .collect()
    };
    let last = lines.len() - 1;
    assert_eq!(of("late"), [42, 44], "not before the customer's anger");
    assert_eq!(
        of("too_sorry"),
        [last - 4],
        "the third, however long ago the others"
    );
    assert_eq!(of("worse"), [last - 2], "beside the word, and only after anger");
    assert_eq!(
        of("muted"),
        [0, 42],
        "a condition of the header holds for all entries"
    );
}

#[test]
fn a_call_at_rest_takes_a_kilobyte_after_twenty_turns() {
    let calls = std::fs::read_dir("examples/calls").expect("there");
    let mut seen = 0;
    for file in calls.map(|f| f.expect("readable").path()) {
        if file.extension().is_none_or(|e| e != "jsonl") {
            continue;
        }
        for line in std::fs::read_to_string(&file).expect("readable").lines() {
            let call: hackles::Transcript = serde_json::from_str(line).expect("a call");
            if call.turns.len() < 20 {
                continue;
            }
            let mut session = BUILTIN.session(Options::default());
            for (i, turn) in call.turns.iter().take(20).enumerate() {
                let id = format!("u{i}");
                let mut chunk = Chunk::whole(&id, &turn.speaker, &turn.text);
                (chunk.start_ms, chunk.end_ms) = (turn.start_ms, turn.end_ms);
                session.push(&chunk, &mut Vec::new());
            }
            let bytes = session.state_bytes();
            assert!(bytes <= 1024, "{bytes} in {}", file.display());
            seen += 1;
        }
    }
    assert!(seen > 0);
}

#[test]
fn two_hours_of_talk_fit_into_two_kilobytes() {
    let mut session = BUILTIN.session(Options::default());
    let mut events = Vec::new();
    let (mut after_twenty, mut most) = (0, 0);
    for i in 0..1500 {
        let (start, words) = telling_times(i);
        let (speaker, text) = TELLING[i % TELLING.len()];
        let chunk = Chunk {
            words: &words,
            ..Chunk::whole("u", speaker, text).at(start, start + 5200)
        };
        let id = format!("u{i}");
        session.push(
            &Chunk {
                utterance: &id,
                ..chunk
            },
            &mut events,
        );
        events.clear();
        most = most.max(session.state_bytes());
        if i == 19 {
            after_twenty = session.state_bytes();
        }
    }
    let bytes = session.state_bytes();
    println!(
        "{after_twenty} bytes after twenty turns, {bytes} after two hours, {most} at most; {} of them the struct",
        size_of::<hackles::Session>()
    );
    assert!(
        bytes <= 2048 && most <= 2048,
        "{after_twenty} -> {bytes}, at most {most}"
    );
    assert!(session.finish(None, &mut events).call.signals.len() > 20);
}
