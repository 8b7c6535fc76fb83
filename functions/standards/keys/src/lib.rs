//! `GET /.well-known/jwks.json`: the public keys of our tokens, a JWK set (RFC 7517).
//!
//! Out: 200, to be kept for 10 minutes. Answered from memory; with DynamoDB or KMS down, from what was last read.
//! Refuses: 503 `unavailable` while there is no key ring.

use serde::Serialize;
use shared::app::App;
use shared::error::Error;
use shared::http::{Request, Response};
use shared::key_ring::PublicKey;

#[derive(Serialize)]
struct KeySet<'a> {
    keys: Vec<PublicKey<'a>>,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, _request: Request) -> Result<Response, Error> {
    let ring = app.key_ring().await?;
    let set = KeySet { keys: ring.published_keys().collect() };
    Ok(Response::json(200, &set).with("cache-control", "public, max-age=600"))
}
