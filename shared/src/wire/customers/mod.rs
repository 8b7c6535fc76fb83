//! The wire shape of document 004 (contract §4): how credentials arrive and a refusal leaves. What is said of people is
//! in `bodies.rs`, what is answered in `answers.rs`.

mod answers;
mod bodies;
mod sessions;

pub use answers::{
    SIGN_IN, client, client_token, clients, communication, customer, mfa_begun, new_client, no_content, recovery_begun,
    refreshed, settings, signed_in,
};
pub use bodies::{Connection, Ident, SignInType};
pub use sessions::sessions;

use data_encoding::BASE64;
use serde::Serialize;

use crate::app::App;
use crate::app::customers::{BackEnd, scopes};
use crate::error::{Code, Error};
use crate::http::{Request, Response, percent_decode};
use crate::password::Password;
use crate::types::Invalid;

/// The client of the bearer token, which holds one of the `accepted` scopes.
///
/// # Errors
/// [`Code::MissingToken`], [`Code::InvalidToken`], [`Code::Forbidden`], [`Code::InsufficientScope`].
pub async fn back_end(app: &App, request: &Request, accepted: scopes::Accepted) -> Result<BackEnd, Error> {
    let back_end = app.back_end(bearer(request)?, tenant(request), request).await?;
    back_end.require(accepted)?;
    Ok(back_end)
}

/// The tenant of the path, as it was written.
#[must_use]
pub fn tenant(request: &Request) -> &str {
    let parameter = |name| request.path_parameters.get(name).map(String::as_str);
    parameter("aid").or_else(|| parameter("oid")).unwrap_or_default()
}

/// The token of `Authorization: Bearer`, if there is one.
///
/// # Errors
/// [`Code::InvalidRequest`] when the header was sent more than once.
pub fn bearer(request: &Request) -> Result<Option<&str>, Error> {
    Ok(credentials(request, "bearer")?.filter(|token| !token.is_empty()))
}

/// Client id and secret of `Authorization: Basic` (RFC 6749 §2.3.1), if it is there.
///
/// # Errors
/// [`Code::InvalidRequest`] when the header was sent more than once; [`Code::InvalidClient`] when it is no Base64 of
/// an id and a secret.
pub fn basic(request: &Request) -> Result<Option<(String, String)>, Error> {
    let Some(encoded) = credentials(request, "basic")? else { return Ok(None) };
    let decoded = BASE64.decode(encoded.as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let pair = decoded.as_deref().and_then(|text| text.split_once(':'));
    let (id, secret) = pair.ok_or_else(|| Code::InvalidClient.because("no Base64 of an id and a secret"))?;
    // Both were form-encoded first, which changes nothing of what we make.
    Ok(Some((percent_decode(id), percent_decode(secret))))
}

/// A password or pin as somebody types it to get in: 4 to 255 characters (document 004).
///
/// # Errors
/// [`Code::InvalidRequest`] when it is shorter or longer.
pub fn secret(field: &str, typed: Password) -> Result<Password, Error> {
    let fits = (4..=255).contains(&typed.length());
    if fits { Ok(typed) } else { Err(Error::invalid(field, Invalid("must have 4 to 255 characters"))) }
}

fn credentials<'a>(request: &'a Request, scheme: &str) -> Result<Option<&'a str>, Error> {
    let header = request.header("authorization")?.unwrap_or_default();
    let credentials = header.split_once(' ').filter(|(sent, _)| sent.eq_ignore_ascii_case(scheme));
    Ok(credentials.map(|(_, credentials)| credentials.trim_start_matches(' ')))
}

#[derive(Serialize)]
struct Refusal<'a> {
    error: RefusalBody<'a>,
}

#[derive(Serialize)]
struct RefusalBody<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError<'a>>,
}

#[derive(Serialize)]
struct FieldError<'a> {
    field: &'a str,
    message: &'a str,
}

/// `{"error": {"code", "message", "errors"?: [{"field", "message"}]}}`; `www-authenticate` where credentials are at
/// fault (RFC 6750 §3) and `retry-after` in seconds where waiting helps.
#[must_use]
pub fn refuse(error: &Error, _request_id: &str) -> Response {
    let (code, message) = (error.code().name(), error.message());
    let errors = error.field().map(|field| FieldError { field, message }).into_iter().collect();
    let body = Refusal { error: RefusalBody { code, message, errors } };
    let response = Response::json(error.code().status(), &body).retry_after(error.retry_after_seconds());
    challenged(response, error)
}

/// Says by `www-authenticate` which credentials would do.
#[must_use]
pub fn challenged(response: Response, error: &Error) -> Response {
    let challenge = match error.code() {
        Code::MissingToken => "Bearer".to_owned(),
        Code::InvalidToken => r#"Bearer error="invalid_token""#.to_owned(),
        Code::InvalidClient => r#"Basic realm="latchkey""#.to_owned(),
        Code::InsufficientScope => {
            format!(r#"Bearer error="insufficient_scope", scope="{}""#, error.scope().unwrap_or_default())
        }
        _ => return response,
    };
    response.with("www-authenticate", challenge)
}
