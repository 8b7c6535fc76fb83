//! A local Latchkey in a child process, for its DynamoDB engine and its KMS endpoint: what they cost must not be
//! counted as the function's.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use local::{Options, Server, Storage};
use shared::log::Log;

use crate::Outcome;

/// Makes this program the backend.
pub const ARGUMENT: &str = "--backend";

pub struct Backend {
    process: Child,
    pub dynamodb: String,
    pub kms: String,
}

impl Backend {
    pub fn start() -> Outcome<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut process = command.arg(ARGUMENT).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("the backend has no output")?).read_line(&mut line)?;
        let (dynamodb, kms) = line.trim().split_once(' ').ok_or("the backend did not start")?;
        Ok(Self { process, dynamodb: dynamodb.to_owned(), kms: kms.to_owned() })
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.process.kill().and_then(|()| self.process.wait()).ok();
    }
}

/// Serves until standard input ends, that is as long as the report runs, however that ends.
pub fn serve() -> Outcome<()> {
    let options = Options { log: Log::captured(), ..Options::new(Storage::Memory) };
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let server = Server::start(options, |_| {}).await?;
        writeln!(std::io::stdout(), "{} {}", server.dynamodb_endpoint, server.kms_endpoint)?;
        tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink())).await??;
        Ok(())
    })
}
