//! One API Gateway event a function, as `sam local invoke` and `cargo lambda invoke` replay it.

use std::sync::Arc;

use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::harness::{Asked, Browser, EMAIL, Latchkey, PASSWORD, PHONE};
use crate::project::{known, read, root};

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
    let history = invoke("intermediary-history", "events/intermediary-history.json", access).await;
    assert_eq!(history["events"][0]["event"], "sign_in.ok");
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
    intermediary_events(&latchkey).await;
    lead_events(&latchkey).await;
    customer_events(&latchkey).await;
    transfer_events(&latchkey).await;
    let event = read("events/operation-deliver-message.json");
    let delivered = latchkey.server.invoke("operation-deliver-message", &event).await.expect("an operation");
    assert_eq!(delivered, json!({ "batchItemFailures": [] }), "a message that is there no more");
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
/// What the owner of an account does to it, one event after the other, and who is invited.
async fn intermediary_events(latchkey: &Arc<Latchkey>) {
    let access = latchkey.sign_in(EMAIL, PASSWORD).await.pair().access;
    let act = async |verb: &str, placeholder: &str, secret: &str| {
        let name = format!("intermediary-{verb}");
        let event = read(&format!("events/{name}.json")).replace("PASTE-AN-ACCESS-TOKEN", &access);
        let answer = latchkey.server.invoke(&name, &event.replace(placeholder, secret)).await.expect("a function");
        let body: Value = serde_json::from_str(answer["body"].as_str().expect("a body")).expect("JSON");
        assert_eq!(answer["statusCode"], 200, "{name}: {body}");
        body
    };
    let sent = async || latchkey.outbox().await.pop().expect("a message");
    act("verify-email", "", "").await;
    assert_eq!(sent().await["to"], EMAIL);
    act("verify-phone", "", "").await;
    assert_eq!(sent().await["to"], PHONE);
    let checked = act("check-password", "", "").await;
    let checked = checked["passwordValidationToken"].as_str().expect("a token");
    act("change-email", "PASTE-A-PASSWORD-VALIDATION-TOKEN", checked).await;
    assert_eq!(sent().await["to"], "jane.smith@example.com");
    act("change-phone", "PASTE-A-PASSWORD-VALIDATION-TOKEN", checked).await;
    assert_eq!(sent().await["to"], "+19172247777");
    assert_eq!(act("change-name", "", "").await["fullName"], "Jane Smith");
    act("reset-password", "", "").await;
    assert_eq!(sent().await["purpose"], "reset-password");
    act("change-password", "", "").await;
    assert_eq!(sent().await["purpose"], "password-changed");
    let account = latchkey.find_account(&access).await.ok();
    let id = account["id"].as_str().expect("an id");
    assert_eq!(act("set-status", "PASTE-AN-ACCOUNT-ID", id).await["status"], "blocked");

    let record = latchkey.create_intermediary().await;
    let invite = read("events/intermediary-send-invite.json").replace("507f281e810c19729de860eb", &record);
    let answer = latchkey.server.invoke("intermediary-send-invite", &invite).await.expect("a function");
    assert_eq!(answer["statusCode"], 200, "{}", answer["body"]);
    let invitation = sent().await;
    let (_, token) = invitation["link"].as_str().expect("a link").split_once("token=").expect("a token");
    assert!(act("accept-invite", "PASTE-A-LINK-TOKEN", token).await["accessToken"].is_string());
}

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
    let mut pasted = vec![("PASTE-THE-REGISTRATION-TOKEN", latchkey.portal().await.registration_token)];
    let mut answers = Vec::new();
    for file in [
        "lead-portal-keys",
        "payload-1.0/lead-portal-keys",
        "lead-register",
        "lead-sign-in",
        "lead-send-sign-in-code",
        "lead-change-password",
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
            "lead-portal-keys" => pasted.push(("PASTE-THE-PUBLIC-KEY", text(&body["PublicAuthKey"]))),
            "lead-sign-in" => pasted.push(("PASTE-AN-AUTH-KEY", text(&body["AuthKey"]))),
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
        ("second-factor", 200, &[]),
        ("mfa-recovery", 200, &[]),
        ("passwordless", 204, &[]),
        ("verify-communication", 204, &[]),
        ("request-password-change", 204, &[]),
        ("sessions", 200, &[]),
        ("revoke-token", 200, &[]),
        ("list-keys", 200, &[]),
        ("clients", 200, &[]),
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
        ("qr-code", 200),
        ("sign-in-page", 303),
        ("authorize", 303),
        ("find-session", 200),
        ("consents", 200),
    ] {
        let name = format!("transfer-{name}");
        if name == "transfer-sign-in-page" {
            browser.scan(asked.as_ref().expect("a transfer")).await;
        }
        let event = filled(&read(&format!("events/{name}.json")), asked.as_ref(), &browser);
        let answer = latchkey.server.invoke(&name, &event).await.expect("a function of this name");
        assert_eq!(answer["statusCode"], status, "{name}: {answer}");
        let body = answer["body"].as_str().expect("a body");
        let of_body = |member: &str| serde_json::from_str::<Value>(body).expect("JSON")[member].clone();
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
                browser.scan(asked.as_ref().expect("a transfer")).await;
            }
            "transfer-find-session" => assert_eq!(of_body("status"), "Confirmed"),
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
