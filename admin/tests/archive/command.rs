//! The program, run against a Latchkey of the harness.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use age::secrecy::ExposeSecret;
use age::x25519::Identity;
use serde_json::Value;

use crate::harness::{Item, Latchkey};

/// What a run of the program left.
#[derive(Debug)]
pub struct Ran {
    pub status: i32,
    pub result: Value,
    /// What it told beside its result.
    pub told: String,
}

impl Ran {
    #[track_caller]
    pub fn ok(&self) -> &Value {
        assert_eq!(self.status, 0, "{}", self.told);
        &self.result
    }

    /// Asserts that it said in one line why it did nothing.
    #[track_caller]
    pub fn refused(&self, line: &str) {
        assert_eq!((self.status, self.told.as_str()), (1, format!("error: {line}\n").as_str()));
        assert_eq!(self.result, Value::Null);
    }
}

/// The program with these arguments, for this deployment.
pub fn program(deployment: &Latchkey, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_latchkey"));
    command
        .args(arguments)
        .env_clear()
        .env("TABLE_NAME", &deployment.table.name)
        .env("KEY_RING_KEY", "alias/latchkey-local")
        .env("ISSUER", "https://latchkey.example.test")
        .env("AWS_REGION", "local")
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .env("AWS_ENDPOINT_URL_DYNAMODB", &deployment.server.dynamodb_endpoint)
        .env("AWS_ENDPOINT_URL_KMS", &deployment.server.kms_endpoint)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

pub async fn run(deployment: &Latchkey, arguments: &[&str]) -> Ran {
    let mut command = program(deployment, arguments);
    let Output { status, stdout, stderr } =
        tokio::task::spawn_blocking(move || command.output().expect("the program runs")).await.expect("it ends");
    let result = if stdout.is_empty() { Value::Null } else { serde_json::from_slice(&stdout).expect("JSON") };
    let told = String::from_utf8(stderr).expect("text");
    Ran { status: status.code().expect("a status"), result, told }
}

/// A folder of a test's own with the keys of an export, removed when it ends.
pub struct Folder {
    path: PathBuf,
    pub recipient: String,
}

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("latchkey-admin-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        let mut folder = Self { path, recipient: String::new() };
        folder.recipient = folder.write_key("key");
        folder
    }

    /// Writes another identity: its recipient.
    pub fn write_key(&self, name: &str) -> String {
        let identity = Identity::generate();
        let text = format!("# as age-keygen writes it\n{}\n", identity.to_string().expose_secret());
        self.write(name, text.as_bytes());
        identity.to_public().to_string()
    }

    pub fn file(&self, name: &str) -> String {
        self.path.join(name).to_str().expect("text").to_owned()
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> String {
        std::fs::write(self.path.join(name), bytes).expect("written");
        self.file(name)
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path.join(name)).expect("a file")
    }

    pub fn has(&self, name: &str) -> bool {
        Path::new(&self.file(name)).exists()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.path).ok();
    }
}

pub async fn export(deployment: &Latchkey, folder: &Folder, name: &str) -> Ran {
    let (to, recipient) = (folder.file(name), folder.recipient.as_str());
    run(deployment, &["export", "--tenant", local::TENANT_ID, "--to", &to, "--recipient", recipient]).await
}

pub async fn import(deployment: &Latchkey, folder: &Folder, name: &str) -> Ran {
    import_with(deployment, folder, name, "key").await
}

pub async fn import_with(deployment: &Latchkey, folder: &Folder, name: &str, key: &str) -> Ran {
    let (from, identity) = (folder.file(name), folder.file(key));
    run(deployment, &["import", "--from", &from, "--identity", &identity]).await
}

/// A deployment with a key ring and nothing else.
pub async fn empty() -> std::sync::Arc<Latchkey> {
    let latchkey = Latchkey::start().await;
    for row in latchkey.table.rows().await {
        if pk(&row) != "key-ring" {
            latchkey.table.delete(&row).await;
        }
    }
    latchkey
}

pub fn pk(row: &Item) -> &str {
    row["pk"].as_s().expect("text")
}
