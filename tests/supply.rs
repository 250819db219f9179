//! What the project is built of is what it says it is: dependencies have lines in SUPPLY.md, licences and sources are those of deny.toml, `unsafe`
//! stands where ARCHITECTURE.md says, and the tests that it holds against threats are there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// Manifests, and what their packages are called in SUPPLY.md.
const MANIFESTS: &[(&str, &str)] = &[
    ("Cargo.toml", "hackles"),
    ("crates/cli/Cargo.toml", "cli"),
    ("crates/formats/Cargo.toml", "formats"),
    ("crates/hostile/Cargo.toml", "hostile"),
    ("crates/xtask/Cargo.toml", "xtask"),
    ("fuzz/Cargo.toml", "fuzz"),
];
/// Where `unsafe` may stand.
const UNSAFE: &[&str] = &["src/text/simd.rs", "tests/allocations.rs", "tests/privacy.rs"];

fn text(path: impl AsRef<Path>) -> String {
    let path = Path::new(ROOT).join(path);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Each foreign crate that a manifest names, with those that name it.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (manifest, package) in MANIFESTS {
        let table: toml::Table = text(manifest).parse().expect("TOML");
        for (kind, user) in [
            ("dependencies", (*package).to_owned()),
            ("build-dependencies", (*package).to_owned()),
            ("dev-dependencies", format!("{package} (tests)")),
        ] {
            for (name, how) in table
                .get(kind)
                .and_then(toml::Value::as_table)
                .into_iter()
                .flatten()
            {
                if how.get("path").is_none() {
                    found.entry(name.clone()).or_default().insert(user.clone());
                }
            }
        }
    }
    found
}

#[test]
fn every_dependency_has_a_line() {
    let supply = text("SUPPLY.md");
    let mut lines: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for line in supply.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        assert_eq!(cells.len(), 6, "{line}");
        let name = cells[0].trim_matches('`');
        assert!(lines.insert(name, cells).is_none(), "{name} has two lines");
    }
    let mut wrong = Vec::new();
    for (name, users) in dependencies() {
        let users = users.into_iter().collect::<Vec<_>>().join(", ");
        match lines.remove(name.as_str()) {
            Some(cells) if cells[1] == users => {
                assert!(!cells[2].is_empty() && !cells[3].is_empty(), "{name}: why, and by whom?");
                assert!(["yes", "no"].contains(&cells[5]), "{name}: `unsafe`, yes or no?");
            }
            Some(cells) => wrong.push(format!("{name} is used by {users}, not by {}", cells[1])),
            None => wrong.push(format!(
                "add to SUPPLY.md:\n| `{name}` | {users} | what for? | kept by whom? | in place of what? | yes or no |"
            )),
        }
    }
    wrong.extend(lines.keys().map(|name| format!("nothing needs {name} any more")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is built on this machine, as cargo tells it.
fn packages() -> Vec<Value> {
    let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .current_dir(ROOT)
        .args(["metadata", "--format-version", "1", "--locked"]);
    if cfg!(target_os = "linux") {
        cargo.args(["--filter-platform", &host]);
    }
    let told = cargo.output().expect("cargo");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let mut metadata: Value = serde_json::from_slice(&told.stdout).expect("JSON");
    match metadata["packages"].take() {
        Value::Array(packages) => packages,
        other => panic!("no packages: {other}"),
    }
}

/// Whether one may choose licences that are all welcome. `AND` is taken to bind last, which asks for more, not less.
fn is_welcome(expression: &str, welcome: &BTreeSet<String>) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
    plain
        .split(" AND ")
        .all(|part| part.split(" OR ").any(|one| welcome.contains(one.trim())))
}

#[test]
fn licences_and_sources_are_welcome() {
    let deny: toml::Table = text("deny.toml").parse().expect("TOML");
    let welcome = deny["licenses"]["allow"].as_array().expect("a list");
    let welcome: BTreeSet<String> = welcome
        .iter()
        .filter_map(|l| l.as_str().map(str::to_owned))
        .collect();
    let mut wrong = Vec::new();
    let mut sources = BTreeSet::new();
    let packages = packages();
    assert!(packages.len() > 100, "{} packages", packages.len());
    for package in &packages {
        let name = format!("{} {}", package["name"], package["version"]);
        let license = package["license"].as_str().unwrap_or_default();
        if !is_welcome(license, &welcome) {
            wrong.push(format!(
                "{name}: the licence \"{license}\" is not one of deny.toml"
            ));
        }
        if let Some(source) = package["source"].as_str() {
            sources.insert(source);
            if !source.starts_with("registry+") {
                wrong.push(format!("{name} comes from {source}"));
            }
        }
    }
    // One registry, the default one: `deny.toml` refuses others.
    assert_eq!(sources.len(), 1, "{sources:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn licences_are_read_as_they_are_written() {
    let welcome = BTreeSet::from(["MIT".to_owned(), "Zlib".to_owned()]);
    for (expression, want) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("", false),
        ("GPL-3.0/MIT", true),
        ("(GPL-3.0 OR MIT) AND Zlib", true),
        ("MIT AND GPL-3.0", false),
    ] {
        assert_eq!(is_welcome(expression, &welcome), want, "{expression}");
    }
}

/// The Rust files below a folder, as paths from the root.
fn rust_files(folder: &str, found: &mut Vec<PathBuf>) {
    for item in fs::read_dir(Path::new(ROOT).join(folder)).expect("a folder") {
        let item = item.expect("readable");
        let path = format!("{folder}/{}", item.file_name().to_string_lossy());
        if item.path().is_dir() {
            if item.file_name() != "target" {
                rust_files(&path, found);
            }
        } else if path.ends_with(".rs") {
            found.push(PathBuf::from(path));
        }
    }
}

#[test]
fn unsafe_stands_in_one_file() {
    let mut files = Vec::new();
    for folder in ["src", "crates", "tests", "benches", "examples", "fuzz"] {
        rust_files(folder, &mut files);
    }
    assert!(files.len() > 200, "{} files", files.len());
    // Not as one word, or this file would have it.
    let blocks = [" {", " fn", " impl", " extern", " trait"].map(|behind| format!("unsafe{behind}"));
    let has_any = |path: &&PathBuf| {
        let text = text(path);
        let mut code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        code.any(|line| blocks.iter().any(|block| line.contains(block)))
    };
    let found: Vec<String> = files
        .iter()
        .filter(has_any)
        .map(|p| p.display().to_string())
        .collect();
    assert_eq!(found, UNSAFE);
    for (manifest, package) in MANIFESTS.iter().filter(|(_, package)| *package != "hackles") {
        let folder = Path::new(manifest).parent().expect("a folder").join("src");
        let root = ["lib.rs", "main.rs"].map(|name| folder.join(name));
        let root = root
            .iter()
            .find(|path| Path::new(ROOT).join(path).exists())
            .expect("a root");
        assert!(
            text(root).contains("#![forbid(unsafe_code)]"),
            "{package} does not forbid it"
        );
    }
}

#[test]
fn every_threat_is_met_by_tests_that_are_there() {
    let text_of = text("ARCHITECTURE.md");
    let (_, table) = text_of.split_once("## Threats").expect("a chapter");
    let table = table.split("\n## ").next().unwrap_or_default();
    let rows: Vec<&str> = table
        .lines()
        .filter(|line| line.starts_with("| "))
        .skip(1)
        .collect();
    assert!(rows.len() > 10, "{} threats", rows.len());
    let mut missing = Vec::new();
    for row in rows {
        let shown: Vec<&str> = row
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|name| name.contains("::"))
            .collect();
        assert!(!shown.is_empty(), "no test: {row}");
        for name in shown {
            let (file, function) = name.split_once("::").unwrap_or_default();
            let file = Path::new(ROOT).join(format!("{file}.rs"));
            let is_there =
                fs::read_to_string(file).is_ok_and(|code| code.contains(&format!("fn {function}(")));
            if !is_there {
                missing.push(name);
            }
        }
    }
    assert!(missing.is_empty(), "not there: {}", missing.join(", "));
}
