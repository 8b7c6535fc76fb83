//! The wire shape of document 003 (contract §3): a third party's calls. What a person sees is in `pages/`.

use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{customers, standards};
use crate::app::App;
use crate::app::transfers::{Decision, Holder, LookedUp, Opened, ThirdParty, ThirdPartyToken, unknown_transfer};
use crate::error::Error;
use crate::http::{Request, Response};
use crate::store::Client;
use crate::token::TransferToken;
use crate::transfer::{Transfer, TransferStatus, VendorData};
use crate::types::{ClientId, DataScopes, TenantId, TransferId};

/// The third party of the bearer token.
///
/// # Errors
/// Those of [`App::third_party`].
pub async fn third_party(app: &App, request: &Request) -> Result<ThirdParty, Error> {
    app.third_party(customers::bearer(request)?, request).await
}

/// The transfer of the path; what is no id is nobody's.
///
/// # Errors
/// [`crate::error::Code::NotFound`].
pub fn transfer_id(request: &Request) -> Result<TransferId, Error> {
    request.path_parameter("session_id").map_err(|_| unknown_transfer())
}

/// Who looks at the transfer of the path: its third party by a client token, or whoever has the code by
/// `session_token`, which may also stand in the path itself.
///
/// # Errors
/// Those of [`App::holder`].
pub async fn holder(app: &App, request: &Request) -> Result<(Holder, TransferId), Error> {
    let named = request.path_secret("session_id");
    if let Some(code) = TransferToken::parse(named) {
        return Ok((app.holder(Some(named), code.id, request).await?, code.id));
    }
    let id = transfer_id(request)?;
    Ok((app.holder(customers::bearer(request)?, id, request).await?, id))
}

#[derive(Serialize)]
struct WireToken<'a> {
    iss: &'a str,
    iat: i64,
    sub: &'a ClientId,
    client_id: &'a ClientId,
    organization_id: &'a TenantId,
    expires_in: i64,
    exp: i64,
    access_token: &'a str,
}

/// 200 with a client token (contract §3.1). Times in seconds.
#[must_use]
pub fn client_token(token: &ThirdPartyToken, tenant: &TenantId, client: &Client) -> Response {
    let body = WireToken {
        iss: &token.issuer,
        iat: token.issued_at,
        sub: &client.id,
        client_id: &client.id,
        organization_id: tenant,
        expires_in: token.expires_in,
        exp: token.issued_at + token.expires_in,
        access_token: token.token.reveal(),
    };
    Response::json(200, &body).with("pragma", "no-cache")
}

#[derive(Serialize)]
struct WireOpened<'a> {
    session_id: TransferId,
    session_token: &'a str,
    url: &'a str,
}

/// 201 (document 003).
#[must_use]
pub fn opened(Opened { transfer, token, url }: &Opened) -> Response {
    Response::json(201, &WireOpened { session_id: transfer.id, session_token: token.reveal(), url })
}

#[derive(Serialize)]
struct WireInformation<'a> {
    session_id: TransferId,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a str>,
    client_id: &'a ClientId,
    client_name: &'a str,
    scope: &'a DataScopes,
    optional_scope: &'a DataScopes,
    created_at: String,
    expires_at: String,
}

/// 200 with what is asked, and by whom (contract §3.4).
#[must_use]
pub fn information(LookedUp { transfer, status, client_name }: &LookedUp) -> Response {
    let body = WireInformation {
        session_id: transfer.id,
        status: status.map(TransferStatus::as_str),
        client_id: &transfer.client_id,
        client_name,
        scope: &transfer.scope,
        optional_scope: &transfer.optional_scope,
        created_at: iso(transfer.created_at_ms),
        expires_at: iso(transfer.ends_at * 1_000),
    };
    Response::json(200, &body)
}

#[derive(Serialize)]
struct WireStatus<'a> {
    session_id: TransferId,
    status: &'a str,
}

/// 200 with how a transfer stands (contract §3.4).
#[must_use]
pub fn status((transfer, status): &(Transfer, TransferStatus)) -> Response {
    Response::json(200, &WireStatus { session_id: transfer.id, status: status.as_str() })
}

#[derive(Serialize)]
struct WireDecision<'a> {
    session_id: TransferId,
    session_number: i64,
    status: &'a str,
    vendor_data: Option<&'a VendorData>,
    scope: &'a DataScopes,
    user_data: &'a Map<String, Value>,
    created_at: String,
}

/// 200 with what came of it (contract §3.3). `scope` is what was asked for, and once the person agreed, what was handed
/// over.
#[must_use]
pub fn decision(Decision { transfer, status, user_data }: &Decision) -> Response {
    let agreed = transfer.approved.as_ref().filter(|_| *status == TransferStatus::Confirmed);
    let body = WireDecision {
        session_id: transfer.id,
        session_number: transfer.number,
        status: status.title(),
        vendor_data: transfer.vendor_data.as_ref(),
        scope: agreed.unwrap_or(&transfer.scope),
        user_data,
        created_at: iso(transfer.created_at_ms),
    };
    Response::json(200, &body)
}

/// `2026-11-22T14:05:06.789Z`, always with milliseconds.
fn iso(milliseconds: i64) -> String {
    let seconds = DateTime::from_secs(milliseconds.div_euclid(1_000)).fmt(DateTimeFormat::DateTime);
    let whole = seconds.unwrap_or_default();
    format!("{}.{:03}Z", whole.trim_end_matches('Z'), milliseconds.rem_euclid(1_000))
}

#[derive(Serialize)]
struct Refusal<'a> {
    error: &'a str,
    error_description: &'a str,
    message: &'a str,
}

/// `{"error", "error_description", "message"}`: as OAuth 2.0 has it, with the `message` that document 003's own client
/// reads; `www-authenticate` where credentials are at fault, `retry-after` in seconds where waiting helps.
#[must_use]
pub fn refuse(error: &Error, _request_id: &str) -> Response {
    let (name, message) = (standards::name(error.code()), error.message());
    standards::refused(error, &Refusal { error: name, error_description: message, message })
}
