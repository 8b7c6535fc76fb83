//! The wire shape of the endpoints that RFCs describe: clients that prove themselves, and refusals, as OAuth 2.0 has
//! them (RFC 6749 §2.3, §5.2).

use std::sync::Arc;

use serde::Serialize;

use super::customers;
use crate::app::{App, Caller, Introspection};
use crate::error::{Code, Error};
use crate::http::{Form, Request, Response};
use crate::store::Client;

/// Every way in which [`client`] takes a secret, as metadata names them (RFC 8414 §2).
pub const CLIENT_AUTHENTICATION: [&str; 2] = ["client_secret_basic", "client_secret_post"];

/// The form of a call, which must be a POST: API Gateway would answer another method by 404, OAuth's clients
/// expect 405 (yardstick K5).
///
/// # Errors
/// [`Code::MethodNotAllowed`]; those of [`Request::form`].
pub fn form(request: &Request) -> Result<Form, Error> {
    if request.method != "POST" {
        return Err(Code::MethodNotAllowed.because("another method than POST").saying("This takes a POST."));
    }
    request.form()
}

/// The client that proves itself by its secret: by HTTP Basic (`client_secret_basic`), or by `client_id` and
/// `client_secret` in the form (`client_secret_post`).
///
/// # Errors
/// [`Code::InvalidRequest`] for two ways at once, or two ids; [`Code::InvalidClient`], alike for an unknown id and a
/// wrong secret; [`Code::TooManyRequests`] once a source has shown too many bad ones.
pub async fn client(app: &App, request: &Request, form: &Form) -> Result<(Caller, Arc<Client>), Error> {
    let (id, secret) = (form.get("client_id"), form.get("client_secret"));
    let asserts = form.get("client_assertion").is_some() || form.get("client_assertion_type").is_some();
    let has_header = request.header("authorization")?.is_some();
    if [has_header, secret.is_some(), asserts].into_iter().filter(|used| *used).count() > 1 {
        let message = "Use one way of client authentication only.";
        return Err(Code::InvalidRequest.because("two ways of client authentication").saying(message));
    }
    if has_header {
        let basic = customers::basic(request)?;
        let (named, secret) = basic.ok_or_else(|| Code::InvalidClient.because("another scheme than Basic"))?;
        // A client may name itself in the form, too (RFC 6749 §3.2.1).
        if id.is_some_and(|id| id != named) {
            let message = "client_id is not the client of the Authorization header.";
            return Err(Code::InvalidRequest.because("two client ids").saying(message).at("client_id"));
        }
        return app.client_by_secret((&named, &secret), request).await;
    }
    let pair = id.zip(secret).ok_or_else(|| Code::InvalidClient.because("no secret"))?;
    app.client_by_secret(pair, request).await
}

/// 200 with what a token is (RFC 7662 §2.2); of one that is not active nothing is said.
#[must_use]
pub fn introspected(token: Option<&Introspection>) -> Response {
    match token {
        Some(token) => Response::json(200, &Active { active: true, token }),
        None => Response::json(200, &Inactive { active: false }),
    }
}

#[derive(Serialize)]
struct Active<'a> {
    active: bool,
    #[serde(flatten)]
    token: &'a Introspection,
}

#[derive(Serialize)]
struct Inactive {
    active: bool,
}

#[derive(Serialize)]
struct Refusal<'a> {
    error: &'a str,
    error_description: &'a str,
}

/// `{"error", "error_description"}`; `www-authenticate` where the client did not prove itself, which every 401 has
/// (RFC 9110 §15.5.2), and `retry-after` in seconds where waiting helps.
///
/// The names are OAuth's own (RFC 6749 §5.2, RFC 7009 §2.2.1, RFC 8707 §2). Where it has none (429, 500, 503; what it
/// calls `temporarily_unavailable` is for redirects that can carry no status) they are those of [`Code::name`].
#[must_use]
pub fn refuse(error: &Error, _request_id: &str) -> Response {
    refused(error, &Refusal { error: name(error.code()), error_description: error.message() })
}

/// A refusal in words of its own, with the status and headers that OAuth gives it.
pub(super) fn refused(error: &Error, body: &impl Serialize) -> Response {
    let code = error.code();
    let response = Response::json(status(code), body).retry_after(error.retry_after_seconds());
    let response = if code == Code::MethodNotAllowed { response.with("allow", "POST") } else { response };
    customers::challenged(response, error)
}

/// RFC 8707 §2 gives `invalid_target` the status of the other errors of RFC 6749 §5.2; document 004 does not.
fn status(code: Code) -> u16 {
    if code == Code::InvalidTarget { 400 } else { code.status() }
}

/// What OAuth calls it.
pub(super) fn name(code: Code) -> &'static str {
    match code {
        Code::UnsupportedMediaType | Code::BodyTooLarge | Code::MethodNotAllowed => Code::InvalidRequest.name(),
        code => code.name(),
    }
}
