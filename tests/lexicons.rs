//! The built-in lexicons: they load, do what their examples say, and are described in the README.

use hackles::{Analyzer, Lexicon};

#[test]
fn every_example_does_what_it_says() {
    let report = Analyzer::builtin().run_examples(&[]);
    let failures: Vec<String> = report.failures.iter().map(ToString::to_string).collect();
    assert!(
        failures.is_empty(),
        "{} of {} examples fail:\n{}",
        failures.len(),
        report.run,
        failures.join("\n")
    );
    assert!(report.run > 500, "{} examples", report.run);
}

#[test]
fn every_signal_of_words_has_six_examples_of_each_kind() {
    let lexicon = Lexicon::builtin();
    let report = Analyzer::new(lexicon.clone())
        .expect("compiles")
        .run_examples(&[]);
    // What comes of timing has no words to quote.
    let few = report
        .counts
        .iter()
        .filter(|c| c.signal != "interruption" && (c.firing < 6 || c.silent < 6));
    let few: Vec<String> = few
        .map(|c| format!("{}: {} fire, {} silent", c.signal, c.firing, c.silent))
        .collect();
    assert!(few.is_empty(), "{}", few.join("\n"));
}

#[test]
fn every_header_is_complete() {
    for signal in Lexicon::builtin().signals() {
        for (key, text) in [
            ("title", &signal.title),
            ("summary", &signal.summary),
            ("why", &signal.why),
            ("hint", &signal.hint),
        ] {
            assert!(!text.trim().is_empty(), "{} has no {key}", signal.id);
        }
    }
}

#[test]
fn the_readme_lists_every_signal() {
    let lexicon = Lexicon::builtin();
    let mut table = String::from("| signal | of | | what it is |\n|---|---|---|---|\n");
    for s in lexicon.signals() {
        let severity = format!("{:?}", s.severity).to_lowercase();
        let of = s.speaker.map_or("any", |r| r.as_str());
        table.push_str(&format!(
            "| `{}` | {of} | {severity} | {} |\n",
            s.id,
            s.summary.trim().replace('|', "\\|")
        ));
    }
    let readme = include_str!("../README.md");
    assert!(
        readme.contains(&table),
        "the table under \"Signals\" of README.md should be:\n\n{table}"
    );
}

#[test]
fn a_mistake_is_told_with_its_place_and_the_nearest_name() {
    let good = "schema = 1\n[signal]\nid = \"x\"\nspeaker = \"agent\"\nseverity = \"bad\"\ntitle = \"t\"\nsummary = \"s\"\n";
    let entry = "[[entry]]\nid = \"e\"\nphrases = [\"a b\"]\nweight = 2.0\n";
    for (text, place, part) in [
        ("schema = 2\n".to_owned(), "f.toml:1:10", "schema = 1"),
        (
            format!("{good}colour = 1\n"),
            "f.toml:8:1",
            "unknown key \"colour\"",
        ),
        (
            format!("{good}{}", entry.replace("weight", "wieght")),
            "f.toml:11:1",
            "did you mean \"weight\"?",
        ),
        (
            format!("{good}{}", entry.replace("a b", "a <peple>")),
            "f.toml:10:15",
            "unknown list <peple> (did you mean \"people\"?)",
        ),
        (
            format!("{good}{}", entry.replace("2.0", "99.0")),
            "f.toml:11:10",
            "between -20 and 20",
        ),
        (format!("{good}{entry}{entry}"), "f.toml:13:6", "stands twice"),
        (
            format!("{good}{entry}unless = {{ signal = \"refusl\", within = \"turn\" }}\n"),
            "f.toml:12:10",
            "did you mean \"refusal\"?",
        ),
        (
            format!("{good}{entry}ignore = [\"negatoin\"]\n"),
            "f.toml:12:11",
            "did you mean \"negation\"?",
        ),
        (
            format!("{good}{entry}unless = {{ signal = \"x\", within = \"turn\" }}\n"),
            "f.toml:9:6",
            "in a circle: x -> x",
        ),
        (
            format!(
                "{good}{entry}only-if = {{ signal = \"refusal\", within-turns = 9, side = \"after\" }}\n"
            ),
            "f.toml:12:11",
            "1 to 3",
        ),
        (
            format!(
                "{good}{}",
                entry.replace("phrases = [\"a b\"]", "regex = '('\nneeds = [\"a\"]")
            ),
            "f.toml:10:9",
            "not a regular expression",
        ),
        (
            format!("{good}[[example]]\nagent = \"a\"\n"),
            "f.toml:9:9",
            "either `fires` or `silent = true`",
        ),
        (
            "schema = 1\n[signal]\nid = \"y\"\n".to_owned(),
            "f.toml:3:6",
            "needs a speaker",
        ),
    ] {
        let error = Lexicon::builder()
            .builtin()
            .file("f.toml", &text)
            .build()
            .expect_err(&text);
        let shown = error.to_string();
        assert!(
            shown.contains(place) && shown.contains(part),
            "{text}\ngives {shown}"
        );
    }
}

#[test]
fn files_are_laid_over_the_built_in_set() {
    let lay = |text: &str| {
        let lexicon = Lexicon::builder()
            .builtin()
            .file("mine.toml", text)
            .build()
            .unwrap_or_else(|e| panic!("{e}"));
        Analyzer::new(lexicon).expect("compiles")
    };
    let fires = |analyzer: &Analyzer, text: &str, signal: &str| {
        let explained = analyzer.explain(text, Some(hackles::Role::Agent));
        explained.scores.iter().any(|s| &*s.signal == signal && s.fired)
    };
    let text = "the house computer frowns";
    assert!(!fires(&Analyzer::builtin(), text, "refusal"));
    let mine = "schema = 1\n[signal]\nid = \"refusal\"\n[[entry]]\nid = \"mine\"\nphrases = [\"the house computer frowns\"]\nweight = 4.0\n";
    assert!(fires(&lay(mine), text, "refusal"));
    assert!(
        fires(&lay(mine), "that is not my job", "refusal"),
        "what was there stays"
    );
    assert!(!fires(
        &lay(&mine.replace("id = \"refusal\"", "id = \"refusal\"\nthreshold = 0.99")),
        text,
        "refusal"
    ));
    let off = "schema = 1\n[signal]\nid = \"backchannel\"\noff = true\n";
    assert!(lay(off).lexicon().signal("backchannel").is_err());
    let replaced = mine.replace(
        "id = \"refusal\"",
        "id = \"refusal\"\nreplace = true\nspeaker = \"agent\"\nseverity = \"bad\"\ntitle = \"t\"\nsummary = \"s\"",
    );
    assert!(
        fires(&lay(&replaced), text, "refusal") && !fires(&lay(&replaced), "that is not my job", "refusal")
    );
}
