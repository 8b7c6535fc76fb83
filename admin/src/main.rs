//! `latchkey`: an administrator's command.

use std::process::ExitCode;

use admin::Arguments;
use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    match admin::run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}
