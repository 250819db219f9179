//! What every fuzzing program does: it begins with its target, or writes what to begin from, and runs inputs.
#![forbid(unsafe_code)]

use std::path::Path;
use std::sync::OnceLock;
use std::{env, fs, io, process};

use hackles_hostile::Target;

/// Names the folder that seeds and words are written to, in place of fuzzing.
const SEEDS: &str = "HACKLES_FUZZ_SEEDS";

static TARGET: OnceLock<&Target> = OnceLock::new();

/// Settles the target of this program.
pub fn begin(name: &str) {
    let target = hackles_hostile::target(name).unwrap_or_else(|| panic!("there is no target {name}"));
    if let Some(folder) = env::var_os(SEEDS) {
        let written = write(target, Path::new(&folder));
        if let Err(error) = &written {
            eprintln!("{}: {error}", folder.display());
        }
        process::exit(i32::from(written.is_err()));
    }
    // What is made once is made before the time of an input is taken.
    if let Some(seed) = (target.seeds)().first() {
        (target.run)(seed);
    }
    TARGET.get_or_init(|| target);
}

/// Runs an input of the target.
pub fn run(bytes: &[u8]) {
    if let Some(target) = TARGET.get() {
        (target.run)(bytes);
    }
}

/// Seeds as files, words as libFuzzer reads them, and the length of the longest input.
fn write(target: &Target, folder: &Path) -> io::Result<()> {
    let seeds = folder.join("seeds");
    fs::create_dir_all(&seeds)?;
    for (number, seed) in (target.seeds)().iter().enumerate() {
        fs::write(seeds.join(format!("{number:03}")), seed)?;
    }
    let escaped = |word: &String| {
        word.bytes()
            .map(|byte| format!("\\x{byte:02x}"))
            .collect::<String>()
    };
    let words: Vec<String> = (target.words)()
        .iter()
        .map(|word| format!("\"{}\"\n", escaped(word)))
        .collect();
    fs::write(folder.join("words.dict"), words.concat())?;
    fs::write(folder.join("most_bytes"), target.most_bytes.to_string())
}
