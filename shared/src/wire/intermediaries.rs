//! The wire shape of documents 000 and 001 (contract §1).

use data_encoding::BASE64;
use serde::Serialize;

use crate::account::{Account, Kind, Status};
use crate::app::{App, Caller, Flags, Invited, Principal, SignedIn};
use crate::error::Error;
use crate::http::{Request, Response};
use crate::types::{Email, IntermediaryId, Name, Phone};

/// The client of the `api-key` header.
///
/// # Errors
/// [`crate::error::Code::InvalidApiKey`], [`crate::error::Code::TooManyRequests`].
pub async fn caller(app: &App, request: &Request) -> Result<Caller, Error> {
    // No call of this surface reads it; two of them are a smuggled request all the same (yardstick I4).
    request.header("authorization")?;
    app.caller(request.header("api-key")?, request, Kind::Intermediary).await
}

/// The `accountAccessToken` header: the bare token, no `Bearer`.
///
/// # Errors
/// [`crate::error::Code::InvalidRequest`] when it was sent more than once.
pub fn access_token(request: &Request) -> Result<Option<&str>, Error> {
    request.header("accountaccesstoken")
}

/// The `accountRefreshToken` header.
///
/// # Errors
/// [`crate::error::Code::InvalidRequest`] when it was sent more than once.
pub fn refresh_token(request: &Request) -> Result<Option<&str>, Error> {
    request.header("accountrefreshtoken")
}

/// The `accountPasswordValidationToken` header.
///
/// # Errors
/// [`crate::error::Code::InvalidRequest`] when it was sent more than once.
pub fn password_validation_token(request: &Request) -> Result<Option<&str>, Error> {
    request.header("accountpasswordvalidationtoken")
}

/// The client, and who is signed in at it.
///
/// # Errors
/// As [`caller`]; [`crate::error::Code::InvalidAccessToken`].
pub async fn signed_in_at(app: &App, request: &Request) -> Result<(Caller, Principal), Error> {
    let caller = caller(app, request).await?;
    let principal = app.authenticate(&caller, access_token(request)?).await?;
    Ok((caller, principal))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TokenPair<'a> {
    access_token: &'a str,
    refresh_token: &'a str,
}

/// 200 with the pair of tokens and the account's flags.
///
/// # Errors
/// [`crate::error::Code::Internal`] when the signature fails.
pub fn signed_in(signed_in: &SignedIn<'_>) -> Result<Response, Error> {
    let tokens = signed_in.tokens()?;
    let pair = TokenPair { access_token: tokens.access_token.reveal(), refresh_token: tokens.refresh_token.reveal() };
    Ok(flagged(Response::json(200, &pair), signed_in.flags()))
}

/// 200 `{}`: the field's clients parse every success as JSON.
#[must_use]
pub fn done() -> Response {
    Response::json(200, &serde_json::json!({}))
}

/// 200 `{}` with the account's flags as they are by now.
///
/// # Errors
/// Never; other answers to a signed-in person may fail.
pub fn confirmed(signed_in: &SignedIn<'_>) -> Result<Response, Error> {
    Ok(flagged(done(), signed_in.flags()))
}

/// 200 with the account as it is by now, and its flags.
///
/// # Errors
/// Never; other answers to a signed-in person may fail.
pub fn changed(signed_in: &SignedIn<'_>) -> Result<Response, Error> {
    Ok(account(signed_in.caller, signed_in.account, signed_in.flags()))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LinkedAccount<'a> {
    account_id: String,
    intermediary_id: Option<&'a IntermediaryId>,
}

impl<'a> LinkedAccount<'a> {
    fn of(account: &'a Account) -> Self {
        Self { account_id: account.id.to_string(), intermediary_id: account.owner.intermediary_id() }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invitation<'a> {
    #[serde(flatten)]
    linked: LinkedAccount<'a>,
    email: Option<&'a str>,
    /// Milliseconds since 1970-01-01T00:00:00Z.
    expires_at: i64,
}

/// 200 with whom a link was sent to, by ids only (contract §1.10, §1.12).
#[must_use]
pub fn linked(account: &Account) -> Response {
    Response::json(200, &LinkedAccount::of(account))
}

/// 200 with the invitation that was sent.
#[must_use]
pub fn invited(invited: &Invited<'_>) -> Response {
    let Invited { account, expires_at } = *invited;
    let (linked, email) = (LinkedAccount::of(account), account.email.as_ref().map(Email::as_given));
    Response::json(200, &Invitation { linked, email, expires_at })
}

/// True or absent, never false (documents 000 and 001).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireFlags {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_email_not_verified: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_mfa_incomplete: bool,
}

impl From<Flags> for WireFlags {
    fn from(flags: Flags) -> Self {
        let Flags { is_email_not_verified, is_mfa_incomplete } = flags;
        Self { is_email_not_verified, is_mfa_incomplete }
    }
}

/// Adds `x-digifi-account`: the flags as Base64 of JSON, `{}` when both are clear.
#[must_use]
pub fn flagged(response: Response, flags: Flags) -> Response {
    let json = serde_json::to_vec(&WireFlags::from(flags)).unwrap_or_default();
    response.with("x-digifi-account", BASE64.encode(&json))
}

/// An account as contract §1.2 shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireAccount<'a> {
    id: String,
    intermediary_id: Option<&'a IntermediaryId>,
    email: Option<&'a str>,
    status: &'a str,
    testing: bool,
    /// Milliseconds since 1970-01-01T00:00:00Z; null for one that nobody has opened.
    last_active_at: Option<i64>,
    #[serde(flatten)]
    flags: WireFlags,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
    is_phone_verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    full_name: Option<&'a str>,
    phones: Vec<WirePhone<'a>>,
}

#[derive(Serialize)]
struct WirePhone<'a> {
    value: &'a str,
    verified: bool,
}

impl<'a> WireAccount<'a> {
    fn of(caller: &Caller, account: &'a Account, flags: Flags) -> Self {
        let (phone, is_phone_verified) =
            (account.phone.as_ref().map(Phone::as_str), account.phone_verified_at.is_some());
        Self {
            id: account.id.to_string(),
            intermediary_id: account.owner.intermediary_id(),
            email: account.email.as_ref().map(Email::as_given),
            status: account.status.as_str(),
            testing: caller.tenant_id().is_test(),
            last_active_at: (account.status != Status::Pending).then_some(account.last_active_at * 1000),
            flags: flags.into(),
            phone,
            is_phone_verified,
            full_name: account.full_name.as_ref().map(Name::as_str),
            phones: phone.map(|value| WirePhone { value, verified: is_phone_verified }).into_iter().collect(),
        }
    }
}

/// 200 with the account and its flags.
#[must_use]
pub fn account(caller: &Caller, account: &Account, flags: Flags) -> Response {
    flagged(Response::json(200, &WireAccount::of(caller, account, flags)), flags)
}

/// 200 with the account as it is without a session.
#[must_use]
pub fn account_alone(caller: &Caller, account: &Account) -> Response {
    Response::json(200, &WireAccount::of(caller, account, Flags::without_session(account)))
}

/// 200 with a list of accounts as they are without a session.
#[must_use]
pub fn accounts(caller: &Caller, accounts: &[Account]) -> Response {
    let shown = accounts.iter().map(|account| WireAccount::of(caller, account, Flags::without_session(account)));
    Response::json(200, &shown.collect::<Vec<_>>())
}

#[derive(Serialize)]
struct Refusal<'a> {
    error: RefusalBody<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RefusalBody<'a> {
    code: &'a str,
    message: &'a str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
}

/// `{"error":{"code","message","requestId","field"?}}`, and `retry-after` in seconds where waiting helps.
#[must_use]
pub fn refuse(error: &Error, request_id: &str) -> Response {
    let (code, message, field) = (error.code().name(), error.message(), error.field());
    let body = Refusal { error: RefusalBody { code, message, request_id, field } };
    Response::json(error.code().status(), &body).retry_after(error.retry_after_seconds())
}
