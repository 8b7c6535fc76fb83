use std::io::Write;

use serde::Serialize;
use shared::http::Response;

use crate::Failure;

/// Writes a result to standard output: one line of JSON.
///
/// # Errors
/// When it could not be written; what the command did stands.
pub(crate) fn show<T: Serialize>(result: &T) -> Result<(), Failure> {
    write(&serde_json::to_string(result).map_err(|_| "the result has no JSON form".to_owned())?)
}

/// As [`show`], of an act's own answer.
///
/// # Errors
/// As [`show`].
pub(crate) fn show_answer(answer: &Response) -> Result<(), Failure> {
    write(&answer.body)
}

fn write(line: &str) -> Result<(), Failure> {
    let written = writeln!(std::io::stdout().lock(), "{line}");
    written.map_err(|error| format!("it is done, but the result cannot be written: {error}").into())
}

/// Tells whoever waits what is going on.
pub(crate) fn progress(line: &str) {
    eprintln!("{line}");
}
