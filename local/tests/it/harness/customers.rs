//! The demo tenant's back ends on the customers surface, and a customer whom they sign in.

use aws_lc_rs::hmac;
use data_encoding::{BASE32_NOPAD, BASE64, BASE64URL_NOPAD};
use local::{AUDIENCE, TENANT_ID};
use serde_json::{Value, json};

use super::{Answer, Latchkey};

pub const KARI_EMAIL: &str = "kari@example.com";
pub const KARI_PHONE: &str = "+4799999999";
pub const KARI_PASSWORD: &str = "correct horse 7";
pub const KARI_PIN: &str = "482913";

/// The scopes of document 004, and what gets its refresh tokens.
pub const USERS: &str = "write:accounts:/auth/users";
pub const NO_MFA: &str = "write:accounts:/auth/users/no-mfa";
pub const REFRESH_TOKEN: &str = "create:accounts:auth:refresh_token";

/// A client that a test made, with a token of its own.
#[derive(Debug, Clone)]
pub struct BackEnd {
    pub id: String,
    pub secret: String,
    pub token: String,
}

/// Somebody with an authenticator app.
#[derive(Debug, Clone)]
pub struct WithApp {
    pub user_id: String,
    pub secret: String,
    pub recovery_codes: Vec<String>,
}

/// The path of a call of the demo tenant.
pub fn path(rest: &str) -> String {
    format!("/v1/accounts/{TENANT_ID}{rest}")
}

impl Latchkey {
    /// A call of the demo tenant with this bearer token.
    pub async fn by(&self, token: &str, method: &str, rest: &str, body: &Value) -> Answer {
        let authorization = format!("Bearer {token}");
        let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.send(method, &path(rest), &headers, body).await
    }

    pub async fn post(&self, token: &str, rest: &str, body: &Value) -> Answer {
        self.by(token, "POST", rest, body).await
    }

    /// `client_credentials` of RFC 6749 by Basic, with what `more` has.
    pub async fn ask_client_token(&self, (id, secret): (&str, &str), more: &Value) -> Answer {
        let mut body = json!({ "grant_type": "client_credentials", "audience": AUDIENCE });
        body.as_object_mut().expect("a body").extend(more.as_object().expect("members").clone());
        let authorization = format!("Basic {}", BASE64.encode(format!("{id}:{secret}").as_bytes()));
        let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
        self.send("POST", &path("/auth/token"), &headers, body.to_string()).await
    }

    /// The token of a demo client: `local-backend`, `local-no-mfa`, `local-refresh`.
    pub async fn back_end(&self, client: &str) -> String {
        self.ask_client_token((client, &format!("{client}-secret")), &json!({})).await.access_token()
    }

    /// A new client with exactly these scopes.
    pub async fn back_end_with(&self, scopes: &[&str]) -> BackEnd {
        self.back_end_granted(&json!([{ "audience": AUDIENCE, "scope": scopes }])).await
    }

    /// A new client with these grants, the first of which is for [`AUDIENCE`].
    pub async fn back_end_granted(&self, grants: &Value) -> BackEnd {
        let admin = self.back_end("local-backend").await;
        let made = self.post(&admin, "/auth/clients", &json!({ "name": "Of a test", "grants": grants })).await.ok();
        let text = |name: &str| made[name].as_str().expect("a text").to_owned();
        let (id, secret) = (text("client_id"), text("client_secret"));
        let token = self.ask_client_token((&id, &secret), &json!({})).await.access_token();
        BackEnd { id, secret, token }
    }

    /// A new customer: what is answered.
    pub async fn create_customer(&self, body: &Value) -> Answer {
        self.post(&self.back_end("local-backend").await, "/customers/users", body).await
    }

    /// A customer with everything that one signs in by: the `user_id`.
    pub async fn kari(&self) -> String {
        let made = self.create_customer(&kari()).await.ok();
        made["user_id"].as_str().expect("an id").to_owned()
    }

    pub async fn log_in(&self, token: &str, password: &str) -> Answer {
        self.post(token, "/customers/login", &login(password)).await
    }

    /// Kari's refresh and access token, from `local-refresh`.
    pub async fn refreshable(&self) -> (String, String) {
        let answer = self.log_in(&self.back_end("local-refresh").await, KARI_PASSWORD).await;
        (answer.refresh_token(), answer.access_token())
    }

    /// Begins a sign-in with two factors by Kari's password: the `mfa_token`.
    pub async fn mfa_login(&self, token: &str) -> String {
        self.post(token, "/customers/mfa_login", &mfa_login(KARI_PASSWORD)).await.mfa_token()
    }

    /// Has a code sent in a sign-in: its `oob_code` and the code, as it was received.
    pub async fn challenge(&self, token: &str, mfa_token: &str, channel: &str) -> (String, String) {
        let sent = self.challenged(token, mfa_token, channel).await.ok();
        (sent["oob_code"].as_str().expect("a handle").to_owned(), self.last_code().await)
    }

    pub async fn challenged(&self, token: &str, mfa_token: &str, channel: &str) -> Answer {
        let body = json!({ "challenge_type": "oob", "mfa_token": mfa_token, "oob_channel": channel });
        self.post(token, "/auth/mfa/challenge", &body).await
    }

    pub async fn grant(&self, token: &str, body: &Value) -> Answer {
        self.post(token, "/auth/token", body).await
    }

    pub async fn answer_oob(&self, token: &str, mfa_token: &str, (handle, code): (&str, &str)) -> Answer {
        self.grant(token, &oob(mfa_token, (handle, code))).await
    }

    pub async fn answer_totp(&self, token: &str, mfa_token: &str, otp: &str) -> Answer {
        self.grant(token, &json!({ "grant_type": "mfa_otp", "mfa_token": mfa_token, "otp": otp })).await
    }

    pub async fn answer_recovery_code(&self, token: &str, mfa_token: &str, code: &str) -> Answer {
        let body = json!({ "grant_type": "mfa_recovery_code", "mfa_token": mfa_token, "recovery_code": code });
        self.grant(token, &body).await
    }

    pub async fn refresh(&self, token: &str, refresh: &str) -> Answer {
        self.grant(token, &json!({ "grant_type": "refresh_token", "refresh_token": refresh })).await
    }

    /// Kari, who has just set up an authenticator app. A code of the step that confirmed it does no more.
    pub async fn kari_with_app(&self) -> WithApp {
        let user_id = self.kari().await;
        let person = self.log_in(&self.back_end("local-backend").await, KARI_PASSWORD).await.access_token();
        let enrolled = self.post(&person, "/auth/mfa/totp", &Value::Null).await.ok();
        let secret = enrolled["secret"].as_str().expect("a secret").to_owned();
        let code = json!({ "code": totp(&secret, self.advance(0).await) });
        let confirmed = self.post(&person, "/auth/mfa/totp/confirm", &code).await;
        WithApp { user_id, secret, recovery_codes: confirmed.recovery_codes() }
    }

    /// The app's code in the middle of the next step.
    pub async fn next_totp(&self, secret: &str) -> String {
        self.begin_window(30).await;
        totp(secret, self.advance(15).await)
    }

    pub async fn change_settings(&self, users: Value) {
        let admin = self.back_end("local-backend").await;
        self.by(&admin, "PUT", "/customers/settings", &json!({ "users": users })).await.ok();
    }

    /// Whether an access token of a person opens anything, seen without changing anything.
    pub async fn is_live(&self, access: &str) -> bool {
        // A code that cannot be one is refused after the session was looked at.
        match self.post(access, "/auth/mfa/totp/confirm", &json!({ "code": "none" })).await.status {
            // 403 once the sign-in is over 5 minutes ago, or was by one factor of two.
            400 | 403 => true,
            401 => false,
            status => panic!("{status}"),
        }
    }
}

impl Answer {
    #[track_caller]
    fn member(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_else(|| panic!("no {name}: {}", self.text)).to_owned()
    }

    #[track_caller]
    pub fn access_token(&self) -> String {
        assert_eq!(self.status, 200, "{}", self.text);
        self.member("access_token")
    }

    #[track_caller]
    pub fn refresh_token(&self) -> String {
        assert_eq!(self.status, 200, "{}", self.text);
        self.member("refresh_token")
    }

    /// Of a 200 or of a 403 `mfa_required`.
    #[track_caller]
    pub fn mfa_token(&self) -> String {
        if self.status != 200 {
            let body = self.json();
            assert_eq!((self.status, &body["error"]["code"]), (403, &json!("mfa_required")), "{body}");
            assert_eq!(body.as_object().map(serde_json::Map::len), Some(2), "{body}");
        }
        self.member("mfa_token")
    }

    #[track_caller]
    pub fn recovery_codes(&self) -> Vec<String> {
        let body = self.ok();
        let codes = body["recovery_codes"].as_array().unwrap_or_else(|| panic!("no codes: {body}"));
        codes.iter().map(|code| code.as_str().expect("a code").to_owned()).collect()
    }

    /// What an access token of a 200 says.
    #[track_caller]
    pub fn claims(&self) -> Value {
        claims(&self.access_token())
    }

    #[track_caller]
    pub fn empty(&self, status: u16) {
        assert_eq!((self.status, self.text.as_str()), (status, ""));
    }

    /// Asserts a refusal in the customers surface's shape and answers with its `error` member.
    #[track_caller]
    pub fn refused_customer(&self, status: u16, code: &str) -> Value {
        let body = self.json();
        let error = &body["error"];
        assert_eq!((self.status, error["code"].as_str()), (status, Some(code)), "{}", self.text);
        assert_eq!(body.as_object().map(serde_json::Map::len), Some(1), "{body}");
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
        let known = ["code", "message", "errors"];
        assert!(error.as_object().is_some_and(|error| error.keys().all(|name| known.contains(&name.as_str()))));
        assert!(self.header("x-request-id").is_some());
        error.clone()
    }
}

pub fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).expect("three parts");
    serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).expect("base64url")).expect("JSON")
}

pub fn kari() -> Value {
    json!({ "email": KARI_EMAIL, "phone_number": KARI_PHONE, "first_name": "Kari", "last_name": "Nordmann",
            "password": KARI_PASSWORD, "pin": KARI_PIN })
}

/// Document 004's body.
pub fn login(password: &str) -> Value {
    json!({ "audience": AUDIENCE, "type": "customer", "email": KARI_EMAIL, "password": password })
}

pub fn login_by(ident_type: &str, ident: &str, password: &str) -> Value {
    let (audience, kind) = (AUDIENCE, "customer");
    json!({ "audience": audience, "type": kind, "ident_type": ident_type, "ident": ident, "password": password })
}

pub fn mfa_login(secret: &str) -> Value {
    json!({ "audience": AUDIENCE, "type": "customer", "ident_type": "email", "ident": KARI_EMAIL, "secret": secret })
}

pub fn oob(mfa_token: &str, (handle, code): (&str, &str)) -> Value {
    json!({ "grant_type": "mfa_oob", "mfa_token": mfa_token, "oob_code": handle, "binding_code": code })
}

/// Some code other than this one.
pub fn another(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().expect("digits") + 1) % 1_000_000)
}

/// What an authenticator app shows: RFC 6238 with SHA-1, 6 digits and 30 seconds, as written there.
pub fn totp(secret: &str, seconds: i64) -> String {
    let secret = BASE32_NOPAD.decode(secret.as_bytes()).expect("base32");
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &secret);
    let tag = hmac::sign(&key, &(seconds / 30).to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag[19] & 15);
    let number = u32::from_be_bytes(tag[offset..offset + 4].try_into().expect("four bytes")) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}
