//! A signal of one's own, laid over the built-in set, and a built-in one changed. `cargo run --example custom_lexicon`

use hackles::{Analyzer, Lexicon, Role};

const UPSELL: &str = r#"
schema = 1

[signal]
id = "upsell_too_early"
speaker = "agent"
severity = "bad"
title = "Sells before the problem is solved"
summary = "Offers something for sale in the first minute of a call."
hint = "Solve the problem first."

[[entry]]
id = "offer"
phrases = ["can i (interest you|offer you) ..4 (upgrade|plan|bundle)", "while i have you on the line"]
weight = 3.0
first-ms = 60000

[[example]]
agent = "can i interest you in our premium plan"
times = [5000, 8000]
fires = "can i interest you in our premium plan"
"#;

const REFUSAL: &str = r#"
schema = 1

[signal]
id = "refusal"

[[entry]]
id = "house-phrase"
phrases = ["computer says no"]
weight = 4.0
"#;

fn main() -> Result<(), hackles::Error> {
    let lexicon = Lexicon::builder()
        .builtin()
        .file("upsell.toml", UPSELL)
        .file("refusal.toml", REFUSAL)
        .build()?;
    let analyzer = Analyzer::new(lexicon)?;

    let tested = analyzer.run_examples(&["upsell_too_early".to_owned()]);
    println!("{} example run, {} failed", tested.run, tested.failures.len());

    let explanation = analyzer.explain("i'm afraid the computer says no", Some(Role::Agent));
    for score in &explanation.scores {
        println!(
            "{} {:.4} fires: {}",
            score.signal,
            score.score.to_f64(),
            score.fired
        );
    }

    // A mistake is told with its place and what was perhaps meant.
    let wrong = UPSELL.replace("weight", "wieght");
    println!(
        "{}",
        Lexicon::builder()
            .builtin()
            .file("upsell.toml", &wrong)
            .build()
            .expect_err("misspelt")
    );
    Ok(())
}
