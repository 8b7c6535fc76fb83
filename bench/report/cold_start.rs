//! Cold starts of a deployed binary beside a function that does nothing, on a Runtime API of our own.
//!
//! The start is from the process's birth to its first request for an event; first and warm are from an event's
//! handing over to its answer's arrival. DynamoDB and KMS are on loopback, without TLS: what the network adds
//! on AWS is not in here.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::Outcome;
use crate::backend::Backend;
use crate::clocks::{median, now};
use crate::function::{Function, ISSUER, KEY_RING_KEY, REGION, check_session_event};
use crate::runtime_api::RuntimeApi;

const HELLO: (&str, &str) = ("bench", "bench-hello");
const MEASURED: (&str, &str) = ("intermediary-check-session", "intermediary-check-session");
const STARTS: usize = 20;
const WARM_INVOCATIONS: usize = 50;

/// The two programs, as deployed.
pub struct Binaries {
    hello: PathBuf,
    measured: PathBuf,
}

impl Binaries {
    /// One `cargo build` each, as a deployment does: built together they would share features.
    pub fn build() -> Outcome<Self> {
        Ok(Self { hello: build(HELLO)?, measured: build(MEASURED)? })
    }
}

fn build((package, binary): (&str, &str)) -> Outcome<PathBuf> {
    eprintln!("building {binary} with the release profile; the first time takes minutes");
    let mut cargo = Command::new(env!("CARGO"));
    let cargo = cargo.args(["build", "--release", "--package", package, "--bin", binary]);
    let output = cargo.arg("--message-format=json-render-diagnostics").stderr(Stdio::inherit()).output()?;
    let messages = String::from_utf8_lossy(&output.stdout);
    let mut artifacts = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let executable = artifacts.find_map(|artifact| artifact.get("executable")?.as_str().map(PathBuf::from));
    Ok(executable.ok_or_else(|| format!("{binary} was not built"))?)
}

/// What one environment showed from its start to its end.
struct Life {
    start: Duration,
    start_cpu: Duration,
    first: Duration,
    warm: Duration,
    peak_kib: u32,
}

type Column = (&'static str, fn(&Life) -> Duration);

const COLUMNS: [Column; 4] = [
    ("start", |life| life.start),
    ("its CPU", |life| life.start_cpu),
    ("first", |life| life.first),
    ("warm", |life| life.warm),
];

pub fn report(binaries: &Binaries, backend: &Backend, function: &Function) -> Outcome<String> {
    let event = check_session_event(&function.sign_in()?.access_token);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut hello, mut measured) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        hello.push(runtime.block_on(live(&binaries.hello, backend, &event))?);
        measured.push(runtime.block_on(live(&binaries.measured, backend, &event))?);
    }
    let mut report = format!("Cold starts: {STARTS} each, interleaved, median and least\n{:29}", "");
    for (title, _) in COLUMNS {
        write!(report, "{title:>20}")?;
    }
    writeln!(report, "{:>12}{:>12}", "peak RSS", "binary")?;
    for ((_, name), binary, lives) in [(HELLO, &binaries.hello, &hello), (MEASURED, &binaries.measured, &measured)] {
        write!(report, "  {name:<27}")?;
        for (_, column) in COLUMNS {
            let times: Vec<_> = lives.iter().map(column).collect();
            let least = times.iter().min().copied().unwrap_or_default();
            write!(report, "{:>10.1?}{least:>10.1?}", median(times))?;
        }
        let peak = f64::from(lives.iter().map(|life| life.peak_kib).max().unwrap_or_default()) / 1024.0;
        let size = f64::from(u32::try_from(std::fs::metadata(binary)?.len())?) / 1024.0 / 1024.0;
        writeln!(report, "{peak:>8.1} MiB{size:>8.2} MiB")?;
    }
    Ok(report)
}

async fn live(binary: &Path, backend: &Backend, event: &str) -> Outcome<Life> {
    let mut api = RuntimeApi::start().await?;
    let mut command = Command::new(binary);
    command.env_clear().envs(environment(backend)).env("AWS_LAMBDA_RUNTIME_API", api.address.to_string());
    let born = now();
    let process = Environment(command.stdout(Stdio::null()).spawn()?);
    let start = api.asked().await? - born;
    let start_cpu = process.cpu();
    let first = api.invoke(event).await?;
    let mut warm = Vec::new();
    for _ in 0..WARM_INVOCATIONS {
        api.asked().await?;
        warm.push(api.invoke(event).await?);
    }
    Ok(Life { start, start_cpu, first, warm: median(warm), peak_kib: process.peak_kib() })
}

/// What Lambda and `template.yaml` set.
fn environment(backend: &Backend) -> [(&'static str, &str); 14] {
    [
        ("_HANDLER", "bootstrap"),
        ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "bench"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
        ("AWS_REGION", REGION),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_ENDPOINT_URL_DYNAMODB", &backend.dynamodb),
        ("AWS_ENDPOINT_URL_KMS", &backend.kms),
        ("TABLE_NAME", local::TABLE),
        ("KEY_RING_KEY", KEY_RING_KEY),
        ("ISSUER", ISSUER),
    ]
}

/// One process, ended with its measurement.
struct Environment(Child);

impl Environment {
    /// CPU time of its first thread, which does all of the work; zero where the system does not say.
    fn cpu(&self) -> Duration {
        let nanoseconds = self.proc("schedstat").split(' ').next().and_then(|text| text.parse().ok());
        Duration::from_nanos(nanoseconds.unwrap_or_default())
    }

    /// The most memory it ever held; zero where the system does not say.
    fn peak_kib(&self) -> u32 {
        let status = self.proc("status");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        peak.and_then(|kib| kib.parse().ok()).unwrap_or_default()
    }

    fn proc(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.0.id())).unwrap_or_default()
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        self.0.kill().and_then(|()| self.0.wait()).ok();
    }
}
