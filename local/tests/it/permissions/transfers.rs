//! A walk through data transfers, by every branch that touches the table in another way.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Seen;
use crate::harness::{Answer, Asked, Browser, CLIENT_TOKEN, KARI_EMAIL, KARI_PASSWORD, Latchkey, SESSION, VERIFIER};

const CONSENTS: &str = "/authorize/consents?tenant=T00000001";

/// A third party's back end and a person's browser, and what is noted of their calls.
struct Walk<'a> {
    latchkey: &'a Arc<Latchkey>,
    seen: &'a mut Seen,
    token: String,
    browser: Browser,
}

impl Walk<'_> {
    /// Lets the instance forget what it may believe for a minute.
    async fn cold(&self) {
        self.latchkey.advance(61).await;
    }

    async fn get_token(&mut self, secret: &str) -> Answer {
        let form = [("grant_type", "client_credentials"), ("client_id", VERIFIER), ("client_secret", secret)];
        let call = self.latchkey.post_form(CLIENT_TOKEN, &form);
        self.seen.note(self.latchkey, "POST", CLIENT_TOKEN, call).await
    }

    async fn call(&mut self, token: &str, method: &str, path: &str, body: &Value) -> Answer {
        let call = self.latchkey.bearing(token, method, path, body);
        self.seen.note(self.latchkey, method, path, call).await
    }

    async fn open(&mut self, scope: &str) -> Asked {
        let token = self.token.clone();
        self.call(&token, "POST", SESSION, &json!({ "scope": scope })).await.asked(&token)
    }

    async fn get(&mut self, path: &str) -> Answer {
        let route = path.split('?').next().unwrap_or_default();
        self.seen.note(self.latchkey, "GET", route, self.browser.get(path)).await
    }

    async fn visit(&mut self, path: &str) {
        let answer = self.get(path).await;
        if let Some(to) = answer.header("location") {
            self.get(to).await;
        }
    }

    async fn submit(&mut self, fields: &[(&str, &str)]) {
        let (action, _) = self.browser.fill(fields);
        let route = action.split('?').next().unwrap_or_default();
        let answer = self.seen.note(self.latchkey, "POST", route, self.browser.send_form(fields)).await;
        if let Some(to) = answer.header("location") {
            self.visit(to).await;
        }
    }

    async fn sign_in(&mut self, who: &str, password: &str) {
        self.submit(&[("identifier", who), ("kind", "customer"), ("password", password)]).await;
    }
}

pub(super) async fn walk(latchkey: &Arc<Latchkey>, seen: &mut Seen) {
    let mut walk = Walk { latchkey, seen, token: String::new(), browser: latchkey.browser() };
    latchkey.kari().await;
    walk.cold().await;
    walk.token = walk.get_token("local-verifier-secret").await.access_token();
    walk.get_token("wrong").await.refused_transfer(401, "invalid_client");
    third_party(&mut walk).await;
    person(&mut walk).await;
    second_factor(&mut walk).await;
    many_sessions(&mut walk).await;
}

async fn third_party(walk: &mut Walk<'_>) {
    walk.cold().await;
    let asked = walk.open("names").await;
    for call in ["status", "decision/", "information"] {
        for token in [asked.by.clone(), asked.token.clone()] {
            walk.cold().await;
            walk.call(&token, "GET", &asked.call(call), &Value::Null).await;
            walk.call(&token, "GET", &asked.call(call), &Value::Null).await;
        }
    }
    let asked = walk.open("names").await;
    let qr = format!("{}/qr.svg", asked.path());
    for _ in 0..2 {
        walk.seen.note(walk.latchkey, "GET", &qr, walk.latchkey.send("GET", &qr, &[], "")).await;
        walk.cold().await;
    }
}

async fn person(walk: &mut Walk<'_>) {
    let declined = walk.open("names").await;
    walk.visit(&declined.path()).await;
    walk.submit(&[("decision", "decline")]).await;
    walk.cold().await;
    let asked = walk.open("names email").await;
    walk.cold().await;
    walk.visit(&asked.path()).await;
    walk.sign_in("nobody@example.com", "wrong").await;
    walk.sign_in(KARI_EMAIL, "wrong password").await;
    walk.sign_in(KARI_EMAIL, KARI_PASSWORD).await;
    assert!(walk.browser.is_asked());
    // Another account of theirs, then this one again.
    walk.visit(&format!("{}/sign-in", asked.path())).await;
    walk.sign_in(KARI_EMAIL, KARI_PASSWORD).await;
    walk.submit(&[("decision", "agree")]).await;
    assert!(walk.browser.page.contains("You agreed"), "{}", walk.browser.page);
    let later = walk.open("names").await;
    walk.visit(&later.path()).await;
    walk.cold().await;
    walk.submit(&[("decision", "decline")]).await;
    walk.cold().await;
    walk.visit(CONSENTS).await;
    walk.submit(&[("revoke", &asked.id)]).await;
    walk.cold().await;
    walk.submit(&[("sign_out", "1")]).await;
    walk.cold().await;
    walk.visit(CONSENTS).await;
    walk.sign_in(KARI_EMAIL, KARI_PASSWORD).await;
    assert!(walk.browser.has("sign_out"));
}

async fn second_factor(walk: &mut Walk<'_>) {
    walk.latchkey.change_settings(json!({ "mfa": { "enabled": true } })).await;
    walk.cold().await;
    let asked = walk.open("names").await;
    walk.visit(&asked.path()).await;
    walk.sign_in(KARI_EMAIL, KARI_PASSWORD).await;
    walk.submit(&[("send", "sms")]).await;
    walk.submit(&[("code", "000000")]).await;
    let code = walk.latchkey.last_code().await;
    walk.submit(&[("code", &code)]).await;
    assert!(walk.browser.is_asked());
    walk.submit(&[("decision", "agree")]).await;
    walk.visit(CONSENTS).await;
    walk.submit(&[("sign_out", "1")]).await;
    walk.sign_in(KARI_EMAIL, KARI_PASSWORD).await;
    walk.submit(&[("start_over", "1")]).await;
    walk.latchkey.change_settings(json!({ "mfa": { "enabled": false } })).await;
}

/// The most that an account has, and one more.
async fn many_sessions(walk: &mut Walk<'_>) {
    for _ in 0..2 {
        walk.cold().await;
        for _ in 0..15 {
            walk.browser = walk.latchkey.browser();
            walk.visit(CONSENTS).await;
            walk.sign_in(KARI_EMAIL, KARI_PASSWORD).await;
            assert!(walk.browser.has("sign_out"), "{}", walk.browser.page);
        }
    }
}
