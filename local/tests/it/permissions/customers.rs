//! A walk through the customers surface, by every branch that touches the table in another way.

use std::sync::Arc;

use local::{AUDIENCE, TENANT_ID};
use reqwest::Method;
use serde_json::{Value, json};

use super::Seen;
use crate::harness::{Answer, Latchkey, totp};

const EMAIL: &str = "kari.nordmann@example.com";
const PASSWORD: &str = "a fjord in winter";
const PHONE: &str = "+4799999999";

/// One client's token, and what is noted of its calls.
struct Walk<'a> {
    latchkey: &'a Arc<Latchkey>,
    seen: &'a mut Seen,
    token: String,
    calls: u32,
}

impl Walk<'_> {
    async fn call(&mut self, method: &Method, path: &str, body: Value) -> Answer {
        self.calls += 1;
        let path = format!("/v1/accounts/{TENANT_ID}{path}");
        let (route, _) = path.split_once('?').unwrap_or((&path, ""));
        let authorization = format!("Bearer {}", self.token);
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/json"),
            ("idempotency-key", &self.calls.to_string()),
        ];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let call = self.latchkey.send(method.as_str(), &path, &headers, body);
        self.seen.note(self.latchkey, method.as_str(), route, call).await
    }

    async fn post(&mut self, path: &str, body: Value) -> Answer {
        self.call(&Method::POST, path, body).await
    }

    /// Lets the instance forget what it may believe for a minute.
    async fn cold(&self) {
        self.latchkey.advance(61).await;
    }

    /// As another of the demo clients.
    async fn turn_into(&mut self, client: &str) {
        let path = format!("/v1/accounts/{TENANT_ID}/auth/token");
        let basic = data_encoding::BASE64.encode(format!("{client}:{client}-secret").as_bytes());
        let headers = [("authorization", &*format!("Basic {basic}")), ("content-type", "application/json")];
        let body = json!({ "grant_type": "client_credentials", "audience": AUDIENCE }).to_string();
        let token = self.seen.note(self.latchkey, "POST", &path, self.latchkey.send("POST", &path, &headers, body));
        text(&token.await.ok(), "access_token").clone_into(&mut self.token);
    }
}

fn text<'a>(body: &'a Value, name: &str) -> &'a str {
    body[name].as_str().unwrap_or_else(|| panic!("{name} in {body}"))
}

fn sign_in(password: &str) -> Value {
    json!({ "audience": AUDIENCE, "type": "customer", "email": EMAIL, "password": password })
}

pub(super) async fn walk(latchkey: &Arc<Latchkey>, seen: &mut Seen) {
    let mut walk = Walk { latchkey, seen, token: String::new(), calls: 0 };
    walk.cold().await;
    walk.turn_into("local-refresh").await;
    profiles(&mut walk).await;
    sign_ins(&mut walk).await;
    second_factors(&mut walk).await;
    codes_and_links(&mut walk).await;
    clients(&mut walk).await;
    walk.turn_into("local-backend").await;
    walk.call(&Method::DELETE, "/customers/users/10042", Value::Null).await.empty(204);
}

async fn profiles(walk: &mut Walk<'_>) {
    let customer = json!({ "customer_id": "10042", "email": EMAIL, "phone_number": PHONE, "password": PASSWORD,
                           "pin": "482913" });
    walk.post("/customers/users", customer).await.ok();
    walk.call(&Method::GET, "/customers/users/10042", Value::Null).await.ok();
    walk.call(&Method::HEAD, &format!("/customers/users?email={EMAIL}"), Value::Null).await.empty(200);
    let moved = json!({ "email": "kari.hansen@example.com", "phone_number": null });
    walk.call(&Method::PUT, "/customers/users/10042", moved).await.ok();
    walk.post("/customers/login", sign_in("nobody's password")).await.refused_customer(401, "invalid_credentials");
    let back = json!({ "email": EMAIL, "phone_number": PHONE, "password": PASSWORD });
    walk.call(&Method::PUT, "/customers/users/10042", back).await.ok();
    walk.call(&Method::GET, "/customers/settings", Value::Null).await.ok();
    walk.call(&Method::PUT, "/customers/settings", json!({})).await.ok();
    walk.cold().await;
    let keys = walk.call(&Method::GET, "/auth/keys", Value::Null).await.ok();
    assert!(keys.is_array(), "a bare array");
}

async fn sign_ins(walk: &mut Walk<'_>) {
    walk.post("/customers/login", sign_in("wrong")).await.refused_customer(401, "invalid_credentials");
    let mut signed_in = Value::Null;
    for _ in 0..22 {
        signed_in = walk.post("/customers/login", sign_in(PASSWORD)).await.ok();
    }
    let refresh = json!({ "grant_type": "refresh_token", "refresh_token": signed_in["refresh_token"],
                          "scope": "customer" });
    let next = walk.post("/auth/token", refresh.clone()).await.ok();
    walk.latchkey.advance(31).await;
    walk.post("/auth/token", refresh).await.refused_customer(400, "invalid_grant");
    walk.cold().await;
    walk.post("/auth/revoke", json!({ "token": next["refresh_token"] })).await.ok();
    let user = walk.call(&Method::GET, "/customers/users/10042", Value::Null).await.ok();
    let sessions = format!("/auth/users/{}/sessions", text(&user, "user_id"));
    let list = walk.call(&Method::GET, &sessions, Value::Null).await.ok();
    let one = format!("{sessions}/{}", text(&list["sessions"][0], "session_id"));
    walk.call(&Method::DELETE, &one, Value::Null).await.empty(204);
    walk.call(&Method::DELETE, &sessions, Value::Null).await.empty(204);
}

async fn second_factors(walk: &mut Walk<'_>) {
    let by_pin = json!({ "audience": AUDIENCE, "type": "customer", "ident_type": "email", "ident": EMAIL,
                         "secret": "482913" });
    let begun = walk.post("/customers/mfa_login", by_pin.clone()).await.ok();
    let mut wrong = by_pin;
    wrong["secret"] = json!("482914");
    walk.post("/customers/mfa_login", wrong.clone()).await.refused_customer(401, "invalid_credentials");
    wrong["ident"] = json!("nobody@example.com");
    walk.post("/customers/mfa_login", wrong).await.refused_customer(401, "invalid_credentials");
    let mfa_token = text(&begun, "mfa_token");
    let challenge = json!({ "challenge_type": "oob", "mfa_token": mfa_token });
    let sent = walk.post("/auth/mfa/challenge", challenge).await.ok();
    let code = walk.latchkey.last_code().await;
    let answer = json!({ "grant_type": "mfa_oob", "mfa_token": mfa_token, "oob_code": sent["oob_code"],
                         "binding_code": code });
    let person = walk.post("/auth/token", answer).await.ok();
    let back_end = std::mem::replace(&mut walk.token, text(&person, "access_token").to_owned());
    walk.cold().await;
    let enrolled = walk.post("/auth/mfa/totp", Value::Null).await.ok();
    assert!(text(&enrolled, "otpauth_uri").starts_with("otpauth://totp/"));
    let code = totp(text(&enrolled, "secret"), walk.latchkey.advance(0).await);
    walk.post("/auth/mfa/totp/confirm", json!({ "code": code })).await.recovery_codes();
    walk.call(&Method::DELETE, "/auth/mfa/totp", Value::Null).await.empty(204);
    walk.token = back_end;

    let recovery = json!({ "audience": AUDIENCE, "type": "customer", "ident_type": "email", "ident": EMAIL });
    let begun = walk.post("/customers/mfa_login_recovery", recovery).await.ok();
    let code = walk.latchkey.last_code().await;
    let answer = json!({ "grant_type": "mfa_oob", "mfa_token": begun["mfa_token"], "oob_code": begun["oob_code"],
                         "binding_code": code });
    walk.post("/auth/token", answer).await.mfa_token();
}

async fn codes_and_links(walk: &mut Walk<'_>) {
    let code = json!({ "audience": AUDIENCE, "client_id": "local-refresh", "connection": "email", "email": EMAIL });
    walk.post("/auth/passwordless", code).await.empty(204);
    let code = walk.latchkey.last_code().await;
    let exchange = json!({ "grant_type": "authorization_code", "ident_type": "email", "ident": EMAIL,
                           "verification_code": code, "audience": AUDIENCE });
    walk.post("/auth/token", exchange).await.ok();
    let verification = "/customers/users/10042/communication";
    walk.post(&format!("{verification}/send-verification-code/email"), Value::Null).await.empty(204);
    let code = walk.latchkey.last_code().await;
    let confirm = format!("{verification}/confirm-verification-code/email");
    walk.post(&confirm, json!({ "code": code })).await.empty(204);
    walk.call(&Method::GET, verification, Value::Null).await.ok();
    let forgotten = json!({ "audience": AUDIENCE, "type": "customer", "email": EMAIL });
    walk.post("/customers/change_password", forgotten).await.empty(204);
    let outbox = walk.latchkey.outbox().await;
    let link = outbox.last().expect("a message")["link"].as_str().expect("a link").to_owned();
    let (_, query) = link.split_once('?').expect("a query");
    let mut reset = json!({ "password": "a fjord in summer" });
    for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        reset[name] = json!(value);
    }
    walk.post("/customers/change_password/confirm", reset).await.empty(204);
}

async fn clients(walk: &mut Walk<'_>) {
    walk.cold().await;
    let grants = json!([{ "audience": AUDIENCE, "scope": ["read:customers"] }]);
    let client = walk.post("/auth/clients", json!({ "name": "Reports", "grants": grants })).await.ok();
    let one = format!("/auth/clients/{}", text(&client, "client_id"));
    walk.call(&Method::GET, "/auth/clients", Value::Null).await.ok();
    walk.call(&Method::GET, &one, Value::Null).await.ok();
    walk.post(&format!("{one}/rotate-secret"), Value::Null).await.ok();
    walk.post(&format!("{one}/rotate-secret"), Value::Null).await.ok();
    walk.call(&Method::DELETE, &one, Value::Null).await.ok();
}
