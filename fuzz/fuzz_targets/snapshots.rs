#![no_main]

libfuzzer_sys::fuzz_target!(init: hackles_fuzz::begin("snapshots"), |bytes: &[u8]| hackles_fuzz::run(bytes));
