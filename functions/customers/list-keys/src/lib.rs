//! `GET /v1/accounts/{oid}/auth/keys`: the public keys of our tokens, as a bare array (contract §4.8).
//!
//! In: a client's own token with `read:accounts` or `admin:accounts`. Out: 200 with those keys of `/.well-known/jwks.json`
//! that are of RS256, which is all that the contract knows; with all of them where the tenant signs by something else.
//! Refuses: 401 `invalid_token`; 403 `forbidden`, `insufficient_scope`.

use shared::app::customers::scopes;
use shared::app::{App, Caller};
use shared::error::Error;
use shared::http::{Request, Response};
use shared::key_ring::Algorithm;
use shared::wire::customers;

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let back_end = customers::back_end(app, &request, scopes::READ_KEYS).await?;
    let Caller { ring, tenant, .. } = &back_end.caller;
    let all = tenant.settings.signing_algorithm() != Algorithm::Rs256;
    let keys = ring.published_keys().filter(|key| all || key.algorithm() == Algorithm::Rs256);
    Ok(Response::json(200, &keys.collect::<Vec<_>>()))
}
