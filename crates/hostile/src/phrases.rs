//! The grammar of phrases: a phrase a line, the last line is what is said. What the automaton finds is what trying every phrase at every token
//! finds.

use hackles::Analyzer;

use crate::lexicons::over_base;

const HEADER: &str = "schema = 1\n[signal]\nid = \"x\"\nspeaker = \"any\"\nseverity = \"info\"\ntitle = \"t\"\nsummary = \"s\"\nwhy = \"w\"\nhint = \"h\"\n";

pub(crate) fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (phrases, said) = text.rsplit_once('\n').unwrap_or((&text, "not my job"));
    let mut file = HEADER.to_owned();
    for (i, phrase) in phrases.split('\n').enumerate() {
        // JSON writes text as TOML reads it, but for the one mark that TOML wants hidden.
        let quoted = serde_json::to_string(phrase)
            .expect("text")
            .replace('\u{7f}', "\\u007f");
        file.push_str(&format!(
            "[[entry]]\nid = \"e{i}\"\nphrases = [{quoted}]\nweight = 1.0\n"
        ));
    }
    let Ok(analyzer) = over_base([file.as_str()]).and_then(Analyzer::new) else {
        return;
    };
    let mut probe = analyzer.probe();
    let [fast, plain] = probe.both_ways(said);
    assert_eq!(fast, plain, "{phrases:?} in {said:?}");
    analyzer.explain(said, None);
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    [
        "not my job\nwell that's, um, really not my job",
        "(not|isn't) my (job|<things>) [at all]\nit isn't my my big box",
        "my ..2 job\nmy um uh a um b job",
        "^ ..2 sorry\noh i am sorry um",
        "thanks (a lot|$)\nthanks a lot and thanks",
        "canc* it\n#number jobs\n#name\ncancel it two jobs bob",
        "[(x|y|z) (x|y|z) (x|y|z)] a b\nz y x a b, x x y z z y a b",
        "(a|b c) (d|e) [(f|g)] (h|i) $\nb c e g i",
        "do you know\nknow it\nyou know just\ndo you know you know it",
        "#masked\n#money\n#time\nf*** sh*t 5 dollars $3.50 5:30 pm today",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

pub(crate) fn words() -> Vec<String> {
    [
        "(",
        "|",
        ")",
        "[",
        "]",
        "<things>",
        "..1",
        "..12",
        "^ ",
        " $",
        "#number",
        "#time",
        "#money",
        "#name",
        "#masked",
        "canc*",
        "um",
        "you know",
        "i mean",
        "to be honest",
        "just",
        "really",
        "can't",
        "it's",
        "not",
        "my",
        "job",
        "[noise]",
        "I-I",
        "whi-",
        "f***",
        "colour",
        "a",
        "b",
        "c",
        "no",
        ". ",
        "? ",
        "! ",
        ", ",
        "mr.",
        "bob",
        "two",
        "5:30",
        "\u{1f642}",
    ]
    .map(str::to_owned)
    .to_vec()
}
