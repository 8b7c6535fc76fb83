//! One execution environment: a function's process, as Lambda starts it, ended with its measurement.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::Outcome;
use crate::backend::Backend;
use crate::function::{ISSUER, KEY_RING_KEY, REGION};
use crate::runtime_api::RuntimeApi;

pub struct Environment(Child);

impl Environment {
    pub fn start(binary: &Path, backend: &Backend, api: &RuntimeApi) -> Outcome<Self> {
        let mut command = Command::new(binary);
        command.env_clear().envs(variables(backend)).env("AWS_LAMBDA_RUNTIME_API", api.address.to_string());
        Ok(Self(command.stdout(Stdio::null()).spawn()?))
    }

    /// CPU time of its first thread, which does all of the work but hashing; zero where the system does not say.
    pub fn cpu(&self) -> Duration {
        let nanoseconds = proc(self.id(), "schedstat").split(' ').next().and_then(|text| text.parse().ok());
        Duration::from_nanos(nanoseconds.unwrap_or_default())
    }

    pub fn id(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        self.0.kill().and_then(|()| self.0.wait()).ok();
    }
}

/// The most memory that a process ever held; zero where the system does not say.
pub fn peak_mebibytes(process: u32) -> f64 {
    let status = proc(process, "status");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    peak.and_then(|kib| kib.parse::<f64>().ok()).unwrap_or_default() / 1024.0
}

fn proc(process: u32, file: &str) -> String {
    std::fs::read_to_string(format!("/proc/{process}/{file}")).unwrap_or_default()
}

/// What Lambda and `template.yaml` set.
fn variables(backend: &Backend) -> [(&'static str, &str); 14] {
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
