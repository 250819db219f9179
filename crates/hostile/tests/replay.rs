//! Inputs that once did harm, and those the fuzzer starts from: none of them does.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use hackles_hostile::{TARGETS, target};

/// Runs an input; says which one it was if it does harm.
fn run(run: fn(&[u8]), input: &[u8], name: &str) {
    if catch_unwind(AssertUnwindSafe(|| run(input))).is_err() {
        panic!("{name} does harm:\n{}", String::from_utf8_lossy(input));
    }
}

#[test]
fn what_did_harm_once_does_none() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/regressions");
    for folder in fs::read_dir(folder).expect("regressions") {
        let folder = folder.expect("readable").path();
        let name = folder.file_name().expect("a name").to_string_lossy().into_owned();
        let target =
            target(&name).unwrap_or_else(|| panic!("fuzz/regressions/{name}: there is no such target"));
        for file in fs::read_dir(&folder).expect("readable") {
            let path = file.expect("readable").path();
            run(
                target.run,
                &fs::read(&path).expect("readable"),
                &path.display().to_string(),
            );
        }
    }
}

#[test]
fn no_seed_does_harm() {
    for target in TARGETS {
        let seeds = (target.seeds)();
        assert!(!seeds.is_empty(), "{} starts from nothing", target.name);
        for (number, seed) in seeds.iter().enumerate() {
            run(target.run, seed, &format!("seed {number} of {}", target.name));
        }
    }
}

/// The targets of the crate and the programs of `fuzz/` are the same.
#[test]
fn every_target_is_a_program_of_the_fuzzer() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/Cargo.toml");
    let manifest = fs::read_to_string(manifest).expect("readable");
    for target in TARGETS {
        let line = format!("name = \"{}\"", target.name);
        assert!(
            manifest.contains(&line),
            "fuzz/Cargo.toml: a [[bin]] with {line} is missing"
        );
    }
    assert_eq!(manifest.matches("[[bin]]").count(), TARGETS.len());
}
