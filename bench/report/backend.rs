//! A local Latchkey in a child process, for its DynamoDB engine and its KMS endpoint: what they cost must not be
//! counted as the function's.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use dynoxide::Database;
use local::{Engine, Options, Server, Storage};
use shared::log::Log;

use crate::{Outcome, crowd};

/// Makes this program the backend.
pub const ARGUMENT: &str = "--backend";

pub struct Backend {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    pub dynamodb: String,
    pub kms: String,
}

impl Backend {
    pub fn start() -> Outcome<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut process = command.arg(ARGUMENT).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let orders = process.stdin.take().ok_or("the backend has no input")?;
        let mut answers = BufReader::new(process.stdout.take().ok_or("the backend has no output")?);
        let mut line = String::new();
        answers.read_line(&mut line)?;
        let (dynamodb, kms) = line.trim().split_once(' ').ok_or("the backend did not start")?;
        Ok(Self { dynamodb: dynamodb.to_owned(), kms: kms.to_owned(), process, orders, answers })
    }

    /// Fills the table with so many people of each kind, as [`crowd::grow`] does: how many rows that are.
    pub fn grow(&mut self, people: u32) -> Outcome<usize> {
        writeln!(self.orders, "{people}")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(line.trim().parse().map_err(|_| "the backend could not fill its table")?)
    }

    pub fn process_id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.process.kill().and_then(|()| self.process.wait()).ok();
    }
}

/// Serves until standard input ends, that is as long as the report runs, however that ends.
pub fn serve() -> Outcome<()> {
    let database = Database::memory()?;
    let engine = Engine::serve(database.clone(), 0)?;
    let dynamodb_endpoint = Some(engine.endpoint.clone());
    let options = Options { dynamodb_endpoint, log: Log::captured(), ..Options::new(Storage::Memory) };
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let server = Server::start(options, |_| {}).await?;
        writeln!(std::io::stdout(), "{} {}", server.dynamodb_endpoint, server.kms_endpoint)?;
        tokio::task::spawn_blocking(move || obey(&database)).await?.map_err(Into::into)
    })
}

/// Each order is a number of people.
fn obey(database: &Database) -> Result<(), String> {
    for order in std::io::stdin().lines() {
        let people = order.map_err(|error| error.to_string())?.parse().map_err(|_| "no number of people")?;
        let rows = crowd::grow(database, people)?;
        writeln!(std::io::stdout(), "{rows}").map_err(|error| error.to_string())?;
    }
    Ok(())
}
