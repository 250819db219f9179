#![no_main]

libfuzzer_sys::fuzz_target!(init: hackles_fuzz::begin("twins"), |bytes: &[u8]| hackles_fuzz::run(bytes));
