//! What an administrator does to a deployment, or to the local server's data: commands over the acts of `shared`.
//!
//! Results go to standard output, one JSON object a line; progress and the log's lines go to standard error. A command
//! that was refused has changed nothing, says why in one line and ends with 1; one that was mistyped ends with 2.
//!
//! To add a command: a file with its arguments (clap), an arm in `Command`, and what it does as an act of
//! `shared/src/app` or a fact of `shared/src/store`; here is only how it is asked for and shown.

mod account;
mod archive;
mod client;
mod connection;
mod failure;
mod intermediary;
mod key_ring;
mod output;
mod progress;
mod settings;
mod tenant;
mod value;

pub use connection::Admin;
pub use failure::Failure;

use clap::{Parser, Subcommand};

use account::AccountCommand;
use archive::{ExportCommand, ImportCommand};
use client::ClientCommand;
use connection::Connection;
use intermediary::IntermediaryCommand;
use key_ring::KeyRingCommand;
use tenant::TenantCommand;

/// Administers a deployment of Latchkey, or with --local what the local server keeps
#[derive(Debug, Parser)]
#[command(name = "latchkey", version, propagate_version = true, subcommand_required = true)]
pub struct Arguments {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The keys that sign tokens and open what is sealed: before everything else, `key-ring init`
    #[command(subcommand)]
    KeyRing(KeyRingCommand),
    /// Tenants, and what each has chosen
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// A tenant's back ends, portals and third parties, and what they prove themselves by
    #[command(subcommand)]
    Client(ClientCommand),
    /// Records of intermediaries, and invitations to them
    #[command(subcommand)]
    Intermediary(IntermediaryCommand),
    /// Accounts of every kind, and their sessions
    #[command(subcommand)]
    Account(AccountCommand),
    /// Write a whole tenant into one file, encrypted for one recipient
    Export(ExportCommand),
    /// Put a tenant, or accounts of another system, where there is none of them yet
    Import(ImportCommand),
}

/// Does what was asked for.
///
/// # Errors
/// One line that says what is in the way.
pub async fn run(arguments: Arguments) -> Result<(), Failure> {
    let admin = arguments.connection.connect().await?;
    match arguments.command {
        Command::KeyRing(command) => command.run(&admin).await,
        Command::Tenant(command) => command.run(&admin).await,
        Command::Client(command) => command.run(&admin).await,
        Command::Intermediary(command) => command.run(&admin).await,
        Command::Account(command) => command.run(&admin).await,
        Command::Export(command) => command.run(&admin).await,
        Command::Import(command) => command.run(&admin).await,
    }
}
