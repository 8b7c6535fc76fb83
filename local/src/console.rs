//! What only the local server has, beside the outbox: the start page and the clock.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Value, json};

use crate::server::Running;

/// `GET /`: how to make the first calls, ready to paste.
pub(crate) async fn start_page(State(running): State<Arc<Running>>) -> Html<String> {
    Html(include_str!("start_page.html").replace("{{base_url}}", &running.base_url))
}

/// `POST /local/clock` `{"advance_seconds": N}`: moves the clock of every function ahead, and does what a
/// schedule would have done by then.
pub(crate) async fn advance_clock(State(running): State<Arc<Running>>, body: String) -> Response {
    let asked = serde_json::from_str::<Value>(&body).ok();
    let seconds = asked.as_ref().and_then(|asked| asked.get("advance_seconds")).and_then(Value::as_u64);
    let Some(seconds) = seconds.and_then(|seconds| u32::try_from(seconds).ok()) else {
        let message = "Send {\"advance_seconds\": N}, a whole number from 0 to 4294967295.";
        return (StatusCode::BAD_REQUEST, Json(json!({ "message": message }))).into_response();
    };
    let clock = &running.gateway.app.clock;
    clock.advance(seconds);
    running.run_scheduled().await;
    Json(json!({ "now": clock.now().seconds() })).into_response()
}
