//! `GET /api/Access/PublicToken`, `GET /api/Access/GetRegisterToken`: the portal's public auth key (contract §2.1), and its
//! registration token (contract §2.2).
//!
//! In: `accessKey` and `secretKey`, as query parameters or as headers `x-LSQ-AccessKey`, `x-LSQ-SecretKey`. Out: 200
//! `{"PublicAuthKey"}`, which never expires and may be passed to browsers; 200, a bare JSON string. Each is the same each
//! time as long as the key ring makes no new secret; old ones go on working.
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
    if request.route.ends_with("/GetRegisterToken") {
        let token = caller.portal().registration_token(&caller.ring);
        return Ok(Response::json(200, &token.reveal()));
    }
    let key = caller.portal().public_key(&caller.ring);
    Ok(Response::json(200, &Answer { public_auth_key: key.reveal() }))
}
