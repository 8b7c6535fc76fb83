//! `POST /v1/accounts/{oid}/auth/revoke`: ends the session of a refresh token (contract §4.7).
//!
//! In: a client's own token with `create:accounts:auth:refresh_token`, `write:accounts` or `admin:accounts`; body
//! `{"token"}`. Out: 200 `{}`, also for a token that is none or another client's.
//! Refuses: 400 `invalid_request`; 401 `invalid_token`; 403 `forbidden`, `insufficient_scope`.

use serde::Deserialize;
use shared::app::App;
use shared::app::customers::scopes;
use shared::error::Error;
use shared::http::{Request, Response};
use shared::wire::customers;

#[derive(Deserialize)]
struct Body {
    token: String,
}

#[derive(serde::Serialize)]
struct Answer {}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let back_end = customers::back_end(app, &request, scopes::REVOKE).await?;
    let Body { token } = request.json()?;
    app.revoke_refresh_token(&back_end.caller, &token).await?;
    Ok(Response::json(200, &Answer {}))
}
