use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response, Uri};
use serde_json::{Value, json};
use shared::config::Delivery;

/// SES and SNS in one: takes e-mails and text messages as those do, and may do to them what those may.
pub struct Carrier {
    endpoint: String,
    state: Mutex<Taken>,
}

type Plan = Box<dyn Fn(&str) -> Mishap + Send>;

#[derive(Default)]
struct Taken {
    emails: Vec<Value>,
    texts: Vec<BTreeMap<String, String>>,
    calls: usize,
    plan: Option<Plan>,
}

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    None,
    /// Not taken, with the error's code, its words and its status.
    Refuse(&'static str, &'static str, u16),
    /// Neither taken nor answered.
    Hang,
    /// Taken, and nobody is told.
    TakeAndHang,
}

/// What the harness sends from.
pub const SENDER: &str = "no-reply@nordlys.example";

impl Carrier {
    pub async fn start() -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let carrier = Arc::new(Self { endpoint, state: Mutex::default() });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&carrier));
        tokio::task::spawn(async move { axum::serve(listener, router).await });
        carrier
    }

    pub fn delivery(&self) -> Delivery {
        let delivery = Delivery::new(SENDER.to_owned(), Some("portal".to_owned()), Some("Nordlys".to_owned()));
        let endpoint = Some(self.endpoint.clone());
        Delivery { sesv2_endpoint: endpoint.clone(), sns_endpoint: endpoint, ..delivery.expect("a sound sender") }
    }

    /// From now on every message meets what `plan` says of the address that it goes to.
    pub fn plan(&self, plan: impl Fn(&str) -> Mishap + Send + 'static) {
        self.state.lock().expect("state").plan = Some(Box::new(plan));
    }

    pub fn heal(&self) {
        self.state.lock().expect("state").plan = None;
    }

    /// The requests of the e-mails that were taken.
    pub fn emails(&self) -> Vec<Value> {
        self.state.lock().expect("state").emails.clone()
    }

    /// The parameters of the text messages that were taken.
    pub fn texts(&self) -> Vec<BTreeMap<String, String>> {
        self.state.lock().expect("state").texts.clone()
    }

    /// How many messages were taken of how many that were tried.
    pub fn counts(&self) -> (usize, usize) {
        let state = self.state.lock().expect("state");
        (state.emails.len() + state.texts.len(), state.calls)
    }

    /// What becomes of a message to `to`, which is kept by `take` unless it is not taken.
    fn meet(&self, to: &str, take: impl FnOnce(&mut Taken)) -> Mishap {
        let mut state = self.state.lock().expect("state");
        state.calls += 1;
        let mishap = state.plan.as_ref().map_or(Mishap::None, |plan| plan(to));
        if matches!(mishap, Mishap::None | Mishap::TakeAndHang) {
            take(&mut state);
        }
        mishap
    }
}

async fn answer(State(carrier): State<Arc<Carrier>>, uri: Uri, headers: HeaderMap, body: String) -> Response<Body> {
    let signed = headers["authorization"].to_str().expect("a signature").to_owned();
    let is_email = uri.path() == "/v2/email/outbound-emails";
    let mishap = if is_email {
        assert!(signed.contains("/ses/aws4_request"), "{signed}");
        let request: Value = serde_json::from_str(&body).expect("JSON");
        let to = request["Destination"]["ToAddresses"][0].as_str().expect("an address").to_owned();
        carrier.meet(&to, |taken| taken.emails.push(request))
    } else {
        assert!(signed.contains("/sns/aws4_request"), "{signed}");
        let url = reqwest::Url::parse(&format!("http://sns.test/?{body}")).expect("a form");
        let parameters: BTreeMap<_, _> = url.query_pairs().into_owned().collect();
        let to = parameters["PhoneNumber"].clone();
        carrier.meet(&to, |taken| taken.texts.push(parameters))
    };
    if matches!(mishap, Mishap::Hang | Mishap::TakeAndHang) {
        tokio::time::sleep(Duration::from_mins(1)).await;
    }
    let (status, kind, text) = match (mishap, is_email) {
        (Mishap::Refuse(code, words, status), true) => (status, code, json!({ "message": words }).to_string()),
        (Mishap::Refuse(code, words, status), false) => (status, code, refusal(code, words)),
        (_, true) => (200, "", json!({ "MessageId": "0100019a" }).to_string()),
        (_, false) => (200, "", RECEIPT.to_owned()),
    };
    let content_type = if is_email { "application/json" } else { "text/xml" };
    let response = Response::builder().status(status).header("content-type", content_type);
    let response = if kind.is_empty() { response } else { response.header("x-amzn-errortype", kind) };
    response.body(Body::from(text)).expect("a response")
}

const RECEIPT: &str = r#"<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">
  <PublishResult><MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId></PublishResult>
  <ResponseMetadata><RequestId>d74b8436-ae13-5ab4-a9ff-ce54dfea72a0</RequestId></ResponseMetadata>
</PublishResponse>"#;

fn refusal(code: &str, words: &str) -> String {
    format!(
        r#"<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">
  <Error><Type>Sender</Type><Code>{code}</Code><Message>{words}</Message></Error>
  <RequestId>d74b8436-ae13-5ab4-a9ff-ce54dfea72a0</RequestId>
</ErrorResponse>"#
    )
}
