//! `POST /auth/v2/token`, `POST /auth/v2/token/`, `ANY /auth/v2/token`, `ANY /auth/v2/token/`: gives a third party its
//! client token (contract §3.1).
//!
//! In: a form with `grant_type=client_credentials`, `scope`?; client authentication by Basic, or `client_id` and
//! `client_secret` in the form. Out: 200 `{"iss", "iat", "sub", "client_id", "organization_id", "expires_in", "exp",
//! "access_token"}`; the token lives 24 hours.
//! Refuses: 400 `invalid_request`, `unsupported_grant_type`, `unauthorized_client`, `invalid_scope`; 401 `invalid_client`;
//! 405 and 415 `invalid_request`; 429 after too many bad secrets from one source.

use shared::app::App;
use shared::app::transfers::scopes;
use shared::error::{Code, Error};
use shared::http::{Request, Response};
use shared::wire::{standards, transfers};

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let form = standards::form(&request)?;
    if form.required("grant_type")? != "client_credentials" {
        return Err(Code::UnsupportedGrantType.because("another grant"));
    }
    let scope = form.get("scope").map(|scope| scopes("scope", scope.to_owned())).transpose()?;
    let (caller, client) = standards::client(app, &request, &form).await?;
    let token = app.third_party_token(&caller, &client, scope)?;
    Ok(transfers::client_token(&token, caller.tenant_id(), &client))
}
