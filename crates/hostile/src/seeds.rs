//! What the fuzzer starts from: the project's own examples and fixtures.

use std::fs;
use std::path::{Path, PathBuf};

use hackles::Transcript;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files below a folder of the project, in the order of their paths.
pub(crate) fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = item.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The example calls.
pub(crate) fn calls() -> Vec<Transcript> {
    let files = files("examples/calls");
    let lines = files
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "jsonl"))
        .map(|path| fs::read_to_string(path).expect("readable"));
    lines
        .flat_map(|text| {
            text.lines()
                .map(|l| serde_json::from_str(l).expect("a call"))
                .collect::<Vec<_>>()
        })
        .collect()
}
