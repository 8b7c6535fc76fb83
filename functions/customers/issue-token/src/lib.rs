//! `POST /v1/accounts/{oid}/auth/token`: gives a token for a grant (contract §4.1).
//!
//! In: JSON, discriminated by `grant_type`. `client_credentials`, with `Authorization: Basic` of client id and secret:
//! `audience`, `scope`?. The others, with `Authorization: Bearer` of a client's own token.
//! Out: 200 `{"access_token", "token_type", "expires_in", "refresh_token"?, "scope"}`.
//! Refuses: 400 `invalid_request`, `unsupported_grant_type`, `invalid_scope`; 401 `invalid_client`; 403
//! `invalid_target`; 429 after too many bad secrets from one source.

use serde::Deserialize;
use shared::app::App;
use shared::error::{Code, Error};
use shared::http::{Request, Response, present};
use shared::types::{Audience, Scopes};
use shared::wire::customers;

#[derive(Deserialize)]
struct Grant {
    grant_type: String,
}

#[derive(Deserialize)]
struct ClientCredentials {
    audience: Audience,
    #[serde(default, deserialize_with = "present")]
    scope: Option<Scopes>,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let Grant { grant_type } = request.json()?;
    match grant_type.as_str() {
        "client_credentials" => client_credentials(app, &request).await,
        _ => Err(Code::UnsupportedGrantType.because("another grant").at("grant_type")),
    }
}

async fn client_credentials(app: &App, request: &Request) -> Result<Response, Error> {
    let refused = |reason| Code::InvalidClient.because(reason);
    let (id, secret) = customers::basic(request)?.ok_or_else(|| refused("no Basic authentication"))?;
    let ClientCredentials { audience, scope } = request.json()?;
    let (caller, client) = app.client_by_secret((&id, &secret), request).await?;
    if caller.tenant_id().as_str() != customers::tenant(request) {
        return Err(refused("another tenant's client"));
    }
    Ok(customers::client_token(&app.client_token(&caller, &client, audience, scope)?))
}
