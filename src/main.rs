//! The `menusync` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    menusync::remote::install_crypto();
    menusync::cli::main(std::env::args_os()).into()
}
