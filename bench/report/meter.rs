//! Between the function and DynamoDB: asks for the capacity that each call consumes and adds it up, on a thread of its own.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode};
use serde_json::Value;

use crate::Outcome;

/// What some work asked of DynamoDB.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Usage {
    pub calls: u32,
    /// Calls side by side are one.
    pub round_trips: u32,
    /// Of 4 KiB, strongly consistent.
    pub read_units: f64,
    /// Of 1 KiB.
    pub write_units: f64,
}

pub struct Meter {
    pub endpoint: String,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    usage: Usage,
    in_flight: u32,
}

struct Wire {
    upstream: String,
    http: reqwest::Client,
    seen: Arc<Mutex<Seen>>,
}

impl Meter {
    pub fn start(upstream: &str) -> Outcome<Self> {
        let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let seen = Arc::<Mutex<Seen>>::default();
        let wire = Wire { upstream: upstream.to_owned(), http: reqwest::Client::new(), seen: Arc::clone(&seen) };
        let router = Router::new().fallback(forward).with_state(Arc::new(wire));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::spawn(move || {
            runtime.block_on(async { axum::serve(tokio::net::TcpListener::from_std(listener)?, router).await })
        });
        Ok(Self { endpoint, seen })
    }

    /// What `work` asked for.
    pub fn read<T>(&self, work: impl FnOnce() -> T) -> (Usage, T) {
        lock(&self.seen).usage = Usage::default();
        let result = work();
        (lock(&self.seen).usage, result)
    }
}

async fn forward(State(wire): State<Arc<Wire>>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let operation = headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let is_read = ["GetItem", "BatchGetItem", "Query"].iter().any(|read| operation.ends_with(&format!(".{read}")));
    {
        let mut seen = lock(&wire.seen);
        seen.usage.calls += 1;
        seen.usage.round_trips += u32::from(seen.in_flight == 0);
        seen.in_flight += 1;
    }
    let answer = wire.pass(headers, &body).await;
    let mut seen = lock(&wire.seen);
    seen.in_flight -= 1;
    let Ok((status, body)) = answer else { return Response::new(Body::empty()) };
    let units = units(&serde_json::from_slice(&body).unwrap_or_default());
    *(if is_read { &mut seen.usage.read_units } else { &mut seen.usage.write_units }) += units;
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
}

impl Wire {
    async fn pass(&self, mut headers: HeaderMap, body: &Bytes) -> Outcome<(StatusCode, Bytes)> {
        let mut body: Value = serde_json::from_slice(body)?;
        if let Some(members) = body.as_object_mut() {
            members.insert("ReturnConsumedCapacity".to_owned(), "TOTAL".into());
        }
        headers.remove("host");
        headers.remove("content-length");
        let answer = self.http.post(&self.upstream).headers(headers).body(body.to_string()).send().await?;
        Ok((answer.status(), answer.bytes().await?))
    }
}

/// A batch or a transaction has one entry for each table.
fn units(answer: &Value) -> f64 {
    let units = |entry: &Value| entry.get("CapacityUnits").and_then(Value::as_f64).unwrap_or_default();
    match answer.get("ConsumedCapacity") {
        Some(Value::Array(tables)) => tables.iter().map(units).sum(),
        Some(entry) => units(entry),
        None => 0.0,
    }
}

fn lock(seen: &Mutex<Seen>) -> std::sync::MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}
