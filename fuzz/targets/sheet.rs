//! See `sheet` in `../checks.rs`.
#![no_main]

#[path = "../checks.rs"]
#[allow(dead_code)] // each target runs one
mod checks;

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::sheet(data));
