//! The `menusync` command.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Reading files and answers is mostly small allocations: with the C library's allocator a third of the time goes there.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    menusync::remote::install_crypto();
    menusync::cli::main(std::env::args_os()).into()
}
