#![no_main]

libfuzzer_sys::fuzz_target!(init: hackles_fuzz::begin("phrases"), |bytes: &[u8]| hackles_fuzz::run(bytes));
