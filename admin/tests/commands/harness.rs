//! One local server a test, and `latchkey` beside it on the same folder.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use local::{Options, Server, Storage, TABLE};
use reqwest::Method;
use serde_json::Value;
use shared::log::Log;
use tokio::sync::Mutex;

pub const TENANT: &str = "T00000002";

/// The local server on a folder of this test's own, removed when it ends.
pub struct Latchkey {
    pub server: Server,
    pub folder: Folder,
    http: reqwest::Client,
}

pub struct Folder(pub PathBuf);

pub type Item = HashMap<String, AttributeValue>;

/// What a command answered.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub output: String,
    pub messages: String,
}

impl Folder {
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Self(std::env::temp_dir().join(format!("latchkey-admin-{}-{number}", std::process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

impl Latchkey {
    pub async fn start() -> Self {
        // One at a time: each makes RSA keys, and a busy machine would make none in time.
        static STARTING: Mutex<()> = Mutex::const_new(());
        let folder = Folder::new();
        let storage = Storage::Folder(folder.0.clone());
        let options = Options { log: Log::captured(), ..Options::new(storage) };
        let _turn = STARTING.lock().await;
        let server = Server::start(options, |_| {}).await.expect("the server starts");
        Self { server, folder, http: reqwest::Client::new() }
    }

    /// As [`start`](Latchkey::start), with a tenant that has chosen nothing.
    pub async fn with_tenant() -> Self {
        let latchkey = Self::start().await;
        latchkey.run(&["tenant", "create", TENANT]).result();
        latchkey
    }

    /// `latchkey` with `--local`.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let local = format!("--local={}", self.folder.0.display());
        let own = [local.as_str(), "--issuer", &self.server.base_url];
        ran(command().args(own).args(arguments))
    }

    pub async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> (u16, Value) {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = self.http.request(method, format!("{}{path}", self.server.base_url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !body.is_null() {
            request = request.json(body);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("text");
        (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    /// Moves the server's clock ahead; what it knows for a minute it reads again after 61 seconds.
    pub async fn advance(&self, seconds: u32) {
        let body = serde_json::json!({ "advance_seconds": seconds });
        assert_eq!(self.call("POST", "/local/clock", &[], &body).await.0, 200);
    }

    /// Everything that the table holds.
    pub async fn rows(&self) -> Vec<Item> {
        let mut items = table(&self.server).scan().table_name(TABLE).into_paginator().items().send();
        let mut rows = Vec::new();
        while let Some(item) = items.next().await {
            rows.push(item.expect("a row"));
        }
        rows.sort_by_key(|row| ["pk", "sk"].map(|name| row[name].as_s().expect("text").clone()));
        rows
    }

    /// Whether the table holds what it held before.
    pub async fn holds(&self, before: &[Item]) -> bool {
        self.rows().await == before
    }

    /// Lets a command be refused with this line: whatever it says, nothing has changed.
    pub async fn refuses(&self, arguments: &[&str], line: &str) {
        let before = self.rows().await;
        let ran = self.run(arguments);
        assert_eq!((ran.code, ran.output.as_str()), (Some(1), ""), "{arguments:?}: {ran:?}");
        assert_eq!(ran.messages, format!("error: {line}\n"), "{arguments:?}");
        assert!(self.holds(&before).await, "{arguments:?}");
    }

    /// Lets a command be mistyped.
    pub async fn mistyped(&self, arguments: &[&str], part: &str) {
        let before = self.rows().await;
        let ran = self.run(arguments);
        assert_eq!((ran.code, ran.output.as_str()), (Some(2), ""), "{arguments:?}: {ran:?}");
        assert!(ran.messages.starts_with("error: ") && ran.messages.contains(part), "{arguments:?}: {ran:?}");
        assert!(self.holds(&before).await, "{arguments:?}");
    }
}

impl Ran {
    /// The one result of a command that did what it was told.
    pub fn result(&self) -> Value {
        let [result] = self.results().try_into().unwrap_or_else(|_| panic!("one line: {self:?}"));
        result
    }

    pub fn results(&self) -> Vec<Value> {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.output.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    /// Whether the log has this event, by an administrator.
    pub fn logged(&self, event: &str) -> bool {
        let lines = self.messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.into_iter().any(|line| line["event"] == event && line["client"] == "administrator")
    }
}

/// The program, knowing of no deployment.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_latchkey"));
    for name in ["TABLE_NAME", "KEY_RING_KEY", "ISSUER", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_ENDPOINT_URL_KMS"] {
        command.env_remove(name);
    }
    command
}

pub fn ran(command: &mut Command) -> Ran {
    let Output { status, stdout, stderr } = tokio::task::block_in_place(|| command.output()).expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Ran { code: status.code(), output: text(stdout), messages: text(stderr) }
}

/// The table itself, past Latchkey.
pub fn table(server: &Server) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("local"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .endpoint_url(&server.dynamodb_endpoint)
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    Client::from_conf(config.build())
}

/// Takes away every row, as if the table were new.
pub async fn empty(server: &Server) {
    let table = table(server);
    let mut items = table.scan().table_name(TABLE).into_paginator().items().send();
    while let Some(item) = items.next().await {
        let item = item.expect("a row");
        let key = |name: &str| AttributeValue::S(item[name].as_s().expect("text").clone());
        let (pk, sk) = (key("pk"), key("sk"));
        table.delete_item().table_name(TABLE).key("pk", pk).key("sk", sk).send().await.expect("deleted");
    }
}
