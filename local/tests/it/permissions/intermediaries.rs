//! A walk through the intermediaries surface, by every branch that touches the table in another way.

use std::sync::Arc;

use local::Template;
use serde_json::{Value, json};

use super::Seen;
use crate::harness::{
    Answer, EMAIL, Latchkey, NEW_EMAIL, NEW_PASSWORD, NEW_PHONE, PASSWORD, PHONE, acceptance, jane, other_than,
};

pub async fn walk(latchkey: &Arc<Latchkey>, seen: &mut Seen) {
    sessions(latchkey, seen).await;
    let mut owner = Owner { latchkey, seen, access: String::new() };
    owner.reads().await;
    owner.proves_addresses().await;
    owner.changes_addresses().await;
    owner.changes_the_password().await;
    owner.is_invited().await;
    owner.is_blocked().await;
    no_client(latchkey, seen).await;
}

async fn sessions(latchkey: &Arc<Latchkey>, seen: &mut Seen) {
    let key = [("idempotency-key", "once")];
    let (accounts, sessions) = ("/intermediaries/accounts", "/intermediaries/sessions");
    let pair = seen.note(latchkey, "POST", accounts, latchkey.call("POST", accounts, &key, Some(jane()))).await.pair();
    let record = latchkey.call("POST", "/intermediaries", &key, Some(json!({ "variables": {} })));
    seen.note(latchkey, "POST", "/intermediaries", record).await.ok();
    for _ in 0..21 {
        seen.note(latchkey, "POST", sessions, latchkey.sign_in(EMAIL, PASSWORD)).await.pair();
    }
    seen.note(latchkey, "POST", sessions, latchkey.sign_in(EMAIL, "wrong")).await;
    seen.note(latchkey, "POST", sessions, latchkey.sign_in("nobody@example.com", "wrong")).await;
    let path = format!("{sessions}/{PHONE}");
    seen.note(latchkey, "POST", &path, latchkey.send_code(PHONE)).await.ok();
    latchkey.advance(60).await;
    seen.note(latchkey, "POST", &path, latchkey.send_code(PHONE)).await.ok();
    seen.note(latchkey, "POST", sessions, latchkey.sessions(json!({ "phoneVerificationCode": "000000" }))).await;
    let code = latchkey.last_code().await;
    let bound = json!({ "phoneVerificationCode": code, "phone": "+19170000000" });
    seen.note(latchkey, "POST", sessions, latchkey.sessions(bound)).await;
    seen.note(latchkey, "POST", sessions, latchkey.sessions(json!({ "phoneVerificationCode": code }))).await.pair();
    let fresh = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    let next = seen.note(latchkey, "POST", sessions, latchkey.re_sign(&fresh.refresh)).await.pair();
    seen.note(latchkey, "PUT", "/intermediaries/sessions/token-status", latchkey.check_session(&next.access))
        .await
        .ok();
    seen.note(latchkey, "GET", accounts, latchkey.find_account(&next.access)).await.ok();
    let find = format!("{accounts}/{EMAIL}");
    seen.note(latchkey, "GET", &find, latchkey.call("GET", &find, &[], None)).await.ok();
    let (search, history) = (format!("{accounts}/search"), format!("{accounts}/history"));
    let by_phone = format!("{search}?phones={}", PHONE.replace('+', "%2B"));
    seen.note(latchkey, "GET", &search, latchkey.call("GET", &by_phone, &[], None)).await.ok();
    let token = [("accountAccessToken", next.access.as_str())];
    seen.note(latchkey, "GET", &history, latchkey.call("GET", &history, &token, None)).await.ok();
    seen.note(latchkey, "DELETE", sessions, latchkey.sign_out(&next.access)).await.ok();
    latchkey.re_sign(&pair.refresh).await;
    latchkey.advance(31).await;
    let reused = latchkey.sign_in(EMAIL, PASSWORD).await.pair();
    latchkey.re_sign(&reused.refresh).await.pair();
    latchkey.advance(31).await;
    seen.note(latchkey, "POST", sessions, latchkey.re_sign(&reused.refresh))
        .await
        .refused(401, "invalid_refresh_token");
}

/// Somebody who is signed in and looks after their account, and what is noted of their calls.
struct Owner<'a> {
    latchkey: &'a Arc<Latchkey>,
    seen: &'a mut Seen,
    access: String,
}

impl Owner<'_> {
    async fn sign_in(&mut self) {
        // What came before is forgotten, also who called.
        self.latchkey.advance(61).await;
        self.access = self.latchkey.sign_in(EMAIL, PASSWORD).await.pair().access;
    }

    /// A call with every header that an owner's calls take, once under an idempotency key and once without.
    async fn call(&mut self, method: &str, rest: &str, body: Option<Value>) -> Answer {
        let path = format!("/intermediaries/{rest}");
        let validation = self.latchkey.validation_token(&self.access).await;
        let headers = [
            ("accountAccessToken", self.access.as_str()),
            ("accountPasswordValidationToken", validation.as_str()),
            ("idempotency-key", rest),
        ];
        let headers = if method == "POST" { headers.as_slice() } else { &headers[..2] };
        let call = self.latchkey.call(method, &path, headers, body);
        let route = path.split('?').next().unwrap_or_default();
        self.seen.note(self.latchkey, method, route, call).await
    }

    async fn reads(&mut self) {
        self.sign_in().await;
        self.call("GET", "accounts/history", None).await.ok();
        let id = self.latchkey.account_id(&self.access).await;
        let path = format!("/intermediaries/accounts/history?id={id}");
        let own = self.latchkey.call("GET", &path, &[], None);
        self.seen.note(self.latchkey, "GET", "/intermediaries/accounts/history", own).await.ok();
        self.call("GET", &format!("accounts/{EMAIL}"), None).await.ok();
        let record = local::INTERMEDIARY_ID;
        let phone = PHONE.replace('+', "%2B");
        for query in [format!("emails={EMAIL}&intermediaryIds={record}"), format!("phones={phone}")] {
            let found = self.call("GET", &format!("accounts/search?{query}"), None).await.ok();
            assert_eq!(found.as_array().map(Vec::len), Some(1), "{query}");
        }
    }

    async fn proves_addresses(&mut self) {
        for (rest, body) in [("email-verification", None), ("phone-verification", Some(json!({ "phone": PHONE })))] {
            self.sign_in().await;
            self.call("POST", rest, body.clone()).await.ok();
            let wrong = other_than(&self.latchkey.last_code().await);
            self.call("PUT", &format!("{rest}/{wrong}"), None).await.refused(400, "invalid_code");
            self.sign_in().await;
            self.latchkey.within(&self.access, "POST", rest, body).await.ok();
            let code = self.latchkey.last_code().await;
            self.call("PUT", &format!("{rest}/{code}"), None).await.ok();
        }
    }

    /// In a session that has proved the phone.
    async fn sign_in_by_code(&mut self) {
        self.latchkey.advance(61).await;
        self.latchkey.send_code(PHONE).await.ok();
        let code = self.latchkey.last_code().await;
        let signed_in = self.latchkey.sessions(json!({ "phoneVerificationCode": code })).await;
        self.access = signed_in.pair().access;
    }

    async fn changes_addresses(&mut self) {
        self.sign_in_by_code().await;
        self.call("PUT", "accounts/email", Some(json!({ "email": NEW_EMAIL }))).await.ok();
        let code = self.latchkey.last_code().await;
        self.call("PUT", &format!("accounts/email/{code}"), None).await.ok();
        self.call("PUT", "accounts/email", Some(json!({ "email": EMAIL }))).await.slowed();
        self.latchkey.advance(61).await;
        self.call("PUT", "accounts/email", Some(json!({ "email": EMAIL }))).await.ok();
        let code = self.latchkey.last_code().await;
        self.call("PUT", &format!("accounts/email/{code}"), None).await.ok();
        self.sign_in_by_code().await;
        for (method, phone) in [("PUT", NEW_PHONE), ("POST", PHONE)] {
            self.call(method, "accounts/phone", Some(json!({ "phone": phone }))).await.ok();
            let code = self.latchkey.last_code().await;
            self.call(method, &format!("accounts/phone/{code}"), None).await.ok();
            if method == "PUT" {
                self.call("PUT", "accounts/delete-phone", Some(json!({ "phone": phone }))).await.ok();
            }
        }
        self.call("PUT", "accounts/full-name", Some(json!({ "fullName": "Jane Smith" }))).await.ok();
    }

    async fn changes_the_password(&mut self) {
        let check = "accounts/password-validation-token";
        self.sign_in().await;
        self.call("POST", check, Some(json!({ "password": PASSWORD }))).await.ok();
        self.call("POST", check, Some(json!({ "password": "wrong" }))).await.refused(401, "invalid_credentials");
        let change = |old: &str, new: &str| Some(json!({ "oldPassword": old, "newPassword": new }));
        self.call("PUT", "accounts/password", change("wrong", NEW_PASSWORD)).await.refused(401, "invalid_credentials");
        self.call("PUT", "accounts/password", change(PASSWORD, NEW_PASSWORD)).await.ok();

        // Somebody who never proved their address, and somebody who did.
        self.squatter("other@example.com").await;
        for (email, password) in [(EMAIL, PASSWORD), ("other@example.com", PASSWORD), ("nobody@example.com", PASSWORD)]
        {
            let (latchkey, forgot) = (self.latchkey, "/intermediaries/reset-password");
            let once = [("idempotency-key", email)];
            let call = latchkey.call("POST", forgot, &once, Some(json!({ "email": email })));
            self.seen.note(latchkey, "POST", forgot, call).await.ok();
            if email == "nobody@example.com" {
                continue;
            }
            let token = latchkey.link_token().await;
            let path = format!("{forgot}/{token}");
            self.seen.note(latchkey, "GET", &path, latchkey.find_reset(&token)).await.ok();
            self.seen.note(latchkey, "PUT", &path, latchkey.reset(&token, password)).await.ok();
            self.seen.note(latchkey, "PUT", &path, latchkey.reset(&token, password)).await.refused(404, "invalid_link");
        }
    }

    /// An account with an address that nobody proved, and a phone.
    async fn squatter(&self, email: &str) {
        let mut body = jane();
        body["email"] = json!(email);
        body["intermediaryId"] = json!(self.latchkey.create_intermediary().await);
        self.latchkey.create_account(body).await.pair();
    }

    /// To an address that another account has, which never proved it and named a phone.
    async fn is_invited(&mut self) {
        let latchkey = self.latchkey;
        self.squatter("john@example.com").await;
        let record = latchkey.create_intermediary().await;
        let path = format!("/intermediaries/{record}/invites");
        for key in ["first", "second"] {
            latchkey.advance(61).await;
            let once = [("idempotency-key", key)];
            let invite = latchkey.call("POST", &path, &once, Some(json!({ "email": "john@example.com" })));
            self.seen.note(latchkey, "POST", &path, invite).await.ok();
        }
        let token = latchkey.link_token().await;
        let path = format!("/intermediaries/invites/{token}");
        self.seen.note(latchkey, "GET", &path, latchkey.find_invitation(&token)).await.ok();
        let accept = latchkey.call("POST", &path, &[("idempotency-key", "once")], Some(acceptance()));
        self.seen.note(latchkey, "POST", &path, accept).await.pair();

        // And somebody who opens an invited account without the invitation.
        let invited = latchkey.invited("jack@example.com").await;
        let body = json!({ "email": "jack@example.com", "intermediaryId": invited.record, "password": PASSWORD });
        let accounts = "/intermediaries/accounts";
        self.seen.note(latchkey, "POST", accounts, latchkey.create_account(body)).await.pair();
    }

    async fn is_blocked(&mut self) {
        self.sign_in().await;
        let (latchkey, id) = (self.latchkey, self.latchkey.account_id(&self.access).await);
        latchkey.advance(61).await;
        for status in ["blocked", "active"] {
            let path = format!("/intermediaries/accounts/{id}/status");
            self.seen.note(latchkey, "PUT", &path, latchkey.set_status(&id, status)).await.ok();
        }
    }
}

/// Every call with a credential that is none, twenty a minute.
async fn no_client(latchkey: &Arc<Latchkey>, seen: &mut Seen) {
    let template = Template::built_in().expect("a template");
    let routes = template.routes.iter().filter(|route| route.path.starts_with("/intermediaries"));
    for (position, route) in routes.enumerate() {
        if position % 20 == 0 {
            latchkey.begin_window(60).await;
        }
        let (method, path) = (route.method.as_str(), route.path.replace("{phone}", PHONE));
        let call = latchkey.send(method, &path, &[("api-key", "wrong")], "");
        seen.note(latchkey, method, &path, call).await.refused(401, "invalid_api_key");
    }
}
