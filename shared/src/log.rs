use std::io::Write;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};
use serde::Serialize;

use crate::clock::Clock;
use crate::metric::{Embedded, Tally};
use crate::store::{Channel, Purpose};

/// The door for log lines: one JSON object a line on standard output, where Lambda picks it up, unless it was made to
/// write elsewhere.
///
/// A line is built from typed fields only. Secrets have types without `Serialize`, so a line cannot be made
/// of one; personal data is masked by its own type.
#[derive(Debug, Clone, Default)]
pub struct Log {
    to: Destination,
    table: Arc<str>,
}

#[derive(Debug, Clone, Default)]
enum Destination {
    #[default]
    StandardOutput,
    StandardError,
    Captured(Arc<Mutex<Vec<u8>>>),
}

/// What happened to one request, or beside it. Absent members are not written.
#[derive(Debug, Default, Serialize)]
pub struct Line<'a> {
    /// What happened, as a fixed dotted name: `request`, `session.reuse`, `sign_in.refused`.
    pub event: &'a str,
    #[serde(rename = "requestId", skip_serializing_if = "str::is_empty")]
    pub request_id: &'a str,
    /// `METHOD /route/{template}`, never the path itself: paths carry numbers, addresses and tokens.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub route: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The public code of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'a str>,
    /// The private reason of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// A data transfer, and the consent that came of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// A message of the outbox: its id, how it goes out and what it is about, and nothing that it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Purpose>,
    /// What was counted meanwhile.
    #[serde(skip)]
    pub tally: Tally,
}

#[derive(Serialize)]
struct Dated<'a> {
    /// RFC 3339, or Lambda would take every line for level INFO.
    timestamp: String,
    level: &'a str,
    #[serde(flatten)]
    line: &'a Line<'a>,
    #[serde(flatten)]
    embedded: Embedded<'a>,
}

impl Log {
    /// A log that keeps its lines for a test to search.
    #[must_use]
    pub fn captured() -> Self {
        Self { to: Destination::Captured(Arc::default()), ..Self::default() }
    }

    /// A log beside the answers of a command, which own standard output.
    #[must_use]
    pub fn to_standard_error() -> Self {
        Self { to: Destination::StandardError, ..Self::default() }
    }

    /// This log, of the deployment with this table.
    #[must_use]
    pub fn of(self, table: &str) -> Self {
        Self { table: table.into(), ..self }
    }

    /// Everything written so far to a [`captured`](Log::captured) log.
    #[must_use]
    pub fn lines(&self) -> String {
        let Destination::Captured(lines) = &self.to else { return String::new() };
        String::from_utf8_lossy(&lock(lines)).into_owned()
    }

    pub fn info(&self, clock: &Clock, line: &Line<'_>) {
        self.write(clock, "INFO", line);
    }

    pub fn warn(&self, clock: &Clock, line: &Line<'_>) {
        self.write(clock, "WARN", line);
    }

    pub fn error(&self, clock: &Clock, line: &Line<'_>) {
        self.write(clock, "ERROR", line);
    }

    fn write(&self, clock: &Clock, level: &str, line: &Line<'_>) {
        let now = DateTime::from_millis(clock.now().milliseconds());
        let timestamp = now.fmt(DateTimeFormat::DateTime).unwrap_or_default();
        let embedded = Embedded { tally: &line.tally, table: &self.table, clock };
        let dated = Dated { timestamp, level, line, embedded };
        let Ok(mut json) = serde_json::to_vec(&dated) else { return };
        json.push(b'\n');
        // A log that cannot be written must not fail the request.
        match &self.to {
            Destination::StandardOutput => drop(std::io::stdout().lock().write_all(&json)),
            Destination::StandardError => drop(std::io::stderr().lock().write_all(&json)),
            Destination::Captured(lines) => lock(lines).extend_from_slice(&json),
        }
    }
}

fn lock(lines: &Mutex<Vec<u8>>) -> std::sync::MutexGuard<'_, Vec<u8>> {
    lines.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
