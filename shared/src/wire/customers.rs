//! The wire shape of document 004 (contract §4).

use data_encoding::BASE64;
use serde::Serialize;

use crate::app::{App, BackEnd, ClientToken, SignedIn, scopes};
use crate::error::{Code, Error};
use crate::http::{Request, Response};
use crate::token::PlainToken;
use crate::types::Scopes;

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
    let decode = |text: &str| form_urlencoded::parse(text.as_bytes()).map(|(name, _)| name.into_owned()).next();
    Ok(Some((decode(id).unwrap_or_default(), decode(secret).unwrap_or_default())))
}

fn credentials<'a>(request: &'a Request, scheme: &str) -> Result<Option<&'a str>, Error> {
    let header = request.header("authorization")?.unwrap_or_default();
    let credentials = header.split_once(' ').filter(|(sent, _)| sent.eq_ignore_ascii_case(scheme));
    Ok(credentials.map(|(_, credentials)| credentials.trim_start_matches(' ')))
}

/// Contract §4.1.
#[derive(Serialize)]
struct WireToken<'a> {
    access_token: &'a str,
    token_type: &'a str,
    /// Seconds.
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    scope: &'a Scopes,
}

/// 200 with a client's own token.
#[must_use]
pub fn client_token(token: &ClientToken) -> Response {
    let ClientToken { token, expires_in, scope } = token;
    let (access_token, expires_in) = (token.reveal(), *expires_in);
    Response::json(200, &WireToken { access_token, token_type: "Bearer", expires_in, refresh_token: None, scope })
}

/// 200 with a person's tokens; a refresh token only where the session has any.
///
/// # Errors
/// [`Code::Internal`] when the signature fails.
pub fn signed_in(signed_in: &SignedIn<'_>) -> Result<Response, Error> {
    refreshed(signed_in, None)
}

/// As [`signed_in`], the access token with no more than the `narrowed` scope.
///
/// # Errors
/// [`Code::Internal`] when the signature fails.
pub fn refreshed(signed_in: &SignedIn<'_>, narrowed: Option<&Scopes>) -> Result<Response, Error> {
    let grant = signed_in.session.grant.as_ref().ok_or_else(|| Code::Internal.because("a session without a grant"))?;
    let (token, expires_in) = signed_in.access_token(narrowed)?;
    let refresh_token = grant.is_refreshable.then(|| signed_in.refresh_token());
    Ok(Response::json(
        200,
        &WireToken {
            access_token: token.reveal(),
            token_type: "Bearer",
            expires_in,
            refresh_token: refresh_token.as_ref().map(PlainToken::reveal),
            scope: narrowed.unwrap_or(&grant.scope),
        },
    ))
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
