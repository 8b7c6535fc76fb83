use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};
use serde::Serialize;

use crate::account::{Account, Customer, Profile};
use crate::app::customers::{ClientToken, NewCredential, RecoveryBegun};
use crate::app::{MfaRequired, SignInAnswers, SignedIn};
use crate::error::{Code, Error};
use crate::http::Response;
use crate::store::{Client, Grant, TenantSettings};
use crate::token::PlainToken;
use crate::types::{AccountId, ClientId, CustomerId, DataScope, Email, Name, Phone, Scopes};

/// How sign-ins are answered on this surface.
pub const SIGN_IN: SignInAnswers<'static> = SignInAnswers { signed_in: &signed_in, mfa_required: &mfa_required };

/// 204, with nothing in it.
#[must_use]
pub fn no_content() -> Response {
    Response::empty(204)
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

/// As RFC 6749 §5.1 has it, for caches of long ago.
fn never_cached(response: Response) -> Response {
    response.with("pragma", "no-cache")
}

/// 200 with a client's own token.
#[must_use]
pub fn client_token(token: &ClientToken) -> Response {
    let ClientToken { token, expires_in, scope } = token;
    let (access_token, expires_in) = (token.reveal(), *expires_in);
    let body = WireToken { access_token, token_type: "Bearer", expires_in, refresh_token: None, scope };
    never_cached(Response::json(200, &body))
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
    let body = WireToken {
        access_token: token.reveal(),
        token_type: "Bearer",
        expires_in,
        refresh_token: refresh_token.as_ref().map(PlainToken::reveal),
        scope: narrowed.unwrap_or(&grant.scope),
    };
    Ok(never_cached(Response::json(200, &body)))
}

#[derive(Serialize)]
struct WireMfaRequired<'a> {
    error: WireError<'a>,
    mfa_token: &'a str,
}

#[derive(Serialize)]
struct WireError<'a> {
    code: &'a str,
    message: &'a str,
}

/// 403 `{"error": {"code": "mfa_required", "message"}, "mfa_token"}` (contract §4.1).
fn mfa_required(required: &MfaRequired) -> Response {
    let message = "A second factor is missing. Go on with the mfa_token.";
    let body =
        WireMfaRequired { error: WireError { code: "mfa_required", message }, mfa_token: required.token.reveal() };
    Response::json(403, &body)
}

#[derive(Serialize)]
struct WireLink<'a> {
    rel: &'a str,
    href: String,
}

#[derive(Serialize)]
struct WireMfaBegun<'a> {
    links: Vec<WireLink<'a>>,
    mfa_token: &'a str,
    challenge_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    oob_channel: Option<&'a str>,
}

/// 200 with the `mfa_token` and where to go on (contract §4.3). `challenge_type` is `otp` for somebody with an
/// authenticator app.
#[must_use]
pub fn mfa_begun(required: &MfaRequired) -> Response {
    let MfaRequired { token, api, takes, .. } = required;
    let link = |rel, path: &str| WireLink { rel, href: format!("{api}{path}") };
    let mut links = vec![link("mfa_challenge", "/auth/mfa/challenge"), link("mfa_oob", "/auth/token")];
    if takes.totp {
        links.push(link("mfa_otp", "/auth/token"));
    }
    let oob_channel = if takes.sms { Some("sms") } else { takes.email.then_some("email") };
    let challenge_type = if takes.totp { "otp" } else { "oob" };
    Response::json(200, &WireMfaBegun { links, mfa_token: token.reveal(), challenge_type, oob_channel })
}

#[derive(Serialize)]
struct WireRecovery<'a> {
    links: [WireLink<'a>; 1],
    oob_code: &'a str,
    mfa_token: &'a str,
    challenge_type: &'a str,
    binding_method: &'a str,
}

/// 200 with the handle of the code that was sent (contract §4.5).
#[must_use]
pub fn recovery_begun(RecoveryBegun { handle, token, api }: &RecoveryBegun) -> Response {
    let links = [WireLink { rel: "mfa_oob", href: format!("{api}/auth/token") }];
    let (oob_code, mfa_token) = (handle.reveal(), token.reveal());
    let body = WireRecovery { links, oob_code, mfa_token, challenge_type: "oob", binding_method: "prompt" };
    Response::json(200, &body)
}

/// RFC 3339, in UTC.
fn date_time(seconds: i64) -> String {
    DateTime::from_secs(seconds).fmt(DateTimeFormat::DateTime).unwrap_or_default()
}

#[derive(Serialize)]
struct WireCustomer<'a> {
    customer_id: &'a CustomerId,
    /// `sub` of the customer's tokens.
    user_id: AccountId,
    r#type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<&'a str>,
    status: &'a str,
    created_at: String,
    /// Ours, not the contract's.
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<&'a Profile>,
}

/// 200 with a customer (contract §4.10).
#[must_use]
pub fn customer(account: &Account, customer: &Customer) -> Response {
    let body = WireCustomer {
        customer_id: &customer.customer_id,
        user_id: account.id,
        r#type: customer.customer_type.as_str(),
        email: account.email.as_ref().map(Email::as_given),
        phone_number: account.phone.as_ref().map(Phone::as_str),
        first_name: customer.first_name.as_ref().map(Name::as_str),
        last_name: customer.last_name.as_ref().map(Name::as_str),
        status: account.status.as_str(),
        created_at: date_time(account.created_at),
        profile: Some(&account.profile).filter(|profile| !profile.is_empty()),
    };
    Response::json(200, &body)
}

/// 200 `{"communication": {"email"?: {"verified_at"?}, "phone_number"?: {"verified_at"?}}}` (contract §4.10).
#[must_use]
pub fn communication(account: &Account, _customer: &Customer) -> Response {
    #[derive(Serialize)]
    struct Address {
        #[serde(skip_serializing_if = "Option::is_none")]
        verified_at: Option<String>,
    }
    #[derive(Serialize)]
    struct Addresses {
        #[serde(skip_serializing_if = "Option::is_none")]
        email: Option<Address>,
        #[serde(skip_serializing_if = "Option::is_none")]
        phone_number: Option<Address>,
    }
    #[derive(Serialize)]
    struct Body {
        communication: Addresses,
    }
    let address = |verified_at: Option<i64>| Address { verified_at: verified_at.map(date_time) };
    let email = account.email.as_ref().map(|_| address(account.email_verified_at));
    let phone_number = account.phone.as_ref().map(|_| address(account.phone_verified_at));
    Response::json(200, &Body { communication: Addresses { email, phone_number } })
}

#[derive(Serialize)]
struct WireClient<'a> {
    client_id: &'a ClientId,
    name: &'a str,
    grants: Vec<WireGrant<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    data_scope: Vec<&'a str>,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<&'a str>,
}

#[derive(Serialize)]
struct WireGrant<'a> {
    audience: &'a str,
    scope: Vec<&'a str>,
    r#type: &'a crate::store::GrantType,
}

impl<'a> WireClient<'a> {
    fn of(client: &'a Client, client_secret: Option<&'a str>) -> Self {
        let grant = |grant: &'a Grant| WireGrant {
            audience: grant.audience.as_str(),
            scope: grant.scope.iter().collect(),
            r#type: &grant.grant_type,
        };
        let grants = client.grants.iter().map(grant).collect();
        let created_at = date_time(client.created_at);
        let data_scope = client.data_scope.iter().map(DataScope::as_str).collect();
        Self { client_id: &client.id, name: &client.name, grants, data_scope, created_at, client_secret }
    }
}

/// 200 with a client (contract §4.11).
#[must_use]
pub fn client(client: &Client) -> Response {
    Response::json(200, &WireClient::of(client, None))
}

/// 200 with a client and its secret, for the only time.
#[must_use]
pub fn new_client(client: &Client, new: &NewCredential) -> Response {
    Response::json(200, &WireClient::of(client, Some(new.secret.reveal())))
}

/// 200 with a list of clients.
#[must_use]
pub fn clients(clients: &[Client]) -> Response {
    Response::json(200, &clients.iter().map(|client| WireClient::of(client, None)).collect::<Vec<_>>())
}

/// 200 with what the tenant chose (contract §4.10).
#[must_use]
pub fn settings(settings: &TenantSettings) -> Response {
    let channel = if settings.mfa.takes_email { "email" } else { "sms" };
    let body = serde_json::json!({ "users": {
        "mfa": { "enabled": settings.mfa.is_enabled, "login": { "challenge_type": "oob", "oob_channel": channel },
                 "login_recovery": { "challenge_type": "oob", "oob_channel": "email" } },
        "phone_number_validation": { "allow_duplicates": settings.customers_share_phones },
    } });
    Response::json(200, &body)
}
