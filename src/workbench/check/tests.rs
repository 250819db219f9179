//! A lexicon a code, and a clean one.

use super::*;

/// What all signals of these tests begin with.
const HEADER: &str = r#"
schema = 1
[signal]
id = "x"
speaker = "agent"
severity = "bad"
title = "t"
summary = "s"
"#;

const SHARED: &str = r#"
schema = 1
[spellings]
apologise = "apologize"
[transparent]
soft = ["just"]
[endings]
"n't" = "not"
[lists]
thing = ["bill", "card"]
"#;

/// Another signal, clean by itself.
const GOOD: &str = r#"
schema = 1
[signal]
id = "good"
speaker = "agent"
severity = "good"
title = "t"
summary = "s"
[[entry]]
id = "we-can"
phrases = ["we can do that"]
weight = 3.0
[[example]]
agent = "we can do that"
fires = true
"#;

/// And one of the customer's.
const CUSTOMER: &str = r#"
schema = 1
[signal]
id = "angry"
speaker = "customer"
severity = "info"
title = "t"
summary = "s"
[[entry]]
id = "angry"
phrases = ["angry about the <thing>"]
weight = 3.0
[[example]]
customer = "angry about the card"
fires = true
"#;

fn analyzer(own: &str) -> Analyzer {
    let lexicon = Lexicon::builder()
        .file("shared.toml", SHARED)
        .file("good.toml", GOOD)
        .file("angry.toml", CUSTOMER)
        .file("x.toml", &format!("{HEADER}{own}"))
        .build();
    let lexicon = lexicon.unwrap_or_else(|e| panic!("{e}\n{own}"));
    Analyzer::new(lexicon).expect("small")
}

fn found(own: &str) -> Vec<Finding> {
    check(&analyzer(own), &[], &[])
}

/// An entry that its own example fires.
fn entry(id: &str, phrase: &str, more: &str) -> String {
    format!(
        "[[entry]]\nid = \"{id}\"\nphrases = [\"{phrase}\"]\n{more}\n{}",
        fires(phrase)
    )
}

fn fires(text: &str) -> String {
    format!("[[example]]\nagent = \"{text}\"\nfires = true\n")
}

/// An entry that nothing fires but what is put before and after.
fn untested(id: &str, phrase: &str, more: &str) -> String {
    format!("[[entry]]\nid = \"{id}\"\nphrases = [\"{phrase}\"]\n{more}\n")
}

#[test]
fn each_code_has_a_lexicon_that_gives_exactly_it() {
    let many = "\"(a|b|c|d|e|f|g) (a|b|c|d|e|f|g) (a|b|c|d|e|f|g) (a|b|c|d|e|f|g) z\"";
    let large = "(a|b|c|d|e|f|g|h|i) ".repeat(4) + "z";
    let slips: String = (0..12)
        .map(|i| {
            entry(
                &format!("e{i}"),
                &format!("refund number{}", "x".repeat(i + 1)),
                "weight = 3.0",
            )
        })
        .collect();
    let not = "\nweight = 3.0";
    let cases: Vec<(Code, String, &str, &str)> = vec![
        (
            Code::ExampleFails,
            entry("a", "no way", not) + &fires("yes way"),
            "agent = \"yes way\"",
            "should fire",
        ),
        (
            Code::Untested,
            untested("a", "no way", not),
            "id = \"a\"",
            "no example fires",
        ),
        (
            Code::ZeroWeight,
            entry("b", "not now", not)
                + &untested(
                    "a",
                    "no way",
                    "weight = 0.0\n[[example]]\nagent = \"no way\"\nsilent = true",
                ),
            "id = \"a\"",
            "weighs nothing",
        ),
        (
            Code::Contradiction,
            untested(
                "a",
                "no way",
                "weight = 3.0\nonly-if = { signal = \"good\", within = \"turn\" }\nunless = { signal = [\"good\", \"angry\"], within = \"turn\" }",
            ),
            "id = \"a\"",
            "\"good\"",
        ),
        (
            Code::EmptyWindow,
            untested("a", "no way", "weight = 3.0\nfirst-ms = 1\nafter-ms = 5"),
            "id = \"a\"",
            "first 1 ms",
        ),
        (
            Code::OtherSpeaker,
            entry(
                "a",
                "no way",
                "weight = 3.0\nunless = { signal = \"angry\", within = \"turn\" }",
            ),
            "id = \"a\"",
            "never cancels",
        ),
        (
            Code::OwnExclusion,
            untested(
                "a",
                "no way [back] ..2 home",
                "weight = 3.0\nnot-in = [\"no way\"]",
            ),
            "phrases = [",
            "own not-in",
        ),
        (
            Code::Unreadable,
            entry("a", "we apologis*", "weight = 3.0")
                .replace("agent = \"we apologis*\"", "agent = \"we apologistic\""),
            "phrases = [",
            "never meets \"apologise\"",
        ),
        (
            Code::Shadowed,
            entry("a", "no way", "weight = 4.0") + &untested("b", "no way (at all|ever)", "weight = 2.0"),
            "phrases = [\"no way (",
            "\"a\" (4.0)",
        ),
        (
            Code::NeedsFiller,
            entry("a", "just relax", not),
            "phrases = [",
            "finds \"relax\"",
        ),
        (
            Code::PhraseTwice,
            entry("a", "don't go", not).replace("[\"don't go\"]", "[\"don't go\", \"(do not|never) go\"]"),
            "phrases = [",
            "\"(do not|never) go\" says too",
        ),
        (
            Code::SamePhrase,
            entry("a", "no (way|chance)", not).replace("agent = \"no (way|chance)\"", "agent = \"no way\"")
                + &entry("b", "no (chance|hope)", not)
                    .replace("agent = \"no (chance|hope)\"", "agent = \"no hope\""),
            "(chance|hope)",
            "\"no chance\"",
        ),
        (
            Code::ConflictingWeights,
            entry("a", "no (way|<thing>)", "weight = 4.0")
                .replace("agent = \"no (way|<thing>)\"", "agent = \"no bill\"")
                + &entry("b", "no (hope|card)", "weight = 2.0")
                    .replace("agent = \"no (hope|card)\"", "agent = \"no hope\""),
            "(hope|card)",
            "\"no card\" weighs 2.0 here and 4.0 in \"a\"",
        ),
        (
            Code::NearDuplicate,
            entry("a", "close the account", "weight = 4.0")
                + &entry("b", "closed an account", "weight = 2.0"),
            "closed an",
            "\"closed an account\" weighs 2.0",
        ),
        (
            Code::OppositeSignals,
            entry("a", "we (can|cannot) do that", not).replace(
                "agent = \"we (can|cannot) do that\"",
                "agent = \"we cannot do that\"",
            ),
            "phrases = [",
            "\"we can do that\" is bad here and good in \"good/we-can\"",
        ),
        (
            Code::ProbableSlip,
            slips
                + &entry("a", "a refudn please", not)
                    .replace("agent = \"a refudn please\"", "agent = \"-\"")
                    .replace("fires", "silent")
                    .replace("[\"a refudn please\"]", "[\"no way\", \"a refudn please\"]")
                    .replace("agent = \"-\"\nsilent", "agent = \"no way\"\nfires"),
            "refudn",
            "\"refund\" in 12 phrases",
        ),
        (
            Code::LargePhrase,
            entry("a", "no way", not).replace("[\"no way\"]", &format!("[\"no way\", \"{large}\"]")),
            "no way",
            "6561 plain forms",
        ),
        (
            Code::NotCompared,
            entry("a", "no way", not).replace("[\"no way\"]", &format!("[\"no way\", {many}]")),
            "no way",
            "2401 forms",
        ),
        (
            Code::ItemTwice,
            "[lists]\ndept = [\"team\", \"Team\"]\n".to_owned()
                + &entry("a", "no <dept>", not).replace("agent = \"no <dept>\"", "agent = \"no team\""),
            "dept =",
            "(as \"team\")",
        ),
        (
            Code::UnusedList,
            "[lists]\ndept = [\"team\"]\n".to_owned() + &entry("a", "no way", not),
            "dept =",
            "<dept>",
        ),
        (
            Code::HiddenList,
            "[lists]\nthing = [\"team\"]\n".to_owned()
                + &entry("a", "no <thing>", not).replace("agent = \"no <thing>\"", "agent = \"no team\""),
            "thing =",
            "<thing>",
        ),
    ];
    for (code, own, line, reason) in &cases {
        let found = found(own);
        // What never counts is never fired either, and whoever mends the one mends the other.
        let others = |f: &&Finding| f.code == *code || f.code != Code::Untested;
        let told: Vec<&Finding> = found.iter().filter(others).collect();
        assert_eq!(told.len(), 1, "{code}: {found:#?}");
        let finding = told[0];
        assert_eq!(
            (finding.code, finding.severity),
            (*code, code.severity()),
            "{found:#?}"
        );
        assert!(finding.reason.contains(reason), "{code}: {finding:#?}");
        assert!(finding.place.text.contains(line), "{code}: {finding:#?}");
        assert_eq!(finding.signal.as_deref(), Some("x"), "{code}");
    }
    for code in Code::all() {
        assert!(cases.iter().any(|c| c.0 == code), "{code} has no case");
    }
}

#[test]
fn a_clean_lexicon_gives_nothing() {
    let own = "[lists]\ndept = [\"team\", \"people (here|there)\"]\n".to_owned()
        + &entry("a", "no way", "weight = 2.0")
        // A longer phrase that weighs more, one that weighs otherwise under other conditions, a filler with a sibling.
        + &entry("b", "no way at all", "weight = 4.0")
        + &untested("c", "no way", "weight = 1.0\nnear = { phrases = [\"<dept>\"], words = 3 }\nnot-in = [\"no way back\"]")
        + &entry("d", "please relax", "weight = 3.0").replace("[\"please relax\"]", "[\"just relax\", \"[please] relax\"]")
        + &entry("e", "^ apologise to #name for #money $", "weight = 3.0")
            .replace("agent = \"^ apologise to #name for #money $\"", "agent = \"apologise to Zqxvara for £5\"")
            .replace("fires = true", "silent = true")
        + "[[example]]\nagent = \"no way our team is here\"\nfires = true\nentry = \"a\"\n";
    let found = found(&own);
    let told: Vec<&Finding> = found
        .iter()
        .filter(|f| !(f.code == Code::Untested && matches!(f.entry.as_deref(), Some("c" | "e"))))
        .collect();
    assert!(told.is_empty(), "{told:#?}");
}

#[test]
fn what_is_written_must_be_found_where_it_is_said() {
    for (phrase, reads) in [("a £20 fee", "£20"), ("what the sh*t", "sh*t")] {
        let own = untested("a", phrase, "weight = 3.0");
        let found = found(&own);
        let unreadable = found.iter().find(|f| f.code == Code::Unreadable);
        assert!(
            unreadable.is_some_and(|f| f.reason.contains(reads)),
            "{phrase}: {found:#?}"
        );
    }
}

#[test]
fn a_corpus_fires_what_no_example_does() {
    let analyzer = analyzer(&untested("a", "no way", "weight = 3.0"));
    let call: Transcript =
        serde_json::from_str(r#"{"turns":[{"speaker":"agent","text":"no way"}]}"#).expect("a call");
    assert_eq!(check(&analyzer, &[], &[call]), []);
    let found = check(&analyzer, &[], &[Transcript::default()]);
    assert!(
        found[0].reason.contains("nor any line of the corpus"),
        "{found:?}"
    );
}

#[test]
fn only_what_is_about_the_signals_asked_for() {
    let own = untested("a", "no way", "weight = 0.0") + "[[example]]\nagent = \"no way\"\nsilent = true\n";
    let analyzer = analyzer(&own);
    assert_eq!(check(&analyzer, &["good".into()], &[]), []);
    let of_x = check(&analyzer, &["x".into()], &[]);
    assert!(of_x.iter().any(|f| f.code == Code::ZeroWeight), "{of_x:?}");
}

#[test]
fn every_code_has_a_row_in_the_documentation() {
    let rows: Vec<Vec<&str>> = include_str!("mod.rs")
        .lines()
        .filter_map(|l| Some(l.strip_prefix("//! | `")?.split(" | ").collect()))
        .collect();
    for code in Code::all() {
        let row = rows.iter().find(|r| r[0] == format!("{code}`"));
        let row = row.unwrap_or_else(|| panic!("//! | `{code}` | {} | … |", code.severity().as_str()));
        assert_eq!((row.len(), row[1]), (5, code.severity().as_str()), "{code}");
        assert_eq!(code.as_str().parse(), Ok(code));
    }
    assert_eq!(rows.len(), Code::all().count());
    assert!(
        "shadow"
            .parse::<Code>()
            .is_err_and(|e| e.contains("\"shadowed\""))
    );
}

#[test]
fn fixing_keeps_the_meaning() {
    let own = untested("a", "no  way", "weight = 3.0");
    let messy = format!("{HEADER}{own}").replace("[\"no  way\"]", "[\" no  way\", \"no way\", \"never\"]");
    let load = |text: &str| {
        let files = Lexicon::builder()
            .file("shared.toml", SHARED)
            .file("x.toml", text);
        files.build().expect("loads")
    };
    let before = load(&messy);
    let text = fixed("x.toml", &messy, &before).expect("TOML");
    assert!(text.contains("[\"no way\", \"never\"]"), "{text}");
    assert!(same_meaning(&before, &load(&text)));
    assert!(!same_meaning(&before, &load(&text.replace("never", "ever"))));
    assert!(!same_meaning(&before, &load(&text.replace("3.0", "2.0"))));
}
