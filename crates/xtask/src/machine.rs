//! What the figures were made on.

use std::fs;
use std::process::Command;

/// The processor, its threads, and the compiler.
pub(crate) fn name() -> String {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{}, {threads} threads, {}", processor(), compiler())
}

fn processor() -> String {
    let told = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = told.lines().find_map(|l| l.strip_prefix("model name"));
    match model.and_then(|l| l.split_once(':')) {
        Some((_, model)) => model.trim().to_owned(),
        None => std::env::consts::ARCH.to_owned(),
    }
}

fn compiler() -> String {
    let rustc = Command::new("rustc").arg("--version").output();
    rustc.map_or_else(
        |_| String::new(),
        |out| String::from_utf8_lossy(&out.stdout).trim().to_owned(),
    )
}

/// Resident memory of this process in bytes, where the system tells.
pub(crate) fn resident() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kilobytes = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    let kilobytes: usize = kilobytes.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
