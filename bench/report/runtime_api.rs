//! Lambda's Runtime API, as much of it as one environment sees. Each environment gets one of its own.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::Value;
use shared::clock::Clock;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;

use crate::Outcome;
use crate::clocks::now;

pub struct RuntimeApi {
    pub address: SocketAddr,
    asked: UnboundedReceiver<Instant>,
    events: UnboundedSender<String>,
    answers: UnboundedReceiver<(Instant, Bytes)>,
    serving: JoinHandle<()>,
}

struct Ends {
    asked: UnboundedSender<Instant>,
    events: Mutex<UnboundedReceiver<String>>,
    answers: UnboundedSender<(Instant, Bytes)>,
}

const PATIENCE: Duration = Duration::from_secs(10);

impl RuntimeApi {
    pub async fn start() -> Outcome<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let ((tell_asked, asked), (events, get_events), (answer, answers)) =
            (unbounded_channel(), unbounded_channel(), unbounded_channel());
        let ends = Arc::new(Ends { asked: tell_asked, events: Mutex::new(get_events), answers: answer });
        let router =
            Router::new().route("/2018-06-01/runtime/invocation/next", get(next)).fallback(answered).with_state(ends);
        #[expect(clippy::disallowed_methods, reason = "this is Lambda's side of the freezing")]
        let serving = tokio::task::spawn(async move { drop(axum::serve(listener, router).await) });
        Ok(Self { address, asked, events, answers, serving })
    }

    /// When the function asked for its next event.
    pub async fn asked(&mut self) -> Outcome<Instant> {
        let asked = tokio::time::timeout(PATIENCE, self.asked.recv()).await;
        Ok(asked.map_err(|_| "the function asks for no event")?.ok_or("the Runtime API is gone")?)
    }

    /// Hands over one event and waits for its answer, a 200: how long that took, and its body.
    pub async fn invoke(&mut self, event: &str) -> Outcome<(Duration, Value)> {
        let event = event.to_owned();
        let handed = now();
        self.events.send(event)?;
        let answer = tokio::time::timeout(PATIENCE, self.answers.recv()).await;
        let (came, body) = answer.map_err(|_| "the function does not answer")?.ok_or("the Runtime API is gone")?;
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        if answer.get("statusCode").and_then(Value::as_u64) != Some(200) {
            return Err(format!("the function answered {}", String::from_utf8_lossy(&body)).into());
        }
        let body = answer.get("body").and_then(Value::as_str).unwrap_or_default();
        Ok((came - handed, serde_json::from_str(body).unwrap_or_default()))
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn next(State(ends): State<Arc<Ends>>) -> Response {
    ends.asked.send(now()).ok();
    let Some(event) = ends.events.lock().await.recv().await else { return StatusCode::GONE.into_response() };
    let deadline = Clock::default().now().milliseconds() + 10_000;
    let headers = [
        ("lambda-runtime-aws-request-id", "1".to_owned()),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:local:0:function:bench".to_owned()),
    ];
    (headers, event).into_response()
}

/// `…/{id}/response`; an error's report lands here as well and is no 200.
async fn answered(State(ends): State<Arc<Ends>>, body: Bytes) -> StatusCode {
    ends.answers.send((now(), body)).ok();
    StatusCode::ACCEPTED
}
