//! `hackles watch --reload` as its operators see it: the lexicon changes while calls go on.

mod common;

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use common::{Folder, bare};
use serde_json::Value;

/// No step takes so long on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn lexicon(phrase: &str) -> String {
    format!(
        "schema = 1\n[signal]\nid = \"said\"\nspeaker = \"any\"\nseverity = \"info\"\ntitle = \"Said\"\nsummary = \"Says it.\"\nwhy = \"To see it.\"\nhint = \"None.\"\n\
         [[entry]]\nid = \"it\"\nphrases = [\"{phrase}\"]\nweight = 4.0\n"
    )
}

/// A program that runs: its lines of both kinds as they come.
struct Watching {
    program: Child,
    input: Option<ChildStdin>,
    out: Receiver<String>,
    err: Receiver<String>,
}

fn lines(from: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        let lines = BufReader::new(from).lines().map_while(Result::ok);
        lines
            .take_while(|line| tell.send(line.clone()).is_ok())
            .for_each(drop);
    });
    told
}

impl Watching {
    fn of(path: &str) -> Self {
        let mut program = Command::new(env!("CARGO_BIN_EXE_hackles"))
            .args(["watch", "--reload", "--no-builtin", "--lexicon", path])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        Watching {
            input: program.stdin.take(),
            out: lines(program.stdout.take().expect("piped")),
            err: lines(program.stderr.take().expect("piped")),
            program,
        }
    }

    fn send(&mut self, line: &str) {
        let input = self.input.as_mut().expect("open");
        writeln!(input, "{line}")
            .and_then(|()| input.flush())
            .expect("read");
    }

    /// A word of a call, which it ends.
    fn say(&mut self, call: &str, text: &str, ends: bool) {
        self.send(&format!(
            r#"{{"call":"{call}","utterance":"{text}","speaker":"agent","text":"{text}","final":true,"end":{ends}}}"#
        ));
    }

    fn complaint(&self) -> String {
        self.err.recv_timeout(PATIENCE).expect("a line on standard error")
    }

    /// The lexicon of the next report, and what was found.
    fn report(&self) -> (String, bool) {
        loop {
            let line = self
                .out
                .recv_timeout(PATIENCE)
                .expect("a line on standard output");
            let line: Value = serde_json::from_str(&line).expect("JSON");
            if let Some(report) = line.get("report") {
                let found = report["call"]["signals"].get("said").is_some();
                return (report["lexicon"].as_str().expect("named").to_owned(), found);
            }
        }
    }

    /// Whether a call that begins now fires by these words, and by which lexicon.
    fn fires(&mut self, call: &str, text: &str) -> (String, bool) {
        self.say(call, text, true);
        self.report()
    }

    fn end(mut self) -> i32 {
        drop(self.input.take());
        self.program.wait().expect("ends").code().expect("no signal")
    }
}

fn in_force(line: &str) -> &str {
    let told = line.strip_prefix("hackles: lexicon ");
    let told = told.and_then(|l| l.strip_suffix(" is in force for calls that begin from now on"));
    told.unwrap_or_else(|| panic!("{line}"))
}

#[test]
fn calls_keep_the_lexicon_they_began_with() {
    let folder = Folder::new("reload-file");
    let path = folder.write("mine.toml", &lexicon("old words"));
    let mut watching = Watching::of(&path);
    watching.say("before", "hello", false);
    let (old, fired) = watching.fires("first", "old words");
    assert!(fired);

    // Moved into its place, as editors and deployments do.
    let moved = folder.write("mine.toml.new", &lexicon("new words"));
    fs::rename(moved, &path).expect("renamed");
    let line = watching.complaint();
    let new = in_force(&line).to_owned();
    assert_ne!(new, old);
    assert_eq!(watching.fires("after", "new words"), (new.clone(), true));
    assert_eq!(watching.fires("after too", "old words"), (new.clone(), false));
    watching.say("before", "old words", true);
    assert_eq!(watching.report(), (old, true));

    // A broken one leaves what is in force, and is told once, with its place.
    folder.write(
        "mine.toml",
        &lexicon("new words").replace("weight = 4.0", "weight = four"),
    );
    let told = watching.complaint();
    assert!(told.starts_with(&format!("{path}:13:")), "{told}");
    let told = watching.complaint();
    assert_eq!(
        told,
        format!("hackles: lexicon {new} stays in force: the changed one does not load")
    );
    assert_eq!(watching.fires("broken", "new words"), (new.clone(), true));

    fs::remove_file(&path).expect("removed");
    let told = watching.complaint();
    assert!(told.starts_with(&format!("{path}: no such file")), "{told}");
    watching.complaint();
    assert_eq!(watching.fires("gone", "new words"), (new, true));

    folder.write("mine.toml", &lexicon("newest words"));
    let line = watching.complaint();
    assert_eq!(
        watching.fires("last", "newest words"),
        (in_force(&line).to_owned(), true)
    );
    assert_eq!(watching.end(), 0);
}

#[test]
fn a_folder_is_followed_with_all_it_holds() {
    let folder = Folder::new("reload-folder");
    folder.write("mine/a.toml", &lexicon("old words"));
    let mut watching = Watching::of(&folder.path("mine"));
    assert!(watching.fires("first", "old words").1);
    folder.write("mine/deep/b.toml", "schema = 1\n[signal]\nid = \"said\"\n[[entry]]\nid = \"more\"\nphrases = [\"more words\"]\nweight = 4.0\n");
    folder.write("mine/notes.txt", "no lexicon");
    let line = watching.complaint();
    assert_eq!(
        watching.fires("second", "more words"),
        (in_force(&line).to_owned(), true)
    );
    assert!(watching.fires("third", "old words").1);
    fs::remove_file(folder.path("mine/deep/b.toml")).expect("removed");
    in_force(&watching.complaint());
    assert!(!watching.fires("fourth", "more words").1);
    assert_eq!(watching.end(), 0);
}

#[cfg(unix)]
#[test]
fn a_hangup_reads_anew_what_looks_the_same() {
    let folder = Folder::new("reload-hangup");
    let path = folder.write("mine.toml", &lexicon("old words"));
    let changed = fs::metadata(&path)
        .and_then(|known| known.modified())
        .expect("known");
    let mut watching = Watching::of(&path);
    assert!(watching.fires("first", "old words").1);
    // The same size and the same time of change: only the operator knows.
    let next = folder.write("next", &lexicon("new words"));
    let file = fs::File::options().write(true).open(&next).expect("there");
    file.set_modified(changed).expect("set");
    fs::rename(&next, &path).expect("renamed");
    let id = watching.program.id().to_string();
    let told = Command::new("kill").args(["-HUP", &id]).status().expect("sent");
    assert!(told.success());
    let line = watching.complaint();
    assert_eq!(
        watching.fires("second", "new words"),
        (in_force(&line).to_owned(), true)
    );
    assert_eq!(watching.end(), 0);
}

#[test]
fn reloading_needs_files_and_calls_that_go_on() {
    assert_eq!(bare(&["watch", "--reload"]).code, 2);
    assert_eq!(
        bare(&["watch", "--reload", "--lexicon", "x", "--replay", "0", "y"]).code,
        2
    );
}
