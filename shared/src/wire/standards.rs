//! The wire shape of the endpoints that RFCs describe: refusals as OAuth 2.0 error members (RFC 6749 §5.2).

use serde::Serialize;

use crate::error::Error;
use crate::http::Response;

#[derive(Serialize)]
struct Refusal<'a> {
    error: &'a str,
    error_description: &'a str,
}

/// `{"error", "error_description"}`, and `retry-after` in seconds where waiting helps.
#[must_use]
pub fn refuse(error: &Error, _request_id: &str) -> Response {
    let body = Refusal { error: error.code().name(), error_description: error.message() };
    Response::json(error.code().status(), &body).retry_after(error.retry_after_seconds())
}
