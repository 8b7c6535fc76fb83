//! `GET /v1/accounts/{oid}/auth/keys`: the public keys of our tokens, as a bare array (contract §4.8).
//!
//! In: a client's own token with `read:accounts` or `admin:accounts`. Out: 200 with what `/.well-known/jwks.json` gives
//! to anybody.
//! Refuses: 401 `invalid_token`; 403 `forbidden`, `insufficient_scope`.

use shared::app::App;
use shared::app::customers::scopes;
use shared::error::Error;
use shared::http::{Request, Response};
use shared::wire::customers;

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let back_end = customers::back_end(app, &request, scopes::READ_KEYS).await?;
    Ok(Response::json(200, &back_end.caller.ring.published_keys().collect::<Vec<_>>()))
}
