//! The program itself: how it starts, stops and says what is wrong.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use local::{Options, Server, Storage};
use serde_json::json;
use shared::log::Log;

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

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_being_killed() {
    let folder = Folder::new("killed");
    let data = folder.0.to_str().expect("a path of text");
    let mut program = spawn(&["--data", data, "--port", "0"]);
    let (address, _rest) = ready(&mut program);
    let http = reqwest::Client::new();
    let post = async |address: &str, path: &str, body: serde_json::Value| {
        let request = http.post(format!("{address}{path}")).header("api-key", local::API_KEY).json(&body);
        request.send().await.expect("an answer").status()
    };
    let jane = crate::harness::jane();
    assert_eq!(post(&address, "/intermediaries/accounts", jane).await, 200);
    signal(&program, "-KILL");
    program.wait().expect("it ends");

    let storage = Storage::Folder(folder.0.clone());
    let log = Log::captured();
    let options = Options { port: 0, storage, dynamodb_port: 0, dynamodb_endpoint: None, log };
    let server = Server::start(options, |_| {}).await.expect("it starts again");
    let credentials = json!({ "email": crate::harness::EMAIL, "password": crate::harness::PASSWORD });
    assert_eq!(post(&server.base_url, "/intermediaries/sessions", credentials).await, 200);
    server.stop().await;
}
