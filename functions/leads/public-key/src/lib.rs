//! `GET /api/Access/PublicToken`: the portal's public auth key (contract §2.1).
//!
//! In: `accessKey` and `secretKey`, as query parameters or as headers `x-LSQ-AccessKey`, `x-LSQ-SecretKey`. Out: 200
//! `{"PublicAuthKey"}`, the same each time as long as the key ring makes no new secret; old ones go on working. It never
//! expires and may be passed to browsers.
//! Refuses: 401 `invalid_access_key`; 429 over the portal's limit of calls.

use serde::Serialize;
use shared::app::App;
use shared::error::Error;
use shared::http::{Request, Response};
use shared::wire::leads;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    public_auth_key: &'a str,
}

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let caller = leads::administrator(app, &request).await?;
    let key = caller.portal().public_key(&caller.ring);
    Ok(Response::json(200, &Answer { public_auth_key: key.reveal() }))
}
