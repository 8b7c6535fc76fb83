//! One running Latchkey a test, and actors with verbs.

mod answer;
mod browser;
mod carrier;
mod conformance;
mod customers;
mod engine;
mod honest;
mod instances;
mod intermediaries;
mod leads;
mod proxy;
mod standards;
mod stream;
mod table;
mod transfers;

use std::sync::Arc;

pub use answer::Answer;
pub use browser::Browser;
pub use carrier::{Mishap, SENDER};
pub use conformance::{escaped, validator};
pub use customers::{
    KARI_EMAIL, KARI_PASSWORD, KARI_PHONE, KARI_PIN, NO_MFA, REFRESH_TOKEN, USERS, another, claims, kari, login,
    login_by, mfa_login, oob, path, totp,
};
pub use honest::{insist, insist_on_message};
pub use instances::instance_of;
pub use intermediaries::{Invited, NEW_EMAIL, NEW_PASSWORD, NEW_PHONE, acceptance, other_than};
pub use leads::{
    LEAD_EMAIL, LEAD_PASSWORD, LEAD_PHONE, OTHER_TENANT, PAN, Portal, SAME_TENANT, but_calls, by_email, by_key,
    lead_fields,
};
pub use proxy::{Call, Fault};
pub use standards::{CUSTOMER_SCOPE, INTROSPECT, REVOKE, SignedInCustomer, TOKEN, basic, customer_grant, form};
pub use stream::record;
pub use table::{Item, Table};
pub use transfers::{Asked, CLIENT_TOKEN, SESSION, VERIFIER};

use carrier::Carrier;
use engine::TestEngine;
use local::{API_KEY, INTERMEDIARY_ID, Options, Server, Storage};
use proxy::Proxy;
use reqwest::Method;
use reqwest::redirect::Policy;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::log::Log;

pub const EMAIL: &str = "jane.broker@example.com";
pub const PASSWORD: &str = "123QW@qwe!";
pub const PHONE: &str = "+19172249999";

/// Latchkey in this process on a table of its own, with every call to DynamoDB seen by a proxy.
pub struct Latchkey {
    pub server: Server,
    pub proxy: Arc<Proxy>,
    pub carrier: Arc<Carrier>,
    pub table: Table,
    pub log: Log,
    http: reqwest::Client,
    _engine: TestEngine,
}

/// The two tokens of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    pub access: String,
    pub refresh: String,
}

impl Latchkey {
    /// Starts anew where a busy machine kept the making of the first keys waiting for longer than a call may take.
    pub async fn start() -> Arc<Self> {
        for _ in 0..2 {
            if let Ok(started) = Self::try_start().await {
                return started;
            }
        }
        Self::try_start().await.expect("the server starts")
    }

    async fn try_start() -> Result<Arc<Self>, String> {
        let engine = TestEngine::start();
        let proxy = Proxy::start(engine.endpoint.clone()).await;
        let carrier = Carrier::start().await;
        let table = Table::at(&engine.endpoint, &engine.table);
        let log = Log::captured();
        let options = Options {
            dynamodb_endpoint: Some(proxy.endpoint.clone()),
            table: engine.table.clone(),
            delivery: Some(carrier.delivery()),
            log: log.clone(),
            clock: Clock::stepping(),
            ..Options::new(Storage::Memory)
        };
        let server = Server::start(options, |_| {}).await?;
        let http = reqwest::Client::builder().redirect(Policy::none()).build().expect("a client");
        Ok(Arc::new(Self { server, proxy, carrier, table, log, http, _engine: engine }))
    }

    /// A call as it stands: nothing is added to it. The answer is one that `openapi.yaml` names.
    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Answer {
        let verb = Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = self.http.request(verb, format!("{}{path}", self.server.base_url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.into();
        let request = if body.is_empty() { request } else { request.body(body) };
        let answer = Answer::read(request.send().await.expect("an answer")).await;
        conformance::check(method, path, &answer);
        answer
    }

    /// A call of the demo portal, with more headers.
    pub async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Answer {
        let mut all = vec![("api-key", API_KEY), ("content-type", "application/json")];
        all.extend(headers);
        self.send(method, path, &all, body.map(|body| body.to_string()).unwrap_or_default()).await
    }

    pub async fn create_account(&self, body: Value) -> Answer {
        self.call("POST", "/intermediaries/accounts", &[], Some(body)).await
    }

    /// The account of the documents' first example, with its first session.
    pub async fn jane(&self) -> Pair {
        self.create_account(jane()).await.pair()
    }

    pub async fn create_intermediary(&self) -> String {
        let answer = self.call("POST", "/intermediaries", &[], Some(json!({ "variables": {} }))).await;
        answer.ok()["id"].as_str().expect("an id").to_owned()
    }

    pub async fn sign_in(&self, email: &str, password: &str) -> Answer {
        self.sessions(json!({ "email": email, "password": password })).await
    }

    pub async fn sessions(&self, body: Value) -> Answer {
        self.call("POST", "/intermediaries/sessions", &[], Some(body)).await
    }

    pub async fn re_sign(&self, refresh: &str) -> Answer {
        self.call("POST", "/intermediaries/sessions", &[("accountRefreshToken", refresh)], None).await
    }

    pub async fn check_session(&self, access: &str) -> Answer {
        let headers = [("accountAccessToken", access)];
        self.call("PUT", "/intermediaries/sessions/token-status", &headers, None).await
    }

    pub async fn find_account(&self, access: &str) -> Answer {
        self.call("GET", "/intermediaries/accounts", &[("accountAccessToken", access)], None).await
    }

    pub async fn sign_out(&self, access: &str) -> Answer {
        self.call("DELETE", "/intermediaries/sessions", &[("accountAccessToken", access)], None).await
    }

    pub async fn send_code(&self, phone: &str) -> Answer {
        self.call("POST", &format!("/intermediaries/sessions/{phone}"), &[], None).await
    }

    /// The messages sent so far, the newest last.
    pub async fn outbox(&self) -> Vec<Value> {
        self.send("GET", "/local/outbox", &[], "").await.ok().as_array().expect("a list").clone()
    }

    /// The code that was sent last.
    pub async fn last_code(&self) -> String {
        let outbox = self.outbox().await;
        outbox.last().expect("a message")["code"].as_str().expect("a code").to_owned()
    }

    /// Moves the clock ahead; answers with what it shows then, in seconds.
    pub async fn advance(&self, seconds: u32) -> i64 {
        let body = json!({ "advance_seconds": seconds }).to_string();
        self.send("POST", "/local/clock", &[], body).await.ok()["now"].as_i64().expect("seconds")
    }

    /// Moves the clock to where the next window of so many seconds begins, so that a test stays within one.
    pub async fn begin_window(&self, seconds: u32) {
        let into = u32::try_from(self.advance(0).await % i64::from(seconds)).expect("seconds");
        self.advance(seconds - into).await;
    }

    /// Runs `work` on `count` clones at once and answers in their order.
    pub async fn at_once<T, F>(self: &Arc<Self>, count: usize, work: impl Fn(Arc<Self>, usize) -> F) -> Vec<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let mut racers = tokio::task::JoinSet::new();
        for number in 0..count {
            let racer = work(Arc::clone(self), number);
            racers.spawn(async move { (number, racer.await) });
        }
        let mut results = racers.join_all().await;
        results.sort_by_key(|(number, _)| *number);
        results.into_iter().map(|(_, result)| result).collect()
    }
}

pub fn jane() -> Value {
    json!({ "email": EMAIL, "password": PASSWORD, "phone": PHONE, "intermediaryId": INTERMEDIARY_ID })
}
