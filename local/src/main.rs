//! `cargo run`: Latchkey on this machine.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use local::{Options, Server, Storage};
use shared::limits::Limits;
use tokio::signal::unix::{SignalKind, signal};

/// Latchkey on this machine: every function, an embedded DynamoDB, a demo tenant.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Where to serve; 0 takes any free port
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// Keep nothing when it stops
    #[arg(long)]
    memory: bool,
    /// Where to keep the table and the key-ring key
    #[arg(long, default_value = ".latchkey", conflicts_with = "memory")]
    data: PathBuf,
    /// Also serve the embedded DynamoDB to other tools on this port
    #[arg(long, default_value_t = 0)]
    dynamodb_port: u16,
    /// Also serve the key ring's key, as KMS would, to other tools on this port
    #[arg(long, default_value_t = 0)]
    kms_port: u16,
    /// Limits that differ from ours, as JSON (shared/src/limits.rs)
    #[arg(long, env = "LIMITS", value_name = "JSON", value_parser = Limits::parse, default_value = "{}", hide_default_value = true)]
    limits: Limits,
    /// Use another DynamoDB engine instead of the embedded one
    #[arg(long, env = "AWS_ENDPOINT_URL_DYNAMODB", conflicts_with = "dynamodb_port")]
    dynamodb_endpoint: Option<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match serve(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(arguments: Arguments) -> Result<(), String> {
    let Arguments { port, memory, data, dynamodb_port, kms_port, limits, dynamodb_endpoint } = arguments;
    let storage = if memory { Storage::Memory } else { Storage::Folder(data) };
    let options = Options { port, dynamodb_port, kms_port, limits, dynamodb_endpoint, ..Options::new(storage) };
    eprintln!("Latchkey is starting");
    let server = Server::start(options, |step| eprintln!("  {step}")).await?;
    // Listening before it says that it is ready: whoever reads that may ask it to stop at once.
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    eprintln!("Latchkey is ready at {} (Ctrl-C stops it)", server.base_url);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    eprintln!("Latchkey is stopping");
    server.stop().await;
    Ok(())
}
