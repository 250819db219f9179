//! Lexicon files over a small one, and a call for what they make.
//!
//! Files are parted by lines of `%%`; what follows the last is the call, as [`crate::script`] has it.

use std::sync::LazyLock;

use hackles::{Analyzer, Lexicon, Role, Transcript};

use crate::calls;
use crate::script::{Script, Step};
use crate::seeds;

const BASE: &str = include_str!("../base.toml");
const SORRY: &str = include_str!("../base.sorry.toml");
pub(crate) const ANGER: &str = include_str!("../base.anger.toml");
const PART: &str = "\n%%\n";
const CALL: &str = "u1 customer 0..900 + i am so ANGRY\n@ 950\nu2 agent 800..1500 =. sorry, mr bob\nu1 customer 0..1200 +. at you! code ab-123\nu3 customer 2000.. =. two bills, not furious?\n$ 9000";

/// An analyzer of the small lexicon and anger.
pub(crate) static SMALL: LazyLock<Analyzer> = LazyLock::new(|| {
    let analyzer = over_base([ANGER]).and_then(Analyzer::new);
    analyzer.unwrap_or_else(|e| panic!("{e}"))
});

/// The small lexicon, and files over it.
pub(crate) fn over_base<'a>(files: impl IntoIterator<Item = &'a str>) -> Result<Lexicon, hackles::Error> {
    let base = Lexicon::builder()
        .file("base.toml", BASE)
        .file("sorry.toml", SORRY);
    let files = files.into_iter().enumerate();
    files
        .fold(base, |builder, (i, text)| {
            builder.file(&format!("{i}.toml"), text)
        })
        .build()
}

pub(crate) fn run(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (files, call) = text.rsplit_once(PART).unwrap_or((&text, CALL));
    match over_base(files.split(PART)).and_then(Analyzer::new) {
        Ok(analyzer) => holds_of(&analyzer, &Script::of(call)),
        Err(error) => {
            assert!(!error.problems().is_empty());
            assert!(!error.to_string().is_empty());
        }
    }
}

/// What must hold of every analyzer: calls add up however they are sent, the saved one says the same, everything can be explained.
fn holds_of(analyzer: &Analyzer, script: &Script) {
    calls::hold(analyzer, script);
    let saved = analyzer.save();
    let loaded = Analyzer::load(&saved).unwrap_or_else(|e| panic!("saved just now: {e}"));
    assert!(loaded.save() == saved, "saved again it is another");
    let call: Transcript =
        serde_json::from_str(r#"{"turns":[{"speaker":"customer","text":"i am so angry at you"}]}"#)
            .expect("a call");
    assert_eq!(loaded.score(&call), analyzer.score(&call));
    for step in &script.steps {
        if let Step::Chunk(piece) = step {
            loaded.explain(&piece.text, Role::of_id(&piece.speaker));
        }
    }
    analyzer.run_examples(&[]);
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let short = |path: &std::path::PathBuf| std::fs::metadata(path).is_ok_and(|m| m.len() < 4000);
    let own = seeds::files("lexicons/en").into_iter().filter(short);
    let own = own.filter_map(|path| std::fs::read_to_string(path).ok());
    std::iter::once(ANGER.to_owned())
        .chain(own)
        .map(|text| format!("{text}{PART}{CALL}").into_bytes())
        .collect()
}

/// The keys and words of the schema, and marks of its grammar.
pub(crate) fn words() -> Vec<String> {
    let files = seeds::files("lexicons/en").into_iter();
    let mut words: Vec<String> = files
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .flat_map(|text| {
            let keys = text.lines().filter_map(|line| line.split_once(" = "));
            let keys = keys.map(|(key, _)| format!("{key} = ")).filter(|k| k.len() < 24);
            let tables = text
                .lines()
                .filter(|line| line.starts_with('['))
                .map(str::to_owned);
            keys.chain(tables).collect::<Vec<_>>()
        })
        .collect();
    words.extend(crate::phrases::words());
    words.extend(
        [
            "schema = 1\n",
            "within-turns = 3",
            "within-ms = 60000",
            "side = \"after\"",
            "by = \"agent\"",
            "sequence = { steps = [",
            "absent = { after = {",
            "count = {",
            "at-least = 2",
            "regex = '",
            "needs = [",
            "off = true",
            "replace = true",
            "kind = \"echo\"",
            "kind = \"overlap\"",
            "kind = \"repeat\"",
            "1e308",
            "nan",
        ]
        .map(str::to_owned),
    );
    words.sort();
    words.dedup();
    words
}
