//! The program itself: how it starts, stops and says what is wrong.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use local::{Engine, Options, Server, Storage, TABLE};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::log::Log;
use shared::password::Cost;

use crate::harness::Table;

/// A folder of this test's own, removed when it ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("latchkey-{name}-{}", std::process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

fn spawn(arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
    command.args(arguments).env_remove("AWS_ENDPOINT_URL_DYNAMODB").stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().expect("the program starts")
}

/// Reads what the program says until it is ready; answers with its address.
fn ready(program: &mut Child) -> (String, impl Read + use<>) {
    let mut lines = BufReader::new(program.stderr.take().expect("its messages"));
    loop {
        let mut line = String::new();
        assert!(lines.read_line(&mut line).expect("a line") > 0, "it stopped before it was ready");
        if let Some(address) = line.split_once("ready at ").and_then(|(_, rest)| rest.split_whitespace().next()) {
            return (address.to_owned(), lines);
        }
    }
}

fn signal(program: &Child, name: &str) {
    let status = Command::new("kill").args([name, &program.id().to_string()]).status().expect("kill runs");
    assert!(status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_when_it_is_ready_and_an_interrupt_stops_it_cleanly() {
    for name in ["-INT", "-TERM"] {
        let mut program = spawn(&["--memory", "--port", "0"]);
        let (address, mut rest) = ready(&mut program);
        let keys = reqwest::get(format!("{address}/.well-known/jwks.json")).await.expect("an answer");
        assert_eq!(keys.status(), 200);
        signal(&program, name);
        assert!(program.wait().expect("it ends").success(), "{name}");
        let mut text = String::new();
        rest.read_to_string(&mut text).expect("text");
        assert_eq!(text, "Latchkey is stopping\n");
    }
}

#[test]
fn a_taken_port_is_one_clear_line() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let output = spawn(&["--memory", "--port", &port.to_string()]).wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).expect("text");
    let expected = format!("error: port {port} is taken; choose another with --port N");
    assert_eq!(text.lines().last(), Some(expected.as_str()), "{text}");
}

#[test]
fn limits_that_are_unsafe_or_unknown_stop_the_start() {
    for (limits, why) in [
        (r#"{"code_tries": 6}"#, "code_tries must be 1 to 5"),
        (r#"{"sesions_per_account": 5}"#, "unknown field `sesions_per_account`"),
        ("[]", "invalid type: sequence"),
    ] {
        let output = spawn(&["--memory", "--port", "0", "--limits", limits]).wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(2));
        let text = String::from_utf8(output.stderr).expect("text");
        assert!(text.lines().next().is_some_and(|line| line.starts_with("error: ") && line.contains(why)), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployments_own_limits_hold() {
    let mut program = spawn(&[
        "--memory",
        "--port",
        "0",
        "--limits",
        r#"{"sessions_per_account": 2, "refresh_grace_milliseconds": 0, "code_seconds": 300}"#,
    ]);
    let (address, _rest) = ready(&mut program);
    let mut pairs = vec![answer(&address, "/intermediaries/accounts", &[], Some(crate::harness::jane())).await.1];
    for _ in 0..2 {
        // The least recently used goes.
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        pairs.push(answer(&address, "/intermediaries/sessions", &[], Some(credentials())).await.1);
    }
    let refresh = async |pair: &Value| {
        let token = [("accountRefreshToken", pair["refreshToken"].as_str().expect("a token"))];
        answer(&address, "/intermediaries/sessions", &token, None).await.0
    };
    assert_eq!(refresh(&pairs[0]).await, 401, "two sessions and no more");
    assert_eq!(refresh(&pairs[1]).await, 200);
    assert_eq!(refresh(&pairs[1]).await, 401, "no grace");
    assert_eq!(answer(&address, "/intermediaries/sessions/+19172249999", &[], None).await.0, 200);
    let outbox = reqwest::get(format!("{address}/local/outbox")).await.expect("an answer");
    let outbox: Value = serde_json::from_str(&outbox.text().await.expect("a body")).expect("JSON");
    let text = outbox.as_array().and_then(|sent| sent.last()).expect("a message")["body"].to_string();
    assert!(text.contains("for 5 minutes"), "{text}");
    signal(&program, "-TERM");
    program.wait().expect("it ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_more_sessions_than_a_new_limit_signs_in_and_keeps_the_latest() {
    let folder = Folder::new("fewer");
    let data = folder.0.to_str().expect("a path of text");
    let mut pairs = Vec::new();
    for limits in ["{}", r#"{"sessions_per_account": 2}"#] {
        let mut program = spawn(&["--data", data, "--port", "0", "--limits", limits]);
        let (address, _rest) = ready(&mut program);
        if pairs.is_empty() {
            pairs.push(answer(&address, "/intermediaries/accounts", &[], Some(crate::harness::jane())).await.1);
            for _ in 0..4 {
                pairs.push(answer(&address, "/intermediaries/sessions", &[], Some(credentials())).await.1);
            }
        } else {
            let (status, pair) = answer(&address, "/intermediaries/sessions", &[], Some(credentials())).await;
            assert_eq!(status, 200);
            pairs.push(pair);
            let mut live = 0;
            for pair in &pairs {
                let token = [("accountRefreshToken", pair["refreshToken"].as_str().expect("a token"))];
                live += u32::from(answer(&address, "/intermediaries/sessions", &token, None).await.0 == 200);
            }
            assert_eq!(live, 2);
        }
        signal(&program, "-TERM");
        program.wait().expect("it ends");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_being_killed() {
    let folder = Folder::new("killed");
    let data = folder.0.to_str().expect("a path of text");
    let mut program = spawn(&["--data", data, "--port", "0"]);
    let (address, _rest) = ready(&mut program);
    assert_eq!(post(&address, "/intermediaries/accounts", crate::harness::jane()).await, 200);
    signal(&program, "-KILL");
    program.wait().expect("it ends");

    let server = start(&folder, Cost::FLOOR).await;
    assert_eq!(post(&server.base_url, "/intermediaries/sessions", credentials()).await, 200);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_of_another_cost_is_renewed_by_a_sign_in() {
    let folder = Folder::new("rehashed");
    let dear = start(&folder, Cost::new(19_456, 3).expect("a cost")).await;
    assert_eq!(post(&dear.base_url, "/intermediaries/accounts", crate::harness::jane()).await, 200);
    let hash = async |server: &Server| {
        let account = Table::at(&server.dynamodb_endpoint, TABLE).rows_of("account").await.remove(0);
        account["password_hash"].as_s().expect("a hash").clone()
    };
    assert!(hash(&dear).await.starts_with("$argon2id$v=19$m=19456,t=3,p=1,keyid="));
    dear.stop().await;

    let server = start(&folder, Cost::FLOOR).await;
    let mut hashes = Vec::new();
    for _ in 0..2 {
        assert_eq!(post(&server.base_url, "/intermediaries/sessions", credentials()).await, 200);
        hashes.push(hash(&server).await);
    }
    assert!(hashes[0].starts_with("$argon2id$v=19$m=19456,t=2,p=1,keyid="));
    assert_eq!(hashes[0], hashes[1], "renewed once");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_comes_back_is_found_again_without_a_restart() {
    let folder = Folder::new("engine");
    std::fs::create_dir_all(&folder.0).expect("a folder");
    let file = folder.0.join("table.db");
    let mut engine = Engine::start(Some(&file), 0).expect("the engine starts");
    let server = Server::start(options(Storage::Memory, Some(engine.endpoint.clone()), Cost::FLOOR), |_| {});
    let server = server.await.expect("it starts");
    assert_eq!(post(&server.base_url, "/intermediaries/accounts", crate::harness::jane()).await, 200);
    let port = engine.endpoint.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    for _ in 0..2 {
        engine.stop();
        assert_eq!(post(&server.base_url, "/intermediaries/sessions", credentials()).await, 503);
        let keys = reqwest::get(format!("{}/.well-known/jwks.json", server.base_url)).await.expect("an answer");
        assert_eq!(keys.status(), 200);
        engine = Engine::start(Some(&file), port).expect("the engine starts again");
        assert_eq!(post(&server.base_url, "/intermediaries/sessions", credentials()).await, 200);
    }
    server.stop().await;
}

async fn start(folder: &Folder, password_cost: Cost) -> Server {
    let options = options(Storage::Folder(folder.0.clone()), None, password_cost);
    Server::start(options, |_| {}).await.expect("it starts")
}

fn options(storage: Storage, dynamodb_endpoint: Option<String>, password_cost: Cost) -> Options {
    let (log, clock) = (Log::captured(), Clock::stepping());
    Options { dynamodb_endpoint, password_cost, log, clock, ..Options::new(storage) }
}

async fn post(address: &str, path: &str, body: Value) -> u16 {
    answer(address, path, &[], Some(body)).await.0
}

/// Status and body of a POST.
async fn answer(address: &str, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> (u16, Value) {
    let mut request = reqwest::Client::new().post(format!("{address}{path}")).header("api-key", local::API_KEY);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.expect("a body")).unwrap_or_default())
}

fn credentials() -> Value {
    json!({ "email": crate::harness::EMAIL, "password": crate::harness::PASSWORD })
}
