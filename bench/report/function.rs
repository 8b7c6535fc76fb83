//! A function as Lambda runs it: one thread, warm, events in and answers out. Only the Runtime API is missing.

use std::time::Duration;

use aws_sdk_dynamodb::config::Credentials;
use local::{FUNCTIONS, TABLE};
use serde_json::Value;
use shared::app::App;
use shared::clock::Clock;
use shared::config::Config;
use shared::limits::Limits;
use shared::log::Log;
use shared::password::Cost;
use tokio::runtime::Runtime;

use crate::Outcome;
use crate::clocks::cpu;

pub const ISSUER: &str = "https://bench.example.com";
/// The local KMS has one key, whatever it is called.
pub const KEY_RING_KEY: &str = "alias/bench";
pub const REGION: &str = "local";

const CREATE_ACCOUNT: &str = include_str!("../../events/intermediary-create-account.json");
const SIGN_IN: &str = include_str!("../../events/intermediary-sign-in.json");
const SIGN_OUT: &str = include_str!("../../events/intermediary-sign-out.json");
const CHECK_SESSION: &str = include_str!("../../events/intermediary-check-session.json");
const PLACEHOLDER: &str = "PASTE-AN-ACCESS-TOKEN";

pub struct Function {
    app: App,
    pub runtime: Runtime,
}

/// What one sign-in or re-sign took and gave.
pub struct SignedIn {
    pub cost: Duration,
    pub access_token: String,
    pub refresh_token: String,
}

/// They open nothing.
pub fn credentials() -> Credentials {
    Credentials::new("local", "local", None, None, "bench")
}

impl Function {
    pub fn connect(dynamodb: &str, kms: &str) -> Outcome<Self> {
        let config = Config {
            table_name: TABLE.to_owned(),
            key_ring_key: KEY_RING_KEY.to_owned(),
            issuer: ISSUER.to_owned(),
            password_cost: Cost::FLOOR,
            password_permits: 1,
            limits: Limits::default(),
            region: REGION.to_owned(),
            credentials: credentials(),
            dynamodb_endpoint: Some(dynamodb.to_owned()),
            kms_endpoint: Some(kms.to_owned()),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { app: App::with(config, Log::captured(), Clock::default())?, runtime })
    }

    /// The account that every flow here is about.
    pub fn open_account(&self) -> Outcome<()> {
        self.invoke("intermediary-create-account", CREATE_ACCOUNT, 200).map(drop)
    }

    /// The cost leaves out Argon2: it runs on a thread of its own.
    pub fn sign_in(&self) -> Outcome<SignedIn> {
        self.tokens(SIGN_IN)
    }

    pub fn re_sign(&self, refresh_token: &str) -> Outcome<SignedIn> {
        self.tokens(&re_sign_event(refresh_token))
    }

    /// What refusing a forged token costs.
    pub fn refuse(&self, refresh_token: &str) -> Outcome<Duration> {
        let (cost, _) = self.invoke("intermediary-sign-in", &re_sign_event(refresh_token), 401)?;
        Ok(cost)
    }

    pub fn sign_out(&self, access_token: &str) -> Outcome<()> {
        self.invoke("intermediary-sign-out", &SIGN_OUT.replace(PLACEHOLDER, access_token), 200).map(drop)
    }

    fn tokens(&self, event: &str) -> Outcome<SignedIn> {
        let (cost, body) = self.invoke("intermediary-sign-in", event, 200)?;
        let token = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned).ok_or("no pair of tokens");
        Ok(SignedIn { cost, access_token: token("accessToken")?, refresh_token: token("refreshToken")? })
    }

    /// Moves its clock ahead.
    pub fn advance(&self, seconds: u32) {
        self.app.clock.advance(seconds);
    }

    /// One event and the body of its answer, with what it cost the thread in CPU time.
    pub fn invoke(&self, name: &str, event: &str, status: u16) -> Outcome<(Duration, Value)> {
        let function = FUNCTIONS.iter().find(|function| function.name == name).ok_or("no such function")?;
        let handle =
            || self.runtime.block_on(shared::http::answer(&self.app, function.refuse, function.handler, event));
        let (cost, answer) = cpu(handle);
        if answer.get("statusCode").and_then(Value::as_u64) != Some(status.into()) {
            return Err(format!("{name} answered {answer}").into());
        }
        let body = answer.get("body").and_then(Value::as_str).unwrap_or_default();
        Ok((cost, serde_json::from_str(body)?))
    }
}

pub fn check_session_event(access_token: &str) -> String {
    CHECK_SESSION.replace(PLACEHOLDER, access_token)
}

/// `POST` to where sign-out is a `DELETE`, with the other token.
pub fn re_sign_event(refresh_token: &str) -> String {
    SIGN_OUT
        .replace("DELETE", "POST")
        .replace("accountaccesstoken", "accountrefreshtoken")
        .replace(PLACEHOLDER, refresh_token)
}
