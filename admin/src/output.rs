use std::io::{IsTerminal, Write};

use serde::Serialize;

use crate::Failure;

/// Writes a result to standard output: one line of JSON, or several for somebody who reads it.
///
/// # Errors
/// When it could not be written; what the command did stands.
pub(crate) fn show(result: &impl Serialize) -> Result<(), Failure> {
    let mut output = std::io::stdout().lock();
    let json = if output.is_terminal() { serde_json::to_string_pretty(result) } else { serde_json::to_string(result) };
    let json = json.map_err(|_| "the result has no JSON form".to_owned())?;
    writeln!(output, "{json}").map_err(|error| format!("it is done, but the result cannot be written: {error}"))?;
    Ok(())
}

/// Tells whoever waits what is going on.
pub(crate) fn progress(line: &str) {
    eprintln!("{line}");
}
