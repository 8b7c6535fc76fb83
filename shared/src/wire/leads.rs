//! The wire shape of document 002 (contract §2). Paths with `/v2/` in them want two headers more than version 1.

use serde::{Deserialize, Serialize};

use crate::app::{App, Caller, SignedIn};
use crate::error::{Code, Error};
use crate::http::{Object, Request, Response};
use crate::token::AuthKey;
use crate::types::{AccountId, Email, Identifier, Invalid, SchemaName};

/// The portal of the access key and secret key, as query parameters or headers, whose call is counted.
///
/// # Errors
/// [`Code::InvalidAccessKey`], [`Code::TooManyRequests`].
pub async fn administrator(app: &App, request: &Request) -> Result<Caller, Error> {
    let caller = app.portal_by_access_key(access_key(request)?, request).await?;
    app.admit(&caller).await?;
    Ok(caller)
}

/// The portal of the public key in `Authorization`, whose call is counted.
///
/// # Errors
/// As [`identify`], and [`Code::TooManyRequests`].
pub async fn portal(app: &App, request: &Request) -> Result<Caller, Error> {
    let caller = identify(app, request).await?;
    app.admit(&caller).await?;
    Ok(caller)
}

/// As [`portal`], but the call is not counted yet: for an act that does so beside what it reads first.
///
/// # Errors
/// [`Code::InvalidPublicKey`], [`Code::InvalidAccessKey`]; [`Code::TooManyRequests`] for too many bad access keys.
pub async fn identify(app: &App, request: &Request) -> Result<Caller, Error> {
    let caller = app.portal_by_public_key(authorization(request)?, request).await?;
    require_version_2(&caller, request)?;
    or_its_back_end(app, caller, request).await
}

/// The portal and the `AuthKey` in `Authorization`, whose call is counted.
///
/// # Errors
/// [`Code::InvalidAuthKey`], [`Code::InvalidPublicKey`], [`Code::InvalidAccessKey`], [`Code::TooManyRequests`].
pub async fn lead(app: &App, request: &Request) -> Result<(Caller, AuthKey), Error> {
    let (caller, key) = app.portal_by_auth_key(authorization(request)?, request).await?;
    require_version_2(&caller, request)?;
    let caller = or_its_back_end(app, caller, request).await?;
    app.admit(&caller).await?;
    Ok((caller, key))
}

/// A call that also brings the portal's access key and secret key is its back end's.
async fn or_its_back_end(app: &App, caller: Caller, request: &Request) -> Result<Caller, Error> {
    let Some(access_key) = access_key(request)? else { return Ok(caller) };
    let back_end = app.portal_by_access_key(Some(access_key), request).await?;
    if back_end.portal() == caller.portal() {
        Ok(back_end)
    } else {
        Err(Code::InvalidAccessKey.because("access key and public key of two portals"))
    }
}

/// `Authorization` as it stands, without a scheme (contract §6.3).
fn authorization(request: &Request) -> Result<Option<&str>, Error> {
    request.header("authorization")
}

fn access_key(request: &Request) -> Result<Option<(&str, &str)>, Error> {
    let query = request.query("accesskey")?.zip(request.query("secretkey")?);
    let headers = request.header("x-lsq-accesskey")?.zip(request.header("x-lsq-secretkey")?);
    Ok(query.or(headers))
}

#[must_use]
pub fn is_version_2(request: &Request) -> bool {
    request.route.contains("/v2/")
}

fn require_version_2(caller: &Caller, request: &Request) -> Result<(), Error> {
    if !is_version_2(request) {
        return Ok(());
    }
    let portal = caller.portal();
    let token = request.header("x-lsq-registertoken")?.unwrap_or_default();
    if !portal.has_registration_token(token, &caller.ring) {
        let message = "The x-lsq-registertoken header must be the portal's registration token.";
        return Err(Code::InvalidPublicKey.because("no registration token of this portal").saying(message));
    }
    if request.header("x-lsq-portalid")? != Some(portal.client.as_str()) {
        let message = "The x-lsq-portalid header must be the portal's id.";
        return Err(Code::InvalidPublicKey.because("another portal's id").saying(message));
    }
    Ok(())
}

/// One of `LeadFields`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LeadField {
    attribute: SchemaName,
    value: String,
}

impl LeadField {
    /// Name and value.
    #[must_use]
    pub fn into_parts(self) -> (SchemaName, String) {
        (self.attribute, self.value)
    }
}

impl std::fmt::Debug for LeadField {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "LeadField({} …)", self.attribute)
    }
}

/// `{"SchemaName", "Value"}`: which lead, by any of its unique fields.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SearchKeyData {
    schema_name: SchemaName,
    value: String,
}

impl std::fmt::Debug for SearchKeyData {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "SearchKeyData({} …)", self.schema_name)
    }
}

/// Which lead is meant.
///
/// # Errors
/// [`Code::InvalidRequest`] when the field identifies no lead or holds no such value, or two ways are given;
/// [`Code::MissingField`] when none is.
pub fn identifier(
    caller: &Caller,
    email: Option<Email>,
    search_key: Option<Object<SearchKeyData>>,
) -> Result<Identifier, Error> {
    match (email, search_key) {
        (Some(email), None) => Ok(Identifier::email(&email)),
        (None, Some(Object(SearchKeyData { schema_name, value }))) => {
            let format = caller.tenant.settings.lead_key(&schema_name);
            let rule = Invalid("must name a field that identifies leads");
            let format = format.ok_or_else(|| Error::invalid("SearchKeyData.SchemaName", rule))?;
            let invalid = |invalid| Error::invalid("SearchKeyData.Value", invalid);
            Identifier::parse(schema_name, format, &value).map_err(invalid)
        }
        (None, None) => Err(Error::missing("EmailAddress")),
        (Some(_), Some(_)) => {
            let message = "Send EmailAddress or SearchKeyData, not both.";
            Err(Code::InvalidRequest.because("two ways to say who").saying(message))
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct WireSignedIn<'a> {
    auth_key: &'a str,
    lead_id: AccountId,
}

/// 200 `{"AuthKey", "LeadId"}`.
///
/// # Errors
/// None.
pub fn signed_in(signed_in: &SignedIn<'_>) -> Result<Response, Error> {
    let auth_key = signed_in.auth_key();
    Ok(Response::json(200, &WireSignedIn { auth_key: auth_key.reveal(), lead_id: signed_in.account.id }))
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct WireSuccessful<'a> {
    is_successful: bool,
    response_text: &'a str,
}

/// 200 `{"IsSuccessful": true, "ResponseText"}`.
#[must_use]
pub fn successful(response_text: &str) -> Response {
    Response::json(200, &WireSuccessful { is_successful: true, response_text })
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Refusal<'a> {
    status: &'a str,
    exception_type: &'a str,
    exception_message: &'a str,
}

/// `{"Status": "Error", "ExceptionType", "ExceptionMessage"}`, and `retry-after` in seconds where waiting helps. A
/// body of another content type is a 400 here (document 002).
#[must_use]
pub fn refuse(error: &Error, _request_id: &str) -> Response {
    let status = if error.code() == Code::UnsupportedMediaType { 400 } else { error.code().status() };
    let (exception_type, exception_message) = (exception_type(error.code()), error.message());
    let body = Refusal { status: "Error", exception_type, exception_message };
    Response::json(status, &body).retry_after(error.retry_after_seconds())
}

fn exception_type(code: Code) -> &'static str {
    match code {
        Code::MissingField => "MXMandatoryAttributeMissingException",
        Code::EmailTaken | Code::AccountExists | Code::LeadExists => "MXDuplicateEntryException",
        Code::InvalidRequest
        | Code::WeakPassword
        | Code::CustomerExists
        | Code::InvalidCode
        | Code::InvalidGrant
        | Code::UnauthorizedClient
        | Code::UnsupportedGrantType
        | Code::UnsupportedTokenType
        | Code::InvalidScope
        | Code::LeadNotFound
        | Code::Stale
        | Code::BodyTooLarge
        | Code::UnsupportedMediaType
        | Code::IdempotencyKeyReused => "MXInvalidInputException",
        Code::InvalidApiKey
        | Code::InvalidAccessKey
        | Code::InvalidPublicKey
        | Code::InvalidAuthKey
        | Code::InvalidCredentials
        | Code::InvalidResetLink
        | Code::InvalidPasswordValidation
        | Code::InvalidRefreshToken
        | Code::MissingToken
        | Code::InvalidToken
        | Code::InvalidClient
        | Code::InvalidMfaToken
        | Code::Forbidden
        | Code::InsufficientScope
        | Code::InvalidTarget
        | Code::ReauthenticationRequired
        | Code::InvalidAccessToken => "MXUnAuthorizedAccessException",
        Code::NotFound | Code::InvalidLink | Code::IntermediaryNotFound | Code::MethodNotAllowed => {
            "MXNotFoundException"
        }
        Code::TooManyRequests | Code::SlowDown => "MXAPIRateLimitExceededException",
        Code::Internal => "MXInternalErrorException",
        Code::Unavailable => "MXServiceUnavailableException",
    }
}
