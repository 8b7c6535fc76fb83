//! `GET /api/Access/GetRegisterToken`: the portal's registration token (contract §2.2).
//!
//! In: `accessKey` and `secretKey`, as query parameters or headers. Out: 200, a bare JSON string, the same each time
//! as long as the key ring makes no new secret; old ones go on working.
//! Refuses: 401 `invalid_access_key`; 429 over the portal's limit of calls.

use shared::app::App;
use shared::error::Error;
use shared::http::{Request, Response};
use shared::wire::leads;

/// # Errors
/// See the module's list.
pub async fn handle(app: &App, request: Request) -> Result<Response, Error> {
    let caller = leads::administrator(app, &request).await?;
    let token = caller.portal().registration_token(&caller.ring);
    Ok(Response::json(200, &token.reveal()))
}
