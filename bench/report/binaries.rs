//! Programs as they are deployed.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Outcome;

/// One `cargo build` for each, as a deployment does: built together they would share features.
pub fn build(package: &str, binary: &str) -> Outcome<PathBuf> {
    eprintln!("building {binary} with the release profile; the first time takes minutes");
    let mut cargo = Command::new(env!("CARGO"));
    let cargo = cargo.args(["build", "--release", "--package", package, "--bin", binary]);
    // A package with a level of its own is not stripped by cargo; cargo-lambda strips each.
    let cargo = cargo.args(["--config", &format!("profile.release.package.{package}.strip=true")]);
    let output = cargo.arg("--message-format=json-render-diagnostics").stderr(Stdio::inherit()).output()?;
    let messages = String::from_utf8_lossy(&output.stdout);
    let mut artifacts = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let executable = artifacts.find_map(|artifact| artifact.get("executable")?.as_str().map(PathBuf::from));
    Ok(executable.ok_or_else(|| format!("{binary} was not built"))?)
}
