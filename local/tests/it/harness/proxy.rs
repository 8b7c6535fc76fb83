use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, Response, StatusCode};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};

/// Between Latchkey and the engine: sees each call, and may do to it what a network does.
pub struct Proxy {
    pub endpoint: String,
    upstream: String,
    http: reqwest::Client,
    state: Mutex<Seen>,
    /// Calls that are to arrive yet.
    late: AtomicUsize,
}

type Plan = Box<dyn Fn(&Call) -> Fault + Send>;

#[derive(Default)]
struct Seen {
    calls: Vec<Call>,
    in_flight: usize,
    waves: usize,
    slow: bool,
    plan: Option<Plan>,
}

/// One call to DynamoDB.
#[derive(Debug, Clone)]
pub struct Call {
    /// 0 for the first since the last [`Proxy::record`] or [`Proxy::plan`].
    pub number: usize,
    pub operation: String,
    /// What IAM must allow for it: the operation, or what a transaction is made of.
    pub actions: Vec<String>,
}

impl Call {
    pub fn is_write(&self) -> bool {
        ["TransactWriteItems", "UpdateItem", "PutItem"].contains(&self.operation.as_str())
    }
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Pass,
    /// Not applied, answered by a server error.
    Fail,
    /// Not applied; the connection is closed in place of an answer.
    Drop,
    /// Applied; the connection is closed in place of an answer.
    LoseAnswer,
    Throttle,
    /// Another transaction holds the rows, as only the real DynamoDB says; conditions may fail in its midst.
    Conflict,
    /// Not applied and not answered.
    Hang,
    /// Applied and answered so much later, though the caller may have gone away and tried again since.
    Delay(Duration),
}

impl Fault {
    /// Those that need no waiting for.
    pub const AT_ONCE: [Self; 5] = [Self::Fail, Self::Drop, Self::LoseAnswer, Self::Throttle, Self::Conflict];
}

impl Proxy {
    pub async fn start(upstream: String) -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let (state, late) = (Mutex::default(), AtomicUsize::new(0));
        let proxy = Arc::new(Self { endpoint, upstream, http: reqwest::Client::new(), state, late });
        tokio::task::spawn(accept(Arc::clone(&proxy), listener));
        proxy
    }

    /// From now on every call meets what `plan` says.
    pub fn plan(&self, plan: impl Fn(&Call) -> Fault + Send + 'static) {
        let mut state = self.state.lock().expect("state");
        *state = Seen { plan: Some(Box::new(plan)), ..Seen::default() };
    }

    /// From this call on every one meets the fault, every rerun of the same attempt with it.
    pub fn cut(&self, number: usize, fault: Fault) {
        self.plan(move |call| if call.number >= number { fault } else { Fault::Pass });
    }

    /// The first answer of each kind of write is lost.
    pub fn lose_first_answers(&self) {
        let lost = Mutex::new(HashSet::new());
        self.plan(move |call| {
            let first = call.is_write() && lost.lock().expect("what was lost").insert(call.operation.clone());
            if first { Fault::LoseAnswer } else { Fault::Pass }
        });
    }

    /// From now on every call passes, slowly enough that calls side by side are seen to be.
    pub fn record(&self) {
        *self.state.lock().expect("state") = Seen { slow: true, ..Seen::default() };
    }

    pub fn heal(&self) {
        *self.state.lock().expect("state") = Seen::default();
    }

    /// The operations since the last [`Proxy::record`] or [`Proxy::plan`], sorted.
    pub fn operations(&self) -> Vec<String> {
        let mut names: Vec<_> = self.state.lock().expect("state").calls.iter().map(|c| c.operation.clone()).collect();
        names.sort();
        names
    }

    /// What IAM must allow for the calls since then.
    pub fn actions(&self) -> Vec<String> {
        self.state.lock().expect("state").calls.iter().flat_map(|call| call.actions.clone()).collect()
    }

    pub fn count(&self) -> usize {
        self.state.lock().expect("state").calls.len()
    }

    /// How many times calls had to wait for earlier ones to end.
    pub fn round_trips(&self) -> usize {
        self.state.lock().expect("state").waves
    }

    /// Waits until everything that was delayed has arrived.
    pub async fn settled(&self) {
        while self.late.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn enter(&self, operation: String, actions: Vec<String>) -> (Fault, bool) {
        let mut state = self.state.lock().expect("state");
        if state.in_flight == 0 {
            state.waves += 1;
        }
        state.in_flight += 1;
        let call = Call { number: state.calls.len(), operation, actions };
        let fault = state.plan.as_ref().map_or(Fault::Pass, |plan| plan(&call));
        state.calls.push(call);
        (fault, state.slow)
    }

    fn leave(&self) {
        let mut state = self.state.lock().expect("state");
        state.in_flight = state.in_flight.saturating_sub(1);
    }
}

async fn accept(proxy: Arc<Proxy>, listener: tokio::net::TcpListener) {
    while let Ok((connection, _)) = listener.accept().await {
        let proxy = Arc::clone(&proxy);
        let service = service_fn(move |request: Request<hyper::body::Incoming>| {
            let proxy = Arc::clone(&proxy);
            async move {
                let (head, body) = request.into_parts();
                let body = axum::body::to_bytes(Body::new(body), usize::MAX).await.map_err(|_| closed())?;
                forward(&proxy, head.headers, body).await
            }
        });
        tokio::task::spawn(http1::Builder::new().serve_connection(TokioIo::new(connection), service));
    }
}

async fn forward(proxy: &Arc<Proxy>, headers: HeaderMap, body: Bytes) -> std::io::Result<Response<Body>> {
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
    let is_transaction = operation == "TransactWriteItems";
    let json: Value = serde_json::from_slice(&body).unwrap_or_default();
    let parts = json["TransactItems"].as_array().cloned().unwrap_or_default();
    let action = |part: &Value| {
        part.as_object().and_then(|part| part.keys().next()).map(|kind| match kind.as_str() {
            "ConditionCheck" => "ConditionCheckItem".to_owned(),
            kind => format!("{kind}Item"),
        })
    };
    let actions = if is_transaction { parts.iter().filter_map(action).collect() } else { vec![operation.clone()] };
    let (fault, slow) = proxy.enter(operation, actions);
    if slow {
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    let answer = match fault {
        Fault::Pass => proxy.pass(headers, body).await,
        Fault::Fail => Ok(error(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError", None)),
        Fault::Drop => Err(closed()),
        Fault::LoseAnswer => proxy.pass(headers, body).await.and_then(|_| Err(closed())),
        Fault::Throttle => Ok(error(StatusCode::BAD_REQUEST, "ProvisionedThroughputExceededException", None)),
        Fault::Conflict if is_transaction => {
            let mut reasons = vec![json!({ "Code": "ConditionalCheckFailed", "Message": "not yet" }); parts.len()];
            reasons[0] = json!({ "Code": "TransactionConflict", "Message": "held" });
            Ok(error(StatusCode::BAD_REQUEST, "TransactionCanceledException", Some(reasons)))
        }
        Fault::Conflict => Ok(error(StatusCode::BAD_REQUEST, "TransactionConflictException", None)),
        Fault::Hang => {
            tokio::time::sleep(Duration::from_mins(1)).await;
            Err(closed())
        }
        Fault::Delay(time) => {
            let late = Arc::clone(proxy);
            late.late.fetch_add(1, Ordering::SeqCst);
            let passed = tokio::task::spawn(async move {
                tokio::time::sleep(time).await;
                let answer = late.pass(headers, body).await;
                late.late.fetch_sub(1, Ordering::SeqCst);
                answer
            });
            passed.await.unwrap_or_else(|_| Err(closed()))
        }
    };
    proxy.leave();
    answer
}

impl Proxy {
    async fn pass(&self, mut headers: HeaderMap, body: Bytes) -> std::io::Result<Response<Body>> {
        headers.remove("host");
        headers.remove("content-length");
        let sent = self.http.post(&self.upstream).headers(headers).body(body).send().await;
        // An engine that has stopped closes its connections.
        let sent = sent.map_err(|_| closed())?;
        let mut response = Response::builder().status(sent.status());
        for name in ["content-type", "x-amz-crc32", "x-amzn-requestid"] {
            if let Some(value) = sent.headers().get(name) {
                response = response.header(name, value);
            }
        }
        let body = sent.bytes().await.map_err(|_| closed())?;
        Ok(response.body(Body::from(body)).expect("a response"))
    }
}

/// What makes hyper close a connection that owes an answer.
fn closed() -> std::io::Error {
    std::io::ErrorKind::ConnectionReset.into()
}

fn error(status: StatusCode, kind: &str, reasons: Option<Vec<Value>>) -> Response<Body> {
    let mut body = json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{kind}"), "message": "injected" });
    if let Some(reasons) = reasons {
        body["CancellationReasons"] = reasons.into();
    }
    let response = Response::builder().status(status).header("content-type", "application/x-amz-json-1.0");
    response.body(Body::from(body.to_string())).expect("a response")
}
