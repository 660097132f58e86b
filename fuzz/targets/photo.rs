//! See `photo` in `../shell_checks.rs`.
#![no_main]

#[path = "../checks.rs"]
#[allow(dead_code)] // each target runs one
mod checks;
#[path = "../shell_checks.rs"]
#[allow(dead_code)]
mod shell_checks;

libfuzzer_sys::fuzz_target!(|data: &[u8]| shell_checks::photo(data));
