//! What the folders, the template, the events and the code say of each other.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use data_encoding::BASE64;
use local::{FUNCTIONS, Function, OPERATIONS, Operation, Template};
use serde_json::{Value, json};

use crate::harness::{Asked, Browser, Latchkey, PHONE};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn folders(path: PathBuf) -> Vec<String> {
    let entries = std::fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry"));
    let folders = entries.filter(|entry| entry.path().is_dir());
    let mut names: Vec<_> = folders.map(|entry| entry.file_name().into_string().expect("a name")).collect();
    names.sort();
    names
}

/// The name and logical id of every function that this process runs.
fn known() -> Vec<(&'static str, String)> {
    let routed = FUNCTIONS.iter().map(|function| (function.name, function.logical_id()));
    routed.chain(OPERATIONS.iter().map(|operation| (operation.name, operation.logical_id()))).collect()
}

/// `(folder, name)` of every function: `functions/intermediaries/sign-in` is `intermediary-sign-in`.
fn functions() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for surface in folders(root().join("functions")) {
        let singular = surface.strip_suffix("ies").map(|stem| format!("{stem}y"));
        let singular = singular.or_else(|| surface.strip_suffix('s').map(str::to_owned)).expect("a plural");
        for verb in folders(root().join("functions").join(&surface)) {
            found.push((format!("functions/{surface}/{verb}"), format!("{singular}-{verb}")));
        }
    }
    found
}

#[test]
fn one_name_in_six_places() {
    let (template, readme, yaml) = (Template::built_in().unwrap(), read("README.md"), read("template.yaml"));
    let functions = functions();
    for (folder, name) in &functions {
        let manifest = read(&format!("{folder}/Cargo.toml"));
        assert_eq!(manifest.matches(&format!("name = \"{name}\"")).count(), 2, "{folder}: package and binary");
        let function = known().into_iter().find(|(known, _)| known == name);
        let (_, id) = function.unwrap_or_else(|| panic!("{name} is not in FUNCTIONS or OPERATIONS"));
        assert!(template.functions.contains(&id), "{id} is not in template.yaml");
        assert!(yaml.contains(&format!("CodeUri: {folder}")) || yaml.contains(&format!("Binary: {name}")), "{folder}");
        read(&format!("events/{name}.json"));
        let routes = template.routes.iter().filter(|route| route.function == id);
        let schedules = template.schedules.iter().filter(|schedule| schedule.function == id);
        let routes = routes.map(|route| format!("`{} {}`", route.method, route.path));
        let cells = routes.chain(schedules.map(|schedule| format!("`{}`", schedule.expression)));
        for cell in cells.chain(template.streams.iter().filter(|reader| **reader == id).map(|_| STREAM.to_owned())) {
            let row = readme.lines().find(|line| line.starts_with('|') && line.contains(&format!("`{name}`")));
            assert!(row.is_some_and(|row| row.contains(&cell)), "README: no row for {name} with {cell}");
            let code = read(&format!("{folder}/src/lib.rs"));
            let begins = code.lines().take_while(|line| line.starts_with("//! ")).collect::<String>();
            assert!(begins.contains(&cell), "{folder}/src/lib.rs begins with its routes: {cell}");
        }
        assert_eq!(read(&format!("{folder}/src/main.rs")).lines().count(), 3, "{folder}/src/main.rs");
    }
    let named: BTreeSet<_> = functions.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(known().iter().map(|(name, _)| *name).collect::<BTreeSet<_>>(), named);
    let ids: BTreeSet<_> = known().into_iter().map(|(_, id)| id).collect();
    assert_eq!(template.functions.iter().cloned().collect::<BTreeSet<_>>(), ids);
    let scheduled = template.schedules.iter().map(|schedule| schedule.function.clone());
    let (routed, invoked): (BTreeSet<_>, BTreeSet<_>) = (
        template.routes.iter().map(|route| route.function.clone()).collect(),
        scheduled.chain(template.streams.iter().cloned()).collect(),
    );
    assert_eq!(routed, FUNCTIONS.iter().map(Function::logical_id).collect(), "a request leads to each");
    assert_eq!(invoked, OPERATIONS.iter().map(Operation::logical_id).collect(), "each has a schedule or a stream");
}

/// How a function is told that reads the table's changes.
const STREAM: &str = "the table's stream";

#[test]
fn nothing_that_is_ignored_is_committed() {
    let mut git = Command::new("git");
    let listed = git.args(["ls-files", "-ci", "--exclude-standard"]).current_dir(root()).output();
    // A copy without git or its history has nothing to look at.
    let Ok(listed) = listed else { return };
    assert_eq!(String::from_utf8_lossy(&listed.stdout), "");
}

#[test]
fn no_source_file_is_over_400_lines() {
    let mut folders =
        ["shared/src", "local/src", "local/tests", "functions"].map(|folder| root().join(folder)).to_vec();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                let lines = std::fs::read_to_string(&entry).expect("text").lines().count();
                assert!(lines <= 400, "{}: {lines}", entry.display());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_answered_as_documented() {
    let latchkey = Latchkey::start().await;
    let invoke = async |name: &str, file: &str, access: &str| {
        let event = read(file).replace("PASTE-AN-ACCESS-TOKEN", access);
        let answer = latchkey.server.invoke(name, &event).await.unwrap_or_else(|| panic!("no function {name}"));
        let body: Value = serde_json::from_str(answer["body"].as_str().expect("a body")).expect("JSON");
        assert_eq!(answer["statusCode"], 200, "{file}: {body}");
        body
    };
    let created = invoke("intermediary-create-account", "events/intermediary-create-account.json", "").await;
    assert!(created["refreshToken"].is_string());
    let pair = invoke("intermediary-sign-in", "events/intermediary-sign-in.json", "").await;
    let access = pair["accessToken"].as_str().expect("a token");
    let status = invoke("intermediary-check-session", "events/intermediary-check-session.json", access).await;
    assert_eq!(status, json!({}));
    let account = invoke("intermediary-find-account", "events/intermediary-find-account.json", access).await;
    assert_eq!(account["phone"], PHONE);
    let record = invoke("intermediary-create-intermediary", "events/intermediary-create-intermediary.json", "").await;
    assert!(record["id"].is_string());
    let code = "intermediary-send-sign-in-code";
    invoke(code, "events/intermediary-send-sign-in-code.json", "").await;
    latchkey.advance(60).await;
    invoke(code, "events/payload-1.0/intermediary-send-sign-in-code.json", "").await;
    assert_eq!(latchkey.outbox().await.len(), 2);
    invoke("intermediary-sign-in", "events/payload-1.0/intermediary-sign-in.json", "").await;
    invoke("intermediary-sign-out", "events/intermediary-sign-out.json", access).await;
    let keys = invoke("standard-keys", "events/standard-keys.json", "").await;
    assert!(keys["keys"].is_array());
    standard_events(&latchkey).await;
    lead_events(&latchkey).await;
    customer_events(&latchkey).await;
    transfer_events(&latchkey).await;
    let event = read("events/operation-rotate-keys.json");
    let changes = latchkey.server.invoke("operation-rotate-keys", &event).await.expect("an operation");
    assert_eq!(changes, json!({ "published": [], "dropped": [] }));
    let event = read("events/operation-deliver-message.json");
    let delivered = latchkey.server.invoke("operation-deliver-message", &event).await.expect("an operation");
    assert_eq!(delivered, json!({ "batchItemFailures": [] }), "a message that is there no more");

    let mut files = Vec::new();
    for folder in ["events", "events/payload-1.0"] {
        let entries = std::fs::read_dir(root().join(folder)).expect("events");
        files.extend(entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_file()));
    }
    assert_eq!(files.len(), known().len() + 3, "an event that nothing replays: {files:?}");
}

/// The events of the endpoints that RFCs describe.
async fn standard_events(latchkey: &Latchkey) {
    let access = latchkey.client_access("local-no-mfa").await;
    let invoke = async |name: &str| {
        let event = read(&format!("events/{name}.json")).replace("PASTE-AN-ACCESS-TOKEN", &access);
        let answer = latchkey.server.invoke(name, &event).await.unwrap_or_else(|| panic!("no function {name}"));
        assert_eq!(answer["statusCode"], 200, "{name}: {answer}");
        answer["body"].as_str().expect("a body").to_owned()
    };
    let read = |body: &str| serde_json::from_str::<Value>(body).expect("JSON");
    assert_eq!(read(&invoke("standard-metadata").await)["issuer"], latchkey.server.base_url);
    assert_eq!(read(&invoke("standard-token").await)["scope"], "read:customers");
    assert_eq!(read(&invoke("standard-introspect").await)["sub"], "local-no-mfa");
    assert_eq!(invoke("standard-revoke").await, "");
}

/// The events of the leads surface, one after another, each with what those before it gave.
async fn lead_events(latchkey: &Latchkey) {
    let mut pasted: Vec<(&str, String)> = Vec::new();
    let mut answers = Vec::new();
    for file in [
        "lead-public-key",
        "payload-1.0/lead-public-key",
        "lead-registration-token",
        "lead-register",
        "lead-sign-in",
        "lead-send-sign-in-code",
        "lead-change-password",
        "lead-forgot-password",
        "lead-reset-password",
        "lead-auto-login-key",
        "lead-save",
        "lead-not-found",
    ] {
        let name = file.rsplit('/').next().expect("a name");
        let fill = |event: String, (word, value): &(&str, String)| event.replace(word, value);
        let event = pasted.iter().fold(read(&format!("events/{file}.json")), fill);
        assert!(!event.contains("PASTE"), "{file}");
        let answer = latchkey.server.invoke(name, &event).await.expect("a function of this name");
        let body: Value = serde_json::from_str(answer["body"].as_str().expect("a body")).expect("JSON");
        let wanted = if name == "lead-not-found" { 404 } else { 200 };
        assert_eq!(answer["statusCode"], wanted, "{file}: {body}");
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        match file {
            "lead-public-key" => pasted.push(("PASTE-THE-PUBLIC-KEY", text(&body["PublicAuthKey"]))),
            "lead-registration-token" => pasted.push(("PASTE-THE-REGISTRATION-TOKEN", text(&body))),
            "lead-register" => pasted.push(("PASTE-A-LEAD-ID", text(&body["LeadId"]))),
            "lead-sign-in" => pasted.push(("PASTE-AN-AUTH-KEY", text(&body["AuthKey"]))),
            "lead-forgot-password" => pasted.push(("PASTE-A-TEMPORARY-PASSWORD", latchkey.last_link().await)),
            _ => {}
        }
        answers.push((name, body));
    }
    assert_eq!(answers[0], answers[1], "one public key, whichever payload asked for it");
}

/// The events of the customers surface, one after another, each with what those before it gave.
async fn customer_events(latchkey: &Latchkey) {
    let mut pasted: Vec<(&str, String)> = Vec::new();
    for (name, status, gives) in [
        ("issue-token", 200, &[("PASTE-A-CLIENT-TOKEN", "access_token")][..]),
        ("settings", 200, &[]),
        ("create-customer", 200, &[("PASTE-A-USER-ID", "user_id")]),
        ("find-customer", 200, &[]),
        ("update-customer", 200, &[]),
        ("login", 200, &[("PASTE-A-CUSTOMER-TOKEN", "access_token"), ("PASTE-A-REFRESH-TOKEN", "refresh_token")]),
        ("totp", 200, &[]),
        ("mfa-login", 200, &[("PASTE-AN-MFA-TOKEN", "mfa_token")]),
        ("mfa-challenge", 200, &[]),
        ("mfa-recovery", 200, &[]),
        ("passwordless", 204, &[]),
        ("verify-communication", 204, &[]),
        ("request-password-change", 204, &[]),
        ("sessions", 200, &[]),
        ("revoke-token", 200, &[]),
        ("list-keys", 200, &[]),
        ("create-client", 200, &[("PASTE-A-CLIENT-ID", "client_id")]),
        ("list-clients", 200, &[]),
        ("rotate-client-secret", 200, &[]),
        ("delete-client", 200, &[]),
        ("delete-customer", 204, &[]),
        ("not-found", 404, &[]),
    ] {
        let name = format!("customer-{name}");
        let fill = |event: String, (word, value): &(&str, String)| event.replace(word, value);
        let event = pasted.iter().fold(read(&format!("events/{name}.json")), fill);
        assert!(!event.contains("PASTE"), "{name}");
        let answer = latchkey.server.invoke(&name, &event).await.expect("a function of this name");
        assert_eq!(answer["statusCode"], status, "{name}: {answer}");
        for (word, member) in gives {
            let body: Value = serde_json::from_str(answer["body"].as_str().expect("a body")).expect("JSON");
            pasted.push((word, body[member].as_str().expect("text").to_owned()));
        }
    }
}

/// The events of data transfers, one after another, each with what those before it gave.
async fn transfer_events(latchkey: &Arc<Latchkey>) {
    let person = json!({ "email": "kari.nordmann@example.com", "password": "a fjord in winter" });
    latchkey.create_customer(&person).await.ok();
    let (mut asked, mut browser) = (None::<Asked>, latchkey.browser());
    for (name, status) in [
        ("issue-client-token", 200),
        ("create-session", 201),
        ("find-session-information", 200),
        ("find-session-status", 200),
        ("qr-code", 200),
        ("sign-in-page", 303),
        ("authorize-page", 200),
        ("decide", 303),
        ("find-decision", 200),
        ("consents", 200),
    ] {
        let name = format!("transfer-{name}");
        if name == "transfer-sign-in-page" {
            browser.scan(asked.as_ref().expect("a transfer")).await;
        }
        let event = filled(&read(&format!("events/{name}.json")), asked.as_ref(), &browser);
        let answer = latchkey.server.invoke(&name, &event).await.expect("a function of this name");
        assert_eq!(answer["statusCode"], status, "{name}: {answer}");
        let body = answer["body"].as_str().expect("a body").to_owned();
        let of_body = |member: &str| serde_json::from_str::<Value>(&body).expect("JSON")[member].clone();
        match name.as_str() {
            "transfer-issue-client-token" => {
                let by = of_body("access_token").as_str().expect("a token").to_owned();
                asked = Some(Asked { id: String::new(), token: String::new(), url: String::new(), by });
            }
            "transfer-create-session" => {
                let of = |member| of_body(member).as_str().expect("text").to_owned();
                let by = asked.expect("a client token").by;
                asked = Some(Asked { id: of("session_id"), token: of("session_token"), url: of("url"), by });
            }
            "transfer-sign-in-page" => {
                let cookie = answer["headers"]["set-cookie"].as_str().expect("a cookie");
                browser.cookie = cookie.split(['=', ';']).nth(1).map(str::to_owned);
            }
            "transfer-authorize-page" => browser.page = body,
            "transfer-find-decision" => assert_eq!(of_body("status"), "Confirmed"),
            _ => {}
        }
    }
}

/// An event with a transfer and a browser of this run in place of those that it was written with.
fn filled(event: &str, asked: Option<&Asked>, browser: &Browser) -> String {
    let mut event: Value = serde_json::from_str(event).expect("JSON");
    if event["isBase64Encoded"] == true {
        let body = BASE64.decode(event["body"].as_str().expect("a body").as_bytes()).expect("Base64");
        let mut body = String::from_utf8(body).expect("a form");
        for name in ["csrf", "shown"] {
            let blank = format!("{name}=PASTE-IT");
            if body.contains(&blank) {
                body = body.replace(&blank, &format!("{name}={}", browser.hidden(name)));
            }
        }
        event["body"] = BASE64.encode(body.as_bytes()).into();
    }
    let (id, token) = (
        "7d9f3a52-5f0e-4c8a-9b1d-2e6a7c4f8b10",
        "lkt_VDAwMDAwMDAxfZ86Ul8OTIqbHS5qfE-LEAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
    );
    let mut event = event.to_string();
    if let Some(asked) = asked {
        event = event.replace("PASTE-A-CLIENT-TOKEN", &asked.by).replace(id, &asked.id).replace(token, &asked.token);
    }
    // On a laptop the cookie has no prefix.
    let cookie = browser.cookie.clone().unwrap_or_default();
    event.replace("__Host-latchkey=PASTE-THE-COOKIE", &format!("latchkey={cookie}"))
}
